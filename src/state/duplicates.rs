//! Packets that the capture holds twice, as it does when a span port or two interfaces see the same packet.
//!
//! A copy is a packet identical in addresses, IP identification and payload to one seen less than half a second
//! earlier. Of long payloads the two ends and the middle are compared.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::net::Ipv4Packet;
use crate::time::Timestamp;

/// Nanoseconds within which a packet seen again is a copy.
const WINDOW: i64 = 500_000_000;
/// Buckets, a power of two. A sender's packets carry rising identifications, so the buckets of packets that follow
/// each other lie side by side; scattered ones would cost a visit to main memory each.
const BUCKETS: usize = 1 << 14;
/// Packets remembered in a bucket: a cache line. At 100 000 packets a second the table holds half a second's worth.
const ENTRIES: usize = 4;
/// Octets at the start of a payload that are compared: inner headers with their checksums and more.
const HEAD: usize = 64;
/// Octets compared at the end and in the middle.
const SAMPLE: usize = 16;

/// Remembers fingerprints of recent packets.
#[derive(Debug)]
pub(super) struct Duplicates {
    buckets: Vec<[(u64, Timestamp); ENTRIES]>,
    hasher: FixedState,
}

impl Duplicates {
    /// A memory that is empty; `seed` scatters it.
    pub fn new(seed: u64) -> Self {
        let never = Timestamp::from_nanoseconds(i64::MIN);
        Self { buckets: vec![[(0, never); ENTRIES]; BUCKETS], hasher: FixedState::with_seed(seed) }
    }

    /// Whether this packet was seen a moment ago; remembers it.
    pub fn is_copy(&mut self, packet: &Ipv4Packet<'_>, time: Timestamp) -> bool {
        let fingerprint = self.fingerprint(packet);
        let header = &packet.header;
        let place = match header.identification {
            // A sender that never fragments need not number its packets (RFC 6864).
            0 => u32::from(header.source).wrapping_mul(31).wrapping_add(u32::from(header.destination)),
            numbered => numbered.into(),
        };
        let index = place as usize % BUCKETS;
        let Some(bucket) = self.buckets.get_mut(index) else { return false };
        let seen = bucket
            .iter()
            .any(|(other, then)| *other == fingerprint && (0..WINDOW).contains(&time.since(*then)));
        if seen {
            return true;
        }
        if let Some(oldest) = bucket.iter_mut().min_by_key(|entry| entry.1) {
            *oldest = (fingerprint, time);
        }
        false
    }

    fn fingerprint(&self, packet: &Ipv4Packet<'_>) -> u64 {
        let header = &packet.header;
        let payload = packet.payload;
        let mut hasher = self.hasher.build_hasher();
        hasher
            .write_u64(u64::from(u32::from(header.source)) << 32 | u64::from(u32::from(header.destination)));
        hasher.write_u64(
            u64::from(header.identification) << 32
                | u64::from(header.total_length) << 16
                | u64::from(header.fragment_offset),
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
