//! Data packets on their way through the validator: opened, attributed, and shown to the rules that look at them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use smallvec::SmallVec;

use super::checks::PacketCheck;
use super::facts::{Bindings, Carried, Sprayed, live};
use super::finder::{Context, Finder, Report};
use super::memory::{Found, GRACE, IN_USE, Session};
use super::validator::Validator;
use super::way::{self, Opened, Way, is_in_its_tunnel, registration_in, way_of};
use super::{Place, Rule, Subject};
use crate::net::{Encapsulation, FlowFacts, FlowKey, IpPacket, Peeled, Tunnel, UdpTunnel, peel};
use crate::state::{
    Attribution, Direction, Downlink, Ends, FarEnd, MessageEvent, Node, Observer, Policy, Spray,
};
use crate::time::Timestamp;

/// The most nodes with a tunnel to one end among which the binding of a packet of no session is looked for: each such
/// packet visits all of them. Only a foreign agent serves more at one end, and rules say little of such packets.
const OTHERS: usize = 16;

impl Validator {
    /// Judges a fragment of a tunnelled packet, after the observer took it.
    pub fn fragment(
        &mut self,
        fragment: &Tunnel<'_>,
        place: Place,
        seen: Attribution,
        observer: &mut Observer,
    ) {
        if seen.copy {
            return;
        }
        // Which of the packets that wait are copies is known only once they are counted.
        observer.catch_up();
        self.judge_held(observer);
        self.judge_fragment(fragment, place, observer);
    }

    fn judge_fragment(&mut self, fragment: &Tunnel<'_>, place: Place, observer: &Observer) {
        let header = &fragment.outer.header;
        let ends = Ends { source: header.source, destination: header.destination, ports: None };
        if !self.may_concern(ends, observer) {
            return;
        }
        let peeled = peel(fragment);
        let opened = Opened {
            place,
            ends,
            outer: &fragment.outer,
            reassembled: false,
            udp: None,
            peeled: &peeled,
            copied: None,
            registration: None,
        };
        let Some((way, node)) = way_of(&opened, observer) else { return };
        let mut reports = self.take_reports();
        let carried = self.carried(&opened, way, node, observer);
        run(self.fragment_checks(), &carried, &mut reports);
        let node = context_of(&carried).node;
        drop(carried);
        self.put_reports(reports, node, observer);
    }

    /// Judges a packet that is not known to be clean; gives what was found if all packets like it are as clean.
    /// `is_alone` says that no packet of its flow took another tunnel a moment ago.
    #[inline(never)]
    pub(super) fn look_at(
        &mut self,
        tunnel: &Tunnel<'_>,
        place: Place,
        is_alone: bool,
        observer: &Observer,
    ) -> Option<Found> {
        let header = &tunnel.outer.header;
        let ends = Ends { source: header.source, destination: header.destination, ports: None };
        if !self.may_concern(ends, observer) {
            return None;
        }
        if let Some(outer) = tunnel.last_fragment {
            let last = Tunnel { outer, reassembled: false, last_fragment: None, ..*tunnel };
            self.judge_fragment(&last, place, observer);
        }
        let peeled = peel(tunnel);
        let opened = Opened {
            place,
            ends,
            outer: &tunnel.outer,
            reassembled: tunnel.reassembled,
            udp: None,
            peeled: &peeled,
            copied: None,
            registration: None,
        };
        self.take_packet(opened, is_alone, observer)
    }

