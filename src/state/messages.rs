//! What messages do to what is believed: requests wait, replies decide, revocations end.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::observer::ReplyFacts;
use super::pending::{Identity, Pending, Request};
use super::policy::Origin;
use super::{
    AuthenticationFacts, Exchange, Interface, Kind, Leg, Multipath, Observer, Prefix, Status, Step,
    Violations,
};
use crate::net::{Datagram, IpPacket};
use crate::time::{Precision, Timestamp};
use crate::wire::{
    Content, DualStack, Extension, FlowBinding, Header, Message, MobileNetwork, Nai, RegistrationReply,
    RegistrationRequest, ReplyCode, Revocation, RevocationAcknowledgement,
};

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

/// What an observer made of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Index of the node it is about.
    pub node: Option<u32>,
    /// Whether the capture holds it twice; then it counted for nothing.
    pub copy: bool,
    /// Whether it is data between a home agent and a care-of address registered with it.
    pub tunnelled: bool,
}

/// Revocations that wait for their acknowledgement.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    waiting: VecDeque<(Timestamp, Revocation)>,
}

/// The most revocations that wait.
const REVOCATIONS: usize = 1 << 16;

impl Observer {
    /// Takes a message of any type, after [`Observer::advance`] to its time.
    pub fn message(&mut self, event: &MessageEvent<'_, '_>) -> Attribution {
        let packet = match &event.datagram.ip {
            IpPacket::V4(packet) => packet,
            // Mobile IPv4 runs over IPv4; what comes over IPv6 is shown and believed nothing.
            IpPacket::V6(_) => return Attribution::default(),
        };
        self.flush();
        if self.duplicates.is_copy(packet, event.time) {
            return Attribution { copy: true, ..Attribution::default() };
        }
        let node = match &event.message.header {
            Header::Request(request) => self.request(event, request),
            Header::Reply(reply) => self.reply(event, reply),
            Header::TunnelData(_) => return self.tunnel_data(event.datagram, event.time),
            Header::Revocation(revocation) => self.revocation(event, revocation),
            Header::RevocationAcknowledgement(acknowledgement) => {
                self.acknowledgement(event, acknowledgement)
            }
            Header::Other(_) | Header::Short(..) => None,
        };
        if let Some(node) = node
            && event.authentication != AuthenticationFacts::default()
            && let Some(node) = self.directory.nodes.get_mut(node as usize)
        {
            let violations = node.violations.get_or_insert_default();
            violations.authentication(event.authentication, event.time, event.precision);
        }
        Attribution { node, ..Attribution::default() }
    }

    fn request(&mut self, event: &MessageEvent<'_, '_>, header: &RegistrationRequest) -> Option<u32> {
        let read = Extensions::of(event.message);
        let identity = identity(header.home_address, read.nai);
        let node = match (&identity, read.nai) {
            (Identity::Address(address), nai) => {
                let node = self.directory.at(header.home_agent, *address);
                if let Some(nai) = nai {
                    self.directory.give_nai(node, nai.0);
                }
                Some(node)
            }
            (Identity::Nai(_), Some(nai)) => Some(self.directory.named(header.home_agent, nai.0)),
            (Identity::Nai(_), None) => None,
        };
        let mut request = Request::new(identity, header, node.unwrap_or(u32::MAX));
        request.interface = read.interface;
        request.bulk = read.bulk;
        request.overwrite = read.overwrite;
        request.udp_tunnel = read.udp_tunnel_request;
        let endpoints = (event.datagram.source, event.datagram.destination);
        let timeout = self.pending.timeout();
        let known =
            self.pending.find(&request.identity, request.identification, |other| other.is_same(&request));
        if let Some(known) = known {
            let step = seen_again(known, endpoints, event.time);
            known.udp_tunnel |= request.udp_tunnel;
            Pending::keep(known, timeout, event.time);
            let (record, home_agent) = (known.record, known.home_agent);
            let retransmissions = known.retransmissions;
            if step == Step::Retransmission
                && let Some(traffic) = self.directory.agent_mut(home_agent)
            {
                traffic.retransmitted += 1;
            }
            if let Some(exchange) = self.records.record_mut(record) {
                exchange.legs.push(leg(event, step));
                exchange.retransmissions = retransmissions;
            }
            return node;
        }
        request.kind = Some(self.kind_of(&request));
        request.frame = event.frame;
        request.flow_bindings = read.flow_bindings(event.message);
        request.legs.push((endpoints.0, endpoints.1, event.time));
        if self.records.is_kept() {
            request.record = Some(self.records.push(record_of(&request, header, read.nai, event)));
        }
        if let Some(evicted) = self.pending.insert(request, event.time) {
            self.evicted_requests = self.evicted_requests.saturating_add(1);
            self.conclude(&evicted);
        }
        node
    }

