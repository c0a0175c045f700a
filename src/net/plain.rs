//! Most tunnelled packets, read with a handful of loads.

use std::net::Ipv4Addr;

use crate::{
    capture::Frame,
    net::{
        Encapsulation, FlowFacts, Ipv4Header, Ipv4Packet, Tunnel,
        link::{self, NetworkLayer},
        protocol,
    },
};

/// IP in IP that carries a whole TCP or UDP packet, where neither header has options or belongs to a fragment.
///
/// It has only what the tables need. [`Dissector::dissect`](super::Dissector::dissect) recognises such frames too and
/// says more about them, but its result is large, and passing that through memory costs more than everything done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainTunnel<'a> {
    /// The outer header, in network order.
    pub header: &'a [u8; Ipv4Header::LENGTH],
    /// Source address of the outer header.
    pub source: Ipv4Addr,
    /// Destination address of the outer header.
    pub destination: Ipv4Addr,
    /// Identification of the outer header.
    pub identification: u16,
    /// Total Length of the outer header, in octets.
    pub total_length: u16,
    /// Octets from the start of the frame to the outer header.
    pub ip_offset: usize,
    /// Octets that the outer Total Length claims beyond the end of the link frame.
    pub beyond_link: usize,
    /// The captured part of the inner packet.
    pub payload: &'a [u8],
    /// The facts of the inner packet.
    pub facts: FlowFacts,
}

impl<'a> PlainTunnel<'a> {
    /// The plain tunnelled packet that a frame holds, if it is one.
    // Inlined into its caller, so that only the fields that the caller uses are computed and kept.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        let Ok(NetworkLayer::Ipv4 { offset }) = link::network_layer(frame.link_type, frame.data) else {
            return None;
        };
        let (header, behind) = frame.data.get(offset..)?.split_first_chunk::<{ Ipv4Header::LENGTH }>()?;
        let &[0x45, _, high, low, i0, i1, bits, rest, _, protocol::IP_IN_IP, _, _, addresses @ ..] = header
        else {
            return None;
        };
        let total_length = u16::from_be_bytes([high, low]);
        let carried = usize::from(total_length).checked_sub(Ipv4Header::LENGTH)?;
        if u16::from_be_bytes([bits, rest]) & 0x3fff != 0 {
            return None;
        }
        let on_link = (frame.original_length as usize).max(frame.data.len()).saturating_sub(offset);
        let payload = behind.get(..carried).unwrap_or(behind);
        let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
        Some(Self {
            header,
            source: Ipv4Addr::new(s0, s1, s2, s3),
            destination: Ipv4Addr::new(d0, d1, d2, d3),
            identification: u16::from_be_bytes([i0, i1]),
            total_length,
            ip_offset: offset,
            beyond_link: usize::from(total_length).saturating_sub(on_link),
            payload,
            facts: FlowFacts::of_plain_inner(payload, carried)?,
        })
    }

    /// The Don't Fragment bit of the outer header.
    #[inline]
    pub const fn dont_fragment(&self) -> bool {
        let &[_, _, _, _, _, _, bits, ..] = self.header;
        bits & 0x40 != 0
    }

    /// The tunnel with this outer header, which must be without options and not that of a fragment.
    pub fn tunnel_of<'p>(
        header: &[u8; Ipv4Header::LENGTH],
        payload: &'p [u8],
        beyond_link: usize,
        ip_offset: Option<usize>,
    ) -> Tunnel<'p> {
        let &[_, tos, l0, l1, i0, i1, bits, _, ttl, _, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = header;
        let total_length = u16::from_be_bytes([l0, l1]);
        Tunnel {
            encapsulation: Encapsulation::IpIp,
            outer: Ipv4Packet {
                header: Ipv4Header {
                    source: Ipv4Addr::new(s0, s1, s2, s3),
                    destination: Ipv4Addr::new(d0, d1, d2, d3),
                    protocol: protocol::IP_IN_IP,
                    ttl,
                    tos,
                    identification: u16::from_be_bytes([i0, i1]),
                    dont_fragment: bits & 0x40 != 0,
                    more_fragments: false,
                    fragment_offset: 0,
                    total_length,
                    header_length: 20,
                },
                options: &[],
                payload,
                payload_length: usize::from(total_length).saturating_sub(Ipv4Header::LENGTH),
                beyond_link,
            },
            reassembled: false,
            last_fragment: None,
            ip_offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::net::{Dissector, Packet, peel};
    use crate::time::{Precision, Timestamp};

    proptest::proptest! {
        /// What is found at a glance is what is found by the long way.
        #[test]
        fn a_plain_tunnel_is_what_a_dissector_finds(
            first in proptest::sample::select(vec![0x45u8, 0x45, 0x45, 0x44, 0x46]),
            tos: u8,
            length in 40u8..80,
            bits: [u8; 2],
            plain_bits: bool,
            protocol in proptest::sample::select(vec![4u8, 4, 4, 3, 5]),
            inner_bits in proptest::sample::select(vec![0u8, 0x20, 0x40, 0x80]),
            inner_protocol in proptest::sample::select(vec![1u8, 6, 17]),
            inner_length in 20u8..60,
            ports: [u8; 4],
            kept in 30usize..140,
            on_link in 40u32..100,
        ) {
            let mut data = [&[2; 12], &[8, 0][..]].concat();
            let bits = if plain_bits { [bits[0] & 0xc0, 0] } else { [bits[0] & 0xe0, bits[1] & 1] };
            data.extend_from_slice(&[first, tos, 0, length, 1, 2, bits[0], bits[1], 64, protocol, 0, 0]);
            data.extend_from_slice(&[198, 51, 100, 1, 100, 64, 0, 1]);
            data.extend_from_slice(&[0x45, 0xb8, 0, inner_length, 0, 0, inner_bits, 0, 64, inner_protocol, 0, 0]);
            data.extend_from_slice(&[203, 0, 113, 1, 10, 0, 0, 1]);
            data.extend_from_slice(&ports);
            data.resize(14 + 80, 7);

            data.truncate(kept);
            let frame = Frame {
                number: 1,
                file: 0,
                time: Timestamp::default(),
                precision: Precision::MICROSECONDS,
                link_type: LinkType::ETHERNET,
                data: &data,
                original_length: on_link,
            };
            let mut dissector = Dissector::new(&[434]);
            let long_way = match dissector.dissect(&frame) {
                Packet::Tunnel(tunnel) if tunnel.outer.header.header_length == 20 => {
                    let facts = FlowFacts::of_plain(&tunnel);
                    // Whatever is found at a glance is so.
                    let opened = peel(&tunnel).inner.map(|inner| FlowFacts::of(&inner));
                    proptest::prop_assert!(facts.is_none() || facts == opened);
                    facts.map(|facts| (tunnel, facts))
                }
                _ => None,
            };
            let plain = PlainTunnel::of(&frame);
            // Of a length of 0 the long way makes all there is.
            let long_way = long_way.filter(|(tunnel, _)| tunnel.outer.header.total_length != 0);
            let plain = plain.map(|plain| {
                let PlainTunnel { header, payload, beyond_link, ip_offset, facts, .. } = plain;
                (PlainTunnel::tunnel_of(header, payload, beyond_link, Some(ip_offset)), facts)
            });
            proptest::prop_assert_eq!(plain, long_way);
        }
    }
}
