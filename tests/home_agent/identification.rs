//! Code 133: replay protection by timestamps and by nonces (RFC 5944 §5.7).

use std::net::Ipv4Addr;

use mipflow::craft::ReplayStyle;
use mipflow::craft::home_agent::Settings;

use super::history::{Ask, NODE, care_of};
use super::lab::{Lab, NTP_EPOCH};

/// What the reply's Identification has in its halves.
fn halves(identification: u64) -> (u64, u64) {
    (identification >> 32, identification & 0xffff_ffff)
}

#[test]
fn a_timestamp_may_be_seven_seconds_off_and_no_more() {
    for (off, code) in [(-8_000, 133), (-7_000, 0), (0, 0), (7_000, 0), (8_000, 133)] {
        let mut lab = Lab::new(Settings::default());
        lab.milliseconds = 60_000 + off;
        let identification = lab.identification();
        lab.milliseconds = 60_000;
        let answer = lab.ask_as_is(&Ask::bid(1, identification));
        assert_eq!(answer.code(), code, "{off} ms");
    }
}

#[test]
fn the_reply_has_the_agents_time_in_its_high_half_and_the_requests_low_half() {
    let mut lab = Lab::new(Settings::default());
    lab.milliseconds = 1_750;
    let answer = lab.ask_as_is(&Ask::plain(1, 0x0123_4567_89ab_cdef));
    assert_eq!(answer.code(), 133);
    assert_eq!(halves(answer.reply.identification), (NTP_EPOCH + 1, 0x89ab_cdef));
    assert_eq!((lab.active(), answer.taken.changed), (vec![], None));
    // A node that takes it up is accepted.
    let (high, _) = halves(answer.reply.identification);
    assert_eq!(lab.ask_as_is(&Ask::plain(1, high << 32 | 1)).code(), 0);
}

#[test]
fn a_timestamp_is_later_than_any_that_was_accepted_of_the_node() {
    let mut lab = Lab::new(Settings::default());
    let first = lab.ask(&Ask::bid(1, 0)).reply.identification;
    assert_eq!(lab.ask_as_is(&Ask::bid(2, first)).code(), 133, "the same in another request");
    assert_eq!(lab.ask_as_is(&Ask::bid(2, first - 1)).code(), 133);
    assert_eq!(lab.ask_as_is(&Ask::bid(2, first + 1)).code(), 0);
    // Another node counts for itself.
    let other = Ask::bid(1, first - 1).home(Ipv4Addr::new(10, 1, 0, 2));
    assert_eq!(lab.ask_as_is(&other).code(), 0);
    // A request that was denied by policy was fresh, too.
    let denied = lab.ask(&Ask::bid(1, 0).forward(&[9], "any"));
    assert_eq!(denied.code(), 153);
    assert_eq!(lab.ask_as_is(&Ask::bid(1, denied.reply.identification)).code(), 133);
}

#[test]
fn a_timestamp_ahead_does_not_come_again_when_time_has_caught_up() {
    let mut lab = Lab::new(Settings::default());
    let ahead = lab.identification() + (6 << 32);
    assert_eq!(lab.ask_as_is(&Ask::plain(1, ahead)).code(), 0);
    for _ in 0..12 {
        lab.milliseconds += 1_000;
        // A copy that differs, as the very same octets get the same reply for a while.
        let replayed = Ask::plain(1, ahead).at(care_of(66));
        assert_eq!(lab.ask_as_is(&replayed).code(), 133, "{} ms later", lab.milliseconds);
        // Others keep the table turning.
        let other = Ask::plain(1, lab.identification()).home(Ipv4Addr::new(10, 1, 0, 9));
        assert_eq!(lab.ask_as_is(&other).code(), 0);
    }
}

#[test]
fn a_clock_that_is_set_back_is_the_one_that_counts() {
    let mut lab = Lab::new(Settings::default());
    lab.milliseconds = 3_600_000;
    assert_eq!(lab.ask(&Ask::plain(1, 0)).code(), 0);
    lab.milliseconds = 1_000;
    let answer = lab.ask_as_is(&Ask::plain(1, 5));
    assert_eq!(halves(answer.reply.identification), (NTP_EPOCH + 1, 5));
    let other = Ask::plain(1, 0).home(Ipv4Addr::new(10, 1, 0, 2));
    assert_eq!(lab.ask(&other).code(), 0);
}

#[test]
fn nonces_are_told_in_each_reply_and_expected_in_the_next_request() {
    let mut lab = Lab::new(Settings { replay: ReplayStyle::Nonce, ..Settings::default() });
    let unknown = lab.ask_as_is(&Ask::plain(1, 0x1111_1111_0000_0001));
    assert_eq!((unknown.code(), unknown.reply.identification & 0xffff_ffff), (133, 1));
    let mut nonce = unknown.reply.identification >> 32;
    let mut told = vec![nonce];
    for low in 2..20 {
        let answer = lab.ask_as_is(&Ask::plain(1, nonce << 32 | low));
        assert_eq!((answer.code(), answer.reply.identification & 0xffff_ffff), (0, low));
        nonce = answer.reply.identification >> 32;
        assert!(!told.contains(&nonce), "{told:x?}");
        told.push(nonce);
    }
    let stale = lab.ask_as_is(&Ask::plain(1, told[3] << 32 | 0x99));
    assert_eq!(stale.code(), 133);
    let next = stale.reply.identification >> 32;
    assert_eq!(lab.ask_as_is(&Ask::plain(1, next << 32 | 0x100)).code(), 0);
    assert_eq!(lab.node(NODE).active().count(), 1);
}
