//! Finds nodes by Home Address, by NAI and by prefix, and knows the addresses where tunnels end.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use foldhash::fast::FixedState;

use super::far_ends::FarEnds;
use super::forgotten::Forgotten;
use super::home_agents::HomeAgents;
use super::idle::Idle;
use super::index::{Entry, Index, tag};
use super::node::Pulse;
use super::prefetch::prefetch;
use super::prefix_owners::{Given, Owners, PrefixOwners};
use super::{Multipath, Node, Prefix};
use crate::time::Timestamp;

type Hasher = FixedState;

/// A node in the directory. Places are reused; the birth number tells a node from those in its place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId {
    pub slot: u32,
    pub birth: NonZeroU32,
}

/// All nodes, and the ways to find them.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub nodes: Vec<Node>,
    /// The pulse of each node, by the same index.
    pulses: Vec<Pulse>,
    /// The number of rules in the policies of all nodes.
    pub rules: usize,
    /// Places that became free when their node was withdrawn.
    free: Vec<u32>,
    /// Nodes that the latest message showed to be another name of a node: their place, and the place of that node.
    pub(super) absorbed: Vec<(u32, u32)>,
    by_address: Index,
    by_nai: Index,
    prefix_owners: PrefixOwners,
    /// Home Agents that ever took part in a registration.
    pub agents: HomeAgents,
    /// The far ends of all tunnels that were ever registered.
    pub far_ends: FarEnds,
    most: usize,
    /// The nodes to be forgotten first. If there are none, the node at `hand` is forgotten.
    idle: Idle,
    hand: usize,
    births: u32,
    pub evicted: u64,
    /// What is remembered of nodes that were evicted while they had active bindings.
    pub forgotten: Forgotten,
    /// The number of prefixes that found no room.
    no_room: u64,
    /// The number of flows of evicted nodes.
    pub evicted_flows: u64,
    /// Counts changes of the owners of prefixes: a prefix was given to a node that was not its latest owner, or a node
    /// with prefixes got another Home Agent.
    pub prefix_changes: u64,
    hasher: Hasher,
}

/// The most prefixes of one node.
const PREFIXES_OF_ONE: usize = 256;