    /// Judges a Tunnel Data message (RFC 3519 §3.3).
    pub(super) fn take_tunnel_data(&mut self, event: &MessageEvent<'_, '_>, observer: &Observer) {
        let (SocketAddr::V4(source), SocketAddr::V4(destination)) =
            (event.datagram.source, event.datagram.destination)
        else {
            return;
        };
        let place = Place { frame: event.frame, time: event.time, precision: event.precision };
        self.flow.waiting.note_place(observer.taken(), place);
        self.take_sprays(observer);
        let IpPacket::V4(outer) = &event.datagram.ip else { return };
        let ports = Some((source.port(), destination.port()));
        let ends = Ends { source: *source.ip(), destination: *destination.ip(), ports };
        let Some(udp) = UdpTunnel::of(event.datagram).filter(|_| self.may_concern(ends, observer)) else {
            return;
        };
        let nothing = Peeled {
            encapsulation: Encapsulation::IpIp,
            inner: None,
            gre: None,
            minimal: None,
            problem: None,
        };
        let peeled = udp.peeled.unwrap_or(nothing);
        let registration = peeled
            .inner
            .and_then(|inner| registration_in(&inner, &self.world().options.ports, event.message.numbers()));
        let opened = Opened {
            place,
            ends,
            outer,
            reassembled: event.datagram.reassembled,
            udp: Some(&udp),
            peeled: &peeled,
            copied: None,
            registration,
        };
        self.take_packet(opened, false, observer);
    }

    /// Judges the flows that the observer found to be spread over several tunnels since it was asked last.
    pub(super) fn take_sprays(&mut self, observer: &Observer) {
        let known = std::mem::replace(&mut self.flow.sprays, observer.spray_count());
        for spray in observer.sprays(known) {
            let (Some(node), Some(place)) =
                (observer.node(spray.node), self.flow.waiting.place(spray.number))
            else {
                continue;
            };
            // The flow may have a policy rule in what was not captured.
            if self.world().session(spray.node, observer).is_some_and(Session::is_obscured) {
                continue;
            }
            let sprayed = Sprayed { key: key_of(spray), far_end: spray.far_end };
            let sender = match spray.direction {
                Direction::Downlink => Subject::HomeAgent,
                Direction::Uplink => Subject::MobileNode,
            };
            let context = Context { place, sender, node: Some(spray.node), home_address: node.home_address };
            let mut reports = self.take_reports();
            let mut finder = Finder::new(context, None, &mut reports);
            for (rule, check) in self.spray_checks() {
                check(&sprayed, finder.of(rule));
            }
            self.put_reports(reports, context.node, observer);
        }
    }

    /// Whether an outer address is one of a home agent, or one at which a tunnel ends.
    fn may_concern(&self, ends: Ends, observer: &Observer) -> bool {
        observer.is_home_agent(ends.source)
            || observer.is_home_agent(ends.destination)
            || !self.world().nodes_at(ends.seen(Direction::Downlink).1).is_empty()
    }

    /// Judges a packet; gives what was found if all packets like it are as clean.
    fn take_packet(
        &mut self,
        mut opened: Opened<'_, '_>,
        is_alone: bool,
        observer: &Observer,
    ) -> Option<Found> {
        let found = way_of(&opened, observer);
        if !found.is_some_and(|(way, node)| is_in_its_tunnel(&opened, way, node, observer)) {
            self.look_for_forward(&opened, observer);
        }
        let (way, node) = found?;
        let (home_agent, far_end, direction) = way;
        if direction == Direction::Downlink
            && node.is_some()
            && let Some(inner) = opened.peeled.inner
        {
            let payload = observer.payload_of(home_agent, &inner).unwrap_or(inner);
            if let IpPacket::V4(packet) = payload
                && let Some(packet) = observer.print_of(&packet)
            {
                opened.copied = self.flow.copies.meet(packet, far_end, opened.place.time, is_alone);
            }
        }
        self.judge_packet(&opened, way, node, observer)
    }

