//! Headers around octets, with right lengths and checksums.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

/// An Ethernet address.
pub(crate) type Mac = [u8; 6];

/// The protocol numbers that the samples carry.
pub(crate) mod protocol {
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IP_IN_IP: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const MINIMAL: u8 = 55;
}

/// A frame around `payload`.
pub(crate) fn ethernet(destination: Mac, source: Mac, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&destination[..], &source, &ethertype.to_be_bytes(), payload].concat()
}

/// Who has `wanted`? Tell `sender`.
pub(crate) fn arp_request(mac: Mac, sender: Ipv4Addr, wanted: Ipv4Addr) -> Vec<u8> {
    arp(1, mac, sender, [0; 6], wanted)
}

/// `sender` is at `mac`.
pub(crate) fn arp_reply(mac: Mac, sender: Ipv4Addr, asker: Mac, asking: Ipv4Addr) -> Vec<u8> {
    arp(2, mac, sender, asker, asking)
}

fn arp(operation: u8, mac: Mac, sender: Ipv4Addr, target_mac: Mac, target: Ipv4Addr) -> Vec<u8> {
    let head = [0, 1, 8, 0, 6, 4, 0, operation];
    [&head[..], &mac, &sender.octets(), &target_mac, &target.octets()].concat()
}

/// What an IPv4 header says, where senders differ.
#[derive(Clone, Copy)]
pub(crate) struct Ipv4 {
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) protocol: u8,
    pub(crate) identification: u16,
    pub(crate) ttl: u8,
    pub(crate) dont_fragment: bool,
    pub(crate) tos: u8,
}

impl Ipv4 {
    /// Octets of a header, which never has options here.
    const LENGTH: usize = 20;

    /// The same with another TTL.
    pub(crate) fn ttl(self, ttl: u8) -> Self {
        Self { ttl, ..self }
    }

    /// The same with Don't Fragment set.
    pub(crate) fn whole(self) -> Self {
        Self { dont_fragment: true, ..self }
    }

    /// Read back from a packet.
    pub(crate) fn of(packet: &[u8]) -> Self {
        let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&packet[at..at + 4]).unwrap());
        Self {
            source: address(12),
            destination: address(16),
            protocol: packet[9],
            identification: u16::from_be_bytes([packet[4], packet[5]]),
            ttl: packet[8],
            dont_fragment: packet[6] & 0x40 != 0,
            tos: packet[1],
        }
    }

    /// The packet with this header.
    pub(crate) fn around(&self, payload: &[u8]) -> Vec<u8> {
        self.fragment(payload, 0, false)
    }

    /// The packet cut into fragments of at most `size` octets of payload (a multiple of 8).
    pub(crate) fn fragments(&self, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        let count = payload.len().div_ceil(size);
        payload
            .chunks(size)
            .enumerate()
            .map(|(index, chunk)| self.fragment(chunk, index * size, index + 1 < count))
            .collect()
    }

    fn fragment(&self, payload: &[u8], offset: usize, more: bool) -> Vec<u8> {
        let length = u16::try_from(Self::LENGTH + payload.len()).unwrap();
        let bits =
            u16::from(self.dont_fragment) << 14 | u16::from(more) << 13 | u16::try_from(offset / 8).unwrap();
        let mut header = [0x45, self.tos].to_vec();
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(&self.identification.to_be_bytes());
        header.extend_from_slice(&bits.to_be_bytes());
        header.extend_from_slice(&[self.ttl, self.protocol, 0, 0]);
        header.extend_from_slice(&self.source.octets());
        header.extend_from_slice(&self.destination.octets());
        let sum = checksum(&[&header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        [&header[..], payload].concat()
    }
}

/// An IPv6 packet around `payload`.
pub(crate) fn ipv6(source: Ipv6Addr, destination: Ipv6Addr, next_header: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [0x60, 0, 0, 0, length[0], length[1], next_header, 63];
    [&head[..], &source.octets(), &destination.octets(), payload].concat()
}

/// A UDP datagram over IPv4.
pub(crate) fn udp(source: SocketAddrV4, destination: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let pseudo = pseudo_header(*source.ip(), *destination.ip(), protocol::UDP, 8 + payload.len());
    udp_over(&pseudo, source.port(), destination.port(), payload)
}

/// A UDP datagram over IPv6.
pub(crate) fn udp_v6(source: SocketAddrV6, destination: SocketAddrV6, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + payload.len()).unwrap().to_be_bytes();
    let tail = [0, 0, 0, protocol::UDP];
    let pseudo = [&source.ip().octets()[..], &destination.ip().octets(), &length, &tail].concat();
    udp_over(&pseudo, source.port(), destination.port(), payload)
}

fn udp_over(pseudo: &[u8], source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut header = [source, destination, length, 0].map(u16::to_be_bytes).concat();
    // A sum of 0 is written as all ones, because 0 means that there is none (RFC 768).
    let sum = match checksum(&[pseudo, &header, payload]) {
        0 => u16::MAX,
        sum => sum,
    };
    header[6..8].copy_from_slice(&sum.to_be_bytes());
    [&header[..], payload].concat()
}

/// Flag bits of a TCP segment.
pub(crate) mod tcp_flags {
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const PSH: u8 = 0x08;
    pub(crate) const ACK: u8 = 0x10;
    pub(crate) const FIN: u8 = 0x01;
}

/// A TCP segment over IPv4, without options.
pub(crate) fn tcp(
    source: SocketAddrV4,
    destination: SocketAddrV4,
    sequence: u32,
    acknowledgement: u32,
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    const WINDOW: u16 = 64_240;
    let mut header = [source.port(), destination.port()].map(u16::to_be_bytes).concat();
    header.extend_from_slice(&[sequence, acknowledgement].map(u32::to_be_bytes).concat());
    header.extend_from_slice(&[5 << 4, flags]);
    header.extend_from_slice(&[WINDOW, 0, 0].map(u16::to_be_bytes).concat());
    let pseudo = pseudo_header(*source.ip(), *destination.ip(), protocol::TCP, header.len() + payload.len());
    let sum = checksum(&[&pseudo, &header, payload]);
    header[16..18].copy_from_slice(&sum.to_be_bytes());
    [&header[..], payload].concat()
}

/// An ICMP echo request (8) or reply (0).
pub(crate) fn icmp_echo(kind: u8, sequence: u16) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, 0x4d, 0x49];
    message.extend_from_slice(&sequence.to_be_bytes());
    message.extend_from_slice(b"mipflow sample, 32 octets long..");
    let sum = checksum(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn pseudo_header(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap().to_be_bytes();
    [&source.octets()[..], &destination.octets(), &[0, protocol], &length].concat()
}

/// The Internet checksum (RFC 1071) over parts that follow each other; only the last may have an odd length.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum: u32 = 0;
    for pair in parts.iter().flat_map(|part| part.chunks(2)) {
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_be_bytes([pair[0], low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
