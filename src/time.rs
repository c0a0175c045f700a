//! Time as a capture gives it: nanoseconds since the Unix epoch, and how many decimal digits were recorded.

use std::fmt;
use std::num::NonZeroU64;

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z. Negative values lie before that.
///
/// The range covers the years 1678 to 2262; a capture that names a time outside saturates.
// The nanoseconds with the sign bit inverted, which keeps their order. The one value that this cannot hold (zero) makes
// an optional timestamp as small as a timestamp, which matters as tables hold millions of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

const SIGN: u64 = 1 << 63;

impl Timestamp {
    /// The earliest timestamp, before all others.
    pub const FIRST: Self = Self::from_nanoseconds(i64::MIN);
    /// The latest timestamp, after all others.
    pub const LAST: Self = Self::from_nanoseconds(i64::MAX);

    /// From whole seconds and nanoseconds, which may be more than a second; saturates.
    pub const fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self::from_nanoseconds(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }

    /// From nanoseconds since the epoch; `i64::MIN` becomes `i64::MIN + 1`.
    #[inline]
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        match NonZeroU64::new(nanoseconds.cast_unsigned() ^ SIGN) {
            Some(number) => Self(number),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Nanoseconds since the epoch.
    #[inline]
    pub const fn nanoseconds(self) -> i64 {
        (self.0.get() ^ SIGN).cast_signed()
    }

    /// The moment this many nanoseconds later; saturates.
    #[inline]
    #[must_use]
    pub const fn after(self, nanoseconds: i64) -> Self {
        Self::from_nanoseconds(self.nanoseconds().saturating_add(nanoseconds))
    }

    /// The moment this many nanoseconds earlier; saturates.
    #[inline]
    #[must_use]
    pub const fn before(self, nanoseconds: i64) -> Self {
        Self::from_nanoseconds(self.nanoseconds().saturating_sub(nanoseconds))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.nanoseconds().div_euclid(1_000_000_000)
    }

    /// Nanoseconds into the second, 0 to `999_999_999`.
    pub const fn subsecond(self) -> u32 {
        // `rem_euclid` of 10^9 is below 2^30, so nothing is lost.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        {
            self.nanoseconds().rem_euclid(1_000_000_000) as u32
        }
    }

    /// Nanoseconds from `earlier` to `self`; saturates. Negative when `self` is the earlier of the two.
    pub const fn since(self, earlier: Self) -> i64 {
        self.nanoseconds().saturating_sub(earlier.nanoseconds())
    }
}

impl Default for Timestamp {
    /// The epoch.
    fn default() -> Self {
        Self::from_nanoseconds(0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Timestamp").field(&self.nanoseconds()).finish()
    }
}

/// How many digits after the decimal point of a second a capture recorded: 0 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precision(u8);

impl Precision {
    /// Whole seconds.
    pub const SECONDS: Self = Self(0);
    /// Six digits, as in classic pcap files.
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

/// A duration as people write it (`10s`, `500ms`, `1m30s`); a bare number is in seconds. `None` for anything else, and
/// for a duration below zero or above the range of [`Timestamp`].
pub fn parse_duration(text: &str) -> Option<std::time::Duration> {
    let duration = text.parse::<jiff::SignedDuration>().ok().or_else(|| {
        text.parse::<f64>().ok().and_then(|seconds| jiff::SignedDuration::try_from_secs_f64(seconds).ok())
    })?;
    let nanoseconds = i64::try_from(duration.as_nanos()).ok()?;
    u64::try_from(nanoseconds).ok().map(std::time::Duration::from_nanos)
}
