//! Watching: frames that come by themselves, and what is known of them at any moment.
//!
//! [`Engine`] is what a screen looks at: the trace, the observer, the recent messages and the counters, brought up to
//! date a frame at a time.

mod counters;
mod engine;
mod recent;

pub use counters::{CaptureCounters, Counters};
pub use engine::{Engine, EngineOptions, LIVE_LIMITS, Taken};
pub use recent::{RecentMessage, RecentMessages};
