//! Laws of the rooms that strangers' octets enter first: capture files and frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod laws;

use std::cell::Cell;
use std::io::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

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
    fn any_octets_read_the_same_in_pieces(
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
}

/// How a capture is written down.
#[derive(Clone, Copy, Debug)]
struct Format {
    /// pcapng, or pcap.
    is_ng: bool,
    big_endian: bool,
    /// Times of pcap in nanoseconds; those of pcapng are in microseconds here.
    nanoseconds: bool,
}

impl Format {
    fn word(self, word: u32) -> [u8; 4] {
        if self.big_endian { word.to_be_bytes() } else { word.to_le_bytes() }
    }

    fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| self.word(*word)).collect()
    }

    /// Two numbers of 16 bits.
    fn halves(self, first: u16, second: u16) -> Vec<u8> {
        [first, second]
            .iter()
            .flat_map(|half| if self.big_endian { half.to_be_bytes() } else { half.to_le_bytes() })
            .collect()
    }

    /// A capture of raw IP with these frames, a second and a millisecond apart from 1970 on.
    fn capture(self, frames: &[Vec<u8>]) -> Vec<u8> {
        let mut octets = if self.is_ng {
            // Byte-order magic, version 1.0, length of the section unknown; link type 101, no snapshot length.
            let section = [self.word(0x1a2b_3c4d).to_vec(), self.halves(1, 0), vec![0xff; 8]].concat();
            [self.block(0x0a0d_0d0a, &section), self.block(1, &[self.halves(101, 0), vec![0; 4]].concat())]
                .concat()
        } else {
            let magic = if self.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
            [self.words(&[magic]), self.halves(2, 4), self.words(&[0, 0, 262_144, 101])].concat()
        };
        for (number, frame) in (1u32..).zip(frames) {
            let length = u32::try_from(frame.len()).unwrap();
            if self.is_ng {
                let mut data = frame.clone();
                data.resize(frame.len().next_multiple_of(4), 0);
                // Interface, time (high and low), captured and original length.
                let fields = self.words(&[0, 0, number * 1_001_000, length, length]);
                octets.extend(self.block(6, &[fields, data].concat()));
            } else {
                let subsecond = if self.nanoseconds { number * 1_000_000 } else { number * 1000 };
                octets.extend(self.words(&[number, subsecond, length, length]));
                octets.extend(frame);
            }
        }
        octets
    }

    /// A block of pcapng.
    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 12).unwrap();
        [&self.words(&[kind, length]), body, &self.word(length)].concat()
    }
}

/// How a capture is compressed.
#[derive(Clone, Copy, Debug)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(self, octets: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => octets,
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(&octets).unwrap();
                encoder.finish().unwrap()
            }
            Self::Zstd => zstd::encode_all(&octets[..], 1).unwrap(),
        }
    }
}

/// What happened to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    Cut(Index),
    Changed(Index, u8),
}

impl Damage {
    fn done_to(self, mut octets: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            // Nothing can happen to a file of which nothing is left.
            Self::Cut(_) | Self::Changed(..) if octets.is_empty() => {}
            Self::Cut(at) => octets.truncate(at.index(octets.len())),
            Self::Changed(at, octet) => {
                let at = at.index(octets.len());
                octets[at] = octet;
            }
        }
        octets
    }
}

/// A capture's format, compression, damage before it and after it, frames, and the size of the pieces.
fn captures() -> impl Strategy<Value = (Format, Compression, [Damage; 2], Vec<Vec<u8>>, usize)> {
    let format = any::<(bool, bool, bool)>().prop_map(|(is_ng, big_endian, nanoseconds)| Format {
        is_ng,
        big_endian,
        nanoseconds,
    });
    let compression =
        prop_oneof![2 => Just(Compression::None), 1 => Just(Compression::Gzip), 1 => Just(Compression::Zstd)];
    let damage = || {
        prop_oneof![
            4 => Just(Damage::None),
            1 => any::<Index>().prop_map(Damage::Cut),
            1 => any::<(Index, u8)>().prop_map(|(at, octet)| Damage::Changed(at, octet)),
        ]
    };
    let frames = vec(vec(any::<u8>(), 0..90), 2..9);
    (format, compression, [damage(), damage()], frames, prop_oneof![1usize..40, 40usize..400])
}

