//! Packets of the last second, kept to find those that were sent through two tunnels.

use std::num::NonZeroU64;

use crate::state::{FarEnd, Passed, prefetch};
use crate::time::Timestamp;

/// The most packets that are remembered; marks number them with 16 bits.
const SENT: usize = 1 << 16;
/// Sets of marks, a power of two.
const SETS: usize = 1 << 12;
/// Marks in a set: as many as fill a cache line together with the index of the next one to be written.
const IN_A_SET: usize = ROUND as usize;
/// The same number, in the type that a set counts with.
const ROUND: u16 = 15;
/// While marks are set, sets are fetched for packets so many places ahead.
const AHEAD: usize = 16;
/// Bits that stand for the marks in a set.
const MARKS: u32 = (1 << IN_A_SET) - 1;

/// Downlink packets of the last second, to find those sent through two tunnels. 65 536 are kept; older ones are
/// forgotten.
///
/// Most packets are never looked for: they are written one after another, and marks are set for them only when somebody
/// looks for a packet.
#[derive(Debug)]
pub(in crate::rules) struct Copies {
    /// The marks by which packets are found by their hashes. All of them stay in the processor's cache.
    sets: Vec<Set>,
    /// The packets in the order in which they came; when there is no more room, the newest overwrite the oldest.
    sent: Vec<Passed>,
    /// How many packets were written.
    written: usize,
    /// How many of these were marked, or have been overwritten.
    marked: usize,
}

/// Marks of packets whose hashes have the same low bits; the newest mark overwrites the oldest. Tags and places are
/// stored apart, so that all tags are compared at once.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Set {
    /// Some bits of the hash of each packet; the last entry belongs to no mark.
    tags: [u16; IN_A_SET + 1],
    /// The places of the packets in `sent`, where they may have been overwritten; the last entry is the index of the
    /// mark that is written next.
    places: [u16; IN_A_SET + 1],
}

impl Set {
    /// The marks with this tag, one bit each.
    // Without a branch for each mark, so that all are compared at once.
    #[allow(clippy::needless_bitwise_bool)]
    #[inline]
    fn tagged(&self, tag: u16) -> u32 {
        // Nearly always no mark has the tag, and finding that out takes a third of the time.
        if !self.tags.iter().fold(false, |any, its| any | (*its == tag)) {
            return 0;
        }
        let marks = self.tags.iter().enumerate();
        marks.fold(0, |marks, (mark, its)| marks | u32::from(*its == tag) << mark) & MARKS
    }

    /// Writes a mark over the oldest one.
    #[inline]
    fn put(&mut self, tag: u16, packet: u16) {
        let [.., next] = &mut self.places;
        let mark = usize::from(*next);
        // No branch: it would wait for the set to be fetched, and be mispredicted once in each round.
        *next = next.wrapping_add(1) % ROUND;
        if let (Some(its), Some(place)) = (self.tags.get_mut(mark), self.places.get_mut(mark)) {
            (*its, *place) = (tag, packet);
        }
    }
}

impl Copies {
    /// Nanoseconds within which the same packet in two tunnels counts as sent twice (TUN-025).
    pub const WINDOW: i64 = 1_000_000_000;

    pub const fn new() -> Self {
        Self { sets: Vec::new(), sent: Vec::new(), written: 0, marked: 0 }
    }

    /// Hints that a packet will be looked for.
    #[inline]
    pub fn expect(&self, packet: NonZeroU64) {
        prefetch(self.sets.get(set_of(packet.get())));
    }

    /// Remembers a packet, and gives the end of another tunnel that the same one took, as [`Copies::note`] does. If the
    /// packet `is_alone`, no packet of its flow took another tunnel a moment ago, and none is looked for.
    #[inline]
    pub fn meet(
        &mut self,
        packet: NonZeroU64,
        far_end: FarEnd,
        time: Timestamp,
        is_alone: bool,
    ) -> Option<FarEnd> {
        if !is_alone {
            return self.note(packet, far_end, time);
        }
        self.remember(Passed { inside: packet, far_end, time });
        None
    }

    /// Remembers the packet with this print, as [`Observer::print_of`](crate::state::Observer::print_of) gives it;
    /// gives the end of another tunnel through which the same packet went a moment before.
    fn note(&mut self, packet: NonZeroU64, far_end: FarEnd, time: Timestamp) -> Option<FarEnd> {
        self.mark();
        let (mut same, mut other) = (None, None);
        for place in self.places(packet.get()) {
            let before = self.sent.get(usize::from(place)).filter(|before| before.inside == packet);
            match before {
                Some(before) if before.far_end == far_end => same = Some(place),
                Some(before) if time.since(before.time).saturating_abs() <= Self::WINDOW => {
                    other.get_or_insert(before.far_end);
                }
                _ => {}
            }
        }
        if let Some(same) = same.and_then(|place| self.sent.get_mut(usize::from(place))) {
            same.time = time;
            return other;
        }
        self.remember(Passed { inside: packet, far_end, time });
        other
    }

