//! What is accepted, and replies that disagree.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::forwarding;
use crate::history::NODE;
use crate::scene::{Registration, Scene, forward, multipath_with, short, timestamp, udp_to_port};

/// A registration, with Multipath or without, is accepted with code 1.
pub(super) fn code_1(scene: &mut Scene, with_multipath: bool) {
    let request = if with_multipath { Registration::request(1) } else { Registration::plain(1) };
    scene.exchange(0.0, &request, 1);
}

/// BID 1 is registered; a request of BID 2 for this lifetime and with this FORWARD list gets this code.
pub(super) fn forward_accepted(scene: &mut Scene, code: u8, bids: &[u8], lifetime: u16) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration { lifetime, ..forwarding(2, bids) }, code);
}

/// BID 1 is registered, then BID 2 in place of it and with this FORWARD list.
pub(super) fn overwritten_with_forward(scene: &mut Scene, bids: &[u8]) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let request = Registration::plain(2).with(multipath_with(4, 2, 2, 0x40));
    scene.exchange(5.0, &request.with(forward(bids, &udp_to_port(5060))), 0);
}

/// A node known by its NAI de-registers this care-of address, and the reply says that it is [`NODE`]; then it registers
/// BID 2 with FORWARD to BID 7.
pub(super) fn back_and_away(scene: &mut Scene, care_of_address: Ipv4Addr) {
    let nai = short(131, b"a@b.example");
    let request = Registration {
        lifetime: 0,
        home_address: Ipv4Addr::UNSPECIFIED,
        care_of_address,
        source: SocketAddrV4::new(care_of_address, 434),
        ..Registration::plain(1)
    };
    let sent = scene.send(0.0, &request.with(nai.clone()));
    scene.send(0.02, &Registration { home_address: NODE, ..sent.reply(0) }.with(nai));
    scene.exchange(5.0, &forwarding(2, &[7]), 0);
}

/// A registration with this extension is accepted.
pub(super) fn malformed_accepted(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::plain(1).with(extension), 0);
}

/// The request of this BID is accepted; that of BID 1, whose timestamp is so many seconds older, gets this code.
pub(super) fn overtaken(scene: &mut Scene, bid: u8, older: f64, code: u8) {
    scene.exchange(1.0, &Registration::request(bid), 0);
    let identification = Some(timestamp(1.0 - older));
    scene.exchange(1.05, &Registration { identification, ..Registration::request(1) }, code);
}

/// The request of BID 2 is accepted after 0.6 s; one that is older, of BID 1, is refused with code 133 at this time.
pub(super) fn overtaken_slowly(scene: &mut Scene, refused: f64) {
    let sent = scene.send(0.0, &Registration::request(2));
    scene.send(0.6, &sent.reply(0));
    let older = Registration { identification: Some(timestamp(-1.0)), ..Registration::request(1) };
    let sent = scene.send(refused - 0.05, &older);
    scene.send(refused, &sent.reply(133));
}

/// The reply to the request of BID 1 has this code and a FORWARD list.
pub(super) fn forward_in_reply(scene: &mut Scene, code: u8, bids: &[u8]) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(code).with(forward(bids, &udp_to_port(5060))));
}

/// BID 1 is live; a request of BID 2 with FORWARD to 2, 1; the reply has this rule.
pub(super) fn reply_contradicts(scene: &mut Scene, rule: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let sent = scene.send(5.0, &forwarding(2, &[2, 1]));
    scene.send(5.02, &sent.reply(0).with(rule));
}

/// BID 1 is registered in place of all there may have been; the reply has a rule for BID 9.
pub(super) fn late_start_overwrites_and_supplies(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::plain(1).with(multipath_with(4, 1, 1, 0x40)));
    scene.send(0.02, &sent.reply(0).with(forward(&[9], &udp_to_port(5060))));
}

/// A request is answered with these codes, the second so many seconds after the request.
pub(super) fn two_replies(scene: &mut Scene, codes: (u8, u8), seconds: f64) {
    let sent = scene.exchange(0.0, &Registration::plain(1), codes.0);
    scene.send(seconds, &sent.reply(codes.1));
}

/// The foreign agent gives up on one leg, and the home agent accepts on the other.
pub(super) fn two_replies_on_two_legs(scene: &mut Scene) {
    let relayed = Registration { identification: Some(timestamp(0.0)), ..Registration::relayed(1) };
    let at_node = relayed.to_foreign_agent();
    scene.send(0.0, &at_node);
    scene.send(0.01, &relayed);
    scene.send(3.0, &Registration { key: None, ..at_node.reply(78) });
    scene.send(4.0, &relayed.reply(0));
}

/// The second reply comes after the reply timeout, when the path is not silent.
pub(super) fn second_reply_too_late(scene: &mut Scene) {
    let sent = scene.exchange(0.0, &Registration::plain(1), 0);
    scene.exchange(5.25, &Registration::plain(1), 0);
    scene.send(10.01, &sent.reply(1));
}
