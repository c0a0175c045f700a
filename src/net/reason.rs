//! Why a frame or a packet could not be read.

use thiserror::Error;

use crate::capture::LinkType;
use crate::counted::counted;

/// The reason why a packet could not be read. It describes the packet; it is not a failure of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// mipflow does not read this link type.
    #[error("frames of link type {0} are not readable")]
    LinkType(LinkType),
    /// The link-layer headers are cut.
    #[error("the link-layer header is cut after {}", counted(*there, "octet"))]
    LinkHeaderCut {
        /// Octets of the frame that were captured.
        there: usize,
    },
    /// More VLAN tags or MPLS labels are stacked than [`super::link::MAX_TAGS`].
    #[error("more VLAN tags or MPLS labels are stacked than {} each", super::link::MAX_TAGS)]
    TagStack,
    /// The fixed part of the IP header is cut.
    #[error("the IP header is cut after {}", counted(*there, "octet"))]
    IpHeaderCut {
        /// Octets of the packet that were captured.
        there: usize,
    },
    /// The version field contradicts the protocol that announced the packet, or is neither 4 nor 6.
    #[error("IP version {found} where another was announced")]
    IpVersion {
        /// The version field.
        found: u8,
    },
    /// The `IPv4` header claims to be shorter than 20 octets.
    #[error("an IPv4 header of {}", counted(*octets, "octet"))]
    HeaderLength {
        /// The header length that was claimed, in octets.
        octets: u8,
    },
    /// The `IPv4` header claims to be longer than the packet.
    #[error("an IPv4 header of {header} octets in a packet of {total}")]
    HeaderBeyondPacket {
        /// The header length that was claimed, in octets.
        header: u8,
        /// The Total Length field, in octets.
        total: u16,
    },
    /// An `IPv6` extension header is cut or longer than the packet.
    #[error("an IPv6 extension header runs past the end of the packet")]
    ExtensionHeaderCut,
    /// More `IPv6` extension headers than [`super::ipv6::MAX_EXTENSION_HEADERS`].
    #[error("more than {} IPv6 extension headers", super::ipv6::MAX_EXTENSION_HEADERS)]
    ExtensionHeaderChain,
    /// A fragment without payload, or one that is not the last and whose payload is no multiple of 8 octets.
    #[error("a fragment of {}, empty or no multiple of 8 where more follow", counted(*octets, "octet"))]
    FragmentLength {
        /// Octets of payload in the fragment.
        octets: usize,
    },
    /// A fragment that reaches beyond the 65,535 octets of the largest packet.
    #[error("a fragment that ends at octet {end}, beyond the largest packet")]
    FragmentTooLong {
        /// Where the fragment ends within the datagram's payload, in octets.
        end: usize,
    },
    /// A Mobile IP datagram in `IPv6` fragments, which are not reassembled.
    #[error("a fragmented IPv6 datagram")]
    Ipv6Fragment,
    /// Fewer than the 8 octets of a UDP header.
    #[error("the UDP header is cut after {}", counted(*there, "octet"))]
    UdpHeaderCut {
        /// Octets of the UDP header that were captured.
        there: usize,
    },
}
