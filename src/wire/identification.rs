//! The halves of an Identification, and Identifications that are timestamps (RFC 5944 §5.7).

/// Seconds from 1900, the start of NTP timestamps and so of those in an Identification, to 1970 (RFC 5944 §5.7.1).
pub const NTP_EPOCH: i64 = 2_208_988_800;

/// How far an Identification may be from a clock and still be taken for a timestamp, in seconds: one day **(ours)**.
pub const TIMESTAMP_RANGE: i64 = 86_400;

/// The low half, which a reply copies from its request.
// Truncation is intended here.
#[allow(clippy::cast_possible_truncation)]
pub const fn low_half(identification: u64) -> u32 {
    identification as u32
}

/// The high half, which belongs to the replay protection: the seconds of a timestamp, or a nonce of the home agent.
pub const fn high_half(identification: u64) -> u32 {
    low_half(identification >> 32)
}

/// The Identification with these halves.
pub const fn of_halves(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// How many seconds an Identification that is a timestamp (RFC 5944 §5.7.1) is ahead of `second`, which counts from
/// 1970; negative if it is behind. The 32 bits of NTP seconds wrap around in 2036 and every 136 years after; the era
/// nearest to `second` is taken.
pub fn seconds_ahead(identification: u64, second: i64) -> i64 {
    const ERA: i64 = 1 << 32;
    let now = second.saturating_add(NTP_EPOCH);
    let apart = i64::from(high_half(identification)).saturating_sub(now);
    apart.saturating_add(ERA / 2).rem_euclid(ERA).saturating_sub(ERA / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identification_has_two_halves() {
        let identification = 0xea05_6fa0_8000_0001;
        assert_eq!((high_half(identification), low_half(identification)), (0xea05_6fa0, 0x8000_0001));
        assert_eq!(of_halves(0xea05_6fa0, 0x8000_0001), identification);
    }
}
