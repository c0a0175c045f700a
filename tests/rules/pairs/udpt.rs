//! Pairs of the UDPT rules.

use std::net::SocketAddrV4;

use super::tun::{GRE, MINIMAL, PREFIX, bids, six};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, gre, ip_in_ip, udp};
use crate::scene::{Registration, Scene, short};
use crate::{Pair, pair};

/// The source of BID 3's requests behind its NAT.
const BEHIND_NAT: SocketAddrV4 = SocketAddrV4::new(care_of(3), 5000);
const AGENT: SocketAddrV4 = SocketAddrV4::new(HOME_AGENT, 434);

/// A request for BID 3 from [`BEHIND_NAT`] for a tunnel in UDP with this encapsulation.
fn request(encapsulation: u8) -> Registration {
    Registration { source: BEHIND_NAT, ..Registration::request(3) }
        .with(short(144, &[0, 0, 0, encapsulation, 0, 0]))
}

/// Sends a request and the reply that grants it a tunnel in UDP, or declines one.
fn answered(scene: &mut Scene, seconds: f64, request: &Registration, code: u8) {
    let sent = scene.send(seconds, request);
    scene.send(seconds + 0.02, &sent.reply(0).with(short(44, &[0, code, 0, 0, 0, 110])));
}

/// BID 3 with a tunnel in UDP: frames 1 and 2.
fn granted(scene: &mut Scene) {
    answered(scene, 0.0, &request(0), 0);
}

/// A Tunnel Data message with this header around these octets.
fn data(scene: &mut Scene, seconds: f64, ends: (SocketAddrV4, SocketAddrV4), header: [u8; 4], inner: &[u8]) {
    scene.history.packet(seconds, udp(ends.0, ends.1, &[&header, inner].concat()));
}

const DOWN: (SocketAddrV4, SocketAddrV4) = (AGENT, BEHIND_NAT);
const UP: (SocketAddrV4, SocketAddrV4) = (BEHIND_NAT, AGENT);
const PLAIN: [u8; 4] = [4, 4, 0, 0];

/// What is inside going down, and going up.
fn down() -> Vec<u8> {
    Packet::new().octets()
}

fn up() -> Vec<u8> {
    Packet::new().back().octets()
}

/// A Registration Request of the node in UDP to this port.
fn registration(port: u16) -> Vec<u8> {
    let mut octets = vec![0; 24];
    octets[0] = 1;
    octets[4..8].copy_from_slice(&NODE.octets());
    octets[8..12].copy_from_slice(&HOME_AGENT.octets());
    udp(SocketAddrV4::new(NODE, 9), SocketAddrV4::new(HOME_AGENT, port), &octets)
}

