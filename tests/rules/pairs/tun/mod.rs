//! Pairs of the TUN rules, by topic.

mod encapsulation;
mod ends;
mod headers;
mod inner;
mod policy;
mod request;

use std::net::Ipv4Addr;

use crate::Pair;
use crate::history::{Packet, ipv4};
use crate::scene::{Registration, Scene, short};

pub const TOPICS: [&[Pair]; 6] =
    [ends::PAIRS, policy::PAIRS, encapsulation::PAIRS, inner::PAIRS, headers::PAIRS, request::PAIRS];

/// Flags of a request: D and T, as by default.
pub const CO_LOCATED: u8 = 0x22;
/// The G flag.
pub const GRE: u8 = 0x08;
/// The M flag.
pub const MINIMAL: u8 = 0x10;
/// The B flag.
pub const BROADCAST: u8 = 0x40;

/// Registers BIDs 1 to `count` from 0 s on, one every two seconds: two frames each.
pub fn bids(scene: &mut Scene, count: u8) {
    for bid in 1..=count {
        scene.exchange(f64::from(bid - 1) * 2.0, &Registration::request(bid), 0);
    }
}

/// Registers BID 1 with these flags, frames 1 and 2.
pub fn bid_1_with(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration { octet: flags, ..Registration::request(1) }, 0);
}

/// The IPv6 prefix of the node, `2001:db8:5::/64`.
pub const PREFIX: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// An IPv6 packet from a correspondent to a host behind the node.
pub fn six() -> Packet {
    let host = std::net::Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 1);
    Packet::new().from(std::net::Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1)).to(host)
}

/// Registers BID 1 with these flags and [`PREFIX`], accepted with this code: 1 for tunnels to the care-of address, 0
/// for tunnels to the home address. Frames 1 and 2.
pub fn with_prefix(scene: &mut Scene, flags: u8, code: u8) {
    let mut request = Registration { octet: flags, ..Registration::request(1) }
        .with(short(152, &[&[1, 64][..], &PREFIX].concat()));
    if code == 1 {
        request = request.with(short(152, &[3, 0]));
    }
    let sent = scene.send(0.0, &request);
    scene.send(0.02, &sent.reply(0).with(short(152, &[&[2, code, 64, 0][..], &PREFIX].concat())));
}

/// A packet with DF set in its IPv4 header.
pub fn dont_fragment(mut packet: Vec<u8>) -> Vec<u8> {
    packet[6] |= 0x40;
    packet
}

/// A tunnelled packet of this protocol.
pub fn tunnelled(protocol: u8, source: Ipv4Addr, destination: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
    ipv4(source, destination, protocol, payload)
}
