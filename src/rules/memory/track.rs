//! The requests for one binding over one leg, one after another.

use std::net::Ipv4Addr;

use super::Asked;
use crate::rules::facts::Leg;
use crate::time::Timestamp;

/// What is remembered of the requests with one leg, care-of address and BID (or absence of Multipath).
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Track {
    /// The leg.
    pub leg: Leg,
    /// The care-of address.
    pub care_of_address: Ipv4Addr,
    /// The BID; `None` without Multipath.
    pub bid: Option<u8>,
    /// When the last of them was seen.
    pub last: Timestamp,
    /// The first copy of the last of them, as [`Asked::group`] names it.
    pub group: u64,
    /// How many of them came one after another without any being answered, the last included.
    pub unanswered: u32,
    /// Nanoseconds between the last two of that series.
    pub gap: Option<i64>,
    /// The greatest Identification of any of them.
    pub highest: u64,
    /// When the last of them with a lifetime above 0 was seen.
    pub registering: Option<Timestamp>,
}

impl Track {
    /// Whether a request belongs to this track.
    pub fn is_of(&self, asked: &Asked) -> bool {
        self.leg == asked.leg
            && self.care_of_address == asked.request.care_of_address
            && self.bid == asked.said.bid
    }

    /// A track that begins with this request.
    pub fn new(asked: &Asked) -> Self {
        Self {
            leg: asked.leg,
            care_of_address: asked.request.care_of_address,
            bid: asked.said.bid,
            last: asked.place.time,
            group: asked.group,
            unanswered: 1,
            gap: None,
            highest: asked.request.identification,
            registering: (asked.request.lifetime > 0).then_some(asked.place.time),
        }
    }

    /// Takes the next request; `answered` says whether the one before it was answered.
    pub fn note(&mut self, asked: &Asked, answered: bool) {
        let gap = asked.place.time.since(self.last);
        (self.unanswered, self.gap) =
            if answered { (1, None) } else { (self.unanswered.saturating_add(1), Some(gap)) };
        self.last = asked.place.time;
        self.group = asked.group;
        self.highest = self.highest.max(asked.request.identification);
        if asked.request.lifetime > 0 {
            self.registering = Some(asked.place.time);
        }
    }
}
