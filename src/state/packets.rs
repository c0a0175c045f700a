//! What tunnelled packets show: whose they are, which tunnel they took, and whether the policy wanted that.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::directory::NodeId;
use super::flow::{Key, Marks, NO_TUNNEL};
use super::judge::{Charge, Judge};
use super::messages::Attribution;
use super::observer::ipv4;
use super::selector::Downlink;
use super::{Direction, Effect, Encapsulation, FarEnd, Node, Observer, Tunnel};
use crate::net::{Datagram, FlowFacts, IpPacket, Peeled, UdpTunnel, peel, peel_packet};
use crate::time::Timestamp;
use crate::wire::IpProtocol;

/// The most care-of addresses of one home agent that are kept apart without being registered.
const UNKNOWN_TUNNELS: usize = 1 << 12;

impl Observer {
    /// Takes a tunnelled packet, after [`Observer::advance`] to its time.
    pub fn tunnel(&mut self, tunnel: &crate::net::Tunnel<'_>, time: Timestamp) -> Attribution {
        let header = &tunnel.outer.header;
        let (source, destination) = (header.source, header.destination);
        if !self.directory.is_agent(source) && !self.directory.is_agent(destination) {
            return Attribution::default();
        }
        if self.duplicates.is_copy(&tunnel.outer, time) {
            return Attribution { copy: true, ..Attribution::default() };
        }
        let ends = Ends { source, destination, ports: None };
        self.carried(ends, &peel(tunnel), time)
    }

    /// Takes a Tunnel Data message (RFC 3519 §3.3).
    pub(super) fn tunnel_data(&mut self, datagram: &Datagram<'_>, time: Timestamp) -> Attribution {
        let (SocketAddr::V4(source), SocketAddr::V4(destination)) = (datagram.source, datagram.destination)
        else {
            return Attribution::default();
        };
        let Some(peeled) = UdpTunnel::of(datagram).and_then(|tunnel| tunnel.peeled) else {
            return Attribution::default();
        };
        let ends = Ends {
            source: *source.ip(),
            destination: *destination.ip(),
            ports: Some((source.port(), destination.port())),
        };
        self.carried(ends, &peeled, time)
    }

    fn carried(&mut self, ends: Ends, peeled: &Peeled<'_>, time: Timestamp) -> Attribution {
        let Some(inner) = &peeled.inner else { return self.without_inner(ends) };
        for direction in [Direction::Downlink, Direction::Uplink] {
            let (home_agent, far_end) = ends.seen(direction);
            if !self.directory.is_agent(home_agent) {
                continue;
            }
            let payload = self.payload(home_agent, inner);
            let facts = FlowFacts::of(payload.as_ref().unwrap_or(inner));
            let owner = self
                .owner(home_agent, direction, &facts)
                .or_else(|| payload.and_then(|_| self.owner(home_agent, direction, &FlowFacts::of(inner))));
            if let Some(slot) = owner {
                if let Some(tunnel) = self.tunnel_of(slot, home_agent, far_end, peeled.encapsulation) {
                    self.tunnelled = self.tunnelled.saturating_add(1);
                    self.account(slot, tunnel, direction, &facts, time);
                    return Attribution { node: Some(slot), copy: false, tunnelled: true };
                }
            } else if self.directory.knows_far_end(home_agent, far_end.address) {
                self.tunnelled = self.tunnelled.saturating_add(1);
                return Attribution { node: None, copy: false, tunnelled: true };
            }
        }
        self.unknown(ends);
        Attribution::default()
    }

    /// A packet whose inside cannot be read counts by its endpoints alone.
    fn without_inner(&mut self, ends: Ends) -> Attribution {
        let known = [Direction::Downlink, Direction::Uplink].into_iter().any(|direction| {
            let (home_agent, far_end) = ends.seen(direction);
            self.directory.knows_far_end(home_agent, far_end.address)
        });
        self.tunnelled = self.tunnelled.saturating_add(u64::from(known));
        if !known {
            self.unknown(ends);
        }
        Attribution { tunnelled: known, ..Attribution::default() }
    }

