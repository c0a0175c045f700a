//! Pairs about inner addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{BROADCAST, CO_LOCATED, bid_1_with, bids, with_prefix};
use crate::history::{HOME_AGENT, Packet, care_of, ip_in_ip};
use crate::scene::{Registration, Scene, short};
use crate::{Pair, pair};

const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 9);

/// Registers BID 1 and the mobile network 10.9.9.0/24: frames 1 and 2.
fn with_network(scene: &mut Scene) {
    let request = Registration::request(1).with(short(148, &[0, 24, 10, 9, 9, 0]));
    let sent = scene.send(0.0, &request);
    scene.send(0.02, &sent.reply(0).with(short(148, &[1, 0, 24, 0, 10, 9, 9, 0])));
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-012",
        |scene| {
            bids(scene, 1);
            scene.history.up(5.0, care_of(1), &Packet::new().back().from(STRANGER));
        },
        &[3],
        |scene| {
            with_network(scene);
            scene.history.up(5.0, care_of(1), &Packet::new().back().from(STRANGER));
            scene.history.up(6.0, care_of(1), &Packet::new().back().from(Ipv4Addr::UNSPECIFIED));
        },
    ),
    Pair {
        cold_start: false,
        ..pair(
            "TUN-012",
            |scene| {
                scene.exchange(0.0, &Registration::plain(1), 0);
                scene.history.up(5.0, care_of(1), &Packet::new().back().from(STRANGER));
            },
            &[3],
            |scene| {
                bids(scene, 1);
                scene.history.up(5.0, care_of(1), &Packet::new().back().from(STRANGER));
            },
        )
    },
    pair(
        "TUN-012",
        |scene| {
            with_prefix(scene, CO_LOCATED, 1);
            let other = Ipv6Addr::new(0x2001, 0xdb8, 6, 0, 0, 0, 0, 1);
            let inner = super::six().back().from(other);
            scene.history.packet(5.0, ip_in_ip(care_of(1), HOME_AGENT, &inner.octets()));
        },
        &[3],
        |scene| {
            with_prefix(scene, CO_LOCATED, 1);
            let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
            let inner = super::six().back().from(link_local);
            scene.history.packet(5.0, ip_in_ip(care_of(1), HOME_AGENT, &inner.octets()));
        },
    ),
    pair(
        "TUN-013",
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, care_of(1), &Packet::new().to(STRANGER));
        },
        &[3],
        |scene| {
            with_network(scene);
            scene.history.down(5.0, care_of(1), &Packet::new().to(STRANGER));
            scene.history.down(6.0, care_of(1), &Packet::new().to(Ipv4Addr::new(233, 252, 0, 1)));
        },
    ),
    pair(
        "TUN-014",
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
        },
        &[3],
        |scene| {
            bid_1_with(scene, CO_LOCATED | BROADCAST);
            scene.history.down(5.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
        },
    ),
    pair(
        "TUN-014",
        // To a foreign agent, as it is.
        |scene| {
            let request = Registration { octet: 0x42, ..Registration::relayed(1) };
            scene.exchange(0.0, &request, 0);
            scene.history.down(5.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
        },
        &[3],
        // Nested in a packet to the home address.
        |scene| {
            let request = Registration { octet: 0x42, ..Registration::relayed(1) };
            scene.exchange(0.0, &request, 0);
            let broadcast = Packet::new().to(Ipv4Addr::BROADCAST).octets();
            let nested = ip_in_ip(HOME_AGENT, crate::history::NODE, &broadcast);
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &nested));
        },
    ),
];
