//! Pairs of the REG rules.

mod identification;
mod pace;
mod path;
mod reply;
mod request;

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::{HOME_AGENT, NODE};
use crate::scene::{Registration, Scene, multipath_with, short, timestamp};
use crate::{Pair, pair};

use identification::{accepted_as, duplicate, followed_by, nonce, refused_then, stray_reply};
use pace::{registrations_at, unanswered, used_until};
use path::{
    altered_reply, altered_request, from, own_reply_of_the_foreign_agent, passed_on, seen_at_foreign_agent,
};
use reply::{mirrored_as, replied, replied_of_broadcast, to_a_damaged_request};
use request::{
    at_care_of_address, named, to_all_agents, twice_with_flags, with_code, with_flags, without_checksum,
};

pub const PAIRS: &[Pair] = &[
    pair("REG-001", |scene| with_flags(scene, 0x26), &[1], |scene| with_flags(scene, 0xfa)),
    pair("REG-001", |scene| with_flags(scene, 0x23), &[1], |scene| with_flags(scene, 0x22)),
    pair(
        "REG-002",
        |scene| at_care_of_address(scene, NODE, 600),
        &[1],
        |scene| at_care_of_address(scene, NODE, 0),
    ),
    pair(
        "REG-003",
        |scene| at_care_of_address(scene, Ipv4Addr::UNSPECIFIED, 600),
        &[1],
        |scene| at_care_of_address(scene, Ipv4Addr::UNSPECIFIED, 0),
    ),
    pair(
        "REG-003",
        |scene| at_care_of_address(scene, Ipv4Addr::new(127, 255, 0, 9), 1),
        &[1],
        |scene| at_care_of_address(scene, Ipv4Addr::new(126, 255, 0, 9), 1),
    ),
    pair(
        "REG-003",
        |scene| at_care_of_address(scene, Ipv4Addr::new(239, 0, 0, 1), 600),
        &[1],
        |scene| at_care_of_address(scene, Ipv4Addr::new(223, 0, 0, 1), 600),
    ),
    pair(
        "REG-003",
        |scene| at_care_of_address(scene, Ipv4Addr::BROADCAST, 600),
        &[1],
        |scene| at_care_of_address(scene, Ipv4Addr::BROADCAST, 0),
    ),
    pair(
        "REG-003",
        |scene| at_care_of_address(scene, HOME_AGENT, 600),
        &[1],
        |scene| at_care_of_address(scene, HOME_AGENT, 0),
    ),
    pair("REG-004", |scene| named(scene, false), &[1], |scene| named(scene, true)),
    // (a) without a Home Address; without a Home Agent.
    pair(
        "REG-005",
        |scene| {
            let request = Registration { home_address: Ipv4Addr::UNSPECIFIED, ..with_nai() };
            replied(scene, &request, |reply| reply.with(nai()));
        },
        &[2],
        |scene| {
            let request = Registration { home_address: Ipv4Addr::UNSPECIFIED, ..with_nai() };
            replied(scene, &request, |reply| Registration { home_address: NODE, ..reply.with(nai()) });
        },
    ),
    pair(
        "REG-005",
        |scene| {
            let request = Registration { home_agent: Ipv4Addr::UNSPECIFIED, ..Registration::plain(1) };
            replied(scene, &request, |reply| reply);
        },
        &[2],
        |scene| {
            let request = Registration { home_agent: Ipv4Addr::UNSPECIFIED, ..Registration::plain(1) };
            replied(scene, &request, |reply| Registration { home_agent: HOME_AGENT, ..reply });
        },
    ),
    // (b) without the NAI; the foreign agent's own reply need not have it.
    pair(
        "REG-005",
        |scene| replied(scene, &with_nai(), |reply| reply),
        &[2],
        |scene| replied(scene, &with_nai(), |reply| Registration { octet: 78, ..reply }),
    ),
    pair(
        "REG-005",
        |scene| replied(scene, &with_nai(), |reply| Registration { octet: 130, ..reply }),
        &[2],
        |scene| replied(scene, &with_nai(), |reply| reply.with(nai())),
    ),
    pair(
        "REG-006",
        |scene| {
            replied(scene, &Registration::plain(1), |reply| Registration {
                home_address: OTHER_NODE,
                ..reply
            });
        },
        &[2],
        reply::of_two_nodes_with_one_identification,
    ),
    // (a) no unicast address, even in a refusal.
    pair(
        "REG-007",
        |scene| named_home_agent(scene, 130, Ipv4Addr::BROADCAST),
        &[2],
        |scene| named_home_agent(scene, 78, Ipv4Addr::BROADCAST),
    ),
    pair(
        "REG-007",
        |scene| named_home_agent(scene, 0, Ipv4Addr::new(224, 0, 0, 11)),
        &[2],
        |scene| named_home_agent(scene, 0, HOME_AGENT),
    ),
    // (b) another address, accepted; in a refusal it is the one to ask, and Type 139 asks for one.
    pair(
        "REG-007",
        |scene| named_home_agent(scene, 0, OTHER_AGENT),
        &[2],
        |scene| named_home_agent(scene, 136, OTHER_AGENT),
    ),
    pair(
        "REG-007",
        |scene| named_home_agent(scene, 1, OTHER_AGENT),
        &[2],
        |scene| {
            let requested = crate::scene::long(139, 1, &OTHER_AGENT.octets());
            replied(scene, &Registration::plain(1).with(requested), |reply| Registration {
                home_agent: OTHER_AGENT,
                ..reply
            });
        },
    ),
    // (c) broadcast, accepted.
    pair("REG-007", |scene| replied_of_broadcast(scene, 0), &[2], |scene| replied_of_broadcast(scene, 136)),
    pair("REG-008", |scene| granted(scene, 600, 601), &[2], |scene| granted(scene, 600, 600)),
    pair("REG-008", |scene| granted(scene, 0, 1), &[2], |scene| granted(scene, 0, 0)),
    pair("REG-008", |scene| granted(scene, 65534, 65535), &[2], |scene| granted(scene, 65535, 65534)),
    pair("REG-009", |scene| granted(scene, 65535, 65535), &[2], |scene| granted(scene, 65535, 65534)),
    pair("REG-009", |scene| granted(scene, 600, 0), &[2], |scene| granted(scene, 0, 0)),
    // One in the low half is off; of a request that is answered already, it is nobody's.
    pair(
        "REG-010",
        |scene| {
            replied(scene, &Registration::plain(1), |reply| Registration {
                identification: reply.identification.map(|identification| identification ^ 1),
                ..reply
            });
        },
        &[2],
        identification::stray_reply_after_the_answer,
    ),
    pair("REG-011", |scene| stray_reply(scene, 15.1), &[3], |scene| stray_reply(scene, 15.0)),
    pair("REG-011", |scene| stray_reply(scene, 15.1), &[3], identification::stray_reply_at_the_start),
    pair(
        "REG-012",
        |scene| accepted_as(scene, timestamp(0.0), 0, 7),
        &[2],
        |scene| accepted_as(scene, timestamp(0.0), 133, 7),
    ),
    pair(
        "REG-012",
        |scene| accepted_as(scene, timestamp(0.0), 1, 7),
        &[2],
        |scene| accepted_as(scene, nonce(1), 0, 7),
    ),
    // (a) equal or lower; lower than that of another care-of address is reordering.
    pair(
        "REG-013",
        |scene| {
            scene.exchange(3.0, &at(1, timestamp(3.0)), 0);
            scene.send(5.0, &at(1, timestamp(3.0)));
        },
        &[3],
        |scene| followed_by(scene, timestamp(3.0), &at(1, timestamp(3.0) + 1)),
    ),
    pair(
        "REG-013",
        |scene| followed_by(scene, timestamp(3.0), &at(1, timestamp(2.0))),
        &[3],
        |scene| followed_by(scene, timestamp(3.0), &at(2, timestamp(2.0))),
    ),
    // Not only the one just before counts.
    pair(
        "REG-013",
        |scene| {
            followed_by(scene, timestamp(3.0), &at(2, timestamp(5.0)));
            scene.exchange(8.0, &at(1, timestamp(2.9)), 0);
        },
        &[5],
        |scene| {
            followed_by(scene, timestamp(3.0), &at(2, timestamp(5.0)));
            scene.exchange(8.0, &at(1, timestamp(3.1)), 0);
        },
    ),
    // (b) a nonce again, in a request that differs; in one that does not it is a retransmission.
    pair(
        "REG-013",
        |scene| followed_by(scene, nonce(1), &Registration { lifetime: 300, ..at(1, nonce(1)) }),
        &[3],
        |scene| {
            scene.send(0.0, &at(1, nonce(1)));
            scene.send(2.0, &at(1, nonce(1)));
        },
    ),
    // (a) 7 s off the home agent's clock, 2 s later, is still within what it accepts.
    pair(
        "REG-014",
        |scene| refused_then(scene, (timestamp(0.0), timestamp(100.0)), 2.5, timestamp(102.0 + 8.0)),
        &[3],
        |scene| refused_then(scene, (timestamp(0.0), timestamp(100.0)), 2.5, timestamp(102.0 + 7.0)),
    ),
    pair(
        "REG-014",
        |scene| refused_then(scene, (timestamp(0.0), timestamp(100.0)), 2.5, timestamp(102.0 - 8.0)),
        &[3],
        |scene| refused_then(scene, (timestamp(0.0), timestamp(100.0)), 2.5, timestamp(102.0 - 7.0)),
    ),
    // (b) with nonces; what was sent before the refusal came does not count, nor does the second after it.
    pair(
        "REG-014",
        |scene| refused_then(scene, (nonce(1), nonce(2)), 2.5, nonce(3)),
        &[3],
        |scene| refused_then(scene, (nonce(1), nonce(2)), 2.5, nonce(2)),
    ),
    pair(
        "REG-014",
        |scene| {
            refused_then(scene, (nonce(1), nonce(2)), 0.05, nonce(3));
            scene.exchange(1.0, &at(3, nonce(4)), 0);
            scene.exchange(2.0, &at(4, nonce(5)), 0);
        },
        &[5],
        |scene| {
            refused_then(scene, (nonce(1), nonce(2)), 0.05, nonce(3));
            scene.exchange(1.0, &at(3, nonce(2)), 0);
            scene.exchange(2.0, &at(4, nonce(5)), 0);
        },
    ),
    pair(
        "REG-015",
        |scene| unanswered(scene, 600, &[0.0, 0.94]),
        &[2],
        |scene| {
            unanswered(scene, 600, &[0.0, 0.95]);
        },
    ),
    pair(
        "REG-015",
        |scene| unanswered(scene, 600, &[0.0, 0.5, 0.9]),
        &[2, 3],
        |scene| {
            registrations_at(scene, &[(0.0, 1), (0.5, 2), (0.6, 3)]);
        },
    ),
    pair(
        "REG-015",
        |scene| unanswered(scene, 600, &[0.0, 0.5]),
        &[2],
        |scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            scene.exchange(0.5, &Registration::request(1), 0);
        },
    ),
    pair(
        "REG-016",
        |scene| unanswered(scene, 600, &[0.0, 2.0, 5.59]),
        &[3],
        |scene| {
            unanswered(scene, 600, &[0.0, 2.0, 5.6]);
        },
    ),
    pair(
        "REG-016",
        |scene| unanswered(scene, 600, &[0.0, 2.0, 4.0, 6.0]),
        &[3, 4],
        |scene| {
            unanswered(scene, 4, &[0.0, 4.0, 8.0, 12.0]);
        },
    ),
    // Refreshes that are answered are no series, however long the answers are forgotten.
    pair(
        "REG-016",
        |scene| unanswered(scene, 65535, &[0.0, 30.0, 60.0]),
        &[3],
        |scene| {
            for seconds in [0.0, 30.0, 60.0, 90.0] {
                scene.exchange(seconds, &Registration::request(1), 0);
            }
        },
    ),
    pair(
        "REG-017",
        |scene| {
            unanswered(scene, 600, &[0.0]);
            scene.wait_until(10.0);
        },
        &[1],
        |scene| {
            unanswered(scene, 600, &[0.0]);
            scene.wait_until(9.9);
        },
    ),
    // Only the last of a series; a reply with its low half is one, whatever it says.
    pair(
        "REG-017",
        |scene| {
            unanswered(scene, 600, &[0.0, 2.0]);
            scene.wait_until(13.0);
        },
        &[2],
        |scene| {
            let sent = scene.send(0.0, &Registration::plain(1));
            scene.send(9.9, &sent.reply(130));
            scene.wait_until(20.0);
        },
    ),
    pair(
        "REG-017",
        |scene| {
            scene.send(0.0, &Registration::plain(1).with(short(200, &[1])));
            scene.wait_until(20.0);
        },
        &[1],
        |scene| {
            // An agent that does not know Type 77 has to be silent.
            scene.send(0.0, &Registration::plain(1).with(short(77, &[1])));
            scene.wait_until(20.0);
        },
    ),
    pair(
        "REG-018",
        |scene| used_until(scene, 100, 50.0, false),
        &[2],
        |scene| used_until(scene, 100, 40.0, false),
    ),
    pair(
        "REG-018",
        |scene| used_until(scene, 100, 50.0, true),
        &[2],
        |scene| {
            used_until(scene, 600, 50.0, true);
        },
    ),
    pair(
        "REG-018",
        |scene| {
            // Refreshed at 60 s for 100 s.
            scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            scene.exchange(60.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            pace::uplink(scene, 110.0);
            scene.wait_until(170.0);
        },
        &[4],
        |scene| {
            scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            pace::uplink(scene, 50.0);
            scene.exchange(60.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.wait_until(170.0);
        },
    ),
    // The bulk renewal that BID 2 asks for at 50 s, and #6 grants, gives BID 1 its 100 s as well.
    pair("REG-018", |scene| renewed_in_bulk(scene, 95.0), &[6], |scene| renewed_in_bulk(scene, 80.0)),
    // One expiry is one, whichever of the node's bindings was registered first.
    pair("REG-018", |scene| longer_first(scene, 90.0), &[2], |scene| longer_first(scene, 30.0)),
    pair("REG-019", |scene| from(scene, 0x22, 600, &[]), &[1], |scene| from(scene, 0x22, 0, &[])),
    pair(
        "REG-019",
        |scene| from(scene, 0x22, 600, &[]),
        &[1],
        |scene| {
            from(scene, 0x22, 600, &[short(144, &[0; 6])]);
        },
    ),
    pair("REG-019", |scene| from(scene, 0x22, 600, &[]), &[1], seen_at_foreign_agent),
    pair("REG-020", |scene| from(scene, 0x02, 600, &[]), &[1], |scene| from(scene, 0x02, 0, &[])),
    pair(
        "REG-020",
        |scene| from(scene, 0x02, 600, &[]),
        &[1],
        |scene| {
            from(scene, 0x02, 600, &[short(144, &[0; 6])]);
        },
    ),
    pair(
        "REG-020",
        |scene| from(scene, 0x02, 600, &[]),
        &[1],
        |scene| {
            let source = SocketAddrV4::new(NODE, 434);
            scene.send(0.0, &Registration { source, ..Registration::relayed(1) });
        },
    ),
    pair(
        "REG-021",
        |scene| mirrored_as(scene, 600, |reply| reply.destination.set_port(5001)),
        &[2],
        |scene| mirrored_as(scene, 0, |reply| reply.destination.set_port(5001)),
    ),
    pair(
        "REG-021",
        |scene| mirrored_as(scene, 600, |reply| reply.destination.set_port(434)),
        &[2],
        |scene| mirrored_as(scene, 600, |_| {}),
    ),
    pair(
        "REG-021",
        |scene| mirrored_as(scene, 600, |reply| reply.destination.set_ip(crate::history::care_of(2))),
        &[2],
        |scene| mirrored_as(scene, 0, |reply| reply.destination.set_ip(crate::history::care_of(2))),
    ),
    // A reply cannot come from the broadcast address that the request went to.
    pair(
        "REG-021",
        |scene| mirrored_as(scene, 600, |reply| reply.source.set_ip(OTHER_AGENT)),
        &[2],
        |scene| replied_of_broadcast(scene, 136),
    ),
    // What the foreign agent passes on to the node does not go back to itself.
    pair(
        "REG-021",
        |scene| passed_on(scene, OTHER_AGENT),
        &[3],
        |scene| passed_on(scene, crate::history::care_of(1)),
    ),
    pair("REG-022", |scene| without_checksum(scene, true), &[1], |scene| without_checksum(scene, false)),
    // Once a sender, whatever the session.
    pair("REG-022", request::two_nodes_without_checksum, &[1], |scene| without_checksum(scene, false)),
    pair(
        "REG-023",
        |scene| to_a_damaged_request(scene, crate::scene::UdpChecksum::Wrong, true),
        &[2],
        |scene| to_a_damaged_request(scene, crate::scene::UdpChecksum::Absent, true),
    ),
    pair(
        "REG-023",
        |scene| to_a_damaged_request(scene, crate::scene::UdpChecksum::Wrong, true),
        &[2],
        |scene| to_a_damaged_request(scene, crate::scene::UdpChecksum::Wrong, false),
    ),
    pair("REG-024", |scene| to_all_agents(scene, 64, 0x00), &[1], |scene| to_all_agents(scene, 1, 0x00)),
    pair("REG-024", |scene| to_all_agents(scene, 0, 0x00), &[1], |scene| to_all_agents(scene, 64, 0x02)),
    pair("REG-025", |scene| with_code(scene, 2), &[2], |scene| with_code(scene, 64)),
    pair("REG-025", |scene| with_code(scene, 116), &[2], |scene| with_code(scene, 115)),
    pair("REG-025", |scene| with_code(scene, 151), &[2], |scene| with_code(scene, 150)),
    pair("REG-025", |scene| with_code(scene, 195), &[2], |scene| with_code(scene, 194)),
    // Once a session and combination: M and G twice, then D clear with G.
    pair("REG-026", |scene| twice_with_flags(scene, 0x3a), &[1], |scene| twice_with_flags(scene, 0x32)),
    pair("REG-026", |scene| twice_with_flags(scene, 0x0a), &[1], |scene| twice_with_flags(scene, 0x02)),
    pair(
        "REG-026",
        |scene| {
            twice_with_flags(scene, 0x3a);
            scene.exchange(20.0, &Registration { octet: 0x12, ..Registration::relayed(2) }, 0);
        },
        &[1, 5],
        |scene| {
            let request = Registration { octet: 0x3a, lifetime: 0, ..Registration::plain(1) };
            scene.exchange(0.0, &request, 0);
        },
    ),
    // The foreign agent signs what it altered, which it could not, so that the authenticators are right.
    pair("REG-027", |scene| altered_request(scene, 300), &[2], |scene| altered_request(scene, 600)),
    pair("REG-027", |scene| altered_reply(scene, 300), &[4], |scene| altered_reply(scene, 600)),
    pair("REG-027", |scene| altered_reply(scene, 300), &[4], own_reply_of_the_foreign_agent),
    pair("REG-028", |scene| duplicate(scene, 600, 600), &[4], |scene| duplicate(scene, 600, 597)),
    pair("REG-028", |scene| duplicate(scene, 600, 600), &[4], identification::answered_twice),
    pair("REG-028", |scene| duplicate(scene, 600, 598), &[4], |scene| duplicate(scene, 65535, 65535)),
];

/// Another mobile node.
const OTHER_NODE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
/// Another home agent.
const OTHER_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

fn nai() -> Vec<u8> {
    short(131, b"node@example.org")
}

fn with_nai() -> Registration {
    Registration::plain(1).with(nai())
}

/// A request of this interface with this Identification.
fn at(interface: u8, identification: u64) -> Registration {
    Registration { identification: Some(identification), ..Registration::request(interface) }
}

/// An exchange with these lifetimes, asked for and granted.
fn granted(scene: &mut Scene, asked: u16, granted: u16) {
    let request = Registration { lifetime: asked, ..Registration::plain(1) };
    replied(scene, &request, |reply| Registration { lifetime: granted, ..reply });
}

/// An exchange whose reply has this code and names this home agent.
fn named_home_agent(scene: &mut Scene, code: u8, home_agent: Ipv4Addr) {
    replied(scene, &Registration::plain(1), |reply| Registration { octet: code, home_agent, ..reply });
}

#[test]
fn a_reply_that_names_nobody_is_paired_by_its_path() {
    let build = |scene: &mut Scene| {
        replied(scene, &Registration::plain(1), |reply| Registration {
            home_address: Ipv4Addr::UNSPECIFIED,
            ..reply
        });
    };
    let found = crate::findings(build, true);
    let rules: Vec<_> = found.iter().map(|finding| (finding.rule.id, finding.place.frame)).collect();
    assert_eq!(rules, [("REG-005", 2), ("REG-006", 2)]);
    assert_eq!(found[0].home_address, Some(NODE));
}

/// Interfaces 1 and 2 for 100 s, then interface 2 with B; interface 1 is used then, and both expire.
fn renewed_in_bulk(scene: &mut Scene, used: f64) {
    for (seconds, request) in [
        (0.0, Registration::request(1)),
        (1.0, Registration::request(2)),
        (50.0, Registration::plain(2).with(multipath_with(4, 2, 2, 0x80))),
    ] {
        scene.exchange(seconds, &Registration { lifetime: 100, ..request }, 0);
    }
    pace::uplink(scene, used);
    scene.wait_until(250.0);
}

/// Interface 1 for 100 s, then interface 2 for 50 s; interface 1 is used then, and both expire.
fn longer_first(scene: &mut Scene, used: f64) {
    scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
    scene.exchange(1.0, &Registration { lifetime: 50, ..Registration::request(2) }, 0);
    pace::uplink(scene, used);
    scene.wait_until(250.0);
}
