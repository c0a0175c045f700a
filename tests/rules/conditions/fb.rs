//! Flow-Binding (FB), by itself.

use std::net::Ipv4Addr;

use super::told;
use crate::findings;
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene, flow_binding, forward, long, multipath_with, udp_to_port};

/// A Flow-Binding extension that runs past its end: of that nothing else is said.
#[test]
fn an_extension_that_overruns_breaks_one_rule_alone() {
    // Action, BID Count 5, and BIDs that are reserved, there twice, of DROP, of an unknown Action, or none; O for BID 1.
    for data in
        [&[1, 5, 1, 255][..], &[1, 5, 2, 2], &[0, 5, 1], &[7, 5, 1], &[1, 9], &[0, 0], &[1, 0], &[1], &[]]
    {
        let build = |scene: &mut Scene| {
            let request = Registration::plain(1).with(multipath_with(4, 1, 1, 0x40));
            scene.exchange(0.0, &request.clone().with(long(154, 2, data)), 134);
            scene.exchange(2.0, &request.with_after(long(154, 2, data)), 134);
        };
        let found = findings(build, true);
        let about_it = |id: &str| id.starts_with("FB") || id.starts_with("TS");
        let told: Vec<_> = found.iter().map(|finding| (finding.rule.id, finding.place.frame)).collect();
        let told: Vec<_> = told.into_iter().filter(|(id, _)| about_it(id)).collect();
        assert_eq!(told, [("FB-001", 1), ("FB-001", 3)], "{data:?}");
    }
}

#[test]
fn a_list_may_have_one_to_eight_bids_and_drop_has_one() {
    let rule = |action, bids: Vec<u8>| {
        move |scene: &mut Scene| {
            let rule = flow_binding(action, &bids, 1, &udp_to_port(5060));
            scene.exchange(0.0, &Registration::request(1).with(rule), 134);
        }
    };
    for (count, at) in [(0, &[1][..]), (1, &[]), (8, &[]), (9, &[1])] {
        assert_eq!(told("FB-004", rule(1, (1..=count).collect())), at, "{count} BIDs");
        // Of an unknown Action, too; of DROP it is another rule.
        assert_eq!(told("FB-004", rule(7, (1..=count).collect())), at, "{count} BIDs");
        assert_eq!(told("FB-004", rule(0, (1..=count).collect())), [0; 0], "{count} BIDs");
    }
    for (count, at) in [(0, &[1][..]), (1, &[]), (2, &[1])] {
        assert_eq!(told("FB-003", rule(0, (1..=count).collect())), at, "{count} BIDs");
        assert_eq!(told("FB-003", rule(1, (1..=count).collect())), [0; 0], "{count} BIDs");
    }
    for (bid, at) in [(0, &[1][..]), (1, &[]), (254, &[]), (255, &[1])] {
        assert_eq!(told("FB-005", rule(1, vec![bid])), at, "BID {bid}");
        assert_eq!(told("FB-005", rule(0, vec![bid])), [0; 0], "BID {bid}");
        assert_eq!(told("FB-005", rule(7, vec![bid])), [0; 0], "BID {bid}");
    }
}

/// The policy of BID 1 went with its binding; BID 2 has none, and BID 1 comes again without one.
#[test]
fn where_no_policy_is_in_force_a_refresh_leaves_nothing_out() {
    let again = |lifetime| {
        move |scene: &mut Scene| {
            let first = Registration { lifetime, ..Registration::request(1) };
            scene.exchange(0.0, &first.with(forward(&[1], &udp_to_port(5060))), 0);
            scene.exchange(20.0, &Registration::request(2), 0);
            scene.exchange(25.0, &Registration::request(1), 0);
        }
    };
    assert_eq!(told("FB-014", again(10)), [0; 0]);
    assert_eq!(told("FB-014", again(600)), [5]);
}

#[test]
fn a_refresh_for_one_second_leaves_out_a_policy_and_a_deregistration_does_not() {
    let then = |lifetime| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &udp_to_port(5060))), 0);
            scene.exchange(1.0, &Registration::request(2), 0);
            scene.exchange(5.0, &Registration { lifetime, ..Registration::request(1) }, 0);
        }
    };
    assert_eq!(told("FB-014", then(1)), [5]);
    assert_eq!(told("FB-014", then(0)), [0; 0]);
}

/// The same where it asks for 600 seconds and is granted this lifetime.
#[test]
fn a_refresh_that_is_granted_nothing_leaves_no_policy_out() {
    let granted = |lifetime| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &udp_to_port(5060))), 0);
            scene.exchange(1.0, &Registration::request(2), 0);
            let sent = scene.send(5.0, &Registration::request(1));
            scene.send(5.02, &Registration { lifetime, ..sent.reply(0) });
        }
    };
    assert_eq!(told("FB-014", granted(1)), [5]);
    assert_eq!(told("FB-014", granted(0)), [0; 0]);
}

/// A rule for BID 1, which ends; then BID 3 ends; then BID 1 comes back and ends again.
#[test]
fn a_rule_without_a_binding_is_told_of_again_when_it_had_one() {
    let build = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &udp_to_port(5060))), 0);
        scene.exchange(1.0, &Registration::request(2), 0);
        scene.exchange(2.0, &Registration::request(3), 0);
        let end = |bid| Registration { lifetime: 0, ..Registration::request(bid) };
        scene.exchange(10.0, &end(1), 0);
        scene.exchange(20.0, &end(3), 0);
        scene.exchange(30.0, &Registration::request(1), 0);
        scene.exchange(40.0, &end(1), 0);
    };
    assert_eq!(told("FB-017", build), [8, 14]);
}

