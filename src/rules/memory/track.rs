//! The requests for one binding over one leg, one after another.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Asked, ONE_SECOND};
use crate::rules::Place;
use crate::rules::facts::Leg;
use crate::time::Timestamp;

/// What is remembered of the requests with one leg, care-of address and BID (or absence of Multipath).
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Track {
    /// The leg.
    pub leg: Leg,
    /// The care-of address.
    pub care_of_address: Ipv4Addr,
    /// Whether they have Multipath, in any form.
    pub has_multipath: bool,
    /// The BID; `None` without Multipath, and where it cannot be read.
    pub bid: Option<u8>,
    /// Whether the BID may be in what was not captured: the requests may then be for different bindings.
    pub hides_bid: bool,
    /// Where the last of them came from.
    pub source: SocketAddrV4,
    /// The last of them.
    pub last: Attempt,
    /// The one before that: when, its group, and whether a reply to it was seen.
    before: Option<Before>,
    /// The greatest Identification of any of them.
    pub highest: u64,
    /// Frame of the last of them with a lifetime above 0.
    pub registering: Option<u64>,
}

/// What is remembered of the last request but one.
#[derive(Clone, Copy, Debug)]
struct Before {
    time: Timestamp,
    group: u64,
    answered: bool,
}

impl Before {
    fn note_reply(&mut self, group: u64, time: Timestamp) {
        self.answered |= self.group == group && self.time <= time;
    }
}

/// One request of a track.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Attempt {
    /// The packet.
    pub place: Place,
    /// The first copy of it, as [`Asked::group`] names it.
    pub group: u64,
    /// Whether a reply to it was seen.
    pub answered: bool,
}

impl Attempt {
    fn of(asked: &Asked) -> Self {
        Self { place: asked.place, group: asked.group, answered: false }
    }

    fn note_reply(&mut self, group: u64, time: Timestamp) {
        self.answered |= self.group == group && self.place.time <= time;
    }
}

impl Track {
    /// Whether a request belongs to this track.
    pub fn is_of(&self, asked: &Asked) -> bool {
        self.leg == asked.leg && self.is_for(asked)
    }

    /// Whether another track has the same leg, care-of address and BID, so that its requests belong to this one.
    pub fn is_like(&self, other: &Self) -> bool {
        let key = |track: &Self| {
            (track.leg, track.care_of_address, track.has_multipath, track.bid, track.hides_bid)
        };
        key(self) == key(other)
    }

    /// Whether a request is for the same binding, over whichever leg.
    pub fn is_for(&self, asked: &Asked) -> bool {
        let said = &asked.said;
        self.care_of_address == asked.request.care_of_address
            && (self.has_multipath, self.bid) == (said.has_multipath, said.bid)
            && self.hides_bid == said.hides_its_bid()
    }

    /// Whether the requests of the track may be for the same binding as this one: where their BID was not captured, the
    /// care-of address decides.
    pub fn may_be_for(&self, asked: &Asked) -> bool {
        self.is_for(asked) || self.hides_bid && self.care_of_address == asked.request.care_of_address
    }

    /// A track that begins with this request.
    pub fn new(asked: &Asked) -> Self {
        Self {
            leg: asked.leg,
            care_of_address: asked.request.care_of_address,
            has_multipath: asked.said.has_multipath,
            bid: asked.said.bid,
            hides_bid: asked.said.hides_its_bid(),
            source: asked.source,
            last: Attempt::of(asked),
            before: None,
            highest: asked.request.identification,
            registering: (asked.request.lifetime > 0).then_some(asked.place.frame),
        }
    }

    /// Takes over what is remembered under another name of the same node (D7).
    pub fn absorb(&mut self, mut other: Self) {
        let highest = self.highest.max(other.highest);
        let registering = self.registering.max(other.registering);
        if self.last.place.time < other.last.place.time {
            std::mem::swap(self, &mut other);
        }
        let Attempt { place, group, answered } = other.last;
        if self.before.is_none_or(|before| before.time < place.time) {
            self.before = Some(Before { time: place.time, group, answered });
        }
        (self.highest, self.registering) = (highest, registering);
    }

    /// Takes the next request.
    pub fn note(&mut self, asked: &Asked) {
        let Attempt { place, group, answered } = std::mem::replace(&mut self.last, Attempt::of(asked));
        self.before = Some(Before { time: place.time, group, answered });
        self.source = asked.source;
        self.highest = self.highest.max(asked.request.identification);
        if asked.request.lifetime > 0 {
            self.registering = Some(asked.place.frame);
        }
    }

    /// Takes a reply to the request that `group` names.
    pub fn note_reply(&mut self, group: u64, time: Timestamp) {
        self.last.note_reply(group, time);
        if let Some(before) = &mut self.before {
            before.note_reply(group, time);
        }
    }

    /// The last request, when it is unanswered and came less than a second before `time` (D1).
    pub fn hasty(&self, time: Timestamp) -> Option<Attempt> {
        let is_soon = (0..ONE_SECOND).contains(&time.since(self.last.place.time));
        Some(self.last).filter(|last| is_soon && !last.answered)
    }

    /// Nanoseconds between the last two requests, when neither was answered.
    pub fn unanswered_gap(&self) -> Option<i64> {
        let before = self.before.filter(|before| !before.answered && !self.last.answered)?;
        Some(self.last.place.time.since(before.time))
    }
}
