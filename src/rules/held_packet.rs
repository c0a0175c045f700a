//! A data packet that waits to be judged together with others: as much of it as is looked at.

use super::Place;
use super::memory::Glance;
use crate::net::{Encapsulation, Ipv4Header, Ipv4Packet, Tunnel};
use crate::state::FarEnd;

/// Octets kept of the payload of a packet that waits: a GRE header with key and number, the inner header, and what is
/// compared of the inner payload (TUN-025).
const KEPT: usize = 12 + 20 + 64;

/// A plain packet that waits, as [`Clean::glance`](super::memory::Clean::glance) knows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// Its number, as [`Observer::taken`](crate::state::Observer::taken) gave it.
    pub number: u64,
    /// Whether its flow can be vouched for.
    pub vouchable: bool,
    /// Its kind; looked for where its flow knows nothing, when it is not given here.
    pub glance: Option<Glance>,
    pub place: Place,
    pub encapsulation: Encapsulation,
    pub header: Ipv4Header,
    payload_length: usize,
    beyond_link: usize,
    reassembled: bool,
    kept: u8,
    pub octets: [u8; KEPT],
}

impl Held {
    pub fn of(tunnel: &Tunnel<'_>, place: Place) -> Self {
        Self {
            number: 0,
            vouchable: false,
            glance: None,
            place,
            encapsulation: tunnel.encapsulation,
            header: tunnel.outer.header,
            payload_length: 0,
            beyond_link: 0,
            reassembled: false,
            kept: 0,
            octets: [0; KEPT],
        }
    }

    /// Takes the place of another one.
    // Field by field: a whole one is made elsewhere first and copied from there, and the processor waits for it.
    #[inline]
    pub fn take(
        &mut self,
        tunnel: &Tunnel<'_>,
        place: Place,
        number: u64,
        (vouchable, glance): (bool, Option<Glance>),
    ) {
        let payload = tunnel.outer.payload;
        self.number = number;
        self.vouchable = vouchable;
        self.glance = glance;
        self.place.put(place);
        self.encapsulation = tunnel.encapsulation;
        self.header = tunnel.outer.header;
        self.payload_length = tunnel.outer.payload_length;
        self.beyond_link = tunnel.outer.beyond_link;
        self.reassembled = tunnel.reassembled;
        // Most are longer than what is kept of them, and that is copied without a look at its length.
        let kept = if let Some(octets) = payload.first_chunk() {
            self.octets = *octets;
            KEPT
        } else {
            if let Some(room) = self.octets.get_mut(..payload.len()) {
                room.copy_from_slice(payload);
            }
            payload.len()
        };
        self.kept = u8::try_from(kept).unwrap_or_default();
    }

    /// The packet, as if the capture had cut it.
    #[inline]
    pub fn tunnel(&self) -> Tunnel<'_> {
        Tunnel {
            encapsulation: self.encapsulation,
            outer: Ipv4Packet {
                header: self.header,
                options: &[],
                payload: self.octets.get(..usize::from(self.kept)).unwrap_or_default(),
                payload_length: self.payload_length,
                beyond_link: self.beyond_link,
            },
            reassembled: self.reassembled,
            last_fragment: None,
            ip_offset: None,
        }
    }

    pub fn far_end(&self) -> FarEnd {
        FarEnd { address: self.header.destination, port: None }
    }
}
