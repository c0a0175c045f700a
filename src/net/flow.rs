//! The facts of a packet that a flow table and a Traffic Selector need.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::dotted::{Address, dotted_end};
use crate::net::{ip::IpPacket, protocol};

/// The fields that the packets of one flow have in common, as they stand in the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Protocol number. It is 51 for a packet with an Authentication Header, in either IP version.
    pub protocol: u8,
    /// Source port of TCP, UDP, SCTP, DCCP and UDP-Lite, if the packet has it.
    pub source_port: Option<u16>,
    /// Destination port, for the same protocols.
    pub destination_port: Option<u16>,
}

/// One end of a flow as text: an address, with its port if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowEnd {
    address: IpAddr,
    port: Option<u16>,
}

impl FlowEnd {
    /// The end with this address and port.
    pub const fn new(address: IpAddr, port: Option<u16>) -> Self {
        Self { address, port }
    }
}

impl From<SocketAddr> for FlowEnd {
    fn from(end: SocketAddr) -> Self {
        Self::new(end.ip(), Some(end.port()))
    }
}

impl fmt::Display for FlowEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.port) {
            (IpAddr::V4(address), Some(port)) => dotted_end(address, port).fmt(formatter),
            // The standard library puts IPv6 addresses in brackets before a port.
            (address, Some(port)) => SocketAddr::new(address, port).fmt(formatter),
            (address, None) => Address(address).fmt(formatter),
        }
    }
}

impl FlowKey {
    /// Where the packets come from.
    pub const fn source_end(&self) -> FlowEnd {
        FlowEnd::new(self.source, self.source_port)
    }

    /// Where the packets go.
    pub const fn destination_end(&self) -> FlowEnd {
        FlowEnd::new(self.destination, self.destination_port)
    }
}

/// The facts of one packet. Taking them allocates no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowFacts {
    /// The flow that the packet belongs to.
    pub key: FlowKey,
    /// Security Parameters Index of ESP or AH, if the packet has it.
    pub spi: Option<u32>,
    /// The DS field, 6 bits.
    pub ds: u8,
    /// Flow label, 20 bits; `IPv6` only.
    pub flow_label: Option<u32>,
    /// Whether the packet is a fragment other than the first, whose ports and SPI cannot be known.
    pub is_fragment_without_ports: bool,
    /// Octets of the packet according to its header (Total Length, or 40 plus the Payload Length), whether or not they
    /// were captured.
    pub length: u32,
}

impl FlowFacts {
    /// The facts of the inner packet of IP in IP, if that is a whole TCP or UDP packet without options. Most tunnelled
    /// packets are like this, and a handful of loads reads them. `None` for all others, and for a packet cut before its
    /// ports: [`peel`](super::peel) reads them more slowly, to the same facts.
    #[inline]
    pub fn of_plain(tunnel: &super::Tunnel<'_>) -> Option<Self> {
        if tunnel.encapsulation != super::Encapsulation::IpIp || tunnel.outer.header.is_fragment() {
            return None;
        }
        Self::of_plain_inner(tunnel.outer.payload, tunnel.outer.payload_length)
    }

