//! Requests and replies (EXCH), by themselves.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{says, told, told_late, words};
use crate::scene::{Registration, Scene, forward, multipath_with, timestamp, udp_to_port};

/// A request of this BID with FORWARD to these.
fn forwarding(bid: u8, bids: &[u8]) -> Registration {
    Registration::request(bid).with(forward(bids, &udp_to_port(5060)))
}

/// BID 1 is live; a request of BID 2 for a lifetime with FORWARD to these gets this code.
fn then(bids: &'static [u8], code: u8, lifetime: u16) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1), 0);
        scene.exchange(5.0, &Registration { lifetime, ..forwarding(2, bids) }, code);
    }
}

#[test]
fn a_policy_for_one_second_points_nowhere_or_is_mixed_as_any_other() {
    assert_eq!(told("EXCH-006", then(&[7], 0, 1)), [4]);
    assert_eq!(told("EXCH-006", then(&[7], 0, 0)), [0; 0]);
    assert_eq!(told("EXCH-007", then(&[1, 7], 0, 1)), [4]);
    assert_eq!(told("EXCH-007", then(&[1, 7], 0, 0)), [0; 0]);
}

/// BID 1 is live; a request of BID 2 with FORWARD to these gets this code, and, where BID 1 is given back in between,
/// another copy of the reply comes after that.
#[test]
fn a_copy_of_a_reply_is_not_judged_by_what_came_after_the_first() {
    let again = |bids: &'static [u8], code: u8, given_back: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let sent = scene.exchange(5.0, &forwarding(2, bids), code);
            if given_back {
                scene.exchange(6.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            }
            scene.send(6.5, &sent.reply(code));
        }
    };
    assert_eq!(told("EXCH-006", again(&[1], 0, true)), [0; 0]);
    assert_eq!(told("EXCH-006", again(&[7], 0, false)), [4, 5]);
    assert_eq!(told("EXCH-006", again(&[7], 0, true)), [4]);
    assert_eq!(told("EXCH-007", again(&[1, 2], 0, true)), [0; 0]);
    assert_eq!(told("EXCH-007", again(&[1, 7], 0, false)), [4, 5]);
}

/// BID 1 is live; a request with FORWARD to these, which is accepted and ends BID 1, and another copy of its reply.
#[test]
fn a_copy_of_a_reply_is_not_judged_by_what_the_first_ended() {
    let again = |bids: &'static [u8], replacing: fn() -> Registration| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let sent = scene.exchange(5.0, &replacing().with(forward(bids, &udp_to_port(5060))), 0);
            scene.send(5.1, &sent.reply(0));
        }
    };
    let overwrite = || Registration::plain(2).with(multipath_with(4, 2, 2, 0x40));
    let plain = || Registration::plain(2);
    assert_eq!(told("EXCH-006", again(&[1], plain)), [0; 0]);
    assert_eq!(told("EXCH-006", again(&[7], plain)), [4, 5]);
    assert_eq!(told("EXCH-006", again(&[1], overwrite)), [4, 5]); // O: what lives does not count
    assert_eq!(told("EXCH-007", again(&[1, 2], overwrite)), [0; 0]);
    assert_eq!(told("EXCH-007", again(&[1, 7], plain)), [4, 5]);
    assert_eq!(told("EXCH-007", again(&[1, 7], overwrite)), [4, 5]);
}

/// BID 1 is live, and about to be given back when a request of BID 2 with FORWARD to both is sent and accepted; another
/// copy of its reply comes once BID 1 is gone, by the reply to the older request or because it expired.
#[test]
fn a_copy_of_a_reply_is_not_judged_by_what_ended_after_the_first() {
    let again = |given_back: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 8, ..Registration::request(1) }, 0);
            let back = Registration { lifetime: 0, ..Registration::request(1) };
            let older = given_back.then(|| scene.send(5.0, &back));
            let sent = scene.exchange(5.1, &forwarding(2, &[1, 2]), 0);
            if let Some(older) = older {
                scene.send(5.2, &older.reply(0));
            }
            scene.send(if given_back { 5.3 } else { 9.0 }, &sent.reply(0));
        }
    };
    assert_eq!(told("EXCH-007", again(true)), [0; 0]);
    assert_eq!(told("EXCH-007", again(false)), [0; 0]);
}

