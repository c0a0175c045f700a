//! Whose packets they are, when addresses belong to somebody else than before or could belong to two.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::state::{Limits, Options};
use mipflow::wire::{Content, ExtensionType, MobileNetwork, MobileNetworkCode};

use crate::history::table::{flows, nodes, states, tunnels, verdict};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, care_of, gre, ip_in_ip};

const OTHER_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
const OTHER_NODE: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 1);
/// A host behind [`NODE`], or another mobile node.
const HOST: Ipv4Addr = Ipv4Addr::new(172, 20, 0, 5);

/// Each of two home agents is the foreign agent of the other's node.
#[test]
fn between_two_home_agents_a_packet_runs_the_way_in_which_it_is_somebodys() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::plain(1, 1).at(OTHER_AGENT));
    history.accepted(2.0, &Ask::plain(2, 2).home(OTHER_NODE).at(HOME_AGENT).to(OTHER_AGENT));
    // Down to one node, and up from the other, between the same two addresses.
    history.packet(3.0, ip_in_ip(HOME_AGENT, OTHER_AGENT, &Packet::new().octets()));
    for second in [4.0, 5.0] {
        let up = Packet::new().to(OTHER_NODE).back();
        history.packet(second, ip_in_ip(HOME_AGENT, OTHER_AGENT, &up.octets()));
    }
    let observer = history.observe();
    assert_eq!(tunnels(&observer, NODE), ["- 198.51.100.2 ipip 1/128 0/0 flows 1"]);
    assert_eq!(tunnels(&observer, OTHER_NODE), ["- 198.51.100.1 ipip 0/0 2/256 flows 1"]);
}

/// A packet of [`NODE`] in the tunnel of another node, and then in its own: no tunnel of its had ended.
#[test]
fn a_flow_that_comes_from_a_tunnel_of_another_node_has_not_moved() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2).home(OTHER_NODE));
    history.down(5.0, care_of(2), &Packet::new());
    history.down(7.0, care_of(1), &Packet::new());
    let observer = history.observe();
    assert_eq!(
        tunnels(&observer, NODE),
        ["1 192.0.2.1 ipip 1/128 0/0 flows 1", "- 192.0.2.2 ipip 1/128 0/0 flows 1"]
    );
    assert_eq!(verdict(&observer), "per-flow");
}

/// A care-of address that the node has, or had, is that of its binding, however packets came there before it had.
#[test]
fn what_is_late_at_a_care_of_address_carries_the_bid_that_was_there() {
    let late = |history: &mut History, second: f64| {
        history.packet(second, gre(HOME_AGENT, care_of(2), None, &Packet::new().octets()));
    };
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2).home(OTHER_NODE));
    late(&mut history, 5.0);
    history.accepted(6.0, &Ask::bid(2, 3).lifetime(10));
    late(&mut history, 10.0);
    late(&mut history, 20.0);
    assert_eq!(
        tunnels(&history.observe(), NODE),
        [
            "1 192.0.2.1 ipip 0/0 0/0 flows 0",
            "- 192.0.2.2 gre 1/128 0/0 flows 1",
            "2 192.0.2.2 ipip 2/256 0/0 flows 1"
        ]
    );
}

/// Registers a node at the care-of address that all of them share; its home agent acknowledges it this prefix.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // one Identification for each
fn register(history: &mut History, seconds: f64, home: Ipv4Addr, prefix: Option<(Ipv4Addr, u8)>) {
    let ask = Ask::plain(1, (seconds * 100.0) as u64).home(home).at(care_of(9));
    history.ask(seconds - 0.02, &ask);
    let mut answer = ask.answer(0);
    if let Some((prefix, prefix_length)) = prefix {
        let network = MobileNetwork::Acknowledgement {
            explicit: true,
            code: MobileNetworkCode(0),
            prefix_length,
            reserved: 0,
            prefix,
        };
        answer = answer.extension(ExtensionType::MOBILE_NETWORK, 0, &Content::MobileNetwork(network));
    }
    history.answer(seconds, &answer);
}

fn three_packets_to_the_host(history: &mut History, seconds: f64) {
    for later in [0.0, 0.1, 0.2] {
        history.down(seconds + later, care_of(9), &Packet::new().to(HOST));
    }
}

const NETWORK: (Ipv4Addr, u8) = (Ipv4Addr::new(172, 20, 0, 0), 16);
const SHARED: &str = "- 192.0.2.9 ipip 3/384 0/0 flows 1";

#[test]
fn a_host_behind_a_prefix_that_registers_has_its_packets_for_itself() {
    let mut history = History::new();
    register(&mut history, 1.0, NODE, Some(NETWORK));
    three_packets_to_the_host(&mut history, 2.0);
    register(&mut history, 3.0, HOST, None);
    three_packets_to_the_host(&mut history, 4.0);
    let observer = history.observe();
    assert_eq!(tunnels(&observer, NODE), [SHARED]);
    assert_eq!(tunnels(&observer, HOST), [SHARED]);
    assert_eq!(flows(&observer), ["- - per-flow [- 3/384 0/0]"; 2]);
}

