//! A waiting request: what it asks for, where it was seen, and whether another request is the same.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use smallvec::SmallVec;

use crate::state::directory::NodeId;
use crate::state::extensions::FlowBindings;
use crate::state::node::Registration;
use crate::state::records::RecordNumber;
use crate::state::replies::ReplyFacts;
use crate::state::{FarEnd, Interface, Kind};
use crate::time::Timestamp;
use crate::wire::{RegistrationRequest, ReplyCode, RequestFlags};

/// The node that a message is about: by its Home Address, or by its NAI while it has none (RFC 2794 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::state) enum Identity {
    Address(Ipv4Addr),
    Nai(Box<[u8]>),
}

/// A request that waits for its reply, or was answered a short time ago.
// Not aligned to cache lines: to grow, a table is copied if its rows need more alignment than an allocator gives by
// itself, and this table is large.
#[derive(Clone, Debug)]
pub(in crate::state) struct Request {
    pub identity: Identity,
    pub identification: u64,
    /// The Home Agent field.
    pub home_agent: Ipv4Addr,
    /// The node that the request names, if it names one.
    pub node: Option<NodeId>,
    pub interface: Option<Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    /// Whether something that the request says about bindings or policy may not have been captured.
    pub hides_something: bool,
    pub flags: RequestFlags,
    pub care_of_address: Ipv4Addr,
    pub lifetime: u16,
    /// The purpose of the request when it came; `None` if this stands for a reply that nobody asked for.
    pub kind: Option<Kind>,
    /// The Flow-Binding extensions; those that cannot be read set nothing.
    pub flow_bindings: FlowBindings,
    /// Endpoint pairs that the request was seen between; most requests have one, stored without an allocation.
    pub legs: SmallVec<[RequestLeg; 1]>,
    /// Whether the request still waits for its answer.
    pub is_open: bool,
    pub retransmissions: u32,
    /// Frame in which the request was first seen.
    pub frame: u64,
    /// The request's record among the exchanges, if records are kept.
    pub record: Option<RecordNumber>,
    /// When the request was last seen.
    pub(super) seen: Timestamp,
}

/// A request between two endpoints.
#[derive(Clone, Copy, Debug)]
pub(in crate::state) struct RequestLeg {
    pub source: SocketAddrV4,
    pub destination: SocketAddrV4,
    /// When the request was last seen there.
    pub seen: Timestamp,
}

impl RequestLeg {
    /// Whether a reply from `source` to `destination` returns on this leg.
    pub fn is_reverse_of(&self, source: SocketAddrV4, destination: SocketAddrV4) -> bool {
        self.source == destination && self.destination == source
    }
}

impl Request {
    /// A request that is not in a table yet.
    #[inline]
    pub fn new(identity: Identity, header: &RegistrationRequest, node: Option<NodeId>) -> Self {
        Self {
            identity,
            identification: header.identification,
            home_agent: header.home_agent,
            node,
            interface: None,
            bulk: false,
            overwrite: false,
            hides_something: false,
            flags: header.flags,
            care_of_address: header.care_of_address,
            lifetime: header.lifetime,
            kind: None,
            flow_bindings: FlowBindings::default(),
            legs: SmallVec::new(),
            is_open: true,
            retransmissions: 0,
            frame: 0,
            record: None,
            seen: Timestamp::default(),
        }
    }

    /// Whether it was not captured which BID the request has, or that it has none.
    pub const fn hides_bid(&self) -> bool {
        self.hides_something && self.interface.is_none()
    }

    /// Whether another request is this one again: the same in everything that a Foreign Agent may not change, as far as
    /// it was captured in both.
    pub fn is_same(&self, other: &Self) -> bool {
        let multipath = |request: &Self| (request.interface, request.bulk, request.overwrite);
        self.identity == other.identity
            && self.identification == other.identification
            && self.home_agent == other.home_agent
            && self.care_of_address == other.care_of_address
            && self.lifetime == other.lifetime
            && self.flags == other.flags
            && (self.hides_bid() || other.hides_bid() || multipath(self) == multipath(other))
    }

    /// Whether another copy, seen on its way to `destination`, shows better what the Home Agent was asked. It does if
    /// more of it was captured; if as much was, it does if a Foreign Agent changed it and it reached the Home Agent.
    pub fn is_told_better_by(&self, copy: &Self, destination: Ipv4Addr) -> bool {
        let hidden = |request: &Self| (request.hides_bid(), request.hides_something);
        match hidden(copy).cmp(&hidden(self)) {
            Ordering::Less => true,
            Ordering::Equal => destination == self.home_agent && !self.is_same(copy),
            Ordering::Greater => false,
        }
    }

