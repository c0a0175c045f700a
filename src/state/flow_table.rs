//! The table of flows, which is bounded.

use std::hash::BuildHasher;
use std::iter;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::addresses6::Addresses6;
use super::directory::NodeId;
use super::flow::{Flow, Key, Marks, NONE, Path};
use super::index::{Entry, Index, tag};
use super::prefetch::prefetch;
use super::still::copy;
use super::{Direction, FlowView, Node, PathView, Traffic};
use crate::time::Timestamp;

/// All flows of all nodes.
#[derive(Clone, Debug)]
pub(super) struct FlowTable {
    flows: Vec<Flow>,
    index: Index,
    /// Flows whose address now belongs to another node. The address may come back to the flow's own node.
    aside: HashMap<(Key, NodeId), u32, FixedState>,
    paths: Vec<Path>,
    free_paths: Vec<u32>,
    pub addresses6: Addresses6,
    /// Where the search for a flow to forget continues.
    hand: usize,
    most: usize,
    /// The counters of forgotten flows, until they are added to their tunnels.
    forgotten: Vec<Forgotten>,
    hasher: FixedState,
}

/// The counters of a forgotten flow in one tunnel.
#[derive(Clone, Debug)]
pub(super) struct Forgotten {
    pub node: u32,
    pub birth: u32,
    pub tunnel: u16,
    pub downlink: Traffic,
    pub uplink: Traffic,
    /// Packets not yet counted for their rule; set for the flow's first tunnel only.
    pub ruled: Ruled,
}

/// Packets that a rule decided and that are to be counted for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ruled {
    pub policy: u16,
    /// FID; 0 for none.
    pub rule: u16,
    pub packets: u32,
    pub bytes: u64,
}

/// The most tunnels of one flow that are counted separately: more than there are BIDs. Beyond the first tunnel of each
/// flow, all flows together can have at most as many as the table may hold flows.
const TUNNELS_OF_ONE: usize = 1 << 8;

impl Flow {
    /// Takes the counters that the flow holds for its rule, and sets them to 0.
    pub fn take_ruled(&mut self) -> Ruled {
        Ruled {
            policy: self.policy,
            rule: self.rule,
            packets: std::mem::take(&mut self.ruled_packets),
            bytes: std::mem::take(&mut self.ruled_bytes),
        }
    }
}

impl Forgotten {
    fn of(flow: &Flow, path: &Path, ruled: Ruled) -> Self {
        Self {
            ruled,
            node: flow.node,
            birth: flow.birth.get(),
            tunnel: path.tunnel,
            downlink: path.downlink,
            uplink: path.uplink,
        }
    }
}

