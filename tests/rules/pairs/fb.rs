//! Pairs of the FB rules.

use std::net::Ipv6Addr;

use crate::scene::{Registration, Scene, flow_binding, forward, long, multipath_with, short, udp_to_port};
use crate::{Pair, pair};

/// The selector "proto udp": flag M alone.
const UDP: [u8; 5] = [0x00, 0x08, 0x00, 0x00, 17];
/// The selector "proto tcp".
const TCP: [u8; 5] = [0x00, 0x08, 0x00, 0x00, 6];
/// An IPv6 selector "proto udp" (TS Format 2): flag O, the fifteenth letter.
const UDP6: [u8; 5] = [0x00, 0x02, 0x00, 0x00, 17];

pub const PAIRS: &[Pair] = &[
    // Length 4: Action, BID Count 5, and two octets.
    pair("FB-001", |scene| one(scene, long(154, 2, &[1, 5, 1, 2])), &[1], compliant),
    pair("FB-001", |scene| one(scene, long(154, 2, &[1])), &[1], compliant),
    pair("FB-002", |scene| one(scene, flow_binding(7, &[1], 1, &UDP)), &[1], compliant),
    pair("FB-003", |scene| one(scene, flow_binding(0, &[255, 255], 1, &UDP)), &[1], dropping),
    pair("FB-003", |scene| one(scene, flow_binding(0, &[], 1, &UDP)), &[1], dropping),
    pair(
        "FB-004",
        |scene| one(scene, forward(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &UDP)),
        &[1],
        |scene| {
            one(scene, forward(&[1, 2, 3, 4, 5, 6, 7, 8], &UDP));
        },
    ),
    pair("FB-004", |scene| one(scene, forward(&[], &UDP)), &[1], compliant),
    pair(
        "FB-005",
        |scene| one(scene, forward(&[1, 255], &UDP)),
        &[1],
        |scene| {
            one(scene, forward(&[1, 254], &UDP));
        },
    ),
    pair("FB-005", in_a_reply_reserved, &[2], in_a_reply),
    pair("FB-006", in_a_reply_behind_authenticator, &[2], in_a_reply),
    pair(
        "FB-006",
        |scene| behind_authenticator(scene, true),
        &[1],
        |scene| behind_authenticator(scene, false),
    ),
    pair(
        "FB-007",
        |scene| one(scene, forward(&[1, 2, 1], &UDP)),
        &[1],
        |scene| {
            one(scene, forward(&[1, 2, 3], &UDP));
        },
    ),
    pair("FB-008", |scene| one(scene, flow_binding(1, &[1], 0, &UDP)), &[1], compliant),
    pair("FB-009", |scene| one(scene, flow_binding(1, &[1], 3, &UDP)), &[1], compliant),
    pair("FB-010", |scene| for_ipv6(scene, false), &[1], |scene| for_ipv6(scene, true)),
    // A prefix that was accepted before, with code 0 or 1 and not with 8, for as long as its binding lives.
    pair("FB-010", |scene| for_ipv6_later(scene, 8, 600), &[3], |scene| for_ipv6_later(scene, 0, 600)),
    pair("FB-010", |scene| for_ipv6_later(scene, 0, 10), &[3], |scene| for_ipv6_later(scene, 1, 600)),
    pair("FB-011", |scene| with_multipath(scene, false), &[3], |scene| with_multipath(scene, true)),
    pair("FB-012", |scene| with_lifetime(scene, 0), &[3], |scene| with_lifetime(scene, 1)),
    // UDP to port 5060 is UDP, too; TCP is not.
    pair("FB-013", |scene| two(scene, &UDP), &[1], |scene| two(scene, &TCP)),
    // The same list, or the other action; what DROP has for a BID is no list.
    pair(
        "FB-013",
        |scene| both(scene, flow_binding(0, &[1], 1, &UDP), forward(&[1], &udp_to_port(5060))),
        &[1],
        |scene| both(scene, forward(&[1], &UDP), forward(&[1], &udp_to_port(5060))),
    ),
    pair(
        "FB-013",
        |scene| both(scene, forward(&[1, 2], &UDP), forward(&[2, 1], &udp_to_port(5060))),
        &[1],
        |scene| both(scene, flow_binding(0, &[1], 1, &UDP), flow_binding(0, &[2], 1, &udp_to_port(5060))),
    ),
    // Of two formats no packet matches both; and a range that starts above its end (source ports 9 to 5) has no packet.
    pair(
        "FB-013",
        |scene| both(scene, flow_binding(1, &[1], 2, &UDP6), flow_binding(1, &[2], 2, &UDP6)),
        &[1],
        |scene| both(scene, forward(&[1], &UDP), flow_binding(1, &[2], 2, &UDP6)),
    ),
    pair(
        "FB-013",
        |scene| both(scene, forward(&[1], &[0x03, 0, 0, 0, 0, 5, 0, 9]), forward(&[2], &UDP)),
        &[1],
        |scene| both(scene, forward(&[1], &[0x03, 0, 0, 0, 0, 9, 0, 5]), forward(&[2], &UDP)),
    ),
    pair("FB-014", |scene| policy_then(scene, Some(&TCP)), &[3], |scene| policy_then(scene, Some(&UDP))),
    // (b): the refresh without rules, once.
    pair("FB-014", |scene| policy_then(scene, None), &[3], |scene| policy_then(scene, Some(&UDP))),
    pair("FB-015", |scene| overwriting(scene, 0x40), &[1], |scene| overwriting(scene, 0)),
    // Its own BID alone, and what DROP has for a BID.
    pair(
        "FB-015",
        |scene| overwriting_with(scene, forward(&[2, 1], &UDP)),
        &[1],
        |scene| overwriting_with(scene, forward(&[1], &UDP)),
    ),
    pair(
        "FB-015",
        |scene| overwriting_with(scene, forward(&[1, 254], &UDP)),
        &[1],
        |scene| overwriting_with(scene, flow_binding(0, &[2], 1, &UDP)),
    ),
    // BID 1 was accepted for 10 s in frame 4; the clock passes that in frame 5.
    pair(
        "FB-016",
        |scene| first_choice_expires(scene, &[1, 2]),
        &[4],
        |scene| {
            first_choice_expires(scene, &[2, 1]);
        },
    ),
    pair("FB-017", |scene| deregistered(scene, &[1]), &[6], |scene| deregistered(scene, &[1, 2])),
    // At the expiry of BID 1, accepted in frame 4.
    pair(
        "FB-017",
        |scene| first_choice_expires(scene, &[1]),
        &[4],
        |scene| {
            first_choice_expires(scene, &[1, 2]);
        },
    ),
];

