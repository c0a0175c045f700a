//! Signals that ask a command to end before it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::Failure;

/// The longest a signal waits to be seen.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Somebody wants it to end. Who wants that twice has it at once.
pub(super) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        // Who started it by `nohup` wants it to outlive the terminal.
        let signals = [Some(SIGINT), Some(SIGTERM), (!ignores_hangup()).then_some(SIGHUP)];
        for signal in signals.into_iter().flatten() {
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupted))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interrupted)))
                .map_err(|error| Failure::io(format!("signals cannot be caught: {error}"), None))?;
        }
        Ok(Self(interrupted))
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What is set when it is there, for who waits on its behalf.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Whether this process was started with SIGHUP ignored.
pub(super) fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    // The lowest bit is the first signal, which is this one.
    ignored.is_some_and(|ignored| ignored & 1 == 1)
}
