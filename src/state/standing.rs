//! What flows tell about their packets. The validator, which judges packets, vouches for a flow when all further
//! packets like its last one are in order. The flow is looked up for each packet anyway, and can then tell this without
//! another visit to memory.

use std::num::NonZeroU64;

use super::Observer;
use super::batch::{BATCH, Sighting};
use super::duplicates::Print;
use super::flow::{Flow, Key, Marks};
use super::node::Pulse;
use super::tunnel::{Direction, FarEnd};
use crate::net::Ipv4Packet;
use crate::time::Timestamp;

/// Packets whose standing is remembered: as many as can wait together, in the observer and in the validator.
const LATEST: usize = 4 * BATCH;
/// Packets whose bits are in one word.
const WORD: usize = u64::BITS as usize;
/// The most layouts that are distinguished. After them no flow is vouched for any more, which only costs time.
const LAYOUTS: u8 = 127;

/// The limits for vouching for flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vouching {
    /// Within this many nanoseconds before the next expiry of a node's bindings, its flows cannot be vouched for.
    pub until: i64,
    /// Within this many nanoseconds, a packet in another tunnel may be the same packet.
    pub same_within: i64,
}

/// What its flow tells about a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    #[default]
    Unknown,
    /// The packet took its flow's first tunnel. More like it change only counters: the flow can be vouched for.
    Steady {
        /// Whether no packet of the flow took another tunnel within [`Vouching::same_within`] before.
        alone: bool,
        /// The fingerprint of the packet inside, as [`Observer::print_of`] gives it, if it was found without opening
        /// the packet.
        inside: Option<NonZeroU64>,
    },
    /// As for a steady packet, and the flow is vouched for in this direction. But the validator wants to see a little
    /// of each packet all the same, and this packet is not in [`Observer::passed`]: packets of the flow took another
    /// tunnel just before, its fingerprint is not known, or there was no room.
    Watched {
        /// The fingerprint of the packet inside, as in [`Standing::Steady`].
        inside: Option<NonZeroU64>,
    },
}

/// A packet that is settled, except that it can turn up again in another tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The fingerprint of the packet inside, as [`Observer::print_of`] gives it.
    pub inside: NonZeroU64,
    /// The far end of the packet's tunnel.
    pub far_end: FarEnd,
    /// When the packet was captured.
    pub time: Timestamp,
}

/// One bit for each of 64 packets in a row, the first in the lowest bit: set if nothing more needs to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Packets that the capture holds twice, and that were not counted.
    pub copies: u64,
    /// Packets of flows that are vouched for. Some of them are in [`Observer::passed`], too.
    pub vouched: u64,
}

/// The standing of the latest packets.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings {
    /// The settled packets, by their number.
    settled: [Settled; LATEST / WORD],
    /// The standing of the other packets, by their number; empty until the first of them.
    latest: Vec<Stood>,
    /// The flows of packets that are steady and not vouched for, by their number; empty until the first of them.
    flows: Vec<Found>,
    /// Settled packets that may turn up again, until the validator takes them.
    passed: Vec<Passed>,
    /// [`Observer::layout`] as it was last seen, and how often it had changed.
    layout: u64,
    layouts: u8,
}

/// A packet of a steady flow.
#[derive(Clone, Copy, Debug, Default)]
struct Stood {
    number: u64,
    standing: Standing,
}

/// Enough of a flow to find it again.
#[derive(Clone, Copy, Debug)]
struct Found {
    slot: u32,
    direction: Direction,
    key: Key,
    birth: u32,
    generation: u32,
}

