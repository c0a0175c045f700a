//! Whose a packet is: nobody is charged with what nodes do that registered before the capture began, nor one path of a
//! node with what another does.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use crate::edges::told;
use crate::findings;
use crate::history::{HOME_AGENT, NODE, Packet, care_of, gre, revocation, udp_tunnel};
use crate::scene::{
    FOREIGN_HOME_KEY, KEY, Registration, Scene, flow_binding, forward, short, sign, udp_to_port,
};

/// A node that no message names.
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
/// Home agent and port of Mobile IP.
const AGENT: SocketAddrV4 = SocketAddrV4::new(HOME_AGENT, 434);

/// GRE, which was not asked for, both ways through a foreign agent.
fn gre_through_foreign_agent(scene: &mut Scene, node: Ipv4Addr) {
    scene.exchange(0.0, &Registration::relayed(1), 0);
    let down = Packet::new().to(node);
    scene.history.packet(5.0, gre(HOME_AGENT, care_of(1), None, &down.octets()));
    scene.history.packet(6.0, gre(care_of(1), HOME_AGENT, None, &down.back().octets()));
}

#[test]
fn encapsulation_is_judged_by_the_bindings_of_the_packets_own_session() {
    assert_eq!(told("TUN-008", |scene: &mut Scene| gre_through_foreign_agent(scene, NODE)), [3]);
    assert_eq!(told("TUN-010", |scene: &mut Scene| gre_through_foreign_agent(scene, NODE)), [4]);
    assert_eq!(told("TUN-008", |scene: &mut Scene| gre_through_foreign_agent(scene, OTHER)), [0; 0]);
    assert_eq!(told("TUN-010", |scene: &mut Scene| gre_through_foreign_agent(scene, OTHER)), [0; 0]);
}

/// A request behind a NAT for a tunnel in UDP, from this port, and the reply that grants it.
fn granted(scene: &mut Scene, seconds: f64, bid: u8, port: u16) -> Registration {
    let request = behind_nat(bid, port);
    let sent = scene.send(seconds, &request);
    scene.send(seconds + 0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    request
}

fn behind_nat(bid: u8, port: u16) -> Registration {
    let source = SocketAddrV4::new(care_of(9), port);
    Registration { source, ..Registration::request(bid) }.with(short(144, &[0; 6]))
}

#[test]
fn a_tunnel_in_udp_is_bypassed_by_its_own_session_only() {
    let bypass = |node: Ipv4Addr| {
        move |scene: &mut Scene| {
            granted(scene, 0.0, 1, 5001);
            scene.history.down(5.0, care_of(9), &Packet::new().to(node));
        }
    };
    assert_eq!(told("UDPT-003", bypass(NODE)), [3]);
    assert_eq!(told("UDPT-003", bypass(OTHER)), [0; 0]);
}

#[test]
fn ipv6_is_judged_where_it_can_only_be_the_nodes_own() {
    let six = || Packet::new().from(Ipv6Addr::LOCALHOST).to("2001:db8::1".parse::<Ipv6Addr>().unwrap());
    let in_gre = |request: fn(u8) -> Registration| {
        move |scene: &mut Scene| {
            // D or not, M clear, G and T set.
            let request = request(1);
            scene.exchange(0.0, &Registration { octet: request.octet | 0x08, ..request }, 0);
            scene.history.packet(5.0, gre(HOME_AGENT, care_of(1), None, &six().octets()));
        }
    };
    assert_eq!(told("TUN-021", in_gre(Registration::request)), [3]);
    assert_eq!(told("TUN-021", in_gre(Registration::relayed)), [0; 0]);
}

/// Two paths behind one address; the second, from port 5002, ends, and a packet comes from this port `after` seconds.
fn two_behind_one_address(scene: &mut Scene, port: u16, after: f64) {
    granted(scene, 0.0, 1, 5001);
    let second = granted(scene, 2.0, 2, 5002);
    scene.exchange(5.0, &Registration { lifetime: 0, ..second }, 0);
    let up = udp_tunnel(SocketAddrV4::new(care_of(9), port), AGENT, &Packet::new().back().octets());
    scene.history.packet(5.02 + after, up);
}

#[test]
fn the_port_of_another_path_is_not_a_wrong_port_of_this_one() {
    for after in [0.3, 30.0] {
        assert_eq!(told("UDPT-004", |scene: &mut Scene| two_behind_one_address(scene, 5002, after)), [0; 0]);
        assert_eq!(told("UDPT-004", |scene: &mut Scene| two_behind_one_address(scene, 5003, after)), [7]);
    }
    // The data is captured before the reply.
    let early = |scene: &mut Scene| {
        granted(scene, 0.0, 1, 5001);
        let sent = scene.send(2.0, &behind_nat(2, 5002));
        let source = SocketAddrV4::new(care_of(9), 5002);
        scene.history.packet(2.01, udp_tunnel(source, AGENT, &Packet::new().back().octets()));
        scene.send(2.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    };
    assert_eq!(told("UDPT-004", early), [0; 0]);
}

/// BID 1 with a rule that drops, BID 2 for 10 s, which ends before that; then packets around the time it would have
/// expired.
fn ended_early(scene: &mut Scene, ends: &Registration) {
    let rule = flow_binding(0, &[255], 1, &udp_to_port(7000));
    scene.exchange(0.0, &Registration::request(1).with(rule), 0);
    scene.exchange(1.0, &Registration { lifetime: 10, ..Registration::request(2) }, 0);
    scene.exchange(3.0, ends, 0);
    scene.history.down(10.5, care_of(1), &Packet::new().ports(5060, 7000));
    scene.wait_until(15.0);
}

#[test]
fn what_was_removed_does_not_expire() {
    let gone = Registration { lifetime: 0, ..Registration::request(2) };
    assert_eq!(told("TUN-007", |scene: &mut Scene| ended_early(scene, &gone)), [7]);
    // Another binding: the second one expires at 11.02, and the packet was not settled.
    let other = Registration::request(3);
    assert_eq!(told("TUN-007", |scene: &mut Scene| ended_early(scene, &other)), [0; 0]);
    let moved = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &udp_to_port(7000))), 0);
        scene.exchange(1.0, &Registration { lifetime: 10, ..Registration::request(2) }, 0);
        scene.exchange(3.0, &gone, 0);
        scene.exchange(5.0, &Registration::request(3), 0);
        scene.history.down(10.5, care_of(3), &Packet::new().ports(5060, 7000));
        scene.wait_until(15.0);
    };
    assert_eq!(told("TUN-005", moved), [9]);
}

