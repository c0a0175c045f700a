//! The clocks of a conversation: the time of day for Identifications and captures, and one that never jumps for
//! waiting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

use crate::time::Timestamp;

/// The time of day.
// This is an edge: what is sent and received here happens now.
#[allow(clippy::disallowed_methods)]
pub(super) fn now() -> Timestamp {
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond());
    Timestamp::from_nanoseconds(now.unwrap_or(i64::MAX))
}

/// A moment to measure from.
#[allow(clippy::disallowed_methods)] // As [`now`].
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// Waits, unless a signal comes that asks for an end.
pub(super) fn pause(span: Duration, interrupted: &AtomicBool) {
    let Some(until) = instant().checked_add(span) else { return };
    loop {
        let rest = until.saturating_duration_since(instant());
        if rest.is_zero() || interrupted.load(Ordering::Relaxed) {
            return;
        }
        // A poll is ended by signals, a sleep is not. It is short, as a signal may come just before it.
        let milliseconds = rest.min(LOOK).as_nanos().div_ceil(1_000_000);
        let _ = nix::poll::poll(&mut [], PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX));
    }
}

/// The longest a signal waits to be seen.
pub(super) const LOOK: Duration = Duration::from_millis(100);
