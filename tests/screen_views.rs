//! Each view, drawn at several sizes.

mod screen;

use crossterm::event::KeyCode;
use mipflow::time::Timestamp;
use mipflow::tui::{InputKind, Message, Settings, ThemeName, View};
use mipflow::watch::EngineOptions;
use ratatui::style::Color;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (40, 10), (160, 24)];

/// Each of its messages breaks a rule: 10 findings of must, 6 of should, 11 of note.
const MALFORMED: &str = "samples/malformed.pcap";

fn snapshot(name: &str, bench: &Bench) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/screen" }, {
        insta::assert_snapshot!(name, bench.text());
    });
}

#[test]
fn views_at_several_sizes() {
    for size in SIZES {
        for view in View::ALL {
            let file = if view == View::Findings { MALFORMED } else { FIGURE };
            let mut bench = Bench::after(file, size);
            bench.keys(&view.number().to_string());
            let name = format!("{}-{}x{}", view.title().to_lowercase(), size.0, size.1);
            snapshot(&name, &bench);
        }
    }
}

#[test]
fn statistics_tell_files_from_interfaces() {
    let mut bench = Bench::after(FIGURE, (80, 40));
    bench.keys("6");
    assert_eq!(bench.line("  files").trim_end(), "   files               samples/figure3.pcap");
    bench.input.kind = InputKind::Live;
    bench.input.names = vec!["eth0".to_owned(), "wlan0".to_owned()];
    bench.send(Message::Data);
    assert_eq!(bench.line("  interfaces").trim_end(), "   interfaces          eth0 wlan0");
    assert!(!bench.shows("  files"), "{}", bench.text());
}

#[test]
fn the_pane_that_has_the_keys_is_below_another_line() {
    for (ascii, rest, focus) in [(false, "──", "══"), (true, "--", "==")] {
        for (width, titles) in [
            (80, &["Tunnels:", "Policy of"][..]),
            (160, &["Tunnels:", "Policy of"]),
            (80, &["Messages:", "Packet", "Octets"]),
            (160, &["Messages:", "Packet", "Octets"]),
        ] {
            let settings = Settings { theme: ThemeName::Mono, ascii, ..Settings::default() };
            let mut bench = Bench::with(FIGURE, (width, 24), EngineOptions::default(), settings);
            bench.read(u64::MAX);
            bench.keys(if titles.len() == 3 { "3" } else { "1" });
            for focused in titles {
                for title in titles {
                    let text = bench.text();
                    // The line right after the title: beside it another may begin.
                    let (_, behind) = text.split_once(&format!(" {title}")).unwrap();
                    let behind = behind.lines().next().unwrap();
                    let place = |line| behind.find(line).unwrap_or(usize::MAX);
                    assert_eq!(place(focus) < place(rest), title == focused, "{title}\n{text}");
                }
                bench.keys("\t");
            }
        }
        // Where there is but one, there is nothing to tell.
        let settings = Settings { ascii, ..Settings::default() };
        let mut bench = Bench::with(FIGURE, (80, 24), EngineOptions::default(), settings);
        bench.read(u64::MAX);
        bench.keys("4");
        assert!(bench.line(" Flows: 3").contains(rest), "{}", bench.text());
    }
}

#[test]
fn other_captures() {
    for (file, view) in [
        ("tunnels", '1'),
        ("foreign-agent", '1'),
        ("foreign-agent", '2'),
        ("malformed", '3'),
        ("tunnels", '4'),
    ] {
        let mut bench = Bench::after(&format!("samples/{file}.pcap"), (100, 30));
        bench.press(KeyCode::Char(view));
        snapshot(&format!("{file}-{view}"), &bench);
    }
}

#[test]
fn what_lies_over_a_view() {
    let mut bench = Bench::after(MALFORMED, (80, 24));
    bench.keys("?");
    snapshot("help", &bench);
    bench.keys("q5e");
    snapshot("rule", &bench);
}

