//! The clock of a pcapng interface: converts its ticks to nanoseconds since the epoch.

use crate::time::{Precision, Timestamp};

/// The clock that `if_tsresol` and `if_tsoffset` of an interface describe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    scale: Scale,
    /// Added to every time, in nanoseconds.
    offset: i128,
    precision: Precision,
}

/// How many nanoseconds a tick lasts.
#[derive(Clone, Copy, Debug)]
enum Scale {
    /// A tick is this many nanoseconds.
    Multiply(u64),
    /// This many ticks are a nanosecond.
    Divide(u64),
    /// `2^n` ticks are a second.
    Binary(u32),
    /// A tick is so short that not even 2^64 ticks make a nanosecond.
    Nothing,
}

impl Clock {
    /// The `if_tsresol` of an interface that gives none: microseconds.
    pub(super) const DEFAULT_RESOLUTION: u8 = 6;

    /// A clock from `if_tsresol` (`10^-n` seconds, or `2^-n` when the highest bit is set) and `if_tsoffset` (seconds).
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let (scale, digits) = if resolution & 0x80 == 0 {
            let scale = if exponent <= 9 {
                10_u64.checked_pow(9_u32.saturating_sub(exponent)).map(Scale::Multiply)
            } else {
                10_u64.checked_pow(exponent.saturating_sub(9)).map(Scale::Divide)
            };
            (scale.unwrap_or(Scale::Nothing), exponent)
        } else {
            // 2^-n has exactly n decimal digits: with fewer, a time would not be exactly that of its tick.
            (Scale::Binary(exponent), exponent)
        };
        Self {
            scale,
            offset: i128::from(offset).saturating_mul(NANOSECONDS),
            precision: Precision::new(u8::try_from(digits).unwrap_or(u8::MAX)),
        }
    }

    /// How many digits of a second this clock records.
    pub(super) fn precision(&self) -> Precision {
        self.precision
    }

    /// The time of `ticks`; saturates.
    pub(super) fn time(&self, ticks: u64) -> Timestamp {
        let ticks_wide = i128::from(ticks);
        let nanoseconds = match self.scale {
            Scale::Multiply(factor) => ticks_wide.saturating_mul(i128::from(factor)),
            Scale::Divide(divisor) => i128::from(ticks.checked_div(divisor).unwrap_or(0)),
            Scale::Binary(exponent) => {
                ticks_wide.saturating_mul(NANOSECONDS).checked_shr(exponent).unwrap_or(0)
            }
            Scale::Nothing => 0,
        };
        let nanoseconds = nanoseconds.saturating_add(self.offset);
        let saturated = nanoseconds.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Timestamp::from_nanoseconds(i64::try_from(saturated).unwrap_or(i64::MAX))
    }
}

/// Nanoseconds in a second.
const NANOSECONDS: i128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn nanoseconds(resolution: u8, offset: i64, ticks: u64) -> i64 {
        Clock::new(resolution, offset).time(ticks).nanoseconds()
    }

    #[test]
    fn counts_in_powers_of_ten() {
        assert_eq!(nanoseconds(0, 0, 5), 5_000_000_000);
        assert_eq!(nanoseconds(6, 0, 1_700_000_000_123_456), 1_700_000_000_123_456_000);
        assert_eq!(nanoseconds(9, 0, 1_700_000_000_123_456_789), 1_700_000_000_123_456_789);
        assert_eq!(nanoseconds(12, 0, 1_234_567_999_999), 1_234_567_999);
        assert_eq!(nanoseconds(28, 0, u64::MAX), 1);
        assert_eq!(nanoseconds(29, 0, u64::MAX), 0);
        assert_eq!(nanoseconds(127, 3, u64::MAX), 3_000_000_000);
    }

    #[test]
    fn counts_in_powers_of_two() {
        assert_eq!(nanoseconds(0x80, 0, 7), 7_000_000_000);
        assert_eq!(nanoseconds(0x81, 0, 3), 1_500_000_000);
        // 2^-20 s is 953.67431640625 ns; a million of them.
        assert_eq!(nanoseconds(0x94, 0, 1_000_000), 953_674_316);
        // 2^64 - 1 ticks of 2^-32 s: 4294967295.9999999997 s.
        assert_eq!(nanoseconds(0xa0, 0, u64::MAX), 4_294_967_295_999_999_999);
        assert_eq!(nanoseconds(0xff, -1, u64::MAX), -1_000_000_000);
    }

    #[test]
    fn adds_the_offset_and_saturates() {
        assert_eq!(nanoseconds(6, -2, 500_000), -1_500_000_000);
        assert_eq!(nanoseconds(9, 1_700_000_000, 1), 1_700_000_000_000_000_001);
        assert_eq!(nanoseconds(0, 0, u64::MAX), i64::MAX);
        // The least timestamp there is.
        assert_eq!(nanoseconds(0, i64::MIN, 0), i64::MIN + 1);
        assert_eq!(nanoseconds(0, i64::MAX, u64::MAX), i64::MAX);
        // A large offset and its opposite in ticks meet within the range.
        assert_eq!(nanoseconds(0, -10_000_000_000, 10_000_000_007), 7_000_000_000);
    }

    #[test]
    fn knows_its_digits() {
        let digits = |resolution| Clock::new(resolution, 0).precision().digits();
        assert_eq!([0, 3, 6, 9, 12, 127].map(digits), [0, 3, 6, 9, 9, 9]);
        // 2^-1 = .5, 2^-3 = .125, 2^-4 = .0625; 2^-10 has ten digits, and nine are the most.
        assert_eq!([0x80, 0x81, 0x83, 0x84, 0x8a, 0x94, 0xff].map(digits), [0, 1, 3, 4, 9, 9, 9]);
    }
}
