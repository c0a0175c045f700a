//! Home addresses: which of them the agent serves, and which it gives to nodes that come with a NAI alone.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use crate::state::Prefix;

/// The most addresses that are given to nodes at once.
const MOST: usize = 1 << 16;
/// The most addresses that one search for a free address looks at.
const TRIES: u64 = 1 << 12;

/// The home network.
#[derive(Debug)]
pub(super) struct Addresses {
    prefixes: Vec<Prefix>,
    given: HashMap<Box<[u8]>, Ipv4Addr>,
    /// The NAIs by the addresses they were given.
    taken: HashMap<Ipv4Addr, Box<[u8]>>,
    /// Given addresses whose nodes had no binding when they were last heard of.
    idle: BTreeSet<Ipv4Addr>,
    /// Where to begin the search for a free address, counted over all prefixes.
    next: u64,
}

impl Addresses {
    pub fn new(prefixes: Vec<Prefix>) -> Self {
        Self { prefixes, given: HashMap::new(), taken: HashMap::new(), idle: BTreeSet::new(), next: 0 }
    }

    /// Whether a node can have this home address here: any unicast address, or one of the prefixes if there are any.
    pub fn serves(&self, home_address: Ipv4Addr) -> bool {
        let is_unicast = !home_address.is_multicast() && !home_address.is_broadcast();
        let is_ours = |prefix: &Prefix| prefix.has(home_address.into());
        is_unicast && (self.prefixes.is_empty() || self.prefixes.iter().any(is_ours))
    }

    /// Whether there is a network from which addresses can be given.
    pub fn can_give(&self) -> bool {
        !self.prefixes.is_empty()
    }

    /// The address that this NAI was given.
    pub fn of(&self, nai: &[u8]) -> Option<Ipv4Addr> {
        self.given.get(nai).copied()
    }

    /// The NAI that was given this address.
    pub fn nai_of(&self, address: Ipv4Addr) -> Option<&[u8]> {
        self.taken.get(&address).map(Box::as_ref)
    }

    /// Finds an address that no NAI was given and that `is_free`, but does not give it yet.
    pub fn free(&mut self, mut is_free: impl FnMut(Ipv4Addr) -> bool) -> Option<Ipv4Addr> {
        if self.given.len() >= MOST {
            return None;
        }
        let all: u64 = self.prefixes.iter().map(size).sum();
        for tried in 0..all.min(TRIES) {
            let place = self.next.wrapping_add(tried) % all;
            if let Some(address) = self.at(place)
                && !self.taken.contains_key(&address)
                && is_free(address)
            {
                self.next = place;
                return Some(address);
            }
        }
        None
    }

    /// Gives an address to a NAI that has none or already has this one.
    pub fn give(&mut self, nai: &[u8], address: Ipv4Addr) {
        self.given.insert(nai.into(), address);
        self.taken.insert(address, nai.into());
    }

    /// Notes whether the node with this address has a binding.
    pub fn note(&mut self, address: Ipv4Addr, has_binding: bool) {
        if has_binding {
            self.idle.remove(&address);
        } else if self.taken.contains_key(&address) {
            self.idle.insert(address);
        }
    }

    /// Takes back one address of a node that has no binding any more.
    pub fn take_one_back(&mut self) -> Option<Ipv4Addr> {
        let address = self.idle.pop_first()?;
        if let Some(nai) = self.taken.remove(&address) {
            self.given.remove(&nai);
        }
        Some(address)
    }

    /// Takes back all given addresses that are not `in_use`.
    pub fn take_back(&mut self, mut in_use: impl FnMut(Ipv4Addr) -> bool) {
        let (taken, idle) = (&mut self.taken, &mut self.idle);
        self.given.retain(|_, address| {
            let stays = in_use(*address);
            if !stays {
                taken.remove(address);
                idle.remove(address);
            }
            stays
        });
    }

    /// The address at a place, counted from 0 over all prefixes. `None` for the first and the last of a network, which
    /// stand for the network itself and for broadcast, unless its prefix is longer than 30 bits.
    fn at(&self, mut place: u64) -> Option<Ipv4Addr> {
        for prefix in &self.prefixes {
            let size = size(prefix);
            if place >= size {
                place = place.saturating_sub(size);
                continue;
            }
            let is_edge = prefix.length < 31 && (place == 0 || place.saturating_add(1) == size);
            let IpAddr::V4(network) = prefix.address else { return None };
            let address = u32::from(network).checked_add(u32::try_from(place).ok()?)?;
            return (!is_edge).then(|| Ipv4Addr::from(address)).filter(|address| !address.is_unspecified());
        }
        None
    }
}

/// How many addresses a prefix has.
fn size(prefix: &Prefix) -> u64 {
    1u64.checked_shl(32u32.saturating_sub(prefix.length.into())).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(address: [u8; 4], length: u8) -> Prefix {
        Prefix::covering(Ipv4Addr::from(address).into(), length)
    }

    #[test]
    fn addresses_are_given_in_order_without_the_edges_of_a_network() {
        let mut addresses = Addresses::new(vec![prefix([10, 1, 0, 0], 30), prefix([10, 2, 0, 7], 32)]);
        let mut next = |nai: &[u8]| {
            let address = addresses.free(|address| address != Ipv4Addr::new(10, 1, 0, 1))?;
            addresses.give(nai, address);
            Some(address.to_string())
        };
        assert_eq!(next(b"a").as_deref(), Some("10.1.0.2"));
        assert_eq!(next(b"b").as_deref(), Some("10.2.0.7"));
        assert_eq!(next(b"c"), None);
        addresses.take_back(|address| address == Ipv4Addr::new(10, 2, 0, 7));
        assert_eq!((addresses.of(b"a"), addresses.of(b"b")), (None, Some(Ipv4Addr::new(10, 2, 0, 7))));
        assert_eq!(addresses.free(|_| true), Some(Ipv4Addr::new(10, 1, 0, 1)));
    }

    #[test]
    fn a_network_of_two_addresses_has_no_edges() {
        let mut addresses = Addresses::new(vec![prefix([10, 1, 0, 4], 31), prefix([10, 2, 0, 0], 31)]);
        let mut next = |nai: &[u8]| {
            let address = addresses.free(|_| true)?;
            addresses.give(nai, address);
            Some(address.to_string())
        };
        let given: Vec<_> =
            [b"a", b"b", b"c", b"d", b"e"].map(|nai| next(nai)).into_iter().flatten().collect();
        assert_eq!(given, ["10.1.0.4", "10.1.0.5", "10.2.0.0", "10.2.0.1"]);
    }

    #[test]
    fn without_a_prefix_all_unicast_addresses_are_served_and_none_given() {
        let mut addresses = Addresses::new(Vec::new());
        assert!(addresses.serves(Ipv4Addr::new(203, 0, 113, 1)) && !addresses.can_give());
        assert!(!addresses.serves(Ipv4Addr::BROADCAST) && !addresses.serves(Ipv4Addr::new(224, 0, 0, 1)));
        assert_eq!(addresses.free(|_| true), None);
    }

    #[test]
    fn all_of_ipv4_is_a_prefix_too() {
        let mut addresses = Addresses::new(vec![prefix([0, 0, 0, 0], 0)]);
        assert_eq!(addresses.free(|_| true), Some(Ipv4Addr::new(0, 0, 0, 1)));
        assert!(addresses.serves(Ipv4Addr::new(10, 1, 0, 1)));
    }
}
