//! A node that goes by its NAI and by the home address that it was given is one node, with one replay protection
//! (RFC 2794, RFC 5944 §5.7).

use std::net::Ipv4Addr;

use mipflow::craft::ReplayStyle;
use mipflow::craft::home_agent::Settings;

use super::history::{Ask, NODE, care_of};
use super::lab::{Lab, prefix};

const NAI: &str = "a@example.org";

fn lab(replay: ReplayStyle) -> Lab {
    Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/24")], replay, ..Settings::default() })
}

fn by_nai(interface: u8, identification: u64) -> Ask {
    Ask::plain(interface, identification).home(Ipv4Addr::UNSPECIFIED).nai(NAI)
}

/// The care-of addresses that the node is reached at.
fn reached_at(lab: &Lab) -> Vec<Ipv4Addr> {
    lab.node(NODE).active().map(|binding| binding.care_of_address).collect()
}

#[test]
fn an_older_request_under_one_name_undoes_no_newer_one_under_the_other() {
    let mut lab = lab(ReplayStyle::Timestamp);
    lab.milliseconds = 60_000;
    let first = lab.identification();
    let seconds = |seconds: u64| first + (seconds << 32);
    assert_eq!(lab.ask_as_is(&by_nai(1, first)).code(), 0);
    assert_eq!(lab.ask_as_is(&Ask::plain(3, seconds(3))).code(), 0);
    assert_eq!(lab.ask_as_is(&by_nai(2, seconds(1))).code(), 133, "by its NAI");
    assert_eq!(reached_at(&lab), [care_of(3)]);
    assert_eq!(lab.ask_as_is(&by_nai(4, seconds(5))).code(), 0);
    assert_eq!(lab.ask_as_is(&Ask::plain(5, seconds(4))).code(), 133, "by its address");
    assert_eq!(reached_at(&lab), [care_of(4)]);
}

#[test]
fn a_nai_whose_address_was_taken_back_is_protected_still() {
    let mut lab = Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/30")], ..Settings::default() });
    lab.milliseconds = 60_000;
    let first = lab.identification();
    assert_eq!(lab.ask_as_is(&by_nai(1, first)).code(), 0);
    assert_eq!(lab.ask_as_is(&Ask::plain(1, first + (2 << 32)).lifetime(0)).code(), 0);
    // There are two addresses, so the first is taken back for one of these.
    for nai in ["b", "c"] {
        let other = Ask::plain(9, first).home(Ipv4Addr::UNSPECIFIED).nai(nai);
        lab.ask_as_is(&other);
    }
    assert_eq!(lab.ask_as_is(&by_nai(2, first + (1 << 32))).code(), 133);
}

#[test]
fn the_nonce_of_a_reply_counts_under_both_names() {
    let mut lab = lab(ReplayStyle::Nonce);
    let mut nonce = 0;
    let mut own = 0;
    let mut codes = Vec::new();
    for ask in [by_nai(1, 0), by_nai(1, 0), Ask::plain(2, 0), by_nai(3, 0), Ask::plain(4, 0)] {
        own += 1;
        let answer = lab.ask_as_is(&ask.again(nonce << 32 | own));
        codes.push(answer.code());
        nonce = answer.reply.identification >> 32;
    }
    // Of the first nonce nobody can know.
    assert_eq!(codes, [133, 0, 0, 0, 0]);
}

#[test]
fn a_nai_beside_a_home_address_is_no_other_name_for_its_node() {
    let mut lab = lab(ReplayStyle::Timestamp);
    lab.milliseconds = 60_000;
    let first = lab.identification();
    assert_eq!(lab.ask_as_is(&Ask::plain(1, first + (3 << 32)).nai(NAI)).code(), 0);
    assert_eq!(lab.ask_as_is(&Ask::plain(2, first + (1 << 32))).code(), 133, "an older one without the NAI");
    assert_eq!(reached_at(&lab), [care_of(1)]);
}

#[test]
fn of_two_home_addresses_of_a_nai_the_one_that_a_reply_names_has_changed() {
    let mut lab = lab(ReplayStyle::Timestamp);
    let by_nai = |bid| Ask::bid(bid, 0).home(Ipv4Addr::UNSPECIFIED).nai(NAI);
    for bid in [1, 5] {
        assert_eq!(lab.ask(&by_nai(bid)).reply.home_address, NODE);
    }
    // The NAI goes by another home address, too, which has one binding.
    let other = Ipv4Addr::new(10, 1, 0, 23);
    assert_eq!(lab.ask(&Ask::bid(2, 0).home(other).nai(NAI)).code(), 0);
    let answer = lab.ask(&by_nai(5).lifetime(0));
    assert_eq!((answer.code(), answer.reply.home_address), (0, NODE));
    // So has NODE afterwards.
    assert_eq!(lab.active(), [1]);
    let changed = answer.taken.changed.and_then(|index| lab.agent.node(index)).unwrap();
    assert_eq!(changed.home_address, Some(NODE));
    // What is not there cannot be de-registered once more.
    assert_eq!(lab.ask(&by_nai(5).lifetime(0)).taken.changed, None);
}
