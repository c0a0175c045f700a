//! Requests that the snapshot length cut: what was not captured of them is not taken to be absent.

use std::net::Ipv4Addr;

use crate::history::table::{exchanges, node, policy, states, times};
use crate::history::{Ask, HOME_AGENT, History, NODE, care_of};
use crate::two;
use mipflow::wire::{Authentication, Content, ExtensionType};

/// The octets of a request up to its first extension, headers of IP and UDP included.
const FIXED_PART: usize = 20 + 8 + 24;

/// A request of which so many octets were captured.
fn ask_cut(history: &mut History, seconds: f64, ask: &Ask, captured: usize) {
    history.ask(seconds, ask);
    let shot = history.shots.last_mut().unwrap();
    assert!(shot.octets.len() > captured);
    shot.octets.truncate(captured);
}

/// A request of which only the fixed part was captured, 20 ms before `seconds`, and then the reply that accepts it.
fn accepted_cut(history: &mut History, seconds: f64, ask: &Ask) {
    ask_cut(history, seconds - 0.02, ask, FIXED_PART);
    history.answer(seconds, &ask.answer(0));
}

#[test]
fn it_renews_the_binding_at_its_care_of_address_and_no_other() {
    // O and B, if they are set, are hidden as well.
    for ask in [Ask::bid(1, 3), Ask::bid(1, 3).overwrite(), Ask::bid(1, 3).bulk()] {
        let mut history = two();
        accepted_cut(&mut history, 3.0, &ask);
        let observer = history.observe();
        assert_eq!(times(&observer, NODE), ["1 active 1 3 +600 603 - #6", "2 active 2 2 +600 602 - #4"]);
        assert_eq!(exchanges(&observer)[2], "refresh accepted 0 - 5 < 6");
    }
}

#[test]
fn where_nothing_is_registered_it_adds_a_binding_without_a_bid() {
    let mut history = two();
    accepted_cut(&mut history, 3.0, &Ask::bid(3, 3).overwrite());
    assert_eq!(
        states(&history.observe(), NODE),
        ["1 192.0.2.1 active", "2 192.0.2.2 active", "- 192.0.2.3 active"]
    );
    // It is renewed in the same way, and so are those beside it.
    accepted_cut(&mut history, 4.0, &Ask::bid(3, 4));
    accepted_cut(&mut history, 5.0, &Ask::bid(1, 5));
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 1 5 +600 605 - #10", "2 active 2 2 +600 602 - #4", "- active 3 4 +600 604 - #8"]
    );
}

#[test]
fn with_lifetime_0_it_ends_the_binding_at_its_care_of_address_and_no_other() {
    for ask in [Ask::bid(1, 3), Ask::bid(1, 3).bulk()] {
        let mut history = two();
        accepted_cut(&mut history, 3.0, &ask.lifetime(0));
        assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 deregistered", "2 192.0.2.2 active"]);
    }
    for elsewhere in [NODE, care_of(9)] {
        let mut history = two();
        accepted_cut(&mut history, 3.0, &Ask::bid(1, 3).at(elsewhere).lifetime(0));
        assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
    }
}

#[test]
fn of_several_bindings_at_its_care_of_address_it_changes_none() {
    let foreign_agent = Ipv4Addr::new(192, 0, 2, 200);
    let shared = |bid, identification| Ask::bid(bid, identification).flags(0).at(foreign_agent);
    for lifetime in [0, 300] {
        let mut history = History::new();
        history.accepted(1.0, &shared(1, 1));
        history.accepted(2.0, &shared(2, 2));
        accepted_cut(&mut history, 3.0, &shared(1, 3).lifetime(lifetime));
        assert_eq!(
            times(&history.observe(), NODE),
            ["1 active 1 1 +600 601 - #2", "2 active 2 2 +600 602 - #4"]
        );
    }
}

