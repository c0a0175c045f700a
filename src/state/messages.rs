//! What messages do to what is believed: requests wait, replies decide.

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
    /// Its frame.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// Digits of that time.
    pub precision: Precision,
    /// The datagram.
    pub datagram: &'e Datagram<'a>,
    /// The message in it.
    pub message: &'e Message<'a>,
    /// What the operator's keys say of its authenticators.
    pub authentication: AuthenticationFacts,
}

impl MessageEvent<'_, '_> {
    /// Where the datagram came from and went. Only messages over IPv4 are believed and judged.
    pub(crate) fn endpoints(&self) -> (SocketAddrV4, SocketAddrV4) {
        let over_ipv4 = |endpoint: SocketAddr| match endpoint {
            SocketAddr::V4(endpoint) => endpoint,
            SocketAddr::V6(endpoint) => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, endpoint.port()),
        };
        (over_ipv4(self.datagram.source), over_ipv4(self.datagram.destination))
    }
}

/// What an observer made of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Index of the node it is about.
    pub node: Option<u32>,
    /// Whether the capture holds it twice; then it counted for nothing.
    pub copy: bool,
    /// Whether it is data between a home agent and a care-of address registered with it.
    pub tunnelled: bool,
    /// Of a registration: frame of the first copy of the request that it is or answers.
    pub request: Option<u64>,
    /// Whether it is the first reply to that request, the one that decides.
    pub decides: bool,
}

impl Attribution {
    /// To a node, if it is known.
    pub(super) fn to(node: Option<u32>) -> Self {
        Self { node, ..Self::default() }
    }
}

impl Observer {
    /// Hints at what a message will be looked up in.
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
            // Mobile IPv4 runs over IPv4; what comes over IPv6 is shown and believed nothing.
            IpPacket::V6(_) => return Attribution::default(),
        };
        self.expect(&event.message.header);
        self.directory.absorbed.clear();
        // What a message changes must not change what was seen before it, nor acquit it after its grace.
        self.flush();
        if self.judge.has_due(self.clock) {
            self.pass_judgement(self.clock);
        }
        let print = self.duplicates.print(&packet.into());
        // Read before anything is looked up, so that what was hinted at has the time to arrive.
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

/// Who a message with this home address, and this NAI if there is one, is about.
pub(super) fn identity(home_address: Ipv4Addr, nai: Option<Nai<'_>>) -> Identity {
    if home_address.is_unspecified() {
        Identity::Nai(nai.map_or_else(Box::default, |nai| nai.0.into()))
    } else {
        Identity::Address(home_address)
    }
}

/// The packet as a part of its exchange.
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
