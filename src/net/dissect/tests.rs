use proptest::prelude::*;

use super::*;
use crate::{
    capture::LinkType,
    net::{
        flow::FlowFacts,
        samples::{
            ETHERNET_IPV4, GRE_FULL, INNER_IPV4, IPIP, LINK_TYPES, MINIMAL_LONG, NESTED, RRQ_IPV4, RRQ_IPV6,
            RRQ_OPTIONS, SIX_IN_FOUR, UDP_TUNNEL_IPIP, UDP_TUNNEL_MINIMAL, cut_frame, frame,
        },
        tunnel::{UdpTunnel, peel_all},
        udp::Checksum,
    },
};

fn ethernet(packet: &[u8]) -> Vec<u8> {
    [&ETHERNET_IPV4, packet].concat()
}

/// What a new dissector makes of a whole frame. It leaks the dissector, so that its packet can be kept.
fn dissect(link_type: LinkType, data: &[u8]) -> Packet<'_> {
    Box::leak(Box::new(Dissector::new(&[434]))).dissect(&frame(link_type, data))
}

#[test]
fn a_registration_request_on_ethernet() {
    let octets = ethernet(&RRQ_IPV4);
    let mut dissector = Dissector::new(&[434]);
    let Packet::Datagram(datagram) = dissector.dissect(&frame(LinkType::ETHERNET, &octets)) else { panic!() };
    assert_eq!(datagram.source, "192.0.2.1:40000".parse().unwrap());
    assert_eq!(datagram.destination, "198.51.100.1:434".parse().unwrap());
    assert_eq!(datagram.payload, &RRQ_IPV4[28..]);
    assert_eq!((datagram.ip_offset, datagram.udp_offset), (Some(14), Some(34)));
    assert_eq!((datagram.ip.ttl(), datagram.checksum()), (64, Checksum::Correct));
    assert!(!datagram.reassembled && !datagram.is_cut() && !datagram.length_mismatch);
    assert_eq!(dissector.counters(), Counters::default());
}

#[test]
fn options_and_ipv6_move_the_udp_header() {
    let Packet::Datagram(datagram) = dissect(LinkType::IPV4, &RRQ_OPTIONS) else { panic!() };
    assert_eq!((datagram.udp_offset, datagram.payload), (Some(24), &RRQ_OPTIONS[32..]));
    let Packet::Datagram(datagram) = dissect(LinkType::RAW, &RRQ_IPV6) else { panic!() };
    assert_eq!((datagram.udp_offset, datagram.payload), (Some(40), &RRQ_IPV6[48..]));
    let mut extended = [&RRQ_IPV6[..40], &[17, 0, 1, 4, 0, 0, 0, 0], &RRQ_IPV6[40..]].concat();
    extended[5] += 8;
    extended[6] = 0;
    let Packet::Datagram(datagram) = dissect(LinkType::IPV6, &extended) else { panic!() };
    assert_eq!((datagram.udp_offset, datagram.checksum()), (Some(48), Checksum::Correct));
}

#[test]
fn trailers_are_not_payload() {
    let octets = [ethernet(&RRQ_IPV4), vec![0xee; 12]].concat();
    let Packet::Datagram(datagram) = dissect(LinkType::ETHERNET, &octets) else { panic!() };
    assert_eq!((datagram.payload, datagram.is_cut()), (&RRQ_IPV4[28..], false));
    let octets = [ethernet(&IPIP), vec![0xee; 12]].concat();
    let Packet::Tunnel(tunnel) = dissect(LinkType::ETHERNET, &octets) else { panic!() };
    assert_eq!(tunnel.outer.payload, INNER_IPV4);
}

#[test]
fn either_port_makes_it_mobile_ip() {
    let swapped = [&RRQ_IPV4[..20], &[0x01, 0xb2, 0x9c, 0x40], &RRQ_IPV4[24..]].concat();
    assert!(matches!(dissect(LinkType::IPV4, &swapped), Packet::Datagram(_)));
    let mut elsewhere = Dissector::new(&[40001, 40002]);
    assert_eq!(elsewhere.dissect(&frame(LinkType::IPV4, &RRQ_IPV4)), Packet::Other);
    let mut there = Dissector::new(&[40001, 40000]);
    assert!(matches!(there.dissect(&frame(LinkType::IPV4, &RRQ_IPV4)), Packet::Datagram(_)));
    assert_eq!(dissect(LinkType::IPV4, &INNER_IPV4), Packet::Other);
}