    /// Shows the packet to the rules about data packets (D13).
    fn judge_packet(
        &mut self,
        opened: &Opened<'_, '_>,
        way: Way,
        node: Option<u32>,
        observer: &Observer,
    ) -> Option<Found> {
        let mut reports = self.take_reports();
        let carried = self.carried(opened, way, node, observer);
        let about = context_of(&carried).node;
        run(self.packet_checks(), &carried, &mut reports);
        let is_clean = reports.iter().all(|report| report.once.is_some() && report.wait.is_none());
        let found = found_of(&carried).filter(|_| is_clean);
        let gre = carried.gre_uses();
        let far_end = carried.far_end;
        drop(carried);
        let copied = reports.iter().any(|report| report.finding.rule.id == "TUN-025");
        self.put_reports(reports, about, observer);
        let mut has_other_key = false;
        if let Some(session) = node.and_then(|node| self.world_mut().session_mut(node, observer)) {
            session.traffic.note_use(far_end, opened.place.time);
            for seen in gre {
                has_other_key |= session.traffic.note_gre(seen);
            }
            if copied {
                session.traffic.copied = Some(opened.place.time);
            }
        }
        self.flow.keys = self.flow.keys.wrapping_add(u64::from(has_other_key));
        found
    }

    /// Shows the packet to the rules about tunnels to a care-of address, whoever sent it.
    fn look_for_forward(&mut self, opened: &Opened<'_, '_>, observer: &Observer) {
        let Some(inner) = opened.peeled.inner else { return };
        let way = way::way(opened.ends, Direction::Downlink);
        let is_its = |node: &Node| {
            node.home_address.map(IpAddr::V4) == Some(inner.destination())
                && live(node.bindings(), opened.place.time).any(|binding| binding.far_end == way.1)
        };
        let mut found = None;
        for slot in self.world().all_nodes_at(way.1).unwrap_or_default() {
            match observer.node(*slot).filter(|node| is_its(node)) {
                // This node has a tunnel from the packet's sender.
                Some(node) if node.home_agent == way.0 => return,
                Some(_) => found = Some(*slot),
                None => {}
            }
        }
        let Some(node) = found else { return };
        // The sender may have a node with this home address of its own, with an accepted registration that was cut.
        let of_agent = observer.owner_of(way.0, inner.destination());
        let session = of_agent.and_then(|slot| self.world().session(slot, observer));
        if session.is_some_and(Session::is_obscured) {
            return;
        }
        let mut reports = self.take_reports();
        let carried = self.carried(opened, way, Some(node), observer);
        run(self.forward_checks(), &carried, &mut reports);
        drop(carried);
        self.put_reports(reports, Some(node), observer);
    }

    fn carried<'c, 'a>(
        &'c self,
        opened: &Opened<'c, 'a>,
        (home_agent, far_end, direction): Way,
        node: Option<u32>,
        observer: &'c Observer,
    ) -> Carried<'c, 'a> {
        let time = opened.place.time;
        let inner = opened.peeled.inner;
        let nested = inner.and_then(|inner| observer.payload_of(home_agent, &inner));
        let facts = nested.or(inner).as_ref().map(FlowFacts::of);
        let downlink = facts.as_ref().map(|facts| match direction {
            Direction::Downlink => Downlink::of_downlink(facts),
            Direction::Uplink => Downlink::of_uplink(facts),
        });
        let node = node.and_then(|slot| observer.node(slot).map(|node| (slot, node)));
        let session = node.and_then(|(slot, _)| self.world().session(slot, observer));
        let disturbed = session.and_then(|session| session.disturbed);
        let others =
            if node.is_some() { SmallVec::new() } else { self.others(home_agent, far_end, time, observer) };
        let bindings = Bindings::of(node, &others, far_end, time);
        // Which policy rule decides a payload that cannot be read is not known.
        let hides_payload =
            nested.is_none() && inner.is_some_and(|inner| observer.is_nested(home_agent, &inner));
        let effect = node.zip(facts).zip(downlink).and_then(|(((_, node), facts), downlink)| {
            bindings.live.first().filter(|_| !hides_payload)?;
            let index = decide(node.policy(), &facts, &downlink)
                .filter(|index| node.policy().is_sure(Some(*index)))?;
            let rule = node.policy().rules().get(index)?;
            let is_live = |bid: u8| bindings.live.iter().any(|binding| binding.has_bid(bid));
            Some((index.saturating_add(1), rule, rule.effect(is_live)))
        });
        Carried {
            place: opened.place,
            direction,
            home_agent,
            far_end,
            outer: opened.outer,
            reassembled: opened.reassembled,
            udp: opened.udp,
            peeled: opened.peeled,
            inner,
            facts,
            node,
            others,
            session,
            bindings,
            effect,
            quiet: disturbed.is_none_or(|disturbed| time.since(disturbed) > GRACE),
            anchored: self.world().is_anchored(session),
            copied: opened.copied,
            registration: opened.registration,
            world: self.world(),
            observer,
        }
    }

