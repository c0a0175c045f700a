//! What was inferred, as documents: value by value, worked out from the scenario.

use serde_json::{Value, json};

use crate::program;
use crate::scenario::Scenario;
use crate::{busy, shown, troubled};

/// A section of the document of a scenario.
fn section(scenario: &Scenario, name: &str) -> Value {
    let text = shown(scenario, 80, &format!("--format json --show {name}"));
    serde_json::from_str::<Value>(&text).unwrap()[name].take()
}

/// A time of the first of June 2024.
fn at(time: &str) -> String {
    format!("2024-06-01T10:{time}Z")
}

/// A selector of source ports and a protocol.
fn selector(source_port: u16, protocol: u8) -> Value {
    json!({
        "source_address": null,
        "destination_address": null,
        "spi": null,
        "flow_label": null,
        "source_port": [source_port, source_port],
        "destination_port": null,
        "ds": null,
        "protocol": [protocol, protocol],
    })
}

#[test]
fn exchanges() {
    let of = |identification: &str, kind: &str, frames: [&[u64]; 2], bid: u8, address: &str, copies: u32| {
        json!({
            "home_address": "10.1.0.1",
            "nai": null,
            "identification": identification,
            "kind": kind,
            "status": "accepted",
            "request_frames": frames[0],
            "reply_frames": frames[1],
            "code": 0,
            "bid": bid,
            "care_of_address": address,
            "round_trip_ms": 20.0,
            "retransmissions": copies,
        })
    };
    let (wifi, lte) = ("192.0.2.10", "192.0.2.70");
    assert_eq!(
        section(&busy(), "exchanges"),
        json!([
            of("0xea056fa000000001", "register", [&[1, 2], &[3]], 1, wifi, 1),
            of("0xea056fa100000002", "register", [&[4], &[5]], 2, lte, 0),
            of("0xea056fa800000003", "deregister", [&[12], &[13]], 1, wifi, 0),
            of("0xea056fac00000004", "register", [&[17], &[18]], 1, wifi, 0),
        ])
    );
}

