//! What stays on the screen: rows that are looked at, and what a paused screen or the time cursor shows.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod screen;

use std::collections::BTreeSet;

use mipflow::state::{Limits, Options};
use mipflow::tui::{Effect, FindingLog, Settings};
use mipflow::watch::EngineOptions;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";
const SIZE: (u16, u16) = (80, 24);

#[test]
fn a_paused_screen_stands_still_while_packets_are_counted() {
    let mut bench = Bench::before(FIGURE, SIZE);
    bench.read(19);
    bench.keys("p");
    assert!(bench.shows("PAUSED +0"));
    let before = bench.text();
    bench.read(36);
    assert!(bench.shows("PAUSED +17"), "{}", bench.text());
    let same =
        |text: &str| text.lines().filter(|line| !line.contains("PAUSED")).collect::<Vec<_>>().join("\n");
    assert_eq!(same(&bench.text()), same(&before));
    // Also in other views.
    bench.keys("3");
    assert!(bench.shows("Messages: 6 messages"), "{}", bench.text());
    bench.keys("1p");
    assert!(!bench.shows("PAUSED") && bench.line("BID 1   802.11").contains("deregistered"));
}

#[test]
fn statistics_are_those_of_the_moment_that_is_shown() {
    let mut bench = Bench::before(FIGURE, (80, 40));
    bench.read(19);
    bench.keys("6p");
    assert!(bench.line("  packets ").contains(" 19 "), "{}", bench.text());
    bench.read(u64::MAX);
    bench.keys("16");
    assert!(bench.line("  packets ").contains(" 19 "), "{}", bench.text());
    assert!(bench.line("  registrations ").ends_with(" 6"), "{}", bench.text());
    bench.keys("p");
    assert!(bench.line("  packets ").contains(" 46 "), "{}", bench.text());
    // Four exchanges, the first of which ends with frame 4. Its two messages alone are looked at again.
    bench.keys("[[[[");
    assert!(bench.shows("AT FRAME 4"), "{}", bench.text());
    assert!(bench.line("  packets ").contains(" 2 "), "{}", bench.text());
    assert!(bench.line("  first ").ends_with("10:00:00.000000Z"), "{}", bench.text());
    assert!(bench.line("  last ").ends_with("10:00:00.251580Z"), "{}", bench.text());
    assert!(bench.line("  registrations ").ends_with(" 2"), "{}", bench.text());
    assert!(bench.line("Registration Reply (3)").trim_start().starts_with("1 "), "{}", bench.text());
    // So are the messages, on the screen and in a file.
    bench.keys("3");
    assert!(bench.shows("Messages: 2 messages"), "{}", bench.text());
    let effects = bench.keys("1s\n");
    let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(order.messages.len(), 2);
    bench.keys("3p");
    assert!(bench.shows("Messages: 8 messages"), "{}", bench.text());
}

