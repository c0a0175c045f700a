//! Verifies all authenticators of a message in one pass over its octets.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::authenticator::is_made;
use super::{Algorithm, Authentication, Content, Extension, ExtensionType, Key, KeyRing, Verdict};

/// Verifies the authenticators of one message. Each covers all octets before it, so the computation for one goes on for
/// the next instead of starting over.
#[derive(Debug)]
pub struct Verifier<'k, 'm> {
    keys: &'k KeyRing,
    octets: &'m [u8],
    /// The keys used so far, each with its computation over the octets so far.
    begun: Vec<Begun<'k>>,
}

#[derive(Debug)]
struct Begun<'k> {
    key: &'k Key,
    computation: Computation,
    /// How many octets the computation covers so far.
    covered: usize,
}

impl<'k, 'm> Verifier<'k, 'm> {
    /// A verifier for the message whose UDP payload is `octets`.
    pub const fn new(keys: &'k KeyRing, octets: &'m [u8]) -> Self {
        Self { keys, octets, begun: Vec::new() }
    }

    /// Verifies an authentication extension of the message; see [`KeyRing::verify`]. It is fastest in wire order.
    pub fn verify(&mut self, extension: &Extension<'_>) -> Option<Verdict> {
        let Ok(Content::Authentication(Authentication { spi, authenticator })) = extension.content() else {
            return None;
        };
        if extension.kind == ExtensionType::GENERALIZED_AUTHENTICATION && !extension.is_mobile_aaa() {
            return Some(Verdict::NoKey);
        }
        let end = extension.data_offset().saturating_add(Authentication::SPI_LENGTH);
        self.octets.get(..end)?;
        let mut verdict = Verdict::NoKey;
        for key in self.keys.keys().iter().filter(|key| key.spi == spi) {
            verdict = Verdict::Invalid;
            if is_made(&self.authenticator(key, end)?, authenticator) {
                return Some(Verdict::Valid);
            }
        }
        Some(verdict)
    }

    /// The authenticator that a key makes for the first `end` octets.
    fn authenticator(&mut self, key: &'k Key, end: usize) -> Option<Vec<u8>> {
        let place = self.begun.iter().position(|begun| std::ptr::eq(begun.key, key)).unwrap_or_else(|| {
            self.begun.push(Begun { key, computation: Computation::new(key), covered: 0 });
            self.begun.len().saturating_sub(1)
        });
        let begun = self.begun.get_mut(place)?;
        if begun.covered > end {
            *begun = Begun { key, computation: Computation::new(key), covered: 0 };
        }
        begun.computation.update(self.octets.get(begun.covered..end)?);
        begun.covered = end;
        Some(begun.computation.clone().finish(key))
    }
}

/// The computation of an authenticator over the octets so far.
#[derive(Clone)]
pub(super) enum Computation {
    HmacMd5(Hmac<Md5>),
    HmacSha1(Hmac<Sha1>),
    HmacSha256(Hmac<Sha256>),
    Md5PrefixSuffix(Md5),
    /// For a key that its algorithm does not accept; this does not occur.
    Impossible,
}

impl Computation {
    pub(super) fn new(key: &Key) -> Self {
        // An HMAC takes a key of any length, so the error cannot occur. If it did, the authenticator would be empty,
        // and nothing would verify.
        match key.algorithm {
            Algorithm::HmacMd5 => keyed(key).map_or(Self::Impossible, Self::HmacMd5),
            Algorithm::HmacSha1 => keyed(key).map_or(Self::Impossible, Self::HmacSha1),
            Algorithm::HmacSha256 => keyed(key).map_or(Self::Impossible, Self::HmacSha256),
            Algorithm::Md5PrefixSuffix => Self::Md5PrefixSuffix(Md5::new().chain_update(key.secret())),
        }
    }

    pub(super) fn update(&mut self, octets: &[u8]) {
        match self {
            Self::HmacMd5(mac) => mac.update(octets),
            Self::HmacSha1(mac) => mac.update(octets),
            Self::HmacSha256(mac) => mac.update(octets),
            Self::Md5PrefixSuffix(digest) => Digest::update(digest, octets),
            Self::Impossible => {}
        }
    }

    pub(super) fn finish(self, key: &Key) -> Vec<u8> {
        match self {
            Self::HmacMd5(mac) => mac.finalize().into_bytes().to_vec(),
            Self::HmacSha1(mac) => mac.finalize().into_bytes().to_vec(),
            Self::HmacSha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Md5PrefixSuffix(digest) => digest.chain_update(key.secret()).finalize().to_vec(),
            Self::Impossible => Vec::new(),
        }
    }
}

impl std::fmt::Debug for Computation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The state is not printed, because it is derived from the key.
        formatter.write_str("Computation")
    }
}

fn keyed<M: KeyInit>(key: &Key) -> Option<M> {
    M::new_from_slice(key.secret()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Message, Numbers};

    /// A request with an authenticator of each key, one behind another.
    fn signed_by(keys: &[Key]) -> Vec<u8> {
        let mut octets = vec![0; 24];
        octets[0] = 1;
        for key in keys {
            let length = Computation::new(key).finish(key).len();
            octets.extend([32, 4 + u8::try_from(length).unwrap()]);
            octets.extend(key.spi.to_be_bytes());
            octets.extend(key.authenticator(&octets));
        }
        octets
    }

    #[test]
    fn in_whichever_order_they_are_asked_for_verdicts_are_those_of_each_alone() {
        let parsed = |text: &str| Key::parse(text).unwrap();
        let keys = [
            parsed("1=text:one"),
            parsed("2/hmac-sha1=text:two"),
            parsed("3/hmac-sha256=text:three"),
            parsed("4/md5-prefix-suffix=text:four"),
            parsed("1=text:another"),
            parsed("5=text:five"),
        ];
        let mut octets = signed_by(&keys);
        // The third authenticator is not what its key makes of the message; those behind it cover that.
        octets[24 + 22 + 26 + 6] ^= 1;
        let ring = |keys: &[Key]| {
            let mut ring = KeyRing::default();
            for key in keys {
                ring.add(key.clone());
            }
            ring
        };
        let message = Message::parse(&octets, 0, Numbers::default());
        let extensions: Vec<Extension<'_>> = message.extensions().collect();
        let (valid, invalid) = (Some(Verdict::Valid), Some(Verdict::Invalid));
        let expected = [valid, valid, invalid, invalid, invalid, Some(Verdict::NoKey)];
        let ring = ring(&keys[..5]);
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 0, 2]] {
            let mut verifier = ring.verifier(&octets);
            for place in order {
                assert_eq!(verifier.verify(&extensions[place]), expected[place], "{place} of {order:?}");
                assert_eq!(ring.verify(&octets, &extensions[place]), expected[place], "{place} alone");
            }
        }
    }
}
