//! What of an observer's tables is shown: everything, or what concerns one node.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Summary, Target};
use crate::rules::Finding;
use crate::state::{Exchange, FlowView, Node, Observer};

/// The tables of a run, narrowed to its target.
#[derive(Clone, Debug)]
pub(super) struct Selection<'t> {
    observer: &'t Observer,
    target: Option<&'t Target>,
    /// Home addresses of the nodes that are the target.
    addresses: BTreeSet<Ipv4Addr>,
    /// Their NAIs.
    nais: BTreeSet<&'t [u8]>,
}

impl<'t> Selection<'t> {
    /// What `summary` wants to be shown.
    pub fn new(summary: &Summary<'t>) -> Self {
        let (observer, target) = (summary.observer, summary.target);
        let mut selection = Self { target, ..Self::everything(observer) };
        if let Some(target) = target {
            for node in observer.nodes().filter(|node| target.is_node(node)) {
                selection.addresses.extend(node.home_address);
                selection.nais.extend(node.nai.as_deref());
            }
        }
        selection
    }

    /// All that an observer inferred.
    pub fn everything(observer: &'t Observer) -> Self {
        Self { observer, target: None, addresses: BTreeSet::new(), nais: BTreeSet::new() }
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
        self.observer.exchanges().filter(|exchange| self.wants_exchange(exchange))
    }

    /// Whether an exchange is wanted: one that names the node as the user did, or by its home address, or by its NAI
    /// before it had one.
    fn wants_exchange(&self, exchange: &Exchange) -> bool {
        let has_nai = || exchange.nai.as_deref().is_some_and(|nai| self.nais.contains(nai));
        self.target.is_none_or(|target| {
            target.is_named_by(exchange)
                || self.addresses.contains(&exchange.home_address)
                || exchange.home_address.is_unspecified() && has_nai()
        })
    }

    /// The nodes that are wanted.
    pub fn nodes(&self) -> impl Iterator<Item = &'t Node> + use<'t> {
        let target = self.target;
        self.observer.nodes().filter(move |node| target.is_none_or(|target| target.is_node(node)))
    }

    /// Whether a finding is wanted.
    pub fn has_finding(&self, finding: &Finding) -> bool {
        let Some(target) = self.target else { return true };
        let node = finding.node.and_then(|node| self.observer.node(node));
        node.is_some_and(|node| target.is_node(node))
            || finding.home_address.is_some_and(|address| {
                // What no exchange followed made no node.
                target.has_address(address) || self.addresses.contains(&address)
            })
    }

    /// The flows that are wanted.
    pub fn flows(&self) -> impl Iterator<Item = FlowView> + use<'t> {
        let (observer, target) = (self.observer, self.target);
        observer.flows().into_iter().filter(move |flow| {
            target.is_none_or(|target| observer.node(flow.node).is_some_and(|node| target.is_node(node)))
        })
    }
}
