//! Generic Routing Encapsulation: RFC 2784 with the key and sequence number of RFC 2890.

use pnet_packet::util;

use crate::net::udp::Checksum;

/// The C bit: checksum and Reserved1 are present.
const CHECKSUM: u16 = 0x8000;
/// The R bit of RFC 1701: routing entries follow, and checksum and offset are present.
const ROUTING: u16 = 0x4000;
/// The K bit: a key is present.
const KEY: u16 = 0x2000;
/// The S bit: a sequence number is present.
const SEQUENCE: u16 = 0x1000;
/// Bit 1 and bits 4 to 12, counted from the most significant: zero in RFC 2784 and RFC 2890.
const RESERVED: u16 = 0x4ff8;
/// The version number.
const VERSION: u16 = 0x0007;
/// Position of the checksum field, counted in 16-bit words.
const CHECKSUM_WORD: usize = 2;

/// A GRE header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreHeader {
    /// The first two octets, unchanged: flags, reserved bits and version.
    pub flags: u16,
    /// The `EtherType` of the payload.
    pub protocol_type: u16,
    /// The checksum field, when present, and whether it is right for header and payload.
    pub checksum: Option<(u16, Checksum)>,
    /// The field after the checksum, when present: Reserved1, or the offset of RFC 1701.
    pub reserved1: Option<u16>,
    /// The key, when present (RFC 2890 §2.1).
    pub key: Option<u32>,
    /// The sequence number, when present (RFC 2890 §2.2).
    pub sequence: Option<u32>,
    /// Octets of the header, without the routing entries of RFC 1701.
    pub header_length: usize,
    /// The first nibble after the header, if there is one: 4 or 6 when the payload is an IP packet.
    pub payload_nibble: Option<u8>,
}

impl GreHeader {
    /// Protocol type of an `IPv4` payload.
    pub const IPV4: u16 = 0x0800;
    /// Protocol type of an `IPv6` payload.
    pub const IPV6: u16 = 0x86dd;

    /// Reads the header at the start of `data`, and returns it with the octets that follow.
    ///
    /// `whole` says that `data` is the entire GRE packet, so that its checksum can be verified. If the version is not
    /// 0, only flags and type are read, as the rest of the header differs (RFC 2637). `None` when the header is cut.
    pub fn parse(data: &[u8], whole: bool) -> Option<(Self, &[u8])> {
        let mut rest = data;
        let (flags, protocol_type) = take_halves(&mut rest)?;
        let mut header = Self {
            flags,
            protocol_type,
            checksum: None,
            reserved1: None,
            key: None,
            sequence: None,
            header_length: 4,
            payload_nibble: None,
        };
        if header.version() == 0 {
            if flags & (CHECKSUM | ROUTING) != 0 {
                let (found, reserved1) = take_halves(&mut rest)?;
                header.reserved1 = Some(reserved1);
                if flags & CHECKSUM != 0 {
                    let verdict = if whole {
                        Checksum::verdict(found, util::checksum(data, CHECKSUM_WORD))
                    } else {
                        Checksum::Unverified
                    };
                    header.checksum = Some((found, verdict));
                }
            }
            if flags & KEY != 0 {
                header.key = Some(take_word(&mut rest)?);
            }
            if flags & SEQUENCE != 0 {
                header.sequence = Some(take_word(&mut rest)?);
            }
        }
        header.header_length = data.len().saturating_sub(rest.len());
        header.payload_nibble = rest.first().map(|octet| octet >> 4);
        Some((header, rest))
    }

    /// The version number; 0 is GRE, 1 is PPTP's variant (RFC 2637).
    #[allow(clippy::cast_possible_truncation)] // three bits
    pub const fn version(&self) -> u8 {
        (self.flags & VERSION) as u8
    }

    /// The bits of [`GreHeader::flags`] that must be zero but are not: bits 1 and 4 to 12, the first being bit 0.
    pub const fn reserved_bits(&self) -> u16 {
        self.flags & RESERVED
    }

