//! One fragment, kept until the others come.

use std::ops::Range;

use crate::capture::{Frame, KeptFrame};
use crate::net::ipv4::Ipv4Packet;

/// The assumed memory cost of a fragment beside its octets, in octets.
const OVERHEAD: usize = 128;

/// One fragment that waits for others.
#[derive(Debug)]
pub(super) struct Piece {
    /// Octets of payload that the IP header declares.
    pub(super) length: usize,
    /// How many of these octets were on the link.
    pub(super) on_link: usize,
    /// Whether more fragments follow this one (the More Fragments bit).
    pub(super) more: bool,
    captured: Captured,
}

/// What was captured of a fragment.
#[derive(Debug)]
enum Captured {
    /// The payload alone.
    Payload(Box<[u8]>),
    /// The whole frame, and the octets of it that are the payload.
    Frame(KeptFrame, Range<usize>),
}

impl Piece {
    /// The fragment `packet`, whose IP header is at octet `ip_offset` of `frame`; with `whole_frame`, the frame too.
    pub(super) fn of(
        frame: &Frame<'_>,
        ip_offset: usize,
        packet: &Ipv4Packet<'_>,
        whole_frame: bool,
    ) -> Self {
        let captured = if whole_frame {
            let start = ip_offset.saturating_add(usize::from(packet.header.header_length));
            Captured::Frame(KeptFrame::of(frame), start..start.saturating_add(packet.payload.len()))
        } else {
            Captured::Payload(packet.payload.into())
        };
        Self {
            length: packet.payload_length,
            on_link: packet.payload_length.saturating_sub(packet.beyond_link),
            more: packet.header.more_fragments,
            captured,
        }
    }

    /// The octets of payload that were captured.
    pub(super) fn payload(&self) -> &[u8] {
        match &self.captured {
            Captured::Payload(octets) => octets,
            Captured::Frame(kept, payload) => kept.frame().data.get(payload.clone()).unwrap_or_default(),
        }
    }

    /// The frame that brought the fragment, if the frame was kept.
    pub(super) fn into_frame(self) -> Option<KeptFrame> {
        match self.captured {
            Captured::Payload(_) => None,
            Captured::Frame(kept, _) => Some(kept),
        }
    }

    /// Octets of memory that the fragment is assumed to cost.
    pub(super) fn cost(&self) -> usize {
        let octets = match &self.captured {
            Captured::Payload(octets) => octets.len(),
            Captured::Frame(kept, _) => kept.frame().data.len(),
        };
        octets.saturating_add(OVERHEAD)
    }
}
