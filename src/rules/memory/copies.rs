//! Packets of the last second, so as to find those sent through two tunnels.

use std::hash::{BuildHasher, Hasher};
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

use crate::net::{FlowFacts, IpPacket, Tunnel};
use crate::state::{FarEnd, prefetch};
use crate::time::Timestamp;

/// Nanoseconds within which a packet seen in two tunnels is one sent twice (TUN-025).
const WINDOW: i64 = 1_000_000_000;
/// Packets that are remembered; marks number them with 16 bits.
const SENT: usize = 1 << 16;
/// Sets of marks, a power of two.
const SETS: usize = 1 << 12;
/// Marks in a set: as many as fill a cache line, with the place that is written next.
const IN_A_SET: usize = 15;
/// Bits that stand for the marks in a set.
const MARKS: u32 = (1 << IN_A_SET) - 1;
/// Octets of payload that are compared (TUN-025).
const COMPARED: usize = 64;

/// Downlink packets of the last second, so as to find those sent through two tunnels. It has room for
/// 65 536 of them; of more the oldest are forgotten.
#[derive(Debug)]
pub(in crate::rules) struct Copies {
    /// Where packets are found by their hashes. All of it stays in the processor's cache.
    sets: Vec<Set>,
    /// The packets, one after another as they came: to write them is cheap, and few are read again.
    sent: Vec<Sent>,
    /// The place that is written next.
    next: usize,
    hasher: FixedState,
}

/// Marks whose packets' hashes begin alike; the newest takes the place of the oldest. Tags and places stand apart, so
/// that all tags are compared at once.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Set {
    /// Some bits of the hash of each packet; the last one is no mark's.
    tags: [u16; IN_A_SET + 1],
    /// The places of the packets, if they are still there; the last one is that of the mark that is written next.
    places: [u16; IN_A_SET + 1],
}

impl Set {
    /// The marks with this tag, as bits.
    // Without a branch for each, so that all are compared at once.
    #[allow(clippy::needless_bitwise_bool)]
    #[inline]
    fn tagged(&self, tag: u16) -> u32 {
        // Nearly always there are none, and to see that takes a third of the time.
        if !self.tags.iter().fold(false, |any, its| any | (*its == tag)) {
            return 0;
        }
        let marks = self.tags.iter().enumerate();
        marks.fold(0, |marks, (mark, its)| marks | u32::from(*its == tag) << mark) & MARKS
    }

