//! Packets that the capture holds twice, as it does when a span port or two interfaces see the same packet.
//!
//! A copy is a packet identical in addresses, IP identification and payload to one seen less than half a second
//! earlier. Of long payloads the two ends and the middle are compared.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

use super::prefetch::prefetch;
use crate::net::{Ipv4Header, Ipv4Packet, PlainTunnel};
use crate::time::Timestamp;

/// Nanoseconds within which a packet seen again is a copy.
const WINDOW: u64 = 500_000_000;
/// Sets of places, a power of two. A sender's packets carry rising identifications, so the sets of packets that follow
/// each other lie side by side; scattered ones would cost a visit to main memory each.
const SETS: usize = 1 << 14;
/// Places in a set: a cache line, so that another packet seldom takes the place of one whose copy is still to come.
/// At 100 000 packets a second all sets together hold half a second's worth.
const PLACES: usize = 4;
/// Octets at the start of a payload that are compared: inner headers with their checksums and more.
const HEAD: usize = 64;

/// Octets that go into a fingerprint at once, and that are compared at the end and in the middle.
const BLOCK: usize = 16;

/// Remembers fingerprints of recent packets.
#[derive(Clone, Debug)]
pub(super) struct Duplicates {
    sets: Vec<Set>,
    /// Makes fingerprints of its own, so that nobody can make up packets that look like copies.
    secret: (u64, u64),
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
}

impl Duplicates {
    /// A memory that is empty; `seed` scatters it.
    pub fn new(seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        Self {
            sets: vec![Set([(0, Timestamp::FIRST); PLACES]); SETS],
            secret: (hasher.hash_one(0u64) | 1, hasher.hash_one(1u64) | 1),
        }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    #[inline]
    pub fn is_copy(&mut self, sample: &Sample<'_>, time: Timestamp) -> bool {
        let print = self.print(sample);
        self.is_repeated(print, time)
    }

    /// A packet in short, to be asked for later; a hint is given that it will be.
    #[inline]
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
        Print { fingerprint: self.fingerprint(sample), set }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    #[inline]
    pub fn is_repeated(&mut self, print: Print, time: Timestamp) -> bool {
        let Print { fingerprint, set } = print;
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

    // By hand: a hasher has to be ready for whatever is written to it next, which takes twice the time, for each packet.
    #[inline]
    fn fingerprint(&self, sample: &Sample<'_>) -> u64 {
        let Sample { source, destination, identification, total_length, fragment_offset, payload } = *sample;
        let addresses = u64::from(source.to_bits()) << 32 | u64::from(destination.to_bits());
        let header =
            u64::from(identification) << 32 | u64::from(total_length) << 16 | u64::from(fragment_offset);
        let (one, other) = self.secret;
        let fingerprint = folded(addresses ^ one, header ^ other);
        let take = |fingerprint: u64, block: &[u8; BLOCK]| {
            let both = u128::from_ne_bytes(*block);
            folded(upper(both) ^ fingerprint, lower(both) ^ other)
        };
        let (blocks, rest) = payload.get(..HEAD).unwrap_or(payload).as_chunks();
        let fingerprint = blocks.iter().fold(fingerprint, take);
        if payload.len() > HEAD {
            let middle = payload.get(payload.len() / 2..).and_then(|middle| middle.first_chunk());
            let end = payload.last_chunk();
            return [middle, end].into_iter().flatten().fold(fingerprint, take);
        }
        // Shorter ones to their last octet; what fills the last block is told from octets by the length.
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(place, octet)| *place = *octet);
        take(fingerprint ^ payload.len() as u64, &last)
    }
}

/// The product of two numbers, its halves laid over each other: each bit of it depends on all of both.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one).wrapping_mul(u128::from(other));
    upper(product) ^ lower(product)
}

#[inline]
const fn upper(number: u128) -> u64 {
    lower(number >> 64)
}

#[inline]
const fn lower(number: u128) -> u64 {
    // The cut is what is wanted.
    #[allow(clippy::cast_possible_truncation)]
    {
        number as u64
    }
}

/// What a packet is told apart by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    identification: u16,
    total_length: u16,
    fragment_offset: u16,
    payload: &'a [u8],
}

impl<'a> From<&Ipv4Packet<'a>> for Sample<'a> {
    fn from(packet: &Ipv4Packet<'a>) -> Self {
        let Ipv4Header { source, destination, identification, total_length, fragment_offset, .. } =
            packet.header;
        let payload = packet.payload;
        Self { source, destination, identification, total_length, fragment_offset, payload }
    }
}

impl<'a> From<&PlainTunnel<'a>> for Sample<'a> {
    #[inline]
    fn from(tunnel: &PlainTunnel<'a>) -> Self {
        let PlainTunnel { source, destination, identification, total_length, payload, .. } = *tunnel;
        Self { source, destination, identification, total_length, fragment_offset: 0, payload }
    }
}

#[cfg(test)]
mod tests {
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
            payload: &[0x5a; 8],
        };
        let mut see =
            || (0..100).filter(|place| duplicates.is_copy(&fragment(*place), Timestamp::new(1, 0))).count();
        assert_eq!((see(), see()), (0, 100));
    }
}
