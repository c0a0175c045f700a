//! The frames of recent tunnelled packets, kept because a rule may report a packet only some packets later.

use std::collections::VecDeque;

use super::Batch;
use crate::capture::Frame;

/// The most octets of a frame that are kept: its headers, and those of what it carries.
const OCTETS: usize = 256;

/// The latest frames, in batches of up to 1,024 whose memory is reused; the oldest batch is forgotten first.
#[derive(Debug)]
pub(super) struct RecentData {
    /// The batches, oldest first; the last one is being filled.
    batches: VecDeque<Batch>,
    most: usize,
}

impl RecentData {
    /// Room for `most` batches; 0 keeps nothing.
    pub fn new(most: usize) -> Self {
        Self { batches: VecDeque::new(), most }
    }

    /// Keeps a copy of a frame.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>) {
        if self.most == 0 {
            return;
        }
        if self.batches.back().is_none_or(Batch::is_full) {
            let oldest = if self.batches.len() >= self.most { self.batches.pop_front() } else { None };
            let mut batch = oldest.unwrap_or_default();
            batch.clear();
            self.batches.push_back(batch);
        }
        if let Some(batch) = self.batches.back_mut() {
            let data = frame.data.get(..OCTETS).unwrap_or(frame.data);
            batch.push(&Frame { data, ..*frame });
        }
    }

    /// The frame with this number, while it is kept.
    pub fn by_number(&self, number: u64) -> Option<Frame<'_>> {
        self.batches.iter().rev().find_map(|batch| batch.frames().find(|frame| frame.number == number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::time::{Precision, Timestamp};

    #[test]
    fn the_last_ones_are_kept() {
        let frame = |number: u64| Frame {
            number,
            file: 0,
            time: Timestamp::new(0, 0),
            precision: Precision::NANOSECONDS,
            link_type: LinkType::RAW,
            data: &[1, 2, 3],
            original_length: 3,
        };
        let mut data = RecentData::new(2);
        (1..=3_000).for_each(|number| data.push(&frame(number)));
        // A batch is full with 1024: frames 1025 to 2048 and the rest are there.
        assert_eq!(data.by_number(3_000).map(|frame| frame.data.len()), Some(3));
        assert_eq!(data.by_number(1_025).map(|frame| frame.number), Some(1_025));
        assert!(data.by_number(1_024).is_none());
        let mut nothing = RecentData::new(0);
        nothing.push(&frame(1));
        assert!(nothing.by_number(1).is_none());
    }
}
