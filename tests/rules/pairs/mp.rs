//! Pairs of the MP rules.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::care_of;
use crate::scene::{
    KEY, Registration, Scene, flow_binding, forward, long, multipath, multipath_with, short, udp_to_port,
};
use crate::{Pair, pair};

pub const PAIRS: &[Pair] = &[
    pair("MP-001", |scene| one(scene, long(154, 1, &[4, 1, 1, 0, 0])), &[1], compliant),
    pair("MP-001", |scene| one(scene, long(154, 1, &[4, 1])), &[1], compliant),
    pair("MP-002", |scene| one_beside(scene, long(154, 7, &[1, 2])), &[1], compliant),
    pair("MP-002", |scene| one_beside(scene, long(154, 255, &[])), &[1], compliant),
    pair("MP-002", subtype_in_a_reply, &[2], compliant),
    pair("MP-003", |scene| one_beside(scene, multipath(2)), &[1], compliant),
    pair("MP-004", multipath_in_a_reply, &[2], compliant),
    pair("MP-005", multipath_behind_authenticator, &[1], multipath_with_nothing_behind),
    // Without authentication AUTH-001, a must, would fire: a proxy's request (Type 47 Sub-Type 1) needs none.
    pair("MP-006", multipath_unauthenticated, &[1], proxied_without_multipath),
    pair("MP-006", flow_binding_unauthenticated, &[1], proxied_without_multipath),
    pair("MP-006", |scene| in_a_reply(scene, None), &[2], |scene| in_a_reply(scene, Some(KEY))),
    pair(
        "MP-007",
        |scene| one(scene, multipath_with(4, 0, 1, 0)),
        &[1],
        |scene| {
            one(scene, multipath_with(4, 255, 1, 0));
        },
    ),
    pair(
        "MP-008",
        |scene| one(scene, multipath_with(4, 1, 255, 0)),
        &[1],
        |scene| {
            one(scene, multipath_with(4, 1, 254, 0));
        },
    ),
    pair("MP-008", |scene| one(scene, multipath_with(4, 1, 0, 0)), &[1], compliant),
    pair(
        "MP-009",
        |scene| one(scene, multipath_with(4, 1, 1, 0xc0)),
        &[1],
        |scene| {
            one(scene, multipath_with(4, 1, 1, 0x80));
        },
    ),
    pair("MP-010", |scene| overwrite(scene, 0), &[3], |scene| overwrite(scene, 1)),
    pair(
        "MP-011",
        |scene| one(scene, multipath_with(4, 1, 1, 0x01)),
        &[1],
        |scene| {
            one(scene, multipath_with(4, 1, 1, 0x40));
        },
    ),
    pair("MP-012", |scene| one(scene, multipath_with(0, 1, 1, 0)), &[1], compliant),
    pair(
        "MP-013",
        |scene| one(scene, multipath_with(14, 1, 1, 0)),
        &[1],
        |scene| {
            one(scene, multipath_with(13, 1, 1, 0));
        },
    ),
    pair("MP-014", |scene| moved(scene, 0), &[3], |scene| moved(scene, 0x40)),
    pair("MP-015", |scene| renumbered(scene, 0), &[3], |scene| renumbered(scene, 0x40)),
    pair(
        "MP-016",
        |scene| through_one_foreign_agent(scene, care_of(1)),
        &[4],
        |scene| {
            through_one_foreign_agent(scene, care_of(2));
        },
    ),
    // Two paths in UDP behind one NAT, whatever the ports; and behind two.
    pair("MP-016", |scene| behind_nat(scene, care_of(9)), &[4], |scene| behind_nat(scene, care_of(10))),
    pair("MP-017", |scene| relabelled(scene, 9, 0), &[3], |scene| relabelled(scene, 9, 0x40)),
    pair("MP-018", |scene| plain_refresh(scene, false), &[3], |scene| plain_refresh(scene, true)),
    pair("MP-019", |scene| overwritten(scene, true), &[6], |scene| overwritten(scene, false)),
    pair("MP-020", |scene| deregistered_as(scene, Some(2)), &[3], |scene| deregistered_as(scene, Some(1))),
    pair("MP-020", |scene| deregistered_as(scene, None), &[3], |scene| deregistered_as(scene, Some(1))),
    pair("MP-021", |scene| bulk(scene, 2), &[3], |scene| bulk(scene, 1)),
    // Nothing else is there.
    pair("MP-021", |scene| bulk(scene, 2), &[3], bulk_first),
    // BID 2 has 599 s left when BID 1 is renewed in bulk: 100 s shorten it, 600 s do not.
    pair("MP-022", |scene| bulk_for(scene, 100), &[6], |scene| bulk_for(scene, 600)),
    pair("MP-023", |scene| from_home_agent(scene, true), &[1], |scene| from_home_agent(scene, false)),
    pair(
        "MP-024",
        |scene| from_address(scene, care_of(2), false),
        &[1],
        |scene| {
            from_address(scene, care_of(2), true);
        },
    ),
    pair("MP-025", |scene| plain_elsewhere(scene, false), &[3], |scene| plain_elsewhere(scene, true)),
    // Once a session.
    pair("MP-026", |scene| simultaneous(scene, true), &[1], |scene| simultaneous(scene, false)),
    pair("MP-027", |scene| home_again(scene, 0), &[5], |scene| home_again(scene, 0x80)),
    pair(
        "MP-028",
        |scene| refreshed_with_flags(scene, 0x2a),
        &[3],
        |scene| refreshed_with_flags(scene, 0x62),
    ),
];

