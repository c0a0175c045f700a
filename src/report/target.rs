//! The only node to report on (`--node`).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::header_facts::HeaderFacts;
use crate::state::{Exchange, Node};
use crate::wire::{Content, Message};

/// The wanted node as the user named it: by home address or by NAI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Its home address, at any home agent.
    HomeAddress(Ipv4Addr),
    /// Its NAI.
    Nai(String),
    /// Any node with one of several home addresses or one of several NAIs.
    Any(BTreeSet<Ipv4Addr>, BTreeSet<Vec<u8>>),
}

impl Target {
    /// Reads a node as a user wrote it: as an IPv4 address if it is one, otherwise as a NAI.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Nai(text.to_owned()), Self::HomeAddress)
    }

    /// Whether `node` is the wanted node.
    pub fn is_node(&self, node: &Node) -> bool {
        match self {
            Self::HomeAddress(address) => node.home_address == Some(*address),
            Self::Nai(nai) => node.nai.as_deref() == Some(nai.as_bytes()),
            Self::Any(addresses, nais) => {
                node.home_address.is_some_and(|address| addresses.contains(&address))
                    || node.nai.as_deref().is_some_and(|nai| nais.contains(nai))
            }
        }
    }

    /// Whether the user named this home address.
    pub fn has_address(&self, home_address: Ipv4Addr) -> bool {
        match self {
            Self::HomeAddress(address) => *address == home_address,
            Self::Nai(_) => false,
            Self::Any(addresses, _) => addresses.contains(&home_address),
        }
    }

    /// Whether an exchange names the node as the user did.
    pub fn is_named_by(&self, exchange: &Exchange) -> bool {
        let nai = exchange.nai.as_deref();
        match self {
            Self::HomeAddress(address) => exchange.home_address == *address,
            Self::Nai(named) => nai == Some(named.as_bytes()),
            Self::Any(addresses, nais) => {
                addresses.contains(&exchange.home_address) || nai.is_some_and(|nai| nais.contains(nai))
            }
        }
    }

    /// Whether a message itself names the node. A message that does not may still be the node's, by its exchange.
    pub fn is_named_in(&self, message: &Message<'_>) -> bool {
        let home_address = || HeaderFacts::of(message).home_address;
        match self {
            Self::HomeAddress(address) => home_address() == Some(*address),
            Self::Nai(nai) => nais_in(message).any(|found| found == nai.as_bytes()),
            Self::Any(addresses, nais) => {
                home_address().is_some_and(|address| addresses.contains(&address))
                    || nais_in(message).any(|found| nais.contains(found))
            }
        }
    }
}

/// The NAIs that a message carries.
fn nais_in<'m>(message: &Message<'m>) -> impl Iterator<Item = &'m [u8]> {
    message.extensions().filter_map(|extension| match extension.content() {
        Ok(Content::Nai(nai)) => Some(nai.0),
        _ => None,
    })
}
