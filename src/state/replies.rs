//! Replies: the first reply to a request decides what happens to its node.

use std::net::Ipv4Addr;

use super::directory::{Directory, NodeId};
use super::extensions::{Extensions, FlowBindings};
use super::home_agents::can_be_agent;
use super::messages::{Attribution, MessageEvent, identity, leg};
use super::node::Registration;
use super::pending::{Identity, Request};
use super::policy::{Origin, Wish};
use super::records::RecordNumber;
use super::{Exchange, Kind, Multipath, Node, Observer, Status, Step, Violations};
use crate::time::{Precision, Timestamp};
use crate::wire::{Nai, RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags};

/// The reply of an exchange, as far as bindings are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyFacts {
    pub code: ReplyCode,
    pub lifetime: u16,
    pub home_address: Ipv4Addr,
    pub home_agent: Ipv4Addr,
    pub identification: u64,
    pub time: Timestamp,
    pub precision: Precision,
    pub frame: u64,
}

impl Observer {
    /// Takes a first reply to a request, a further reply to it, or a reply that nobody asked for.
    pub(super) fn reply(
        &mut self,
        event: &MessageEvent<'_, '_>,
        header: &RegistrationReply,
        read: &Extensions<'_>,
    ) -> Attribution {
        let mut facts = ReplyFacts {
            code: header.code,
            lifetime: header.lifetime,
            home_address: header.home_address,
            home_agent: header.home_agent,
            identification: header.identification,
            time: event.time,
            precision: event.precision,
            frame: event.frame,
        };
        let slot = self.request_of(event, header, read.nai);
        let timeout = self.pending.timeout();
        let Some(request) = slot.and_then(|slot| self.pending.request_mut(slot)) else {
            return Attribution::to(self.unsolicited(event, &facts, read.nai));
        };
        if facts.home_agent.is_unspecified() {
            facts.home_agent = request.home_agent;
        }
        if let Some(node) = request.node {
            self.directory.expect_node(node.slot);
        }
        let record = request.record;
        let first = Some(request.frame);
        if !request.is_open {
            let node = request.node;
            self.records.add_leg(record, leg(event, Step::Reply(header.code)));
            let node = self.named_by(&facts).or_else(|| self.directory.slot(node?));
            let node = node.or_else(|| self.directory.find_nai(facts.home_agent, read.nai?.0));
            return Attribution { request: first, ..Attribution::to(node) };
        }
        request.is_open = false;
        // The request's data are copied, because the table must not be borrowed while bindings change.
        let decided = Decided::of(request, event, &facts, read, timeout);
        let node = self.decide(event, &facts, read, &decided, record);
        if let Some(slot) = slot
            && let Some(id) = node.and_then(|node| self.directory.id(node))
            && let Some(request) = self.pending.request_mut(slot)
        {
            request.node = Some(id);
        }
        Attribution { request: first, decides: true, ..Attribution::to(node) }
    }