#[test]
fn a_plain_node_keeps_its_binding_too() {
    let mut history = History::new();
    for (count, interface) in [(1u8, 1), (2, 1), (3, 2)] {
        let ask = Ask::plain(interface, count.into()).nai("node@example.org");
        accepted_cut(&mut history, count.into(), &ask);
    }
    let observer = history.observe();
    assert_eq!(times(&observer, NODE), ["- active 1 2 +600 602 - #4", "- active 3 3 +600 603 - #6"]);
    assert_eq!(node(&observer, NODE).multipath.name(), "off");
}

/// BID 3 is hidden at first, and seen later.
#[test]
fn a_binding_that_hides_its_bid_stays_beside_multipath_and_gets_its_bid_when_that_is_seen() {
    let mut history = two();
    accepted_cut(&mut history, 3.0, &Ask::bid(3, 3));
    history.accepted(4.0, &Ask::bid(4, 4));
    let before = ["1 192.0.2.1 active", "2 192.0.2.2 active", "- 192.0.2.3 active", "4 192.0.2.4 active"];
    assert_eq!(states(&history.observe(), NODE), before);
    history.accepted(5.0, &Ask::bid(3, 5));
    let after = ["1 192.0.2.1 active", "2 192.0.2.2 active", "3 192.0.2.3 active", "4 192.0.2.4 active"];
    assert_eq!(states(&history.observe(), NODE), after);
    history.accepted(6.0, &Ask::bid(3, 6).lifetime(0));
    assert_eq!(states(&history.observe(), NODE)[2], "3 192.0.2.3 deregistered");
}

#[test]
fn a_binding_that_hides_its_bid_ends_by_that_bid_and_is_overwritten_as_any_other() {
    let mut history = two();
    accepted_cut(&mut history, 3.0, &Ask::bid(3, 3));
    history.accepted(4.0, &Ask::bid(3, 4).lifetime(0));
    assert_eq!(states(&history.observe(), NODE)[2], "3 192.0.2.3 deregistered");
    let mut history = two();
    accepted_cut(&mut history, 3.0, &Ask::bid(3, 3));
    history.accepted(4.0, &Ask::bid(1, 4).overwrite());
    let after = ["1 192.0.2.1 active", "2 192.0.2.2 replaced", "- 192.0.2.3 replaced"];
    assert_eq!(states(&history.observe(), NODE), after);
}

/// Only the authenticator is missing: there was no Multipath extension before it.
#[test]
fn a_binding_that_hides_the_bid_of_another_one_is_where_that_one_had_moved() {
    // BID 1 moves to the ninth address, as a cut request says, and is then refreshed or ended there.
    let moved = |then: &Ask| {
        let mut history = two();
        accepted_cut(&mut history, 3.0, &Ask { care_of_address: care_of(9), ..Ask::bid(1, 3).overwrite() });
        history.accepted(4.0, &Ask { care_of_address: care_of(9), ..then.clone() });
        states(&history.observe(), NODE)
    };
    assert_eq!(moved(&Ask::bid(1, 4)), ["1 192.0.2.9 active", "2 192.0.2.2 active", "- 192.0.2.9 replaced"]);
    assert_eq!(
        moved(&Ask::bid(1, 4).lifetime(0)),
        ["1 192.0.2.1 deregistered", "2 192.0.2.2 active", "- 192.0.2.9 replaced"]
    );
    // At one address there can be several, behind a foreign agent: BID 1 is not what the cut request named.
    let mut history = two();
    accepted_cut(&mut history, 3.0, &Ask { care_of_address: care_of(9), ..Ask::bid(3, 3) });
    history.accepted(4.0, &Ask { care_of_address: care_of(9), ..Ask::bid(4, 4) });
    history.accepted(5.0, &Ask { care_of_address: care_of(9), ..Ask::bid(4, 5) });
    assert_eq!(
        states(&history.observe(), NODE),
        ["1 192.0.2.1 active", "2 192.0.2.2 active", "4 192.0.2.9 active"]
    );
}

