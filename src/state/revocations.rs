//! Revocations, which take effect when they are acknowledged.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::{MessageEvent, Observer};
use crate::time::Timestamp;
use crate::wire::{Revocation, RevocationAcknowledgement};

/// The most revocations that wait for their acknowledgement.
const REVOCATIONS: usize = 1 << 16;

/// The name by which an acknowledgement refers to its revocation: the Home Address and the Revocation Identifier.
type Name = (Ipv4Addr, u32);

/// The most revocations with one name that are searched: an identifier is a time in seconds, and a Home Agent that
/// gives up all bindings of a node at once gives the same identifier to each of the 254.
const ALIKE: usize = 256;

/// Revocations that wait for their acknowledgement.
#[derive(Clone, Debug)]
pub(super) struct Revocations {
    waiting: VecDeque<Waiting>,
    /// The number of the revocation in front. Each further one has a number higher by 1.
    first: u64,
    /// The number of the latest with each name: all nodes answer a Home Agent that gives them all up at once.
    latest: HashMap<Name, u64, FixedState>,
}

#[derive(Clone, Debug)]
struct Waiting {
    time: Timestamp,
    /// When the first copy of the revocation was sent.
    first_sent: Timestamp,
    revocation: Revocation,
    /// The addresses that it was sent from and to.
    ends: (Ipv4Addr, Ipv4Addr),
    /// Whether the revocation no longer waits: its acknowledgement came, or it was sent again.
    is_over: bool,
    /// The number of the previous revocation with the same name.
    before: Option<u64>,
}

const fn name_of(revocation: &Revocation) -> Name {
    (revocation.home_address, revocation.identifier)
}

impl Revocations {
    /// An empty table; `seed` is the seed of its hash.
    pub fn new(seed: u64) -> Self {
        Self { waiting: VecDeque::new(), first: 0, latest: HashMap::with_hasher(FixedState::with_seed(seed)) }
    }

    /// Adds a revocation; returns whether another one that could still have been acknowledged had to make room.
    fn push(
        &mut self,
        time: Timestamp,
        revocation: Revocation,
        ends: (Ipv4Addr, Ipv4Addr),
        timeout: i64,
    ) -> bool {
        self.drop_old(time, timeout);
        let evicts = self.waiting.len() >= REVOCATIONS;
        if evicts {
            self.pop();
        }
        let name = name_of(&revocation);
        // A revocation that is sent again is one revocation, and is acknowledged once.
        let earlier = self.take(name, |other| other.revocation == revocation && other.ends == ends);
        let first_sent = earlier.map_or(time, |(first_sent, _)| first_sent);
        let number = self.first.saturating_add(self.waiting.len() as u64);
        let before = self.latest.insert(name, number);
        self.waiting.push_back(Waiting { time, first_sent, revocation, ends, is_over: false, before });
        evicts
    }

    /// Takes the latest waiting revocation with this name that `fits`; returns it and when it was first sent.
    fn take(&mut self, name: Name, fits: impl Fn(&Waiting) -> bool) -> Option<(Timestamp, Revocation)> {
        let mut number = self.latest.get(&name).copied();
        for _ in 0..ALIKE {
            let place = usize::try_from(number?.checked_sub(self.first)?).ok()?;
            let waiting = self.waiting.get_mut(place)?;
            if !waiting.is_over && fits(waiting) {
                waiting.is_over = true;
                return Some((waiting.first_sent, waiting.revocation));
            }
            number = waiting.before;
        }
        None
    }

    /// Drops from the front the revocations that no longer wait or were not acknowledged within `timeout` nanoseconds.
    fn drop_old(&mut self, now: Timestamp, timeout: i64) {
        while self.waiting.front().is_some_and(|front| front.is_over || now.since(front.time) > timeout) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(waiting) = self.waiting.pop_front() else { return };
        let name = name_of(&waiting.revocation);
        if self.latest.get(&name) == Some(&self.first) {
            self.latest.remove(&name);
        }
        self.first = self.first.saturating_add(1);
    }
}

impl Observer {
    /// Remembers a revocation until it is acknowledged; returns the node that it is about.
    pub(super) fn revocation(
        &mut self,
        event: &MessageEvent<'_, '_>,
        revocation: &Revocation,
    ) -> Option<u32> {
        let (source, destination) = event.endpoints();
        let ends = (*source.ip(), *destination.ip());
        let evicts = self.revocations.push(event.time, *revocation, ends, self.pending.timeout());
        self.evicted_others = self.evicted_others.saturating_add(u64::from(evicts));
        self.directory.find(revocation.home_domain_address, revocation.home_address)
    }

    /// Ends the bindings that the acknowledged revocation names (RFC 3543 §3.4); returns their node.
    pub(super) fn acknowledgement(
        &mut self,
        event: &MessageEvent<'_, '_>,
        acknowledgement: &RevocationAcknowledgement,
    ) -> Option<u32> {
        self.revocations.drop_old(event.time, self.pending.timeout());
        let (source, destination) = event.endpoints();
        let way_back = (*destination.ip(), *source.ip());
        // One fitting end of the acknowledgement is enough: an agent may have several addresses.
        let is_of = |waiting: &Waiting| {
            let (revoker, other) = waiting.ends;
            way_back.0 == revoker || way_back.1 == other
        };
        let name = (acknowledgement.home_address, acknowledgement.identifier);
        let revocations = &mut self.revocations;
        let exact = revocations.take(name, |waiting| waiting.ends == way_back);
        let (asked, revocation) = exact.or_else(|| revocations.take(name, is_of))?;
        let slot = self.directory.find(revocation.home_domain_address, revocation.home_address)?;
        let clock = self.clock;
        self.directory.change(slot, |node| {
            node.settle(clock);
            node.revoke(revocation.foreign_domain_address, asked, (event.time, event.frame));
        });
        Some(slot)
    }
}
