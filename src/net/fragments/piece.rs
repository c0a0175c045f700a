//! One fragment, kept until the others come.

use std::ops::Range;

use crate::{
    capture::{Frame, LinkType},
    net::ipv4::Ipv4Packet,
    time::{Precision, Timestamp},
};

/// What keeping a fragment is taken to cost beside its octets.
const OVERHEAD: usize = 128;

/// One fragment that waits for others.
#[derive(Debug)]
pub(super) struct Piece {
    /// Octets of payload that the IP header declares.
    pub(super) length: usize,
    /// Those of them that were on the link.
    pub(super) on_link: usize,
    /// Whether more fragments follow it.
    pub(super) more: bool,
    /// The captured octets: of the payload, or of the whole frame when frames are kept.
    pub(super) octets: Box<[u8]>,
    /// Where in `octets` the payload lies.
    payload: Range<usize>,
    /// The rest of the frame when frames are kept.
    pub(super) frame: Option<FrameFacts>,
}

impl Piece {
    /// The fragment `packet`, whose IP header begins at `ip_offset` of `frame`; with `whole_frame`, the frame too.
    pub(super) fn of(
        frame: &Frame<'_>,
        ip_offset: usize,
        packet: &Ipv4Packet<'_>,
        whole_frame: bool,
    ) -> Self {
        let (octets, payload, facts) = if whole_frame {
            let start = ip_offset.saturating_add(usize::from(packet.header.header_length));
            (frame.data, start..start.saturating_add(packet.payload.len()), Some(FrameFacts::of(frame)))
        } else {
            (packet.payload, 0..packet.payload.len(), None)
        };
        Self {
            length: packet.payload_length,
            on_link: packet.payload_length.saturating_sub(packet.beyond_link),
            more: packet.header.more_fragments,
            octets: octets.into(),
            payload,
            frame: facts,
        }
    }

    /// The octets of payload that were captured.
    pub(super) fn payload(&self) -> &[u8] {
        self.octets.get(self.payload.clone()).unwrap_or_default()
    }

    /// Octets of memory that it is taken to cost.
    pub(super) fn cost(&self) -> usize {
        self.octets.len().saturating_add(OVERHEAD)
    }
}

/// A frame without its octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFacts {
    pub(super) number: u64,
    file: u32,
    time: Timestamp,
    precision: Precision,
    link_type: LinkType,
    original_length: u32,
}

impl FrameFacts {
    fn of(frame: &Frame<'_>) -> Self {
        let Frame { number, file, time, precision, link_type, data: _, original_length } = *frame;
        Self { number, file, time, precision, link_type, original_length }
    }

    /// The frame with these octets.
    pub(super) fn with<'a>(&self, data: &'a [u8]) -> Frame<'a> {
        let Self { number, file, time, precision, link_type, original_length } = *self;
        Frame { number, file, time, precision, link_type, data, original_length }
    }
}
