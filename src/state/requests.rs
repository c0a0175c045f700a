//! Requests: each new one waits for its reply, and another copy is added to the request that waits already.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::extensions::Extensions;
use super::messages::{Attribution, MessageEvent, identity, leg};
use super::pending::{Identity, Request, RequestLeg};
use super::{Exchange, FlowBindings, Interface, Kind, Observer, Status, Step};
use crate::time::Timestamp;
use crate::wire::{Nai, RegistrationRequest, RequestFlags};

impl Observer {
    /// Takes a new request, or another copy of a known one.
    pub(super) fn request(
        &mut self,
        event: &MessageEvent<'_, '_>,
        header: &RegistrationRequest,
        read: Extensions<'_>,
    ) -> Attribution {
        let mut request = Request::new(identity(header.home_address, read.nai), header, None);
        request.interface = read.interface;
        request.bulk = read.bulk;
        request.overwrite = read.overwrite;
        request.hides_something = event.datagram.is_cut() && !read.is_all_said;
        let (source, destination) = event.endpoints();
        let timeout = self.pending.timeout();
        let known = self.pending.find(
            &request.identity,
            request.identification,
            event.time,
            &(timeout.saturating_neg()..=timeout),
            |other| other.is_same(&request) || other.is_relayed_as(&request, destination),
        );
        // Its reply may have told another name of its node, and the one that it was sent under may be nobody's since.
        let of_known = known.and_then(|slot| self.pending.request(slot)?.node);
        let of_known = of_known.and_then(|node| self.directory.slot(node));
        let node = of_known.or_else(|| match (&request.identity, read.nai) {
            (Identity::Address(address), _) => Some(self.directory.at(header.home_agent, *address)),
            (Identity::Nai(_), Some(nai)) => Some(self.directory.named(header.home_agent, nai.0)),
            (Identity::Nai(_), None) => None,
        });
        let mut claim = None;
        if let (Some(node), Identity::Address(_)) = (node, &request.identity) {
            self.directory.expect_node(node);
            if let Some(nai) = read.nai {
                // Another node's name, or another one than this node has, until a reply says that both are one (D7).
                if self.directory.can_be_named(node, nai.0) {
                    self.directory.give_nai(node, nai.0);
                } else {
                    claim = Some(nai);
                }
            }
        }
        request.node = node.and_then(|slot| self.directory.id(slot));
        if let Some(known) = known {
            request.flow_bindings = read.flow_bindings;
            self.take_on(known, request, destination);
            self.request_again(event, known);
            let first = self.pending.request_mut(known).map(|request| request.frame);
            return Attribution { request: first, ..Attribution::to(node) };
        }
        if let Some(node) = node {
            self.directory.mention(node);
        }
        if let Some(nai) = claim {
            self.claims.insert(event.frame, nai.0.into());
        }
        request.kind = Some(self.kind_of(&request));
        request.frame = event.frame;
        request.flow_bindings = read.flow_bindings;
        request.legs.push(RequestLeg { source, destination, seen: event.time });
        if self.records.is_kept() {
            request.record = Some(self.records.push(record_of(&request, header, read.nai, event)));
        }
        self.wait(request, event.time);
        Attribution { request: Some(event.frame), ..Attribution::to(node) }
    }

    /// Replaces the contents of a waiting request by those of a copy that shows better what the Home Agent was asked: a
    /// copy that reached the Home Agent after a Foreign Agent changed it, or a copy of which more was captured.
    fn take_on(&mut self, slot: u32, copy: Request, destination: SocketAddrV4) {
        let Some(known) = self.pending.request(slot) else { return };
        if !known.is_open || !known.is_told_better_by(&copy, *destination.ip()) {
            return;
        }
        let kind = self.kind_of(&copy);
        let Some(known) = self.pending.take_on(slot, copy) else { return };
        known.kind = Some(kind);
        self.records.change(known.record, |exchange| {
            exchange.kind = known.kind;
            exchange.bid = known.interface.map(|interface| interface.bid);
            exchange.requested = Some(known.lifetime);
            exchange.asked_flows = known.flow_bindings.clone();
        });
    }

    /// Takes another copy of a request.
    fn request_again(&mut self, event: &MessageEvent<'_, '_>, slot: u32) {
        let (source, destination) = event.endpoints();
        let Some(step) = self.pending.see_again(slot, source, destination, event.time) else { return };
        let Some(request) = self.pending.request_mut(slot) else { return };
        // The copy from before a NAT may come last, even after the reply, if the clocks of two captures differ.
        if *source.ip() == request.care_of_address
            && *destination.ip() == request.home_agent
            && let Some(slot) = request.node.and_then(|node| self.directory.slot(node))
            && let Some(node) = self.directory.nodes.get_mut(slot as usize)
        {
            node.see_inside(source);
        }
        if step == Step::Retransmission
            && let Some(traffic) = self.directory.agents.traffic_mut(request.home_agent)
        {
            traffic.retransmitted += 1;
        }
        if let Some(exchange) = self.records.add_leg(request.record, leg(event, step)) {
            exchange.retransmissions = request.retransmissions;
        }
    }

    /// Adds a request to those that wait, and gives up the oldest when there are too many.
    pub(super) fn wait(&mut self, request: Request, now: Timestamp) {
        if let Some(refused) = self.pending.insert(request, now) {
            self.evicted_requests = self.evicted_requests.saturating_add(1);
            self.conclude(&refused);
        }
        while let Some(evicted) = self.pending.take_excess() {
            self.evicted_requests = self.evicted_requests.saturating_add(1);
            self.conclude(&evicted);
        }
    }

    /// The purpose of a request, given the present bindings.
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
        let slot = request.node.and_then(|node| self.directory.slot(node));
        let Request { interface, care_of_address, flags, .. } = *request;
        let interface = (interface, request.hides_bid());
        slot.map_or(Kind::Register, |slot| self.kind_at(slot, interface, care_of_address, flags))
    }

    /// Whether a request for one binding creates, refreshes or updates it, given the present bindings of a node. If the
    /// request hides its interface, its binding is the only one at its Care-of Address.
    pub(super) fn kind_at(
        &mut self,
        slot: u32,
        (interface, hides_bid): (Option<Interface>, bool),
        care_of_address: Ipv4Addr,
        flags: RequestFlags,
    ) -> Kind {
        self.directory.settle(slot, self.clock);
        let Some(node) = self.directory.nodes.get(slot as usize) else { return Kind::Register };
        let here = || node.only_one_at(care_of_address).and_then(|binding| binding.interface);
        let interface = if hides_bid { here() } else { interface };
        match node.renewed_by(interface, care_of_address) {
            None => Kind::Register,
            Some(binding) if binding.is_refreshed_by(interface, care_of_address, flags) => Kind::Refresh,
            Some(_) => Kind::Update,
        }
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
        answered_flows: FlowBindings::default(),
    }
}
