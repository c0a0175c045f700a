//! Nodes with more of something than most: bindings that expire together, policies that come and go, many interfaces.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use crate::edges::told;
use crate::history::{HOME_AGENT, Packet, care_of, revocation, revocation_acknowledgement};
use crate::scene::{
    KEY, Registration, Scene, flow_binding, forward, multipath_with, short, sign, udp_to_port,
};

/// BIDs 1 to 3, which a bulk renewal lets expire together, and BID 6, which outlives them. Of three rules the first
/// falls back on BID 6, and the others are left without a binding.
fn three_at_once(scene: &mut Scene) {
    let mut first = Registration::request(1);
    for (bids, port) in [(&[1, 6][..], 5060), (&[1, 2], 5061), (&[3], 5062)] {
        first = first.with(forward(bids, &udp_to_port(port)));
    }
    scene.exchange(0.0, &first, 0);
    scene.exchange(1.0, &Registration::request(2), 0);
    scene.exchange(2.0, &Registration::request(3), 0);
    let bulk = Registration { lifetime: 10, ..Registration::plain(1) }.with(multipath_with(4, 1, 1, 0x80));
    scene.exchange(3.0, &bulk, 0);
    scene.exchange(5.0, &Registration::request(6), 0);
    scene.wait_until(20.0);
}

#[test]
fn bindings_that_expire_together_are_told_of_each_rule_once() {
    assert_eq!(told("FB-016", three_at_once), [8]);
    assert_eq!(told("FB-017", three_at_once), [8, 8]);
}

/// A rule for BID 1 is left without a binding; the last binding is revoked, and with it the policy ends. Another one
/// comes with the same rule, which is left without a binding, too.
fn revoked_and_again(scene: &mut Scene) {
    let rule = || forward(&[1], &udp_to_port(5060));
    let over = |bid| Registration { lifetime: 0, ..Registration::request(bid) };
    scene.exchange(0.0, &Registration::request(1).with(rule()), 0);
    scene.exchange(1.0, &Registration::request(2), 0);
    scene.exchange(2.0, &over(1), 0);
    let mut sent = revocation(care_of(2), 5);
    sign(&mut sent, 32, KEY);
    scene.datagram(3.0, &Registration::plain(2).reply(0), &sent);
    let mut received = revocation_acknowledgement(5);
    sign(&mut received, 32, KEY);
    scene.datagram(3.1, &Registration::plain(2), &received);
    scene.exchange(5.0, &Registration::request(2).with(rule()), 0);
    scene.exchange(6.0, &Registration::request(3), 0);
    scene.exchange(7.0, &over(3), 0);
    scene.wait_until(10.0);
}

#[test]
fn a_rule_is_told_of_again_after_its_policy_was_revoked() {
    assert_eq!(told("FB-017", revoked_and_again), [6, 14]);
}

