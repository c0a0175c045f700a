//! What tunnelled packets show: the node they belong to, the tunnel they took, and whether the policy wanted that.

use std::net::{Ipv4Addr, SocketAddr};

use super::batch::Sighting;
use super::directory::NodeId;
use super::duplicates::Print;
use super::fingerprint::Sample;
use super::flow::{Flow, Key, Marks, NO_TUNNEL, Path};
use super::judge::{Charge, Judge};
use super::messages::Attribution;
use super::observer::ipv4;
use super::selector::Downlink;
use super::sprays::Spray;
use super::{Direction, Effect, Encapsulation, Ends, Node, Observer, Tunnel};
use crate::net::{Datagram, FlowFacts, Peeled, UdpTunnel, peel};
use crate::time::Timestamp;
use crate::wire::IpProtocol;

/// The most unregistered Care-of Addresses of one Home Agent that are counted one by one.
const UNKNOWN_TUNNELS: usize = 1 << 12;

/// The node has no room for another tunnel.
#[derive(Clone, Copy, Debug)]
struct NoRoom;

impl Observer {
    /// Takes a tunnelled packet, after [`Observer::advance`] to its time.
    pub fn tunnel(&mut self, tunnel: &crate::net::Tunnel<'_>, time: Timestamp) -> Attribution {
        self.take_number();
        let header = &tunnel.outer.header;
        let (source, destination) = (header.source, header.destination);
        let agents = (self.directory.agents.number(source), self.directory.agents.number(destination));
        if agents == (None, None) {
            return self.take_of_no_agent(&Sample::from(&tunnel.outer), time);
        }
        let print = self.duplicates.print(&Sample::from(&tunnel.outer));
        let ends = Ends { source, destination, ports: None };
        let one_way = match agents {
            (Some(agent), None) => Some((agent, Direction::Downlink)),
            (None, Some(agent)) => Some((agent, Direction::Uplink)),
            (Some(_), Some(_)) | (None, None) => None,
        };
        let waits = !self.options.attribute && one_way.is_some();
        if !waits && self.is_copy_now(print, time) {
            return Attribution { copy: true, ..Attribution::default() };
        }
        let print = waits.then_some(print);
        if !self.options.attribute
            && let Some((agent, direction)) = one_way
            && let Some(facts) = FlowFacts::of_plain(tunnel)
        {
            let (_, far_end) = ends.seen(direction);
            if let Some(sighting) = self.sighting(agent, far_end, direction, &facts, time) {
                self.hold(Sighting { print, ..sighting });
            }
            return Attribution::default();
        }
        let peeled = peel(tunnel);
        // A packet whose inner packet cannot be read does not wait, so its copies are told apart now.
        if peeled.inner.is_none()
            && let Some(print) = print
            && self.is_copy_now(print, time)
        {
            return Attribution { copy: true, ..Attribution::default() };
        }
        self.carried(ends, agents, &peeled, print, time)
    }

    /// Whether a packet is a copy of one seen just before. Waiting packets, which came before it, are counted first.
    fn is_copy_now(&mut self, print: Print, time: Timestamp) -> bool {
        self.flush();
        self.duplicates.is_repeated(print, time)
    }

    /// Takes a fragment of a tunnelled packet, which changes no table; tells whether the capture holds it twice.
    pub fn fragment(&mut self, fragment: &crate::net::Tunnel<'_>, time: Timestamp) -> Attribution {
        let header = &fragment.outer.header;
        let concerns =
            self.directory.agents.has(header.source) || self.directory.agents.has(header.destination);
        let copy = concerns && {
            // Waiting packets need not be counted first: none of them is a fragment like this one.
            self.duplicates.is_copy(&Sample::from(&fragment.outer), time)
        };
        Attribution { copy, ..Attribution::default() }
    }

    /// Takes a Tunnel Data message (RFC 3519 §3.3).
    pub(super) fn tunnel_data(&mut self, datagram: &Datagram<'_>, time: Timestamp) -> Attribution {
        self.take_number();
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
        let agents =
            (self.directory.agents.number(ends.source), self.directory.agents.number(ends.destination));
        self.carried(ends, agents, &peeled, None, time)
    }

