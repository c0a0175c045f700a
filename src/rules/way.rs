//! Which way a data packet runs, and to which node it belongs (D13).

use std::net::{IpAddr, Ipv4Addr};

use super::Place;
use super::facts::live;
use crate::net::{Datagram, IpPacket, Ipv4Packet, Peeled, UdpTunnel};
use crate::state::{Direction, Ends, FarEnd, Observer};
use crate::wire::{Header, Message, Numbers};

/// Home agent, far end and direction, according to one reading of the outer addresses.
pub(super) type Way = (Ipv4Addr, FarEnd, Direction);

/// A data packet whose encapsulation was taken off.
#[derive(Clone, Copy)]
pub(super) struct Opened<'c, 'a> {
    pub place: Place,
    pub ends: Ends,
    pub outer: &'c Ipv4Packet<'a>,
    pub reassembled: bool,
    pub udp: Option<&'c UdpTunnel<'a>>,
    pub peeled: &'c Peeled<'a>,
    pub copied: Option<FarEnd>,
    pub registration: Option<Ipv4Addr>,
}

/// The way a packet runs, and the node it belongs to.
pub(super) fn way_of(opened: &Opened<'_, '_>, observer: &Observer) -> Option<(Way, Option<u32>)> {
    let Ends { source, destination, .. } = opened.ends;
    let (down, up) = (way(opened.ends, Direction::Downlink), way(opened.ends, Direction::Uplink));
    match (observer.is_home_agent(source), observer.is_home_agent(destination)) {
        // A packet between two home agents runs the way in which it belongs to a node.
        (true, true) => match (owner(opened, down, observer), owner(opened, up, observer)) {
            (None, Some(node)) => Some((up, Some(node))),
            (node, _) => Some((down, node)),
        },
        (true, false) => Some((down, owner(opened, down, observer))),
        (false, true) => Some((up, owner(opened, up, observer))),
        (false, false) => None,
    }
}

/// Whether a packet to a node's home address is in a tunnel that the node has from its home agent.
pub(super) fn is_in_its_tunnel(
    opened: &Opened<'_, '_>,
    (home_agent, far_end, direction): Way,
    node: Option<u32>,
    observer: &Observer,
) -> bool {
    let Some(node) = node.and_then(|slot| observer.node(slot)) else { return false };
    let destination = opened.peeled.inner.map(|inner| inner.destination());
    direction == Direction::Downlink
        && node.home_agent == home_agent
        && node.home_address.map(IpAddr::V4) == destination
        && live(node.bindings(), opened.place.time).any(|binding| binding.far_end == far_end)
}

/// The way of a packet that runs in this direction.
pub(super) fn way(ends: Ends, direction: Direction) -> Way {
    let (home_agent, far_end) = ends.seen(direction);
    (home_agent, far_end, direction)
}

/// The node that a packet belongs to (D13), by the local address of the payload, or of the inner packet.
pub(super) fn owner(
    opened: &Opened<'_, '_>,
    (home_agent, far_end, direction): Way,
    observer: &Observer,
) -> Option<u32> {
    let minimal = opened.peeled.minimal.filter(|_| opened.peeled.inner.is_none());
    let Some(inner) = opened.peeled.inner else {
        // A fragment without an inner packet that begins with a forwarding header (TUN-023).
        let local = match direction {
            Direction::Downlink => minimal?.destination,
            Direction::Uplink => minimal?.source?,
        };
        return observer.owner_at(home_agent, local.into(), far_end);
    };
    observer.owner_of_inner((home_agent, far_end), direction, &inner)
}

/// Home Address of the Registration Request or Reply that a packet is (D2).
pub(super) fn registration_in(inner: &IpPacket<'_>, ports: &[u16], numbers: Numbers) -> Option<Ipv4Addr> {
    let datagram = Datagram::of(inner)?.ok()?;
    let missing = datagram.declared_length.saturating_sub(datagram.payload.len());
    let (from, to) = (ports.contains(&datagram.source.port()), ports.contains(&datagram.destination.port()));
    if !from && !to {
        return None;
    }
    match Message::parse(datagram.payload, missing, numbers).header {
        Header::Request(request) if to => Some(request.home_address),
        Header::Reply(reply) => Some(reply.home_address),
        _ => None,
    }
}
