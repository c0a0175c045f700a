//! The clock that a conversation waits by, which never jumps as the time of day does.

use std::time::{Duration, Instant};

/// A moment to measure from.
// This is an edge: what is waited for comes now.
#[allow(clippy::disallowed_methods)]
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// The longest a signal waits to be seen.
pub(super) const LOOK: Duration = Duration::from_millis(100);
