//! Nodes that come with a NAI instead of a home address (RFC 2794).

use std::net::Ipv4Addr;

use mipflow::craft::home_agent::Settings;

use super::history::{Ask, NODE};
use super::lab::{Lab, prefix, with_keys};

fn nobody(interface: u8, nai: &str) -> Ask {
    Ask::plain(interface, 0).home(Ipv4Addr::UNSPECIFIED).nai(nai)
}

#[test]
fn a_nai_alone_is_given_a_home_address_and_keeps_it() {
    let mut lab = Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/24")], ..Settings::default() });
    let first = lab.ask(&nobody(1, "a@example.org"));
    assert_eq!((first.code(), first.reply.home_address), (0, NODE));
    // The reply repeats the NAI, before any authenticator.
    assert_eq!(first.extensions(), [131]);
    assert_eq!(lab.ask(&nobody(2, "b@example.org")).reply.home_address, Ipv4Addr::new(10, 1, 0, 2));
    assert_eq!(lab.ask(&nobody(1, "a@example.org")).reply.home_address, NODE);
    let node = lab.node(NODE);
    assert_eq!((node.nai.as_deref(), node.active().count()), (Some(&b"a@example.org"[..]), 1));
    // By its address it is the same node.
    let by_address = lab.ask(&Ask::plain(1, 0).lifetime(0));
    assert_eq!((by_address.code(), lab.active()), (0, vec![]));
}

#[test]
fn an_address_that_somebody_has_is_not_given() {
    let mut lab = Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/30")], ..Settings::default() });
    lab.ask(&Ask::plain(1, 0));
    assert_eq!(lab.ask(&nobody(2, "a")).reply.home_address, Ipv4Addr::new(10, 1, 0, 2));
    // There is no other one: 10.1.0.0 and 10.1.0.3 are the network and its broadcast address.
    let full = lab.ask(&nobody(3, "b"));
    assert_eq!(
        (full.code(), full.reply.home_address, full.extensions()),
        (130, Ipv4Addr::UNSPECIFIED, vec![131])
    );
    // What is not used any more is taken back at once.
    lab.ask(&nobody(2, "a").lifetime(0));
    assert_eq!(lab.ask(&nobody(3, "b")).reply.home_address, Ipv4Addr::new(10, 1, 0, 2));
}

#[test]
fn addresses_of_nodes_without_bindings_are_there_for_others_at_once() {
    let settings = || Settings { home_prefixes: vec![prefix("10.1.0.0/30")], ..Settings::default() };
    // Who only de-registers is told an address, and does not keep it from others.
    let mut lab = Lab::new(settings());
    for nai in ["x", "y", "z", "w"] {
        assert_eq!(lab.ask(&nobody(1, nai).lifetime(0)).code(), 0, "{nai}");
    }
    assert_eq!(lab.ask(&nobody(2, "a")).code(), 0);
    // Nor does one whose binding expired.
    let mut lab = Lab::new(settings());
    lab.ask(&nobody(1, "a").lifetime(5));
    lab.ask(&nobody(2, "b"));
    assert_eq!(lab.ask(&nobody(3, "c")).code(), 130);
    lab.pass(5_100);
    assert_eq!(lab.ask(&nobody(3, "c")).code(), 0);
    assert_eq!(lab.ask(&nobody(1, "a")).code(), 130);
}

#[test]
fn without_a_network_to_give_addresses_out_of_a_nai_alone_gets_129() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.ask(&nobody(1, "a@example.org")).code(), 129);
}

#[test]
fn multipath_works_before_the_node_knows_its_address() {
    let mut lab = Lab::new(Settings {
        home_prefixes: vec![prefix("10.1.0.0/24")],
        max_bindings: 2,
        ..Settings::default()
    });
    for (bid, code) in [(1, 0), (2, 0), (3, 135), (2, 0)] {
        let ask = Ask::bid(bid, 0).home(Ipv4Addr::UNSPECIFIED).nai("a@example.org");
        assert_eq!(lab.ask(&ask).code(), code, "BID {bid}");
    }
    assert_eq!(lab.active(), [1, 2]);
}

#[test]
fn a_refused_request_gives_no_address_and_takes_no_name() {
    let mut lab = Lab::new(Settings {
        home_prefixes: vec![prefix("10.1.0.0/24")],
        multipath: false,
        ..Settings::default()
    });
    let refused = lab.ask(&Ask::bid(1, 0).home(Ipv4Addr::UNSPECIFIED).nai("a@example.org"));
    assert_eq!((refused.code(), refused.reply.home_address), (152, Ipv4Addr::UNSPECIFIED));
    assert!(refused.taken.changed.is_some());
    assert_eq!(lab.ask(&nobody(1, "b@example.org")).reply.home_address, NODE);
}

#[test]
fn a_forged_request_takes_nobodys_name_or_address() {
    let (key, forged) = ("256=text:secret", "256=text:forged");
    let settings =
        Settings { require_auth: true, home_prefixes: vec![prefix("10.1.0.0/24")], ..with_keys(&[key]) };
    let mut lab = Lab::new(settings);
    assert_eq!(lab.ask_signed(&nobody(1, "a@example.org"), key).reply.home_address, NODE);
    // Somebody else's home address under this NAI, and this NAI alone.
    let other = Ipv4Addr::new(10, 1, 0, 66);
    assert_eq!(lab.ask_signed(&Ask::plain(9, 0).home(other).nai("a@example.org"), forged).code(), 131);
    assert_eq!(lab.ask_signed(&nobody(9, "a@example.org").lifetime(0), forged).code(), 131);
    assert_eq!(lab.active(), [0]);
    let again = lab.ask_signed(&nobody(1, "a@example.org"), key);
    assert_eq!((again.code(), again.reply.home_address), (0, NODE));
    let with_bindings = lab.agent.observer().nodes().filter(|node| !node.bindings().is_empty());
    assert_eq!(with_bindings.map(|node| node.home_address).collect::<Vec<_>>(), [Some(NODE)]);
}

#[test]
fn thousands_are_given_addresses_one_after_the_other() {
    let mut lab = Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/16")], ..Settings::default() });
    for number in 1..=4_200 {
        let answer = lab.ask(&nobody(1, &format!("n{number}")));
        let address = Ipv4Addr::from(0x0a01_0000 + number);
        assert_eq!((answer.code(), answer.reply.home_address), (0, address));
    }
}

#[test]
fn an_address_whose_node_came_back_is_not_given_away() {
    let mut lab = Lab::new(Settings { home_prefixes: vec![prefix("10.1.0.0/30")], ..Settings::default() });
    lab.ask(&nobody(1, "a"));
    lab.ask(&nobody(2, "b"));
    // It goes, and comes again by the address that it has.
    lab.ask(&Ask::plain(1, 0).lifetime(0));
    assert_eq!(lab.ask(&Ask::plain(1, 0)).code(), 0);
    assert_eq!(lab.ask(&nobody(3, "c")).code(), 130);
    assert_eq!(lab.ask(&nobody(1, "a")).reply.home_address, NODE);
}
