//! Pairs of the EXCH rules.

mod acceptance;
mod refusal;

use crate::history::{NODE, care_of};
use crate::scene::{Registration, Scene, flow_binding, forward, multipath_with, udp_to_port};
use crate::{Pair, pair};

use acceptance::{
    back_and_away, code_1, forward_accepted, forward_in_reply, late_start_overwrites_and_supplies,
    malformed_accepted, overtaken, overtaken_slowly, overwritten_with_forward, reply_contradicts,
    second_reply_too_late, two_replies, two_replies_on_two_legs,
};
use refusal::{
    accepted_after_refusal, drop_refused, forward_refused, forward_refused_after_overwrite,
    forward_refused_after_renewal, forward_refused_long_ago, multipath_again, multipath_again_after_leave,
    refused_after, refused_and_followed, refused_twice, silent_to_multipath,
};

pub const PAIRS: &[Pair] = &[
    // The refusal comes 20 ms after its request.
    pair(
        "EXCH-001",
        |scene| multipath_again(scene, 152, 1.03),
        &[3],
        |scene| multipath_again(scene, 152, 1.02),
    ),
    pair(
        "EXCH-001",
        |scene| multipath_again(scene, 152, 50.0),
        &[3],
        |scene| multipath_again(scene, 130, 50.0),
    ),
    // A second refusal gives no new grace.
    pair("EXCH-001", |scene| refused_twice(scene, 1), &[3, 5], |scene| refused_twice(scene, 0)),
    pair("EXCH-001", |scene| refused_twice(scene, 2), &[3, 5], multipath_again_after_leave),
    // (a) while a binding with a BID is live.
    pair(
        "EXCH-002",
        |scene| refused_after(scene, &Registration::request(1)),
        &[4],
        |scene| refused_after(scene, &Registration::plain(1)),
    ),
    // (b) leave right after a refusal.
    pair(
        "EXCH-002",
        |scene| accepted_after_refusal(scene, 152),
        &[4],
        |scene| accepted_after_refusal(scene, 130),
    ),
    pair("EXCH-003", |scene| code_1(scene, true), &[2], |scene| code_1(scene, false)),
    // Refused at 0.02 s; the next 60 s have to pass.
    pair(
        "EXCH-004",
        |scene| refused_and_followed(scene, &Registration::request(1), None, 60.02),
        &[2],
        |scene| refused_and_followed(scene, &Registration::request(1), None, 60.01),
    ),
    pair(
        "EXCH-004",
        |scene| refused_and_followed(scene, &Registration::request(1), Some(&Registration::request(2)), 70.0),
        &[2],
        |scene| refused_and_followed(scene, &Registration::request(1), Some(&Registration::request(1)), 70.0),
    ),
    pair(
        "EXCH-004",
        |scene| {
            let end = Registration { lifetime: 0, ..Registration::request(1) };
            refused_and_followed(scene, &Registration::request(1), Some(&end), 70.0);
        },
        &[2],
        |scene| {
            // The same binding at another care-of address.
            let moved = Registration::plain(9).with(crate::scene::multipath(1));
            refused_and_followed(scene, &Registration::request(1), Some(&moved), 70.0);
        },
    ),
    // Without Multipath the care-of address names it.
    pair(
        "EXCH-004",
        |scene| refused_and_followed(scene, &Registration::plain(1), Some(&Registration::plain(2)), 70.0),
        &[2],
        |scene| refused_and_followed(scene, &Registration::plain(1), Some(&Registration::plain(1)), 70.0),
    ),
    pair(
        "EXCH-005",
        |scene| forward_refused(scene, &[7, 8], Some((60.02, &[8, 7, 7]))),
        &[3],
        forward_refused_long_ago,
    ),
    pair(
        "EXCH-005",
        |scene| forward_refused(scene, &[7], Some((5.0, &[7]))),
        &[3],
        |scene| forward_refused(scene, &[7], Some((5.0, &[8]))),
    ),
    pair(
        "EXCH-005",
        |scene| forward_refused(scene, &[7], Some((5.0, &[7]))),
        &[3],
        |scene| forward_refused(scene, &[7, 1], Some((5.0, &[1, 7]))),
    ),
    pair(
        "EXCH-006",
        |scene| forward_accepted(scene, 0, &[7], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 0, &[2], 600);
        },
    ),
    pair(
        "EXCH-006",
        |scene| forward_accepted(scene, 1, &[7, 8], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 0, &[1], 600);
        },
    ),
    pair(
        "EXCH-006",
        |scene| forward_accepted(scene, 0, &[7], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 0, &[7], 0);
        },
    ),
    // Overwrite ends what is live.
    pair(
        "EXCH-006",
        |scene| overwritten_with_forward(scene, &[1]),
        &[4],
        |scene| {
            overwritten_with_forward(scene, &[2]);
        },
    ),
    pair(
        "EXCH-006",
        |scene| forward_accepted(scene, 0, &[7], 600),
        &[4],
        |scene| {
            // DROP fills the place of its BID, and a list with 0 is none (FB-005 is another matter).
            let drop = flow_binding(0, &[7], 1, &udp_to_port(5060));
            scene.exchange(0.0, &Registration::request(1).with(drop), 0);
        },
    ),
    late(
        "EXCH-006",
        |scene| overwritten_with_forward(scene, &[1]),
        &[4],
        |scene| {
            forward_accepted(scene, 0, &[7], 600);
        },
    ),
    // At home, as the reply says to a node that did not know where that is.
    late(
        "EXCH-006",
        |scene| back_and_away(scene, NODE),
        &[4],
        |scene| {
            back_and_away(scene, care_of(1));
        },
    ),
    pair(
        "EXCH-007",
        |scene| forward_accepted(scene, 0, &[2, 7], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 0, &[2, 1], 600);
        },
    ),
    pair(
        "EXCH-007",
        |scene| forward_accepted(scene, 153, &[1, 7], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 130, &[1, 7], 600);
        },
    ),
    pair(
        "EXCH-007",
        |scene| forward_accepted(scene, 1, &[1, 7], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 153, &[8, 7], 600);
        },
    ),
    late(
        "EXCH-007",
        |scene| forward_refused_after_overwrite(scene, &[1, 7]),
        &[4],
        |scene| forward_accepted(scene, 153, &[1, 7], 600),
    ),
    pair(
        "EXCH-008",
        |scene| forward_accepted(scene, 153, &[1, 2], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 153, &[1, 7], 600);
        },
    ),
    pair(
        "EXCH-008",
        |scene| forward_accepted(scene, 153, &[2], 600),
        &[4],
        |scene| {
            forward_accepted(scene, 130, &[2], 600);
        },
    ),
    pair(
        "EXCH-008",
        |scene| forward_refused_after_renewal(scene, 0x80),
        &[6],
        |scene| {
            forward_refused_after_renewal(scene, 0);
        },
    ),
    late(
        "EXCH-008",
        |scene| forward_refused_after_overwrite(scene, &[1]),
        &[4],
        |scene| {
            forward_accepted(scene, 153, &[1], 600);
        },
    ),
    pair(
        "EXCH-009",
        |scene| {
            scene.exchange(0.0, &Registration::plain(1), 152);
        },
        &[2],
        |scene| {
            scene.exchange(0.0, &Registration::request(1), 152);
        },
    ),
    pair(
        "EXCH-009",
        |scene| {
            scene.exchange(0.0, &Registration::request(1), 153);
        },
        &[2],
        |scene| forward_refused(scene, &[7], None),
    ),
    // It is about the acceptance of a request on which another rule fires: BID 255 (MP-008), which is 254 nearby; and a
    // Flow-Binding with Action 7 (FB-002).
    Pair {
        also: &[("MP-008", 1)],
        ..pair(
            "EXCH-010",
            |scene| malformed_accepted(scene, multipath_with(4, 1, 255, 0)),
            &[2],
            |scene| malformed_accepted(scene, multipath_with(4, 1, 254, 0)),
        )
    },
    // If-ATT 14 is unknown (MP-013, a note) and not malformed.
    Pair {
        also: &[("FB-002", 1)],
        ..pair(
            "EXCH-010",
            |scene| malformed_accepted(scene, flow_binding(7, &[1], 1, &udp_to_port(5060))),
            &[2],
            |scene| malformed_accepted(scene, multipath_with(14, 1, 1, 0)),
        )
    },
    pair(
        "EXCH-011",
        |scene| silent_to_multipath(scene, &[0.0, 12.0], None, 30.0),
        &[4],
        |scene| {
            silent_to_multipath(scene, &[0.0], None, 30.0);
        },
    ),
    pair(
        "EXCH-011",
        |scene| silent_to_multipath(scene, &[0.0, 12.0], None, 30.0),
        &[4],
        |scene| {
            silent_to_multipath(scene, &[10.0, 22.0], Some(130), 40.0);
        },
    ),
    // A foreign agent's refusal says nothing of the home agent; 600 s after the first it counts no more.
    pair(
        "EXCH-011",
        |scene| silent_to_multipath(scene, &[10.0, 22.0], Some(78), 40.0),
        &[6],
        |scene| {
            silent_to_multipath(scene, &[0.0, 12.0], None, 601.0);
        },
    ),
    pair("EXCH-012", |scene| overtaken(scene, 2, 0.1, 133), &[4], |scene| overtaken(scene, 2, -0.1, 133)),
    pair("EXCH-012", |scene| overtaken(scene, 2, 0.1, 133), &[4], |scene| overtaken(scene, 2, 0.1, 130)),
    // It is the acceptance that may be 10 s old.
    pair("EXCH-012", |scene| overtaken_slowly(scene, 10.5), &[4], |scene| overtaken_slowly(scene, 10.7)),
    // (a) a refusal; (b) a BID that is not live; (c) the same selector with another list or action.
    pair(
        "EXCH-013",
        |scene| forward_in_reply(scene, 130, &[1]),
        &[2],
        |scene| forward_in_reply(scene, 0, &[1]),
    ),
    pair(
        "EXCH-013",
        |scene| forward_in_reply(scene, 0, &[1, 9]),
        &[2],
        |scene| forward_in_reply(scene, 0, &[1, 1]),
    ),
    pair(
        "EXCH-013",
        |scene| reply_contradicts(scene, forward(&[1, 2], &udp_to_port(5060))),
        &[4],
        |scene| reply_contradicts(scene, forward(&[2, 1], &udp_to_port(5060))),
    ),
    pair(
        "EXCH-013",
        |scene| reply_contradicts(scene, flow_binding(0, &[2], 1, &udp_to_port(5060))),
        &[4],
        |scene| reply_contradicts(scene, flow_binding(0, &[2], 1, &udp_to_port(5061))),
    ),
    late("EXCH-013", late_start_overwrites_and_supplies, &[2], |scene| forward_in_reply(scene, 0, &[9])),
    pair(
        "EXCH-014",
        |scene| drop_refused(scene, &[]),
        &[2],
        |scene| {
            drop_refused(scene, &[forward(&[7], &udp_to_port(5061))]);
        },
    ),
    pair(
        "EXCH-014",
        |scene| drop_refused(scene, &[flow_binding(0, &[255], 1, &udp_to_port(5061))]),
        &[2],
        |scene| {
            scene.exchange(0.0, &Registration::request(1), 153);
        },
    ),
    pair(
        "EXCH-015",
        |scene| two_replies(scene, (0, 130), 5.0),
        &[3],
        |scene| two_replies(scene, (0, 0), 5.0),
    ),
    pair("EXCH-015", |scene| two_replies(scene, (78, 0), 5.0), &[3], two_replies_on_two_legs),
    pair("EXCH-015", |scene| two_replies(scene, (0, 1), 9.99), &[3], second_reply_too_late),
];

/// A request for this BID with FORWARD to these for UDP to port 5060.
fn forwarding(bid: u8, bids: &[u8]) -> Registration {
    Registration::request(bid).with(forward(bids, &udp_to_port(5060)))
}

/// A pair of captures that begin in the middle.
const fn late(rule: &'static str, fires: fn(&mut Scene), at: &'static [u64], near: fn(&mut Scene)) -> Pair {
    Pair { cold_start: false, ..pair(rule, fires, at, near) }
}
