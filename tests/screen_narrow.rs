//! The screen where there is more to show than room.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used)]

mod history;
mod screen;

use crossterm::event::KeyCode;
use history::{Ask, History};
use mipflow::capture::{Frame, Writer};
use mipflow::time::Precision;
use mipflow::tui::{App, Filter, Message, SaveError, Settings};
use mipflow::watch::EngineOptions;
use screen::Bench;

/// The screen after a history, which is written to a file first.
fn after(history: &History, size: (u16, u16)) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.pcap");
    let mut writer = Writer::create::<&str>(&path, &[]).unwrap();
    for frame in history.frames() {
        let frame = Frame { precision: Precision::MICROSECONDS, ..frame };
        writer.write(&frame).unwrap();
    }
    writer.finish().unwrap();
    Bench::after(path.to_str().unwrap(), size)
}

#[test]
fn a_narrow_policy_has_counts_and_failover_below_the_selector() {
    let mut bench = Bench::after("samples/figure3.pcap", (66, 40));
    bench.keys("\t");
    let text = bench.text();
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.contains("FID │")).skip(2).collect();
    for (line, wanted) in lines.iter().zip([
        "    1 │ proto udp sport 5060",
        // All of Wi-Fi, 332 and 324 octets, and what the download leaves of LTE's 504 and 520: 1024 less 596.
        "      │ 10 packets, 1 084 octets",
        "      │ FAILOVER",
        "      │   BID 1 192.0.2.10 802.11 deregistered",
        "      │ ▶ BID 2 192.0.2.70 E-UTRAN",
        "      │   <DROP>",
    ]) {
        assert_eq!(line.trim_end(), wanted, "{text}");
    }
    // Narrower still, what is cut says so.
    let bench = Bench::after("samples/figure3.pcap", (40, 40));
    assert!(bench.shows("      │   BID 1 192.0.2.10 802.11 dereg…"), "{}", bench.text());
}

#[test]
fn a_ladder_of_many_participants_keeps_its_lanes() {
    let mut history = History::new();
    for number in 1..=12u8 {
        history.accepted(f64::from(number), &Ask::bid(number, number.into()));
    }
    let mut bench = after(&history, (80, 24));
    bench.keys("2");
    // Twenty lines, of which the events have half. The agent and twelve care-of addresses are thirteen.
    let text = bench.text();
    let lines: Vec<&str> = text.lines().skip(2).take(10).collect();
    assert!(lines[0].contains("[1] 192.0.2.1"), "{text}");
    assert!(lines[6].contains("[7] 192.0.2.7"), "{text}");
    assert_eq!(lines[7].trim(), "... 6 more", "{text}");
    assert!(lines[8].contains("[1] ") && lines[8].ends_with("[8]"), "{text}");
    assert_eq!(lines[9].matches('│').count(), 8, "{text}");
    // Eight lanes are in sight. The legend stays when the lanes go sideways.
    bench.keys("ll");
    assert!(bench.line("[7] 192.0.2.7").starts_with(lines[6]), "{}", bench.text());
    assert_ne!(bench.text().lines().nth(10), Some(lines[8]), "{}", bench.text());
}

#[test]
fn a_long_filter_is_cut_before_other_things_go() {
    let mut bench = Bench::after("samples/figure3.pcap", (80, 24));
    bench.keys("fnode:10.1.0.0/24 finding:must !state:active,replaced bid:1,2,3 !RRP\n");
    let status = bench.text().lines().nth(22).unwrap().to_owned();
    assert!(status.starts_with(" figure3.pcap  ended  "), "{status}");
    assert!(status.contains("46 packets") && status.contains("  filter node:10.1.0.0/24"), "{status}");
    assert!(status.ends_with('…') && status.chars().count() == 80, "{status}");
    // Where there is room, all of it is there.
    let mut bench = Bench::after("samples/figure3.pcap", (160, 24));
    bench.keys("fnode:10.1.0.0/24 finding:must !state:active,replaced bid:1,2,3 !RRP\n");
    assert!(bench.line("46 packets").ends_with("bid:1,2,3 !RRP"), "{}", bench.text());
}

#[test]
fn what_is_wrong_with_a_filter_is_told_in_full() {
    for (size, told) in [
        // Beside what is typed there would be room for half of it.
        (
            (80, 24),
            " state: is one of active registered expired deregistered replaced revoked\n unregistered denied\n filter: \
             state:alive\n",
        ),
        (
            (40, 10),
            " state: is one of active registered\n expired deregistered replaced revoked\n unregistered denied\n filter: \
             state:alive\n",
        ),
    ] {
        let mut bench = Bench::after("samples/figure3.pcap", size);
        bench.keys("fstate:alive");
        assert!(bench.text().ends_with(told), "{}", bench.text());
        // What is right again uncovers the lines above.
        bench.control('w');
        assert!(bench.shows(" figure3.pcap  ended") && !bench.shows("is one of"), "{}", bench.text());
    }
    let mut bench = Bench::after("samples/figure3.pcap", (160, 24));
    bench.keys("fstate:alive");
    assert!(
        bench.line("filter: state:alive  state: is one of").ends_with(" unregistered denied"),
        "{}",
        bench.text()
    );
    assert!(bench.shows(" figure3.pcap  ended"), "{}", bench.text());
}