/// A rule for BID 1, which expires half a second before BID 2, after a packet that the rule wants elsewhere. Nothing is
/// captured before both have expired and the flow is judged, but a message of somebody else, or another packet.
#[test]
fn two_expiries_at_once_are_judged_each_by_its_moment() {
    let build = |meanwhile: fn(&mut Scene)| {
        move |scene: &mut Scene| {
            let rule = forward(&[1], &udp_to_port(7000));
            let lives = |bid, lifetime| Registration { lifetime, ..Registration::request(bid) };
            scene.exchange(0.0, &lives(1, 10).with(rule), 0);
            scene.exchange(1.5, &lives(2, 9), 0);
            scene.history.down(9.6, care_of(2), &Packet::new());
            meanwhile(scene);
            scene.wait_until(20.0);
        }
    };
    let somebody = |scene: &mut Scene| {
        let home_address = Ipv4Addr::new(10, 1, 0, 99);
        scene.exchange(9.7, &Registration { home_address, ..Registration::request(3) }, 0);
    };
    assert_eq!(told("FB-017", build(somebody)), [2]);
    let another = |scene: &mut Scene| {
        scene.history.down(9.7, care_of(2), &Packet::new());
    };
    assert_eq!(told("FB-017", build(another)), [2]);
}

#[test]
fn a_format_from_251_on_is_experimental() {
    for (format, kind) in
        [(3, "not defined"), (250, "not defined"), (251, "experimental"), (255, "experimental")]
    {
        super::says("FB-009", &format!("is {format}, which is {kind};"), |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1).with(flow_binding(1, &[1], format, &[])), 134);
        });
    }
}

/// BID 1 lives for 10 s with FORWARD to this list, BID 3 for longer, and BID 2 where `second` says so; all are live when
/// BID 1 expires.
#[test]
fn a_first_choice_is_the_first_that_lived_and_another_of_its_list_lives_on() {
    let expires = |bids: &'static [u8], second: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(3), 0);
            if second {
                scene.exchange(0.5, &Registration::request(2), 0);
            }
            let request = Registration { lifetime: 10, ..Registration::request(1) };
            scene.exchange(1.0, &request.with(forward(bids, &udp_to_port(5060))), 0);
            scene.wait_until(20.0);
        }
    };
    assert_eq!(told("FB-016", expires(&[7, 1, 2], true)), [6]);
    assert_eq!(told("FB-016", expires(&[2, 1, 3], true)), [0; 0]);
    assert_eq!(told("FB-016", expires(&[1, 2], false)), [0; 0]);
    assert_eq!(told("FB-016", expires(&[1, 2, 3], false)), [4]);
}

/// BID 1, whose rule for IPv6 stands in the reply, with a prefix that is accepted where `given`.
#[test]
fn a_rule_for_ipv6_in_a_reply_has_a_prefix_of_a_live_binding() {
    let prefix = |start: &[u8]| {
        let mut data = [start, &[0x20, 0x01, 0x0d, 0xb8, 0, 1]].concat();
        data.resize(start.len() + 16, 0);
        crate::scene::short(152, &data)
    };
    let rule = |given: bool| {
        move |scene: &mut Scene| {
            let first = Registration::request(1);
            let sent = scene.send(0.0, &if given { first.with(prefix(&[1, 48])) } else { first });
            let reply = sent.reply(0);
            scene.send(0.02, &if given { reply.with(prefix(&[2, 0, 48, 0])) } else { reply });
            let sent = scene.send(5.0, &Registration::request(2));
            scene.send(5.02, &sent.reply(0).with(flow_binding(1, &[2], 2, &[0, 2, 0, 0, 17])));
        }
    };
    assert_eq!(told("FB-010", rule(true)), [0; 0]);
    assert_eq!(told("FB-010", rule(false)), [4]);
}

/// A plain registration set the policy: its refresh has no Multipath extension that could name a BID.
#[test]
fn a_refresh_without_a_bid_leaves_no_policy_out() {
    let refreshed = |request: fn(u8) -> Registration| {
        move |scene: &mut Scene| {
            let drop = flow_binding(0, &[255], 1, &udp_to_port(5060));
            scene.exchange(0.0, &request(1).with(drop), 0);
            scene.exchange(5.0, &request(1), 0);
        }
    };
    assert_eq!(told("FB-014", refreshed(Registration::plain)), [0; 0]);
    assert_eq!(told("FB-014", refreshed(Registration::request)), [3]);
}

/// BID 1 expires at 10.02 s, BID 2 lives on; a rule of this kind names them.
#[test]
fn a_rule_that_drops_has_no_preferred_path() {
    let expires = |action| {
        move |scene: &mut Scene| {
            let bids = if action == 0 { &[1][..] } else { &[1, 2] };
            let request = Registration { lifetime: 10, ..Registration::request(1) };
            scene.exchange(0.0, &request.with(flow_binding(action, bids, 1, &udp_to_port(5060))), 0);
            scene.exchange(1.0, &Registration::request(2), 0);
            scene.wait_until(20.0);
        }
    };
    assert_eq!(told("FB-016", expires(1)), [2]);
    assert_eq!(told("FB-016", expires(0)), [0; 0]);
}

#[test]
fn a_rule_without_a_binding_is_told_by_its_number() {
    let second = |scene: &mut Scene| {
        let rules = Registration::request(1)
            .with(forward(&[2], &udp_to_port(5061)))
            .with(forward(&[1], &udp_to_port(5060)));
        scene.exchange(0.0, &Registration::request(2), 0);
        scene.exchange(1.0, &rules, 0);
        scene.exchange(5.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
    };
    super::says("FB-017", "rule 2, FORWARD to 1, has no live binding", second);
}
