//! Expectations of a reply, as people write them (`code in 0,1`, `lifetime<=600`, `auth=valid`).

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::answer::{Answer, Authenticity};
use crate::time::parse_duration;
use crate::wire::{Extension, ExtensionType, Numbers, ReplyCode, high_half, low_half, number};

/// One expectation, which holds if any of its alternatives (`A or B`) holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    text: String,
    alternatives: Vec<Clause>,
}

/// The judgement of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The expectation as it was written.
    pub expect: String,
    /// Whether it held; `None` if it was not judged, for example in a dry run.
    pub held: Option<bool>,
    /// What the reply had, as expected or not; `None` if it was not judged.
    pub got: Option<String>,
}

/// Why a text is not an expectation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpectationError {
    /// No operator was found.
    #[error("'{0}' is not a comparison: write FIELD=VALUE, as in code=0, lifetime<=600 or code in 0,1")]
    NoOperator(String),
    /// There is no such field.
    #[error(
        "a reply has no '{0}' to expect; fields are code, lifetime, rtt, auth, spi, reply, home_address, home_agent, \
         extension, unprotected, identification_low and identification_high"
    )]
    Field(String),
    /// The field cannot be compared by this operator.
    #[error("'{field}' cannot be compared by '{operator}'")]
    Operator {
        /// The field.
        field: &'static str,
        /// The operator.
        operator: &'static str,
    },
    /// The field cannot have this value.
    #[error("'{value}' is not a value of '{field}': {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was written.
        value: String,
        /// What the field takes.
        expected: &'static str,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Clause {
    Code(Operator, Vec<Code>),
    Lifetime(Operator, Vec<u16>),
    RoundTrip(Operator, Duration),
    Authenticity(Operator, Authenticity),
    Reply(Operator),
    Malformed(Operator),
    HomeAddress(Operator, Ipv4Addr),
    HomeAgent(Operator, Ipv4Addr),
    Extension(Operator, String),
    Unprotected(Operator, String),
    Spi(Operator, Vec<u32>),
    IdentificationLow(Operator),
    IdentificationHigh(Operator),
}

/// A reply code by its number, or by its name one of those whose numbers can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Number(u8),
    MultipathNotAllowed,
    InvalidFlowBindingIdentifier,
}

