//! Tunnels: which packets are tunnelled, whose they are, and in which tunnel they count.

use std::net::{Ipv4Addr, Ipv6Addr};

use mipflow::wire::{Content, DualStack, ExtensionType, Ipv6PrefixCode, MobileNetwork, MobileNetworkCode};

use crate::history::table::{ends, flows, node, states, tunnels, verdicts};
use crate::history::{
    Ask, CORRESPONDENT, HOME_AGENT, History, NODE, Packet, care_of, gre, ip_in_ip, minimal, revocation,
    revocation_acknowledgement,
};

/// A foreign agent.
const FOREIGN_AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);

#[test]
fn each_encapsulation_is_opened() {
    type Wrap = fn(Ipv4Addr, Ipv4Addr, &[u8]) -> Vec<u8>;
    let wraps: [(u8, &str, Wrap); 4] = [
        (0x20, "ipip", ip_in_ip),
        (0x28, "gre", |source, destination, inner| gre(source, destination, None, inner)),
        (0x28, "gre", |source, destination, inner| gre(source, destination, Some(77), inner)),
        (0x30, "minimal", minimal),
    ];
    for (flags, name, wrap) in wraps {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).flags(flags));
        for second in [5.0, 6.0, 7.0] {
            history.packet(second, wrap(HOME_AGENT, care_of(1), &Packet::new().octets()));
        }
        for second in [8.0, 9.0] {
            let answer = Packet::new().back().length(228);
            history.packet(second, wrap(care_of(1), HOME_AGENT, &answer.octets()));
        }
        let observer = history.observe();
        assert_eq!(tunnels(&observer, NODE), [format!("1 192.0.2.1 {name} 3/384 2/456 flows 1")]);
        assert_eq!(ends(&observer), ["203.0.113.10:5060 10.1.0.1:7000 17"]);
        assert_eq!(flows(&observer), ["- - per-flow [1 3/384 2/456]"]);
        assert_eq!(observer.tunnelled(), 5);
    }
}

#[test]
fn minimal_wins_over_gre_where_both_are_asked_for() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).flags(0x38));
    assert_eq!(node(&history.observe(), NODE).bindings()[0].encapsulation().name(), "minimal");
}

#[test]
fn what_was_negotiated_does_not_bind_what_is_sent() {
    // The observer believes what it sees; that GRE was not asked for is for the rules to say.
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.packet(5.0, gre(HOME_AGENT, care_of(1), None, &Packet::new().octets()));
    assert_eq!(tunnels(&history.observe(), NODE), ["1 192.0.2.1 ipip 1/128 0/0 flows 1"]);
}

#[test]
fn nodes_share_a_foreign_agent() {
    let other = Ipv4Addr::new(10, 1, 0, 2);
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).flags(0).at(FOREIGN_AGENT));
    history.accepted(2.0, &Ask::bid(1, 2).flags(0).at(FOREIGN_AGENT).home(other));
    history.down(5.0, FOREIGN_AGENT, &Packet::new());
    history.down(6.0, FOREIGN_AGENT, &Packet::new().to(other));
    history.up(7.0, FOREIGN_AGENT, &Packet::new().to(other).back());
    let observer = history.observe();
    assert_eq!(tunnels(&observer, NODE), ["1 192.0.2.200 ipip 1/128 0/0 flows 1"]);
    assert_eq!(tunnels(&observer, other), ["1 192.0.2.200 ipip 1/128 1/128 flows 1"]);
    assert!(!node(&observer, NODE).bindings()[0].flags.co_located());
}

#[test]
fn a_packet_through_anothers_foreign_agent_is_still_the_nodes() {
    let other = Ipv4Addr::new(10, 1, 0, 2);
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "any"));
    history.accepted(2.0, &Ask::bid(1, 2).flags(0).at(FOREIGN_AGENT).home(other));
    history.packet(5.0, gre(HOME_AGENT, FOREIGN_AGENT, None, &Packet::new().octets()));
    let observer = history.observe();
    assert_eq!(flows(&observer), ["1 1 strays [- 1/128 0/0]"]);
    assert_eq!(
        tunnels(&observer, NODE),
        ["1 192.0.2.1 ipip 0/0 0/0 flows 0", "- 192.0.2.200 gre 1/128 0/0 flows 1"]
    );
}

