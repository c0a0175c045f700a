//! The table of flows, bounded.

use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::directory::NodeId;
use super::flow::{Addresses6, Flow, FlowView, Key, Marks, NONE, Path, PathView};
use super::{Direction, Node};
use crate::time::Timestamp;

/// All flows of all nodes.
#[derive(Debug)]
pub(super) struct FlowTable {
    flows: Vec<Flow>,
    index: HashTable<u32>,
    paths: Vec<Path>,
    free_paths: Vec<u32>,
    pub addresses6: Addresses6,
    /// Where the search for something to forget goes on.
    hand: usize,
    most: usize,
    hasher: FixedState,
}

impl FlowTable {
    /// A table of at most `most` flows; `seed` scatters its index.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            flows: Vec::new(),
            index: HashTable::new(),
            paths: Vec::new(),
            free_paths: Vec::new(),
            addresses6: Addresses6::new(FixedState::with_seed(seed)),
            hand: 0,
            most: most.max(1),
            hasher: FixedState::with_seed(seed),
        }
    }

    /// The flow with this key.
    #[inline]
    pub fn find(&self, key: &Key) -> Option<u32> {
        let flows = &self.flows;
        self.index
            .find(self.hasher.hash_one(key), |slot| {
                flows.get(*slot as usize).is_some_and(|flow| flow.key == *key)
            })
            .copied()
    }

    /// The flow in a slot.
    #[inline]
    pub fn flow_mut(&mut self, slot: u32) -> Option<&mut Flow> {
        self.flows.get_mut(slot as usize)
    }

    /// Adds a flow of `node` whose first packet is in `tunnel`. When there were too many, another one is forgotten
    /// and its node given.
    pub fn insert(&mut self, key: Key, node: NodeId, tunnel: u16, time: Timestamp) -> (u32, Option<NodeId>) {
        let flow = Flow::new(key, node, tunnel, time);
        let (slot, forgotten) = if self.flows.len() < self.most {
            self.flows.push(flow);
            (u32::try_from(self.flows.len().saturating_sub(1)).unwrap_or(NONE), None)
        } else {
            let slot = self.pick();
            if let Some(key) = self.flows.get(slot as usize).map(|flow| flow.key)
                && let Ok(entry) = self.index.find_entry(self.hasher.hash_one(key), |other| *other == slot)
            {
                entry.remove();
            }
            (slot, self.replace(slot, flow))
        };
        let (flows, hasher) = (&self.flows, &self.hasher);
        self.index.insert_unique(hasher.hash_one(key), slot, |slot| {
            flows.get(*slot as usize).map_or(0, |flow| hasher.hash_one(flow.key))
        });
        (slot, forgotten)
    }

    /// Begins the flow in a slot anew, for another node than before, and gives that one.
    pub fn hand_over(&mut self, slot: u32, node: NodeId, tunnel: u16, time: Timestamp) -> Option<NodeId> {
        let key = self.flows.get(slot as usize)?.key;
        self.replace(slot, Flow::new(key, node, tunnel, time))
    }

    /// Counts a packet of the flow in a tunnel; says whether the tunnel is new to the flow.
    #[inline]
    pub fn count(
        &mut self,
        slot: u32,
        tunnel: u16,
        direction: Direction,
        bytes: u32,
        time: Timestamp,
    ) -> bool {
        let Some(flow) = self.flows.get_mut(slot as usize) else { return false };
        flow.marks.set(Marks::RECENT);
        if flow.path.tunnel == tunnel {
            flow.path.add(direction, bytes, time);
            return false;
        }
        self.count_elsewhere(slot, tunnel, direction, bytes, time)
    }

    fn count_elsewhere(
        &mut self,
        slot: u32,
        tunnel: u16,
        direction: Direction,
        bytes: u32,
        time: Timestamp,
    ) -> bool {
        let mut last = NONE;
        let mut next = self.flows.get(slot as usize).map_or(NONE, |flow| flow.path.next);
        while let Some(path) = self.paths.get_mut(next as usize) {
            if path.tunnel == tunnel {
                path.add(direction, bytes, time);
                return false;
            }
            (last, next) = (next, path.next);
        }
        let mut path = Path::new(tunnel, time);
        path.add(direction, bytes, time);
        let number = match self.free_paths.pop() {
            Some(number) => {
                if let Some(place) = self.paths.get_mut(number as usize) {
                    *place = path;
                }
                number
            }
            None => {
                self.paths.push(path);
                u32::try_from(self.paths.len().saturating_sub(1)).unwrap_or(NONE)
            }
        };
        let end = match self.paths.get_mut(last as usize) {
            Some(path) => Some(path),
            None => self.flows.get_mut(slot as usize).map(|flow| &mut flow.path),
        };
        if let Some(path) = end {
            path.next = number;
        }
        true
    }

    /// Picks the first flow that was not seen since the hand last passed.
    fn pick(&mut self) -> u32 {
        loop {
            let slot = self.hand;
            self.hand =
                if self.hand.saturating_add(1) >= self.flows.len() { 0 } else { self.hand.saturating_add(1) };
            match self.flows.get_mut(slot) {
                Some(flow) if flow.marks.has(Marks::RECENT) => flow.marks.clear(Marks::RECENT),
                _ => return u32::try_from(slot).unwrap_or(NONE),
            }
        }
    }

    /// Puts a flow in the place of another, and gives the other's node.
    fn replace(&mut self, slot: u32, flow: Flow) -> Option<NodeId> {
        let before = std::mem::replace(self.flows.get_mut(slot as usize)?, flow);
        let mut next = before.path.next;
        while next != NONE {
            self.free_paths.push(next);
            next = self.paths.get(next as usize).map_or(NONE, |path| path.next);
        }
        Some(before.owner())
    }

    /// All flows of nodes that are still there, in order of their first packet.
    pub fn views<'t>(&'t self, nodes: &'t [Node]) -> Vec<FlowView> {
        let mut slots: Vec<&Flow> = self
            .flows
            .iter()
            .filter(|flow| nodes.get(flow.node as usize).is_some_and(|node| node.birth == flow.birth))
            .collect();
        slots.sort_by_key(|flow| flow.path.first);
        slots.into_iter().filter_map(|flow| self.view(flow, nodes)).collect()
    }

    fn view(&self, flow: &Flow, nodes: &[Node]) -> Option<FlowView> {
        let node = nodes.get(flow.node as usize)?;
        let key = flow.key;
        let address = |number: u32| -> IpAddr {
            if key.is_ipv6 { self.addresses6.address(number).into() } else { IpAddr::V4(number.into()) }
        };
        let port = |port: u32| key.has_ports.then(|| u16::try_from(port & 0xffff).unwrap_or_default());
        let mut paths = Vec::new();
        let mut path = Some(&flow.path);
        while let Some(current) = path {
            let tunnel = usize::from(current.tunnel);
            paths.push(PathView {
                bid: node.tunnels().get(tunnel).and_then(|tunnel| tunnel.bid),
                tunnel,
                downlink: current.downlink,
                uplink: current.uplink,
                first: current.first,
                last: current.last,
            });
            path = self.paths.get(current.next as usize);
        }
        Some(FlowView {
            home_address: node.home_address,
            node: flow.node,
            source: address(key.correspondent),
            destination: address(key.local),
            protocol: key.protocol,
            source_port: port(key.ports >> 16),
            destination_port: port(key.ports),
            fid: (flow.rule != 0).then_some(flow.rule),
            expected_bid: (flow.expected != 0).then_some(flow.expected),
            verdict: flow.verdict(),
            paths,
        })
    }
}
