//! Nodes as `decode` names them, and their flow policy as it draws it.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
mod program;

use std::net::Ipv4Addr;

use history::{Ask, HOME_AGENT, History, Packet, care_of, gre, pcap};
use mipflow::wire::{Authentication, Content, ExtensionType};
use program::shown;

/// What `decode` prints of a history.
fn told(options: &str, history: &History) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.pcap");
    std::fs::write(&path, pcap(&history.shots)).unwrap();
    shown(&format!("decode {options} {}", path.display()))
}

/// A NAI extension may be without octets (RFC 2794 §3 has no least length). What stands below the name in a table is not
/// to be taken for it.
#[test]
fn a_name_without_octets_is_told_as_one() {
    let mut history = History::new();
    let ask = Ask::plain(1, 1).home(Ipv4Addr::UNSPECIFIED).nai("");
    history.answered(1.0, &ask, 131);
    let cells = |options: &str| -> Vec<String> {
        let text = told(options, &history);
        let rows = text.lines().skip_while(|line| !line.starts_with('─')).skip(1);
        rows.flat_map(|row| row.split("  ").map(|cell| cell.trim().to_owned()))
            .filter(|cell| !cell.is_empty())
            .collect()
    };
    assert_eq!(cells("--show violations")[..2], ["empty NAI", "198.51.100.1"]);
    assert_eq!(cells("--show exchanges")[1], "empty NAI");
    assert!(told("--show nodes", &history).starts_with("empty NAI (no home address yet)\n"));
    assert!(told("--show messages", &history).contains(" · empty NAI"));
}

/// 10.1.0.1 registers as `node@example.org`, then 10.1.0.2 does, and both stay registered. The name is that of the second:
/// a request without a home address is its own, and so is the denial.
#[test]
fn a_name_that_was_given_on_is_shown_of_both() {
    let (first, second) = (Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 1, 0, 2));
    let ask = |bid: u8, home: Ipv4Addr| Ask::bid(bid, bid.into()).home(home).nai("node@example.org");
    let mut history = History::new();
    history.accepted(1.0, &ask(1, first));
    history.accepted(2.0, &ask(2, second));
    history.answered(3.0, &ask(3, Ipv4Addr::UNSPECIFIED), 131);
    let rows = |options: &str| -> Vec<String> {
        let text = told(&format!("{options} --format csv --node node@example.org"), &history);
        text.lines().skip(1).map(|row| row.split(',').take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(rows("--show nodes"), ["10.1.0.1 node@example.org", "10.1.0.2 node@example.org"]);
    assert_eq!(rows("--show violations"), ["10.1.0.2 node@example.org"]);
    assert_eq!(rows("--show messages").len(), 6);
}

/// A node asks any home agent, and one that names itself accepts: it is listed there alone, and what did not verify is
/// told of it there. Keys judge messages; they change no other table.
#[test]
fn keys_change_no_table_but_that_of_violations() {
    let mut history = History::new();
    let signed = Content::Authentication(Authentication { spi: 256, authenticator: &[0; 16] });
    let ask = Ask::bid(1, 1).extension(ExtensionType::MOBILE_HOME_AUTHENTICATION, 0, &signed);
    let ask = Ask { home_agent: Ipv4Addr::BROADCAST, ..ask };
    history.ask(1.0, &ask);
    history.answer(1.02, &ask.answer(0).agent(HOME_AGENT));
    let without = told("--show nodes --format csv", &history);
    for (key, counts) in [("256=00", "1,0,0"), ("999=00", "0,0,1")] {
        let nodes = told(&format!("--show nodes --format csv --key {key}"), &history);
        assert_eq!(nodes, without, "{key}");
        let violations = told(&format!("--show violations --format csv --key {key}"), &history);
        let rows: Vec<&str> = violations.lines().skip(1).collect();
        assert_eq!(rows.len(), 1, "{violations}");
        assert!(rows[0].starts_with(&format!("10.1.0.1,,198.51.100.1,{counts},")), "{violations}");
    }
}

/// A FORWARD rule to BID 7, which nobody has, and twice to BID 1: the first that is active is in force (RFC 7629 §4.2),
/// and that is one place of the list.
#[test]
fn one_preference_is_in_force_though_its_bid_is_listed_twice() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[7, 1, 1], "proto udp dport 80"));
    let text = told("--show nodes", &history);
    let places: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.contains("preferences"))
        .filter_map(|line| Some(line.split_once("BID")?.0.trim_start().split("  ").last().unwrap().trim()))
        .collect();
    assert_eq!(places, ["", "▶", ""], "{text}");
}

/// A GRE tunnel twice without a key, then with one in a packet that the capture holds twice, and without again: the key
/// came and went (TUN-022), whether one node is asked for or all are.
#[test]
fn the_findings_of_one_node_are_those_that_it_has_among_all() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).flags(0x2a)); // D, G, T
    let data = |key: Option<u32>| gre(HOME_AGENT, care_of(1), key, &Packet::new().octets());
    history.packet(5.0, data(None));
    history.packet(5.1, data(None));
    let keyed = history.packet(5.2, data(Some(6)));
    history.copy(5.201, keyed);
    history.packet(5.3, data(None));
    for options in ["", "--node 10.1.0.1"] {
        let findings = told(&format!("--show findings --format csv {options}"), &history);
        let frames: Vec<&str> = findings
            .lines()
            .filter(|line| line.starts_with("TUN-022,"))
            .filter_map(|line| line.split(',').nth(2))
            .collect();
        assert_eq!(frames, ["5", "7"], "{options}");
    }
}