#[test]
fn what_lies_over_a_view_fits_the_screen_as_it_is_now() {
    let mut bench = Bench::after(MALFORMED, (80, 24));
    let words = |bench: &Bench| {
        let text = bench.text();
        let inside = text.lines().filter_map(|line| line.split('│').nth(1));
        inside.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    };
    bench.keys("?");
    bench.send(Message::Resize(50, 60));
    // It is wider than the screen was, or is.
    let filter = "f F7 filter by node, state, verdict or finding; checked as it is typed";
    assert!(words(&bench).contains(filter), "{}", bench.text());
    bench.send(Message::Resize(30, 24));
    bench.keys("G");
    assert!(words(&bench).ends_with("! before a term is not."), "{}", bench.text());
    // Also where the words have no room beside the keys.
    bench.send(Message::Resize(20, 150));
    assert!(words(&bench).contains(filter), "{}", bench.text());
    bench.send(Message::Resize(30, 24));
    // There is nothing below the end: the first line up is seen at once.
    bench.keys("jjjk");
    assert!(!words(&bench).ends_with("! before a term is not."), "{}", bench.text());
    // EXT-001 is about frame 10.
    bench.keys("q5jje");
    bench.send(Message::Resize(30, 60));
    let found =
        "Type 134 at octet 46 needs 42 octets with its Length, and the datagram has 8 left (RFC 5944 §1.8)";
    assert!(words(&bench).contains(found), "{}", bench.text());
}

#[test]
fn ascii_is_ascii_and_mono_has_no_colour() {
    for file in ["figure3", "tunnels", "foreign-agent", "malformed", "extensions"] {
        let settings = Settings { theme: ThemeName::Mono, ascii: true, ..Settings::default() };
        let file = format!("samples/{file}.pcap");
        let mut bench = Bench::with(&file, (120, 40), EngineOptions::default(), settings);
        bench.read(u64::MAX);
        for keys in ["1", "2", "3", "\tj", "4", "5", "6", "?"] {
            bench.keys(keys);
            let text = bench.text();
            assert!(text.is_ascii(), "{file} {keys}\n{text}");
            let is_plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
            assert!(bench.cells().iter().all(is_plain), "{file} {keys}");
        }
    }
}

#[test]
fn no_size_is_too_small() {
    let mut bench = Bench::after("samples/foreign-agent.pcap", (80, 24));
    for height in 0..16 {
        for width in [0, 1, 2, 3, 5, 9, 17, 33, 64] {
            bench.send(Message::Resize(width, height));
            for keys in ["1", "2", "3", "4", "5", "6", "?", "q", "/x", "e", "f"] {
                bench.keys(keys);
                assert_eq!(bench.text().lines().count(), if width == 0 { 0 } else { usize::from(height) });
                if keys == "/x" || keys == "f" {
                    bench.press(KeyCode::Esc);
                }
            }
        }
    }
}

#[test]
fn an_empty_screen_says_what_is_awaited() {
    let mut bench = Bench::before(FIGURE, (80, 24));
    bench.send(Message::Data);
    assert!(bench.shows("no Mobile IP on udp/434 yet; waiting for packets"), "{}", bench.text());
    // Two frames of ARP.
    bench.read(2);
    assert!(bench.shows("no Mobile IP on udp/434 yet; 2 other packets"), "{}", bench.text());
    bench.keys("3");
    assert!(bench.shows("no Mobile IP on udp/434 yet; 2 other packets"));
    bench.keys("5");
    assert!(bench.shows("no Mobile IP on udp/434 yet; 2 other packets"));
    // Where there is nothing, there is no tunnel either.
    bench.keys("2\n");
    assert!(bench.line("q quit").contains("Enter open"), "{}", bench.text());
    bench.read(3);
    bench.keys("3");
    assert!(bench.shows("Messages: 1 message "), "{}", bench.text());
}

#[test]
fn lifetimes_run_down_and_what_ended_says_how() {
    let mut bench = Bench::before(FIGURE, (80, 24));
    // The reply to BID 1 came at 10:00:00.251, for 600 seconds.
    bench.read(4);
    assert!(bench.line("BID 1").contains("████ 600 s"), "{}", bench.text());
    bench.engine.tick(Some(Timestamp::new(1_717_236_000 + 450, 251_580_000)));
    bench.send(Message::Data);
    assert!(bench.line("BID 1").contains("█░░░ 150 s"), "{}", bench.text());
    bench.engine.tick(Some(Timestamp::new(1_717_236_000 + 601, 0)));
    bench.send(Message::Data);
    assert!(bench.line("BID 1").contains("expired"), "{}", bench.text());
    assert!(bench.line("10.1.0.1 ").contains("0 of 1 up"), "{}", bench.text());
}

#[test]
fn a_failover_is_seen_at_a_glance() {
    let mut bench = Bench::before(FIGURE, (80, 24));
    bench.read(34);
    assert!(!bench.shows("FAILOVER"));
    assert!(bench.shows("▶ BID 1 192.0.2.10 802.11"), "{}", bench.text());
    // Wi-Fi is de-registered with frame 36.
    bench.read(36);
    assert!(bench.line("10.1.0.1 ").contains("FAILOVER"), "{}", bench.text());
    assert!(bench.shows("▶ BID 2 192.0.2.70 E-UTRAN"), "{}", bench.text());
    assert!(bench.line("BID 1   802.11/1").contains("deregistered"));
    // SIP goes on over LTE from frame 37 on.
    bench.read(40);
    assert!(bench.line("203.0.113.50:5060").contains("was BID 1"), "{}", bench.text());
}