    /// What a request is for, seen from the bindings there are.
    fn kind_of(&mut self, request: &Request) -> Kind {
        if request.lifetime == 0 {
            let all = request.bulk && request.interface.is_some();
            return if all { Kind::BulkDeregister } else { Kind::Deregister };
        }
        if request.interface.is_some() && request.overwrite {
            return Kind::Overwrite;
        }
        if request.interface.is_some() && request.bulk {
            return Kind::BulkRefresh;
        }
        self.directory.settle(request.node, self.clock);
        let Some(node) = self.directory.nodes.get(request.node as usize) else { return Kind::Register };
        match node.renewed_by(request.interface, request.care_of_address) {
            None => Kind::Register,
            Some(binding)
                if binding.care_of_address == request.care_of_address
                    && binding.interface == request.interface
                    && binding.flags == request.flags =>
            {
                Kind::Refresh
            }
            Some(_) => Kind::Update,
        }
    }

    fn reply(&mut self, event: &MessageEvent<'_, '_>, header: &RegistrationReply) -> Option<u32> {
        let read = Extensions::of(event.message);
        let facts = ReplyFacts {
            code: header.code,
            lifetime: header.lifetime,
            home_address: header.home_address,
            home_agent: header.home_agent,
            identification: header.identification,
            time: event.time,
            precision: event.precision,
            frame: event.frame,
        };
        let Some(request) = self.request_of(event, header, read.nai) else {
            return self.unsolicited(event, &facts, read.nai);
        };
        let first = request.answer.is_none();
        let record = request.record;
        if !first {
            let node = request.node;
            if let Some(exchange) = self.records.record_mut(record) {
                exchange.legs.push(leg(event, Step::Reply(header.code)));
            }
            return self.named_by(&facts).or(Some(node));
        }
        request.answer = Some(header.code);
        // Taken as it is now: the table must not be borrowed while bindings change.
        let decided = Decided::of(request, &facts, &read);
        self.decide(event, &facts, &read, &decided, record)
    }

    /// The request that a reply answers: same identity and low half of the Identification; of several the latest,
    /// one on the reply's own leg first. A reply that names nobody known is matched by its endpoints.
    fn request_of(
        &mut self,
        event: &MessageEvent<'_, '_>,
        header: &RegistrationReply,
        nai: Option<Nai<'_>>,
    ) -> Option<&mut Request> {
        let (source, destination) = (event.datagram.source, event.datagram.destination);
        let own_leg =
            |request: &Request| request.legs.iter().any(|leg| leg.0 == destination && leg.1 == source);
        let by_address = Identity::Address(header.home_address);
        let by_nai = nai.map(|nai| Identity::Nai(nai.0.into()));
        let mut chosen: Option<(Identity, bool)> = None;
        for identity in [Some(by_address), by_nai].into_iter().flatten() {
            if chosen.is_some() {
                break;
            }
            if self.pending.find(&identity, header.identification, own_leg).is_some() {
                chosen = Some((identity, true));
            } else if self.pending.find(&identity, header.identification, |_| true).is_some() {
                chosen = Some((identity, false));
            }
        }
        match chosen {
            Some((identity, true)) => self.pending.find(&identity, header.identification, own_leg),
            Some((identity, false)) => self.pending.find(&identity, header.identification, |_| true),
            None => self.pending.find_by_endpoints(source, destination, header.identification),
        }
    }

    /// Applies the first reply to a request.
    fn decide(
        &mut self,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        read: &Extensions<'_>,
        decided: &Decided,
        record: Option<u64>,
    ) -> Option<u32> {
        let node = self.node_of(facts, decided);
        let accepted = facts.code.is_accepted();
        let status = if accepted { Status::Accepted } else { Status::Denied };
        if let Some(exchange) = self.records.record_mut(record) {
            exchange.legs.push(leg(event, Step::Reply(facts.code)));
            exchange.status = status;
            exchange.code = Some(facts.code);
            exchange.granted = Some(facts.lifetime);
            exchange.home_agent = facts.home_agent;
            exchange.round_trip = Some(decided.round_trip);
            exchange.answered_flows = read.flow_bindings(event.message);
            if !facts.home_address.is_unspecified() {
                exchange.home_address = facts.home_address;
            }
            if exchange.nai.is_none() {
                exchange.nai = read.nai.map(|nai| nai.0.into());
            }
        }
        if let Some(traffic) = self.directory.agent_mut(facts.home_agent) {
            traffic.count(decided.kind, status, Some(facts.code));
        }
        if accepted {
            self.accept(event, facts, read, decided, node?);
        } else if let Some(node) = node {
            self.deny(event, facts, node);
        }
        node
    }

