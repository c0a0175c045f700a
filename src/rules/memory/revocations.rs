//! Registration Revocations (RFC 3543) and their acknowledgements.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

use crate::rules::Place;
use crate::rules::facts::MessageFacts;
use crate::time::Timestamp;
use crate::wire::{Header, Revocation};

/// The most of each sort that are surely remembered; at most twice as many are.
const MOST: usize = 1 << 12;

/// What a revocation is about: Home Address, Home Domain Address and Foreign Domain Address.
type Binding = (Ipv4Addr, Ipv4Addr, Ipv4Addr);

/// Whose an acknowledgement is: Home Address and Revocation Identifier, and who sent the revocation.
type Name = (Ipv4Addr, u32, Ipv4Addr);

/// Revocations that were seen, and what came back. Whoever sends many makes none of this dear: nothing is walked.
#[derive(Debug)]
pub(in crate::rules) struct Revocations {
    /// The last one of each binding.
    last: Latest<Binding, Place>,
    /// The last one of each binding with each identifier, and who sent it.
    named: Latest<(Binding, u32), (Place, Ipv4Addr)>,
    /// The last acknowledgement of each name.
    acknowledged: Latest<Name, Place>,
}

const fn binding_of(revocation: &Revocation) -> Binding {
    (revocation.home_address, revocation.home_domain_address, revocation.foreign_domain_address)
}

impl Revocations {
    /// None yet; `seed` is the hash's.
    pub fn new(seed: u64) -> Self {
        Self { last: Latest::new(seed), named: Latest::new(seed), acknowledged: Latest::new(seed) }
    }

    /// The last revocation of the same binding.
    pub fn last_of_binding(&self, revocation: &Revocation) -> Option<Place> {
        self.last.get(&binding_of(revocation)).copied()
    }

    /// The last revocation of the same binding with the same identifier, unless it was acknowledged to whoever sent it.
    pub fn unacknowledged(&self, revocation: &Revocation) -> Option<Place> {
        let (place, source) = self.named.get(&(binding_of(revocation), revocation.identifier))?;
        let acknowledged = self.acknowledged.get(&(revocation.home_address, revocation.identifier, *source));
        acknowledged.is_none_or(|acknowledged| acknowledged.frame < place.frame).then_some(*place)
    }

    /// Whether an acknowledgement with its home address and identifier went to an address within a time.
    pub fn is_acknowledged(
        &self,
        revocation: &Revocation,
        destination: Ipv4Addr,
        from: Timestamp,
        until: Timestamp,
    ) -> bool {
        let name = (revocation.home_address, revocation.identifier, destination);
        self.acknowledged.get(&name).is_some_and(|last| (from..=until).contains(&last.time))
    }

    /// Remembers a revocation and who sent it.
    pub fn note(&mut self, place: Place, revocation: &Revocation, source: Ipv4Addr) {
        let binding = binding_of(revocation);
        self.last.insert(binding, place);
        self.named.insert((binding, revocation.identifier), (place, source));
    }

    /// Remembers an acknowledgement.
    pub fn note_acknowledgement(&mut self, message: &MessageFacts<'_, '_>) {
        let Header::RevocationAcknowledgement(acknowledgement) = &message.message.header else { return };
        let destination = *message.destination.ip();
        let name = (acknowledgement.home_address, acknowledgement.identifier, destination);
        self.acknowledged.insert(name, message.place);
    }
}

/// The latest of each kind, in two halves: when the young one is full it grows old, and the old one is forgotten.
#[derive(Debug)]
struct Latest<K, V> {
    young: HashMap<K, V, FixedState>,
    old: HashMap<K, V, FixedState>,
}

impl<K: Eq + Hash, V> Latest<K, V> {
    fn new(seed: u64) -> Self {
        let empty = || HashMap::with_hasher(FixedState::with_seed(seed));
        Self { young: empty(), old: empty() }
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= MOST {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Precision;

    fn place(frame: u64) -> Place {
        Place { frame, time: Timestamp::from_nanoseconds(0), precision: Precision::MICROSECONDS }
    }

    fn revocation(foreign: u32) -> Revocation {
        Revocation {
            home_address: Ipv4Addr::new(10, 1, 0, 1),
            home_domain_address: Ipv4Addr::new(198, 51, 100, 1),
            foreign_domain_address: foreign.into(),
            identifier: 5,
            reserved_1: 0,
            from_home_agent: true,
            inform: false,
            reserved_2: 0,
        }
    }

    #[test]
    fn the_latest_are_remembered_and_the_oldest_forgotten() {
        let mut revocations = Revocations::new(1);
        let source = Ipv4Addr::new(198, 51, 100, 1);
        let most = u32::try_from(MOST).unwrap();
        for foreign in 0..3 * most {
            revocations.note(place(foreign.into()), &revocation(foreign), source);
        }
        let frame = |foreign| revocations.last_of_binding(&revocation(foreign)).map(|place| place.frame);
        assert_eq!(frame(3 * most - 1), Some(u64::from(3 * most - 1)));
        assert_eq!(frame(2 * most), Some(u64::from(2 * most)));
        assert_eq!(frame(0), None);
        assert_eq!(revocations.unacknowledged(&revocation(2 * most)), Some(place(u64::from(2 * most))));
    }
}
