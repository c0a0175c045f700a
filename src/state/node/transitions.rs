//! What accepted registrations and revocations do to the bindings and tunnels of a node (docs/what-is-inferred.md,
//! "Bindings").

use std::net::Ipv4Addr;

use super::{FormerEnd, Node, TUNNELS, is_the_one, room_for_more};
use crate::state::binding::expiry;
use crate::state::{Binding, BindingState, Encapsulation, FarEnd, Interface, Move, Tunnel};
use crate::time::Timestamp;
use crate::wire::RequestFlags;

/// Ended bindings that a node keeps; the oldest are dropped first.
const HISTORY: usize = 32;
/// Active bindings without a BID that a node keeps; the oldest are dropped first. It is more than a node has
/// interfaces: each request with S set adds one.
const WITHOUT_BID: usize = 64;
/// Moves of its bindings that a node keeps; the oldest are dropped first.
const MOVES: usize = 64;
/// Former ends of its tunnels that a node keeps; the oldest are dropped first.
const FORMER_ENDS: usize = 32;

/// An accepted registration, as far as it concerns bindings.
#[derive(Clone, Copy, Debug)]
pub(in crate::state) struct Registration {
    pub interface: Option<Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    /// Whether the interface, and with it the B and O bits, are in a part of the request that was not captured.
    pub hides_bid: bool,
    pub flags: RequestFlags,
    pub care_of_address: Ipv4Addr,
    pub home_address: Ipv4Addr,
    /// Whether UDP tunnelling was granted.
    pub udp: bool,
    /// Where the tunnel ends.
    pub far_end: FarEnd,
    /// Where the tunnel ends on the inner side of a NAT, if the request was seen there, too.
    pub inside: Option<FarEnd>,
    /// Lifetime granted, in seconds; 0 de-registers.
    pub lifetime: u16,
    /// Whether other bindings may stay beside one without Multipath (S and code 0).
    pub simultaneous: bool,
    /// Time of the reply.
    pub time: Timestamp,
    /// Frame of the reply.
    pub frame: u64,
}

impl Node {
    /// Applies an accepted registration.
    ///
    /// Returns how many bindings and moves were forgotten to make room, and whether the tunnel found no room.
    pub(in crate::state) fn register(&mut self, registration: &Registration) -> (u64, bool) {
        self.exchanges = self.exchanges.wrapping_add(1);
        self.generation = self.generation.wrapping_add(1);
        let shown =
            if registration.hides_bid { self.as_far_as_seen(registration) } else { Some(*registration) };
        let Some(registration) = &shown else { return (0, false) };
        if let Some(interface) = registration.interface {
            self.give_bid(interface, registration);
        }
        if registration.lifetime == 0 {
            self.deregister(registration);
        } else {
            if !registration.hides_bid {
                self.supersede(registration);
            }
            self.store(registration);
            if registration.bulk && registration.interface.is_some() {
                self.renew_all(registration);
            }
        }
        let forgotten = self.trim();
        self.after_change(registration.time);
        (forgotten, self.has_no_room_for(registration))
    }

    /// How a registration that hides its BID is treated **(ours)**: as one of the binding at its Care-of Address,
    /// otherwise as a new one beside all others; `None` if it ends none of the bindings, or could be about several.
    fn as_far_as_seen(&self, registration: &Registration) -> Option<Registration> {
        let Registration { care_of_address, lifetime, .. } = *registration;
        let is_new = lifetime > 0 && self.active().all(|binding| binding.care_of_address != care_of_address);
        let interface = match self.only_one_at(care_of_address) {
            Some(binding) => binding.interface,
            None if is_new => None,
            None => return None,
        };
        Some(Registration { interface, ..*registration })
    }

    /// Gives the binding that hid its BID the BID that is now registered or ended at its Care-of Address. If a binding
    /// elsewhere has this BID, that binding had moved here, and the two are one **(ours)**.
    fn give_bid(&mut self, interface: Interface, registration: &Registration) {
        let Registration { care_of_address, time, frame, .. } = *registration;
        let is_hidden = |binding: &Binding| binding.hides_bid && binding.care_of_address == care_of_address;
        let own = self.active().find(|binding| binding.bid() == Some(interface.bid));
        if let Some(own) = own.map(|binding| binding.care_of_address) {
            if own != care_of_address {
                self.end_where(time, frame, BindingState::Replaced, is_hidden);
            }
            return;
        }
        let mut active = self.bindings.iter_mut().filter(|binding| binding.is_active());
        if let Some(binding) = active.find(|binding| is_hidden(binding)) {
            (binding.interface, binding.hides_bid) = (Some(interface), false);
        }
    }

