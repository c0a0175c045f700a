//! What is counted while watching, and how fast it grows.

use crate::time::Timestamp;

/// The counters of a live capture; all 0 for files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounters {
    /// Packets that passed the capture filter, as the kernel counts them.
    pub received: u64,
    /// Packets that the kernel dropped because its buffer was full.
    pub dropped_by_kernel: u64,
    /// Packets that the interface or its driver dropped.
    pub dropped_by_interface: u64,
    /// Packets that were captured and given up, because they came faster than they were looked at.
    pub skipped: u64,
}

impl CaptureCounters {
    /// Packets that were lost on the way here, wherever that was.
    pub fn lost(&self) -> u64 {
        self.dropped_by_kernel.saturating_add(self.dropped_by_interface).saturating_add(self.skipped)
    }
}

/// Everything counted, as a status line shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Frames that were looked at.
    pub packets: u64,
    /// Octets those frames had on their links.
    pub bytes: u64,
    /// Registration Requests and Replies among them.
    pub registrations: u64,
    /// Tunnelled packets among them, of registered nodes.
    pub tunnelled: u64,
    /// Packets a second, over the last second or so.
    pub packets_per_second: f64,
    /// Octets a second, over the same time.
    pub bytes_per_second: f64,
    /// The counters of the live capture.
    pub capture: CaptureCounters,
}

/// Measures packets and octets a second between calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    at: Option<Timestamp>,
    packets: u64,
    bytes: u64,
    packets_per_second: f64,
    bytes_per_second: f64,
}

impl Rate {
    /// The shortest time that a rate is measured over, in nanoseconds.
    const SHORTEST: i64 = 900_000_000;

    /// Takes the counts at `now`; where the clock went back, measuring begins anew.
    pub fn measure(&mut self, now: Timestamp, packets: u64, bytes: u64) {
        let Some(at) = self.at.filter(|at| *at <= now) else {
            *self = Self { at: Some(now), packets, bytes, ..*self };
            return;
        };
        let elapsed = now.since(at);
        if elapsed < Self::SHORTEST {
            return;
        }
        self.packets_per_second = per_second(packets.saturating_sub(self.packets), elapsed);
        self.bytes_per_second = per_second(bytes.saturating_sub(self.bytes), elapsed);
        *self = Self { at: Some(now), packets, bytes, ..*self };
    }

    /// Packets and octets a second.
    pub fn rates(&self) -> (f64, f64) {
        (self.packets_per_second, self.bytes_per_second)
    }
}

/// A count over nanoseconds. Nobody reads the digits that a float of this size loses.
#[allow(clippy::cast_precision_loss)]
fn per_second(count: u64, nanoseconds: i64) -> f64 {
    count as f64 * 1e9 / nanoseconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_over_the_time_it_took() {
        let at = |seconds: i64, nanoseconds: i64| Timestamp::new(seconds, nanoseconds);
        let mut rate = Rate::default();
        rate.measure(at(100, 0), 50, 1_000);
        assert_eq!(rate.rates(), (0.0, 0.0));
        // Too early to say.
        rate.measure(at(100, 500_000_000), 1_050, 101_000);
        assert_eq!(rate.rates(), (0.0, 0.0));
        rate.measure(at(102, 0), 2_050, 201_000);
        assert_eq!(rate.rates(), (1_000.0, 100_000.0));
        // A clock that goes back starts again, and the next second counts.
        rate.measure(at(90, 0), 2_050, 201_000);
        rate.measure(at(91, 0), 2_060, 201_000);
        assert_eq!(rate.rates(), (10.0, 0.0));
    }

    #[test]
    fn lost_is_what_was_lost_anywhere() {
        let counters =
            CaptureCounters { received: 1_000, dropped_by_kernel: 1, dropped_by_interface: 20, skipped: 300 };
        assert_eq!(counters.lost(), 321);
    }
}
