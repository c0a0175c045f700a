//! The flow policy of a node as `decode` draws it.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
mod program;

use history::{Ask, History, pcap};
use program::shown;

/// A FORWARD rule to BID 7, which nobody has, and twice to BID 1: the first that is active is in force (RFC 7629 §4.2),
/// and that is one place of the list.
#[test]
fn one_preference_is_in_force_though_its_bid_is_listed_twice() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[7, 1, 1], "proto udp dport 80"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twice.pcap");
    std::fs::write(&path, pcap(&history.shots)).unwrap();
    let text = shown(&format!("decode --show nodes {}", path.display()));
    let places: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.contains("preferences"))
        .filter_map(|line| Some(line.split_once("BID")?.0.trim_start().split("  ").last().unwrap().trim()))
        .collect();
    assert_eq!(places, ["", "▶", ""], "{text}");
}