fn compliant(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
}

/// An exchange whose request has this extension instead of its Multipath extension.
fn one(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::plain(1).with(extension), 0);
}

/// An exchange whose request has this extension beside its Multipath extension.
fn one_beside(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1).with(extension), 0);
}

fn multipath_in_a_reply(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(multipath(1)));
}

fn multipath_behind_authenticator(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::plain(1).with_after(multipath(1)), 0);
}

/// Another extension may stand behind the authenticator.
fn multipath_with_nothing_behind(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1).with_after(short(133, &[0, 0, 0, 9, 1])), 0);
}

fn multipath_unauthenticated(scene: &mut Scene) {
    let request = Registration::request(1).with(long(47, 1, &[1, 0, 0, 0]));
    scene.exchange(0.0, &Registration { key: None, ..request }, 0);
}

fn proxied_without_multipath(scene: &mut Scene) {
    let request = Registration::plain(1).with(long(47, 1, &[1, 0, 0, 0]));
    scene.exchange(0.0, &Registration { key: None, ..request }, 0);
}

fn flow_binding_unauthenticated(scene: &mut Scene) {
    let rule = flow_binding(0, &[1], 1, &udp_to_port(5060));
    let request = Registration::plain(1).with(rule).with(long(47, 1, &[1, 0, 0, 0]));
    scene.exchange(0.0, &Registration { key: None, ..request }, 0);
}

/// A reply with a Flow-Binding, authenticated or a proxy's.
fn in_a_reply(scene: &mut Scene, key: Option<&'static str>) {
    let sent = scene.send(0.0, &Registration::request(1));
    let reply = sent.reply(0).with(forward(&[1], &udp_to_port(5060))).with(long(47, 1, &[1, 0, 0, 0]));
    scene.send(0.02, &Registration { key, ..reply });
}

fn subtype_in_a_reply(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(long(154, 7, &[1, 2])));
}

fn with_flags(bid: u8, flags: u8) -> Registration {
    Registration::plain(bid).with(multipath_with(4, bid, bid, flags))
}

/// Registers BID 1, then sends O for it with this lifetime.
fn overwrite(scene: &mut Scene, lifetime: u16) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration { lifetime, ..with_flags(1, 0x40) }, 0);
}

/// Registers BID 1, then registers it from another interface.
fn moved(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration::plain(9).with(multipath_with(4, 1, 1, flags)), 0);
}

/// Registers interface 1 as BID 1, then as BID 2.
fn renumbered(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration::plain(1).with(multipath_with(4, 2, 2, flags)), 0);
}

/// BID 1 through the foreign agent at interface 1, and BID 2 through the one at this address.
fn through_one_foreign_agent(scene: &mut Scene, second: Ipv4Addr) {
    let first = Registration::relayed(1).with(multipath(1));
    scene.exchange(0.0, &first, 0);
    let second = Registration {
        care_of_address: second,
        source: SocketAddrV4::new(second, 434),
        ..Registration::relayed(2)
    };
    scene.exchange(5.0, &second.with(multipath(2)), 0);
    // Once a pair.
    scene.exchange(10.0, &Registration::relayed(1).with(multipath(1)), 0);
}

