//! What was not seen, and what was seen twice: neither is held against anybody.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::edges::told;
use crate::history::{HOME_AGENT, Packet, care_of, ip_in_ip, ipv4, udp_tunnel};
use crate::scene::{
    Registration, Scene, flow_binding, forward, multipath, multipath_with, short, timestamp, udp_to_port,
};
use crate::{findings, judged, must};

/// Cuts the frame added last, as a snapshot length does, so that so many octets of its UDP payload are left.
fn cut_to(scene: &mut Scene, octets: usize) {
    let shot = scene.history.shots.last_mut().unwrap();
    shot.octets.truncate(28 + octets);
}

/// The same, if it is to be cut.
pub fn cut_if(scene: &mut Scene, octets: Option<usize>) {
    if let Some(octets) = octets {
        cut_to(scene, octets);
    }
}

/// A Multipath request from behind a NAT, which says so in an extension (Type 144) right behind Multipath.
fn from_behind_a_nat(scene: &mut Scene, is_cut: bool) {
    let inside = Registration::request(1).with(short(144, &[0, 0, 0x40, 0, 0, 0]));
    scene.send(0.0, &Registration { source: SocketAddrV4::new([198, 51, 100, 77].into(), 434), ..inside });
    if is_cut {
        // The fixed part and Multipath.
        cut_to(scene, 24 + 8);
    }
    scene.wait_until(1.0);
}

#[test]
fn a_request_that_was_cut_may_have_said_why_it_comes_from_elsewhere() {
    for is_cut in [false, true] {
        assert_eq!(told("MP-024", |scene: &mut Scene| from_behind_a_nat(scene, is_cut)), [0; 0], "{is_cut}");
    }
}

/// The very same request twice, with a nonce; one of the two is cut.
fn nonce_twice(scene: &mut Scene, cut: Option<usize>) {
    let request = Registration { identification: Some(0x1234_5678_9abc_def0), ..Registration::request(1) };
    for number in 0..2 {
        scene.send(2.0 * f64::from(number), &request);
        if cut == usize::try_from(number).ok() {
            cut_to(scene, 40);
        }
    }
    scene.wait_until(5.0);
}

#[test]
fn a_request_of_which_one_copy_was_cut_is_not_another_one() {
    for cut in [None, Some(0), Some(1)] {
        assert_eq!(told("REG-013", |scene: &mut Scene| nonce_twice(scene, cut)), [0; 0], "{cut:?}");
    }
}

/// A policy, and a refresh with the same rule.
fn refreshed(scene: &mut Scene, is_cut: bool) {
    let request = Registration::request(1).with(forward(&[1], &udp_to_port(5060)));
    scene.exchange(0.0, &request, 0);
    let again = scene.send(10.0, &request);
    if is_cut {
        cut_to(scene, 24 + 8);
    }
    scene.send(10.02, &again.reply(0));
    scene.wait_until(30.0);
}

#[test]
fn a_refresh_that_was_cut_may_have_carried_its_policy() {
    for is_cut in [false, true] {
        assert_eq!(told("FB-014", |scene: &mut Scene| refreshed(scene, is_cut)), [0; 0], "{is_cut}");
    }
}

/// BID 2 is registered, the rule wants BID 1, and a packet goes to BID 2 and is captured twice. A fragment of another
/// packet may come then.
fn astray_and_copied(scene: &mut Scene, with_fragment: bool) {
    scene.exchange(0.0, &Registration::request(2), 0);
    scene.exchange(1.0, &Registration::request(1).with(forward(&[1], &udp_to_port(5060))), 0);
    let packet = Packet::new().ports(7000, 5060).octets();
    let frame = scene.history.packet(10.0, ip_in_ip(HOME_AGENT, care_of(2), &packet));
    scene.history.copy(10.000_03, frame);
    if with_fragment {
        let mut fragment = ipv4(HOME_AGENT, care_of(2), 4, &[0x5a; 64]);
        fragment[7] = 100;
        scene.history.packet(10.001, fragment);
    }
    scene.wait_until(20.0);
}

#[test]
fn a_copy_breaks_no_rule_a_second_time_whatever_follows() {
    for with_fragment in [false, true] {
        let told = told("TUN-005", |scene: &mut Scene| astray_and_copied(scene, with_fragment));
        assert_eq!(told, [5], "{with_fragment}");
    }
}

