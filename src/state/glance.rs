//! Looking at the tables while the observation goes on: single rows by their place, without a copy of the whole.

use super::{Exchange, FlowView, Node, Observer, Options};

impl Observer {
    /// What it was told beforehand.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Places of the table of nodes; [`Observer::node`] gives the node in each. A place may be used again, which
    /// [`Node::birth`] tells.
    pub fn node_places(&self) -> u32 {
        u32::try_from(self.directory.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Places of the table of flows.
    pub fn flow_places(&self) -> u32 {
        self.flows.slots().end
    }

    /// The flow in this place; `None` when its node is gone.
    pub fn flow(&self, place: u32) -> Option<FlowView> {
        self.flows.view_at(place, &self.directory.nodes)
    }

    /// The node of the flow in this place, without the price of the whole flow.
    pub fn flow_node(&self, place: u32) -> Option<u32> {
        self.flows.node_at(place, &self.directory.nodes)
    }

    /// The node that an exchange names, by its home address or before it had one by its NAI.
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
    /// Whether the place holds a node that has a name.
    pub fn is_named(&self) -> bool {
        self.home_address.is_some() || self.nai.is_some()
    }
}
