//! Data packets like those that were found clean: this lets most packets pass at a glance.

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

use foldhash::fast::FixedState;

use crate::net::gre::GreHeader;
use crate::net::{Encapsulation, FlowFacts, Ipv4Packet, Tunnel};
use crate::state::{Observer, prefetch};
use crate::time::Timestamp;

/// Sets of places for kinds of packets, a power of two; they take memory only once they are used.
const KINDS: usize = 1 << 16;
/// Sets of places at first, a power of two, because most captures have few kinds.
const FEW: usize = 1 << 12;
/// With more kinds than this, all `KINDS` sets are used.
const MANY: usize = 1 << 12;
/// Places in a set: what fits in a cache line. Where more kinds meet, one is dropped, and is looked at in full again.
const TOGETHER: usize = 4;

/// Kinds of packets that were looked at in full and gave nothing to report: same addresses, ports and header bits.
#[derive(Debug)]
pub(in crate::rules) struct Clean {
    sets: Vec<Kinds>,
    /// How many kinds were put in that were not there before.
    count: usize,
    hasher: FixedState,
}

/// A set of kinds of packets, and for how long what was found of them holds.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Kinds([Kind; TOGETHER]);

/// What was found of one kind.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Kind {
    /// Upper half of the hash of what its packets have in common.
    tag: u32,
    /// Generation of the node that its packets belong to, folded.
    generation: u32,
    /// That node in the low bits, then [`WATCHED`], then more bits of the hash.
    node: u32,
    /// The second since 1970 before which the entry holds; 0 for an empty place.
    until: u32,
}

/// Bits that number a node.
const NODE: u32 = (1 << 21) - 1;
/// Marks a node whose downlink packets [`super::Copies`] has to see.
const WATCHED: u32 = 1 << 21;
/// The bits of [`Kind::node`] that belong to the hash.
const HASH: u32 = !(NODE | WATCHED);

/// What was found of a clean packet.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Found {
    /// The node of the packet.
    pub node: u32,
    /// Until when this holds for all packets like it.
    pub until: Timestamp,
    /// Whether the packet runs downlink to a node with several tunnels.
    pub watched: bool,
}

/// The hash that a glance at a packet gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Glance(u64);

impl Clean {
    pub fn new(seed: u64) -> Self {
        Self { sets: Vec::new(), count: 0, hasher: FixedState::with_seed(seed) }
    }

    /// Takes a glance at a packet; `None` when it is not of the plain sort that is remembered: TCP or UDP, whole, in IP
    /// in IP or in plain GRE. `keys` has to change whenever what is remembered of GRE keys does.
    #[inline]
    pub fn glance(&self, tunnel: &Tunnel<'_>, layout: u64, keys: u64) -> Option<Glance> {
        match tunnel.encapsulation {
            Encapsulation::IpIp => self.glance_inside(tunnel, layout),
            Encapsulation::Gre => self.glance_in_gre(tunnel, layout, keys),
            Encapsulation::Minimal | Encapsulation::SixInFour => None,
        }
    }

    #[inline(never)]
    fn glance_in_gre(&self, tunnel: &Tunnel<'_>, layout: u64, keys: u64) -> Option<Glance> {
        let (inside, gre) = without_gre(tunnel)?;
        let Glance(glance) = self.glance_inside(&inside, layout)?;
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(glance);
        hasher.write_u64(u64::from(gre.flags) << 32 | u64::from(gre.key.unwrap_or_default()));
        hasher.write_u64(keys);
        Some(Glance(hasher.finish()))
    }

    #[inline]
    fn glance_inside(&self, tunnel: &Tunnel<'_>, layout: u64) -> Option<Glance> {
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
        Some(Glance(hasher.finish()))
    }

    /// Hints that a packet's kind will be looked for.
    #[inline]
    pub fn expect(&self, glance: Glance) {
        prefetch(self.sets.get(self.place(glance)));
    }

    /// What is known of packets like this one.
    #[inline]
    pub fn find(&self, glance: Glance) -> Option<Kind> {
        let Kinds(kinds) = self.sets.get(self.place(glance))?;
        kinds.iter().find(|kind| kind.is_of(glance)).copied()
    }

    /// Notes that this packet gave nothing to report, and that none like it will.
    pub fn note(&mut self, glance: Glance, found: &Found, observer: &Observer) {
        let Found { node, until, watched } = *found;
        let Some(generation) = observer.generation(node).map(folded).filter(|_| node <= NODE) else { return };
        let node = if watched { node | WATCHED } else { node };
        self.put(glance, generation, node, second(until));
    }

