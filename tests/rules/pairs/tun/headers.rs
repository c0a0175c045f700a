//! Pairs about the headers of encapsulations.

use super::{CO_LOCATED, GRE, MINIMAL, bid_1_with, bids, dont_fragment, six, tunnelled, with_prefix};
use crate::history::{HOME_AGENT, Packet, care_of, gre, ip_in_ip, ipv4, minimal};
use crate::scene::{Registration, Scene};
use crate::{Pair, pair};

/// A GRE packet down the tunnel of BID 1 with these octets before the inner packet.
fn gre_with(scene: &mut Scene, seconds: f64, header: &[u8], inner: &Packet) {
    let payload = [header, &inner.octets()].concat();
    scene.history.packet(seconds, ipv4(HOME_AGENT, care_of(1), 47, &payload));
}

/// A GRE packet down the tunnel of a BID, with a key or none.
fn keyed(scene: &mut Scene, seconds: f64, bid: u8, key: Option<u32>) {
    scene.history.packet(seconds, gre(HOME_AGENT, care_of(bid), key, &Packet::new().octets()));
}

/// The first outer fragment of an IP-in-IP packet whose inner DF is set: 64 of its 128 octets.
fn first_fragment() -> Vec<u8> {
    let inner = dont_fragment(Packet::new().octets());
    let mut octets = ipv4(HOME_AGENT, care_of(1), 4, &inner[..64]);
    octets[6] |= 0x20;
    octets
}

/// A packet in minimal encapsulation down the tunnel of BID 1, changed.
fn minimal_with(scene: &mut Scene, seconds: f64, change: impl FnOnce(&mut Vec<u8>)) {
    let mut octets = minimal(HOME_AGENT, care_of(1), &Packet::new().octets());
    change(&mut octets);
    scene.history.packet(seconds, octets);
}

/// A packet of a node at a foreign agent, with this TTL inside the tunnel.
fn up_with_ttl(scene: &mut Scene, ttl: u8) {
    scene.exchange(0.0, &Registration::relayed(1), 0);
    let mut inner = Packet::new().back().octets();
    inner[8] = ttl;
    scene.history.packet(5.0, ip_in_ip(care_of(1), HOME_AGENT, &inner));
}

fn with_gre(scene: &mut Scene) {
    bid_1_with(scene, CO_LOCATED | GRE);
}

