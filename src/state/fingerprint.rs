//! Fingerprints of packets: one number in place of all the fields that distinguish packets.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;
use std::num::NonZeroU64;

use foldhash::fast::FixedState;

use crate::net::{Ipv4Header, Ipv4Packet, PlainTunnel, protocol};

/// Octets at the start of a payload that are compared: inner headers with their checksums and more. The rules compare
/// as many octets of what a tunnelled packet carries (TUN-025).
const HEAD: usize = 64;
/// Octets that are added to a fingerprint at once. As many are compared at the end and in the middle of a payload.
const BLOCK: usize = 16;
/// Makes fingerprints with a secret of its own, so that nobody can make up packets that look like others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprints {
    secret: (u64, u64),
}

/// The fingerprints of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Of the whole packet: the same for packets that are identical in addresses, IP identification and payload.
    pub whole: u64,
    /// The fingerprint of the packet inside, as [`Fingerprints::of_packet`] gives it, if the packet is IP in IP and
    /// holds an IPv4 packet without options and nothing else.
    pub inside: Option<NonZeroU64>,
}

impl Fingerprints {
    /// Fingerprints whose secret depends on `seed`.
    pub fn new(seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        Self { secret: (hasher.hash_one(0u64) | 1, hasher.hash_one(1u64) | 1) }
    }

    /// The fingerprints of a packet that may be in the capture twice.
    // By hand: a hasher has to be ready for whatever is written to it next, and takes twice the time for each packet.
    #[inline]
    pub fn of(&self, sample: &Sample<'_>) -> Fingerprint {
        let Sample { source, destination, identification, total_length, fragment_offset, payload, .. } =
            *sample;
        let (one, other) = self.secret;
        let header =
            u64::from(identification) << 32 | u64::from(total_length) << 16 | u64::from(fragment_offset);
        // Where a cut one ends depends on its link header, and a copy with a VLAN tag has a longer one.
        let uncut = if payload.len() < sample.payload_length { &[] } else { payload };
        if let Some((inside, head)) = inside_of(sample) {
            let known_by = self.of_inside(inside, head);
            let whole = folded(both(source, destination) ^ known_by, header ^ other);
            let whole = inside.first_chunk().map_or(whole, |start| self.with(whole, start));
            return Fingerprint {
                whole: self.with_end(whole, uncut, Ipv4Header::LENGTH.saturating_add(HEAD)),
                inside: NonZeroU64::new(known_by),
            };
        }
        let whole = folded(both(source, destination) ^ one, header ^ other);
        let head = payload.get(..HEAD).unwrap_or(payload);
        Fingerprint { whole: self.with_end(self.with_head(whole, head), uncut, HEAD), inside: None }
    }

    /// The fingerprint of a packet whatever carried it: of its addresses, protocol, identification and fragment offset,
    /// and of the first 64 octets of its payload.
    pub fn of_packet(&self, packet: &Ipv4Packet<'_>) -> Option<NonZeroU64> {
        let Ipv4Header { source, destination, protocol, identification, fragment_offset, .. } = packet.header;
        let head = packet.payload.get(..HEAD).unwrap_or(packet.payload);
        let [i0, i1] = identification.to_be_bytes();
        let [f0, f1] = (fragment_offset >> 3).to_be_bytes();
        let [s0, s1, s2, s3] = source.octets();
        let [d0, d1, d2, d3] = destination.octets();
        let header = [0, 0, 0, 0, i0, i1, f0, f1, 0, protocol, 0, 0, s0, s1, s2, s3, d0, d1, d2, d3];
        NonZeroU64::new(self.of_inside(&header, head))
    }

    /// The fingerprint of a packet with this header and this start of its payload.
    #[inline]
    fn of_inside(&self, header: &[u8; Ipv4Header::LENGTH], head: &[u8]) -> u64 {
        // The octets that count: identification, fragment offset without flags, protocol and addresses.
        const KNOWN_BY: [u8; BLOCK] =
            [0xff, 0xff, 0x1f, 0xff, 0, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let header = header.last_chunk().map_or(0, |end| u128::from_ne_bytes(*end));
        let known_by = (header & u128::from_ne_bytes(KNOWN_BY)).to_ne_bytes();
        self.with_head(self.with(self.secret.0, &known_by), head)
    }

    /// Adds the start of a payload to a fingerprint.
    // Inlined into its callers: each tunnelled packet comes through here.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn with_head(&self, fingerprint: u64, head: &[u8]) -> u64 {
        // Most payloads are at least as long as the compared part, and then their length makes no difference.
        if let Some(head) = head.first_chunk::<HEAD>() {
            let (blocks, _) = head.as_chunks();
            return blocks.iter().fold(fingerprint, |fingerprint, block| self.with(fingerprint, block));
        }
        // Of shorter payloads all octets count; the length tells octets from the zeros that fill the last block.
        let (blocks, rest) = head.as_chunks();
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(place, octet)| *place = *octet);
        let blocks = blocks.iter().chain([&last]);
        blocks.fold(fingerprint ^ head.len() as u64, |fingerprint, block| self.with(fingerprint, block))
    }

    /// Adds the middle and the end of a payload whose first `done` octets were added before.
    #[inline]
    fn with_end(&self, fingerprint: u64, payload: &[u8], done: usize) -> u64 {
        if payload.len() <= done {
            return fingerprint;
        }
        let middle = payload.get(payload.len() / 2..).and_then(|middle| middle.first_chunk());
        let ends = [middle, payload.last_chunk()].into_iter().flatten();
        ends.fold(fingerprint, |fingerprint, block| self.with(fingerprint, block))
    }

    #[inline]
    fn with(&self, fingerprint: u64, block: &[u8; BLOCK]) -> u64 {
        let block = u128::from_ne_bytes(*block);
        folded(upper(block) ^ fingerprint, lower(block) ^ self.secret.1)
    }
}

