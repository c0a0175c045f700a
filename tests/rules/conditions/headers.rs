//! The headers of tunnels (TUN), by themselves.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use super::{says, told};
use crate::history::{HOME_AGENT, NODE, Packet, care_of, ip_in_ip, ipv4, minimal_header, moment, udp};
use crate::scene::{Registration, Scene};

/// D and T; G; M.
const PLAIN: u8 = 0x22;
const GRE: u8 = 0x08;
const MINIMAL: u8 = 0x10;

/// BID 1 with these flags beside D and T: frames 1 and 2.
fn bid_1(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration { octet: PLAIN | flags, ..Registration::request(1) }, 0);
}

#[test]
fn the_encapsulation_that_was_asked_for_is_named() {
    let with = |flags| {
        move |scene: &mut Scene| {
            bid_1(scene, flags);
            scene.history.down(5.0, care_of(1), &Packet::new());
        }
    };
    says("TUN-009", "BID 1 was registered with G = 1;", with(GRE));
    says("TUN-009", "BID 1 was registered with M = 1;", with(MINIMAL));
    says("TUN-009", "BID 1 was registered with G = 1;", with(GRE | MINIMAL));
    assert_eq!(told("TUN-009", with(0)), [0; 0]);
    let two = |scene: &mut Scene| {
        let beside = Registration { octet: PLAIN | GRE, ..Registration::request(2) };
        bid_1(scene, GRE);
        scene.exchange(2.0, &Registration { care_of_address: care_of(1), ..beside }, 0);
        scene.history.down(5.0, care_of(1), &Packet::new());
    };
    says("TUN-009", "but BID 1 and BID 2 were registered with G = 1;", two);
}

#[test]
fn an_ipv6_packet_has_a_hop_limit() {
    let six = Packet::new().from(Ipv6Addr::LOCALHOST).to(Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 1));
    let ending = |hops| {
        let mut octets = six.octets();
        octets[7] = hops;
        move |scene: &mut Scene| {
            bid_1(scene, 0);
            scene.history.packet(5.0, ipv4(HOME_AGENT, care_of(1), 41, &octets));
        }
    };
    says("TUN-017", "Inner Hop Limit is 0 to 192.0.2.1;", ending(0));
    assert_eq!(told("TUN-017", ending(1)), [0; 0]);
    let four = |scene: &mut Scene| {
        bid_1(scene, 0);
        let mut octets = Packet::new().octets();
        octets[8] = 0;
        scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &octets));
    };
    says("TUN-017", "Inner TTL is 0 to 192.0.2.1;", four);
}

/// What is inside the tunnel of BID 1, from its home agent to it once more, in this protocol.
#[test]
fn a_tunnel_within_itself_is_one_of_three_kinds() {
    let inside = |protocol, from: Ipv4Addr| {
        move |scene: &mut Scene| {
            bid_1(scene, 0);
            let node = Packet::new().octets();
            let payload = match protocol {
                4 => node.clone(),
                47 => [&[0, 0, 8, 0][..], &node].concat(),
                55 => [&minimal_header(&node, true), &node[20..]].concat(),
                41 => Packet::new().from(Ipv6Addr::LOCALHOST).to(Ipv6Addr::LOCALHOST).octets(),
                _ => {
                    let (agent, end) =
                        (SocketAddrV4::new(HOME_AGENT, 434), SocketAddrV4::new(care_of(1), 434));
                    udp(agent, end, &[&[4, 4, 0, 0][..], &node].concat())[20..].to_vec()
                }
            };
            let again = ipv4(from, care_of(1), protocol, &payload);
            scene.history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &again));
        }
    };
    for (protocol, at) in [(4, &[3][..]), (47, &[3]), (55, &[3]), (41, &[]), (17, &[])] {
        assert_eq!(told("TUN-019", inside(protocol, HOME_AGENT)), at, "{protocol}");
        assert_eq!(told("TUN-019", inside(protocol, NODE)), [0; 0], "{protocol}");
    }
}

