//! A data packet that waits to be judged together with others: only the part of it that rules look at.

use std::net::Ipv4Addr;

use super::Place;
use super::memory::Glance;
use crate::net::{Encapsulation, Ipv4Header, Ipv4Packet, PlainTunnel, Tunnel};
use crate::state::FarEnd;

/// Octets kept of the payload of a packet that waits: a GRE header with key and sequence number, the inner header, and
/// what is compared of the inner payload (TUN-025).
const KEPT: usize = 12 + 20 + 64;

/// A packet that waits, of a sort that [`Clean::glance`](super::memory::Clean::glance) knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub place: Place,
    /// Its kind; where it is `None`, it is looked for if nothing is known of the packet's flow.
    pub glance: Option<Glance>,
    outer: Outer,
    beyond_link: usize,
    kept: u8,
    payload: [u8; KEPT],
}

/// The outer header of a packet that waits.
#[derive(Clone, Copy, Debug)]
enum Outer {
    /// The header of a [`PlainTunnel`], as it was on the wire: most of them are not looked at again.
    Plain([u8; Ipv4Header::LENGTH]),
    /// Any other outer header, already parsed.
    Other { encapsulation: Encapsulation, header: Ipv4Header, payload_length: usize, reassembled: bool },
}

impl Held {
    /// An empty place, which packets are put into.
    pub const fn nothing(place: Place) -> Self {
        Self {
            place,
            glance: None,
            outer: Outer::Plain([0; Ipv4Header::LENGTH]),
            beyond_link: 0,
            kept: 0,
            payload: [0; KEPT],
        }
    }

    /// Puts a plain packet into this place.
    // Field by field: a whole `Held` would be made elsewhere first and then copied, which stalls the processor.
    #[inline]
    pub fn put_plain(&mut self, plain: &PlainTunnel<'_>, place: Place) {
        self.place.put(place);
        self.glance = None;
        self.outer = Outer::Plain(*plain.header);
        self.beyond_link = plain.beyond_link;
        self.keep(plain.payload);
    }

    /// The same for a packet whose kind is known.
    pub fn put(&mut self, tunnel: &Tunnel<'_>, place: Place, glance: Glance) {
        self.place.put(place);
        self.glance = Some(glance);
        self.outer = Outer::Other {
            encapsulation: tunnel.encapsulation,
            header: tunnel.outer.header,
            payload_length: tunnel.outer.payload_length,
            reassembled: tunnel.reassembled,
        };
        self.beyond_link = tunnel.outer.beyond_link;
        self.keep(tunnel.outer.payload);
    }

    #[inline]
    fn keep(&mut self, payload: &[u8]) {
        // Most payloads are longer than what is kept of them, and are copied without a look at their length.
        let kept = if let Some(start) = payload.first_chunk() {
            self.payload = *start;
            KEPT
        } else {
            if let Some(room) = self.payload.get_mut(..payload.len()) {
                room.copy_from_slice(payload);
            }
            payload.len()
        };
        self.kept = u8::try_from(kept).unwrap_or_default();
    }

    /// The packet, as if the capture had cut its payload to what is kept.
    pub fn tunnel(&self) -> Tunnel<'_> {
        let payload = self.payload.get(..usize::from(self.kept)).unwrap_or_default();
        let beyond_link = self.beyond_link;
        match &self.outer {
            Outer::Plain(header) => PlainTunnel::tunnel_of(header, payload, beyond_link, None),
            Outer::Other { encapsulation, header, payload_length, reassembled } => Tunnel {
                encapsulation: *encapsulation,
                outer: Ipv4Packet {
                    header: *header,
                    options: &[],
                    payload,
                    payload_length: *payload_length,
                    beyond_link,
                },
                reassembled: *reassembled,
                last_fragment: None,
                ip_offset: None,
            },
        }
    }

    /// The encapsulation of the packet.
    pub const fn encapsulation(&self) -> Encapsulation {
        match self.outer {
            Outer::Plain(_) => Encapsulation::IpIp,
            Outer::Other { encapsulation, .. } => encapsulation,
        }
    }

    /// Source and destination of the outer header.
    #[inline]
    pub const fn ends(&self) -> (Ipv4Addr, Ipv4Addr) {
        match self.outer {
            Outer::Plain([.., s0, s1, s2, s3, d0, d1, d2, d3]) => {
                (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3))
            }
            Outer::Other { header, .. } => (header.source, header.destination),
        }
    }

    /// The far end of the packet, if it runs downlink: the outer destination.
    #[inline]
    pub const fn far_end(&self) -> FarEnd {
        FarEnd { address: self.ends().1, port: None }
    }

    /// The addresses of the inner packet, source first, if the encapsulation is IP in IP.
    pub fn inner_ends(&self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let &[s0, s1, s2, s3, d0, d1, d2, d3] = self.payload.get(12..)?.first_chunk()?;
        Some((Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3)))
    }
}
