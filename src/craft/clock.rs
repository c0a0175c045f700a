//! The clocks of a conversation: the time of day for Identifications and captures, and one that never jumps for
//! waiting.

use std::time::Instant;

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
