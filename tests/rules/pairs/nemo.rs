//! Pairs of the NEMO rules.

use crate::scene::{Registration, Scene, long, multipath_with, short};
use crate::{Pair, pair};

pub const PAIRS: &[Pair] = &[
    pair(
        "NEMO-001",
        |scene| refused(scene, &Registration::request(1).with_after(asked(99, 24))),
        &[1],
        |scene| refused(scene, &Registration::request(1).with(asked(99, 24))),
    ),
    pair(
        "NEMO-001",
        |scene| refused(scene, &Registration::request(1).with(asked(99, 33)).with(asked(98, 255))),
        &[1, 1],
        |scene| refused(scene, &Registration::request(1).with(asked(99, 32)).with(asked(98, 1))),
    ),
    pair(
        "NEMO-001",
        |scene| refused(scene, &Registration::request(1).with(asked(99, 0))),
        &[1],
        |scene| refused(scene, &Registration::request(1).with(short(148, &[0, 0, 0, 0, 0, 0]))),
    ),
    // Behind the authenticator and invalid is one breach; without a Type 32 there is no behind.
    pair(
        "NEMO-001",
        |scene| refused(scene, &Registration::request(1).with_after(asked(99, 33))),
        &[1],
        |scene| {
            let proxied = Registration { key: None, ..Registration::plain(1) };
            refused(scene, &proxied.with(long(47, 1, &[0])).with_after(asked(99, 24)));
        },
    ),
    // (a)
    pair("NEMO-002", |scene| again_after_148(scene, 20.0), &[3], |scene| again_after_148(scene, 1.01)),
    pair("NEMO-002", after_two_refusals, &[3, 5], without_networks),
    // The refused request was not seen.
    pair("NEMO-002", |scene| after_a_reply_alone(scene, 148), &[4], |scene| after_a_reply_alone(scene, 149)),
    // (b)
    pair("NEMO-002", |scene| again_after_147(scene, 99, 24), &[3], |scene| again_after_147(scene, 99, 25)),
    // 10.98.0.0/24 was not refused in that reply.
    pair("NEMO-002", |scene| again_after_147(scene, 99, 24), &[3], |scene| again_after_147(scene, 98, 24)),
    pair("NEMO-002", |scene| again_after_148(scene, 20.0), &[3], after_an_acceptance),
    pair(
        "NEMO-003",
        |scene| answered(scene, 600, 0, &[]),
        &[2],
        |scene| answered(scene, 600, 0, &answer(1, 0, 24)),
    ),
    pair(
        "NEMO-003",
        |scene| answered(scene, 600, 1, &[]),
        &[2],
        |scene| answered(scene, 600, 0, &answer(2, 0, 24)),
    ),
    pair("NEMO-003", |scene| answered(scene, 1, 0, &[]), &[2], |scene| answered(scene, 0, 0, &[])),
    pair("NEMO-003", |scene| answered(scene, 600, 0, &[]), &[2], |scene| answered(scene, 600, 147, &[])),
    pair(
        "NEMO-004",
        |scene| then_on_another(scene, 600, 2, 0, None),
        &[4],
        |scene| then_on_another(scene, 600, 2, 0, Some(24)),
    ),
    pair(
        "NEMO-004",
        |scene| then_on_another(scene, 600, 2, 0, Some(25)),
        &[4],
        |scene| then_on_another(scene, 600, 1, 0, None),
    ),
    // The binding that had it has expired, or the request itself ends it.
    pair(
        "NEMO-004",
        |scene| then_on_another(scene, 600, 2, 0, None),
        &[4],
        |scene| then_on_another(scene, 10, 2, 0, None),
    ),
    pair(
        "NEMO-004",
        |scene| then_on_another(scene, 600, 2, 0x80, None),
        &[4],
        |scene| then_on_another(scene, 600, 2, 0x40, None),
    ),
    // IPv6 prefixes, and what became of them.
    pair("NEMO-004", |scene| prefix_then_another(scene, 0), &[4], |scene| prefix_then_another(scene, 8)),
];

/// 10.N.0.0, asked for.
fn asked(network: u8, length: u8) -> Vec<u8> {
    short(148, &[0, length, 10, network, 0, 0])
}

/// The answer for 10.99.0.0.
fn answer(subtype: u8, code: u8, length: u8) -> Vec<u8> {
    short(148, &[subtype, code, length, 0, 10, 99, 0, 0])
}

