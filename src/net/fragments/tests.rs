mod remembered;

use proptest::prelude::*;

use super::*;
use crate::{
    capture::{Frame, LinkType},
    net::{
        dissect::{Counters, Dissector, Packet},
        ipv4::Ipv4Packet,
        reason::Reason,
        samples::{IPIP, RRQ_IPV4, UDP_TUNNEL_IPIP, cut_frame, frame},
        udp::Checksum,
    },
    time::Timestamp,
};

/// The octets from `start` to `end` of the payload of `packet`, as a fragment with a header of 20 octets.
fn piece(packet: &[u8], start: usize, end: usize) -> Vec<u8> {
    let more = end < packet.len() - 20;
    let field = u16::try_from(start / 8).unwrap() | if more { 0x2000 } else { 0 };
    let total = u16::try_from(20 + end - start).unwrap();
    let mut octets = [&packet[..20], &packet[20 + start..20 + end]].concat();
    octets[2..4].copy_from_slice(&total.to_be_bytes());
    octets[6..8].copy_from_slice(&field.to_be_bytes());
    octets
}

/// `packet` cut into fragments of at most `size` octets of payload, a multiple of 8.
fn pieces(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let payload = packet.len() - 20;
    (0..payload).step_by(size).map(|start| piece(packet, start, payload.min(start + size))).collect()
}

fn at(seconds: i64, octets: &[u8]) -> Frame<'_> {
    Frame { time: Timestamp::new(seconds, 0), ..frame(LinkType::IPV4, octets) }
}

/// The same packet with another identification.
fn renumbered(packet: &[u8], identification: u16) -> Vec<u8> {
    let mut octets = packet.to_vec();
    octets[4..6].copy_from_slice(&identification.to_be_bytes());
    octets
}

#[test]
fn two_fragments_make_the_request() {
    let parts = pieces(&RRQ_IPV4, 16);
    let mut dissector = Dissector::new(&[434]);
    assert_eq!(dissector.dissect(&at(1, &parts[0])), Packet::Held(None));
    assert_eq!(dissector.counters().pending_fragments, 1);
    let Packet::Datagram(datagram) = dissector.dissect(&at(2, &parts[1])) else { panic!() };
    assert_eq!(datagram.payload, &RRQ_IPV4[28..]);
    assert_eq!((datagram.declared_length, datagram.length_mismatch), (24, false));
    assert_eq!(datagram.checksum(), Checksum::Correct);
    assert!(datagram.reassembled && !datagram.ip.is_fragment());
    assert_eq!((datagram.ip_offset, datagram.udp_offset, datagram.ip.length()), (None, None, 52));
    assert_eq!(dissector.counters(), Counters { fragments: 2, ..Counters::default() });
    assert_eq!(dissector.counters().pending_fragments, 0);
}

#[test]
fn fragments_of_a_tunnel_are_shown_and_the_whole_follows() {
    let parts = pieces(&IPIP, 24);
    let mut dissector = Dissector::new(&[434]);
    let Packet::Held(Some(held)) = dissector.dissect(&at(1, &parts[1])) else { panic!() };
    assert_eq!((held.outer.header.fragment_offset, held.outer.payload), (24, &IPIP[44..]));
    let Packet::Tunnel(tunnel) = dissector.dissect(&at(1, &parts[0])) else { panic!() };
    assert!(tunnel.reassembled);
    assert_eq!(tunnel.outer.payload, &IPIP[20..]);
    // The header as it would have been unfragmented, but for Don't Fragment.
    let whole = Ipv4Packet::parse(&IPIP, 53).unwrap().header;
    assert_eq!(crate::net::Ipv4Header { dont_fragment: true, ..tunnel.outer.header }, whole);
}

#[test]
fn the_header_is_that_of_the_first_fragment() {
    let mut parts = pieces(&RRQ_IPV4, 16);
    parts[0][8] = 60;
    parts[0][6] |= 0x40; // Don't Fragment
    parts[1][8] = 59;
    for [before, last] in [[1, 0], [0, 1]] {
        let mut dissector = Dissector::new(&[434]);
        dissector.dissect(&at(1, &parts[before]));
        let Packet::Datagram(datagram) = dissector.dissect(&at(1, &parts[last])) else { panic!() };
        let crate::net::IpPacket::V4(ip) = datagram.ip else { panic!() };
        assert_eq!((ip.header.ttl, ip.header.dont_fragment, ip.header.more_fragments), (60, true, false));
    }
}

#[test]
fn every_fragment_is_counted_whatever_it_carries() {
    let mut tcp = piece(&RRQ_IPV4, 0, 16);
    tcp[9] = 6;
    let mut dissector = Dissector::new(&[434]);
    assert_eq!(dissector.dissect(&at(1, &tcp)), Packet::Other);
    assert_eq!(dissector.counters().fragments, 1);
    assert_eq!(dissector.counters().pending_fragments, 0);
}

