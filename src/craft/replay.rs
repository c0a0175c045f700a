//! Replay protection: where the Identification of a request comes from (RFC 5944 §5.7).

use std::str::FromStr;

use thiserror::Error;

use super::home_agent::ntp::{ahead, ntp};
use crate::time::Timestamp;
use crate::wire::{high_half, of_halves};

/// The style of replay protection (`--replay`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReplayStyle {
    /// The time in NTP format, fresh in each transmission (RFC 5944 §5.7.1).
    #[default]
    Timestamp,
    /// The agent's nonce in the high half, the node's in the low half (RFC 5944 §5.7.2).
    Nonce,
}

impl ReplayStyle {
    /// The words that the command line takes.
    pub const NAMES: [&str; 2] = ["timestamp", "nonce"];
}

/// An Identification that a step names instead of a fresh one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identification {
    /// This one.
    Given(u64),
    /// That of the previous request from the same node to the same agent; a fresh one if there was none.
    Last,
    /// The one just below that, which is 2^-32 s earlier; a fresh one where there is none.
    BelowLast,
}

/// There is no style of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a style of replay protection; there are timestamp and nonce")]
pub struct ReplayStyleError(String);

impl FromStr for ReplayStyle {
    type Err = ReplayStyleError;

    fn from_str(text: &str) -> Result<Self, ReplayStyleError> {
        let [timestamp, nonce] = Self::NAMES;
        match text {
            text if text == timestamp => Ok(Self::Timestamp),
            text if text == nonce => Ok(Self::Nonce),
            other => Err(ReplayStyleError(other.to_owned())),
        }
    }
}

/// In seconds. An agent accepts times that are ahead of its own up to a tolerance, which node and agent agree on (RFC
/// 5944 §5.7.1). If it accepted a time further ahead than this, its clock was set back since, or its replies do not
/// tell its own time.
const MOST_TOLERANCE: i64 = 300;

/// The state of replay protection in one security association.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayState {
    /// What to add to this host's clock to get the agent's, in units of 2^-32 s; it wraps around as NTP time does.
    ahead: u64,
    /// The last timestamp used; the next one is later.
    last: Option<u64>,
    /// The last timestamp that the agent accepted, unless it has refused one since.
    accepted: Option<u64>,
    /// The agent's nonce for the next request.
    nonce: u32,
    /// The Identification of the previous request.
    sent: Option<u64>,
}

impl ReplayState {
    /// A fresh timestamp for a request sent at `now`: that time by the agent's clock, and later than all timestamps
    /// returned before. At the end of an NTP era, 0 counts as later than all ones.
    pub fn timestamp(&mut self, now: Timestamp) -> u64 {
        let wanted = ntp(now).wrapping_add(self.ahead);
        let fresh = match self.last {
            Some(last) if ahead(wanted, last) <= 0 => last.wrapping_add(1),
            _ => wanted,
        };
        self.last = Some(fresh);
        fresh
    }

    /// The Identification of a request whose own nonce is `own`.
    fn with_nonce(&self, own: u32) -> u64 {
        of_halves(self.nonce, own)
    }

    /// The Identification of a request sent at `now`, which may be `named`. `own` makes the node's nonce if needed.
    pub fn identification<E>(
        &mut self,
        named: Option<Identification>,
        style: ReplayStyle,
        now: Timestamp,
        own: impl FnOnce() -> Result<u32, E>,
    ) -> Result<u64, E> {
        let named = match named {
            Some(Identification::Given(given)) => Some(given),
            Some(Identification::Last) => self.sent,
            Some(Identification::BelowLast) => self.sent.map(|sent| sent.wrapping_sub(1)),
            None => None,
        };
        let identification = match (named, style) {
            (Some(named), _) => named,
            (None, ReplayStyle::Timestamp) => self.timestamp(now),
            (None, ReplayStyle::Nonce) => self.with_nonce(own()?),
        };
        self.sent = Some(identification);
        Ok(identification)
    }

    /// Notes that the previous request has this Identification after all, by an override.
    pub fn note_sent(&mut self, identification: u64) {
        self.sent = Some(identification);
    }

    /// Notes that the agent accepted a request with this timestamp, after which it takes no earlier one.
    pub fn note_accepted(&mut self, identification: u64) {
        self.accepted = Some(identification);
    }

    /// Adjusts to the agent's clock by the Identification of a reply with code 133, received at `now`.
    ///
    /// Only the high half comes from the agent, so its clock is known only to the second. If the clocks agree to within
    /// a second, nothing is adjusted: that would lose the fraction, and with it the order of the requests.
    pub fn take_up_clock(&mut self, identification: u64, now: Timestamp) {
        let ours = high_half(ntp(now).wrapping_add(self.ahead));
        let behind = high_half(identification).wrapping_sub(ours);
        if behind.cast_signed().unsigned_abs() > 1 {
            self.ahead = self.ahead.wrapping_add(of_halves(behind, 0));
        }
        // Timestamps that were refused no longer count. But if the agent's clock is only a little behind, the timestamp
        // that it accepted still does, once: if the next request is refused too, the agent has forgotten it.
        let agents = ntp(now).wrapping_add(self.ahead);
        let is_within = |seconds: i64| move |time: &u64| ahead(*time, agents) <= seconds << 32;
        let accepted = self.accepted.take().filter(is_within(MOST_TOLERANCE));
        self.last = accepted.or(self.last.filter(is_within(1)));
    }

