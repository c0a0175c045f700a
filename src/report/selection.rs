//! The part of an observer's tables that is shown: everything, or what concerns one node.

use std::cell::OnceCell;
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
    flows: Option<&'t BTreeSet<u32>>,
    /// The names of the target; found on first use, because that takes a pass over all nodes.
    names: OnceCell<Names<'t>>,
}

/// The addresses and NAIs of the nodes that match the target.
#[derive(Clone, Debug, Default)]
struct Names<'t> {
    addresses: BTreeSet<Ipv4Addr>,
    nais: BTreeSet<&'t [u8]>,
}

impl<'t> Selection<'t> {
    /// The tables of `summary`, narrowed to its target and its flows.
    pub fn new(summary: &Summary<'t>) -> Self {
        Self { target: summary.target, flows: summary.flows, ..Self::everything(summary.observer) }
    }

    /// All tables of an observer.
    pub fn everything(observer: &'t Observer) -> Self {
        Self { observer, target: None, flows: None, names: OnceCell::new() }
    }

    fn names(&self) -> &Names<'t> {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            for node in self.nodes() {
                names.addresses.extend(node.home_address);
                names.nais.extend(node.nai.as_deref());
            }
            names
        })
    }

    /// The observer whose tables these are.
    pub fn observer(&self) -> &'t Observer {
        self.observer
    }

    /// Whether the tables are narrowed to a target.
    pub fn is_narrowed(&self) -> bool {
        self.target.is_some()
    }

    /// The exchanges that are wanted.
    pub fn exchanges(&self) -> impl Iterator<Item = &'t Exchange> + use<'t, '_> {
        self.observer.exchanges().filter(|exchange| self.wants_exchange(exchange))
    }

    /// Whether an exchange is wanted: it names the node as the user did, by the node's home address, or by its NAI
    /// before the node had a home address.
    fn wants_exchange(&self, exchange: &Exchange) -> bool {
        let Some(target) = self.target else { return true };
        let is_of_its_names = || {
            let Names { addresses, nais } = self.names();
            let has_nai = || exchange.nai.as_deref().is_some_and(|nai| nais.contains(nai));
            addresses.contains(&exchange.home_address) && !self.is_anothers(exchange, target)
                || exchange.home_address.is_unspecified() && has_nai()
        };
        target.is_named_by(exchange) || is_of_its_names()
    }

    /// Whether the home address of an exchange belongs, at its home agent, to a node that is not wanted.
    fn is_anothers(&self, exchange: &Exchange, target: &Target) -> bool {
        let owner = self.observer.owner_of(exchange.home_agent, exchange.home_address.into());
        owner
            .and_then(|slot| self.observer.node(slot))
            .is_some_and(|node| node.home_address == Some(exchange.home_address) && !target.is_node(node))
    }

    /// The nodes that are wanted.
    pub fn nodes(&self) -> impl Iterator<Item = &'t Node> + use<'t> {
        let target = self.target;
        self.observer.nodes().filter(move |node| target.is_none_or(|target| target.is_node(node)))
    }

    /// Whether a finding is wanted.
    pub fn has_finding(&self, finding: &Finding) -> bool {
        let Some(target) = self.target else { return true };
        let address = finding.home_address;
        let is_named = address.is_some_and(|address| target.has_address(address));
        is_named
            || match finding.node.and_then(|node| self.observer.node(node)) {
                Some(node) => target.is_node(node),
                // A message that led to no exchange created no node. A target that is a home address has no other name,
                // and that address was compared above.
                None if matches!(target, Target::HomeAddress(_)) => false,
                None => address.is_some_and(|address| self.names().addresses.contains(&address)),
            }
    }

    /// The flows that are wanted, in order of their first packet.
    pub fn flows(&self) -> impl Iterator<Item = FlowView> + use<'t> {
        let (observer, target) = (self.observer, self.target);
        let flows = self
            .flows
            .map_or_else(|| observer.flows(), |places| observer.flows_among(places.iter().copied()));
        flows.into_iter().filter(move |flow| {
            target.is_none_or(|target| observer.node(flow.node).is_some_and(|node| target.is_node(node)))
        })
    }
}
