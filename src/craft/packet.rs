//! The packets of a conversation, with the headers they travelled under, as a capture of them would have it.
//!
//! A socket gives and takes payloads only. The headers are made anew around them, so that one path serves what was
//! read from a capture and what was sent: a frame into [`Trace`](crate::trace::Trace).

use std::net::SocketAddrV4;

use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{self, Ipv4Flags, MutableIpv4Packet};
use pnet_packet::udp::{self, MutableUdpPacket};

use crate::capture::{Frame, LinkType};
use crate::time::{Precision, Timestamp};

/// A datagram that was sent or received, as a frame of raw IP.
#[derive(Clone, Debug)]
pub struct SentOrReceived {
    /// Its number in the run, from 1.
    pub number: u64,
    /// When it was sent or received.
    pub time: Timestamp,
    octets: Vec<u8>,
}

impl SentOrReceived {
    pub(super) fn new(
        number: u64,
        time: Timestamp,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        payload: &[u8],
    ) -> Self {
        Self { number, time, octets: packet(number, source, destination, payload) }
    }

    /// The frame that a capture of raw IP would hold.
    pub fn frame(&self) -> Frame<'_> {
        Frame {
            number: self.number,
            file: 0,
            time: self.time,
            precision: Precision::NANOSECONDS,
            link_type: LinkType::RAW,
            data: &self.octets,
            original_length: u32::try_from(self.octets.len()).unwrap_or(u32::MAX),
        }
    }

    /// Its source and destination port.
    pub fn ports(&self) -> [u16; 2] {
        let port = |at: usize| {
            self.octets.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |port| u16::from_be_bytes(*port))
        };
        [port(IP_HEADER), port(IP_HEADER + 2)]
    }

    /// The UDP payload.
    pub fn payload(&self) -> &[u8] {
        self.octets.get(HEADERS..).unwrap_or_default()
    }
}

const IP_HEADER: usize = 20;
const HEADERS: usize = IP_HEADER + 8;

/// An IPv4 packet with a UDP datagram in it: no options, TTL 64, right lengths and checksums. A payload has at most
/// 65507 octets; what is beyond is left out of the lengths.
/// Its IP Identification is the low half of `number`, so that a retransmission is not taken for a copy of the packet.
fn packet(number: u64, source: SocketAddrV4, destination: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let length = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    let mut octets = vec![0; HEADERS.saturating_add(payload.len())];
    let total = octets.len();
    let (ip_octets, udp_octets) = octets.split_at_mut(IP_HEADER);
    if let Some(place) = udp_octets.get_mut(8..) {
        place.copy_from_slice(payload);
    }
    if let Some(mut datagram) = MutableUdpPacket::new(udp_octets) {
        datagram.set_source(source.port());
        datagram.set_destination(destination.port());
        datagram.set_length(length(payload.len().saturating_add(8)));
        let sum = udp::ipv4_checksum(&datagram.to_immutable(), source.ip(), destination.ip());
        // Zero says that there is no checksum (RFC 768).
        datagram.set_checksum(if sum == 0 { u16::MAX } else { sum });
    }
    if let Some(mut header) = MutableIpv4Packet::new(ip_octets) {
        header.set_version(4);
        header.set_header_length(5);
        header.set_total_length(length(total));
        header.set_identification(u16::try_from(number & 0xffff).unwrap_or_default());
        header.set_flags(Ipv4Flags::DontFragment);
        header.set_ttl(64);
        header.set_next_level_protocol(IpNextHeaderProtocols::Udp);
        header.set_source(*source.ip());
        header.set_destination(*destination.ip());
        header.set_checksum(ipv4::checksum(&header.to_immutable()));
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Checksum;
    use crate::trace::{Seen, Trace};
    use crate::wire::Numbers;

    #[test]
    fn what_was_sent_is_seen_as_in_a_capture() {
        for length in [0, 1, 24, 25, 65_507] {
            let payload = vec![1; length];
            let (source, destination) =
                ("192.0.2.10:40000".parse().unwrap(), "198.51.100.1:434".parse().unwrap());
            let sent = SentOrReceived::new(1, Timestamp::new(5, 6), source, destination, &payload);
            assert_eq!(sent.payload(), payload);
            let mut trace = Trace::new(&[434], Numbers::default(), false);
            let Seen::Message(seen) = trace.take(&sent.frame()) else {
                panic!("{length} octets are no message")
            };
            assert_eq!(seen.message.octets, payload);
            assert_eq!(
                (seen.datagram.source, seen.datagram.destination),
                (source.into(), destination.into())
            );
            assert_eq!(seen.datagram.checksum(), Checksum::Correct);
            assert!(!seen.is_truncated());
        }
    }
}
