//! A message with the IPv4 and UDP headers it travels in, as a capture would hold it.

use std::net::SocketAddrV4;

use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::udp::{self, MutableUdpPacket};

use crate::net::{Datagram, IpPacket};
use crate::time::{Precision, Timestamp};
use crate::trace::SeenMessage;
use crate::wire::{Message, Numbers};

/// Octets of an IPv4 header without options.
const IPV4_HEADER: usize = 20;
/// Octets of a UDP header.
const UDP_HEADER: usize = 8;

/// An IPv4 packet that holds one UDP datagram, its number and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number, from 1; the low 16 bits are its IP Identification, so that no packet is taken for a copy of another.
    pub frame: u64,
    /// When it was received or sent.
    pub time: Timestamp,
    /// The octets from the first of the IPv4 header on.
    pub octets: Vec<u8>,
}

impl Packet {
    /// Digits of its time.
    pub const PRECISION: Precision = Precision::MICROSECONDS;

    /// Wraps a UDP payload, with a TTL of 64. A payload of more than 65 507 octets is cut off at its end.
    pub fn new(
        frame: u64,
        time: Timestamp,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        payload: &[u8],
    ) -> Self {
        let most = usize::from(u16::MAX) - IPV4_HEADER - UDP_HEADER;
        let payload = payload.get(..most).unwrap_or(payload);
        let mut octets = vec![0; IPV4_HEADER];
        octets.resize(IPV4_HEADER + UDP_HEADER, 0);
        octets.extend_from_slice(payload);
        let total = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        if let Some(segment) = octets.get_mut(IPV4_HEADER..)
            && let Some(mut header) = MutableUdpPacket::new(segment)
        {
            header.set_source(source.port());
            header.set_destination(destination.port());
            header.set_length(total.saturating_sub(20));
            let sum = udp::ipv4_checksum(&header.to_immutable(), source.ip(), destination.ip());
            // A checksum of 0 is sent as all ones, because 0 means that there is no checksum (RFC 768).
            header.set_checksum(if sum == 0 { u16::MAX } else { sum });
        }
        if let Some(mut header) = MutableIpv4Packet::new(&mut octets) {
            header.set_version(4);
            header.set_header_length(5);
            header.set_total_length(total);
            header.set_identification((frame & 0xffff).try_into().unwrap_or_default());
            header.set_ttl(64);
            header.set_next_level_protocol(IpNextHeaderProtocols::Udp);
            header.set_source(*source.ip());
            header.set_destination(*destination.ip());
            let sum = ipv4::checksum(&header.to_immutable());
            header.set_checksum(sum);
        }
        Self { frame, time, octets }
    }

    /// The same packet with another TTL.
    #[must_use]
    pub fn with_ttl(mut self, ttl: u8) -> Self {
        if let Some(mut header) = MutableIpv4Packet::new(&mut self.octets) {
            header.set_ttl(ttl);
            let sum = ipv4::checksum(&header.to_immutable());
            header.set_checksum(sum);
        }
        self
    }

    /// The UDP payload.
    pub fn payload(&self) -> Option<&[u8]> {
        self.octets.get(IPV4_HEADER + UDP_HEADER..)
    }

    /// The message in it, read as from a capture.
    pub fn seen(&self, numbers: Numbers) -> Option<SeenMessage<'_>> {
        let ip = IpPacket::parse(&self.octets, self.octets.len()).ok()?;
        let datagram = Datagram::of(&ip)?.ok()?;
        Some(SeenMessage {
            frame: self.frame,
            file: 0,
            time: self.time,
            precision: Self::PRECISION,
            frame_length: u32::try_from(self.octets.len()).unwrap_or(u32::MAX),
            message: Message::parse(datagram.payload, 0, numbers),
            datagram,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Checksum;

    #[test]
    fn what_is_wrapped_reads_back() {
        for payload in [&[][..], &[1], &[3; 20], &[0xff; 1500]] {
            let (source, destination) =
                ("192.0.2.10:40000".parse().unwrap(), "198.51.100.1:434".parse().unwrap());
            let packet = Packet::new(0x1_0007, Timestamp::new(1, 0), source, destination, payload);
            let seen = packet.seen(Numbers::default()).unwrap();
            assert_eq!(
                (seen.datagram.source, seen.datagram.destination),
                (source.into(), destination.into())
            );
            assert_eq!((seen.datagram.payload, seen.message.octets), (payload, payload));
            assert_eq!(seen.datagram.checksum(), Checksum::Correct);
            let IpPacket::V4(ip) = seen.datagram.ip else { panic!("IPv4") };
            assert_eq!((ip.header.identification, ip.header.ttl), (7, 64));
            // The words of a header with its checksum come to all ones (RFC 791).
            let words = packet.octets[..IPV4_HEADER].chunks_exact(2);
            let sum: u32 = words.map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
            assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        }
    }

    #[test]
    fn a_payload_beyond_a_packet_is_cut() {
        let endpoint = "192.0.2.10:40000".parse().unwrap();
        let packet = Packet::new(1, Timestamp::default(), endpoint, endpoint, &vec![1; 70_000]);
        assert_eq!(packet.octets.len(), 65_535);
        assert_eq!(packet.seen(Numbers::default()).unwrap().datagram.payload.len(), 65_507);
    }
}