    /// The places of packets whose hashes have the set and the tag of this one.
    #[inline]
    fn places(&self, packet: u64) -> impl Iterator<Item = u16> {
        let set = self.sets.get(set_of(packet));
        let mut marks = set.map_or(0, |set| set.tagged(tag_of(packet)));
        std::iter::from_fn(move || {
            let mark = marks.trailing_zeros() as usize;
            marks &= marks.wrapping_sub(1);
            set?.places.get(..IN_A_SET)?.get(mark).copied()
        })
    }

    /// Remembers packets that were not sent through another tunnel a moment ago, and takes them out of the list.
    #[inline]
    pub fn remember_all(&mut self, passed: &mut Vec<Passed>) {
        let mut packets = passed.as_slice();
        while !packets.is_empty() {
            let place = self.written % SENT;
            let (first, others) = packets.split_at(packets.len().min(SENT.saturating_sub(place)));
            match self.sent.get_mut(place..place.saturating_add(first.len())) {
                Some(places) => places.copy_from_slice(first),
                None => self.sent.extend_from_slice(first),
            }
            self.written = self.written.wrapping_add(first.len());
            packets = others;
        }
        passed.clear();
    }

    /// Remembers one packet.
    #[inline]
    fn remember(&mut self, packet: Passed) {
        match self.sent.get_mut(self.written % SENT) {
            Some(place) => *place = packet,
            None => self.sent.push(packet),
        }
        self.written = self.written.wrapping_add(1);
    }

    /// Sets marks for the packets that were written and not marked yet.
    #[inline]
    fn mark(&mut self) {
        if self.sets.is_empty() {
            self.sets = vec![Set::default(); SETS];
        }
        if self.written.wrapping_sub(self.marked) > SENT {
            self.marked = self.written.wrapping_sub(SENT);
        }
        while self.marked != self.written {
            let place = self.marked % SENT;
            if let Some(later) = self.sent.get(self.marked.wrapping_add(AHEAD) % SENT) {
                prefetch(self.sets.get(set_of(later.inside.get())));
            }
            if let (Some(packet), Ok(mark)) = (self.sent.get(place), u16::try_from(place)) {
                let packet = packet.inside.get();
                self.sets.get_mut(set_of(packet)).into_iter().for_each(|set| set.put(tag_of(packet), mark));
            }
            self.marked = self.marked.wrapping_add(1);
        }
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
    use std::hash::BuildHasher;
    use std::net::Ipv4Addr;

    use foldhash::fast::FixedState;

    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn end(last: u8) -> FarEnd {
        FarEnd { address: Ipv4Addr::new(192, 0, 2, last), port: None }
    }

    fn known_by(number: u64) -> NonZeroU64 {
        NonZeroU64::new(number).unwrap()
    }

    fn at(nanoseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(nanoseconds)
    }

    #[test]
    fn the_same_packet_through_another_tunnel_is_a_copy_for_a_second() {
        let mut copies = Copies::new();
        assert_eq!(copies.note(known_by(77), end(1), at(0)), None);
        assert_eq!(copies.note(known_by(77), end(1), at(1)), None);
        assert_eq!(copies.note(known_by(77), end(2), at(SECOND + 1)), Some(end(1)));
        // The first tunnel saw it last at 1 ns, the second at 1 s and 1 ns.
        assert_eq!(copies.note(known_by(77), end(3), at(2 * SECOND + 1)), Some(end(2)));
        assert_eq!(copies.note(known_by(77), end(4), at(4 * SECOND)), None);
        assert_eq!(copies.note(known_by(78), end(5), at(4 * SECOND)), None);
    }

    #[test]
    fn packets_that_passed_are_found_when_somebody_looks_for_them() {
        let mut copies = Copies::new();
        let packet = |number: u64| known_by(FixedState::with_seed(7).hash_one(number));
        let passed = |number| Passed { inside: packet(number), far_end: end(1), time: at(0) };
        // The hundred that begin with the 65 500th do not all fit at the end of the room, and go on at its beginning.
        for first in (0..70_000).step_by(100) {
            let mut some: Vec<Passed> = (first..first + 100).map(passed).collect();
            copies.remember_all(&mut some);
            assert!(some.is_empty());
        }
        for number in [69_999, 69_900, 65_536, 65_535, 60_000] {
            assert_eq!(copies.note(packet(number), end(2), at(1)), Some(end(1)), "{number}");
            assert_eq!(copies.note(packet(number), end(3), at(SECOND + 1)), Some(end(2)), "{number}");
        }
        for number in [0, 1, 4_000, 70_000] {
            assert_eq!(copies.note(packet(number), end(2), at(1)), None, "{number}");
        }
    }

    #[test]
    fn ten_thousand_packets_are_remembered_and_a_hundred_thousand_are_too_many() {
        let mut copies = Copies::new();
        let packet = |number: u64| known_by(FixedState::with_seed(7).hash_one(number));
        for number in 0..100_000 {
            assert_eq!(copies.note(packet(number), end(1), at(0)), None);
        }
        let mut is_found = |number: u64| copies.note(packet(number), end(2), at(1)).is_some();
        let recent = (90_000..100_000).filter(|number| is_found(*number)).count();
        assert!(recent > 9_900, "{recent} of 10000");
        assert_eq!((0..1_000).filter(|number| is_found(*number)).count(), 0);
    }
}
