//! The snapshot length cuts what every other test captures whole: nobody is accused of what was not captured.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{HOME_AGENT, NODE, Packet, Shot, care_of, ip_in_ip};
use crate::scene::{Registration, Scene, forward};
use crate::{judged, pairs};

/// Octets of an IPv4 header without options and of a UDP header.
const HEADERS: usize = 20 + 8;

/// Type of a Registration Request, and of its reply (RFC 5944 §3.3, §3.4).
const REQUEST: u8 = 1;
const REPLY: u8 = 3;
/// Type of a revocation, and of its acknowledgement (RFC 3543 §3.3, §3.4).
const REVOCATION: u8 = 7;
const ACKNOWLEDGEMENT: u8 = 15;

/// Whether a frame is a message of one of these types: IPv4 without options, UDP to or from port 434.
fn is_message(shot: &Shot, types: &[u8]) -> bool {
    let [0x45, _, _, _, _, _, _, _, _, 17, ..] = shot.octets[..] else { return false };
    let port = |at: usize| u16::from_be_bytes([shot.octets[at], shot.octets[at + 1]]);
    let is_one = shot.octets.get(HEADERS).is_some_and(|kind| types.contains(kind));
    is_one && [port(20), port(22)].contains(&434)
}

/// Rule and frame of what is found, where so many octets were captured of those that are cut.
fn found(
    build: fn(&mut Scene),
    cold_start: bool,
    is_cut: impl Fn(usize, &Shot) -> bool,
    kept: usize,
) -> BTreeSet<(&'static str, u64)> {
    let mut scene = Scene::default();
    build(&mut scene);
    let shots = scene.history.shots.iter_mut().enumerate();
    for (_, shot) in shots.filter(|(index, shot)| is_cut(*index, shot)) {
        shot.octets.truncate(HEADERS + kept);
    }
    judged(&scene, cold_start).into_iter().map(|finding| (finding.rule.id, finding.place.frame)).collect()
}

/// What is found of it, and is not found where all was captured.
#[test]
fn what_was_not_captured_is_held_against_nobody() {
    let mut wrong = Vec::new();
    for pair in pairs::all() {
        for (name, build) in [("it", pair.fires), ("its near miss", pair.near)] {
            let whole = found(build, pair.cold_start, |_, _| false, 0);
            for types in [&[REQUEST][..], &[REPLY], &[REQUEST, REPLY]] {
                for kept in [0, 20, 23, 24, 32, 46] {
                    let is_cut = |_: usize, shot: &Shot| is_message(shot, types);
                    let more = &found(build, pair.cold_start, is_cut, kept) - &whole;
                    if !more.is_empty() {
                        wrong.push(format!("{} {name} {types:?} {kept}: {more:?}", pair.rule));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// How often each rule is found.
fn counts(found: &BTreeSet<(&'static str, u64)>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (rule, _) in found {
        *counts.entry(*rule).or_default() += 1;
    }
    counts
}

/// The same, where one message alone was cut, as in a capture that was put together from two. What is told once, or
/// of the first message with something, is told of a later one then.
#[test]
fn what_was_not_captured_of_one_message_is_held_against_nobody() {
    let mut wrong = Vec::new();
    for pair in pairs::all() {
        for (name, build) in [("it", pair.fires), ("its near miss", pair.near)] {
            let whole = counts(&found(build, pair.cold_start, |_, _| false, 0));
            let mut scene = Scene::default();
            build(&mut scene);
            let shots = scene.history.shots.iter().enumerate();
            let types = [REQUEST, REPLY, REVOCATION, ACKNOWLEDGEMENT];
            for (cut, _) in shots.filter(|(_, shot)| is_message(shot, &types)) {
                for kept in [0, 6, 10, 18, 24, 46] {
                    let mut found = found(build, pair.cold_start, |index, _| index == cut, kept);
                    let counts = counts(&found);
                    found.retain(|(rule, _)| counts.get(rule) > whole.get(rule));
                    if !found.is_empty() {
                        wrong.push(format!("{} {name} #{} {kept}: {found:?}", pair.rule, cut + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Where a rule fires in a scene, of whose data packets so many octets were captured.
fn told(rule: &str, mut scene: Scene, kept: usize) -> Vec<u64> {
    for shot in scene.history.shots.iter_mut().filter(|shot| shot.octets[9] == 4) {
        shot.octets.truncate(kept);
    }
    scene.wait_until(30.0);
    let found = judged(&scene, true).into_iter().filter(|finding| finding.rule.id == rule);
    found.map(|finding| finding.place.frame).collect()
}

/// Behind the outer and the inner header there are the ports. Without them two flows, each in a tunnel of its own, look like
/// one that alternates; that it is one is seen where they are there.
#[test]
fn flows_whose_ports_were_not_captured_are_not_taken_for_one() {
    let alternating = |ports: [u16; 2]| {
        let mut scene = Scene::default();
        scene.exchange(0.0, &Registration::request(1), 0);
        scene.exchange(1.0, &Registration::request(2), 0);
        for second in [5, 7, 9, 11] {
            for (port, (interface, wait)) in ports.into_iter().zip([(1, 0.0), (2, 1.0)]) {
                let packet = Packet::new().ports(port, 7000);
                scene.history.down(f64::from(second) + wait, care_of(interface), &packet);
            }
        }
        scene
    };
    assert_eq!(told("TUN-024", alternating([5060, 5060]), 44), [9]);
    assert_eq!(told("TUN-024", alternating([5060, 5061]), 44), [0; 0]);
    assert_eq!(told("TUN-024", alternating([5060, 5061]), 43), [0; 0]);
}

/// TCP goes to BID 1 and all else to BID 2. Of a packet that is tunnelled to the home address, and that tunnel to the
/// care-of address, what is in the inner tunnel decides (D13). It is not seen where it was cut, or in a later fragment.
#[test]
fn a_payload_that_cannot_be_read_is_decided_by_no_rule() {
    let tcp: u32 = 1 << (31 - 12);
    let policy = [[&tcp.to_be_bytes()[..], &[6]].concat(), vec![0; 4]];
    let down = |protocol: u8, offset: u8| {
        let mut scene = Scene::default();
        scene.exchange(0.0, &Registration::request(1), 0);
        let request =
            Registration::request(2).with(forward(&[1], &policy[0])).with(forward(&[2], &policy[1]));
        scene.exchange(1.0, &request, 0);
        let mut nested = ip_in_ip(HOME_AGENT, NODE, &Packet::new().protocol(protocol).octets());
        nested[7] = offset;
        scene.history.packet(10.0, ip_in_ip(HOME_AGENT, care_of(1), &nested));
        scene
    };
    assert_eq!(told("TUN-005", down(17, 0), 60), [5]);
    assert_eq!(told("TUN-005", down(6, 0), 60), [0; 0]);
    assert_eq!(told("TUN-005", down(6, 0), 59), [0; 0]);
    assert_eq!(told("TUN-005", down(6, 8), 60), [0; 0]);
}
