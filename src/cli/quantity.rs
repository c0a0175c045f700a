//! Quantities as people write them: numbers, sizes, durations, rings of files, stop conditions, speeds.

use std::time::Duration;

use crate::capture::RingSize;
use crate::time;

/// A whole number within these bounds.
pub(super) fn number<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("it takes a whole number from {least} to {most}"))
    }
}

/// Octets: a number, alone or with K, M, G (of 1024, also written `KiB`, `MiB`, `GiB`) or kB, MB, GB (of 1000).
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "" | "B" => 1,
        "K" | "k" | "KiB" => 1 << 10,
        "M" | "m" | "MiB" => 1 << 20,
        "G" | "g" | "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(SIZE.to_owned()),
    };
    let octets = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    octets.filter(|octets| *octets > 0).ok_or_else(|| SIZE.to_owned())
}

const SIZE: &str = "a size is written as in 1048576, 64K, 16M or 2G (of 1024), or 10MB (of 1000)";

/// A duration.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    time::parse_duration(text).ok_or_else(|| "a duration is written as in 10s, 500ms or 1m30s".to_owned())
}

/// A size of the kernel's buffer.
pub(super) fn parse_buffer(text: &str) -> Result<u32, String> {
    let octets = parse_size(text)?;
    let fits = u32::try_from(octets).ok().filter(|octets| i32::try_from(*octets).is_ok());
    fits.ok_or_else(|| "a buffer is smaller than 2G".to_owned())
}

/// The size of a ring: the size of a file, `x`, and how many there are.
pub(super) fn parse_ring(text: &str) -> Result<RingSize, String> {
    let most = RingSize::MOST_FILES;
    let wrong = || format!("a ring is written SIZExCOUNT, as in 100Mx10, with 2 to {most} files");
    let (size, count) = text.rsplit_once('x').ok_or_else(wrong)?;
    let octets = parse_size(size)?;
    let files = count.parse().ok().filter(|files| (2..=most).contains(files)).ok_or_else(wrong)?;
    Ok(RingSize { octets, files })
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stop {
    Packets(u64),
    Bytes(u64),
    Time(Duration),
}

/// One condition to stop at.
pub(super) fn parse_stop(text: &str) -> Result<Stop, String> {
    let wrong = || "a condition is written packets=N, seconds=S or bytes=N".to_owned();
    let (what, value) = text.split_once('=').ok_or_else(wrong)?;
    match what {
        "packets" => value.parse().map(Stop::Packets).map_err(|_| wrong()),
        "bytes" => parse_size(value).map(Stop::Bytes),
        "seconds" => {
            let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.map(Stop::Time).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// How fast a capture is played: times the pace of the recording, as in `2`, `0.5` or `2x`.
pub(super) fn parse_speed(text: &str) -> Option<f64> {
    let number = text.strip_suffix('x').unwrap_or(text);
    number.parse().ok().filter(|speed| crate::watch::Replay::SPEEDS.contains(speed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, octets) in [
            ("1", 1),
            ("64K", 65_536),
            ("16MiB", 16_777_216),
            ("2G", 2_147_483_648),
            ("3kB", 3_000),
            ("10MB", 10_000_000),
            ("4GB", 4_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(octets), "{text}");
        }
        for text in ["", "0", "K", "-1", "1.5M", "1T", "99999999999G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(parse_buffer("2047M"), Ok(2_146_435_072));
        assert!(parse_buffer("2G").is_err());
    }

    #[test]
    fn rings_and_conditions_are_read_as_they_are_written() {
        assert_eq!(parse_ring("100Mx10"), Ok(RingSize { octets: 104_857_600, files: 10 }));
        for text in ["100M", "x3", "1Mx1", "1Mx1001", "1Mx-2", "0x2"] {
            assert!(parse_ring(text).is_err(), "{text}");
        }
        assert_eq!(parse_stop("packets=10"), Ok(Stop::Packets(10)));
        assert_eq!(parse_stop("bytes=1K"), Ok(Stop::Bytes(1024)));
        assert_eq!(parse_stop("seconds=0.5"), Ok(Stop::Time(Duration::from_millis(500))));
        for text in ["10", "packets=", "packets=-1", "seconds=x", "seconds=-1", "frames=3"] {
            assert!(parse_stop(text).is_err(), "{text}");
        }
        assert_eq!(parse_speed("2"), Some(2.0));
        assert_eq!(parse_speed("0.5x"), Some(0.5));
        for text in ["0", "-1", "NaN", "inf", "trace.pcap", ""] {
            assert_eq!(parse_speed(text), None, "{text}");
        }
    }
}
