//! Refusals for security reasons, counted for each node.

use crate::time::{Precision, Timestamp};
use crate::wire::ReplyCode;

/// Security violations of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// Authenticators that were refused (codes 67, 131 and 144) or did not verify under a configured key.
    pub failed_authentication: u64,
    /// Identifications that were refused (code 133).
    pub bad_identification: u64,
    /// Messages with an SPI for which no key is configured, while there are keys.
    pub unknown_spi: u64,
    /// When the last violation was seen.
    pub last: Timestamp,
    /// Digits of that time that the capture recorded.
    pub precision: Option<Precision>,
    /// The Code of the last refusal.
    pub last_code: Option<ReplyCode>,
}

/// What was wrong with the authenticators of a message, judged with the operator's keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationFacts {
    /// An authenticator did not verify.
    pub invalid: bool,
    /// An authenticator has an SPI for which there is no key.
    pub unknown_spi: bool,
}

impl Violations {
    /// Whether refusals with this code are counted.
    pub(super) const fn counts(code: ReplyCode) -> bool {
        matches!(
            code,
            ReplyCode::FAILED_AUTHENTICATION_AT_FOREIGN_AGENT
                | ReplyCode::MOBILE_NODE_FAILED_AUTHENTICATION
                | ReplyCode::IDENTIFICATION_MISMATCH
                | ReplyCode::MOBILE_NODE_FAILED_AAA_AUTHENTICATION
        )
    }

    /// Adds the violations that were counted under another name of the node.
    pub(super) fn merge(&mut self, other: &Self) {
        self.failed_authentication = self.failed_authentication.saturating_add(other.failed_authentication);
        self.bad_identification = self.bad_identification.saturating_add(other.bad_identification);
        self.unknown_spi = self.unknown_spi.saturating_add(other.unknown_spi);
        let is_later = other.last > self.last;
        self.last_code =
            if is_later { other.last_code.or(self.last_code) } else { self.last_code.or(other.last_code) };
        if is_later || self.precision.is_none() {
            (self.last, self.precision) = (other.last, other.precision);
        }
    }

    pub(super) fn refusal(&mut self, code: ReplyCode, time: Timestamp, precision: Precision) {
        match code {
            ReplyCode::IDENTIFICATION_MISMATCH => self.bad_identification += 1,
            _ => self.failed_authentication += 1,
        }
        self.last_code = Some(code);
        (self.last, self.precision) = (time, Some(precision));
    }

    pub(super) fn authentication(
        &mut self,
        facts: AuthenticationFacts,
        time: Timestamp,
        precision: Precision,
    ) {
        self.failed_authentication += u64::from(facts.invalid);
        self.unknown_spi += u64::from(facts.unknown_spi);
        (self.last, self.precision) = (time, Some(precision));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_a_node_have_their_violations_together() {
        let at = |second| (Timestamp::new(second, 0), Precision::MICROSECONDS);
        let (mut one, mut other) = (Violations::default(), Violations::default());
        let (time, precision) = at(1);
        one.refusal(ReplyCode(131), time, precision);
        let (time, precision) = at(2);
        other.refusal(ReplyCode(133), time, precision);
        other.authentication(AuthenticationFacts { invalid: true, unknown_spi: true }, time, precision);
        let expected = Violations {
            failed_authentication: 2,
            bad_identification: 1,
            unknown_spi: 1,
            last: Timestamp::new(2, 0),
            precision: Some(Precision::MICROSECONDS),
            last_code: Some(ReplyCode(133)),
        };
        let (first, second) = (one, other);
        one.merge(&second);
        other.merge(&first);
        assert_eq!((one, other), (expected, expected));
    }
}
