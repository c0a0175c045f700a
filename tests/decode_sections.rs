//! The sections of `decode`: their headings, what is counted, and what of them is one node's.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::capture::{RAW, cut_pcap, datagram, hexadecimal, pcap, request};
use program::{KEY, finished, mipflow, shown};
use serde_json::{Value, json};

const HEADINGS: [(&str, &str); 9] = [
    ("messages", "Messages"),
    ("exchanges", "Exchanges"),
    ("ladder", "Call flows"),
    ("nodes", "Mobile nodes"),
    ("flows", "Flows"),
    ("traffic", "Traffic"),
    ("violations", "Security violations"),
    ("findings", "Findings"),
    ("stats", "Statistics"),
];

#[test]
fn each_section_has_a_heading_where_there_are_several() {
    let all: Vec<&str> = HEADINGS.iter().map(|(section, _)| *section).collect();
    // However they are asked for, they come in their own order.
    let asked: Vec<&str> = all.iter().rev().copied().collect();
    for file in ["samples/figure3.pcap", "--node 9.9.9.9 samples/figure3.pcap"] {
        let text = shown(&format!("decode --show {} {file}", asked.join(",")));
        let lines: Vec<&str> = text.lines().collect();
        let headings: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].starts_with('═')).collect();
        let titles: Vec<&str> = headings.iter().map(|line| lines[*line]).collect();
        assert_eq!(titles, HEADINGS.map(|(_, title)| format!("══ {title} ══")), "{file}");
        assert_eq!(headings[0], 0);
        assert!(headings[1..].iter().all(|line| lines[line - 1].is_empty()), "{text}");
    }
    for section in all {
        let text = shown(&format!("decode --show {section} samples/figure3.pcap"));
        assert!(!text.is_empty() && !text.lines().any(|line| line.starts_with("══")), "{text}");
    }
}

/// Frame numbers of three digits, relays and late replies are nothing special.
#[test]
fn tables_fit_the_narrowest_terminal() {
    let samples = ["extensions", "figure3", "foreign-agent", "malformed", "tunnels"];
    let files = samples.map(|sample| format!("samples/{sample}.pcap")).join(" ");
    for section in ["exchanges", "nodes", "flows", "violations"] {
        let run = finished(mipflow(&format!("decode --show {section} {files}")).env("COLUMNS", "80"));
        let rules = run.out.lines().filter(|line| line.trim_start().starts_with('─'));
        let widths: Vec<usize> = rules.map(|rule| rule.chars().count()).collect();
        assert!(
            !widths.is_empty() && widths.iter().all(|width| *width <= 80),
            "{section}: {widths:?}\n{}",
            run.out
        );
    }
}

/// What can be wrong with frames, each once: an IP version that there is none of, a registration that was cut, a
/// fragment whose others never come, a clock that goes back, and a datagram without any octet.
fn odd_frames() -> Vec<u8> {
    let mut unknown = datagram(40_000, 434, &request(&[]));
    unknown[0] = 0x75;
    let whole = datagram(40_000, 434, &request(&[]));
    let mut fragment = datagram(40_001, 434, &request(&[]));
    // More fragments follow.
    fragment[6] = 0x20;
    let frames = [
        (unknown.clone(), unknown.len()),
        (whole[..whole.len() - 4].to_vec(), whole.len()),
        (fragment.clone(), fragment.len()),
        (datagram(40_000, 434, &[]), 28),
    ];
    let mut octets = cut_pcap(RAW, &frames);
    // The last frame, of 28 octets, is a second older than the one before it.
    let last = octets.len() - 16 - 28;
    octets[last..last + 4].copy_from_slice(&1_717_236_001u32.to_le_bytes());
    octets
}

