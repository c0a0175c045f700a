//! Requests that were answered lately: the same octets get the same reply again.

use super::recent::Recent;
use super::{Packet, Received, Taken};
use crate::state::{Exchange, Leg, Step};
use crate::time::Timestamp;

/// For so many nanoseconds after its first answer, a request that comes again is a copy.
const WINDOW: i64 = 10_000_000_000;
/// The most requests in one half of the table, and the most octets of them and their replies.
const MOST: usize = 1 << 14;
const MOST_OCTETS: usize = 1 << 24;

/// A request's octets, and the address it was sent to.
type Asked = (Box<[u8]>, std::net::Ipv4Addr);

/// The answer that a request got.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// When it was answered first.
    pub time: Timestamp,
    pub reply: Box<[u8]>,
    /// The exchange, to which each copy and its reply are added.
    pub exchange: Exchange,
}

/// The most packets that are kept of one exchange.
const LEGS: usize = 1 << 8;

impl Given {
    /// Gives the same answer to the same request; the reply is packet number `frame`.
    pub fn again(&mut self, request: Packet, frame: u64, received: &Received<'_>) -> Taken {
        let taken = Taken::unanswered(request, received);
        let reply = Packet::new(frame, taken.request.time, taken.source, taken.destination, &self.reply);
        let exchange = &mut self.exchange;
        let first = exchange.legs.first().map(|leg| (leg.source, leg.destination));
        let is_same_way = first == Some((received.source.into(), received.destination.into()));
        exchange.retransmissions = exchange.retransmissions.saturating_add(u32::from(is_same_way));
        let asked = if is_same_way { Step::Retransmission } else { Step::Request };
        let answered = exchange.code.map(|code| (&reply, taken.source, taken.destination, Step::Reply(code)));
        let asked = Some((&taken.request, received.source, received.destination, asked));
        for (packet, source, destination, step) in [asked, answered].into_iter().flatten() {
            if exchange.legs.len() < LEGS {
                exchange.legs.push(Leg {
                    frame: packet.frame,
                    time: packet.time,
                    precision: Packet::PRECISION,
                    source: source.into(),
                    destination: destination.into(),
                    step,
                });
            }
        }
        Taken { reply: Some(reply), exchange: Some(exchange.clone()), ..taken }
    }
}

/// Requests with their replies, bounded in number and octets.
#[derive(Debug)]
pub(super) struct Answered {
    given: Recent<Asked, Given>,
    octets: usize,
}

impl Answered {
    pub fn new() -> Self {
        Self { given: Recent::new(), octets: 0 }
    }

    /// The answer that the same request got, if its first answer was at most [`WINDOW`] ago.
    pub fn get(&mut self, asked: &Asked, now: Timestamp) -> Option<&mut Given> {
        self.given.get_mut(asked).filter(|given| now.since(given.time) <= WINDOW)
    }

    pub fn put(&mut self, asked: Asked, given: Given) {
        // Twice the request: its extensions are kept in the exchange, too.
        let octets = asked.0.len().saturating_mul(2).saturating_add(given.reply.len());
        if self.given.young() >= MOST || self.octets.saturating_add(octets) > MOST_OCTETS {
            self.given.turn();
            self.octets = 0;
        }
        self.octets = self.octets.saturating_add(octets);
        self.given.insert(asked, given);
    }
}