impl Code {
    const fn number(self, numbers: Numbers) -> u8 {
        match self {
            Self::Number(number) => number,
            Self::MultipathNotAllowed => numbers.multipath_not_allowed,
            Self::InvalidFlowBindingIdentifier => numbers.invalid_fb_identifier,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    /// The longer operators come first, because the first one that matches is taken.
    const SIGNS: [(&'static str, Self); 6] = [
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=", Self::Equal),
    ];

    const fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }

    /// Whether `found` compares in this way to one of `wanted`; only `in` has several wanted values.
    fn holds<T: PartialOrd>(self, found: &T, wanted: &[T]) -> bool {
        wanted.iter().any(|wanted| match self {
            Self::Equal | Self::In => found == wanted,
            Self::NotEqual => found != wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        })
    }
}

impl Expectation {
    /// The default expectation: that the registration is accepted.
    pub fn accepted() -> Self {
        let clause = Clause::Code(Operator::In, vec![Code::Number(0), Code::Number(1)]);
        Self { text: "code in 0,1".to_owned(), alternatives: vec![clause] }
    }

    /// Judges the answer to a request. If there is none, only `reply=none` holds.
    pub fn judge(&self, answer: Option<&Answer<'_>>, numbers: Numbers) -> Judgement {
        let held = self.alternatives.iter().any(|clause| clause.holds(answer, numbers));
        let got = answer.map_or_else(
            || "no reply".to_owned(),
            |answer| {
                let mut found: Vec<String> = Vec::new();
                for clause in &self.alternatives {
                    let got = clause.got(answer);
                    if !found.contains(&got) {
                        found.push(got);
                    }
                }
                found.join(", ")
            },
        );
        Judgement { expect: self.text.clone(), held: Some(held), got: Some(got) }
    }

    /// The judgement for a step that is not judged.
    pub fn unjudged(&self) -> Judgement {
        Judgement { expect: self.text.clone(), held: None, got: None }
    }
}

impl Clause {
    fn holds(&self, answer: Option<&Answer<'_>>, numbers: Numbers) -> bool {
        let Some(answer) = answer else { return matches!(self, Self::Reply(Operator::Equal)) };
        let reply = answer.reply;
        match self {
            Self::Code(operator, codes) => {
                let codes: Vec<u8> = codes.iter().map(|code| code.number(numbers)).collect();
                operator.holds(&reply.code.0, &codes)
            }
            Self::Lifetime(operator, wanted) => operator.holds(&reply.lifetime, wanted),
            Self::RoundTrip(operator, wanted) => operator.holds(&answer.round_trip, &[*wanted]),
            Self::Authenticity(operator, wanted) => operator.holds(&answer.authenticity, &[*wanted]),
            Self::Spi(operator, wanted) => answer.spi().is_some_and(|spi| operator.holds(&spi, wanted)),
            Self::Reply(operator) => *operator == Operator::NotEqual,
            Self::Malformed(operator) => answer.is_malformed() == (*operator == Operator::Equal),
            Self::HomeAddress(operator, wanted) => operator.holds(&reply.home_address, &[*wanted]),
            Self::HomeAgent(operator, wanted) => operator.holds(&reply.home_agent, &[*wanted]),
            Self::Extension(operator, wanted) => {
                let there = answer.message.extensions().any(|extension| extension.name() == wanted);
                there == (*operator == Operator::Equal)
            }
            Self::Unprotected(operator, wanted) => {
                let there = answer.unprotected().any(|extension| extension.name() == wanted);
                there == (*operator == Operator::Equal)
            }
            Self::IdentificationLow(operator) => {
                operator.holds(&low_half(reply.identification), &[low_half(answer.requested)])
            }
            Self::IdentificationHigh(operator) => {
                operator.holds(&high_half(reply.identification), &[high_half(answer.requested)])
            }
        }
    }

    fn got(&self, answer: &Answer<'_>) -> String {
        let reply = answer.reply;
        match self {
            Self::Code(..) => reply.code.0.to_string(),
            Self::Lifetime(..) => format!("lifetime {}", reply.lifetime),
            Self::RoundTrip(..) => format!("{:.3}ms", answer.round_trip.as_secs_f64() * 1e3),
            Self::Authenticity(..) => answer.authenticity.name().to_owned(),
            Self::Spi(..) => answer.spi().map_or_else(|| "no SPI".to_owned(), |spi| format!("SPI {spi}")),
            Self::Reply(_) => code_text(reply.code),
            Self::Malformed(_) if answer.is_malformed() => "an extension that cannot be read".to_owned(),
            Self::Malformed(_) => "a well-formed reply".to_owned(),
            Self::HomeAddress(..) => reply.home_address.to_string(),
            Self::HomeAgent(..) => reply.home_agent.to_string(),
            Self::Extension(..) => names(answer.message.extensions(), "no extension"),
            Self::Unprotected(..) => names(answer.unprotected(), "nothing unprotected"),
            Self::IdentificationLow(_) => format!("0x{:08x}", low_half(reply.identification)),
            Self::IdentificationHigh(_) => format!("0x{:08x}", high_half(reply.identification)),
        }
    }
}

fn names<'a>(extensions: impl Iterator<Item = Extension<'a>>, none: &str) -> String {
    let names: Vec<&str> = extensions.map(|extension| extension.name()).collect();
    if names.is_empty() { none.to_owned() } else { names.join(" ") }
}

fn code_text(code: ReplyCode) -> String {
    format!("a reply with code {}", code.0)
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Expectation {
    type Err = ExpectationError;

    fn from_str(text: &str) -> Result<Self, ExpectationError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let alternatives = words
            .split(|word| *word == "or")
            .map(|words| clause(&words.join(" ")))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), alternatives })
    }
}

