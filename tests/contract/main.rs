//! The JSON contract, as types that refuse any key they do not know and any key that is missing; and its page,
//! docs/json.md, which has each of these keys.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// The fields are named by the contract.
#![allow(clippy::struct_field_names)]

mod forms;
mod inferred;
mod messages;
mod page;
#[path = "../program/mod.rs"]
mod program;

use forms::is;
use inferred::{Capture, Exchange, Finding, Flow, Node, Traffic, Violations};
use messages::check_message;
use program::{KEY, shown};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Document {
    schema: String,
    messages: Vec<Value>,
    capture: Capture,
}

const SAMPLES: [&str; 5] = ["figure3", "foreign-agent", "tunnels", "extensions", "malformed"];

#[test]
fn documents_hold_to_the_contract() {
    for name in SAMPLES {
        for key in [String::new(), format!("--key {KEY}")] {
            let text = shown(&format!("decode --format json --show messages {key} samples/{name}.pcap"));
            let document: Document = serde_json::from_str(&text).unwrap();
            assert_eq!(document.schema, "mipflow/1");
            assert_eq!(document.capture.files, [format!("samples/{name}.pcap")]);
            assert!(!document.messages.is_empty());
            document.messages.iter().for_each(check_message);
        }
    }
}

/// A section, whether it is a list, and the check for one of its objects.
type Section = (&'static str, bool, fn(&Value));

#[test]
fn what_is_inferred_holds_to_the_contract() {
    let sections: [Section; 6] = [
        ("exchanges", true, is::<Exchange>),
        ("nodes", true, is::<Node>),
        ("flows", true, is::<Flow>),
        ("traffic", false, is::<Traffic>),
        ("violations", false, is::<Violations>),
        ("findings", true, is::<Finding>),
    ];
    let mut seen = [0; 6];
    for name in SAMPLES {
        for key in ["", "--key 256=text:wrong"] {
            let show = sections.map(|(section, _, _)| section).join(",");
            let text = shown(&format!("decode --format json --show {show} {key} samples/{name}.pcap"));
            let document: Value = serde_json::from_str(&text).unwrap();
            let there: Vec<&String> = document.as_object().unwrap().keys().collect();
            let mut wanted = vec!["schema", "capture"];
            wanted.extend(sections.map(|(section, _, _)| section));
            wanted.sort_unstable();
            assert_eq!(there, wanted, "{name}");
            for ((section, is_list, check), seen) in sections.iter().zip(&mut seen) {
                let objects = if *is_list {
                    document[section].as_array().unwrap().as_slice()
                } else {
                    std::slice::from_ref(&document[section])
                };
                objects.iter().for_each(check);
                *seen += objects.len();
            }
            is::<Capture>(&document["capture"]);
        }
    }
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
}

#[test]
fn records_are_the_objects_of_the_document() {
    for name in SAMPLES {
        let arguments = format!("--show messages samples/{name}.pcap");
        let document: Value =
            serde_json::from_str(&shown(&format!("decode --format json {arguments}"))).unwrap();
        let text = shown(&format!("decode --format ndjson {arguments}"));
        let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(text.lines().all(|line| line.starts_with("{\"record\":\"")), "record is the first key");
        let kinds: Vec<Value> = records
            .iter_mut()
            .map(|record| record.as_object_mut().unwrap().remove("record").unwrap())
            .collect();
        let capture = records.pop().unwrap();
        assert_eq!(capture, document["capture"]);
        assert_eq!(Value::from(records), document["messages"]);
        assert_eq!(kinds.last().unwrap(), "capture");
        assert!(kinds.iter().rev().skip(1).all(|kind| kind == "message"));
    }
}

#[test]
fn what_is_inferred_is_the_same_in_records() {
    let lists = [("exchange", "exchanges"), ("node", "nodes"), ("flow", "flows"), ("finding", "findings")];
    let kinds = lists.into_iter().chain([("traffic", "traffic"), ("violations", "violations")]);
    let show = kinds.clone().map(|(_, section)| section).collect::<Vec<_>>().join(",");
    for name in SAMPLES {
        let arguments = format!("--show {show} --key 256=text:wrong samples/{name}.pcap");
        let mut document: Value =
            serde_json::from_str(&shown(&format!("decode --format json {arguments}"))).unwrap();
        let text = shown(&format!("decode --format ndjson {arguments}"));
        let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(text.lines().all(|line| line.starts_with("{\"record\":\"")), "record is the first key");
        assert_eq!(records.pop().unwrap()["record"], "capture");
        for (record, section) in kinds.clone() {
            let is_it = |found: &mut Value| found["record"] == record;
            let mut found: Vec<Value> = records.extract_if(.., is_it).collect();
            for object in &mut found {
                object.as_object_mut().unwrap().remove("record");
            }
            let objects = document[section].take();
            let objects = if let Value::Array(list) = objects { list } else { vec![objects] };
            assert_eq!(found, objects, "{name}: {section}");
        }
        assert_eq!(records, [Value::Null; 0], "{name}: nothing else");
    }
}

#[test]
fn a_document_without_messages_is_whole() {
    let text = shown("decode --format json --show messages --bpf arp samples/figure3.pcap");
    let document: Document = serde_json::from_str(&text).unwrap();
    assert!(document.messages.is_empty());
    assert_eq!((document.capture.packets, document.capture.registrations), (46, 0));
}
