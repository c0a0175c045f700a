//! Revocations, and the acknowledgements that make them count.

use std::collections::VecDeque;

use super::{MessageEvent, Observer};
use crate::time::Timestamp;
use crate::wire::{Revocation, RevocationAcknowledgement};

/// Revocations that wait for their acknowledgement.
#[derive(Clone, Debug, Default)]
pub(super) struct Revocations {
    waiting: VecDeque<(Timestamp, Revocation)>,
}

/// The most revocations that wait.
const REVOCATIONS: usize = 1 << 16;

impl Observer {
    /// Remembers a revocation until it is acknowledged; gives the node it is about.
    pub(super) fn revocation(
        &mut self,
        event: &MessageEvent<'_, '_>,
        revocation: &Revocation,
    ) -> Option<u32> {
        let waiting = &mut self.revocations.waiting;
        if waiting.len() >= REVOCATIONS {
            waiting.pop_front();
            self.evicted_others = self.evicted_others.saturating_add(1);
        }
        waiting.push_back((event.time, *revocation));
        self.directory.find(revocation.home_domain_address, revocation.home_address)
    }

    /// An acknowledged revocation ends the bindings it names (RFC 3543 §3.4).
    pub(super) fn acknowledgement(
        &mut self,
        event: &MessageEvent<'_, '_>,
        acknowledgement: &RevocationAcknowledgement,
    ) -> Option<u32> {
        let timeout = self.pending.timeout();
        let waiting = &mut self.revocations.waiting;
        while waiting.front().is_some_and(|(time, _)| event.time.since(*time) > timeout) {
            waiting.pop_front();
        }
        let place = waiting.iter().rposition(|(_, revocation)| {
            revocation.home_address == acknowledgement.home_address
                && revocation.identifier == acknowledgement.identifier
        })?;
        let (_, revocation) = waiting.remove(place)?;
        let slot = self.directory.find(revocation.home_domain_address, revocation.home_address)?;
        let clock = self.clock;
        self.directory.change(slot, |node| {
            node.settle(clock);
            node.revoke(revocation.foreign_domain_address, event.time, event.frame);
        });
        Some(slot)
    }
}
