//! Packets that wait to be judged together, and the places of the latest packets.

use super::Place;
use super::held_packet::Held;

/// Packets whose places are remembered until the observer has counted them, a power of two.
const PLACES: usize = 256;
/// The most packets that are judged together; each has a bit in a word.
pub(super) const BATCH: usize = u64::BITS as usize;

/// Packets that wait to be judged together. Their numbers are consecutive, as
/// [`Observer::taken`](crate::state::Observer::taken) gives them.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The packets, in the first `together` places.
    pub held: Vec<Held>,
    /// The number of the first packet.
    pub first: u64,
    /// How many packets are in the batch.
    pub together: usize,
    /// Whether they were judged; the next packet then starts a new batch.
    pub is_judged: bool,
    /// One bit for each packet that its flow cannot vouch for.
    pub unusual: u64,
    /// Places of the packets that were taken last and did not wait, by their number.
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

    /// Adds a packet to the batch; `is_usual` says whether its flow can vouch for it.
    // Inlined into its callers: the packet is copied from registers.
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

    /// The number of the waiting packet with this index.
    #[inline]
    pub const fn number(&self, index: u32) -> u64 {
        self.first.wrapping_add(index as u64)
    }

    /// Whether the flow of the waiting packet with this index can vouch for it.
    #[inline]
    pub const fn is_usual(&self, index: u32) -> bool {
        self.unusual.unbounded_shr(index) & 1 == 0
    }

    /// Whether the packet with this number can join the batch, because it is the next one or starts a new batch.
    #[inline]
    pub const fn has_room_for(&self, number: u64) -> bool {
        self.is_judged || self.first.wrapping_add(self.together as u64) == number
    }
}