#[test]
fn what_is_wrong_with_frames_is_counted_in_all_formats() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("odd.pcap").display().to_string();
    fs::write(&path, odd_frames()).unwrap();
    let text = shown(&format!("decode --show stats {path}"));
    let lines: Vec<&str> = text.lines().collect();
    let bytes = 3 * 52 + 28;
    assert_eq!(
        lines[3..],
        [
            &format!("  packets             4 ({bytes} octets)"),
            "  first               2024-06-01T10:00:00.000000Z",
            "  last                2024-06-01T10:00:02.000000Z",
            "  registrations       1",
            "  tunnelled           0",
            "  fragments           1",
            "    still waiting     1",
            "  undecodable         1",
            "  cut by snaplen      1",
            "  clock backwards     1",
            "Messages",
            "             1  Registration Request (1)",
            "             1  without any octet",
        ],
        "{text}"
    );
    let document: Value =
        serde_json::from_str(&shown(&format!("decode --show stats --format json {path}"))).unwrap();
    assert_eq!(
        document["capture"],
        json!({
            "files": [path],
            "link_types": ["RAW"],
            "packets": 4,
            "bytes": bytes,
            "first": "2024-06-01T10:00:00.000000Z",
            "last": "2024-06-01T10:00:02.000000Z",
            "registrations": 1,
            "tunnelled": 0,
            "fragments": 1,
            "undecodable": 1,
            "truncated": 1,
            "evicted": {
                "nodes": 0,
                "exchanges": 0,
                "flows": 0,
                "findings": 0,
                "fragments": 0,
                "bindings": 0,
                "rules": 0,
                "legs": 0,
                "others": 0,
            },
            "dropped": null,
            "clock_backwards": 1,
        })
    );
    let both = shown(&format!("decode --show stats --format csv {path} samples/tunnels.pcap"));
    let row: Vec<&str> = both.lines().nth(1).unwrap().split(',').collect();
    // tunnels.pcap has 33 frames of Ethernet.
    assert_eq!(row[..3], [format!("{path} samples/tunnels.pcap").as_str(), "RAW Ethernet", "37"]);
    let both = shown(&format!("decode --show stats {path} samples/tunnels.pcap"));
    assert!(both.contains(&format!("  files               {path} samples/tunnels.pcap\n")), "{both}");
}

/// `node@example.org` has no address when it boots, and 10.1.0.1 later; the node of figure3.pcap has the same address.
#[test]
fn a_node_is_known_by_its_nai_before_and_after_it_has_an_address() {
    let sections = ["messages", "exchanges", "nodes", "flows", "findings"];
    let of = |arguments: &str| -> Value {
        let show = format!("{},violations", sections.join(","));
        let text = shown(&format!("decode --format json --show {show} --key {KEY} {arguments}"));
        serde_json::from_str(&text).unwrap()
    };
    let whole = of("samples/foreign-agent.pcap");
    let named = of("--node node@example.org samples/foreign-agent.pcap");
    for section in sections {
        assert_ne!(whole[section], json!([]), "{section}");
        assert_eq!(named[section], whole[section], "{section}");
    }
    assert_eq!(named["violations"], whole["violations"]);
    assert_eq!(named["violations"]["nodes"].as_array().unwrap().len(), 1);
    // Of 22 messages 8 are from before it has an address, and of 6 exchanges 3.
    let addressed = of("--node 10.1.0.1 samples/foreign-agent.pcap");
    let count = |document: &Value, section: &str| document[section].as_array().unwrap().len();
    assert_eq!((count(&named, "messages"), count(&named, "exchanges")), (22, 6));
    assert_eq!(count(&addressed, "exchanges"), 6, "those from before it had the address, too");
    // Nobody else is it.
    let stranger = of("--node nobody@example.org samples/foreign-agent.pcap");
    for section in sections {
        assert_eq!(stranger[section], json!([]), "{section}");
    }
    assert_eq!(stranger["violations"], json!({ "nodes": [] }));
}

/// A revocation of a binding that was never seen, and its acknowledgement (RFC 3543 §3.3, §3.4): octet by octet, for
/// 10.1.0.1, the latter with its NAI, `a@b`. A request of that node ends within its fixed part, after the address.
#[test]
fn a_message_that_names_the_node_is_its_own_whatever_was_seen_before() {
    let revocation = hexadecimal("0700 c000 0a010001 c6336401 c000020a 00000007");
    let acknowledgement = hexadecimal("0f00 8000 0a010001 00000007 8303 614062");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("revoked.pcap").display().to_string();
    let messages = [&revocation[..], &acknowledgement, &request(&[])[..20]];
    let frames = messages.map(|message| datagram(434, 434, message));
    fs::write(&path, pcap(RAW, &frames)).unwrap();
    let frames = |node: &str| -> Vec<u64> {
        let text = shown(&format!("decode --show messages --format ndjson --node {node} {path}"));
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter_map(|record| record["frame"].as_u64()).collect()
    };
    assert_eq!(frames("10.1.0.1"), [1, 2, 3]);
    assert_eq!(frames("a@b"), [2], "the one that has it");
    assert_eq!((frames("10.1.0.2"), frames("a@c")), (vec![], vec![]));
}

/// Frame 3 of the sample has two Multipath extensions, for the BIDs 1 and 2.
#[test]
fn extensions_of_one_kind_are_a_list_in_the_spreadsheet() {
    let table = shown("decode --format csv --show messages samples/malformed.pcap");
    let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let bid = rows.next().unwrap().iter().position(|cell| *cell == "bid").unwrap();
    let bids: Vec<&str> = rows.filter(|row| row[0] == "3").map(|row| row[bid]).collect();
    assert_eq!(bids, ["1 2"]);
}

