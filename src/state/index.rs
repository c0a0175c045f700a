//! Indexes: where in a table things are, by some bits of their key's hash.
//!
//! With the bits at hand an index grows, and is searched for what it does not hold, without a visit to the things it
//! points to, which lie in main memory.

use super::prefetch::prefetch;

/// Something in a table, as an index names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Bits of its key's hash.
    pub tag: u32,
    /// Its place in the table.
    pub slot: u32,
}

/// The bits of a hash that an index keeps.
pub(super) const fn tag(hash: u64) -> u32 {
    // The cut is what is wanted.
    #[allow(clippy::cast_possible_truncation)]
    {
        (hash >> 32) as u32
    }
}

/// Entries by their tags; there can be several with one tag.
///
/// A search reads one cache line where a table with control octets, as in crates, reads two, and where that line is can
/// be told before it is searched: that is what this is for. An entry stands at the first free place from the one that
/// the upper bits of its tag name.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// A power of two, or none. An entry's tag in the upper half, the complement of its slot in the lower; 0 is free, so
    /// that a new index is memory that was never written to.
    places: Vec<u64>,
    /// Bits of a tag that do not name its place.
    shift: u32,
    count: usize,
}

/// Places of the smallest index that is not empty.
const FEWEST: usize = 16;

impl Index {
    /// Hints that this tag will be looked for soon.
    #[inline]
    pub fn expect(&self, tag: u32) {
        prefetch(self.places.get(self.home(tag)));
    }

    /// The slots of the entries with this tag; what they stand for is still to be compared.
    #[inline]
    pub fn slots(&self, tag: u32) -> impl Iterator<Item = u32> {
        let mut place = self.home(tag);
        std::iter::from_fn(move || {
            loop {
                let entry = unpacked(*self.places.get(place)?)?;
                place = self.after(place);
                if entry.tag == tag {
                    return Some(entry.slot);
                }
            }
        })
    }

    /// Adds an entry. The slot must not be the greatest number there is.
    pub fn insert(&mut self, entry: Entry) {
        // Searches for what is not there stay short up to here.
        if self.count.saturating_mul(8) >= self.places.len().saturating_mul(5) {
            self.grow();
        }
        self.count = self.count.saturating_add(1);
        self.put(packed(entry));
    }

    /// Takes an entry out; says whether it was there.
    pub fn remove(&mut self, entry: Entry) -> bool {
        let wanted = packed(entry);
        let mut hole = self.home(entry.tag);
        loop {
            match self.places.get(hole) {
                None | Some(0) => return false,
                Some(found) if *found == wanted => break,
                Some(_) => hole = self.after(hole),
            }
        }
        // What was put behind it because its own place was taken moves up, so that searches need no tombstones.
        let mut place = self.after(hole);
        while let Some(entry) = self.places.get(place).copied().and_then(unpacked) {
            let distance = |to: usize| to.wrapping_sub(self.home(entry.tag)) & self.mask();
            if distance(hole) < distance(place) {
                self.write(hole, packed(entry));
                hole = place;
            }
            place = self.after(place);
        }
        self.write(hole, 0);
        self.count = self.count.saturating_sub(1);
        true
    }

    /// Doubles the places. The upper bits of a tag name its place, so that entries keep their order and both halves of
    /// the work run through memory from front to back.
    #[cold]
    fn grow(&mut self) {
        let length = self.places.len().saturating_mul(2).max(FEWEST);
        let before = std::mem::replace(&mut self.places, vec![0; length]);
        self.shift = 32u32.saturating_sub(length.trailing_zeros());
        // From a place that is free: what stands before it may have its own place at the end.
        let start = before.iter().position(|entry| *entry == 0).unwrap_or_default();
        let (front, back) = before.split_at_checked(start).unwrap_or((&before, &[]));
        for entry in back.iter().chain(front).filter(|entry| **entry != 0) {
            self.put(*entry);
        }
    }

    fn put(&mut self, entry: u64) {
        let mut place = self.home(upper(entry));
        while self.places.get(place).is_some_and(|taken| *taken != 0) {
            place = self.after(place);
        }
        self.write(place, entry);
    }

    fn write(&mut self, place: usize, entry: u64) {
        if let Some(place) = self.places.get_mut(place) {
            *place = entry;
        }
    }

    /// The place that a tag names.
    #[inline]
    fn home(&self, tag: u32) -> usize {
        tag.checked_shr(self.shift).unwrap_or_default() as usize
    }

    #[inline]
    fn after(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.mask()
    }

    #[inline]
    fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }
}

#[inline]
fn packed(Entry { tag, slot }: Entry) -> u64 {
    u64::from(tag) << 32 | u64::from(!slot)
}

#[inline]
fn unpacked(entry: u64) -> Option<Entry> {
    // The cut is what is wanted.
    #[allow(clippy::cast_possible_truncation)]
    (entry != 0).then_some(Entry { tag: upper(entry), slot: !(entry as u32) })
}

#[inline]
const fn upper(entry: u64) -> u32 {
    tag(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(slots: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut slots: Vec<u32> = slots.collect();
        slots.sort_unstable();
        slots
    }

    proptest! {
        /// It holds what a list of entries holds. Tags crowd at both ends, so that places run out there.
        #[test]
        fn an_index_is_a_list_that_is_searched_quickly(
            steps in proptest::collection::vec(
                (any::<bool>(), prop_oneof![0u32..4, 0xffff_fff0..=u32::MAX, any::<u32>()], 0u32..6),
                0..200,
            ),
        ) {
            let mut index = Index::default();
            let mut list: Vec<Entry> = Vec::new();
            for (adds, tag, slot) in steps {
                let entry = Entry { tag, slot };
                let known = list.iter().position(|other| *other == entry);
                if adds {
                    index.insert(entry);
                    list.push(entry);
                } else {
                    prop_assert_eq!(index.remove(entry), known.is_some());
                    known.map(|known| list.swap_remove(known));
                }
                index.expect(tag);
                for entry in &list {
                    let same = list.iter().filter(|other| other.tag == entry.tag);
                    prop_assert_eq!(sorted(index.slots(entry.tag)), sorted(same.map(|other| other.slot)));
                }
                prop_assert_eq!(index.count, list.len());
            }
        }
    }

    #[test]
    fn an_empty_index_holds_nothing() {
        let mut index = Index::default();
        index.expect(7);
        assert_eq!(index.slots(0).chain(index.slots(u32::MAX)).count(), 0);
        assert!(!index.remove(Entry { tag: 0, slot: 0 }));
    }

    #[test]
    fn an_index_of_many_finds_each() {
        let mut index = Index::default();
        let tag = |slot: u32| slot.wrapping_mul(0x9e37_79b9);
        for slot in 0..100_000 {
            index.insert(Entry { tag: tag(slot), slot });
        }
        assert!((0..100_000).all(|slot| index.slots(tag(slot)).eq([slot])));
        assert!(index.places.len() <= 1 << 18);
    }
}
