//! Computes and verifies authenticators (RFC 5944 §3.5.1).
//!
//! An authenticator covers the UDP payload from its first octet through the SPI of the extension that holds it.

use std::fmt;

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use super::verifier::Computation;
use super::{Extension, Verifier};

/// How an authenticator is computed from the key and the covered octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC-MD5, the default of RFC 5944 §3.5.1: 16 octets.
    #[default]
    HmacMd5,
    /// HMAC-SHA1: 20 octets.
    HmacSha1,
    /// HMAC-SHA256: 32 octets.
    HmacSha256,
    /// MD5 with the key before and after the octets, the default of RFC 2002: 16 octets.
    Md5PrefixSuffix,
}

impl Algorithm {
    /// All algorithms, in the order in which the documentation lists them.
    pub const ALL: [Self; 4] = [Self::HmacMd5, Self::HmacSha1, Self::HmacSha256, Self::Md5PrefixSuffix];

    /// The name on the command line and in key files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac-md5",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::Md5PrefixSuffix => "md5-prefix-suffix",
        }
    }

    /// The algorithm with this name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// The result of verifying an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is the one that the key makes for the message.
    Valid,
    /// It is not the one that the key makes.
    Invalid,
    /// No key is configured for its SPI.
    NoKey,
}

impl Verdict {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::NoKey => "no-key",
        }
    }
}

/// The secret of one security association. Never printed, and wiped when dropped.
#[derive(Clone)]
pub struct Key {
    /// Which security association it belongs to.
    pub spi: u32,
    /// The algorithm it is used with.
    pub algorithm: Algorithm,
    secret: Zeroizing<Vec<u8>>,
}

/// Why a key cannot be used as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There is no `=` between SPI and secret.
    #[error("a key is written SPI[/ALGORITHM]=HEX or SPI[/ALGORITHM]=text:SECRET, and this one has no '='")]
    NoSecret,
    /// The SPI is not a number of 32 bits.
    #[error("the SPI '{0}' is not a number from 0 to 4294967295 (decimal, or hexadecimal after 0x)")]
    Spi(String),
    /// There is no algorithm of this name.
    #[error("there is no algorithm '{0}'; known are hmac-md5, hmac-sha1, hmac-sha256 and md5-prefix-suffix")]
    Algorithm(String),
    /// The secret is not a sequence of pairs of hexadecimal digits.
    #[error("the secret is not written in pairs of hexadecimal digits; text needs 'text:' in front")]
    Hexadecimal,
    /// The secret has no octets.
    #[error("the secret is empty")]
    Empty,
}

impl KeyError {
    /// What is wrong, without repeating anything that was written: if the order was mixed up, the secret stands where
    /// the SPI or the algorithm belongs.
    pub fn without_content(&self) -> String {
        match self {
            Self::Spi(_) => {
                "what comes before '=' and '/' is not an SPI, a number from 0 to 4294967295".to_owned()
            }
            Self::Algorithm(_) => "there is no such algorithm".to_owned(),
            Self::NoSecret => "there is no '=' in it".to_owned(),
            Self::Hexadecimal | Self::Empty => self.to_string(),
        }
    }
}

impl Key {
    /// How a key is written, for error messages.
    pub const SYNTAX: &str = "a key is written SPI[/ALGORITHM]=HEX or SPI[/ALGORITHM]=text:SECRET; algorithms are \
                              hmac-md5, hmac-sha1, hmac-sha256 and md5-prefix-suffix";

    /// A key from its octets; an empty secret is refused.
    pub fn new(spi: u32, algorithm: Algorithm, secret: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self { spi, algorithm, secret })
    }

    /// A key as the command line writes it: `SPI[/ALGORITHM]=HEX` or `SPI[/ALGORITHM]=text:SECRET`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (association, secret) = text.split_once('=').ok_or(KeyError::NoSecret)?;
        let (spi, algorithm) = match association.split_once('/') {
            Some((spi, name)) => {
                (spi, Algorithm::from_name(name).ok_or_else(|| KeyError::Algorithm(name.to_owned()))?)
            }
            None => (association, Algorithm::default()),
        };
        let secret = match secret.strip_prefix("text:") {
            Some(text) => Zeroizing::new(text.as_bytes().to_vec()),
            None => Self::octets_from_hexadecimal(secret)?,
        };
        Self::new(Self::parse_spi(spi)?, algorithm, secret)
    }

    /// The octets that pairs of hexadecimal digits stand for.
    pub fn octets_from_hexadecimal(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let digits = text.as_bytes();
        if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(KeyError::Hexadecimal);
        }
        let nibble = |digit: u8| (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok());
        // Allocated at full size: a vector that grows leaves copies of the secret behind in memory.
        let mut octets = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
        for pair in digits.chunks_exact(2) {
            let [high, low] = *pair else { return Err(KeyError::Hexadecimal) };
            octets.push(
                nibble(high)
                    .zip(nibble(low))
                    .map(|(high, low)| high << 4 | low)
                    .ok_or(KeyError::Hexadecimal)?,
            );
        }
        Ok(octets)
    }

    fn parse_spi(text: &str) -> Result<u32, KeyError> {
        let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
        // `from_str_radix` would accept a plus sign too.
        let digits = Some(digits).filter(|digits| digits.bytes().all(|octet| octet.is_ascii_hexdigit()));
        digits
            .and_then(|digits| u32::from_str_radix(digits, radix).ok())
            .ok_or_else(|| KeyError::Spi(text.to_owned()))
    }

    /// The authenticator of `covered`, the octets from the start of the UDP payload through the SPI.
    pub fn authenticator(&self, covered: &[u8]) -> Vec<u8> {
        let mut computation = Computation::new(self);
        computation.update(covered);
        computation.finish(self)
    }

    /// Whether `authenticator` is the one for `covered`. The time taken does not depend on where they differ.
    pub fn verifies(&self, covered: &[u8], authenticator: &[u8]) -> bool {
        is_made(&self.authenticator(covered), authenticator)
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// Whether an authenticator is the one that a key made. The time taken does not depend on where they differ.
pub(super) fn is_made(made: &[u8], authenticator: &[u8]) -> bool {
    !authenticator.is_empty() && made.ct_eq(authenticator).into()
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({}/{})", self.spi, self.algorithm.name())
    }
}

/// The keys an operator configured, by SPI.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    keys: Vec<Key>,
}

impl KeyRing {
    /// Adds a key. Several keys may share an SPI; then an authenticator is valid if any of them made it.
    pub fn add(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys in the order they were added.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Verifies an authentication extension of a message whose UDP payload is `octets`. `None` if the extension does
    /// not hold an authenticator, or if its SPI or authenticator is not all there.
    ///
    /// Of the generalized extension (type 36), only Sub-Type 1 holds an authenticator of this kind (RFC 4721 §6); for
    /// other Sub-Types the verdict is [`Verdict::NoKey`].
    pub fn verify(&self, octets: &[u8], extension: &Extension<'_>) -> Option<Verdict> {
        self.verifier(octets).verify(extension)
    }

    /// A verifier for the authenticators of the message whose UDP payload is `octets`.
    pub const fn verifier<'k, 'm>(&'k self, octets: &'m [u8]) -> Verifier<'k, 'm> {
        Verifier::new(self, octets)
    }
}