    /// Takes the agent's next nonce from the Identification of a reply.
    pub fn take_up_nonce(&mut self, identification: u64) {
        self.nonce = high_half(identification);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2024-06-01T10:00:00.5Z; 3926224800 = 0xea056fa0 seconds after 1900.
    const NOW: Timestamp = Timestamp::new(1_717_236_000, 500_000_000);

    #[test]
    fn timestamps_never_repeat() {
        let mut state = ReplayState::default();
        let first = state.timestamp(NOW);
        assert_eq!(first, 0xea05_6fa0_8000_0000);
        assert_eq!(state.timestamp(NOW), first + 1);
        assert_eq!(state.timestamp(Timestamp::new(1_717_235_000, 0)), first + 2);
    }

    #[test]
    fn the_era_of_2036_follows_the_one_before() {
        // 2036-02-07T06:28:16Z is second 2^32 after 1900.
        const BEGIN: i64 = 4_294_967_296 - 2_208_988_800;
        let mut state = ReplayState::default();
        assert_eq!(state.timestamp(Timestamp::new(BEGIN - 1, 0)), 0xffff_ffff_0000_0000);
        assert_eq!(state.timestamp(Timestamp::new(BEGIN, 0)), 0);
        assert_eq!(state.timestamp(Timestamp::new(BEGIN - 1, 0)), 1, "later than the last one");
        assert_eq!(state.timestamp(Timestamp::new(BEGIN + 2, 0)), 0x2_0000_0000);
        // An agent that is 8 s behind is in the era before.
        state.take_up_clock(0xffff_fffa_0000_0000, Timestamp::new(BEGIN + 2, 0));
        assert_eq!(state.timestamp(Timestamp::new(BEGIN + 3, 0)), 0xffff_fffb_0000_0000);
    }

    #[test]
    fn the_last_second_of_an_era_is_not_the_last_of_all() {
        let mut state = ReplayState::default();
        state.take_up_clock(0xffff_ffff_0000_0000, NOW);
        assert_eq!(state.timestamp(NOW), 0xffff_ffff_8000_0000);
        assert_eq!(state.timestamp(NOW), 0xffff_ffff_8000_0001);
        assert_eq!(state.timestamp(Timestamp::new(1_717_236_001, 0)), 0);
        assert_eq!(state.timestamp(Timestamp::new(1_717_236_001, 250_000_000)), 0x4000_0000);
    }

    #[test]
    fn the_agents_clock_is_taken_up() {
        let mut state = ReplayState::default();
        let before = state.timestamp(NOW);
        // Two hours behind, with the request's low half.
        state.take_up_clock(0xea05_5380_1234_5678, NOW);
        assert_eq!(state.timestamp(NOW), before - (7200 << 32));
        state.take_up_clock(0xea05_8bc0_1234_5678, NOW);
        assert_eq!(state.timestamp(NOW), before + (7200 << 32));
    }

    #[test]
    fn what_an_agent_with_a_slow_clock_accepted_counts_once() {
        let mut state = ReplayState::default();
        let accepted = state.timestamp(NOW);
        state.note_accepted(accepted);
        // It is 5 s behind, and its tolerance is 7 s: what it accepted is ahead of its time.
        state.take_up_clock(0xea05_6f9b_1234_5678, NOW);
        assert_eq!(state.timestamp(NOW), accepted + 1);
        // It refuses that, too: its clock was set back.
        state.take_up_clock(0xea05_6f9b_1234_5678, NOW);
        assert_eq!(state.timestamp(NOW), accepted - (5 << 32));
        // Nobody accepts what is an hour ahead.
        state.note_accepted(accepted);
        state.take_up_clock(0xea05_6190_1234_5678, NOW);
        assert_eq!(state.timestamp(NOW), accepted - (3600 << 32));
    }

    #[test]
    fn the_agents_nonce_is_the_high_half() {
        let mut state = ReplayState::default();
        assert_eq!(state.with_nonce(7), 7);
        state.take_up_nonce(0xdead_beef_0000_0007);
        assert_eq!(state.with_nonce(8), 0xdead_beef_0000_0008);
    }

    #[test]
    fn a_clock_that_is_a_second_off_is_kept() {
        let mut state = ReplayState::default();
        let first = state.timestamp(NOW);
        // Only the seconds of the agent's clock are known: it may be a moment after ours, or before.
        for seconds in [0xea05_6fa1, 0xea05_6f9f] {
            state.take_up_clock(seconds << 32, NOW);
        }
        assert_eq!(state.timestamp(NOW), first + 1);
        state.take_up_clock(0xea05_6fa2_0000_0000, NOW);
        assert_eq!(state.timestamp(NOW), first + (2 << 32));
    }
}