#[test]
fn a_care_of_address_stays_known_after_its_binding_ended_or_moved() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    history.accepted(2.0, &Ask::bid(2, 2));
    history.accepted(3.0, &Ask::bid(2, 3).at(care_of(9))); // moved
    history.down(50.0, care_of(1), &Packet::new()); // expired
    history.down(51.0, care_of(2), &Packet::new().ports(1, 1));
    history.down(52.0, care_of(9), &Packet::new().ports(2, 2));
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 3);
    assert_eq!(
        flows(&observer),
        ["- - per-flow [1 1/128 0/0]", "- - per-flow [2 1/128 0/0]", "- - per-flow [2 1/128 0/0]"]
    );
    assert_eq!(
        tunnels(&observer, NODE),
        [
            "1 192.0.2.1 ipip 1/128 0/0 flows 1",
            "2 192.0.2.2 ipip 1/128 0/0 flows 1",
            "2 192.0.2.9 ipip 1/128 0/0 flows 1"
        ]
    );
}

#[test]
fn a_revoked_care_of_address_stays_known_too() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.accepted(1.0, &ask);
    history.message(2.0, ask.destination, ask.source, &revocation(care_of(1), 5));
    history.message(2.1, ask.source, ask.destination, &revocation_acknowledgement(5));
    history.down(5.0, care_of(1), &Packet::new());
    let observer = history.observe();
    assert_eq!(states(&observer, NODE), ["1 192.0.2.1 revoked"]);
    assert_eq!(tunnels(&observer, NODE), ["1 192.0.2.1 ipip 1/128 0/0 flows 1"]);
}

#[test]
fn a_care_of_address_that_another_binding_took_over_counts_there() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).lifetime(0));
    history.accepted(3.0, &Ask::bid(2, 3).at(care_of(1)));
    history.down(5.0, care_of(1), &Packet::new());
    assert_eq!(
        tunnels(&history.observe(), NODE),
        ["1 192.0.2.1 ipip 0/0 0/0 flows 0", "2 192.0.2.1 ipip 1/128 0/0 flows 1"]
    );
}

#[test]
fn what_comes_after_all_bindings_of_a_care_of_address_counts_in_the_last_one() {
    let here = |bid, identification| Ask::bid(bid, identification).at(care_of(1));
    let mut history = History::new();
    for (second, bid, identification) in [(1.0, 1, 1), (5.0, 2, 3), (9.0, 1, 5)] {
        history.accepted(second, &here(bid, identification));
        history.accepted(second + 2.0, &here(bid, identification + 1).lifetime(0));
    }
    history.down(20.0, care_of(1), &Packet::new());
    let observer = history.observe();
    assert_eq!(
        tunnels(&observer, NODE),
        ["1 192.0.2.1 ipip 1/128 0/0 flows 1", "2 192.0.2.1 ipip 0/0 0/0 flows 0"]
    );
    assert_eq!(flows(&observer), ["- - per-flow [1 1/128 0/0]"]);
}

/// Two BIDs at one foreign agent have tunnels with the same ends.
fn shared(bid: u8, identification: u64) -> Ask {
    Ask::bid(bid, identification).flags(0).at(FOREIGN_AGENT)
}

#[test]
fn of_two_tunnels_with_the_same_ends_the_one_opened_last_counts() {
    let mut history = History::new();
    history.accepted(1.0, &shared(1, 1));
    history.accepted(2.0, &shared(2, 2));
    history.down(3.0, FOREIGN_AGENT, &Packet::new());
    // BID 1 is given back and returns.
    history.accepted(4.0, &shared(1, 3).lifetime(0));
    history.down(5.0, FOREIGN_AGENT, &Packet::new());
    history.accepted(6.0, &shared(1, 4));
    history.down(7.0, FOREIGN_AGENT, &Packet::new());
    // A refresh of the other one opens nothing.
    history.accepted(8.0, &shared(2, 5));
    history.down(9.0, FOREIGN_AGENT, &Packet::new());
    assert_eq!(
        tunnels(&history.observe(), NODE),
        ["1 192.0.2.200 ipip 2/256 0/0 flows 1", "2 192.0.2.200 ipip 2/256 0/0 flows 1"]
    );
}

#[test]
fn what_comes_after_both_have_ended_counts_in_the_one_that_ended_last() {
    let mut history = History::new();
    history.accepted(1.0, &shared(1, 1));
    history.accepted(2.0, &shared(2, 2).lifetime(10)); // until 12 s
    history.accepted(100.0, &shared(1, 3).lifetime(0));
    history.down(102.0, FOREIGN_AGENT, &Packet::new());
    assert_eq!(
        tunnels(&history.observe(), NODE),
        ["1 192.0.2.200 ipip 1/128 0/0 flows 1", "2 192.0.2.200 ipip 0/0 0/0 flows 0"]
    );
}

