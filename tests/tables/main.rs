//! What was inferred, as people and spreadsheets see it: whole outputs, reviewed by eye against the scenarios when
//! they were recorded.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod call_flows;
mod documents;
#[path = "../program/mod.rs"]
mod program;
mod scenario;
mod seldom;

use program::{Run, finished, mipflow};
use scenario::{Request, Scenario};

const HOME: [u8; 4] = [10, 1, 0, 1];
const WIFI: [u8; 4] = [192, 0, 2, 10];
const LTE: [u8; 4] = [192, 0, 2, 70];
const UDP: u8 = 17;
const TCP: u8 = 6;

/// Runs `mipflow` on a scenario, with the table width of `columns`.
fn run(scenario: &Scenario, columns: u16, arguments: &str) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scenario.pcap");
    scenario.write(&path);
    let mut command = mipflow(&format!("decode {arguments}"));
    finished(command.arg(path).env("COLUMNS", columns.to_string()))
}

fn shown(scenario: &Scenario, columns: u16, arguments: &str) -> String {
    let run = run(scenario, columns, arguments);
    assert_eq!((run.code, run.error.as_str()), (0, ""), "mipflow decode {arguments}");
    run.out
}

fn wifi(lifetime: u16, identification: u64) -> Request {
    Request::new(HOME, WIFI, lifetime, identification).path("802.11", 1, 1)
}

fn lte(lifetime: u16, identification: u64) -> Request {
    Request::new(HOME, LTE, lifetime, identification).path("E-UTRAN", 2, 2)
}

/// Frames 1 to 18. Wi-Fi registers with a policy, its request sent twice, and gets half the lifetime it asked for; LTE
/// registers for ever. A call and a web page go as they should (frames 6, 8 and 9), mail leaks (7), the web page strays
/// (10), and what is for binding 9 alone finds none (11). Wi-Fi de-registers; the call goes on over LTE (14, 15), a
/// flow without a rule stays there (16), and then Wi-Fi is back.
fn busy() -> Scenario {
    let mut scenario = Scenario::default();
    let first = wifi(600, 0xea05_6fa0_0000_0001)
        .flow(&[1, 2], "proto udp sport 5060")
        .flow(&[], "proto tcp sport 25")
        .flow(&[2], "proto tcp sport 80")
        .flow(&[9], "proto udp sport 9999");
    scenario
        .request(0, &first)
        .request(1000, &first)
        .reply(1020, &first, 0, 300)
        .accepted(1100, &lte(65535, 0xea05_6fa1_0000_0002))
        .down(5000, WIFI, UDP, [5060, 5062], b"INVITE")
        .down(5100, WIFI, TCP, [25, 2500], b"")
        .up(5200, LTE, TCP, [8000, 80], b"")
        .down(5300, LTE, TCP, [80, 8000], b"0123456789")
        .down(5400, WIFI, TCP, [80, 8000], b"")
        .down(5500, WIFI, UDP, [9999, 9999], b"")
        .accepted(8000, &wifi(0, 0xea05_6fa8_0000_0003))
        .down(10_000, LTE, UDP, [5060, 5062], b"BYE")
        .up(10_100, LTE, UDP, [5062, 5060], b"OK")
        .up(10_200, LTE, UDP, [68, 67], b"")
        .accepted(12_000, &wifi(600, 0xea05_6fac_0000_0004));
    scenario
}

/// A node without a home address whose NAI attacks the terminal, refused for its authenticator (frames 1, 2); a request
/// that is never answered (3); a reply that nobody asked for (4); a binding of 5 seconds that runs out behind a foreign
/// agent (5, 6); packets for an address that was never registered (7, 8).
fn troubled() -> Scenario {
    let mut scenario = Scenario::default();
    let hostile = "mn\u{1b}[2J\u{202e}@münchen.example".as_bytes();
    let nameless = Request::new([0, 0, 0, 0], [192, 0, 2, 99], 600, 0xea05_6fa0_0000_0011).nai(hostile);
    let silent = Request::new([10, 1, 0, 3], [192, 0, 2, 33], 600, 0xea05_6fa1_0000_0012);
    let stray = Request::new([10, 1, 0, 4], [192, 0, 2, 34], 600, 0xea05_6fa2_0000_0013);
    let brief = Request::with_flags([10, 1, 0, 5], [192, 0, 2, 1], 5, 0xea05_6fa3_0000_0014, 0x12);
    scenario
        .request(0, &nameless)
        .reply(20, &nameless, 131, 0)
        .request(1000, &silent)
        .reply(2000, &stray, 1, 600)
        .accepted(3000, &brief)
        .down(20_000, [192, 0, 2, 200], UDP, [1, 2], b"")
        .down(20_100, [192, 0, 2, 200], UDP, [1, 2], b"");
    scenario
}

/// The sections that are tables.
const TABLES: &str = "--show exchanges,nodes,flows,traffic,violations";

