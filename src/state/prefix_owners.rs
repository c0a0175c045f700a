//! The owners of prefixes: nodes by the networks that Home Agents acknowledged for them.

use std::net::{IpAddr, Ipv4Addr};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::Prefix;

/// The most prefixes of all nodes together.
const PREFIXES: usize = 1 << 20;
/// The most nodes that share one prefix.
const OWNERS: usize = 4;

/// Nodes that have a prefix; the node that was given it last comes first.
pub(super) type Owners = SmallVec<[u32; 1]>;

/// Nodes by Home Agent and prefix: several mobile routers can have the same network behind them.
#[derive(Clone, Debug)]
pub(super) struct PrefixOwners {
    by_prefix: HashMap<(Ipv4Addr, Prefix), Owners, FixedState>,
    /// Lengths of prefixes in use, IPv4 then IPv6, the longest first.
    lengths: [Vec<u8>; 2],
}

/// How giving a prefix to a node affected other nodes.
pub(super) struct Given {
    /// The other nodes that had the prefix.
    pub others: Owners,
    /// The one of them that no longer has the prefix, because there were too many.
    pub lost: Option<u32>,
}

impl PrefixOwners {
    /// An empty table; `seed` is the seed of its hash.
    pub fn new(seed: u64) -> Self {
        Self {
            by_prefix: HashMap::with_hasher(FixedState::with_seed(seed)),
            lengths: [Vec::new(), Vec::new()],
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_prefix.is_empty()
    }

    /// Whether there is no room for another prefix.
    pub fn is_full(&self) -> bool {
        self.by_prefix.len() >= PREFIXES
    }

    /// The nodes with a prefix that covers this address: for each prefix all its nodes, the longest prefix first.
    pub fn of(&self, home_agent: Ipv4Addr, address: IpAddr) -> impl Iterator<Item = &[u32]> {
        let lengths = self.lengths.get(usize::from(address.is_ipv6())).into_iter().flatten();
        lengths.filter_map(move |length| self.find(home_agent, Prefix::covering(address, *length)))
    }

    /// The nodes that have a shorter prefix around this one.
    pub fn around(&self, home_agent: Ipv4Addr, prefix: Prefix) -> impl Iterator<Item = u32> {
        let lengths = self.lengths.get(usize::from(prefix.address.is_ipv6())).into_iter().flatten();
        lengths
            .filter(move |length| **length < prefix.length)
            .filter_map(move |length| self.find(home_agent, Prefix::covering(prefix.address, *length)))
            .flatten()
            .copied()
    }

    fn find(&self, home_agent: Ipv4Addr, prefix: Prefix) -> Option<&[u32]> {
        self.by_prefix.get(&(home_agent, prefix)).map(SmallVec::as_slice)
    }

    /// Gives a prefix to a node; `None` when this node was the last that got the prefix already.
    pub fn give(&mut self, home_agent: Ipv4Addr, prefix: Prefix, slot: u32) -> Option<Given> {
        let owners = self.by_prefix.entry((home_agent, prefix)).or_default();
        if owners.first() == Some(&slot) {
            return None;
        }
        owners.retain(|owner| *owner != slot);
        let others = owners.clone();
        owners.insert(0, slot);
        let lost = owners.get(OWNERS).copied();
        owners.truncate(OWNERS);
        if let Some(lengths) = self.lengths.get_mut(usize::from(prefix.address.is_ipv6())) {
            let place = lengths.partition_point(|length| *length > prefix.length);
            if lengths.get(place) != Some(&prefix.length) {
                lengths.insert(place, prefix.length);
            }
        }
        Some(Given { others, lost })
    }

    /// Adds a node to those that have the prefix already, if there is room.
    pub fn add(&mut self, home_agent: Ipv4Addr, prefix: Prefix, slot: u32) {
        let owners = self.by_prefix.entry((home_agent, prefix)).or_default();
        if owners.len() < OWNERS && !owners.contains(&slot) {
            owners.push(slot);
        }
    }

    /// Removes a node from those that have the prefix.
    pub fn remove(&mut self, home_agent: Ipv4Addr, prefix: Prefix, slot: u32) {
        let key = (home_agent, prefix);
        if let Some(owners) = self.by_prefix.get_mut(&key) {
            owners.retain(|owner| *owner != slot);
            if owners.is_empty() {
                self.by_prefix.remove(&key);
            }
        }
    }
}
