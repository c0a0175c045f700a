//! Pairs of the REV rules.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::{care_of, revocation, revocation_acknowledgement};
use crate::scene::{FOREIGN_HOME_KEY, KEY, Registration, Scene, multipath_with, sign};
use crate::{Pair, pair};

pub const PAIRS: &[Pair] = &[
    pair(
        "REV-001",
        |scene| acknowledged(scene, None, 40.0),
        &[3],
        |scene| {
            acknowledged(scene, Some((10.0, 5)), 40.0);
        },
    ),
    // Too late, and with another identifier; the capture has to go on for ten seconds.
    pair(
        "REV-001",
        |scene| acknowledged(scene, Some((10.1, 5)), 40.0),
        &[3],
        |scene| {
            acknowledged(scene, None, 29.9);
        },
    ),
    pair(
        "REV-001",
        |scene| acknowledged(scene, Some((1.0, 6)), 40.0),
        &[3],
        |scene| {
            acknowledged(scene, Some((1.0, 5)), 40.0);
        },
    ),
    pair("REV-001", |scene| acknowledged(scene, None, 30.0), &[3], unauthenticated),
    pair("REV-001", acknowledged_to_another, &[3], |scene| acknowledged(scene, Some((1.0, 5)), 40.0)),
    // Of several for the same binding the last one counts.
    pair("REV-001", |scene| revoked_again(scene, false), &[4], |scene| revoked_again(scene, true)),
    // Between the agents, either way.
    pair(
        "REV-001",
        |scene| between_agents(scene, true, &[20.0], false),
        &[3],
        |scene| between_agents(scene, true, &[20.0], true),
    ),
    pair(
        "REV-001",
        |scene| between_agents(scene, false, &[20.0], false),
        &[3],
        |scene| between_agents(scene, false, &[20.0], true),
    ),
    // (a)
    pair("REV-002", |scene| after_expiry(scene, 6.1), &[3], |scene| after_expiry(scene, 5.9)),
    pair("REV-002", |scene| after_expiry(scene, 60.0), &[3], registered_again),
    pair("REV-002", |scene| after_expiry(scene, 60.0), &[3], deregistered_since),
    Pair {
        cold_start: false,
        ..pair(
            "REV-002",
            |scene| expired_in_the_middle(scene, 0x40),
            &[3],
            |scene| expired_in_the_middle(scene, 0),
        )
    },
    // (b)
    pair("REV-002", |scene| twice(scene, 0.94, 6, false), &[4], |scene| twice(scene, 0.95, 6, false)),
    pair(
        "REV-002",
        |scene| between_agents(scene, false, &[20.0, 20.9], true),
        &[4],
        |scene| between_agents(scene, false, &[20.0, 21.0], true),
    ),
    // (c)
    pair("REV-002", |scene| twice(scene, 3.0, 5, false), &[4], |scene| twice(scene, 3.0, 5, true)),
];

/// A revocation of the binding at an interface, by the home agent.
fn revoke(scene: &mut Scene, seconds: f64, interface: u8, identifier: u32) {
    let mut payload = revocation(care_of(interface), identifier);
    sign(&mut payload, 32, KEY);
    scene.datagram(seconds, &Registration::plain(interface).reply(0), &payload);
}

/// Its acknowledgement.
fn acknowledge(scene: &mut Scene, seconds: f64, interface: u8, identifier: u32) {
    let mut payload = revocation_acknowledgement(identifier);
    sign(&mut payload, 32, KEY);
    scene.datagram(seconds, &Registration::plain(interface), &payload);
}

/// A binding, revoked at 20 s with identifier 5, an acknowledgement so many seconds later, and the end of the capture.
fn acknowledged(scene: &mut Scene, acknowledgement: Option<(f64, u32)>, end: f64) {
    scene.exchange(0.0, &Registration::request(1), 0);
    revoke(scene, 20.0, 1, 5);
    if let Some((later, identifier)) = acknowledgement {
        acknowledge(scene, 20.0 + later, 1, identifier);
    }
    scene.wait_until(end);
}

