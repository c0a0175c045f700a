//! Indexes: find the place of a row in a table by some bits of its key's hash.
//!
//! Because an index holds these bits itself, it can grow, and find that a key is missing, without a visit to the rows
//! it points to, which lie in main memory.

use super::places::{Places, upper};

/// A row of a table, as an index names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Bits of the hash of the row's key.
    pub tag: u32,
    /// The row's place in the table.
    pub slot: u32,
}

/// The bits of a hash that an index keeps.
pub(crate) const fn tag(hash: u64) -> u32 {
    upper(hash)
}

/// Entries by their tags; several entries can have the same tag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index(Places);

impl Index {
    /// Prefetches the place of this tag, which will be looked up soon.
    #[inline]
    pub fn expect(&self, tag: u32) {
        self.0.expect(tag);
    }

    /// The slots of the entries with this tag; the keys of their rows are still to be compared.
    #[inline]
    pub fn slots(&self, tag: u32) -> impl Iterator<Item = u32> {
        let entries = self.0.near(tag).map(unpacked);
        entries.filter(move |entry| entry.tag == tag).map(|entry| entry.slot)
    }

    /// Whether there are at least `many` entries with this tag.
    #[inline]
    pub fn has_many(&self, tag: u32, many: usize) -> bool {
        self.slots(tag).nth(many.saturating_sub(1)).is_some()
    }

    /// Adds an entry. The slot must not be `u32::MAX`.
    pub fn insert(&mut self, entry: Entry) {
        self.0.insert(packed(entry));
    }

    /// Removes an entry; returns whether it was there.
    pub fn remove(&mut self, entry: Entry) -> bool {
        self.0.remove(packed(entry))
    }
}

/// The tag in the upper half, and in the lower half the complement of the slot, which makes the number differ from 0.
#[inline]
fn packed(Entry { tag, slot }: Entry) -> u64 {
    u64::from(tag) << 32 | u64::from(!slot)
}

#[inline]
fn unpacked(entry: u64) -> Entry {
    // Only the lower half is wanted.
    #[allow(clippy::cast_possible_truncation)]
    Entry { tag: upper(entry), slot: !(entry as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_tag_are_told_apart() {
        let mut index = Index::default();
        for slot in [0, 5, u32::MAX - 1] {
            index.insert(Entry { tag: 7, slot });
            index.insert(Entry { tag: 8, slot });
        }
        index.expect(7);
        let slots = |index: &Index, tag| {
            let mut slots: Vec<u32> = index.slots(tag).collect();
            slots.sort_unstable();
            slots
        };
        assert_eq!(slots(&index, 7), [0, 5, u32::MAX - 1]);
        assert!(index.remove(Entry { tag: 7, slot: 5 }));
        assert!(!index.remove(Entry { tag: 7, slot: 5 }));
        assert_eq!(slots(&index, 7), [0, u32::MAX - 1]);
        assert_eq!(slots(&index, 8), [0, 5, u32::MAX - 1]);
        assert!(slots(&index, 9).is_empty());
    }
}