    /// Takes the packet that was carried between two ends; `agents` are the numbers of the source and the destination
    /// that are Home Agents.
    fn carried(
        &mut self,
        ends: Ends,
        agents: (Option<u16>, Option<u16>),
        peeled: &Peeled<'_>,
        print: Option<Print>,
        time: Timestamp,
    ) -> Attribution {
        let Some(inner) = &peeled.inner else { return self.without_inner(ends) };
        let mut ways = [(agents.0, Direction::Downlink), (agents.1, Direction::Uplink)];
        let is_one_way = agents.0.is_none() || agents.1.is_none();
        if !is_one_way {
            // Between two Home Agents, a packet has the direction in which a node owns it. Waiting packets come first.
            self.flush();
            let is_owned = |direction| self.owner_of_inner(ends.seen(direction), direction, inner).is_some();
            if !is_owned(Direction::Downlink) && is_owned(Direction::Uplink) {
                ways.reverse();
            }
        }
        for (agent, direction) in ways {
            let Some(agent) = agent else { continue };
            let (home_agent, far_end) = ends.seen(direction);
            let payload = self.payload_of(home_agent, inner);
            let facts = FlowFacts::of(payload.as_ref().unwrap_or(inner));
            let Some(sighting) = self.sighting(agent, far_end, direction, &facts, time) else {
                continue;
            };
            let carrier = match direction {
                Direction::Downlink => inner.destination(),
                Direction::Uplink => inner.source(),
            };
            let encapsulation = match peeled.encapsulation {
                _ if ends.ports.is_some() => Encapsulation::Udp,
                crate::net::Encapsulation::Minimal => Encapsulation::Minimal,
                crate::net::Encapsulation::Gre => Encapsulation::Gre,
                crate::net::Encapsulation::IpIp | crate::net::Encapsulation::SixInFour => {
                    Encapsulation::IpInIp
                }
            };
            let hides_flow = sighting.hides_flow
                || facts.is_cut_before_ports()
                || payload.is_none() && self.is_nested(home_agent, inner);
            let carrier = payload.and_then(|_| ipv4(carrier));
            let sighting = Sighting { print, hides_flow, carrier, encapsulation, ..sighting };
            if !self.options.attribute && is_one_way {
                self.hold(sighting);
                return Attribution::default();
            }
            self.flush();
            let attribution = self.account(&sighting);
            if attribution.tunnelled {
                return attribution;
            }
        }
        if self.options.attribute || !is_one_way {
            self.unknown(ends);
        }
        Attribution::default()
    }

    /// Takes a packet in a tunnel with neither end a known Home Agent. Copies are told apart here too: the rules judge
    /// such packets (TUN-015), and the Home Agent may be known by the time that the copy comes.
    pub(super) fn take_of_no_agent(&mut self, sample: &Sample<'_>, time: Timestamp) -> Attribution {
        let copy = self.duplicates.is_copy(sample, time);
        self.of_no_agent = self.of_no_agent.saturating_add(u64::from(!copy));
        Attribution { copy, ..Attribution::default() }
    }

    /// Counts a packet whose inner packet cannot be read, by its endpoints alone.
    fn without_inner(&mut self, ends: Ends) -> Attribution {
        let known = [Direction::Downlink, Direction::Uplink].into_iter().any(|direction| {
            let (home_agent, far_end) = ends.seen(direction);
            self.directory.far_ends.contains(home_agent, far_end.address)
        });
        self.tunnelled = self.tunnelled.saturating_add(u64::from(known));
        if !known {
            self.unknown(ends);
        }
        Attribution { tunnelled: known, ..Attribution::default() }
    }

