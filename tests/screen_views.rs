//! Each view, drawn at several sizes.

mod screen;

use crossterm::event::KeyCode;
use mipflow::capture::{Next, Timeline};
use mipflow::time::Timestamp;
use mipflow::tui::{Effect, InputKind, Message, Settings, ThemeName, View};
use mipflow::watch::{EngineOptions, RecentMessage};
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
fn findings_are_filtered_sorted_and_lead_to_their_packet() {
    let mut bench = Bench::after(MALFORMED, (100, 24));
    // The status line tells of all levels.
    assert!(bench.shows("10 must 6 should 11 note"), "{}", bench.text());
    for (filter, shown) in [
        ("finding:note", "11 of 27 findings"),
        ("finding:must,note", "21 of 27 findings"),
        ("finding:mp-001", "2 of 27 findings"),
        // The beginning of EXT-001 to EXT-005.
        ("finding:ext", "15 of 27 findings"),
        ("node:10.1.0.2", "3 of 27 findings"),
        // No request of these was accepted.
        ("state:active", "0 of 27 findings"),
        ("state:unregistered", "25 of 27 findings"),
        ("multipath extensions in one request", "1 of 27 findings"),
        ("!finding:note", "16 of 27 findings"),
        ("finding:must,should,note", "27 of 27 findings"),
    ] {
        bench.keys("5f");
        bench.control('u');
        bench.keys(&format!("{filter}\n"));
        assert!(bench.shows(shown), "{filter}\n{}", bench.text());
    }
    // The same filter in other views: messages and nodes with such findings.
    bench.keys("f");
    bench.control('u');
    bench.keys("finding:mp-001\n3");
    assert!(
        bench.shows("Messages: 2 of 17 messages") && bench.shows("    2 10:00:01.100000"),
        "{}",
        bench.text()
    );
    bench.keys("1");
    assert!(bench.shows("Tunnels: 2 of 13 nodes"), "{}", bench.text());
    // What is no rule is told while it is typed, and not taken.
    bench.keys("f");
    bench.control('u');
    bench.keys("finding:mp-9");
    assert!(bench.shows("finding: is must, should, note, any, or a rule"), "{}", bench.text());
    bench.keys("\n");
    assert!(bench.app.prompt.is_some() && bench.app.filter.text == "finding:mp-001", "{}", bench.text());
    bench.control('u');
    bench.keys("\n5");
    assert!(bench.shows("Findings: 27 findings"), "{}", bench.text());
    // By rule and node, by node, as found, by level.
    for order in ["by rule and node", "by node", "as found", "by level", "by rule and node"] {
        assert!(bench.line("Findings: ").contains(order), "{}", bench.text());
        bench.keys(">");
    }
    bench.keys("<zg");
    // The note comes first now, and the title says so.
    assert!(bench.line("Findings: ").ends_with(" by rule and node, turned round"), "{}", bench.text());
    assert!(bench.text().lines().nth(2).unwrap().contains("note"), "{}", bench.text());
    bench.keys("z");
    assert!(bench.line("Findings: ").ends_with(" by rule and node"), "{}", bench.text());
    // Down to the first finding of the first rule of must, which is EXT-001; its frame is 10.
    bench.keys("g\n\n\n");
    assert_eq!(bench.app.view(), View::Messages, "{}", bench.text());
    assert!(bench.cursor().starts_with("10 10:00:09"), "{}", bench.text());
    // Its packet tree has the finding too.
    assert!(
        bench.line("[must EXT-001: ").contains("Type 134 at octet 46 needs 42 octets"),
        "{}",
        bench.text()
    );
    bench.keys("q");
    assert_eq!(bench.app.view(), View::Findings);
    bench.keys("e");
    assert!(
        bench.shows("Extension runs past the end of the datagram") && bench.shows("Why it matters"),
        "{}",
        bench.text()
    );
}

