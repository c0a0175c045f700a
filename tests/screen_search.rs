//! What is looked for on the screen: searches, and filters that hold back the rest.

mod screen;

use crossterm::event::KeyCode;
use mipflow::tui::{Filter, Message, Settings};
use mipflow::watch::EngineOptions;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";
const SIZE: (u16, u16) = (80, 24);

#[test]
fn a_search_goes_as_it_is_typed_and_round_and_round() {
    let mut bench = Bench::after(FIGURE, SIZE);
    bench.keys("3/accepted");
    assert!(bench.line("▶    4 10:").contains("RRP"), "{}", bench.text());
    bench.keys("\n");
    for (key, frame) in [("n", 10), ("n", 19), ("n", 36), ("n", 4), ("N", 36), ("N", 19)] {
        bench.keys(key);
        assert!(bench.cursor().starts_with(&frame.to_string()), "{key} {frame}\n{}", bench.text());
    }
    // Given up: back where it began.
    bench.keys("g/de-registers");
    assert!(bench.shows("▶   35 10:"));
    bench.press(KeyCode::Esc);
    assert!(bench.cursor().starts_with("3 "));
    bench.keys("/nowhere");
    assert!(bench.shows("not found"));
    bench.keys("\n");
    assert!(bench.shows("`nowhere` is not found here"));
    // In each of the other views, and in the packet tree.
    for (view, text, found) in [
        ("1", "bid 3", "BID 3"),
        ("2", "tunnel down", "tunnel down"),
        ("4", ":80 ", "203.0.113.80:80"),
        ("6", "replies by", "Replies by code"),
        ("3\t", "coa", "Care-of"),
    ] {
        let text = if text == "coa" { "care-of" } else { text };
        bench.keys(&format!("{view}g/{text}\n"));
        assert!(
            bench.text().lines().any(|line| line.starts_with('▶') && line.contains(found)),
            "{}",
            bench.text()
        );
    }
}

#[test]
fn a_search_finds_what_is_drawn() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (file, view, text, found) in [
        (FIGURE, "1", "802.11", "BID 1 802.11/1"),
        (FIGURE, "1", "deregistered", "BID 1 802.11/1"),
        (FIGURE, "1", "fid 2", "tcp 203.0.113.80:80"),
        (FIGURE, "1", "2 of 3 up  3 FLOWS", "10.1.0.1"),
        // A tunnel of a node that is folded.
        ("samples/tunnels.pcap", "1", "192.0.2.245", "10.1.0.5"),
        (FIGURE, "3", "10:00:08.03", "35 10:00:08.030760"),
        (FIGURE, "3", "   36 ", "36 10:00:08.032160"),
        (FIGURE, "4", "1→2", "10.1.0.1 udp 203.0.113.50:5060"),
        (FIGURE, "4", "7 conforms", ""),
        ("samples/malformed.pcap", "5", "(9)", "note EXT-004"),
        ("samples/malformed.pcap", "5", "of no node", "▾ of no node"),
        ("samples/malformed.pcap", "5", "#12 10:00:12.1", "#12 10:00:12.100"),
        ("samples/malformed.pcap", "5ww", "#12  12.100 ", "#12 12.100 Registration Reply"),
        // The policy has lines of its own.
        (FIGURE, "1\t", "2 192.0.2.70", "BID 2 192.0.2.70 E-UTRAN"),
        (FIGURE, "1\t", "failover", "<DROP> │ FAILOVER"),
    ] {
        let mut bench = Bench::after(file, (100, 40));
        bench.keys(&format!("{view}/{text}\n"));
        let text = bench.text();
        let mut rows = text.lines().filter(|line| line.starts_with('▶'));
        let is_there = rows.any(|row| words(row).contains(found));
        if found.is_empty() {
            assert!(bench.shows("is not found here"), "{text}");
        } else {
            assert!(is_there, "{found}\n{text}");
        }
    }
    // Whatever stands in a row leads to it.
    for file in [FIGURE, "samples/malformed.pcap", "samples/foreign-agent.pcap"] {
        let mut bench = Bench::after(file, SIZE);
        for (width, height) in [(60, 24), (170, 50)] {
            bench.send(Message::Resize(width, height));
            for (view, row) in ["1", "2", "3", "4", "5", "5>", "5>", "5>", "6"]
                .into_iter()
                .flat_map(|view| [(view, 1), (view, 8)])
            {
                bench.keys(&format!("{view}g{}", "j".repeat(row)));
                let part: String = bench.cursor().chars().take(usize::from(width) / 2).collect();
                bench.keys("g/");
                bench.send(Message::Paste(part.trim_end().to_owned()));
                bench.keys("\n");
                let is_there = words(&bench.cursor()).starts_with(&words(&part));
                assert!(is_there && !bench.shows("nowhere"), "{file} {view} `{part}`\n{}", bench.text());
                // Times, too, in whichever format.
                bench.keys("w");
            }
        }
    }
}

