//! The packets of a conversation with their headers, as a capture would hold them.
//!
//! A socket handles only payloads. Headers are put around them, so that packets of a conversation take the same path as
//! those of a capture: as frames into [`Trace`](crate::trace::Trace).

use std::net::SocketAddrV4;

use super::home_agent::Packet;
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
        ttl: u8,
        payload: &[u8],
    ) -> Self {
        let octets = Packet::new(number, time, source, destination, payload).with_ttl(ttl).octets;
        Self { number, time, octets }
    }

    /// The packet as the frame that a capture of raw IP would hold.
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

    /// Its source port and its destination port.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Checksum, IpPacket};
    use crate::trace::{Seen, Trace};
    use crate::wire::Numbers;

    #[test]
    fn what_was_sent_is_seen_as_in_a_capture() {
        for length in [0, 1, 24, 25, 65_507] {
            let payload = vec![1; length];
            let (source, destination) =
                ("192.0.2.10:40000".parse().unwrap(), "198.51.100.1:434".parse().unwrap());
            let sent = SentOrReceived::new(1, Timestamp::new(5, 6), source, destination, 255, &payload);
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
            let IpPacket::V4(ip) = seen.datagram.ip else { panic!("IPv4") };
            assert_eq!(ip.header.ttl, 255);
        }
    }
}
