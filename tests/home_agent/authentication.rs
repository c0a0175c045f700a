//! Code 131, and who signs the replies.

use mipflow::craft::home_agent::Settings;

use super::history::{Ask, NODE};
use super::lab::{Lab, signed, signed_as, with_keys};

const KEY: &str = "256=text:secret";

fn strict() -> Settings {
    Settings { require_auth: true, ..with_keys(&[KEY]) }
}

#[test]
fn a_bad_authenticator_gets_131_signed_with_the_key_of_its_spi() {
    for settings in [
        with_keys(&["300=text:first", KEY]),
        Settings { require_auth: true, ..with_keys(&["300=text:first", KEY]) },
    ] {
        let mut lab = Lab::new(settings);
        let answer = lab.ask_signed(&Ask::plain(1, 0), "256=text:wrong");
        assert_eq!((answer.code(), answer.extensions()), (131, vec![32]));
        assert_eq!(answer.verdicts(KEY), ["valid"]);
        assert_eq!((lab.active(), answer.taken.changed), (vec![], None));
        assert_eq!(answer.reply.identification, lab.identification());
    }
}

#[test]
fn an_authenticator_of_another_message_is_bad() {
    let mut lab = Lab::new(with_keys(&[KEY]));
    let ask = Ask::plain(1, lab.identification());
    let mut octets = signed(&ask, KEY);
    octets[3] ^= 1;
    assert_eq!(lab.send(&ask, &octets).code(), 131);
    octets[3] ^= 1;
    // What was refused for its authenticator may come again with the same Identification.
    assert_eq!(lab.send(&ask, &octets).code(), 0);
    assert_eq!(lab.active(), [0]);
}

#[test]
fn a_missing_authenticator_and_an_unknown_spi_get_131_only_where_one_is_required() {
    let mut lab = Lab::new(strict());
    let missing = lab.ask(&Ask::plain(1, 0));
    assert_eq!(missing.code(), 131);
    let unknown = lab.ask_signed(&Ask::plain(1, 0), "999=text:secret");
    assert_eq!(unknown.code(), 131);
    // RFC 5944 §3.8.2.1: signed under an association that the node is likely to have.
    assert_eq!((missing.verdicts(KEY), unknown.verdicts(KEY)), (vec!["valid"], vec!["valid"]));
    assert_eq!(lab.ask_signed(&Ask::plain(1, 0), KEY).code(), 0);

    let mut open = Lab::new(with_keys(&[KEY]));
    assert_eq!(open.ask(&Ask::plain(1, 0)).code(), 0);
    assert_eq!(open.ask_signed(&Ask::plain(1, 0), "999=text:secret").code(), 0);
}

#[test]
fn each_algorithm_is_verified_and_answered() {
    for algorithm in ["hmac-md5", "hmac-sha1", "hmac-sha256", "md5-prefix-suffix"] {
        let key = format!("4000/{algorithm}=00ff10");
        let mut lab = Lab::new(Settings { require_auth: true, ..with_keys(&["256=text:other", &key]) });
        let answer = lab.ask_signed(&Ask::bid(1, 0), &key);
        assert_eq!((answer.code(), answer.verdicts(&key)), (0, vec!["valid"]), "{algorithm}");
    }
}

#[test]
fn of_several_keys_of_an_spi_the_one_that_verifies_answers() {
    let mut lab = Lab::new(with_keys(&["256=text:old", "256=text:new"]));
    let answer = lab.ask_signed(&Ask::plain(1, 0), "256=text:new");
    assert_eq!((answer.code(), answer.verdicts("256=text:new")), (0, vec!["valid"]));
}

#[test]
fn the_generalized_extension_authorises_too() {
    let mut lab = Lab::new(strict());
    let ask = Ask::plain(1, lab.identification());
    let answer = lab.send(&ask, &signed_as(ask.octets(), 36, KEY));
    assert_eq!((answer.code(), answer.verdicts(KEY)), (0, vec!["valid"]));
    lab.milliseconds += 20;
    let ask = Ask::plain(1, lab.identification());
    assert_eq!(lab.send(&ask, &signed_as(ask.octets(), 36, "256=text:wrong")).code(), 131);
    // One that verifies does not make up for one that does not.
    let both = signed_as(signed(&ask, KEY), 36, "256=text:wrong");
    assert_eq!(lab.send(&ask, &both).code(), 131);
}

#[test]
fn all_replies_are_signed_where_there_is_a_key_and_none_where_there_is_none() {
    let mut lab = Lab::new(Settings { multipath: false, ..with_keys(&[KEY]) });
    let refusals = [
        (134, Ask::bid(0, 0)),
        (152, Ask::bid(1, 0)),
        (136, Ask { home_agent: NODE, ..Ask::plain(1, 0) }),
        (0, Ask::plain(1, 0)),
    ];
    for (code, ask) in refusals {
        let answer = lab.ask_signed(&ask, KEY);
        assert_eq!((answer.code(), answer.verdicts(KEY)), (code, vec!["valid"]));
    }
    let mut open = Lab::new(Settings::default());
    let answer = open.ask_signed(&Ask::plain(1, 0), KEY);
    assert_eq!((answer.code(), answer.extensions()), (0, vec![]));
}