    /// Whether another request, seen on its way to `destination`, is this request before or after a Foreign Agent
    /// relayed and changed it (REG-027). Session, Identification and Care-of Address identify a copy, and only one of
    /// the two goes to the Home Agent (D5).
    pub fn is_relayed_as(&self, other: &Self, destination: SocketAddrV4) -> bool {
        let is_at_home = |destination: SocketAddrV4| *destination.ip() == self.home_agent;
        self.identity == other.identity
            && self.identification == other.identification
            && self.home_agent == other.home_agent
            && self.care_of_address == other.care_of_address
            && !self.legs.is_empty()
            && self.legs.iter().all(|leg| is_at_home(leg.destination) != is_at_home(destination))
    }

    /// Takes over the contents of another copy of the request.
    pub(super) fn take_on(&mut self, copy: Self) {
        let Self { interface, bulk, overwrite, hides_something, flags, lifetime, flow_bindings, .. } = copy;
        (self.interface, self.bulk, self.overwrite) = (interface, bulk, overwrite);
        self.hides_something = hides_something;
        (self.flags, self.lifetime, self.flow_bindings) = (flags, lifetime, flow_bindings);
    }

    /// Whether some copy of the request has an age at `now` that is in `ages`, in nanoseconds. The age of the last copy
    /// alone does not decide: where the clock went back after it, the age of a copy on another leg may fit.
    pub(super) fn is_aged(&self, now: Timestamp, ages: &RangeInclusive<i64>) -> bool {
        let is_aged = |seen: Timestamp| ages.contains(&now.since(seen));
        is_aged(self.seen) || self.legs.iter().any(|leg| is_aged(leg.seen))
    }

    /// When the copy was seen that a reply at `now` from `source` to `destination` answers: of the copies not older
    /// than `timeout` nanoseconds, the last one on the reply's own leg, otherwise the last one anywhere (D8).
    pub fn sent(
        &self,
        (source, destination): (SocketAddrV4, SocketAddrV4),
        now: Timestamp,
        timeout: i64,
    ) -> Timestamp {
        let candidates = self.legs.iter().filter(|leg| (0..=timeout).contains(&now.since(leg.seen)));
        let last = candidates.max_by_key(|leg| (leg.is_reverse_of(source, destination), leg.seen));
        last.map_or(self.seen, |leg| leg.seen)
    }

    /// The registration that the acceptance of the request makes.
    pub fn registration(&self, reply: &ReplyFacts, udp: bool) -> Registration {
        let far_end = match self.source_at(reply.home_agent) {
            Some(source) if udp => FarEnd::in_udp(source),
            _ => FarEnd { address: self.care_of_address, port: None },
        };
        let is_translated = udp && far_end.address != self.care_of_address;
        let home_address = match self.identity {
            Identity::Address(address) if reply.home_address.is_unspecified() => address,
            Identity::Address(_) | Identity::Nai(_) => reply.home_address,
        };
        Registration {
            interface: self.interface,
            bulk: self.bulk,
            overwrite: self.overwrite,
            hides_bid: self.hides_bid(),
            flags: self.flags,
            care_of_address: self.care_of_address,
            home_address,
            udp,
            far_end,
            inside: if is_translated { self.source_inside(reply.home_agent) } else { None },
            lifetime: self.lifetime.min(reply.lifetime),
            simultaneous: self.flags.simultaneous_bindings() && reply.code == ReplyCode::ACCEPTED,
            time: reply.time,
            frame: reply.frame,
        }
    }

    /// The source of the request as its Home Agent saw it: on the leg that ends there, preferably behind a NAT rather
    /// than before it, and of several the last.
    fn source_at(&self, home_agent: Ipv4Addr) -> Option<SocketAddrV4> {
        let nearness = |leg: &RequestLeg| {
            (*leg.destination.ip() == home_agent, *leg.source.ip() != self.care_of_address, leg.seen)
        };
        self.legs.iter().max_by_key(|leg| nearness(leg)).map(|leg| leg.source)
    }

    /// The source of the request on a leg from the node itself to the Home Agent.
    fn source_inside(&self, home_agent: Ipv4Addr) -> Option<FarEnd> {
        let is_own = |leg: &&RequestLeg| {
            *leg.destination.ip() == home_agent && *leg.source.ip() == self.care_of_address
        };
        self.legs.iter().find(is_own).map(|leg| FarEnd::in_udp(leg.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_fits_in_two_cache_lines() {
        assert!(size_of::<Option<Request>>() <= 128);
    }
}