    /// Counts a packet between a Home Agent and a Care-of Address that was never registered with it.
    pub(super) fn unknown(&mut self, ends: Ends) {
        for direction in [Direction::Downlink, Direction::Uplink] {
            let (home_agent, far_end) = ends.seen(direction);
            if !self.directory.agents.has(home_agent) {
                continue;
            }
            if let Some(traffic) = self.directory.agents.traffic_mut(home_agent) {
                let has_room = self.unknown_tunnels < self.options.limits.unknown_tunnels
                    && traffic.unknown_tunnels.len() < UNKNOWN_TUNNELS;
                match traffic.unknown_tunnels.get_mut(&far_end.address) {
                    Some(seen) => seen.packets = seen.packets.saturating_add(1),
                    None if has_room => {
                        self.unknown_tunnels = self.unknown_tunnels.saturating_add(1);
                        traffic.unknown_tunnels.entry(far_end.address).or_default().packets = 1;
                    }
                    None => traffic.other_unknown = traffic.other_unknown.saturating_add(1),
                }
            }
            return;
        }
    }

    /// The tunnel of a node that a packet took. If the far end is registered, but by another node, a tunnel is created;
    /// `Err` means that there was no room for it. `None` if nobody registered the far end.
    fn tunnel_of(
        &mut self,
        slot: u32,
        home_agent: Ipv4Addr,
        sighting: &Sighting,
    ) -> Option<Result<u16, NoRoom>> {
        let far_end = sighting.far_end;
        let known = self.directory.nodes.get(slot as usize)?.tunnel_to(
            far_end,
            sighting.encapsulation,
            sighting.clock,
        );
        let index = match known {
            Some(index) => index,
            // The node is behind this NAT: another port of the NAT belongs to no known node.
            None if self.directory.nodes.get(slot as usize)?.is_behind_nat(far_end) => return None,
            None if self.directory.far_ends.contains(home_agent, far_end.address) => {
                let stray = Tunnel::new(None, far_end.address, sighting.encapsulation, far_end);
                match self.directory.nodes.get_mut(slot as usize)?.push_tunnel(stray) {
                    Some(index) => index,
                    None => return Some(Err(NoRoom)),
                }
            }
            None => return None,
        };
        Some(u16::try_from(index).map_err(|_| NoRoom))
    }

    /// Finds the node and the tunnel of a packet, counts the packet and judges it.
    pub(super) fn account(&mut self, sighting: &Sighting) -> Attribution {
        let key = sighting.key;
        let packet = self.packet(sighting);
        let home_agent = self.directory.agents.address(key.agent);
        let owner_of = |address| self.owner_at(home_agent, address, sighting.far_end);
        let owner = owner_of(packet.destination);
        let carrier = || sighting.carrier.and_then(|carrier| owner_of(carrier.into()));
        let Some(node) = owner.or_else(carrier) else {
            let known = self.directory.far_ends.contains(home_agent, sighting.far_end.address);
            self.tunnelled = self.tunnelled.saturating_add(u64::from(known));
            return Attribution { tunnelled: known, ..Attribution::default() };
        };
        self.directory.settle(node, sighting.clock);
        let Some(tunnel) = self.tunnel_of(node, home_agent, sighting) else {
            return Attribution::default();
        };
        self.tunnelled = self.tunnelled.saturating_add(1);
        let attribution = Attribution { node: Some(node), tunnelled: true, ..Attribution::default() };
        let Ok(tunnel) = tunnel else {
            self.evicted_others = self.evicted_others.saturating_add(1);
            return attribution;
        };
        let Some(id) = self.directory.id(node) else { return attribution };
        let path = Path::new(tunnel, sighting.far_end, sighting.time);
        let Some(slot) = self.flow_of(key, id, path) else {
            self.homeless_flows = self.homeless_flows.saturating_add(1);
            self.uncounted.packet((node, id.birth.get(), tunnel), sighting.direction, sighting.bytes);
            return attribution;
        };
        if !self.flows.count(slot, path, sighting.direction, sighting.bytes) {
            self.evicted_others = self.evicted_others.saturating_add(1);
            self.uncounted.packet((node, id.birth.get(), tunnel), sighting.direction, sighting.bytes);
        }
        self.judge(slot, node, tunnel, sighting, &packet);
        let Some(flow) = self.flows.flow_mut(slot) else { return attribution };
        if owner.is_none() {
            // A later packet between the same addresses belongs to no node unless a packet of a node carries it.
            flow.marks.clear(Marks::STEADY);
        }
        if self.options.keep_before
            && flow.marks.has(Marks::STEADY)
            && let Some(pulse) = self.directory.pulse(node)
        {
            self.stand(slot, sighting, pulse);
        }
        attribution
    }

