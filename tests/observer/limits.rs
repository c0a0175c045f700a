//! Bounds: what falls out of a table is counted, and what is left is right.

use std::net::Ipv4Addr;

use mipflow::state::{Limits, Observer, Options, Status};

use crate::history::table::{exchanges, flows, nodes, policy, states};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, care_of, ip_in_ip};

fn limited(history: &History, change: impl FnOnce(&mut Limits)) -> Observer {
    let mut options = Options::default();
    change(&mut options.limits);
    history.observe_with(options)
}

fn home(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, number)
}

#[test]
fn nodes_fall_out_those_without_a_binding_first() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.answered(2.0, &Ask::bid(1, 2).home(home(2)), 129);
    history.accepted(3.0, &Ask::bid(1, 3).home(home(3)));
    let observer = limited(&history, |limits| limits.nodes = 2);
    assert_eq!(nodes(&observer), ["198.51.100.1 10.1.0.1 - enabled", "198.51.100.1 10.1.0.3 - enabled"]);
    assert_eq!(observer.evictions().nodes, 1);
}

/// The fourth node makes room for itself and is registered longer than the second.
#[test]
fn nodes_fall_out_those_first_that_lost_their_bindings_first() {
    let node = |number: u8, identification| Ask::bid(1, identification).home(home(number));
    let mut history = History::new();
    history.answered(1.0, &node(1, 1), 129);
    for number in 2..=4u8 {
        history.accepted(number.into(), &node(number, number.into()));
    }
    history.accepted(5.0, &node(2, 5).lifetime(0));
    history.accepted(6.0, &node(4, 6).lifetime(0));
    let left = |history: &History| {
        let observer = limited(history, |limits| limits.nodes = 3);
        observer.nodes().map(|node| node.home_address.unwrap().octets()[3]).collect::<Vec<_>>()
    };
    history.accepted(7.0, &node(5, 7));
    assert_eq!(left(&history), [3, 4, 5]);
    history.accepted(8.0, &node(6, 8));
    assert_eq!(left(&history), [3, 5, 6]);
}

#[test]
fn a_reply_for_a_node_that_fell_out_does_not_name_its_successor() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1).home(Ipv4Addr::UNSPECIFIED).nai("a@example.org");
    history.ask(1.0, &ask);
    history.ask(1.1, &Ask::bid(2, 2).home(Ipv4Addr::UNSPECIFIED).nai("b@example.org"));
    history.answer(1.2, &ask.answer(0).home(home(7)));
    let observer = limited(&history, |limits| limits.nodes = 1);
    assert_eq!(nodes(&observer), ["198.51.100.1 10.1.0.7 a@example.org enabled"]);
    assert_eq!(observer.evictions().nodes, 2);
}

#[test]
fn a_node_that_comes_back_begins_anew() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.down(5.0, care_of(1), &Packet::new());
    history.down(5.1, care_of(1), &Packet::new().ports(1, 1));
    history.accepted(6.0, &Ask::bid(1, 2).home(home(2)));
    history.accepted(7.0, &Ask::bid(1, 3));
    history.down(8.0, care_of(1), &Packet::new());
    let observer = limited(&history, |limits| limits.nodes = 1);
    assert_eq!(flows(&observer), ["- - per-flow [1 1/128 0/0]"]);
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active"]);
    let evictions = observer.evictions();
    assert_eq!((evictions.nodes, evictions.flows), (2, 2));
}

#[test]
fn exchanges_fall_out_the_oldest_first() {
    let mut history = History::new();
    for count in 1..=5u8 {
        history.accepted(f64::from(count), &Ask::bid(count, count.into()));
    }
    let observer = limited(&history, |limits| limits.exchanges = 2);
    assert_eq!(exchanges(&observer), ["register accepted 0 4 7 < 8", "register accepted 0 5 9 < 10"]);
    assert_eq!(observer.evictions().exchanges, 3);
    assert_eq!(states(&observer, NODE).len(), 5);
}

#[test]
fn records_that_are_not_kept_change_no_binding() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let observer = history.observe_with(Options { keep_exchanges: false, ..Options::default() });
    assert_eq!(observer.exchanges().count(), 0);
    assert_eq!(observer.evictions().exchanges, 0);
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active"]);
}