/// BIDs 1 and 2 at one care-of address, 0.1 s apart, both unanswered.
fn two_at_once(scene: &mut Scene, is_cut: bool) {
    for (bid, seconds) in [(1, 0.0), (2, 0.1)] {
        scene.send(seconds, &Registration::relayed(9).with(multipath(bid)));
        if is_cut {
            cut_to(scene, 24);
        }
    }
    scene.wait_until(1.0);
}

#[test]
fn requests_that_were_cut_may_be_for_two_bindings() {
    for is_cut in [false, true] {
        assert_eq!(told("REG-015", |scene: &mut Scene| two_at_once(scene, is_cut)), [0; 0], "{is_cut}");
    }
}

/// BID 1 is refused with 153 and registers again from another care-of address.
fn moved(scene: &mut Scene, kept: Option<usize>) {
    let rule = forward(&[7], &udp_to_port(5060));
    let refused = scene.send(0.0, &Registration::request(1).with(rule));
    if let Some(kept) = kept {
        cut_to(scene, kept);
    }
    scene.send(0.02, &refused.reply(153));
    let again = scene.send(5.0, &Registration::plain(7).with(multipath(1)));
    if let Some(kept) = kept {
        cut_to(scene, kept);
    }
    scene.send(5.02, &again.reply(0));
    scene.wait_until(100.0);
}

#[test]
fn a_request_that_was_cut_may_be_the_one_that_was_asked_for_again() {
    for kept in [None, Some(24)] {
        assert_eq!(told("EXCH-004", |scene: &mut Scene| moved(scene, kept)), [0; 0], "{kept:?}");
    }
}

/// A request of BID 1 with two rules, the second of which may be cut, and its reply.
fn two_rules(rules: [(u8, u8); 2], code: u8, is_cut: bool) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let rule = |(action, bid)| flow_binding(action, &[bid], 1, &udp_to_port(5060 + u16::from(bid)));
        let sent = scene.send(0.0, &Registration::request(1).with(rule(rules[0])).with(rule(rules[1])));
        if is_cut {
            cut_to(scene, 24 + 8 + 15);
        }
        scene.send(0.02, &sent.reply(code));
        scene.wait_until(1.0);
    }
}

#[test]
fn a_policy_that_was_cut_may_have_had_another_rule() {
    const DROP: u8 = 0;
    const FORWARD: u8 = 1;
    // Only BID 1 can be found.
    let cases = [
        ("EXCH-006", [(FORWARD, 2), (FORWARD, 1)], 0),
        ("EXCH-008", [(FORWARD, 1), (FORWARD, 2)], 153),
        ("EXCH-014", [(DROP, 255), (FORWARD, 2)], 153),
    ];
    for (rule, rules, code) in cases {
        for is_cut in [false, true] {
            assert_eq!(told(rule, two_rules(rules, code, is_cut)), [0; 0], "{rule} {is_cut}");
        }
        let first_alone = [rules[0], rules[0]];
        assert_eq!(told(rule, two_rules(first_alone, code, false)), [2], "{rule}");
    }
}

/// BID 1 is live, and BID 2 is registered with a rule for both that stands before its Multipath extension, which may be
/// cut.
fn rule_before_its_bid(scene: &mut Scene, is_cut: bool) {
    scene.exchange(0.0, &Registration::request(1), 0);
    let rule = forward(&[1, 2], &udp_to_port(5060));
    let sent = scene.send(5.0, &Registration::plain(2).with(rule.clone()).with(multipath(2)));
    if is_cut {
        cut_to(scene, 24 + rule.len());
    }
    scene.send(5.02, &sent.reply(0));
}

#[test]
fn a_request_that_was_cut_may_register_a_bid_of_its_own_policy() {
    for is_cut in [false, true] {
        let told = told("EXCH-007", |scene: &mut Scene| rule_before_its_bid(scene, is_cut));
        assert_eq!(told, [0; 0], "{is_cut}");
    }
}

/// A request to all agents (RFC 5944 §3.6.1.2) after the first reply timeout, of which 22 of the fixed part's 24 octets
/// were captured. So many seconds later two agents reply.
#[test]
fn who_replies_to_a_request_to_all_agents_that_was_cut_was_asked() {
    let asked = |before: f64| {
        move |scene: &mut Scene| {
            scene.wait_until(0.0);
            let to_all = SocketAddrV4::new([224, 0, 0, 11].into(), 434);
            let sent = scene.send(20.0, &Registration { destination: to_all, ..Registration::plain(1) });
            cut_to(scene, 22);
            for (agent, seconds) in [(1, before), (2, before + 0.02)] {
                let source = SocketAddrV4::new([198, 51, 100, agent].into(), 434);
                scene.send(20.0 + seconds, &Registration { source, ..sent.reply(136) });
            }
        }
    };
    assert_eq!(told("REG-011", asked(0.02)), [0; 0]);
    assert_eq!(told("REG-011", asked(10.1)), [3, 4]);
}

