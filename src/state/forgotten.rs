//! Nodes that were evicted from the table while they were registered.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

use super::Node;
use super::index::tag;
use crate::time::Timestamp;

/// Bits in which addresses are noted, a mebibyte in all. Where a full table of nodes was evicted, about one in five
/// other addresses seems to be theirs.
const BITS: usize = 1 << 23;
/// Bits of one word.
const WORD: usize = u64::BITS as usize;

/// What is remembered of these nodes: until when they may be registered, and roughly at which addresses.
#[derive(Clone, Debug)]
pub(super) struct Forgotten {
    /// When the last of their bindings expires; `None` while no node is noted.
    until: Option<Timestamp>,
    /// A bit for each address, which other addresses may share; empty while no node is noted.
    addresses: Vec<u64>,
    hasher: FixedState,
}

impl Forgotten {
    /// An empty memory; `seed` scatters the addresses.
    pub fn new(seed: u64) -> Self {
        Self { until: None, addresses: Vec::new(), hasher: FixedState::with_seed(seed) }
    }

    /// Notes a node if it has active bindings: its Home Address, and where its tunnels end.
    pub fn note(&mut self, node: &Node) {
        let expiries = node.active().map(|binding| binding.expires.unwrap_or(Timestamp::LAST));
        let Some(until) = expiries.max() else { return };
        self.until = self.until.max(Some(until));
        self.addresses.resize(BITS / WORD, 0);
        let ends = node.active().map(|binding| binding.far_end.address);
        for address in node.home_address.into_iter().chain(ends) {
            let (word, bit) = self.place_of(address);
            self.addresses.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
    }

    /// Whether any of these nodes may still be registered at `clock`.
    pub fn may_be_registered(&self, clock: Timestamp) -> bool {
        self.until.is_some_and(|until| clock <= until)
    }

    /// Whether one of these nodes may still be registered with this Home Address, or have a tunnel that ends here.
    pub fn may_have(&self, address: Ipv4Addr, clock: Timestamp) -> bool {
        let is_noted =
            |(word, bit): (usize, u64)| self.addresses.get(word).is_some_and(|word| word & bit != 0);
        self.may_be_registered(clock) && is_noted(self.place_of(address))
    }

    fn place_of(&self, address: Ipv4Addr) -> (usize, u64) {
        let place = tag(self.hasher.hash_one(address)) as usize % BITS;
        (place / WORD, 1 << (place % WORD))
    }
}
