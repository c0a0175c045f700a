//! Time as a capture gives it: nanoseconds since the Unix epoch, and how many digits were real.

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z. Negative values lie before it.
///
/// The range covers the years 1678 to 2262; a capture that names a time outside saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From whole seconds and nanoseconds (which may exceed a second); saturates.
    pub const fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }

    /// From nanoseconds since the epoch.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds into the second, 0 to `999_999_999`.
    pub const fn subsecond(self) -> u32 {
        // `rem_euclid` of 10^9 is below 2^30, so nothing is lost.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        {
            self.0.rem_euclid(1_000_000_000) as u32
        }
    }

    /// Nanoseconds from `earlier` to `self`; saturates, negative when `self` is the earlier one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How many digits after the decimal point of a second a capture recorded: 0 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precision(u8);

impl Precision {
    /// Whole seconds.
    pub const SECONDS: Self = Self(0);
    /// Six digits, as classic pcap has.
    pub const MICROSECONDS: Self = Self(6);
    /// Nine digits.
    pub const NANOSECONDS: Self = Self(9);

    /// `digits` after the decimal point; more than nine are kept as nine.
    pub const fn new(digits: u8) -> Self {
        Self(if digits > 9 { 9 } else { digits })
    }

    /// Digits after the decimal point, 0 to 9.
    pub const fn digits(self) -> u8 {
        self.0
    }
}