/// What is unanswered up to there is so, as where `decode --at` ends: the request of the first frame is.
#[test]
fn the_time_cursor_counts_the_requests_without_a_reply() {
    let mut bench = Bench::after("samples/malformed.pcap", SIZE);
    bench.keys("6[[[[[[[[[[[[[");
    assert!(bench.shows("AT FRAME 1 "), "{}", bench.text());
    let counts = |bench: &Bench, name: &str| {
        let line = bench.line(name);
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(counts(&bench, "  register "), ["register", "1", "accepted", "0"]);
    assert_eq!(counts(&bench, "  deregister "), ["deregister", "0", "unanswered", "1"]);
}

#[test]
fn a_screen_that_was_paused_before_the_first_packet_tells_no_time() {
    let mut bench = Bench::before(FIGURE, SIZE);
    bench.keys("p");
    bench.read(4);
    let status = bench.line("PAUSED +4");
    assert!(!status.contains(':'), "{status}");
    bench.keys("p");
    assert!(bench.line("4 packets").contains("10:00:00"), "{}", bench.text());
}

#[test]
fn following_stays_at_the_newest_row() {
    let mut bench = Bench::before(FIGURE, SIZE);
    bench.read(10);
    bench.keys("3A");
    assert!(bench.shows("following") && bench.cursor().starts_with("10 "));
    bench.read(36);
    assert!(bench.cursor().starts_with("36 "), "{}", bench.text());
    // Who goes up wants to read.
    bench.keys("k");
    assert!(!bench.shows("following") && bench.cursor().starts_with("35 "));
    bench.keys("AA");
    assert!(!bench.app.follow);
}

#[test]
fn the_time_cursor_shows_the_tables_as_they_stood() {
    let mut bench = Bench::after(FIGURE, SIZE);
    bench.keys("]");
    assert!(bench.shows("this is now"));
    // The last exchange is the de-registration of Wi-Fi, over with frame 36.
    bench.keys("[");
    assert!(bench.shows("AT FRAME 36") && bench.shows("FAILOVER"), "{}", bench.text());
    // The status line counts the packets up to it.
    assert!(bench.line("AT FRAME 36").contains("  36 packets  "), "{}", bench.text());
    bench.keys("[");
    assert!(bench.shows("AT FRAME 19") && !bench.shows("FAILOVER"), "{}", bench.text());
    assert!(bench.line("BID 1   802.11/1").contains("595 s"), "{}", bench.text());
    bench.keys("[[");
    assert!(bench.shows("AT FRAME 4") && bench.line("10.1.0.1 ").contains("1 of 1 up"), "{}", bench.text());
    bench.keys("[");
    assert!(bench.shows("no exchange before this one") && bench.shows("AT FRAME 4"));
    bench.keys("]]]");
    assert!(bench.shows("AT FRAME 36"));
    bench.keys("]");
    assert!(bench.shows("back to now") && !bench.shows("AT FRAME"));
    assert!(bench.line("203.0.113.50:5060").contains("was BID 1"));
    // In the ladder it goes along with the cursor; p is another way back.
    bench.keys("x[[");
    assert!(bench.shows("AT FRAME 19") && bench.cursor().contains("RRP 0 accepted"), "{}", bench.text());
    bench.keys("p");
    assert!(!bench.shows("AT FRAME"));
}

#[test]
fn the_time_cursor_takes_no_row_along_into_a_past_without_it() {
    let mut bench = Bench::after(FIGURE, (100, 10));
    bench.keys("4zz[[[[");
    assert!(bench.shows("AT FRAME 4") && bench.shows("no flows at the time cursor"), "{}", bench.text());
    // Nor does it come back otherwise than it is.
    bench.keys("p");
    assert!(bench.shows("Flows: 3 flows"), "{}", bench.text());
    // A node a frame, the first of which is 10.1.0.1.
    let mut bench = Bench::after("samples/malformed.pcap", SIZE);
    bench.keys("G[[[[[[[[[[[[[");
    assert!(bench.shows("AT FRAME 1 ") && bench.shows("Tunnels: 1 node "), "{}", bench.text());
    assert!(bench.cursor().contains("10.1.0.1 ") && !bench.shows("forgotten"), "{}", bench.text());
    bench.keys("pG");
    assert!(bench.shows("Tunnels: 13 nodes") && !bench.shows("forgotten"), "{}", bench.text());
    bench.keys("5G");
    assert!(bench.cursor().starts_with('#'), "{}", bench.text());
    bench.keys("[[[[[[[[[[[[[");
    // The Multipath extension is too short, and what else it would be taken for.
    assert!(bench.shows("AT FRAME 1 ") && bench.shows("Findings: 2 findings"), "{}", bench.text());
    bench.keys("p");
    assert!(bench.shows("Findings: 27 findings"), "{}", bench.text());
    // Of a node that comes later there is no ladder yet, and it was not forgotten.
    bench.keys("1G25[[[[[[[[[[[[[g2");
    assert!(
        bench.shows("AT FRAME 1 ") && bench.shows("Ladder of 10.1.0.16: 0 exchanges"),
        "{}",
        bench.text()
    );
    assert!(!bench.shows("forgotten") && bench.shows("not there at the time cursor"), "{}", bench.text());
    bench.keys("p");
    // Where the filter leaves nothing of that time.
    bench.keys("3fnode:10.1.0.10\n");
    assert!(bench.cursor().starts_with("10 10:00:09"), "{}", bench.text());
    bench.keys("[[[[[[[[[[[[[");
    assert!(bench.shows("AT FRAME 1 ") && bench.shows("Messages: 0 of 1 message"), "{}", bench.text());
}

#[test]
fn what_is_looked_at_survives_its_eviction() {
    let options = EngineOptions {
        recent_messages: 3,
        observer: Options {
            limits: Limits { nodes: 2, exchanges: 2, ..Limits::default() },
            ..Options::default()
        },
        ..EngineOptions::default()
    };
    // Seventeen messages of thirteen nodes, of which two are kept.
    let mut bench = Bench::with("samples/malformed.pcap", SIZE, options, Settings::default());
    bench.read(2);
    let node = bench.cursor();
    assert!(node.contains("10.1.0.1"), "{}", bench.text());
    bench.keys("3");
    assert!(bench.cursor().starts_with("1 10:00:00"));
    let packet = bench.line("Frame 1,");
    bench.keys("1");
    bench.read(17);
    assert!(bench.cursor().contains("10.1.0.1") && bench.cursor().contains("forgotten"), "{}", bench.text());
    let rows = bench.app.tunnels.list.rows().iter().map(|row| row.node()).collect::<BTreeSet<_>>().len();
    assert!(bench.shows(&format!("Tunnels: {rows} nodes")), "{}", bench.text());
    bench.keys("3");
    assert!(bench.cursor().starts_with("1 10:00:00"), "{}", bench.text());
    assert_eq!(bench.line("Frame 1,"), packet);
    let rows = bench.app.messages.list.rows().len();
    assert!(bench.shows(&format!("Messages: {rows} messages")), "{}", bench.text());
    assert!(bench.shows("14 older ones forgotten"));
}

#[test]
fn findings_that_are_forgotten_are_counted_and_said_to_be() {
    let file = "samples/malformed.pcap";
    let mut whole = Bench::after(file, SIZE);
    let mut bench = Bench::before(file, SIZE);
    bench.findings = FindingLog::new(10);
    bench.read(u64::MAX);
    for bench in [&mut whole, &mut bench] {
        bench.keys("5");
        assert!(bench.line(" ended ").ends_with("  10 must 6 should 11 note"), "{}", bench.text());
    }
    assert!(whole.line("Findings: 27 findings").ends_with("── by rule and node"), "{}", whole.text());
    let title = bench.line("Findings: 10 findings");
    assert!(title.ends_with("── 17 older ones forgotten, by rule and node"), "{title}");
    // At the time cursor, too.
    whole.keys("[");
    bench.keys("[");
    assert_eq!(bench.line("AT FRAME"), whole.line("AT FRAME"));
    assert!(bench.shows("── 17 older ones forgotten, by rule and node"), "{}", bench.text());
}

#[test]
fn another_node_folds_nothing() {
    // With frame 8 there are four nodes, with frame 10 five.
    let mut bench = Bench::before("samples/tunnels.pcap", (100, 40));
    bench.read(8);
    bench.keys("G");
    assert!(bench.cursor().contains("192.0.2.14"), "{}", bench.text());
    bench.read(10);
    assert!(bench.cursor().contains("192.0.2.14"), "{}", bench.text());
    assert!(
        bench.line("10.1.0.1 ").contains('▾') && bench.line("10.1.0.5 ").contains('▸'),
        "{}",
        bench.text()
    );
    // Where a filter leaves few they are unfolded, and stay so when it is gone.
    bench.keys("fnode:10.1.0.5\n");
    assert!(bench.line("10.1.0.5 ").contains('▾'), "{}", bench.text());
    bench.keys("f");
    bench.control('u');
    bench.keys("\n");
    assert!(bench.line("10.1.0.5 ").contains('▾') && bench.shows("5 nodes"), "{}", bench.text());
}

#[test]
fn a_flow_that_fails_over_keeps_the_cursor_and_its_mark() {
    let mut bench = Bench::before(FIGURE, (120, 30));
    bench.read(34);
    bench.keys("/5060\n k");
    assert!(bench.line("203.0.113.50:5060").starts_with('●'), "{}", bench.text());
    let above = |bench: &Bench| {
        let text = bench.text();
        let place = text.lines().position(|line| line.contains("203.0.113.50:5060")).unwrap();
        text.lines().take(place).filter(|line| line.contains("BID ")).count()
    };
    assert_eq!(above(&bench), 1, "{}", bench.text());
    let style = |bench: &Bench| bench.reversed().contains("203.0.113.50:5060");
    assert!(style(&bench));
    // From frame 37 on it is in the tunnel of BID 2.
    bench.read(40);
    assert_eq!(above(&bench), 2, "{}", bench.text());
    assert!(style(&bench) && bench.line("203.0.113.50:5060").starts_with('●'), "{}", bench.text());
}

#[test]
fn a_flow_that_is_gone_gives_the_cursor_to_its_node() {
    let options = EngineOptions {
        observer: Options { limits: Limits { flows: 1, ..Limits::default() }, ..Options::default() },
        ..EngineOptions::default()
    };
    let mut bench = Bench::with("samples/tunnels.pcap", (100, 40), options, Settings::default());
    let flow = |bench: &Bench| {
        let rows = bench.app.tunnels.list.rows().iter();
        rows.filter(|row| format!("{row:?}").starts_with("Flow")).count()
    };
    bench.read(8);
    let mut frame = 8;
    while flow(&bench) == 0 {
        frame += 1;
        bench.read(frame);
    }
    bench.keys("g/icmp\n");
    assert!(bench.cursor().starts_with("icmp"), "{}", bench.text());
    let node = bench.app.tunnels.selected_node();
    // Until then there was another flow, of another node.
    bench.read(26);
    assert_eq!(bench.app.tunnels.selected_node(), node, "{}", bench.text());
    assert!(bench.cursor().starts_with("▾ 10.1.0."), "{}", bench.text());
}

#[test]
fn tunnel_data_is_among_the_messages_and_pushes_none_of_them_out() {
    let options = EngineOptions { recent_messages: 3, ..EngineOptions::default() };
    let mut bench = Bench::with("samples/tunnels.pcap", (80, 40), options, Settings::default());
    bench.read(28);
    bench.keys("3G");
    let frames = |bench: &Bench| -> Vec<u64> {
        let text = bench.text();
        let rows = text.lines().skip(2).map(|line| line.trim_start_matches('▶').split_whitespace());
        rows.map_while(|mut words| words.next()?.parse().ok()).collect()
    };
    // Three of the twelve registrations, and one of the data.
    assert_eq!(frames(&bench), [10, 11, 12, 28], "{}", bench.text());
    assert!(bench.cursor().contains("DATA icmp 203.0.113.7"), "{}", bench.text());
    assert!(bench.shows("9 older ones forgotten") && bench.shows("Messages: 4 messages"), "{}", bench.text());
    // Three more: the first one of the data is forgotten, but looked at.
    bench.read(31);
    assert_eq!(frames(&bench), [10, 11, 12, 28, 29, 30, 31], "{}", bench.text());
    assert!(bench.cursor().starts_with("28 "), "{}", bench.text());
    bench.keys("A");
    assert_eq!(frames(&bench), [10, 11, 12, 29, 30, 31], "{}", bench.text());
    // All of them are saved.
    let effects = bench.keys("s\n");
    let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
    let saved: Vec<u64> = order.messages.iter().map(|message| message.frame().number).collect();
    assert_eq!(saved, [10, 11, 12, 29, 30, 31]);
    // The time cursor has those up to its moment, and the way back to now finds all again.
    bench.keys("A[");
    assert!(bench.shows("AT FRAME 12"), "{}", bench.text());
    assert_eq!(frames(&bench), [10, 11, 12], "{}", bench.text());
    bench.keys("pg");
    assert_eq!(frames(&bench), [10, 11, 12, 29, 30, 31], "{}", bench.text());
}

#[test]
fn a_ladder_keeps_the_exchanges_it_has_shown() {
    let options = EngineOptions {
        observer: Options { limits: Limits { exchanges: 1, ..Limits::default() }, ..Options::default() },
        ..EngineOptions::default()
    };
    let mut bench = Bench::with(FIGURE, (120, 60), options, Settings::default());
    bench.read(4);
    bench.keys("x");
    for frame in [10, 19, 36] {
        bench.read(frame);
    }
    assert!(bench.shows("Ladder of 10.1.0.1: 4 exchanges"), "{}", bench.text());
    assert!(bench.shows("RRQ register BID 1") && bench.shows("RRQ deregister BID 1"));
    // A screen that stands still keeps them, too.
    bench.keys("p");
    assert!(bench.shows("PAUSED") && bench.shows("4 exchanges"), "{}", bench.text());
}

/// The arrow with its frame is the last line of an event.
#[test]
fn in_a_ladder_the_time_cursor_brings_all_of_its_event_into_sight() {
    // Four lines are above the events, and two below; at each height another event is the one at the lower edge.
    for height in 10..40 {
        let mut bench = Bench::after(FIGURE, (80, height));
        bench.keys("2");
        for (exchanges, frame) in (1..=4).rev().zip([36, 19, 10, 4]) {
            bench.keys("[");
            assert!(bench.shows(&format!("AT FRAME {frame} ")), "{}", bench.text());
            // Those after it had not been.
            assert!(bench.shows(&format!(": {exchanges} exchange")), "{}", bench.text());
            assert!(bench.shows(&format!(" #{frame} ")), "height {height}:\n{}", bench.text());
        }
    }
}

/// A capture of which some frames have four octets less than were on the link.
fn cut(capture: &[u8], frames: &[usize]) -> Vec<u8> {
    let (header, mut records) = capture.split_at(24);
    let mut octets = header.to_vec();
    let mut frame = 1;
    while let Some((head, rest)) = records.split_first_chunk::<16>() {
        let length = u32::from_le_bytes(head[8..12].try_into().unwrap());
        let (data, rest) = rest.split_at(length as usize);
        let kept = if frames.contains(&frame) { length - 4 } else { length };
        octets.extend([&head[..8], &kept.to_le_bytes(), &head[12..], &data[..kept as usize]].concat());
        records = rest;
        frame += 1;
    }
    octets
}

/// Frames 3 and 4 of the figure are a request and a reply, 46 is tunnelled.
#[test]
fn at_the_time_cursor_cut_frames_are_those_up_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.pcap");
    std::fs::write(&path, cut(&std::fs::read(FIGURE).unwrap(), &[3, 46])).unwrap();
    let mut bench = Bench::after(path.to_str().unwrap(), (120, 24));
    assert!(bench.line("46 packets").contains("  2 cut  "), "{}", bench.text());
    bench.keys("[[[[");
    assert!(bench.line("AT FRAME 4 ").contains("  1 cut  "), "{}", bench.text());
    bench.keys("p");
    assert!(bench.line("46 packets").contains("  2 cut  "), "{}", bench.text());
}
