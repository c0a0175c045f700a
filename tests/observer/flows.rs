//! Accounting of flows: what counts as one flow, and how much of it was seen where and when.

use std::net::Ipv4Addr;

use crate::history::table::{ends, flows, rule_counts, tunnels, verdict};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, care_of, gre, ip_in_ip, moment};
use crate::two;

#[test]
fn both_ways_are_one_flow_in_each_tunnel_apart() {
    let mut history = two();
    history.down(5.0, care_of(1), &Packet::new());
    history.up(6.0, care_of(2), &Packet::new().back().length(60));
    history.down(7.5, care_of(1), &Packet::new().length(228));
    history.up(8.0, care_of(2), &Packet::new().back().length(60));
    let observer = history.observe();
    assert_eq!(flows(&observer), ["- - per-flow [1 2/356 0/0] [2 0/0 2/120]"]);
    let paths = observer.flows().remove(0).paths;
    assert_eq!((paths[0].first, paths[0].last), (moment(5.0), moment(7.5)));
    assert_eq!((paths[1].first, paths[1].last), (moment(6.0), moment(8.0)));
    assert_eq!(
        tunnels(&observer, NODE),
        ["1 192.0.2.1 ipip 2/356 0/0 flows 1", "2 192.0.2.2 ipip 0/0 2/120 flows 1"]
    );
}

#[test]
fn addresses_ports_and_protocol_make_a_flow() {
    let mut history = two();
    let packets = [
        Packet::new(),
        Packet::new().from(Ipv4Addr::new(203, 0, 113, 11)),
        Packet::new().ports(5061, 7000),
        Packet::new().ports(5060, 7001),
        Packet::new().ports(7000, 5060),
        Packet::new().protocol(6),
        Packet::new().protocol(1),
        Packet::new().protocol(50),
    ];
    for (index, packet) in packets.iter().enumerate() {
        history.down(5.0 + index as f64, care_of(1), packet);
        history.down(5.5 + index as f64, care_of(1), packet);
    }
    let observer = history.observe();
    assert_eq!(
        ends(&observer),
        [
            "203.0.113.10:5060 10.1.0.1:7000 17",
            "203.0.113.11:5060 10.1.0.1:7000 17",
            "203.0.113.10:5061 10.1.0.1:7000 17",
            "203.0.113.10:5060 10.1.0.1:7001 17",
            "203.0.113.10:7000 10.1.0.1:5060 17",
            "203.0.113.10:5060 10.1.0.1:7000 6",
            "203.0.113.10:- 10.1.0.1:- 1",
            "203.0.113.10:- 10.1.0.1:- 50",
        ]
    );
    assert_eq!(flows(&observer), ["- - per-flow [1 2/256 0/0]"; 8]);
    assert_eq!(tunnels(&observer, NODE)[0], "1 192.0.2.1 ipip 16/2048 0/0 flows 8");
}

#[test]
fn a_later_fragment_is_a_flow_without_ports() {
    let mut history = two();
    history.down(5.0, care_of(1), &Packet::new());
    history.down(6.0, care_of(1), &Packet::new().later_fragment());
    assert_eq!(
        ends(&history.observe()),
        ["203.0.113.10:5060 10.1.0.1:7000 17", "203.0.113.10:- 10.1.0.1:- 17"]
    );
}

#[test]
fn the_rule_shown_is_that_of_the_last_packet() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "proto udp"));
    history.accepted(2.0, &Ask::bid(2, 2));
    let ruled = history.down(5.0, care_of(1), &Packet::new());
    history.accepted(10.0, &Ask::bid(1, 3).lifetime(0));
    let exhausted = history.down(10.5, care_of(2), &Packet::new());
    history.accepted(20.0, &Ask::bid(2, 4).lifetime(0).bulk());
    history.accepted(21.0, &Ask::bid(1, 5));
    history.down(25.0, care_of(1), &Packet::new());
    assert_eq!(flows(&history.observe_until(ruled)), ["1 1 conforms [1 1/128 0/0]"]);
    assert_eq!(flows(&history.observe_until(exhausted)), ["1 - conforms [1 1/128 0/0] [2 1/128 0/0]"]);
    assert_eq!(flows(&history.observe()), ["- - conforms [1 2/256 0/0] [2 1/128 0/0]"]);
}

