//! The `IPv6` header and its extension headers (RFC 8200).

use std::net::Ipv6Addr;

use pnet_packet::ipv6 as pnet;

use crate::net::{protocol, reason::Reason};

/// The most extension headers that are skipped on the way to the payload.
pub const MAX_EXTENSION_HEADERS: usize = 16;

/// Octets of the fixed header.
pub(crate) const FIXED_HEADER: usize = 40;

/// The fields of an `IPv6` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Header {
    /// Source address.
    pub source: Ipv6Addr,
    /// Destination address.
    pub destination: Ipv6Addr,
    /// Traffic class: DS field (upper 6 bits) and ECN.
    pub traffic_class: u8,
    /// Flow label, 20 bits.
    pub flow_label: u32,
    /// The Payload Length field, unchanged, in octets.
    pub payload_length: u16,
    /// The number of what follows the fixed header: an extension header, or the payload's protocol.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: u8,
}

impl Ipv6Header {
    /// The DS field: upper six bits of the traffic class.
    pub const fn ds(&self) -> u8 {
        self.traffic_class >> 2
    }
}

/// The fragment header of an `IPv6` packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Fragment {
    /// Identification.
    pub identification: u32,
    /// Where this fragment begins in the fragmentable part, in octets.
    pub offset: u16,
    /// The M bit: more fragments follow.
    pub more_fragments: bool,
}

/// An `IPv6` packet as far as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Packet<'a> {
    /// The fixed header.
    pub header: Ipv6Header,
    /// The protocol after all extension headers. In a fragment other than the first it is the number that the fragment
    /// header names, which may be that of another extension header.
    pub protocol: u8,
    /// Octets before [`Ipv6Packet::payload`]: 40 plus the extension headers.
    pub header_length: usize,
    /// The fragment header, if there is one.
    pub fragment: Option<Ipv6Fragment>,
    /// The SPI of an Authentication Header that was skipped, if there was one.
    pub authentication: Option<u32>,
    /// The captured octets after the extension headers, without padding of the link layer.
    pub payload: &'a [u8],
    /// Octets of payload according to Payload Length; more than `payload.len()` when the packet was cut.
    pub payload_length: usize,
    /// Octets that Payload Length claims beyond the end of the link frame or tunnel; 0 where there are none.
    pub beyond_link: usize,
}

impl<'a> Ipv6Packet<'a> {
    /// Reads the packet at the start of `data`; `on_link` has the meaning it has for [`super::Ipv4Packet::parse`].
    ///
    /// Hop-by-hop options, routing, destination options, fragment and authentication headers are skipped, up to the
    /// fragment header of a fragment other than the first. A Payload Length of 0 is taken to mean everything on the
    /// link (jumbograms, and packets that a network card will cut into segments).
    ///
    /// # Errors
    /// [`Reason::IpHeaderCut`] with fewer than 40 octets, [`Reason::IpVersion`],
    /// [`Reason::ExtensionHeaderCut`], [`Reason::ExtensionHeaderChain`].
    pub fn parse(data: &'a [u8], on_link: usize) -> Result<Self, Reason> {
        let fields = pnet::Ipv6Packet::new(data).ok_or(Reason::IpHeaderCut { there: data.len() })?;
        let version = fields.get_version();
        if version != 6 {
            return Err(Reason::IpVersion { found: version });
        }
        let on_link = on_link.max(data.len());
        let payload_length = fields.get_payload_length();
        let length = match usize::from(payload_length) {
            0 => on_link,
            octets => octets.saturating_add(FIXED_HEADER),
        };
        let header = Ipv6Header {
            source: fields.get_source(),
            destination: fields.get_destination(),
            traffic_class: fields.get_traffic_class(),
            flow_label: fields.get_flow_label(),
            payload_length,
            next_header: fields.get_next_header().0,
            hop_limit: fields.get_hop_limit(),
        };
        let there = data.get(..length).unwrap_or(data);
        let mut packet = Self {
            header,
            protocol: header.next_header,
            header_length: FIXED_HEADER,
            fragment: None,
            authentication: None,
            payload: there.get(FIXED_HEADER..).unwrap_or_default(),
            payload_length: length.saturating_sub(FIXED_HEADER),
            beyond_link: length.saturating_sub(on_link),
        };
        packet.walk()?;
        Ok(packet)
    }

