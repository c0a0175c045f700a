//! A growing hash table of numbers, which indexes and sets are made of.
//!
//! A search reads one cache line, where tables with control octets, as crates have them, read two; and the place of
//! that line is known before the search, so it can be prefetched. This is why the table exists.

use super::prefetch::prefetch;

/// A multiset of 64-bit numbers other than 0, found by their upper 32 bits, which have to be well scattered.
///
/// A number stands in the first free place from the one that its upper bits name, so that numbers keep their order when
/// the table grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// A power of two of places, or none. 0 is a free place, so that a new table is memory never written to.
    numbers: Vec<u64>,
    /// How many low bits of the upper half do not name a place.
    shift: u32,
    count: usize,
}

/// Places of the smallest table that is not empty.
const FEWEST: usize = 16;

impl Places {
    /// How many numbers the table holds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Prefetches the place of numbers with this upper half, which will be looked up soon.
    #[inline]
    pub fn expect(&self, upper: u32) {
        prefetch(self.numbers.get(self.home(upper)));
    }

    /// The numbers from the place that this upper half names to the next free one: all with this upper half, and
    /// others.
    #[inline]
    pub fn near(&self, upper: u32) -> impl Iterator<Item = u64> {
        let mut place = self.home(upper);
        std::iter::from_fn(move || {
            let number = *self.numbers.get(place)?;
            place = self.after(place);
            (number != 0).then_some(number)
        })
    }

    /// Inserts a number, which must not be 0.
    pub fn insert(&mut self, number: u64) {
        // Up to this load, searches for numbers that are not there stay short.
        if self.count.saturating_mul(8) >= self.numbers.len().saturating_mul(5) {
            self.grow();
        }
        self.count = self.count.saturating_add(1);
        self.put(number);
    }

    /// Removes a number; returns whether it was there.
    pub fn remove(&mut self, number: u64) -> bool {
        let mut hole = self.home(upper(number));
        loop {
            match self.numbers.get(hole) {
                None | Some(0) => return false,
                Some(found) if *found == number => break,
                Some(_) => hole = self.after(hole),
            }
        }
        // Numbers that had to go past their own place move up to the hole, so that searches need no tombstones.
        let mut place = self.after(hole);
        while let Some(number) = self.numbers.get(place).copied().filter(|number| *number != 0) {
            let home = self.home(upper(number));
            let distance = |to: usize| to.wrapping_sub(home) & self.mask();
            if distance(hole) < distance(place) {
                self.write(hole, number);
                hole = place;
            }
            place = self.after(place);
        }
        self.write(hole, 0);
        self.count = self.count.saturating_sub(1);
        true
    }

    /// Doubles the places. As upper bits name the place, reading and writing both run through memory front to back.
    #[cold]
    fn grow(&mut self) {
        let length = self.numbers.len().saturating_mul(2).max(FEWEST);
        let before = std::mem::replace(&mut self.numbers, vec![0; length]);
        self.shift = 32u32.saturating_sub(length.trailing_zeros());
        // Copying starts at a free place: numbers before it may have their own place at the end of the table.
        let start = before.iter().position(|number| *number == 0).unwrap_or_default();
        let (front, back) = before.split_at_checked(start).unwrap_or((&before, &[]));
        for number in back.iter().chain(front).filter(|number| **number != 0) {
            self.put(*number);
        }
    }

    fn put(&mut self, number: u64) {
        let mut place = self.home(upper(number));
        while self.numbers.get(place).is_some_and(|taken| *taken != 0) {
            place = self.after(place);
        }
        self.write(place, number);
    }

    fn write(&mut self, place: usize, number: u64) {
        if let Some(place) = self.numbers.get_mut(place) {
            *place = number;
        }
    }

    /// The place that an upper half names.
    #[inline]
    fn home(&self, upper: u32) -> usize {
        upper.checked_shr(self.shift).unwrap_or_default() as usize
    }

    #[inline]
    fn after(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.mask()
    }

    #[inline]
    fn mask(&self) -> usize {
        self.numbers.len().wrapping_sub(1)
    }
}

/// The upper half of a number.
#[inline]
pub(super) const fn upper(number: u64) -> u32 {
    // Only the upper half is wanted.
    #[allow(clippy::cast_possible_truncation)]
    {
        (number >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        numbers
    }

    proptest! {
        /// It holds what a list of numbers holds. Upper halves crowd at both ends, so that places run out there.
        #[test]
        fn a_bag_is_a_list_that_is_searched_quickly(
            steps in proptest::collection::vec(
                (any::<bool>(), prop_oneof![0u32..4, 0xffff_fff0..=u32::MAX, any::<u32>()], 1u64..7),
                0..200,
            ),
        ) {
            let mut places = Places::default();
            let mut list: Vec<u64> = Vec::new();
            for (adds, half, low) in steps {
                let number = u64::from(half) << 32 | low;
                let known = list.iter().position(|other| *other == number);
                if adds {
                    places.insert(number);
                    list.push(number);
                } else {
                    prop_assert_eq!(places.remove(number), known.is_some());
                    known.map(|known| list.swap_remove(known));
                }
                places.expect(half);
                for number in &list {
                    let is_of = |other: &u64| upper(*other) == upper(*number);
                    let near = places.near(upper(*number)).filter(is_of);
                    prop_assert_eq!(sorted(near), sorted(list.iter().copied().filter(is_of)));
                }
                prop_assert_eq!(places.len(), list.len());
            }
        }
    }

    #[test]
    fn an_empty_bag_holds_nothing() {
        let mut places = Places::default();
        places.expect(7);
        assert_eq!(places.near(0).chain(places.near(u32::MAX)).count(), 0);
        assert!(!places.remove(1));
    }

    #[test]
    fn many_are_found_each_and_crowd_little() {
        let mut places = Places::default();
        let number = |low: u64| (low + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for low in 0..100_000 {
            places.insert(number(low));
        }
        assert!((0..100_000).all(|low| places.near(upper(number(low))).any(|found| found == number(low))));
        assert!(places.numbers.len() <= 1 << 18);
    }
}