fn with_minimal(scene: &mut Scene) {
    bid_1_with(scene, CO_LOCATED | MINIMAL);
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-016",
        // Once a binding and direction.
        |scene| {
            bids(scene, 2);
            let down = dont_fragment(Packet::new().octets());
            let up = dont_fragment(Packet::new().back().octets());
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &down));
            scene.history.packet(6.0, ip_in_ip(HOME_AGENT, care_of(1), &down));
            scene.history.packet(7.0, ip_in_ip(HOME_AGENT, care_of(2), &down));
            scene.history.packet(8.0, ip_in_ip(care_of(1), HOME_AGENT, &up));
        },
        &[5, 7, 8],
        |scene| {
            bids(scene, 1);
            let down = dont_fragment(Packet::new().octets());
            scene.history.packet(5.0, dont_fragment(ip_in_ip(HOME_AGENT, care_of(1), &down)));
            scene.history.down(6.0, care_of(1), &Packet::new());
        },
    ),
    pair(
        "TUN-016",
        |scene| {
            bids(scene, 1);
            scene.history.packet(5.0, first_fragment());
        },
        &[3],
        // GRE is another matter.
        |scene| {
            with_gre(scene);
            let down = dont_fragment(Packet::new().octets());
            scene.history.packet(5.0, gre(HOME_AGENT, care_of(1), None, &down));
        },
    ),
    pair(
        "TUN-017",
        |scene| {
            bids(scene, 1);
            let mut inner = Packet::new().octets();
            inner[8] = 0;
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &inner));
            scene.history.packet(6.0, ip_in_ip(HOME_AGENT, care_of(1), &inner));
        },
        &[3, 4],
        |scene| {
            with_minimal(scene);
            let mut inner = Packet::new().octets();
            inner[8] = 1;
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &inner));
            // The outer TTL is all there is.
            minimal_with(scene, 6.0, |octets| octets[8] = 0);
        },
    ),
    pair(
        "TUN-017",
        |scene| {
            with_prefix(scene, CO_LOCATED, 1);
            let mut inner = six().octets();
            inner[7] = 0;
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &inner));
        },
        &[3],
        |scene| {
            with_prefix(scene, CO_LOCATED, 1);
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &six().octets()));
        },
    ),
    // Up, by a foreign agent.
    pair("TUN-017", |scene| up_with_ttl(scene, 0), &[3], |scene| up_with_ttl(scene, 1)),
    pair(
        "TUN-020",
        |scene| {
            with_gre(scene);
            let packet = Packet::new();
            // Version 1, bits 1, 4 and 12, Reserved1, a checksum that is wrong.
            gre_with(scene, 5.0, &[0, 1, 8, 0], &packet);
            gre_with(scene, 6.0, &[0x40, 0, 8, 0, 0, 0, 0, 0], &packet);
            gre_with(scene, 7.0, &[0x08, 0, 8, 0], &packet);
            gre_with(scene, 8.0, &[0, 0x08, 8, 0], &packet);
            gre_with(scene, 9.0, &[0x80, 0, 8, 0, 0, 0, 0, 1], &packet);
            gre_with(scene, 10.0, &[0x80, 0, 8, 0, 0x12, 0x34, 0, 0], &packet);
        },
        &[3, 4, 5, 6, 7, 8],
        // A key and a sequence number.
        |scene| {
            with_gre(scene);
            gre_with(scene, 5.0, &[0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2], &Packet::new());
        },
    ),
    pair(
        "TUN-021",
        |scene| {
            with_gre(scene);
            // IPv6 on IPv4, and another type on IPv4.
            gre_with(scene, 5.0, &[0, 0, 0x86, 0xdd], &Packet::new());
            gre_with(scene, 6.0, &[0, 0, 0x65, 0x58], &Packet::new());
        },
        &[3, 4],
        |scene| {
            with_gre(scene);
            gre_with(scene, 5.0, &[0, 0, 8, 0], &Packet::new());
            // A bridged frame begins with neither 4 nor 6.
            let frame = [&[0, 0, 0x65, 0x58][..], &[0x02; 40]].concat();
            scene.history.packet(6.0, ipv4(HOME_AGENT, care_of(1), 47, &frame));
        },
    ),
    pair(
        "TUN-021",
        |scene| {
            with_gre(scene);
            gre_with(scene, 5.0, &[0, 0, 0x86, 0xdd], &six());
            gre_with(scene, 6.0, &[0, 0, 8, 0], &six());
        },
        &[3, 4],
        |scene| {
            with_prefix(scene, CO_LOCATED | GRE, 1);
            gre_with(scene, 5.0, &[0, 0, 0x86, 0xdd], &six());
        },
    ),
    pair(
        "TUN-022",
        |scene| {
            with_gre(scene);
            keyed(scene, 5.0, 1, Some(1));
            keyed(scene, 6.0, 1, Some(2));
            keyed(scene, 7.0, 1, Some(2));
            keyed(scene, 8.0, 1, None);
        },
        &[4, 6],
        // Another key after an exchange of the binding, in another tunnel, and the other way.
        |scene| {
            with_gre(scene);
            let gre_request = |bid| Registration { octet: CO_LOCATED | GRE, ..Registration::request(bid) };
            scene.exchange(2.0, &gre_request(2), 0);
            keyed(scene, 5.0, 1, Some(1));
            keyed(scene, 6.0, 2, Some(2));
            let up = gre(care_of(1), HOME_AGENT, Some(3), &Packet::new().back().octets());
            scene.history.packet(7.0, up);
            scene.exchange(8.0, &gre_request(1), 0);
            keyed(scene, 9.0, 1, Some(4));
        },
    ),
    pair(
        "TUN-022",
        // An exchange of another binding changes nothing.
        |scene| {
            with_gre(scene);
            keyed(scene, 5.0, 1, Some(1));
            scene.exchange(6.0, &Registration::request(2), 0);
            keyed(scene, 8.0, 1, Some(2));
        },
        &[6],
        |scene| {
            with_gre(scene);
            keyed(scene, 5.0, 1, Some(1));
            scene.exchange(6.0, &Registration::request(2), 0);
            keyed(scene, 8.0, 1, Some(1));
        },
    ),
    pair(
        "TUN-022",
        // Both keys were seen before, and each comes after the other.
        |scene| {
            with_gre(scene);
            keyed(scene, 5.0, 1, Some(1));
            keyed(scene, 5.1, 1, Some(1));
            keyed(scene, 5.2, 1, Some(2));
            keyed(scene, 5.3, 1, Some(2));
            keyed(scene, 5.4, 1, Some(1));
            keyed(scene, 5.5, 1, Some(2));
        },
        &[5, 7, 8],
        |scene| {
            with_gre(scene);
            for place in 0..6 {
                keyed(scene, 5.0 + f64::from(place) / 10.0, 1, Some(1));
            }
        },
    ),
    pair(
        "TUN-023",
        |scene| {
            with_minimal(scene);
            // A checksum that is wrong, and a reserved bit with one that is right: 1 more below, 1 less in the sum.
            minimal_with(scene, 5.0, |octets| octets[22] ^= 1);
            minimal_with(scene, 6.0, |octets| {
                octets[21] |= 1;
                let sum = u16::from_be_bytes([octets[22], octets[23]]) - 1;
                octets[22..24].copy_from_slice(&sum.to_be_bytes());
            });
        },
        &[3, 4],
        |scene| {
            with_minimal(scene);
            minimal_with(scene, 5.0, |_| {});
        },
    ),
    pair(
        "TUN-023",
        // A fragment was encapsulated: the outer offset is that of the inner packet.
        |scene| {
            with_minimal(scene);
            minimal_with(scene, 5.0, |octets| octets[7] = 16);
        },
        &[3],
        // The middle of a packet that was fragmented on its way: no forwarding header there.
        |scene| {
            with_minimal(scene);
            let mut later = tunnelled(55, HOME_AGENT, care_of(1), &[0x5a; 64]);
            later[7] = 16;
            scene.history.packet(5.0, later);
        },
    ),
];
