//! Reassembly of `IPv4` fragments (RFC 791 §3.2), for datagrams that could be Mobile IP.
//!
//! The table is bounded in datagrams, in octets and in time, and counts what it drops. Time is that of the frames, and
//! advances here only when a fragment comes in. A datagram is complete when the declared lengths of its fragments cover
//! it. If the snapshot length cut one of the fragments, the result holds the octets up to the first gap. It is then
//! shorter than it declares: cut, as an unfragmented datagram would be.
//!
//! If fragments overlap, their whole datagram is refused, because no two IP stacks agree on what an overlap means.
//! Further fragments of a refused datagram are refused too, within the time limit. A repeated identical fragment is no
//! overlap and is ignored.

mod piece;
mod skipped;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use table::{FragmentTable, Outcome};

/// The limits of the fragment table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentLimits {
    /// The most incomplete datagrams, and the most datagrams remembered as not worth collecting.
    pub datagrams: usize,
    /// The most octets in all, including an overhead for each fragment.
    pub octets: usize,
    /// How long a datagram may take from its first fragment to its last, in nanoseconds of capture time, whether the
    /// capture's clock goes forward or back.
    pub lifetime: u64,
}

impl Default for FragmentLimits {
    /// 1024 datagrams, 8 MiB, 30 seconds.
    fn default() -> Self {
        Self { datagrams: 1024, octets: 8 << 20, lifetime: 30_000_000_000 }
    }
}

/// Counters of what happened to fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FragmentCounters {
    /// Datagrams refused because their fragments overlap or disagree on the length.
    pub(crate) refused_overlaps: u64,
    /// Fragments dropped to make room.
    pub(crate) evicted: u64,
    /// Fragments dropped because the rest did not come in time.
    pub(crate) expired: u64,
}