/// A request under the NAI alone, and how it ends: with this code, and under the node's address if it is accepted.
fn by_nai(scene: &mut Scene, seconds: f64, request: Registration, code: u8) {
    let nai = || short(131, b"a@b");
    let request = Registration { home_address: Ipv4Addr::UNSPECIFIED, ..request }.with(nai());
    let sent = scene.send(seconds, &request);
    let home_address = if code == 0 { NODE } else { Ipv4Addr::UNSPECIFIED };
    scene.send(seconds + 0.02, &Registration { home_address, ..sent.reply(code) }.with(nai()));
}

/// The home agent forbids Multipath under the NAI alone; the reply that names the address too makes both one session.
#[test]
fn what_was_forbidden_under_the_nai_is_forbidden_under_the_address() {
    let forbidden = |registered: bool| {
        move |scene: &mut Scene| {
            if registered {
                scene.exchange(0.0, &Registration::plain(1), 0);
            }
            by_nai(scene, 20.0, Registration::request(1), 152);
            by_nai(scene, 25.0, Registration::plain(1), 0);
            scene.exchange(30.0, &Registration::request(1), 152);
        }
    };
    assert_eq!(told("EXCH-001", forbidden(true)), [7]);
    assert_eq!(told("EXCH-001", forbidden(false)), [5]);
    // Of the two once a session.
    assert_eq!(told("EXT-004", forbidden(true)), [3]);
}

/// A request that looks for its home agent is sent again, and the second one is answered.
#[test]
fn a_request_to_any_home_agent_is_followed_by_the_one_that_found_it() {
    let found = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration { lifetime: 60, ..Registration::plain(1) }, 0);
        let anywhere = Registration { home_agent: Ipv4Addr::BROADCAST, ..Registration::plain(1) };
        scene.send(100.0, &anywhere);
        let sent = scene.send(101.2, &anywhere);
        scene.send(101.3, &Registration { home_agent: HOME_AGENT, ..sent.reply(0) });
        scene.wait_until(130.0);
    };
    assert_eq!(told("REG-017", found), [0; 0]);
}