pub const PAIRS: &[Pair] = &[
    pair(
        "UDPT-001",
        // Before the authenticator with D = 0; behind it with D = 1; Reserved 1, 2 and 3.
        |scene| {
            scene.send(0.0, &Registration::relayed(1).with(short(144, &[0; 6])));
            scene.send(2.0, &Registration::request(2).with_after(short(144, &[0; 6])));
            scene.send(4.0, &Registration::request(3).with(short(144, &[0, 1, 0, 0, 0, 0])));
            scene.send(6.0, &Registration::request(4).with(short(144, &[0, 0, 0x20, 0, 0, 0])));
            scene.send(8.0, &Registration::request(5).with(short(144, &[0, 0, 0, 0, 0, 1])));
        },
        &[1, 2, 3, 4, 5],
        // F is no reserved bit.
        |scene| {
            scene.send(0.0, &Registration::request(1).with(short(144, &[0, 0, 0x80, 0, 0, 0])));
        },
    ),
    pair("UDPT-002", |scene| answered(scene, 0.0, &Registration::request(3), 0), &[2], granted),
    pair(
        "UDPT-002",
        // Declined, and used all the same.
        |scene| {
            answered(scene, 0.0, &request(0), 64);
            data(scene, 5.0, UP, PLAIN, &up());
            data(scene, 6.0, DOWN, PLAIN, &down());
        },
        &[3, 4],
        |scene| {
            granted(scene);
            data(scene, 5.0, UP, PLAIN, &up());
            data(scene, 6.0, DOWN, PLAIN, &down());
        },
    ),
    pair(
        "UDPT-003",
        // Once a binding and direction.
        |scene| {
            granted(scene);
            scene.history.down(5.0, care_of(3), &Packet::new());
            scene.history.down(6.0, care_of(3), &Packet::new());
            scene.history.up(7.0, care_of(3), &Packet::new().back());
        },
        &[3, 5],
        // Another binding at the address of the NAT has none.
        |scene| {
            answered(scene, 0.0, &Registration { care_of_address: care_of(13), ..request(0) }, 0);
            let source = SocketAddrV4::new(care_of(3), 434);
            scene.exchange(
                2.0,
                &Registration { source, care_of_address: care_of(3), ..Registration::request(4) },
                0,
            );
            scene.history.down(5.0, care_of(3), &Packet::new());
        },
    ),
    pair(
        "UDPT-004",
        // Reserved, an unknown Next Header, GRE and minimal encapsulation that were not asked for.
        |scene| {
            granted(scene);
            data(scene, 5.0, DOWN, [4, 4, 0, 1], &down());
            data(scene, 6.0, DOWN, [4, 6, 0, 0], &down());
            data(scene, 7.0, DOWN, [4, 47, 0, 0], &gre(HOME_AGENT, care_of(3), None, &down())[20..]);
        },
        &[3, 4, 5],
        |scene| {
            let flags = 0x22 | GRE | MINIMAL;
            answered(scene, 0.0, &Registration { octet: flags, ..request(0) }, 0);
            data(scene, 5.0, DOWN, PLAIN, &down());
            data(scene, 7.0, DOWN, [4, 47, 0, 0], &gre(HOME_AGENT, care_of(3), None, &down())[20..]);
        },
    ),
    pair(
        "UDPT-004",
        // GRE was asked for.
        |scene| {
            answered(scene, 0.0, &Registration { octet: 0x22 | GRE, ..request(47) }, 0);
            data(scene, 5.0, DOWN, PLAIN, &down());
        },
        &[3],
        |scene| {
            answered(scene, 0.0, &Registration { octet: 0x22 | GRE, ..request(47) }, 0);
            data(scene, 7.0, DOWN, [4, 47, 0, 0], &gre(HOME_AGENT, care_of(3), None, &down())[20..]);
        },
    ),
    pair(
        "UDPT-004",
        // No IPv6 prefix.
        |scene| {
            granted(scene);
            data(scene, 5.0, DOWN, [4, 41, 0, 0], &six().octets());
        },
        &[3],
        |scene| {
            let request =
                request(0).with(short(152, &[&[1, 64][..], &PREFIX].concat())).with(short(152, &[3, 0]));
            let sent = scene.send(0.0, &request);
            let reply = sent
                .reply(0)
                .with(short(152, &[&[2, 1, 64, 0][..], &PREFIX].concat()))
                .with(short(44, &[0, 0, 0, 0, 0, 110]));
            scene.send(0.02, &reply);
            data(scene, 5.0, DOWN, [4, 41, 0, 0], &six().octets());
        },
    ),
    pair(
        "UDPT-004",
        // From another port of the same address.
        |scene| {
            granted(scene);
            data(scene, 5.0, (SocketAddrV4::new(care_of(3), 5001), AGENT), PLAIN, &up());
        },
        &[3],
        // After a request from there.
        |scene| {
            granted(scene);
            let rebound = SocketAddrV4::new(care_of(3), 5001);
            answered(scene, 2.0, &Registration { source: rebound, ..request(0) }, 0);
            data(scene, 5.0, (rebound, AGENT), PLAIN, &up());
        },
    ),
    pair(
        "UDPT-005",
        |scene| {
            granted(scene);
            data(scene, 5.0, UP, PLAIN, &registration(434));
        },
        &[3],
        // To another port; and inside a tunnel that is not one in UDP.
        |scene| {
            granted(scene);
            data(scene, 5.0, UP, PLAIN, &registration(435));
            scene.wait_until(6.0);
            bids(scene, 1);
            scene.history.packet(10.0, ip_in_ip(care_of(1), HOME_AGENT, &registration(434)));
        },
    ),
];
