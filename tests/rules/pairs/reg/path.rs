//! Where requests come from, and what happens on their way.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::care_of;
use crate::scene::{Registration, Scene, timestamp};

/// A request for interface 1 that comes from interface 2, with these flags and extensions.
pub(super) fn from(scene: &mut Scene, octet: u8, lifetime: u16, extensions: &[Vec<u8>]) {
    let source = SocketAddrV4::new(care_of(2), 434);
    let mut request = Registration { octet, lifetime, source, ..Registration::plain(1) };
    // The mobile node protects its extensions; a foreign agent adds its own behind the authenticator.
    if octet & 0x20 == 0 { &mut request.after } else { &mut request.extensions }
        .extend_from_slice(extensions);
    scene.send(0.0, &request);
}

/// A request through the foreign agent at interface 1, as the node sends it and as the foreign agent passes it on.
fn on_both_legs() -> (Registration, Registration) {
    let relayed = Registration { identification: Some(timestamp(0.0)), ..Registration::relayed(1) };
    (relayed.to_foreign_agent(), relayed)
}

/// A co-located care-of address that is registered through a foreign agent at interface 2.
pub(super) fn seen_at_foreign_agent(scene: &mut Scene) {
    let foreign_agent = SocketAddrV4::new(care_of(2), 434);
    let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
    scene.send(0.0, &Registration { destination: foreign_agent, ttl: 255, ..request.clone() });
    scene.send(0.01, &Registration { source: foreign_agent, ..request });
}

/// A request for 600 s that the foreign agent passes on with this lifetime.
pub(super) fn altered_request(scene: &mut Scene, lifetime: u16) {
    let (sent, relayed) = on_both_legs();
    scene.send(0.0, &sent);
    scene.send(0.01, &Registration { lifetime, ..relayed });
}

/// A reply that grants 600 s and that the foreign agent passes on with this lifetime.
pub(super) fn altered_reply(scene: &mut Scene, lifetime: u16) {
    let (sent, relayed) = on_both_legs();
    scene.send(0.0, &sent);
    scene.send(0.01, &relayed);
    scene.send(0.02, &relayed.reply(0));
    scene.send(0.03, &Registration { lifetime, ..sent.reply(0) });
}

/// A capture that begins when the foreign agent has the request already: it passes it on, and somebody passes the reply on to
/// the node.
pub(super) fn passed_on(scene: &mut Scene, from: Ipv4Addr) {
    let (sent, relayed) = on_both_legs();
    scene.send(0.01, &relayed);
    scene.send(0.02, &relayed.reply(0));
    scene.send(0.03, &Registration { source: SocketAddrV4::new(from, 434), ..sent.reply(0) });
}

/// The foreign agent gives up and says so by itself, without the authenticator it could not make; the home agent
/// answers after that.
pub(super) fn own_reply_of_the_foreign_agent(scene: &mut Scene) {
    let (sent, relayed) = on_both_legs();
    scene.send(0.0, &sent);
    scene.send(0.01, &relayed);
    scene.send(3.0, &Registration { key: None, ..sent.reply(78) });
    scene.send(4.0, &relayed.reply(0));
}