impl Standings {
    /// Settles a packet that its steady flow counted, if the flow is vouched for and nothing more needs to be known of
    /// the packet; returns whether it did. The node's next expiry must not be too near (see [`Standings::note`]).
    // Inlined into its caller: nearly every packet of a large capture is settled.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn settle(&mut self, flow: &Flow, sighting: &Sighting) -> bool {
        let Sighting { direction, number, .. } = *sighting;
        if !self.is_vouched(flow, direction) || flow.is_watched(direction) && !self.pass(flow, sighting) {
            return false;
        }
        if let Some(settled) = self.settled.get_mut(word_of(number)) {
            settled.vouched |= bit_of(number);
        }
        true
    }

    #[inline]
    const fn is_vouched(&self, flow: &Flow, direction: Direction) -> bool {
        flow.marks.has(Marks::vouched(direction)) && flow.vouched >> 1 == self.layouts
    }

    /// Lets a packet pass although it can turn up again, if no packet of its flow took another tunnel just before, the
    /// fingerprint of the packet inside is known, and there is room for it.
    #[inline]
    fn pass(&mut self, flow: &Flow, sighting: &Sighting) -> bool {
        let Sighting { print: Some(Print { inside: Some(inside), .. }), far_end, time, .. } = *sighting
        else {
            return false;
        };
        let passes = !flow.path.has_company && self.passed.len() < LATEST;
        if passes {
            self.passed.push(Passed { inside, far_end, time });
        }
        passes
    }

    /// Notes the standing of a packet that its steady flow counted. Within `until` nanoseconds before the next expiry,
    /// no flow can be vouched for.
    #[inline(never)]
    pub fn note(&mut self, slot: u32, flow: &Flow, sighting: &Sighting, pulse: Pulse, until: i64) {
        if pulse.next_expiry.since(sighting.clock) <= until
            || self.layouts >= LAYOUTS
            || self.settle(flow, sighting)
        {
            return;
        }
        let inside = sighting.print.and_then(|print| print.inside);
        let standing = if self.is_vouched(flow, sighting.direction) {
            Standing::Watched { inside }
        } else {
            self.find_again(slot, flow, sighting);
            Standing::Steady { alone: !flow.path.has_company, inside }
        };
        if let Some(stood) = self.latest.get_mut(place_of(sighting.number)) {
            *stood = Stood { number: sighting.number, standing };
        }
    }

    /// Notes a packet that is a copy.
    #[cold]
    pub fn note_copy(&mut self, number: u64) {
        if let Some(settled) = self.settled.get_mut(word_of(number)) {
            settled.copies |= bit_of(number);
        }
    }

    /// Notes that a packet got this number; nothing is known of the packet yet.
    #[inline]
    pub fn take(&mut self, number: u64) {
        // The first packet of a word clears the bits of all packets in it.
        if number.is_multiple_of(u64::BITS.into())
            && let Some(settled) = self.settled.get_mut(word_of(number))
        {
            *settled = Settled::default();
        }
    }

    /// The settled packets from this number on.
    fn settled_from(&self, first: u64) -> Settled {
        #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
        let shift = first as u32 % u64::BITS;
        let word = |number| self.settled.get(word_of(number)).copied().unwrap_or_default();
        let (low, high) = (word(first), word(first.wrapping_add(u64::BITS.into())));
        // If `first` begins a word, nothing of the next word is needed.
        let joined = |low: u64, high: u64| low >> shift | high.unbounded_shl(u64::BITS - shift);
        Settled { copies: joined(low.copies, high.copies), vouched: joined(low.vouched, high.vouched) }
    }

    fn make_room(&mut self) {
        if self.latest.is_empty() {
            self.latest = vec![Stood::default(); LATEST];
        }
    }

    #[cold]
    fn find_again(&mut self, slot: u32, flow: &Flow, sighting: &Sighting) {
        let Sighting { direction, key, .. } = *sighting;
        let found = Found { slot, direction, key, birth: flow.birth.get(), generation: flow.generation };
        if self.flows.is_empty() {
            self.make_room();
            self.flows = vec![found; LATEST];
        }
        if let Some(place) = self.flows.get_mut(place_of(sighting.number)) {
            *place = found;
        }
    }

    /// Notes the present [`Observer::layout`].
    pub fn see_layout(&mut self, layout: u64) {
        if self.layout != layout {
            self.layout = layout;
            self.layouts = self.layouts.saturating_add(1).min(LAYOUTS);
        }
    }
}

