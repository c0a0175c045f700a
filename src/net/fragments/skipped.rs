//! Datagrams whose further fragments are not collected, or not for long.

use std::collections::{HashMap, VecDeque};

use super::table::Key;
use crate::time::Timestamp;

/// Why further fragments of a datagram are not collected as those of others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// Its first fragment shows ports that are not Mobile IP's.
    Foreign,
    /// It was refused.
    Refused,
    /// It was completed: what comes now are copies.
    Complete,
}

/// A bounded memory of such datagrams; the oldest is forgotten first.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    known: HashMap<Key, (Because, Timestamp, u64)>,
    order: VecDeque<(Key, u64)>,
    serial: u64,
}

impl Skipped {
    /// Remembers `key`, and forgets the oldest where more than `limit` would be known.
    pub(super) fn insert(&mut self, key: Key, because: Because, now: Timestamp, limit: usize) {
        self.serial = self.serial.wrapping_add(1);
        self.known.insert(key, (because, now, self.serial));
        self.order.push_back((key, self.serial));
        while self.order.len() > limit {
            let Some((oldest, serial)) = self.order.pop_front() else { break };
            // The entry may have been renewed since; then its later place in the order counts.
            if self.known.get(&oldest).is_some_and(|(_, _, latest)| *latest == serial) {
                self.known.remove(&oldest);
            }
        }
    }

    /// Why `key` is skipped, if it is and was remembered at most `lifetime` nanoseconds ago.
    pub(super) fn reason(&self, key: &Key, now: Timestamp, lifetime: u64) -> Option<Because> {
        let (because, since, _) = self.known.get(key)?;
        (now.since(*since).unsigned_abs() <= lifetime).then_some(*because)
    }

    /// Forgets `key`.
    pub(super) fn remove(&mut self, key: &Key) {
        self.known.remove(key);
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len().max(self.order.len())
    }
}
