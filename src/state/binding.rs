//! Bindings: which Care-of Addresses a node has registered, and how each binding ended.

use std::net::Ipv4Addr;
use std::num::NonZeroU8;

use super::{Encapsulation, FarEnd};
use crate::time::Timestamp;
use crate::wire::{AccessTechnology, Multipath, RequestFlags};

/// A Binding Identifier that a binding can have: 1 to 254 (RFC 7629 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bid(NonZeroU8);

impl Bid {
    /// The identifier, or `None` for the reserved values 0 and 255.
    pub const fn new(octet: u8) -> Option<Self> {
        match NonZeroU8::new(octet) {
            Some(octet) if octet.get() != u8::MAX => Some(Self(octet)),
            _ => None,
        }
    }

    /// The octet on the wire.
    pub const fn octet(self) -> u8 {
        self.0.get()
    }
}

/// What the Multipath extension says about the interface of a binding (RFC 7629 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Identifier of the binding.
    pub bid: Bid,
    /// Access technology.
    pub access_technology: AccessTechnology,
    /// Label, which selects static policies.
    pub label: u8,
}

impl Interface {
    /// The interface of a usable Multipath extension; `None` when its BID is reserved.
    pub fn of(multipath: &Multipath) -> Option<Self> {
        Some(Self {
            bid: Bid::new(multipath.bid)?,
            access_technology: multipath.access_technology,
            label: multipath.label,
        })
    }
}

/// One registration of a Care-of Address, active or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The interface; `None` for a registration without Multipath.
    pub interface: Option<Interface>,
    /// Care-of Address as registered.
    pub care_of_address: Ipv4Addr,
    /// Whether the binding may have a BID after all, in a part of the request that was not captured.
    pub hides_bid: bool,
    /// Where the tunnel ends: the Care-of Address, or in UDP the request's source as the Home Agent saw it.
    pub far_end: FarEnd,
    /// Flags of the request that created or last refreshed the binding.
    pub flags: RequestFlags,
    /// Whether UDP tunnelling was granted (RFC 3519).
    pub udp: bool,
    /// Whether the binding is active, or how it ended.
    pub state: BindingState,
    /// Lifetime granted, in seconds; a lifetime of 65535 never expires.
    pub lifetime: u16,
    /// Time of the reply that created the binding.
    pub registered: Timestamp,
    /// Time of the reply that last refreshed the binding.
    pub refreshed: Timestamp,
    /// When the binding expires; `None` if it never does.
    pub expires: Option<Timestamp>,
    /// When the binding ended; `None` while it is active.
    pub ended: Option<Timestamp>,
    /// Frame of the reply that created, refreshed or ended the binding, or of the acknowledgement of its revocation.
    /// Expiry does not change it.
    pub frame: u64,
}

/// The move of a live binding to another Care-of Address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The binding before the move.
    pub left: Binding,
    /// Its new Care-of Address.
    pub to: Ipv4Addr,
    /// Time of the reply that accepted the move.
    pub time: Timestamp,
}

/// Whether a binding is alive, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindingState {
    /// Alive.
    Active,
    /// The lifetime ran out.
    Expired,
    /// The node de-registered it.
    Deregistered,
    /// Another registration took its place.
    Replaced,
    /// An agent revoked it (RFC 3543).
    Revoked,
}

impl BindingState {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Deregistered => "deregistered",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }
}

impl Binding {
    /// Whether the binding has this BID.
    #[inline]
    pub fn has_bid(&self, octet: u8) -> bool {
        self.bid().map(Bid::octet) == Some(octet)
    }

    /// Whether the binding is active, provided that expired bindings have been marked as expired.
    pub fn is_active(&self) -> bool {
        self.state == BindingState::Active
    }

    /// Whether the binding was active at `time`.
    pub(super) fn was_alive(&self, time: Timestamp) -> bool {
        self.registered <= time && self.ended.is_none_or(|ended| ended > time)
    }

    /// When the lifetime ends or ended; `None` if it never does, or if the binding was removed before.
    pub fn lapse(&self) -> Option<Timestamp> {
        self.expires.filter(|_| matches!(self.state, BindingState::Active | BindingState::Expired))
    }

    /// Its Binding Identifier.
    pub fn bid(&self) -> Option<Bid> {
        self.interface.map(|interface| interface.bid)
    }

    /// The encapsulation negotiated: UDP if granted, else minimal for the M flag, GRE for G, IP in IP for neither.
    pub fn encapsulation(&self) -> Encapsulation {
        if self.udp {
            Encapsulation::Udp
        } else if self.flags.minimal_encapsulation() {
            Encapsulation::Minimal
        } else if self.flags.gre() {
            Encapsulation::Gre
        } else {
            Encapsulation::IpInIp
        }
    }

    /// Whether such a registration would only extend the binding. Reserved flags are ignored (RFC 5944 §3.3).
    pub(super) fn is_refreshed_by(
        &self,
        interface: Option<Interface>,
        care_of_address: Ipv4Addr,
        flags: RequestFlags,
    ) -> bool {
        self.interface == interface
            && self.care_of_address == care_of_address
            && (self.flags.0 ^ flags.0) & !RequestFlags::RESERVED == 0
    }

    /// Whether the binding is active although `clock` has passed its expiry.
    pub(super) fn is_due(&self, clock: Timestamp) -> bool {
        self.is_active() && self.expires.is_some_and(|expires| clock > expires)
    }

    /// Ends the binding at `time`, by the message in `frame`.
    pub(super) fn end(&mut self, state: BindingState, time: Timestamp, frame: u64) {
        self.state = state;
        self.ended = Some(time);
        self.frame = frame;
    }
}

/// When a binding of `lifetime` seconds that starts at `time` expires; `None` if it never does (RFC 5944 §3.3).
pub(crate) fn expiry(time: Timestamp, lifetime: u16) -> Option<Timestamp> {
    (lifetime != u16::MAX).then(|| time.after(i64::from(lifetime) * 1_000_000_000))
}