    fn put(&mut self, glance: Glance, generation: u32, node: u32, until: u32) {
        if self.sets.is_empty() {
            self.sets = vec![Kinds([Kind::NONE; TOGETHER]); FEW];
        } else if self.count > MANY && self.sets.len() == FEW {
            self.grow();
        }
        let place = self.place(glance);
        let Some(Kinds(kinds)) = self.sets.get_mut(place) else { return };
        let known = kinds.iter().position(|kind| kind.is_of(glance));
        let free = || kinds.iter().position(|kind| kind.until == 0);
        let place = known.or_else(free).unwrap_or(glance.tag() as usize % TOGETHER);
        self.count = self.count.saturating_add(usize::from(known.is_none()));
        if let Some(kind) = kinds.get_mut(place) {
            *kind = Kind { tag: glance.tag(), generation, node: node | glance.hash_bits(), until };
        }
    }
}

impl Clean {
    /// The set that a packet's kind belongs in.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
    fn place(&self, glance: Glance) -> usize {
        glance.0 as usize & self.sets.len().saturating_sub(1)
    }

    /// Moves each kind to its place among all sets. The additional bits of that place's number are among the hash bits
    /// of [`Kind::node`].
    fn grow(&mut self) {
        let few = std::mem::replace(&mut self.sets, vec![Kinds([Kind::NONE; TOGETHER]); KINDS]);
        for (place, Kinds(kinds)) in few.iter().enumerate() {
            for kind in kinds.iter().filter(|kind| kind.until != 0) {
                let more = (kind.node >> HASH.trailing_zeros()) as usize;
                let place = (place | more << FEW.trailing_zeros()) & (KINDS - 1);
                let free = self
                    .sets
                    .get_mut(place)
                    .and_then(|Kinds(all)| all.iter_mut().find(|kind| kind.until == 0));
                if let Some(free) = free {
                    *free = *kind;
                }
            }
        }
    }
}

impl Glance {
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
    const fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The bits of the hash after those that number a place among `FEW` sets.
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    const fn hash_bits(self) -> u32 {
        ((self.0 >> FEW.trailing_zeros()) << HASH.trailing_zeros()) as u32 & HASH
    }
}

impl Kind {
    const NONE: Self = Self { tag: 0, generation: 0, node: 0, until: 0 };

    #[inline]
    const fn is_of(&self, glance: Glance) -> bool {
        self.tag == glance.tag() && self.node & HASH == glance.hash_bits() && self.until != 0
    }

    /// `None` if the entry does not hold at `time`; else whether [`super::Copies`] still has to see its packets.
    #[inline]
    pub fn holds(&self, time: Timestamp, observer: &Observer) -> Option<bool> {
        let holds = second(time) < self.until
            && observer.generation(self.node & NODE).map(folded) == Some(self.generation);
        holds.then_some(self.node & WATCHED != 0)
    }
}

/// The second since 1970 that a moment lies in; 0 for earlier moments, and the last second for all later ones.
#[inline]
fn second(time: Timestamp) -> u32 {
    let seconds = time.nanoseconds().div_euclid(1_000_000_000).max(0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// Birth and generation of a node in one word. Both rise by one, so that the same word comes again only after very
/// many changes.
#[inline]
#[allow(clippy::cast_possible_truncation)]
const fn folded(generation: u64) -> u32 {
    (generation as u32) ^ ((generation >> 32) as u32).wrapping_mul(0x9e37_79b1)
}

/// A packet in plain GRE, whose header has nothing but a key and a number, as one in IP in IP; and its GRE header.
fn without_gre<'a>(tunnel: &Tunnel<'a>) -> Option<(Tunnel<'a>, GreHeader)> {
    let outer = &tunnel.outer;
    let (gre, payload) = GreHeader::parse(outer.payload, true)?;
    let is_plain = gre.version() == 0
        && gre.reserved_bits() == 0
        && gre.reserved1.is_none()
        && gre.protocol_type == GreHeader::IPV4
        && !outer.header.is_fragment();
    let payload_length = outer.payload_length.checked_sub(gre.header_length)?;
    let outer = Ipv4Packet { payload, payload_length, ..*outer };
    let inside = Tunnel { encapsulation: Encapsulation::IpIp, outer, ..*tunnel };
    is_plain.then_some((inside, gre))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_again_when_there_were_few_and_when_there_are_many() {
        let mut clean = Clean::new(1);
        let glance = |number: u32| Glance(FixedState::with_seed(7).hash_one(number));
        for number in 0..20_000 {
            clean.put(glance(number), number, number, 1);
            assert!(clean.find(glance(number)).is_some_and(|kind| kind.generation == number));
        }
        assert_eq!(clean.sets.len(), KINDS);
        let found = |number: &u32| clean.find(glance(*number)).is_some_and(|kind| kind.generation == *number);
        // Where five meet one goes; of the first ones more do, for they met among few sets.
        let kept = (0..20_000).filter(found).count();
        assert!(kept > 19_800, "{kept} of 20000");
        assert_eq!((20_000..40_000).filter(|number| clean.find(glance(*number)).is_some()).count(), 0);
    }
}
