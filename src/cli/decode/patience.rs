//! Waiting for the writer of a pipe, until a signal ends the run.

#![allow(clippy::disallowed_methods, reason = "a pipe is waited for by the clock")]

use std::time::{Duration, Instant};

use crate::capture::Timeline;
use crate::cli::Failure;
use crate::cli::interruption::{Interruption, LOOK};

/// How long a writer is still read after a signal: Ctrl-C also ends a writer in the same pipeline, which then writes at
/// once what it has left.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Waits for the writers of pipes. SIGINT, SIGTERM and SIGHUP end the input but not the program, which then reports
/// what it saw.
pub(super) struct Patience {
    interruption: Interruption,
    /// When reading ends; `None` until a signal came.
    until: Option<Instant>,
}

impl Patience {
    /// Catches signals from now on, if one of the inputs is a pipe: files have an end, and a signal ends the program.
    pub(super) fn with(timeline: &Timeline) -> Result<Option<Self>, Failure> {
        let is_needed = timeline.may_block();
        is_needed.then(|| Ok(Self { interruption: Interruption::listen()?, until: None })).transpose()
    }

    /// Waits until there is something to read or the input has ended, and returns true; false if a signal ends the run
    /// before.
    pub(super) fn wait(&mut self, timeline: &Timeline) -> bool {
        loop {
            if self.until.is_none() && self.interruption.is_there() {
                self.until = Instant::now().checked_add(LAST_WORDS);
            }
            let rest = self.until.map(|until| until.saturating_duration_since(Instant::now()));
            if rest.is_some_and(|rest| rest.is_zero()) {
                return false;
            }
            if timeline.wait(rest.unwrap_or(LOOK).min(LOOK)) {
                return true;
            }
        }
    }
}
