//! The one node that everything is narrowed to (`--node`).

use std::net::Ipv4Addr;

use crate::state::{Exchange, Node};
use crate::wire::{Content, Header, Message};

/// A node as a user names it: by home address or by NAI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Its home address, under whatever home agent.
    HomeAddress(Ipv4Addr),
    /// Its NAI.
    Nai(String),
    /// Any of several.
    Any(Vec<Self>),
}

impl Target {
    /// What a user wrote: an address, or else a NAI.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Nai(text.to_owned()), Self::HomeAddress)
    }

    /// Whether this is the node.
    pub fn is_node(&self, node: &Node) -> bool {
        match self {
            Self::HomeAddress(address) => node.home_address == Some(*address),
            Self::Nai(nai) => node.nai.as_deref() == Some(nai.as_bytes()),
            Self::Any(targets) => targets.iter().any(|target| target.is_node(node)),
        }
    }

    /// Whether an exchange is the node's. `addresses` are those that the node has, which an exchange may name in
    /// place of its NAI.
    pub fn is_of(&self, exchange: &Exchange, addresses: &[Ipv4Addr]) -> bool {
        match self {
            Self::HomeAddress(address) => exchange.home_address == *address,
            Self::Nai(nai) => {
                exchange.nai.as_deref() == Some(nai.as_bytes()) || addresses.contains(&exchange.home_address)
            }
            // The addresses belong to all of them together, and so they do here.
            Self::Any(targets) => targets.iter().any(|target| target.is_of(exchange, addresses)),
        }
    }

    /// Whether a message names the node itself; others are told by the exchange they belong to.
    pub fn is_named_in(&self, message: &Message<'_>) -> bool {
        match self {
            Self::HomeAddress(address) => match &message.header {
                Header::Request(request) => request.home_address == *address,
                Header::Reply(reply) => reply.home_address == *address,
                Header::Revocation(revocation) => revocation.home_address == *address,
                Header::RevocationAcknowledgement(acknowledgement) => acknowledgement.home_address == *address,
                Header::TunnelData(_) | Header::Other(_) | Header::Short(..) => false,
            },
            Self::Nai(nai) => message.extensions().any(|extension| {
                matches!(extension.content(), Ok(Content::Nai(found)) if found.0 == nai.as_bytes())
            }),
            Self::Any(targets) => targets.iter().any(|target| target.is_named_in(message)),
        }
    }
}
