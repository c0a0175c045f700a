//! The IP protocol numbers that decide how a packet is read.

use pnet_packet::ip::IpNextHeaderProtocols as Numbers;

/// `IPv6` hop-by-hop options.
pub const HOP_BY_HOP: u8 = Numbers::Hopopt.0;
/// An `IPv4` packet (RFC 2003).
pub const IP_IN_IP: u8 = Numbers::Ipv4.0;
/// TCP.
pub const TCP: u8 = Numbers::Tcp.0;
/// UDP.
pub const UDP: u8 = Numbers::Udp.0;
/// DCCP.
pub const DCCP: u8 = Numbers::Dccp.0;
/// An `IPv6` packet (RFC 5454 §3.3.2).
pub const IPV6: u8 = Numbers::Ipv6.0;
/// `IPv6` routing header.
pub const ROUTING: u8 = Numbers::Ipv6Route.0;
/// `IPv6` fragment header.
pub const FRAGMENT: u8 = Numbers::Ipv6Frag.0;
/// Generic Routing Encapsulation (RFC 2784).
pub const GRE: u8 = Numbers::Gre.0;
/// Encapsulating Security Payload.
pub const ESP: u8 = Numbers::Esp.0;
/// Authentication Header.
pub const AUTHENTICATION: u8 = Numbers::Ah.0;
/// Minimal encapsulation (RFC 2004).
pub const MINIMAL: u8 = Numbers::Mobile.0;
/// `IPv6` destination options.
pub const DESTINATION_OPTIONS: u8 = Numbers::Ipv6Opts.0;
/// SCTP.
pub const SCTP: u8 = Numbers::Sctp.0;
/// UDP-Lite.
pub const UDP_LITE: u8 = Numbers::UdpLite.0;

/// Whether the transport header begins with a source and a destination port of 16 bits each.
pub const fn has_ports(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP | DCCP | SCTP | UDP_LITE)
}
