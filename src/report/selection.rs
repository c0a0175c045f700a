//! What of an observer's tables is shown: everything, or what concerns one node.

use std::net::Ipv4Addr;

use super::{Summary, Target};
use crate::state::{Exchange, FlowView, Node, Observer};

/// The tables of a run, narrowed to its target.
#[derive(Clone, Debug)]
pub(super) struct Selection<'t> {
    observer: &'t Observer,
    target: Option<&'t Target>,
    /// Home addresses of the target.
    addresses: Vec<Ipv4Addr>,
}

impl<'t> Selection<'t> {
    /// What `summary` wants to be shown.
    pub fn new(summary: &Summary<'t>) -> Self {
        let (observer, target) = (summary.observer, summary.target);
        let mut addresses = Vec::new();
        if let Some(target) = target {
            let nodes = observer.nodes().filter(|node| target.is_node(node));
            addresses.extend(nodes.filter_map(|node| node.home_address));
        }
        Self { observer, target, addresses }
    }

    /// All that an observer inferred.
    pub fn everything(observer: &'t Observer) -> Self {
        Self { observer, target: None, addresses: Vec::new() }
    }

    /// Where it is taken from.
    pub fn observer(&self) -> &'t Observer {
        self.observer
    }

    /// Whether only one node is wanted.
    pub fn is_narrowed(&self) -> bool {
        self.target.is_some()
    }

    /// The exchanges that are wanted.
    pub fn exchanges(&self) -> impl Iterator<Item = &'t Exchange> + use<'t, '_> {
        let wanted =
            |exchange: &&Exchange| self.target.is_none_or(|target| target.is_of(exchange, &self.addresses));
        self.observer.exchanges().filter(wanted)
    }

    /// The nodes that are wanted.
    pub fn nodes(&self) -> impl Iterator<Item = &'t Node> + use<'t> {
        let target = self.target;
        self.observer.nodes().filter(move |node| target.is_none_or(|target| target.is_node(node)))
    }

    /// The flows that are wanted.
    pub fn flows(&self) -> impl Iterator<Item = FlowView> + use<'t> {
        let (observer, target) = (self.observer, self.target);
        observer.flows().into_iter().filter(move |flow| {
            target.is_none_or(|target| observer.node(flow.node).is_some_and(|node| target.is_node(node)))
        })
    }
}