    fn deregister(&mut self, registration: &Registration) {
        let all = match registration.interface {
            Some(_) => registration.bulk,
            None => registration.care_of_address == registration.home_address,
        };
        let named = |binding: &Binding| match registration.interface {
            Some(interface) => binding.bid() == Some(interface.bid),
            None => binding.care_of_address == registration.care_of_address,
        };
        self.end_where(registration.time, registration.frame, BindingState::Deregistered, |binding| {
            all || named(binding)
        });
    }

    /// Ends the bindings that a registration replaces.
    fn supersede(&mut self, registration: &Registration) {
        let Registration { interface, overwrite, simultaneous, care_of_address, time, frame, .. } =
            *registration;
        self.end_where(time, frame, BindingState::Replaced, |binding| {
            if is_the_one(binding, interface, care_of_address) {
                return false;
            }
            match interface {
                // A binding without a BID cannot stand beside Multipath (ours).
                Some(_) => overwrite || binding.interface.is_none() && !binding.hides_bid,
                None => !simultaneous,
            }
        });
    }

    fn store(&mut self, registration: &Registration) {
        let Registration { interface, care_of_address, far_end, flags, udp, lifetime, time, frame, .. } =
            *registration;
        let hides_bid = registration.hides_bid && interface.is_none();
        let expires = expiry(time, lifetime);
        let granted = Binding {
            interface,
            hides_bid,
            care_of_address,
            far_end,
            flags,
            udp,
            state: BindingState::Active,
            lifetime,
            registered: time,
            refreshed: time,
            expires,
            ended: None,
            frame,
        };
        let known = self.bindings.iter_mut().find(|binding| is_the_one(binding, interface, care_of_address));
        let is_update = match known {
            Some(binding) => {
                if binding.care_of_address != care_of_address {
                    let rare = self.rare.get_or_insert_default();
                    rare.moves.push(Move { left: *binding, to: care_of_address, time });
                }
                let is_update =
                    !binding.is_refreshed_by(interface, care_of_address, flags) || binding.udp != udp;
                *binding = Binding { registered: binding.registered, ..granted };
                is_update
            }
            None => {
                self.bindings.reserve_exact(room_for_more(self.bindings.len(), interface.is_some()));
                self.bindings.push(granted);
                true
            }
        };
        let has_new_end = self.open_tunnel(registration);
        if is_update || has_new_end {
            self.changed(time);
        }
    }

    /// Gives every active binding the expiry of a bulk registration (RFC 7629 §5.2).
    fn renew_all(&mut self, registration: &Registration) {
        let expires = expiry(registration.time, registration.lifetime);
        for binding in self.bindings.iter_mut().filter(|binding| binding.is_active()) {
            binding.expires = expires;
            binding.lifetime = registration.lifetime;
            binding.refreshed = registration.time;
            binding.frame = registration.frame;
        }
    }

    /// Revokes the bindings of a Care-of Address, or all of them for 0.0.0.0 (RFC 3543 §3.3), as they were at `asked`:
    /// the revocation does not name what was accepted since then.
    pub(in crate::state) fn revoke(
        &mut self,
        care_of_address: Ipv4Addr,
        asked: Timestamp,
        (time, frame): (Timestamp, u64),
    ) {
        // The policy ends if the Home Agent had no binding in between: all that there were are revoked, and only what
        // was accepted since is alive. Which rules came after that cannot be told from those before.
        let were = self.bindings.iter().filter(|binding| binding.was_alive(asked));
        let mut are_named = were.map(|binding| self.is_at(binding, care_of_address, asked)).peekable();
        let ends_policy = are_named.peek().is_some() && are_named.all(|is_named| is_named);
        self.end_where(time, frame, BindingState::Revoked, |binding| {
            let is_named = care_of_address.is_unspecified() || binding.care_of_address == care_of_address;
            is_named && binding.refreshed <= asked
        });
        if ends_policy {
            self.policy.clear();
            self.changed(time);
        }
        self.after_change(time);
    }

