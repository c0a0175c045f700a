//! What the home agent did, captured and read by the observer, gives the tables that the home agent has.

use std::fmt::Write as _;

use mipflow::craft::home_agent::{HomeAgent, Outcome, Packet, Settings};
use mipflow::state::Observer;
use proptest::collection::vec;
use proptest::prelude::*;

use super::history::{Ask, History, NODE, care_of};
use super::lab::{Lab, prefix};

/// All that is believed of nodes.
fn believed(observer: &Observer) -> String {
    let mut text = String::new();
    for node in observer.nodes() {
        let (bindings, policy, tunnels) = (node.bindings(), node.policy().rules(), node.tunnels());
        writeln!(
            text,
            "{:?} {:?} {} {:?} {bindings:#?} {policy:#?} {tunnels:#?}",
            node.home_address, node.nai, node.home_agent, node.multipath
        )
        .unwrap();
    }
    text
}

/// Adds what a capture point beside the home agent would have seen.
fn capture(history: &mut History, outcome: Outcome) {
    let Outcome::Taken(taken) = outcome else { return };
    for Packet { frame, time, octets } in [Some(taken.request), taken.reply].into_iter().flatten() {
        assert_eq!(history.raw(time, octets), frame);
    }
}

fn is_the_same(agent: &mut HomeAgent, lab_end: mipflow::time::Timestamp, history: &History) {
    agent.expire(lab_end);
    let mut theirs = history.clone();
    theirs.raw(lab_end, super::history::ipv4(care_of(1), care_of(2), 6, &[0; 20]));
    assert_eq!(believed(&theirs.observe()), believed(agent.observer()));
}

#[test]
fn the_observer_of_a_capture_believes_what_the_home_agent_does() {
    let settings = Settings {
        max_bindings: 2,
        max_lifetime: 900,
        home_prefixes: vec![prefix("10.1.0.0/16")],
        ..Settings::default()
    };
    let mut lab = Lab::new(settings);
    let mut history = History::new();
    let asks = [
        Ask::bid(1, 0).forward(&[1, 2], "proto udp").drop("dport 23"),
        Ask::bid(2, 0).lifetime(65535).forward(&[2], "sport 5060"),
        Ask::bid(3, 0),
        Ask::bid(1, 0).at(care_of(77)),
        Ask::bid(0, 0),
        Ask::bid(2, 0).forward(&[9], "any"),
        Ask::plain(5, 0).home([0; 4].into()).nai("a@example.org"),
        Ask::bid(2, 0).lifetime(0),
        Ask::plain(6, 0).home([10, 2, 0, 1].into()),
        Ask::bid(4, 0).lifetime(2),
    ];
    for ask in asks {
        lab.milliseconds += 700;
        let octets = ask.again(lab.identification()).octets();
        for _ in 0..2 {
            let outcome = lab.receive(ask.source, ask.destination, &octets);
            capture(&mut history, outcome);
            lab.milliseconds += 3;
        }
    }
    assert_eq!(lab.node(NODE).bindings().len(), 3);
    let end = lab.now();
    is_the_same(&mut lab.agent, end, &history);
}

/// When it is noticed that a binding has expired is another moment here and there.
#[test]
fn what_expires_between_the_requests_of_others_makes_no_difference() {
    let settings =
        Settings { max_bindings: 3, home_prefixes: vec![prefix("10.1.0.0/29")], ..Settings::default() };
    let mut lab = Lab::new(settings);
    let mut history = History::new();
    let here = |ask: Ask| ask.home([10, 1, 0, 2].into()).at(care_of(1));
    let others = |home| Ask::plain(1, 0).home([10, 1, 0, home].into()).lifetime(0);
    let asks = [
        (1, here(Ask::bid(3, 0)).lifetime(60)),
        (1, here(Ask::bid(1, 0)).lifetime(2)),
        (358, others(1)),
        (746, here(Ask::bid(2, 0)).lifetime(1)),
        (897, others(3)),
        (1, others(1)),
        (103, here(Ask::plain(1, 0)).lifetime(1)),
    ];
    for (wait, ask) in asks {
        lab.milliseconds += wait;
        let octets = ask.again(lab.identification()).octets();
        let outcome = lab.receive(ask.source, ask.destination, &octets);
        capture(&mut history, outcome);
    }
    let end = lab.now();
    is_the_same(&mut lab.agent, end, &history);
}

/// Any request among few nodes and bindings.
fn any_ask() -> impl Strategy<Value = Ask> {
    let lifetimes = prop::sample::select(vec![0, 1, 2, 60, 600, 65535]);
    let flags = prop::sample::select(vec![0x20, 0x22, 0x28, 0x30, 0xa0, 0x00, 0x21]);
    (0..6u8, 1..4u8, 1..4u8, lifetimes, flags, vec(1..6u8, 0..3)).prop_map(
        |(bid, interface, home, lifetime, flags, rule)| {
            let mut ask = match bid {
                0 => Ask::plain(interface, 0),
                bid => Ask::bid(bid, 0),
            };
            ask = ask.home([10, 1, 0, home].into()).at(care_of(interface)).lifetime(lifetime).flags(flags);
            ask = match (bid, interface) {
                (4, 1) => ask.bulk(),
                (4, 2) => ask.overwrite(),
                (5, 1) => ask.home([0; 4].into()).nai("b@example.org"),
                _ => ask,
            };
            if rule.is_empty() { ask } else { ask.forward(&rule, "proto udp") }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_asked_a_capture_of_it_tells_what_the_home_agent_believes(
        asks in vec((any_ask(), 1..3_000i64), 1..40),
        multipath: bool,
    ) {
        let settings = Settings {
            multipath,
            max_bindings: 3,
            max_lifetime: 300,
            home_prefixes: vec![prefix("10.1.0.0/29")],
            ..Settings::default()
        };
        let mut lab = Lab::new(settings);
        let mut history = History::new();
        for (ask, wait) in asks {
            lab.milliseconds += wait;
            let octets = ask.again(lab.identification()).octets();
            let outcome = lab.receive(ask.source, ask.destination, &octets);
            capture(&mut history, outcome);
        }
        lab.milliseconds += 5;
        let end = lab.now();
        is_the_same(&mut lab.agent, end, &history);
    }
}
