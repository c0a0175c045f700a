//! Registration Revocations (RFC 3543) and their acknowledgements.

use std::net::Ipv4Addr;

use super::latest::Latest;
use crate::rules::Place;
use crate::rules::facts::MessageFacts;
use crate::time::Timestamp;
use crate::wire::{Header, Revocation};

/// At least so many of each sort are remembered, at most twice as many. A home agent can give up all its nodes at once.
const MOST: usize = 1 << 16;

/// What a revocation is about: Home Address, Home Domain Address and Foreign Domain Address.
type Binding = (Ipv4Addr, Ipv4Addr, Ipv4Addr);

/// What an acknowledgement is matched by: Home Address, Revocation Identifier, and who sent the revocation.
type Name = (Ipv4Addr, u32, Ipv4Addr);

/// Revocations that were seen, and what came back. Many revocations do not slow this down, because no list is walked.
#[derive(Debug)]
pub(in crate::rules) struct Revocations {
    /// The last revocation of each binding.
    last: Latest<Binding, Place>,
    /// The last revocation of each binding with each identifier, and who sent it.
    named: Latest<(Binding, u32), (Place, Ipv4Addr)>,
    /// The last acknowledgement of each name.
    acknowledged: Latest<Name, Place>,
    /// The time of the latest message that was forgotten.
    forgotten: Option<Timestamp>,
}

const fn binding_of(revocation: &Revocation) -> Binding {
    (revocation.home_address, revocation.home_domain_address, revocation.foreign_domain_address)
}

impl Revocations {
    /// No revocations yet; `seed` is the hash's.
    pub fn new(seed: u64) -> Self {
        Self::with_room(MOST, seed)
    }

    fn with_room(most: usize, seed: u64) -> Self {
        Self {
            last: Latest::new(most, seed),
            named: Latest::new(most, seed),
            acknowledged: Latest::new(most, seed),
            forgotten: None,
        }
    }

    /// Whether a message seen at `since` or later was forgotten, so that one that is not found here may have been seen.
    pub fn lacks_something(&self, since: Timestamp) -> bool {
        self.forgotten.is_some_and(|forgotten| forgotten >= since)
    }

    /// The last revocation of the same binding.
    pub fn last_of_binding(&self, revocation: &Revocation) -> Option<Place> {
        self.last.get(&binding_of(revocation)).copied()
    }

    /// The last revocation of the same binding with the same identifier, unless it was acknowledged to whoever sent it.
    pub fn unacknowledged(&self, revocation: &Revocation) -> Option<Place> {
        let (place, source) = self.named.get(&(binding_of(revocation), revocation.identifier))?;
        let acknowledged = self.acknowledged.get(&(revocation.home_address, revocation.identifier, *source));
        let is_open = acknowledged.is_none_or(|acknowledged| acknowledged.frame < place.frame);
        (is_open && !self.lacks_something(place.time)).then_some(*place)
    }

    /// Whether, after the revocation at a place and until a time, an acknowledgement with its home address and
    /// identifier went to whoever sent it.
    pub fn is_acknowledged(
        &self,
        (place, revocation): (Place, &Revocation),
        source: Ipv4Addr,
        until: Timestamp,
    ) -> bool {
        let name = (revocation.home_address, revocation.identifier, source);
        self.acknowledged.get(&name).is_some_and(|last| last.frame > place.frame && last.time <= until)
    }

    /// Remembers a revocation and who sent it.
    pub fn note(&mut self, place: Place, revocation: &Revocation, source: Ipv4Addr) {
        let binding = binding_of(revocation);
        let forgotten = &mut self.forgotten;
        let mut forget = |place: Place| *forgotten = (*forgotten).max(Some(place.time));
        self.last.insert_telling(binding, place, &mut forget);
        self.named
            .insert_telling((binding, revocation.identifier), (place, source), |(place, _)| forget(place));
    }

    /// Remembers an acknowledgement.
    pub fn note_acknowledgement(&mut self, message: &MessageFacts<'_, '_>) {
        let Header::RevocationAcknowledgement(acknowledgement) = &message.message.header else { return };
        let destination = *message.destination.ip();
        let name = (acknowledgement.home_address, acknowledgement.identifier, destination);
        self.acknowledge(name, message.place);
    }

    fn acknowledge(&mut self, name: Name, place: Place) {
        let forgotten = &mut self.forgotten;
        let forget = |place: Place| *forgotten = (*forgotten).max(Some(place.time));
        self.acknowledged.insert_telling(name, place, forget);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Precision;

    fn at(second: i64) -> Place {
        let time = Timestamp::from_nanoseconds(second.saturating_mul(1_000_000_000));
        Place { frame: second.unsigned_abs(), time, precision: Precision::NANOSECONDS }
    }

    /// Of three revocations with room for one, old and young, the first and its acknowledgement are forgotten.
    #[test]
    fn what_was_acknowledged_and_forgotten_is_not_said_to_be_open() {
        let agent = Ipv4Addr::new(198, 51, 100, 1);
        let revocation = |identifier| Revocation {
            reserved_1: 0,
            from_home_agent: true,
            inform: false,
            reserved_2: 0,
            home_address: Ipv4Addr::new(10, 1, 0, 1),
            home_domain_address: agent,
            foreign_domain_address: Ipv4Addr::new(192, 0, 2, 1),
            identifier,
        };
        let mut revocations = Revocations::with_room(1, 1);
        revocations.note(at(1), &revocation(1), agent);
        for (second, identifier) in [(2, 1), (3, 7), (4, 8)] {
            revocations.acknowledge((Ipv4Addr::new(10, 1, 0, 1), identifier, agent), at(second));
        }
        assert!(!revocations.is_acknowledged((at(1), &revocation(1)), agent, at(9).time), "forgotten");
        assert!(revocations.lacks_something(at(1).time));
        assert!(!revocations.lacks_something(at(3).time));
        assert_eq!(revocations.unacknowledged(&revocation(1)), None);
    }
}
