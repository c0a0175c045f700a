//! For the tests of this module: captures composed octet by octet, and readers that return them in pieces.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};

use super::{Fault, Frame, Next, Source, Timeline};

/// A frame that owns its octets, for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) number: u64,
    pub(super) file: u32,
    pub(super) nanoseconds: i64,
    pub(super) digits: u8,
    pub(super) link_type: u32,
    pub(super) data: Vec<u8>,
    pub(super) original_length: u32,
}

impl From<Frame<'_>> for Seen {
    fn from(frame: Frame<'_>) -> Self {
        Self {
            number: frame.number,
            file: frame.file,
            nanoseconds: frame.time.nanoseconds(),
            digits: frame.precision.digits(),
            link_type: frame.link_type.0,
            data: frame.data.to_vec(),
            original_length: frame.original_length,
        }
    }
}

/// A byte order, in which the parts of captures are composed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) fn words<const N: usize>(self, words: [u32; N]) -> Vec<u8> {
        let octets = |word: u32| match self {
            Self::Little => word.to_le_bytes(),
            Self::Big => word.to_be_bytes(),
        };
        words.map(octets).concat()
    }

    pub(super) fn halves<const N: usize>(self, halves: [u16; N]) -> Vec<u8> {
        let octets = |half: u16| match self {
            Self::Little => half.to_le_bytes(),
            Self::Big => half.to_be_bytes(),
        };
        halves.map(octets).concat()
    }

    /// A classic pcap header: magic number, version 2.4, snapshot length, link type.
    pub(super) fn pcap_header(self, magic: u32, snapshot_length: u32, link_type: u32) -> Vec<u8> {
        [self.words([magic]), self.halves([2, 4]), self.words([0, 0, snapshot_length, link_type])].concat()
    }

    /// A classic pcap record with as many original octets as captured ones.
    pub(super) fn pcap_record(self, seconds: u32, fraction: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        [self.words([seconds, fraction, length, length]), data.to_vec()].concat()
    }

    /// A pcapng block of this type; pads the body.
    pub(super) fn block(self, block_type: u32, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0xee);
        let length = u32::try_from(body.len() + 12).unwrap();
        [self.words([block_type, length]), body, self.words([length])].concat()
    }

    /// A Section Header Block.
    pub(super) fn section(self) -> Vec<u8> {
        let body = [self.words([0x1a2b_3c4d]), self.halves([1, 0]), vec![0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    /// An Interface Description Block; `options` must be complete, with their padding.
    pub(super) fn interface(self, link_type: u16, snapshot_length: u32, options: &[u8]) -> Vec<u8> {
        let body = [self.halves([link_type, 0]), self.words([snapshot_length]), options.to_vec()].concat();
        self.block(1, &body)
    }

    /// An Enhanced Packet Block without options.
    pub(super) fn enhanced(self, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
        self.block(6, &[self.words([interface, high, low, length, length]), data.to_vec()].concat())
    }
}

/// A classic pcap of Ethernet with one record for each time in microseconds. The n-th record, from 1, holds n times the
/// lowest octet of its time.
pub(super) fn pcap(times: &[u64]) -> Vec<u8> {
    let mut file = Order::Little.pcap_header(0xa1b2_c3d4, 65_535, 1);
    for (index, time) in times.iter().enumerate() {
        let (seconds, fraction) = (time / 1_000_000, time % 1_000_000);
        let data = vec![time.to_le_bytes()[0]; index + 1];
        file.extend(Order::Little.pcap_record(
            u32::try_from(seconds).unwrap(),
            u32::try_from(fraction).unwrap(),
            &data,
        ));
    }
    file
}

/// Returns octets in reads of 1, 2, ... 7, 1, 2 ... octets.
pub(super) struct Trickle {
    octets: Cursor<Vec<u8>>,
    reads: usize,
}

impl Trickle {
    pub(super) fn new(octets: Vec<u8>) -> Self {
        Self { octets: Cursor::new(octets), reads: 0 }
    }
}

impl Read for Trickle {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = room.len().min(self.reads % 7 + 1);
        self.reads += 1;
        self.octets.read(&mut room[..length])
    }
}

/// A pipe whose writer writes these pieces one by one, and fails at the end if `failure` is set.
pub(super) struct Pieces {
    pub(super) pieces: VecDeque<Vec<u8>>,
    pub(super) failure: Option<io::ErrorKind>,
}

impl Read for Pieces {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.pieces.front_mut() else {
            return self.failure.map_or(Ok(0), |kind| Err(kind.into()));
        };
        let length = room.len().min(piece.len());
        room[..length].copy_from_slice(&piece[..length]);
        piece.drain(..length);
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        Ok(length)
    }
}

/// An input that is a file in memory.
pub(super) fn file(octets: Vec<u8>) -> Source {
    let size = Some(octets.len() as u64);
    Source { name: "file".to_owned(), reader: Box::new(Cursor::new(octets)), pipe: None, size }
}

/// An input that comes in small pieces.
pub(super) fn trickle(octets: Vec<u8>) -> Source {
    Source { name: "trickle".to_owned(), reader: Box::new(Trickle::new(octets)), pipe: None, size: None }
}

/// All frames of a timeline; ignores pauses.
pub(super) fn frames(timeline: &mut Timeline) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        match timeline.next() {
            Next::Frame(frame) => seen.push(frame.into()),
            Next::Pause => {}
            Next::End => return seen,
        }
    }
}

/// Reads one file twice, as a whole and in small pieces, and checks that both agree. Returns its frames and its fault.
pub(super) fn read(octets: &[u8]) -> (Vec<Seen>, Option<Fault>) {
    let mut whole = Timeline::from_sources(vec![file(octets.to_vec())]);
    let mut pieces = Timeline::from_sources(vec![trickle(octets.to_vec())]);
    let seen = frames(&mut whole);
    assert_eq!(seen, frames(&mut pieces));
    assert_eq!(format!("{:?}", whole.errors()), format!("{:?}", pieces.errors()).replace("trickle", "file"));
    assert!(whole.errors().len() <= 1);
    let error = whole.take_errors().pop();
    if let Some(error) = &error {
        assert_eq!(error.frames, seen.len() as u64);
    }
    (seen, error.map(|error| error.fault))
}
