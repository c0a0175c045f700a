//! Replay protection: whether the Identification of a request is fresh (RFC 5944 §5.7).

use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;

use super::ntp::{ahead, ntp};
use super::recent::Recent;
use crate::craft::ReplayStyle;
use crate::time::Timestamp;
use crate::wire::{ReplyCode, high_half, low_half, of_halves};

/// A name of who a request is from: its home address, or while it has none its NAI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    Address(Ipv4Addr),
    Nai(Box<[u8]>),
}

/// Seconds that the clocks of a node and its home agent may differ (RFC 5944 §5.7.1).
const TOLERANCE: i64 = 7;
/// Nanoseconds after which a timestamp that was accepted is too old to come again, however far ahead it was.
const FORGET: i64 = 2 * TOLERANCE * 1_000_000_000;
/// The most senders remembered in half of the table.
const MOST: usize = 1 << 18;

/// What was accepted of each sender, or is expected of it.
#[derive(Debug)]
pub(super) struct Identifications {
    replay: ReplayStyle,
    /// Timestamps: the last one accepted. Nonces: the high half of the next one.
    known: Recent<Sender, u64>,
    next_turn: Timestamp,
    /// Makes nonces that nobody can tell beforehand.
    secret: RandomState,
    nonces: u64,
}

/// A refused Identification: the code, and what the reply's is.
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

    /// Judges a request's Identification, and gives the reply's. What is accepted here cannot come again.
    /// `names` are all that its sender goes by.
    pub fn judge(&mut self, names: &[Sender], identification: u64, now: Timestamp) -> Result<u64, Stale> {
        match self.replay {
            ReplayStyle::Timestamp => self.judge_timestamp(names, identification, now),
            ReplayStyle::Nonce => self.judge_nonce(names, identification),
        }
    }

    /// Lets `name` have part in what is known of `sender`, who goes by both from now on.
    pub fn share(&mut self, sender: &Sender, name: Sender) {
        let Some(known) = self.known.get(sender).copied() else { return };
        // Who had the name before may have been ahead, and its requests must not come again under it.
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
        // To forget one before its time would let it come again.
        if self.known.young() >= MOST {
            return Err(Stale { code: ReplyCode::INSUFFICIENT_RESOURCES, identification });
        }
        self.remember(names, identification);
        Ok(identification)
    }

    fn judge_nonce(&mut self, names: &[Sender], identification: u64) -> Result<u64, Stale> {
        // Who is forgotten is told a new nonce, and goes on with that.
        if self.known.young() >= MOST {
            self.known.turn();
        }
        let expected = names.iter().find_map(|name| self.known.get(name));
        let is_expected = expected.is_some_and(|nonce| high_half(*nonce) == high_half(identification));
        self.nonces = self.nonces.wrapping_add(1);
        let random = self.secret.hash_one(self.nonces);
        // Never the same one again, as nobody could tell a replay then.
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
