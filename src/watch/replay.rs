//! The player's clock: a capture played at the pace it was recorded at, or faster or slower.

#![allow(clippy::disallowed_methods, reason = "a recording is played by the clock")]

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::time::Timestamp;

/// Controls of a capture that is being played; every copy controls the same one.
#[derive(Clone, Debug)]
pub struct Replay {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug)]
struct State {
    speed: f64,
    paused: bool,
    /// How many frames may still pass while the clock is paused.
    steps: u64,
    stopped: bool,
    /// One moment, by the machine's clock and by the player's; `None` before the first frame.
    anchor: Option<(Instant, Timestamp)>,
}

/// What to do with the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The frame is due.
    Now,
    /// The frame has to wait.
    Later,
    /// Nothing more is played.
    Stopped,
}

/// Waits of up to this many seconds are skipped, so frames closer together are played together.
const SOON: f64 = 0.001;

impl Replay {
    /// The slowest and the fastest speed.
    pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

    /// A player at this speed: 1 is the pace of the recording, 2 twice that.
    pub fn new(speed: f64) -> Self {
        let state = State { speed: within(speed), paused: false, steps: 0, stopped: false, anchor: None };
        Self { shared: Arc::new((Mutex::new(state), Condvar::new())) }
    }

    /// Pauses the clock, or resumes it.
    pub fn set_paused(&self, paused: bool) {
        self.change(|state| {
            state.anchor = state.position().map(|position| (Instant::now(), position));
            state.paused = paused;
            state.steps = 0;
        });
    }

    /// Whether the clock is paused.
    pub fn is_paused(&self) -> bool {
        self.state().paused
    }

    /// Lets one frame pass while the clock is paused; the clock jumps to the frame's time.
    pub fn step(&self) {
        self.change(|state| {
            if state.paused {
                state.steps = state.steps.saturating_add(1);
            }
        });
    }

    /// The speed: 1 is the pace of the recording.
    pub fn speed(&self) -> f64 {
        self.state().speed
    }

    /// Plays faster or slower from here on.
    pub fn set_speed(&self, speed: f64) {
        self.change(|state| {
            state.anchor = state.position().map(|position| (Instant::now(), position));
            state.speed = within(speed);
        });
    }

    /// The time on the player's clock; `None` before the first frame.
    pub fn position(&self) -> Option<Timestamp> {
        self.state().position()
    }

    /// Ends the replay; the clock stops.
    pub(super) fn stop(&self) {
        self.change(|state| {
            state.anchor = state.position().map(|position| (Instant::now(), position));
            state.stopped = true;
        });
    }

    /// Notes that the last frame was played; nothing was recorded after its time.
    pub(super) fn end(&self, last: Timestamp) {
        self.change(|state| {
            state.anchor = Some((Instant::now(), last));
            state.stopped = true;
        });
    }

    /// Whether a frame of this time is due.
    pub(super) fn due(&self, time: Timestamp) -> Due {
        self.state().due(time).0
    }