    /// The facts of the packet at the start of `payload`, under the conditions of [`FlowFacts::of_plain`]; `carried` is
    /// the number of octets that the outer packet has for it.
    // Inlined into its callers: one of them sees every tunnelled packet, and uses the facts where they are read.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn of_plain_inner(payload: &[u8], carried: usize) -> Option<Self> {
        let inner: &[u8; 24] = payload.first_chunk()?;
        let &[0x45, tos, high, low, _, _, fragment, offset, _, protocol, ..] = inner else { return None };
        let length = u16::from_be_bytes([high, low]);
        let whole = usize::from(length) <= carried && length >= 24;
        let ported = matches!(protocol, protocol::TCP | protocol::UDP);
        if !whole || !ported || u16::from_be_bytes([fragment, offset]) & 0x3fff != 0 {
            return None;
        }
        let &[s0, s1, s2, s3, d0, d1, d2, d3, p0, p1, p2, p3] = inner.last_chunk()?;
        Some(Self {
            key: FlowKey {
                source: IpAddr::from([s0, s1, s2, s3]),
                destination: IpAddr::from([d0, d1, d2, d3]),
                protocol,
                source_port: Some(u16::from_be_bytes([p0, p1])),
                destination_port: Some(u16::from_be_bytes([p2, p3])),
            },
            spi: None,
            ds: tos >> 2,
            flow_label: None,
            is_fragment_without_ports: false,
            length: length.into(),
        })
    }

    /// Whether the packet's protocol has ports or an SPI, but the packet is cut before them.
    pub fn is_cut_before_ports(&self) -> bool {
        let has_spi = matches!(self.key.protocol, protocol::ESP | protocol::AUTHENTICATION);
        let is_short = if protocol::has_ports(self.key.protocol) {
            self.key.destination_port.is_none()
        } else {
            has_spi && self.spi.is_none()
        };
        is_short && !self.is_fragment_without_ports
    }

    /// The facts of `packet`.
    pub fn of(packet: &IpPacket<'_>) -> Self {
        let later_fragment = packet.is_later_fragment();
        let start = if later_fragment { &[] } else { packet.payload() };
        let authentication = match packet {
            IpPacket::V6(packet) => packet.authentication,
            IpPacket::V4(_) => None,
        };
        let protocol = if authentication.is_some() { protocol::AUTHENTICATION } else { packet.protocol() };
        let ports = start.first_chunk::<4>().filter(|_| protocol::has_ports(protocol));
        Self {
            key: FlowKey {
                source: packet.source(),
                destination: packet.destination(),
                protocol,
                source_port: ports.map(|&[high, low, _, _]| u16::from_be_bytes([high, low])),
                destination_port: ports.map(|&[_, _, high, low]| u16::from_be_bytes([high, low])),
            },
            spi: authentication.or_else(|| spi(protocol, start)),
            ds: packet.ds(),
            flow_label: match packet {
                IpPacket::V6(packet) => Some(packet.header.flow_label),
                IpPacket::V4(_) => None,
            },
            is_fragment_without_ports: later_fragment,
            length: u32::try_from(packet.length()).unwrap_or(u32::MAX),
        }
    }
}

