//! The exchange that made a binding or last refreshed it: only what later checks ask about.

use std::net::Ipv4Addr;

use super::asked::Seldom;
use super::{Answer, Asked};
use crate::rules::Place;
use crate::state::expiry;
use crate::time::Timestamp;
use crate::wire::{Multipath, UdpTunnelRequest};

/// The exchange that made a binding or last refreshed it by a request of its own. A session has one for each binding
/// for as long as it lives, so no more than this is kept of request and reply.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Registered {
    /// Frame of the request.
    pub asked: u64,
    /// Its Identification.
    identification: u64,
    /// Its Home Address.
    home_address: Ipv4Addr,
    /// Its Care-of Address.
    care_of_address: Ipv4Addr,
    /// The lesser of the two lifetimes, asked and granted.
    lifetime: u16,
    /// The usable Multipath extension of the request (D6).
    usable: Option<Multipath>,
    /// Its UDP Tunnel Request (Type 144).
    pub udp_request: Option<UdpTunnelRequest>,
    /// The packet of the reply.
    pub accepted: Place,
    /// What only few replies say.
    seldom: Option<Box<Seldom>>,
}

impl Registered {
    pub fn of(asked: &Asked, answer: &Answer) -> Self {
        let request = &asked.request;
        Self {
            asked: asked.place.frame,
            identification: request.identification,
            home_address: request.home_address,
            care_of_address: request.care_of_address,
            lifetime: request.lifetime.min(answer.reply.lifetime),
            usable: asked.said.usable,
            udp_request: asked.said.seldom().udp_request,
            accepted: answer.place,
            seldom: answer.said.seldom_said().map(|seldom| Box::new(seldom.clone())),
        }
    }

    /// The BID that was registered with a usable Multipath extension.
    pub fn usable_bid(&self) -> Option<u8> {
        self.usable.map(|multipath| multipath.bid)
    }

    /// Whether O was set in the usable Multipath extension.
    pub fn is_overwrite(&self) -> bool {
        self.usable.is_some_and(|multipath| multipath.overwrite)
    }

    /// Whether the reply granted anything beside the binding.
    pub fn grants_more(&self) -> bool {
        self.seldom.is_some()
    }

    /// What the reply granted beside the binding.
    pub fn granted(&self) -> &Seldom {
        Seldom::or_nothing(self.seldom.as_deref())
    }

    /// Whether another request has its Home Address, Care-of Address and Identification.
    pub fn has_name_of(&self, asked: &Asked) -> bool {
        let request = &asked.request;
        self.home_address == request.home_address
            && self.care_of_address == request.care_of_address
            && self.identification == request.identification
    }

    /// Whether the exchange is that of the binding with this BID, or, if that is `None`, of the binding without one at
    /// this care-of address.
    pub fn is_of(&self, bid: Option<u8>, care_of_address: Ipv4Addr) -> bool {
        match bid {
            Some(_) => self.usable_bid() == bid,
            None => self.usable.is_none() && self.care_of_address == care_of_address,
        }
    }

    /// When the binding would expire by this exchange alone; `None` for never.
    pub fn own_expiry(&self) -> Option<Timestamp> {
        expiry(self.accepted.time, self.lifetime)
    }
}