#[test]
fn a_request_that_no_longer_waits_is_unanswered() {
    let mut history = History::new();
    let (first, second) = (Ask::bid(1, 1), Ask::bid(2, 2));
    history.ask(1.0, &first);
    history.ask(1.1, &second);
    history.answer(1.2, &first.answer(0));
    history.answer(1.3, &second.answer(0));
    let observer = limited(&history, |limits| limits.pending = 1);
    assert_eq!(
        exchanges(&observer),
        [
            "register unanswered - 1 1 < -",
            "register unanswered - 2 2 < -",
            "- unsolicited 0 - - < 3",
            "- unsolicited 0 - - < 4"
        ]
    );
    assert_eq!(observer.evictions().exchanges, 3);
    assert_eq!(observer.agents()[0].1.unanswered, 2);
}

#[test]
fn flows_fall_out_those_that_are_quiet_first() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    for port in 1..=3 {
        history.down(5.0 + f64::from(port), care_of(1), &Packet::new().ports(port, port));
    }
    let observer = limited(&history, |limits| limits.flows = 2);
    assert_eq!(observer.flows().len(), 2);
    assert_eq!(observer.evictions().flows, 1);
    // A flow that fell out makes room in its node's own share, too.
    let observer = limited(&history, |limits| {
        limits.flows = 2;
        limits.flows_of_one_node = 2;
    });
    assert_eq!(observer.flows().len(), 2);
}

#[test]
fn flows_of_one_node_are_bounded() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).home(home(2)));
    for port in 1..=4 {
        history.down(5.0 + f64::from(port), care_of(1), &Packet::new().ports(port, port));
        history.down(5.5 + f64::from(port), care_of(1), &Packet::new().ports(1, 1));
    }
    history.down(20.0, care_of(1), &Packet::new().to(home(2)));
    let observer = limited(&history, |limits| limits.flows_of_one_node = 2);
    // Packets beyond are counted by their tunnel, and one by one as evicted.
    assert_eq!(
        flows(&observer),
        ["- - per-flow [1 5/640 0/0]", "- - per-flow [1 1/128 0/0]", "- - per-flow [1 1/128 0/0]"]
    );
    assert_eq!(observer.evictions().flows, 2);
    let node = observer.nodes().next().unwrap();
    assert_eq!(node.tunnels()[0].downlink().packets, 8);
}

#[test]
fn moves_of_one_node_are_bounded() {
    let mut history = History::new();
    for place in 1..=70u8 {
        history.accepted(f64::from(place), &Ask::bid(1, place.into()).at(care_of(place)));
    }
    let observer = history.observe();
    let node = observer.nodes().next().unwrap();
    // Of 69 the first five are gone: what is left begins where BID 1 left the sixth address.
    assert_eq!(node.moves().len(), 64);
    assert_eq!(node.moves()[0].left.care_of_address, care_of(6));
    assert_eq!(node.moves()[63].to, care_of(70));
    assert_eq!(observer.evictions().bindings, 5);
}

#[test]
fn packets_of_one_exchange_are_bounded() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    for count in 0..300u16 {
        history.ask(1.0 + f64::from(count), &ask);
    }
    history.answer(301.0, &ask.answer(0));
    let observer = history.observe();
    let exchange = observer.exchanges().next().unwrap();
    assert_eq!((exchange.legs.len(), exchange.retransmissions), (256, 299));
    assert_eq!(exchange.status, Status::Accepted);
    assert_eq!(observer.evictions().legs, 45);
}

