//! The very same octets again get the same reply, once more; and what is no whole request is ignored and counted.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::craft::home_agent::{Ignored, Outcome, Received, Settings, Tally};
use mipflow::state::Step;
use mipflow::wire::ReplyCode;

use super::history::{Ask, HOME_AGENT, NODE};
use super::lab::{Lab, signed, with_keys};

#[test]
fn a_copy_gets_the_same_reply_and_changes_nothing() {
    let key = "256=text:secret";
    let mut lab = Lab::new(with_keys(&[key]));
    let ask = Ask::bid(1, lab.identification());
    let octets = signed(&ask, key);
    let first = lab.send(&ask, &octets);
    let expires = lab.node(NODE).bindings()[0].expires;
    lab.milliseconds += 1_000;
    let again = lab.send(&ask, &octets);
    assert_eq!(again.octets, first.octets);
    assert_eq!(again.taken.changed, None);
    // A duplicate does not extend what it was granted (RFC 5944 §3.8.2.2).
    assert_eq!(lab.node(NODE).bindings()[0].expires, expires);
    let exchange = again.taken.exchange.unwrap();
    assert_eq!(exchange.request_frames().collect::<Vec<_>>(), [1, 3]);
    assert_eq!(exchange.reply_frames().collect::<Vec<_>>(), [2, 4]);
    assert_eq!((exchange.retransmissions, exchange.kind.unwrap().name()), (1, "register"));
    let steps: Vec<Step> = exchange.legs.iter().map(|leg| leg.step).collect();
    let reply = Step::Reply(ReplyCode::ACCEPTED);
    assert_eq!(steps, [Step::Request, reply, Step::Retransmission, reply]);
    let tally = lab.agent.tally();
    assert_eq!(tally, Tally { requests: 2, copies: 1, accepted: 1, ..Tally::default() });
}

#[test]
fn of_a_flood_of_copies_the_first_ones_are_told() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, lab.identification());
    for _ in 0..200 {
        lab.ask_as_is(&ask);
    }
    let exchange = lab.ask_as_is(&ask).taken.exchange.unwrap();
    // Each came and was answered; 256 packets are kept of an exchange, and all copies are counted.
    assert_eq!((exchange.legs.len(), exchange.retransmissions), (256, 200));
}

#[test]
fn a_copy_of_what_was_denied_is_denied_the_same_way() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::bid(1, lab.identification()).forward(&[9], "any");
    let first = lab.ask_as_is(&ask);
    lab.milliseconds += 2_000;
    let again = lab.ask_as_is(&ask);
    assert_eq!((first.code(), &first.octets), (153, &again.octets));
}

#[test]
fn a_copy_with_a_stale_identification_is_told_the_time_of_now() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, 0x55);
    let time_told = |lab: &mut Lab| lab.ask_as_is(&ask).reply.identification >> 32;
    let first = time_told(&mut lab);
    lab.milliseconds += 2_000;
    // What a node takes up from code 133 has to be today's, or its next request is refused, too.
    assert_eq!(time_told(&mut lab), first + 2);
}

#[test]
fn a_copy_by_another_way_is_answered_there() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, lab.identification());
    let first = lab.ask_as_is(&ask);
    let relay = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 1), 9);
    let again = lab.ask_as_is(&ask.clone().from(relay));
    assert_eq!((again.taken.destination, &again.octets), (relay, &first.octets));
    assert_eq!(again.taken.exchange.unwrap().retransmissions, 0);
}

#[test]
fn after_ten_seconds_a_copy_is_stale() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, lab.identification());
    assert_eq!(lab.ask_as_is(&ask).code(), 0);
    lab.milliseconds += 10_000;
    assert_eq!(lab.ask_as_is(&ask).code(), 0);
    lab.milliseconds += 1;
    assert_eq!(lab.ask_as_is(&ask).code(), 133);
}

#[test]
fn a_copy_is_still_known_after_thousands_of_others() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, lab.identification());
    let first = lab.ask_as_is(&ask);
    for number in 0..5_000u32 {
        let home = Ipv4Addr::from(0x0a02_0000 + number);
        assert_eq!(lab.ask_as_is(&Ask::plain(1, lab.identification()).home(home)).code(), 0);
    }
    assert_eq!(lab.ask_as_is(&ask).octets, first.octets);
}

#[test]
fn what_is_no_whole_request_is_ignored_and_counted() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(1, lab.identification());
    let octets = ask.octets();
    let mut count = 0;
    let mut ignore = |lab: &mut Lab, source: SocketAddrV4, octets: &[u8], why| {
        assert_eq!(lab.ignored(source, octets), why, "{octets:?}");
        count += 1;
        assert_eq!(lab.agent.tally(), Tally { ignored: count, ..Tally::default() });
    };
    for length in 0..24 {
        ignore(&mut lab, ask.source, &octets[..length], Ignored::NoRequest);
    }
    for kind in [0, 2, 3, 4, 7, 15, 16, 255] {
        ignore(&mut lab, ask.source, &[&[kind][..], &octets[1..]].concat(), Ignored::NoRequest);
    }
    for source in ["0.0.0.0:434", "255.255.255.255:434", "224.0.0.1:434", "192.0.2.1:0"] {
        ignore(&mut lab, source.parse().unwrap(), &octets, Ignored::NoSource);
    }
    let cut = lab.agent.receive(&Received {
        octets: &octets,
        is_cut: true,
        source: ask.source,
        destination: SocketAddrV4::new(HOME_AGENT, 434),
        own_address: HOME_AGENT,
        time: lab.now(),
    });
    assert!(matches!(cut, Outcome::Ignored(Ignored::Cut)));
    assert_eq!(lab.ask_as_is(&ask).code(), 0, "and it goes on answering");
}