    fn accept(
        &mut self,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        read: &Extensions<'_>,
        decided: &Decided,
        slot: u32,
    ) {
        let registration = decided.registration;
        let clock = self.clock.max(facts.time);
        self.directory.change(slot, |node| {
            node.settle(clock);
            node.register(&registration);
            if registration.interface.is_some() {
                node.multipath = Multipath::Enabled;
            }
            // A request that de-registers sets no policy, nor does one that leaves nothing registered.
            if decided.lifetime > 0 && node.active().next().is_some() {
                let mut changed = false;
                for data in &decided.flow_bindings {
                    if let Some(flow_binding) = FlowBinding::from_octets(data) {
                        changed |= node.policy_mut().apply(&flow_binding, Origin::Request, decided.frame);
                    }
                }
                for extension in event.message.extensions().filter(Extension::is_flow_binding) {
                    if let Ok(Content::FlowBinding(flow_binding)) = extension.content() {
                        changed |= node.policy_mut().apply(&flow_binding, Origin::Reply, facts.frame);
                    }
                }
                if changed {
                    node.changed(facts.time);
                }
            }
        });
        if registration.lifetime > 0 {
            self.directory.know_far_end(facts.home_agent, registration.far_end.address);
            self.directory.know_far_end(facts.home_agent, registration.care_of_address);
        }
        for prefix in &read.prefixes {
            self.directory.give_prefix(slot, *prefix);
        }
    }

    fn deny(&mut self, event: &MessageEvent<'_, '_>, facts: &ReplyFacts, slot: u32) {
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        if facts.code.0 == event.message.numbers().multipath_not_allowed {
            node.multipath = Multipath::Refused;
        }
        if Violations::counts(facts.code) {
            node.violations.get_or_insert_default().refusal(facts.code, facts.time, facts.precision);
        }
    }

    /// The node a reply is about: the one of its request, under the name that the reply gives it.
    fn node_of(&mut self, facts: &ReplyFacts, decided: &Decided) -> Option<u32> {
        let Some(known) = self.named_by(facts) else {
            let provisional = decided.node.filter(|slot| {
                self.directory.nodes.get(*slot as usize).is_some_and(|node| {
                    node.is_blank()
                        && (node.home_address.is_none() || node.home_address == Some(facts.home_address))
                })
            });
            if facts.home_address.is_unspecified() {
                return decided.node;
            }
            if let Some(slot) = provisional {
                self.directory.rename(slot, facts.home_agent, facts.home_address);
                return Some(slot);
            }
            let slot = self.directory.at(facts.home_agent, facts.home_address);
            self.adopt(decided, slot);
            return Some(slot);
        };
        self.adopt(decided, known);
        Some(known)
    }

    /// Lets a node that turned out to be another name of `slot` give its name to it.
    fn adopt(&mut self, decided: &Decided, slot: u32) {
        let Some(other) = decided.node.filter(|other| *other != slot) else { return };
        let Some(node) = self.directory.nodes.get(other as usize) else { return };
        if !node.is_blank() {
            // It was somebody before, and the NAI now names another.
            return;
        }
        let nai = node.nai.clone();
        self.directory.withdraw(other);
        if let Some(nai) = nai {
            self.directory.give_nai(slot, &nai);
        }
    }

    /// The node that a reply names by its home agent and home address.
    fn named_by(&self, facts: &ReplyFacts) -> Option<u32> {
        self.directory.find(facts.home_agent, facts.home_address)
    }

