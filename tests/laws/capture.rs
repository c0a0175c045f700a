//! Laws of the capture readers.

use std::fs::File;
use std::io::{self, Read};

use mipflow::capture::{Next, Source, Timeline};

/// Reads octets as a capture, whole and in small pieces: both end, both give the same frames and the same fault, and
/// what each frame says of itself is consistent. A damaged compressed stream gives as much as its decompressor
/// does, which depends on the pieces; then the frames of one reading begin those of the other. Gives the frames that
/// both readings have, and whether either found a fault.
pub fn pieces_make_no_difference(octets: &[u8], piece: usize) -> (Vec<Seen>, bool) {
    let (mut whole, fault) = read(octets, octets.len().max(1));
    let (pieces, fault_in_pieces) = read(octets, piece.max(1));
    let is_faulty = !fault.is_empty() || !fault_in_pieces.is_empty();
    let is_compressed = matches!(octets, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..]);
    if is_faulty && is_compressed {
        let common = whole.len().min(pieces.len());
        assert_eq!(whole[..common], pieces[..common]);
        whole.truncate(common);
    } else {
        assert_eq!(whole, pieces);
        assert_eq!(fault, fault_in_pieces);
    }
    (whole, is_faulty)
}

/// A frame's time in nanoseconds since 1970, link type and octets.
pub type Seen = (i64, u32, Vec<u8>);

/// What a capture gave: its frames, then its faults.
fn read(octets: &[u8], piece: usize) -> (Vec<Seen>, Vec<String>) {
    let reader = Box::new(Pieces { octets: octets.to_vec(), at: 0, piece });
    // What gives pauses, as pipes do, and is never waited for.
    let ready = File::open("/dev/null").unwrap();
    let source = Source { name: "fuzz".into(), reader, pipe: Some(ready.into()), size: None };
    let mut timeline = Timeline::from_sources(vec![source]);
    let mut frames = Vec::new();
    loop {
        match timeline.next() {
            Next::Frame(frame) => {
                assert_eq!(frame.number, frames.len() as u64 + 1);
                assert_eq!(frame.is_cut(), frame.original_length as usize > frame.data.len());
                frames.push((frame.time.nanoseconds(), frame.link_type.0, frame.data.to_vec()));
            }
            Next::Pause => {}
            Next::End => break,
        }
    }
    let faults = timeline.errors().iter().map(|error| format!("{error} {:?}", error.help())).collect();
    (frames, faults)
}

/// Gives octets at most `piece` at a time.
struct Pieces {
    octets: Vec<u8>,
    at: usize,
    piece: usize,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = &self.octets[self.at..];
        let count = left.len().min(self.piece).min(out.len());
        out[..count].copy_from_slice(&left[..count]);
        self.at += count;
        Ok(count)
    }
}
