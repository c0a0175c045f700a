//! A data packet (D13), opened, and whose it is.

use std::net::Ipv4Addr;

use smallvec::SmallVec;

use super::live;
use crate::net::{FlowFacts, IpPacket, Ipv4Packet, Peeled, UdpTunnel};
use crate::rules::Place;
use crate::rules::memory::{Session, World};
use crate::state::{Binding, Direction, Downlink, FarEnd, Node, Observer};
use crate::time::Timestamp;

/// A packet between a home agent and the far end of a tunnel.
#[derive(Debug)]
pub(in crate::rules) struct Carried<'c, 'a> {
    /// The packet.
    pub place: Place,
    /// Which way it runs.
    pub direction: Direction,
    /// The home agent's address in the outer header.
    pub home_agent: Ipv4Addr,
    /// The other outer address, with its port when the tunnel is one in UDP.
    pub far_end: FarEnd,
    /// The outer packet.
    pub outer: &'c Ipv4Packet<'a>,
    /// The Tunnel Data message around it, when the tunnel is one in UDP.
    pub udp: Option<&'c UdpTunnel<'a>>,
    /// The encapsulation, taken off.
    pub peeled: &'c Peeled<'a>,
    /// The packet after one decapsulation.
    pub inner: Option<IpPacket<'a>>,
    /// The packet inside a tunnel between home agent and home address that was itself tunnelled, else `inner`.
    pub payload: Option<IpPacket<'a>>,
    /// The facts of `payload`.
    pub facts: Option<FlowFacts>,
    /// `payload` turned so that it runs downlink (D12).
    pub downlink: Option<Downlink>,
    /// The node it belongs to: index and node.
    pub node: Option<(u32, &'c Node)>,
    /// What is remembered of that node's session.
    pub session: Option<&'c Session>,
    /// Index of the rule that decides the payload.
    pub rule: Option<usize>,
    /// Whether nothing in the session changed within the grace before the packet (the first half of D14).
    pub quiet: bool,
    /// Whether the whole binding table is known (D10).
    pub anchored: bool,
    /// What is remembered of everything else.
    pub world: &'c World,
    /// Who knows all nodes.
    pub observer: &'c Observer,
}

impl<'c> Carried<'c, '_> {
    /// The time of the packet.
    pub fn time(&self) -> Timestamp {
        self.place.time
    }

    /// The protocol number of the encapsulation: the outer header's, or Next Header of a tunnel in UDP.
    pub fn protocol(&self) -> u8 {
        self.udp.map_or(self.outer.header.protocol, |udp| udp.next_header)
    }

    /// The live bindings of the node.
    pub fn live(&self) -> impl Iterator<Item = &'c Binding> {
        let time = self.time();
        self.node.into_iter().flat_map(move |(_, node)| live(node.bindings(), time))
    }

    /// The live bindings of the node whose tunnel ends at the far end (D9, D13). A binding whose tunnel is one in UDP
    /// ends at address and port; another at its care-of address.
    pub fn live_here(&self) -> SmallVec<[&'c Binding; 2]> {
        self.live().filter(|binding| self.is_at(binding)).collect()
    }

    /// Whether a binding's tunnel ends at the far end.
    pub fn is_at(&self, binding: &Binding) -> bool {
        binding.far_end == self.far_end
    }
}
