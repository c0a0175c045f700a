//! Registration Revocations (RFC 3543) and their acknowledgements.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use crate::rules::Place;
use crate::rules::facts::MessageFacts;
use crate::time::Timestamp;
use crate::wire::{Header, Revocation};

/// The most revocations and acknowledgements that are remembered.
const MOST: usize = 1 << 12;

/// Revocations that were seen, and what came back.
#[derive(Debug, Default)]
pub(in crate::rules) struct Revocations {
    seen: VecDeque<SeenRevocation>,
    acknowledgements: VecDeque<SeenAcknowledgement>,
}

/// A Registration Revocation that was seen.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct SeenRevocation {
    /// The packet.
    pub place: Place,
    /// Its fixed part.
    pub revocation: Revocation,
    /// Whether an acknowledgement followed.
    pub acknowledged: bool,
}

/// An acknowledgement that was seen.
#[derive(Clone, Copy, Debug)]
struct SeenAcknowledgement {
    time: Timestamp,
    destination: Ipv4Addr,
    home_address: Ipv4Addr,
    identifier: u32,
}

/// What a revocation is about: Home Address, Home Domain Address and Foreign Domain Address.
const fn binding_of(revocation: &Revocation) -> (Ipv4Addr, Ipv4Addr, Ipv4Addr) {
    (revocation.home_address, revocation.home_domain_address, revocation.foreign_domain_address)
}

impl Revocations {
    /// Earlier revocations of the same binding, the latest first.
    pub fn of_binding(&self, revocation: &Revocation) -> impl Iterator<Item = &SeenRevocation> {
        let binding = binding_of(revocation);
        self.seen.iter().rev().filter(move |seen| binding_of(&seen.revocation) == binding)
    }

    /// Whether an acknowledgement with this home address and identifier went to an address within a time.
    pub fn is_acknowledged(
        &self,
        revocation: &Revocation,
        destination: Ipv4Addr,
        from: Timestamp,
        until: Timestamp,
    ) -> bool {
        self.acknowledgements.iter().any(|seen| {
            seen.home_address == revocation.home_address
                && seen.identifier == revocation.identifier
                && seen.destination == destination
                && (from..=until).contains(&seen.time)
        })
    }

    /// Remembers a revocation.
    pub fn note(&mut self, place: Place, revocation: &Revocation) {
        if self.seen.len() >= MOST {
            self.seen.pop_front();
        }
        self.seen.push_back(SeenRevocation { place, revocation: *revocation, acknowledged: false });
    }

    /// Remembers an acknowledgement.
    pub fn note_acknowledgement(&mut self, message: &MessageFacts<'_, '_>) {
        let Header::RevocationAcknowledgement(acknowledgement) = &message.message.header else { return };
        if self.acknowledgements.len() >= MOST {
            self.acknowledgements.pop_front();
        }
        self.acknowledgements.push_back(SeenAcknowledgement {
            time: message.place.time,
            destination: *message.destination.ip(),
            home_address: acknowledgement.home_address,
            identifier: acknowledgement.identifier,
        });
        for seen in &mut self.seen {
            seen.acknowledged |= seen.revocation.home_address == acknowledgement.home_address
                && seen.revocation.identifier == acknowledgement.identifier;
        }
    }
}
