//! Pairs about tunnels and flow policy.

use super::bids;
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene, flow_binding, forward, udp_to_port};
use crate::{Pair, pair};

/// BIDs 1 and 2, and with a refresh of BID 2 at 4 s a rule for UDP to port 7000: frames 1 to 6.
fn with_rule(scene: &mut Scene, rule: Vec<u8>) {
    bids(scene, 2);
    scene.exchange(4.0, &Registration::request(2).with(rule), 0);
}

/// FORWARD 1, 2 for UDP to port 7000, which is where packets go by default.
fn to_1(scene: &mut Scene) {
    with_rule(scene, forward(&[1, 2], &udp_to_port(7000)));
}

/// DROP for UDP to port 7000.
fn dropped(scene: &mut Scene) {
    with_rule(scene, flow_binding(0, &[255], 1, &udp_to_port(7000)));
}

/// A rule for BID 3, which is de-registered at 8 s: frames 1 to 10.
fn exhausted(scene: &mut Scene) {
    bids(scene, 3);
    scene.exchange(6.0, &Registration::request(3).with(forward(&[3], &udp_to_port(7000))), 0);
    scene.exchange(8.0, &Registration { lifetime: 0, ..Registration::request(3) }, 0);
}

/// Packets of one flow, one every 10 ms from 5 s on, to the care-of addresses of these BIDs in turn.
fn spray(scene: &mut Scene, taken: &[u8], packet: &Packet) {
    for (index, bid) in (0u16..).zip(taken) {
        scene.history.down(5.0 + f64::from(index) / 100.0, care_of(*bid), packet);
    }
}

/// The same up, of a flow that no rule decides.
fn spray_up(scene: &mut Scene, taken: &[u8]) {
    for (index, bid) in (0u16..).zip(taken) {
        scene.history.up(5.0 + f64::from(index) / 100.0, care_of(*bid), &free().back());
    }
}

/// A flow that no rule decides.
fn free() -> Packet {
    Packet::new().ports(5060, 9)
}