/// An exchange whose request has this Flow-Binding beside its Multipath extension.
fn one(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1).with(extension), 0);
}

fn compliant(scene: &mut Scene) {
    one(scene, forward(&[1], &UDP));
}

fn dropping(scene: &mut Scene) {
    one(scene, flow_binding(0, &[255], 1, &UDP));
}

fn in_a_reply_reserved(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(forward(&[1, 0], &UDP)));
}

fn in_a_reply(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(forward(&[1], &UDP)));
}

fn in_a_reply_behind_authenticator(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with_after(forward(&[1], &UDP)));
}

fn behind_authenticator(scene: &mut Scene, behind: bool) {
    let request = Registration::request(1);
    let rule = forward(&[1], &UDP);
    let request =
        if behind { request.with_after(rule) } else { request.with(rule).with_after(short(133, &[0; 5])) };
    scene.exchange(0.0, &request, 0);
}

/// A rule for IPv6, with or without a request for a prefix.
fn for_ipv6(scene: &mut Scene, with_prefix: bool) {
    let prefix: Ipv6Addr = "2001:db8:1::".parse().unwrap();
    let request = Registration::request(1).with(flow_binding(1, &[1], 2, &UDP6));
    let ask = [&[1, 48][..], &prefix.octets()].concat();
    scene.exchange(0.0, &if with_prefix { request.with(short(152, &ask)) } else { request }, 0);
}

