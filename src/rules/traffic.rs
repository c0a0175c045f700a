//! Data packets on their way through the validator: opened, attributed, and shown to the rules that look at them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::facts::Carried;
use super::finder::{Context, Finder};
use super::memory::GRACE;
use super::validator::Validator;
use super::{Place, Subject};
use crate::net::{
    Encapsulation, FlowFacts, IpPacket, Ipv4Packet, Peeled, Tunnel, UdpTunnel, peel, peel_packet,
};
use crate::state::{Attribution, Direction, Downlink, FarEnd, MessageEvent, Node, Observer};

/// The ends of the outer header.
#[derive(Clone, Copy)]
struct Ends {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    /// UDP ports, for a tunnel in UDP.
    ports: Option<(u16, u16)>,
}

/// A packet that is opened.
#[derive(Clone, Copy)]
struct Opened<'c, 'a> {
    place: Place,
    ends: Ends,
    outer: &'c Ipv4Packet<'a>,
    udp: Option<&'c UdpTunnel<'a>>,
    peeled: &'c Peeled<'a>,
}

impl Validator {
    /// Judges a tunnelled packet, after the observer took it.
    pub fn packet(&mut self, tunnel: &Tunnel<'_>, place: Place, seen: Attribution, observer: &Observer) {
        let header = &tunnel.outer.header;
        let ends = Ends { source: header.source, destination: header.destination, ports: None };
        if seen.copy || !self.may_concern(ends, observer) {
            return;
        }
        let peeled = peel(tunnel);
        self.take_packet(Opened { place, ends, outer: &tunnel.outer, udp: None, peeled: &peeled }, observer);
    }

    /// Judges a Tunnel Data message (RFC 3519 §3.3).
    pub(super) fn take_tunnel_data(&mut self, event: &MessageEvent<'_, '_>, observer: &Observer) {
        let (SocketAddr::V4(source), SocketAddr::V4(destination)) =
            (event.datagram.source, event.datagram.destination)
        else {
            return;
        };
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
        let place = Place { frame: event.frame, time: event.time, precision: event.precision };
        self.take_packet(Opened { place, ends, outer, udp: Some(&udp), peeled: &peeled }, observer);
    }

    /// Whether an outer address is one of a home agent, or one at which a tunnel ends.
    fn may_concern(&self, ends: Ends, observer: &Observer) -> bool {
        observer.is_home_agent(ends.source)
            || observer.is_home_agent(ends.destination)
            || !self.world().nodes_at(ends.destination).is_empty()
    }

    fn take_packet(&mut self, opened: Opened<'_, '_>, observer: &Observer) {
        let Ends { source, destination, ports } = opened.ends;
        let down =
            (source, FarEnd { address: destination, port: ports.map(|ports| ports.1) }, Direction::Downlink);
        let up =
            (destination, FarEnd { address: source, port: ports.map(|ports| ports.0) }, Direction::Uplink);
        self.look_for_forward(&opened, down, observer);
        let ways = match (observer.is_home_agent(source), observer.is_home_agent(destination)) {
            (true, true) => vec![down, up],
            (true, false) => vec![down],
            (false, true) => vec![up],
            (false, false) => return,
        };
        // Between two home agents it runs the way in which it belongs to somebody.
        let belongs = |way: &&(Ipv4Addr, FarEnd, Direction)| owner(&opened, **way, observer).is_some();
        let Some(way) = ways.iter().find(belongs).or(ways.first()) else { return };
        let node = owner(&opened, *way, observer);
        self.judge_packet(&opened, *way, node, observer);
    }

    /// Shows the packet to the rules about data packets (D13).
    fn judge_packet(
        &mut self,
        opened: &Opened<'_, '_>,
        way: (Ipv4Addr, FarEnd, Direction),
        node: Option<u32>,
        observer: &Observer,
    ) {
        let mut reports = self.take_reports();
        let carried = self.carried(opened, way, node, observer);
        let context = context_of(&carried);
        for (rule, check) in self.packet_checks() {
            check(&carried, &mut Finder::new(rule, context, &mut reports));
        }
        let far_end = carried.far_end;
        self.put_reports(reports, node, observer);
        if let Some(session) = node.and_then(|node| self.world_mut().session_mut(node, observer)) {
            session.traffic.note_use(far_end, opened.place.time);
        }
    }