    /// The request that a reply answers: the one with the same identity and low half of the Identification. Of several
    /// the latest, a request on the reply's own leg first, under whichever of the node's names. A request without a
    /// Home Address is also found by its endpoints, and so is any request if the reply names no node.
    fn request_of(
        &self,
        event: &MessageEvent<'_, '_>,
        header: &RegistrationReply,
        nai: Option<Nai<'_>>,
    ) -> Option<u32> {
        let (source, destination) = event.endpoints();
        let own_leg =
            |request: &Request| request.legs.iter().any(|leg| leg.is_reverse_of(source, destination));
        let ages = 0..=self.pending.timeout();
        // A real request goes before the stand-in of a reply that nobody seemed to have asked for.
        let was_asked_for = |request: &Request| request.kind.is_some();
        // The whole Identification tells more than the way of the packets, where a reply copies it.
        let whole = |request: &Request| request.identification == header.identification;
        let preference = |request: &Request| (was_asked_for(request), whole(request), own_leg(request));
        let find = |identity: Identity| {
            let find = |asked: bool, fits: &dyn Fn(&Request) -> bool| {
                let fits = |request: &Request| was_asked_for(request) == asked && fits(request);
                self.pending.find(&identity, header.identification, event.time, &ages, fits)
            };
            [true, false].into_iter().find_map(|asked| {
                find(asked, &|request| whole(request) && own_leg(request))
                    .or_else(|| find(asked, &whole))
                    .or_else(|| find(asked, &own_leg))
                    .or_else(|| find(asked, &|_| true))
            })
        };
        let node = |slot: u32| self.directory.nodes.get(slot as usize);
        let (home_agent, home_address) = (header.home_agent, header.home_address);
        let by_address = || (!home_address.is_unspecified()).then_some(Identity::Address(home_address));
        let by_nai = || nai.map(|nai| Identity::Nai(nai.0.into()));
        // The other name of the same node: its Home Address for a NAI, or its NAI for a Home Address.
        let by_address_of_nai = || {
            let slot = self.directory.find_nai(home_agent, nai?.0)?;
            node(slot)?.home_address.filter(|_| home_address.is_unspecified()).map(Identity::Address)
        };
        let by_nai_of_address = || {
            let slot = self.directory.find(home_agent, home_address).filter(|_| nai.is_none())?;
            node(slot)?.nai.clone().map(Identity::Nai)
        };
        let by_address = by_address().and_then(find);
        let named = match (by_address, by_nai().and_then(find)) {
            (Some(one), Some(other)) => self.pending.latest_of([one, other], preference),
            (one, other) => one.or(other),
        };
        // A request that was answered already may be older than one that the node sent under its other name.
        let is_open = |slot: u32| self.pending.request(slot).is_some_and(|request| request.is_open);
        // One that is open, with all of the reply's Identification, is the one nearly always: nothing else is looked up.
        let is_it = |slot: &u32| is_open(*slot) && self.pending.request(*slot).is_some_and(whole);
        if let Some(slot) = named.filter(is_it) {
            return Some(slot);
        }
        let other_name = by_address_of_nai().or_else(by_nai_of_address).and_then(find);
        let known = self.pending.latest_of(named.into_iter().chain(other_name), preference);
        let by_endpoints = || {
            let names_nobody = home_address.is_unspecified() && nai.is_none();
            let ends = (source, destination);
            self.pending.find_by_endpoints(ends, header.identification, event.time, names_nobody)
        };
        let Some(slot) = known else { return by_endpoints() };
        let is_request = self.pending.request(slot).is_some_and(was_asked_for);
        if is_request { known } else { by_endpoints().filter(|other| is_open(*other)).or(known) }
    }

    /// Applies the first reply to a request.
    fn decide(
        &mut self,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        read: &Extensions<'_>,
        decided: &Decided,
        record: Option<RecordNumber>,
    ) -> Option<u32> {
        let node = self.node_of(facts, decided);
        let kind = self.kind_of_decided(decided, node);
        let accepted = facts.code.is_accepted();
        let status = if accepted { Status::Accepted } else { Status::Denied };
        if let Some(exchange) = self.records.add_leg(record, leg(event, Step::Reply(facts.code))) {
            exchange.kind = kind;
            exchange.status = status;
            exchange.code = Some(facts.code);
            exchange.granted = accepted.then(|| facts.lifetime.min(decided.lifetime));
            exchange.home_agent = facts.home_agent;
            exchange.round_trip = Some(decided.round_trip);
            if !facts.home_address.is_unspecified() {
                exchange.home_address = facts.home_address;
            }
            if exchange.nai.is_none() {
                exchange.nai = read.nai.map(|nai| nai.0.into());
            }
        }
        self.records.change(record, |exchange| exchange.answered_flows = read.flow_bindings.clone());
        self.records.decide(record);
        let claim = self.claims.remove(&decided.frame);
        if let (Some(slot), Some(nai), true) = (node, claim, accepted) {
            self.directory.give_nai(slot, &nai);
        }
        if let Some(traffic) = self.directory.agents.traffic_mut(facts.home_agent) {
            traffic.count(kind, status, Some(facts.code));
            traffic.retransmitted += decided.uncounted;
        }
        if accepted {
            self.accept(facts, read, decided, node?);
        } else if let Some(node) = node {
            self.deny(event, facts, node);
        }
        node
    }

    /// The purpose of the request, judged again if only the reply shows which node it was for.
    fn kind_of_decided(&mut self, decided: &Decided, slot: Option<u32>) -> Option<Kind> {
        let asked = decided.node.and_then(|node| self.directory.slot(node));
        let Registration { interface, hides_bid, care_of_address, flags, .. } = decided.registration;
        let interface = (interface, hides_bid);
        match (decided.kind, slot) {
            (Some(Kind::Register | Kind::Refresh | Kind::Update), Some(slot)) if asked != Some(slot) => {
                Some(self.kind_at(slot, interface, care_of_address, flags))
            }
            (kind, _) => kind,
        }
    }

