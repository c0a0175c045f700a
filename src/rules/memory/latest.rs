//! A table of the values that came last.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

/// The latest value for each key, in two halves: when the young half is full it becomes the old one, and the previous
/// old one is forgotten.
#[derive(Debug)]
pub(super) struct Latest<K, V> {
    young: HashMap<K, V, FixedState>,
    old: HashMap<K, V, FixedState>,
    /// The most in one half.
    most: usize,
}

impl<K: Eq + Hash, V> Latest<K, V> {
    /// An empty table. At least the last `most` values are remembered, and at most twice as many; `seed` is the hash's.
    pub fn new(most: usize, seed: u64) -> Self {
        let empty = || HashMap::with_hasher(FixedState::with_seed(seed));
        Self { young: empty(), old: empty(), most }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Puts in the latest value for a key; gives how many others were forgotten for it.
    pub fn insert(&mut self, key: K, value: V) -> usize {
        let mut forgotten = 0usize;
        self.insert_telling(key, value, |_| forgotten = forgotten.saturating_add(1));
        forgotten
    }

    /// The same; calls `tell` with each value that was forgotten for it.
    pub fn insert_telling(&mut self, key: K, value: V, mut tell: impl FnMut(V)) {
        if self.young.len() >= self.most {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.drain().for_each(|(_, forgotten)| tell(forgotten));
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_the_oldest_forgotten() {
        let mut latest = Latest::new(3, 1);
        let forgotten: Vec<usize> = (0..7).map(|key| latest.insert(key, key * 10)).collect();
        // 0 to 2 went when 6 came.
        assert_eq!(forgotten, [0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(
            (2..7).map(|key| latest.get(&key).copied()).collect::<Vec<_>>(),
            [None, Some(30), Some(40), Some(50), Some(60)]
        );
        latest.insert(3, 31);
        assert_eq!(latest.get(&3), Some(&31));
    }
}
