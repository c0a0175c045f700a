//! Captures of both sides of a NAT: each packet is there twice, and its tunnel has two ends.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::table::{flows, node, tunnels};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, udp_tunnel};

/// The NAT, and the node behind it.
const PUBLIC: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 99), 50_000);
const PRIVATE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 5), 434);
const AGENT: SocketAddrV4 = SocketAddrV4::new(HOME_AGENT, 434);

/// A request of a node behind a NAT, as it leaves the NAT.
fn outside(identification: u64) -> Ask {
    Ask::bid(1, identification).at(*PRIVATE.ip()).from(PUBLIC).udp_tunnel()
}

/// It is accepted at 1 s on the outer side, and seen on the inner side, too, `inner` seconds after it was on the outer.
fn accepted(history: &mut History, ask: &Ask, inner: f64) {
    let inside = ask.between((*PRIVATE.ip(), PRIVATE.port()), (HOME_AGENT, 434));
    if inner < 0.0 {
        history.ask(0.9 + inner, &inside);
    }
    history.ask(0.9, ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    if inner > 0.0 {
        history.ask(0.9 + inner, &inside);
    }
}

/// A packet to the node and one from it, each on both sides, in the order in which they pass them.
fn data(history: &mut History, second: f64) {
    let (down, up) = (Packet::new().octets(), Packet::new().back().octets());
    for (place, end) in [PUBLIC, PRIVATE].into_iter().enumerate() {
        history.packet(second + 0.001 * place as f64, udp_tunnel(AGENT, end, &down));
    }
    for (place, end) in [PRIVATE, PUBLIC].into_iter().enumerate() {
        history.packet(second + 0.1 + 0.001 * place as f64, udp_tunnel(end, AGENT, &up));
    }
}

/// What is seen on the inner side is counted apart, decided by no rule and judged on the outer side.
#[test]
fn the_inner_side_of_a_nat_is_not_judged() {
    for inner in [-0.01, 0.25] {
        let mut history = History::new();
        accepted(&mut history, &outside(1).forward(&[1], "any"), inner);
        data(&mut history, 5.0);
        data(&mut history, 6.0);
        history.tick(20.0);
        let observer = history.observe();
        assert_eq!(flows(&observer), ["1 1 conforms [1 2/256 2/256] [- 2/256 2/256]"], "{inner}");
        let counted = "1 192.168.1.5 udp 2/256 2/256 flows 1";
        assert_eq!(tunnels(&observer, NODE), [counted, "- 192.168.1.5 udp 2/256 2/256 flows 1"], "{inner}");
        assert_eq!(node(&observer, NODE).policy().rules()[0].packets, 4, "{inner}");
    }
}

/// A packet of the node passes the inner side first; a flow without a rule has not moved from there.
#[test]
fn a_flow_that_is_seen_inside_first_has_not_moved() {
    let mut history = History::new();
    accepted(&mut history, &outside(1), -0.01);
    let up = Packet::new().back().octets();
    for (second, end) in [(5.0, PRIVATE), (5.001, PUBLIC)] {
        history.packet(second, udp_tunnel(end, AGENT, &up));
    }
    data(&mut history, 6.0);
    history.tick(20.0);
    assert_eq!(flows(&history.observe()), ["- - per-flow [- 1/128 2/256] [1 1/128 2/256]"]);
}

/// Where no request was seen on the inner side, packets there went elsewhere than they should.
#[test]
fn what_goes_to_a_care_of_address_behind_a_nat_strays() {
    let mut history = History::new();
    let ask = outside(1).forward(&[1], "any");
    history.ask(0.9, &ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    history.packet(5.0, udp_tunnel(AGENT, PRIVATE, &Packet::new().octets()));
    history.tick(20.0);
    assert_eq!(flows(&history.observe()), ["1 1 strays [- 1/128 0/0]"]);
}

/// When the NAT is gone, and the tunnel ends at the node itself, it is the node's own.
#[test]
fn a_tunnel_without_a_nat_any_more_is_judged() {
    let mut history = History::new();
    accepted(&mut history, &outside(1).forward(&[2], "any"), -0.01);
    let direct = outside(2).from(PRIVATE);
    history.ask(9.9, &direct);
    history.answer(10.0, &direct.answer(0).udp_tunnel(0));
    history.packet(15.0, udp_tunnel(AGENT, PRIVATE, &Packet::new().octets()));
    history.tick(20.0);
    // Its rule wants BID 2, which there is not.
    assert_eq!(flows(&history.observe()), ["1 - exhausted [1 1/128 0/0]"]);
}