#[test]
fn a_prefix_that_another_node_gets_takes_its_packets_along() {
    for prefix in [NETWORK, (Ipv4Addr::new(172, 20, 0, 0), 24)] {
        let mut history = History::new();
        register(&mut history, 1.0, NODE, Some(NETWORK));
        register(&mut history, 1.5, OTHER_NODE, None);
        three_packets_to_the_host(&mut history, 2.0);
        register(&mut history, 3.0, OTHER_NODE, Some(prefix));
        three_packets_to_the_host(&mut history, 4.0);
        let observer = history.observe();
        assert_eq!(tunnels(&observer, NODE), [SHARED], "{prefix:?}");
        assert_eq!(tunnels(&observer, OTHER_NODE), [SHARED], "{prefix:?}");
    }
}

#[test]
fn a_node_that_gets_a_name_keeps_the_prefix_that_it_was_given_last() {
    let mut history = History::new();
    register(&mut history, 1.0, NODE, Some(NETWORK));
    register(&mut history, 2.0, OTHER_NODE, Some(NETWORK));
    history.accepted(3.0, &Ask::plain(1, 3).home(OTHER_NODE).at(care_of(9)).nai("b@example.org"));
    three_packets_to_the_host(&mut history, 4.0);
    let observer = history.observe();
    assert_eq!(tunnels(&observer, OTHER_NODE), [SHARED]);
    assert_eq!(tunnels(&observer, NODE), ["- 192.0.2.9 ipip 0/0 0/0 flows 0"]);
}

/// A prefix goes from one node to the other and back, twice, and each time three packets follow.
fn to_and_fro() -> History {
    let mut history = History::new();
    register(&mut history, 1.0, OTHER_NODE, None);
    for (seconds, node) in [(2.0, NODE), (4.0, OTHER_NODE), (6.0, NODE), (8.0, OTHER_NODE), (10.0, NODE)] {
        register(&mut history, seconds, node, Some(NETWORK));
        three_packets_to_the_host(&mut history, seconds + 1.0);
    }
    history
}

#[test]
fn a_flow_whose_address_comes_back_goes_on_where_it_was() {
    let observer = to_and_fro().observe();
    assert_eq!(tunnels(&observer, NODE), ["- 192.0.2.9 ipip 9/1152 0/0 flows 1"]);
    assert_eq!(tunnels(&observer, OTHER_NODE), ["- 192.0.2.9 ipip 6/768 0/0 flows 1"]);
    assert_eq!(flows(&observer), ["- - per-flow [- 9/1152 0/0]", "- - per-flow [- 6/768 0/0]"]);
    assert_eq!(observer.evictions().flows, 0);
}

#[test]
fn flows_whose_address_went_elsewhere_make_room_for_others() {
    let limits = Limits { flows: 1, ..Limits::default() };
    let observer = to_and_fro().observe_with(Options { limits, ..Options::default() });
    // What was counted stays in its tunnel; of the flow only the last three packets are left.
    assert_eq!(tunnels(&observer, NODE), ["- 192.0.2.9 ipip 9/1152 0/0 flows 1"]);
    assert_eq!(tunnels(&observer, OTHER_NODE), ["- 192.0.2.9 ipip 6/768 0/0 flows 0"]);
    assert_eq!(flows(&observer), ["- - per-flow [- 3/384 0/0]"]);
    assert_eq!(observer.evictions().flows, 4);
}

#[test]
fn requests_that_nobody_answers_push_no_registered_node_out() {
    let home = |number: u32| Ipv4Addr::from(u32::from(NODE) + number);
    let mut history = History::new();
    for number in 0..100 {
        history.accepted(f64::from(number), &Ask::bid(1, number.into()).home(home(number)));
    }
    for number in 100..1_000 {
        history.ask(f64::from(number) / 10.0 + 100.0, &Ask::bid(1, number.into()).home(home(number)));
    }
    let limits = Limits { nodes: 101, ..Limits::default() };
    let observer = history.observe_with(Options { limits, ..Options::default() });
    let registered = (0..100).filter(|number| !states(&observer, home(*number)).is_empty()).count();
    assert_eq!((registered, nodes(&observer).len()), (100, 101));
    assert_eq!(observer.evictions().nodes, 899);
}

#[test]
fn a_multipath_extension_that_runs_past_the_end_is_no_second_one() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2));
    let ask = Ask::bid(1, 3);
    let octets = [ask.octets(), vec![154, 1, 0, 4, 4, 1]].concat();
    history.message(3.0, ask.source, ask.destination, &octets);
    history.answer(3.1, &ask.answer(0));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

/// One of many care-of addresses.
fn place(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(192, 0, 0, 0)) + number)
}

