//! What is saved of some nodes is what the screen shows of them.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

mod terminal;

use std::path::{Path, PathBuf};

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
