//! What acknowledged revocations do to bindings and policy.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::table::{policy, states, times};
use crate::history::{Ask, HOME_AGENT, History, NODE, care_of, revocation, revocation_acknowledgement};
use crate::two;

/// A revocation at 10 s and its acknowledgement at 10.1 s.
fn revoked(history: &mut History, care_of_address: Ipv4Addr, identifiers: (u32, u32)) {
    let ask = Ask::bid(1, 0);
    history.message(10.0, ask.destination, ask.source, &revocation(care_of_address, identifiers.0));
    history.message(10.1, ask.source, ask.destination, &revocation_acknowledgement(identifiers.1));
}

#[test]
fn an_acknowledged_revocation_ends_the_binding_it_names() {
    let mut history = two();
    revoked(&mut history, care_of(1), (5, 5));
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 revoked 1 1 +600 601 10.1 #6", "2 active 2 2 +600 602 - #4"]
    );
    let mut history = two();
    revoked(&mut history, Ipv4Addr::UNSPECIFIED, (5, 5));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 revoked", "2 192.0.2.2 revoked"]);
}

#[test]
fn a_revocation_alone_ends_nothing() {
    let mut history = two();
    revoked(&mut history, care_of(1), (5, 6));
    let ask = Ask::bid(1, 0);
    history.message(11.0, ask.source, ask.destination, &revocation_acknowledgement(7));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

/// An acknowledgement comes from whom the revocation went to, and goes to whom it came from (RFC 3543 §3.4).
#[test]
fn an_acknowledgement_comes_back_the_way_the_revocation_went() {
    let ask = Ask::bid(1, 0);
    let (agent, node) = (ask.destination, ask.source);
    let elsewhere = SocketAddrV4::new(care_of(9), 434);
    for (source, destination, state) in [
        (agent, node, "active"),
        (agent, elsewhere, "active"),
        (elsewhere, node, "active"),
        (node, agent, "revoked"),
        // From or to another address or port of an agent.
        (node, elsewhere, "revoked"),
        (elsewhere, SocketAddrV4::new(HOME_AGENT, 9434), "revoked"),
    ] {
        let mut history = two();
        history.message(10.0, agent, node, &revocation(care_of(1), 5));
        history.message(10.1, source, destination, &revocation_acknowledgement(5));
        assert_eq!(states(&history.observe(), NODE)[0], format!("1 192.0.2.1 {state}"), "to {destination}");
    }
}

/// Both ends can revoke with one identifier at once: each acknowledges what the other one sent.
#[test]
fn revocations_of_both_ends_with_one_identifier_are_two() {
    let ask = Ask::bid(1, 0);
    let (agent, node) = (ask.destination, ask.source);
    let mut history = two();
    history.message(10.0, agent, node, &revocation(care_of(1), 5));
    history.message(10.1, node, agent, &revocation(care_of(2), 5));
    history.message(10.2, node, agent, &revocation_acknowledgement(5));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 revoked", "2 192.0.2.2 active"]);
    history.message(10.3, agent, node, &revocation_acknowledgement(5));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 revoked", "2 192.0.2.2 revoked"]);
}

#[test]
fn a_revocation_that_is_sent_again_is_acknowledged_once() {
    let ask = Ask::bid(1, 0);
    let mut history = two();
    for second in [10.0, 11.0] {
        history.message(second, ask.destination, ask.source, &revocation(care_of(1), 5));
    }
    history.message(11.1, ask.source, ask.destination, &revocation_acknowledgement(5));
    history.accepted(12.0, &Ask::bid(1, 9));
    // Late, or another copy of the acknowledgement.
    history.message(12.5, ask.source, ask.destination, &revocation_acknowledgement(5));
    assert_eq!(states(&history.observe(), NODE)[0], "1 192.0.2.1 revoked");
    assert!(states(&history.observe(), NODE).contains(&"1 192.0.2.1 active".to_owned()));
}

#[test]
fn revocations_with_one_identifier_are_acknowledged_from_the_latest_on() {
    let ask = Ask::bid(1, 0);
    let revoke = |history: &mut History, second: f64, number: u8| {
        history.message(second, ask.destination, ask.source, &revocation(care_of(number), 5));
    };
    let acknowledge = |history: &mut History, second: f64| {
        history.message(second, ask.source, ask.destination, &revocation_acknowledgement(5));
    };
    let mut history = two();
    revoke(&mut history, 10.0, 1);
    revoke(&mut history, 10.1, 2);
    acknowledge(&mut history, 10.2);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 revoked"]);
    acknowledge(&mut history, 10.3);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 revoked", "2 192.0.2.2 revoked"]);
    // One after the reply timeout of 10 s finds none.
    let mut history = two();
    revoke(&mut history, 10.0, 1);
    acknowledge(&mut history, 20.5);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
    // One that is late leaves another of the same name to be found.
    let mut history = two();
    revoke(&mut history, 10.0, 1);
    revoke(&mut history, 19.0, 2);
    acknowledge(&mut history, 20.5);
    acknowledge(&mut history, 20.6);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 revoked"]);
}

/// A home agent that gives up all bindings of a node within one second gives each the same identifier, for that is a time
/// in seconds (RFC 3543 §3.3). Each is acknowledged by whom it went to (§3.4), in any order, or not at all.
#[test]
fn revocations_with_one_identifier_are_acknowledged_by_whom_each_went_to() {
    let at = |number: u8| SocketAddrV4::new(care_of(number), 434);
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    let mut history = History::new();
    for number in 1..=40 {
        history.accepted(f64::from(number) / 10.0, &Ask::bid(number, number.into()));
    }
    for number in 1..=40 {
        history.message(10.0, agent, at(number), &revocation(care_of(number), 5));
    }
    for number in [1, 39] {
        history.message(10.1, at(number), agent, &revocation_acknowledgement(5));
    }
    let mut expected: Vec<String> =
        (1..=40).map(|number| format!("{number} 192.0.2.{number} active")).collect();
    expected[0] = "1 192.0.2.1 revoked".to_owned();
    expected[38] = "39 192.0.2.39 revoked".to_owned();
    assert_eq!(states(&history.observe(), NODE), expected);
}

#[test]
fn a_late_acknowledgement_ends_nothing_that_was_accepted_since_the_revocation() {
    let ask = Ask::bid(1, 0);
    let mut history = two();
    history.message(10.0, ask.destination, ask.source, &revocation(Ipv4Addr::UNSPECIFIED, 5));
    history.accepted(10.1, &Ask::bid(1, 9));
    history.accepted(10.2, &Ask::bid(3, 10));
    // Sent again it is the same revocation.
    history.message(10.3, ask.destination, ask.source, &revocation(Ipv4Addr::UNSPECIFIED, 5));
    history.message(10.4, ask.source, ask.destination, &revocation_acknowledgement(5));
    assert_eq!(
        states(&history.observe(), NODE),
        ["1 192.0.2.1 active", "2 192.0.2.2 revoked", "3 192.0.2.3 active"]
    );
}

#[test]
fn a_policy_does_not_outlive_a_revocation_of_all_bindings() {
    let ask = Ask::bid(1, 0);
    for (revoked, rules) in [(Ipv4Addr::UNSPECIFIED, 0), (care_of(1), 1)] {
        let mut history = two();
        history.accepted(3.0, &Ask::bid(1, 3).forward(&[1], "dport 80"));
        history.message(10.0, ask.destination, ask.source, &revocation(revoked, 5));
        history.accepted(10.1, &Ask::bid(1, 9));
        history.message(10.2, ask.source, ask.destination, &revocation_acknowledgement(5));
        // BID 1 lives, as it was accepted since; BID 2 lives where only the other one was revoked.
        assert_eq!(states(&history.observe(), NODE)[0], "1 192.0.2.1 active");
        assert_eq!(policy(&history.observe(), NODE).len(), rules);
    }
}

/// A revocation that names no binding revokes none, whatever was accepted since.
#[test]
fn a_policy_outlives_a_revocation_that_names_no_binding() {
    let ask = Ask::bid(1, 0);
    // BID 1 is at its care-of address, and BID 3 was at another one until 7 s.
    for (revoked, rules) in [(care_of(9), 1), (care_of(3), 1), (care_of(1), 0)] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80"));
        history.accepted(2.0, &Ask::bid(3, 2).lifetime(5));
        history.message(10.0, ask.destination, ask.source, &revocation(revoked, 5));
        history.accepted(10.1, &Ask::bid(1, 3));
        history.message(10.2, ask.source, ask.destination, &revocation_acknowledgement(5));
        let observer = history.observe();
        assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active", "3 192.0.2.3 expired"]);
        assert_eq!(policy(&observer, NODE).len(), rules, "{revoked}");
    }
}

