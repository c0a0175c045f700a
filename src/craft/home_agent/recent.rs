//! A table of what came lately: it forgets one half at a time and so stays bounded.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A table of two halves. New entries go to the young half; [`Recent::turn`] forgets the old half and makes the young
/// one the old.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub fn new() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }

    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self.young.get_mut(key) {
            Some(value) => Some(value),
            None => self.old.get_mut(key),
        }
    }

    pub fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// How many entries were put in since the last turn.
    pub fn young(&self) -> usize {
        self.young.len()
    }

    pub fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_put_in_again_is_forgotten_after_two_turns() {
        let mut recent = Recent::new();
        recent.insert(1, 'a');
        recent.insert(2, 'b');
        recent.turn();
        recent.insert(2, 'c');
        assert_eq!((recent.get(&1), recent.get(&2), recent.young()), (Some(&'a'), Some(&'c'), 1));
        recent.turn();
        assert_eq!((recent.get(&1), recent.get(&2), recent.young()), (None, Some(&'c'), 0));
        recent.turn();
        assert_eq!(recent.get(&2), None);
    }
}
