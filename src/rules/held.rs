//! Data packets at a glance: most are like others that were found clean, and pass; the rest is looked at in full.

use std::net::{IpAddr, Ipv4Addr};

use super::Place;
use super::memory::{Clean, Copies, Glance};
use super::validator::Validator;
use crate::net::{Encapsulation, FlowFacts, Ipv4Header, Ipv4Packet, Tunnel};
use crate::state::{Attribution, FarEnd, Observer};

/// Packets whose places are remembered until the observer has counted them, a power of two.
const PLACES: usize = 256;
/// What is known of data packets at a glance.
#[derive(Debug)]
pub(super) struct Flow {
    pub clean: Clean,
    pub copies: Copies,
    /// Places of the packets taken last, by their number.
    places: Vec<Place>,
    /// How many sprays were taken up.
    pub sprays: u64,
    /// Packets that wait to be judged together.
    held: Vec<Held>,
    /// Made of what was read ahead, so that it is read.
    ahead: u64,
}

impl Flow {
    pub fn new(seed: u64) -> Self {
        Self {
            clean: Clean::new(seed),
            copies: Copies::new(seed),
            places: Vec::new(),
            sprays: 0,
            held: Vec::new(),
            ahead: 0,
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
    pub fn note_place(&mut self, number: u64, place: Place) {
        if self.places.is_empty() {
            self.places = vec![place; PLACES];
        }
        if let Some(noted) = self.places.get_mut(number as usize & (PLACES - 1)) {
            *noted = place;
        }
    }

    #[allow(clippy::cast_possible_truncation)]
    pub fn place(&self, number: u64) -> Option<Place> {
        self.places.get(number as usize & (PLACES - 1)).copied()
    }
}

/// The most packets that are judged together.
const BATCH: usize = 64;
/// Octets kept of an inner packet that waits: its header, and what is compared of its payload (TUN-025).
const KEPT: usize = 88;

/// A plain packet that waits, as [`Clean::glance`] knows them.
#[derive(Clone, Copy, Debug)]
struct Held {
    glance: Glance,
    place: Place,
    header: Ipv4Header,
    payload_length: usize,
    exceeds_link: bool,
    reassembled: bool,
    /// The inner destination.
    destination: Ipv4Addr,
    kept: u8,
    octets: [u8; KEPT],
}

impl Held {
    #[inline]
    fn of(tunnel: &Tunnel<'_>, place: Place, glance: Glance, facts: &FlowFacts) -> Self {
        let payload = tunnel.outer.payload;
        let mut octets = [0; KEPT];
        let kept = payload.get(..KEPT).unwrap_or(payload);
        if let Some(room) = octets.get_mut(..kept.len()) {
            room.copy_from_slice(kept);
        }
        Self {
            glance,
            place,
            header: tunnel.outer.header,
            payload_length: tunnel.outer.payload_length,
            exceeds_link: tunnel.outer.exceeds_link,
            reassembled: tunnel.reassembled,
            destination: match facts.key.destination {
                IpAddr::V4(destination) => destination,
                IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
            },
            kept: u8::try_from(kept.len()).unwrap_or_default(),
            octets,
        }
    }

    /// Identification of the inner packet.
    #[inline]
    fn identification(&self) -> u16 {
        let [_, _, _, _, high, low, ..] = self.octets;
        u16::from_be_bytes([high, low])
    }

    /// The packet, as if the capture had cut it.
    #[inline]
    fn tunnel(&self) -> Tunnel<'_> {
        Tunnel {
            encapsulation: Encapsulation::IpIp,
            outer: Ipv4Packet {
                header: self.header,
                options: &[],
                payload: self.octets.get(..usize::from(self.kept)).unwrap_or_default(),
                payload_length: self.payload_length,
                exceeds_link: self.exceeds_link,
            },
            reassembled: self.reassembled,
            last_fragment: None,
            ip_offset: None,
        }
    }
}

impl Validator {
    /// Judges a tunnelled packet, after the observer took it.
    pub fn packet(&mut self, tunnel: &Tunnel<'_>, place: Place, seen: Attribution, observer: &Observer) {
        self.packet_soon(tunnel, place, seen, observer);
        self.release(observer);
    }

    /// Judges a tunnelled packet, after the observer took it, together with those that follow: what is known of each
    /// lies somewhere else in memory, and so the visits overlap. Whoever uses this calls [`Validator::release`] before
    /// the observer takes a message.
    #[inline]
    pub fn packet_soon(&mut self, tunnel: &Tunnel<'_>, place: Place, seen: Attribution, observer: &Observer) {
        if seen.copy {
            return;
        }
        self.flow.note_place(observer.taken(), place);
        if observer.spray_count() != self.flow.sprays {
            self.take_sprays(observer);
        }
        match self.flow.clean.glance(tunnel, observer.layout()) {
            Some((glance, facts)) if tunnel.last_fragment.is_none() => {
                self.flow.held.push(Held::of(tunnel, place, glance, &facts));
                if self.flow.held.len() >= BATCH {
                    self.release(observer);
                }
            }
            _ => {
                self.release(observer);
                self.look_at(tunnel, place, None, observer);
            }
        }
    }

    /// Judges the packets that wait.
    pub fn release(&mut self, observer: &Observer) {
        if self.flow.held.is_empty() {
            return;
        }
        let held = std::mem::take(&mut self.flow.held);
        let mut known = [None; BATCH];
        for (known, held) in known.iter_mut().zip(&held) {
            *known = self.flow.clean.find(held.glance);
        }
        let mut clean = [None; BATCH];
        for ((clean, known), held) in clean.iter_mut().zip(&known).zip(&held) {
            *clean = known.as_ref().and_then(|known| known.holds(held.place.time, observer));
            if *clean == Some(true) {
                self.flow.ahead ^= self.flow.copies.read_ahead(held.destination, held.identification());
            }
        }
        for (held, clean) in held.iter().zip(&clean) {
            // One just before may have been of the same kind.
            let clean = clean.or_else(|| {
                self.flow.clean.find(held.glance).and_then(|known| known.holds(held.place.time, observer))
            });
            let tunnel = held.tunnel();
            let is_copied = clean == Some(true) && {
                let far_end = FarEnd { address: held.header.destination, port: None };
                let (time, inner) = (held.place.time, tunnel.outer.payload);
                FlowFacts::of_plain(&tunnel)
                    .and_then(|facts| self.flow.copies.see_plain(&facts, inner, far_end, time))
                    .is_some()
            };
            if clean.is_none() || is_copied {
                self.look_at(&tunnel, held.place, Some(held.glance), observer);
            }
        }
        self.flow.held = held;
        self.flow.held.clear();
    }
}