#[test]
fn a_node_with_its_bindings_its_policy_and_its_tunnels() {
    let path = |bid: u8, address: &str, (if_att, name): (u8, &str)| {
        json!({
            "bid": bid,
            "care_of_address": address,
            "mode": "co-located",
            "state": "active",
            "if_att": if_att,
            "if_att_name": name,
            "if_label": bid,
            "encapsulation": "ipip",
            "reverse_tunnel": true,
            "ended": null,
        })
    };
    let with = |mut object: Value, more: Value| {
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let wifi = || path(1, "192.0.2.10", (4, "802.11"));
    let lte = path(2, "192.0.2.70", (8, "E-UTRAN"));
    let rule = |fid: u32, bids: &[u8], active: Option<u8>, (port, protocol): (u16, u8), counts: [u64; 2]| {
        let name = if protocol == 17 { "udp" } else { "tcp" };
        json!({
            "fid": fid,
            "action": "forward",
            "bids": bids,
            "active_bid": active,
            "effect": "forward",
            "ts_format": 1,
            "selector": selector(port, protocol),
            "selector_text": format!("proto {name} sport {port}"),
            "origin": "rrq",
            "frame": 1,
            "packets": counts[0],
            "bytes": counts[1],
        })
    };
    let tunnel = |bid: u8, address: &str, down: [u64; 2], up: [u64; 2], flows: u32| {
        json!({
            "bid": bid,
            "home_agent": "198.51.100.1",
            "care_of_address": address,
            "encapsulation": "ipip",
            "downlink": { "packets": down[0], "bytes": down[1] },
            "uplink": { "packets": up[0], "bytes": up[1] },
            "flows": flows,
        })
    };
    let time = |seconds: &str| json!(at(seconds));
    assert_eq!(
        section(&busy(), "nodes"),
        json!([{
            "home_address": "10.1.0.1",
            "nai": null,
            "home_agent": "198.51.100.1",
            "multipath": "enabled",
            "prefixes": [],
            "bindings": [
                // De-registered by frame 13; half of what was asked for had been granted.
                with(wifi(), json!({
                    "state": "deregistered",
                    "registered": time("00:01.020000"),
                    "refreshed": time("00:01.020000"),
                    "expires": time("05:01.020000"),
                    "lifetime": 300,
                    "ended": time("00:08.020000"),
                    "frame": 13,
                })),
                with(lte, json!({
                    "registered": time("00:01.120000"),
                    "refreshed": time("00:01.120000"),
                    "expires": null,
                    "lifetime": 65535,
                    "frame": 5,
                })),
                with(wifi(), json!({
                    "registered": time("00:12.020000"),
                    "refreshed": time("00:12.020000"),
                    "expires": time("10:12.020000"),
                    "lifetime": 600,
                    "frame": 18,
                })),
            ],
            "policy": [
                // Frames 6, 14 and 15.
                rule(1, &[1, 2], Some(1), (5060, 17), [3, 34 + 31 + 30]),
                with(rule(2, &[255], None, (25, 6), [1, 28]), json!({ "action": "drop", "effect": "drop" })),
                // Frames 8, 9 and 10.
                rule(3, &[2], Some(2), (80, 6), [3, 28 + 38 + 28]),
                with(rule(4, &[9], None, (9999, 17), [1, 28]), json!({ "effect": "exhausted" })),
            ],
            "tunnels": [
                // Frames 6, 7, 10 and 11, each of a flow of its own; frames 9 and 14, and 8, 15 and 16.
                tunnel(1, "192.0.2.10", [4, 34 + 28 + 28 + 28], [0, 0], 4),
                tunnel(2, "192.0.2.70", [2, 38 + 31], [3, 28 + 30 + 28], 3),
            ],
        }])
    );
}

#[test]
fn flows_with_what_went_which_way() {
    let path = |bid: u8, down: [u64; 2], up: [u64; 2], times: [&str; 2]| {
        json!({
            "bid": bid,
            "downlink": { "packets": down[0], "bytes": down[1] },
            "uplink": { "packets": up[0], "bytes": up[1] },
            "first": at(times[0]),
            "last": at(times[1]),
        })
    };
    let flow = |protocol: u8, ports: [u16; 2], rule: [Option<u16>; 2], verdict: &str, paths: &[Value]| {
        json!({
            "home_address": "10.1.0.1",
            "source": "203.0.113.50",
            "destination": "10.1.0.1",
            "protocol": protocol,
            "source_port": ports[0],
            "destination_port": ports[1],
            "fid": rule[0],
            "expected_bid": rule[1],
            "verdict": verdict,
            "paths": paths,
        })
    };
    let none = [0, 0];
    let once = |time| [time, time];
    assert_eq!(
        section(&busy(), "flows"),
        json!([
            flow(
                17,
                [5060, 5062],
                [Some(1), Some(2)],
                "conforms",
                &[
                    path(1, [1, 34], none, once("00:05.000000")),
                    path(2, [1, 31], [1, 30], ["00:10.000000", "00:10.100000"]),
                ]
            ),
            flow(6, [25, 2500], [Some(2), None], "leaks", &[path(1, [1, 28], none, once("00:05.100000"))]),
            flow(
                6,
                [80, 8000],
                [Some(3), Some(2)],
                "strays",
                &[
                    path(2, [1, 38], [1, 28], ["00:05.200000", "00:05.300000"]),
                    path(1, [1, 28], none, once("00:05.400000")),
                ]
            ),
            flow(
                17,
                [9999, 9999],
                [Some(4), None],
                "exhausted",
                &[path(1, [1, 28], none, once("00:05.500000")),]
            ),
            flow(17, [67, 68], [None, None], "per-flow", &[path(2, none, [1, 28], once("00:10.200000"))]),
        ])
    );
}

#[test]
fn a_binding_by_a_foreign_agent_that_ran_out() {
    let nodes = section(&troubled(), "nodes");
    let node = nodes.as_array().unwrap().iter().find(|node| node["home_address"] == "10.1.0.5").unwrap();
    // Flags M and T: no D, so that the address is the agent's.
    assert_eq!(
        node["bindings"],
        json!([{
            "bid": null,
            "care_of_address": "192.0.2.1",
            "mode": "foreign-agent",
            "state": "expired",
            "if_att": null,
            "if_att_name": null,
            "if_label": null,
            "encapsulation": "minimal",
            "reverse_tunnel": true,
            "registered": at("00:03.020000"),
            "refreshed": at("00:03.020000"),
            "expires": at("00:08.020000"),
            "lifetime": 5,
            "ended": at("00:08.020000"),
            "frame": 6,
        }])
    );
}

#[test]
fn what_agents_did_and_what_was_refused() {
    assert_eq!(
        section(&troubled(), "traffic"),
        json!({
            "home_agents": [{
                "home_agent": "198.51.100.1",
                "register": 3,
                "refresh": 0,
                "deregister": 0,
                "accepted": 1,
                "denied": { "131": 1 },
                "unanswered": 1,
                "unsolicited": 1,
                "retransmitted": 0,
                "unknown_tunnels": [{ "care_of_address": "192.0.2.200", "packets": 2 }],
                "other_unknown": 0,
            }],
        })
    );
    assert_eq!(
        section(&troubled(), "violations"),
        json!({
            "nodes": [{
                "home_address": null,
                "nai": "mn\u{1b}[2J\u{202e}@m\u{fc}nchen.example",
                "home_agent": "198.51.100.1",
                "failed_authentication": 1,
                "bad_identification": 0,
                "unknown_spi": 0,
                "last_time": at("00:00.020000"),
                "last_code": 131,
            }],
        })
    );
    // The same of a node that refreshes, sends again, and de-registers.
    let agent = &section(&busy(), "traffic")["home_agents"][0];
    let counts = ["register", "refresh", "deregister", "accepted", "retransmitted"];
    assert_eq!(counts.map(|count| agent[count].as_u64().unwrap()), [3, 0, 1, 4, 1]);
}

/// The router of extensions.pcap has a rule for each kind of selector; what they select is written as `send` reads it.
#[test]
fn each_field_of_a_selector_has_its_ends() {
    let text =
        program::shown("decode --show nodes --format json --node router@example.org samples/extensions.pcap");
    let document: Value = serde_json::from_str(&text).unwrap();
    let node = &document["nodes"][0];
    assert_eq!(node["nai"], "router@example.org");
    assert_eq!(node["prefixes"], json!(["203.0.113.224/28", "2001:db8:1::/64"]));
    let with = |fields: Value| {
        let mut whole = selector(0, 0);
        whole.as_object_mut().unwrap().values_mut().for_each(|value| *value = Value::Null);
        whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        whole
    };
    for (rule, text, fields) in [
        (
            0,
            "src 203.0.113.0/25 dst 10.1.0.1 proto tcp sport 80-443 dport 49152-65535 ds 10",
            json!({
                "source_address": ["203.0.113.0", "203.0.113.127"],
                "destination_address": ["10.1.0.1", "10.1.0.1"],
                "protocol": [6, 6],
                "source_port": [80, 443],
                "destination_port": [49152, 65535],
                "ds": [10, 10],
            }),
        ),
        (1, "proto esp spi 4096-8191", json!({ "protocol": [50, 50], "spi": [4096, 8191] })),
        (
            2,
            "src 2001:db8:bad::/48 dst 2001:db8:1::/64 proto udp dport 5000-5010 label 1-1048575",
            json!({
                "source_address": ["2001:db8:bad::", "2001:db8:bad:ffff:ffff:ffff:ffff:ffff"],
                "destination_address": ["2001:db8:1::", "2001:db8:1:0:ffff:ffff:ffff:ffff"],
                "protocol": [17, 17],
                "destination_port": [5000, 5010],
                "flow_label": [1, 1_048_575],
            }),
        ),
    ] {
        let rule = &node["policy"][rule];
        assert_eq!((&rule["selector_text"], &rule["selector"]), (&json!(text), &with(fields)));
    }
}
