//! Stamps that show what has changed, for callers that report nodes, flows and exchanges as they change.
//!
//! A stamp is a number that changes when anything but the counters changes in what it stands for. A caller that follows
//! changes keeps one number for each place. The chance that two different states have the same stamp is one in 2^64.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::{Exchange, Multipath, Node, Observer};

/// Stamp of a place with nothing in it to report.
const NOTHING: u64 = 0;

impl Observer {
    /// From now on, records which exchanges are decided, for [`Observer::take_decided`]. Needs
    /// [`Options::keep_exchanges`](super::Options::keep_exchanges).
    pub fn follow_exchanges(&mut self) {
        self.records.follow();
    }

    /// The exchanges that were decided since the last call, in the order in which they were: by their first reply, by
    /// being unsolicited, or by getting no reply in time.
    pub fn take_decided(&mut self) -> impl Iterator<Item = &Exchange> {
        self.records.take_decided()
    }

    /// The stamp of the node with this index; 0 if there is none, or if nothing but its name is known. It depends on
    /// bindings, policy, Multipath, prefixes and names.
    pub fn node_stamp(&self, index: u32) -> u64 {
        self.node(index).map_or(NOTHING, node_stamp)
    }

    /// The stamp of the flow in this place, as [`Observer::flow`] takes it; 0 if there is none. It depends on verdict,
    /// rule, expected BID and the tunnels that the flow was seen in.
    pub fn flow_stamp(&self, place: u32) -> u64 {
        let Some((flow, paths)) = self.flows.flow_and_paths(place) else { return NOTHING };
        if self.flows.node_at(place, &self.directory.nodes).is_none() {
            return NOTHING;
        }
        let conduct = (flow.rule, flow.expected, flow.verdict(), paths);
        stamp(&(flow.key, flow.node, flow.birth, conduct))
    }
}

fn node_stamp(node: &Node) -> u64 {
    let is_only_a_name = node.bindings().is_empty() && node.multipath == Multipath::Off;
    if !node.is_named() || is_only_a_name {
        return NOTHING;
    }
    let name = (node.birth, node.home_agent, node.home_address, &node.nai);
    stamp(&(name, node.generation, node.multipath.name(), node.prefixes().len()))
}

fn stamp(facts: &impl Hash) -> u64 {
    FixedState::default().hash_one(facts).max(1)
}
