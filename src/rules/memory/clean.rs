//! Data packets like those that were found clean, and packets sent twice: what lets most packets pass at a glance.

use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use foldhash::fast::FixedState;

use crate::net::{FlowFacts, IpPacket, Tunnel};
use crate::state::{FarEnd, Observer};
use crate::time::Timestamp;

/// Sets of places for kinds of packets, a power of two.
const KINDS: usize = 1 << 17;
/// Places in a set: what fits in a cache line. Where more kinds meet the oldest goes, and is looked at in full again.
const TOGETHER: usize = 3;

/// Kinds of packets that were looked at in full and gave nothing to report: same addresses, ports and header bits.
#[derive(Debug)]
pub(in crate::rules) struct Clean {
    sets: Vec<Kinds>,
    hasher: FixedState,
}

/// Some kinds of packets, and how long what was found of them holds.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Kinds {
    /// Hash of what the packets of each have in common; 0 for none.
    hashes: [u64; TOGETHER],
    found: [Kind; TOGETHER],
    /// The place to be taken next.
    next: u8,
}

/// What was found of one kind.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Kind {
    /// Generation of the node that its packets belong to, folded.
    generation: u32,
    /// That node; the highest bit says whether [`Copies`] has to see its packets.
    node: u32,
    /// The second since 1970 before which it holds.
    until: u32,
}

/// Marks a node whose downlink packets [`Copies`] has to see.
const WATCHED: u32 = 1 << 31;

/// What was found of a clean packet.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Found {
    /// Its node.
    pub node: u32,
    /// Until when it holds for all packets like it.
    pub until: Timestamp,
    /// Whether it runs downlink to a node with several tunnels.
    pub watched: bool,
}

/// What a glance at a packet gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Glance(u64);

impl Clean {
    pub fn new(seed: u64) -> Self {
        Self { sets: Vec::new(), hasher: FixedState::with_seed(seed) }
    }

    /// Looks at the packet; `None` when it is not of the plain sort that is remembered: TCP or UDP, whole, in IP in IP.
    #[inline]
    pub fn glance(&self, tunnel: &Tunnel<'_>, layout: u64) -> Option<(Glance, FlowFacts)> {
        let facts = FlowFacts::of_plain(tunnel)?;
        let header = &tunnel.outer.header;
        let inner: &[u8; 24] = tunnel.outer.payload.first_chunk()?;
        let &[_, _, _, _, _, _, flags, _, ttl, ..] = inner;
        let (IpAddr::V4(source), IpAddr::V4(destination)) = (facts.key.source, facts.key.destination) else {
            return None;
        };
        let ports = facts.key.source_port.zip(facts.key.destination_port)?;
        let fragments = u8::from(header.dont_fragment) | u8::from(tunnel.reassembled) << 1 | flags & 0x40;
        let bits = u32::from_be_bytes([facts.key.protocol, facts.ds, fragments, u8::from(ttl == 0)]);
        let mut hasher = self.hasher.build_hasher();
        hasher
            .write_u64(u64::from(u32::from(header.source)) << 32 | u64::from(u32::from(header.destination)));
        hasher.write_u64(u64::from(u32::from(source)) << 32 | u64::from(u32::from(destination)));
        hasher.write_u64(u64::from(ports.0) << 48 | u64::from(ports.1) << 32 | u64::from(bits));
        hasher.write_u64(layout);
        Some((Glance(hasher.finish().max(1)), facts))
    }

    /// What is known of packets like this one.
    #[inline]
    pub fn find(&self, glance: Glance) -> Option<Kind> {
        let set = self.sets.get(place(glance))?;
        let index = set.hashes.iter().position(|hash| *hash == glance.0)?;
        set.found.get(index).copied()
    }

    /// Notes that this packet gave nothing to report, and that none like it will.
    pub fn note(&mut self, glance: Glance, found: &Found, observer: &Observer) {
        let Found { node, until, watched } = *found;
        let Some(generation) = observer.generation(node).map(folded) else { return };
        let node = if watched { node | WATCHED } else { node };
        if self.sets.is_empty() {
            let none = Kind { generation: 0, node: 0, until: 0 };
            self.sets = vec![Kinds { hashes: [0; TOGETHER], found: [none; TOGETHER], next: 0 }; KINDS];
        }
        let Some(set) = self.sets.get_mut(place(glance)) else { return };
        let index = set.hashes.iter().position(|kind| *kind == glance.0).unwrap_or_else(|| {
            let next = usize::from(set.next);
            set.next = if next.saturating_add(1) < TOGETHER { set.next.saturating_add(1) } else { 0 };
            next
        });
        if let (Some(kind), Some(found)) = (set.hashes.get_mut(index), set.found.get_mut(index)) {
            *kind = glance.0;
            *found = Kind { generation, node, until: second(until) };
        }
    }
}

impl Kind {
    /// Whether it holds now; if so, whether [`Copies`] still has to see its packets.
    #[inline]
    pub fn holds(&self, time: Timestamp, observer: &Observer) -> Option<bool> {
        let holds = second(time) < self.until
            && observer.generation(self.node & !WATCHED).map(folded) == Some(self.generation);
        holds.then_some(self.node & WATCHED != 0)
    }
}

