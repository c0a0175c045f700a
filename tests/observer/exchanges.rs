//! Exchanges: which request and reply belong together, what else belongs to them, and what a request is for.

use std::net::Ipv4Addr;

use mipflow::state::{Options, Step};

use crate::history::table::{exchanges, nodes, states, times};
use crate::history::{Ask, HOME_AGENT, History, NODE, care_of};

/// A foreign agent.
const FOREIGN_AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);

/// A request through a foreign agent as the node sends it, and as the foreign agent passes it on.
fn relayed(bid: u8, identification: u64) -> (Ask, Ask) {
    let ask = Ask::bid(bid, identification).flags(0).at(FOREIGN_AGENT);
    let from_node = ask.between((NODE, 1434), (FOREIGN_AGENT, 434));
    let passed_on = ask.between((FOREIGN_AGENT, 434), (HOME_AGENT, 434));
    (from_node, passed_on)
}

/// A foreign agent that halves the lifetime, takes Multipath out, or does both: the home agent answers what reached it.
#[test]
fn what_a_foreign_agent_changed_is_one_exchange_and_counts_as_the_home_agent_saw_it() {
    let (from_node, mut passed_on) = relayed(1, 7);
    passed_on.lifetime = 300;
    passed_on.multipath = None;
    let mut history = History::new();
    history.ask(1.0, &from_node);
    history.ask(1.1, &passed_on);
    history.answer(1.2, &passed_on.answer(0));
    history.answer(1.3, &from_node.answer(0).granting(300));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 - 1,2 < 3,4"]);
    assert_eq!(states(&observer, NODE), ["- 192.0.2.200 active"]);
    assert_eq!(times(&observer, NODE), ["- active 1.2 1.2 +300 301.2 - #3"]);
}

/// Whole seconds make one low half, and the first request goes the way of the reply.
#[test]
fn a_reply_with_the_whole_identification_answers_that_request() {
    let (second, half) = (1u64 << 32, 7u64);
    let (from_node, _) = relayed(1, second | half);
    let without_address = Ask { identification: (2 * second) | half, ..from_node.clone() }
        .between((Ipv4Addr::UNSPECIFIED, 1434), (FOREIGN_AGENT, 434));
    let mut history = History::new();
    history.ask(1.0, &from_node);
    history.ask(7.0, &without_address);
    history.answer(7.2, &from_node.answer(0).identification((2 * second) | half));
    assert_eq!(
        exchanges(&history.observe()),
        ["register unanswered - 1 1 < -", "register accepted 0 1 2 < 3"]
    );
}

/// Whose request it was is known with the reply only.
#[test]
fn a_request_to_any_home_agent_is_of_the_kind_that_its_node_makes_it() {
    let anywhere = |ask: &Ask| Ask { home_agent: Ipv4Addr::UNSPECIFIED, ..ask.clone() };
    let first = Ask::bid(1, 1);
    let mut history = History::new();
    for (second, ask) in [(1.0, first.clone()), (2.0, first.again(2)), (3.0, first.again(3).label(9))] {
        history.ask(second, &anywhere(&ask));
        history.answer(second + 0.1, &ask.answer(0));
    }
    assert_eq!(
        exchanges(&history.observe()),
        ["register accepted 0 1 1 < 2", "refresh accepted 0 1 3 < 4", "update accepted 0 1 5 < 6"]
    );
}