    /// Puts a mark in the place of the oldest.
    #[inline]
    fn put(&mut self, tag: u16, packet: u16) {
        let [.., next] = &mut self.places;
        let mark = usize::from(*next);
        *next = if mark.saturating_add(1) < IN_A_SET { next.saturating_add(1) } else { 0 };
        if let (Some(its), Some(place)) = (self.tags.get_mut(mark), self.places.get_mut(mark)) {
            (*its, *place) = (tag, packet);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    /// Hash of the packet.
    packet: u64,
    far_end: FarEnd,
    time: Timestamp,
}

impl Copies {
    pub fn new(seed: u64) -> Self {
        Self { sets: Vec::new(), sent: Vec::new(), next: 0, hasher: FixedState::with_seed(seed) }
    }

    /// Remembers a packet; gives the end of another tunnel through which the same one went a moment before.
    pub fn see(&mut self, payload: &IpPacket<'_>, far_end: FarEnd, time: Timestamp) -> Option<FarEnd> {
        let IpPacket::V4(packet) = payload else { return None };
        let header = &packet.header;
        let start = packet.payload.get(..COMPARED).unwrap_or(packet.payload);
        let packet = self.hash(
            (header.source, header.destination),
            (header.protocol, header.identification, header.fragment_offset),
            start,
        );
        self.note(packet, far_end, time)
    }

    /// What a packet is known by: one in IP in IP with a whole TCP or UDP packet in IPv4 without options inside, which was
    /// seen before.
    #[inline]
    pub fn hash_of_plain(&self, tunnel: &Tunnel<'_>) -> Option<u64> {
        let inner = tunnel.outer.payload;
        let &[_, _, l0, l1, high, low, _, _, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
            inner.first_chunk()?;
        let packet = inner.get(..usize::from(u16::from_be_bytes([l0, l1]))).unwrap_or(inner);
        let payload = packet.get(20..).unwrap_or_default();
        let start = payload.get(..COMPARED).unwrap_or(payload);
        let addresses = (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3));
        Some(self.hash(addresses, (protocol, u16::from_be_bytes([high, low]), 0), start))
    }

    /// The same of any packet; `None` for one that is not of that sort, as [`super::Clean::glance`] knows it.
    #[inline]
    pub fn hash_of(&self, tunnel: &Tunnel<'_>) -> Option<u64> {
        FlowFacts::of_plain(tunnel)?;
        self.hash_of_plain(tunnel)
    }

    /// Hints that a packet will be looked for.
    #[inline]
    pub fn expect(&self, packet: u64) {
        prefetch(self.sets.get(set_of(packet)));
    }

    #[inline]
    fn hash(
        &self,
        (source, destination): (Ipv4Addr, Ipv4Addr),
        (protocol, identification, offset): (u8, u16, u16),
        start: &[u8],
    ) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(u64::from(u32::from(source)) << 32 | u64::from(u32::from(destination)));
        hasher.write_u64(u64::from(protocol) << 32 | u64::from(identification) << 16 | u64::from(offset));
        // Most packets are as long as what is compared, and then nothing depends on their length.
        match start.first_chunk::<COMPARED>() {
            Some(start) => {
                let (words, _) = start.as_chunks();
                for word in words {
                    hasher.write_u64(u64::from_ne_bytes(*word));
                }
            }
            None => hasher.write(start),
        }
        hasher.finish()
    }

    /// Remembers the packet with this hash; gives what [`Copies::see`] gives.
    #[inline]
    pub fn note(&mut self, packet: u64, far_end: FarEnd, time: Timestamp) -> Option<FarEnd> {
        if self.sets.is_empty() {
            self.sets = vec![Set::default(); SETS];
            self.sent.reserve_exact(SENT);
        }
        let set = self.sets.get_mut(set_of(packet))?;
        let tag = tag_of(packet);
        let (mut same, mut other) = (None, None);
        let mut marks = set.tagged(tag);
        while marks != 0 {
            let mark = marks.trailing_zeros() as usize;
            marks &= marks.wrapping_sub(1);
            let Some(place) = set.places.get(mark).copied() else { break };
            let before = self.sent.get(usize::from(place)).filter(|before| before.packet == packet);
            match before {
                Some(before) if before.far_end == far_end => same = Some(place),
                Some(before) if time.since(before.time).abs() <= WINDOW => {
                    other.get_or_insert(before.far_end);
                }
                _ => {}
            }
        }
        if let Some(same) = same.and_then(|place| self.sent.get_mut(usize::from(place))) {
            same.time = time;
            return other;
        }
        let place = self.next;
        self.next = if place.saturating_add(1) < SENT { place.saturating_add(1) } else { 0 };
        if let Ok(place) = u16::try_from(place) {
            set.put(tag, place);
        }
        let sent = Sent { packet, far_end, time };
        match self.sent.get_mut(place) {
            Some(place) => *place = sent,
            None => self.sent.push(sent),
        }
        other
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // the low bits are wanted
const fn set_of(packet: u64) -> usize {
    packet as usize & (SETS - 1)
}

#[inline]
#[allow(clippy::cast_possible_truncation)]
const fn tag_of(packet: u64) -> u16 {
    (packet >> 48) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn end(last: u8) -> FarEnd {
        FarEnd { address: Ipv4Addr::new(192, 0, 2, last), port: None }
    }

    fn at(nanoseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(nanoseconds)
    }

    #[test]
    fn the_same_packet_through_another_tunnel_is_a_copy_for_a_second() {
        let mut copies = Copies::new(1);
        assert_eq!(copies.note(77, end(1), at(0)), None);
        assert_eq!(copies.note(77, end(1), at(1)), None);
        assert_eq!(copies.note(77, end(2), at(SECOND + 1)), Some(end(1)));
        // The first tunnel saw it last at 1 ns, the second at 1 s and 1 ns.
        assert_eq!(copies.note(77, end(3), at(2 * SECOND + 1)), Some(end(2)));
        assert_eq!(copies.note(77, end(4), at(4 * SECOND)), None);
        assert_eq!(copies.note(78, end(5), at(4 * SECOND)), None);
    }

    #[test]
    fn ten_thousand_packets_are_remembered_and_a_hundred_thousand_are_too_many() {
        let mut copies = Copies::new(1);
        let packet = |number: u64| FixedState::with_seed(7).hash_one(number);
        for number in 0..100_000 {
            assert_eq!(copies.note(packet(number), end(1), at(0)), None);
        }
        let mut is_found = |number: u64| copies.note(packet(number), end(2), at(1)).is_some();
        let recent = (90_000..100_000).filter(|number| is_found(*number)).count();
        assert!(recent > 9_900, "{recent} of 10000");
        assert_eq!((0..1_000).filter(|number| is_found(*number)).count(), 0);
    }
}