    /// Shows the packet to the rules about tunnels to a care-of address, of whichever sender.
    fn look_for_forward(
        &mut self,
        opened: &Opened<'_, '_>,
        way: (Ipv4Addr, FarEnd, Direction),
        observer: &Observer,
    ) {
        let Some(inner) = opened.peeled.inner else { return };
        let is_it = |slot: &&u32| {
            observer.node(**slot).is_some_and(|node| {
                node.home_address.map(IpAddr::V4) == Some(inner.destination()) && node.home_agent != way.0
            })
        };
        let found = self.world().nodes_at(way.1.address).iter().find(is_it).copied();
        let Some(node) = found else { return };
        let mut reports = self.take_reports();
        let carried = self.carried(opened, way, Some(node), observer);
        let context = context_of(&carried);
        for (rule, check) in self.forward_checks() {
            check(&carried, &mut Finder::new(rule, context, &mut reports));
        }
        self.put_reports(reports, Some(node), observer);
    }

    fn carried<'c, 'a>(
        &'c self,
        opened: &Opened<'c, 'a>,
        (home_agent, far_end, direction): (Ipv4Addr, FarEnd, Direction),
        node: Option<u32>,
        observer: &'c Observer,
    ) -> Carried<'c, 'a> {
        let payload =
            opened.peeled.inner.map(|inner| payload_of(home_agent, &inner, observer).unwrap_or(inner));
        let facts = payload.as_ref().map(FlowFacts::of);
        let downlink = facts.as_ref().map(|facts| match direction {
            Direction::Downlink => Downlink::of_downlink(facts),
            Direction::Uplink => Downlink::of_uplink(facts),
        });
        let node = node.and_then(|slot| observer.node(slot).map(|node| (slot, node)));
        let session = node.and_then(|(slot, _)| self.world().session(slot, observer));
        let disturbed = session.and_then(|session| session.disturbed);
        Carried {
            place: opened.place,
            direction,
            home_agent,
            far_end,
            outer: opened.outer,
            udp: opened.udp,
            peeled: opened.peeled,
            inner: opened.peeled.inner,
            payload,
            facts,
            downlink,
            node,
            session,
            rule: node.zip(downlink).and_then(|((_, node), downlink)| node.policy().decide(&downlink)),
            quiet: disturbed.is_none_or(|disturbed| opened.place.time.since(disturbed) > GRACE),
            anchored: self.world().options.cold_start || session.is_some_and(|session| session.anchored),
            world: self.world(),
            observer,
        }
    }
}

/// The node a packet belongs to (D13): that of the payload's local address, or of the inner packet's.
fn owner(
    opened: &Opened<'_, '_>,
    (home_agent, _, direction): (Ipv4Addr, FarEnd, Direction),
    observer: &Observer,
) -> Option<u32> {
    let inner = opened.peeled.inner?;
    let local = |packet: &IpPacket<'_>| match direction {
        Direction::Downlink => packet.destination(),
        Direction::Uplink => packet.source(),
    };
    let payload = payload_of(home_agent, &inner, observer);
    payload
        .and_then(|payload| observer.owner_of(home_agent, local(&payload)))
        .or_else(|| observer.owner_of(home_agent, local(&inner)))
}

/// The packet inside a packet that is itself tunnelled between the home agent and a home address (D13).
fn payload_of<'a>(home_agent: Ipv4Addr, inner: &IpPacket<'a>, observer: &Observer) -> Option<IpPacket<'a>> {
    let home_agent_address = IpAddr::V4(home_agent);
    let home_address = match (inner.source(), inner.destination()) {
        (source, destination) if source == home_agent_address => destination,
        (source, destination) if destination == home_agent_address => source,
        _ => return None,
    };
    let is_home = |node: &Node| node.home_address.map(IpAddr::V4) == Some(home_address);
    observer.node(observer.owner_of(home_agent, home_address)?).filter(|node| is_home(node))?;
    peel_packet(inner)?.inner
}

fn context_of(carried: &Carried<'_, '_>) -> Context {
    let sender = match carried.direction {
        Direction::Downlink => Subject::HomeAgent,
        Direction::Uplink => {
            let bindings = carried.live_here();
            let foreign = !bindings.is_empty() && bindings.iter().all(|binding| !binding.flags.co_located());
            if foreign { Subject::ForeignAgent } else { Subject::MobileNode }
        }
    };
    Context {
        place: carried.place,
        sender,
        node: carried.node.map(|(slot, _)| slot),
        home_address: carried.node.and_then(|(_, node)| node.home_address),
    }
}