#[test]
fn each_kind_of_request() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1)); // nothing there
    history.accepted(2.0, &Ask::bid(2, 2)); // another BID
    history.accepted(3.0, &Ask::bid(1, 3)); // same BID and care-of address
    history.accepted(4.0, &Ask::bid(1, 4).at(care_of(9))); // same BID elsewhere
    history.accepted(5.0, &Ask::bid(1, 5).at(care_of(9)).label(7));
    history.accepted(6.0, &Ask::bid(1, 6).at(care_of(9)).label(7).technology(5));
    history.accepted(7.0, &Ask::bid(1, 7).at(care_of(9)).label(7).technology(5).flags(0x22)); // T
    history.accepted(8.0, &Ask::bid(2, 8).bulk());
    history.accepted(9.0, &Ask::bid(2, 9).lifetime(0));
    history.accepted(10.0, &Ask::bid(3, 10).overwrite());
    history.accepted(11.0, &Ask::bid(3, 11).lifetime(0).bulk());
    history.accepted(12.0, &Ask::plain(5, 12));
    history.accepted(13.0, &Ask::plain(5, 13));
    history.accepted(14.0, &Ask::plain(6, 14)); // another care-of address is another binding
    history.accepted(15.0, &Ask::plain(6, 15).lifetime(0));
    assert_eq!(
        exchanges(&history.observe()),
        [
            "register accepted 0 1 1 < 2",
            "register accepted 0 2 3 < 4",
            "refresh accepted 0 1 5 < 6",
            "update accepted 0 1 7 < 8",
            "update accepted 0 1 9 < 10",
            "update accepted 0 1 11 < 12",
            "update accepted 0 1 13 < 14",
            "bulk-refresh accepted 0 2 15 < 16",
            "deregister accepted 0 2 17 < 18",
            "overwrite accepted 0 3 19 < 20",
            "bulk-deregister accepted 0 3 21 < 22",
            "register accepted 0 - 23 < 24",
            "refresh accepted 0 - 25 < 26",
            "register accepted 0 - 27 < 28",
            "deregister accepted 0 - 29 < 30",
        ]
    );
}

#[test]
fn the_reserved_flags_change_nothing() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).flags(0x25)); // D, r and x
    assert_eq!(exchanges(&history.observe())[1], "refresh accepted 0 1 3 < 4");
}

#[test]
fn a_binding_that_has_ended_is_registered_again() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    history.accepted(12.0, &Ask::bid(1, 2));
    assert_eq!(exchanges(&history.observe())[1], "register accepted 0 1 3 < 4");
}

#[test]
fn only_a_usable_multipath_makes_a_bulk_or_overwriting_request() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(0, 1).overwrite());
    history.accepted(2.0, &Ask::bid(255, 2).bulk().at(care_of(0)));
    history.accepted(3.0, &Ask::bid(255, 3).bulk().at(care_of(0)).lifetime(0));
    assert_eq!(
        exchanges(&history.observe()),
        ["register accepted 0 - 1 < 2", "refresh accepted 0 - 3 < 4", "deregister accepted 0 - 5 < 6"]
    );
}

#[test]
fn the_low_half_of_the_identification_makes_the_pair() {
    let mut history = History::new();
    let ask = Ask::bid(1, 0x1111_1111_0000_0001);
    history.ask(1.0, &ask);
    history.answer(1.1, &ask.answer(133).identification(0x2222_2222_0000_0001));
    history.ask(2.0, &Ask::bid(2, 0x1111_1111_0000_0002));
    history.answer(2.1, &ask.answer(0).identification(0x1111_1111_0000_0003));
    assert_eq!(
        exchanges(&history.observe()),
        ["register denied 133 1 1 < 2", "register unanswered - 2 3 < -", "- unsolicited 0 - - < 4"]
    );
}

#[test]
fn the_home_address_makes_the_pair() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.answer(1.1, &ask.answer(0).home(Ipv4Addr::new(10, 1, 0, 9)));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register unanswered - 1 1 < -", "- unsolicited 0 - - < 2"]);
    assert!(states(&observer, NODE).is_empty());
}