/// BID 1 is live, and a request of BID 2 with O and FORWARD to both is accepted; as the node did not get the reply, it
/// sends the request again, and gets it again.
#[test]
fn the_reply_to_a_request_sent_again_is_not_judged_by_what_the_first_ended() {
    let again = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1), 0);
        let overwrite = Registration::plain(2).with(multipath_with(4, 2, 2, 0x40));
        let sent = scene.exchange(5.0, &overwrite.with(forward(&[1, 2], &udp_to_port(5060))), 0);
        scene.exchange(6.0, &sent, 0);
    };
    assert_eq!(told("EXCH-007", again), [0; 0]);
}

/// In a capture that began in the middle, a request that replaces all, with FORWARD to these, which may have been live
/// before it; with another copy of its reply. After that what lives is known.
#[test]
fn what_lived_before_all_was_replaced_is_not_known_where_the_capture_began_in_the_middle() {
    let replaced = |bids: &'static [u8], replacing: fn() -> Registration| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &replacing().with(forward(bids, &udp_to_port(5060))), 0);
            scene.send(0.1, &sent.reply(0));
            scene.exchange(5.0, &forwarding(3, &[1, 3]), 0);
        }
    };
    let overwrite = || Registration::plain(2).with(multipath_with(4, 2, 2, 0x40));
    let plain = || Registration::plain(2);
    assert_eq!(told("EXCH-007", replaced(&[1, 2], overwrite)), [2, 3, 5]);
    assert_eq!(told_late("EXCH-007", replaced(&[1, 2], overwrite)), [5]);
    assert_eq!(told("EXCH-006", replaced(&[1], plain)), [2, 3]);
    assert_eq!(told_late("EXCH-006", replaced(&[1], plain)), [0; 0]);
    assert_eq!(told_late("EXCH-006", replaced(&[1], overwrite)), [2, 3]); // O: what lived does not count
}

/// A request of BID 2 with FORWARD to BID 1 is refused; BID 1 comes before another copy of the refusal.
#[test]
fn a_copy_of_a_refusal_is_not_judged_by_what_came_after_the_first() {
    let again = |scene: &mut Scene| {
        let sent = scene.exchange(0.0, &forwarding(2, &[1]), 153);
        scene.exchange(1.0, &Registration::request(1), 0);
        scene.send(2.0, &sent.reply(153));
    };
    assert_eq!(told("EXCH-008", again), [0; 0]);
}

#[test]
fn what_a_policy_could_have_named_is_told() {
    says(
        "EXCH-006",
        "list BID 7, and only BID 1, 2 can be found; it has to be refused with 153",
        then(&[7], 0, 600),
    );
    let nothing = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1).with(forward(&[7], &udp_to_port(5060))), 0);
    };
    says("EXCH-006", "list BID 7, and no BID is live;", nothing);
    says("EXCH-007", "accepts the request #3 with Code 0", then(&[1, 7], 0, 600));
    says("EXCH-007", "refuses the request #3 with Code 153", then(&[1, 7], 153, 600));
}

/// BID 1 for 20 s and BID 2 for 600 s with these flags; at 30 s FORWARD to BID 1 and to BID 2 is refused.
#[test]
fn a_binding_that_lives_by_a_bulk_renewal_is_named_as_such() {
    let refused = |bids: &'static [u8]| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 20, ..Registration::request(1) }, 0);
            scene.exchange(5.0, &Registration::plain(2).with(multipath_with(4, 2, 2, 0x80)), 0);
            scene.exchange(30.0, &forwarding(2, bids), 153);
        }
    };
    says(
        "EXCH-008",
        "BID 1, 2 are live or registered by it; BID 1 is so only by a bulk renewal (RFC",
        refused(&[1, 2]),
    );
    says("EXCH-008", "in its FORWARD rules BID 2 is live or registered by it (RFC", refused(&[2]));
}

