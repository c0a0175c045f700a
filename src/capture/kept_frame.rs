//! A frame that outlives the reader's window.

use super::{Frame, LinkType};
use crate::time::{Precision, Timestamp};

/// A frame that owns its octets.
#[derive(Debug)]
pub(crate) struct KeptFrame {
    /// Its number in the timeline.
    pub(crate) number: u64,
    file: u32,
    time: Timestamp,
    precision: Precision,
    link_type: LinkType,
    data: Box<[u8]>,
    original_length: u32,
}

impl KeptFrame {
    /// A copy of a frame.
    pub(crate) fn of(frame: &Frame<'_>) -> Self {
        let Frame { number, file, time, precision, link_type, data, original_length } = *frame;
        Self { number, file, time, precision, link_type, data: data.into(), original_length }
    }

    /// The frame.
    pub(crate) fn frame(&self) -> Frame<'_> {
        let Self { number, file, time, precision, link_type, ref data, original_length } = *self;
        Frame { number, file, time, precision, link_type, data, original_length }
    }

    /// About how many octets of memory it takes.
    pub(crate) fn octets(&self) -> usize {
        size_of::<Self>().saturating_add(self.data.len())
    }
}
