//! Flow-Binding (FB), by itself.

use super::told;
use crate::findings;
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