/// A GRE packet down the tunnel of BID 1 with this header before the inner packet; its checksum is that of the header
/// and what follows, where it has one.
fn in_gre(header: &[u8], inner: &[u8]) -> impl Fn(&mut Scene) + use<> {
    let mut payload = [header, inner].concat();
    if header[0] & 0x80 != 0 {
        let mut sum: u32 =
            payload.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        payload[4..6].copy_from_slice(&(!u16::try_from(sum).unwrap()).to_be_bytes());
    }
    move |scene: &mut Scene| {
        bid_1(scene, GRE);
        scene.history.packet(5.0, ipv4(HOME_AGENT, care_of(1), 47, &payload));
    }
}

#[test]
fn a_gre_header_may_have_a_checksum_that_is_right() {
    let inner = Packet::new().octets();
    assert_eq!(told("TUN-020", in_gre(&[0x80, 0, 8, 0, 0, 0, 0, 0], &inner)), [0; 0]);
    says("TUN-020", "GRE Reserved1 is 0x0007;", in_gre(&[0x80, 0, 8, 0, 0, 0, 0, 7], &inner));
    // Without a checksum these four octets are a key.
    assert_eq!(told("TUN-020", in_gre(&[0x20, 0, 8, 0, 0, 0, 0, 7], &inner)), [0; 0]);
}

#[test]
fn what_gre_says_of_its_payload_is_what_that_begins_with() {
    let payload = |nibble: u8| {
        let mut inner = Packet::new().octets();
        inner[0] = nibble << 4 | 5;
        inner
    };
    let header = |kind: u16| [&[0, 0][..], &kind.to_be_bytes()].concat();
    let cases = [
        (0x0800, 4, false),
        (0x0800, 6, true),
        (0x0800, 7, true),
        (0x86dd, 4, true),
        (0x86dd, 7, true),
        (0x88be, 4, true),
        (0x88be, 6, true),
        (0x88be, 5, false),
        (0x88be, 7, false),
    ];
    for (kind, nibble, is_wrong) in cases {
        let built = in_gre(&header(kind), &payload(nibble));
        // What is no packet is nobody's: the tunnel's end tells whose it is.
        let told = told("TUN-021", built);
        assert_eq!(told, if is_wrong { vec![3] } else { vec![] }, "{kind:#06x} before {nibble:x}");
    }
}

/// A later fragment that begins with what looks like a minimal forwarding header, for this destination.
#[test]
fn a_later_fragment_has_a_forwarding_header_where_it_is_the_nodes() {
    let fragment = |destination: Ipv4Addr| {
        move |scene: &mut Scene| {
            bid_1(scene, MINIMAL);
            let inner = Packet::new().to(destination).octets();
            let mut packet =
                ipv4(HOME_AGENT, care_of(1), 55, &[&minimal_header(&inner, true), &inner[20..]].concat());
            packet[7] = 9;
            scene.history.packet(5.0, packet);
        }
    };
    assert_eq!(told("TUN-023", fragment(NODE)), [3]);
    assert_eq!(told("TUN-023", fragment(Ipv4Addr::new(10, 1, 0, 2))), [0; 0]);
}

/// The same of one that completes a datagram: it is a fragment for all that, and the datagram is another thing.
#[test]
fn a_last_fragment_has_a_forwarding_header_where_it_completes_a_datagram() {
    let fragments = |last: bool| {
        move |scene: &mut Scene| {
            bid_1(scene, MINIMAL);
            let inner = Packet::new().to(NODE).octets();
            let header = minimal_header(&inner, true);
            // 12 octets of the header, and 12 of the payload.
            let first = [&header[..], &inner[20..32]].concat();
            let rest = if last { [&header[..], &inner[32..]].concat() } else { inner[32..].to_vec() };
            let mut begins = ipv4(HOME_AGENT, care_of(1), 55, &first);
            begins[6] = 0x20;
            let mut ends = ipv4(HOME_AGENT, care_of(1), 55, &rest);
            ends[7] = 24 / 8;
            // Both with one Identification.
            scene.history.raw(moment(5.0), begins);
            scene.history.raw(moment(5.1), ends);
        }
    };
    assert_eq!(told("TUN-023", fragments(true)), [4]);
    assert_eq!(told("TUN-023", fragments(false)), [0; 0]);
}

