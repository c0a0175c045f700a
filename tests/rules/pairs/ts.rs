//! Pairs of the TS rules. Selectors are written as their octets: the flags word, A being its most significant bit, and
//! the fields in the order of the letters.

use std::net::Ipv4Addr;

use crate::history::NODE;
use crate::scene::{Registration, Scene, flow_binding, short};
use crate::{Pair, pair};

/// "sport 5060-5070" in TS Format 1: flags G and H.
const PORTS: [u8; 8] = [0x03, 0, 0, 0, 0x13, 0xc4, 0x13, 0xce];
/// "dport 80" in TS Format 2: flag K.
const PORT6: [u8; 6] = [0, 0x20, 0, 0, 0, 80];

pub const PAIRS: &[Pair] = &[
    // H without G.
    pair(
        "TS-001",
        |scene| one(scene, 1, &[0x01, 0, 0, 0, 0x13, 0xce]),
        &[1],
        |scene| one(scene, 1, &[0x02, 0, 0, 0, 0x13, 0xce]),
    ),
    // B, D, F, H, J, L and N, each without its start.
    pair(
        "TS-001",
        |scene| one(scene, 1, &[&[0x55, 0x54, 0, 0][..], &[4; 18]].concat()),
        &[1, 1, 1, 1, 1, 1, 1],
        |scene| one(scene, 1, &[&[0xff, 0xfc, 0, 0][..], &[4; 36]].concat()),
    ),
    pair(
        "TS-001",
        |scene| in_a_reply(scene, 1, &[0, 0x04, 0, 0, 17]),
        &[2],
        |scene| in_a_reply(scene, 1, &[0, 0x08, 0, 0, 17]),
    ),
    // N without M behind an octet of padding.
    pair(
        "TS-001",
        |scene| one(scene, 1, &[0, 0, 0x04, 0, 0, 17]),
        &[1],
        |scene| one(scene, 1, &[0, 0, 0x08, 0, 0, 17]),
    ),
    // L without K: in TS Format 2 the destination port.
    pair("TS-002", |scene| one(scene, 2, &[0, 0x10, 0, 0, 0, 80]), &[1], |scene| one(scene, 2, &PORT6)),
    pair(
        "TS-002",
        |scene| one(scene, 2, &[&[0x55, 0x55, 0, 0][..], &[0; 46]].concat()),
        &[1, 1, 1, 1, 1, 1, 1, 1],
        |scene| one(scene, 2, &[&[0xff, 0xff, 0, 0][..], &[0; 92]].concat()),
    ),
    pair(
        "TS-003",
        |scene| one(scene, 1, &[0x03, 0, 0, 0, 0x13, 0xce, 0x13, 0xc4]),
        &[1],
        |scene| one(scene, 1, &PORTS),
    ),
    // Source addresses 10.0.0.9 to 10.0.0.1, and SPIs 0x80000000 to 1.
    pair(
        "TS-003",
        |scene| {
            one(scene, 1, &[0xcc, 0, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1]);
        },
        &[1, 1],
        |scene| one(scene, 1, &[0xcc, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 1, 0x80, 0, 0, 0]),
    ),
    // DS 0xbb and 0xb8 differ in ECN alone.
    pair(
        "TS-003",
        |scene| one(scene, 1, &[0, 0x30, 0, 0, 0xbc, 0xb8]),
        &[1],
        |scene| one(scene, 1, &[0, 0x30, 0, 0, 0xbb, 0xb8]),
    ),
    // Of flow labels the first octet does not count; that it is there would be TS-007.
    pair(
        "TS-003",
        |scene| in_a_reply(scene, 2, &[0x03, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8]),
        &[2],
        |scene| in_a_reply(scene, 2, &[0x03, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8]),
    ),
    // Bit 14, which has no letter in TS Format 1.
    pair(
        "TS-004",
        |scene| one(scene, 1, &[0x03, 0x02, 0, 0, 0x13, 0xc4, 0x13, 0xce]),
        &[1],
        |scene| one(scene, 1, &PORTS),
    ),
    pair("TS-004", |scene| one(scene, 2, &[0, 0x20, 0, 1, 0, 80]), &[1], |scene| one(scene, 2, &PORT6)),
    // Truncated, too: of that selector nothing else is said.
    pair("TS-005", |scene| one(scene, 1, &[0x03, 0x02, 0, 0, 0x13]), &[1], |scene| one(scene, 1, &PORTS)),
    pair("TS-005", |scene| one(scene, 1, &[0, 0, 0]), &[1], |scene| one(scene, 1, &[0, 0, 0, 0])),
    pair("TS-005", |scene| one(scene, 2, &[]), &[1], |scene| one(scene, 251, &[])),
    // A needs 16 octets in TS Format 2.
    pair(
        "TS-005",
        |scene| in_a_reply(scene, 2, &[&[0x80, 0, 0, 0][..], &[9; 15]].concat()),
        &[2],
        |scene| in_a_reply(scene, 2, &[&[0x80, 0, 0, 0][..], &[9; 16]].concat()),
    ),
    pair(
        "TS-006",
        |scene| one(scene, 1, &[&PORTS[..], &[0, 0]].concat()),
        &[1],
        |scene| one(scene, 1, &PORTS),
    ),
    pair(
        "TS-006",
        |scene| in_a_reply(scene, 2, &[&PORT6[..], &[7]].concat()),
        &[2],
        |scene| in_a_reply(scene, 2, &[&[0][..], &PORT6].concat()),
    ),
    // Both ends, and 0x12345 left-aligned.
    pair(
        "TS-007",
        |scene| one(scene, 2, &[0x03, 0, 0, 0, 0x01, 0x23, 0x45, 0, 0x01, 0x23, 0x46, 0]),
        &[1, 1],
        |scene| one(scene, 2, &[0x03, 0, 0, 0, 0, 0x01, 0x23, 0x45, 0, 0x01, 0x23, 0x46]),
    ),
    pair(
        "TS-008",
        |scene| one(scene, 2, &[0x02, 0, 0, 0, 0, 0x10, 0, 0]),
        &[1],
        |scene| one(scene, 2, &[0x02, 0, 0, 0, 0, 0x0f, 0xff, 0xff]),
    ),
    // The end alone may be greater than any label.
    pair(
        "TS-008",
        |scene| in_a_reply(scene, 2, &[0x03, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 1]),
        &[2],
        |scene| in_a_reply(scene, 2, &[0x03, 0, 0, 0, 0, 0x0f, 0, 0, 0, 0x10, 0, 1]),
    ),
    // Both ends are one breach.
    pair(
        "TS-009",
        |scene| one(scene, 1, &[0, 0x30, 0, 0, 0xb9, 0xbb]),
        &[1],
        |scene| one(scene, 1, &[0, 0x30, 0, 0, 0xb8, 0xbc]),
    ),
    // M in TS Format 2 is the traffic class, and O the next header, whose low bits mean nothing.
    pair(
        "TS-009",
        |scene| in_a_reply(scene, 2, &[0, 0x08, 0, 0, 0x02]),
        &[2],
        |scene| in_a_reply(scene, 2, &[0, 0x02, 0, 0, 0x3b]),
    ),
    // (a) ICMP with a destination port; a range up to TCP has one.
    pair(
        "TS-010",
        |scene| one(scene, 1, &[0, 0x88, 0, 0, 0, 80, 1]),
        &[1],
        |scene| one(scene, 1, &[0, 0x8c, 0, 0, 0, 80, 1, 6]),
    ),
    // (b) UDP with an SPI.
    pair(
        "TS-010",
        |scene| one(scene, 1, &[0x08, 0x08, 0, 0, 0, 0, 1, 0, 17]),
        &[1],
        |scene| one(scene, 1, &[0x08, 0x08, 0, 0, 0, 0, 1, 0, 51]),
    ),
    // Both are one breach.
    pair(
        "TS-010",
        |scene| in_a_reply(scene, 2, &[0x08, 0x22, 0, 0, 0, 0, 1, 0, 0, 80, 58]),
        &[2],
        |scene| in_a_reply(scene, 2, &[0, 0x22, 0, 0, 0, 80, 136]),
    ),
    // (a) The destination is another node's address; it is the node's own, or in its mobile network.
    pair(
        "TS-011",
        |scene| one(scene, 1, &[0x20, 0, 0, 0, 10, 1, 0, 2]),
        &[1],
        |scene| one(scene, 1, &[0x20, 0, 0, 0, 10, 1, 0, 1]),
    ),
    pair(
        "TS-011",
        |scene| to_network(scene, [10, 99, 1, 0]),
        &[1],
        |scene| to_network(scene, [10, 99, 0, 200]),
    ),
    // (b)
    pair("TS-011", |scene| to_prefix(scene, 2, true), &[3], |scene| to_prefix(scene, 1, true)),
    // What a link-local address stands in is no prefix; beside a prefix, packets to it are to the node.
    pair(
        "TS-011",
        |scene| to_link_local(scene, &[48, 255], 6),
        &[1],
        |scene| {
            to_link_local(scene, &[48, 255], 5);
        },
    ),
    pair(
        "TS-011",
        |scene| to_link_local(scene, &[48], 5),
        &[1],
        |scene| {
            to_link_local(scene, &[255], 6);
        },
    ),
    // Without a prefix there is nothing to compare with.
    pair("TS-011", |scene| to_prefix(scene, 3, true), &[3], |scene| to_prefix(scene, 3, false)),
    // (c) 10.1.0.0 to 10.1.0.255 as the source.
    pair(
        "TS-011",
        |scene| in_a_reply(scene, 1, &[0xc0, 0, 0, 0, 10, 1, 0, 0, 10, 1, 0, 255]),
        &[2],
        |scene| in_a_reply(scene, 1, &[0xe0, 0, 0, 0, 10, 1, 0, 0, 10, 1, 0, 255, 10, 1, 0, 1]),
    ),
    // (a) and (c) are one breach.
    pair(
        "TS-011",
        |scene| one(scene, 1, &[0xa0, 0, 0, 0, 10, 1, 0, 1, 203, 0, 113, 10]),
        &[1],
        |scene| one(scene, 1, &[0xa0, 0, 0, 0, 203, 0, 113, 10, 10, 1, 0, 1]),
    ),
    // A node without a home address of its own has none to compare with.
    pair("TS-011", |scene| assigned(scene, NODE), &[2], |scene| assigned(scene, Ipv4Addr::new(10, 9, 0, 9))),
    pair("TS-012", |scene| one(scene, 1, &[0; 4]), &[1], |scene| one(scene, 1, &[0, 0x08, 0, 0, 17])),
    // Padded, it is TS-013's.
    pair("TS-012", |scene| in_a_reply(scene, 2, &[0; 4]), &[2], |scene| in_a_reply(scene, 2, &[0; 5])),
    pair("TS-013", |scene| one(scene, 1, &[&[0][..], &PORTS].concat()), &[1], |scene| one(scene, 1, &PORTS)),
    // A sub-option of RFC 6089: type 3, the 8 octets that follow, TS Format again, 0.
    pair(
        "TS-013",
        |scene| one(scene, 2, &[&[3, 8, 2, 0][..], &PORT6].concat()),
        &[1],
        |scene| one(scene, 2, &PORT6),
    ),
    // All zero: as the reference has it, a flags word without a flag, and one octet left over.
    pair("TS-013", |scene| in_a_reply(scene, 1, &[0; 5]), &[2], |scene| in_a_reply(scene, 1, &[0; 6])),
];

