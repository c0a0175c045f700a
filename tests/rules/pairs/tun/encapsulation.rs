//! Pairs about which encapsulation is used.

use super::{CO_LOCATED, GRE, MINIMAL, bid_1_with, bids, six, tunnelled, with_prefix};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, gre, ip_in_ip, ipv4, minimal};
use crate::scene::{Registration, Scene};
use crate::{Pair, pair};

fn gre_down(scene: &mut Scene, seconds: f64, bid: u8) {
    scene.history.packet(seconds, gre(HOME_AGENT, care_of(bid), None, &Packet::new().octets()));
}

fn gre_up(scene: &mut Scene, seconds: f64, bid: u8) {
    scene.history.packet(seconds, gre(care_of(bid), HOME_AGENT, None, &Packet::new().back().octets()));
}

/// `count` IP headers around each other, from a correspondent to the node.
fn stacked(count: usize) -> Vec<u8> {
    let mut octets = Packet::new().octets();
    for index in 1..count {
        let source = std::net::Ipv4Addr::new(203, 0, 113, u8::try_from(index).unwrap());
        octets = ipv4(source, NODE, 4, &octets);
    }
    octets
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-008",
        // Once a binding and protocol.
        |scene| {
            bids(scene, 2);
            gre_down(scene, 5.0, 1);
            gre_down(scene, 6.0, 1);
            gre_down(scene, 7.0, 2);
            scene.history.packet(8.0, minimal(HOME_AGENT, care_of(1), &Packet::new().octets()));
        },
        &[5, 7, 8],
        |scene| {
            bid_1_with(scene, CO_LOCATED | GRE | MINIMAL);
            gre_down(scene, 5.0, 1);
            scene.history.packet(6.0, minimal(HOME_AGENT, care_of(1), &Packet::new().octets()));
        },
    ),
    pair(
        "TUN-008",
        // The prefix was accepted for tunnels to the home address.
        |scene| {
            with_prefix(scene, CO_LOCATED, 0);
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &six().octets()));
        },
        &[3],
        |scene| {
            with_prefix(scene, CO_LOCATED, 1);
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &six().octets()));
        },
    ),
    pair(
        "TUN-009",
        |scene| {
            bid_1_with(scene, CO_LOCATED | GRE);
            scene.history.down(5.0, care_of(1), &Packet::new());
            scene.history.down(6.0, care_of(1), &Packet::new());
        },
        &[3],
        // Minimal encapsulation cannot carry fragments; and it is not asked for.
        |scene| {
            bid_1_with(scene, CO_LOCATED | MINIMAL);
            scene.history.down(5.0, care_of(1), &Packet::new().later_fragment());
            scene.exchange(7.0, &Registration::request(2), 0);
            scene.history.down(9.0, care_of(2), &Packet::new());
            scene.history.up(9.5, care_of(1), &Packet::new().back());
        },
    ),
    pair(
        "TUN-010",
        |scene| {
            bids(scene, 1);
            gre_up(scene, 5.0, 1);
            gre_up(scene, 6.0, 1);
            scene.history.packet(7.0, minimal(care_of(1), HOME_AGENT, &Packet::new().back().octets()));
        },
        &[3, 5],
        |scene| {
            bid_1_with(scene, CO_LOCATED | GRE);
            gre_up(scene, 5.0, 1);
            scene.history.up(6.0, care_of(1), &Packet::new().back());
        },
    ),
    pair(
        "TUN-010",
        // Of a foreign agent, as D is clear.
        |scene| {
            scene.exchange(0.0, &Registration::relayed(1), 0);
            gre_up(scene, 5.0, 1);
        },
        &[3],
        |scene| {
            scene.exchange(0.0, &Registration { octet: 0x02 | GRE, ..Registration::relayed(1) }, 0);
            gre_up(scene, 5.0, 1);
        },
    ),
    pair(
        "TUN-011",
        |scene| {
            bid_1_with(scene, 0x20);
            scene.history.up(5.0, care_of(1), &Packet::new().back());
            scene.history.up(6.0, care_of(1), &Packet::new().back());
        },
        &[3],
        |scene| {
            bid_1_with(scene, 0x20);
            let group = std::net::Ipv4Addr::new(233, 252, 0, 1);
            scene.history.up(5.0, care_of(1), &Packet::new().back().to(group));
            scene.history.down(6.0, care_of(1), &Packet::new());
        },
    ),
    pair(
        "TUN-019",
        |scene| {
            bids(scene, 1);
            let again = ip_in_ip(HOME_AGENT, care_of(1), &Packet::new().octets());
            scene.history.packet(5.0, tunnelled(4, HOME_AGENT, care_of(1), &again));
            scene.history.packet(6.0, tunnelled(4, HOME_AGENT, care_of(1), &stacked(3)));
        },
        &[3, 4],
        // Three headers, as those of nested mobile networks.
        |scene| {
            bids(scene, 1);
            scene.history.packet(5.0, tunnelled(4, HOME_AGENT, care_of(1), &stacked(2)));
        },
    ),
];
