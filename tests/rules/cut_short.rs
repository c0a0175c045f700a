//! The snapshot length cuts what every other test captures whole: nobody is accused of what was not captured.

use std::collections::BTreeSet;

use crate::history::Shot;
use crate::scene::Scene;
use crate::{judged, pairs};

/// Octets of an IPv4 header without options and of a UDP header.
const HEADERS: usize = 20 + 8;

/// Type of a Registration Request, and of its reply (RFC 5944 §3.3, §3.4).
const REQUEST: u8 = 1;
const REPLY: u8 = 3;

/// Whether a frame is a registration of one of these types: IPv4 without options, UDP to or from port 434.
fn is_registration(shot: &Shot, types: &[u8]) -> bool {
    let [0x45, _, _, _, _, _, _, _, _, 17, ..] = shot.octets[..] else { return false };
    let port = |at: usize| u16::from_be_bytes([shot.octets[at], shot.octets[at + 1]]);
    let is_one = shot.octets.get(HEADERS).is_some_and(|kind| types.contains(kind));
    is_one && [port(20), port(22)].contains(&434)
}

/// Rule and frame of what is found, where of registrations of these types so many octets were captured.
fn found(
    build: fn(&mut Scene),
    cold_start: bool,
    types: &[u8],
    kept: usize,
) -> BTreeSet<(&'static str, u64)> {
    let mut scene = Scene::default();
    build(&mut scene);
    for shot in scene.history.shots.iter_mut().filter(|shot| is_registration(shot, types)) {
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
            let whole = found(build, pair.cold_start, &[], 0);
            for types in [&[REQUEST][..], &[REPLY], &[REQUEST, REPLY]] {
                for kept in [10, 20, 23, 24, 32, 46] {
                    let more = &found(build, pair.cold_start, types, kept) - &whole;
                    if !more.is_empty() {
                        wrong.push(format!("{} {name} {types:?} {kept}: {more:?}", pair.rule));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