    /// Waits until a frame of this time is due; false when nothing is played any more.
    pub(super) fn wait(&self, time: Timestamp) -> bool {
        let (_, changed) = &*self.shared;
        let mut state = self.state();
        loop {
            match state.due(time) {
                (Due::Now, _) => {
                    if state.paused {
                        state.steps = state.steps.saturating_sub(1);
                        state.anchor = Some((Instant::now(), time));
                    }
                    return true;
                }
                (Due::Stopped, _) => return false,
                (Due::Later, wait) => {
                    let waited = changed.wait_timeout(state, wait);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.shared.1.notify_all();
    }
}

impl State {
    fn position(&self) -> Option<Timestamp> {
        let (instant, time) = self.anchor?;
        if self.paused || self.stopped {
            return Some(time);
        }
        let nanoseconds = (instant.elapsed().as_secs_f64() * self.speed * 1e9).min(9e18);
        // Rounded, and far from the ends of the range.
        #[allow(clippy::cast_possible_truncation)]
        Some(time.after(nanoseconds as i64))
    }

    /// What to do with a frame of this time, and how long to wait at most before asking again.
    fn due(&mut self, time: Timestamp) -> (Due, Duration) {
        const LONGEST: Duration = Duration::from_secs(3600);
        if self.stopped {
            return (Due::Stopped, Duration::ZERO);
        }
        if self.paused && self.anchor.is_some() {
            let due = if self.steps > 0 { Due::Now } else { Due::Later };
            return (due, LONGEST);
        }
        let position = self.position();
        // The first frame sets the player's clock, and so does a frame after the recording's clock went back.
        let Some(position) = position.filter(|position| time.since(*position) > -BACKWARDS) else {
            self.anchor = Some((Instant::now(), time));
            return (Due::Now, Duration::ZERO);
        };
        // The digits that a float loses make no difference to a wait of this length.
        #[allow(clippy::cast_precision_loss)]
        let wait = time.since(position) as f64 / 1e9 / self.speed;
        if wait <= SOON {
            return (Due::Now, Duration::ZERO);
        }
        (Due::Later, Duration::try_from_secs_f64(wait).unwrap_or(LONGEST).min(LONGEST))
    }
}

/// Nanoseconds by which a frame may be late before the player's clock is set back to it.
const BACKWARDS: i64 = 1_000_000_000;

fn within(speed: f64) -> f64 {
    if speed.is_nan() { 1.0 } else { speed.clamp(*Replay::SPEEDS.start(), *Replay::SPEEDS.end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(milliseconds * 1_000_000)
    }

    #[test]
    fn frames_are_due_at_the_pace_of_the_recording() {
        let replay = Replay::new(4.0);
        let started = Instant::now();
        assert!(replay.wait(at(5_000)));
        assert!(started.elapsed() < Duration::from_millis(100), "the first one sets the clock");
        assert_eq!(replay.due(at(5_400)), Due::Later);
        assert!(replay.wait(at(5_400)));
        assert!(started.elapsed() >= Duration::from_millis(98), "400 ms at four times the pace");
        replay.set_speed(1_000_000.0);
        assert!(replay.wait(at(900_000)));
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_standing_clock_lets_single_frames_pass() {
        let replay = Replay::new(1.0);
        assert!(replay.wait(at(0)));
        replay.set_paused(true);
        assert_eq!(replay.due(at(0)), Due::Later);
        replay.step();
        assert!(replay.wait(at(60_000)));
        assert_eq!(replay.position(), Some(at(60_000)));
        assert_eq!(replay.due(at(60_001)), Due::Later);
        // What was let through and did not come is not let through the next time it is held.
        replay.step();
        replay.set_paused(false);
        replay.set_paused(true);
        assert_eq!(replay.due(at(60_001)), Due::Later);
        replay.set_paused(false);
        assert!(replay.wait(at(60_001)));
        // A recording whose clock went back by an hour does not wait for an hour.
        assert!(replay.wait(at(-3_600_000)));
        assert!(replay.position() < Some(at(0)), "{:?}", replay.position());
        replay.stop();
        assert!(!replay.wait(at(0)));
    }

    #[test]
    fn a_player_that_is_held_before_the_first_frame_shows_that_one() {
        let replay = Replay::new(1.0);
        replay.set_paused(true);
        assert!(replay.wait(at(5)));
        assert_eq!((replay.due(at(6)), replay.position()), (Due::Later, Some(at(5))));
    }

    #[test]
    fn a_speed_has_bounds() {
        for (asked, speed) in [(0.0, 0.001), (-1.0, 0.001), (f64::INFINITY, 1e6), (f64::NAN, 1.0), (0.5, 0.5)]
        {
            assert_eq!(Replay::new(asked).speed().to_bits(), f64::to_bits(speed), "{asked}");
        }
    }

    #[test]
    fn another_speed_counts_from_where_the_clock_is() {
        let replay = Replay::new(1_000.0);
        assert!(replay.wait(at(0)));
        std::thread::sleep(Duration::from_millis(100));
        // A hundred seconds have been played, and are not played again slowly.
        replay.set_speed(0.001);
        assert!(replay.position() >= Some(at(100_000)), "{:?}", replay.position());
    }
}
