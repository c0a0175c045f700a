//! Adding up: tunnels and rules get their counters from the flows, so that a packet has to touch only its flow.

use std::collections::BTreeMap;

use super::Observer;
use super::flow_table::Ruled;
use super::{Direction, Node, Traffic};

/// Counters of tunnels for flows that are not in the table: downlink and uplink, by node, its birth number and tunnel.
#[derive(Clone, Debug, Default)]
pub(super) struct Uncounted {
    counted: BTreeMap<(u32, u32, u16), (Traffic, Traffic)>,
    /// When there are so many entries, those of nodes that are gone are forgotten.
    most: usize,
}

/// Up to this many entries are never too many.
const FEW: usize = 1 << 12;

impl Uncounted {
    /// Counts a packet of a flow that found no room.
    pub fn packet(&mut self, place: (u32, u32, u16), direction: Direction, bytes: u32) {
        let (downlink, uplink) = self.counted.entry(place).or_default();
        match direction {
            Direction::Downlink => downlink.add(bytes),
            Direction::Uplink => uplink.add(bytes),
        }
    }

    /// Forgets the counters of nodes that are gone: they are never reported, and nodes come and go for as long as there
    /// are packets.
    fn forget_gone(&mut self, nodes: &[Node]) {
        let is_there = |slot: u32, birth| nodes.get(slot as usize).is_some_and(|node| node.birth == birth);
        self.counted.retain(|(slot, birth, _), _| is_there(*slot, *birth));
    }
}

impl Observer {
    /// Brings the counters of tunnels and rules up to date.
    pub(super) fn tally(&mut self) {
        self.flush();
        if self.flows.is_empty() && self.uncounted.counted.is_empty() {
            // Nothing was ever counted, so the nodes need not be visited.
            return;
        }
        for node in &mut self.directory.nodes {
            node.tunnels_mut().iter_mut().for_each(super::Tunnel::clear_tally);
        }
        self.keep_forgotten();
        let nodes = &mut self.directory.nodes;
        // Each node lies elsewhere in memory, so it is visited only once for each flow.
        let (flows, paths) = self.flows.parts_mut();
        for flow in flows {
            let ruled = flow.take_ruled();
            let node = nodes.get_mut(flow.node as usize).filter(|node| node.birth == flow.birth.get());
            let Some(node) = node else { continue };
            tell_rule_of(node, ruled);
            let mut path = Some(&flow.path);
            while let Some(current) = path {
                if let Some(tunnel) = node.tunnels_mut().get_mut(usize::from(current.tunnel)) {
                    tunnel.tally(current.downlink, current.uplink, 1);
                }
                path = paths.get(current.next as usize);
            }
        }
        self.uncounted.forget_gone(nodes);
        for ((slot, birth, tunnel), (downlink, uplink)) in &self.uncounted.counted {
            let node = nodes.get_mut(*slot as usize).filter(|node: &&mut Node| node.birth == *birth);
            if let Some(tunnel) = node.and_then(|node| node.tunnels_mut().get_mut(usize::from(*tunnel))) {
                tunnel.tally(*downlink, *uplink, 0);
            }
        }
    }

    /// Adds up the counters of forgotten flows.
    pub(super) fn keep_forgotten(&mut self) {
        for forgotten in self.flows.take_forgotten() {
            let place = (forgotten.node, forgotten.birth, forgotten.tunnel);
            let (downlink, uplink) = self.uncounted.counted.entry(place).or_default();
            downlink.merge(forgotten.downlink);
            uplink.merge(forgotten.uplink);
            self.tell_rule(forgotten.node, forgotten.birth, forgotten.ruled);
        }
        if self.uncounted.counted.len() >= self.uncounted.most {
            self.uncounted.forget_gone(&self.directory.nodes);
            self.uncounted.most = self.uncounted.counted.len().saturating_mul(2).max(FEW);
        }
    }

    /// Adds to a rule's counters what a flow counted for the rule.
    pub(super) fn count_ruled(&mut self, slot: u32) {
        if let Some(flow) = self.flows.flow_mut(slot) {
            let ruled = flow.take_ruled();
            let (node, birth) = (flow.node, flow.birth.get());
            self.tell_rule(node, birth, ruled);
        }
    }

    fn tell_rule(&mut self, node: u32, birth: u32, ruled: Ruled) {
        if ruled.packets == 0 {
            return;
        }
        let node = self.directory.nodes.get_mut(node as usize).filter(|node| node.birth == birth);
        if let Some(node) = node {
            tell_rule_of(node, ruled);
        }
    }
}

/// Adds these packets to their rule, unless the rule is gone with its policy.
fn tell_rule_of(node: &mut Node, ruled: Ruled) {
    if ruled.packets == 0 || node.policy().number() != ruled.policy {
        return;
    }
    let index = usize::from(ruled.rule).checked_sub(1);
    if let Some(rule) = index.and_then(|index| node.policy_mut().rule_mut(index)) {
        rule.packets = rule.packets.saturating_add(ruled.packets.into());
        rule.bytes = rule.bytes.saturating_add(ruled.bytes);
    }
}
