//! Whom findings are about: a node has what was found before it had its home address, too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::facts::{Facts, NodeRef};

/// Whom a finding was about when it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The home address of its node, or that it names without one.
    pub home_address: Option<Ipv4Addr>,
    /// What its node had instead of a home address.
    pub nai: Option<Arc<[u8]>>,
    /// Its node.
    pub node: Option<NodeRef>,
}

/// Whom a finding is about, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// No node, or one that had no home address and is forgotten.
    Nobody,
    /// The node with this home address; no node, where it is forgotten and others have the address.
    Home(Ipv4Addr, Option<NodeRef>),
    /// A node that has but a NAI so far.
    Named(NodeRef),
}

impl About {
    /// The node, while it is there and has that name still.
    pub fn node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        let is_it = |node: &NodeRef| {
            let address = facts.node(*node).map(|node| node.home_address);
            address.is_some_and(|address| self.home_address.is_none() || self.home_address == address)
        };
        self.node.filter(is_it)
    }
}

/// Who is meant by findings whose node got its home address later, or turned out to be another one's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    nodes: BTreeMap<About, Whose>,
    /// Home addresses that several of them have, each at a home agent of its own.
    shared: BTreeSet<Ipv4Addr>,
}

impl Names {
    /// Who is meant by all findings that are kept.
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
        // Rarely there are any, and all nodes are gone through.
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

    /// Whom a finding is about.
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

/// The nodes that names are of.
#[derive(Default)]
struct ByName<'a> {
    /// The only node with each home address; `None` where there are several.
    homes: BTreeMap<Ipv4Addr, Option<NodeRef>>,
    /// The first one with each NAI.
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
