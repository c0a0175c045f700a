//! What a request says by itself.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{OTHER_NODE, nai};
use crate::history::NODE;
use crate::scene::{Registration, Scene, UdpChecksum};

/// An exchange whose request has these flags.
pub(super) fn with_flags(scene: &mut Scene, octet: u8) {
    scene.exchange(0.0, &Registration { octet, ..Registration::plain(1) }, 0);
}

/// Two exchanges whose requests have these flags.
pub(super) fn twice_with_flags(scene: &mut Scene, octet: u8) {
    scene.exchange(0.0, &Registration { octet, ..Registration::plain(1) }, 0);
    scene.exchange(10.0, &Registration { octet, ..Registration::plain(1) }, 0);
}

/// A request of the node itself for this care-of address, with D clear, so that it may come from the home address.
pub(super) fn at_care_of_address(scene: &mut Scene, care_of_address: Ipv4Addr, lifetime: u16) {
    let source = SocketAddrV4::new(NODE, 434);
    let request = Registration { lifetime, care_of_address, source, ..Registration::relayed(1) };
    scene.send(0.0, &request);
}

/// A request without a home address, with an NAI or not.
pub(super) fn named(scene: &mut Scene, with_nai: bool) {
    let request = Registration { home_address: Ipv4Addr::UNSPECIFIED, ..Registration::plain(1) };
    scene.send(0.0, &if with_nai { request.with(nai()) } else { request });
}

/// Two requests, without UDP checksums or with the right ones, and a reply with the right one.
pub(super) fn without_checksum(scene: &mut Scene, absent: bool) {
    let checksum = if absent { UdpChecksum::Absent } else { UdpChecksum::Right };
    scene.exchange(0.0, &Registration { checksum, ..Registration::plain(1) }, 0);
    scene.exchange(5.0, &Registration { checksum, ..Registration::plain(1) }, 0);
}

/// The requests of two nodes behind one foreign agent, without UDP checksums.
pub(super) fn two_nodes_without_checksum(scene: &mut Scene) {
    for (seconds, home_address) in [(0.0, NODE), (5.0, OTHER_NODE)] {
        let checksum = UdpChecksum::Absent;
        scene.exchange(seconds, &Registration { home_address, checksum, ..Registration::relayed(1) }, 0);
    }
}

/// A request to all mobility agents on the link, with D and these flags.
pub(super) fn to_all_agents(scene: &mut Scene, ttl: u8, flags: u8) {
    let destination = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 11), 434);
    scene.send(0.0, &Registration { octet: 0x20 | flags, ttl, destination, ..Registration::plain(1) });
}

/// An exchange that ends with this code.
pub(super) fn with_code(scene: &mut Scene, code: u8) {
    scene.exchange(0.0, &Registration::plain(1), code);
}