/// BID 1 registers for this lifetime with a prefix, which is accepted with this code, while BID 2 has none; after 20 s
/// BID 2 has a rule for IPv6.
fn for_ipv6_later(scene: &mut Scene, code: u8, lifetime: u16) {
    let prefix: Ipv6Addr = "2001:db8:1::".parse().unwrap();
    let request = Registration { lifetime, ..Registration::request(1) };
    // With the mode of tunnels to the care-of address, which code 1 grants.
    let ask = short(152, &[&[1, 48][..], &prefix.octets()].concat());
    let sent = scene.send(0.0, &request.with(ask).with(short(152, &[3, 0])));
    scene.send(0.02, &sent.reply(0).with(short(152, &[&[2, code, 48, 0][..], &prefix.octets()].concat())));
    scene.exchange(20.0, &Registration::request(2).with(flow_binding(1, &[2], 2, &UDP6)), 0);
}

/// Registers BID 1, then a Flow-Binding from interface 2 with or without Multipath.
fn with_multipath(scene: &mut Scene, with: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let request = if with { Registration::request(2) } else { Registration::plain(2) };
    // The plain one leaves no BID to forward to: it drops.
    scene.exchange(5.0, &request.with(flow_binding(0, &[255], 1, &UDP)), 0);
}

fn with_lifetime(scene: &mut Scene, lifetime: u16) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let request = Registration { lifetime, ..Registration::request(1) };
    scene.exchange(5.0, &request.with(forward(&[1], &UDP)), 0);
}

/// One rule for UDP to port 5060 and one with another target for this selector.
fn two(scene: &mut Scene, selector: &[u8]) {
    let request = Registration::request(1).with(forward(&[1], &udp_to_port(5060)));
    scene.exchange(0.0, &request.with(forward(&[1, 2], selector)), 0);
}

/// Two rules in one request.
fn both(scene: &mut Scene, first: Vec<u8>, second: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1).with(first).with(second), 0);
}

/// BID 1 sets a rule for UDP; its refresh carries a rule for this selector, or none.
fn policy_then(scene: &mut Scene, selector: Option<&[u8]>) {
    scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &UDP)), 0);
    let refresh = Registration::request(1);
    for time in [5.0, 10.0] {
        match selector {
            // The first one leaves a rule out; the second, with both, leaves none.
            Some(selector) if time < 6.0 => {
                scene.exchange(time, &refresh.clone().with(forward(&[1], selector)), 0);
            }
            Some(_) => {
                let both = refresh.clone().with(forward(&[1], &UDP)).with(forward(&[1], &TCP));
                scene.exchange(time, &both, 0);
            }
            None => {
                scene.exchange(time, &refresh, 0);
            }
        }
    }
}

fn overwriting(scene: &mut Scene, flags: u8) {
    let request = Registration::plain(1).with(multipath_with(4, 1, 1, flags));
    scene.exchange(0.0, &request.with(forward(&[1, 2], &UDP)), 0);
}

/// BID 1 with O and this rule.
fn overwriting_with(scene: &mut Scene, rule: Vec<u8>) {
    let request = Registration::plain(1).with(multipath_with(4, 1, 1, 0x40));
    scene.exchange(0.0, &request.with(rule), 0);
}

/// BID 2 lives for 600 s and BID 1 for 10 s, with a rule for this list.
fn first_choice_expires(scene: &mut Scene, bids: &[u8]) {
    scene.exchange(0.0, &Registration::request(2), 0);
    let request = Registration { lifetime: 10, ..Registration::request(1) };
    scene.exchange(1.0, &request.with(forward(bids, &UDP)), 0);
    scene.wait_until(20.0);
}

/// BID 2 and BID 1 are live with a rule for this list; BID 1 is de-registered.
fn deregistered(scene: &mut Scene, bids: &[u8]) {
    scene.exchange(0.0, &Registration::request(2), 0);
    scene.exchange(1.0, &Registration::request(1).with(forward(bids, &UDP)), 0);
    scene.exchange(5.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
}
