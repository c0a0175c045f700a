//! The clock that a conversation waits by, which never jumps as the time of day does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

/// A moment to measure from.
// This is an edge: what is waited for comes now.
#[allow(clippy::disallowed_methods)]
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