    /// The slot of a node's flow with this key, created if there is none; `None` when the node has too many flows.
    fn flow_of(&mut self, key: Key, id: NodeId, path: Path) -> Option<u32> {
        let found = self.flows.find(&key);
        let owner = found.and_then(|slot| self.flows.flow_mut(slot).map(|flow| flow.owner()));
        if owner == Some(id) {
            return found;
        }
        if let Some(slot) = self.flows.take_back(&key, id) {
            return Some(slot);
        }
        let is_orphan = owner.is_some_and(|owner| self.directory.slot(owner).is_none());
        let node = self.directory.nodes.get_mut(id.slot as usize)?;
        if node.flows >= self.options.limits.flows_of_one_node {
            return None;
        }
        node.flows = node.flows.saturating_add(1);
        let (slot, forgotten) = match found.filter(|_| is_orphan) {
            Some(slot) => (slot, self.flows.hand_over(slot, id, path)),
            None => self.flows.insert(key, id, path),
        };
        self.forget_flow_of(forgotten);
        if self.flows.has_many_forgotten() {
            self.keep_forgotten();
        }
        Some(slot)
    }

    /// Counts a flow that was forgotten to make room. Flows of an evicted node were counted with the node.
    fn forget_flow_of(&mut self, node: Option<NodeId>) {
        let slot = node.and_then(|node| self.directory.slot(node));
        if let Some(node) = slot.and_then(|slot| self.directory.nodes.get_mut(slot as usize)) {
            node.flows = node.flows.saturating_sub(1);
            self.evicted_flows = self.evicted_flows.saturating_add(1);
        }
    }

    fn judge(&mut self, slot: u32, node_slot: u32, tunnel: u16, sighting: &Sighting, packet: &Downlink) {
        let Some(node) = self.directory.nodes.get(node_slot as usize) else { return };
        if node.is_inner_side(tunnel.into()) {
            // The packet is judged where it is seen on the outer side of the NAT.
            if let Some(flow) = self.flows.flow_mut(slot) {
                flow.marks.clear(Marks::STEADY);
            }
            return;
        }
        let rule = node.policy().decide(packet);
        let number = rule.and_then(|index| u16::try_from(index.saturating_add(1)).ok()).unwrap_or(0);
        let Some(flow) = self.flows.flow_mut(slot) else { return };
        if flow.rule != number || flow.policy != node.policy().number() {
            self.count_ruled(slot);
        }
        let Some(node) = self.directory.nodes.get(node_slot as usize) else { return };
        let Some(flow) = self.flows.flow_mut(slot) else { return };
        flow.rule = number;
        flow.policy = node.policy().number();
        if flow.generation != node.generation {
            flow.generation = node.generation;
            flow.forget_vouchers();
        }
        flow.marks.clear(Marks::STEADY);
        // Only packets in the first tunnel can be steady. Where rules look at packets, or encapsulation distinguishes
        // two tunnels, each packet has to be looked at.
        let may_be_steady = flow.path.tunnel == tunnel
            && !node.policy().looks_at_packets()
            && !node.shares_end(tunnel.into());
        let is_sure = node.policy().is_sure(rule);
        let Some(rule) = rule.and_then(|index| node.policy().rules().get(index)) else {
            flow.expected = 0;
            let (left, sprays) = note_switch(flow, node, tunnel, sighting);
            if may_be_steady {
                flow.marks.set(Marks::STEADY);
            }
            if sprays {
                let Sighting { number, direction, far_end, .. } = *sighting;
                self.sprays.add(Spray { number, node: node_slot, direction, packet: *packet, far_end });
            }
            if let Some(left) = left {
                self.suspect(slot, Charge::Left(left), sighting.time);
            }
            return;
        };
        flow.marks.set(Marks::RULED);
        flow.ruled_packets = flow.ruled_packets.saturating_add(1);
        flow.ruled_bytes = flow.ruled_bytes.saturating_add(sighting.bytes.into());
        let effect = node.effect_of(rule);
        flow.expected = if let Effect::Forward(bid) = effect { bid } else { 0 };
        let mark = match effect {
            Effect::Drop => Some(Marks::LEAKS),
            Effect::Exhausted => Some(Marks::EXHAUSTED),
            Effect::Forward(bid) if node.goes_to(tunnel.into(), sighting, bid) => None,
            Effect::Forward(_) => Some(Marks::STRAYS),
        };
        match mark {
            Some(mark) if is_sure && !flow.marks.has(mark) => {
                let judged = Judge::can_judge(node.last_change, sighting.time);
                judged.then(|| self.suspect(slot, Charge::Against(mark), sighting.time));
            }
            Some(_) | None if may_be_steady => flow.marks.set(Marks::STEADY),
            Some(_) | None => {}
        }
    }
}

