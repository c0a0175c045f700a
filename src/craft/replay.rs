//! Replay protection: where the Identification of a request comes from (RFC 5944 §5.7).

use std::str::FromStr;

use thiserror::Error;

use super::home_agent::ntp::ntp;
use crate::time::Timestamp;

/// The style of replay protection (`--replay`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReplayStyle {
    /// The time of day in the format of NTP, fresh in each transmission (RFC 5944 §5.7.1).
    #[default]
    Timestamp,
    /// The agent's nonce in the high half, the node's in the low one (RFC 5944 §5.7.2).
    Nonce,
}

/// The name of a style that there is none of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no style of replay protection; there are timestamp and nonce")]
pub struct ReplayStyleError(String);

impl FromStr for ReplayStyle {
    type Err = ReplayStyleError;

    fn from_str(text: &str) -> Result<Self, ReplayStyleError> {
        match text {
            "timestamp" => Ok(Self::Timestamp),
            "nonce" => Ok(Self::Nonce),
            other => Err(ReplayStyleError(other.to_owned())),
        }
    }
}

/// What one security association remembers of its Identifications.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayState {
    /// What to add to our clock to have the agent's, in units of 2^-32 s.
    ahead: i128,
    /// The last timestamp used; the next one is above it.
    last: u64,
    /// The agent's nonce for the next request.
    nonce: u32,
}

impl ReplayState {
    /// A fresh timestamp for a request sent at `now`: that time on the agent's clock, and above all given before.
    pub fn timestamp(&mut self, now: Timestamp) -> u64 {
        let on_agents_clock = i128::from(ntp(now)).wrapping_add(self.ahead);
        // A clock before 1900 or after the era has no better timestamp than its nearest end.
        let wanted = u64::try_from(on_agents_clock.max(0)).unwrap_or(u64::MAX);
        self.last = wanted.max(self.last.saturating_add(1));
        self.last
    }

    /// The Identification of a request whose own nonce is `own`.
    pub fn with_nonce(&self, own: u32) -> u64 {
        u64::from(self.nonce) << 32 | u64::from(own)
    }

    /// Takes up the agent's clock from the Identification of a reply with code 133, received at `now`.
    ///
    /// Only the high half is the agent's, so its clock is known to the second. A clock that agrees to the second is
    /// kept: setting it would lose the fraction, and with it the order of the requests.
    pub fn take_up_clock(&mut self, identification: u64, now: Timestamp) {
        let theirs = i128::from(identification >> 32);
        let ours = i128::from(ntp(now)).wrapping_add(self.ahead) >> 32;
        let behind = theirs.wrapping_sub(ours);
        if !(-1..=1).contains(&behind) {
            self.ahead = self.ahead.wrapping_add(behind << 32);
            // A clock that was set back begins anew; nothing of before counts there.
            self.last = 0;
        }
    }

    /// Takes up the agent's next nonce from the Identification of a reply.
    pub fn take_up_nonce(&mut self, identification: u64) {
        self.nonce = u32::try_from(identification >> 32).unwrap_or_default();
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
    fn the_agents_nonce_is_the_high_half() {
        let mut state = ReplayState::default();
        assert_eq!(state.with_nonce(7), 7);
        state.take_up_nonce(0xdead_beef_0000_0007);
        assert_eq!(state.with_nonce(8), 0xdead_beef_0000_0008);
    }
}
