//! The results of the format readers, which take one record or block at a time off a window.

use std::ops::Range;

use super::window::Window;
use super::{Fault, Frame, LinkType};
use crate::time::{Precision, Timestamp};

/// One packet of one input, its octets still in that input's [`Window`].
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) time: Timestamp,
    pub(super) precision: Precision,
    pub(super) link_type: LinkType,
    /// Octets the packet had on the link.
    pub(super) original_length: u32,
    /// Where the captured octets are in the window.
    pub(super) data: Range<usize>,
}

impl Record {
    /// The frame of this record, with `number` as its number in the timeline.
    #[inline]
    pub(super) fn frame<'a>(&self, number: u64, file: u32, window: &'a Window) -> Frame<'a> {
        Frame {
            number,
            file,
            time: self.time,
            precision: self.precision,
            link_type: self.link_type,
            data: window.octets(self.data.clone()),
            original_length: self.original_length,
        }
    }
}

/// The result of one attempt to take a record off the window.
#[derive(Debug)]
pub(super) enum Step {
    /// A packet was taken.
    Record(Record),
    /// An interface was described; packets of this link type may follow.
    Interface(LinkType),
    /// The next record or block is not all there.
    More(Missing),
}

/// A record or block that is not all there yet. If `had` is 0 nothing of it is there, and the input may end here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// Where it begins.
    pub(super) offset: u64,
    /// Octets it needs, as far as is known.
    pub(super) needed: u64,
    /// Octets that are there.
    pub(super) had: u64,
}

impl Missing {
    /// A record at the front of `window` that needs `needed` octets in all.
    pub(super) fn at(window: &Window, needed: usize) -> Self {
        Self { offset: window.offset(), needed: needed as u64, had: window.unread().len() as u64 }
    }

    /// The fault if nothing more comes; `None` if the input ends between two records.
    pub(super) fn fault(self) -> Option<Fault> {
        let Self { offset, needed, had } = self;
        (had > 0).then_some(Fault::Truncated { offset, needed, had })
    }
}
