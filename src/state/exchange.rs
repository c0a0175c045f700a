//! Exchanges: a request with all packets that belong to it, and its replies.

use std::net::{Ipv4Addr, SocketAddr};

use super::home_agents::can_be_agent;
use super::{Bid, FlowBindings};
use crate::time::{Precision, Timestamp};
use crate::wire::ReplyCode;

/// A request and its replies, with all relay legs and retransmissions; or a reply to no known request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Home Address: the one in the request, or the one that the reply assigned.
    pub home_address: Ipv4Addr,
    /// NAI, when the request or a reply had one.
    pub nai: Option<Box<[u8]>>,
    /// Home Agent: the one in the reply, before that the one in the request.
    pub home_agent: Ipv4Addr,
    /// Identification of the request, or of the reply when it was unsolicited.
    pub identification: u64,
    /// The purpose of the request; `None` for an unsolicited reply.
    pub kind: Option<Kind>,
    /// The outcome.
    pub status: Status,
    /// The packets of the exchange, in the order in which they were seen.
    pub legs: Vec<Leg>,
    /// The Code of the first reply, which decided the outcome.
    pub code: Option<ReplyCode>,
    /// The Binding Identifier in the request.
    pub bid: Option<Bid>,
    /// Care-of Address of the request.
    pub care_of_address: Option<Ipv4Addr>,
    /// Lifetime that the request asked for, in seconds.
    pub requested: Option<u16>,
    /// Lifetime granted, in seconds: the lower one of request and reply. `None` unless the request was accepted: in a
    /// denial the field has no meaning (RFC 5944 §3.4).
    pub granted: Option<u16>,
    /// Nanoseconds between the answered copy of the request and the first reply.
    pub round_trip: Option<i64>,
    /// How often the request was sent again unchanged.
    pub retransmissions: u32,
    /// The Flow-Bindings of the request.
    pub asked_flows: FlowBindings,
    /// The Flow-Bindings of the first reply.
    pub answered_flows: FlowBindings,
}

/// How a reply of an exchange relates to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyOrder {
    /// It is the first reply, which decided the outcome.
    First,
    /// It has the code of an earlier reply, between other endpoints.
    Relayed,
    /// It has the code of an earlier reply, between the same endpoints.
    Again,
    /// No earlier reply has its code.
    Other,
}

impl Exchange {
    /// The legs that are replies, each with its code and how it relates to those before it.
    pub fn replies(&self) -> impl Iterator<Item = (&Leg, ReplyCode, ReplyOrder)> {
        let mut before: Vec<(ReplyCode, &Leg)> = Vec::new();
        self.legs.iter().filter_map(move |leg| {
            let Step::Reply(code) = leg.step else { return None };
            let ends = |leg: &Leg| (leg.source, leg.destination);
            let mut same_code = before.iter().filter(|(other, _)| *other == code).peekable();
            let order = if before.is_empty() {
                ReplyOrder::First
            } else if same_code.peek().is_none() {
                ReplyOrder::Other
            } else if same_code.any(|(_, other)| ends(other) == ends(leg)) {
                ReplyOrder::Again
            } else {
                ReplyOrder::Relayed
            };
            before.push((code, leg));
            Some((leg, code, order))
        })
    }

    /// Frames of the request, including relay legs and retransmissions.
    pub fn request_frames(&self) -> impl Iterator<Item = u64> {
        self.legs.iter().filter(|leg| !matches!(leg.step, Step::Reply(_))).map(|leg| leg.frame)
    }

    /// Frames of the replies.
    pub fn reply_frames(&self) -> impl Iterator<Item = u64> {
        self.legs.iter().filter(|leg| matches!(leg.step, Step::Reply(_))).map(|leg| leg.frame)
    }

    /// Whether the request named no particular Home Agent, but looked for one (RFC 5944 §3.6.1.2).
    pub fn asks_any_home_agent(&self) -> bool {
        !can_be_agent(self.home_agent)
    }
}

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A new binding.
    Register,
    /// More time for an unchanged binding.
    Refresh,
    /// A change of a binding.
    Update,
    /// One binding instead of all others (O bit).
    Overwrite,
    /// More time for all bindings (B bit).
    BulkRefresh,
    /// The end of a binding.
    Deregister,
    /// The end of all bindings (B bit).
    BulkDeregister,
}

impl Kind {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Refresh => "refresh",
            Self::Update => "update",
            Self::Overwrite => "overwrite",
            Self::BulkRefresh => "bulk-refresh",
            Self::Deregister => "deregister",
            Self::BulkDeregister => "bulk-deregister",
        }
    }
}

/// The outcome of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// No reply within the reply timeout, or by the end of the capture.
    Unanswered,
    /// Code 0 or 1.
    Accepted,
    /// Any other code.
    Denied,
    /// A reply without a request.
    Unsolicited,
}

impl Status {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::Unsolicited => "unsolicited",
        }
    }
}

/// One packet of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Number of the frame with the packet.
    pub frame: u64,
    /// When the packet was captured.
    pub time: Timestamp,
    /// Digits of that time that the capture recorded.
    pub precision: Precision,
    /// Where the packet came from.
    pub source: SocketAddr,
    /// Where the packet went.
    pub destination: SocketAddr,
    /// Which part of the exchange the packet is.
    pub step: Step,
}

/// Which part of its exchange a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request, for the first time between these two endpoints.
    Request,
    /// The request again between the same two endpoints.
    Retransmission,
    /// A reply with this code.
    Reply(ReplyCode),
}
