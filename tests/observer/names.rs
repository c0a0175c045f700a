//! Two names that turn out to be one node, and names that others have.

use std::net::Ipv4Addr;

use crate::history::table::{exchanges, nodes};
use crate::history::{Ask, HOME_AGENT, History, NODE};

const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const OTHER_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
const NAI: &str = "a@example.org";

/// Who can be asked for a home agent: any, and another one than answers.
const ASKED: [Ipv4Addr; 3] = [NOBODY, Ipv4Addr::BROADCAST, OTHER_AGENT];

fn named(ask: Ask) -> Ask {
    ask.home(NOBODY).nai(NAI)
}

/// Sent to the home agent whatever its field says.
fn asking(agent: Ipv4Addr, ask: Ask) -> Ask {
    Ask { home_agent: agent, ..ask }
}

/// Multipath is refused to the NAI and granted to the address, or the other way round, before both are one node.
#[test]
fn what_was_last_said_of_multipath_by_either_name_counts() {
    for (refused, granted, expected) in [(1.0_f64, 5.0, "enabled"), (5.0, 1.0, "refused")] {
        let mut history = History::new();
        let mut decisions = [(refused, named(Ask::bid(1, 1)), 152), (granted, Ask::bid(1, 2), 0)];
        decisions.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (second, ask, code) in decisions {
            history.answered(second, &ask, code);
        }
        let plain = named(Ask::plain(1, 3));
        history.ask(9.0, &plain);
        history.answer(9.1, &plain.answer(0).home(NODE));
        assert_eq!(nodes(&history.observe()), [format!("198.51.100.1 10.1.0.1 {NAI} {expected}")]);
    }
}

/// 10.9.0.2 claims the name of 10.1.0.1 while it looks for a home agent, and that denies it: whoever uses the name then is
/// still 10.1.0.1.
#[test]
fn a_denial_by_a_home_agent_that_was_looked_for_moves_no_name() {
    for (agent, is_known) in ASKED.into_iter().flat_map(|agent| [(agent, false), (agent, true)]) {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).nai(NAI));
        if is_known {
            history.answered(2.0, &Ask::bid(1, 2).home(OTHER), 129);
        }
        let ask = asking(agent, Ask::bid(2, 3).home(OTHER).nai(NAI));
        history.ask(3.0, &ask);
        history.answer(3.1, &ask.answer(131).agent(HOME_AGENT));
        history.answered(4.0, &named(Ask::bid(1, 4)), 133);
        let observer = history.observe();
        assert_eq!(
            nodes(&observer),
            [format!("198.51.100.1 10.1.0.1 {NAI} enabled"), "198.51.100.1 10.9.0.2 - off".to_owned()]
        );
        let refused = |node: &mipflow::state::Node| {
            node.violations().map(|all| (all.failed_authentication, all.bad_identification))
        };
        let refused: Vec<_> = observer.nodes().map(refused).collect();
        assert_eq!(refused, [Some((0, 1)), Some((1, 0))], "{agent}");
    }
}

/// The home agent that answers is not the one that was asked. Then the same request is seen again, and on another leg.
#[test]
fn a_late_copy_of_a_request_brings_back_no_name_that_was_given_up() {
    for ask in [Ask::bid(1, 1), named(Ask::bid(1, 1))] {
        for agent in ASKED {
            let ask = asking(agent, ask.clone());
            let mut history = History::new();
            history.ask(1.0, &ask);
            history.answer(1.1, &ask.answer(0).agent(HOME_AGENT).home(NODE));
            history.ask(1.2, &ask);
            history.ask(1.3, &ask.between((Ipv4Addr::new(192, 0, 2, 250), 434), (HOME_AGENT, 434)));
            let observer = history.observe();
            assert_eq!(nodes(&observer).len(), 1, "{agent}: {:?}", nodes(&observer));
            assert_eq!(exchanges(&observer), ["register accepted 0 1 1,3,4 < 2"]);
            let attributed: Vec<_> = history.attributions().iter().map(|one| one.node).collect();
            assert_eq!(attributed, [Some(0); 4]);
        }
    }
}

/// Nothing but the Home Agent field, and where they go, tells the two requests apart.
#[test]
fn requests_to_two_home_agents_are_two() {
    let asks = [Ask::bid(1, 7), Ask::bid(1, 7).to(OTHER_AGENT)];
    let mut history = History::new();
    for (ask, second) in asks.iter().zip([1.0, 1.1]) {
        history.ask(second, ask);
    }
    for (ask, second) in asks.iter().zip([1.2, 1.3]) {
        history.answer(second, &ask.answer(0));
    }
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1 < 3", "register accepted 0 1 2 < 4"]);
    assert!(observer.nodes().all(|node| node.active().count() == 1), "{:?}", nodes(&observer));
}

/// Both requests have the low half 7, and the reply names the node by its address and its NAI, with the Identification of
/// the earlier request.
#[test]
fn a_reply_under_both_names_answers_the_request_with_all_of_its_identification() {
    const EARLIER: u64 = 1 << 32 | 7;
    const LATER: u64 = 2 << 32 | 7;
    let orders = [
        [Ask::bid(1, EARLIER), named(Ask::bid(2, LATER))],
        [named(Ask::bid(1, EARLIER)), Ask::bid(2, LATER)],
    ];
    for [earlier, later] in orders {
        let mut history = History::new();
        history.ask(1.0, &earlier);
        history.ask(3.0, &later);
        let answer = earlier.answer(0).home(NODE).nai(NAI);
        history.answer(3.1, &answer.between((HOME_AGENT, 434), (later.source.ip().to_owned(), 1434)));
        assert_eq!(
            exchanges(&history.observe()),
            ["register accepted 0 1 1 < 3", "register unanswered - 2 2 < -"]
        );
    }
}

/// The first reply names an address that nobody asked with, and comes by another way, as does the second, which names the
/// NAI as well.
#[test]
fn who_asked_by_one_name_goes_before_a_reply_that_nobody_asked_for_by_the_other() {
    let ask = named(Ask::bid(1, 1));
    let elsewhere = (Ipv4Addr::new(192, 0, 2, 250), 434);
    let answer = ask.answer(0).home(NODE).between((HOME_AGENT, 434), elsewhere);
    let mut history = History::new();
    history.ask(1.0, &ask);
    history.answer(1.1, &answer);
    history.answer(1.2, &answer.nai(NAI));
    assert_eq!(exchanges(&history.observe()), ["register accepted 0 1 1 < 3", "- unsolicited 0 - - < 2"]);
}

/// Both names are known to be one, and the node asks by each with the low half 7. The reply names the address alone; its
/// high half is that of the second request or of neither.
#[test]
fn a_reply_by_one_name_answers_the_request_by_the_other_where_that_fits_better() {
    for high in [2, 9] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).nai(NAI));
        history.ask(2.0, &Ask::bid(1, 1 << 32 | 7));
        let ask = named(Ask::bid(1, 2 << 32 | 7));
        history.ask(3.0, &ask);
        history.answer(3.1, &ask.answer(0).home(NODE).identification(high << 32 | 7));
        assert_eq!(
            exchanges(&history.observe())[1..],
            ["refresh unanswered - 1 3 < -", "refresh accepted 0 1 4 < 5"]
        );
    }
}
