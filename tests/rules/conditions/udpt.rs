//! UDP tunnelling (UDPT), by itself.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use super::{says, told};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, minimal_header, udp};
use crate::scene::{Registration, Scene, short};

/// The source of BID 3's requests behind its NAT.
const BEHIND_NAT: SocketAddrV4 = SocketAddrV4::new(care_of(3), 5000);
const AGENT: SocketAddrV4 = SocketAddrV4::new(HOME_AGENT, 434);
/// D, M, G and T; and D and T.
const ALL: u8 = 0x3a;
const PLAIN: u8 = 0x22;

/// BID 3 with these flags, for a tunnel in UDP with this encapsulation; it is granted with reply code 0, declined with
/// 64. Frames 1 and 2.
fn asked(scene: &mut Scene, octet: u8, encapsulation: u8, code: u8) {
    let request = Registration { octet, source: BEHIND_NAT, ..Registration::request(3) };
    let sent = scene.send(0.0, &request.with(short(144, &[0, 0, 0, encapsulation, 0, 0])));
    scene.send(0.02, &sent.reply(0).with(short(44, &[0, code, 0, 0, 0, 110])));
}

/// Tunnel Data to this end with this header around these octets: frame 3.
fn down(scene: &mut Scene, to: SocketAddrV4, header: [u8; 4], inner: &[u8]) {
    scene.history.packet(5.0, udp(AGENT, to, &[&header, inner].concat()));
}

/// Minimal encapsulation in UDP.
fn minimal(octet: u8, encapsulation: u8) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        asked(scene, octet, encapsulation, 0);
        let inner = Packet::new().octets();
        down(scene, BEHIND_NAT, [4, 55, 0, 0], &[&minimal_header(&inner, true), &inner[20..]].concat());
    }
}

#[test]
fn minimal_encapsulation_goes_in_udp_where_it_was_asked_for() {
    assert_eq!(told("UDPT-004", minimal(ALL, 0)), [0; 0]);
    assert_eq!(told("UDPT-004", minimal(PLAIN, 55)), [0; 0]);
    assert_eq!(told("UDPT-004", minimal(PLAIN, 0)), [3]);
    assert_eq!(told("UDPT-004", minimal(ALL, 47)), [3]);
    says(
        "UDPT-004",
        "Next Header is 55, but BID 3 was registered with Encapsulation 0 and without",
        minimal(PLAIN, 0),
    );
    says(
        "UDPT-004",
        "Next Header is 55, but BID 3 was registered with Encapsulation 47 (RFC",
        minimal(ALL, 47),
    );
}

/// A header that nothing allows, where a tunnel in UDP was granted, and where it was declined (UDPT-002).
#[test]
fn the_header_of_a_tunnel_that_was_not_granted_is_another_matter() {
    let reserved = |code| {
        move |scene: &mut Scene| {
            asked(scene, PLAIN, 0, code);
            down(scene, BEHIND_NAT, [4, 4, 0, 1], &Packet::new().octets());
        }
    };
    assert_eq!((told("UDPT-004", reserved(0)), told("UDPT-002", reserved(0))), (vec![3], vec![]));
    assert_eq!((told("UDPT-004", reserved(64)), told("UDPT-002", reserved(64))), (vec![], vec![3]));
}

/// The home agent sends to a port from where nothing came (TUN-001), the node from one.
#[test]
fn a_port_is_compared_with_that_of_the_request_going_up_alone() {
    let other = SocketAddrV4::new(care_of(3), 5001);
    let to_it = |scene: &mut Scene| {
        asked(scene, PLAIN, 0, 0);
        down(scene, other, [4, 4, 0, 0], &Packet::new().octets());
    };
    assert_eq!((told("UDPT-004", to_it), told("TUN-001", to_it)), (vec![], vec![3]));
    let from_it = |scene: &mut Scene| {
        asked(scene, PLAIN, 0, 0);
        let data = [&[4, 4, 0, 0][..], &Packet::new().back().octets()].concat();
        scene.history.packet(5.0, udp(other, AGENT, &data));
    };
    assert_eq!(told("UDPT-004", from_it), [3]);
    says("UDPT-004", "from port 5001; the request for BID 3 came from port 5000", from_it);
}