/// BID 1 and BID 2 with tunnels in UDP, the first from port 5001 of a NAT, the second from port 5002 of this one.
fn behind_nat(scene: &mut Scene, second: Ipv4Addr) {
    for (bid, address, port) in [(1, care_of(9), 5001), (2, second, 5002)] {
        let source = SocketAddrV4::new(address, port);
        let request = Registration { source, ..Registration::request(bid) }.with(short(144, &[0; 6]));
        let seconds = f64::from(bid) * 5.0;
        let sent = scene.send(seconds, &request);
        scene.send(seconds + 0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    }
}

fn relabelled(scene: &mut Scene, label: u8, flags: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration::plain(1).with(multipath_with(4, label, 1, flags)), 0);
}

/// Registers BID 1 and refreshes it without Multipath; when `refused`, after code 152.
fn plain_refresh(scene: &mut Scene, refused: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    if refused {
        scene.exchange(3.0, &Registration::request(2), 152);
    }
    scene.exchange(5.0, &Registration::plain(1), 0);
}

/// Registers BID 1, then BID 2 where `beside`, then BID 1 again with O.
fn overwritten(scene: &mut Scene, beside: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(3.0, &Registration::request(if beside { 2 } else { 1 }), 0);
    scene.exchange(6.0, &with_flags(1, 0x40), 0);
}

/// Registers BID 1 at interface 1 and de-registers that address with this BID.
fn deregistered_as(scene: &mut Scene, bid: Option<u8>) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let request = Registration { lifetime: 0, ..Registration::plain(1) };
    scene.exchange(5.0, &bid.map_or(request.clone(), |bid| request.with(multipath(bid))), 0);
}

/// Registers BID 1, then sends B for this one.
fn bulk(scene: &mut Scene, bid: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &with_flags(bid, 0x80), 0);
}

fn bulk_first(scene: &mut Scene) {
    scene.exchange(0.0, &with_flags(1, 0x80), 0);
}

/// Registers BID 1 and BID 2 for 600 seconds, then BID 1 with B for this lifetime.
fn bulk_for(scene: &mut Scene, lifetime: u16) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(1.0, &Registration::request(2), 0);
    scene.exchange(2.0, &Registration { lifetime, ..with_flags(1, 0x80) }, 0);
}

/// A request whose Home Agent field is, or is nearly, the address that it comes from.
fn from_home_agent(scene: &mut Scene, itself: bool) {
    // Relayed (D is 0), from the care-of address; two home agents, one of which registers with the other.
    let agent = care_of(1);
    let home_agent = if itself { agent } else { Ipv4Addr::new(198, 51, 100, 1) };
    let destination = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 1), 434);
    let relayed = Registration::relayed(1).with(multipath(1));
    scene.send(0.0, &Registration { home_agent, destination, ttl: 255, ..relayed });
}

/// A request for interface 1 that comes from this address; where `behind_nat`, with a UDP Tunnel Request.
fn from_address(scene: &mut Scene, address: Ipv4Addr, behind_nat: bool) {
    let request = Registration { source: SocketAddrV4::new(address, 434), ..Registration::request(1) };
    let request = if behind_nat { request.with(short(144, &[0; 6])) } else { request };
    scene.exchange(0.0, &request, 0);
}

/// Registers BID 1 at interface 1, then interface 9 without Multipath; when `refused`, after code 152.
fn plain_elsewhere(scene: &mut Scene, refused: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    if refused {
        scene.exchange(3.0, &Registration::request(2), 152);
    }
    scene.exchange(5.0, &Registration::plain(9), 0);
}

/// Two registrations with S, with Multipath or without.
fn simultaneous(scene: &mut Scene, with_multipath: bool) {
    for bid in [1, 2] {
        let request = if with_multipath { Registration::request(bid) } else { Registration::plain(bid) };
        scene.exchange(f64::from(bid) * 5.0, &Registration { octet: 0xa2, ..request }, 0);
    }
}

/// Registers BID 1 and BID 2, then de-registers from home with BID 1 and these flags.
fn home_again(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(3.0, &Registration::request(2), 0);
    let home = Registration::plain(1).home_address;
    let request = Registration {
        lifetime: 0,
        care_of_address: home,
        source: SocketAddrV4::new(home, 434),
        ..with_flags(1, flags)
    };
    scene.exchange(6.0, &request, 0);
}

/// Registers BID 1 with D and T, then refreshes it with these flags.
fn refreshed_with_flags(scene: &mut Scene, octet: u8) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, &Registration { octet, ..Registration::request(1) }, 0);
}
