//! Datagrams that come in, and what becomes of them.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Packet;
use crate::state::Exchange;
use crate::time::Timestamp;
use crate::wire::ExtensionType;

/// A datagram that came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its UDP payload.
    pub octets: &'a [u8],
    /// Whether its end is missing because the receive buffer was too small.
    pub is_cut: bool,
    /// Where it came from.
    pub source: SocketAddrV4,
    /// Where it was sent to.
    pub destination: SocketAddrV4,
    /// The agent's own unicast address where it was received: the address of `destination`, unless that is broadcast or
    /// multicast.
    pub own_address: Ipv4Addr,
    /// When it was received.
    pub time: Timestamp,
}

/// What became of a datagram.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The datagram was no request, or none that can be replied to.
    Ignored(Ignored),
    /// The datagram was a request.
    // Boxed to keep the enum small: most datagrams of a flood are ignored.
    Taken(Box<Taken>),
}

/// Why a datagram was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// It is no Registration Request, or ends within the fixed part of one.
    NoRequest,
    /// Its end is missing.
    Cut,
    /// Its source is no address and port that a reply can go to.
    NoSource,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The request as it was received.
    pub request: Packet,
    /// The reply to be sent, from `source` to `destination`; `None` when the request was dropped in silence.
    pub reply: Option<Packet>,
    /// Where the reply is sent from: where the request was sent to, but with the agent's own address if that was
    /// broadcast or multicast (RFC 5944 §3.8.3.1).
    pub source: SocketAddrV4,
    /// Where the reply goes: where the request came from.
    pub destination: SocketAddrV4,
    /// The request with its answer, and with the copies that came of it.
    pub exchange: Option<Exchange>,
    /// Index of its node for [`super::HomeAgent::node`], when the request changed that node; else `None`.
    pub changed: Option<u32>,
    /// The extension for which a request was dropped in silence (RFC 5944 §1.8).
    pub not_understood: Option<ExtensionType>,
}

impl Taken {
    /// The reply's UDP payload.
    pub fn reply_octets(&self) -> Option<&[u8]> {
        self.reply.as_ref().and_then(Packet::payload)
    }

    /// A request without a reply so far.
    pub(super) fn unanswered(request: Packet, received: &Received<'_>) -> Self {
        Self {
            request,
            reply: None,
            source: SocketAddrV4::new(received.own_address, received.destination.port()),
            destination: received.source,
            exchange: None,
            changed: None,
            not_understood: None,
        }
    }
}

/// Counts of what was received so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, copies included.
    pub requests: u64,
    /// Requests that were answered again as they had been answered before.
    pub copies: u64,
    /// Requests that were accepted.
    pub accepted: u64,
    /// Requests that were denied.
    pub denied: u64,
    /// Requests that were dropped in silence.
    pub dropped: u64,
    /// Datagrams that were no requests, or none that can be replied to.
    pub ignored: u64,
}
