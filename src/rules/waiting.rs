//! Packets that wait to be judged together, and where the latest ones stood.

use super::Place;
use super::held_packet::Held;

/// Packets whose places are remembered until the observer has counted them, a power of two.
const PLACES: usize = 256;
/// The most packets that are judged together; each has a bit in a word.
pub(super) const BATCH: usize = u64::BITS as usize;

/// Packets that wait to be judged together. They are numbered as [`Observer::taken`](crate::state::Observer::taken) gives
/// it, one after another.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Room for them.
    pub held: Vec<Held>,
    /// The number of the first.
    pub first: u64,
    /// How many came together.
    pub together: usize,
    /// Whether they were judged; the next one takes the place of the first.
    pub is_judged: bool,
    /// Those that no flow speaks for, a bit each.
    pub unusual: u64,
    /// Places of the packets taken last that did not wait, by their number.
    places: Vec<Place>,
}

impl Waiting {
    pub const fn nobody() -> Self {
        Self { held: Vec::new(), first: 0, together: 0, is_judged: true, unusual: 0, places: Vec::new() }
    }

    /// Notes the place of a packet that does not wait.
    #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
    pub fn note_place(&mut self, number: u64, place: Place) {
        if self.places.is_empty() {
            self.places = vec![place; PLACES];
        }
        if let Some(noted) = self.places.get_mut(number as usize & (PLACES - 1)) {
            *noted = place;
        }
    }

    /// The place of one of the latest packets.
    #[allow(clippy::cast_possible_truncation)]
    pub fn place(&self, number: u64) -> Option<Place> {
        let waited = number.checked_sub(self.first).map(|index| index as usize);
        match waited.filter(|index| *index < self.together) {
            Some(index) => self.held.get(index).map(|held| held.place),
            None => self.places.get(number as usize & (PLACES - 1)).copied(),
        }
    }

    /// Lets a packet wait; whether its flow can speak for it is asked when it is judged.
    // Into its callers: the packet is copied from registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn hold(&mut self, number: u64, place: Place, is_usual: bool, put: impl FnOnce(&mut Held)) {
        if self.is_judged {
            self.is_judged = false;
            self.first = number;
            self.together = 0;
            self.unusual = 0;
        }
        if self.held.is_empty() {
            self.make_room(place);
        }
        let index = self.together;
        if let Some(held) = self.held.get_mut(index) {
            put(held);
            self.unusual |= u64::from(!is_usual) << (index % BATCH);
        }
        self.together = index.saturating_add(1);
    }

    #[cold]
    fn make_room(&mut self, place: Place) {
        self.held = vec![Held::nothing(place); BATCH];
    }

    /// The number of one of those that wait.
    #[inline]
    pub const fn number(&self, index: u32) -> u64 {
        self.first.wrapping_add(index as u64)
    }

    /// Whether its flow can speak for it.
    #[inline]
    pub const fn is_usual(&self, index: u32) -> bool {
        self.unusual.unbounded_shr(index) & 1 == 0
    }

    /// Whether the packet with this number can wait with those that do.
    #[inline]
    pub const fn has_room_for(&self, number: u64) -> bool {
        self.is_judged || self.first.wrapping_add(self.together as u64) == number
    }
}