    /// Counts a packet between a home agent and a care-of address that was never registered here.
    fn unknown(&mut self, ends: Ends) {
        for direction in [Direction::Downlink, Direction::Uplink] {
            let (home_agent, far_end) = ends.seen(direction);
            if !self.directory.is_agent(home_agent) {
                continue;
            }
            if let Some(traffic) = self.directory.agent_mut(home_agent) {
                let room = traffic.unknown_tunnels.len() < UNKNOWN_TUNNELS;
                match traffic.unknown_tunnels.get_mut(&far_end.address) {
                    Some(seen) => seen.packets = seen.packets.saturating_add(1),
                    None if room => {
                        traffic.unknown_tunnels.entry(far_end.address).or_default().packets = 1;
                    }
                    None => traffic.other_unknown = traffic.other_unknown.saturating_add(1),
                }
            }
            return;
        }
    }

    /// The packet inside a packet that is itself tunnelled between the home agent and a home address.
    fn payload<'a>(&self, home_agent: Ipv4Addr, inner: &IpPacket<'a>) -> Option<IpPacket<'a>> {
        let is_tunnel = matches!(
            IpProtocol(inner.protocol()),
            IpProtocol::IP_IN_IP | IpProtocol::MINIMAL | IpProtocol::GRE | IpProtocol::IPV6
        );
        if !is_tunnel {
            return None;
        }
        let (source, destination) = (ipv4(inner.source())?, ipv4(inner.destination())?);
        let home_address = match home_agent {
            agent if agent == source => destination,
            agent if agent == destination => source,
            _ => return None,
        };
        self.directory.find(home_agent, home_address)?;
        peel_packet(inner)?.inner
    }

    /// The node a packet belongs to: that of the inner destination downlink, of the inner source uplink, by home
    /// address or by prefix.
    fn owner(&self, home_agent: Ipv4Addr, direction: Direction, facts: &FlowFacts) -> Option<u32> {
        let address = match direction {
            Direction::Downlink => facts.key.destination,
            Direction::Uplink => facts.key.source,
        };
        ipv4(address)
            .and_then(|address| self.directory.find(home_agent, address))
            .or_else(|| self.directory.behind(home_agent, address))
    }

    /// The tunnel of a node that ends at `far_end`; one is made where the end is registered, but by another node.
    fn tunnel_of(
        &mut self,
        slot: u32,
        home_agent: Ipv4Addr,
        far_end: FarEnd,
        encapsulation: crate::net::Encapsulation,
    ) -> Option<u16> {
        let known = self.directory.nodes.get(slot as usize)?.tunnel_to(far_end, self.clock);
        let index = match known {
            Some(index) => index,
            None if self.directory.knows_far_end(home_agent, far_end.address) => {
                let encapsulation = match encapsulation {
                    _ if far_end.port.is_some() => Encapsulation::Udp,
                    crate::net::Encapsulation::Minimal => Encapsulation::Minimal,
                    crate::net::Encapsulation::Gre => Encapsulation::Gre,
                    crate::net::Encapsulation::IpIp | crate::net::Encapsulation::SixInFour => {
                        Encapsulation::IpInIp
                    }
                };
                let stray = Tunnel::new(None, far_end.address, encapsulation, far_end);
                self.directory.nodes.get_mut(slot as usize)?.push_tunnel(stray)?
            }
            None => return None,
        };
        u16::try_from(index).ok()
    }

    /// Counts a packet for its flow, tunnel and rule, and judges it.
    fn account(&mut self, slot: u32, tunnel: u16, direction: Direction, facts: &FlowFacts, time: Timestamp) {
        let clock = self.clock;
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        node.settle(clock);
        if let Some(tunnel) = node.tunnel_mut(tunnel.into()) {
            tunnel.traffic_mut(direction).add(facts.length);
        }
        let packet = match direction {
            Direction::Downlink => Downlink::of_downlink(facts),
            Direction::Uplink => Downlink::of_uplink(facts),
        };
        let Some(key) = self.key(slot, &packet) else {
            self.homeless_flows = self.homeless_flows.saturating_add(1);
            return;
        };
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        let id = NodeId { slot, birth: node.birth };
        let found = self.flows.find(&key);
        let known = found.filter(|flow| self.flows.flow_mut(*flow).is_some_and(|flow| flow.owner() == id));
        let flow = match known {
            Some(flow) => Some(flow),
            None if node.flows < self.options.limits.flows_of_one_node => {
                node.flows = node.flows.saturating_add(1);
                if let Some(tunnel) = node.tunnel_mut(tunnel.into()) {
                    tunnel.flows = tunnel.flows.saturating_add(1);
                }
                let (flow, forgotten) = match found {
                    Some(flow) => (flow, self.flows.hand_over(flow, id, tunnel, time)),
                    None => self.flows.insert(key, id, tunnel, time),
                };
                self.forget_flow_of(forgotten);
                Some(flow)
            }
            None => None,
        };
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        let Some(flow) = flow else {
            self.homeless_flows = self.homeless_flows.saturating_add(1);
            return;
        };
        if self.flows.count(flow, tunnel, direction, facts.length, time)
            && let Some(tunnel) = node.tunnel_mut(tunnel.into())
        {
            tunnel.flows = tunnel.flows.saturating_add(1);
        }
        self.judge(flow, slot, tunnel, direction, &packet, facts, time);
    }

    /// Counts a flow that was forgotten to make room; those of a node that fell out were counted with it.
    fn forget_flow_of(&mut self, node: Option<NodeId>) {
        let slot = node.and_then(|node| self.directory.slot(node));
        if let Some(node) = slot.and_then(|slot| self.directory.nodes.get_mut(slot as usize)) {
            node.flows = node.flows.saturating_sub(1);
            self.evicted_flows = self.evicted_flows.saturating_add(1);
        }
    }

    /// The key of a packet's flow, in downlink orientation.
    fn key(&mut self, slot: u32, packet: &Downlink) -> Option<Key> {
        let home_agent = self.directory.nodes.get(slot as usize)?.home_agent;
        let (correspondent, local, is_ipv6) = match (packet.source, packet.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => (source.into(), destination.into(), false),
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let addresses = &mut self.flows.addresses6;
                (addresses.number(source)?, addresses.number(destination)?, true)
            }
            _ => return None,
        };
        let ports = packet.source_port.zip(packet.destination_port);
        Some(Key {
            home_agent: home_agent.into(),
            correspondent,
            local,
            ports: ports.map_or(0, |(source, destination)| u32::from(source) << 16 | u32::from(destination)),
            protocol: packet.protocol,
            is_ipv6,
            has_ports: ports.is_some(),
        })
    }

    // A judgement looks at the packet from every side, and each side is one argument.
    #[allow(clippy::too_many_arguments)]
    fn judge(
        &mut self,
        flow: u32,
        slot: u32,
        tunnel: u16,
        direction: Direction,
        packet: &Downlink,
        facts: &FlowFacts,
        time: Timestamp,
    ) {
        let Some(node) = self.directory.nodes.get_mut(slot as usize) else { return };
        let Some(entry) = self.flows.flow_mut(flow) else { return };
        let rule = if entry.generation == node.generation
            && !node.policy().looks_at_packets()
            && !facts.is_fragment_without_ports
        {
            usize::from(entry.rule).checked_sub(1)
        } else {
            entry.generation = node.generation;
            node.policy().decide(packet)
        };
        entry.rule = rule.and_then(|index| u16::try_from(index.saturating_add(1)).ok()).unwrap_or(0);
        let Some(index) = rule else {
            entry.expected = 0;
            if let Some(left) = note_switch(entry, node, tunnel, direction, facts, time) {
                self.suspect(flow, Charge::Left(left), time);
            }
            return;
        };
        entry.marks.set(Marks::RULED);
        let Some(effect) = node.count_rule(index, facts.length) else { return };
        entry.expected = if let Effect::Forward(bid) = effect { bid } else { 0 };
        let mark = match effect {
            Effect::Drop => Marks::LEAKS,
            Effect::Exhausted => Marks::EXHAUSTED,
            Effect::Forward(bid) if node.goes_to(tunnel.into(), bid) => return,
            Effect::Forward(_) => Marks::STRAYS,
        };
        if !entry.marks.has(mark) && Judge::can_judge(node.last_change, time) {
            self.suspect(flow, Charge::Against(mark), time);
        }
    }
}