#[test]
fn a_finding_about_a_tunnelled_packet_leads_to_it() {
    // Frame 11 is such a packet, from 10.1.0.1:49152 to 203.0.113.80:80. Its outer header loses Don't Fragment, which
    // the inner one has (RFC 2003 §3.1); 0x4000 less in the flags is 0x4000 more in the checksum.
    let mut octets = std::fs::read(FIGURE).unwrap();
    let frame = 1147;
    assert_eq!(
        (&octets[frame + 20..frame + 22], &octets[frame + 24..frame + 26]),
        (&[0x40, 0][..], &[0x24, 0x33][..])
    );
    octets[frame + 20] = 0;
    octets[frame + 24] = 0x64;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cleared.pcap");
    std::fs::write(&path, octets).unwrap();
    let mut bench = Bench::after(path.to_str().unwrap(), (140, 30));
    bench.keys("5/tun-016\n");
    assert!(bench.cursor().contains("TUN-016"), "{}", bench.text());
    bench.keys("\n\n");
    assert!(bench.cursor().starts_with("#11 10:00:03"), "{}", bench.text());
    bench.keys("\n");
    assert_eq!(bench.app.view(), View::Findings);
    let text = bench.text();
    for shown in [
        " Frame 11 ",
        "[must TUN-016: Inner Don't Fragment is set and the outer one from 192.0.2.70 is not",
        "Src: 192.0.2.70, Dst: 198.51.100.1, TTL: 64, Identification: 0x2a10, 60 octets",
        "Tunnelled packet (ipip), Src: 10.1.0.1:49152, Dst: 203.0.113.80:80, Protocol: 6 (tcp)",
        "0010  00 3c 2a 10 00 00 40 04  64 33 c0 00 02 46 c6 33",
    ] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
    // On a smaller screen, too, it can be read to its end; and on a larger one it takes the room there is.
    for size in [(60, 30), (140, 30)] {
        bench.app.size = size;
        bench.send(Message::Resize(size.0, size.1));
        bench.keys("g");
        let text = bench.text();
        let line = text.lines().find(|line| line.contains("[must TUN-016: Inner Don't Fragment")).unwrap();
        assert_eq!(line.contains("the outer one from 192.0.2.70 is not"), size.0 == 140, "{text}");
        assert!(text.contains("3.1)]"), "{text}");
        assert!(text.contains("14 64 33 c0 00 02") || text.contains("04  64 33 c0 00 02"), "{text}");
    }
    // In full where it is explained.
    bench.keys("qe");
    assert!(bench.shows("it must be copied (RFC 2003 §3.1)"), "{}", bench.text());
    bench.keys("q");
    assert!(!bench.shows(" Frame 11 ") && bench.shows("TUN-016"), "{}", bench.text());
    // Also on a paused screen.
    bench.keys("p\n");
    assert!(bench.shows(" Frame 11 "), "{}", bench.text());
    // One that is not kept is to be read again.
    let options = EngineOptions { recent_data: 0, ..EngineOptions::default() };
    let mut bench = Bench::with(path.to_str().unwrap(), (140, 30), options, Settings::default());
    bench.read(u64::MAX);
    let effects = bench.keys("5/tun-016\n\n\n\n");
    assert!(matches!(effects.as_slice(), [Effect::Fetch(11)]), "{effects:?}");
    assert!(bench.shows("looking for frame 11"), "{}", bench.text());
    bench.send(Message::Fetched(11, None));
    assert!(bench.shows("frame 11 cannot be read again"), "{}", bench.text());
    let mut timeline = Timeline::open(&[&path]);
    while let Next::Frame(frame) = timeline.next() {
        if frame.number == 11 {
            bench.send(Message::Fetched(11, Some(RecentMessage::of(&frame).into())));
        }
    }
    assert!(bench.shows(" Frame 11 ") && bench.shows("Tunnelled packet (ipip)"), "{}", bench.text());
}

#[test]
fn findings_fold_and_are_counted_where_they_stand() {
    let mut bench = Bench::after(MALFORMED, (100, 60));
    bench.keys("5/ext-002\n");
    assert!(bench.cursor().contains("EXT-002") && bench.cursor().ends_with("(2)"), "{}", bench.text());
    assert!(bench.shows("of no node"), "{}", bench.text());
    bench.keys("h");
    assert!(!bench.shows("of no node") && bench.shows("Findings: 27 findings"), "{}", bench.text());
    bench.keys("l");
    assert!(bench.shows("of no node"), "{}", bench.text());
    // The node's own line counts its findings.
    bench.keys("1");
    assert!(bench.line(" 10.1.0.1  ").ends_with("1 must 1 should 1 note"), "{}", bench.text());
}

/// By samples/README.md: frames 11 and 12 are of no node and too short, and the datagram of frame 10 is cut within an
/// extension.
#[test]
fn who_selects_a_heading_selects_the_findings_below_it() {
    let mut bench = Bench::after("samples/malformed.pcap", (80, 24));
    let saved = |bench: &mut Bench| {
        let effects = bench.keys("s\n");
        let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
        order.findings.kept().iter().map(|finding| (finding.rule.id, finding.place.frame)).collect::<Vec<_>>()
    };
    // A rule, folded or not.
    bench.keys("5jjj");
    assert!(bench.cursor().contains("EXT-002"), "{}", bench.text());
    bench.keys("h ");
    assert_eq!(saved(&mut bench), [("EXT-002", 11), ("EXT-002", 12)]);
    // A node below a rule, and with the one finding below it that is but one.
    bench.keys("gj ");
    assert_eq!(saved(&mut bench), [("EXT-001", 10), ("EXT-002", 11), ("EXT-002", 12)]);
    bench.keys(" ");
    assert_eq!(saved(&mut bench).len(), 3);
}

#[test]
fn a_paused_screen_and_the_time_cursor_show_the_findings_of_their_moment() {
    let mut bench = Bench::before(MALFORMED, (100, 90));
    bench.read(2);
    bench.keys("5p");
    assert!(bench.shows("Findings: 4 findings"), "{}", bench.text());
    bench.read(3);
    assert!(bench.shows("Findings: 4 findings") && bench.shows("PAUSED +1"), "{}", bench.text());
    bench.keys("p");
    assert!(bench.shows("Findings: 6 findings"), "{}", bench.text());
    // Each of the first three requests has a fault of its own, and Type 154; EXT-001 is of frame 10. That they got no
    // reply is known ten seconds later. The requests go unanswered one by one, from the first to the last.
    bench.read(u64::MAX);
    assert!(bench.shows("Findings: 27 findings") && bench.shows("EXT-001"), "{}", bench.text());
    bench.keys("[[[[[[[[[[[");
    assert!(bench.shows("AT FRAME 3") && bench.shows("Findings: 6 findings"), "{}", bench.text());
    assert!(bench.shows("MP-003") && !bench.shows("EXT-001"), "{}", bench.text());
    bench.keys("]");
    assert!(bench.shows("AT FRAME 4") && bench.shows("Findings: 8 findings"), "{}", bench.text());
    assert!(!bench.shows("REG-017"), "{}", bench.text());
    bench.keys("p");
    assert!(bench.shows("Findings: 27 findings") && bench.shows("EXT-001"), "{}", bench.text());
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