/// Exchanges, each with its code; then one that is accepted, unless it is left out, and whose request may be cut behind
/// its fixed part; then another request.
fn hidden(
    before: &[(Registration, u8)],
    hidden: Option<(&Registration, bool)>,
    then: &Registration,
) -> Scene {
    let mut scene = Scene::default();
    for (number, (request, code)) in (0u8..).zip(before) {
        scene.exchange(5.0 * f64::from(number), request, *code);
    }
    if let Some((request, is_cut)) = hidden {
        let sent = scene.send(100.0, request);
        if is_cut {
            cut_to(&mut scene, 24);
        }
        scene.send(100.02, &sent.reply(0));
    }
    scene.exchange(200.0, then, 0);
    scene
}

#[test]
fn an_accepted_request_that_was_cut_may_have_changed_the_bindings() {
    const OVERWRITE: u8 = 0x40;
    const WLAN: u8 = 4;
    let at = |interface: u8, multipath: Vec<u8>| Registration::plain(interface).with(multipath);
    let own = |bid: u8| (Registration::request(bid), 0);
    let moves = |bid: u8, interface: u8| at(interface, multipath_with(WLAN, bid, bid, OVERWRITE));
    let ends = Registration { lifetime: 0, ..Registration::plain(1) };
    let cases = [
        ("MP-014", vec![own(1)], moves(1, 9), at(9, multipath(1))),
        ("MP-015", vec![own(1)], moves(2, 2), at(1, multipath(3))),
        (
            "MP-017",
            vec![own(1)],
            at(1, multipath_with(3, 1, 1, OVERWRITE)),
            at(1, multipath_with(3, 1, 1, 0)),
        ),
        ("MP-018", vec![own(1)], moves(1, 9), Registration::plain(1)),
        ("MP-020", vec![own(1), own(2)], moves(2, 2), ends),
        (
            "EXCH-001",
            vec![(Registration::request(1), 152)],
            Registration::request(1),
            Registration::request(1),
        ),
        (
            "EXCH-002",
            vec![(Registration::request(1), 152)],
            Registration::request(1),
            Registration::request(1),
        ),
    ];
    for (rule, before, change, then) in cases {
        let told = |change: Option<(&Registration, bool)>| {
            let scene = hidden(&before, change, &then);
            let last_two = scene.history.shots.len() as u64 - 1..;
            let found = judged(&scene, true);
            let of_rule = found.iter().filter(|finding| finding.rule.id == rule);
            of_rule.filter(|finding| last_two.contains(&finding.place.frame)).count()
        };
        assert_eq!(told(None), 1, "{rule} without the change");
        assert_eq!(told(Some((&change, false))), 0, "{rule}");
        assert_eq!(told(Some((&change, true))), 0, "{rule} where the change was cut");
    }
}

/// What an agent replies to: a node that has no home address, and asks from its first interface. Behind the fixed part, with
/// the NAI, that may be cut.
fn nameless(scene: &mut Scene, is_cut: bool) -> Registration {
    let request = Registration { identification: Some(timestamp(0.0) | 7), ..named("mn@example.org", 1) };
    let sent = scene.send(0.0, &request);
    if is_cut {
        cut_to(scene, 24);
    }
    sent
}

/// A request from this interface of a node that has a NAI and no home address.
fn named(nai: &str, interface: u8) -> Registration {
    Registration {
        home_address: Ipv4Addr::UNSPECIFIED,
        ..Registration::plain(interface).with(short(131, nai.as_bytes()))
    }
}

/// Such a request, a moment later another one with the same low half of the Identification, and the reply to the first
/// one with this home address. Whoever asked last asks once more.
fn either(other: Registration, code: u8, home_address: Ipv4Addr, is_cut: bool) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let first = nameless(scene, is_cut);
        scene.send(1.0, &Registration { identification: Some(timestamp(1.0) | 7), ..other.clone() });
        // What refuses for the Identification tells the agent's time, which is an hour ahead.
        let identification = first.identification.map(|sent| sent + u64::from(code == 133) * (3600 << 32));
        let reply = Registration { home_address, identification, ..first.reply(code) };
        scene.send(1.02, &reply.with(short(131, b"mn@example.org")));
        scene.send(5.0, &other);
        scene.wait_until(6.0);
    }
}