impl FlowTable {
    /// A table of at most `most` flows; `seed` scatters its index.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            flows: Vec::new(),
            index: Index::default(),
            aside: HashMap::with_hasher(FixedState::with_seed(seed)),
            paths: Vec::new(),
            free_paths: Vec::new(),
            addresses6: Addresses6::new(FixedState::with_seed(seed)),
            hand: 0,
            most: most.max(1),
            forgotten: Vec::new(),
            hasher: FixedState::with_seed(seed),
        }
    }

    /// A copy with everything that is shown except the flows; nothing can be looked up in it.
    pub fn outline(&self) -> Self {
        let addresses6 = self.addresses6.outline();
        Self { addresses6, hasher: self.hasher.clone(), ..Self::new(self.most, 0) }
    }

    /// Copies at most `most` missing flows, and as many paths; returns whether all are there.
    pub fn copy(&mut self, from: &Self, most: usize) -> bool {
        copy(&from.flows, &mut self.flows, most) && copy(&from.paths, &mut self.paths, most)
    }

    /// The bits of a key's hash by which the index holds the key.
    #[inline]
    pub fn tag(&self, key: &Key) -> u32 {
        tag(self.hasher.hash_one(key))
    }

    /// Prefetches the index place of a flow that will be looked up soon.
    #[inline]
    pub fn expect(&self, tag: u32) {
        self.index.expect(tag);
    }

    /// The slot of the flow with this tag, whose key is still to be compared; [`NONE`] when there is none. The flow
    /// itself is prefetched.
    #[inline]
    pub fn likely(&self, tag: u32) -> u32 {
        let slot = self.index.slots(tag).next().unwrap_or(NONE);
        prefetch(self.flows.get(slot as usize));
        slot
    }

    /// The slot of the flow with this key, of the node that had the key's last packet.
    pub fn find(&self, key: &Key) -> Option<u32> {
        let is_it = |slot: &u32| self.flows.get(*slot as usize).is_some_and(|flow| flow.key == *key);
        self.index.slots(self.tag(key)).find(is_it)
    }

    /// The node of the flow in a slot; [`NONE`] if there is no flow.
    #[inline]
    pub fn node_of(&self, slot: u32) -> u32 {
        self.flows.get(slot as usize).map_or(NONE, |flow| flow.node)
    }

    /// The flow in a slot.
    #[inline]
    pub fn flow_mut(&mut self, slot: u32) -> Option<&mut Flow> {
        self.flows.get_mut(slot as usize)
    }

    /// The address that a number of this key stands for.
    pub fn address(&self, key: &Key, number: u32) -> IpAddr {
        if key.form.is_ipv6() { self.addresses6.address(number).into() } else { IpAddr::V4(number.into()) }
    }

    /// Adds a flow of `node` whose first packet takes `path`; another node's flow with the same key is set aside.
    /// Returns the flow's slot, and the node of the flow that was forgotten for it if the table was full.
    pub fn insert(&mut self, key: Key, node: NodeId, path: Path) -> (u32, Option<NodeId>) {
        self.set_aside(&key);
        let flow = Flow::new(key, node, path);
        let (slot, forgotten) = if self.flows.len() < self.most {
            self.flows.push(flow);
            (u32::try_from(self.flows.len().saturating_sub(1)).unwrap_or(NONE), None)
        } else {
            let slot = self.pick();
            if let Some((key, node)) = self.flows.get(slot as usize).map(|flow| (flow.key, flow.owner()))
                && !self.index.remove(Entry { tag: self.tag(&key), slot })
            {
                self.aside.remove(&(key, node));
            }
            (slot, self.replace(slot, flow))
        };
        self.index.insert(Entry { tag: self.tag(&key), slot });
        (slot, forgotten)
    }

    fn set_aside(&mut self, key: &Key) {
        let Some(slot) = self.find(key) else { return };
        let Some(node) = self.flows.get(slot as usize).map(Flow::owner) else { return };
        self.index.remove(Entry { tag: self.tag(key), slot });
        self.aside.insert((*key, node), slot);
    }

    /// Brings back a node's flow that was set aside and continues now; the flow that has its key is set aside.
    pub fn take_back(&mut self, key: &Key, node: NodeId) -> Option<u32> {
        let slot = self.aside.remove(&(*key, node))?;
        self.set_aside(key);
        self.index.insert(Entry { tag: self.tag(key), slot });
        Some(slot)
    }

    /// Restarts the flow in a slot for another node, because its former node is gone; returns the former node.
    pub fn hand_over(&mut self, slot: u32, node: NodeId, path: Path) -> Option<NodeId> {
        let key = self.flows.get(slot as usize)?.key;
        self.replace(slot, Flow::new(key, node, path))
    }

    /// Counts a packet of the flow in the tunnel that `path` names; returns whether there was room for that.
    pub fn count(&mut self, slot: u32, path: Path, direction: Direction, bytes: u32) -> bool {
        let time = path.first;
        let Some(flow) = self.flows.get_mut(slot as usize) else { return false };
        flow.marks.set(Marks::RECENT);
        if flow.path.tunnel == path.tunnel {
            // What is found out about this packet holds only for later packets with the same far end.
            if flow.path.far_end != path.far_end {
                flow.path.far_end = path.far_end;
                flow.forget_vouchers();
            }
            flow.path.add(direction, bytes, time);
            return true;
        }
        flow.path.has_company = true;
        let mut last = NONE;
        let mut next = flow.path.next;
        let mut count = 1usize;
        while let Some(known) = self.paths.get_mut(next as usize) {
            if known.tunnel == path.tunnel {
                known.add(direction, bytes, time);
                return true;
            }
            (last, next) = (next, known.next);
            count = count.saturating_add(1);
        }
        let is_full = self.free_paths.is_empty() && self.paths.len() >= self.most;
        if count >= TUNNELS_OF_ONE || is_full {
            return false;
        }
        let mut path = path;
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

    /// Notes that a flow has been in its first tunnel alone, if no packet of the flow took another tunnel within `span`
    /// nanoseconds before `time`.
    pub fn part_company(&mut self, slot: u32, time: Timestamp, span: i64) {
        let Some(flow) = self.flows.get_mut(slot as usize).filter(|flow| flow.path.has_company) else {
            return;
        };
        let others = iter::successors(self.paths.get(flow.path.next as usize), |path| {
            self.paths.get(path.next as usize)
        });
        flow.path.has_company = others.into_iter().any(|path| time.since(path.last) <= span);
    }

    /// Forgets the IPv6 addresses that no flow has.
    pub fn free_addresses(&mut self) {
        let of_ipv6 = self.flows.iter().map(|flow| flow.key).filter(|key| key.form.is_ipv6());
        self.addresses6.keep(of_ipv6.flat_map(|key| [key.correspondent, key.local]));
    }

    /// Picks the first flow that was not seen since the hand last passed it.
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

    /// Puts a flow in the place of another, keeps the counters of the other flow, and returns its node.
    fn replace(&mut self, slot: u32, flow: Flow) -> Option<NodeId> {
        let mut before = std::mem::replace(self.flows.get_mut(slot as usize)?, flow);
        let ruled = before.take_ruled();
        self.forgotten.push(Forgotten::of(&before, &before.path, ruled));
        let mut next = before.path.next;
        while let Some(path) = self.paths.get(next as usize) {
            self.forgotten.push(Forgotten::of(&before, path, Ruled::default()));
            self.free_paths.push(next);
            next = path.next;
        }
        Some(before.owner())
    }

    /// Whether so many flows were forgotten that their counters have to be added up before more are forgotten.
    pub fn has_many_forgotten(&self) -> bool {
        const MANY: usize = 1 << 16;
        self.forgotten.len() >= MANY
    }

    /// The counters of flows that were forgotten since the last call.
    pub fn take_forgotten(&mut self) -> Vec<Forgotten> {
        std::mem::take(&mut self.forgotten)
    }

    /// All flows, each with its first tunnel, and the tunnels after the first.
    pub fn parts_mut(&mut self) -> (&mut [Flow], &[Path]) {
        (&mut self.flows, &self.paths)
    }

    /// The flow in a slot, and the number of tunnels that it was seen in.
    pub fn flow_and_paths(&self, slot: u32) -> Option<(&Flow, usize)> {
        let flow = self.flows.get(slot as usize)?;
        let next = |path: &&Path| self.paths.get(path.next as usize);
        Some((flow, std::iter::successors(Some(&flow.path), next).count()))
    }

    /// Whether there never was a flow: a forgotten flow always makes room for another.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// All slots.
    pub fn slots(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.flows.len()).unwrap_or(NONE)
    }

    /// The flows in these slots whose nodes are still there, in order of their first packet.
    pub fn views<'t>(&'t self, slots: impl Iterator<Item = u32>, nodes: &'t [Node]) -> Vec<FlowView> {
        let mut slots: Vec<&Flow> = slots
            .filter_map(|slot| self.flows.get(slot as usize))
            .filter(|flow| nodes.get(flow.node as usize).is_some_and(|node| node.birth == flow.birth.get()))
            .collect();
        slots.sort_by_key(|flow| flow.path.first);
        slots.into_iter().filter_map(|flow| self.view(flow, nodes)).collect()
    }

    /// The flow in a slot, if its node is still there.
    pub fn view_at(&self, slot: u32, nodes: &[Node]) -> Option<FlowView> {
        self.node_at(slot, nodes)?;
        self.view(self.flows.get(slot as usize)?, nodes)
    }

    /// The node of the flow in a slot, if that node is still there.
    pub fn node_at(&self, slot: u32, nodes: &[Node]) -> Option<u32> {
        let flow = self.flows.get(slot as usize)?;
        nodes.get(flow.node as usize).filter(|node| node.birth == flow.birth.get()).map(|_| flow.node)
    }

    fn view(&self, flow: &Flow, nodes: &[Node]) -> Option<FlowView> {
        let node = nodes.get(flow.node as usize)?;
        let key = flow.key;
        let port = |port: u32| key.form.has_ports().then(|| u16::try_from(port & 0xffff).unwrap_or_default());
        let mut paths = SmallVec::new();
        let mut path = Some(&flow.path);
        while let Some(current) = path {
            let tunnel = usize::from(current.tunnel);
            paths.push(PathView {
                bid: node.tunnels().get(tunnel).and_then(|tunnel| tunnel.bid),
                tunnel,
                is_inner: node.is_inner_side(tunnel),
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
            source: self.address(&key, key.correspondent),
            destination: self.address(&key, key.local),
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