/// BID 1 is given an IPv6 prefix; so many more interfaces come after it. The last of them refreshes its binding with a
/// rule for IPv6, and then BID 1 de-registers.
fn prefix_before(scene: &mut Scene, interfaces: u8) {
    let prefix = "2001:db8:1::".parse::<Ipv6Addr>().unwrap().octets();
    let sent = scene.send(0.0, &Registration::request(1).with(short(152, &[&[1, 64][..], &prefix].concat())));
    scene.send(0.02, &sent.reply(0).with(short(152, &[&[2, 0, 64, 0][..], &prefix].concat())));
    for bid in 2..=interfaces {
        scene.exchange(f64::from(bid), &Registration::request(bid), 0);
    }
    let rule = || flow_binding(1, &[1], 2, &[0, 2, 0, 0, 17]);
    scene.exchange(300.0, &Registration::request(interfaces).with(rule()), 0);
    scene.exchange(310.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
    scene.exchange(320.0, &Registration::request(interfaces).with(rule()), 0);
}

#[test]
fn a_prefix_is_known_as_long_as_its_binding_lives() {
    // Two frames for each interface, then the exchange with the rule, the end of BID 1, and the rule again.
    assert_eq!(told("FB-010", |scene: &mut Scene| prefix_before(scene, 3)), [11]);
    assert_eq!(told("FB-010", |scene: &mut Scene| prefix_before(scene, 70)), [145]);
    assert_eq!(told("FB-010", |scene: &mut Scene| prefix_before(scene, 254)), [513]);
}

/// A binding is revoked with an identifier; an acknowledgement of it goes to this address; the binding is made again and
/// revoked with the same identifier.
fn revoked_twice(scene: &mut Scene, acknowledged_to: Ipv4Addr) {
    let revoke = |scene: &mut Scene, seconds: f64| {
        let mut payload = revocation(care_of(1), 5);
        sign(&mut payload, 32, KEY);
        scene.datagram(seconds, &Registration::plain(1).reply(0), &payload);
    };
    scene.exchange(0.0, &Registration::request(1), 0);
    revoke(scene, 20.0);
    let destination = SocketAddrV4::new(acknowledged_to, 434);
    let like = Registration { destination, ..Registration::plain(1) };
    scene.datagram(21.0, &like, &revocation_acknowledgement(5));
    scene.exchange(40.0, &Registration::request(1), 0);
    revoke(scene, 60.0);
    scene.wait_until(65.0);
}

#[test]
fn an_acknowledgement_is_of_what_its_receiver_sent() {
    let elsewhere = Ipv4Addr::new(198, 51, 100, 2);
    assert_eq!(told("REV-002", |scene: &mut Scene| revoked_twice(scene, HOME_AGENT)), [0; 0]);
    assert_eq!(told("REV-002", |scene: &mut Scene| revoked_twice(scene, elsewhere)), [7]);
}

/// So many nodes of a network at one foreign agent, one after another from a time on, each for so long.
fn at_one_agent(scene: &mut Scene, from: f64, count: u16, lifetime: u16, network: u8) {
    for number in 0..count {
        let [high, low] = number.to_be_bytes();
        let home_address = Ipv4Addr::new(10, network, high, low);
        let request = Registration { lifetime, home_address, ..Registration::relayed(1) };
        scene.exchange(from + f64::from(number) / 10.0, &request, 0);
    }
}

#[test]
fn nodes_at_an_agent_are_known_again_after_a_crowd_has_gone() {
    let crowd = |scene: &mut Scene, lifetime: u16| {
        // More at the same time than are remembered, and some later; nobody asked for the broadcast.
        at_one_agent(scene, 0.0, 1_100, lifetime, 2);
        at_one_agent(scene, 1_000.0, 100, 600, 1);
        scene.history.down(1_200.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
    };
    assert_eq!(told("TUN-014", |scene: &mut Scene| crowd(scene, 600)), [2_401]);
    assert_eq!(told("TUN-014", |scene: &mut Scene| crowd(scene, 3_600)), [0; 0]);
}

/// One of many mobile networks, from 10.100.0.0/24 on.
fn network(number: u16) -> [u8; 4] {
    let [high, low] = number.to_be_bytes();
    [10, 100 + high, low, 0]
}

/// A node is given so many mobile networks, 10.100.0.0/24 and on, ten in each exchange; then a packet from the last one
/// and one to it.
fn last_of_networks(scene: &mut Scene, networks: u16) {
    let numbers: Vec<u16> = (0..networks).collect();
    for (seconds, ten) in (0..).zip(numbers.chunks(10)) {
        let of = |start: &'static [u8]| {
            ten.iter().map(move |&number| short(148, &[start, &network(number)].concat()))
        };
        let request = of(&[0, 24]).fold(Registration::request(1), Registration::with);
        let sent = scene.send(f64::from(seconds), &request);
        let reply = of(&[1, 0, 24, 0]).fold(sent.reply(0), Registration::with);
        scene.send(f64::from(seconds) + 0.02, &reply);
    }
    let host = Ipv4Addr::from(u32::from_be_bytes(network(networks - 1)) + 5);
    scene.history.up(100.0, care_of(1), &Packet::new().to(host).back());
    scene.history.down(101.0, care_of(1), &Packet::new().to(host));
}

#[test]
fn packets_of_a_network_that_found_no_room_are_nobodys_fault() {
    // 256 are remembered; 253 and on are given in exchange 26.
    for networks in [256, 257, 300] {
        assert_eq!(told("TUN-012", |scene: &mut Scene| last_of_networks(scene, networks)), [0; 0]);
        assert_eq!(told("TUN-013", |scene: &mut Scene| last_of_networks(scene, networks)), [0; 0]);
    }
}

/// So many nodes are given one mobile network, one after the other; then a packet comes from the first of them.
fn one_network_of_many(scene: &mut Scene, nodes: u8) {
    let network = [10, 100, 0, 0];
    for number in 1..=nodes {
        let home_address = Ipv4Addr::new(10, 1, 0, number);
        let request = Registration { home_address, ..Registration::request(number) };
        let sent = scene.send(number.into(), &request.with(short(148, &[&[0, 24][..], &network].concat())));
        let reply = sent.reply(0).with(short(148, &[&[1, 0, 24, 0][..], &network].concat()));
        scene.send(f64::from(number) + 0.02, &reply);
    }
    scene.history.up(100.0, care_of(1), &Packet::new().to(Ipv4Addr::new(10, 100, 0, 5)).back());
}

#[test]
fn a_network_that_many_nodes_have_stays_the_first_ones() {
    // The last four are remembered.
    for nodes in [4, 5, 9] {
        assert_eq!(told("TUN-012", |scene: &mut Scene| one_network_of_many(scene, nodes)), [0; 0]);
    }
}

/// A node that is given so many mobile networks asks for a rule with this destination.
fn rule_for(scene: &mut Scene, networks: u16, destination: [u8; 4]) {
    last_of_networks(scene, networks);
    // C, the start of the destination.
    let selector = [&(1u32 << (31 - 2)).to_be_bytes()[..], &destination].concat();
    scene.exchange(110.0, &Registration::request(1).with(forward(&[1], &selector)), 0);
}

#[test]
fn a_rule_for_a_network_that_found_no_room_is_not_for_a_stranger() {
    for networks in [255, 256, 257, 300] {
        let own = |scene: &mut Scene| rule_for(scene, networks, network(networks - 1));
        assert_eq!(told("TS-011", own), [0; 0], "{networks}");
    }
    // Of 255 networks, in two frames for each ten, and after two packets; this is none of them.
    assert_eq!(told("TS-011", |scene: &mut Scene| rule_for(scene, 255, network(255))), [55]);
}

/// So many bindings of a node without a BID, one beside the other, the first at the care-of address of another node, too.
fn beside_each_other(scene: &mut Scene, bindings: u8) {
    let other = Registration { home_address: Ipv4Addr::new(10, 1, 0, 9), ..Registration::plain(1) };
    scene.exchange(0.0, &other, 0);
    for interface in 1..=bindings {
        // S, D and T.
        let beside = Registration { octet: 0xa2, ..Registration::plain(interface) };
        scene.exchange(f64::from(interface), &beside, 0);
    }
}

/// What is found of a packet of the node from a care-of address, after so many bindings, and of one after a registration
/// that replaces all of them.
fn from_one_of(rule: &str, bindings: u8, interface: u8) -> Vec<u64> {
    told(rule, |scene: &mut Scene| {
        beside_each_other(scene, bindings);
        scene.history.up(100.0, care_of(interface), &Packet::new().back());
        scene.exchange(110.0, &Registration::plain(100), 0);
        scene.history.up(120.0, care_of(interface), &Packet::new().back());
        scene.wait_until(125.0);
    })
}

#[test]
fn a_binding_that_found_no_room_may_be_where_a_packet_comes_from() {
    // Two frames of the other node and two for each binding, the packet, and two frames before the next packet.
    assert_eq!(from_one_of("TUN-004", 64, 1), [134]);
    assert_eq!(from_one_of("TUN-004", 64, 70), [131, 134]);
    assert_eq!(from_one_of("TUN-004", 65, 1), [136]);
    assert_eq!(from_one_of("TUN-012", 64, 1), [134]);
    assert_eq!(from_one_of("TUN-012", 65, 1), [136]);
}

/// A home agent that gives up all its nodes at once is answered by all.
#[test]
fn many_revocations_are_all_acknowledged() {
    const COUNT: u16 = 9000;
    let all = |scene: &mut Scene| {
        let agent = Registration::plain(1).reply(0);
        for (second, is_answer) in [(1.0, false), (2.0, true)] {
            for number in 0..COUNT {
                let [high, low] = number.to_be_bytes();
                let mut payload =
                    if is_answer { revocation_acknowledgement(5) } else { revocation(care_of(1), 5) };
                payload[4..8].copy_from_slice(&[10, 2, high, low]);
                sign(&mut payload, 32, KEY);
                let like = if is_answer { Registration::plain(1) } else { agent.clone() };
                scene.datagram(second + f64::from(number) / 20_000.0, &like, &payload);
            }
        }
        scene.wait_until(20.0);
    };
    assert_eq!(told("REV-001", all), [0; 0]);
}
