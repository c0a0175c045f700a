//! Packets that the capture holds twice, as it does when a span port or two interfaces see the same packet.
//!
//! A copy is a packet identical in addresses, IP identification and payload to one seen less than half a second
//! earlier. Of long payloads the two ends and the middle are compared.

use std::hash::{BuildHasher, Hasher};
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

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
/// Octets compared at the end and in the middle.
const SAMPLE: usize = 16;

/// Remembers fingerprints of recent packets.
#[derive(Clone, Debug)]
pub(super) struct Duplicates {
    sets: Vec<Set>,
    hasher: FixedState,
}

/// The packets that share their places, as fingerprint and time; a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Set([(u64, Timestamp); PLACES]);

impl Duplicates {
    /// A memory that is empty; `seed` scatters it.
    pub fn new(seed: u64) -> Self {
        let never = Timestamp::from_nanoseconds(i64::MIN);
        Self { sets: vec![Set([(0, never); PLACES]); SETS], hasher: FixedState::with_seed(seed) }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    #[inline]
    pub fn is_copy(&mut self, sample: &Sample<'_>, time: Timestamp) -> bool {
        let fingerprint = self.fingerprint(sample);
        let number = match sample.identification {
            // A sender that never fragments need not number its packets (RFC 6864).
            0 => u32::from(sample.source).wrapping_mul(31).wrapping_add(u32::from(sample.destination)),
            numbered => numbered.into(),
        };
        let Some(Set(places)) = self.sets.get_mut(number as usize % SETS) else { return false };
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

    #[inline]
    fn fingerprint(&self, sample: &Sample<'_>) -> u64 {
        let payload = sample.payload;
        let mut hasher = self.hasher.build_hasher();
        hasher
            .write_u64(u64::from(u32::from(sample.source)) << 32 | u64::from(u32::from(sample.destination)));
        hasher.write_u64(
            u64::from(sample.identification) << 32
                | u64::from(sample.total_length) << 16
                | u64::from(sample.fragment_offset),
        );
        hasher.write(payload.get(..HEAD).unwrap_or(payload));
        if payload.len() > HEAD {
            let middle = payload.len() / 2;
            hasher.write(payload.get(middle..middle.saturating_add(SAMPLE)).unwrap_or_default());
            hasher.write(payload.get(payload.len().saturating_sub(SAMPLE)..).unwrap_or_default());
        }
        hasher.finish()
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
