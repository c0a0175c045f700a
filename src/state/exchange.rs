//! Exchanges: a request with everything that belongs to it, and its answer.

use std::net::{Ipv4Addr, SocketAddr};

use super::home_agents::can_be_agent;
use super::{Bid, FlowBindings};
use crate::time::{Precision, Timestamp};
use crate::wire::ReplyCode;

/// A request and its replies, with all relay legs and retransmissions; or a reply to no known request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Home address: the request's, or the one its reply assigned.
    pub home_address: Ipv4Addr,
    /// NAI, when the request or a reply had one.
    pub nai: Option<Box<[u8]>>,
    /// Home agent: the reply's, before it the request's.
    pub home_agent: Ipv4Addr,
    /// Identification of the request; of the reply when it was unsolicited.
    pub identification: u64,
    /// What the request was for; `None` for an unsolicited reply.
    pub kind: Option<Kind>,
    /// What became of it.
    pub status: Status,
    /// Its packets, in the order in which they were seen.
    pub legs: Vec<Leg>,
    /// The Code of the first reply, which decided.
    pub code: Option<ReplyCode>,
    /// The binding it was about.
    pub bid: Option<Bid>,
    /// Care-of address of the request.
    pub care_of_address: Option<Ipv4Addr>,
    /// Lifetime asked for in seconds.
    pub requested: Option<u16>,
    /// Lifetime granted in seconds: the lower one of request and reply. `None` unless accepted: in a denial the field has
    /// no meaning (RFC 5944 §3.4).
    pub granted: Option<u16>,
    /// Nanoseconds from the request that was answered to its reply.
    pub round_trip: Option<i64>,
    /// How often the same request was sent again.
    pub retransmissions: u32,
    /// The request's Flow-Bindings.
    pub asked_flows: FlowBindings,
    /// Those of the first reply.
    pub answered_flows: FlowBindings,
}

/// How a reply of an exchange relates to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyOrder {
    /// It is the first, which decided.
    First,
    /// It has the code of an earlier one, between other endpoints.
    Relayed,
    /// It has the code of an earlier one, between the same endpoints.
    Again,
    /// No earlier one has its code.
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

    /// Frames of the request, relay legs and retransmissions included.
    pub fn request_frames(&self) -> impl Iterator<Item = u64> {
        self.legs.iter().filter(|leg| !matches!(leg.step, Step::Reply(_))).map(|leg| leg.frame)
    }

    /// Frames of its replies.
    pub fn reply_frames(&self) -> impl Iterator<Item = u64> {
        self.legs.iter().filter(|leg| matches!(leg.step, Step::Reply(_))).map(|leg| leg.frame)
    }

    /// Whether the request named no particular home agent, but looked for one (RFC 5944 §3.6.1.2).
    pub fn asks_any_home_agent(&self) -> bool {
        !can_be_agent(self.home_agent)
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A new binding.
    Register,
    /// More time for an unchanged binding.
    Refresh,
    /// A change of a binding.
    Update,
    /// One binding instead of all others (O).
    Overwrite,
    /// More time for all bindings (B).
    BulkRefresh,
    /// The end of a binding.
    Deregister,
    /// The end of all bindings (B).
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

/// What became of an exchange.
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
    /// Its frame.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// Digits of that time.
    pub precision: Precision,
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it went.
    pub destination: SocketAddr,
    /// What it is.
    pub step: Step,
}

/// What a packet of an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request, for the first time between these two.
    Request,
    /// The request again between the same two.
    Retransmission,
    /// A reply with this code.
    Reply(ReplyCode),
}
