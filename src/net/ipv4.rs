//! The `IPv4` header (RFC 791), read leniently.

use std::net::Ipv4Addr;

use pnet_packet::ipv4 as pnet;

use crate::net::reason::Reason;

/// The fields of an `IPv4` header, without the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Header {
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Protocol of the payload, see [`super::protocol`].
    pub protocol: u8,
    /// Time to live.
    pub ttl: u8,
    /// Type of service: DS field (upper 6 bits) and ECN.
    pub tos: u8,
    /// Identification.
    pub identification: u16,
    /// The Don't Fragment bit.
    pub dont_fragment: bool,
    /// The More Fragments bit.
    pub more_fragments: bool,
    /// Where this fragment begins in the original payload, in octets.
    pub fragment_offset: u16,
    /// The Total Length field, unchanged, in octets. It is 0 where the capturing host leaves segmentation to its
    /// network card; [`Ipv4Packet::length`] gives the actual length then.
    pub total_length: u16,
    /// Length of the header with its options, in octets, 20 to 60.
    pub header_length: u8,
}

impl Ipv4Header {
    /// Octets of a header without options.
    pub const LENGTH: usize = 20;

    /// Whether the packet is a fragment of a larger one.
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset != 0
    }

    /// The DS field: upper six bits of the TOS octet.
    pub const fn ds(&self) -> u8 {
        self.tos >> 2
    }
}

/// An `IPv4` packet as far as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Packet<'a> {
    /// The fixed fields.
    pub header: Ipv4Header,
    /// The options, 0 to 40 octets, unchanged; fewer octets when the frame was cut within them.
    pub options: &'a [u8],
    /// The captured payload. Padding and trailers of the link layer are not part of it.
    pub payload: &'a [u8],
    /// Octets of payload according to Total Length; more than `payload.len()` when the packet was cut.
    pub payload_length: usize,
    /// Octets that Total Length claims beyond the end of the link frame or tunnel; 0 where there are none.
    pub beyond_link: usize,
}

impl<'a> Ipv4Packet<'a> {
    /// Reads the packet at the start of `data`.
    ///
    /// `on_link` is the number of octets from the start of the packet to the end of the link frame or tunnel that
    /// carried it. It is at least `data.len()`, and more when the snapshot length cut the frame. A Total Length of 0 is
    /// taken to mean `on_link`. The header checksum is not verified: where it is left to the network card, the
    /// capturing host records a wrong one.
    ///
    /// # Errors
    /// [`Reason::IpHeaderCut`] with fewer than 20 octets, [`Reason::IpVersion`], [`Reason::HeaderLength`],
    /// [`Reason::HeaderBeyondPacket`].
    #[inline]
    pub fn parse(data: &'a [u8], on_link: usize) -> Result<Self, Reason> {
        let fields = pnet::Ipv4Packet::new(data).ok_or(Reason::IpHeaderCut { there: data.len() })?;
        let total_length = fields.get_total_length();
        let header_length = structure(&fields)?;
        let on_link = on_link.max(data.len());
        let length = match usize::from(total_length) {
            0 => on_link,
            length => length,
        };
        let header = Ipv4Header {
            source: fields.get_source(),
            destination: fields.get_destination(),
            protocol: fields.get_next_level_protocol().0,
            ttl: fields.get_ttl(),
            tos: fields.get_dscp() << 2 | fields.get_ecn(),
            identification: fields.get_identification(),
            dont_fragment: fields.get_flags() & pnet::Ipv4Flags::DontFragment != 0,
            more_fragments: fields.get_flags() & pnet::Ipv4Flags::MoreFragments != 0,
            // The field has 13 bits, so eight times its value fits 16 bits.
            fragment_offset: fields.get_fragment_offset() << 3,
            total_length,
            header_length,
        };
        let there = data.get(..length).unwrap_or(data);
        let options_end = usize::from(header_length).min(there.len());
        Ok(Self {
            header,
            options: there.get(Ipv4Header::LENGTH..options_end).unwrap_or_default(),
            payload: there.get(options_end..).unwrap_or_default(),
            payload_length: length.saturating_sub(usize::from(header_length)),
            beyond_link: length.saturating_sub(on_link),
        })
    }

    /// Octets of the whole packet, header included, whether or not they were captured: the Total Length field, or the
    /// octets on the link where that field is 0.
    pub fn length(&self) -> usize {
        self.payload_length.saturating_add(usize::from(self.header.header_length))
    }

    /// Whether the end of the payload is missing.
    pub const fn is_cut(&self) -> bool {
        self.payload.len() < self.payload_length
    }
}