#[test]
fn a_foreign_agent_passes_both_on() {
    let mut history = History::new();
    let (from_node, passed_on) = relayed(1, 1);
    history.ask(1.0, &from_node);
    history.ask(1.1, &passed_on);
    history.answer(1.3, &passed_on.answer(0));
    history.answer(1.4, &from_node.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1,2 < 3,4"]);
    let exchange = observer.exchanges().next().unwrap();
    assert_eq!(exchange.retransmissions, 0);
    // From the copy that went to the home agent to the reply that came from there.
    assert_eq!(exchange.round_trip, Some(200_000_000));
    assert_eq!(states(&observer, NODE), ["1 192.0.2.200 active"]);
}

/// The reply is as old as the timeout allows after the second copy, and too old after the first, which its leg is of.
#[test]
fn a_copy_that_is_too_old_is_not_the_one_that_was_answered() {
    let mut history = History::new();
    let (from_node, passed_on) = relayed(1, 1);
    history.ask(1.0, &from_node);
    history.ask(1.01, &passed_on);
    history.answer(11.004, &from_node.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1,2 < 3"]);
    assert_eq!(observer.exchanges().next().unwrap().round_trip, Some(9_994_000_000));
}

/// The clock goes back by 20 ms after the foreign agent passed the request on: the copy before is the one that is
/// answered.
#[test]
fn a_reply_answers_a_copy_that_was_seen_before_it_by_the_clock() {
    let mut history = History::new();
    let (from_node, passed_on) = relayed(1, 1);
    history.ask(1.0, &from_node);
    history.ask(1.04, &passed_on);
    history.answer(1.02, &passed_on.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1,2 < 3"]);
    assert_eq!(observer.exchanges().next().unwrap().round_trip, Some(20_000_000));
    assert_eq!(states(&observer, NODE), ["1 192.0.2.200 active"]);
}

#[test]
fn the_same_between_the_same_two_is_a_retransmission() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.ask(2.0, &ask);
    history.ask(4.0, &ask);
    history.answer(4.5, &ask.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1,2,3 < 4"]);
    let exchange = observer.exchanges().next().unwrap();
    assert_eq!(exchange.retransmissions, 2);
    let steps: Vec<Step> = exchange.legs.iter().map(|leg| leg.step).collect();
    assert_eq!(steps[..3], [Step::Request, Step::Retransmission, Step::Retransmission]);
    assert_eq!(exchange.round_trip, Some(500_000_000));
    assert_eq!(observer.agents()[0].1.retransmitted, 2);
}

#[test]
fn another_identification_is_another_exchange() {
    let mut history = History::new();
    history.ask(1.0, &Ask::bid(1, 1));
    history.accepted(2.5, &Ask::bid(1, 2));
    assert_eq!(
        exchanges(&history.observe()),
        ["register unanswered - 1 1 < -", "register accepted 0 1 2 < 3"]
    );
}

#[test]
fn requests_that_share_an_identification_are_told_apart() {
    // Broken nodes number all their requests alike.
    let mut history = History::new();
    let (first, second) = (Ask::bid(1, 7), Ask::bid(2, 7).at(care_of(1)));
    history.ask(1.0, &first);
    history.ask(1.1, &second);
    history.answer(1.2, &second.answer(0)); // the latest
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register unanswered - 1 1 < -", "register accepted 0 2 2 < 3"]);
    assert_eq!(states(&observer, NODE), ["2 192.0.2.1 active"]);
}

/// The same again but for B, for O, for the lifetime, for a flag or for the label: it asks for something else.
#[test]
fn a_request_that_differs_in_one_thing_is_another() {
    let first = Ask::bid(1, 7);
    for (second, kind) in [
        (first.clone().bulk(), "bulk-refresh"),
        (first.clone().overwrite(), "overwrite"),
        (first.clone().lifetime(300), "register"),
        (first.clone().flags(0x2a), "register"),
        (first.clone().label(9), "register"),
    ] {
        let mut history = History::new();
        history.ask(1.0, &first);
        history.ask(2.0, &second);
        history.answer(2.1, &second.answer(0));
        let second = format!("{kind} accepted 0 1 2 < 3");
        assert_eq!(exchanges(&history.observe()), ["register unanswered - 1 1 < -".to_owned(), second]);
    }
}

#[test]
fn of_several_the_one_on_the_replys_own_leg_is_answered() {
    let mut history = History::new();
    let (first, second) = (Ask::bid(1, 7), Ask::bid(2, 7));
    history.ask(1.0, &first);
    history.ask(1.1, &second);
    history.answer(1.2, &first.answer(0));
    assert_eq!(
        exchanges(&history.observe()),
        ["register accepted 0 1 1 < 3", "register unanswered - 2 2 < -"]
    );
}

#[test]
fn the_first_reply_decides() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.accepted(1.0, &ask);
    history.answer(1.5, &ask.answer(0));
    history.answer(2.0, &ask.answer(131));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1 < 2,3,4"]);
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active"]);
    assert_eq!(observer.nodes().next().unwrap().bindings()[0].frame, 2);

    let mut history = History::new();
    history.answered(1.0, &ask, 131);
    history.answer(1.5, &ask.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register denied 131 1 1 < 2,3"]);
    assert!(states(&observer, NODE).is_empty());
}

#[test]
fn a_reply_at_the_timeout_still_answers() {
    for (reply, expected) in [
        (11.0, vec!["register accepted 0 1 1 < 2"]),
        (11.000_000_001, vec!["register unanswered - 1 1 < -", "- unsolicited 0 - - < 2"]),
    ] {
        let mut history = History::new();
        let ask = Ask::bid(1, 1);
        history.ask(1.0, &ask);
        history.answer(reply, &ask.answer(0));
        assert_eq!(exchanges(&history.observe()), expected, "{reply}");
    }
}

#[test]
fn the_timeout_can_be_set() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.answer(3.0, &ask.answer(0));
    let seconds = |seconds: i64| Options { reply_timeout: seconds * 1_000_000_000, ..Options::default() };
    assert_eq!(exchanges(&history.observe_with(seconds(2)))[0], "register accepted 0 1 1 < 2");
    assert_eq!(exchanges(&history.observe_with(seconds(1)))[0], "register unanswered - 1 1 < -");
}

#[test]
fn a_retransmission_keeps_the_exchange_open() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.ask(9.0, &ask);
    history.answer(18.0, &ask.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1,2 < 3"]);
    assert_eq!(observer.agents()[0].1.unanswered, 0);
}

#[test]
fn the_same_request_long_after_is_a_new_exchange() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.ask(11.5, &ask);
    assert_eq!(
        exchanges(&history.observe()),
        ["register unanswered - 1 1 < -", "register unanswered - 1 2 < -"]
    );
}

#[test]
fn a_late_reply_is_unsolicited_and_changes_nothing() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.answer(12.0, &ask.answer(0));
    let observer = history.observe();
    assert!(states(&observer, NODE).is_empty());
    let traffic = &observer.agents()[0].1;
    assert_eq!((traffic.unanswered, traffic.unsolicited, traffic.accepted), (1, 1, 0));
}