#[test]
fn what_was_refused_before_the_capture_began_is_not_known_to_be_unusable() {
    let again = |scene: &mut Scene| {
        scene.exchange(0.0, &forwarding(1, &[7]), 153);
        scene.send(5.0, &forwarding(1, &[7]));
    };
    assert_eq!(told("EXCH-005", again), [3]);
    assert_eq!(told_late("EXCH-005", again), [0; 0]);
}

/// A request with Multipath at -20 s, which got this code or none; two that got none; one without Multipath whose Home
/// Agent field is this one, with its reply, which names another.
fn silent(code: Option<u8>, asked: Ipv4Addr, answered: Ipv4Addr) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        if let Some(code) = code {
            scene.exchange(-20.0, &Registration::request(1), code);
        }
        scene.send(0.0, &Registration::request(1));
        scene.send(12.0, &Registration::request(1));
        let sent = scene.send(30.0, &Registration { home_agent: asked, ..Registration::plain(1) });
        scene.send(30.02, &Registration { home_agent: answered, ..sent.reply(0) });
    }
}

#[test]
fn an_agent_that_answered_multipath_once_knows_it() {
    let agent = Registration::plain(1).home_agent;
    let count = |build: &dyn Fn(&mut Scene)| words("EXCH-011", build).len();
    assert_eq!(count(&silent(None, agent, agent)), 1);
    // A foreign agent's answer says nothing of it.
    for code in [64, 127, 193, 200] {
        assert_eq!(count(&silent(Some(code), agent, agent)), 1, "{code}");
    }
    for code in [0, 128, 130, 192] {
        assert_eq!(count(&silent(Some(code), agent, agent)), 0, "{code}");
        // The node need not name the agent: the reply does.
        assert_eq!(count(&silent(Some(code), Ipv4Addr::UNSPECIFIED, agent)), 0);
    }
}

#[test]
fn what_a_request_breaks_is_told_in_order() {
    let rule = crate::scene::flow_binding(7, &[1], 1, &udp_to_port(5060));
    let build = |scene: &mut Scene| {
        // An extension of Action 7 (FB-002), and behind it BID 255 (MP-008).
        scene.exchange(0.0, &Registration::plain(1).with(rule.clone()).with(multipath_with(4, 1, 255, 0)), 0);
    };
    says("EXCH-010", "which breaks FB-002, MP-008;", build);
}

/// DROP, or what looks like it, refused with 153 and asked for again.
#[test]
fn a_policy_without_a_list_repeats_no_bid() {
    let refused = |rule: Vec<u8>| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1).with(rule.clone()), 153);
            scene.exchange(5.0, &Registration::request(1).with(rule.clone()), 153);
        }
    };
    let drop = |bids: &[u8], format| crate::scene::flow_binding(0, bids, format, &udp_to_port(5060));
    assert_eq!(told("EXCH-005", refused(drop(&[7], 1))), [0; 0]);
    // FB-003 and FB-008 are reasons to refuse.
    assert_eq!(told("EXCH-014", refused(drop(&[7], 1))), [2, 4]);
    assert_eq!(told("EXCH-014", refused(drop(&[7, 8], 1))), [0; 0]);
    assert_eq!(told("EXCH-014", refused(drop(&[7], 0))), [0; 0]);
}

/// Three rules that drop, the first two with these fillers, the last with 255.
#[test]
fn a_filler_is_told_once() {
    let refused = |fillers: [u8; 2]| {
        move |scene: &mut Scene| {
            let rules = (5060..).zip(fillers.into_iter().chain([255]));
            let rules = rules.map(|(port, bid)| crate::scene::flow_binding(0, &[bid], 1, &udp_to_port(port)));
            scene.exchange(0.0, &rules.fold(Registration::request(1), Registration::with), 153);
        }
    };
    says("EXCH-014", "DROP, whose BID 255 only fills the place", refused([255, 255]));
    says("EXCH-014", "DROP, whose BID 7, 255 only fill the place", refused([7, 255]));
}