    /// A reply without a request: it shows its node and changes no binding.
    fn unsolicited(
        &mut self,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        nai: Option<Nai<'_>>,
    ) -> Option<u32> {
        let node = if facts.home_address.is_unspecified() {
            self.directory.find_nai(facts.home_agent, nai?.0)
        } else {
            Some(self.directory.at(facts.home_agent, facts.home_address))
        };
        if let Some(traffic) = self.directory.agent_mut(facts.home_agent) {
            traffic.count(None, Status::Unsolicited, Some(facts.code));
        }
        let record = self.records.is_kept().then(|| {
            self.records.push(Exchange {
                home_address: facts.home_address,
                nai: nai.map(|nai| nai.0.into()),
                home_agent: facts.home_agent,
                identification: facts.identification,
                kind: None,
                status: Status::Unsolicited,
                legs: vec![leg(event, Step::Reply(facts.code))],
                code: Some(facts.code),
                bid: None,
                care_of_address: None,
                requested: None,
                granted: Some(facts.lifetime),
                round_trip: None,
                retransmissions: 0,
                asked_flows: Vec::new(),
                answered_flows: Vec::new(),
            })
        });
        // It waits like an answered request, so that its further legs are not more of them.
        let mut stand_in = Request::new(
            identity(facts.home_address, nai),
            &RegistrationRequest {
                flags: crate::wire::RequestFlags(0),
                lifetime: 0,
                home_address: facts.home_address,
                home_agent: facts.home_agent,
                care_of_address: Ipv4Addr::UNSPECIFIED,
                identification: facts.identification,
            },
            node.unwrap_or(u32::MAX),
        );
        stand_in.answer = Some(facts.code);
        stand_in.record = record;
        if let Some(evicted) = self.pending.insert(stand_in, event.time) {
            self.evicted_requests = self.evicted_requests.saturating_add(1);
            self.conclude(&evicted);
        }
        node
    }

    fn revocation(&mut self, event: &MessageEvent<'_, '_>, revocation: &Revocation) -> Option<u32> {
        let waiting = &mut self.revocations.waiting;
        if waiting.len() >= REVOCATIONS {
            waiting.pop_front();
        }
        waiting.push_back((event.time, *revocation));
        self.directory.find(revocation.home_domain_address, revocation.home_address)
    }

    /// An acknowledged revocation ends the bindings it names (RFC 3543 §3.4).
    fn acknowledgement(
        &mut self,
        event: &MessageEvent<'_, '_>,
        acknowledgement: &RevocationAcknowledgement,
    ) -> Option<u32> {
        let timeout = self.pending.timeout();
        let waiting = &mut self.revocations.waiting;
        while waiting.front().is_some_and(|(time, _)| event.time.since(*time) > timeout) {
            waiting.pop_front();
        }
        let place = waiting.iter().rposition(|(_, revocation)| {
            revocation.home_address == acknowledgement.home_address
                && revocation.identifier == acknowledgement.identifier
        })?;
        let (_, revocation) = waiting.remove(place)?;
        let slot = self.directory.find(revocation.home_domain_address, revocation.home_address)?;
        let clock = self.clock;
        self.directory.change(slot, |node| {
            node.settle(clock);
            node.revoke(revocation.foreign_domain_address, event.time, event.frame);
        });
        Some(slot)
    }
}

/// What a reply needs of the request it decides.
struct Decided {
    node: Option<u32>,
    kind: Option<Kind>,
    lifetime: u16,
    registration: super::node::Registration,
    flow_bindings: Vec<Box<[u8]>>,
    /// Frame in which the request's Flow-Bindings were first seen.
    frame: u64,
    round_trip: i64,
}

impl Decided {
    fn of(request: &mut Request, facts: &ReplyFacts, read: &Extensions<'_>) -> Self {
        let sent = request.legs.first().map_or(facts.time, |leg| leg.2);
        Self {
            node: (request.node != u32::MAX).then_some(request.node),
            kind: request.kind,
            lifetime: request.lifetime,
            registration: request.registration(facts, read.udp_tunnel_granted),
            flow_bindings: std::mem::take(&mut request.flow_bindings),
            frame: request.frame,
            round_trip: facts.time.since(sent),
        }
    }
}

/// What the extensions of a registration say, read in one pass.
struct Extensions<'a> {
    nai: Option<Nai<'a>>,
    /// The interface of a usable Multipath extension: the only one, sound, with a BID that is not reserved.
    interface: Option<Interface>,
    bulk: bool,
    overwrite: bool,
    has_flow_bindings: bool,
    udp_tunnel_request: bool,
    udp_tunnel_granted: bool,
    prefixes: Vec<Prefix>,
}

