//! Laws of the rooms that strangers' octets enter first: capture files and frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod laws;

use proptest::collection::vec;
use proptest::prelude::*;

/// Headers that let a reader get past its first look.
const BEGINNINGS: [&[u8]; 5] = [
    &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0],
    &[0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 101],
    &[
        10, 13, 13, 10, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255,
        255, 28, 0, 0, 0,
    ],
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
    &[0x28, 0xb5, 0x2f, 0xfd],
];

proptest! {
    #[test]
    fn a_capture_reads_the_same_in_pieces(
        beginning in 0..BEGINNINGS.len(),
        rest in vec(prop_oneof![3 => 0u8..40, 1 => any::<u8>()], 0..300),
        piece in 1usize..40,
    ) {
        let mut octets = BEGINNINGS[beginning].to_vec();
        octets.extend(rest);
        laws::capture::pieces_make_no_difference(&octets, piece);
    }

    #[test]
    fn any_frame_comes_apart(
        link_type in 0..laws::net::LINK_TYPES.len(),
        frames in vec(vec(any::<u8>(), 0..200), 1..4),
        missing in 0u32..100,
    ) {
        let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        laws::net::frames_come_apart(laws::net::LINK_TYPES[link_type], &frames, missing);
    }

    #[test]
    fn any_ip_packet_comes_apart(
        protocol in prop_oneof![Just(4u8), Just(17), Just(41), Just(47), Just(55)],
        fragment in prop_oneof![Just(0u16), Just(0x2000), Just(1), Just(0x2001)],
        payloads in vec(vec(any::<u8>(), 0..120), 1..4),
    ) {
        let frames: Vec<Vec<u8>> = payloads
            .iter()
            .map(|payload| {
                let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
                let [high, low] = fragment.to_be_bytes();
                let mut packet = vec![0x45, 0, length[0], length[1], 0, 1, high, low, 64, protocol, 0, 0];
                packet.extend([198, 51, 100, 1, 192, 0, 2, 1]);
                packet.extend(payload);
                packet
            })
            .collect();
        let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        laws::net::frames_come_apart(mipflow::capture::LinkType::RAW, &frames, 0);
    }
}
