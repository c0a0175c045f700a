//! Pairs about where tunnels end and begin.

use std::net::Ipv4Addr;

use super::{CO_LOCATED, GRE, MINIMAL, bid_1_with, bids};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, gre, ip_in_ip, minimal};
use crate::scene::{Registration, Scene, multipath_with};
use crate::{Pair, pair};

const NOBODY: Ipv4Addr = care_of(77);

/// BID 2 is asked for at 6 s, used at 6.2 s, and accepted then.
fn used_before_accepted(scene: &mut Scene, accepted: f64) {
    bids(scene, 1);
    let sent = scene.send(6.0, &Registration::request(2));
    scene.history.down(6.2, care_of(2), &Packet::new());
    scene.send(accepted, &sent.reply(0));
    scene.wait_until(12.0);
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-001",
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, NOBODY, &Packet::new());
            scene.wait_until(7.0);
        },
        &[3],
        // The reply was seen after the first packet.
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, care_of(2), &Packet::new());
            scene.exchange(5.5, &Registration::request(2), 0);
            scene.wait_until(9.0);
        },
    ),
    // Registered after it, a moment or too late.
    pair("TUN-001", |scene| used_before_accepted(scene, 7.5), &[4], |scene| used_before_accepted(scene, 7.0)),
    pair(
        "TUN-001",
        // The capture ends within the grace.
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, NOBODY, &Packet::new());
            scene.history.down(5.1, NOBODY, &Packet::new());
        },
        &[3, 4],
        // To the home address itself, and to where a binding was before it moved.
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, NODE, &Packet::new());
            scene.exchange(6.0, &moved(), 0);
            scene.history.down(20.0, care_of(1), &Packet::new());
        },
    ),
    Pair {
        cold_start: false,
        ..pair(
            "TUN-001",
            // From the exchange with O on the table is known to be whole.
            |scene| {
                bids(scene, 1);
                scene.exchange(4.0, &overwrite(2), 0);
                scene.history.down(8.0, NOBODY, &Packet::new());
                scene.wait_until(10.0);
            },
            &[5],
            |scene| {
                bids(scene, 2);
                scene.history.down(8.0, NOBODY, &Packet::new());
                scene.wait_until(10.0);
            },
        )
    },
    pair(
        "TUN-002",
        |scene| {
            short_lived(scene);
            scene.history.down(70.0, care_of(1), &Packet::new());
            scene.history.down(71.0, care_of(1), &Packet::new());
        },
        &[5, 6],
        // It expired at 60.02 s, and packets on their way are given a second.
        |scene| {
            short_lived(scene);
            scene.history.down(61.0, care_of(1), &Packet::new());
            scene.history.up(70.0, care_of(1), &Packet::new().back());
        },
    ),
    pair(
        "TUN-003",
        |scene| {
            bids(scene, 2);
            scene.exchange(4.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.down(8.0, care_of(1), &Packet::new());
        },
        &[7],
        |scene| {
            bids(scene, 2);
            scene.exchange(4.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.down(5.0, care_of(1), &Packet::new());
            scene.history.down(8.0, care_of(2), &Packet::new());
        },
    ),
    pair(
        "TUN-003",
        |scene| {
            bids(scene, 1);
            scene.exchange(4.0, &overwrite(2), 0);
            scene.history.down(8.0, care_of(1), &Packet::new());
        },
        &[5],
        // Registered once more.
        |scene| {
            bids(scene, 1);
            scene.exchange(4.0, &overwrite(2), 0);
            scene.exchange(8.0, &Registration::request(1), 0);
            scene.history.down(12.0, care_of(1), &Packet::new());
        },
    ),
    pair(
        "TUN-003",
        |scene| {
            scene.exchange(0.0, &Registration::plain(1), 0);
            scene.exchange(4.0, &Registration::plain(2), 0);
            scene.history.down(8.0, care_of(1), &Packet::new());
        },
        &[5],
        |scene| {
            scene.exchange(0.0, &Registration::plain(1), 0);
            scene.exchange(4.0, &Registration { octet: 0xa2, ..Registration::plain(2) }, 0);
            scene.history.down(8.0, care_of(1), &Packet::new());
        },
    ),
    pair(
        "TUN-004",
        |scene| {
            bids(scene, 1);
            scene.history.up(5.0, NOBODY, &Packet::new().back());
            scene.wait_until(7.0);
        },
        &[3],
        |scene| {
            bids(scene, 1);
            scene.history.up(5.0, care_of(2), &Packet::new().back());
            scene.exchange(5.5, &Registration::request(2), 0);
            scene.history.up(6.0, NODE, &Packet::new().back());
            scene.wait_until(9.0);
        },
    ),
    pair(
        "TUN-004",
        |scene| {
            bids(scene, 2);
            scene.exchange(4.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.up(8.0, care_of(1), &Packet::new().back());
        },
        &[7],
        |scene| {
            bids(scene, 2);
            scene.exchange(4.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.up(5.0, care_of(1), &Packet::new().back());
            scene.wait_until(9.0);
        },
    ),
    pair(
        "TUN-015",
        |scene| {
            bids(scene, 1);
            let other = Ipv4Addr::new(198, 51, 100, 2);
            scene.history.packet(5.0, ip_in_ip(other, care_of(1), &Packet::new().octets()));
        },
        &[3],
        // The inner destination is not the home address, and then no tunnel of the node ends there.
        |scene| {
            bids(scene, 1);
            let other = Ipv4Addr::new(198, 51, 100, 2);
            let inner = Packet::new().to(Ipv4Addr::new(10, 1, 0, 99));
            scene.history.packet(5.0, ip_in_ip(other, care_of(1), &inner.octets()));
            scene.history.packet(6.0, ip_in_ip(other, NOBODY, &Packet::new().octets()));
        },
    ),
    pair(
        "TUN-015",
        // In GRE, and in minimal encapsulation.
        |scene| in_gre_and_minimal(scene, Ipv4Addr::new(198, 51, 100, 2)),
        &[3, 4],
        |scene| in_gre_and_minimal(scene, HOME_AGENT),
    ),
    pair(
        "TUN-018",
        |scene| {
            bids(scene, 1);
            scene.history.down(5.0, care_of(1), &Packet::new().from(care_of(1)));
        },
        &[3],
        // Another interface of the node, and uplink.
        |scene| {
            bids(scene, 2);
            scene.history.down(5.0, care_of(1), &Packet::new().from(care_of(2)));
            scene.history.up(6.0, care_of(1), &Packet::new().back().to(care_of(1)));
        },
    ),
];

/// BID 1 with G and M, and a packet to the node in each encapsulation from this address.
fn in_gre_and_minimal(scene: &mut Scene, source: Ipv4Addr) {
    bid_1_with(scene, CO_LOCATED | GRE | MINIMAL);
    scene.history.packet(5.0, gre(source, care_of(1), None, &Packet::new().octets()));
    scene.history.packet(6.0, minimal(source, care_of(1), &Packet::new().octets()));
}

/// BID 1 for 60 s, until 60.02 s, and BID 2 for longer: frames 1 to 4.
fn short_lived(scene: &mut Scene) {
    scene.exchange(0.0, &Registration { lifetime: 60, ..Registration::request(1) }, 0);
    scene.exchange(2.0, &Registration::request(2), 0);
}

/// Registers a BID with O.
fn overwrite(bid: u8) -> Registration {
    Registration { extensions: vec![multipath_with(4, bid, bid, 0x40)], ..Registration::plain(bid) }
}

/// BID 1 at the interface of care-of address 9, by O.
fn moved() -> Registration {
    Registration { extensions: vec![multipath_with(4, 1, 1, 0x40)], ..Registration::plain(9) }
}
