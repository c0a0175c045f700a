//! Registrations of the last reply timeout, as they passed by on either leg.

use std::collections::VecDeque;

use super::{Answer, Asked};
use crate::rules::Place;
use crate::rules::facts::Leg;
use crate::time::Timestamp;
use crate::wire::low_half;

/// The most messages of one session that are remembered.
const MOST: usize = 64;

/// The recent requests and replies of one session.
#[derive(Debug, Default)]
pub(in crate::rules) struct PassedBy(VecDeque<Passed>);

/// A registration that passed by.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Passed {
    /// The packet.
    pub place: Place,
    /// Whether it is a reply.
    pub is_reply: bool,
    /// The leg.
    pub leg: Leg,
    /// Its Identification.
    pub identification: u64,
    /// Fingerprint of its octets up to the end of the first Type 32, if it has one.
    protected: Option<u64>,
    /// Of a request: BID of its usable Multipath extension, and when a reply accepted it.
    bid: Option<u8>,
    accepted: Option<Timestamp>,
}

impl Passed {
    /// What is remembered of a request.
    pub fn request(asked: &Asked) -> Self {
        Self {
            place: asked.place,
            is_reply: false,
            leg: asked.leg,
            identification: asked.request.identification,
            protected: asked.said.protected,
            bid: asked.usable_bid(),
            accepted: None,
        }
    }

    /// What is remembered of a reply.
    pub fn reply(answer: &Answer) -> Self {
        Self {
            place: answer.place,
            is_reply: true,
            leg: answer.leg,
            identification: answer.reply.identification,
            protected: answer.said.protected,
            bid: None,
            accepted: None,
        }
    }
}

impl PassedBy {
    /// Remembers a message, and forgets those more than twice `timeout` nanoseconds older.
    pub fn note(&mut self, passed: Passed, timeout: i64) {
        // A request counts for as long after its acceptance, which may come as long after it (EXCH-012).
        let is_old = |other: &Passed| passed.place.time.since(other.place.time) > timeout.saturating_mul(2);
        while self.0.len() >= MOST || self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
        if self.0.len() == self.0.capacity() {
            // Nearly all sessions have few: one exchange, or three.
            self.0.reserve_exact(if self.0.len() == 2 { 4 } else { self.0.len() / 4 + 2 });
        }
        self.0.push_back(passed);
    }

    /// Takes the messages of another session that is this one, in order of time.
    pub fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.make_contiguous().sort_by_key(|passed| passed.place.frame);
        let excess = self.0.len().saturating_sub(MOST);
        self.0.drain(..excess);
    }

    /// Notes that a reply accepted a request.
    pub fn note_acceptance(&mut self, asked: &Asked, time: Timestamp) {
        let requests = self.0.iter_mut().filter(|passed| !passed.is_reply);
        for passed in requests.filter(|passed| passed.place.frame == asked.place.frame) {
            passed.accepted.get_or_insert(time);
        }
    }

    /// Whether a reply with this low half of the Identification was seen since a time.
    pub fn has_reply(&self, low: u32, since: Timestamp) -> bool {
        self.0.iter().any(|passed| {
            passed.is_reply && low_half(passed.identification) == low && passed.place.time >= since
        })
    }

    /// The request with another BID and a greater Identification that was accepted at most `timeout` before `time`.
    pub fn overtaker(&self, asked: &Asked, time: Timestamp, timeout: i64) -> Option<(Passed, u8)> {
        let own = asked.usable_bid();
        self.0.iter().rev().find_map(|passed| {
            let bid = passed.bid.filter(|bid| Some(*bid) != own)?;
            let in_time = (0..=timeout).contains(&time.since(passed.accepted?));
            (in_time && passed.identification > asked.request.identification).then_some((*passed, bid))
        })
    }

    /// The earlier copy of a message on the other leg, when the protected parts differ (REG-027). One with the
    /// Identification of an earlier one, seen on the leg where it was made, is another message and not a copy; and one
    /// without a Type 32 has no protected part: a foreign agent's own reply.
    pub fn altered(&self, message: &Passed, timeout: i64) -> Option<Passed> {
        let protected = message.protected?;
        let same = |passed: &&Passed| {
            passed.is_reply == message.is_reply
                && passed.identification == message.identification
                && passed.protected.is_some()
                && (0..=timeout).contains(&message.place.time.since(passed.place.time))
        };
        // Requests are made on the foreign agent's leg, replies on the home agent's.
        let goes_on = (message.leg == Leg::HomeAgent) == message.is_reply;
        let own = || self.0.iter().filter(same).filter(|passed| passed.leg == message.leg);
        let others = || self.0.iter().rev().filter(same).filter(|passed| passed.leg != message.leg);
        let is_another = goes_on && own().next().is_some();
        if is_another || others().any(|passed| passed.protected == Some(protected)) {
            return None;
        }
        others().next().copied()
    }
}
