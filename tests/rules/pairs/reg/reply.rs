//! What a reply says to its request.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::OTHER_NODE;
use crate::history::{HOME_AGENT, NODE};
use crate::scene::{Registration, Scene, UdpChecksum, timestamp};

/// Sends a request and, 20 ms later, its acceptance as `change` makes it.
pub(super) fn replied(
    scene: &mut Scene,
    request: &Registration,
    change: impl FnOnce(Registration) -> Registration,
) {
    let sent = scene.send(0.0, request);
    scene.send(0.02, &change(sent.reply(0)));
}

/// A request that is broadcast, and a reply to it with this code from the home agent.
pub(super) fn replied_of_broadcast(scene: &mut Scene, code: u8) {
    let request = Registration {
        home_agent: Ipv4Addr::BROADCAST,
        destination: SocketAddrV4::new(Ipv4Addr::BROADCAST, 434),
        ..Registration::plain(1)
    };
    replied(scene, &request, |reply| Registration {
        octet: code,
        home_agent: HOME_AGENT,
        source: SocketAddrV4::new(HOME_AGENT, 434),
        ..reply
    });
}

/// Two nodes behind one foreign agent whose Identifications have the same low half: each reply is its own.
pub(super) fn of_two_nodes_with_one_identification(scene: &mut Scene) {
    let request = |home_address| Registration {
        identification: Some(timestamp(0.0)),
        home_address,
        ..Registration::relayed(1)
    };
    let (first, second) = (request(NODE), request(OTHER_NODE));
    scene.send(0.0, &first);
    scene.send(0.01, &second);
    scene.send(0.02, &first.reply(0));
    scene.send(0.03, &second.reply(0));
}

/// A request from port 5000 for this lifetime, and its reply as `change` makes it.
pub(super) fn mirrored_as(scene: &mut Scene, lifetime: u16, change: fn(&mut Registration)) {
    let plain = Registration::plain(1);
    let source = SocketAddrV4::new(*plain.source.ip(), 5000);
    replied(scene, &Registration { lifetime, source, ..plain }, |mut reply| {
        change(&mut reply);
        reply
    });
}

/// A request with this UDP checksum, answered or not.
pub(super) fn to_a_damaged_request(scene: &mut Scene, checksum: UdpChecksum, answered: bool) {
    let sent = scene.send(0.0, &Registration { checksum, ..Registration::plain(1) });
    if answered {
        scene.send(0.02, &sent.reply(0));
    }
}
