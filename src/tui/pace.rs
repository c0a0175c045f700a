//! When to look at the tables, and when to draw: thirty frames a second at most, and none when nothing changed.

use std::time::Duration;

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// A look may take this part of the time: one twentieth.
const SHARE: u32 = 20;

/// Keeps the time of frames and looks. Times are counted from any moment, the same for all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    drawn: Option<Duration>,
    /// There is something to draw.
    is_stale: bool,
    looked: Option<Duration>,
    look_cost: Duration,
    /// There is something to look at.
    is_behind: bool,
}

impl Pace {
    /// Notes that the screen is not what it should show.
    pub fn changed(&mut self) {
        self.is_stale = true;
    }

    /// Notes that there is something new in the tables.
    pub fn data_came(&mut self) {
        self.is_behind = true;
    }

    /// Whether to draw now; if so, it counts as drawn.
    pub fn draws(&mut self, now: Duration) -> bool {
        let due = self.is_stale && self.until_frame(now).is_zero();
        if due {
            self.is_stale = false;
            self.drawn = Some(now);
        }
        due
    }

    /// Whether to look at the tables now; what it costs is told by [`Pace::looked`].
    pub fn looks(&mut self, now: Duration) -> bool {
        let due = self.is_behind && self.until_look(now).is_zero();
        if due {
            self.is_behind = false;
            self.looked = Some(now);
        }
        due
    }

    /// Notes what looking at the tables took.
    pub fn looked(&mut self, cost: Duration) {
        self.look_cost = cost;
    }

    /// Adds what it cost to go on with what a look began.
    pub fn went_on(&mut self, cost: Duration) {
        self.look_cost = self.look_cost.saturating_add(cost);
    }

    /// How long to wait for something to happen before there is something to do; `None` for ever.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let frame = self.is_stale.then(|| self.until_frame(now));
        let look = self.is_behind.then(|| self.until_look(now));
        frame.into_iter().chain(look).min()
    }

    fn until_frame(&self, now: Duration) -> Duration {
        self.drawn.map_or(Duration::ZERO, |drawn| (drawn + FRAME).saturating_sub(now))
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
        assert!((285..=300).contains(&frames), "{frames}");
        // A key after a while is answered at once, one right after a frame within the next.
        pace.changed();
        assert!(pace.wait(at(10_000)).unwrap() <= at(34));
        pace.changed();
        assert!(pace.draws(at(11_000)));
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
