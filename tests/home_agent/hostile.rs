//! Whatever octets come: no panic, a reply only to a whole request, and the next good request is answered.

use mipflow::craft::home_agent::{Outcome, Settings};
use mipflow::wire::{Header, Message, Numbers};
use proptest::collection::vec;
use proptest::prelude::*;

use super::history::{Ask, HOME_AGENT, NODE};
use super::lab::{Lab, prefix, signed, with_keys};

const KEY: &str = "256=text:secret";

fn lab(require_auth: bool) -> Lab {
    let home_prefixes = vec![prefix("10.1.0.0/24")];
    Lab::new(Settings { require_auth, home_prefixes, max_bindings: 4, ..with_keys(&[KEY]) })
}

/// A good request with some octets changed, cut off or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (vec(change, 0..6), any::<bool>()).prop_map(|(changes, is_signed)| {
        let ask =
            Ask::bid(1, lab(false).identification()).forward(&[1, 2], "proto udp dport 5060").nai("a@b");
        let mut octets = if is_signed { signed(&ask, KEY) } else { ask.octets() };
        for (place, value, how) in changes {
            if octets.is_empty() {
                break;
            }
            let place = place.index(octets.len());
            match how {
                0 => octets.truncate(place),
                1 => octets.insert(place, value),
                2 => octets[place] ^= 1 << (value % 8),
                _ => octets[place] = value,
            }
        }
        octets
    })
}

/// A request of which only the fixed part is sure to be whole.
fn request_and_garbage() -> impl Strategy<Value = Vec<u8>> {
    let identification = lab(false).identification();
    vec(any::<u8>(), 0..300).prop_map(move |more| [Ask::plain(1, identification).octets(), more].concat())
}

fn any_octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..200), mutated(), request_and_garbage()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_reply_goes_only_to_a_whole_request(
        datagrams in vec((any_octets(), 0..50i64), 1..20),
        require_auth: bool,
    ) {
        let mut lab = lab(require_auth);
        let good = Ask::plain(9, 0).home([10, 1, 0, 99].into());
        for (octets, wait) in datagrams {
            lab.milliseconds += wait;
            let before = lab.agent.tally();
            let is_whole = octets.len() >= 24 && octets[0] == 1;
            match lab.receive(good.source, good.destination, &octets) {
                Outcome::Ignored(_) => {
                    prop_assert!(!is_whole);
                    prop_assert_eq!(lab.agent.tally().ignored, before.ignored + 1);
                }
                Outcome::Taken(taken) => {
                    prop_assert!(is_whole);
                    prop_assert!(taken.exchange.is_some());
                    prop_assert_eq!(taken.reply.is_none(), taken.not_understood.is_some());
                    let Some(reply) = taken.reply_octets() else { continue };
                    let message = Message::parse(reply, 0, Numbers::default());
                    let Header::Reply(header) = message.header else { panic!("no reply") };
                    // The low half of the Identification is the request's, whatever else is wrong.
                    prop_assert_eq!(&header.identification.to_be_bytes()[4..], &octets[20..24]);
                    prop_assert_eq!(header.home_agent, HOME_AGENT);
                    prop_assert_eq!(message.malformed(), None);
                    let requested = u16::from_be_bytes([octets[2], octets[3]]);
                    prop_assert!(header.lifetime <= requested);
                    // Each is signed, once.
                    let signatures = message.extensions().filter(|extension| extension.kind.0 == 32);
                    prop_assert_eq!(signatures.count(), 1);
                    prop_assert!(!require_auth || header.code.0 != 0 || octets.len() >= 46);
                }
            }
        }
        let answer = lab.ask_signed(&good, KEY);
        prop_assert_eq!(answer.code(), 0);
    }

    #[test]
    fn nobody_without_the_key_changes_anything(datagrams in vec(any_octets(), 1..20)) {
        let mut lab = Lab::new(Settings { require_auth: true, ..with_keys(&["256=text:another secret"]) });
        let ask = Ask::plain(9, 0);
        for octets in datagrams {
            if let Outcome::Taken(taken) = lab.receive(ask.source, ask.destination, &octets) {
                prop_assert_eq!(taken.changed, None);
            }
        }
        prop_assert_eq!(lab.agent.tally().accepted, 0);
        prop_assert!(lab.agent.observer().nodes().all(|node| node.bindings().is_empty()));
    }
}

#[test]
fn a_flood_of_nodes_does_not_grow_the_tables_beyond_their_bounds() {
    let mut lab = Lab::new(Settings::default());
    let nodes = 70_000u32;
    for number in 0..nodes {
        let home = std::net::Ipv4Addr::from(0x0b00_0000 + number);
        lab.milliseconds = i64::from(number / 100);
        lab.ask_as_is(&Ask::plain(1, lab.identification()).home(home).lifetime(if number % 2 == 0 {
            0
        } else {
            600
        }));
    }
    assert!(lab.agent.observer().nodes().count() <= 65_536);
    assert_eq!(lab.agent.observer().evictions().nodes, u64::from(nodes) - 65_536);
    assert_eq!(lab.ask(&Ask::plain(1, 0).home(NODE)).code(), 0);
}