    /// Whether the routing bit of RFC 1701 is set.
    pub const fn routing_present(&self) -> bool {
        self.flags & ROUTING != 0
    }
}

fn take_word(data: &mut &[u8]) -> Option<u32> {
    let (octets, rest) = data.split_first_chunk::<4>()?;
    *data = rest;
    Some(u32::from_be_bytes(*octets))
}

fn take_halves(data: &mut &[u8]) -> Option<(u16, u16)> {
    let [a, b, c, d] = take_word(data)?.to_be_bytes();
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::{GRE_FULL, GRE_PLAIN, INNER_IPV4};

    #[test]
    fn all_optional_fields_are_read() {
        let (header, payload) = GreHeader::parse(&GRE_FULL[20..], true).unwrap();
        assert_eq!(
            header,
            GreHeader {
                flags: 0xb000,
                protocol_type: 0x0800,
                checksum: Some((0xc323, Checksum::Correct)),
                reserved1: Some(0),
                key: Some(0xcafe_0001),
                sequence: Some(7),
                header_length: 16,
                payload_nibble: Some(4),
            }
        );
        assert_eq!(payload, INNER_IPV4);
        assert_eq!((header.version(), header.reserved_bits()), (0, 0));
    }

    #[test]
    fn a_plain_header_has_four_octets() {
        let (header, payload) = GreHeader::parse(&GRE_PLAIN[20..], true).unwrap();
        assert_eq!(
            (header.header_length, header.checksum, header.key, header.sequence),
            (4, None, None, None)
        );
        assert_eq!(payload, INNER_IPV4);
    }

    #[test]
    fn a_key_without_checksum_follows_at_once() {
        let (header, payload) = GreHeader::parse(&[0x20, 0, 0x86, 0xdd, 0, 0, 0, 9, 0x60], true).unwrap();
        assert_eq!((header.key, header.sequence, header.reserved1), (Some(9), None, None));
        assert_eq!((payload, header.payload_nibble), (&[0x60][..], Some(6)));
    }

    #[test]
    fn the_checksum_is_judged_when_all_is_there() {
        let mut octets = GRE_FULL;
        octets[60] ^= 1; // the payload's word goes from 0x0d46 to 0x0c46 or back
        let (header, _) = GreHeader::parse(&octets[20..], true).unwrap();
        let Some((0xc323, Checksum::Wrong { found: 0xc323, computed })) = header.checksum else {
            panic!("{header:?}");
        };
        // Octet 60 is the even octet 40 of the GRE packet, so it weighs 256: 0x00 became 0x01.
        assert_eq!((octets[60], computed), (0x01, 0xc323 - 0x0100));
        let (header, _) = GreHeader::parse(&GRE_FULL[20..50], false).unwrap();
        assert_eq!(header.checksum, Some((0xc323, Checksum::Unverified)));
    }

    #[test]
    fn routing_and_reserved_bits_show() {
        let (header, _) = GreHeader::parse(&[0x4f, 0xf8, 8, 0, 0, 0, 0, 4, 0x45], true).unwrap();
        assert!(header.routing_present());
        assert_eq!(header.reserved_bits(), 0x4ff8);
        assert_eq!((header.reserved1, header.checksum), (Some(4), None), "offset, checksum not valid");
    }

    #[test]
    fn another_version_is_read_no_further() {
        let (header, payload) = GreHeader::parse(&[0x30, 0x81, 0x88, 0x0b, 0, 5, 0, 1], true).unwrap();
        assert_eq!((header.version(), header.key, header.header_length), (1, None, 4));
        assert_eq!(payload, [0, 5, 0, 1]);
    }

    #[test]
    fn a_cut_header_is_none() {
        for end in 0..16 {
            assert_eq!(GreHeader::parse(&GRE_FULL[20..20 + end], false), None, "{end}");
        }
    }
}