fn clause(text: &str) -> Result<Clause, ExpectationError> {
    let (field, operator, value) =
        parts(text).ok_or_else(|| ExpectationError::NoOperator(text.to_owned()))?;
    let (equality, order) = ([Operator::Equal, Operator::NotEqual], Operator::In);
    let only_equality = |field| {
        let allowed = equality.contains(&operator);
        allowed.then_some(operator).ok_or(ExpectationError::Operator { field, operator: operator.text() })
    };
    let wrong = |field, expected| ExpectationError::Value { field, value: value.to_owned(), expected };
    let several = |field| {
        let count = value.split(',').count();
        if count > 1 && operator != order { Err(wrong(field, "several values go with 'in'")) } else { Ok(()) }
    };
    Ok(match field {
        "code" => {
            several("code")?;
            let codes = value.split(',').map(|code| code_of(code.trim())).collect::<Option<_>>();
            Clause::Code(operator, codes.ok_or_else(|| wrong("code", CODE))?)
        }
        "lifetime" => {
            several("lifetime")?;
            let seconds = value.split(',').map(|seconds| number(seconds.trim())).collect::<Option<_>>();
            Clause::Lifetime(operator, seconds.ok_or_else(|| wrong("lifetime", "seconds, 0 to 65535"))?)
        }
        "rtt" => {
            if operator == Operator::In {
                return Err(ExpectationError::Operator { field: "rtt", operator: operator.text() });
            }
            let wanted = parse_duration(value).ok_or_else(|| wrong("rtt", "a duration, as in 50ms"))?;
            Clause::RoundTrip(operator, wanted)
        }
        "auth" => {
            let operator = only_equality("auth")?;
            let wanted = Authenticity::from_name(value);
            let expected = "one of valid, invalid, missing, no-key and several";
            Clause::Authenticity(operator, wanted.ok_or_else(|| wrong("auth", expected))?)
        }
        "spi" => {
            several("spi")?;
            let spis = value.split(',').map(|spi| number(spi.trim())).collect::<Option<_>>();
            Clause::Spi(operator, spis.ok_or_else(|| wrong("spi", "a number of 32 bits"))?)
        }
        "reply" if value == "none" => Clause::Reply(only_equality("reply")?),
        "reply" if value == "malformed" => Clause::Malformed(only_equality("reply")?),
        "reply" => return Err(wrong("reply", "only none and malformed can be expected")),
        "home_address" => {
            let address = value.parse().map_err(|_| wrong("home_address", "an IPv4 address"))?;
            Clause::HomeAddress(only_equality("home_address")?, address)
        }
        "home_agent" => {
            let address = value.parse().map_err(|_| wrong("home_agent", "an IPv4 address"))?;
            Clause::HomeAgent(only_equality("home_agent")?, address)
        }
        // A misspelt name is an error: that there is no `multipth` would always hold.
        "extension" if !is_extension_name(value) => return Err(wrong("extension", EXTENSION)),
        "unprotected" if !is_extension_name(value) => return Err(wrong("unprotected", EXTENSION)),
        "unprotected" => Clause::Unprotected(only_equality("unprotected")?, value.to_owned()),
        "extension" => Clause::Extension(only_equality("extension")?, value.to_owned()),
        "identification_low" if value == "request" => {
            Clause::IdentificationLow(only_equality("identification_low")?)
        }
        "identification_low" => return Err(wrong("identification_low", "only request can be expected")),
        "identification_high" if value == "request" => {
            Clause::IdentificationHigh(only_equality("identification_high")?)
        }
        "identification_high" => return Err(wrong("identification_high", "only request can be expected")),
        other => return Err(ExpectationError::Field(other.to_owned())),
    })
}

const EXTENSION: &str = "the name of an extension as JSON has it, as in multipath or mobile-home-auth";
const CODE: &str = "codes are numbers from 0 to 255, MULTIPATH_NOT_ALLOWED or INVALID_FB_IDENTIFIER";

/// Splits a text into field, operator and value.
fn parts(text: &str) -> Option<(&str, Operator, &str)> {
    if let Some((field, values)) = text.split_once(" in ") {
        return Some((field.trim(), Operator::In, values.trim()));
    }
    let at = text.find(['!', '<', '>', '='])?;
    let (field, rest) = text.split_at_checked(at)?;
    let (sign, operator) = Operator::SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((field.trim(), operator, rest.strip_prefix(sign)?.trim()))
}

/// Whether an extension can have this name.
fn is_extension_name(name: &str) -> bool {
    ["multipath", "flow-binding", "multipath-family", "unknown"].contains(&name)
        || (0..=u8::MAX).any(|kind| ExtensionType(kind).name() == Some(name))
}

fn code_of(text: &str) -> Option<Code> {
    match text {
        "MULTIPATH_NOT_ALLOWED" => Some(Code::MultipathNotAllowed),
        "INVALID_FB_IDENTIFIER" => Some(Code::InvalidFlowBindingIdentifier),
        _ => number(text).map(Code::Number),
    }
}

#[cfg(test)]
mod tests;