/// A request with a FORWARD of BID 1, refused.
fn one(scene: &mut Scene, ts_format: u8, selector: &[u8]) {
    scene.exchange(0.0, &Registration::request(1).with(flow_binding(1, &[1], ts_format, selector)), 134);
}

/// An accepting reply with a FORWARD of BID 1.
fn in_a_reply(scene: &mut Scene, ts_format: u8, selector: &[u8]) {
    let sent = scene.send(0.0, &Registration::request(1));
    scene.send(0.02, &sent.reply(0).with(flow_binding(1, &[1], ts_format, selector)));
}

/// A request for mobile network 10.99.0.0/24, and for packets to this address.
fn to_network(scene: &mut Scene, destination: [u8; 4]) {
    let request = Registration::request(1).with(short(148, &[0, 24, 10, 99, 0, 0]));
    let selector = [&[0x20, 0, 0, 0][..], &destination].concat();
    scene.exchange(0.0, &request.with(flow_binding(1, &[1], 1, &selector)), 134);
}

/// A registration, with prefix `2001:db8:1::/48` or without, then a request for packets to `2001:db8:N::5`.
fn to_prefix(scene: &mut Scene, network: u8, with_prefix: bool) {
    let plain = Registration::request(1);
    let with = |subtype: &[u8]| {
        let mut data = [subtype, &[0x20, 0x01, 0x0d, 0xb8, 0, 1]].concat();
        data.resize(subtype.len() + 16, 0);
        short(152, &data)
    };
    let request = if with_prefix { plain.clone().with(with(&[1, 48])) } else { plain.clone() };
    let sent = scene.send(0.0, &request);
    let reply = sent.reply(0);
    scene.send(0.02, &if with_prefix { reply.with(with(&[2, 0, 48, 0])) } else { reply });
    let destination = [0x20, 0x01, 0x0d, 0xb8, 0, network, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5];
    let selector = [&[0x20, 0, 0, 0][..], &destination].concat();
    scene.exchange(20.0, &request.with(flow_binding(1, &[1], 2, &selector)), 134);
}

