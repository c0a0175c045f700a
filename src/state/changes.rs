//! What has changed: for those who tell of nodes, flows and exchanges as they change.
//!
//! A stamp is a number that is another one when what it stands for has changed in anything but its counters. Whoever
//! follows them keeps one number a place. Of two different states one in 2^64 has the same stamp.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::{Exchange, Multipath, Node, Observer};

/// Stamp of a place with nothing in it that could be told of.
const NOTHING: u64 = 0;

impl Observer {
    /// Notes from now on which exchanges are decided, for [`Observer::take_decided`]. Needs
    /// [`Options::keep_exchanges`](super::Options::keep_exchanges).
    pub fn follow_exchanges(&mut self) {
        self.records.follow();
    }

    /// The exchanges that were decided since the last call, in that order: by their first reply, by being unsolicited,
    /// or by getting no reply in time.
    pub fn take_decided(&mut self) -> impl Iterator<Item = &Exchange> {
        self.records.take_decided()
    }

    /// The stamp of the node with this index; 0 where there is none, or nothing but its name is known. Bindings, policy,
    /// Multipath, prefixes and names count.
    pub fn node_stamp(&self, index: u32) -> u64 {
        self.node(index).map_or(NOTHING, node_stamp)
    }

    /// The stamp of the flow in this place, as [`Observer::flow`] takes it; 0 where there is none. Verdict, rule,
    /// expected BID and the tunnels it was seen in count.
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
