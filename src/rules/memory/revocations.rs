//! Registration Revocations (RFC 3543) and their acknowledgements.

use std::net::Ipv4Addr;

use super::latest::Latest;
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
        Self {
            last: Latest::new(MOST, seed),
            named: Latest::new(MOST, seed),
            acknowledged: Latest::new(MOST, seed),
        }
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

    /// Whether after the revocation at a place an acknowledgement with its home address and identifier went to whoever
    /// sent it, until a time.
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
