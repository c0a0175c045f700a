//! Reassembly of `IPv4` fragments (RFC 791 §3.2), for what could be Mobile IP.
//!
//! The table is bounded in datagrams, in octets and in time; what falls out is counted. Time is that of
//! the frames, and passes here only when a fragment comes in. A datagram is complete when its
//! fragments, by their declared lengths, cover it. Where the snapshot length cut one of them, the
//! result is what is there up to the first gap, so it is shorter than it declares: cut, as an
//! unfragmented one would be.
//!
//! Fragments that overlap are refused with all of their datagram, as no two stacks agree on what they
//! mean; so are those of its fragments that come within the time limit. The same fragment once more is
//! no overlap and is ignored.

mod piece;
mod skipped;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use table::{FragmentTable, Outcome};

/// What the fragment table may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentLimits {
    /// Incomplete datagrams. As many datagrams are remembered as not worth collecting.
    pub datagrams: usize,
    /// Octets in all, some for the keeping of each fragment included.
    pub octets: usize,
    /// How long a datagram may take from its first fragment to its last, in nanoseconds of capture
    /// time, whichever way the clock of the capture goes.
    pub lifetime: u64,
}

impl Default for FragmentLimits {
    /// 1024 datagrams, 8 MiB, 30 seconds.
    fn default() -> Self {
        Self { datagrams: 1024, octets: 8 << 20, lifetime: 30_000_000_000 }
    }
}

/// What happened to fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FragmentCounters {
    /// Datagrams refused because fragments of theirs overlap or disagree on the length.
    pub(crate) refused_overlaps: u64,
    /// Fragments thrown out to make room.
    pub(crate) evicted: u64,
    /// Fragments thrown out because the rest did not come in time.
    pub(crate) expired: u64,
}