#[test]
fn a_capture_reads_the_same_in_pieces() {
    let (cases, with_frames) = (Cell::new(0), Cell::new(0));
    for_all(&captures(), |(format, compression, [before, after], frames, piece)| {
        let octets = after.done_to(compression.of(before.done_to(format.capture(&frames))));
        let (seen, is_faulty) = laws::capture::pieces_make_no_difference(&octets, piece);
        if let (Damage::None, Damage::None) = (before, after) {
            let nanoseconds = |number: i64| number * 1_001_000_000;
            let expected =
                (1..).zip(&frames).map(|(number, frame)| (nanoseconds(number), 101, frame.clone()));
            assert_eq!(seen, expected.collect::<Vec<_>>());
            assert!(!is_faulty);
        }
        cases.set(cases.get() + 1);
        with_frames.set(with_frames.get() + usize::from(seen.len() >= 2));
    });
    assert!(with_frames.get() * 2 > cases.get(), "{with_frames:?} of {cases:?} have two frames");
}

/// What becomes of a fragment on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Comes,
    ComesTwice,
    IsLost,
    /// Its fragment field is another one.
    IsMoved(u16),
}

/// A protocol, what the packet holds, sizes of fragments in units of 8 octets, fates, and an order for all of them.
type CutUp = (u8, Vec<u8>, Vec<usize>, Vec<Fate>, Vec<u8>);

fn packets() -> impl Strategy<Value = CutUp> {
    let protocol = prop_oneof![1 => Just(4u8), 4 => Just(17), 1 => Just(41), 1 => Just(47), 1 => Just(55)];
    let fate = prop_oneof![
        12 => Just(Fate::Comes),
        2 => Just(Fate::ComesTwice),
        1 => Just(Fate::IsLost),
        1 => (0u16..8, any::<bool>()).prop_map(|(offset, more)| Fate::IsMoved(offset | u16::from(more) << 13)),
    ];
    (protocol, vec(any::<u8>(), 0..120), vec(1usize..5, 1..16), vec(fate, 16), vec(any::<u8>(), 16))
}

/// The payload of an IP packet: any octets, in UDP behind a header with 434 as a port, and half of the time as data in
/// a tunnel.
fn payload(protocol: u8, octets: &[u8]) -> Vec<u8> {
    if protocol != 17 {
        return octets.to_vec();
    }
    let is_data = octets.first().is_some_and(|octet| octet % 2 == 0);
    let tunnelled: &[u8] = if is_data { &[4, 4, 0, 0, 0x45, 0] } else { &[] };
    let length = u16::try_from(8 + tunnelled.len() + octets.len()).unwrap();
    // Sometimes the length that is told is wrong.
    let told = if octets.last().is_some_and(|octet| octet % 4 == 0) { length / 2 } else { length };
    let header = [434u16, 5000, told, 0].map(u16::to_be_bytes).concat();
    [&header, tunnelled, octets].concat()
}

/// The fragments of a packet, of which all have one IP identification.
fn fragments((protocol, octets, sizes, fates, order): &CutUp) -> Vec<Vec<u8>> {
    let payload = payload(*protocol, octets);
    let mut parts = Vec::new();
    let mut start = 0;
    for (part, size) in sizes.iter().cycle().enumerate() {
        let end = payload.len().min(start + size * 8);
        let field = u16::try_from(start / 8).unwrap() | u16::from(end < payload.len()) << 13;
        let copies = match fates.get(part) {
            Some(Fate::IsLost) => Vec::new(),
            Some(Fate::ComesTwice) => vec![field, field],
            Some(Fate::IsMoved(field)) => vec![*field],
            Some(Fate::Comes) | None => vec![field],
        };
        for field in copies {
            let length = u16::try_from(20 + end - start).unwrap();
            let words = [0x4500, length, 1, field, 0x4000 | u16::from(*protocol), 0];
            let addresses = [198, 51, 100, 1, 192, 0, 2, 1];
            let place = order.get(parts.len()).copied().unwrap_or_default();
            let header = [&words.map(u16::to_be_bytes).concat()[..], &addresses].concat();
            parts.push((place, [&header, &payload[start..end]].concat()));
        }
        start = end;
        if start == payload.len() {
            break;
        }
    }
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().map(|(_, packet)| packet).collect()
}

#[test]
fn any_ip_packet_comes_apart() {
    let (cases, reassembled) = (Cell::new(0), Cell::new(0));
    for_all(&packets(), |cut_up| {
        let frames = fragments(&cut_up);
        let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        let count = laws::net::frames_come_apart(mipflow::capture::LinkType::RAW, &frames, 0);
        cases.set(cases.get() + 1);
        reassembled.set(reassembled.get() + usize::from(count > 0));
    });
    assert!(reassembled.get() * 4 > cases.get(), "{reassembled:?} of {cases:?} were reassembled");
}

/// Checks something of all that a strategy makes.
fn for_all<S: Strategy>(strategy: &S, check: impl Fn(S::Value)) {
    let config = ProptestConfig { source_file: Some(file!()), ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}