    /// Whether a binding was at a Care-of Address at `time`, wherever it is now; every binding is at 0.0.0.0.
    fn is_at(&self, binding: &Binding, care_of_address: Ipv4Addr, time: Timestamp) -> bool {
        let is_of = |left: &Binding| (left.bid(), left.registered) == (binding.bid(), binding.registered);
        let next = self.moves().iter().find(|next| next.time > time && is_of(&next.left));
        let there = next.map_or(binding, |next| &next.left);
        care_of_address.is_unspecified() || there.care_of_address == care_of_address
    }

    fn end_where(
        &mut self,
        time: Timestamp,
        frame: u64,
        state: BindingState,
        ends: impl Fn(&Binding) -> bool,
    ) {
        let mut any = false;
        for binding in self.bindings.iter_mut().filter(|binding| binding.is_active() && ends(binding)) {
            binding.end(state, time, frame);
            any = true;
        }
        if any {
            self.changed(time);
        }
    }

    /// Notes where the tunnel of a registration ends; returns whether the tunnel ended elsewhere before.
    fn open_tunnel(&mut self, registration: &Registration) -> bool {
        let Registration { interface, care_of_address, far_end, .. } = *registration;
        let bid = interface.map(|interface| interface.bid);
        let encapsulation =
            self.renewed_by(interface, care_of_address).map_or(Encapsulation::IpInIp, Binding::encapsulation);
        self.note_sides(registration);
        let latest = self.tunnels.iter().map(Tunnel::opened).max().unwrap_or_default().saturating_add(1);
        let known = self
            .tunnels
            .iter_mut()
            .enumerate()
            .find(|(_, tunnel)| tunnel.is(bid, care_of_address, encapsulation));
        let Some((index, tunnel)) = known else {
            let mut tunnel = Tunnel::new(bid, care_of_address, encapsulation, far_end);
            tunnel.open(latest);
            self.push_tunnel(tunnel);
            return false;
        };
        tunnel.open(latest);
        let former = std::mem::replace(&mut tunnel.far_end, far_end);
        if former == far_end {
            return false;
        }
        let former_ends = &mut self.rare.get_or_insert_default().former_ends;
        if former_ends.len() >= FORMER_ENDS {
            former_ends.remove(0);
        }
        let tunnel = u16::try_from(index).unwrap_or(u16::MAX);
        former_ends.push(FormerEnd { far_end: former, tunnel, left: registration.time });
        true
    }

    /// Whether a registration was accepted for whose tunnel there was no room.
    fn has_no_room_for(&self, registration: &Registration) -> bool {
        let bid = registration.interface.map(|interface| interface.bid);
        self.tunnels.len() >= TUNNELS
            && registration.lifetime > 0
            && !self
                .tunnels
                .iter()
                .any(|tunnel| tunnel.bid == bid && tunnel.care_of_address == registration.care_of_address)
    }

    /// Forgets the oldest ended bindings beyond [`HISTORY`], the oldest active ones without a BID beyond
    /// [`WITHOUT_BID`], and the oldest moves beyond [`MOVES`]; returns how many. There are no more than 254 BIDs, so
    /// active bindings with a BID need no bound.
    fn trim(&mut self) -> u64 {
        let moves = self.moves().len().saturating_sub(MOVES);
        if let Some(rare) = self.rare.as_mut().filter(|_| moves > 0) {
            rare.moves.drain(..moves);
        }
        self.trim_bindings().saturating_add(moves as u64)
    }

    fn trim_bindings(&mut self) -> u64 {
        let is_without_bid = |binding: &Binding| binding.is_active() && binding.interface.is_none();
        let before = self.bindings.len();
        let ended = self.bindings.iter().filter(|binding| !binding.is_active()).count();
        let without_bid = self.bindings.iter().filter(|binding| is_without_bid(binding)).count();
        let mut excess = [ended.saturating_sub(HISTORY), without_bid.saturating_sub(WITHOUT_BID)];
        let loses_one = without_bid > WITHOUT_BID;
        if loses_one || self.lost_binding() {
            self.rare.get_or_insert_default().lost_binding = loses_one;
        }
        if excess == [0, 0] {
            return 0;
        }
        let [ended, without_bid] = &mut excess;
        self.bindings.retain(|binding| {
            let excess = match binding.is_active() {
                false => &mut *ended,
                true if is_without_bid(binding) => &mut *without_bid,
                true => return true,
            };
            let goes = *excess > 0;
            *excess = excess.saturating_sub(usize::from(goes));
            !goes
        });
        before.saturating_sub(self.bindings.len()) as u64
    }
}
