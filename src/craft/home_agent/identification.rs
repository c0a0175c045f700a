//! Replay protection: whether the Identification of a request is fresh (RFC 5944 §5.7).

use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;

use super::ntp::{ahead, ntp};
use super::recent::Recent;
use crate::craft::ReplayStyle;
use crate::time::Timestamp;
use crate::wire::ReplyCode;

/// Who a request is from: its home address, or while it has none its NAI.
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
            next_turn: Timestamp::from_nanoseconds(i64::MIN),
            secret: RandomState::new(),
            nonces: 0,
        }
    }

    /// Judges a request's Identification, and gives the reply's. What is accepted here cannot come again.
    pub fn judge(&mut self, sender: Sender, identification: u64, now: Timestamp) -> Result<u64, Stale> {
        match self.replay {
            ReplayStyle::Timestamp => self.judge_timestamp(sender, identification, now),
            ReplayStyle::Nonce => self.judge_nonce(sender, identification),
        }
    }

    fn judge_timestamp(&mut self, sender: Sender, identification: u64, now: Timestamp) -> Result<u64, Stale> {
        if now >= self.next_turn {
            self.known.turn();
            self.next_turn = Timestamp::from_nanoseconds(now.nanoseconds().saturating_add(FORGET));
        }
        let own = ntp(now);
        let is_near = ahead(identification, own).unsigned_abs() <= (TOLERANCE << 32).cast_unsigned();
        let is_later = self.known.get(&sender).is_none_or(|last| ahead(identification, *last) > 0);
        if !is_near || !is_later {
            let identification = high(own) | low(identification);
            return Err(Stale { code: ReplyCode::IDENTIFICATION_MISMATCH, identification });
        }
        // To forget one before its time would let it come again.
        if self.known.young() >= MOST {
            return Err(Stale { code: ReplyCode::INSUFFICIENT_RESOURCES, identification });
        }
        self.known.insert(sender, identification);
        Ok(identification)
    }

    fn judge_nonce(&mut self, sender: Sender, identification: u64) -> Result<u64, Stale> {
        // Who is forgotten is told a new nonce, and goes on with that.
        if self.known.young() >= MOST {
            self.known.turn();
        }
        let is_expected = self.known.get(&sender).is_some_and(|nonce| high(*nonce) == high(identification));
        self.nonces = self.nonces.wrapping_add(1);
        let random = self.secret.hash_one(self.nonces);
        // Never the same one again, as nobody could tell a replay then.
        let nonce = if high(random) == high(identification) { !random } else { random };
        self.known.insert(sender, nonce);
        let answer = high(nonce) | low(identification);
        if is_expected {
            Ok(answer)
        } else {
            Err(Stale { code: ReplyCode::IDENTIFICATION_MISMATCH, identification: answer })
        }
    }
}

const fn high(identification: u64) -> u64 {
    identification & 0xffff_ffff_0000_0000
}

const fn low(identification: u64) -> u64 {
    identification & 0xffff_ffff
}