#[test]
fn tunnels_with_the_same_ends_are_told_apart_by_their_encapsulation() {
    let mut history = History::new();
    history.accepted(1.0, &shared(1, 1).flags(0x08)); // G
    history.accepted(2.0, &shared(2, 2));
    let inner = Packet::new().octets();
    for second in [5.0, 7.0, 9.0] {
        history.packet(second, gre(HOME_AGENT, FOREIGN_AGENT, None, &inner));
        history.down(second + 1.0, FOREIGN_AGENT, &Packet::new());
    }
    // Nobody asked for minimal encapsulation: it counts in the one opened last.
    history.packet(11.0, minimal(HOME_AGENT, FOREIGN_AGENT, &inner));
    assert_eq!(
        tunnels(&history.observe(), NODE),
        ["1 192.0.2.200 gre 3/384 0/0 flows 1", "2 192.0.2.200 ipip 4/512 0/0 flows 1"]
    );
}

#[test]
fn a_care_of_address_that_was_only_asked_for_is_unknown() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.answered(2.0, &Ask::bid(2, 2), 129);
    history.ask(3.0, &Ask::bid(3, 3));
    history.down(5.0, care_of(2), &Packet::new());
    history.down(6.0, care_of(2), &Packet::new());
    history.up(7.0, care_of(3), &Packet::new().back());
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 0);
    assert!(observer.flows().is_empty());
    let unknown: Vec<(Ipv4Addr, u64)> = observer.agents()[0]
        .1
        .unknown_tunnels
        .iter()
        .map(|(far_end, traffic)| (*far_end, traffic.packets))
        .collect();
    assert_eq!(unknown, [(care_of(2), 2), (care_of(3), 1)]);
}

#[test]
fn between_strangers_nothing_is_counted() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let stranger = Ipv4Addr::new(198, 51, 100, 200);
    history.packet(5.0, ip_in_ip(stranger, care_of(1), &Packet::new().octets()));
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 0);
    assert!(observer.agents()[0].1.unknown_tunnels.is_empty());
}

#[test]
fn a_strangers_packet_in_a_known_tunnel_is_tunnelled_and_nobodys() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.down(5.0, care_of(1), &Packet::new().to(Ipv4Addr::new(10, 7, 7, 7)));
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 1);
    assert!(observer.flows().is_empty());
    assert_eq!(tunnels(&observer, NODE), ["1 192.0.2.1 ipip 0/0 0/0 flows 0"]);
}

/// A registration whose reply acknowledges a mobile network with this code.
fn with_network(home: Ipv4Addr, bid: u8, code: u8, prefix: [u8; 4], length: u8) -> History {
    let mut history = History::new();
    let ask = Ask::bid(bid, bid.into()).home(home);
    history.ask(0.9, &ask);
    let network = MobileNetwork::Acknowledgement {
        explicit: true,
        code: MobileNetworkCode(code),
        prefix_length: length,
        reserved: 0,
        prefix: prefix.into(),
    };
    let answer = ask.answer(0).extension(ExtensionType::MOBILE_NETWORK, 0, &Content::MobileNetwork(network));
    history.answer(1.0, &answer);
    history
}

#[test]
fn an_acknowledged_mobile_network_is_the_nodes() {
    let host = Ipv4Addr::new(172, 20, 3, 4);
    for (code, expected) in [(0, 1), (1, 0)] {
        let mut history = with_network(NODE, 1, code, [172, 20, 0, 9], 16);
        history.down(5.0, care_of(1), &Packet::new().to(host));
        history.up(6.0, care_of(1), &Packet::new().to(host).back());
        history.down(7.0, care_of(1), &Packet::new().to(Ipv4Addr::new(172, 21, 0, 1)));
        let observer = history.observe();
        assert_eq!(observer.flows().len(), expected, "{code}");
        assert_eq!(observer.tunnelled(), 3);
        let prefixes: Vec<String> =
            node(&observer, NODE).prefixes().iter().map(ToString::to_string).collect();
        assert_eq!(prefixes.len(), expected);
        if expected == 1 {
            assert_eq!(prefixes, ["172.20.0.0/16"]);
            assert_eq!(ends(&observer), ["203.0.113.10:5060 172.20.3.4:7000 17"]);
            assert_eq!(flows(&observer), ["- - per-flow [1 1/128 1/128]"]);
        }
    }
}

