//! What is saved of some nodes is what the screen shows of them.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

mod program;
mod terminal;

use std::path::{Path, PathBuf};

use program::capture::{RAW, datagram, pcap, request};
use serde_json::Value;
use terminal::Terminal;

/// Saves what the screen asks about to a file of this name, and waits for what is told of it.
fn save(terminal: &Terminal, directory: &Path, name: &str, told: &str) -> PathBuf {
    let path = directory.join(name);
    terminal.save(&path);
    terminal.shows(told);
    path
}

/// The node of foreign-agent.pcap is refused twice, and not answered once, before it has an address: by its NAI alone
/// these are its exchanges, too.
#[test]
fn a_ladder_is_saved_with_what_passed_before_the_node_had_an_address() {
    let directory = tempfile::tempdir().unwrap();
    let terminal = Terminal::new();
    terminal.watch("samples/foreign-agent.pcap");
    terminal.shows_all(&["ended", "30 packets"]);
    terminal.keys(&["2"]);
    terminal.shows("Ladder of 10.1.0.1: 6 exchanges");
    let path = save(&terminal, directory.path(), "ladder.csv", "saved exchanges");
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 1 + 6, "{text}");
    let path = save(&terminal, directory.path(), "ladder.txt", "saved the ladder");
    let text = std::fs::read_to_string(path).unwrap();
    // Each request is passed on.
    assert_eq!(text.matches(" RRQ ").count(), 2 * 6, "{text}");
    assert!(text.contains("133 Identification mismatch"), "{text}");
}

/// By samples/README.md: frames 9, 10 and 28 to 31 of tunnels.pcap are of node 5.
#[test]
fn what_a_filter_lets_through_is_saved_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let terminal = Terminal::new();
    terminal.watch("samples/tunnels.pcap");
    terminal.shows_all(&["ended", "33 packets"]);
    terminal.keys(&["f"]);
    terminal.line("node:10.1.0.5");
    terminal.shows("1 of 6 nodes");
    let path = save(&terminal, directory.path(), "one.json", "saved messages, tables and findings");
    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let count = |section: &str| document[section].as_array().unwrap().len();
    assert_eq!(["messages", "exchanges", "nodes", "flows"].map(count), [6, 1, 1, 2], "{document:#}");
    for section in ["exchanges", "nodes", "flows"] {
        let objects = document[section].as_array().unwrap();
        assert!(objects.iter().all(|object| object["home_address"] == "10.1.0.5"), "{section}: {objects:#?}");
    }
}

/// By samples/README.md: three flows of one node in figure3.pcap, of which the one of port 5060 was seen in BID 1 until
/// that was de-registered; eight messages.
#[test]
fn the_flows_that_are_saved_are_those_that_are_shown_or_selected() {
    let directory = tempfile::tempdir().unwrap();
    let terminal = Terminal::new();
    terminal.watch("samples/figure3.pcap");
    terminal.shows_all(&["ended", "46 packets"]);
    let csv = |name: &str, port: &str| {
        let path = save(&terminal, directory.path(), name, "saved flows to");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.lines().skip(1).count() >= 1 && text.lines().skip(1).all(|row| row.contains(port)),
            "{text}"
        );
    };
    let json = |name: &str, port: u64| {
        let path = save(&terminal, directory.path(), name, "saved messages, tables");
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let count = |section: &str| document[section].as_array().unwrap().len();
        assert_eq!(["messages", "exchanges", "nodes", "flows"].map(count), [8, 4, 1, 1], "{document:#}");
        assert_eq!(document["flows"][0]["source_port"], port, "{document:#}");
    };
    // Selected: the second one.
    terminal.keys(&["4", "j", "Space"]);
    terminal.shows("●");
    csv("selected.csv", "203.0.113.80");
    json("selected.json", 80);
    terminal.keys(&["k", "Space"]);
    terminal.wait("no mark", |text| !text.contains('●'));
    terminal.keys(&["f"]);
    terminal.line("bid:1");
    terminal.shows("1 of 3 flows");
    csv("filtered.csv", "203.0.113.50");
    json("filtered.json", 5060);
    save(&terminal, directory.path(), "filtered.pcap", "saved 8 messages");
}

/// The last 10 000 messages are kept, and who hands on what was saved has to know that there were more.
#[test]
fn messages_that_were_forgotten_are_told_when_others_are_saved() {
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("many.pcap");
    let frames = vec![datagram(40_000, 434, &request(&[])); 10_010];
    std::fs::write(&capture, pcap(RAW, &frames)).unwrap();
    let terminal = Terminal::new();
    terminal.watch(capture.to_str().unwrap());
    terminal.shows_all(&["ended", "10 010 packets"]);
    save(&terminal, directory.path(), "all.pcap", "saved 10 000 messages (10 older messages forgotten) to");
    save(
        &terminal,
        directory.path(),
        "all.json",
        "saved messages, tables and findings (10 older messages forg",
    );
    // Of nodes, and of the messages that were chosen, none is missing.
    save(&terminal, directory.path(), "all.csv", "saved nodes to");
    terminal.keys(&["3", "Space"]);
    save(&terminal, directory.path(), "chosen.pcap", "saved 1 message to");
}