#[test]
fn tunnels_are_named_and_left_closed() {
    for (octets, encapsulation) in [
        (&IPIP[..], Encapsulation::IpIp),
        (&GRE_FULL[..], Encapsulation::Gre),
        (&MINIMAL_LONG[..], Encapsulation::Minimal),
        (&SIX_IN_FOUR[..], Encapsulation::SixInFour),
    ] {
        let octets = ethernet(octets);
        let Packet::Tunnel(tunnel) = dissect(LinkType::ETHERNET, &octets) else { panic!() };
        assert_eq!((tunnel.encapsulation, tunnel.ip_offset), (encapsulation, Some(14)));
        assert_eq!(tunnel.outer.header.source.octets(), [198, 51, 100, 1]);
        assert_eq!(tunnel.outer.payload, &octets[34..]);
        assert!(!tunnel.reassembled);
    }
}

#[test]
fn other_protocols_are_other() {
    for protocol in 0..=255 {
        let mut octets = IPIP;
        octets[9] = protocol;
        let found = dissect(LinkType::IPV4, &octets);
        match protocol {
            4 | 41 | 47 | 55 => assert!(matches!(found, Packet::Tunnel(_))),
            // Ports 0x4528 and 0x0021.
            _ => assert_eq!(found, Packet::Other, "{protocol}"),
        }
    }
}

#[test]
fn what_cannot_be_read_is_counted() {
    let mut dissector = Dissector::new(&[434]);
    let mut broken = RRQ_IPV4;
    broken[0] = 0x43;
    let reasons = [
        (cut_frame(LinkType::ETHERNET, &ETHERNET_IPV4[..9], 60), Reason::LinkHeaderCut { there: 9 }),
        (cut_frame(LinkType::ETHERNET, &ETHERNET_IPV4, 66), Reason::IpHeaderCut { there: 0 }),
        (frame(LinkType::IPV4, &broken), Reason::HeaderLength { octets: 12 }),
        (frame(LinkType::IPV6, &RRQ_IPV4), Reason::IpVersion { found: 4 }),
        (frame(LinkType(147), &RRQ_IPV4), Reason::LinkType(LinkType(147))),
        (cut_frame(LinkType::IPV4, &RRQ_IPV4[..23], 52), Reason::UdpHeaderCut { there: 3 }),
        (cut_frame(LinkType::IPV4, &RRQ_IPV4[..27], 52), Reason::UdpHeaderCut { there: 7 }),
    ];
    for (index, (frame, reason)) in reasons.into_iter().enumerate() {
        assert_eq!(dissector.dissect(&frame), Packet::Undecodable(reason));
        assert_eq!(dissector.counters().undecodable, index as u64 + 1);
    }
    // The padding behind an IP packet is no UDP header.
    let mut short = RRQ_IPV4;
    short[3] = 22;
    let reason = Reason::UdpHeaderCut { there: 2 };
    assert_eq!(dissector.dissect(&frame(LinkType::IPV4, &short)), Packet::Undecodable(reason));
}

#[test]
fn an_ipv6_fragment_of_ours_is_told_and_not_taken_for_the_whole() {
    let with_fragment_header = |field: [u8; 2]| {
        let header = [17, 0, field[0], field[1], 0, 0, 0, 1];
        let mut octets = [&RRQ_IPV6[..40], &header, &RRQ_IPV6[40..]].concat();
        octets[5] += 8;
        octets[6] = 44;
        octets
    };
    let first = with_fragment_header([0, 1]);
    assert_eq!(dissect(LinkType::IPV6, &first), Packet::Undecodable(Reason::Ipv6Fragment));
    assert_eq!(dissect(LinkType::IPV6, &with_fragment_header([0, 8])), Packet::Other);
    let atomic = with_fragment_header([0, 0]);
    assert!(matches!(dissect(LinkType::IPV6, &atomic), Packet::Datagram(_)));
}

