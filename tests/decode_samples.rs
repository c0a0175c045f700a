//! `mipflow decode` on the samples, in all formats: whole outputs, reviewed by eye when they were recorded, and
//! held against tshark where tshark reads the same.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use program::{KEY, shown};

const SAMPLES: [&str; 5] = ["figure3", "foreign-agent", "tunnels", "extensions", "malformed"];

#[test]
fn one_line_a_message() {
    for name in SAMPLES {
        let text = shown(&format!("decode --show messages --key {KEY} samples/{name}.pcap"));
        insta::assert_snapshot!(format!("line-{name}"), text);
    }
}

#[test]
fn trees() {
    for name in ["figure3", "extensions", "malformed"] {
        let text = shown(&format!("decode -v --show messages --key {KEY} samples/{name}.pcap"));
        insta::assert_snapshot!(format!("tree-{name}"), text);
    }
    let text = shown("decode -v --show messages --bpf udp samples/tunnels.pcap");
    insta::assert_snapshot!("tree-tunnels", text);
}

#[test]
fn octets() {
    insta::assert_snapshot!("octets-malformed", shown("decode -x --show messages samples/malformed.pcap"));
}

#[test]
fn documents() {
    for name in SAMPLES {
        let text = shown(&format!("decode --format json --show messages --key {KEY} samples/{name}.pcap"));
        insta::assert_snapshot!(format!("json-{name}"), text);
    }
}

#[test]
fn one_record_a_line() {
    let text = shown("decode --format ndjson --show messages samples/foreign-agent.pcap");
    insta::assert_snapshot!("ndjson-foreign-agent", text);
}

#[test]
fn tables() {
    for name in ["foreign-agent", "malformed"] {
        let text = shown(&format!("decode --format csv --show messages samples/{name}.pcap"));
        insta::assert_snapshot!(format!("csv-{name}"), text);
    }
    insta::assert_snapshot!("csv-stats", shown("decode --format csv --show stats samples/tunnels.pcap"));
}

#[test]
fn counts() {
    insta::assert_snapshot!("stats-tunnels", shown("decode --show stats samples/tunnels.pcap"));
    insta::assert_snapshot!("stats-foreign-agent", shown("decode --show stats samples/foreign-agent.pcap"));
}

/// What tshark 4.0.17 reads of the fixed parts: `tshark -r FILE -Y mip -T fields -E occurrence=f -e frame.number
/// -e mip.type -e mip.code -e mip.life -e mip.homeaddr -e mip.haaddr -e mip.coa`.
#[test]
fn fixed_parts_are_what_tshark_reads() {
    for (name, expected) in [
        ("figure3", include_str!("tshark/figure3.tsv")),
        ("foreign-agent", include_str!("tshark/foreign-agent.tsv")),
        ("tunnels", include_str!("tshark/tunnels.tsv")),
        ("extensions", include_str!("tshark/extensions.tsv")),
    ] {
        let text = shown(&format!("decode --format json --show messages samples/{name}.pcap"));
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cell = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let found: Vec<String> = document["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|message| message["type"] == "rrq" || message["type"] == "rrp")
            .map(|message| {
                let kind = if message["type"] == "rrq" { "1" } else { "3" };
                let fields = ["code", "lifetime", "home_address", "home_agent", "care_of_address"];
                let cells: Vec<String> = fields.iter().map(|field| cell(&message[field])).collect();
                format!("{}\t{kind}\t{}", message["frame"], cells.join("\t"))
            })
            .collect();
        assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{name}");
    }
}
