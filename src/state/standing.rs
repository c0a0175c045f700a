//! What flows say of their packets. Whoever judges packets vouches for a flow when all further ones like its last are
//! in order; the flow is looked up for each packet anyway, and tells it then without another visit to memory.

use super::Observer;
use super::batch::{BATCH, Sighting};
use super::flow::{Flow, Key, Marks};
use super::node::Pulse;
use super::tunnel::Direction;

/// Packets whose standing is remembered: those that can wait together, in the observer and in whoever asks.
const LATEST: usize = 4 * BATCH;
/// The most layouts that are told apart. After as many changes nobody is vouched for any more, which costs time only.
const LAYOUTS: u8 = 127;

/// What is known of a packet by its flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    #[default]
    Unknown,
    /// The capture holds it twice, and it was not counted.
    Copy,
    /// It changed nothing but counters, and takes the first tunnel of its flow.
    Steady,
    /// The same, and the flow is vouched for in its direction, with what was said of it.
    Vouched {
        /// Whether whoever vouched wants to see a little of each packet all the same.
        watched: bool,
    },
}

/// The standing of the latest packets.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings {
    /// By the number of the packet; empty until the first one.
    latest: Vec<Stood>,
    /// The flows of those that are steady and not vouched for, likewise.
    flows: Vec<Found>,
    /// [`Observer::layout`] as it was last seen, and how often that was another.
    layout: u64,
    layouts: u8,
    /// Nanoseconds before an expiry within which nobody is vouched for, as whoever vouches wants it.
    margin: i64,
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
    /// Notes a packet that a flow counted as a steady one.
    #[inline]
    pub fn note(&mut self, slot: u32, flow: &Flow, sighting: &Sighting, pulse: Pulse) {
        let is_vouched = flow.marks.has(Marks::vouched(sighting.direction))
            && flow.vouched >> 1 == self.layouts
            && pulse.next_expiry.since(sighting.clock) > self.margin;
        let standing = if is_vouched {
            // Only what runs downlink is watched.
            let watched = flow.vouched & 1 != 0 && sighting.direction == Direction::Downlink;
            Standing::Vouched { watched }
        } else {
            self.find_again(slot, flow, sighting);
            Standing::Steady
        };
        self.put(sighting.number, standing);
    }

    /// Notes a packet that was seen before.
    #[cold]
    pub fn note_copy(&mut self, number: u64) {
        self.make_room();
        self.put(number, Standing::Copy);
    }

    #[inline]
    fn put(&mut self, number: u64, standing: Standing) {
        if let Some(stood) = self.latest.get_mut(place_of(number)) {
            *stood = Stood { number, standing };
        }
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

    /// Notes where addresses belong now.
    pub fn see_layout(&mut self, layout: u64) {
        if self.layout != layout {
            self.layout = layout;
            self.layouts = self.layouts.saturating_add(1).min(LAYOUTS);
        }
    }
}

impl Observer {
    /// What is known of the packet with this number, as [`Observer::taken`] gave it, by its flow. Packets wait to be
    /// counted, and until then nothing is.
    #[inline]
    pub fn standing(&self, number: u64) -> Standing {
        let stood = self.standings.latest.get(place_of(number)).filter(|stood| stood.number == number);
        stood.map_or(Standing::Unknown, |stood| stood.standing)
    }

    /// Vouches for the flow of a packet in its direction, as long as its node stays as it is, up to `margin` nanoseconds
    /// before the next of its bindings expires. Nothing is done when the packet is not one of a steady flow, or one of
    /// long ago.
    pub fn vouch(&mut self, number: u64, watched: bool, margin: i64) {
        self.standings.margin = margin;
        let layouts = self.standings.layouts;
        if self.standing(number) != Standing::Steady || layouts >= LAYOUTS {
            return;
        }
        let Some(found) = self.standings.flows.get(place_of(number)) else { return };
        let Some(flow) = self.flows.flow_mut(found.slot) else { return };
        let is_it = flow.key == found.key
            && flow.birth.get() == found.birth
            && flow.generation == found.generation
            && flow.marks.has(Marks::STEADY);
        if !is_it {
            return;
        }
        let vouched = layouts << 1;
        if flow.vouched & !1 != vouched {
            flow.marks.clear(Marks::vouched(Direction::Downlink));
            flow.marks.clear(Marks::vouched(Direction::Uplink));
            flow.vouched = vouched;
        }
        flow.marks.set(Marks::vouched(found.direction));
        if found.direction == Direction::Downlink {
            flow.vouched = vouched | u8::from(watched);
        }
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // the low bits are wanted
const fn place_of(number: u64) -> usize {
    number as usize % LATEST
}