#[test]
fn a_reply_may_answer_a_request_whose_nai_was_cut() {
    const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    let assigned = Ipv4Addr::new(10, 1, 0, 61);
    let mut wrong = Vec::new();
    for (other, code, home_address) in [
        // Another interface of the node.
        (named("mn@example.org", 2), 0, assigned),
        (named("mn@example.org", 2), 131, NONE),
        // Other nodes behind the same address.
        (Registration::plain(1), 0, assigned),
        (Registration::plain(1), 131, NONE),
        (named("other@example.org", 1), 133, NONE),
    ] {
        for is_cut in [false, true] {
            let found = findings(either(other.clone(), code, home_address, is_cut), true);
            let must = must(&found).into_iter();
            wrong.extend(must.map(|found| (other.home_address, other.source, code, is_cut, found)));
        }
    }
    assert_eq!(wrong, []);
}

/// Two mobile routers ask for the same mobile network and are given it; of the second one's reply what grants it may be
/// cut. Then a packet goes to the network through the tunnel of the second, and one comes from there.
fn routers(is_cut: bool, late: f64) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        for number in [1, 2] {
            let router = Registration {
                home_address: Ipv4Addr::new(10, 1, 0, number),
                ..Registration::request(number).with(short(148, &[0, 24, 10, 99, 0, 0]))
            };
            let sent = scene.send(f64::from(number), &router);
            scene.send(
                f64::from(number) + 0.02,
                &sent.reply(0).with(short(148, &[1, 0, 24, 0, 10, 99, 0, 0])),
            );
            if is_cut && number == 2 {
                cut_to(scene, 20);
            }
        }
        let host = Packet::new().to(Ipv4Addr::new(10, 99, 0, 7));
        scene.history.down(late, care_of(2), &host);
        scene.history.up(late, care_of(2), &host.back());
        scene.wait_until(late + 5.0);
    }
}

#[test]
fn a_packet_from_a_network_may_be_that_of_another_whose_grant_was_cut() {
    for is_cut in [false, true] {
        for rule in ["TUN-001", "TUN-004"] {
            assert_eq!(told(rule, routers(is_cut, 10.0)), [0; 0], "{rule} {is_cut}");
        }
        assert_eq!(must(&findings(routers(is_cut, 10.0), true)), [], "{is_cut}");
    }
}

/// The same through one foreign agent. The first router is there for a short time, or ends it itself.
fn routers_at_one_agent(is_cut: bool, deregisters: bool) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let router = |number: u8, lifetime: u16| Registration {
            home_address: Ipv4Addr::new(10, 1, 0, number),
            lifetime,
            ..Registration::relayed(9).with(short(148, &[0, 24, 10, 99, 0, 0]))
        };
        for (number, lifetime) in [(1, if deregisters { 600 } else { 5 }), (2, 600)] {
            let sent = scene.send(f64::from(number), &router(number, lifetime));
            let granted = short(148, &[1, 0, 24, 0, 10, 99, 0, 0]);
            scene.send(f64::from(number) + 0.02, &sent.reply(0).with(granted));
            if is_cut && number == 2 {
                cut_to(scene, 20);
            }
        }
        if deregisters {
            scene.exchange(5.0, &Registration { extensions: Vec::new(), ..router(1, 0) }, 0);
        }
        scene.history.down(10.0, care_of(9), &Packet::new().to(Ipv4Addr::new(10, 99, 0, 7)));
        scene.wait_until(15.0);
    }
}

#[test]
fn a_packet_to_where_a_binding_ended_may_be_that_of_another_whose_grant_was_cut() {
    for is_cut in [false, true] {
        for (rule, deregisters) in [("TUN-002", false), ("TUN-003", true)] {
            assert_eq!(told(rule, routers_at_one_agent(is_cut, deregisters)), [0; 0], "{rule} {is_cut}");
        }
    }
}

/// One home address at two home agents, from one interface; of the message with this number in the second exchange only so
/// much of the fixed part is left that it cannot be read. Then the second home agent sends a packet.
fn two_home_agents(cut: Option<u8>) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1), 0);
        let other = Ipv4Addr::new(198, 51, 100, 2);
        let destination = SocketAddrV4::new(other, 434);
        let request = Registration { home_agent: other, destination, ..Registration::request(1) };
        let sent = scene.send(2.5, &request);
        if cut == Some(0) {
            cut_to(scene, 22);
        }
        scene.send(2.52, &sent.reply(0));
        if cut == Some(1) {
            cut_to(scene, 12);
        }
        scene.history.packet(10.0, ip_in_ip(other, care_of(1), &Packet::new().octets()));
        scene.wait_until(15.0);
    }
}