#[test]
fn a_copy_is_ignored_and_an_overlap_refuses_the_datagram() {
    let parts = pieces(&RRQ_IPV4, 8);
    let mut dissector = Dissector::new(&[434]);
    dissector.dissect(&at(1, &parts[0]));
    dissector.dissect(&at(1, &parts[0]));
    dissector.dissect(&at(1, &parts[1]));
    assert_eq!((dissector.counters().pending_fragments, dissector.counters().refused_overlaps), (2, 0));
    // 8 to 24 covers what is there and something new.
    dissector.dissect(&at(1, &piece(&RRQ_IPV4, 8, 24)));
    assert_eq!((dissector.counters().pending_fragments, dissector.counters().refused_overlaps), (0, 1));
    // Neither what would have completed it nor a whole second set does.
    for part in parts.iter().chain(&parts) {
        assert_eq!(dissector.dissect(&at(2, part)), Packet::Held(None));
    }
    assert_eq!(dissector.counters().refused_overlaps, 1);
    // After the time limit it is another datagram.
    for part in &parts[..3] {
        assert_eq!(dissector.dissect(&at(40, part)), Packet::Held(None));
    }
    assert!(matches!(dissector.dissect(&at(40, &parts[3])), Packet::Datagram(_)));
}

#[test]
fn whatever_contradicts_is_an_overlap() {
    let other_content = {
        let mut octets = piece(&RRQ_IPV4, 8, 16);
        octets[24] ^= 1;
        octets
    };
    let ends_early = {
        let mut octets = piece(&RRQ_IPV4, 8, 16);
        octets[6] = 0;
        octets
    };
    let more_after_the_end = {
        let mut octets = piece(&RRQ_IPV4, 24, 32);
        octets[6] |= 0x20;
        octets
    };
    let beyond_the_end = {
        let mut octets = piece(&RRQ_IPV4, 24, 32);
        octets[6..8].copy_from_slice(&[0x20, 4]);
        octets
    };
    let later_end = {
        let mut octets = piece(&RRQ_IPV4, 24, 32);
        octets[7] = 4;
        octets
    };
    let (middle, last) = (piece(&RRQ_IPV4, 8, 16), piece(&RRQ_IPV4, 24, 32));
    for (first, second) in [
        (&middle, &other_content),
        (&middle, &piece(&RRQ_IPV4, 0, 16)),
        (&middle, &piece(&RRQ_IPV4, 8, 24)),
        (&piece(&RRQ_IPV4, 0, 24), &middle),
        (&piece(&RRQ_IPV4, 16, 24), &ends_early),
        (&last, &more_after_the_end),
        (&last, &beyond_the_end),
        (&last, &later_end),
    ] {
        let mut dissector = Dissector::new(&[434]);
        dissector.dissect(&at(1, first));
        dissector.dissect(&at(1, second));
        assert_eq!(dissector.counters().refused_overlaps, 1, "{first:?} {second:?}");
        assert_eq!(dissector.counters().pending_fragments, 0);
    }
}

#[test]
fn time_runs_out_after_thirty_seconds_either_way() {
    let parts = pieces(&RRQ_IPV4, 16);
    for (first, second, completes) in [(100, 130, true), (100, 131, false), (100, 70, true), (100, 69, false)]
    {
        let mut dissector = Dissector::new(&[434]);
        dissector.dissect(&at(first, &parts[0]));
        let whole = matches!(dissector.dissect(&at(second, &parts[1])), Packet::Datagram(_));
        assert_eq!(whole, completes, "{second}");
        assert_eq!(dissector.counters().expired_fragments, u64::from(!completes));
        assert_eq!(dissector.counters().pending_fragments, u64::from(!completes));
    }
}

#[test]
fn one_that_waits_behind_a_younger_clock_expires_too() {
    let parts = pieces(&RRQ_IPV4, 16);
    let other = piece(&renumbered(&RRQ_IPV4, 9), 0, 16);
    let mut dissector = Dissector::new(&[434]);
    dissector.dissect(&at(20, &other));
    dissector.dissect(&at(0, &parts[0]));
    // At 40 the other is 20 s old and stands first, the one in question 40.
    assert_eq!(dissector.dissect(&at(40, &parts[1])), Packet::Held(None));
    assert_eq!(dissector.counters().expired_fragments, 1);
}