/// A node that looks for its home agent whenever it registers is one node, and so is another one beside it.
#[test]
fn who_looks_for_its_home_agent_again_is_the_same_node() {
    let looks = |scene: &mut Scene| {
        let searches = [Ipv4Addr::BROADCAST, Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST];
        for (number, anywhere) in searches.into_iter().cycle().take(6).enumerate() {
            let home_address = if number < 3 { NODE } else { OTHER };
            // S, D and T.
            let request = Registration { octet: 0xa2, home_agent: anywhere, ..Registration::request(1) };
            let request = Registration { home_address, ..request.with(short(200, &[])) };
            let seconds = 100.0 * f64::from(u8::try_from(number).unwrap());
            let sent = scene.send(seconds, &request);
            scene.send(seconds + 0.02, &Registration { home_agent: HOME_AGENT, ..sent.reply(0) });
        }
    };
    for rule in ["EXT-003", "EXT-004", "MP-026"] {
        assert_eq!(told(rule, looks), [1, 7], "{rule}");
    }
}

/// Who is at fault where a rule fires.
fn blamed(rule: &str, build: impl Fn(&mut Scene)) -> Vec<&'static str> {
    let found = findings(build, true);
    found.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.subject.name()).collect()
}

/// BID 1 of two expires, for which there is a rule with this list. It is told of the last reply that accepted it.
#[test]
fn an_expiry_is_the_business_of_the_home_agent_that_granted_the_time() {
    let expires = |bids: &'static [u8]| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(2), 0);
            let request = Registration { lifetime: 10, ..Registration::request(1) };
            scene.exchange(1.0, &request.with(forward(bids, &udp_to_port(5060))), 0);
            scene.wait_until(20.0);
        }
    };
    assert_eq!(blamed("FB-016", expires(&[1, 2])), ["ha"]);
    assert_eq!(blamed("FB-017", expires(&[1])), ["ha"]);
}

/// A registration, and its revocation 20 s later, signed with an extension of this type and sent by the home agent or
/// to it; nobody answers.
fn revoked(scene: &mut Scene, request: &Registration, kind: u8, by_home_agent: bool) {
    scene.exchange(0.0, request, 0);
    let mut payload = revocation(care_of(1), 5);
    if !by_home_agent {
        // A is clear.
        payload[2] = 0;
    }
    sign(&mut payload, kind, if kind == 32 { KEY } else { FOREIGN_HOME_KEY });
    scene.datagram(20.0, &if by_home_agent { request.reply(0) } else { request.clone() }, &payload);
    scene.wait_until(40.0);
}

#[test]
fn an_acknowledgement_is_owed_by_who_got_the_revocation() {
    let owed = |request: fn(u8) -> Registration, kind, by_home_agent| {
        blamed("REV-001", move |scene: &mut Scene| revoked(scene, &request(1), kind, by_home_agent))
    };
    // A node with a co-located care-of address, which shares its key with the home agent (RFC 3543 §3.3).
    assert_eq!(owed(Registration::request, 32, true), ["mn"]);
    assert_eq!(owed(Registration::relayed, 34, true), ["fa"]);
    assert_eq!(owed(Registration::relayed, 34, false), ["ha"]);
}

/// A node that is known by its NAI until it is given an address asks with Type 154. Meanwhile another one, at another home
/// agent, gets its own.
#[test]
fn what_was_found_under_a_nai_is_the_nodes_that_has_it_at_the_end() {
    let other_agent = Ipv4Addr::new(198, 51, 100, 2);
    let by_nai = |request: Registration, nai: &[u8]| {
        Registration { home_address: Ipv4Addr::UNSPECIFIED, ..request }.with(short(131, nai))
    };
    let of_other = |request: Registration| Registration {
        home_agent: other_agent,
        destination: SocketAddrV4::new(other_agent, 434),
        ..request
    };
    let found = findings(
        |scene: &mut Scene| {
            scene.send(0.0, &by_nai(Registration::request(1), b"a@b.example"));
            scene.send(1.0, &by_nai(of_other(Registration::request(2)), b"c@d.example"));
            let mut register = |seconds, request: Registration, nai: &[u8]| {
                let sent = scene.send(seconds, &request.with(short(131, nai)));
                scene.send(seconds + 0.02, &sent.reply(0).with(short(131, nai)));
            };
            let other = Registration { home_address: OTHER, ..of_other(Registration::request(2)) };
            register(2.0, other, b"c@d.example");
            register(3.0, Registration::request(1), b"a@b.example");
        },
        true,
    );
    let whose: Vec<_> = found
        .iter()
        .filter(|finding| finding.rule.id == "EXT-004")
        .map(|finding| (finding.place.frame, finding.home_address))
        .collect();
    assert_eq!(whose, [(1, Some(NODE)), (2, Some(OTHER)), (3, Some(OTHER)), (5, Some(NODE))]);
}