/// BID 1 lives until 11 s, and a packet that it ought to take strays; nothing more is seen until 40 s.
fn strays_before_expiry(scene: &mut Scene, at: f64) {
    scene.exchange(0.0, &Registration::request(2), 0);
    scene.exchange(0.98, &Registration { lifetime: 10, ..Registration::request(1) }, 0);
    scene.exchange(4.0, &Registration::request(2).with(forward(&[1, 2], &udp_to_port(7000))), 0);
    scene.history.down(at, care_of(2), &Packet::new());
    scene.wait_until(40.0);
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-005",
        |scene| {
            to_1(scene);
            scene.history.down(8.0, care_of(2), &Packet::new());
            scene.history.down(9.0, care_of(2), &Packet::new());
            scene.wait_until(12.0);
        },
        &[7, 8],
        // Within a second of a change, before and after.
        |scene| {
            to_1(scene);
            scene.history.down(5.0, care_of(2), &Packet::new());
            scene.history.down(8.0, care_of(1), &Packet::new());
            scene.history.down(9.0, care_of(2), &free());
            scene.history.down(10.0, care_of(2), &Packet::new());
            scene.exchange(10.5, &Registration::request(2), 0);
            scene.wait_until(14.0);
        },
    ),
    // What changes more than a second later, and before another packet is seen, changes nothing about it.
    pair(
        "TUN-005",
        |scene| strays_before_expiry(scene, 8.0),
        &[7],
        |scene| strays_before_expiry(scene, 10.5),
    ),
    pair(
        "TUN-005",
        // The chosen binding came back.
        |scene| {
            to_1(scene);
            scene.exchange(8.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.down(12.0, care_of(2), &Packet::new());
            scene.exchange(16.0, &Registration::request(1), 0);
            scene.history.down(20.0, care_of(2), &Packet::new());
        },
        &[12],
        // A fragment that does not show its ports is decided by no rule that looks at them.
        |scene| {
            to_1(scene);
            scene.history.down(8.0, care_of(2), &Packet::new().later_fragment());
            scene.history.up(9.0, care_of(1), &Packet::new().back());
        },
    ),
    pair(
        "TUN-006",
        |scene| {
            to_1(scene);
            scene.history.up(8.0, care_of(2), &Packet::new().back());
            scene.wait_until(12.0);
        },
        &[7],
        |scene| {
            to_1(scene);
            scene.history.up(8.0, care_of(1), &Packet::new().back());
            // Its ports are the other way round.
            scene.history.up(9.0, care_of(2), &Packet::new().back().ports(5060, 7000));
        },
    ),
    pair(
        "TUN-006",
        |scene| {
            dropped(scene);
            scene.history.up(8.0, care_of(1), &Packet::new().back());
            scene.wait_until(12.0);
        },
        &[7],
        |scene| {
            dropped(scene);
            scene.history.up(5.0, care_of(1), &Packet::new().back());
            scene.wait_until(12.0);
        },
    ),
    pair(
        "TUN-007",
        |scene| {
            dropped(scene);
            scene.history.down(8.0, care_of(1), &Packet::new());
            scene.history.down(9.0, care_of(2), &Packet::new());
            scene.wait_until(12.0);
        },
        &[7, 8],
        |scene| {
            dropped(scene);
            scene.history.down(5.0, care_of(1), &Packet::new());
            scene.history.down(8.0, care_of(1), &free());
            scene.wait_until(12.0);
        },
    ),
    pair(
        "TUN-024",
        |scene| {
            bids(scene, 2);
            spray(scene, &[1, 2, 1, 2, 1, 2, 1], &free());
        },
        &[9],
        // Three switches, and as many again after twenty packets in one tunnel.
        |scene| {
            bids(scene, 2);
            spray(scene, &[1, 2, 1, 2], &free());
            spray(scene, &[2; 20], &free());
            spray(scene, &[1, 2, 1], &free());
        },
    ),
    pair(
        "TUN-024",
        // By the node.
        |scene| {
            bids(scene, 2);
            spray_up(scene, &[1, 2, 1, 2, 1, 2]);
        },
        &[9],
        |scene| {
            bids(scene, 2);
            spray_up(scene, &[1, 2, 1, 2]);
        },
    ),
    pair(
        "TUN-024",
        // Once for each flow.
        |scene| {
            bids(scene, 2);
            spray(scene, &[1, 2, 1, 2, 1, 2], &free());
            spray(scene, &[1, 2, 1, 2, 1, 2], &Packet::new());
        },
        &[9, 15],
        // ICMP, and an exchange between the third switch and the fourth.
        |scene| {
            bids(scene, 2);
            spray(scene, &[1, 2, 1, 2, 1, 2], &Packet::new().protocol(1));
            spray(scene, &[1, 2, 1, 2], &free());
            scene.exchange(6.0, &Registration::request(2), 0);
            scene.history.down(8.0, care_of(1), &free());
        },
    ),
    pair(
        "TUN-025",
        |scene| {
            bids(scene, 2);
            scene.history.down(5.0, care_of(1), &Packet::new());
            scene.history.down(5.01, care_of(2), &Packet::new());
            // Once a minute.
            scene.history.down(6.5, care_of(1), &free());
            scene.history.down(6.51, care_of(2), &free());
            scene.history.down(70.0, care_of(1), &free());
            scene.history.down(70.01, care_of(2), &free());
        },
        &[6, 10],
        // More than a second later, in the same tunnel, and another payload.
        |scene| {
            bids(scene, 2);
            scene.history.down(5.0, care_of(1), &Packet::new());
            scene.history.down(6.1, care_of(2), &Packet::new());
            scene.history.down(6.2, care_of(2), &Packet::new());
            scene.history.down(8.0, care_of(1), &Packet::new());
            scene.history.down(
                8.01,
                care_of(2),
                &Packet::new().start(&[0x13, 0xc4, 0x1b, 0x58, 0, 0, 0, 0, 9]),
            );
        },
    ),
    pair(
        "TUN-025",
        |scene| {
            bids(scene, 1);
            scene.exchange(4.0, &Registration { octet: 0xa2, ..Registration::plain(2) }, 0);
            scene.history.down(8.0, care_of(2), &Packet::new());
            scene.history.down(8.1, care_of(1), &Packet::new());
        },
        &[6],
        // Simultaneous bindings without Multipath are meant to get copies.
        |scene| {
            scene.exchange(0.0, &Registration { octet: 0xa2, ..Registration::plain(1) }, 0);
            scene.exchange(4.0, &Registration { octet: 0xa2, ..Registration::plain(2) }, 0);
            scene.history.down(8.0, care_of(2), &Packet::new());
            scene.history.down(8.1, care_of(1), &Packet::new());
        },
    ),
    pair(
        "TUN-026",
        |scene| {
            exhausted(scene);
            scene.history.down(12.0, care_of(1), &Packet::new());
            scene.history.down(12.1, care_of(1), &Packet::new());
            scene.history.up(13.0, care_of(1), &Packet::new().back());
            scene.wait_until(16.0);
        },
        &[11, 13],
        |scene| {
            exhausted(scene);
            scene.history.down(9.0, care_of(1), &Packet::new());
            scene.history.down(12.0, care_of(1), &free());
            scene.wait_until(16.0);
        },
    ),
];