/// GRE with routing (bit 1), whose entries stand before the payload: of that only the bit is said (TUN-020).
#[test]
fn what_stands_behind_routing_entries_is_not_taken_for_a_payload() {
    let routed = || in_gre(&[0x40, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], &Packet::new().octets());
    assert_eq!((told("TUN-020", routed()), told("TUN-021", routed())), (vec![3], vec![]));
}

#[test]
fn an_encapsulation_that_was_not_asked_for_is_named() {
    let inner = Packet::new().octets();
    let with = |protocol, payload: Vec<u8>| {
        move |scene: &mut Scene| {
            bid_1(scene, 0);
            scene.history.packet(5.0, ipv4(HOME_AGENT, care_of(1), protocol, &payload));
        }
    };
    let minimal = [&minimal_header(&inner, true), &inner[20..]].concat();
    says("TUN-008", "minimal encapsulation (protocol 55) to 192.0.2.1", with(55, minimal));
    says("TUN-008", "GRE (protocol 47) to 192.0.2.1", with(47, [&[0, 0, 8, 0][..], &inner].concat()));
}

/// BIDs 1 and 2 through one foreign agent, the second registered at this time, and keys 1 and 2 in its tunnel at 5 s and
/// 9 s.
#[test]
fn a_key_that_changes_has_changed_for_each_binding_at_the_end_of_the_tunnel() {
    let keyed = |second: f64| {
        move |scene: &mut Scene| {
            let through = |bid: u8| {
                let request = Registration::relayed(1).with(crate::scene::multipath(bid));
                Registration { octet: 0x02 | GRE, ..request }
            };
            let key = |scene: &mut Scene, seconds, key| {
                let packet = crate::history::gre(HOME_AGENT, care_of(1), Some(key), &Packet::new().octets());
                scene.history.packet(seconds, packet);
            };
            scene.exchange(0.0, &through(1), 0);
            if second < 5.0 {
                scene.exchange(second, &through(2), 0);
            }
            key(scene, 5.0, 1);
            if second > 5.0 {
                scene.exchange(second, &through(2), 0);
            }
            key(scene, 9.0, 2);
        }
    };
    assert_eq!(told("TUN-022", keyed(2.0)), [6]);
    assert_eq!(told("TUN-022", keyed(7.0)), [0; 0]);
}

/// So many IP headers around each other in minimal encapsulation, which adds none.
#[test]
fn minimal_encapsulation_adds_no_header_to_the_stack() {
    let stacked = |count: u8| {
        move |scene: &mut Scene| {
            bid_1(scene, MINIMAL);
            let mut inner = Packet::new().octets();
            for index in 1..count {
                inner = ipv4(Ipv4Addr::new(203, 0, 113, index), NODE, 4, &inner);
            }
            let payload = [&minimal_header(&inner, true), &inner[20..]].concat();
            scene.history.packet(5.0, ipv4(HOME_AGENT, care_of(1), 55, &payload));
        }
    };
    assert_eq!(told("TUN-019", stacked(3)), [0; 0]);
    assert_eq!(told("TUN-019", stacked(4)), [3]);
}

/// A datagram in three fragments, each of which somebody wrapped in minimal encapsulation: with the source kept, the
/// header has 12 octets, so that the outer fragment ends at no multiple of 8.
#[test]
fn fragments_that_were_wrapped_are_told_of_though_they_cannot_be_put_together() {
    let wrapped = |is_wrong: bool| {
        move |scene: &mut Scene| {
            bid_1(scene, MINIMAL);
            let inner = Packet::new().octets();
            let mut header = minimal_header(&inner, true);
            if is_wrong {
                // A reserved bit.
                header[1] ^= 1;
            }
            for (number, offset) in [0u8, 8, 16].into_iter().enumerate() {
                let mut packet = ipv4(HOME_AGENT, care_of(1), 55, &[&header[..], &[0x5a; 64]].concat());
                packet[6] = if number < 2 { 0x20 } else { 0 };
                packet[7] = offset;
                scene.history.raw(moment(5.0), packet);
            }
        }
    };
    assert_eq!(told("TUN-023", wrapped(false)), [4, 5]);
    assert_eq!(told("TUN-023", wrapped(true)), [3]);
}