#[test]
fn requests_that_one_reply_could_mean_are_bounded() {
    // Home address and low half of the Identification are the same, the high half is not.
    let asks: Vec<Ask> = (0..300).map(|high| Ask::bid(1, high << 32 | 7)).collect();
    let mut history = History::new();
    for ask in &asks {
        history.ask(1.0, ask);
    }
    history.answer(1.5, &asks[0].answer(0));
    let observer = history.observe();
    assert_eq!(observer.evictions().exchanges, 300 - 256);
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active"]);
    assert_eq!(observer.exchanges().count(), 300);
    // When their time is over there is room again.
    history.ask(12.0, &Ask::bid(2, 1 << 40 | 7));
    history.answer(12.1, &Ask::bid(2, 1 << 40 | 7).answer(0));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

#[test]
fn flow_bindings_of_requests_and_exchanges_are_bounded_in_octets() {
    // 8 octets of data each, and 2 that tell so.
    let asks: Vec<Ask> =
        (1..=3).map(|number| Ask::bid(1, number.into()).home(home(number)).forward(&[1], "any")).collect();
    let mut history = History::new();
    for (ask, seconds) in asks.iter().zip([1.0, 1.1, 1.2]) {
        history.ask(seconds, ask);
    }
    for (ask, seconds) in asks.iter().zip([2.0, 2.1, 2.2]) {
        history.answer(seconds, &ask.answer(0));
    }
    let observer = limited(&history, |limits| limits.flow_binding_octets = 25);
    let registered = (1..=3).map(|number| {
        observer.nodes().any(|node| node.home_address == Some(home(number)) && !node.bindings().is_empty())
    });
    assert_eq!(registered.collect::<Vec<_>>(), [false, true, true]);
    // The first request, which waited no more when its reply came, and its record.
    assert_eq!(observer.evictions().exchanges, 2);
    assert_eq!(observer.exchanges().count(), 3);
}

#[test]
fn rules_of_all_nodes_are_bounded_together() {
    let ask = |number: u8| Ask::bid(number, number.into()).home(home(number));
    let two = |number: u8| ask(number).forward(&[number], "proto tcp").forward(&[number], "proto udp");
    let mut history = History::new();
    history.accepted(1.0, &two(1));
    history.accepted(2.0, &two(2));
    // What is there already can be changed.
    history.accepted(3.0, &ask(1).again(11).drop("proto udp"));
    let full = limited(&history, |limits| limits.rules = 3);
    assert_eq!(policy(&full, home(1)), ["1 forward 1 > 1 | proto tcp", "2 drop 255 > drop | proto udp"]);
    assert_eq!(policy(&full, home(2)), ["1 forward 2 > 2 | proto tcp"]);
    assert_eq!(full.evictions().rules, 1);
    // What goes makes room.
    history.accepted(4.0, &ask(1).again(12).lifetime(0));
    history.accepted(5.0, &two(3));
    let later = limited(&history, |limits| limits.rules = 3);
    assert_eq!(policy(&later, home(1)), [] as [&str; 0]);
    assert_eq!(policy(&later, home(2)), ["1 forward 2 > 2 | proto tcp"]);
    assert_eq!(policy(&later, home(3)), ["1 forward 3 > 3 | proto tcp", "2 forward 3 > 3 | proto udp"]);
    assert_eq!(later.evictions().rules, 1);
}

#[test]
fn tables_without_room_hold_one() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[2], "any"));
    history.down(5.0, care_of(1), &Packet::new());
    history.down(6.0, care_of(1), &Packet::new().ports(1, 1));
    let observer = limited(&history, |limits| {
        *limits = Limits {
            nodes: 0,
            rules: 0,
            pending: 0,
            exchanges: 0,
            flows: 0,
            flows_of_one_node: 1,
            flow_binding_octets: 0,
            unknown_tunnels: 0,
        };
    });
    assert_eq!(observer.nodes().count(), 1);
    assert!(observer.flows().len() <= 1);
}

#[test]
fn unknown_tunnels_are_bounded_for_all_home_agents_together() {
    let other = Ipv4Addr::new(198, 51, 100, 2);
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).home(home(2)).to(other));
    for (second, agent, number) in [(3.0, HOME_AGENT, 7), (4.0, other, 8), (5.0, other, 9), (6.0, other, 8)] {
        history.packet(second, ip_in_ip(agent, care_of(number), &Packet::new().octets()));
    }
    let observer = limited(&history, |limits| limits.unknown_tunnels = 2);
    let seen: Vec<_> = observer
        .agents()
        .iter()
        .map(|(_, traffic)| {
            let packets: Vec<u64> = traffic.unknown_tunnels.values().map(|seen| seen.packets).collect();
            (packets, traffic.other_unknown)
        })
        .collect();
    assert_eq!(seen, [(vec![1], 0), (vec![2], 1)]);
}
