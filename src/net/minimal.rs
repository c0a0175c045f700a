//! Minimal encapsulation (RFC 2004): a forwarding header instead of a second IP header.

use std::net::Ipv4Addr;

use pnet_packet::util;

use crate::net::{
    ipv4::{Ipv4Header, Ipv4Packet},
    udp::Checksum,
};

/// The S bit of the second octet: the original source address is present.
const SOURCE_PRESENT: u8 = 0x80;
/// Octets of a header without a source address.
const SHORT: usize = 8;
/// Octets of a header with a source address.
const LONG: usize = 12;
/// Position of the checksum field, counted in 16-bit words.
const CHECKSUM_WORD: usize = 1;

/// A minimal forwarding header (RFC 2004 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimalHeader {
    /// Protocol of the original packet.
    pub protocol: u8,
    /// The seven reserved bits, which are sent as zero.
    pub reserved: u8,
    /// The checksum field, unchanged.
    pub checksum_field: u16,
    /// Whether the checksum is right; it covers this header alone.
    pub checksum: Checksum,
    /// Destination address of the original packet.
    pub destination: Ipv4Addr,
    /// Source address of the original packet, when the S bit is set.
    pub source: Option<Ipv4Addr>,
}

impl MinimalHeader {
    /// Reads the header at the start of `data`, and returns it with the octets that follow; `None` when the header is
    /// cut.
    pub fn parse(data: &[u8]) -> Option<(Self, &[u8])> {
        let (&[protocol, flags, high, low, a, b, c, d], _) = data.split_first_chunk::<SHORT>()?;
        let has_source = flags & SOURCE_PRESENT != 0;
        let (covered, payload) = data.split_at_checked(if has_source { LONG } else { SHORT })?;
        let checksum_field = u16::from_be_bytes([high, low]);
        let header = Self {
            protocol,
            reserved: flags & !SOURCE_PRESENT,
            checksum_field,
            checksum: Checksum::verdict(checksum_field, util::checksum(covered, CHECKSUM_WORD)),
            destination: Ipv4Addr::new(a, b, c, d),
            source: covered.last_chunk::<4>().filter(|_| has_source).map(|octets| Ipv4Addr::from(*octets)),
        };
        Some((header, payload))
    }

    /// Octets of this header, 8 or 12.
    pub const fn length(&self) -> u8 {
        if self.source.is_some() { 12 } else { 8 }
    }

    /// The original packet: `outer` with the fields that this header preserves put back.
    ///
    /// `payload` is the captured part of what follows this header. `carried` is the number of octets that this header
    /// and the payload have according to the outer packet.
    pub fn restore<'a>(&self, outer: &Ipv4Packet<'a>, payload: &'a [u8], carried: usize) -> Ipv4Packet<'a> {
        let payload_length = carried.saturating_sub(usize::from(self.length()));
        let total = payload_length.saturating_add(usize::from(outer.header.header_length));
        Ipv4Packet {
            header: Ipv4Header {
                source: self.source.unwrap_or(outer.header.source),
                destination: self.destination,
                protocol: self.protocol,
                total_length: u16::try_from(total).unwrap_or(u16::MAX),
                ..outer.header
            },
            payload,
            payload_length,
            ..*outer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::{MINIMAL_LONG, MINIMAL_SHORT};

    #[test]
    fn the_long_header_has_both_addresses() {
        let (header, payload) = MinimalHeader::parse(&MINIMAL_LONG[20..]).unwrap();
        assert_eq!(
            header,
            MinimalHeader {
                protocol: 17,
                reserved: 0,
                checksum_field: 0xa872,
                checksum: Checksum::Correct,
                destination: Ipv4Addr::new(10, 1, 0, 1),
                source: Some(Ipv4Addr::new(203, 0, 113, 10)),
            }
        );
        assert_eq!((header.length(), payload), (12, &MINIMAL_LONG[32..]));
    }

    #[test]
    fn the_short_header_leaves_the_source_to_the_outer_one() {
        let (header, payload) = MinimalHeader::parse(&MINIMAL_SHORT[20..]).unwrap();
        assert_eq!((header.source, header.checksum_field), (None, 0xe4fd));
        assert_eq!(header.checksum, Checksum::Correct);
        assert_eq!((header.length(), payload), (8, &MINIMAL_SHORT[28..]));
    }

    #[test]
    fn reserved_bits_and_a_wrong_checksum_show() {
        let mut octets = MINIMAL_SHORT;
        octets[21] = 0x41;
        let (header, _) = MinimalHeader::parse(&octets[20..]).unwrap();
        assert_eq!(header.reserved, 0x41);
        // 0x41 more in the sum is 0x41 less in its complement.
        assert_eq!(header.checksum, Checksum::Wrong { found: 0xe4fd, computed: 0xe4fd - 0x41 });
    }

    #[test]
    fn a_cut_header_is_none() {
        assert_eq!(MinimalHeader::parse(&MINIMAL_LONG[20..31]), None);
        assert_eq!(MinimalHeader::parse(&MINIMAL_SHORT[20..27]), None);
        assert!(MinimalHeader::parse(&MINIMAL_SHORT[20..28]).unwrap().1.is_empty());
    }
}
