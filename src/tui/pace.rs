//! When to look at the tables, and when to draw: thirty frames a second at most, and none when nothing changed. What a
//! user waits for is drawn at once, as long as that does not come too often.

use std::time::Duration;

/// The regular time between two frames: 28 a second. With `AHEAD` two more are possible in any second, so thirty at
/// most.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 28);
/// How much before its regular time a frame may be drawn when a user waits for it: two intervals.
const AHEAD: Duration = Duration::from_nanos(2 * 1_000_000_000 / 28);
/// Looking at the tables may take one part in so many of the time: one twentieth.
const SHARE: u32 = 20;

/// Keeps the time of frames and looks. All times count from the same moment, whichever it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// When the next frame is due.
    due: Duration,
    /// There is something to draw.
    is_stale: bool,
    /// A user waits for the next frame.
    is_awaited: bool,
    looked: Option<Duration>,
    look_cost: Duration,
    /// There is something new in the tables.
    is_behind: bool,
}

impl Pace {
    /// Notes that the screen is out of date.
    pub fn changed(&mut self) {
        self.is_stale = true;
    }

    /// Notes that the screen is out of date, and that a user waits for the next frame.
    pub fn answered(&mut self) {
        self.is_stale = true;
        self.is_awaited = true;
    }

    /// Notes that there is something new in the tables.
    pub fn data_came(&mut self) {
        self.is_behind = true;
    }

    /// Whether to draw now; if so, the frame counts as drawn.
    pub fn draws(&mut self, now: Duration) -> bool {
        let due = self.is_stale && self.until_frame(now).is_zero();
        if due {
            self.is_stale = false;
            self.is_awaited = false;
            self.due = self.due.max(now) + FRAME;
        }
        due
    }

    /// Whether to look at the tables now; the caller then reports the cost with [`Pace::looked`].
    pub fn looks(&mut self, now: Duration) -> bool {
        // A user who waits comes first.
        let due = self.is_behind && !self.is_awaited && self.until_look(now).is_zero();
        if due {
            self.is_behind = false;
            self.looked = Some(now);
        }
        due
    }

    /// Notes how long it took to look at the tables.
    pub fn looked(&mut self, cost: Duration) {
        self.look_cost = cost;
    }

    /// Adds the time that it took to continue work that a look began.
    pub fn went_on(&mut self, cost: Duration) {
        self.look_cost = self.look_cost.saturating_add(cost);
    }

    /// The longest time to wait for a happening before there is something to do; `None` for no limit.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let frame = self.is_stale.then(|| self.until_frame(now));
        let look = (self.is_behind && !self.is_awaited).then(|| self.until_look(now));
        frame.into_iter().chain(look).min()
    }

    fn until_frame(&self, now: Duration) -> Duration {
        let ahead = if self.is_awaited { AHEAD } else { Duration::ZERO };
        self.due.saturating_sub(now).saturating_sub(ahead)
    }

    fn until_look(&self, now: Duration) -> Duration {
        let interval = FRAME.max(self.look_cost.saturating_mul(SHARE));
        self.looked.map_or(Duration::ZERO, |looked| (looked + interval).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nothing_is_drawn_when_nothing_changed() {
        let mut pace = Pace::default();
        assert!(!pace.draws(at(0)));
        assert_eq!(pace.wait(at(0)), None);
        pace.changed();
        assert_eq!(pace.wait(at(0)), Some(Duration::ZERO));
        assert!(pace.draws(at(0)));
        assert!(!pace.draws(at(1_000)));
    }

    #[test]
    fn thirty_frames_a_second_at_most() {
        let mut pace = Pace::default();
        let mut frames = 0;
        for millisecond in 0..10_000 {
            pace.changed();
            frames += u32::from(pace.draws(at(millisecond)));
        }
        assert!((270..=300).contains(&frames), "{frames}");
        // The same for keys that are held down, in any one second.
        let drawn: Vec<u64> = (10_000..20_000)
            .filter(|millisecond| {
                pace.answered();
                pace.draws(at(*millisecond))
            })
            .collect();
        let most =
            drawn.iter().map(|from| drawn.iter().filter(|at| (*from..from + 1_000).contains(at)).count());
        assert!((28..=30).contains(&most.max().unwrap()));
    }

    #[test]
    fn a_key_is_answered_at_once_although_packets_came_just_before() {
        let mut pace = Pace::default();
        for millisecond in 0..1_000 {
            pace.changed();
            pace.draws(at(millisecond));
        }
        pace.answered();
        assert_eq!(pace.wait(at(1_000)), Some(Duration::ZERO));
        assert!(pace.draws(at(1_000)));
        pace.answered();
        assert!(pace.draws(at(1_001)) || pace.wait(at(1_001)).unwrap() <= at(36));
    }

    #[test]
    fn looks_that_are_dear_are_rare() {
        let mut pace = Pace::default();
        let mut looks = 0;
        for millisecond in 0..10_000 {
            pace.data_came();
            if pace.looks(at(millisecond)) {
                looks += 1;
                pace.looked(at(50));
            }
        }
        assert_eq!(looks, 10);
    }
}
