//! The records of exchanges that are kept for display.

use std::collections::VecDeque;
use std::num::NonZeroU64;

use super::{Exchange, Leg};

/// Exchange records, bounded in number and in octets; the oldest are forgotten first.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    exchanges: VecDeque<Exchange>,
    /// How many records were forgotten before the first one that is still there.
    first: u64,
    most: usize,
    forgotten_legs: u64,
    /// Octets of the Flow-Bindings of all records, and the most that there may be.
    octets: usize,
    most_octets: usize,
    /// Numbers of the records that were decided since they were last taken; `None` when nobody takes them.
    decided: Option<VecDeque<RecordNumber>>,
}

/// The number of a record, from 1, which stays the same when other records are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordNumber(NonZeroU64);

impl RecordNumber {
    /// The record's index among the records that are still there when `forgotten` records before them were forgotten.
    fn index(self, forgotten: u64) -> Option<usize> {
        usize::try_from(self.0.get().saturating_sub(1).checked_sub(forgotten)?).ok()
    }
}

/// The most packets kept of one exchange.
const LEGS: usize = 1 << 8;

impl Records {
    /// At most `most` records with `most_octets` octets of Flow-Bindings, but always one; none at all if `most` is 0.
    pub fn new(most: usize, most_octets: usize) -> Self {
        Self { most, most_octets, ..Self::default() }
    }

    /// A copy with the counters and bounds, but without the exchanges.
    pub fn outline(&self) -> Self {
        let Self { first, most, forgotten_legs, most_octets, .. } = *self;
        Self { first, most, forgotten_legs, most_octets, ..Self::default() }
    }

    /// Copies at most `most` of the exchanges that are still missing here; returns whether all are there.
    pub fn copy(&mut self, from: &Self, most: usize) -> bool {
        let missing = from.exchanges.iter().skip(self.exchanges.len());
        let is_all = missing.len() <= most;
        self.exchanges.extend(missing.take(most).cloned());
        is_all
    }

    pub fn is_kept(&self) -> bool {
        self.most > 0
    }

    /// Keeps a record and returns its number.
    pub fn push(&mut self, exchange: Exchange) -> RecordNumber {
        if self.exchanges.len() >= self.most {
            self.forget_first();
        }
        self.octets = self.octets.saturating_add(octets_of(&exchange));
        self.exchanges.push_back(exchange);
        self.make_room();
        let before = self.exchanges.len().saturating_sub(1) as u64;
        RecordNumber(NonZeroU64::MIN.saturating_add(self.first.saturating_add(before)))
    }

    /// Adds a packet to an exchange, and returns the exchange to change anything in it but its Flow-Bindings.
    pub fn add_leg(&mut self, number: Option<RecordNumber>, leg: Leg) -> Option<&mut Exchange> {
        let exchange = self.exchanges.get_mut(number?.index(self.first)?)?;
        if exchange.legs.len() < LEGS {
            exchange.legs.push(leg);
        } else {
            self.forgotten_legs = self.forgotten_legs.saturating_add(1);
        }
        Some(exchange)
    }

    /// A record, if it is still there, to change it in anything but its Flow-Bindings.
    pub fn get_mut(&mut self, number: Option<RecordNumber>) -> Option<&mut Exchange> {
        self.exchanges.get_mut(number?.index(self.first)?)
    }

    /// Changes a record if it is still there; Flow-Bindings may change, too.
    pub fn change(&mut self, number: Option<RecordNumber>, change: impl FnOnce(&mut Exchange)) {
        let Some(exchange) = self.get_mut(number) else { return };
        let before = octets_of(exchange);
        change(exchange);
        let after = octets_of(exchange);
        self.octets = self.octets.saturating_sub(before).saturating_add(after);
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.octets > self.most_octets && self.exchanges.len() > 1 {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(forgotten) = self.exchanges.pop_front() {
            self.octets = self.octets.saturating_sub(octets_of(&forgotten));
            self.first = self.first.saturating_add(1);
        }
    }

    /// From now on, notes which records are decided.
    pub fn follow(&mut self) {
        self.decided.get_or_insert_default();
    }

    /// Notes that a record is decided. As many notes are kept as records; older ones are forgotten.
    pub fn decide(&mut self, number: Option<RecordNumber>) {
        if let (Some(decided), Some(number)) = (&mut self.decided, number) {
            if decided.len() >= self.most {
                decided.pop_front();
            }
            decided.push_back(number);
        }
    }

    /// The records that were decided since the last call and are still there.
    pub fn take_decided(&mut self) -> impl Iterator<Item = &Exchange> {
        let numbers = self.decided.as_mut().map(std::mem::take).unwrap_or_default();
        let (exchanges, first) = (&self.exchanges, self.first);
        numbers.into_iter().filter_map(move |number| exchanges.get(number.index(first)?))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    pub fn forgotten_legs(&self) -> u64 {
        self.forgotten_legs
    }

    pub fn forgotten(&self) -> u64 {
        self.first
    }
}

fn octets_of(exchange: &Exchange) -> usize {
    exchange.asked_flows.size().saturating_add(exchange.answered_flows.size())
}