/// Notes which tunnel a packet without a rule took. Returns the tunnel that the packet left although that tunnel was
/// alive, and whether this direction of the flow has now switched too often (TUN-024), which is reported once.
fn note_switch(flow: &mut Flow, node: &Node, tunnel: u16, sighting: &Sighting) -> (Option<u16>, bool) {
    let protocol = IpProtocol(flow.key.protocol);
    let [downlink, uplink] = &mut flow.switches;
    let (own, other) = match sighting.direction {
        Direction::Downlink => (downlink, uplink),
        Direction::Uplink => (uplink, downlink),
    };
    let alive = |index: u16| {
        node.tunnels().get(usize::from(index)).is_some_and(|tunnel| tunnel.is_alive(sighting.time))
    };
    // If neither direction has a tunnel noted, all earlier packets were later fragments, or were seen within a NAT.
    let noted = [own.tunnel, other.tunnel].into_iter().find(|tunnel| *tunnel != NO_TUNNEL);
    let first = Some(flow.path.tunnel).filter(|first| !node.is_inner_side((*first).into()));
    let before = noted.or(first).unwrap_or(tunnel);
    let changed = before != tunnel && alive(tunnel) && !node.are_one_way(before.into(), tunnel.into());
    // A tunnel that no binding ever had has not ended.
    let had_ended = |index: u16| {
        !alive(index) && node.tunnels().get(usize::from(index)).is_some_and(|tunnel| tunnel.opened() > 0)
    };
    if changed && had_ended(before) {
        flow.marks.set(Marks::MOVED);
    }
    // A packet that may belong to another flow counts as no switch (TUN-024), nor does a packet that may belong to a
    // rule that found no room.
    if sighting.hides_flow || !node.policy().is_sure(None) {
        return (None, false);
    }
    let left = changed && alive(before) && before == own.tunnel;
    // A packet to the same end goes the same way, whatever its encapsulation.
    let end = |index: u16| node.tunnels().get(usize::from(index)).map(|tunnel| tunnel.far_end);
    let switched = left && end(before) != end(tunnel);
    let counts = !matches!(protocol, IpProtocol::ICMP | IpProtocol::ICMPV6);
    let often = own.note(tunnel, node.exchanges, switched) && counts;
    let told = Marks::sprayed(sighting.direction);
    let sprays = often && !flow.marks.has(told);
    if often {
        flow.marks.set(Marks::PER_PACKET);
        flow.marks.set(told);
    }
    (left.then_some(before), sprays)
}

impl Node {
    /// Whether the far end of this tunnel, or of a packet in it, is where the binding with this BID ends. If two
    /// bindings share an end, a packet to it is in both tunnels, unless its encapsulation is that of only one.
    fn goes_to(&self, tunnel: usize, packet: &Sighting, bid: u8) -> bool {
        let Some(taken) = self.tunnels().get(tunnel) else { return false };
        let tells_apart = taken.encapsulation == packet.encapsulation;
        self.tunnels().iter().any(|wanted| {
            wanted.bid.map(super::Bid::octet) == Some(bid)
                && (wanted.far_end == taken.far_end || wanted.far_end.is_near(packet.far_end))
                && (wanted.encapsulation == taken.encapsulation || !tells_apart)
                && self
                    .active()
                    .any(|binding| wanted.is(binding.bid(), binding.care_of_address, binding.encapsulation()))
        })
    }
}