#[test]
fn tables_at_each_width() {
    for columns in [80, 120, 160] {
        insta::assert_snapshot!(format!("busy-{columns}"), shown(&busy(), columns, TABLES));
    }
    for columns in [80, 120] {
        insta::assert_snapshot!(format!("troubled-{columns}"), shown(&troubled(), columns, TABLES));
    }
}

#[test]
fn tables_of_one_moment() {
    for at in ["#5", "#13"] {
        let name = format!("busy-at-{}", &at[1..]);
        insta::assert_snapshot!(name, shown(&busy(), 80, &format!("--show nodes --at {at}")));
    }
    // The binding of frame 6 began at 3.02 s and has 5 s: the clock alone ends it.
    let text = shown(&troubled(), 80, "--show nodes --node 10.1.0.5 --at 2024-06-01T10:00:09Z");
    assert!(text.contains("expired") && text.contains("10:00:08.020"), "{text}");
}

#[test]
fn call_flows() {
    for columns in [80, 120] {
        insta::assert_snapshot!(format!("ladder-busy-{columns}"), shown(&busy(), columns, "--show ladder"));
    }
    insta::assert_snapshot!("ladder-troubled", shown(&troubled(), 80, "--show ladder --ascii"));
    let mermaid = shown(&troubled(), 80, "--show ladder --ladder-format mermaid");
    insta::assert_snapshot!("mermaid-troubled", mermaid);
    let fenced = shown(&busy(), 80, "--show ladder,stats --ladder-format mermaid");
    assert!(fenced.contains("══ Call flows ══\n```mermaid\nsequenceDiagram\n"), "{fenced}");
}

/// A packet for one node in the tunnel of another: two tunnels, and one of them has no binding.
#[test]
fn a_tunnel_without_a_binding_is_in_the_spreadsheet_too() {
    let mut scenario = Scenario::default();
    scenario
        .accepted(0, &wifi(600, 0xea05_6fa0_0000_0001))
        .accepted(1000, &Request::new([10, 1, 0, 2], LTE, 600, 0xea05_6fa1_0000_0002))
        .down(5000, LTE, UDP, [5060, 5062], b"INVITE");
    let text = shown(&scenario, 80, "--format csv --show nodes --node 10.1.0.1");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let [names, bound, unbound] = &rows[..] else { panic!("{text}") };
    let cell = |row: &[&str], name: &str| row[names.iter().position(|its| *its == name).unwrap()].to_owned();
    let cells = |row: &[&str]| ["care_of_address", "state", "downlink_packets"].map(|name| cell(row, name));
    assert_eq!(cells(bound), ["192.0.2.10", "active", "0"]);
    assert_eq!(cells(unbound), ["192.0.2.70", "", "1"]);
}

#[test]
fn spreadsheets() {
    for section in ["exchanges", "nodes", "flows", "traffic"] {
        let text = shown(&busy(), 80, &format!("--format csv --show {section}"));
        insta::assert_snapshot!(format!("csv-busy-{section}"), text);
    }
    for section in ["exchanges", "nodes", "traffic", "violations"] {
        let text = shown(&troubled(), 80, &format!("--format csv --show {section}"));
        insta::assert_snapshot!(format!("csv-troubled-{section}"), text);
    }
}

/// Figure 2 of RFC 7629 before and after the Wi-Fi binding of Figure 3 is de-registered in frame 36.
#[test]
fn figure_2() {
    let policy = |at: &str| {
        let mut command = mipflow(&format!("decode --show nodes {at} samples/figure3.pcap"));
        let text = finished(command.env("COLUMNS", "80")).out;
        text[text.find("FID").unwrap()..].to_owned()
    };
    let lines = |text: &str| -> Vec<String> {
        let marked = |line: &&str| line.contains("BID ") || line.contains("<DROP>");
        let preference = |line: &str| {
            let start = line.find('▶').or_else(|| line.find("BID ")).or_else(|| line.find("<DROP>")).unwrap();
            line[start..].split("  ").next().unwrap().to_owned()
        };
        text.lines().filter(marked).map(preference).collect()
    };
    assert_eq!(
        lines(&policy("--at #34")),
        [
            "▶ BID 1 192.0.2.10",
            "BID 2 192.0.2.70",
            "<DROP>",
            "▶ BID 2 192.0.2.70",
            "<DROP>",
            "▶ BID 3 192.0.2.130",
            "BID 2 192.0.2.70",
            "BID 1 192.0.2.10",
            "<DROP>",
        ]
    );
    assert_eq!(
        lines(&policy("")),
        [
            "BID 1 192.0.2.10 deregistered",
            "▶ BID 2 192.0.2.70",
            "<DROP>",
            "▶ BID 2 192.0.2.70",
            "<DROP>",
            "▶ BID 3 192.0.2.130",
            "BID 2 192.0.2.70",
            "BID 1 192.0.2.10 deregistered",
            "<DROP>",
        ]
    );
}