    fn accept(&mut self, facts: &ReplyFacts, read: &Extensions<'_>, decided: &Decided, slot: u32) {
        let registration = decided.registration;
        let clock = self.clock.max(facts.time);
        let (mut forgotten, mut has_no_room) = (0, false);
        let mut without_room = 0;
        let room = self.options.limits.rules.saturating_sub(self.directory.rules);
        let keep = self.options.keep_before;
        let before = if keep { Some((&mut self.before, &mut self.rules_before)) } else { None };
        self.directory.change(slot, |node| {
            node.settle(clock);
            if let Some((before, rules)) = before {
                before.clear();
                before.extend_from_slice(node.bindings());
                *rules = node.policy().rules().len();
            }
            node.denied = None;
            (forgotten, has_no_room) = node.register(&registration);
            if registration.interface.is_some() {
                (node.multipath, node.multipath_time) = (Multipath::Enabled, facts.time);
            }
            // A request that de-registers sets no policy, nor does a request that leaves nothing registered.
            if decided.lifetime == 0 || node.active().next().is_none() {
                return;
            }
            node.policy_mut().expect(decided.flow_bindings.count());
            let asked = wishes(&decided.flow_bindings, Origin::Request, decided.frame);
            let answered = wishes(&read.flow_bindings, Origin::Reply, facts.frame);
            let applied = node.policy_mut().apply(asked.chain(answered), room);
            without_room = applied.without_room;
            if applied.is_change {
                node.changed(facts.time);
            }
        });
        self.evicted_bindings = self.evicted_bindings.saturating_add(forgotten);
        self.evicted_others = self.evicted_others.saturating_add(u64::from(has_no_room));
        self.evicted_rules = self.evicted_rules.saturating_add(without_room);
        if registration.lifetime > 0 {
            self.directory.far_ends.insert(facts.home_agent, registration.care_of_address);
            if registration.far_end.address != registration.care_of_address {
                self.directory.far_ends.insert(facts.home_agent, registration.far_end.address);
            }
        }
        for prefix in &read.prefixes {
            self.directory.give_prefix(slot, *prefix);
        }
    }

    fn deny(&mut self, event: &MessageEvent<'_, '_>, facts: &ReplyFacts, slot: u32) {
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        node.denied = Some(facts.code);
        if facts.code.0 == event.message.numbers().multipath_not_allowed {
            (node.multipath, node.multipath_time) = (Multipath::Refused, facts.time);
        }
        if Violations::counts(facts.code) {
            node.violations_mut().get_or_insert_default().refusal(facts.code, facts.time, facts.precision);
        }
    }

    /// The node that a reply is about: the node of its request, under the name that the reply gives it.
    fn node_of(&mut self, facts: &ReplyFacts, decided: &Decided) -> Option<u32> {
        let asked = decided.node.and_then(|node| self.directory.slot(node));
        // Since the request was sent, its NAI may have turned out to be that of a node with a Home Address.
        let asked = asked.or_else(|| self.directory.find_nai(facts.home_agent, decided.nai.as_deref()?));
        // Only an accepted reply assigns an address.
        let is_accepted = facts.code.is_accepted();
        let is_named = decided.nai.is_none() || is_accepted;
        let address = Some(facts.home_address).filter(|address| !address.is_unspecified() && is_named);
        let node_in = |directory: &Directory, slot: u32| {
            let node = directory.nodes.get(slot as usize)?;
            Some((node.home_agent, node.home_address))
        };
        if address.is_none() {
            // A refusal by another Home Agent than the request names, or by the one that a search for any has found,
            // concerns a node of the Home Agent that answered.
            let asked_agent = asked.and_then(|slot| node_in(&self.directory, slot)).map(|(agent, _)| agent);
            let is_there = asked_agent.is_none_or(|agent| agent == facts.home_agent);
            if is_there || decided.nai.is_none() || !can_be_agent(facts.home_agent) {
                return asked;
            }
        }
        // What was denied to the node before it had a Home Address stays with it, since both names are one node. But a
        // node that other messages named under another Home Agent must still be seen there.
        let is_free = |node: &Node| {
            let is_here = node.home_agent == facts.home_agent || !node.has_other_mentions();
            let is_of_address = address.is_some() && node.home_address == address;
            is_here && (node.home_address.is_none() || node.is_blank() && is_of_address)
        };
        // Almost always the reply is about the node that the request named, so nothing has to be looked up.
        let is_asked = |slot: &u32| node_in(&self.directory, *slot) == Some((facts.home_agent, address));
        let nai = decided.nai.as_deref();
        let named = asked.filter(is_asked).or_else(|| match address {
            Some(address) => self.directory.find(facts.home_agent, address),
            None => self.directory.find_nai(facts.home_agent, nai?),
        });
        let provisional = asked
            .filter(|_| named.is_none())
            .filter(|slot| self.directory.nodes.get(*slot as usize).is_some_and(&is_free));
        let slot = match (named, provisional, address, nai) {
            (Some(named), ..) => named,
            (None, Some(provisional), ..) => {
                self.directory.rename(provisional, facts.home_agent, address, is_accepted);
                provisional
            }
            (None, None, Some(address), _) => self.directory.at(facts.home_agent, address),
            (None, None, None, nai) => self.directory.named(facts.home_agent, nai?),
        };
        // A node that turned out to be another name of this node gives its name to it.
        let is_name = |other: u32| {
            let node = self.directory.nodes.get(other as usize);
            node.is_some_and(|node| is_free(node) && (node.is_blank() || node.is_provisional()))
        };
        let other_name = match asked.filter(|other| *other != slot) {
            Some(other) if is_name(other) => self.directory.absorb(slot, other),
            Some(other) => {
                self.directory.mention_less(other);
                None
            }
            None => None,
        };
        let nai = decided.nai.as_ref().or(other_name.as_ref());
        if let Some(nai) = nai.filter(|nai| is_accepted || self.directory.can_be_named(slot, nai)) {
            self.directory.give_nai(slot, nai);
        }
        Some(slot)
    }

