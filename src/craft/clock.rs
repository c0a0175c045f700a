//! The clock by which a conversation waits, which never jumps as the time of day can.

use std::time::{Duration, Instant};

/// The present moment, to measure from.
// Reading the clock is allowed here, because this is where the program waits for real events.
#[allow(clippy::disallowed_methods)]
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// The longest time before an interruption is noticed.
pub(super) const LOOK: Duration = Duration::from_millis(100);
