//! Tunnels in UDP, through a NAT: where they end, and what the NAT does to that.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::state::Verdict;

use crate::history::table::{node, tunnels};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, udp_tunnel};

/// A node behind a NAT with the public address 203.0.113.99, and its care-of address behind it.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 99);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);

fn behind_nat(identification: u64, port: u16) -> Ask {
    Ask::bid(1, identification).at(PRIVATE).from(SocketAddrV4::new(PUBLIC, port)).udp_tunnel()
}

fn through_nat(port: u16, up: bool) -> Vec<u8> {
    let (agent, far_end) = (SocketAddrV4::new(HOME_AGENT, 434), SocketAddrV4::new(PUBLIC, port));
    let packet = Packet::new();
    if up {
        udp_tunnel(far_end, agent, &packet.back().octets())
    } else {
        udp_tunnel(agent, far_end, &packet.octets())
    }
}

#[test]
fn udp_ends_where_the_request_came_from() {
    let mut history = History::new();
    let ask = behind_nat(1, 50000);
    history.ask(0.9, &ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    history.packet(5.0, through_nat(50000, false));
    history.packet(6.0, through_nat(50000, true));
    let observer = history.observe();
    assert_eq!(tunnels(&observer, NODE), ["1 192.168.1.5 udp 1/128 1/128 flows 1"]);
    let far_end = node(&observer, NODE).tunnels()[0].far_end;
    assert_eq!((far_end.address, far_end.port), (PUBLIC, Some(50000)));
}

#[test]
fn another_udp_port_is_another_end() {
    let mut history = History::new();
    let ask = behind_nat(1, 61_000).forward(&[1], "any");
    history.ask(0.9, &ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    for port in [61_000, 61_009] {
        history.packet(15.0, through_nat(port, false));
    }
    history.tick(20.0);
    let observer = history.observe();
    assert_eq!(tunnels(&observer, NODE), ["1 192.168.1.5 udp 1/128 0/0 flows 1"]);
    assert_eq!(observer.flows()[0].verdict, Verdict::Conforms);
    let (_, traffic) = &observer.agents()[0];
    assert_eq!(traffic.unknown_tunnels[&PUBLIC].packets, 1);
}

#[test]
fn udp_that_is_declined_is_no_tunnel_in_udp() {
    for (code, expected) in [(63, "udp"), (64, "ipip"), (255, "ipip")] {
        let mut history = History::new();
        let ask = behind_nat(1, 50000);
        history.ask(0.9, &ask);
        history.answer(1.0, &ask.answer(0).udp_tunnel(code));
        assert_eq!(node(&history.observe(), NODE).bindings()[0].encapsulation().name(), expected, "{code}");
    }
}

/// Granted, its data goes to the NAT; declined, to the care-of address, wherever the request came from.
#[test]
fn a_tunnel_that_is_not_in_udp_ends_at_the_care_of_address() {
    for (code, counts) in [(0, "udp 1/128 0/0 flows 1"), (64, "ipip 2/256 0/0 flows 1")] {
        let mut history = History::new();
        let ask = behind_nat(1, 50000);
        history.ask(0.9, &ask);
        history.answer(1.0, &ask.answer(0).udp_tunnel(code));
        history.packet(5.0, through_nat(50000, false));
        for second in [6.0, 7.0].into_iter().filter(|_| code == 64) {
            history.down(second, PRIVATE, &Packet::new());
        }
        let observer = history.observe();
        assert_eq!(tunnels(&observer, NODE), [format!("1 192.168.1.5 {counts}")]);
        let far_end = node(&observer, NODE).bindings()[0].far_end;
        let expected = if code == 0 { (PUBLIC, Some(50000)) } else { (PRIVATE, None) };
        assert_eq!((far_end.address, far_end.port), expected);
    }
}

#[test]
fn the_home_agents_side_of_the_nat_counts() {
    // The capture point sees the request on both sides, the outside first.
    for inside_first in [false, true] {
        let mut history = History::new();
        let outside = behind_nat(1, 50000);
        let inside = outside.between((PRIVATE, 434), (HOME_AGENT, 434));
        let legs = if inside_first { [&inside, &outside] } else { [&outside, &inside] };
        history.ask(0.8, legs[0]);
        history.ask(0.9, legs[1]);
        history.answer(1.0, &outside.answer(0).udp_tunnel(0));
        history.packet(5.0, through_nat(50000, false));
        let observer = history.observe();
        assert_eq!(node(&observer, NODE).tunnels()[0].far_end.address, PUBLIC);
        assert_eq!(tunnels(&observer, NODE), ["1 192.168.1.5 udp 1/128 0/0 flows 1"]);
    }
}

#[test]
fn a_nat_that_maps_anew_moves_the_end_of_the_tunnel() {
    let elsewhere = Ipv4Addr::new(203, 0, 113, 77);
    let mut history = History::new();
    let ask = behind_nat(1, 50000);
    history.ask(0.9, &ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    history.packet(5.0, through_nat(50000, false));
    let moved = behind_nat(2, 50001).from(SocketAddrV4::new(elsewhere, 50001));
    history.ask(9.9, &moved);
    history.answer(10.0, &moved.answer(0).udp_tunnel(0));
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    history.packet(15.0, udp_tunnel(agent, SocketAddrV4::new(elsewhere, 50001), &Packet::new().octets()));
    history.packet(16.0, through_nat(50000, false)); // the old one is still known
    assert_eq!(tunnels(&history.observe(), NODE), ["1 192.168.1.5 udp 3/384 0/0 flows 1"]);
}

#[test]
fn two_bindings_behind_one_nat_are_told_apart_by_port() {
    let mut history = History::new();
    for (bid, port) in [(1, 50001), (2, 50002)] {
        let ask = Ask::bid(bid, bid.into())
            .at(Ipv4Addr::new(192, 168, 1, bid))
            .from(SocketAddrV4::new(PUBLIC, port))
            .udp_tunnel();
        history.ask(0.9, &ask);
        history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    }
    history.packet(5.0, through_nat(50001, false));
    history.packet(6.0, through_nat(50002, false));
    history.packet(7.0, through_nat(50002, true));
    assert_eq!(
        tunnels(&history.observe(), NODE),
        ["1 192.168.1.1 udp 1/128 0/0 flows 1", "2 192.168.1.2 udp 1/128 1/128 flows 1"]
    );
}

/// What a NAT forwards at a port is of the binding that had the port last.
#[test]
fn a_port_of_a_nat_that_two_bindings_had_counts_in_the_one_that_had_it_last() {
    let ask = |bid: u8, identification: u64, port: u16| {
        let private = Ipv4Addr::new(192, 168, 1, bid);
        Ask::bid(bid, identification).at(private).from(SocketAddrV4::new(PUBLIC, port)).udp_tunnel()
    };
    let mut history = History::new();
    let accepted = |history: &mut History, second: f64, ask: Ask| {
        history.ask(second - 0.02, &ask);
        history.answer(second, &ask.answer(0).udp_tunnel(0));
    };
    accepted(&mut history, 1.0, ask(1, 1, 50_000));
    accepted(&mut history, 3.0, ask(1, 2, 50_000).lifetime(0));
    accepted(&mut history, 5.0, ask(2, 3, 50_000));
    accepted(&mut history, 7.0, ask(2, 4, 50_001)); // the NAT maps it anew
    history.packet(8.5, through_nat(50_000, false));
    let two = ["1 192.168.1.1 udp 0/0 0/0 flows 0", "2 192.168.1.2 udp 1/128 0/0 flows 1"];
    assert_eq!(tunnels(&history.observe(), NODE), two);
    // The first one has it again, and after that it is the last one that had it.
    accepted(&mut history, 10.0, ask(1, 5, 50_000));
    accepted(&mut history, 12.0, ask(1, 6, 50_000).lifetime(0));
    history.packet(13.5, through_nat(50_000, false));
    let both = ["1 192.168.1.1 udp 1/128 0/0 flows 1", "2 192.168.1.2 udp 1/128 0/0 flows 1"];
    assert_eq!(tunnels(&history.observe(), NODE), both);
}