/// Notes which tunnel a packet without a rule took (observer.md; TUN-024 for what is too often). Gives the tunnel
/// it left although that one was alive.
fn note_switch(
    entry: &mut super::flow::Flow,
    node: &Node,
    tunnel: u16,
    direction: Direction,
    facts: &FlowFacts,
    time: Timestamp,
) -> Option<u16> {
    let [downlink, uplink] = &mut entry.switches;
    let (own, other) = match direction {
        Direction::Downlink => (downlink, uplink),
        Direction::Uplink => (uplink, downlink),
    };
    let alive =
        |index: u16| node.tunnels().get(usize::from(index)).is_some_and(|tunnel| tunnel.is_alive(time));
    let before = if own.tunnel == NO_TUNNEL { other.tunnel } else { own.tunnel };
    let changed = before != NO_TUNNEL && before != tunnel && alive(tunnel);
    if changed && !alive(before) {
        entry.marks.set(Marks::MOVED);
    }
    let switched = changed && alive(before) && before == own.tunnel;
    let counts = !facts.is_fragment_without_ports
        && !matches!(IpProtocol(facts.key.protocol), IpProtocol::ICMP | IpProtocol::ICMPV6);
    if own.note(tunnel, node.exchanges, switched) && counts {
        entry.marks.set(Marks::PER_PACKET);
    }
    switched.then_some(before)
}