#[test]
fn the_longest_prefix_wins_and_a_home_address_over_it() {
    let other = Ipv4Addr::new(10, 1, 0, 2);
    let mut history = with_network(NODE, 1, 0, [10, 1, 0, 0], 16);
    let shots = with_network(other, 2, 0, [10, 1, 9, 0], 24).shots;
    for shot in shots {
        history.packet(3.0, shot.octets);
    }
    for (second, last) in [(5.0, [10, 1, 8, 8]), (6.0, [10, 1, 9, 9]), (7.0, [10, 1, 0, 2])] {
        history.down(second, care_of(1), &Packet::new().to(Ipv4Addr::from(last)));
    }
    let observer = history.observe();
    let owners: Vec<Option<Ipv4Addr>> = observer.flows().iter().map(|flow| flow.home_address).collect();
    assert_eq!(owners, [Some(NODE), Some(other), Some(other)]);
}

/// A registration whose reply grants an IPv6 prefix.
fn with_ipv6(code: u8, length: u8) -> History {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(0.9, &ask);
    let reply = DualStack::PrefixReply {
        code: Ipv6PrefixCode(code),
        prefix_length: length,
        reserved: 0,
        prefix: Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 7),
    };
    history.answer(1.0, &ask.answer(0).extension(ExtensionType::DUAL_STACK, 0, &Content::DualStack(reply)));
    history
}

fn ipv6_packet() -> Packet {
    Packet::new()
        .from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))
        .to(Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 7))
}

#[test]
fn an_ipv6_prefix_is_the_nodes() {
    for (code, length, expected) in [(0, 48, 1), (1, 64, 1), (0, 128, 1), (8, 48, 0)] {
        let mut history = with_ipv6(code, length);
        history.down(5.0, care_of(1), &ipv6_packet());
        history.packet(6.0, gre(care_of(1), HOME_AGENT, None, &ipv6_packet().back().octets()));
        let observer = history.observe();
        let expected_flows = vec!["- - per-flow [1 1/128 1/128]"; expected];
        assert_eq!(flows(&observer), expected_flows, "code {code}, length {length}");
    }
}

#[test]
fn a_tunnel_to_the_home_address_inside_the_tunnel_is_opened() {
    // HA -> care-of [ HA -> home address [ IPv6 ] ] (RFC 5454 §3.3.2), and back with encapsulating delivery.
    let mut history = with_ipv6(0, 48);
    let nested = ip_in_ip(HOME_AGENT, NODE, &ipv6_packet().octets());
    history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &nested));
    let back = ip_in_ip(NODE, HOME_AGENT, &Packet::new().back().octets());
    history.packet(6.0, ip_in_ip(care_of(1), HOME_AGENT, &back));
    let observer = history.observe();
    assert_eq!(
        ends(&observer),
        ["2001:db8::1:5060 2001:db8:5::7:7000 17", "203.0.113.10:5060 10.1.0.1:7000 17"]
    );
    assert_eq!(flows(&observer), ["- - per-flow [1 1/128 0/0]", "- - per-flow [1 0/0 1/128]"]);
}

#[test]
fn a_payload_for_a_stranger_in_a_tunnel_to_the_home_address_is_the_nodes() {
    // The payload's or the inner packet's destination (D13).
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let behind = Ipv4Addr::new(172, 30, 0, 1);
    let nested = ip_in_ip(HOME_AGENT, NODE, &Packet::new().to(behind).octets());
    history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &nested));
    let observer = history.observe();
    assert_eq!(ends(&observer), ["203.0.113.10:5060 172.30.0.1:7000 17"]);
    assert_eq!(observer.flows()[0].home_address, Some(NODE));
}

#[test]
fn another_tunnel_inside_is_the_payload_itself() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let vpn = ip_in_ip(CORRESPONDENT, NODE, &Packet::new().octets());
    history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &vpn));
    let observer = history.observe();
    assert_eq!(ends(&observer), ["203.0.113.10:- 10.1.0.1:- 4"]);
    assert_eq!(flows(&observer), ["- - per-flow [1 148/148 0/0]".replace("148/", "1/")]);
}

#[test]
fn octets_are_those_of_the_header_though_the_frame_was_cut() {
    for wrap in [ip_in_ip, minimal] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1));
        history.packet(5.0, wrap(HOME_AGENT, care_of(1), &Packet::new().length(1028).octets()));
        history.shots[2].octets.truncate(60);
        assert_eq!(flows(&history.observe()), ["- - per-flow [1 1/1028 0/0]"]);
    }
}

#[test]
fn a_tunnelled_packet_that_cannot_be_opened_counts_by_its_ends() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &[0x45, 0, 0]));
    history.packet(6.0, ip_in_ip(HOME_AGENT, care_of(2), &[0x45, 0, 0]));
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 1);
    assert_eq!(observer.agents()[0].1.unknown_tunnels[&care_of(2)].packets, 1);
    assert!(verdicts(&observer).is_empty());
}
