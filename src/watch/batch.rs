//! Frames on their way from the thread that captures to the one that looks at them.

use crate::capture::{Frame, LinkType};
use crate::time::{Precision, Timestamp};

/// Some frames with their octets, in one piece of memory that is used again.
#[derive(Debug, Default)]
pub struct Batch {
    heads: Vec<Head>,
    octets: Vec<u8>,
}

/// Everything about a frame except its octets.
#[derive(Clone, Copy, Debug)]
struct Head {
    number: u64,
    file: u32,
    time: Timestamp,
    precision: Precision,
    link_type: LinkType,
    start: usize,
    end: usize,
    original_length: u32,
}

impl Batch {
    /// Frames and octets that make a batch full.
    const FRAMES: usize = 1024;
    const OCTETS: usize = 256 << 10;

    /// Adds a copy of a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(frame.data);
        self.heads.push(Head {
            number: frame.number,
            file: frame.file,
            time: frame.time,
            precision: frame.precision,
            link_type: frame.link_type,
            start,
            end: self.octets.len(),
            original_length: frame.original_length,
        });
    }

    /// The frames, in order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> {
        self.heads.iter().map(|head| Frame {
            number: head.number,
            file: head.file,
            time: head.time,
            precision: head.precision,
            link_type: head.link_type,
            data: self.octets.get(head.start..head.end).unwrap_or_default(),
            original_length: head.original_length,
        })
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Whether the batch should be handed on.
    pub fn is_full(&self) -> bool {
        self.heads.len() >= Self::FRAMES || self.octets.len() >= Self::OCTETS
    }

    /// Forgets the frames, and memory beyond that of a full batch and a large frame.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.octets.clear();
        self.octets.shrink_to(2 * Self::OCTETS);
    }

    /// Puts frames in order of time; those of one time stay in the order they came.
    pub(super) fn sort(&mut self) {
        self.heads.sort_by_key(|head| head.time);
    }

    /// Moves the frames before `horizon` to `earlier`, as many as it takes to fill it. The frames must be in order.
    /// Returns whether there may be more.
    pub(super) fn move_before(&mut self, horizon: Timestamp, earlier: &mut Self) -> bool {
        let due = self.heads.partition_point(|head| head.time < horizon);
        let mut moved = 0;
        for frame in self.frames().take(due) {
            if earlier.is_full() {
                break;
            }
            earlier.push(&frame);
            moved += 1;
        }
        if moved == self.heads.len() {
            self.clear();
        } else if moved > 0 {
            let mut rest = Self::default();
            self.frames().skip(moved).for_each(|frame| rest.push(&frame));
            *self = rest;
        }
        moved < due
    }

    /// Octets of the frames.
    pub(super) fn octets(&self) -> usize {
        self.octets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seconds: i64, data: &[u8]) -> Frame<'_> {
        Frame {
            number: 0,
            file: 0,
            time: Timestamp::new(seconds, 0),
            precision: Precision::NANOSECONDS,
            link_type: LinkType::ETHERNET,
            data,
            original_length: 100,
        }
    }

    #[test]
    fn what_is_older_than_the_horizon_leaves_in_order_of_time() {
        let mut held = Batch::default();
        for (seconds, data) in [(3, b"c"), (1, b"a"), (9, b"z"), (2, b"b")] {
            held.push(&frame(seconds, data));
        }
        held.sort();
        let mut earlier = Batch::default();
        assert!(!held.move_before(Timestamp::new(3, 0), &mut earlier));
        let data = |batch: &Batch| batch.frames().flat_map(|frame| frame.data.to_vec()).collect::<Vec<u8>>();
        assert_eq!(data(&earlier), b"ab");
        assert_eq!(data(&held), b"cz");
        earlier.clear();
        // One alone is not left behind, to go a second time.
        assert!(!held.move_before(Timestamp::new(4, 0), &mut earlier));
        assert_eq!((data(&earlier), data(&held)), (b"c".to_vec(), b"z".to_vec()));
        assert!(!held.move_before(Timestamp::new(10, 0), &mut earlier));
        assert_eq!((data(&earlier), held.is_empty()), (b"cz".to_vec(), true));
    }
}
