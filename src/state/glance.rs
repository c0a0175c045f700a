//! Access to the tables while the observation goes on: single rows by their place, without a copy of the whole table.

use super::{Exchange, FlowView, Node, Observer, Options};

impl Observer {
    /// The options that the observer was made with.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The number of places in the table of nodes; [`Observer::node`] gives the node in each place. A place may be
    /// reused, which [`Node::birth`] shows.
    pub fn node_places(&self) -> u32 {
        u32::try_from(self.directory.nodes.len()).unwrap_or(u32::MAX)
    }

    /// The number of places in the table of flows.
    pub fn flow_places(&self) -> u32 {
        self.flows.slots().end
    }

    /// The flow in this place; `None` when its node is gone.
    pub fn flow(&self, place: u32) -> Option<FlowView> {
        self.flows.view_at(place, &self.directory.nodes)
    }

    /// The node of the flow in this place, without the cost of the whole flow; `None` when the node is gone.
    pub fn flow_node(&self, place: u32) -> Option<u32> {
        self.flows.node_at(place, &self.directory.nodes)
    }

    /// The node that an exchange names by its Home Address, or by its NAI if it has no Home Address yet.
    pub fn node_named_by(&self, exchange: &Exchange) -> Option<&Node> {
        let Exchange { home_agent, home_address, ref nai, .. } = *exchange;
        let slot = match nai {
            Some(nai) if home_address.is_unspecified() => self.directory.find_nai(home_agent, nai),
            _ => self.directory.find(home_agent, home_address),
        };
        self.node(slot?)
    }
}

impl Node {
    /// Whether this is a node with a name, and not a withdrawn one's empty place.
    pub fn is_named(&self) -> bool {
        self.home_address.is_some() || self.nai.is_some()
    }
}
