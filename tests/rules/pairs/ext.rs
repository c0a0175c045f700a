//! Pairs of the EXT rules.

use std::net::Ipv4Addr;

use crate::history::{NODE, care_of, revocation, revocation_acknowledgement};
use crate::scene::{Registration, Scene, flow_binding, forward, long, multipath, short, udp_to_port};
use crate::{Pair, pair};

pub const PAIRS: &[Pair] = &[
    // The header of a short extension takes two octets, of a long one four.
    pair("EXT-001", |scene| behind(scene, &[134]), &[1], |scene| behind(scene, &[0])),
    pair("EXT-001", |scene| behind(scene, &[38, 0, 0]), &[1], |scene| behind(scene, &[38, 0, 0, 0])),
    pair(
        "EXT-001",
        |scene| behind(scene, &[134, 5, 0, 0, 0, 9]),
        &[1],
        |scene| behind(scene, &[134, 4, 0, 0, 0, 9]),
    ),
    // A short layout of the family that runs past the end is read as the long one, and runs past it, too.
    pair("EXT-001", |scene| behind(scene, &[154, 5, 1, 4]), &[1], |scene| behind(scene, &[0, 0, 0])),
    pair(
        "EXT-001",
        |scene| in_a_reply(scene, Vec::new(), &[154, 2, 0, 9, 1]),
        &[2],
        |scene| in_a_reply(scene, forward(&[1], &udp_to_port(5060)), &[]),
    ),
    // A foreign agent's own reply, with a code of its own.
    pair(
        "EXT-001",
        |scene| by_foreign_agent(scene, &[134, 1]),
        &[2],
        |scene| by_foreign_agent(scene, &[134, 0]),
    ),
    pair("EXT-002", |scene| cut_to(scene, 1, 23), &[1], |scene| cut_to(scene, 1, 46)),
    pair("EXT-002", |scene| cut_to(scene, 3, 19), &[1], |scene| cut_to(scene, 7, 19)),
    pair("EXT-002", |scene| cut_to(scene, 3, 1), &[1], |scene| cut_to(scene, 3, 20)),
    pair("EXT-003", unknown_types, &[1, 1, 5], known_types),
    pair("EXT-004", two_with_multipath, &[1], plain_with_flows_in_the_reply),
    pair("EXT-005", |scene| one(scene, vec![154, 5, 1, 4, 1, 1, 0]), &[1], |scene| one(scene, multipath(1))),
    // Octet 2 of an extension of 256 octets and more is 1 in the right layout, too.
    pair(
        "EXT-005",
        |scene| in_a_reply(scene, vec![154, 9, 2, 1, 1, 1, 1, 0, 0, 0, 0], &[]),
        &[2],
        |scene| in_a_reply(scene, flow_binding(1, &[1], 251, &[0; 260]), &[]),
    ),
    pair(
        "EXT-006",
        |scene| message(scene, &revocation(care_of(1), 5), &multipath(1)),
        &[1],
        |scene| message(scene, &revocation(care_of(1), 5), &short(137, &[0; 6])),
    ),
    pair(
        "EXT-006",
        |scene| message(scene, &revocation_acknowledgement(5), &forward(&[1], &udp_to_port(5060))),
        &[1],
        |scene| message(scene, &revocation_acknowledgement(5), &short(134, &[0, 0, 0, 9, 154, 1])),
    ),
    pair(
        "EXT-006",
        |scene| message(scene, &notification(22), &multipath(1)),
        &[1],
        |scene| message(scene, &notification(18), &multipath(1)),
    ),
    // The other layout is Type 154, too; twice in one message is one breach.
    pair(
        "EXT-006",
        |scene| message(scene, &notification(23), &[vec![154, 5, 1, 4, 1, 1, 0], multipath(1)].concat()),
        &[1],
        |scene| message(scene, &notification(23), &[0, 0]),
    ),
    // (a) lengths, in the right direction.
    pair(
        "EXT-007",
        |scene| one(scene, short(144, &[0; 4])),
        &[1],
        |scene| {
            one(scene, short(144, &[0; 6]));
        },
    ),
    pair("EXT-007", |scene| behind(scene, &[130, 1, 0]), &[1], |scene| behind(scene, &[130, 0])),
    pair(
        "EXT-007",
        |scene| one(scene, short(137, &[0; 5])),
        &[1],
        |scene| {
            one(scene, short(137, &[0; 7]));
        },
    ),
    pair(
        "EXT-007",
        |scene| one(scene, short(148, &[0, 24, 10, 99, 0])),
        &[1],
        |scene| {
            one(scene, short(148, &[0, 24, 10, 99, 0, 0]));
        },
    ),
    pair("EXT-007", |scene| one(scene, short(152, &[1; 17])), &[1], |scene| one(scene, prefix_request())),
    pair(
        "EXT-007",
        |scene| one(scene, short(152, &[3])),
        &[1],
        |scene| {
            one(scene, short(152, &[3, 0]));
        },
    ),
    pair(
        "EXT-007",
        |scene| in_a_reply(scene, short(45, &[0, 0, 0]), &[]),
        &[2],
        |scene| in_a_reply(scene, short(45, &[0, 0]), &[]),
    ),
    pair("EXT-007", |scene| in_udp(scene, &[0; 5]), &[2], |scene| in_udp(scene, &[0; 6])),
    pair(
        "EXT-007",
        |scene| in_a_reply(scene, short(148, &[1, 0, 24, 0, 10, 99, 0]), &[]),
        &[2],
        |scene| in_a_reply(scene, short(148, &[1, 0, 24, 0, 10, 99, 0, 0]), &[]),
    ),
    pair(
        "EXT-007",
        |scene| in_a_reply(scene, short(148, &[2, 0, 24, 0, 10, 99, 0, 0, 0]), &[]),
        &[2],
        |scene| in_a_reply(scene, short(148, &[2, 0, 24, 0, 10, 99, 0, 0]), &[]),
    ),
    // A Sub-Type that no document has is nobody's, and so is a Mobile Network extension without one.
    pair(
        "EXT-007",
        |scene| in_a_reply(scene, short(152, &[2; 19]), &[]),
        &[2],
        |scene| in_a_reply(scene, short(152, &[4; 9]), &short(148, &[])),
    ),
    // (b) what belongs in requests, in a reply; (c) what belongs in replies, in a request.
    pair("EXT-007", requests_in_a_reply, &[2, 2, 2, 2, 2], compliant),
    pair("EXT-007", replies_in_a_request, &[1, 1, 1, 1, 1], compliant),
    // Both at once are one breach.
    pair("EXT-007", |scene| one(scene, short(44, &[0; 3])), &[1], compliant),
];

