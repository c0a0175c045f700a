//! Tunnelled packets, collected one by one and counted in batches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::addresses6::Addresses6;
use super::duplicates::Print;
use super::flow::{Form, Key, Marks, NONE};
use super::messages::Attribution;
use super::node::Pulse;
use super::selector::Downlink;
use super::{Direction, Encapsulation, Ends, FarEnd, Observer};
use crate::net::{FlowFacts, PlainTunnel};
use crate::time::Timestamp;

/// The most packets that are counted together.
pub(super) const BATCH: usize = 64;
/// Stands in place of a flow: the packet is a copy of one seen before.
const COPY: u32 = NONE - 1;

/// The facts of a tunnelled packet that the tables and the judgement need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    pub key: Key,
    /// The tag of the key in the index of flows.
    pub tag: u32,
    /// The print that shows whether the capture holds the packet twice, if that was not looked up yet.
    pub print: Option<Print>,
    pub far_end: FarEnd,
    pub direction: Direction,
    pub bytes: u32,
    pub ds: u8,
    pub spi: Option<u32>,
    pub flow_label: Option<u32>,
    /// Whether the packet may belong to another flow: its ports or its payload cannot be seen.
    pub hides_flow: bool,
    /// The Home Address in the packet that carried this one to or from the Home Agent, if there was one.
    pub carrier: Option<Ipv4Addr>,
    /// How the packet was carried, as an encapsulation that bindings know.
    pub encapsulation: Encapsulation,
    /// The packet's number, as [`Observer::taken`] counts.
    pub number: u64,
    pub time: Timestamp,
    /// The observer's clock when the packet was seen.
    pub clock: Timestamp,
}

impl Sighting {
    /// The ends of the packet's outer header.
    pub fn ends(&self, home_agent: Ipv4Addr) -> Ends {
        let (source, destination) = match self.direction {
            Direction::Downlink => (home_agent, self.far_end.address),
            Direction::Uplink => (self.far_end.address, home_agent),
        };
        Ends { source, destination, ports: None }
    }
}

impl Observer {
    /// Whether [`Observer::plain`] takes packets. It does not where [`Options::attribute`](super::Options::attribute)
    /// asks for the node of each packet.
    #[inline]
    pub fn takes_plain(&self) -> bool {
        !self.options.attribute
    }