#[test]
fn the_oldest_goes_when_there_are_too_many() {
    let unlimited = FragmentLimits::default();
    // Each costs its 16 octets, and 128 for its keeping.
    let octets = 3 * (16 + 128);
    for limits in [FragmentLimits { datagrams: 3, ..unlimited }, FragmentLimits { octets, ..unlimited }] {
        let mut dissector = Dissector::new(&[434]).with_limits(limits);
        for identification in 1..=4 {
            let parts = pieces(&renumbered(&RRQ_IPV4, identification), 16);
            dissector.dissect(&at(1, &parts[0]));
        }
        assert_eq!((dissector.counters().evicted_fragments, dissector.counters().pending_fragments), (1, 3));
        let finish = |dissector: &mut Dissector, identification| {
            let parts = pieces(&renumbered(&RRQ_IPV4, identification), 16);
            matches!(dissector.dissect(&at(1, &parts[1])), Packet::Datagram(_))
        };
        assert!(finish(&mut dissector, 4));
        assert!(finish(&mut dissector, 2));
        assert!(!finish(&mut dissector, 1));
    }
}

#[test]
fn the_largest_packet_comes_together_and_a_larger_one_does_not() {
    // 65,535 octets with a header of 20: payload 65,515, in pieces of 1480.
    let mut packet = [&IPIP[..20], &vec![0x5a; 65_515]].concat();
    packet[2..4].fill(0xff);
    let parts = pieces(&packet, 1480);
    let mut dissector = Dissector::new(&[434]);
    let (last, rest) = parts.split_last().unwrap();
    for part in rest {
        assert!(matches!(dissector.dissect(&at(1, part)), Packet::Held(Some(_))));
    }
    let Packet::Tunnel(tunnel) = dissector.dissect(&at(1, last)) else { panic!() };
    assert_eq!((tunnel.outer.payload.len(), tunnel.outer.length()), (65_515, 65_535));

    let mut beyond = piece(&RRQ_IPV4, 24, 32);
    // At octet 65,528, and at 65,512: with the header that makes 65,540 octets.
    for (field, end) in [([0x1f, 0xff], 65_536), ([0x1f, 0xfd], 65_520)] {
        beyond[6..8].copy_from_slice(&field);
        assert_eq!(dissector.dissect(&at(1, &beyond)), Packet::Undecodable(Reason::FragmentTooLong { end }));
    }
}

#[test]
fn a_fragment_that_cannot_be_one_is_undecodable() {
    let mut odd = piece(&RRQ_IPV4, 0, 16);
    odd[3] = 35;
    let mut empty = piece(&RRQ_IPV4, 0, 16);
    empty[3] = 20;
    let mut dissector = Dissector::new(&[434]);
    assert_eq!(dissector.dissect(&at(1, &odd)), Packet::Undecodable(Reason::FragmentLength { octets: 15 }));
    assert_eq!(dissector.dissect(&at(1, &empty)), Packet::Undecodable(Reason::FragmentLength { octets: 0 }));
    assert_eq!(dissector.counters().undecodable, 2);
    assert_eq!(dissector.counters().pending_fragments, 0);
}

#[test]
fn a_cut_fragment_leaves_a_cut_datagram() {
    let parts = pieces(&RRQ_IPV4, 16);
    let mut dissector = Dissector::new(&[434]);
    dissector.dissect(&at(1, &parts[1]));
    // Header 20, UDP header 8, and 4 of the 8 octets of payload that follow.
    let cut = cut_frame(LinkType::IPV4, &parts[0][..32], 36);
    let Packet::Datagram(datagram) = dissector.dissect(&Frame { time: Timestamp::new(1, 0), ..cut }) else {
        panic!()
    };
    assert_eq!((datagram.payload, datagram.declared_length), (&RRQ_IPV4[28..32], 24));
    assert!(datagram.is_cut() && !datagram.length_mismatch);
    assert_eq!(datagram.checksum(), Checksum::Unverified);
}

#[test]
fn what_a_fragment_claims_beyond_its_frame_is_no_part_of_the_datagram() {
    let parts = pieces(&RRQ_IPV4, 16);
    let mut lying = parts[1].clone();
    lying[3] += 8;
    let mut dissector = Dissector::new(&[434]);
    dissector.dissect(&at(1, &parts[0]));
    let Packet::Datagram(datagram) = dissector.dissect(&at(1, &lying)) else { panic!() };
    assert_eq!((datagram.payload, datagram.declared_length), (&RRQ_IPV4[28..], 24));
    assert!(datagram.length_mismatch && !datagram.is_cut());
    assert_eq!(datagram.checksum(), Checksum::Correct);

    // The octets of a later fragment do not close the gap that an earlier one leaves.
    let parts = pieces(&RRQ_IPV4, 8);
    let mut dissector = Dissector::new(&[434]);
    for part in [&parts[3], &parts[2], &parts[1][..24].to_vec()] {
        assert_eq!(dissector.dissect(&at(1, part)), Packet::Held(None));
    }
    let Packet::Datagram(datagram) = dissector.dissect(&at(1, &parts[0])) else { panic!() };
    assert_eq!((datagram.payload, datagram.declared_length), (&RRQ_IPV4[28..32], 4));
    assert!(datagram.length_mismatch && !datagram.is_cut());
    assert_eq!(datagram.checksum(), Checksum::Unverified);
}