#[test]
fn what_nobody_answers_by_the_end_is_unanswered() {
    let mut history = History::new();
    history.ask(1.0, &Ask::bid(1, 1));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register unanswered - 1 1 < -"]);
    assert_eq!(observer.agents()[0].1.unanswered, 1);
}

#[test]
fn an_unsolicited_reply_shows_its_node() {
    let mut history = History::new();
    let (from_node, passed_on) = relayed(1, 1);
    history.answer(1.0, &passed_on.answer(0));
    history.answer(1.1, &from_node.answer(0)); // its next leg, and no other reply
    history.answer(20.0, &passed_on.answer(0));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["- unsolicited 0 - - < 1,2", "- unsolicited 0 - - < 3"]);
    assert_eq!(nodes(&observer), ["198.51.100.1 10.1.0.1 - off"]);
    assert!(states(&observer, NODE).is_empty());
}

#[test]
fn a_request_after_an_unsolicited_reply_is_answered_by_its_own() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.answer(1.0, &ask.answer(0));
    history.accepted(2.0, &ask);
    assert_eq!(exchanges(&history.observe()), ["- unsolicited 0 - - < 1", "register accepted 0 1 2 < 3"]);
}

/// With nonces a reply has a high half of its own, and one to a request that is sent again can have the same. Here the
/// capture begins between a request and its reply.
#[test]
fn a_request_sent_again_after_a_reply_to_one_not_captured_is_answered_by_the_next() {
    let (sent_again, next_nonce) = (Ask::bid(1, (8 << 32) | 1), (9 << 32) | 1);
    let mut history = History::new();
    history.answer(1.0, &sent_again.answer(0).identification(next_nonce));
    history.ask(2.0, &sent_again);
    history.answer(2.1, &sent_again.answer(0).identification(next_nonce));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["- unsolicited 0 - - < 1", "register accepted 0 1 2 < 3"]);
    assert_eq!(times(&observer, NODE), ["1 active 2.1 2.1 +600 602.1 - #3"]);
}

#[test]
fn what_a_home_agent_did_is_counted() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2));
    history.answered(3.0, &Ask::bid(2, 3), 131);
    history.answered(4.0, &Ask::bid(2, 4), 131);
    history.answered(5.0, &Ask::bid(2, 5), 152);
    history.accepted(6.0, &Ask::bid(1, 6).lifetime(0));
    history.ask(7.0, &Ask::bid(3, 7));
    let observer = history.observe();
    let (agent, traffic) = &observer.agents()[0];
    assert_eq!(*agent, HOME_AGENT);
    assert_eq!((traffic.register, traffic.refresh, traffic.deregister), (5, 1, 1));
    assert_eq!((traffic.accepted, traffic.unanswered), (3, 1));
    assert_eq!(
        traffic.denied.iter().map(|(code, count)| (*code, *count)).collect::<Vec<_>>(),
        [(131, 2), (152, 1)]
    );
}