fn refused(scene: &mut Scene, request: &Registration) {
    scene.exchange(0.0, request, 134);
}

/// Code 148 at 0.02 s, and networks asked for again at this time.
fn again_after_148(scene: &mut Scene, seconds: f64) {
    scene.exchange(0.0, &Registration::request(1).with(asked(99, 24)), 148);
    scene.exchange(seconds, &Registration::request(1).with(asked(98, 24)), 148);
}

/// The third request comes right after the second refusal, but long after the first.
fn after_two_refusals(scene: &mut Scene) {
    let request = Registration::request(1).with(asked(99, 24));
    scene.exchange(0.0, &request, 148);
    scene.exchange(5.0, &request, 148);
    scene.exchange(6.0, &request, 148);
}

fn without_networks(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1).with(asked(99, 24)), 148);
    scene.exchange(5.0, &Registration::request(1), 0);
}

/// A node that is registered gets a reply whose request was not seen, and asks for networks then.
fn after_a_reply_alone(scene: &mut Scene, code: u8) {
    let sent = scene.exchange(0.0, &Registration::request(1), 0);
    scene.send(5.0, &Registration { identification: Some(77), ..sent.reply(code) });
    scene.exchange(8.0, &Registration::request(1).with(asked(99, 24)), 134);
}

/// Code 147 for 10.99.0.0/24 while 10.98.0.0/24 is well, then another request.
fn again_after_147(scene: &mut Scene, network: u8, length: u8) {
    let request = Registration::request(1).with(asked(99, 24)).with(asked(98, 24));
    let sent = scene.send(0.0, &request);
    let reply = sent.reply(147).with(answer(1, 2, 24));
    scene.send(0.02, &reply.with(short(148, &[1, 0, 24, 0, 10, 98, 0, 0])));
    let sent = scene.send(20.0, &Registration::request(1).with(asked(network, length)));
    scene.send(20.02, &sent.reply(134));
}

/// Code 148, then an exchange in which the home agent acknowledges a network after all.
fn after_an_acceptance(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1).with(asked(99, 24)), 148);
    let sent = scene.send(5.0, &Registration::request(1));
    scene.send(5.02, &sent.reply(0).with(answer(1, 0, 24)));
    scene.exchange(20.0, &Registration::request(1).with(asked(99, 24)), 134);
}

/// Network 10.99.0.0/24 asked for with this lifetime, and the reply with an extension.
fn answered(scene: &mut Scene, lifetime: u16, code: u8, extension: &[u8]) {
    let request = Registration { lifetime, ..Registration::request(1) };
    let sent = scene.send(0.0, &request.with(asked(99, 24)));
    scene.send(0.02, &sent.reply(code).with(extension.to_vec()));
}

/// BID 1 registers with network 10.99.0.0/24 for a time; 20 s later another BID registers, with these flags in its
/// Multipath extension and a network of this length.
fn then_on_another(scene: &mut Scene, lifetime: u16, bid: u8, flags: u8, length: Option<u8>) {
    let first = Registration { lifetime, ..Registration::request(1) };
    let sent = scene.send(0.0, &first.with(asked(99, 24)));
    scene.send(0.02, &sent.reply(0).with(answer(1, 0, 24)));
    let mut second = Registration::plain(bid).with(multipath_with(4, bid, bid, flags));
    second.extensions.extend(length.map(|length| asked(99, length)));
    let sent = scene.send(20.0, &second);
    let reply = sent.reply(0);
    scene.send(20.02, &if length.is_some() { reply.with(answer(1, 0, 24)) } else { reply });
}

/// BID 1 registers with prefix `2001:db8:1::/48`, which gets this code; then BID 2 registers without.
fn prefix_then_another(scene: &mut Scene, code: u8) {
    let prefix = |start: &[u8]| {
        let mut data = [start, &[0x20, 0x01, 0x0d, 0xb8, 0, 1]].concat();
        data.resize(start.len() + 16, 0);
        short(152, &data)
    };
    let sent = scene.send(0.0, &Registration::request(1).with(prefix(&[1, 48])));
    scene.send(0.02, &sent.reply(0).with(prefix(&[2, code, 48, 0])));
    scene.exchange(20.0, &Registration::request(2), 0);
}