#[test]
fn a_copy_within_half_a_second_counts_nowhere() {
    let mut history = History::new();
    let registration = Ask::bid(1, 1).forward(&[1], "any");
    let asked = history.ask(0.9, &registration);
    history.copy(0.95, asked);
    let answered = history.answer(1.0, &registration.answer(0));
    history.copy(1.1, answered);
    let frame = history.down(5.0, care_of(1), &Packet::new());
    history.copy(5.0, frame);
    history.copy(5.4, frame); // 0.4 s after the copy before
    history.copy(5.899_999_999, frame);
    let copies: Vec<bool> = history.attributions().iter().map(|seen| seen.copy).collect();
    assert_eq!(copies, [false, true, false, true, false, true, true, true]);
    let observer = history.observe();
    assert_eq!(flows(&observer), ["1 1 conforms [1 1/128 0/0]"]);
    assert_eq!(rule_counts(&observer, NODE), ["1/128"]);
    assert_eq!(observer.tunnelled(), 1);
    let exchange = observer.exchanges().next().unwrap();
    assert_eq!((exchange.legs.len(), exchange.retransmissions), (2, 0));
}

#[test]
fn the_same_octets_half_a_second_later_are_another_packet() {
    let mut history = two();
    let frame = history.down(5.0, care_of(1), &Packet::new());
    history.copy(5.5, frame);
    assert_eq!(flows(&history.observe()), ["- - per-flow [1 2/256 0/0]"]);
}

#[test]
fn another_identification_or_payload_is_another_packet() {
    let mut history = two();
    history.down(5.0, care_of(1), &Packet::new());
    history.down(5.1, care_of(1), &Packet::new()); // another IP identification
    let frame = history.down(5.2, care_of(1), &Packet::new().length(500));
    let last = history.copy(5.3, frame);
    *history.shots[usize::try_from(last).unwrap() - 1].octets.last_mut().unwrap() ^= 1;
    assert_eq!(flows(&history.observe()), ["- - per-flow [1 4/1256 0/0]"]);
}

/// The snapshot length leaves 104 octets and more of each packet: IP in IP, the header inside, and 64 behind it.
#[test]
fn a_copy_of_which_less_was_captured_is_one_still() {
    let mut history = two();
    let frame = history.down(5.0, care_of(1), &Packet::new().length(500));
    for captured in [110, 104] {
        let copy = history.copy(5.1, frame);
        history.shots[usize::try_from(copy).unwrap() - 1].octets.truncate(captured);
    }
    history.shots[usize::try_from(frame).unwrap() - 1].octets.truncate(114);
    assert_eq!(flows(&history.observe()), ["- - per-flow [1 1/500 0/0]"]);
    let other = history.copy(5.2, frame);
    history.shots[usize::try_from(other).unwrap() - 1].octets[103] ^= 1;
    assert_eq!(flows(&history.observe()), ["- - per-flow [1 2/1000 0/0]"]);
}

#[test]
fn copies_are_found_among_many_packets() {
    let mut history = two();
    let frames: Vec<u64> = (0..400u16)
        .map(|port| {
            history.down(5.0 + f64::from(port) / 1000.0, care_of(1), &Packet::new().ports(port, port))
        })
        .collect();
    for (index, frame) in frames.iter().enumerate() {
        history.copy(5.45 + index as f64 / 1000.0, *frame);
    }
    assert_eq!(history.observe().tunnelled(), 400);
}

/// A flow without a rule that alternates between two encapsulations to one foreign agent takes one way (TUN-024 asks for
/// another endpoint); to two foreign agents it takes two.
#[test]
fn a_flow_that_alternates_between_encapsulations_at_one_end_is_not_spread() {
    let inner = Packet::new().octets();
    for (other, expected) in [(care_of(1), "per-flow"), (care_of(2), "per-packet")] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).flags(0x08)); // G
        history.accepted(2.0, &Ask::bid(2, 2).flags(0).at(other));
        for second in 5..10 {
            let wrapped = if second % 2 == 0 {
                gre(HOME_AGENT, care_of(1), None, &inner)
            } else {
                ip_in_ip(HOME_AGENT, other, &inner)
            };
            history.packet(f64::from(second), wrapped);
        }
        assert_eq!(verdict(&history.observe()), expected);
    }
}

/// It leaves the tunnel of BID 1, which stays, and half a second later that of BID 2, which ends then.
#[test]
fn a_flow_that_changes_twice_has_moved_if_the_second_tunnel_ended() {
    for (ended, expected) in [(2, "moved"), (1, "moved"), (3, "per-flow")] {
        let mut history = two();
        history.accepted(3.0, &Ask::bid(3, 3));
        history.down(10.0, care_of(1), &Packet::new());
        history.down(20.0, care_of(2), &Packet::new());
        history.down(20.5, care_of(3), &Packet::new());
        history.accepted(20.9, &Ask::bid(ended, 4).lifetime(0));
        history.tick(30.0);
        assert_eq!(verdict(&history.observe()), expected, "{ended}");
    }
}
