//! The numbers an operator can change, because implementations older than RFC 7629 use others.

/// The UDP port of Mobile IP (RFC 5944 §3.3).
pub const PORT: u16 = 434;

/// Seconds from 1900, where the timestamps of an Identification begin as those of NTP do, to 1970 (RFC 5944 §5.7.1).
pub const NTP_EPOCH: i64 = 2_208_988_800;

/// How far an Identification may lie from a clock and still be taken for a timestamp, in seconds: a day **(ours)**.
pub const TIMESTAMP_RANGE: i64 = 86_400;

/// How many seconds an Identification that is a timestamp (RFC 5944 §5.7.1) is ahead of a second since 1970; negative
/// when it is behind. The 32 bits of NTP seconds begin anew in 2036, and again every 136 years: those nearest to the
/// other second are meant.
pub fn seconds_ahead(identification: u64, second: i64) -> i64 {
    const ERA: i64 = 1 << 32;
    let now = second.saturating_add(NTP_EPOCH);
    let apart = i64::try_from(identification >> 32).unwrap_or_default().saturating_sub(now);
    apart.saturating_add(ERA / 2).rem_euclid(ERA).saturating_sub(ERA / 2)
}

/// The assigned numbers that RFC 7629 §7 brought in, with the RFC's values as defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Extension type of the Multipath family: 154.
    pub multipath_family: u8,
    /// Reply code `MULTIPATH_NOT_ALLOWED`: 152.
    pub multipath_not_allowed: u8,
    /// Reply code `INVALID_FB_IDENTIFIER`: 153.
    pub invalid_fb_identifier: u8,
}

impl Numbers {
    /// Reply codes below are acceptances, a foreign agent's, or those that RFC 5944 §3.4 gives to home agents.
    pub const FIRST_FREE_CODE: u8 = 137;
}

impl Default for Numbers {
    fn default() -> Self {
        Self { multipath_family: 154, multipath_not_allowed: 152, invalid_fb_identifier: 153 }
    }
}
