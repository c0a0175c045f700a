//! What the agent allows: whether the request is meant for it, whether it serves the node, and whether the node may
//! have that binding.

use std::net::Ipv4Addr;

use super::structure::Request;
use super::{HomeAgent, Received, Settings};
use crate::state::{Binding, Node};
use crate::wire::{Action, Multipath, RegistrationRequest, ReplyCode};

/// Nanoseconds between two searches for addresses that nobody uses any more.
const RETURN_INTERVAL: i64 = 1_000_000_000;

impl HomeAgent {
    /// Judges a request that is well formed, authentic and fresh. Returns the node's home address, or the code of a
    /// refusal.
    pub(super) fn admit(
        &mut self,
        settings: &Settings,
        received: &Received<'_>,
        request: &Request<'_>,
    ) -> Result<Ipv4Addr, ReplyCode> {
        let own_address = received.own_address;
        // A request to a broadcast address is refused so that its sender learns the agent's own address (RFC 5944
        // §3.8.2.1).
        if request.header.home_agent != own_address || *received.destination.ip() != own_address {
            return Err(ReplyCode::UNKNOWN_HOME_AGENT);
        }
        let home_address = self.home_address(request, own_address)?;
        if request.multipath.is_some() && !settings.multipath {
            return Err(ReplyCode(settings.numbers.multipath_not_allowed));
        }
        let node = self.observer.node_at(own_address, home_address);
        if request.header.lifetime > 0 {
            if bindings_with(request, node) > settings.max_bindings {
                return Err(ReplyCode::TOO_MANY_BINDINGS);
            }
            if !knows_its_bids(node, request) {
                return Err(ReplyCode(settings.numbers.invalid_fb_identifier));
            }
        }
        if let Some(nai) = request.nai.filter(|_| request.header.home_address.is_unspecified()) {
            self.addresses.give(nai.0, home_address);
        }
        Ok(home_address)
    }

    /// The home address of the request's node: the one it asks for, if that is served here; or one that its NAI was
    /// given or can be given, if it asks for none.
    fn home_address(&mut self, request: &Request<'_>, own_address: Ipv4Addr) -> Result<Ipv4Addr, ReplyCode> {
        let asked = request.header.home_address;
        if !asked.is_unspecified() {
            let is_served = asked != own_address && self.addresses.serves(asked);
            return if is_served { Ok(asked) } else { Err(ReplyCode::ADMINISTRATIVELY_PROHIBITED) };
        }
        // Never empty here: a request with neither home address nor NAI was refused as poorly formed.
        let nai = request.nai.map_or(&[][..], |nai| nai.0);
        if let Some(address) = self.addresses.of(nai) {
            return Ok(address);
        }
        if !self.addresses.can_give() {
            return Err(ReplyCode::ADMINISTRATIVELY_PROHIBITED);
        }
        self.free_address(own_address)
            .or_else(|| self.addresses.take_one_back())
            .or_else(|| {
                self.take_addresses_back(own_address);
                self.free_address(own_address)
            })
            .ok_or(ReplyCode::INSUFFICIENT_RESOURCES)
    }

    fn free_address(&mut self, own_address: Ipv4Addr) -> Option<Ipv4Addr> {
        let observer = &mut self.observer;
        let mut has_binding = |address| active(observer.node_at(own_address, address)) > 0;
        self.addresses.free(|address| address != own_address && !has_binding(address))
    }

    /// Takes back the addresses of all nodes without a binding, at most once every [`RETURN_INTERVAL`]: nodes that were
    /// forgotten for want of room are not noted as idle.
    fn take_addresses_back(&mut self, own_address: Ipv4Addr) {
        if self.clock < self.next_return {
            return;
        }
        self.next_return = self.clock.after(RETURN_INTERVAL);
        let observer = &mut self.observer;
        self.addresses.take_back(|address| active(observer.node_at(own_address, address)) > 0);
    }
}

fn active(node: Option<&Node>) -> usize {
    node.map_or(0, |node| node.active().count())
}

/// How many bindings the node would have with this registration: a binding that it renews counts once, one that it
/// replaces does not count.
fn bindings_with(request: &Request<'_>, node: Option<&Node>) -> usize {
    node.map_or(0, |node| staying(request, node).count()).saturating_add(1)
}

/// The active bindings of a node that stay beside the one that this request registers.
fn staying<'n>(request: &Request<'_>, node: &'n Node) -> impl Iterator<Item = &'n Binding> {
    let RegistrationRequest { flags, care_of_address, .. } = request.header;
    let multipath = request.multipath;
    node.active().filter(move |binding| match multipath {
        // A binding without a BID gives way to one with Multipath (ours).
        Some(Multipath { bid, overwrite, .. }) => {
            !overwrite && binding.bid().is_some_and(|other| other.octet() != bid)
        }
        None => {
            flags.simultaneous_bindings()
                && (binding.interface.is_some() || binding.care_of_address != care_of_address)
        }
    })
}

/// Whether each FORWARD rule names at least one binding that the node has after this request (RFC 7629 §5.2).
fn knows_its_bids(node: Option<&Node>, request: &Request<'_>) -> bool {
    let own = request.multipath.map(|multipath| multipath.bid);
    let is_known = |bid: &u8| {
        own == Some(*bid)
            || node.is_some_and(|node| staying(request, node).any(|binding| binding.has_bid(*bid)))
    };
    request
        .flow_bindings
        .iter()
        .filter(|flow_binding| flow_binding.action == Action::Forward)
        .all(|flow_binding| flow_binding.bids.iter().any(is_known))
}