/// The second since 1970 that a moment lies in; 0 before, and the last one for all that is later.
#[inline]
fn second(time: Timestamp) -> u32 {
    let seconds = time.nanoseconds().div_euclid(1_000_000_000).max(0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // the low bits are wanted
const fn place(glance: Glance) -> usize {
    glance.0 as usize & (KINDS - 1)
}

/// Birth and generation of a node in one word. Both rise by one, so that the same word comes again only after very
/// many changes.
#[inline]
#[allow(clippy::cast_possible_truncation)]
const fn folded(generation: u64) -> u32 {
    (generation as u32) ^ ((generation >> 32) as u32).wrapping_mul(0x9e37_79b1)
}

/// Nanoseconds within which a packet seen in two tunnels is one sent twice (TUN-025).
const WINDOW: i64 = 1_000_000_000;
/// Sets of places, a power of two.
const SETS: usize = 1 << 14;
/// Places in a set: two cache lines.
const IN_A_SET: usize = 4;
/// Octets of payload that are compared (TUN-025).
const COMPARED: usize = 64;

/// Downlink packets of the last second, so as to find those sent through two tunnels. It has room for
/// 65 536 of them; of more the oldest are forgotten.
#[derive(Debug)]
pub(in crate::rules) struct Copies {
    sets: Vec<Set>,
    hasher: FixedState,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    /// Hash of the packet; 0 for none.
    packet: u64,
    /// Where its tunnel ends: port, 1 more than it so that 0 is none.
    port: u32,
    address: Ipv4Addr,
    time: Timestamp,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Set([Sent; IN_A_SET]);

impl Copies {
    pub fn new(seed: u64) -> Self {
        Self { sets: Vec::new(), hasher: FixedState::with_seed(seed) }
    }

    /// Remembers a packet; gives the end of another tunnel through which the same one went a moment before.
    pub fn see(&mut self, payload: &IpPacket<'_>, far_end: FarEnd, time: Timestamp) -> Option<FarEnd> {
        let IpPacket::V4(packet) = payload else { return None };
        let header = &packet.header;
        let start = packet.payload.get(..COMPARED).unwrap_or(packet.payload);
        self.see_octets(
            (header.source, header.destination),
            (header.protocol, header.identification, header.fragment_offset),
            start,
            far_end,
            time,
        )
    }

    /// The same for a packet that is read no further: `inner` is a plain one, as [`Clean::glance`] knows them.
    #[inline]
    pub fn see_plain(
        &mut self,
        facts: &FlowFacts,
        inner: &[u8],
        far_end: FarEnd,
        time: Timestamp,
    ) -> Option<FarEnd> {
        let (IpAddr::V4(source), IpAddr::V4(destination)) = (facts.key.source, facts.key.destination) else {
            return None;
        };
        let &[_, _, _, _, high, low, ..] = inner else { return None };
        let packet = inner.get(..facts.length as usize).unwrap_or(inner);
        let payload = packet.get(20..).unwrap_or_default();
        let start = payload.get(..COMPARED).unwrap_or(payload);
        let identification = u16::from_be_bytes([high, low]);
        self.see_octets((source, destination), (facts.key.protocol, identification, 0), start, far_end, time)
    }

    /// Reads where such a packet has its place, and gives something of it that means nothing.
    #[inline]
    pub fn read_ahead(&self, destination: Ipv4Addr, identification: u16) -> u64 {
        let set = self.sets.get(set_of(destination, identification));
        set.map_or(0, |Set(places)| places.iter().fold(0, |all, place| all ^ place.packet))
    }

    fn see_octets(
        &mut self,
        (source, destination): (Ipv4Addr, Ipv4Addr),
        (protocol, identification, offset): (u8, u16, u16),
        start: &[u8],
        far_end: FarEnd,
        time: Timestamp,
    ) -> Option<FarEnd> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(u64::from(u32::from(source)) << 32 | u64::from(u32::from(destination)));
        hasher.write_u64(u64::from(protocol) << 32 | u64::from(identification) << 16 | u64::from(offset));
        hasher.write(start);
        let packet = hasher.finish().max(1);
        if self.sets.is_empty() {
            let never = Timestamp::from_nanoseconds(i64::MIN);
            let none = Sent { packet: 0, port: 0, address: Ipv4Addr::UNSPECIFIED, time: never };
            self.sets = vec![Set([none; IN_A_SET]); SETS];
        }
        let sent = Sent {
            packet,
            port: far_end.port.map_or(0, |port| u32::from(port).saturating_add(1)),
            address: far_end.address,
            time,
        };
        let Set(places) = self.sets.get_mut(set_of(destination, identification))?;
        let other = places.iter().find(|place| {
            place.packet == packet
                && (place.address, place.port) != (sent.address, sent.port)
                && time.since(place.time).abs() <= WINDOW
        });
        let other = other.map(|place| FarEnd {
            address: place.address,
            port: place.port.checked_sub(1).and_then(|port| u16::try_from(port).ok()),
        });
        let same = places.iter().position(|place| {
            place.packet == packet && (place.address, place.port) == (sent.address, sent.port)
        });
        let oldest = || places.iter().enumerate().min_by_key(|(_, place)| place.time).map(|(index, _)| index);
        if let Some(place) = same.or_else(oldest).and_then(|index| places.get_mut(index)) {
            *place = sent;
        }
        other
    }
}

/// Where packets have their places: those of different flows lie apart, those of one flow side by side.
#[inline]
fn set_of(destination: Ipv4Addr, identification: u16) -> usize {
    let scattered = u32::from(destination).wrapping_mul(0x9e37_79b1) >> 18;
    (scattered ^ u32::from(identification)) as usize & (SETS - 1)
}