/// A binding through the foreign agent at interface 1, and its revocations at these times with identifiers 5 and up, by
/// the home agent or by the foreign agent; the other one acknowledges the last or none.
fn between_agents(scene: &mut Scene, from_home_agent: bool, times: &[f64], acknowledged: bool) {
    let request = Registration::relayed(1);
    scene.exchange(0.0, &request, 0);
    let (there, back) =
        if from_home_agent { (request.reply(0), request) } else { (request.clone(), request.reply(0)) };
    let signed = |mut payload: Vec<u8>| {
        sign(&mut payload, 34, FOREIGN_HOME_KEY);
        payload
    };
    let mut last = (5, 20.0);
    for (identifier, seconds) in (5..).zip(times) {
        let mut payload = revocation(care_of(1), identifier);
        // A: the home agent sends it.
        payload[2] = if from_home_agent { 0x80 } else { 0 };
        scene.datagram(*seconds, &there, &signed(payload));
        last = (identifier, *seconds);
    }
    if acknowledged {
        scene.datagram(last.1 + 0.5, &back, &signed(revocation_acknowledgement(last.0)));
    }
    scene.wait_until(60.0);
}

/// Without Type 32 or 34 nobody has to answer.
fn unauthenticated(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let payload = revocation(care_of(1), 5);
    scene.datagram(20.0, &Registration::plain(1).reply(0), &payload);
    scene.wait_until(40.0);
}

/// The acknowledgement goes to somebody else.
fn acknowledged_to_another(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
    revoke(scene, 20.0, 1, 5);
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 2), 434);
    let like = Registration { destination: elsewhere, ..Registration::plain(1) };
    scene.datagram(21.0, &like, &revocation_acknowledgement(5));
    scene.wait_until(40.0);
}

/// Two revocations of a binding, of which the second is acknowledged or none.
fn revoked_again(scene: &mut Scene, acknowledged: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    revoke(scene, 20.0, 1, 5);
    revoke(scene, 25.0, 1, 6);
    if acknowledged {
        acknowledge(scene, 26.0, 1, 6);
    }
    scene.wait_until(40.0);
}

/// A binding of 5 s from 0.02 s, and its revocation.
fn after_expiry(scene: &mut Scene, seconds: f64) {
    scene.exchange(0.0, &Registration { lifetime: 5, ..Registration::request(1) }, 0);
    revoke(scene, seconds, 1, 5);
    acknowledge(scene, seconds + 0.5, 1, 5);
}

/// The care-of address was registered again since.
fn registered_again(scene: &mut Scene) {
    let request = Registration { lifetime: 5, ..Registration::request(1) };
    scene.exchange(0.0, &request, 0);
    scene.exchange(20.0, &Registration::request(1), 0);
    revoke(scene, 60.0, 1, 5);
    acknowledge(scene, 60.5, 1, 5);
}

/// The care-of address was registered again since, and de-registered.
fn deregistered_since(scene: &mut Scene) {
    let request = Registration { lifetime: 5, ..Registration::request(1) };
    scene.exchange(0.0, &request, 0);
    scene.exchange(20.0, &Registration::request(1), 0);
    scene.exchange(30.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
    revoke(scene, 60.0, 1, 5);
    acknowledge(scene, 60.5, 1, 5);
}

/// The same in a capture that began when bindings were there; with O the table is known to be whole.
fn expired_in_the_middle(scene: &mut Scene, flags: u8) {
    let request = Registration { lifetime: 5, ..Registration::plain(1) };
    scene.exchange(0.0, &request.with(multipath_with(4, 1, 1, flags)), 0);
    revoke(scene, 20.0, 1, 5);
    acknowledge(scene, 20.5, 1, 5);
}

/// A revocation with identifier 5, acknowledged or not, and some seconds later another one, which is acknowledged.
fn twice(scene: &mut Scene, later: f64, identifier: u32, first_acknowledged: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    revoke(scene, 20.0, 1, 5);
    if first_acknowledged {
        acknowledge(scene, 20.5, 1, 5);
    }
    revoke(scene, 20.0 + later, 1, identifier);
    acknowledge(scene, 30.0, 1, identifier);
    scene.wait_until(60.0);
}
