//! A packet of either IP version.

use std::net::IpAddr;

use crate::net::{ipv4::Ipv4Packet, ipv6::Ipv6Packet, reason::Reason};

/// An `IPv4` or `IPv6` packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpPacket<'a> {
    /// `IPv4`.
    V4(Ipv4Packet<'a>),
    /// `IPv6`.
    V6(Ipv6Packet<'a>),
}

impl<'a> IpPacket<'a> {
    /// Reads a packet of the IP version that its first nibble names; `on_link` has the meaning it has for
    /// [`Ipv4Packet::parse`].
    ///
    /// # Errors
    /// Those of [`Ipv4Packet::parse`] and [`Ipv6Packet::parse`].
    pub fn parse(data: &'a [u8], on_link: usize) -> Result<Self, Reason> {
        match data.first().map(|octet| octet >> 4) {
            None => Err(Reason::IpHeaderCut { there: 0 }),
            Some(4) => Ipv4Packet::parse(data, on_link).map(Self::V4),
            Some(6) => Ipv6Packet::parse(data, on_link).map(Self::V6),
            Some(found) => Err(Reason::IpVersion { found }),
        }
    }

    /// Source address.
    pub const fn source(&self) -> IpAddr {
        match self {
            Self::V4(packet) => IpAddr::V4(packet.header.source),
            Self::V6(packet) => IpAddr::V6(packet.header.source),
        }
    }

    /// Destination address.
    pub const fn destination(&self) -> IpAddr {
        match self {
            Self::V4(packet) => IpAddr::V4(packet.header.destination),
            Self::V6(packet) => IpAddr::V6(packet.header.destination),
        }
    }

    /// Protocol of the payload, see [`super::protocol`].
    pub const fn protocol(&self) -> u8 {
        match self {
            Self::V4(packet) => packet.header.protocol,
            Self::V6(packet) => packet.protocol,
        }
    }

    /// Time to live, or hop limit.
    pub const fn ttl(&self) -> u8 {
        match self {
            Self::V4(packet) => packet.header.ttl,
            Self::V6(packet) => packet.header.hop_limit,
        }
    }

    /// The DS field, 6 bits.
    pub const fn ds(&self) -> u8 {
        match self {
            Self::V4(packet) => packet.header.ds(),
            Self::V6(packet) => packet.header.ds(),
        }
    }

    /// The captured payload, after any extension headers.
    pub const fn payload(&self) -> &'a [u8] {
        match self {
            Self::V4(packet) => packet.payload,
            Self::V6(packet) => packet.payload,
        }
    }

    /// Octets of payload according to the header.
    pub const fn payload_length(&self) -> usize {
        match self {
            Self::V4(packet) => packet.payload_length,
            Self::V6(packet) => packet.payload_length,
        }
    }

    /// Octets of the whole packet according to the header, whether or not they were captured.
    pub fn length(&self) -> usize {
        match self {
            Self::V4(packet) => packet.length(),
            Self::V6(packet) => packet.length(),
        }
    }

    /// Octets that the length field claims beyond the end of the link frame or tunnel; 0 where there are none.
    pub const fn beyond_link(&self) -> usize {
        match self {
            Self::V4(packet) => packet.beyond_link,
            Self::V6(packet) => packet.beyond_link,
        }
    }

    /// Whether the packet is part of a larger one.
    pub fn is_fragment(&self) -> bool {
        match self {
            Self::V4(packet) => packet.header.is_fragment(),
            Self::V6(packet) => packet.is_fragment(),
        }
    }

    /// Whether the packet is a fragment without the start of the original payload.
    pub fn is_later_fragment(&self) -> bool {
        match self {
            Self::V4(packet) => packet.header.fragment_offset != 0,
            Self::V6(packet) => packet.is_later_fragment(),
        }
    }
}