    /// Octets of the whole packet, whether or not they were captured: 40 plus the Payload Length, or the octets on the
    /// link where that field is 0.
    pub const fn length(&self) -> usize {
        self.payload_length.saturating_add(self.header_length)
    }

    /// Whether the packet is part of a larger one. A fragment header alone does not make it a fragment.
    pub fn is_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| fragment.more_fragments || fragment.offset != 0)
    }

    /// Whether the packet is a fragment without the start of the original payload.
    pub fn is_later_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| fragment.offset != 0)
    }

    fn walk(&mut self) -> Result<(), Reason> {
        for _ in 0..MAX_EXTENSION_HEADERS {
            if !is_extension(self.protocol) || self.is_later_fragment() {
                return Ok(());
            }
            self.step()?;
        }
        if is_extension(self.protocol) { Err(Reason::ExtensionHeaderChain) } else { Ok(()) }
    }

    /// Removes the extension header at the start of the payload.
    fn step(&mut self) -> Result<(), Reason> {
        // The shortest extension header has 8 octets, so 8 must be there.
        let [next_header, units, high, low, a, b, c, d] =
            *self.payload.first_chunk::<8>().ok_or(Reason::ExtensionHeaderCut)?;
        let word = u32::from_be_bytes([a, b, c, d]);
        let octets = match self.protocol {
            protocol::FRAGMENT => {
                let field = u16::from_be_bytes([high, low]);
                self.fragment = Some(Ipv6Fragment {
                    identification: word,
                    offset: field & !7,
                    more_fragments: field & 1 != 0,
                });
                8
            }
            protocol::AUTHENTICATION => {
                self.authentication = Some(word);
                // The length field counts units of 4 octets, less 2 (RFC 4302 §2.2).
                (usize::from(units) + 2) * 4
            }
            _ => (usize::from(units) + 1) * 8,
        };
        self.payload = self.payload.get(octets..).ok_or(Reason::ExtensionHeaderCut)?;
        self.payload_length = self.payload_length.saturating_sub(octets);
        self.header_length = self.header_length.saturating_add(octets);
        self.protocol = next_header;
        Ok(())
    }
}

