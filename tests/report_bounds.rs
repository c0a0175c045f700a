//! What statistics say of tables that were too small: in reports of an observer whose bounds are low.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;

use std::net::Ipv4Addr;

use history::{Ask, History, Packet, care_of};
use mipflow::net::Counters;
use mipflow::report::{Depth, JsonReport, Look, Report, Sections, Summary, TextReport, TimeStyle};
use mipflow::state::{Limits, Observer, Options};
use mipflow::trace::Counts;
use mipflow::wire::Numbers;
use serde_json::{Value, json};

const STATISTICS: Sections = Sections { findings: false, stats: true, ..Sections::FINDINGS };

/// Gives a report the end of a run that saw no message of its own.
fn finish(report: &mut dyn Report, observer: &Observer) {
    let summary = Summary {
        files: &["a.pcap".to_owned()],
        origins: None,
        link_types: &[],
        counts: &Counts::default(),
        observer,
        findings: None,
        target: None,
        flows: None,
        network: Counters {
            evicted_fragments: 1,
            expired_fragments: 2,
            refused_overlaps: 4,
            ..Counters::default()
        },
        clock_backwards: 0,
        numbers: Numbers::default(),
        lost: None,
        failures: &[],
    };
    report.finish(&summary).unwrap();
}

fn text(observer: &Observer) -> String {
    let mut out = Vec::new();
    let mut report =
        TextReport::new(&mut out, STATISTICS, Depth::default(), TimeStyle::default(), Look::default());
    finish(&mut report, observer);
    String::from_utf8(out).unwrap()
}

fn evicted(observer: &Observer) -> Value {
    let mut out = Vec::new();
    finish(&mut JsonReport::new(&mut out, STATISTICS), observer);
    serde_json::from_slice::<Value>(&out).unwrap()["capture"]["evicted"].take()
}

#[test]
fn what_fell_out_is_counted_by_what_it_was() {
    let mut history = History::new();
    let asks: Vec<Ask> =
        (1..=3).map(|number| Ask::bid(1, number.into()).home(Ipv4Addr::new(10, 1, 0, number))).collect();
    // Of 301 packets of the first exchange 256 are kept; of two nodes and two exchanges one.
    for count in 0..300u16 {
        history.ask(1.0 + f64::from(count), &asks[0]);
    }
    history.answer(301.0, &asks[0].answer(0));
    history.accepted(302.0, &asks[1]);
    // Each packet is a flow of its own, and one has room.
    for port in 1..=3 {
        history.down(
            303.0 + f64::from(port),
            care_of(1),
            &Packet::new().to(asks[1].home_address).ports(port, port),
        );
    }
    let limits = Limits { nodes: 1, exchanges: 1, flows: 1, ..Limits::default() };
    let observer = history.observe_with(Options { limits, ..Options::default() });
    assert_eq!(
        evicted(&observer),
        json!({
            "nodes": 1,
            "exchanges": 1,
            "flows": 2,
            "findings": 0,
            // Evicted, expired, and refused for overlaps.
            "fragments": 1 + 2 + 4,
            "bindings": 0,
            "rules": 0,
            "legs": 45,
            "others": 0,
        })
    );
    let text = text(&observer);
    assert!(text.contains("\n    given up          7\n"), "{text}");
    let (_, forgotten) = text.split_once("Forgotten, because tables are bounded\n").expect("a heading");
    assert_eq!(
        forgotten,
        "             1  mobile nodes\n             1  exchanges\n            45  packets of exchanges\n\
         \x20            2  flows\n"
    );
}

#[test]
fn nothing_is_said_where_all_had_room() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let observer = history.observe();
    assert!(!text(&observer).contains("Forgotten"), "{}", text(&observer));
}