/// The SPI in the header at the start of `data`: the first word of ESP, the second of AH.
fn spi(protocol: u8, data: &[u8]) -> Option<u32> {
    let offset = match protocol {
        protocol::ESP => 0,
        protocol::AUTHENTICATION => 4,
        _ => return None,
    };
    data.get(offset..)?.first_chunk::<4>().map(|octets| u32::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::{INNER_IPV4, INNER_IPV6, IPIP};
    use crate::net::{Encapsulation, Ipv4Packet, Tunnel, peel};

    fn facts(octets: &[u8]) -> FlowFacts {
        FlowFacts::of(&IpPacket::parse(octets, octets.len()).unwrap())
    }

    #[test]
    fn an_ipv4_datagram() {
        assert_eq!(
            facts(&INNER_IPV4),
            FlowFacts {
                key: FlowKey {
                    source: "203.0.113.10".parse().unwrap(),
                    destination: "10.1.0.1".parse().unwrap(),
                    protocol: 17,
                    source_port: Some(5060),
                    destination_port: Some(7000),
                },
                spi: None,
                ds: 10,
                flow_label: None,
                is_fragment_without_ports: false,
                length: 33,
            }
        );
    }

    #[test]
    fn an_ipv6_datagram() {
        let facts = facts(&INNER_IPV6);
        assert_eq!((facts.key.source_port, facts.key.destination_port), (Some(5060), Some(7000)));
        assert_eq!((facts.ds, facts.flow_label, facts.length), (46, Some(0x12345), 53));
    }

    #[test]
    fn the_length_is_that_of_the_header_when_the_packet_is_cut() {
        let packet = IpPacket::parse(&INNER_IPV4[..22], 33).unwrap();
        let facts = FlowFacts::of(&packet);
        assert_eq!((facts.length, facts.key.source_port), (33, None));
        let packet = IpPacket::parse(&INNER_IPV6[..44], 53).unwrap();
        assert_eq!((FlowFacts::of(&packet).length, FlowFacts::of(&packet).key.source_port), (53, Some(5060)));
    }

    #[test]
    fn only_five_protocols_have_ports() {
        for number in 0..=255 {
            let mut octets = INNER_IPV4;
            octets[9] = number;
            let expected = [6, 17, 33, 132, 136].contains(&number).then_some(5060);
            assert_eq!(facts(&octets).key.source_port, expected, "{number}");
        }
    }

    #[test]
    fn the_plain_way_is_taken_where_the_packet_is_whole_and_plain() {
        // 20 octets of the outer header, 20 of the inner, 4 of ports; `change` sets octets, and `kept` are there.
        let plain = |kept: usize, changes: &[(usize, u8)]| {
            let mut octets = IPIP;
            for &(at, value) in changes {
                octets[at] = value;
            }
            let octets = &octets[..kept];
            let outer = Ipv4Packet::parse(octets, IPIP.len()).unwrap();
            let encapsulation = Encapsulation::from_protocol(outer.header.protocol).unwrap();
            let tunnel =
                Tunnel { encapsulation, outer, reassembled: false, last_fragment: None, ip_offset: Some(0) };
            let facts = FlowFacts::of_plain(&tunnel);
            let opened = peel(&tunnel).inner.map(|inner| FlowFacts::of(&inner));
            assert!(facts.is_none() || facts == opened, "{changes:?}");
            facts.is_some()
        };
        assert!(plain(53, &[]), "UDP");
        assert!(plain(53, &[(29, 6)]), "TCP");
        assert!(plain(44, &[]), "cut behind the ports");
        assert!(plain(53, &[(26, 0x40), (6, 0x40)]), "Don't Fragment on both");
        assert!(plain(53, &[(23, 24)]), "as short as it can be");
        assert!(!plain(43, &[]), "cut before the end of the ports");
        assert!(!plain(53, &[(29, 132)]), "SCTP");
        assert!(!plain(53, &[(9, 47)]), "GRE");
        assert!(!plain(53, &[(20, 0x46)]), "options");
        for (at, value) in [(6, 0x20), (7, 1), (26, 0x20), (27, 1)] {
            assert!(!plain(53, &[(at, value)]), "a fragment, by octet {at}");
        }
        assert!(!plain(53, &[(23, 34)]), "more than carries it");
        assert!(!plain(53, &[(23, 23)]), "less than its ports");
        assert!(!plain(53, &[(23, 0)]), "left to the network card");
    }

    #[test]
    fn esp_and_ah_have_an_spi() {
        let mut octets = INNER_IPV4;
        octets[9] = 50;
        assert_eq!(facts(&octets).spi, Some(0x13c4_1b58));
        octets[9] = 51;
        assert_eq!((facts(&octets).spi, facts(&octets).key.protocol), (Some(0x000d_46d9), 51));
    }

    #[test]
    fn an_authentication_header_hides_what_follows_in_either_version() {
        let ah = [17, 1, 0, 0, 0, 0, 0x30, 0x39, 0, 0, 0, 1];
        let mut octets = [&INNER_IPV6[..40], &ah, &INNER_IPV6[40..]].concat();
        octets[5] += 12;
        octets[6] = 51;
        let facts = facts(&octets);
        assert_eq!((facts.key.protocol, facts.spi, facts.key.source_port), (51, Some(12345), None));
        assert_eq!(facts.length, 65);
    }

    #[test]
    fn a_later_fragment_has_neither_ports_nor_spi() {
        for protocol in [17, 50] {
            let mut octets = INNER_IPV4;
            octets[9] = protocol;
            octets[7] = 1;
            let later = facts(&octets);
            assert!(later.is_fragment_without_ports);
            assert_eq!((later.key.source_port, later.spi), (None, None));
            octets[6..8].copy_from_slice(&[0x20, 0]); // the first one has them
            assert!(!facts(&octets).is_fragment_without_ports);
            assert_eq!(facts(&octets).key.source_port, (protocol == 17).then_some(5060));
        }
    }

    #[test]
    fn a_tunnel_in_a_tunnel_is_protocol_4() {
        assert_eq!(facts(&IPIP).key.protocol, 4);
        assert_eq!(facts(&IPIP).key.source_port, None);
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_and_the_long_way_agree(
            mut inner in proptest::collection::vec(proptest::num::u8::ANY, 0..64),
            plain in proptest::bool::ANY,
        ) {
            if let (true, [first, _, high, low, _, _, fragment, offset, _, protocol, ..]) =
                (plain, inner.as_mut_slice())
            {
                (*first, *high, *fragment, *offset, *protocol) = (0x45, 0, 0x40, 0, 17);
                *low %= 64;
            }
            let mut outer = IPIP[..20].to_vec();
            let total = u16::try_from(20 + inner.len()).unwrap().to_be_bytes();
            outer[2..4].copy_from_slice(&total);
            outer.extend_from_slice(&inner);
            let Ok(IpPacket::V4(outer)) = IpPacket::parse(&outer, outer.len()) else { panic!("an outer header") };
            let tunnel = crate::net::Tunnel {
                encapsulation: crate::net::Encapsulation::IpIp,
                outer,
                reassembled: false,
                last_fragment: None,
                ip_offset: None,
            };
            if let Some(facts) = FlowFacts::of_plain(&tunnel) {
                let inner = crate::net::peel(&tunnel).inner.expect("an inner packet");
                proptest::prop_assert_eq!(facts, FlowFacts::of(&inner));
            }
        }
    }
}