impl<'a> Extensions<'a> {
    fn of(message: &Message<'a>) -> Self {
        let mut read = Self {
            nai: None,
            interface: None,
            bulk: false,
            overwrite: false,
            has_flow_bindings: false,
            udp_tunnel_request: false,
            udp_tunnel_granted: false,
            prefixes: Vec::new(),
        };
        let mut multipaths = 0u32;
        for extension in message.extensions() {
            if extension.is_flow_binding() {
                read.has_flow_bindings = true;
                continue;
            }
            if extension.is_authentication() {
                continue;
            }
            multipaths = multipaths.saturating_add(u32::from(extension.is_multipath()));
            match extension.content() {
                Ok(Content::Nai(nai)) if read.nai.is_none() => read.nai = Some(nai),
                Ok(Content::Multipath(multipath)) => {
                    read.interface = Interface::of(&multipath);
                    (read.bulk, read.overwrite) = (multipath.bulk, multipath.overwrite);
                }
                Ok(Content::UdpTunnelRequest(_)) => read.udp_tunnel_request = true,
                Ok(Content::UdpTunnelReply(reply)) => read.udp_tunnel_granted = reply.is_granted(),
                Ok(Content::MobileNetwork(MobileNetwork::Acknowledgement {
                    code,
                    prefix_length,
                    prefix,
                    ..
                })) if code.is_success() && prefix_length <= 32 => {
                    read.prefixes.push(Prefix::covering(IpAddr::V4(prefix), prefix_length));
                }
                Ok(Content::DualStack(DualStack::PrefixReply { code, prefix_length, prefix, .. }))
                    if code.is_accepted() && prefix_length <= 128 =>
                {
                    read.prefixes.push(Prefix::covering(IpAddr::V6(prefix), prefix_length));
                }
                _ => {}
            }
        }
        if multipaths != 1 {
            (read.interface, read.bulk, read.overwrite) = (None, false, false);
        }
        read
    }

    /// Copies of the data of all Flow-Bindings that can be read.
    fn flow_bindings(&self, message: &Message<'_>) -> Vec<Box<[u8]>> {
        if !self.has_flow_bindings {
            return Vec::new();
        }
        message
            .extensions()
            .filter(|extension| extension.is_flow_binding() && extension.content().is_ok())
            .map(|extension| extension.data.into())
            .collect()
    }
}

fn identity(home_address: Ipv4Addr, nai: Option<Nai<'_>>) -> Identity {
    if home_address.is_unspecified() {
        Identity::Nai(nai.map_or_else(Box::default, |nai| nai.0.into()))
    } else {
        Identity::Address(home_address)
    }
}

/// Notes a request that was seen before: between the same two it is a retransmission, else a relay leg.
fn seen_again(request: &mut Request, endpoints: (SocketAddr, SocketAddr), time: Timestamp) -> Step {
    match request.legs.iter_mut().find(|leg| (leg.0, leg.1) == endpoints) {
        Some(leg) => {
            leg.2 = time;
            request.retransmissions = request.retransmissions.saturating_add(1);
            Step::Retransmission
        }
        None => {
            request.legs.push((endpoints.0, endpoints.1, time));
            Step::Request
        }
    }
}

fn leg(event: &MessageEvent<'_, '_>, step: Step) -> Leg {
    Leg {
        frame: event.frame,
        time: event.time,
        precision: event.precision,
        source: event.datagram.source,
        destination: event.datagram.destination,
        step,
    }
}

fn record_of(
    request: &Request,
    header: &RegistrationRequest,
    nai: Option<Nai<'_>>,
    event: &MessageEvent<'_, '_>,
) -> Exchange {
    Exchange {
        home_address: header.home_address,
        nai: nai.map(|nai| nai.0.into()),
        home_agent: header.home_agent,
        identification: header.identification,
        kind: request.kind,
        status: Status::Unanswered,
        legs: vec![leg(event, Step::Request)],
        code: None,
        bid: request.interface.map(|interface| interface.bid),
        care_of_address: Some(header.care_of_address),
        requested: Some(header.lifetime),
        granted: None,
        round_trip: None,
        retransmissions: 0,
        asked_flows: request.flow_bindings.clone(),
        answered_flows: Vec::new(),
    }
}

/// Whether a code is one of acceptance, for readers of records.
impl Exchange {
    /// Whether the reply's code accepted the request.
    pub fn is_accepted(&self) -> bool {
        self.code.is_some_and(ReplyCode::is_accepted)
    }
}