#[test]
fn nothing_reaches_the_terminal_unescaped() {
    for scenario in [busy(), troubled()] {
        for arguments in [
            "--show messages,exchanges,ladder,nodes,flows,traffic,violations,stats",
            "--show messages -v -x",
            "--show ladder --ladder-format mermaid",
            "--show nodes --format csv",
            "--show violations --format csv",
        ] {
            let unicode = shown(&scenario, 80, arguments);
            assert!(!unicode.contains(['\u{1b}', '\u{202e}']), "{arguments}: {unicode}");
        }
    }
}

#[test]
fn ascii_when_asked_or_when_the_locale_has_no_more() {
    let all = "--show messages,exchanges,ladder,nodes,flows,traffic,violations";
    let asked = shown(&troubled(), 80, &format!("--ascii {all}"));
    assert!(asked.is_ascii(), "{asked}");
    assert!(asked.contains("mn\\u{1b}[2J\\u{202e}@m\\u{fc}nchen.example"), "{asked}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scenario.pcap");
    troubled().write(&path);
    let under = |locale: [(&str, &str); 3]| {
        let mut command = mipflow(&format!("decode {all}"));
        finished(command.arg(&path).env("COLUMNS", "80").envs(locale)).out
    };
    assert_eq!(under([("LC_ALL", "C"), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C.UTF-8")]), asked);
    assert_eq!(under([("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "de_DE.UTF-8")]), asked);
    assert!(under([("LC_ALL", ""), ("LC_CTYPE", ""), ("LANG", "de_DE.utf8")]).contains('→'));
    // No locale, and no terminal whose limits would have to be guessed.
    assert!(under([("LC_ALL", ""), ("LC_CTYPE", ""), ("LANG", "")]).contains('→'));
}

#[test]
fn tables_keep_to_their_width() {
    for columns in [80, 100, 120, 200] {
        for scenario in [busy(), troubled()] {
            let text = shown(&scenario, columns, "--show exchanges,ladder,flows,traffic,violations,nodes");
            for line in text.lines() {
                assert!(line.chars().count() <= columns.into(), "{columns}: {line}");
            }
        }
    }
}

#[test]
fn colour_says_nothing_that_words_do_not() {
    let plain = shown(&busy(), 80, TABLES);
    let coloured = shown(&busy(), 80, &format!("--color always {TABLES}"));
    assert!(
        coloured.contains("\u{1b}[31mstrays\u{1b}[0m") || coloured.contains("strays\u{1b}[0m"),
        "{coloured}"
    );
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some(start) = rest.find('\u{1b}') {
        bare.push_str(&rest[..start]);
        let end = rest[start..].find('m').unwrap();
        rest = &rest[start + end + 1..];
    }
    bare.push_str(rest);
    let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn empty_sections_say_so() {
    let empty = Scenario::default();
    insta::assert_snapshot!(
        "empty",
        shown(&empty, 80, "--show messages,exchanges,ladder,nodes,flows,traffic,violations")
    );
    assert_eq!(shown(&busy(), 80, "--show nodes --node 10.9.9.9"), "no mobile node of this name\n");
    assert_eq!(shown(&empty, 80, "--show flows"), "no flows in tunnels\n");
}

#[test]
fn a_ladder_is_text() {
    for format in ["json", "ndjson", "csv"] {
        let run = run(&busy(), 80, &format!("--format {format} --show ladder"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{format}");
        assert!(run.error.contains("a ladder is text"), "{}", run.error);
    }
    let document = shown(&busy(), 80, "--format json --show ladder,traffic");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert!(document["ladder"].is_null() && document["traffic"].is_object());
    assert_eq!(run(&busy(), 80, "--format csv --show ladder,nodes").code, 2);
}

#[test]
fn how_ladders_are_written_is_for_ladders() {
    let run = run(&busy(), 80, "--ladder-format mermaid");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.error.contains("add --show ladder"), "{}", run.error);
}

#[test]
fn one_node_alone() {
    let text = shown(&troubled(), 80, "--show exchanges,nodes,flows,violations --node 10.1.0.5");
    insta::assert_snapshot!("troubled-one-node", text);
}

#[test]
fn packets_to_further_unregistered_addresses_are_counted_in_json_too() {
    let mut scenario = Scenario::default();
    scenario.accepted(0, &wifi(600, 0xea05_6fa0_0000_0001));
    // Of these 4,096 are kept apart.
    for number in 0..4_100u16 {
        let [high, low] = number.to_be_bytes();
        scenario.down(1000, [172, 16, high, low], UDP, [5060, 5062], b"");
    }
    let document: serde_json::Value =
        serde_json::from_str(&shown(&scenario, 80, "--format json --show traffic")).unwrap();
    let agent = &document["traffic"]["home_agents"][0];
    assert_eq!(agent["unknown_tunnels"].as_array().unwrap().len(), 4_096);
    assert_eq!(agent["other_unknown"], 4);
    let text = shown(&scenario, 80, "--format csv --show traffic");
    assert!(text.lines().nth(1).unwrap().ends_with(",4100"), "all packets of unknown tunnels: {text}");
    assert!(shown(&scenario, 80, "--show traffic").contains(" 4  further addresses"));
}
