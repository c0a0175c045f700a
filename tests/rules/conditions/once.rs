//! What is told once for each binding is told once for each, whichever others share its end of the tunnel.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{told, words};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, gre, ip_in_ip};
use crate::scene::{Registration, Scene, multipath, short};

/// BID 1 and a packet, then BID 2 with the same end and the packet again, and once more when BID 2 has gone: the packets
/// are frames 3, 6 and 9.
fn one_comes_and_goes(request: impl Fn(u8) -> Registration, packet: Vec<u8>) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let accepted = |scene: &mut Scene, seconds: f64, request: Registration| {
            let sent = scene.send(seconds, &request);
            let is_in_udp = request.extensions.contains(&short(144, &[0; 6]));
            let reply = sent.reply(0);
            let grant = || short(44, &[0, 0, 0, 0, 0, 110]);
            scene.send(seconds + 0.02, &if is_in_udp { reply.with(grant()) } else { reply });
        };
        accepted(scene, 0.0, request(1));
        scene.history.packet(5.0, packet.clone());
        accepted(scene, 10.0, request(2));
        scene.history.packet(15.0, packet.clone());
        accepted(scene, 20.0, Registration { lifetime: 0, ..request(2) });
        scene.history.packet(25.0, packet.clone());
    }
}

/// A packet between home agent and node in which Don't Fragment is set, and not outside.
fn with_dont_fragment() -> Vec<u8> {
    let mut octets = Packet::new().octets();
    octets[6] |= 0x40;
    octets
}

#[test]
fn a_binding_that_comes_to_the_end_of_another_is_told_by_itself() {
    let at_agent =
        |octet: u8| move |bid: u8| Registration { octet, ..Registration::relayed(1) }.with(multipath(bid));
    let behind_nat = |bid: u8| Registration {
        source: SocketAddrV4::new(care_of(200), 5000 + u16::from(bid)),
        ..Registration::request(bid).with(short(144, &[0; 6]))
    };
    let down = |encapsulated: fn(Ipv4Addr, Ipv4Addr, &[u8]) -> Vec<u8>| {
        encapsulated(HOME_AGENT, care_of(1), &Packet::new().octets())
    };
    let up = |encapsulated: fn(Ipv4Addr, Ipv4Addr, &[u8]) -> Vec<u8>| {
        encapsulated(care_of(1), HOME_AGENT, &Packet::new().back().octets())
    };
    let in_gre = |source, destination, inner: &[u8]| gre(source, destination, None, inner);
    let names_each = |rule: &str, build: &dyn Fn(&mut Scene)| {
        assert_eq!(told(rule, build), [3, 6], "{rule}");
        let words = words(rule, build);
        let (one, other) = (words[0].contains("BID 1"), words[1].contains("BID 2"));
        assert!(one && other && !words[1].contains("BID 1"), "{rule}: {words:?}");
    };
    names_each("TUN-008", &one_comes_and_goes(at_agent(0x02), down(in_gre)));
    names_each("TUN-009", &one_comes_and_goes(at_agent(0x0a), down(ip_in_ip)));
    names_each("TUN-010", &one_comes_and_goes(at_agent(0x02), up(in_gre)));
    names_each("TUN-011", &one_comes_and_goes(at_agent(0x00), up(ip_in_ip)));
    let past_udp = ip_in_ip(HOME_AGENT, care_of(200), &Packet::new().octets());
    names_each("UDPT-003", &one_comes_and_goes(behind_nat, past_udp));
    let fragile = ip_in_ip(HOME_AGENT, care_of(1), &with_dont_fragment());
    assert_eq!(told("TUN-016", one_comes_and_goes(at_agent(0x02), fragile)), [3, 6]);
}

/// Frames 5 and 8, before and after BID 1 ended.
#[test]
fn what_was_told_of_a_binding_is_not_told_again_when_it_ended() {
    let ended = |scene: &mut Scene| {
        let fragile = ip_in_ip(HOME_AGENT, care_of(1), &with_dont_fragment());
        scene.exchange(0.0, &Registration::request(1), 0);
        scene.exchange(1.0, &Registration::request(2), 0);
        scene.history.packet(5.0, fragile.clone());
        scene.exchange(10.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
        scene.history.packet(15.0, fragile);
    };
    assert_eq!(told("TUN-003", ended), [8]);
    assert_eq!(told("TUN-016", ended), [5]);
}

/// Two nodes at a foreign agent, and packets with a source that is nobody's, frames 5 and 8: before and after the first of
/// them has gone.
#[test]
fn what_was_told_of_two_nodes_is_not_told_again_of_one() {
    let strangers = |scene: &mut Scene| {
        let second = Ipv4Addr::new(10, 1, 0, 2);
        let of = |home_address| {
            Registration { octet: 0, home_address, ..Registration::relayed(1) }.with(multipath(1))
        };
        scene.exchange(0.0, &of(NODE), 0);
        scene.exchange(1.0, &of(second), 0);
        let stray = Packet::new().back().from(Ipv4Addr::new(10, 9, 9, 9));
        scene.history.up(5.0, care_of(1), &stray);
        scene.exchange(10.0, &Registration { lifetime: 0, ..of(NODE) }, 0);
        scene.history.up(15.0, care_of(1), &stray);
    };
    assert_eq!(told("TUN-012", strangers), [5, 8]);
    assert_eq!(told("TUN-011", strangers), [5]);
}
