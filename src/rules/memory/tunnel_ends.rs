//! Where tunnels of nodes end or ended: whose a packet can be that somebody sends there.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::rules::facts::live;
use crate::state::{Binding, Entry, Index, Observer, tag};

/// The most nodes remembered for one address. Where more have a tunnel to it at the same time, rules that ask for all of
/// them say nothing.
const NODES_AT_ONE: usize = 1 << 10;
/// So many nodes are visited for each that is noted, at the most, to make a list anew.
const VISITS: usize = 16;

/// Nodes with tunnels that end or ended at an address.
#[derive(Debug)]
pub(super) struct TunnelEnds {
    at: Vec<NodesAt>,
    /// Where in that list an address is.
    by_address: Index,
    hasher: FixedState,
    /// The most addresses.
    most: usize,
    /// New addresses since those without a live binding were dropped.
    since_cleaning: usize,
    /// Nodes noted since a list was made anew.
    since_listing: usize,
    /// Addresses and nodes that were dropped or found no room.
    forgotten: u64,
}

/// The nodes with tunnels that end or ended at an address.
#[derive(Debug)]
struct NodesAt {
    address: Ipv4Addr,
    nodes: SmallVec<[u32; 2]>,
    /// Whether there were more than are remembered.
    is_cut: bool,
}

impl TunnelEnds {
    /// At most so many addresses; `seed` is the hash's.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            at: Vec::new(),
            by_address: Index::default(),
            hasher: FixedState::with_seed(seed),
            most,
            since_cleaning: 0,
            since_listing: 0,
            forgotten: 0,
        }
    }

    /// Hints that a tunnel to this address will be noted soon.
    pub fn expect(&self, address: Ipv4Addr) {
        self.by_address.expect(self.tag_of(address));
    }

    /// Indices of nodes with a tunnel that ends or ended at this address.
    pub fn nodes(&self, address: Ipv4Addr) -> &[u32] {
        self.find(address).map(|at| at.nodes.as_slice()).unwrap_or_default()
    }

    /// The same, where they are all that have one there now.
    pub fn all_nodes(&self, address: Ipv4Addr) -> Option<&[u32]> {
        self.find(address).filter(|at| !at.is_cut).map(|at| at.nodes.as_slice())
    }

    /// Addresses and nodes that were dropped or found no room.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Notes that a tunnel of a node ends at an address. Nodes have indices below `nodes`.
    pub fn note(&mut self, slot: u32, address: Ipv4Addr, nodes: usize, observer: &Observer) {
        let place = match self.place_of(address) {
            Some(place) => place,
            None if self.has_room(observer) => self.add(address),
            None => {
                self.forgotten = self.forgotten.saturating_add(1);
                return;
            }
        };
        self.since_listing = self.since_listing.saturating_add(1);
        let Some(at) = self.at.get_mut(place) else { return };
        if at.nodes.contains(&slot) {
            return;
        }
        if at.is_cut && self.since_listing > nodes / VISITS {
            // Of those that found no room nothing is known: the list is made anew.
            self.since_listing = 0;
            let all = (0..u32::try_from(nodes).unwrap_or(u32::MAX))
                .filter(|slot| ends_at(*slot, address, observer));
            at.nodes = all.take(NODES_AT_ONE.saturating_add(1)).collect();
            at.is_cut = at.nodes.len() > NODES_AT_ONE;
            at.nodes.truncate(NODES_AT_ONE);
            at.nodes.retain(|known| *known != slot);
        } else if at.nodes.len() >= NODES_AT_ONE && !at.is_cut {
            // Those that went make room.
            at.nodes.retain(|slot| ends_at(*slot, address, observer));
            at.is_cut = at.nodes.len() >= NODES_AT_ONE;
        }
        if at.is_cut {
            self.forgotten = self.forgotten.saturating_add(1);
        } else {
            at.nodes.push(slot);
        }
    }

    /// Whether there is room for another address. Those where nothing lives any more make room, but to look for them
    /// takes a visit to all, and is done once in a while.
    fn has_room(&mut self, observer: &Observer) -> bool {
        self.since_cleaning = self.since_cleaning.saturating_add(1);
        if self.at.len() >= self.most && self.since_cleaning > self.most / 8 {
            self.since_cleaning = 0;
            let before = self.at.len();
            self.at.retain(|at| at.nodes.iter().any(|slot| ends_at(*slot, at.address, observer)));
            let dropped = before.saturating_sub(self.at.len());
            self.forgotten = self.forgotten.saturating_add(dropped as u64);
            self.by_address = Index::default();
            for (at, slot) in self.at.iter().zip(0..) {
                self.by_address.insert(Entry { tag: self.tag_of(at.address), slot });
            }
        }
        self.at.len() < self.most
    }

    fn add(&mut self, address: Ipv4Addr) -> usize {
        let place = self.at.len();
        // There are no more than `most`.
        let slot = u32::try_from(place).unwrap_or_default();
        self.by_address.insert(Entry { tag: self.tag_of(address), slot });
        self.at.push(NodesAt { address, nodes: SmallVec::new(), is_cut: false });
        place
    }

    fn find(&self, address: Ipv4Addr) -> Option<&NodesAt> {
        self.at.get(self.place_of(address)?)
    }

    fn place_of(&self, address: Ipv4Addr) -> Option<usize> {
        let is_it = |place: &usize| self.at.get(*place).is_some_and(|at| at.address == address);
        self.by_address.slots(self.tag_of(address)).map(|slot| slot as usize).find(is_it)
    }

    fn tag_of(&self, address: Ipv4Addr) -> u32 {
        tag(self.hasher.hash_one(address.to_bits()))
    }
}

/// Whether a live tunnel of a node ends at an address.
fn ends_at(slot: u32, address: Ipv4Addr, observer: &Observer) -> bool {
    let is_here = |binding: &Binding| binding.far_end.address == address;
    observer.node(slot).is_some_and(|node| live(node.bindings(), observer.clock()).any(is_here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_where_nothing_lives_make_room() {
        // Of no node anything is known, so that nothing lives anywhere.
        let observer = Observer::new(crate::state::Options::default());
        let mut ends = TunnelEnds::new(16, 1);
        let address = |number: u32| Ipv4Addr::from(number);
        for number in 0..16 {
            ends.note(number, address(number), 16, &observer);
        }
        assert_eq!((ends.nodes(address(3)), ends.forgotten()), (&[3][..], 0));
        ends.note(16, address(16), 17, &observer);
        assert_eq!((ends.nodes(address(3)), ends.nodes(address(16))), (&[][..], &[16][..]));
        assert_eq!(ends.forgotten(), 16);
    }
}
