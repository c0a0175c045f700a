//! Times in the format of NTP, which Identifications have under replay protection by timestamps (RFC 5944 §5.7.1).

use crate::time::Timestamp;
use crate::wire::NTP_EPOCH;

/// A moment in the 64-bit format of NTP: seconds since 1900 in the high half, their binary fraction in the low one. The
/// seconds begin anew in 2036, so two moments have to be compared by their difference: see [`ahead`].
pub fn ntp(time: Timestamp) -> u64 {
    let seconds = time.seconds().wrapping_add(NTP_EPOCH).rem_euclid(1 << 32).cast_unsigned();
    let fraction = (u64::from(time.subsecond()) << 32) / 1_000_000_000;
    seconds << 32 | fraction
}

/// How far one moment is ahead of another, in units of 2^-32 s; negative when it is behind. The two are assumed to lie
/// within 68 years of each other.
pub const fn ahead(moment: u64, of: u64) -> i64 {
    moment.wrapping_sub(of).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_seconds_since_1900_and_a_binary_fraction() {
        // 2024-06-01T10:00:00Z is 1 717 236 000 s after 1970, which is 0xea056fa0 s after 1900.
        assert_eq!(ntp(Timestamp::new(1_717_236_000, 0)), 0xea05_6fa0_0000_0000);
        assert_eq!(ntp(Timestamp::new(1_717_236_000, 500_000_000)), 0xea05_6fa0_8000_0000);
        assert_eq!(ntp(Timestamp::new(1_717_236_000, 250_000_000)), 0xea05_6fa0_4000_0000);
    }

    #[test]
    fn the_era_of_2036_follows_the_one_before() {
        // 2036-02-07T06:28:16Z, second 2^32 of NTP.
        let begin = 4_294_967_296 - 2_208_988_800;
        let before = ntp(Timestamp::new(begin - 1, 0));
        let after = ntp(Timestamp::new(begin, 0));
        assert_eq!((before, after), (0xffff_ffff_0000_0000, 0));
        assert_eq!(ahead(after, before), 1 << 32);
        assert_eq!(ahead(before, after), -(1 << 32));
    }
}