/// A request with these prefix lengths, 255 of a link-local address that ends in 5 and others of `2001:db8:1::`, and a
/// rule for packets to the link-local address that ends in this number; it is refused.
fn to_link_local(scene: &mut Scene, lengths: &[u8], number: u8) {
    let link_local = |number: u8| [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];
    let global = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut request = Registration::request(1);
    for length in lengths {
        let prefix = if *length == 255 { link_local(5) } else { global };
        request = request.with(short(152, &[&[1, *length][..], &prefix].concat()));
    }
    let selector = [&[0x20, 0, 0, 0][..], &link_local(number)].concat();
    scene.exchange(0.0, &request.with(flow_binding(1, &[1], 2, &selector)), 134);
}

/// A node known by its NAI asks for packets from [`NODE`]; the reply assigns it an address and says the same.
fn assigned(scene: &mut Scene, address: Ipv4Addr) {
    let nai = short(131, b"a@b.example");
    let from_node = flow_binding(1, &[1], 1, &[0x80, 0, 0, 0, 10, 1, 0, 1]);
    let request = Registration { home_address: Ipv4Addr::UNSPECIFIED, ..Registration::request(1) };
    let sent = scene.send(0.0, &request.with(nai.clone()).with(from_node.clone()));
    let reply = Registration { home_address: address, ..sent.reply(0) };
    scene.send(0.02, &reply.with(nai).with(from_node));
}
