//! Registrations of the last two reply timeouts, as they passed by on either leg.

use std::collections::VecDeque;
use std::num::NonZeroU64;

use super::{Answer, Asked};
use crate::rules::facts::Leg;
use crate::time::Timestamp;
use crate::wire::low_half;

/// The most messages of one session that are remembered.
const MOST: usize = 64;

/// The recent requests and replies of one session.
#[derive(Debug, Default)]
pub(in crate::rules) struct PassedBy {
    messages: VecDeque<Passed>,
    /// Whether a message was ever seen on the home agent's leg, and on the foreign agent's.
    on: [bool; 2],
}

/// A registration that passed by.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Passed {
    /// Its frame.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// Whether it is a reply.
    pub is_reply: bool,
    /// The leg.
    pub leg: Leg,
    /// Its Identification.
    pub identification: u64,
    /// Fingerprint of its octets up to the end of the first Type 32, if it has one.
    protected: Option<NonZeroU64>,
    /// Whether that part was cut.
    hides_protected: bool,
    /// For a request: the BID of its usable Multipath extension, and when a reply accepted it.
    bid: Option<u8>,
    accepted: Option<Timestamp>,
}

impl Passed {
    /// What is remembered of a request.
    pub fn request(asked: &Asked) -> Self {
        Self {
            frame: asked.place.frame,
            time: asked.place.time,
            is_reply: false,
            leg: asked.leg,
            identification: asked.request.identification,
            protected: asked.said.protected,
            hides_protected: asked.said.hides_protected(),
            bid: asked.usable_bid(),
            accepted: None,
        }
    }

    /// What is remembered of a reply.
    pub fn reply(answer: &Answer) -> Self {
        Self {
            frame: answer.place.frame,
            time: answer.place.time,
            is_reply: true,
            leg: answer.leg,
            identification: answer.reply.identification,
            protected: answer.said.protected,
            hides_protected: answer.said.hides_protected(),
            bid: None,
            accepted: None,
        }
    }
}

impl PassedBy {
    /// Remembers a message, and forgets those more than twice `timeout` nanoseconds older.
    pub fn note(&mut self, passed: Passed, timeout: i64) {
        // A request counts for `timeout` after its acceptance, which may come as long after it (EXCH-012).
        let is_old = |other: &Passed| passed.time.since(other.time) > timeout.saturating_mul(2);
        while self.messages.len() >= MOST || self.messages.front().is_some_and(is_old) {
            self.messages.pop_front();
        }
        let count = self.messages.len();
        if count == self.messages.capacity() {
            // Nearly all sessions have few: one exchange, or three.
            self.messages.reserve_exact(if count == 2 { 4 } else { count / 4 + 2 });
        }
        let [home, foreign] = &mut self.on;
        *(if passed.leg == Leg::HomeAgent { home } else { foreign }) = true;
        self.messages.push_back(passed);
    }

    /// Takes over the messages of another session that turned out to be this one, in order of time.
    pub fn absorb(&mut self, other: Self) {
        for (own, of_other) in self.on.iter_mut().zip(other.on) {
            *own |= of_other;
        }
        self.messages.extend(other.messages);
        self.messages.make_contiguous().sort_by_key(|passed| passed.frame);
        let excess = self.messages.len().saturating_sub(MOST);
        self.messages.drain(..excess);
    }

    /// Notes that a reply accepted a request.
    pub fn note_acceptance(&mut self, asked: &Asked, time: Timestamp) {
        let is_it = |passed: &&mut Passed| !passed.is_reply && passed.frame == asked.place.frame;
        if let Some(passed) = self.messages.iter_mut().rev().find(is_it) {
            passed.accepted.get_or_insert(time);
        }
    }

    /// Whether a reply with this low half of the Identification was seen since a time.
    pub fn has_reply(&self, low: u32, since: Timestamp) -> bool {
        self.messages
            .iter()
            .any(|passed| passed.is_reply && low_half(passed.identification) == low && passed.time >= since)
    }

    /// The request with another BID and a greater Identification that was accepted at most `timeout` nanoseconds before
    /// `time`, and that BID.
    pub fn overtaker(&self, asked: &Asked, time: Timestamp, timeout: i64) -> Option<(Passed, u8)> {
        let own = asked.usable_bid();
        self.messages.iter().rev().find_map(|passed| {
            let bid = passed.bid.filter(|bid| Some(*bid) != own)?;
            let in_time = (0..=timeout).contains(&time.since(passed.accepted?));
            (in_time && passed.identification > asked.request.identification).then_some((*passed, bid))
        })
    }

    /// The earlier copy of a message on the other leg, when the protected parts differ (REG-027). A message on the leg
    /// where such messages are made, with the Identification of an earlier one on that leg, is another message and not
    /// a copy. A message without a Type 32 has no protected part: it is a foreign agent's own reply.
    pub fn altered(&self, message: &Passed, timeout: i64) -> Option<Passed> {
        let protected = message.protected?;
        // Nearly all nodes are seen on one leg only.
        let [home, foreign] = self.on;
        let has_other_leg = if message.leg == Leg::HomeAgent { foreign } else { home };
        if !has_other_leg {
            return None;
        }
        let is_copy = |passed: &&Passed| {
            passed.is_reply == message.is_reply
                && passed.identification == message.identification
                && (0..=timeout).contains(&message.time.since(passed.time))
        };
        let same = |passed: &&Passed| passed.protected.is_some() && is_copy(passed);
        // Requests are made on the foreign agent's leg, replies on the home agent's.
        let goes_on = (message.leg == Leg::HomeAgent) == message.is_reply;
        let own = || self.messages.iter().filter(same).filter(|passed| passed.leg == message.leg);
        let others = || self.messages.iter().rev().filter(same).filter(|passed| passed.leg != message.leg);
        let is_another = goes_on && own().next().is_some();
        // A message that was cut may be the one that this is a copy of, or another message before it.
        let is_hidden = self.messages.iter().filter(is_copy).any(|passed| passed.hides_protected);
        if is_another || is_hidden || others().any(|passed| passed.protected == Some(protected)) {
            return None;
        }
        others().next().copied()
    }
}
