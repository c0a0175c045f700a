//! Whom findings are about: a node has what was found before it had its home address, too.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::facts::{Facts, NodeRef};
use crate::rules::Finding;

/// Whom a finding is about, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// No node, or one that had no home address and is forgotten.
    Nobody,
    /// The node with this home address.
    Home(Ipv4Addr),
    /// A node that has but a NAI so far.
    Named(NodeRef),
}

/// The nodes that NAIs name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    nodes: BTreeMap<Box<[u8]>, Whose>,
}

impl Names {
    /// Who is meant by the NAIs that findings were told of.
    pub fn of(facts: Facts<'_>) -> Self {
        let mut nodes = BTreeMap::new();
        // Rarely there are any, and all nodes are gone through.
        if facts.findings.nais().next().is_none() {
            return Self::default();
        }
        for place in facts.nodes() {
            let Some(node) = facts.node(place) else { continue };
            let whose = node.home_address.map_or(Whose::Named(place), Whose::Home);
            if let Some(nai) = node.nai.as_ref().filter(|nai| !facts.findings.of_nai(nai).is_empty()) {
                nodes.entry(nai.clone()).or_insert(whose);
            }
        }
        Self { nodes }
    }

    /// Whom a finding is about; `nai` is what its node had instead of a home address.
    pub fn whose(&self, finding: &Finding, nai: Option<&[u8]>) -> Whose {
        let named = || nai.and_then(|nai| self.nodes.get(nai)).copied();
        finding.home_address.map(Whose::Home).or_else(named).unwrap_or(Whose::Nobody)
    }
}
