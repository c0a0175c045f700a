//! Datagrams whose further fragments are not collected, or only for a short time.

use std::collections::{HashMap, VecDeque};

use super::table::Key;
use crate::time::Timestamp;

/// Why further fragments of a datagram are treated differently from those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// The datagram's first fragment shows ports that are not those of Mobile IP.
    Foreign,
    /// The datagram was refused.
    Refused,
    /// The datagram was completed: fragments that come now are copies.
    Complete,
}

/// A bounded memory of these datagrams; the oldest is forgotten first.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    known: HashMap<Key, (Because, Timestamp, u64)>,
    order: VecDeque<(Key, u64)>,
    serial: u64,
}

impl Skipped {
    /// Remembers `key`, and forgets the oldest keys beyond `limit`.
    pub(super) fn insert(&mut self, key: Key, because: Because, now: Timestamp, limit: usize) {
        self.serial = self.serial.wrapping_add(1);
        self.known.insert(key, (because, now, self.serial));
        self.order.push_back((key, self.serial));
        while self.order.len() > limit {
            let Some((oldest, serial)) = self.order.pop_front() else { break };
            // The entry may have been renewed since; in that case its later place in the order counts.
            if self.known.get(&oldest).is_some_and(|(_, _, latest)| *latest == serial) {
                self.known.remove(&oldest);
            }
        }
    }

    /// Why `key` is skipped; `None` if it is not, or if it was remembered more than `lifetime` nanoseconds ago.
    pub(super) fn reason(&self, key: &Key, now: Timestamp, lifetime: u64) -> Option<Because> {
        let (because, since, _) = self.known.get(key)?;
        (now.since(*since).unsigned_abs() <= lifetime).then_some(*because)
    }

    /// Forgets `key`.
    pub(super) fn remove(&mut self, key: &Key) {
        self.known.remove(key);
    }

    /// How many datagrams are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len().max(self.order.len())
    }
}
