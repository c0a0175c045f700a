//! Expectations tried on one reply, and on none.

use super::*;
use crate::wire::{Message, RegistrationReply};

/// A reply with code 131 and lifetime 600 for 10.1.0.1, one extension, after 12 ms.
fn judged(text: &str) -> (bool, String) {
    judged_with(text, &[131, 1, b'a'])
}

/// The same with these extensions.
fn judged_with(text: &str, extensions: &[u8]) -> (bool, String) {
    let reply = RegistrationReply {
        code: ReplyCode(131),
        lifetime: 600,
        home_address: [10, 1, 0, 1].into(),
        home_agent: [198, 51, 100, 1].into(),
        identification: 0xaaaa_0001_bbbb_0002,
    };
    let mut octets = Vec::new();
    reply.emit(&mut octets);
    octets.extend(extensions);
    let answer = Answer {
        message: Message::parse(&octets, 0, Numbers::default()),
        reply,
        round_trip: Duration::from_millis(12),
        authenticity: Authenticity::Missing,
        requested: 0xaaaa_0009_bbbb_0002,
    };
    let judgement = text
        .parse::<Expectation>()
        .unwrap()
        .judge(Some(&answer), Numbers { multipath_not_allowed: 131, ..Numbers::default() });
    assert_eq!(judgement.expect, text);
    (judgement.held.unwrap(), judgement.got.unwrap())
}

#[test]
fn replies_are_compared() {
    for (text, held, got) in [
        ("code=131", true, "131"),
        ("code!=131", false, "131"),
        ("code in 0,1", false, "131"),
        ("code in 0, 131", true, "131"),
        ("code>=128", true, "131"),
        ("code=MULTIPATH_NOT_ALLOWED", true, "131"),
        ("code=INVALID_FB_IDENTIFIER", false, "131"),
        ("lifetime<=600", true, "lifetime 600"),
        ("lifetime<600", false, "lifetime 600"),
        ("lifetime = 600", true, "lifetime 600"),
        ("lifetime>600", false, "lifetime 600"),
        ("lifetime>599", true, "lifetime 600"),
        ("lifetime>=600", true, "lifetime 600"),
        ("lifetime>=601", false, "lifetime 600"),
        ("lifetime in 599, 600", true, "lifetime 600"),
        ("rtt<50ms", true, "12.000ms"),
        ("rtt<12ms", false, "12.000ms"),
        ("rtt<=12ms", true, "12.000ms"),
        ("auth=valid", false, "missing"),
        ("auth=missing", true, "missing"),
        ("reply=none", false, "a reply with code 131"),
        ("reply!=none", true, "a reply with code 131"),
        ("home_address=10.1.0.1", true, "10.1.0.1"),
        ("home_agent!=198.51.100.1", false, "198.51.100.1"),
        ("extension=nai", true, "nai"),
        ("extension!=multipath", true, "nai"),
        ("extension=multipath", false, "nai"),
        ("identification_low=request", true, "0xbbbb0002"),
        ("identification_high=request", false, "0xaaaa0001"),
        ("code=134 or reply=none", false, "131, a reply with code 131"),
        ("code=134 or lifetime=600", true, "131, lifetime 600"),
    ] {
        assert_eq!(judged(text), (held, got.to_owned()), "{text}");
    }
}

#[test]
fn what_stands_where_is_seen() {
    // A name, an authenticator under SPI 77, a Flow-Binding of one BID behind it.
    let authentication = [32, 6, 0, 0, 0, 77, 1, 2];
    let flow = [154, 2, 0, 8, 1, 1, 1, 1, 0, 0, 0, 0];
    let octets = [&[131, 1, b'a'][..], &authentication, &flow].concat();
    for (text, held, got) in [
        ("unprotected=flow-binding", true, "flow-binding"),
        ("unprotected!=nai", true, "flow-binding"),
        ("unprotected=nai", false, "flow-binding"),
        ("spi=77", true, "SPI 77"),
        ("spi>=256", false, "SPI 77"),
        ("spi in 76, 77", true, "SPI 77"),
        ("reply!=malformed", true, "a well-formed reply"),
    ] {
        assert_eq!(judged_with(text, &octets), (held, got.to_owned()), "{text}");
    }
    // Nothing is behind an authenticator that is not there.
    assert_eq!(judged("unprotected!=nai"), (true, "nothing unprotected".to_owned()));
    assert_eq!(judged("spi!=77"), (false, "no SPI".to_owned()));
    // An extension of 2 octets where 3 are promised, and a BID Count of 9 where one follows.
    for octets in [&[201, 3, 1, 2][..], &[154, 2, 0, 8, 1, 9, 1, 1, 0, 0, 0, 0]] {
        let got = "an extension that cannot be read".to_owned();
        assert_eq!(judged_with("reply=malformed", octets), (true, got.clone()), "{octets:?}");
        assert_eq!(judged_with("reply!=malformed", octets), (false, got), "{octets:?}");
    }
}

#[test]
fn no_reply_fails_all_but_its_own() {
    for (text, held) in [
        ("reply=none", true),
        ("reply!=none", false),
        ("code!=0", false),
        ("extension!=multipath", false),
        ("auth!=valid", false),
        ("spi>=256", false),
        ("unprotected!=nai", false),
        ("reply!=malformed", false),
        ("code=131 or reply=none", true),
    ] {
        let judgement = text.parse::<Expectation>().unwrap().judge(None, Numbers::default());
        assert_eq!((judgement.held, judgement.got.as_deref()), (Some(held), Some("no reply")), "{text}");
    }
}

#[test]
fn faults_are_told() {
    let fault = |text: &str| text.parse::<Expectation>().unwrap_err();
    assert_eq!(fault("code"), ExpectationError::NoOperator("code".into()));
    assert_eq!(fault(""), ExpectationError::NoOperator(String::new()));
    assert_eq!(fault("code=0 or"), ExpectationError::NoOperator(String::new()));
    assert_eq!(fault("kode=0"), ExpectationError::Field("kode".into()));
    assert_eq!(fault("auth<valid"), ExpectationError::Operator { field: "auth", operator: "<" });
    for text in [
        "code=256",
        "code=0,1",
        "code=x",
        "lifetime=-1",
        "rtt<fast",
        "auth=good",
        "reply=some",
        "home_address=x",
        "extension=",
        "extension!=multipth",
        "unprotected!=multipth",
        "spi=4294967296",
        "spi=1,2",
        "code in",
        "identification_low=5",
    ] {
        let error = fault(text);
        assert!(
            matches!(error, ExpectationError::Value { .. } | ExpectationError::NoOperator(_)),
            "{text}: {error}"
        );
    }
}
