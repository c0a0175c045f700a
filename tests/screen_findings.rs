//! The findings on the screen: filtered, sorted, folded, and the way from each to its packet.

mod screen;

use crossterm::event::KeyCode;
use mipflow::capture::{Next, Timeline};
use mipflow::tui::{Effect, Message, Settings, View};
use mipflow::watch::{EngineOptions, RecentMessage};
use screen::Bench;

/// Each of its messages breaks a rule: 10 findings of must, 6 of should, 11 of note.
const MALFORMED: &str = "samples/malformed.pcap";

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
    let mut octets = std::fs::read("samples/figure3.pcap").unwrap();
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
    bench.keys("s");
    assert!(bench.shows(" save 2 selected, Tab: other rows: "), "{}", bench.text());
    bench.press(KeyCode::Esc);
    // A heading that the filter leaves nothing below selects nothing.
    bench.keys("ffinding:note\ns");
    assert!(bench.shows(" save filtered, Tab: other rows: "), "{}", bench.text());
    bench.press(KeyCode::Esc);
    bench.keys("f");
    bench.control('u');
    bench.keys("\n");
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