    /// Takes a plain tunnelled packet, after [`Observer::advance`] to its time, with the same results as
    /// [`Observer::tunnel`]. `None` means that the packet was not taken and has to be given to [`Observer::tunnel`].
    // Inlined into its caller, where the whole packet is in registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn plain(&mut self, tunnel: &PlainTunnel<'_>, time: Timestamp) -> Option<Attribution> {
        if !self.takes_plain() {
            return None;
        }
        let PlainTunnel { source, destination, .. } = *tunnel;
        let agents = (self.directory.agents.number(source), self.directory.agents.number(destination));
        let (agent, far_end, direction) = match agents {
            (Some(agent), None) => (agent, destination, Direction::Downlink),
            (None, Some(agent)) => (agent, source, Direction::Uplink),
            (Some(_), Some(_)) => return None,
            (None, None) => {
                self.take_number();
                return Some(self.take_of_no_agent(&tunnel.into(), time));
            }
        };
        self.take_number();
        let print = self.duplicates.print(&tunnel.into());
        let far_end = FarEnd { address: far_end, port: None };
        if let Some(sighting) = self.sighting(agent, far_end, direction, &tunnel.facts, time) {
            self.hold(Sighting { print: Some(print), ..sighting });
        }
        Some(Attribution::default())
    }

    /// Gives the packet that is being taken its number.
    #[inline]
    pub(super) fn take_number(&mut self) {
        self.taken = self.taken.wrapping_add(1);
        self.standings.take(self.taken);
    }

    /// Holds a packet back until its batch is full.
    #[inline]
    pub(super) fn hold(&mut self, sighting: Sighting) {
        self.sightings.push(sighting);
        if self.sightings.len() >= BATCH {
            self.flush();
        }
    }

    /// The facts of a packet that are kept in its place; `None` when there is no room for its addresses.
    // Inlined into its callers: one of them sees every tunnelled packet, and knows most of the arguments beforehand.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn sighting(
        &mut self,
        agent: u16,
        far_end: FarEnd,
        direction: Direction,
        facts: &FlowFacts,
        time: Timestamp,
    ) -> Option<Sighting> {
        let packet = match direction {
            Direction::Downlink => Downlink::of_downlink(facts),
            Direction::Uplink => Downlink::of_uplink(facts),
        };
        let Some(key) = self.key(agent, &packet) else {
            self.homeless_flows = self.homeless_flows.saturating_add(1);
            return None;
        };
        let tag = self.flows.tag(&key);
        self.flows.expect(tag);
        Some(Sighting {
            key,
            tag,
            print: None,
            far_end,
            direction,
            bytes: facts.length,
            ds: packet.ds,
            spi: packet.spi,
            flow_label: packet.flow_label,
            hides_flow: facts.is_fragment_without_ports,
            carrier: None,
            encapsulation: Encapsulation::IpInIp,
            number: self.taken,
            time,
            clock: self.clock,
        })
    }

    /// Counts the waiting packets. They are counted together because each of their flows lies elsewhere in memory: each
    /// step is done for all packets before the next step, and prefetches what the next step reads.
    pub(super) fn flush(&mut self) {
        if self.sightings.is_empty() {
            return;
        }
        let sightings = std::mem::take(&mut self.sightings);
        self.standings.see_layout(self.layout());
        let mut latest = Timestamp::FIRST;
        let mut slots = [NONE; BATCH];
        for (slot, sighting) in slots.iter_mut().zip(&sightings) {
            latest = latest.max(sighting.clock);
            let is_copy =
                sighting.print.is_some_and(|print| self.duplicates.is_repeated(print, sighting.time));
            *slot = if is_copy { COPY } else { self.flows.likely(sighting.tag) };
        }
        // A flow can be vouched for in this whole batch if its node's bindings expire later than this.
        let horizon = latest.after(self.options.vouching.until);
        let mut nodes = [NONE; BATCH];
        for (node, slot) in nodes.iter_mut().zip(&slots).take(sightings.len()) {
            *node = self.flows.node_of(*slot);
            self.directory.expect_pulse(*node);
        }
        for ((sighting, slot), node) in sightings.iter().zip(slots).zip(nodes) {
            if slot == COPY {
                if self.options.keep_before {
                    self.standings.note_copy(sighting.number);
                }
                continue;
            }
            let pulse = self.directory.pulse(node);
            // The result is as if each packet had been counted when it was seen: what was due by then is judged first.
            if self.judge.has_due(sighting.clock) {
                self.pass_judgement(sighting.clock);
            }
            if !pulse.is_some_and(|pulse| self.count_steady(slot, sighting, pulse, horizon))
                && !self.account(sighting).tunnelled
            {
                self.unknown(sighting.ends(self.directory.agents.address(sighting.key.agent)));
            }
        }
        self.sightings = sightings;
        self.sightings.clear();
    }

    /// Counts a packet that changes nothing but counters; returns whether the packet is of this kind.
    // Until the end of a batch nothing but expiry changes a pulse, and the pulse itself tells the next expiry.
    #[inline]
    fn count_steady(&mut self, slot: u32, sighting: &Sighting, pulse: Pulse, horizon: Timestamp) -> bool {
        let Some(flow) = self.flows.flow_mut(slot) else { return false };
        let same = flow.key == sighting.key
            && flow.marks.has(Marks::STEADY)
            && flow.generation == pulse.generation
            && flow.birth.get() == pulse.birth
            && sighting.clock <= pulse.next_expiry
            && flow.path.ends_at(sighting.far_end);
        if !same {
            return false;
        }
        let tunnel = flow.path.tunnel;
        if flow.rule == 0 && !sighting.hides_flow {
            let switches = flow.switches_mut(sighting.direction);
            if switches.tunnel != tunnel || switches.exchanges != pulse.exchanges {
                return false;
            }
            switches.stay();
        } else if flow.rule != 0 {
            flow.ruled_packets = flow.ruled_packets.saturating_add(1);
            flow.ruled_bytes = flow.ruled_bytes.saturating_add(sighting.bytes.into());
        }
        flow.marks.set(Marks::RECENT);
        flow.path.add(sighting.direction, sighting.bytes, sighting.time);
        if self.options.keep_before && !(pulse.next_expiry > horizon && self.standings.settle(flow, sighting))
        {
            self.stand(slot, sighting, pulse);
        }
        self.tunnelled = self.tunnelled.saturating_add(1);
        true
    }

    /// The key of a packet's flow, in downlink orientation.
    #[inline]
    fn key(&mut self, agent: u16, packet: &Downlink) -> Option<Key> {
        let (correspondent, local, is_ipv6) = match (packet.source, packet.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => (source.into(), destination.into(), false),
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (source, destination) = self.numbers6(source, destination)?;
                (source, destination, true)
            }
            _ => return None,
        };
        let ports = packet.source_port.zip(packet.destination_port);
        Some(Key {
            agent,
            correspondent,
            local,
            ports: ports.map_or(0, |(source, destination)| u32::from(source) << 16 | u32::from(destination)),
            protocol: packet.protocol,
            form: Form::new(is_ipv6, ports.is_some()),
        })
    }

    /// The numbers of two IPv6 addresses; `None` when there is no room for them.
    #[inline(never)]
    fn numbers6(&mut self, source: Ipv6Addr, destination: Ipv6Addr) -> Option<(u32, u32)> {
        let of_both =
            |addresses: &mut Addresses6| Some((addresses.number(source)?, addresses.number(destination)?));
        let numbers = of_both(&mut self.flows.addresses6);
        if numbers.is_some() || !self.flows.addresses6.is_time_to_free() {
            return numbers;
        }
        // The waiting packets use numbers, too, so they have to be counted first.
        self.flush();
        self.flows.free_addresses();
        of_both(&mut self.flows.addresses6)
    }

    /// The packet of a sighting, in downlink orientation.
    pub(super) fn packet(&self, sighting: &Sighting) -> Downlink {
        let key = sighting.key;
        let port = |port: u32| key.form.has_ports().then(|| u16::try_from(port & 0xffff).unwrap_or_default());
        Downlink {
            source: self.flows.address(&key, key.correspondent),
            destination: self.flows.address(&key, key.local),
            source_port: port(key.ports >> 16),
            destination_port: port(key.ports),
            protocol: key.protocol,
            ds: sighting.ds,
            spi: sighting.spi,
            flow_label: sighting.flow_label,
        }
    }
}