/// The router of extensions.pcap has two networks, one of them of IPv6.
#[test]
fn networks_and_tunnels_are_in_the_spreadsheet() {
    let text = shown("decode --format csv --show nodes samples/extensions.pcap");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let titles = lines.next().unwrap();
    let column = titles.iter().position(|title| *title == "prefixes").unwrap();
    assert_eq!(lines.next().unwrap()[column], "203.0.113.224/28 2001:db8:1::/64");
}

/// Eight registrations of figure3.pcap are signed under SPI 256 (samples/README.md).
#[test]
fn messages_that_do_not_verify_are_counted_by_what_was_wrong() {
    for (key, wrong, unknown) in [("300=text:x", 0, 8), ("256=text:wrong", 8, 0)] {
        let of = |format: &str| {
            shown(&format!("decode --key {key} --show violations --format {format} samples/figure3.pcap"))
        };
        let document: Value = serde_json::from_str(&of("json")).unwrap();
        assert_eq!(
            document["violations"]["nodes"],
            json!([{
                "home_address": "10.1.0.1",
                "nai": null,
                "home_agent": "198.51.100.1",
                "failed_authentication": wrong,
                "bad_identification": 0,
                "unknown_spi": unknown,
                "last_time": "2024-06-01T10:00:08.032160Z",
                "last_code": null,
            }])
        );
        let csv = of("csv");
        let row = csv.lines().nth(1).unwrap();
        assert_eq!(row, format!("10.1.0.1,,198.51.100.1,{wrong},0,{unknown},2024-06-01T10:00:08.032160Z,"));
        let text = of("text");
        let cells: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
        let [wrong, unknown] = [wrong, unknown].map(|count| count.to_string());
        assert_eq!(cells, ["10.1.0.1", "198.51.100.1", &wrong, "0", &unknown, "10:00:08.032"], "{text}");
    }
}

#[test]
fn what_is_good_and_bad_has_its_colour() {
    let coloured = |arguments: &str| shown(&format!("decode --color always {arguments}"));
    // Bold headings, cyan home addresses, green what was accepted, red what was denied, yellow what is in doubt.
    let text = coloured("--show messages,exchanges samples/foreign-agent.pcap");
    for (colour, what) in [
        ("1", "══ Messages ══"),
        ("36", "10.1.0.1"),
        ("32", "accepted"),
        ("1m\u{1b}[31", "denied 133 Identification mismatch"),
        ("1m\u{1b}[31", "denied"),
        ("33", "unanswered"),
    ] {
        assert!(text.contains(&format!("\u{1b}[{colour}m{what}\u{1b}[0m")), "{what}: {text}");
    }
    let text = coloured("--show messages --key 300=text:x samples/foreign-agent.pcap");
    assert!(text.contains(" \u{1b}[33mno key\u{1b}[0m"), "{text}");
    let text = coloured("--show messages --key 256=text:wrong samples/figure3.pcap");
    assert!(text.contains(" \u{1b}[1m\u{1b}[31mINVALID\u{1b}[0m"), "{text}");
}

/// Of the 33 frames of tunnels.pcap, by samples/README.md, 17 are not in UDP, and three of them fragments of one datagram.
#[test]
fn tunnels_without_a_registration_are_told_where_there_are_no_messages() {
    let told = finished(mipflow("decode --show messages samples/tunnels.pcap -f").arg("not udp port 434"));
    let expected =
        "no Mobile IP messages in 33 packets; 15 are in tunnels whose registrations were not seen\n";
    assert_eq!((told.out.as_str(), told.code), (expected, 0));
    // Nothing is known of whose they are.
    let told = finished(
        mipflow("decode --show messages --node 10.1.0.1 samples/tunnels.pcap -f").arg("not udp port 434"),
    );
    assert_eq!(told.out, "no Mobile IP messages of this node in 33 packets\n");
}

#[test]
fn of_a_ring_of_captures_the_first_and_the_last_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..9)
        .map(|place| {
            let path = directory.path().join(format!("ring.{place}.pcap"));
            fs::copy("samples/malformed.pcap", &path).unwrap();
            path.display().to_string()
        })
        .collect();
    let files = |names: &[String]| {
        let text = finished(mipflow("decode --show stats").args(names)).out;
        text.lines().find_map(|line| line.strip_prefix("  files               ").map(str::to_owned)).unwrap()
    };
    assert_eq!(files(&names[..8]), names[..8].join(" "));
    assert_eq!(files(&names), format!("9, the first {}, the last {}", names[0], names[8]));
}
