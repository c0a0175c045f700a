//! Pairs of the DS rules.

use std::net::Ipv6Addr;

use crate::scene::{Registration, Scene, short};
use crate::{Pair, pair};

/// The IPv6 tunneling mode: at the care-of address.
const MODE: [u8; 4] = [152, 2, 3, 0];

pub const PAIRS: &[Pair] = &[
    pair(
        "DS-001",
        |scene| behind(scene, asked(1, 48)),
        &[1],
        |scene| {
            answered(scene, &[asked(1, 48)], &[granted(0, 1, 48)]);
        },
    ),
    pair("DS-001", |scene| behind(scene, MODE.to_vec()), &[1], |scene| behind(scene, undefined())),
    pair(
        "DS-001",
        |scene| answered(scene, &[MODE.to_vec(), MODE.to_vec()], &[]),
        &[1],
        |scene| answered(scene, &[MODE.to_vec()], &[]),
    ),
    pair("DS-001", |scene| relayed(scene, MODE.to_vec()), &[1], |scene| relayed(scene, asked(1, 48))),
    pair(
        "DS-002",
        |scene| answered(scene, &[asked(1, 129)], &[]),
        &[1],
        |scene| answered(scene, &[asked(1, 128)], &[]),
    ),
    pair(
        "DS-002",
        |scene| answered(scene, &[asked(1, 254), asked(2, 48), asked(3, 47)], &[]),
        &[1, 1],
        |scene| answered(scene, &[asked(1, 255), asked(2, 48), asked(2, 47)], &[]),
    ),
    // 2001:db8:1::/47 has the last of its 48 bits set.
    pair(
        "DS-002",
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 1, 47)]),
        &[2],
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 1, 48)]),
    ),
    pair(
        "DS-002",
        |scene| answered(scene, &[asked(1, 0)], &[]),
        &[1],
        |scene| answered(scene, &[prefix(&[1, 0], Ipv6Addr::UNSPECIFIED)], &[]),
    ),
    // (a)
    pair(
        "DS-003",
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 2, 48)]),
        &[2],
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 1, 56)]),
    ),
    pair(
        "DS-003",
        |scene| answered(scene, &[], &[granted(8, 1, 48), granted(8, 2, 48)]),
        &[2, 2],
        |scene| answered(scene, &[asked(1, 48), asked(2, 48)], &[granted(8, 1, 48), granted(8, 2, 48)]),
    ),
    // (b)
    pair(
        "DS-003",
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 1, 48), granted(9, 1, 48)]),
        &[2],
        |scene| answered(scene, &[asked(1, 48)], &[granted(0, 1, 48), granted(0, 1, 49)]),
    ),
    // (c)
    pair(
        "DS-003",
        |scene| answered(scene, &[asked(1, 48)], &[granted(1, 1, 48)]),
        &[2],
        |scene| answered(scene, &[asked(1, 48), MODE.to_vec()], &[granted(1, 1, 48)]),
    ),
];

/// Prefix `2001:db8:N::`, asked for.
fn asked(network: u16, length: u8) -> Vec<u8> {
    prefix(&[1, length], Ipv6Addr::new(0x2001, 0xdb8, network, 0, 0, 0, 0, 0))
}

/// Prefix `2001:db8:N::`, answered for with a code.
fn granted(code: u8, network: u16, length: u8) -> Vec<u8> {
    prefix(&[2, code, length, 0], Ipv6Addr::new(0x2001, 0xdb8, network, 0, 0, 0, 0, 0))
}

fn prefix(start: &[u8], prefix: Ipv6Addr) -> Vec<u8> {
    short(152, &[start, &prefix.octets()].concat())
}

/// A Type 152 whose Sub-Type has no definition.
fn undefined() -> Vec<u8> {
    short(152, &[4, 0])
}

/// A request with extensions, and the accepting reply with others.
fn answered(scene: &mut Scene, asked: &[Vec<u8>], granted: &[Vec<u8>]) {
    let request = Registration::request(1);
    let extensions = [&request.extensions[..], asked].concat();
    let sent = scene.send(0.0, &Registration { extensions, ..request });
    scene.send(0.02, &Registration { extensions: granted.to_vec(), ..sent.reply(0) });
}

/// A request with an extension behind its authenticator.
fn behind(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1).with_after(extension), 134);
}

/// A request of a foreign agent.
fn relayed(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::relayed(1).with(extension), 134);
}
