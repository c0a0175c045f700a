//! Tunnels: the paths that bindings open, and the traffic seen in each.

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

    /// The name as people write it.
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

/// The direction of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the Home Agent to the Care-of Address.
    Downlink,
    /// From the Care-of Address to the Home Agent.
    Uplink,
}

/// A tunnel of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Identifier of the binding that the tunnel belongs or belonged to.
    pub bid: Option<Bid>,
    /// Care-of Address as registered.
    pub care_of_address: Ipv4Addr,
    /// Encapsulation that was negotiated.
    pub encapsulation: Encapsulation,
    /// The far end as the Home Agent sees it: the Care-of Address, or in UDP the request's source, maybe a NAT's.
    pub far_end: FarEnd,
    /// The traffic seen in the tunnel; most tunnels in a capture of registrations have none.
    tally: Option<Box<Tally>>,
    /// Until when the tunnel is alive, or was.
    alive_until: Timestamp,
    /// Whether the tunnel's binding has ended; it stays ended when the clock goes back.
    is_ended: bool,
    /// The tunnel's place in the order in which the tunnels of its node were last opened; 0 if it never was.
    opened: u32,
}

/// BID, Care-of Address and encapsulation of a binding in one number, the name of its tunnel within a node.
pub(super) fn name(bid: Option<Bid>, care_of_address: Ipv4Addr, encapsulation: Encapsulation) -> u64 {
    let bid = bid.map_or(0, Bid::octet);
    u64::from(bid) << 40 | u64::from(care_of_address.to_bits()) << 8 | encapsulation as u64
}

/// The traffic seen in a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    downlink: Traffic,
    uplink: Traffic,
    flows: u32,
}

/// The end of a tunnel that is not the Home Agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FarEnd {
    /// The address in outer headers.
    pub address: Ipv4Addr,
    /// The UDP port, for a tunnel in UDP.
    pub port: Option<u16>,
}

impl FarEnd {
    /// The end of a tunnel in UDP.
    pub(super) const fn in_udp(end: SocketAddrV4) -> Self {
        Self { address: *end.ip(), port: Some(end.port()) }
    }

    /// Whether two ends can be the same end although one of them lacks a port: a tunnel that should be in UDP but is
    /// not, or the other way round. Another UDP port is another end (RFC 3519 §4.6).
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

    /// Traffic seen towards the node, as of the last time that counters were brought up to date.
    pub fn downlink(&self) -> Traffic {
        self.seen().downlink
    }

    /// Traffic seen from the node, as of the same time.
    pub fn uplink(&self) -> Traffic {
        self.seen().uplink
    }

    /// How many flows were seen in the tunnel, as of the same time.
    pub fn flows(&self) -> u32 {
        self.seen().flows
    }

    fn seen(&self) -> Tally {
        self.tally.as_deref().copied().unwrap_or_default()
    }

    /// Whether the tunnel's binding is alive at `time`.
    pub fn is_alive(&self, time: Timestamp) -> bool {
        !self.is_ended && time <= self.alive_until
    }

    /// Whether this is the tunnel of a binding with this BID, Care-of Address and encapsulation.
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

    /// The tunnel's place in the order in which the tunnels of its node were last opened; 0 if it never was.
    pub(super) fn opened(&self) -> u32 {
        self.opened
    }

    /// Notes that a binding has this tunnel. Unless it is open already, it becomes the one opened last.
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

    /// How well the tunnel suits a packet to `far_end` at `time`: a packet is counted in the tunnel that suits it best.
    /// `end` is an end of the tunnel, and `left` is when it was given up for another end, if it was. Preferred in this
    /// order are: the packet's own UDP port over an end with a port where the packet has none, or the reverse; a tunnel
    /// that is alive over ended ones; a tunnel that a binding had over one that none had; the packet's own
    /// encapsulation over others. Of tunnels that are alive the one opened last is preferred, however often another one
    /// is refreshed, and of ended tunnels the one that ended last.
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

    /// Sets the tallied traffic to 0.
    pub(super) fn clear_tally(&mut self) {
        if let Some(tally) = &mut self.tally {
            **tally = Tally::default();
        }
    }

    /// Adds the traffic of this many flows.
    pub(super) fn tally(&mut self, downlink: Traffic, uplink: Traffic, flows: u32) {
        let tally = self.tally.get_or_insert_default();
        tally.downlink.merge(downlink);
        tally.uplink.merge(uplink);
        tally.flows = tally.flows.saturating_add(flows);
    }
}