#[test]
fn rates_are_those_of_the_last_second() {
    let mut bench = Bench::before(FIGURE, (120, 24));
    // BID 2 is registered with frame 10, at 10:00:02.585.
    bench.read(10);
    let at = |bench: &mut Bench, second: i64| {
        bench.engine.tick(Some(Timestamp::new(1_717_236_000 + second, 600_000_000)));
        bench.send(Message::Data);
        assert!(bench.shows("packets and octets a second"), "{}", bench.text());
        bench.line("BID 2   E-UTRAN/2")
    };
    assert!(at(&mut bench, 3).contains("↓   0    0"), "{}", bench.text());
    // Frames 11 to 17 are all of BID 2, from 10:00:03.703 to 10:00:03.816. Inner packets, as tshark -T fields -e ip.src
    // -e ip.len has them: 12, 15 and 16 to the node, of 40, 40 and 83 octets; 11, 13, 14 and 17 from it, of 40, 40, 81 and 40.
    bench.read(17);
    let line = at(&mut bench, 4);
    assert!(line.contains("↓   3  163") && line.contains("↑   4  201"), "{line}");
    let line = at(&mut bench, 5);
    assert!(line.contains("↓   0    0") && line.contains("↑   0    0"), "{line}");
}

#[test]
fn the_octets_of_a_field_stand_out() {
    let mut bench = Bench::after(FIGURE, (120, 40));
    // Into the packet tree of frame 3, to its home address: octets 4 to 7.
    bench.keys("3\t/home address\n");
    assert!(bench.shows("Octets 4 to 7"), "{}", bench.text());
    assert!(bench.reversed().contains("0a 01 00 01"), "{}", bench.reversed());
    // The other way round: octet 12 is the first of the care-of address.
    bench.press(KeyCode::Tab);
    for _ in 0..8 {
        bench.keys("l");
    }
    assert!(bench.shows("Octets 12 to 15"), "{}", bench.text());
    assert!(bench.line("Care-of Address").contains("192.0.2.10"));
    assert!(bench.reversed().contains("c0 00 02 0a"), "{}", bench.reversed());
    // A line down is sixteen octets: octet 28 is in the Multipath extension.
    bench.keys("j");
    assert!(bench.shows("Octets 28 to 28"), "{}", bench.text());
}

#[test]
fn headers_count_what_is_below_them() {
    let mut bench = Bench::after("samples/tunnels.pcap", (100, 60));
    for (view, what) in [('1', "Tunnels: "), ('3', "Messages: "), ('4', "Flows: ")] {
        bench.press(KeyCode::Char(view));
        let line = bench.line(what);
        let count: usize =
            line.split(what).nth(1).unwrap().split(' ').next().unwrap().parse().expect("a count");
        let rows = match view {
            '1' => bench
                .app
                .tunnels
                .list
                .rows()
                .iter()
                .map(|row| row.node())
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            '3' => bench.app.messages.list.rows().len(),
            _ => bench.app.flows.list.rows().len(),
        };
        assert_eq!(count, rows, "{line}");
    }
}

#[test]
fn messages_of_another_day_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("days.pcap");
    let sample = std::fs::read(FIGURE).unwrap();
    // Each frame behind the fourth a day after the one before.
    let (mut octets, mut at, mut frames) = (sample[..24].to_vec(), 24, 0u32);
    while let Some(header) = sample.get(at..at + 16) {
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let end = at + 16 + word(8) as usize;
        frames += 1;
        octets.extend((word(0) + 86_400 * frames.saturating_sub(4)).to_le_bytes());
        octets.extend(&sample[at + 4..end]);
        at = end;
    }
    std::fs::write(&path, octets).unwrap();
    let mut bench = Bench::after(path.to_str().unwrap(), (120, 40));
    bench.keys("3");
    // The requests of samples/README.md, of which the first is that of frame 3.
    for row in [
        "    3            10:00:00.250180  RRQ  10.1.0.1 at",
        "    9 2024-06-06 10:00:02.583380  RRQ  10.1.0.1 at",
    ] {
        assert!(bench.shows(row), "{row}\n{}", bench.text());
    }
}