/// The two ends of a tunnelled packet.
#[derive(Clone, Copy)]
struct Ends {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    /// UDP ports, for a tunnel in UDP.
    ports: Option<(u16, u16)>,
}

impl Ends {
    /// The home agent and the far end, if the packet runs in this direction.
    fn seen(self, direction: Direction) -> (Ipv4Addr, FarEnd) {
        match direction {
            Direction::Downlink => {
                (self.source, FarEnd { address: self.destination, port: self.ports.map(|ports| ports.1) })
            }
            Direction::Uplink => {
                (self.destination, FarEnd { address: self.source, port: self.ports.map(|ports| ports.0) })
            }
        }
    }
}

impl Node {
    /// Counts a packet for the rule that decided it, and says what the rule does now.
    fn count_rule(&mut self, index: usize, bytes: u32) -> Option<Effect> {
        let rule = self.policy_mut().rule_mut(index)?;
        rule.packets = rule.packets.saturating_add(1);
        rule.bytes = rule.bytes.saturating_add(bytes.into());
        Some(self.policy().rules().get(index)?.effect(|bid| self.is_active(bid)))
    }

    /// Whether the far end of this tunnel is where the binding with this identifier ends. Two bindings can share
    /// an end; a packet to it is in the tunnel of both.
    fn goes_to(&self, tunnel: usize, bid: u8) -> bool {
        let Some(taken) = self.tunnels().get(tunnel) else { return false };
        self.tunnels().iter().any(|wanted| {
            wanted.bid.map(super::Bid::octet) == Some(bid)
                && wanted.far_end == taken.far_end
                && self.active().any(|binding| {
                    binding.bid() == wanted.bid && binding.care_of_address == wanted.care_of_address
                })
        })
    }
}
