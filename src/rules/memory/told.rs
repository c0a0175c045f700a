//! What was reported once and is not reported again.

use std::collections::BTreeSet;

use super::push_snugly;

/// Up to so many reports of one session are kept in a list, which is small and contiguous in memory.
const FEW: usize = 8;

/// Rules and keys that were reported.
#[derive(Debug, Default)]
pub(in crate::rules) struct Told {
    few: Vec<(&'static str, u64)>,
    /// The reports that came when the list was full.
    more: BTreeSet<(&'static str, u64)>,
}

impl Told {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.few.len().saturating_add(self.more.len())
    }

    /// Whether this rule was reported for this key.
    pub fn has(&self, rule: &'static str, key: u64) -> bool {
        self.few.iter().any(|(its, of)| *of == key && *its == rule) || self.more.contains(&(rule, key))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.few.iter().chain(&self.more).copied()
    }

    /// Notes that a rule was reported for a key; gives whether it was not before.
    pub fn insert(&mut self, rule: &'static str, key: u64) -> bool {
        if self.has(rule, key) {
            return false;
        }
        if self.few.len() < FEW {
            push_snugly(&mut self.few, (rule, key));
        } else {
            self.more.insert((rule, key));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_once() {
        let mut told = Told::default();
        for key in 0..20 {
            assert!(told.insert("EXT-003", key));
            assert!(told.insert("EXT-004", key));
        }
        assert_eq!(told.len(), 40);
        for key in 0..20 {
            assert!(!told.insert("EXT-003", key) && told.has("EXT-004", key));
        }
        assert!(!told.has("EXT-003", 20));
    }
}