#[inline]
fn both(source: Ipv4Addr, destination: Ipv4Addr) -> u64 {
    u64::from(source.to_bits()) << 32 | u64::from(destination.to_bits())
}

/// The XOR of the two halves of a product: each bit of the result depends on all bits of both numbers.
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
    // Only the lower half is wanted.
    #[allow(clippy::cast_possible_truncation)]
    {
        number as u64
    }
}

/// The parts of a packet that go into its fingerprint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    pub source: Ipv4Addr,
    pub destination: Ipv4Addr,
    pub identification: u16,
    pub total_length: u16,
    /// The fragment offset, in octets.
    pub fragment_offset: u16,
    /// Whether the packet is IP in IP and not a fragment.
    pub is_ip_in_ip: bool,
    /// Octets of the payload, as the header counts them.
    pub payload_length: usize,
    /// The captured part of the payload.
    pub payload: &'a [u8],
}

impl<'a> From<&Ipv4Packet<'a>> for Sample<'a> {
    fn from(packet: &Ipv4Packet<'a>) -> Self {
        let Ipv4Header { source, destination, identification, total_length, fragment_offset, .. } =
            packet.header;
        Self {
            source,
            destination,
            identification,
            total_length,
            fragment_offset,
            is_ip_in_ip: packet.header.protocol == protocol::IP_IN_IP && !packet.header.is_fragment(),
            payload_length: packet.payload_length,
            payload: packet.payload,
        }
    }
}

impl<'a> From<&PlainTunnel<'a>> for Sample<'a> {
    #[inline]
    fn from(tunnel: &PlainTunnel<'a>) -> Self {
        let PlainTunnel { source, destination, identification, total_length, payload, .. } = *tunnel;
        Self {
            source,
            destination,
            identification,
            total_length,
            fragment_offset: 0,
            is_ip_in_ip: true,
            payload_length: usize::from(total_length).saturating_sub(Ipv4Header::LENGTH),
            payload,
        }
    }
}

/// The header of the packet inside `sample`, and the first octets of its payload. `None` unless `sample` is IP in IP,
/// its payload is that packet and nothing else, and the inner header has no options.
#[inline]
fn inside_of<'a>(sample: &Sample<'a>) -> Option<(&'a [u8; Ipv4Header::LENGTH], &'a [u8])> {
    let (header, behind) = sample.payload.split_first_chunk::<{ Ipv4Header::LENGTH }>()?;
    let &[0x45, _, l0, l1, ..] = header else { return None };
    let is_all = usize::from(u16::from_be_bytes([l0, l1])) == sample.payload_length;
    (sample.is_ip_in_ip && is_all).then(|| (header, behind.get(..HEAD).unwrap_or(behind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::IPIP;

    fn sample(octets: &[u8]) -> Ipv4Packet<'_> {
        Ipv4Packet::parse(octets, octets.len()).unwrap()
    }

    fn of(octets: &[u8]) -> Fingerprint {
        Fingerprints::new(1).of(&Sample::from(&sample(octets)))
    }

    #[test]
    fn what_is_inside_is_known_by_itself() {
        let packet = Fingerprints::new(1).of_packet(&sample(&IPIP[20..]));
        assert!(packet.is_some());
        assert_eq!(of(&IPIP).inside, packet);
        let mut elsewhere = IPIP;
        elsewhere[19] ^= 1; // to another far end
        assert_eq!(of(&elsewhere).inside, packet);
        assert_ne!(of(&elsewhere).whole, of(&IPIP).whole);
    }

    #[test]
    fn a_packet_with_something_behind_it_is_not_looked_into() {
        let mut longer = IPIP.to_vec();
        longer.push(0);
        longer[3] += 1;
        assert_eq!(of(&longer).inside, None);
        assert_ne!(of(&longer).whole, of(&IPIP).whole);
    }

    #[test]
    fn every_octet_of_a_short_payload_counts() {
        // From the addresses on; the identification stands before them.
        for at in [4, 5].into_iter().chain(12..IPIP.len()) {
            let mut other = IPIP;
            other[at] ^= 0x10;
            assert_ne!(of(&other).whole, of(&IPIP).whole, "octet {at}");
        }
    }
}
