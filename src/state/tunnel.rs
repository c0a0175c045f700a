//! Tunnels: the paths bindings open, and what was seen in each.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Bid;
use crate::time::Timestamp;

/// How a tunnel carries packets, as it was negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encapsulation {
    /// IP in IP (RFC 2003).
    IpInIp,
    /// Minimal encapsulation (RFC 2004).
    Minimal,
    /// GRE (RFC 2784).
    Gre,
    /// In UDP (RFC 3519).
    Udp,
}

impl Encapsulation {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IpInIp => "ipip",
            Self::Minimal => "minimal",
            Self::Gre => "gre",
            Self::Udp => "udp",
        }
    }

    /// As people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::IpInIp => "IP-in-IP",
            Self::Minimal => "minimal",
            Self::Gre => "GRE",
            Self::Udp => "UDP",
        }
    }
}

/// Packets and octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Octets of the inner packets.
    pub bytes: u64,
}

impl Traffic {
    pub(super) fn merge(&mut self, other: Self) {
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    #[inline]
    pub(super) fn add(&mut self, bytes: u32) {
        self.packets = self.packets.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes.into());
    }
}

/// Which way a packet runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the home agent to the care-of address.
    Downlink,
    /// From the care-of address to the home agent.
    Uplink,
}

/// A tunnel of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Identifier of the binding it belongs or belonged to.
    pub bid: Option<Bid>,
    /// Care-of address as registered.
    pub care_of_address: Ipv4Addr,
    /// Encapsulation that was negotiated.
    pub encapsulation: Encapsulation,
    /// The far end as the home agent sees it: the care-of address, or behind a NAT the request's source.
    pub far_end: FarEnd,
    /// What was seen in it; most tunnels of a capture of registrations have nothing.
    tally: Option<Box<Tally>>,
    /// Until when it is alive, or was.
    alive_until: Timestamp,
    /// Whether its binding has ended; it stays so when the clock goes back.
    is_ended: bool,
    /// Its place in the order in which the tunnels of its node were opened last.
    opened: u32,
}

/// BID, care-of address and encapsulation of a binding in one number: what tells its tunnel from the others of a node.
pub(super) fn name(bid: Option<Bid>, care_of_address: Ipv4Addr, encapsulation: Encapsulation) -> u64 {
    let bid = bid.map_or(0, Bid::octet);
    u64::from(bid) << 40 | u64::from(care_of_address.to_bits()) << 8 | encapsulation as u64
}

/// What was seen in a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    downlink: Traffic,
    uplink: Traffic,
    flows: u32,
}

/// The end of a tunnel that is not the home agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FarEnd {
    /// Its address in outer headers.
    pub address: Ipv4Addr,
    /// Its UDP port, for a tunnel in UDP.
    pub port: Option<u16>,
}

impl FarEnd {
    /// The end of a tunnel in UDP.
    pub(super) const fn in_udp(end: SocketAddrV4) -> Self {
        Self { address: *end.ip(), port: Some(end.port()) }
    }

    /// Whether this and another can be the same end, where one of them lacks its port: a tunnel that should be one in
    /// UDP and is not, or the other way round. Another UDP port is another end (RFC 3519 §4.6).
    pub(crate) fn is_near(self, other: Self) -> bool {
        let is_same = self.port == other.port || self.port.is_none() || other.port.is_none();
        self.address == other.address && is_same
    }
}

impl Tunnel {
    pub(super) const fn new(
        bid: Option<Bid>,
        care_of_address: Ipv4Addr,
        encapsulation: Encapsulation,
        far_end: FarEnd,
    ) -> Self {
        Self {
            bid,
            care_of_address,
            encapsulation,
            far_end,
            tally: None,
            alive_until: Timestamp::FIRST,
            is_ended: true,
            opened: 0,
        }
    }

    /// What was seen in it towards the node, as of the last time that counters were brought up to date.
    pub fn downlink(&self) -> Traffic {
        self.seen().downlink
    }

    /// What was seen in it from the node, likewise.
    pub fn uplink(&self) -> Traffic {
        self.seen().uplink
    }

    /// How many flows were seen in it, likewise.
    pub fn flows(&self) -> u32 {
        self.seen().flows
    }

    fn seen(&self) -> Tally {
        self.tally.as_deref().copied().unwrap_or_default()
    }

    /// Whether its binding is alive at `time`.
    pub fn is_alive(&self, time: Timestamp) -> bool {
        !self.is_ended && time <= self.alive_until
    }

    /// Whether it is the one of a binding with this BID, care-of address and encapsulation.
    pub(super) fn is(
        &self,
        bid: Option<Bid>,
        care_of_address: Ipv4Addr,
        encapsulation: Encapsulation,
    ) -> bool {
        self.name() == name(bid, care_of_address, encapsulation)
    }

    pub(super) fn name(&self) -> u64 {
        name(self.bid, self.care_of_address, self.encapsulation)
    }

    /// Its place in the order in which the tunnels of its node were opened last.
    pub(super) fn opened(&self) -> u32 {
        self.opened
    }

    /// Notes that a binding has it, which opens it after all others unless it is open.
    pub(super) fn open(&mut self, after_all: u32) {
        if self.is_ended {
            self.opened = after_all;
        }
    }

    pub(super) fn end(&mut self, time: Timestamp) {
        if !self.is_ended {
            self.is_ended = true;
            self.alive_until = self.alive_until.min(time);
        }
    }

    pub(super) fn live_until(&mut self, expires: Timestamp) {
        self.is_ended = false;
        self.alive_until = expires;
    }

    /// How well it suits a packet to `far_end` at `time`, where it ended at `end`, and until `left` if that was before
    /// its present end: of several tunnels the one that the packet is counted in suits best. One with the same UDP port
    /// goes before those that are not in UDP as the packet is, or the other way round; one that is alive before ended
    /// ones, one that a binding had before one that none had, one with the packet's own encapsulation before others, of
    /// those alive the one opened last, however often another one is refreshed, and of ended ones the one that ended
    /// last.
    pub(super) fn suits(
        &self,
        (end, left): (FarEnd, Option<Timestamp>),
        (far_end, encapsulation): (FarEnd, Encapsulation),
        time: Timestamp,
    ) -> impl Ord + use<> {
        let is_alive = left.is_none() && self.is_alive(time);
        let held_until = if is_alive { Timestamp::LAST } else { left.unwrap_or(self.alive_until) };
        let is_of_binding = self.opened > 0;
        let carries_so = self.encapsulation == encapsulation;
        (end.port == far_end.port, is_alive, is_of_binding, carries_so, held_until, self.opened)
    }

    /// Forgets what was tallied.
    pub(super) fn clear_tally(&mut self) {
        if let Some(tally) = &mut self.tally {
            **tally = Tally::default();
        }
    }

    /// Adds what so many flows counted.
    pub(super) fn tally(&mut self, downlink: Traffic, uplink: Traffic, flows: u32) {
        let tally = self.tally.get_or_insert_default();
        tally.downlink.merge(downlink);
        tally.uplink.merge(uplink);
        tally.flows = tally.flows.saturating_add(flows);
    }
}