/// Nor does one that came before there was any binding.
#[test]
fn a_policy_outlives_a_revocation_from_before_the_first_binding() {
    let ask = Ask::bid(1, 0);
    let mut history = History::new();
    history.ask(0.5, &ask);
    history.message(1.0, ask.destination, ask.source, &revocation(Ipv4Addr::UNSPECIFIED, 5));
    history.accepted(1.1, &Ask::bid(1, 1).forward(&[1], "dport 80"));
    history.message(1.2, ask.source, ask.destination, &revocation_acknowledgement(5));
    assert_eq!(policy(&history.observe(), NODE).len(), 1);
}

/// A binding that went elsewhere after the revocation of where it was had ended in between, and its policy with it.
#[test]
fn a_policy_does_not_outlive_a_revocation_of_where_its_binding_was() {
    let ask = Ask::bid(1, 0);
    for (second, rules) in [(9.0, 1), (10.1, 0)] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80"));
        if second < 10.0 {
            history.accepted(second, &Ask::bid(1, 2).at(care_of(9)));
        }
        history.message(10.0, ask.destination, ask.source, &revocation(care_of(1), 5));
        history.accepted(10.1, &Ask::bid(1, 3).at(care_of(9)));
        history.message(10.2, ask.source, ask.destination, &revocation_acknowledgement(5));
        let observer = history.observe();
        assert_eq!(states(&observer, NODE), ["1 192.0.2.9 active"]);
        assert_eq!(policy(&observer, NODE).len(), rules, "moved at {second}");
    }
}

/// Nor does it matter where a binding was for a moment after the revocation: at 10 s it was elsewhere, and lived on.
#[test]
fn a_policy_outlives_a_revocation_of_where_its_binding_came_to_be_later() {
    let ask = Ask::bid(1, 0);
    let mut history = two();
    history.accepted(3.0, &Ask::bid(1, 3).forward(&[1], "dport 80"));
    history.message(10.0, ask.destination, ask.source, &revocation(care_of(1), 5));
    history.accepted(10.1, &Ask::bid(2, 4).at(care_of(1)));
    history.accepted(10.2, &Ask::bid(2, 5).at(care_of(9)));
    history.message(10.3, ask.source, ask.destination, &revocation_acknowledgement(5));
    let observer = history.observe();
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 revoked", "2 192.0.2.9 active"]);
    assert_eq!(policy(&observer, NODE).len(), 1);
}

#[test]
fn the_last_revocation_drops_the_policy() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80"));
    revoked(&mut history, care_of(1), (5, 5));
    assert!(policy(&history.observe(), NODE).is_empty());
}