/// Checks version and lengths, and returns the header length in octets.
#[inline]
pub(crate) fn structure(fields: &pnet::Ipv4Packet<'_>) -> Result<u8, Reason> {
    let version = fields.get_version();
    if version != 4 {
        return Err(Reason::IpVersion { found: version });
    }
    // The field has 4 bits, so four times its value fits 8 bits.
    let header_length = fields.get_header_length() << 2;
    if usize::from(header_length) < Ipv4Header::LENGTH {
        return Err(Reason::HeaderLength { octets: header_length });
    }
    let total_length = fields.get_total_length();
    if total_length != 0 && u16::from(header_length) > total_length {
        return Err(Reason::HeaderBeyondPacket { header: header_length, total: total_length });
    }
    Ok(header_length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::{RRQ_IPV4, RRQ_OPTIONS};

    #[test]
    fn every_field_is_where_it_belongs() {
        let packet = Ipv4Packet::parse(&RRQ_OPTIONS, 56).unwrap();
        assert_eq!(
            packet.header,
            Ipv4Header {
                source: Ipv4Addr::new(192, 0, 2, 1),
                destination: Ipv4Addr::new(198, 51, 100, 1),
                protocol: 17,
                ttl: 64,
                tos: 0xb8,
                identification: 0x1234,
                dont_fragment: true,
                more_fragments: false,
                fragment_offset: 0,
                total_length: 56,
                header_length: 24,
            }
        );
        assert_eq!(packet.header.ds(), 46);
        assert_eq!(packet.options, [0x94, 0x04, 0, 0]);
        assert_eq!((packet.payload.len(), packet.payload_length, packet.length()), (32, 32, 56));
        assert_eq!((packet.is_cut(), packet.beyond_link), (false, 0));
    }

    #[test]
    fn fragment_fields_are_counted_in_octets() {
        let mut octets = RRQ_IPV4;
        octets[6..8].copy_from_slice(&[0x20, 0xb9]); // MF, offset 185 units
        let header = Ipv4Packet::parse(&octets, 52).unwrap().header;
        assert!(header.more_fragments && !header.dont_fragment && header.is_fragment());
        assert_eq!(header.fragment_offset, 1480);
        octets[6..8].copy_from_slice(&[0x1f, 0xff]);
        assert_eq!(Ipv4Packet::parse(&octets, 52).unwrap().header.fragment_offset, 65528);
    }

    #[test]
    fn the_total_length_ends_the_payload() {
        let padded = [&RRQ_IPV4[..], &[0xee; 10]].concat();
        assert_eq!(Ipv4Packet::parse(&padded, 62).unwrap().payload, &RRQ_IPV4[20..]);
        let cut = Ipv4Packet::parse(&RRQ_IPV4[..40], 66).unwrap();
        assert_eq!((cut.payload.len(), cut.payload_length, cut.length()), (20, 32, 52));
        assert_eq!((cut.is_cut(), cut.beyond_link), (true, 0));
        let lying = Ipv4Packet::parse(&RRQ_IPV4[..40], 40).unwrap();
        assert_eq!((lying.is_cut(), lying.beyond_link), (true, 12));
    }

    #[test]
    fn a_total_length_of_zero_is_what_was_on_the_link() {
        let mut octets = RRQ_IPV4;
        octets[2..4].fill(0);
        let packet = Ipv4Packet::parse(&octets, 52).unwrap();
        assert_eq!((packet.payload.len(), packet.length()), (32, 52));
        let cut = Ipv4Packet::parse(&octets[..40], 2000).unwrap();
        assert_eq!((cut.payload.len(), cut.payload_length, cut.length()), (20, 1980, 2000));
    }

    #[test]
    fn impossible_headers_are_refused() {
        let with = |index: usize, value: u8| {
            let mut octets = RRQ_IPV4;
            octets[index] = value;
            Ipv4Packet::parse(&octets, 52).unwrap_err()
        };
        assert_eq!(with(0, 0x65), Reason::IpVersion { found: 6 });
        assert_eq!(with(0, 0x44), Reason::HeaderLength { octets: 16 });
        assert_eq!(with(0, 0x4f), Reason::HeaderBeyondPacket { header: 60, total: 52 });
        assert_eq!(with(3, 19), Reason::HeaderBeyondPacket { header: 20, total: 19 });
        assert_eq!(Ipv4Packet::parse(&RRQ_IPV4[..19], 52), Err(Reason::IpHeaderCut { there: 19 }));
        assert_eq!(Ipv4Packet::parse(&[], 0), Err(Reason::IpHeaderCut { there: 0 }));
    }

    #[test]
    fn options_that_are_cut_leave_no_payload() {
        let packet = Ipv4Packet::parse(&RRQ_OPTIONS[..22], 56).unwrap();
        assert_eq!((packet.options, packet.payload), (&[0x94, 0x04][..], &[][..]));
        assert_eq!(packet.payload_length, 32);
    }
}
