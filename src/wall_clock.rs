//! The time of day, for the modules that deal with the present: they send, answer and capture now.

use std::time::{Duration, SystemTime};

use crate::time::Timestamp;

/// The time of day.
#[allow(clippy::disallowed_methods, reason = "who asks for it has nothing else to go by")]
pub(crate) fn now() -> Timestamp {
    let nanoseconds = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanoseconds(match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => nanoseconds(since),
        Err(before) => nanoseconds(before.duration()).saturating_neg(),
    })
}
