//! Laws of the network layers.

use mipflow::capture::{Frame, LinkType};
use mipflow::net::tunnel::{MAX_DEPTH, peel_all};
use mipflow::net::{Dissector, FlowFacts, IpPacket, Packet, Peeled, UdpTunnel};
use mipflow::time::{Precision, Timestamp};

/// All link types that are read, and one that is not.
pub const LINK_TYPES: [LinkType; 12] = [
    LinkType::NULL,
    LinkType::ETHERNET,
    LinkType::RAW_BSD,
    LinkType::RAW_OPENBSD,
    LinkType::PPPOE,
    LinkType::RAW,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
    LinkType(147),
];

/// Takes frames of any octets apart as far as they go: nothing panics, no part reaches beyond its frame or what
/// was reassembled, nesting ends, and the short way to a packet's facts gives what the long way does. Gives how many
/// packets were reassembled.
pub fn frames_come_apart(link_type: LinkType, frames: &[&[u8]], missing: u32) -> usize {
    let mut count = 0;
    let mut dissector = Dissector::new(&[434]).keep_frames(true);
    for (index, data) in frames.iter().enumerate() {
        let frame = Frame {
            number: index as u64 + 1,
            file: 0,
            time: Timestamp::new(i64::try_from(index).unwrap_or(0), 0),
            precision: Precision::MICROSECONDS,
            link_type,
            data,
            original_length: u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(missing),
        };
        let reassembled = match dissector.dissect(&frame) {
            Packet::Datagram(datagram) => {
                assert!(datagram.payload.len() <= datagram.declared_length);
                let _ = format!("{:?} {:?}", datagram, datagram.checksum());
                if let Some(tunnel) = UdpTunnel::of(&datagram) {
                    layers_end(tunnel.layers());
                }
                datagram.reassembled
            }
            Packet::Tunnel(tunnel) => {
                layers_end(peel_all(&tunnel));
                if let (Some(plain), Some(inner)) =
                    (FlowFacts::of_plain(&tunnel), mipflow::net::peel(&tunnel).inner)
                {
                    assert_eq!(plain, FlowFacts::of(&inner));
                }
                tunnel.reassembled
            }
            Packet::Held(tunnel) => {
                let _ = format!("{tunnel:?}");
                false
            }
            Packet::Undecodable(reason) => {
                assert!(!reason.to_string().is_empty());
                false
            }
            Packet::Other => false,
        };
        if reassembled {
            count += 1;
            assert!(dissector.fragment_frames().count() >= 2, "one fragment makes no datagram");
        }
    }
    count
}

fn layers_end<'a>(layers: impl Iterator<Item = Peeled<'a>>) {
    let mut count = 0;
    for peeled in layers {
        count += 1;
        let _ = peeled.problem.map(|problem| problem.to_string());
        if let Some(inner) = &peeled.inner {
            let facts = FlowFacts::of(inner);
            assert_eq!(facts.key.source.is_ipv4(), matches!(inner, IpPacket::V4(_)));
        }
    }
    assert!(count <= MAX_DEPTH);
}
