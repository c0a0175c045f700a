//! Watching: frames that arrive on their own, and what is known at any moment.
//!
//! [`Engine`] is what a screen shows: a pipeline, the recent messages and the counters. [`Feed`] brings frames from
//! interfaces, files and pipes, and [`Driver`] takes them to the engine.

mod all_messages;
mod batch;
mod counters;
mod driver;
mod engine;
mod feed;
mod recent;
mod recent_data;
mod replay;

pub use all_messages::AllMessages;
pub use batch::Batch;
pub use counters::{CaptureCounters, Counters};
pub use driver::{Audience, DriveError, Driver, Progress, StopAfter};
pub use engine::{Engine, EngineOptions, LIVE_LIMITS, Taken};
pub use feed::{End, Event, Feed, Source};
pub use recent::{RecentMessage, RecentMessages, frames_of};
pub use replay::Replay;