#[test]
fn an_acceptance_that_was_cut_may_have_been_that_of_another_home_agent() {
    for cut in [None, Some(0), Some(1)] {
        assert_eq!(told("TUN-015", two_home_agents(cut)), [0; 0], "{cut:?}");
    }
}

/// A capture on a NAT: the request as it goes in, and if so as it comes from the node; then data between the home agent
/// and the node itself, as it is on the inner side.
fn on_a_nat(scene: &mut Scene, with_inner_request: bool) {
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    let inside = Registration::request(1).with(short(144, &[0; 6]));
    let mut outside = Registration {
        source: SocketAddrV4::new(care_of(9), 5001),
        identification: Some(timestamp(0.0)),
        ..inside.clone()
    };
    if with_inner_request {
        let sent = scene.send(0.0, &inside);
        outside.identification = sent.identification;
    }
    let sent = scene.send(0.001, &outside);
    scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    let down = Packet::new();
    scene.history.packet(5.0, udp_tunnel(agent, inside.source, &down.octets()));
    scene.history.packet(6.0, udp_tunnel(inside.source, agent, &down.back().octets()));
    scene.wait_until(10.0);
}

#[test]
fn the_inner_side_of_a_nat_is_no_other_end() {
    let both = |scene: &mut Scene| on_a_nat(scene, true);
    assert_eq!(told("TUN-001", both), [0; 0]);
    assert_eq!(told("TUN-004", both), [0; 0]);
    // Where no request was seen there, the home agent does not send to the NAT.
    let outer_alone = |scene: &mut Scene| on_a_nat(scene, false);
    assert_eq!(told("TUN-001", outer_alone), [3]);
    assert_eq!(told("TUN-004", outer_alone), [4]);
}

/// A node registers through a foreign agent; on one leg, if any, only so many octets are captured. Then the home agent
/// tunnels to where nothing was ever registered.
fn on_two_legs(cut: Option<(u8, usize)>) -> impl Fn(&mut Scene) {
    move |scene| {
        let request = Registration { octet: 0x02, ..Registration::request(1) };
        let Registration { identification, .. } = scene.send(0.0, &request.to_foreign_agent());
        cut.filter(|(leg, _)| *leg == 1).iter().for_each(|(_, octets)| cut_to(scene, *octets));
        let sent = scene.send(0.02, &Registration { identification, ..request });
        cut.filter(|(leg, _)| *leg == 2).iter().for_each(|(_, octets)| cut_to(scene, *octets));
        scene.send(0.04, &sent.reply(0));
        scene.history.down(5.0, care_of(77), &Packet::new());
        scene.wait_until(10.0);
    }
}

#[test]
fn what_is_whole_on_one_leg_is_known() {
    // The fixed part alone, and Multipath with a part of the authentication extension.
    for cut in [None, Some((1, 24)), Some((2, 24)), Some((1, 34)), Some((2, 34))] {
        assert_eq!(told("TUN-001", on_two_legs(cut)), [4], "{cut:?}");
    }
    // Not so where not even the fixed part was captured: it can have been another request.
    assert_eq!(told("TUN-001", on_two_legs(Some((2, 20)))), [0; 0]);
}

/// Rules that forward what goes to a port, and drop all other UDP; a packet of the first rule, of which so many octets were
/// captured, inner header included.
fn to_a_port(scene: &mut Scene, kept: Option<usize>) {
    let udp: u32 = 1 << (31 - 12);
    let drop = flow_binding(0, &[0], 1, &[&udp.to_be_bytes()[..], &[17]].concat());
    scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &udp_to_port(7000))).with(drop), 0);
    scene.history.down(5.0, care_of(1), &Packet::new().ports(5060, 7000));
    if let Some(octets) = kept {
        scene.history.shots.last_mut().unwrap().octets.truncate(20 + octets);
    }
    scene.history.down(6.0, care_of(1), &Packet::new().ports(5060, 7001));
    scene.wait_until(10.0);
}

#[test]
fn a_packet_that_was_cut_before_its_ports_may_be_that_of_a_rule_with_ports() {
    for kept in [None, Some(20), Some(22), Some(24)] {
        assert_eq!(told("TUN-007", |scene: &mut Scene| to_a_port(scene, kept)), [4], "{kept:?}");
    }
}
