//! The direction of a tunnelled packet, and the node that it belongs to (D13 of the catalogue).

use std::net::{IpAddr, Ipv4Addr};

use super::observer::ipv4;
use super::{Binding, Direction, FarEnd, Observer};
use crate::net::{IpPacket, peel_packet};
use crate::wire::IpProtocol;

/// The two ends of a tunnelled packet: those of its outer header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Where the packet came from.
    pub source: Ipv4Addr,
    /// Where the packet went.
    pub destination: Ipv4Addr,
    /// UDP ports of source and destination, for a tunnel in UDP (RFC 3519).
    pub ports: Option<(u16, u16)>,
}

impl Ends {
    /// The Home Agent and the far end, given that the packet runs in this direction.
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
    /// Index of the node of a Home Agent that has this Home Address, or a prefix that covers the address.
    pub fn owner_of(&self, home_agent: Ipv4Addr, address: IpAddr) -> Option<u32> {
        self.owners_of(home_agent, address).next()
    }

    /// Indexes of all nodes of a Home Agent that have this Home Address, or a prefix that covers the address; the
    /// longest prefix first.
    pub fn owners_of(&self, home_agent: Ipv4Addr, address: IpAddr) -> impl Iterator<Item = u32> {
        let at_home = ipv4(address).and_then(|address| self.directory.find(home_agent, address));
        at_home.into_iter().chain(self.directory.behind(home_agent, address).flatten().copied())
    }

    /// The owner of an address in a packet whose tunnel has this far end. If several nodes have the same prefix, it is
    /// the node whose tunnel ends or ended there; if no node's did, the node that was given the prefix last.
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

    /// Indexes of the nodes of a Home Agent that have the longest prefix that covers an address.
    pub fn sharers(&self, home_agent: Ipv4Addr, address: IpAddr) -> &[u32] {
        self.directory.behind(home_agent, address).next().unwrap_or_default()
    }

    /// The node that a packet inside a tunnel with this far end belongs to, given this direction: the owner of the
    /// local address of its payload, or otherwise of its own local address.
    pub fn owner_of_inner(
        &self,
        (home_agent, far_end): (Ipv4Addr, FarEnd),
        direction: Direction,
        inner: &IpPacket<'_>,
    ) -> Option<u32> {
        let owner = |packet: &IpPacket<'_>| self.owner_at(home_agent, local(packet, direction), far_end);
        self.payload_of(home_agent, inner).and_then(|payload| owner(&payload)).or_else(|| owner(inner))
    }

    /// The packet inside a packet that is itself tunnelled between the Home Agent and a Home Address.
    pub fn payload_of<'a>(&self, home_agent: Ipv4Addr, inner: &IpPacket<'a>) -> Option<IpPacket<'a>> {
        if self.is_nested(home_agent, inner) { peel_packet(inner)?.inner } else { None }
    }

    /// Whether a packet is itself tunnelled between the Home Agent and a Home Address. If so, the packet that it
    /// carries is the payload (D13), even if that cannot be read because it is cut or in a later fragment.
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

/// The address of a packet on the node's side.
fn local(packet: &IpPacket<'_>, direction: Direction) -> IpAddr {
    match direction {
        Direction::Downlink => packet.destination(),
        Direction::Uplink => packet.source(),
    }
}
