//! Packets inside packets.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{IpProtocol, PORT, TunnelData};

use super::link::Link;
use super::packets::{Ipv4, checksum, protocol, udp};

/// The outer header of an encapsulator: Don't Fragment and the type of service are the inner packet's (RFC 2003
/// §3.1).
pub(crate) fn outer(link: &mut Link, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, inner: &[u8]) -> Ipv4 {
    let inner = Ipv4::of(inner);
    Ipv4 { dont_fragment: inner.dont_fragment, tos: inner.tos, ..link.header(from, to, protocol) }
}

/// IP in IP (RFC 2003).
pub(crate) fn ip_in_ip(link: &mut Link, from: Ipv4Addr, to: Ipv4Addr, inner: &[u8]) -> Vec<u8> {
    outer(link, from, to, protocol::IP_IN_IP, inner).around(inner)
}

/// Minimal encapsulation (RFC 2004): the inner header goes outside, with a forwarding header behind it that
/// remembers protocol and addresses.
pub(crate) fn minimal(from: Ipv4Addr, to: Ipv4Addr, inner: &[u8]) -> Vec<u8> {
    const SOURCE_PRESENT: u8 = 0x80;
    let header = Ipv4::of(inner);
    let mut forwarding = vec![header.protocol, SOURCE_PRESENT, 0, 0];
    forwarding.extend_from_slice(&header.destination.octets());
    forwarding.extend_from_slice(&header.source.octets());
    let sum = checksum(&[&forwarding]);
    forwarding[2..4].copy_from_slice(&sum.to_be_bytes());
    forwarding.extend_from_slice(&inner[20..]);
    let outer = Ipv4 { source: from, destination: to, protocol: protocol::MINIMAL, ..header };
    outer.around(&forwarding)
}

/// What a GRE header may have beyond its four octets.
#[derive(Clone, Copy, Default)]
pub(crate) struct GreOptions {
    pub(crate) key: Option<u32>,
    pub(crate) sequence: Option<u32>,
    pub(crate) checksum: bool,
}

/// GRE (RFC 2784, RFC 2890) around an IPv4 packet.
pub(crate) fn gre(
    link: &mut Link,
    from: Ipv4Addr,
    to: Ipv4Addr,
    options: GreOptions,
    inner: &[u8],
) -> Vec<u8> {
    let bits = u16::from(options.checksum) << 15
        | u16::from(options.key.is_some()) << 13
        | u16::from(options.sequence.is_some()) << 12;
    let mut octets = [bits, 0x0800].map(u16::to_be_bytes).concat();
    if options.checksum {
        octets.extend_from_slice(&[0; 4]);
    }
    for word in [options.key, options.sequence].into_iter().flatten() {
        octets.extend_from_slice(&word.to_be_bytes());
    }
    octets.extend_from_slice(inner);
    if options.checksum {
        let sum = checksum(&[&octets]);
        octets[4..6].copy_from_slice(&sum.to_be_bytes());
    }
    outer(link, from, to, protocol::GRE, inner).around(&octets)
}

/// IPv6 in IPv4, as a dual-stack node tunnels it (RFC 5454 §3.3.2).
pub(crate) fn six_in_four(link: &mut Link, from: Ipv4Addr, to: Ipv4Addr, inner: &[u8]) -> Vec<u8> {
    link.header(from, to, protocol::IPV6).around(inner)
}

/// A MIP Tunnel Data message around an IPv4 packet (RFC 3519 §3.3).
pub(crate) fn tunnel_data(link: &mut Link, from: SocketAddrV4, to: SocketAddrV4, inner: &[u8]) -> Vec<u8> {
    let data = TunnelData { next_header: IpProtocol::IP_IN_IP, reserved: 0, packet: inner };
    let mut octets = Vec::new();
    data.emit(&mut octets);
    debug_assert!(from.port() == PORT || to.port() == PORT);
    outer(link, *from.ip(), *to.ip(), protocol::UDP, inner).around(&udp(from, to, &octets))
}
