//! Entries of an index: where something is, and some bits of its key's hash.
//!
//! With the bits at hand an index grows, and is searched for what it does not hold, without a visit to the things it
//! points to, which lie in main memory.

/// Something in a table, as an index names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Bits of its key's hash.
    pub tag: u32,
    /// Its place in the table.
    pub slot: u32,
}

impl Entry {
    /// The hash under which the index has it. An index takes the place from the low bits and compares the high ones.
    pub fn hash(self) -> u64 {
        u64::from(self.tag) << 32 | u64::from(self.tag)
    }
}

/// The bits of a hash that an index keeps.
pub(super) const fn tag(hash: u64) -> u32 {
    // The cut is what is wanted.
    #[allow(clippy::cast_possible_truncation)]
    {
        (hash >> 32) as u32
    }
}
