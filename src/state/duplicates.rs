//! Packets that the capture holds twice, as it does when a span port or two interfaces see the same packet.
//!
//! A copy is a packet identical in addresses, IP identification and payload to one seen less than half a second
//! earlier. Of long payloads the two ends and the middle are compared.

use std::num::NonZeroU64;

use super::fingerprint::{Fingerprint, Fingerprints, Sample};
use super::prefetch::prefetch;
use crate::time::Timestamp;

/// Nanoseconds within which a packet seen again is a copy (D15).
pub(crate) const WINDOW: u64 = 500_000_000;
/// Sets of places, a power of two. A sender's packets carry rising identifications, so the sets of packets that follow
/// each other lie side by side; scattered ones would cost a visit to main memory each.
const SETS: usize = 1 << 14;
/// Places in a set: a cache line, so that another packet seldom takes the place of one whose copy is still to come.
/// At 100 000 packets a second all sets together hold half a second's worth.
const PLACES: usize = 4;
/// Remembers fingerprints of recent packets.
#[derive(Clone, Debug)]
pub(super) struct Duplicates {
    sets: Vec<Set>,
    pub fingerprints: Fingerprints,
}

/// The packets that share their places, as fingerprint and time; a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Set([(u64, Timestamp); PLACES]);

/// A packet in short: all that is needed to tell whether it was seen before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    fingerprint: u64,
    set: u16,
    /// What the packet inside is known by, as [`Fingerprint::inside`] has it.
    pub inside: Option<NonZeroU64>,
}

impl Duplicates {
    /// A memory that is empty; `seed` scatters it.
    pub fn new(seed: u64) -> Self {
        Self { sets: vec![Set([(0, Timestamp::FIRST); PLACES]); SETS], fingerprints: Fingerprints::new(seed) }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    #[inline]
    pub fn is_copy(&mut self, sample: &Sample<'_>, time: Timestamp) -> bool {
        let print = self.print(sample);
        self.is_repeated(print, time)
    }

    /// A packet in short, to be asked for later; a hint is given that it will be.
    // Into its callers: one of them has every tunnelled packet, and all of it in registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn print(&self, sample: &Sample<'_>) -> Print {
        let set = match sample.identification {
            // A sender that never fragments need not number its packets (RFC 6864).
            0 => {
                let number =
                    sample.source.to_bits().wrapping_mul(31).wrapping_add(sample.destination.to_bits());
                // The cut is what is wanted.
                #[allow(clippy::cast_possible_truncation)]
                {
                    number as u16
                }
            }
            // Fragments of one datagram share its number, and would fill one set.
            numbered => numbered.wrapping_add(sample.fragment_offset.wrapping_mul(31)),
        };
        prefetch(self.sets.get(usize::from(set) % SETS));
        let Fingerprint { whole, inside } = self.fingerprints.of(sample);
        Print { fingerprint: whole, set, inside }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    #[inline]
    pub fn is_repeated(&mut self, print: Print, time: Timestamp) -> bool {
        let Print { fingerprint, set, .. } = print;
        let Some(Set(places)) = self.sets.get_mut(usize::from(set) % SETS) else { return false };
        if let Some(place) = places.iter_mut().find(|place| place.0 == fingerprint) {
            // The clock of a capture of several interfaces can go back a little; a copy of a copy is one, too.
            let age = time.since(place.1);
            place.1 = time;
            return age.unsigned_abs() < WINDOW;
        }
        if let Some(oldest) = places.iter_mut().min_by_key(|place| place.1) {
            *oldest = (fingerprint, time);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn many_fragments_of_one_datagram_are_all_remembered() {
        let mut duplicates = Duplicates::new(1);
        let fragment = |place: u8| Sample {
            source: Ipv4Addr::new(198, 51, 100, 1),
            destination: Ipv4Addr::new(192, 0, 2, 1),
            identification: 7,
            total_length: 28,
            fragment_offset: u16::from(place) * 8,
            is_ip_in_ip: false,
            payload_length: 8,
            payload: &[0x5a; 8],
        };
        let mut see =
            || (0..100).filter(|place| duplicates.is_copy(&fragment(*place), Timestamp::new(1, 0))).count();
        assert_eq!((see(), see()), (0, 100));
    }
}