impl Observer {
    /// Notes a packet that its steady flow counted, if [`Standings::settle`] did not settle it.
    #[inline(never)]
    pub(super) fn stand(&mut self, slot: u32, sighting: &Sighting, pulse: Pulse) {
        let Vouching { until, same_within } = self.options.vouching;
        self.flows.part_company(slot, sighting.time, same_within);
        if let Some(flow) = self.flows.flow_mut(slot) {
            self.standings.note(slot, flow, sighting, pulse, until);
        }
    }

    /// Of the 64 packets from this number on (as counted by [`Observer::taken`]), those of which nothing more needs to
    /// be known. While packets wait to be counted, nothing is known of them. Only the latest packets are remembered.
    #[inline]
    pub fn settled_from(&self, first: u64) -> Settled {
        self.standings.settled_from(first)
    }

    /// The settled packets that may turn up again in another tunnel, in the order in which they came. A caller that
    /// looks for such packets takes them out each time that waiting packets are judged. Packets for which there is no
    /// room are given as watched.
    #[inline]
    pub fn passed(&mut self) -> &mut Vec<Passed> {
        &mut self.standings.passed
    }

    /// What its flow tells about a packet that is not settled.
    #[inline]
    pub fn standing(&self, number: u64) -> Standing {
        let stood = self.standings.latest.get(place_of(number)).filter(|stood| stood.number == number);
        stood.map_or(Standing::Unknown, |stood| stood.standing)
    }

    /// The fingerprint of a tunnelled packet, whatever carried it: of its addresses, protocol, identification and
    /// fragment offset, and of the first 64 octets of its payload (TUN-025).
    pub fn print_of(&self, packet: &Ipv4Packet<'_>) -> Option<NonZeroU64> {
        self.duplicates.fingerprints.of_packet(packet)
    }

    /// Vouches for the flow of a packet in its direction, as long as its node stays as it is, up to
    /// [`Vouching::until`]. Does nothing when the packet was not steady, or is too old to be remembered. With
    /// `watched`, [`Standing::Watched`] is possible for further downlink packets.
    pub fn vouch(&mut self, number: u64, watched: bool) {
        if self.standings.layouts >= LAYOUTS {
            return;
        }
        let vouched = self.standings.layouts << 1;
        let Some((found, flow)) = self.steady_flow(number) else { return };
        if flow.vouched & !1 != vouched {
            flow.forget_vouchers();
            flow.vouched = vouched;
        }
        flow.marks.set(Marks::vouched(found.direction));
        if found.direction == Direction::Downlink {
            flow.vouched = vouched | u8::from(watched);
        }
    }

    /// Whether the flow of a packet has been vouched for since the packet was counted; `None` if not, otherwise whether
    /// its packets are watched.
    pub fn is_vouched(&mut self, number: u64) -> Option<bool> {
        let layouts = self.standings.layouts;
        let (found, flow) = self.steady_flow(number)?;
        let is_vouched = flow.marks.has(Marks::vouched(found.direction)) && flow.vouched >> 1 == layouts;
        is_vouched.then(|| flow.is_watched(found.direction))
    }

    /// The flow of a packet that was steady, if the flow is still as it was.
    fn steady_flow(&mut self, number: u64) -> Option<(Found, &mut Flow)> {
        if !matches!(self.standing(number), Standing::Steady { .. }) {
            return None;
        }
        let found = *self.standings.flows.get(place_of(number))?;
        let flow = self.flows.flow_mut(found.slot)?;
        let is_it = flow.key == found.key
            && flow.birth.get() == found.birth
            && flow.generation == found.generation
            && flow.marks.has(Marks::STEADY);
        is_it.then_some((found, flow))
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // the low bits are wanted
const fn place_of(number: u64) -> usize {
    number as usize % LATEST
}

#[inline]
#[allow(clippy::cast_possible_truncation)]
const fn word_of(number: u64) -> usize {
    number as usize / WORD % (LATEST / WORD)
}

#[inline]
const fn bit_of(number: u64) -> u64 {
    1 << (number % u64::BITS as u64)
}
