//! Packets that the capture holds twice, because a span port or two interfaces saw the same packet.
//!
//! A copy is a packet identical in addresses, IP identification and payload to one seen less than half a second
//! earlier. Of long payloads the two ends and the middle are compared, of cut ones the start.

use std::num::NonZeroU64;

use super::fingerprint::{Fingerprint, Fingerprints, Sample};
use super::prefetch::prefetch;
use crate::time::Timestamp;

/// A packet that is seen again within this many nanoseconds is a copy (D15).
pub(crate) const WINDOW: u64 = 500_000_000;
/// The number of sets of places, a power of two. A sender numbers its packets with rising identifications, so the sets
/// of consecutive packets lie side by side; scattered sets would cost a visit to main memory each.
const SETS: usize = 1 << 14;
/// Places in a set. A set fills a cache line, so that a packet seldom takes the place of one whose copy is still to
/// come. At 100 000 packets a second all sets together hold half a second's worth.
const PLACES: usize = 4;
/// Remembers fingerprints of recent packets.
#[derive(Clone, Debug)]
pub(super) struct Duplicates {
    sets: Vec<Set>,
    pub fingerprints: Fingerprints,
}

/// The packets that share a set, each as fingerprint and time; a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Set([(u64, Timestamp); PLACES]);

/// A short form of a packet: all that is needed to tell whether the packet was seen before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    fingerprint: u64,
    set: u16,
    /// The fingerprint of the packet inside, as in [`Fingerprint::inside`].
    pub inside: Option<NonZeroU64>,
}

impl Duplicates {
    /// An empty memory; `seed` scatters its fingerprints.
    pub fn new(seed: u64) -> Self {
        Self { sets: vec![Set([(0, Timestamp::FIRST); PLACES]); SETS], fingerprints: Fingerprints::new(seed) }
    }

    /// Remembers the packet, and returns whether the same was seen less than half a second before.
    #[inline]
    pub fn is_copy(&mut self, sample: &Sample<'_>, time: Timestamp) -> bool {
        let print = self.print(sample);
        self.is_repeated(print, time)
    }

    /// The short form of a packet, to be given to [`Duplicates::is_repeated`] later. The place for it is prefetched.
    // Inlined into its callers: one of them sees every tunnelled packet, with all of it in registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn print(&self, sample: &Sample<'_>) -> Print {
        let set = match sample.identification {
            // A sender that never fragments need not number its packets (RFC 6864); its set depends on the addresses.
            0 => {
                let number =
                    sample.source.to_bits().wrapping_mul(31).wrapping_add(sample.destination.to_bits());
                // Only the low 16 bits are wanted.
                #[allow(clippy::cast_possible_truncation)]
                {
                    number as u16
                }
            }
            // Fragments of one datagram share its number, and would all go to one set without their offset.
            numbered => numbered.wrapping_add(sample.fragment_offset.wrapping_mul(31)),
        };
        prefetch(self.sets.get(usize::from(set) % SETS));
        let Fingerprint { whole, inside } = self.fingerprints.of(sample);
        Print { fingerprint: whole, set, inside }
    }

    /// Remembers the packet, and returns whether the same was seen less than half a second before.
    #[inline]
    pub fn is_repeated(&mut self, print: Print, time: Timestamp) -> bool {
        let Print { fingerprint, set, .. } = print;
        let Some(Set(places)) = self.sets.get_mut(usize::from(set) % SETS) else { return false };
        if let Some(place) = places.iter_mut().find(|place| place.0 == fingerprint) {
            // The clock of a capture of several interfaces can go back a little. A copy of a copy is a copy, too.
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
