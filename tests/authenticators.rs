//! Authenticators against the vectors of RFC 2202 and RFC 4231, and against python's hashlib and hmac.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[allow(dead_code, unreachable_pub, reason = "other tests use more of it")]
#[path = "program/capture.rs"]
mod capture;

use capture::hexadecimal as octets;
use mipflow::wire::{Algorithm, Key, KeyError, KeyRing, Message, Numbers, Verdict};
use proptest::prelude::*;

fn key(algorithm: Algorithm, secret: &[u8]) -> Key {
    Key::new(256, algorithm, secret.to_vec().into()).unwrap()
}

/// Checks that `secret` makes `digest` of `data`.
fn makes(algorithm: Algorithm, secret: &[u8], data: &[u8], digest: &str) {
    assert_eq!(key(algorithm, secret).authenticator(data), octets(digest));
}

/// The key of the fourth case of both RFCs: 01 02 ... 19.
fn counting() -> Vec<u8> {
    (1..=0x19).collect()
}

#[test]
fn hmac_md5_of_rfc_2202() {
    let is = |secret: &[u8], data: &[u8], digest| makes(Algorithm::HmacMd5, secret, data, digest);
    is(&[0x0b; 16], b"Hi There", "9294727a3638bb1c13f48ef8158bfc9d");
    is(b"Jefe", b"what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738");
    is(&[0xaa; 16], &[0xdd; 50], "56be34521d144c88dbb8c733f0e8b3f6");
    is(&counting(), &[0xcd; 50], "697eaf0aca3a3aea3a75164746ffaa79");
    is(&[0x0c; 16], b"Test With Truncation", "56461ef2342edc00f9bab995690efd4c");
    let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
    is(&[0xaa; 80], data, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    let data = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
    is(&[0xaa; 80], data, "6f630fad67cda0ee1fb1f562db3aa53e");
}

#[test]
fn hmac_sha1_of_rfc_2202() {
    let is = |secret: &[u8], data: &[u8], digest| makes(Algorithm::HmacSha1, secret, data, digest);
    is(&[0x0b; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
    is(b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    is(&[0xaa; 20], &[0xdd; 50], "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
    is(&counting(), &[0xcd; 50], "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
    is(&[0x0c; 20], b"Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04");
    let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
    is(&[0xaa; 80], data, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    let data = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
    is(&[0xaa; 80], data, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

#[test]
fn hmac_sha256_of_rfc_4231() {
    let is = |secret: &[u8], data: &[u8], digest| makes(Algorithm::HmacSha256, secret, data, digest);
    is(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    let data = b"what do ya want for nothing?";
    is(b"Jefe", data, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    is(&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    is(&counting(), &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    // The fifth case gives the first 128 bits only.
    let whole = key(Algorithm::HmacSha256, &[0x0c; 20]).authenticator(b"Test With Truncation");
    assert_eq!(whole[..16], octets("a3b6167473100ee06e0c796c2955552b"));
    let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
    is(&[0xaa; 131], data, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    let data = b"This is a test using a larger than block-size key and a larger than block-size data. The \
                 key needs to be hashed before being used by the HMAC algorithm.";
    is(&[0xaa; 131], data, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

#[test]
fn md5_prefix_suffix_is_what_hashlib_makes() {
    // hashlib.md5(key + data + key).hexdigest()
    let secret: Vec<u8> = (0..16).collect();
    makes(Algorithm::Md5PrefixSuffix, &secret, b"Hi There", "5ca062ba637ad40e7b8feec96d5f5ff0");
    makes(Algorithm::Md5PrefixSuffix, b"k", b"", "dc468c70fb574ebd07287b38d0d0676d");
}

/// A Registration Request up to the SPI of its Mobile-Home Authentication extension, which is 256.
const COVERED: &str = "01 02 0708 0a000001 c6336401 cb007102 0102030405060708   20 14 00000100";

/// `COVERED`, an authenticator, and octets behind it.
fn message(authenticator: &str, behind: &str) -> Vec<u8> {
    octets(&format!("{COVERED} {authenticator} {behind}"))
}

fn ring(keys: &[&str]) -> KeyRing {
    let mut ring = KeyRing::default();
    for key in keys {
        ring.add(Key::parse(key).unwrap());
    }
    ring
}

/// The verdict on the first extension.
fn verdict(ring: &KeyRing, payload: &[u8]) -> Option<Verdict> {
    let message = Message::parse(payload, 0, Numbers::default());
    ring.verify(payload, &message.extensions().next()?)
}

/// hmac.new(b"secret", COVERED, "md5")
const HMAC_MD5: &str = "ea6a48f66be8aa2021c1822306220fc8";

#[test]
fn a_request_verifies_under_each_algorithm() {
    let sound = |key: &str, length: u8, authenticator: &str| {
        // The Length is among the covered octets, so each size of authenticator has its own message.
        let mut payload = message(authenticator, "");
        payload[25] = length;
        verdict(&ring(&[key]), &payload)
    };
    let valid = Some(Verdict::Valid);
    assert_eq!(sound("256=text:secret", 20, HMAC_MD5), valid);
    assert_eq!(sound("256/hmac-md5=736563726574", 20, HMAC_MD5), valid);
    assert_eq!(sound("0x100/md5-prefix-suffix=text:secret", 20, "34be9adf0b40be2b07035585bce04ca5"), valid);
    assert_eq!(sound("256/hmac-sha1=text:secret", 24, "d927c6961518d7a882a5ea154455b6ee592c89fd"), valid);
    assert_eq!(
        sound(
            "256/hmac-sha256=text:secret",
            36,
            "78d1a9c1b066d16ef944fc1662675b85969bea3c3f8f34f350fdd26f24f18470"
        ),
        valid
    );
}

#[test]
fn a_generalized_extension_verifies_under_subtype_1_only() {
    // hmac.new(b"secret", the octets through the SPI, "md5")
    let request = "01 02 0708 0a000001 c6336401 cb007102 0102030405060708";
    let payload =
        |subtype| octets(&format!("{request} 24 {subtype} 0014 00000100 16356ddc79624bd6894776b8f1e119db"));
    let ring = ring(&["256=text:secret"]);
    assert_eq!(verdict(&ring, &payload("01")), Some(Verdict::Valid));
    assert_eq!(verdict(&ring, &payload("02")), Some(Verdict::NoKey));
}

#[test]
fn every_covered_octet_counts() {
    let ring = ring(&["256=text:secret"]);
    let sound = message(HMAC_MD5, "");
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut tampered = sound.clone();
            tampered[at] ^= 1 << bit;
            let verdict = verdict(&ring, &tampered);
            assert_ne!(verdict, Some(Verdict::Valid), "octet {at}, bit {bit}");
            // Type, kind and Length of the extension decide whether there is anything to verify, the SPI under
            // which key; all other octets make the authenticator wrong.
            match at {
                0 | 24 | 25 => {}
                26..30 => assert_eq!(verdict, Some(Verdict::NoKey), "octet {at}"),
                _ => assert_eq!(verdict, Some(Verdict::Invalid), "octet {at}"),
            }
        }
    }
}

#[test]
fn octets_behind_the_extension_do_not_count() {
    let ring = ring(&["256=text:secret"]);
    assert_eq!(verdict(&ring, &message(HMAC_MD5, "83 01 61")), Some(Verdict::Valid));
    assert_eq!(verdict(&ring, &message(HMAC_MD5, "00 00 83 ff")), Some(Verdict::Valid));
}

#[test]
fn a_key_is_chosen_by_its_spi() {
    let sound = message(HMAC_MD5, "");
    assert_eq!(verdict(&ring(&[]), &sound), Some(Verdict::NoKey));
    assert_eq!(verdict(&ring(&["257=text:secret"]), &sound), Some(Verdict::NoKey));
    assert_eq!(verdict(&ring(&["256=text:other"]), &sound), Some(Verdict::Invalid));
    assert_eq!(verdict(&ring(&["256/hmac-sha1=text:secret"]), &sound), Some(Verdict::Invalid));
    // Several keys of one SPI: any may fit.
    assert_eq!(verdict(&ring(&["256=text:other", "256=text:secret"]), &sound), Some(Verdict::Valid));
}

#[test]
fn an_authenticator_of_another_length_is_invalid() {
    let ring = ring(&["256=text:secret"]);
    for length in [0usize, 1, 15, 17] {
        let mut payload = octets(COVERED);
        payload.extend(octets(HMAC_MD5).into_iter().chain([0]).take(length));
        payload[25] = 4 + u8::try_from(length).unwrap();
        assert_eq!(verdict(&ring, &payload), Some(Verdict::Invalid), "{length} octets");
    }
}

#[test]
fn there_is_no_verdict_without_a_whole_authentication_extension() {
    let ring = ring(&["256=text:secret"]);
    let sound = message(HMAC_MD5, "");
    // Cut anywhere after the type octet.
    for end in 25..sound.len() {
        assert_eq!(verdict(&ring, &sound[..end]), None, "cut to {end}");
    }
    let nai = octets("01 02 0708 0a000001 c6336401 cb007102 0102030405060708  83 08 0000010000000000");
    assert_eq!(verdict(&ring, &nai), None);
    let short = octets("01 02 0708 0a000001 c6336401 cb007102 0102030405060708  20 03 000001");
    assert_eq!(verdict(&ring, &short), None);
}

#[test]
fn debugging_a_key_shows_no_secret() {
    let key = Key::parse("256/hmac-sha1=text:xyzzy").unwrap();
    assert_eq!(format!("{key:?}"), "Key(256/hmac-sha1)");
    let shown = format!("{:#?}", ring(&["256=text:xyzzy", "1=78797a7a79"]));
    for trace in ["xyzzy", "78797a7a79", "120", "0x78"] {
        assert!(!shown.contains(trace), "{shown}");
    }
}

#[test]
fn keys_are_read_as_the_command_line_writes_them() {
    let read = |text: &str| {
        let key = Key::parse(text).unwrap();
        (key.spi, key.algorithm)
    };
    assert_eq!(read("256=00ff"), (256, Algorithm::HmacMd5));
    assert_eq!(read("0xFFFFFFFF/hmac-sha256=00FF"), (u32::MAX, Algorithm::HmacSha256));
    assert_eq!(read("0/md5-prefix-suffix=text:a=b/c"), (0, Algorithm::Md5PrefixSuffix));
    // Hexadecimal and text of the same octets are the same key; what follows the first '=' is all secret.
    let same = Key::parse("1=613d62").unwrap().authenticator(b"x");
    assert_eq!(Key::parse("1=text:a=b").unwrap().authenticator(b"x"), same);
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
    }
}

#[test]
fn faults_of_keys_name_what_is_wrong() {
    let fault = |text: &str| Key::parse(text).unwrap_err();
    assert_eq!(fault(""), KeyError::NoSecret);
    assert_eq!(fault("256"), KeyError::NoSecret);
    for spi in ["", "x", "-1", "+1", "4294967296", "0x", "0x+1", "0x100000000", "0xg", " 1", "1a"] {
        assert_eq!(fault(&format!("{spi}=00")), KeyError::Spi(spi.into()));
    }
    assert_eq!(fault("1/sha1=00"), KeyError::Algorithm("sha1".into()));
    assert_eq!(fault("1/=00"), KeyError::Algorithm(String::new()));
    for secret in ["0", "000", "0g", "+1", "0x00", "00 11", "secret", "é0"] {
        assert_eq!(fault(&format!("1={secret}")), KeyError::Hexadecimal);
    }
    assert_eq!(fault("1="), KeyError::Empty);
    assert_eq!(fault("1=text:"), KeyError::Empty);
    assert_eq!(Key::new(1, Algorithm::HmacMd5, Vec::new().into()).unwrap_err(), KeyError::Empty);
}

#[test]
fn a_fault_does_not_repeat_the_secret() {
    for text in ["x=text:xyzzy", "1/x=text:xyzzy", "1=xyzzy"] {
        let fault = Key::parse(text).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("xyzzy"));
    }
}

proptest! {
    #[test]
    fn any_text_is_a_key_or_a_fault(text in "(0x)?[0-9a-f+]{0,10}(/[a-z0-9-]{0,8})?=?(text:)?[0-9a-fé]{0,6}") {
        let _ = Key::parse(&text);
    }
}
