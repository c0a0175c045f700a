//! Which way a tunnelled packet runs, and whose it is (observer.md; D13 of the catalogue).

use std::net::{IpAddr, Ipv4Addr};

use super::observer::ipv4;
use super::{Direction, FarEnd, Observer};
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
        at_home.into_iter().chain(self.directory.behind(home_agent, address))
    }

    /// The node that a packet inside a tunnel belongs to, if it runs in this direction: that of its payload's local
    /// address, or of its own.
    pub fn owner_of_inner(
        &self,
        home_agent: Ipv4Addr,
        direction: Direction,
        inner: &IpPacket<'_>,
    ) -> Option<u32> {
        let owner = |packet: &IpPacket<'_>| self.owner_of(home_agent, local(packet, direction));
        self.payload_of(home_agent, inner).and_then(|payload| owner(&payload)).or_else(|| owner(inner))
    }

    /// The packet inside a packet that is itself tunnelled between the home agent and a home address.
    pub fn payload_of<'a>(&self, home_agent: Ipv4Addr, inner: &IpPacket<'a>) -> Option<IpPacket<'a>> {
        let is_tunnel = matches!(
            IpProtocol(inner.protocol()),
            IpProtocol::IP_IN_IP | IpProtocol::MINIMAL | IpProtocol::GRE | IpProtocol::IPV6
        );
        if !is_tunnel {
            return None;
        }
        let (source, destination) = (ipv4(inner.source())?, ipv4(inner.destination())?);
        let home_address = match home_agent {
            agent if agent == source => destination,
            agent if agent == destination => source,
            _ => return None,
        };
        self.directory.find(home_agent, home_address)?;
        peel_packet(inner)?.inner
    }
}

/// The address of a packet on its node's side.
fn local(packet: &IpPacket<'_>, direction: Direction) -> IpAddr {
    match direction {
        Direction::Downlink => packet.destination(),
        Direction::Uplink => packet.source(),
    }
}