    /// The nodes of a home agent with a live binding at a far end; none if more than `OTHERS` have a tunnel there.
    fn others<'c>(
        &self,
        home_agent: Ipv4Addr,
        far_end: FarEnd,
        time: Timestamp,
        observer: &'c Observer,
    ) -> SmallVec<[(u32, &'c Node); 1]> {
        let slots = self.world().all_nodes_at(far_end);
        let Some(slots) = slots.filter(|slots| slots.len() <= OTHERS) else { return SmallVec::new() };
        let is_here = |node: &&Node| {
            node.home_agent == home_agent
                && live(node.bindings(), time).any(|binding| binding.far_end == far_end)
        };
        slots.iter().filter_map(|slot| Some((*slot, observer.node(*slot).filter(is_here)?))).collect()
    }
}

/// Shows a packet to some checks.
fn run(checks: &[(&'static Rule, PacketCheck)], carried: &Carried<'_, '_>, reports: &mut Vec<Report>) {
    let mut finder = Finder::new(context_of(carried), carried.session, reports);
    for (rule, check) in checks {
        check(carried, finder.of(rule));
    }
}

/// Index of the first policy rule that selects a packet. `None` also for a fragment without ports and SPI, or a packet
/// that was cut before them, if a rule tried up to then looks at them (D12).
fn decide(policy: &Policy, facts: &FlowFacts, downlink: &Downlink) -> Option<usize> {
    let rule = policy.decide(downlink)?;
    if !facts.is_fragment_without_ports && !facts.is_cut_before_ports() {
        return Some(rule);
    }
    let looks_inside = policy.rules().iter().take(rule.saturating_add(1)).any(|rule| {
        rule.selector.selector().is_some_and(|selector| {
            !selector.source_port.is_absent()
                || !selector.destination_port.is_absent()
                || !selector.spi.is_absent()
        })
    });
    (!looks_inside).then_some(rule)
}

/// Until when packets like this are as clean as it, if nothing is accepted or removed before; `None` if they are not.
fn found_of(carried: &Carried<'_, '_>) -> Option<Found> {
    let (node, _) = carried.node?;
    let here = carried.live_here();
    if here.is_empty() || carried.copied.is_some() || !(carried.quiet || carried.conforms()) {
        return None;
    }
    let time = carried.time();
    let mut until = Timestamp::LAST;
    let mut ends = 0u32;
    for binding in carried.live() {
        ends = ends.saturating_add(u32::from(!carried.is_at(binding)));
        let Some(expires) = binding.expires else { continue };
        until = until.min(expires);
        // Packets in the last minute of a binding are looked at again, so that its use is noted there.
        let last_minute = expires.before(IN_USE);
        if carried.is_at(binding) && time < last_minute {
            until = until.min(last_minute);
        }
    }
    Some(Found { node, until, watched: carried.is_downlink() && ends > 0 })
}

/// The flow of a spray, in the direction of its packets.
fn key_of(spray: &Spray) -> FlowKey {
    let Downlink { source, destination, source_port, destination_port, protocol, .. } = spray.packet;
    match spray.direction {
        Direction::Downlink => FlowKey { source, destination, protocol, source_port, destination_port },
        Direction::Uplink => FlowKey {
            source: destination,
            destination: source,
            protocol,
            source_port: destination_port,
            destination_port: source_port,
        },
    }
}

fn context_of(carried: &Carried<'_, '_>) -> Context {
    let node = carried.nodes().next();
    Context {
        place: carried.place,
        sender: carried.sender(),
        node: node.map(|(slot, _)| slot),
        home_address: node.and_then(|(_, node)| node.home_address),
    }
}
