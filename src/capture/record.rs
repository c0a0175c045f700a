//! What the readers of the formats take off a window, one step at a time.

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
    /// The frame that this record is, as number `number` of the timeline.
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

/// What came of one look at the window.
#[derive(Debug)]
pub(super) enum Step {
    /// A packet was taken.
    Record(Record),
    /// An interface was described; packets of this link type may follow.
    Interface(LinkType),
    /// The next record or block is not whole.
    More(Missing),
}

/// A record or block that is not whole yet. With `had` 0 nothing of it is there, and the input may end here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// Where it begins.
    pub(super) offset: u64,
    /// Octets it needs, as far as can be told.
    pub(super) needed: u64,
    /// Octets that are there.
    pub(super) had: u64,
}

impl Missing {
    /// A record at the front of `window` that needs `needed` octets.
    pub(super) fn at(window: &Window, needed: usize) -> Self {
        Self { offset: window.offset(), needed: needed as u64, had: window.unread().len() as u64 }
    }

    /// The fault, when nothing more comes; `None` when the input ends well here.
    pub(super) fn fault(self) -> Option<Fault> {
        let Self { offset, needed, had } = self;
        (had > 0).then_some(Fault::Truncated { offset, needed, had })
    }
}