#[test]
fn what_was_cut_behind_the_authentication_hides_no_bid() {
    let mut history = two();
    let authentication = Content::Authentication(Authentication { spi: 256, authenticator: &[0; 16] });
    let ask = Ask::plain(3, 3).extension(ExtensionType::MOBILE_HOME_AUTHENTICATION, 0, &authentication);
    // Type, Length, SPI, and two octets of the authenticator.
    ask_cut(&mut history, 3.0, &ask, FIXED_PART + 8);
    history.answer(3.1, &ask.answer(0));
    let after = ["1 192.0.2.1 replaced", "2 192.0.2.2 replaced", "- 192.0.2.3 active"];
    assert_eq!(states(&history.observe(), NODE), after);
}

#[test]
fn a_bid_that_was_captured_is_believed() {
    let mut history = two();
    // Eight octets of Multipath, and a part of the rule behind it.
    let ask = Ask::bid(1, 3).overwrite().forward(&[1], "dport 80");
    ask_cut(&mut history, 3.0, &ask, FIXED_PART + 8 + 5);
    history.answer(3.1, &ask.answer(0));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 replaced"]);
}

/// A foreign agent adds to what it passes on, so that one leg can be whole and the other one cut.
#[test]
fn the_whole_leg_of_a_request_says_what_the_other_one_hides() {
    let foreign_agent = Ipv4Addr::new(192, 0, 2, 200);
    let ask = Ask::bid(3, 3).flags(0).at(foreign_agent);
    let outside = ask.between((care_of(3), 434), (foreign_agent, 434));
    let inside = ask.between((foreign_agent, 434), (HOME_AGENT, 434));
    for is_first_whole in [true, false] {
        let mut history = two();
        if is_first_whole {
            history.ask(3.0, &outside);
            ask_cut(&mut history, 3.1, &inside, FIXED_PART);
        } else {
            ask_cut(&mut history, 3.0, &inside, FIXED_PART);
            history.ask(3.1, &outside);
        }
        history.answer(3.2, &inside.answer(0));
        let observer = history.observe();
        assert_eq!(states(&observer, NODE)[2], "3 192.0.2.200 active");
        assert_eq!(exchanges(&observer).len(), 3);
    }
}

/// The same of rules behind the BID, which both show.
#[test]
fn the_whole_leg_of_a_request_says_which_rules_the_other_one_hides() {
    let foreign_agent = Ipv4Addr::new(192, 0, 2, 200);
    let ask = Ask::bid(3, 3).flags(0).at(foreign_agent).forward(&[3], "dport 80");
    let outside = ask.between((care_of(3), 434), (foreign_agent, 434));
    let inside = ask.between((foreign_agent, 434), (HOME_AGENT, 434));
    for (whole, cut) in [(&outside, &inside), (&inside, &outside), (&inside, &inside)] {
        for is_first_whole in [true, false] {
            let mut history = two();
            if is_first_whole {
                history.ask(3.0, whole);
            }
            ask_cut(&mut history, 3.1, cut, FIXED_PART + 8 + 5);
            if !is_first_whole {
                history.ask(3.2, whole);
            }
            history.answer(3.3, &inside.answer(0));
            let observer = history.observe();
            assert_eq!(policy(&observer, NODE), ["1 forward 3 > 3 | dport 80"]);
            assert_eq!(exchanges(&observer).len(), 3);
        }
    }
}

#[test]
fn a_copy_that_hides_its_bid_between_the_same_two_is_no_other_request() {
    let ask = Ask::bid(3, 3);
    for is_first_whole in [true, false] {
        let mut history = two();
        if is_first_whole {
            history.ask(3.0, &ask);
        }
        ask_cut(&mut history, 3.1, &ask, FIXED_PART);
        if !is_first_whole {
            history.ask(3.2, &ask);
        }
        history.answer(3.3, &ask.answer(0));
        let observer = history.observe();
        assert_eq!(states(&observer, NODE)[2], "3 192.0.2.3 active");
        assert_eq!(exchanges(&observer).len(), 3);
    }
}
