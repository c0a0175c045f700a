//! Which node findings are about: those from before a node had its home address count as its own, too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::facts::{Facts, NodeRef};

/// What a finding was about when it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The home address of its node, or the one that the finding names without a node.
    pub home_address: Option<Ipv4Addr>,
    /// The NAI that its node had instead of a home address.
    pub nai: Option<Arc<[u8]>>,
    /// Its node.
    pub node: Option<NodeRef>,
}

/// The node that a finding is about, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// No node, or a forgotten one that had no home address.
    Nobody,
    /// The node with this home address; no node where the finding's own is forgotten and the address is not that of
    /// exactly one other.
    Home(Ipv4Addr, Option<NodeRef>),
    /// A node that has only a NAI so far.
    Named(NodeRef),
}

impl About {
    /// The node, while it exists and still has that home address (any, if it had none then).
    pub fn node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        let is_it = |node: &NodeRef| {
            let address = facts.node(*node).map(|node| node.home_address);
            address.is_some_and(|address| self.home_address.is_none() || self.home_address == address)
        };
        self.node.filter(is_it)
    }
}

/// The nodes meant by findings whose node got its home address later, or turned out to be another name of a known node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    nodes: BTreeMap<About, Whose>,
    /// Home addresses that several nodes with findings have, each at a home agent of its own.
    shared: BTreeSet<Ipv4Addr>,
}

impl Names {
    /// The names for all findings that are kept.
    pub fn of(facts: Facts<'_>) -> Self {
        let mut names = Self::default();
        let mut others = Vec::new();
        let mut last: Option<(Ipv4Addr, NodeRef)> = None;
        for about in facts.findings.abouts() {
            let node = about.node(facts);
            let (Some(address), Some(node)) = (about.home_address, node) else {
                others.push((about, node));
                continue;
            };
            if last.is_some_and(|last| last.0 == address && last.1 != node) {
                names.shared.insert(address);
            }
            last = Some((address, node));
        }
        // Such findings are rare, and only for them all nodes are gone through.
        if others.is_empty() {
            return names;
        }
        let by_name = ByName::of(facts);
        for (about, node) in others {
            let named = || by_name.nais.get(&**about.nai.as_ref()?).copied();
            let whose = match (node.or_else(named), about.home_address) {
                (_, Some(address)) => Whose::Home(address, by_name.homes.get(&address).copied().flatten()),
                (Some(node), None) => whose_is(facts, node),
                (None, None) => Whose::Nobody,
            };
            names.nodes.insert(about.clone(), whose);
        }
        names
    }

    /// The node that a finding is about.
    pub fn whose(&self, about: &About) -> Whose {
        let own = || about.home_address.map_or(Whose::Nobody, |address| Whose::Home(address, about.node));
        self.nodes.get(about).copied().unwrap_or_else(own)
    }

    /// Whether findings are about several nodes with this home address.
    pub fn is_shared(&self, home_address: Ipv4Addr) -> bool {
        self.shared.contains(&home_address)
    }
}

fn whose_is(facts: Facts<'_>, node: NodeRef) -> Whose {
    let home_address = facts.node(node).and_then(|node| node.home_address);
    home_address.map_or(Whose::Named(node), |address| Whose::Home(address, Some(node)))
}

/// Nodes by their home addresses and NAIs.
#[derive(Default)]
struct ByName<'a> {
    /// The only node with each home address; `None` where there are several.
    homes: BTreeMap<Ipv4Addr, Option<NodeRef>>,
    /// The first node with each NAI.
    nais: BTreeMap<&'a [u8], NodeRef>,
}

impl<'a> ByName<'a> {
    fn of(facts: Facts<'a>) -> Self {
        let mut names = Self::default();
        for place in facts.nodes() {
            let Some(node) = facts.node(place) else { continue };
            if let Some(address) = node.home_address {
                names.homes.entry(address).and_modify(|only| *only = None).or_insert(Some(place));
            }
            if let Some(nai) = node.nai.as_deref() {
                names.nais.entry(nai).or_insert(place);
            }
        }
        names
    }
}