#[test]
fn every_cut_of_a_request_is_a_prefix_of_it() {
    let whole = ethernet(&RRQ_OPTIONS);
    for end in 0..=whole.len() {
        let mut dissector = Dissector::new(&[434]);
        match dissector.dissect(&cut_frame(LinkType::ETHERNET, &whole[..end], whole.len())) {
            Packet::Datagram(datagram) => {
                // Ethernet 14, IP 24, UDP 8.
                assert!(end >= 46);
                assert_eq!(datagram.payload, &whole[46..end]);
                assert_eq!((datagram.declared_length, datagram.length_mismatch), (24, false));
                assert_eq!(datagram.is_cut(), end < whole.len());
            }
            Packet::Undecodable(_) => assert!(end < 46),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_cut_of_a_tunnelled_packet_keeps_the_inner_length() {
    // Whole packet, and where the inner header is all there.
    for (whole, there, length) in [
        (&IPIP[..], 40, 33),
        (&GRE_FULL[..], 56, 33),
        (&MINIMAL_LONG[..], 32, 33),
        (&SIX_IN_FOUR[..], 60, 53),
    ] {
        for end in 20..=whole.len() {
            let mut dissector = Dissector::new(&[434]);
            let Packet::Tunnel(tunnel) =
                dissector.dissect(&cut_frame(LinkType::IPV4, &whole[..end], whole.len()))
            else {
                panic!();
            };
            let inner = peel_all(&tunnel).next().unwrap().inner;
            assert_eq!(inner.map(|inner| FlowFacts::of(&inner).length), (end >= there).then_some(length));
        }
    }
}

/// Goes through everything that can be asked of a packet.
fn exercise(packet: &Packet<'_>) {
    let layers: Vec<_> = match packet {
        Packet::Datagram(datagram) => {
            assert!(datagram.payload.len() <= datagram.declared_length);
            let _ = datagram.checksum();
            let _ = FlowFacts::of(&datagram.ip);
            UdpTunnel::of(datagram).iter().flat_map(UdpTunnel::layers).collect()
        }
        Packet::Tunnel(tunnel) | Packet::Held(Some(tunnel)) => peel_all(tunnel).collect(),
        Packet::Other | Packet::Held(None) | Packet::Undecodable(_) => vec![],
    };
    assert!(layers.len() <= 4);
    for inner in layers.iter().filter_map(|layer| layer.inner) {
        let _ = FlowFacts::of(&inner);
        if let Some(Ok(datagram)) = Datagram::of(&inner) {
            let _ = datagram.checksum();
        }
    }
}

const GOOD: [&[u8]; 9] = [
    &RRQ_IPV4,
    &RRQ_OPTIONS,
    &RRQ_IPV6,
    &IPIP,
    &SIX_IN_FOUR,
    &GRE_FULL,
    &MINIMAL_LONG,
    &UDP_TUNNEL_IPIP,
    &NESTED,
];

proptest! {
    #[test]
    fn any_octets_of_any_link_type_are_survived(
        link in 0..LINK_TYPES.len(),
        data in prop::collection::vec(any::<u8>(), 0..200),
        missing in 0_usize..100,
    ) {
        let mut dissector = Dissector::new(&[434]).keep_frames(true);
        exercise(&dissector.dissect(&cut_frame(LINK_TYPES[link], &data, data.len() + missing)));
    }

    #[test]
    fn good_packets_with_bad_octets_are_survived(
        which in 0..GOOD.len(),
        cut in 0_usize..120,
        changes in prop::collection::vec((0_usize..120, any::<u8>()), 0..6),
    ) {
        let mut data = GOOD[which].to_vec();
        for (index, value) in changes {
            if let Some(octet) = data.get_mut(index) {
                *octet = value;
            }
        }
        let original = data.len();
        data.truncate(cut.max(1));
        let mut dissector = Dissector::new(&[434]);
        exercise(&dissector.dissect(&cut_frame(LinkType::RAW, &data, original)));
    }

    #[test]
    fn tags_make_no_difference(tags in 0_usize..=8, which in 0..2_usize) {
        let packet = [&RRQ_IPV4[..], &UDP_TUNNEL_MINIMAL[..]][which];
        let data = [&ETHERNET_IPV4[..12], &[0x81, 0, 0, 1].repeat(tags), &[8, 0], packet].concat();
        let mut dissector = Dissector::new(&[434]);
        let Packet::Datagram(datagram) = dissector.dissect(&frame(LinkType::ETHERNET, &data)) else { panic!() };
        prop_assert_eq!(datagram.payload, &packet[28..]);
        prop_assert_eq!(datagram.ip_offset, Some(14 + 4 * tags));
    }
}