/// Whether a header of this protocol number is skipped on the way to the payload.
pub(crate) const fn is_extension(number: u8) -> bool {
    matches!(
        number,
        protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::FRAGMENT
            | protocol::AUTHENTICATION
            | protocol::DESTINATION_OPTIONS
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::RRQ_IPV6;

    /// A packet with `next_header` and `payload` behind the addresses of [`RRQ_IPV6`].
    fn packet(next_header: u8, payload: &[u8]) -> Vec<u8> {
        let mut octets = [&RRQ_IPV6[..40], payload].concat();
        octets[4..6].copy_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        octets[6] = next_header;
        octets
    }

    #[test]
    fn every_field_is_where_it_belongs() {
        let packet = Ipv6Packet::parse(&RRQ_IPV6, 72).unwrap();
        assert_eq!(
            packet.header,
            Ipv6Header {
                source: "2001:db8::1".parse().unwrap(),
                destination: "2001:db8::2".parse().unwrap(),
                traffic_class: 0xb8,
                flow_label: 0x12345,
                payload_length: 32,
                next_header: 17,
                hop_limit: 63,
            }
        );
        assert_eq!((packet.protocol, packet.header_length, packet.length()), (17, 40, 72));
        assert_eq!(packet.payload, &RRQ_IPV6[40..]);
        assert!(packet.beyond_link == 0 && !packet.is_fragment());
    }

    #[test]
    fn a_chain_of_extension_headers_leads_to_the_payload() {
        let chain = [
            &[43, 0, 1, 4, 0, 0, 0, 0][..],                     // hop-by-hop, 8 octets
            &[44, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // routing, 16 octets
            &[51, 0, 0x00, 0x01, 0xde, 0xad, 0xbe, 0xef],       // first fragment, M set
            &[60, 1, 0, 0, 0, 0, 0x30, 0x39, 0, 0, 0, 1],       // AH of 12 octets, SPI 12345
            &[17, 0, 1, 4, 0, 0, 0, 0],                         // destination options
            &[1, 2, 3],
        ]
        .concat();
        let octets = packet(0, &chain);
        let packet = Ipv6Packet::parse(&octets, octets.len()).unwrap();
        assert_eq!((packet.protocol, packet.header_length), (17, 40 + 52));
        assert_eq!((packet.payload, packet.payload_length), (&[1, 2, 3][..], 3));
        assert_eq!(packet.length(), 95);
        assert_eq!(packet.authentication, Some(12345));
        assert_eq!(
            packet.fragment,
            Some(Ipv6Fragment { identification: 0xdead_beef, offset: 0, more_fragments: true })
        );
        assert!(packet.is_fragment() && !packet.is_later_fragment());
    }

    #[test]
    fn a_later_fragment_ends_the_walk() {
        // Offset 1448, last; names destination options, which lie in the first fragment.
        let octets = packet(44, &[60, 0, 0x05, 0xa8, 0, 0, 0, 1, 9, 9]);
        let packet = Ipv6Packet::parse(&octets, octets.len()).unwrap();
        assert_eq!((packet.protocol, packet.header_length), (60, 48));
        assert_eq!(
            packet.fragment,
            Some(Ipv6Fragment { identification: 1, offset: 1448, more_fragments: false })
        );
        assert!(packet.is_later_fragment());
    }

    #[test]
    fn a_broken_chain_says_why() {
        let octets = packet(0, &[17, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Ipv6Packet::parse(&octets, 48), Err(Reason::ExtensionHeaderCut));
        let headers = |count: usize| {
            [[0, 0, 1, 4, 0, 0, 0, 0].repeat(count - 1), vec![17, 0, 1, 4, 0, 0, 0, 0]].concat()
        };
        let octets = packet(0, &headers(16));
        assert_eq!(Ipv6Packet::parse(&octets, octets.len()).unwrap().protocol, 17);
        let octets = packet(0, &headers(17));
        assert_eq!(Ipv6Packet::parse(&octets, octets.len()), Err(Reason::ExtensionHeaderChain));
        assert_eq!(Ipv6Packet::parse(&RRQ_IPV6[..39], 72), Err(Reason::IpHeaderCut { there: 39 }));
        let mut four = RRQ_IPV6;
        four[0] = 0x45;
        assert_eq!(Ipv6Packet::parse(&four, 72), Err(Reason::IpVersion { found: 4 }));
    }

    #[test]
    fn lengths_follow_the_header_and_not_the_capture() {
        let padded = [&RRQ_IPV6[..], &[0; 6]].concat();
        assert_eq!(Ipv6Packet::parse(&padded, 78).unwrap().payload.len(), 32);
        let cut = Ipv6Packet::parse(&RRQ_IPV6[..60], 72).unwrap();
        assert_eq!((cut.payload.len(), cut.payload_length, cut.length()), (20, 32, 72));
        assert_eq!(cut.beyond_link, 0);
        let lying = Ipv6Packet::parse(&RRQ_IPV6[..60], 60).unwrap();
        assert_eq!((lying.payload.len(), lying.payload_length, lying.beyond_link), (20, 32, 12));
        let mut zero = RRQ_IPV6;
        zero[5] = 0;
        assert_eq!(Ipv6Packet::parse(&zero, 72).unwrap().payload_length, 32);
    }
}