/// Registers the binding anew from one of many care-of addresses, and sends a packet there if wanted.
fn roam(history: &mut History, number: u32, packets: u32) {
    history.accepted(f64::from(number) * 2.0 + 1.0, &Ask::bid(1, number.into()).at(place(number)));
    for _ in 0..packets {
        history.down(f64::from(number) * 2.0 + 2.0, place(number), &Packet::new());
    }
}

#[test]
fn a_tunnel_without_room_is_counted_and_not_unknown() {
    let mut history = History::new();
    (0..1_024).for_each(|number| roam(&mut history, number, 0));
    roam(&mut history, 1_024, 1);
    let observer = history.observe();
    assert_eq!(observer.tunnelled(), 1);
    assert!(observer.agents().iter().all(|(_, agent)| agent.unknown_tunnels.is_empty()));
    // The tunnel of the last registration, and the packet that is in none.
    assert_eq!(observer.evictions().others, 2);
    assert!(observer.flows().is_empty());
}

#[test]
fn a_flow_is_counted_in_256_tunnels_and_in_further_ones_the_tunnels_alone() {
    let mut history = History::new();
    roam(&mut history, 0, 0);
    (1..257).for_each(|number| roam(&mut history, number, 1));
    history.down(1_000.0, place(0), &Packet::new());
    let observer = history.observe();
    let [flow] = &*observer.flows() else { panic!("one flow") };
    assert_eq!(flow.paths.len(), 256);
    assert_eq!(observer.evictions().others, 1);
    assert_eq!(tunnels(&observer, NODE)[0], "1 192.0.0.0 ipip 1/128 0/0 flows 0");
}

/// What the home agent carries to a home address is its node's; the same without that is nobody's.
#[test]
fn a_packet_is_not_a_nodes_because_one_like_it_was_carried_to_the_node() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let foreign = Packet::new().to(HOST);
    let carried = ip_in_ip(HOME_AGENT, NODE, &foreign.octets());
    history.packet(2.0, ip_in_ip(HOME_AGENT, care_of(1), &carried));
    history.down(3.0, care_of(1), &foreign);
    history.down(4.0, care_of(1), &foreign);
    let observer = history.observe();
    assert_eq!(flows(&observer), ["- - per-flow [1 1/128 0/0]"]);
    assert_eq!(observer.tunnelled(), 3);
}

/// Fragments without ports need not be of one flow: neither do they change tunnels, nor do packets after them.
#[test]
fn later_fragments_change_no_tunnels() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2));
    let whole = Packet::new().protocol(50);
    let later = Packet::new().protocol(50).later_fragment();
    for round in 0..10 {
        let seconds = 3.0 + f64::from(round);
        history.down(seconds, care_of(1), &whole);
        history.down(seconds + 0.5, care_of(2), &later);
    }
    let observer = history.observe();
    assert_eq!(flows(&observer), ["- - per-flow [1 10/1280 0/0] [2 10/1280 0/0]"]);
    assert_eq!(observer.spray_count(), 0);
}

/// They show all the same that the flow goes on elsewhere when its tunnel ended.
#[test]
fn later_fragments_move_with_their_flow() {
    for first_is_later in [false, true] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1));
        let whole = Packet::new().protocol(50);
        let later = Packet::new().protocol(50).later_fragment();
        history.down(2.0, care_of(1), if first_is_later { &later } else { &whole });
        history.accepted(3.0, &Ask::bid(2, 2).overwrite());
        history.down(4.0, care_of(2), &later);
        assert_eq!(verdict(&history.observe()), "moved", "{first_is_later}");
    }
}

/// Two bindings behind one NAT end at two of its ports. A packet without a port, which should have had one, is in the
/// tunnel of both: the rule that wants the older one is kept.
#[test]
fn a_packet_that_could_be_in_two_tunnels_is_in_the_one_that_its_rule_wants() {
    let nat = Ipv4Addr::new(203, 0, 113, 200);
    let mut history = History::new();
    for bid in [1, 2] {
        let ask = Ask::bid(bid, bid.into()).from(SocketAddrV4::new(nat, 5000 + u16::from(bid))).udp_tunnel();
        let ask = if bid == 1 { ask.forward(&[1], "any") } else { ask };
        history.ask(f64::from(bid), &ask);
        history.answer(f64::from(bid) + 0.02, &ask.answer(0).udp_tunnel(0));
    }
    history.down(10.0, nat, &Packet::new());
    history.tick(20.0);
    assert_eq!(verdict(&history.observe()), "conforms");
}

/// What de-registers names a care-of address, too; no tunnel ends there for that.
#[test]
fn a_deregistration_opens_no_tunnel() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).at(care_of(9)).lifetime(0));
    let stranger = Packet::new().to(HOST);
    history.down(3.0, care_of(9), &stranger);
    assert_eq!(history.observe().tunnelled(), 0);
    history.down(4.0, care_of(1), &stranger);
    assert_eq!(history.observe().tunnelled(), 1);
}
