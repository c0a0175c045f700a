//! Signals that ask a command to end early.

#![allow(clippy::disallowed_methods, reason = "signals are told apart by the clock")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag};

use super::Failure;

/// The longest time until a signal is noticed.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// A further signal within this time after the first one counts as the same request to end.
const SAME_WISH: Duration = Duration::from_millis(500);

/// Whether a signal asked the command to end. A second signal ends it at once.
pub(super) struct Interruption {
    interrupted: Arc<AtomicBool>,
    /// Whether the next signal ends the command at once.
    at_once: Arc<AtomicBool>,
    /// The handlers by which the first signal sets `at_once`.
    setters: Vec<SigId>,
}

impl Interruption {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let at_once = Arc::new(AtomicBool::new(false));
        // A command that was started by `nohup` has to outlive the terminal.
        let signals = [Some(SIGINT), Some(SIGTERM), (!ignores_hangup()).then_some(SIGHUP)];
        let mut setters = Vec::new();
        for signal in signals.into_iter().flatten() {
            // In this order, so that the first signal does not end the command at once.
            let setter = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&at_once))
                .and_then(|_| flag::register(signal, Arc::clone(&interrupted)))
                .and_then(|_| flag::register(signal, Arc::clone(&at_once)));
            setters.push(setter.map_err(|error| cannot_listen(&error))?);
        }
        Ok(Self { interrupted, at_once, setters })
    }

    /// Takes signals that come together for one. `timeout` sends one to the process that it started and another to the
    /// process group, which this process belongs to.
    ///
    /// This starts a thread, which has the privileges that the calling one has now.
    pub(super) fn forgive_haste(&mut self) -> Result<(), Failure> {
        for setter in self.setters.drain(..) {
            signal_hook::low_level::unregister(setter);
        }
        let (interrupted, at_once) = (Arc::clone(&self.interrupted), Arc::clone(&self.at_once));
        let wait = move || {
            while !interrupted.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
            }
            thread::sleep(SAME_WISH);
            at_once.store(true, Ordering::Relaxed);
        };
        let started = thread::Builder::new().name("signals".to_owned()).spawn(wait);
        started.map(drop).map_err(|error| cannot_listen(&error))
    }

    pub(super) fn is_there(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The flag that the signal sets, for code that waits elsewhere.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }
}

fn cannot_listen(error: &io::Error) -> Failure {
    Failure::io(format!("signals cannot be caught: {error}"), None)
}

/// Whether this process was started with SIGHUP ignored.
pub(super) fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    // The lowest bit stands for signal 1, which is SIGHUP.
    ignored.is_some_and(|ignored| ignored & 1 == 1)
}