#[test]
fn a_filter_is_checked_as_it_is_typed_and_holds_in_all_views() {
    let mut bench = Bench::after("samples/tunnels.pcap", (100, 30));
    bench.keys("fnode:10.1.0.5 stat:");
    assert!(bench.shows("no key `stat`"), "{}", bench.text());
    bench.keys("\n");
    assert!(bench.shows("filter: node:10.1.0.5 stat:"), "a wrong filter is not taken");
    assert!(bench.shows("6 nodes"));
    for _ in 0..5 {
        bench.press(KeyCode::Backspace);
    }
    bench.keys("\n");
    assert!(bench.shows("Tunnels: 1 of 6 nodes") && bench.shows("10.1.0.5") && !bench.shows("10.1.0.4"));
    assert!(bench.shows("filter node:10.1.0.5"));
    bench.keys("4");
    assert!(bench.shows("Flows: 2 of 9 flows"), "{}", bench.text());
    bench.keys("3");
    // Its registration, and its data in a tunnel of UDP.
    assert!(bench.shows("Messages: 6 of "), "{}", bench.text());
    assert!(!bench.shows("RRQ  10.1.0.4"));
    // F7 shows what holds; an empty one holds nothing back.
    bench.press(KeyCode::F(7));
    bench.control('u');
    bench.keys("\n");
    // The last four are tunnel data.
    assert!(bench.shows("Messages: 16 messages") && bench.app.filter.is_empty(), "{}", bench.text());
    bench.keys("1fverdict:strays\n");
    assert!(bench.shows("nothing that the filter `verdict:strays` lets through"));
    bench.keys("f");
    bench.control('u');
    bench.keys("!node:10.1.0.0/30 verdict:per-flow,conforms state:active\n");
    assert!(bench.shows("Tunnels: 3 of 6 nodes"), "{}", bench.text());
}

#[test]
fn a_node_named_beforehand_is_a_filter() {
    let filter = Filter::parse("node:10.1.0.3").unwrap();
    let settings = Settings { filter, ..Settings::default() };
    let mut bench = Bench::with("samples/tunnels.pcap", SIZE, EngineOptions::default(), settings);
    bench.read(u64::MAX);
    assert!(bench.shows("Tunnels: 1 of 6 nodes"), "{}", bench.text());
    // Also where the ladder was open before anybody came.
    for (node, shown) in [("10.1.0.3", " Ladder of 10.1.0.3: 1 exchange "), ("10.9.9.9", " lets through")] {
        let filter = Filter::parse(&format!("node:{node}")).unwrap();
        let settings = Settings { filter, ..Settings::default() };
        let mut bench = Bench::with("samples/tunnels.pcap", SIZE, EngineOptions::default(), settings);
        bench.keys("2");
        bench.read(u64::MAX);
        assert!(bench.shows(shown), "{}", bench.text());
    }
}
