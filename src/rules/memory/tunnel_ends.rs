//! Where tunnels of nodes end or ended: this tells to which nodes a packet sent there may belong.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::rules::facts::live;
use crate::state::{Binding, Entry, FarEnd, Index, Observer, tag};

/// The most nodes remembered for one end. Where more nodes have a tunnel to it at the same time, rules that need all of
/// them report nothing.
const NODES_AT_ONE: usize = 1 << 10;
/// To make a list anew, at most so many nodes are visited for each node that is noted.
const VISITS: usize = 16;

/// Nodes with tunnels, by where the tunnels end or ended. Behind a NAT each tunnel in UDP has a port of its own.
#[derive(Debug)]
pub(super) struct TunnelEnds {
    at: Vec<NodesAt>,
    /// Index of an end in that list.
    by_end: Index,
    hasher: FixedState,
    /// The most ends that are remembered.
    most: usize,
    /// New ends since those without a live binding were dropped.
    since_cleaning: usize,
    /// Nodes noted since a list was made anew.
    since_listing: usize,
    /// How many ends and nodes were dropped or found no room.
    forgotten: u64,
}

/// The nodes with tunnels that end or ended somewhere.
#[derive(Debug)]
struct NodesAt {
    far_end: FarEnd,
    nodes: SmallVec<[u32; 2]>,
    /// Whether there were more than are remembered.
    is_cut: bool,
}

impl TunnelEnds {
    /// No ends yet, and at most `most`; `seed` is the hash's.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            at: Vec::new(),
            by_end: Index::default(),
            hasher: FixedState::with_seed(seed),
            most,
            since_cleaning: 0,
            since_listing: 0,
            forgotten: 0,
        }
    }

    /// Hints that a tunnel to this end will be noted soon.
    pub fn expect(&self, far_end: FarEnd) {
        self.by_end.expect(self.tag_of(far_end));
    }

    /// Indices of nodes with a tunnel that ends or ended at a far end.
    pub fn nodes(&self, far_end: FarEnd) -> &[u32] {
        self.find(far_end).map(|at| at.nodes.as_slice()).unwrap_or_default()
    }

    /// The same, if these are all nodes with a tunnel there now; `None` if there may be more, or the end is not known.
    pub fn all_nodes(&self, far_end: FarEnd) -> Option<&[u32]> {
        self.find(far_end).filter(|at| !at.is_cut).map(|at| at.nodes.as_slice())
    }

    /// How many ends and nodes were dropped or found no room.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Notes that a tunnel of a node ends at a far end. All nodes have indices below `nodes`.
    pub fn note(&mut self, slot: u32, far_end: FarEnd, nodes: usize, observer: &Observer) {
        let place = match self.place_of(far_end) {
            Some(place) => place,
            None if self.has_room(observer) => self.add(far_end),
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
            // Nothing is known of nodes that found no room, so the list is made anew.
            self.since_listing = 0;
            let all = (0..u32::try_from(nodes).unwrap_or(u32::MAX))
                .filter(|slot| ends_at(*slot, far_end, observer));
            at.nodes = all.take(NODES_AT_ONE.saturating_add(1)).collect();
            at.is_cut = at.nodes.len() > NODES_AT_ONE;
            at.nodes.truncate(NODES_AT_ONE);
            at.nodes.retain(|known| *known != slot);
        } else if at.nodes.len() >= NODES_AT_ONE && !at.is_cut {
            // Nodes whose tunnel is gone make room.
            at.nodes.retain(|slot| ends_at(*slot, far_end, observer));
            at.is_cut = at.nodes.len() >= NODES_AT_ONE;
        }
        if at.is_cut {
            self.forgotten = self.forgotten.saturating_add(1);
        } else {
            at.nodes.push(slot);
        }
    }

    /// Whether there is room for another end. Ends without a live binding make room, but finding them takes a visit to
    /// all ends, and is done only once in a while.
    fn has_room(&mut self, observer: &Observer) -> bool {
        self.since_cleaning = self.since_cleaning.saturating_add(1);
        if self.at.len() >= self.most && self.since_cleaning > self.most / 8 {
            self.since_cleaning = 0;
            let before = self.at.len();
            self.at.retain(|at| at.nodes.iter().any(|slot| ends_at(*slot, at.far_end, observer)));
            let dropped = before.saturating_sub(self.at.len());
            self.forgotten = self.forgotten.saturating_add(dropped as u64);
            self.by_end = Index::default();
            for (at, slot) in self.at.iter().zip(0..) {
                self.by_end.insert(Entry { tag: self.tag_of(at.far_end), slot });
            }
        }
        self.at.len() < self.most
    }

    fn add(&mut self, far_end: FarEnd) -> usize {
        let place = self.at.len();
        // There are no more than `most` ends, which fits in 32 bits.
        let slot = u32::try_from(place).unwrap_or_default();
        self.by_end.insert(Entry { tag: self.tag_of(far_end), slot });
        self.at.push(NodesAt { far_end, nodes: SmallVec::new(), is_cut: false });
        place
    }

    fn find(&self, far_end: FarEnd) -> Option<&NodesAt> {
        self.at.get(self.place_of(far_end)?)
    }

    fn place_of(&self, far_end: FarEnd) -> Option<usize> {
        let is_it = |place: &usize| self.at.get(*place).is_some_and(|at| at.far_end == far_end);
        self.by_end.slots(self.tag_of(far_end)).map(|slot| slot as usize).find(is_it)
    }

    fn tag_of(&self, far_end: FarEnd) -> u32 {
        tag(self.hasher.hash_one(far_end))
    }
}

/// Whether a live tunnel of a node ends at a far end.
fn ends_at(slot: u32, far_end: FarEnd, observer: &Observer) -> bool {
    let is_here = |binding: &Binding| binding.far_end == far_end;
    observer.node(slot).is_some_and(|node| live(node.bindings(), observer.clock()).any(is_here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_where_nothing_lives_make_room() {
        // Of no node anything is known, so that nothing lives anywhere.
        let observer = Observer::new(crate::state::Options::default());
        let mut ends = TunnelEnds::new(16, 1);
        let end = |number: u32| FarEnd { address: number.into(), port: None };
        for number in 0..16 {
            ends.note(number, end(number), 16, &observer);
        }
        assert_eq!((ends.nodes(end(3)), ends.forgotten()), (&[3][..], 0));
        ends.note(16, end(16), 17, &observer);
        assert_eq!((ends.nodes(end(3)), ends.nodes(end(16))), (&[][..], &[16][..]));
        assert_eq!(ends.forgotten(), 16);
    }
}