#[test]
fn kept_frames_are_handed_out_by_number() {
    let parts = pieces(&RRQ_IPV4, 8);
    let tagged = |octets: &[u8]| [&[2, 0, 0, 0], octets].concat();
    let frames: Vec<_> = parts.iter().map(|part| tagged(part)).collect();
    let mut dissector = Dissector::new(&[434]).keep_frames(true);
    for (number, index) in [(11, 2), (12, 0), (13, 0), (14, 3), (15, 1)] {
        let frame = Frame { number, ..frame(LinkType::NULL, &frames[index]) };
        let complete = matches!(dissector.dissect(&frame), Packet::Datagram(_));
        assert_eq!(complete, number == 15);
        assert_eq!(dissector.fragment_frames().count(), if complete { 4 } else { 0 });
    }
    let kept: Vec<_> = dissector.fragment_frames().map(|frame| (frame.number, frame.data.to_vec())).collect();
    let expected: Vec<_> = [(11, 2), (12, 0), (14, 3), (15, 1)]
        .map(|(number, index): (u64, usize)| (number, frames[index].clone()))
        .into();
    assert_eq!(kept, expected);
    assert!(dissector.fragment_frames().all(|frame| frame.link_type == LinkType::NULL));
}

/// A table with limits that a few fragments reach.
const SMALL: FragmentLimits = FragmentLimits { datagrams: 4, octets: 1500, lifetime: 5_000_000_000 };

proptest! {
    #[test]
    fn the_order_of_arrival_makes_no_difference(
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        copies in prop::collection::vec(0..8_usize, 0..4),
    ) {
        let parts = pieces(&UDP_TUNNEL_IPIP, 8);
        let count = parts.len();
        prop_assert_eq!(count, 6);
        let order: Vec<_> = order.into_iter().filter(|&index| index < count).collect();
        let mut dissector = Dissector::new(&[434]);
        let (&last, rest) = order.split_last().unwrap();
        for &index in rest {
            prop_assert_eq!(dissector.dissect(&at(1, &parts[index])), Packet::Held(None));
        }
        for index in copies.into_iter().filter(|&index| index < count && index != last) {
            prop_assert_eq!(dissector.dissect(&at(1, &parts[index])), Packet::Held(None));
        }
        let Packet::Datagram(datagram) = dissector.dissect(&at(1, &parts[last])) else { panic!() };
        prop_assert_eq!(datagram.payload, &UDP_TUNNEL_IPIP[28..]);
        prop_assert_eq!(datagram.checksum(), Checksum::Correct);
        prop_assert_eq!(dissector.counters().pending_fragments, 0);
    }

    #[test]
    fn the_bounds_hold_whatever_comes(
        fragments in prop::collection::vec(
            (0_u16..12, 0_u16..20, 1_usize..12, any::<bool>(), 0_i64..20, prop::sample::select(vec![4_u8, 17])),
            1..120,
        ),
        keep_frames in any::<bool>(),
    ) {
        let mut table = FragmentTable::default();
        table.limits = SMALL;
        table.keep_frames = keep_frames;
        for (identification, offset, units, more, seconds, protocol) in fragments {
            let mut octets = [&RRQ_IPV4[..20], &[0x5a; 96][..units * 8]].concat();
            let total = u16::try_from(octets.len()).unwrap();
            octets[2..4].copy_from_slice(&total.to_be_bytes());
            octets[4..6].copy_from_slice(&identification.to_be_bytes());
            octets[6..8].copy_from_slice(&(offset | u16::from(more) << 13).to_be_bytes());
            octets[9] = protocol;
            let frame = at(seconds, &octets);
            let packet = Ipv4Packet::parse(&octets, octets.len()).unwrap();
            let _ = table.add(&frame, 0, &packet, |_, _| identification % 2 == 0);
            let [waiting, by_age, octets, skipped] = table.sizes();
            prop_assert!(waiting <= 4 && octets <= 1500 && skipped <= 4);
            prop_assert_eq!(waiting, by_age);
            prop_assert_eq!(waiting == 0, octets == 0);
            let cost = if keep_frames { 20 } else { 0 };
            prop_assert!(octets as u64 >= table.pending() * (128 + 8 + cost));
        }
    }
}
