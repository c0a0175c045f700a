//! IP packets and the encapsulations around them, octet by octet from the RFCs.

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use super::{CORRESPONDENT, NODE};

/// An inner packet. The default is 128 octets of UDP from the correspondent's port 5060 to the node's port 7000.
#[derive(Clone, Debug)]
pub struct Packet {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    /// What follows the IP header; it is filled up with zeros.
    pub start: Vec<u8>,
    /// Octets of the whole packet.
    pub length: usize,
    /// TOS octet or traffic class.
    pub tos: u8,
    /// Fragment offset in units of eight octets.
    pub fragment_offset: u16,
    pub flow_label: u32,
}

impl Default for Packet {
    fn default() -> Self {
        Self {
            source: CORRESPONDENT.into(),
            destination: NODE.into(),
            protocol: 17,
            start: ports(5060, 7000),
            length: 128,
            tos: 0,
            fragment_offset: 0,
            flow_label: 0,
        }
    }
}

fn ports(source: u16, destination: u16) -> Vec<u8> {
    [source.to_be_bytes(), destination.to_be_bytes()].concat()
}

impl Packet {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn from(self, source: impl Into<IpAddr>) -> Self {
        Self { source: source.into(), ..self }
    }

    pub fn to(self, destination: impl Into<IpAddr>) -> Self {
        Self { destination: destination.into(), ..self }
    }

    pub fn ports(self, source: u16, destination: u16) -> Self {
        Self { start: ports(source, destination), ..self }
    }

    pub fn protocol(self, protocol: u8) -> Self {
        Self { protocol, ..self }
    }

    /// What follows the IP header.
    pub fn start(self, octets: &[u8]) -> Self {
        Self { start: octets.to_vec(), ..self }
    }

    pub fn length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    pub fn tos(self, tos: u8) -> Self {
        Self { tos, ..self }
    }

    /// A fragment that is not the first.
    pub fn later_fragment(self) -> Self {
        Self { fragment_offset: 1, ..self }
    }

    /// The packet that goes back.
    pub fn back(&self) -> Self {
        let start = match self.start.get(..4) {
            Some(octets) if self.protocol == 17 || self.protocol == 6 => {
                [&octets[2..4], &octets[..2], &self.start[4..]].concat()
            }
            _ => self.start.clone(),
        };
        Self { source: self.destination, destination: self.source, start, ..self.clone() }
    }

    pub fn octets(&self) -> Vec<u8> {
        let mut payload = self.start.clone();
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                payload.resize(self.length - 20, 0);
                let mut octets = ipv4(source, destination, self.protocol, &payload);
                octets[1] = self.tos;
                octets[6..8].copy_from_slice(&self.fragment_offset.to_be_bytes());
                octets
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                payload.resize(self.length - 40, 0);
                let word = 6 << 28 | u32::from(self.tos) << 20 | self.flow_label;
                let mut octets = word.to_be_bytes().to_vec();
                octets.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
                octets.extend_from_slice(&[self.protocol, 64]);
                octets.extend_from_slice(&source.octets());
                octets.extend_from_slice(&destination.octets());
                [octets, payload].concat()
            }
            _ => panic!("addresses of one family"),
        }
    }
}

/// An IPv4 packet without options; its checksum is 0, as where a network card computes it.
pub fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x45, 0];
    octets.extend_from_slice(&u16::try_from(payload.len() + 20).unwrap().to_be_bytes());
    octets.extend_from_slice(&[0, 0, 0, 0, 64, protocol, 0, 0]);
    octets.extend_from_slice(&source.octets());
    octets.extend_from_slice(&destination.octets());
    octets.extend_from_slice(payload);
    octets
}

/// A UDP datagram without a checksum, in IPv4.
pub fn udp(source: SocketAddrV4, destination: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let mut datagram = ports(source.port(), destination.port());
    datagram.extend_from_slice(&u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
    datagram.extend_from_slice(&[0, 0]);
    datagram.extend_from_slice(payload);
    ipv4(*source.ip(), *destination.ip(), 17, &datagram)
}

/// RFC 2003; with an IPv6 packet inside, RFC 5454 §3.3.2.
pub fn ip_in_ip(source: Ipv4Addr, destination: Ipv4Addr, inner: &[u8]) -> Vec<u8> {
    let protocol = if inner[0] >> 4 == 6 { 41 } else { 4 };
    ipv4(source, destination, protocol, inner)
}

/// RFC 2784, with the key of RFC 2890 if there is one.
pub fn gre(source: Ipv4Addr, destination: Ipv4Addr, key: Option<u32>, inner: &[u8]) -> Vec<u8> {
    let protocol_type = if inner[0] >> 4 == 6 { [0x86, 0xdd] } else { [0x08, 0x00] };
    let mut octets = vec![if key.is_some() { 0x20 } else { 0 }, 0];
    octets.extend_from_slice(&protocol_type);
    octets.extend_from_slice(&key.map(u32::to_be_bytes).into_iter().flatten().collect::<Vec<u8>>());
    octets.extend_from_slice(inner);
    ipv4(source, destination, 47, &octets)
}

/// RFC 2004: the inner header is squeezed into twelve octets, original source included.
pub fn minimal(source: Ipv4Addr, destination: Ipv4Addr, inner: &[u8]) -> Vec<u8> {
    ipv4(source, destination, 55, &[&minimal_header(inner, true), &inner[20..]].concat())
}

/// The forwarding header for an inner packet, with its source or without, and its checksum (RFC 2004 §3.1).
pub fn minimal_header(inner: &[u8], with_source: bool) -> Vec<u8> {
    let mut header = vec![inner[9], if with_source { 0x80 } else { 0 }, 0, 0];
    header.extend_from_slice(&inner[16..20]);
    header.extend_from_slice(if with_source { &inner[12..16] } else { &[] });
    let mut sum: u32 = header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    header[2..4].copy_from_slice(&(!u16::try_from(sum).unwrap()).to_be_bytes());
    header
}

/// RFC 3519 §3.3.
pub fn udp_tunnel(source: SocketAddrV4, destination: SocketAddrV4, inner: &[u8]) -> Vec<u8> {
    udp(source, destination, &[&[4, 4, 0, 0], inner].concat())
}
