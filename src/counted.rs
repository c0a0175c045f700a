//! Numbers as people read them: with the noun that is counted, and with spaces between thousands.

use std::fmt;

/// A number with its noun: `1 octet`, `1200 octets`; with `{:#}` the thousands are apart, as in `1 200 octets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    number: u64,
    noun: &'static str,
}

/// The number of things that `noun` names. `noun` is the singular; its plural has an s.
pub fn counted(number: impl TryInto<u64>, noun: &'static str) -> Counted {
    Counted { number: number.try_into().unwrap_or(u64::MAX), noun }
}

impl Counted {
    /// Whether the number is 0.
    pub const fn is_none(self) -> bool {
        self.number == 0
    }

    /// The form of the verb that agrees with the number: `one` for 1 (`was`), otherwise `others` (`were`).
    pub const fn verb(self, one: &'static str, others: &'static str) -> &'static str {
        if self.number == 1 { one } else { others }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, noun } = self;
        if formatter.alternate() {
            write!(formatter, "{} {noun}", grouped(*number))?;
        } else {
            write!(formatter, "{number} {noun}")?;
        }
        formatter.write_str(self.verb("", "s"))
    }
}

/// A number with spaces between its thousands: `4 060 000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [0, 1, 2].map(|number| counted(number, "octet").to_string()),
            ["0 octets", "1 octet", "2 octets"]
        );
        assert_eq!(counted(1usize, "octet").verb("was", "were"), "was");
        assert_eq!(counted(0usize, "octet").verb("was", "were"), "were");
        assert_eq!(
            format!("{} {:#}", counted(1200, "node"), counted(1200, "node")),
            "1200 nodes 1 200 nodes"
        );
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1 000");
        assert_eq!(grouped(4_060_000), "4 060 000");
    }
}
