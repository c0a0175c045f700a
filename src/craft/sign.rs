//! Signs a message: an authentication extension covers all octets before its authenticator (RFC 5944 §3.5.1).

use crate::wire::{Authentication, Content, ExtensionType, Key, Numbers};

/// Appends an authentication extension of type `kind` to `message`, the UDP payload so far, made with `key`.
///
/// The authenticator covers the payload from its first octet through the SPI of this extension, the extension's own
/// header included. So the extensions that it protects have to be there already.
pub fn append_authentication(message: &mut Vec<u8>, kind: ExtensionType, key: &Key, numbers: Numbers) {
    append_cut(message, kind, key, usize::MAX, numbers);
}

/// The same with at most the first `most` octets of the authenticator.
fn append_cut(message: &mut Vec<u8>, kind: ExtensionType, key: &Key, most: usize, numbers: Numbers) {
    // The header's Length is covered too, so the authenticator's octets are reserved before the digest is computed.
    let room = vec![0; key.authenticator(&[]).len().min(most)];
    let content = Content::Authentication(Authentication { spi: key.spi, authenticator: &room });
    content.emit(kind, MN_AAA, numbers, message);
    let end_of_spi = message.len().saturating_sub(room.len());
    let (covered, authenticator) = message.split_at_mut(end_of_spi);
    authenticator.iter_mut().zip(key.authenticator(covered)).for_each(|(to, octet)| *to = octet);
}

/// Appends a Mobile-Home Authentication extension, which every Registration Request and Reply between a mobile node and
/// its home agent carries (RFC 5944 §3.5.2).
pub fn append_mobile_home_authentication(message: &mut Vec<u8>, key: &Key, numbers: Numbers) {
    append_authentication(message, ExtensionType::MOBILE_HOME_AUTHENTICATION, key, numbers);
}

/// Appends a Mobile-Home Authentication extension that no receiver may accept: it has only the first 8 octets of the
/// authenticator, and its Length says so.
pub(super) fn append_short_mobile_home_authentication(message: &mut Vec<u8>, key: &Key, numbers: Numbers) {
    append_cut(message, ExtensionType::MOBILE_HOME_AUTHENTICATION, key, SHORT, numbers);
}

const SHORT: usize = 8;

/// The Sub-Type of the generalized extension (type 36) whose authenticator is computed in this way (RFC 4721 §6). The
/// other types have no Sub-Type.
const MN_AAA: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{KeyRing, Message, Verdict};

    #[test]
    fn what_is_signed_verifies() {
        for algorithm in ["hmac-md5", "hmac-sha1", "hmac-sha256", "md5-prefix-suffix"] {
            for (kind, header) in [(32, 2), (33, 2), (34, 2), (36, 4)] {
                let key = Key::parse(&format!("256/{algorithm}=text:secret")).unwrap();
                let mut octets = vec![0; 24];
                octets[0] = 1;
                append_authentication(&mut octets, ExtensionType(kind), &key, Numbers::default());
                let length = key.authenticator(b"").len();
                assert_eq!(octets.len(), 24 + header + 4 + length);

                let mut keys = KeyRing::default();
                keys.add(key);
                let verdict = |octets: &[u8]| {
                    let message = Message::parse(octets, 0, Numbers::default());
                    let extension = message.extensions().next().unwrap();
                    keys.verify(octets, &extension)
                };
                assert_eq!(verdict(&octets), Some(Verdict::Valid), "{algorithm}, type {kind}");
                octets[23] ^= 1;
                assert_eq!(verdict(&octets), Some(Verdict::Invalid), "{algorithm}, type {kind}");
            }
        }
    }
}