    /// The node that a reply names by its Home Agent and Home Address.
    fn named_by(&self, facts: &ReplyFacts) -> Option<u32> {
        self.directory.find(facts.home_agent, facts.home_address)
    }

    /// A reply without a request shows its node, but changes no binding.
    fn unsolicited(
        &mut self,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        nai: Option<Nai<'_>>,
    ) -> Option<u32> {
        let node = if facts.home_address.is_unspecified() {
            nai.map(|nai| self.directory.named(facts.home_agent, nai.0))
        } else {
            Some(self.directory.at(facts.home_agent, facts.home_address))
        };
        if let Some(node) = node {
            self.directory.mention(node);
        }
        if let Some(traffic) = self.directory.agents.traffic_mut(facts.home_agent) {
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
                granted: facts.code.is_accepted().then_some(facts.lifetime),
                round_trip: None,
                retransmissions: 0,
                asked_flows: FlowBindings::default(),
                answered_flows: FlowBindings::default(),
            })
        });
        self.records.decide(record);
        // A stand-in waits like an answered request, so that further legs of the reply are not taken for new replies.
        let mut stand_in = Request::new(
            identity(facts.home_address, nai),
            &RegistrationRequest {
                flags: RequestFlags(0),
                lifetime: 0,
                home_address: facts.home_address,
                home_agent: facts.home_agent,
                care_of_address: Ipv4Addr::UNSPECIFIED,
                identification: facts.identification,
            },
            node.and_then(|slot| self.directory.id(slot)),
        );
        stand_in.frame = facts.frame;
        stand_in.is_open = false;
        stand_in.record = record;
        self.wait(stand_in, event.time);
        node
    }
}

/// The wishes of a message's Flow-Bindings, each with the message's origin and frame.
fn wishes(
    flow_bindings: &FlowBindings,
    origin: Origin,
    frame: u64,
) -> impl Iterator<Item = (Wish, Origin, u64)> {
    flow_bindings.iter().filter_map(Wish::read).map(move |wish| (wish, origin, frame))
}

/// The data that a reply needs of the request it decides.
struct Decided {
    node: Option<NodeId>,
    /// The NAI, if the request has no Home Address.
    nai: Option<Box<[u8]>>,
    kind: Option<Kind>,
    lifetime: u16,
    registration: Registration,
    flow_bindings: FlowBindings,
    /// Frame in which the request was first seen.
    frame: u64,
    round_trip: i64,
    /// How often the request was sent again while no Home Agent was known for which that could be counted.
    uncounted: u64,
}

impl Decided {
    fn of(
        request: &mut Request,
        event: &MessageEvent<'_, '_>,
        facts: &ReplyFacts,
        read: &Extensions<'_>,
        timeout: i64,
    ) -> Self {
        let sent = request.sent(event.endpoints(), facts.time, timeout);
        Self {
            node: request.node,
            nai: match &request.identity {
                Identity::Nai(nai) if !nai.is_empty() => Some(nai.clone()),
                Identity::Nai(_) | Identity::Address(_) => None,
            },
            kind: request.kind,
            lifetime: request.lifetime,
            registration: request.registration(facts, read.udp_tunnel_granted),
            flow_bindings: std::mem::take(&mut request.flow_bindings),
            frame: request.frame,
            round_trip: facts.time.since(sent),
            uncounted: if can_be_agent(request.home_agent) { 0 } else { request.retransmissions.into() },
        }
    }
}
