//! The capture of what was selected, its frames in the order of the timeline.

use std::collections::BTreeMap;

use crate::capture::{Frame, KeptFrame, WriteError, Writer};
use crate::trace::Trace;

/// Octets of frames that may wait for fragments.
const MOST_OCTETS: usize = 32 << 20;

/// Writes the frames of what was selected.
///
/// Whether a fragment is selected is known when the last one of its datagram comes. What is selected in the meantime
/// waits, so that the frames stand in the file as they stood in the capture.
pub(super) struct Selected {
    writer: Writer,
    waiting: InOrder,
}

impl Selected {
    pub(super) fn new(writer: Writer) -> Self {
        Self { writer, waiting: InOrder::new(MOST_OCTETS) }
    }

    /// Takes the frame that the trace took last, or all frames that a reassembled datagram came in.
    pub(super) fn write(
        &mut self,
        trace: &Trace,
        frame: &Frame<'_>,
        reassembled: bool,
    ) -> Result<(), WriteError> {
        let first_fragment = trace.first_waiting_frame().unwrap_or(u64::MAX);
        if reassembled {
            trace.fragment_frames().for_each(|fragment| self.waiting.put(&fragment));
        } else if self.waiting.frames.is_empty() && frame.number < first_fragment {
            return self.writer.write(frame);
        } else {
            self.waiting.put(frame);
        }
        self.release(first_fragment)
    }

    /// Completes the file.
    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        self.release(u64::MAX)?;
        self.writer.finish()
    }

    fn release(&mut self, before: u64) -> Result<(), WriteError> {
        while let Some(kept) = self.waiting.take(before) {
            self.writer.write(&kept.frame())?;
        }
        Ok(())
    }
}

/// Frames by their numbers.
struct InOrder {
    frames: BTreeMap<u64, KeptFrame>,
    octets: usize,
    most_octets: usize,
}

impl InOrder {
    fn new(most_octets: usize) -> Self {
        Self { frames: BTreeMap::new(), octets: 0, most_octets }
    }

    fn put(&mut self, frame: &Frame<'_>) {
        let kept = KeptFrame::of(frame);
        self.octets = self.octets.saturating_add(kept.octets());
        self.frames.insert(kept.number, kept);
    }

    /// The first frame, if its number is below `before` or there are too many octets.
    fn take(&mut self, before: u64) -> Option<KeptFrame> {
        let first = self.frames.first_entry()?;
        if *first.key() >= before && self.octets <= self.most_octets {
            return None;
        }
        let kept = first.remove();
        self.octets = self.octets.saturating_sub(kept.octets());
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::time::{Precision, Timestamp};

    fn frame(number: u64, data: &[u8]) -> Frame<'_> {
        Frame {
            number,
            file: 0,
            time: Timestamp::default(),
            precision: Precision::MICROSECONDS,
            link_type: LinkType::RAW,
            data,
            original_length: 0,
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        let data = [0; 100];
        let three = 3 * KeptFrame::of(&frame(1, &data)).octets();
        let mut waiting = InOrder::new(three);
        // A fragment in frame 1 is never completed.
        let mut given = Vec::new();
        for number in [2, 3, 5, 4, 6, 7] {
            waiting.put(&frame(number, &data));
            given.extend(std::iter::from_fn(|| waiting.take(1)).map(|kept| kept.number));
            assert!(waiting.octets <= three && waiting.frames.len() <= 3);
        }
        assert_eq!(given, [2, 3, 4]);
        given.extend(std::iter::from_fn(|| waiting.take(u64::MAX)).map(|kept| kept.number));
        assert_eq!((given, waiting.octets), (vec![2, 3, 4, 5, 6, 7], 0));
    }
}
