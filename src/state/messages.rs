//! What messages do to the tables: requests wait, replies decide.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::extensions::Extensions;
use super::pending::Identity;
use super::{AuthenticationFacts, Leg, Observer, Step};
use crate::net::{Datagram, IpPacket};
use crate::time::{Precision, Timestamp};
use crate::wire::{Header, Message, Nai};

/// A message and the packet that brought it.
#[derive(Clone, Copy, Debug)]
pub struct MessageEvent<'e, 'a> {
    /// Number of the frame.
    pub frame: u64,
    /// When the frame was captured.
    pub time: Timestamp,
    /// Digits of that time that the capture recorded.
    pub precision: Precision,
    /// The datagram.
    pub datagram: &'e Datagram<'a>,
    /// The message in it.
    pub message: &'e Message<'a>,
    /// What verification of its authenticators with the operator's keys has shown.
    pub authentication: AuthenticationFacts,
}

impl MessageEvent<'_, '_> {
    /// Source and destination. Only messages over IPv4 are believed and judged; an IPv6 address becomes 0.0.0.0.
    pub(crate) fn endpoints(&self) -> (SocketAddrV4, SocketAddrV4) {
        let over_ipv4 = |endpoint: SocketAddr| match endpoint {
            SocketAddr::V4(endpoint) => endpoint,
            SocketAddr::V6(endpoint) => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, endpoint.port()),
        };
        (over_ipv4(self.datagram.source), over_ipv4(self.datagram.destination))
    }
}

/// What an observer found out about a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Index of the node that the packet is about.
    pub node: Option<u32>,
    /// Whether the packet is a copy of one that the capture holds already; a copy is not counted.
    pub copy: bool,
    /// Whether the packet is data between a Home Agent and a Care-of Address registered with it.
    pub tunnelled: bool,
    /// For a Registration Request or Reply: frame of the first copy of the request that it is or answers.
    pub request: Option<u64>,
    /// Whether the message is the first reply to that request, which decides the outcome.
    pub decides: bool,
}

impl Attribution {
    /// The attribution to a node, if the node is known.
    pub(super) fn to(node: Option<u32>) -> Self {
        Self { node, ..Self::default() }
    }
}

impl Observer {
    /// Prefetches what a message will be looked up in.
    #[inline]
    fn expect(&self, header: &Header<'_>) {
        match header {
            Header::Request(request) => {
                self.directory.expect(request.home_agent, request.home_address);
                self.pending.expect(request.home_address, request.identification);
            }
            Header::Reply(reply) => self.pending.expect(reply.home_address, reply.identification),
            _ => {}
        }
    }

    /// Takes a message of any type, after [`Observer::advance`] to its time.
    pub fn message(&mut self, event: &MessageEvent<'_, '_>) -> Attribution {
        let packet = match &event.datagram.ip {
            IpPacket::V4(packet) => packet,
            // Mobile IPv4 runs over IPv4; a message over IPv6 is shown but changes nothing.
            IpPacket::V6(_) => return Attribution::default(),
        };
        self.expect(&event.message.header);
        self.directory.absorbed.clear();
        // A change by this message must not affect packets seen before it, nor acquit packets after their grace.
        self.flush();
        if self.judge.has_due(self.clock) {
            self.pass_judgement(self.clock);
        }
        let print = self.duplicates.print(&packet.into());
        // Extensions are read before anything is looked up, so that prefetched memory has time to arrive.
        let read = Extensions::of(event.message, &mut self.room);
        if self.duplicates.is_repeated(print, event.time) {
            return Attribution { copy: true, ..Attribution::default() };
        }
        let attribution = match &event.message.header {
            Header::Request(request) => self.request(event, request, read),
            Header::Reply(reply) => self.reply(event, reply, &read),
            Header::TunnelData(_) => return self.tunnel_data(event.datagram, event.time),
            Header::Revocation(revocation) => Attribution::to(self.revocation(event, revocation)),
            Header::RevocationAcknowledgement(acknowledgement) => {
                Attribution::to(self.acknowledgement(event, acknowledgement))
            }
            Header::Other(_) | Header::Short(..) => Attribution::default(),
        };
        if let Some(node) = attribution.node
            && event.authentication != AuthenticationFacts::default()
            && let Some(node) = self.directory.nodes.get_mut(node as usize)
        {
            let violations = node.violations_mut().get_or_insert_default();
            violations.authentication(event.authentication, event.time, event.precision);
        }
        attribution
    }
}

/// The identity that a message is about: its Home Address, or its NAI if the Home Address is 0.0.0.0.
pub(super) fn identity(home_address: Ipv4Addr, nai: Option<Nai<'_>>) -> Identity {
    if home_address.is_unspecified() {
        Identity::Nai(nai.map_or_else(Box::default, |nai| nai.0.into()))
    } else {
        Identity::Address(home_address)
    }
}

/// The message as a leg of its exchange.
pub(super) fn leg(event: &MessageEvent<'_, '_>, step: Step) -> Leg {
    Leg {
        frame: event.frame,
        time: event.time,
        precision: event.precision,
        source: event.datagram.source,
        destination: event.datagram.destination,
        step,
    }
}