/// The request of BID 2 is accepted; that of BID 1, with this Identification, is refused with 133.
#[test]
fn only_a_greater_timestamp_overtakes() {
    let refused = |accepted: u64, identification: u64| {
        move |scene: &mut Scene| {
            let with = |bid, identification| Registration {
                identification: Some(identification),
                ..Registration::request(bid)
            };
            scene.exchange(1.0, &with(2, accepted), 0);
            scene.exchange(1.05, &with(1, identification), 133);
        }
    };
    let now = crate::scene::timestamp(1.0);
    assert_eq!(told("EXCH-012", refused(now, now - 1)), [4]);
    assert_eq!(told("EXCH-012", refused(now, now)), [0; 0]);
    // A nonce is no timestamp.
    assert_eq!(told("EXCH-012", refused(2 << 32 | 9, 1 << 32 | 7)), [0; 0]);
}

/// Multipath is refused; then a request without it gets an answer, and one with it is accepted.
#[test]
fn the_answer_to_a_plain_request_is_no_verdict_on_multipath() {
    let then = |second: Registration| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 152);
            scene.exchange(2.0, &second, 130);
            scene.exchange(4.0, &Registration::request(1), 0);
        }
    };
    assert_eq!(told("EXCH-002", then(Registration::plain(1))), [6]);
    assert_eq!(told("EXCH-002", then(Registration::request(1))), [0; 0]);
    let silent = |scene: &mut Scene| {
        // That a plain request was answered tells nothing of Type 154.
        scene.exchange(-20.0, &Registration::plain(1), 130);
        silent(None, Registration::plain(1).home_agent, Registration::plain(1).home_agent)(scene);
    };
    assert_eq!(told("EXCH-011", silent), [6]);
}

/// A capture with times in whole seconds: what follows the refusal in the file came after it.
#[test]
fn who_tries_again_within_the_same_second_has_tried_again() {
    let refused = |bid: u8| {
        move |scene: &mut Scene| {
            let rule = forward(&[3], &udp_to_port(5060));
            let sent = scene.send(1.0, &Registration::request(1).with(rule));
            scene.send(1.0, &sent.reply(153));
            let identification = Some(timestamp(1.5));
            scene.send(1.0, &Registration { identification, ..Registration::request(bid) });
            scene.wait_until(100.0);
        }
    };
    assert_eq!(told("EXCH-004", refused(1)), [0; 0]);
    assert_eq!(told("EXCH-004", refused(2)), [2]);
}

#[test]
fn an_agent_that_was_looked_for_tells_nothing_of_another() {
    // The other node's agent answers Type 154, and both nodes ask any agent at last.
    let silent = |other: Ipv4Addr| {
        move |scene: &mut Scene| {
            scene.send(0.0, &Registration::request(1));
            scene.send(12.0, &Registration::request(1));
            let asked = scene.send(
                15.0,
                &Registration {
                    home_address: Ipv4Addr::new(10, 1, 0, 2),
                    home_agent: Ipv4Addr::UNSPECIFIED,
                    destination: SocketAddrV4::new(other, 434),
                    ..Registration::request(2)
                },
            );
            scene.send(15.02, &Registration { home_agent: other, ..asked.reply(0) });
            let plain = Registration::plain(1);
            let asked =
                scene.send(30.0, &Registration { home_agent: Ipv4Addr::UNSPECIFIED, ..plain.clone() });
            scene.send(30.02, &Registration { home_agent: plain.home_agent, ..asked.reply(0) });
        }
    };
    assert_eq!(told("EXCH-011", silent(Ipv4Addr::new(198, 51, 100, 2))), [6]);
    assert_eq!(told("EXCH-011", silent(Registration::plain(1).home_agent)), [0; 0]);
}