/// A Registration Request for this home address, which has a binding of its own at interface 5 where it is not the
/// node's, in the tunnel of BID 3.
#[test]
fn a_registration_is_inside_its_own_tunnel_where_the_same_node_has_it() {
    let inside = |home_address: Ipv4Addr| {
        move |scene: &mut Scene| {
            asked(scene, PLAIN, 0, 0);
            if home_address != NODE {
                scene.exchange(2.0, &Registration { home_address, ..Registration::request(5) }, 0);
            }
            let mut octets = vec![0; 24];
            octets[0] = 1;
            octets[4..8].copy_from_slice(&home_address.octets());
            octets[8..12].copy_from_slice(&HOME_AGENT.octets());
            let inner = udp(SocketAddrV4::new(NODE, 9), AGENT, &octets);
            scene.history.packet(5.0, udp(BEHIND_NAT, AGENT, &[&[4, 4, 0, 0], &inner[..]].concat()));
        }
    };
    assert_eq!(told("UDPT-005", inside(NODE)), [3]);
    assert_eq!(told("UDPT-005", inside(Ipv4Addr::new(10, 1, 0, 2))), [0; 0]);
}

#[test]
fn tunnel_data_to_where_no_tunnel_ends_was_not_accepted_without_udp() {
    let to = |interface: u8| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let end = SocketAddrV4::new(care_of(interface), 434);
            down(scene, end, [4, 4, 0, 0], &Packet::new().octets());
        }
    };
    assert_eq!(told("UDPT-002", to(1)), [3]);
    assert_eq!(told("UDPT-002", to(77)), [0; 0]);
}

/// BID 3 ends 4 s later, by itself or because the node says so. Its tunnel is one in UDP and IP in IP still comes for it, or
/// the other way round.
#[test]
fn an_ended_tunnel_is_not_used_in_udp_or_without() {
    let ends = |in_udp: bool, expires: bool| {
        move |scene: &mut Scene| {
            let lifetime = if expires { 4 } else { 600 };
            let request = Registration { source: BEHIND_NAT, lifetime, ..Registration::request(3) };
            let sent = scene.send(0.0, &request.clone().with(short(144, &[0; 6])));
            let code = if in_udp { 0 } else { 64 };
            scene.send(0.02, &sent.reply(0).with(short(44, &[0, code, 0, 0, 0, 110])));
            scene.exchange(1.0, &Registration::request(1), 0);
            if !expires {
                scene.exchange(4.0, &Registration { lifetime: 0, ..request.clone() }, 0);
            }
            if in_udp {
                scene.history.down(9.0, care_of(3), &Packet::new());
            } else {
                let data = [&[4, 4, 0, 0][..], &Packet::new().octets()].concat();
                scene.history.packet(9.0, udp(AGENT, BEHIND_NAT, &data));
            }
        }
    };
    for in_udp in [true, false] {
        assert_eq!(told("TUN-002", ends(in_udp, true)), [5]);
        assert_eq!(told("TUN-003", ends(in_udp, false)), [7]);
    }
}

/// A foreign agent behind a NAT asks for a tunnel in UDP; GRE for a node in it, which registered or did not.
#[test]
fn what_a_foreign_agent_has_in_udp_may_be_of_nodes_that_were_there_before() {
    let data = |node: Ipv4Addr| {
        move |scene: &mut Scene| {
            let request = Registration { source: BEHIND_NAT, ..Registration::relayed(3) };
            let sent = scene.send(0.0, &request.with_after(short(144, &[0; 6])));
            scene.send(0.02, &sent.reply(0).with_after(short(44, &[0, 0, 0, 0, 0, 110])));
            let inner = Packet::new().to(node).octets();
            down(scene, BEHIND_NAT, [4, 47, 0, 0], &[&[0, 0, 8, 0][..], &inner].concat());
        }
    };
    assert_eq!(told("UDPT-004", data(NODE)), [3]);
    assert_eq!(told("UDPT-004", data(Ipv4Addr::new(10, 1, 0, 99))), [0; 0]);
}

#[test]
fn a_grant_from_before_the_capture_is_not_known_to_be_missing() {
    let data = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1), 0);
        down(scene, SocketAddrV4::new(care_of(1), 434), [4, 4, 0, 0], &Packet::new().octets());
    };
    assert_eq!((told("UDPT-002", data), super::told_late("UDPT-002", data)), (vec![3], vec![]));
    // Nor of a node that nothing is known of.
    let of_another = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::relayed(1), 0);
        let inner = Packet::new().to(Ipv4Addr::new(10, 1, 0, 99)).octets();
        down(scene, SocketAddrV4::new(care_of(1), 434), [4, 4, 0, 0], &inner);
    };
    assert_eq!(told("UDPT-002", of_another), [0; 0]);
}

