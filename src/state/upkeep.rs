//! Access to an observer's tables while the observation goes on, for callers that act on them.

use std::net::Ipv4Addr;

use super::{Node, Observer};
use crate::time::Timestamp;

impl Observer {
    /// The node of this Home Agent with this Home Address, with expiry applied up to the clock.
    pub fn node_at(&mut self, home_agent: Ipv4Addr, home_address: Ipv4Addr) -> Option<&Node> {
        let slot = self.directory.find(home_agent, home_address)?;
        self.directory.settle(slot, self.clock);
        self.node(slot)
    }

    /// Lets the bindings expire whose expiry the clock has passed. Returns the indexes of the nodes that lost a
    /// binding, as [`Observer::node`] takes them, and when the next binding expires. Visits every node.
    pub fn expire(&mut self) -> (Vec<u32>, Option<Timestamp>) {
        let mut changed = Vec::new();
        let mut next: Option<Timestamp> = None;
        for slot in 0..self.node_places() {
            let Some(pulse) = self.directory.pulse(slot) else { continue };
            if self.clock > pulse.next_expiry {
                self.directory.settle(slot, self.clock);
                changed.push(slot);
            }
            let expiry = self.node(slot).and_then(Node::next_expiry);
            next = [next, expiry].into_iter().flatten().min();
        }
        (changed, next)
    }
}
