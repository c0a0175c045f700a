//! Which way a tunnelled packet runs, and whose it is (D13 of the catalogue).

use std::net::{IpAddr, Ipv4Addr};

use super::observer::ipv4;
use super::{Binding, Direction, FarEnd, Observer};
use crate::net::{IpPacket, peel_packet};
use crate::wire::IpProtocol;

/// The two ends of a tunnelled packet: those of its outer header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Where it came from.
    pub source: Ipv4Addr,
    /// Where it went.
    pub destination: Ipv4Addr,
    /// UDP ports of both, for a tunnel in UDP (RFC 3519).
    pub ports: Option<(u16, u16)>,
}

impl Ends {
    /// The home agent and the far end, if the packet runs in this direction.
    pub fn seen(self, direction: Direction) -> (Ipv4Addr, FarEnd) {
        match direction {
            Direction::Downlink => {
                (self.source, FarEnd { address: self.destination, port: self.ports.map(|ports| ports.1) })
            }
            Direction::Uplink => {
                (self.destination, FarEnd { address: self.source, port: self.ports.map(|ports| ports.0) })
            }
        }
    }
}

impl Observer {
    /// Index of the node of a home agent that has this home address, or a prefix that covers the address.
    pub fn owner_of(&self, home_agent: Ipv4Addr, address: IpAddr) -> Option<u32> {
        self.owners_of(home_agent, address).next()
    }

    /// Indices of all nodes of a home agent that have this home address, or a prefix that covers the address; the
    /// longest prefix first.
    pub fn owners_of(&self, home_agent: Ipv4Addr, address: IpAddr) -> impl Iterator<Item = u32> {
        let at_home = ipv4(address).and_then(|address| self.directory.find(home_agent, address));
        at_home.into_iter().chain(self.directory.behind(home_agent, address).flatten().copied())
    }

    /// The same, of a packet in a tunnel with this far end: of several that have the same prefix the one whose tunnel ends
    /// or ended there, or where that is none of them, the one that was given the prefix last.
    pub fn owner_at(&self, home_agent: Ipv4Addr, address: IpAddr, far_end: FarEnd) -> Option<u32> {
        let at_home = ipv4(address).and_then(|address| self.directory.find(home_agent, address));
        if at_home.is_some() {
            return at_home;
        }
        let owners = self.sharers(home_agent, address);
        let [_, _, ..] = owners else { return owners.first().copied() };
        let with = |is_it: fn(&Binding) -> bool| {
            let is_its = |binding: &Binding| binding.far_end == far_end && is_it(binding);
            let has_it =
                |slot: &&u32| self.node(**slot).is_some_and(|node| node.bindings().iter().any(is_its));
            owners.iter().find(has_it)
        };
        with(Binding::is_active).or_else(|| with(|_| true)).or(owners.first()).copied()
    }

    /// Indices of the nodes of a home agent that have the longest prefix that covers an address.
    pub fn sharers(&self, home_agent: Ipv4Addr, address: IpAddr) -> &[u32] {
        self.directory.behind(home_agent, address).next().unwrap_or_default()
    }

    /// The node that a packet inside a tunnel with this far end belongs to, if it runs in this direction: that of its
    /// payload's local address, or of its own.
    pub fn owner_of_inner(
        &self,
        (home_agent, far_end): (Ipv4Addr, FarEnd),
        direction: Direction,
        inner: &IpPacket<'_>,
    ) -> Option<u32> {
        let owner = |packet: &IpPacket<'_>| self.owner_at(home_agent, local(packet, direction), far_end);
        self.payload_of(home_agent, inner).and_then(|payload| owner(&payload)).or_else(|| owner(inner))
    }

    /// The packet inside a packet that is itself tunnelled between the home agent and a home address.
    pub fn payload_of<'a>(&self, home_agent: Ipv4Addr, inner: &IpPacket<'a>) -> Option<IpPacket<'a>> {
        if self.is_nested(home_agent, inner) { peel_packet(inner)?.inner } else { None }
    }

    /// Whether a packet is itself tunnelled between the home agent and a home address: what it carries is the payload
    /// (D13), also where that cannot be read, for it was cut or is a later fragment.
    pub fn is_nested(&self, home_agent: Ipv4Addr, inner: &IpPacket<'_>) -> bool {
        let is_tunnel = matches!(
            IpProtocol(inner.protocol()),
            IpProtocol::IP_IN_IP | IpProtocol::MINIMAL | IpProtocol::GRE | IpProtocol::IPV6
        );
        if !is_tunnel {
            return false;
        }
        let (Some(source), Some(destination)) = (ipv4(inner.source()), ipv4(inner.destination())) else {
            return false;
        };
        let home_address = match home_agent {
            agent if agent == source => destination,
            agent if agent == destination => source,
            _ => return false,
        };
        self.directory.find(home_agent, home_address).is_some()
    }
}

/// The address of a packet on its node's side.
fn local(packet: &IpPacket<'_>, direction: Direction) -> IpAddr {
    match direction {
        Direction::Downlink => packet.destination(),
        Direction::Uplink => packet.source(),
    }
}
