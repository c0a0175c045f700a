//! A refusal with code 133, whose Identification tells what that of the next request has to begin with.

use super::{Answer, Asked, GRACE, IN_FLIGHT};
use crate::rules::facts::Leg;
use crate::time::Timestamp;
use crate::wire::high_half;

/// How far a timestamp may lie from the home agent's clock to be accepted, in seconds (RFC 5944 §5.7.1).
const RESYNCHRONISED: u32 = 7;

/// A reply with code 133 that no request has followed yet.
#[derive(Debug)]
pub(in crate::rules) struct Rejected {
    /// The reply.
    pub answer: Answer,
    /// Whether the refused request had a timestamp.
    pub was_timestamp: bool,
    /// The refused request, as [`Asked::group`] names it.
    pub group: u64,
    /// The leg of the copy of the request that the reply answers.
    pub leg: Leg,
}

impl Rejected {
    /// Whether a request seen at `time` was sent before the reply could arrive, as far as is known.
    pub fn is_in_flight(&self, time: Timestamp) -> bool {
        self.since(time) < IN_FLIGHT
    }

    /// Whether this is the refused request itself on its other leg, captured by a host with another clock **(ours)**.
    pub fn is_refused_on_other_leg(&self, asked: &Asked) -> bool {
        asked.group == self.group && asked.leg != self.leg && self.since(asked.place.time) < GRACE
    }

    /// Whether the request is not the one to be judged: it is the refused one, or it was already on its way and does
    /// not happen to have what the reply tells.
    pub fn is_passed_over(&self, asked: &Asked) -> bool {
        let time = asked.place.time;
        self.is_refused_on_other_leg(asked)
            || self.is_in_flight(time) && self.deviation(asked.request.identification, time).is_some()
    }

    /// How far the Identification of a request seen at `time` is from what the reply tells, in seconds if it is a
    /// timestamp; `None` when the request took over what the reply tells (RFC 5944 §5.7).
    pub fn deviation(&self, identification: u64, time: Timestamp) -> Option<u32> {
        let (told, found) = (high_half(self.answer.reply.identification), high_half(identification));
        if !self.was_timestamp {
            return Some(found.abs_diff(told)).filter(|off| *off != 0);
        }
        let elapsed = u32::try_from(self.since(time) / 1_000_000_000).unwrap_or(u32::MAX);
        // The 32 bits of NTP seconds wrap around.
        let expected = told.wrapping_add(elapsed);
        let off = found.wrapping_sub(expected).min(expected.wrapping_sub(found));
        Some(off).filter(|off| *off > RESYNCHRONISED)
    }

    fn since(&self, time: Timestamp) -> i64 {
        time.since(self.answer.place.time)
    }
}
