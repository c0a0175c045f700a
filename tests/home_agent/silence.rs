//! An extension below 128 that the agent does not know drops its message in silence (RFC 5944 §1.8), whatever else is
//! wrong with the message, and wherever it stands.

use mipflow::craft::home_agent::Settings;
use mipflow::wire::ExtensionType;

use super::history::{Ask, NODE};
use super::lab::{Lab, signed, with_keys};

const KEY: &str = "256=text:secret";
/// Extension 100, which nobody has assigned, with two octets.
const UNKNOWN: [u8; 4] = [100, 2, 0, 0];
/// A Multipath extension with the reserved BID 0.
const BID_0: [u8; 8] = [154, 1, 0, 4, 4, 1, 0, 0];

fn is_dropped(settings: Settings, octets: &[u8]) -> bool {
    let mut lab = Lab::new(settings);
    let taken = lab.taken(&Ask::plain(1, 0), octets);
    assert_eq!(taken.reply.is_none(), taken.not_understood.is_some());
    taken.not_understood == Some(ExtensionType(100))
}

#[test]
fn before_and_behind_any_other_fault() {
    let lab = Lab::new(Settings::default());
    let plain = Ask::plain(1, lab.identification()).octets();
    let with = |extensions: &[&[u8]]| [&plain[..], &extensions.concat()].concat();
    for (what, octets) in [
        ("behind BID 0", with(&[&BID_0, &UNKNOWN])),
        ("before BID 0", with(&[&UNKNOWN, &BID_0])),
        (
            "behind two Multipath extensions",
            with(&[&[154, 1, 0, 4, 4, 1, 1, 0], &[154, 1, 0, 4, 4, 1, 2, 0], &UNKNOWN]),
        ),
        ("behind a critical vendor extension", with(&[&[38, 0, 0, 6, 0, 0, 0, 9, 0, 1], &UNKNOWN])),
        ("before one that is cut off", with(&[&UNKNOWN, &[200, 9, 0]])),
    ] {
        assert!(is_dropped(Settings::default(), &octets), "{what}");
    }
    let mut reserved = with(&[&UNKNOWN]);
    reserved[1] |= 0x01;
    assert!(is_dropped(Settings::default(), &reserved), "with a reserved flag");
    let mut nobody = with(&[&UNKNOWN]);
    nobody[4..8].fill(0);
    assert!(is_dropped(Settings::default(), &nobody), "without a home address");
}

#[test]
fn before_and_behind_the_authenticator() {
    let settings = || Settings { require_auth: true, ..with_keys(&[KEY]) };
    let lab = Lab::new(settings());
    let ask = Ask::bid(0, lab.identification()).home(NODE);
    let behind = [signed(&ask, KEY), UNKNOWN.to_vec()].concat();
    assert!(is_dropped(settings(), &behind));
    let unsigned = [ask.octets(), UNKNOWN.to_vec()].concat();
    assert!(is_dropped(settings(), &unsigned));
}
