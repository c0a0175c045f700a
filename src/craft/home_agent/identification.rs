//! Replay protection: whether the Identification of a request is fresh (RFC 5944 §5.7).

use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;

use super::ntp::{ahead, ntp};
use super::recent::Recent;
use crate::craft::ReplayStyle;
use crate::time::Timestamp;
use crate::wire::{ReplyCode, high_half, low_half, of_halves};

/// A name of the sender of a request: its home address or, while it has none, its NAI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    Address(Ipv4Addr),
    Nai(Box<[u8]>),
}

/// Seconds by which the clocks of a node and its home agent may differ (RFC 5944 §5.7.1).
const TOLERANCE: i64 = 7;
/// Nanoseconds after which an accepted timestamp is too old to be accepted again, however far ahead it was.
const FORGET: i64 = 2 * TOLERANCE * 1_000_000_000;
/// The most names of senders that are remembered in one half of the table.
const MOST: usize = 1 << 18;

/// The Identification that was accepted from each sender, or is expected next.
#[derive(Debug)]
pub(super) struct Identifications {
    replay: ReplayStyle,
    /// With timestamps, the last one accepted; with nonces, the next one expected, in the high half.
    known: Recent<Sender, u64>,
    next_turn: Timestamp,
    /// Makes nonces that nobody can predict.
    secret: RandomState,
    nonces: u64,
}

/// A refused Identification: the code and the Identification of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stale {
    pub code: ReplyCode,
    pub identification: u64,
}

impl Identifications {
    pub fn new(replay: ReplayStyle) -> Self {
        Self {
            replay,
            known: Recent::new(),
            next_turn: Timestamp::FIRST,
            secret: RandomState::new(),
            nonces: 0,
        }
    }

    /// Judges a request's Identification and returns that of the reply. An Identification that is accepted here is not
    /// accepted again. `names` are all names of the sender.
    pub fn judge(&mut self, names: &[Sender], identification: u64, now: Timestamp) -> Result<u64, Stale> {
        match self.replay {
            ReplayStyle::Timestamp => self.judge_timestamp(names, identification, now),
            ReplayStyle::Nonce => self.judge_nonce(names, identification),
        }
    }

    /// Gives `name` the Identification known of `sender`, which has both names from now on.
    pub fn share(&mut self, sender: &Sender, name: Sender) {
        let Some(known) = self.known.get(sender).copied() else { return };
        // A node that had the name before may have been ahead; its requests must not be accepted again under this name.
        let is_behind = self.known.get(&name).is_some_and(|last| ahead(known, *last) < 0);
        if !(is_behind && self.replay == ReplayStyle::Timestamp) {
            self.known.insert(name, known);
        }
    }

    fn judge_timestamp(
        &mut self,
        names: &[Sender],
        identification: u64,
        now: Timestamp,
    ) -> Result<u64, Stale> {
        if now >= self.next_turn {
            self.known.turn();
            self.next_turn = now.after(FORGET);
        }
        let own = ntp(now);
        let is_near = ahead(identification, own).unsigned_abs() <= (TOLERANCE << 32).cast_unsigned();
        let is_later = |last: &u64| ahead(identification, *last) > 0;
        let is_later = names.iter().filter_map(|name| self.known.get(name)).all(is_later);
        if !is_near || !is_later {
            let identification = of_halves(high_half(own), low_half(identification));
            return Err(Stale { code: ReplyCode::IDENTIFICATION_MISMATCH, identification });
        }
        // A timestamp that is forgotten too early could be replayed, so none is forgotten to make room.
        if self.known.young() >= MOST {
            return Err(Stale { code: ReplyCode::INSUFFICIENT_RESOURCES, identification });
        }
        self.remember(names, identification);
        Ok(identification)
    }

    fn judge_nonce(&mut self, names: &[Sender], identification: u64) -> Result<u64, Stale> {
        // A sender that is forgotten is told a new nonce and continues with that.
        if self.known.young() >= MOST {
            self.known.turn();
        }
        let expected = names.iter().find_map(|name| self.known.get(name));
        let is_expected = expected.is_some_and(|nonce| high_half(*nonce) == high_half(identification));
        self.nonces = self.nonces.wrapping_add(1);
        let random = self.secret.hash_one(self.nonces);
        // Never the same nonce as in the request, or a replay could not be told from the next request.
        let nonce = if high_half(random) == high_half(identification) { !random } else { random };
        self.remember(names, nonce);
        let answer = of_halves(high_half(nonce), low_half(identification));
        if is_expected {
            Ok(answer)
        } else {
            Err(Stale { code: ReplyCode::IDENTIFICATION_MISMATCH, identification: answer })
        }
    }

    fn remember(&mut self, names: &[Sender], identification: u64) {
        for name in names {
            self.known.insert(name.clone(), identification);
        }
    }
}