/// A tunnel from port 5000; then a request from port 5001, which is not answered yet, and data from there.
#[test]
fn data_may_come_from_the_port_of_the_latest_request() {
    let from = |port: u16, is_asked: bool| {
        move |scene: &mut Scene| {
            asked(scene, PLAIN, 0, 0);
            if is_asked {
                let source = SocketAddrV4::new(care_of(3), 5001);
                let request = Registration { source, ..Registration::request(3) };
                scene.send(4.0, &request.with(short(144, &[0; 6])));
            }
            let data = [&[4, 4, 0, 0][..], &Packet::new().back().octets()].concat();
            scene.history.packet(5.0, udp(SocketAddrV4::new(care_of(3), port), AGENT, &data));
        }
    };
    assert_eq!(told("UDPT-004", from(5001, true)), [0; 0]);
    assert_eq!(told("UDPT-004", from(5001, false)), [3]);
    assert_eq!(told("UDPT-004", from(5002, true)), [4]);
}

/// Two nodes behind one NAT, of which the first may have a prefix; IPv6 goes to one of them: frame 5.
#[test]
fn a_prefix_is_that_of_the_node_at_this_port() {
    const PREFIX: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let to = |port: u16, has_prefix: bool| {
        move |scene: &mut Scene| {
            for (number, own_port) in [(1, 5000), (2, 5016)] {
                let home_address = Ipv4Addr::new(10, 1, 0, number);
                let source = SocketAddrV4::new(care_of(200), own_port);
                let mut request = Registration { home_address, source, ..Registration::request(number) };
                let mut granted = Vec::new();
                if number == 1 && has_prefix {
                    // RFC 5454: IPv6 prefix request and reply, /64.
                    request = request.with(short(152, &[&[1, 64], &PREFIX[..]].concat()));
                    granted.push(short(152, &[&[2, 0, 64, 0], &PREFIX[..]].concat()));
                }
                let seconds = f64::from(number);
                let sent = scene.send(seconds, &request.with(short(144, &[0; 6])));
                granted.push(short(44, &[0, 0, 0, 0, 0, 110]));
                scene.send(seconds + 0.02, &granted.into_iter().fold(sent.reply(0), Registration::with));
            }
            let inner = Packet::new().from(Ipv6Addr::LOCALHOST).to(Ipv6Addr::from([0x20; 16]));
            down(scene, SocketAddrV4::new(care_of(200), port), [4, 41, 0, 0], &inner.octets());
        }
    };
    assert_eq!(told("UDPT-004", to(5016, false)), [5]);
    assert_eq!(told("UDPT-004", to(5016, true)), [5]);
    assert_eq!(told("UDPT-004", to(5000, true)), [0; 0]);
}

/// Twenty nodes behind one NAT, and Tunnel Data of nobody's with a reserved bit in the tunnel of the last of them.
#[test]
fn a_tunnel_behind_a_nat_is_found_among_however_many() {
    let stray = |scene: &mut Scene| {
        let end = |number: u8| SocketAddrV4::new(care_of(200), 5000 + u16::from(number));
        for number in 1..=20 {
            let home_address = Ipv4Addr::new(10, 1, 0, number);
            let request = Registration { home_address, source: end(number), ..Registration::request(number) };
            let seconds = f64::from(number);
            let sent = scene.send(seconds, &request.with(short(144, &[0; 6])));
            scene.send(seconds + 0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
        }
        let inner = Packet::new().to(Ipv4Addr::new(10, 9, 9, 9));
        let data = [&[4, 4, 0, 1][..], &inner.octets()].concat();
        scene.history.packet(30.0, udp(AGENT, end(20), &data));
    };
    assert_eq!(told("UDPT-004", stray), [41]);
}

/// A foreign agent behind a NAT asks for a tunnel in UDP, or does not; the home agent grants one, and the foreign agent
/// passes the reply on to the node, as it has to where the grant is protected.
#[test]
fn what_a_foreign_agent_asked_for_itself_is_granted_to_it() {
    let relayed = |asks: bool| {
        move |scene: &mut Scene| {
            let request = Registration::relayed(1);
            let outside = scene.send(0.0, &request.to_foreign_agent());
            let mut inside = Registration { identification: outside.identification, ..request };
            if asks {
                inside = inside.with_after(short(144, &[0; 6]));
            }
            let reply = scene.send(0.02, &inside).reply(0).with(short(44, &[0, 0, 0, 0, 0, 110]));
            scene.send(0.04, &reply);
            let Registration { source, destination, .. } = outside.reply(0);
            scene.send(0.06, &Registration { source, destination, ..reply });
        }
    };
    assert_eq!(told("UDPT-002", relayed(true)), [0; 0]);
    assert_eq!(told("UDPT-002", relayed(false)), [3, 4]);
}
