//! Words that findings of several rules use.

use crate::counted::counted;
use crate::wire::Action;

/// A span of time in nanoseconds as people read it, to the millisecond: `0.5 s`, `12 s`.
pub(super) fn seconds(nanoseconds: i64) -> String {
    let milliseconds = nanoseconds / 1_000_000;
    let (whole, rest) = (milliseconds / 1_000, (milliseconds % 1_000).unsigned_abs());
    let sign = if milliseconds < 0 && whole == 0 { "-" } else { "" };
    let fraction = format!(".{rest:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{whole}{fraction} s")
}

/// A lifetime in seconds, with a word for the one that never ends (RFC 5944 §3.3).
pub(super) fn lifetime(seconds: u16) -> String {
    if seconds == u16::MAX { "65535 (infinite)".to_owned() } else { format!("{seconds} s") }
}

/// Binding Identifiers in the given order: `BID 1, 3`.
pub(super) fn bids(list: impl IntoIterator<Item = u8>) -> String {
    format!("BID {}", numbers(list))
}

/// The same, followed by `is` or `are`.
pub(super) fn bids_are(list: impl IntoIterator<Item = u8>) -> String {
    let list: Vec<u8> = list.into_iter().collect();
    let verb = counted(list.len(), "BID").verb("is", "are");
    format!("{} {verb}", bids(list))
}

/// The same without the word `BID`: `1, 3`.
pub(super) fn numbers(list: impl IntoIterator<Item = u8>) -> String {
    let list: Vec<String> = list.into_iter().map(|bid| bid.to_string()).collect();
    list.join(", ")
}

/// What a Flow-Binding does, and with which BIDs.
pub(super) fn action(action: Action, list: &[u8]) -> String {
    let list = bids(list.iter().copied());
    match action {
        Action::Drop => format!("DROP with {list}"),
        Action::Forward => format!("FORWARD to {list}"),
        Action::Unassigned(octet) => format!("Action {octet} with {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        assert_eq!(seconds(500_000_000), "0.5 s");
        assert_eq!(seconds(12_000_000_000), "12 s");
        assert_eq!(seconds(1_020_000_000), "1.02 s");
        assert_eq!(seconds(400_000), "0 s");
        assert_eq!(seconds(-250_000_000), "-0.25 s");
    }
}
