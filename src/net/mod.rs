//! Finds the UDP datagram or tunnelled packet inside a frame.
//!
//! [`Dissector`] is the only entry point. It looks at a frame in the order link layer, network protocol, transport
//! protocol, fragment bits, ports, and stops at the first of these that does not fit Mobile IP; most frames of a trace
//! cost a handful of loads. What remains is a [`Datagram`] on a Mobile IP port or a [`Tunnel`]: an `IPv4` packet whose
//! payload is another packet. A tunnel is opened only on request ([`tunnel::peel`], [`tunnel::Layers`]), so that its
//! endpoints can be looked up first. [`flow::FlowFacts`] holds the facts of an inner packet that a Traffic Selector or
//! a flow table needs.
//!
//! Nothing here does I/O or reads a clock, and only [`fragments`] keeps state between frames.

pub mod dissect;
pub mod flow;
pub mod fragments;
pub mod gre;
pub mod ip;
pub mod ipv4;
pub mod ipv6;
pub mod link;
pub mod minimal;
pub mod plain;
pub mod protocol;
pub mod reason;
pub mod tunnel;
pub mod udp;

#[cfg(test)]
pub(crate) mod samples;

pub use dissect::{Counters, Dissector, Packet, Tunnel};
pub use flow::{FlowEnd, FlowFacts, FlowKey};
pub use fragments::FragmentLimits;
pub use ip::IpPacket;
pub use ipv4::{Ipv4Header, Ipv4Packet};
pub use ipv6::{Ipv6Header, Ipv6Packet};
pub use plain::PlainTunnel;
pub use protocol::has_ports;
pub use reason::Reason;
pub use tunnel::{Encapsulation, Layers, Peeled, TunnelProblem, UdpTunnel, peel, peel_all, peel_packet};
pub use udp::{Checksum, Datagram};