#[test]
fn why_a_file_was_not_saved_is_told_in_full() {
    let mut bench = Bench::after("samples/figure3.pcap", (80, 24));
    let error = "File name too long (os error 36)";
    let failed = |name: &str| Message::Saved(Err(SaveError::Failed(format!("{name}: {error}"))));
    bench.send(failed("x.csv"));
    assert!(bench.text().ends_with(&format!(" x.csv: {error}\n")), "{}", bench.text());
    assert!(bench.shows("46 packets"), "{}", bench.text());
    // Two lines, of which one is that of the status.
    bench.send(failed(&"n".repeat(90)));
    assert!(bench.text().ends_with(&format!("{error}\n")), "{}", bench.text());
    assert!(bench.shows(&format!("\n {}", "n".repeat(78))) && !bench.shows("46 packets"), "{}", bench.text());
    bench.keys("j");
    assert!(bench.shows("46 packets") && bench.shows("q quit"), "{}", bench.text());
}

#[test]
fn what_is_typed_counts_in_columns() {
    let mut bench = Bench::after("samples/figure3.pcap", (100, 24));
    // Ninety columns and three.
    bench.keys(&format!("f{}END", "中".repeat(45)));
    let footer = bench.text().lines().last().unwrap().replace(' ', "");
    assert!(footer.starts_with("filter:中") && footer.ends_with("中END"), "{footer}");
    // The cursor in the midst of it: what is before it is there, and what is under it.
    for _ in 0..3 {
        bench.press(KeyCode::Left);
    }
    assert!(bench.text().lines().last().unwrap().ends_with("中 E"), "{}", bench.text());
    bench.press(KeyCode::Home);
    let footer = bench.text().lines().last().unwrap().to_owned();
    assert_eq!(footer.matches('中').count(), 45, "{footer}");
}

#[test]
fn a_filter_beyond_ascii_is_written_in_ascii_where_that_is_asked_for() {
    let filter = Filter::of_nai("中 x").unwrap();
    let settings = Settings { filter, ascii: true, ..Settings::default() };
    let mut bench = Bench::with("samples/malformed.pcap", (100, 24), EngineOptions::default(), settings);
    bench.read(u64::MAX);
    for view in ["1", "3", "4", "5"] {
        bench.keys(view);
        assert!(bench.shows(r"nothing that the filter `node:=\u{4e2d}\ x` lets through"), "{}", bench.text());
        assert!(bench.shows(r"filter node:=\u{4e2d}\ x") && bench.text().is_ascii(), "{}", bench.text());
    }
}

#[test]
fn what_is_cut_is_marked() {
    // 802.11 in full on a wide screen, and not as 802.1 on this one.
    let mut bench = Bench::after("samples/figure3.pcap", (80, 24));
    bench.keys("3");
    assert!(bench.line("▶    3 10:").ends_with("BID 1 802.…"), "{}", bench.text());
    // What is to the left goes, and what is to the right comes.
    bench.keys("l");
    assert!(bench.line("RRQ  10.1.0.1 at 192.0.2.10").contains("BID 1 802.11 la"), "{}", bench.text());
    bench.app = App::new(Settings { ascii: true, ..Settings::default() }, (80, 24));
    bench.keys("3");
    assert!(bench.line(">    3 10:").ends_with("BID 1 80..."), "{}", bench.text());
}

/// `[2001:db8:6::1]:50007` takes a column more than the node's end has.
#[test]
fn the_ends_of_a_flow_are_shown_whole_where_there_is_room() {
    let mut bench = Bench::after("samples/tunnels.pcap", (160, 24));
    bench.keys("4");
    let flow = bench.line("10.1.0.6 ");
    assert!(flow.contains(" [2001:db8:ffff::7]:7 [2001:db8:6::1]:50007 "), "{}", bench.text());
    // What stands after it keeps below its title: the flow has no rule.
    let title = bench.line("FID Verdict");
    let column = |line: &str, text: &str| line.split_once(text).unwrap().0.chars().count();
    assert_eq!(column(&title, " Verdict"), column(&flow, " per-flow"), "{}", bench.text());
}

/// The only flow with IPv6 addresses is the last of nine, and six are in sight.
#[test]
fn columns_of_flows_stay_when_the_widest_goes_out_of_sight() {
    let mut bench = Bench::after("samples/tunnels.pcap", (160, 11));
    bench.keys("4G");
    let titles = bench.line("FID Verdict");
    bench.keys("g");
    assert!(!bench.shows("2001:db8"), "{}", bench.text());
    assert_eq!(bench.line("FID Verdict"), titles);
    bench.send(Message::Data);
    assert_eq!(bench.line("FID Verdict"), titles);
}

#[test]
fn the_name_of_a_file_is_seen_as_it_is_typed() {
    let mut bench = Bench::after("samples/tunnels.pcap", (80, 12));
    bench.keys("4 s");
    assert!(bench.shows(" save 1 selected, Tab: other rows: mipflow.csv"), "{}", bench.text());
    bench.send(Message::Resize(40, 12));
    assert!(bench.shows(" save 1 selected: mipflow.csv"), "{}", bench.text());
}

/// A number without its end would be another one.
#[test]
fn no_column_of_flows_is_cut() {
    let mut bench = Bench::after("samples/tunnels.pcap", (80, 24));
    bench.keys("4");
    for width in 21..=200 {
        bench.send(Message::Resize(width, 24));
        let titles = bench.line("Correspondent");
        let last = ["Correspondent", "Verdict", "BIDs", "FID", "Up", "octets", "Last"];
        assert!(last.iter().any(|last| titles.ends_with(last)), "{width}: {titles}");
    }
    // Where there is not even room for the only one, that is marked: 203.0.113.7:9000 is an end of a flow.
    bench.send(Message::Resize(12, 24));
    assert!(bench.shows("\n 203.0.113.…\n"), "{}", bench.text());
}