impl Directory {
    /// A directory of at most `most` nodes; `seed` scatters its indexes.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            pulses: Vec::new(),
            rules: 0,
            free: Vec::new(),
            absorbed: Vec::new(),
            by_address: Index::default(),
            by_nai: Index::default(),
            prefix_owners: PrefixOwners::new(seed),
            agents: HomeAgents::new(seed),
            far_ends: FarEnds::new(seed),
            most: most.max(1),
            idle: Idle::default(),
            hand: 0,
            births: 0,
            evicted: 0,
            forgotten: Forgotten::new(seed),
            no_room: 0,
            evicted_flows: 0,
            prefix_changes: 0,
            hasher: FixedState::with_seed(seed),
        }
    }

    /// A copy with everything that is shown except the nodes; nothing can be looked up in it.
    pub fn outline(&self) -> Self {
        let mut outline = Self::new(self.most, 0);
        outline.agents = self.agents.outline();
        (outline.births, outline.evicted) = (self.births, self.evicted);
        (outline.no_room, outline.evicted_flows) = (self.no_room(), self.evicted_flows);
        outline
    }

    /// The number of prefixes, Home Agents and far ends that found no room.
    pub fn no_room(&self) -> u64 {
        self.no_room.saturating_add(self.agents.no_room).saturating_add(self.far_ends.no_room)
    }

    /// Prefetches the index place of the node with this Home Address, which will be looked up soon.
    pub fn expect(&self, home_agent: Ipv4Addr, home_address: Ipv4Addr) {
        self.by_address.expect(address_tag(&self.hasher, home_agent, home_address));
    }

    /// Prefetches a node that will be looked at soon.
    pub fn expect_node(&self, slot: u32) {
        prefetch(self.nodes.get(slot as usize));
    }

    /// Prefetches the pulse of a node that will be asked for soon.
    #[inline]
    pub fn expect_pulse(&self, slot: u32) {
        prefetch(self.pulses.get(slot as usize));
    }

    /// The pulse of a node.
    #[inline]
    pub fn pulse(&self, slot: u32) -> Option<Pulse> {
        self.pulses.get(slot as usize).copied()
    }

    /// Lets the bindings of a node expire that are due at `clock`.
    pub fn settle(&mut self, slot: u32, clock: Timestamp) {
        if self.pulse(slot).is_some_and(|pulse| clock > pulse.next_expiry) {
            self.change(slot, |node| node.settle(clock));
        }
    }

    /// Changes a node, and updates what is derived from it: its pulse, the number of rules, the list of idle nodes.
    pub fn change<T>(&mut self, slot: u32, change: impl FnOnce(&mut Node) -> T) -> Option<T> {
        let node = self.nodes.get_mut(slot as usize)?;
        let rules = node.policy().rules().len();
        let result = change(node);
        self.rules = self.rules.saturating_sub(rules).saturating_add(node.policy().rules().len());
        if self.idle.is_kept() {
            self.idle.note(slot, node.active().next().is_none());
        }
        if let Some(pulse) = self.pulses.get_mut(slot as usize) {
            *pulse = node.pulse();
        }
        Some(result)
    }

    /// The identity of the node in this place; `None` if there is no node.
    pub fn id(&self, slot: u32) -> Option<NodeId> {
        Some(NodeId { slot, birth: NonZeroU32::new(self.nodes.get(slot as usize)?.birth)? })
    }

    /// The place of a node, if it is still there.
    pub fn slot(&self, id: NodeId) -> Option<u32> {
        (self.id(id.slot) == Some(id)).then_some(id.slot)
    }

    /// Notes that a request naming the node in this place belongs to another node.
    pub fn mention_less(&mut self, slot: u32) {
        if let Some(node) = self.nodes.get_mut(slot as usize) {
            node.mentions = node.mentions.saturating_sub(1);
        }
    }

    /// Notes a message that names the node in this place.
    pub fn mention(&mut self, slot: u32) {
        if let Some(node) = self.nodes.get_mut(slot as usize) {
            node.mentions = node.mentions.saturating_add(1);
        }
    }

    /// The node of this Home Agent with this Home Address.
    #[inline]
    pub fn find(&self, home_agent: Ipv4Addr, home_address: Ipv4Addr) -> Option<u32> {
        let is_it = |slot: &u32| {
            self.nodes
                .get(*slot as usize)
                .is_some_and(|node| node.home_agent == home_agent && node.home_address == Some(home_address))
        };
        self.by_address.slots(address_tag(&self.hasher, home_agent, home_address)).find(is_it)
    }

    /// The node of this Home Agent that this NAI names.
    pub fn find_nai(&self, home_agent: Ipv4Addr, nai: &[u8]) -> Option<u32> {
        let is_it = |slot: &u32| {
            self.nodes
                .get(*slot as usize)
                .is_some_and(|node| node.home_agent == home_agent && node.nai.as_deref() == Some(nai))
        };
        self.by_nai.slots(nai_tag(&self.hasher, home_agent, nai)).find(is_it)
    }

    /// Withdraws the node `other`, which was only another name of the node in `slot`. The latter takes over refusals
    /// and violations, and `other`'s Multipath state unless that is off. Returns the NAI of `other`.
    pub fn absorb(&mut self, slot: u32, other: u32) -> Option<Box<[u8]>> {
        let node = self.nodes.get(other as usize)?;
        let (nai, violations) = (node.nai.clone(), node.violations().copied());
        let (multipath, multipath_time, denied) = (node.multipath, node.multipath_time, node.denied);
        self.withdraw(other);
        self.absorbed.push((other, slot));
        self.change(slot, |node| {
            if multipath != Multipath::Off && multipath_time >= node.multipath_time {
                (node.multipath, node.multipath_time) = (multipath, multipath_time);
            }
            node.denied = denied.or(node.denied);
            if let Some(violations) = violations {
                node.violations_mut().get_or_insert_default().merge(&violations);
            }
        });
        nai
    }

    /// The node with this Home Address, which is created if there is none.
    pub fn at(&mut self, home_agent: Ipv4Addr, home_address: Ipv4Addr) -> u32 {
        match self.find(home_agent, home_address) {
            Some(slot) => slot,
            None => self.add(Node::new(home_agent, Some(home_address), None)),
        }
    }

    /// The node that this NAI names; if there is none, it is created without a Home Address.
    pub fn named(&mut self, home_agent: Ipv4Addr, nai: &[u8]) -> u32 {
        match self.find_nai(home_agent, nai) {
            Some(slot) => slot,
            None => self.add(Node::new(home_agent, None, Some(nai.into()))),
        }
    }

    /// Gives a node the NAI that came with its Home Address. The NAI names no other node from then on, though a node
    /// that had it is still shown with it.
    pub fn give_nai(&mut self, slot: u32, nai: &[u8]) {
        let Some(home_agent) = self.nodes.get(slot as usize).map(|node| node.home_agent) else { return };
        let before = self.find_nai(home_agent, nai);
        if before == Some(slot) {
            return;
        }
        if let Some(before) = before
            && self.nodes.get(before as usize).is_some_and(Node::is_provisional)
        {
            self.absorb(slot, before);
        }
        self.unlist_nai(slot);
        if let Some(node) = self.nodes.get_mut(slot as usize) {
            node.nai = Some(nai.into());
        }
        self.list_nai(slot);
    }

    /// Whether a request alone can give a node this NAI: no other node has it, and the node has no other.
    pub fn can_be_named(&self, slot: u32, nai: &[u8]) -> bool {
        self.nodes.get(slot as usize).is_some_and(|node| {
            let is_others = self.find_nai(node.home_agent, nai).is_some_and(|named| named != slot);
            !is_others && node.nai.as_deref().is_none_or(|known| known == nai)
        })
    }

    /// Gives a node another home agent, and a home address if one is known. The NAI it had goes with it, unless that is
    /// another node's there and nothing was accepted.
    pub fn rename(
        &mut self,
        slot: u32,
        home_agent: Ipv4Addr,
        home_address: Option<Ipv4Addr>,
        is_accepted: bool,
    ) {
        self.unlist(slot);
        let nai = self.nodes.get(slot as usize).and_then(|node| node.nai.as_deref());
        let is_others = !is_accepted && nai.is_some_and(|nai| self.find_nai(home_agent, nai).is_some());
        if let Some(node) = self.nodes.get_mut(slot as usize) {
            if is_others {
                node.nai = None;
            }
            let moves_prefixes = node.home_agent != home_agent && !node.prefixes().is_empty();
            self.prefix_changes = self.prefix_changes.wrapping_add(u64::from(moves_prefixes));
            node.home_agent = home_agent;
            node.home_address = home_address.or(node.home_address);
        }
        self.list(slot);
        self.agents.know(home_agent);
    }

    /// Removes a node as if it had never been: it was only another name of a node that is there.
    fn withdraw(&mut self, slot: u32) {
        self.unlist(slot);
        let withdrawn = self.change(slot, |place| *place = Node::new(Ipv4Addr::UNSPECIFIED, None, None));
        if withdrawn.is_some() {
            self.free.push(slot);
        }
    }

    /// The nodes with a prefix that covers this address: for each prefix all its nodes, the longest prefix first.
    pub fn behind(&self, home_agent: Ipv4Addr, address: IpAddr) -> impl Iterator<Item = &[u32]> {
        self.prefix_owners.of(home_agent, address)
    }

    /// Notes a prefix that a Home Agent acknowledged for a node.
    pub fn give_prefix(&mut self, slot: u32, prefix: Prefix) {
        let Some(node) = self.nodes.get_mut(slot as usize) else { return };
        let known = node.prefixes().contains(&prefix);
        if !known && (node.prefixes().len() >= PREFIXES_OF_ONE || self.prefix_owners.is_full()) {
            node.note_lacking_prefix();
            self.no_room = self.no_room.saturating_add(1);
            return;
        }
        if !known {
            node.prefixes_mut().push(prefix);
        }
        let home_agent = node.home_agent;
        let Some(Given { others, lost }) = self.prefix_owners.give(home_agent, prefix, slot) else { return };
        self.prefix_changes = self.prefix_changes.wrapping_add(1);
        if let Some(lost) = lost {
            self.change(lost, |node| {
                node.prefixes_mut().retain(|other| *other != prefix);
                node.note_lacking_prefix();
            });
        }
        for other in others {
            self.disturb(other);
        }
        self.disturb_around(home_agent, prefix, slot);
    }

    fn add(&mut self, mut node: Node) -> u32 {
        self.agents.know(node.home_agent);
        // No node has the birth number 0.
        self.births = self.births.wrapping_add(1).max(1);
        node.birth = self.births;
        let slot = if let Some(slot) = self.free.pop() {
            // It is another node's turn from now on.
            self.idle.note(slot, false);
            self.change(slot, |place| *place = node);
            slot
        } else if self.nodes.len() < self.most {
            self.pulses.push(node.pulse());
            self.nodes.push(node);
            u32::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(u32::MAX)
        } else {
            let slot = self.victim();
            self.unlist(slot);
            let before = self.change(slot, |place| std::mem::replace(place, node));
            if let Some(before) = before {
                self.forgotten.note(&before);
                self.evicted_flows = self.evicted_flows.saturating_add(before.flows.into());
            }
            self.evicted = self.evicted.saturating_add(1);
            slot
        };
        self.list(slot);
        slot
    }

    /// The node to forget: the first without an active binding, or if all nodes have one, the next in turn.
    fn victim(&mut self) -> u32 {
        let Self { idle, nodes, hand, .. } = self;
        let is_idle =
            |slot: u32| nodes.get(slot as usize).is_some_and(|node: &Node| node.active().next().is_none());
        idle.keep(nodes.len(), is_idle);
        idle.take().unwrap_or_else(|| {
            let slot = *hand;
            *hand = slot.saturating_add(1) % nodes.len().max(1);
            u32::try_from(slot).unwrap_or_default()
        })
    }

    /// Makes the packets of this node be looked at anew: some addresses that belonged to it no longer do.
    fn disturb(&mut self, slot: u32) {
        self.change(slot, Node::disturb);
    }

    /// Does the same for all other nodes that have a prefix around this one, which belongs to the node in `slot` now.
    fn disturb_around(&mut self, home_agent: Ipv4Addr, prefix: Prefix, slot: u32) {
        let around = self.prefix_owners.around(home_agent, prefix);
        let losers: Vec<u32> = around.filter(|loser| *loser != slot).collect();
        for loser in losers {
            self.disturb(loser);
        }
    }

    fn list(&mut self, slot: u32) {
        let Some(node) = self.nodes.get(slot as usize) else { return };
        let (home_agent, home_address) = (node.home_agent, node.home_address);
        if let Some(home_address) = home_address {
            let tag = address_tag(&self.hasher, home_agent, home_address);
            self.by_address.insert(Entry { tag, slot });
        }
        self.list_nai(slot);
        let Some(node) = self.nodes.get(slot as usize) else { return };
        for prefix in node.prefixes() {
            self.prefix_owners.add(home_agent, *prefix, slot);
        }
        if self.prefix_owners.is_empty() {
            return;
        }
        for prefix in node.prefixes().to_vec() {
            self.disturb_around(home_agent, prefix, slot);
        }
        let behind = home_address.and_then(|address| self.behind(home_agent, address.into()).next());
        for loser in behind.map(Owners::from_slice).into_iter().flatten().filter(|loser| *loser != slot) {
            self.disturb(loser);
        }
    }

    fn unlist(&mut self, slot: u32) {
        let Some(node) = self.nodes.get(slot as usize) else { return };
        if let Some(home_address) = node.home_address {
            let tag = address_tag(&self.hasher, node.home_agent, home_address);
            self.by_address.remove(Entry { tag, slot });
        }
        for prefix in node.prefixes() {
            self.prefix_owners.remove(node.home_agent, *prefix, slot);
        }
        self.unlist_nai(slot);
    }

    fn list_nai(&mut self, slot: u32) {
        let Some(node) = self.nodes.get(slot as usize) else { return };
        let Some(nai) = &node.nai else { return };
        let tag = nai_tag(&self.hasher, node.home_agent, nai);
        // A NAI names one node: the one it was last seen with.
        if let Some(other) = self.find_nai(node.home_agent, nai) {
            self.by_nai.remove(Entry { tag, slot: other });
        }
        self.by_nai.insert(Entry { tag, slot });
    }

    fn unlist_nai(&mut self, slot: u32) {
        let Some(node) = self.nodes.get(slot as usize) else { return };
        if let Some(nai) = &node.nai {
            self.by_nai.remove(Entry { tag: nai_tag(&self.hasher, node.home_agent, nai), slot });
        }
    }
}

fn address_tag(hasher: &Hasher, home_agent: Ipv4Addr, home_address: Ipv4Addr) -> u32 {
    tag(hasher.hash_one(pair(home_agent, home_address)))
}

/// Two addresses as one number, which is hashed at once.
fn pair(one: Ipv4Addr, other: Ipv4Addr) -> u64 {
    u64::from(one.to_bits()) << 32 | u64::from(other.to_bits())
}

fn nai_tag(hasher: &Hasher, home_agent: Ipv4Addr, nai: &[u8]) -> u32 {
    tag(hasher.hash_one((home_agent, nai)))
}

#[cfg(test)]
mod tests;