fn compliant(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
}

/// A request with one more extension, refused.
fn one(scene: &mut Scene, extension: Vec<u8>) {
    let plain = extension.first() == Some(&154);
    let request = if plain { Registration::plain(1) } else { Registration::request(1) };
    scene.exchange(0.0, &request.with(extension), 134);
}

/// A request with octets behind its authenticator, refused.
fn behind(scene: &mut Scene, octets: &[u8]) {
    scene.exchange(0.0, &Registration::request(1).with_after(octets.to_vec()), 134);
}

/// An accepting reply with one more extension before its authenticator, and octets behind it.
fn in_a_reply(scene: &mut Scene, extension: Vec<u8>, octets: &[u8]) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(extension).with_after(octets.to_vec()));
}

/// A request to a foreign agent, which is too busy (66), and octets behind what it says.
fn by_foreign_agent(scene: &mut Scene, octets: &[u8]) {
    let sent = scene.send(0.0, &Registration::relayed(1).to_foreign_agent());
    scene.send(0.02, &Registration { key: None, ..sent.reply(66) }.with(octets.to_vec()));
}

/// UDP tunnelling, asked for and answered with these data octets.
fn in_udp(scene: &mut Scene, data: &[u8]) {
    let sent = scene.send(0.0, &Registration::request(1).with(short(144, &[0; 6])));
    scene.send(0.02, &sent.reply(0).with(short(44, data)));
}

/// The first octets of a message whose type is made this one.
fn cut_to(scene: &mut Scene, kind: u8, octets: usize) {
    let request = Registration { identification: Some(7 << 32), ..Registration::plain(1) };
    let mut payload = request.payload();
    payload[0] = kind;
    payload.truncate(octets);
    // Replies come from the home agent.
    scene.datagram(0.0, &if kind == 3 { request.reply(0) } else { request }, &payload);
}

/// Once for each type in a session: two in the first request, none for the same ones later, one in another session.
fn unknown_types(scene: &mut Scene) {
    let unknown = |request: Registration| request.with(short(77, &[0])).with(short(200, &[]));
    let first = unknown(Registration::request(1));
    scene.exchange(0.0, &first, 0);
    scene.exchange(20.0, &first, 0);
    let other = Registration { home_address: Ipv4Addr::new(10, 1, 0, 2), ..Registration::request(2) };
    scene.exchange(40.0, &other.with(short(77, &[0])), 0);
}

fn known_types(scene: &mut Scene) {
    let request = Registration::request(1).with(short(151, b"internet")).with(short(255, &[]));
    scene.exchange(0.0, &request.with(long(48, 0, &[0; 6])), 0);
}

fn two_with_multipath(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(20.0, &Registration::request(2), 0);
}

fn plain_with_flows_in_the_reply(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::plain(1));
    scene.send(0.02, &sent.reply(0).with(forward(&[1], &udp_to_port(5060))));
}

/// A message of the home agent: its fixed part, then extensions.
fn message(scene: &mut Scene, fixed_part: &[u8], extensions: &[u8]) {
    let like = Registration { kind: fixed_part[0], ..Registration::plain(1).reply(0) };
    scene.datagram(0.0, &like, &[fixed_part, extensions].concat());
}

/// The fixed part of a message of 24 octets.
fn notification(kind: u8) -> Vec<u8> {
    [&[kind, 0, 0, 0], &NODE.octets()[..], &[0; 16]].concat()
}

/// `2001:db8:1::/48`, asked for.
fn prefix_request() -> Vec<u8> {
    let mut data = vec![1, 48, 0x20, 0x01, 0x0d, 0xb8, 0, 1];
    data.resize(18, 0);
    short(152, &data)
}

fn requests_in_a_reply(scene: &mut Scene) {
    let sent = scene.send(0.0, &Registration::request(1));
    let reply = sent.reply(0).with(short(144, &[0; 6])).with(short(130, &[])).with(prefix_request());
    scene.send(0.02, &reply.with(short(148, &[0, 24, 10, 99, 0, 0])).with(short(152, &[3, 0])));
}

fn replies_in_a_request(scene: &mut Scene) {
    let mut answer = vec![2, 0, 48, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 1];
    answer.resize(20, 0);
    let request = Registration::request(1)
        .with(short(44, &[0; 6]))
        .with(short(45, &[0, 0]))
        .with(short(148, &[1, 0, 24, 0, 10, 99, 0, 0]))
        .with(short(148, &[2, 0, 24, 0, 10, 99, 0, 0]))
        .with(short(152, &answer));
    scene.exchange(0.0, &request, 134);
}
