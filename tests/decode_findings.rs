//! What `decode` says of what is wrong.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
mod program;
#[path = "rules/scene.rs"]
mod scene;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use history::{Ask, History, Packet, care_of, pcap, revocation};
use program::capture::{self, datagram, request};
use program::run;
use scene::{KEY, Registration, Scene, multipath, multipath_with, short, sign, udp_to_port};
use serde_json::Value;
use tempfile::TempDir;

/// A capture with one BID of 255 (frame 5), one Multipath extension behind the authenticator (frame 7), and one packet
/// that strays from the tunnel of its rule (frame 9).
fn three_faults() -> Scene {
    let mut scene = Scene::default();
    let first = Registration::request(1).with(scene::forward(&[1], &udp_to_port(7000)));
    scene.exchange(0.0, &first, 0);
    scene.exchange(2.0, &Registration::request(2), 0);
    scene.exchange(4.0, &Registration::plain(3).with(multipath_with(4, 3, 255, 0)), 128);
    scene.exchange(6.0, &Registration::plain(3).with_after(multipath(3)), 0);
    scene.history.down(10.0, care_of(2), &Packet::new().ports(5060, 7000));
    scene.wait_until(15.0);
    scene
}

/// The same without the faults.
fn no_fault() -> Scene {
    let mut scene = Scene::default();
    let first = Registration::request(1).with(scene::forward(&[1], &udp_to_port(7000)));
    scene.exchange(0.0, &first, 0);
    scene.exchange(2.0, &Registration::request(2), 0);
    scene.exchange(6.0, &Registration::request(3), 0);
    scene.history.down(10.0, care_of(1), &Packet::new().ports(5060, 7000));
    scene.wait_until(15.0);
    scene
}

/// A packet to a stranger's care-of address twice, before a request names its home agent and within half a second
/// after that: it is one packet, from before the home agent was known. Whether somebody asks for findings, for one node
/// or for the packets themselves does not matter.
#[test]
fn nothing_else_that_is_asked_for_changes_the_counts() {
    let mut history = History::new();
    let packet = history.down(1.0, care_of(9), &Packet::new());
    history.ask(1.1, &Ask::bid(1, 1));
    history.copy(1.3, packet);
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("twice.pcap");
    std::fs::write(&path, pcap(&history.shots)).unwrap();
    let written = directory.path().join("written.pcap");
    for options in [
        "--show traffic".to_owned(),
        "--show traffic,findings".to_owned(),
        "--show traffic --fail-on must".to_owned(),
        "--show traffic --node 10.9.9.9".to_owned(),
        format!("--show traffic -w {}", written.display()),
    ] {
        let run = run(&format!("decode --format json {options} {}", path.display()));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let agent = &document["traffic"]["home_agents"][0];
        assert_eq!(agent["unanswered"], 1, "{options}");
        assert_eq!(agent["unknown_tunnels"], serde_json::json!([]), "{options}");
    }
}

/// A scene as a file.
fn saved(scene: &Scene, directory: &Path) -> PathBuf {
    let path = directory.join("scene.pcap");
    std::fs::write(&path, pcap(&scene.history.shots)).unwrap();
    path
}

/// Runs `mipflow decode` on a scene with the key of its nodes.
fn decoded(scene: &Scene, options: &str) -> program::Run {
    let directory = TempDir::new().unwrap();
    let path = saved(scene, directory.path());
    run(&format!("decode --key {KEY} {options} {}", path.display()))
}

fn json(scene: &Scene, options: &str) -> (i32, Value) {
    let run = decoded(scene, &format!("--format json --show findings {options}"));
    assert_eq!(run.error, "");
    (run.code, serde_json::from_str(&run.out).unwrap())
}

/// Rule and frame of the findings of a level.
fn found(document: &Value, level: &str) -> Vec<(String, u64)> {
    let findings = document["findings"].as_array().unwrap();
    let of_level = findings.iter().filter(|finding| finding["level"] == level);
    of_level
        .map(|finding| (finding["rule"].as_str().unwrap().to_owned(), finding["frame"].as_u64().unwrap()))
        .collect()
}

fn three() -> Vec<(String, u64)> {
    [("MP-008", 5), ("MP-005", 7), ("TUN-005", 9)].map(|(rule, frame)| (rule.to_owned(), frame)).to_vec()
}

#[test]
fn three_faults_are_three_findings() {
    let (code, document) = json(&three_faults(), "");
    assert_eq!(found(&document, "must"), three());
    assert_eq!(code, 0, "findings alone do not fail a run");
    let findings = document["findings"].as_array().unwrap();
    let bid = findings.iter().find(|finding| finding["level"] == "must").unwrap();
    assert_eq!(bid["rule"], "MP-008");
    assert_eq!(bid["time"], "2024-06-01T10:00:04.000000000Z");
    assert_eq!(bid["subject"], "mn");
    assert_eq!(bid["home_address"], "10.1.0.1");
    assert_eq!(bid["source"], "RFC 7629 §4.1");
    assert_eq!(bid["message"], "Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)");
}

/// The node of the sample sends three requests with a NAI alone, and gets its address with the reply to a later one.
#[test]
fn a_finding_from_before_its_node_had_an_address_has_it_in_the_end() {
    let shown =
        |format: &str| program::shown(&format!("decode --show findings {format} samples/foreign-agent.pcap"));
    let document: Value = serde_json::from_str(&shown("--format json")).unwrap();
    let finding = &document["findings"][0];
    assert_eq!((finding["frame"].as_u64(), finding["home_address"].as_str()), (Some(1), Some("10.1.0.1")));
    let table = shown("--format csv");
    assert!(table.lines().nth(1).unwrap().starts_with("EXT-004,note,1,"), "{table}");
    assert_eq!(table.lines().nth(1).unwrap().split(',').nth(5), Some("10.1.0.1"));
}

#[test]
fn fail_on_decides_the_exit_code() {
    assert_eq!(decoded(&three_faults(), "--fail-on must").code, 1);
    assert_eq!(decoded(&three_faults(), "--fail-on note").code, 1);
    assert_eq!(decoded(&three_faults(), "--fail-on never").code, 0);
    assert_eq!(decoded(&no_fault(), "--fail-on must").code, 0);
    assert_eq!(decoded(&three_faults(), "--fail-on must --show stats").code, 1, "whatever is shown");
    assert_eq!(decoded(&three_faults(), "--fail-on must --node 10.9.9.9").code, 0, "of another node");
    assert_eq!(decoded(&three_faults(), "--fail-on must --node 10.1.0.1").code, 1, "of this node");
}

#[test]
fn findings_of_an_address_that_no_exchange_made_a_node_of_are_shown_for_it() {
    let mut scene = Scene::default();
    let mut payload = revocation(care_of(1), 5);
    sign(&mut payload, 32, KEY);
    scene.datagram(0.0, &Registration::plain(1).reply(0), &payload);
    scene.wait_until(40.0);
    let of = |node: &str| {
        let (code, document) = json(&scene, &format!("--fail-on must --node {node}"));
        (code, found(&document, "must"))
    };
    assert_eq!(of("10.1.0.1"), (1, vec![("REV-001".to_owned(), 1)]));
    assert_eq!(of("10.1.0.2"), (0, Vec::new()));
}

/// 10.1.0.1 at one home agent, and at another the node a@b.example, which has the same home address there.
#[test]
fn a_node_is_not_the_one_with_its_home_address_at_another_home_agent() {
    let mut scene = Scene::default();
    scene.exchange(0.0, &Registration::request(1), 0);
    let home_agent = Ipv4Addr::new(198, 51, 100, 2);
    let elsewhere = Registration {
        home_agent,
        destination: SocketAddrV4::new(home_agent, 434),
        ..Registration::request(1)
    };
    scene.exchange(1.0, &elsewhere.with(short(131, b"a@b.example")), 0);
    let frames = |options: &str| -> Vec<u64> {
        let run = decoded(&scene, &format!("--format json --show exchanges {options}"));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let exchanges = document["exchanges"].as_array().unwrap();
        exchanges.iter().map(|exchange| exchange["request_frames"][0].as_u64().unwrap()).collect()
    };
    assert_eq!(frames(""), [1, 3]);
    assert_eq!(frames("--node a@b.example"), [3]);
    assert_eq!(frames("--node 10.1.0.1"), [1, 3], "an address is that of both");
}

#[test]
fn allowed_rules_are_hidden_and_denied_ones_raised() {
    let (code, document) = json(&three_faults(), "--fail-on must --allow MP --allow tun-005");
    assert_eq!((code, found(&document, "must")), (0, Vec::new()));
    let (code, document) = json(&three_faults(), "--fail-on must --allow MP --deny MP-005 --allow TUN");
    assert_eq!((code, found(&document, "must")), (1, vec![("MP-005".to_owned(), 7)]));
    // EXT-004, a note, is of the first request with Type 154: frame 1.
    let (_, document) = json(&no_fault(), "--deny EXT-004");
    assert_eq!(found(&document, "must"), vec![("EXT-004".to_owned(), 1)]);
    // As a script has it whose variable is empty: that is not to hide all rules, nor to raise them.
    for option in ["--allow=", "--deny="] {
        assert_eq!(decoded(&no_fault(), option).code, 2, "{option}");
    }
    let run = decoded(&no_fault(), "--allow NO-SUCH");
    assert_eq!(run.code, 2);
    assert!(run.error.contains("there is no rule 'NO-SUCH'"), "{}", run.error);
}

#[test]
fn text_has_a_line_a_finding_and_the_counts() {
    let run = decoded(&three_faults(), "--show findings --color never");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], "10.1.0.1");
    assert_eq!(
        lines[1],
        "  must    MP-008    #5  10:00:04.000  MN    Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)"
    );
    assert!(
        lines[2].starts_with("  must    MP-005    #7  10:00:06.000  MN    Multipath extension at offset ")
    );
    assert!(lines[3].starts_with("  must    TUN-005   #9  10:00:10.000  HA    "), "{}", lines[3]);
    assert!(lines.last().unwrap().starts_with("3 must, 0 should, "), "{}", lines.last().unwrap());
    let ascii = decoded(&three_faults(), "--show findings --color never --ascii").out;
    assert!(ascii.is_ascii() && ascii.contains("(RFC 7629 section 4.1)"), "{ascii}");
}

#[test]
fn many_of_one_rule_share_a_line() {
    let mut scene = Scene::default();
    for time in 0..17 {
        let request = Registration::plain(1).with(multipath_with(4, 1, 255, 0));
        scene.exchange(f64::from(time) * 5.0, &request, 128);
    }
    let run = decoded(&scene, "--show findings --color never");
    let of_rule: Vec<&str> = run.out.lines().filter(|line| line.contains("MP-008")).collect();
    assert_eq!(of_rule.len(), 1, "{}", run.out);
    assert!(of_rule[0].contains("×17, first at #1 "), "{}", of_rule[0]);
    assert!(run.out.contains("\n17 must, "), "{}", run.out);
}

#[test]
fn a_rule_that_many_nodes_break_has_one_line() {
    let lines_of = |nodes: u8, options: &str| -> Vec<String> {
        let mut scene = Scene::default();
        for node in 1..=nodes {
            let home_address = [10, 1, 0, node].into();
            let request = Registration { home_address, ..Registration::plain(node) };
            scene.exchange(f64::from(node), &request.with(multipath_with(4, 1, 255, 0)), 128);
        }
        let run = decoded(&scene, options);
        assert!(run.out.contains(&format!("\n{nodes} must, ")), "{}", run.out);
        run.out
            .lines()
            .filter(|line| line.contains("MP-008") || *line == "10.1.0.1")
            .map(str::to_owned)
            .collect()
    };
    let many = lines_of(17, "--show findings --color never");
    assert_eq!(
        many,
        [
            "  must    MP-008    ×17 at 17 nodes, first at #1  10:00:01.000  MN    10.1.0.1: Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)"
        ]
    );
    // A heading and a line for each, where there are not many, and where all are asked for.
    assert_eq!(lines_of(16, "--show findings --color never").len(), 1 + 16);
    assert_eq!(lines_of(17, "--show findings --color never -v").len(), 1 + 17);
}

#[test]
fn the_packet_tree_has_the_finding_at_its_field() {
    let run = decoded(&three_faults(), "-v --show messages,findings --color never");
    let lines: Vec<&str> = run.out.lines().collect();
    let bid = lines.iter().position(|line| line.ends_with("Binding ID: 255")).expect("the field");
    assert_eq!(
        lines[bid + 1].trim(),
        "[must MP-008: Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)]"
    );
    let behind = lines.iter().position(|line| line.contains("[must MP-005: ")).expect("the finding");
    assert!(lines[behind - 1].contains("Extension: multipath (154)"), "{}", lines[behind - 1]);
}

#[test]
fn sarif_names_rules_and_results() {
    let run = decoded(&three_faults(), "--format sarif");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let driver = &document["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "mipflow");
    let errors: Vec<&Value> = document["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["level"] == "error")
        .collect();
    assert_eq!(errors.len(), 3);
    for result in errors {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(driver["rules"][index]["id"], result["ruleId"]);
    }
    let invocation = &document["runs"][0]["invocations"][0];
    assert_eq!(invocation["toolExecutionNotifications"], serde_json::json!([]), "all were kept");
    let refused = decoded(&three_faults(), "--format sarif --show messages");
    assert_eq!(refused.code, 2);
}

#[test]
fn junit_fails_the_cases_of_broken_rules() {
    let run = decoded(&three_faults(), "--format junit");
    assert!(run.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{}", run.out);
    assert!(
        run.out.contains("tests=\"160\" skipped=\"0\" failures=\"3\" errors=\"0\""),
        "{}",
        &run.out[..200]
    );
    assert!(run.out.contains("name=\"MP-008 Binding identifier 0 or 255\""));
    let clean = decoded(&no_fault(), "--format junit");
    assert!(
        clean.out.contains("tests=\"160\" skipped=\"0\" failures=\"0\" errors=\"0\""),
        "{}",
        &clean.out[..200]
    );
}

#[test]
fn csv_and_ndjson_have_the_same_findings() {
    let csv = decoded(&three_faults(), "--format csv --show findings").out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "rule,level,frame,time,subject,home_address,message,source");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("MP-008,must,5,2024-06-01T10:00:04.000000000Z,mn,10.1.0.1,"))
    );
    let ndjson = decoded(&three_faults(), "--format ndjson --show findings").out;
    let records: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), lines.len(), "as many as lines of csv: the heading there, the capture here");
    assert_eq!(records[0]["record"], "finding");
    assert_eq!(records.last().unwrap()["record"], "capture");
}

#[test]
fn samples_of_lawful_traffic_break_no_must() {
    for sample in ["figure3", "foreign-agent", "tunnels", "extensions"] {
        let command =
            format!("decode --show findings --fail-on must --key {} samples/{sample}.pcap", program::KEY);
        let run = run(&command);
        assert_eq!((run.code, run.error.as_str()), (0, ""), "{sample}: {}", run.out);
    }
}

/// A classic little-endian capture as if it had been made with this snapshot length.
fn cut_to(capture: &[u8], snapshot_length: usize) -> Vec<u8> {
    let (header, mut rest) = capture.split_at(24);
    let mut cut = header.to_vec();
    while let Some((record, behind)) = rest.split_first_chunk::<16>() {
        let captured = u32::from_le_bytes(record[8..12].try_into().unwrap()) as usize;
        let kept = captured.min(snapshot_length);
        cut.extend_from_slice(&record[..8]);
        cut.extend_from_slice(&u32::try_from(kept).unwrap().to_le_bytes());
        cut.extend_from_slice(&record[12..]);
        cut.extend_from_slice(&behind[..kept]);
        rest = &behind[captured..];
    }
    cut
}

/// What `tcpdump -s 64`, 68 and 96 leave of them; at 64 two octets of a request's fixed part are missing.
#[test]
fn what_the_snapshot_length_cut_breaks_no_must_and_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.pcap");
    for sample in ["figure3", "foreign-agent", "tunnels"] {
        let whole = std::fs::read(format!("samples/{sample}.pcap")).unwrap();
        for snapshot_length in [64, 68, 96] {
            std::fs::write(&path, cut_to(&whole, snapshot_length)).unwrap();
            let run = run(&format!("decode --show findings --fail-on must {}", path.display()));
            assert_eq!((run.code, run.error.as_str()), (0, ""), "{sample} {snapshot_length}: {}", run.out);
            let told = "were cut by the snapshot length: what rules ask of bindings, policy and grants was not judged";
            // But for Flow-Bindings 96 octets reach into the authentication of each.
            let hides_something = snapshot_length < 96 || sample == "figure3";
            assert_eq!(run.out.contains(told), hides_something, "{sample} {snapshot_length}: {}", run.out);
        }
    }
    let run = run("decode --show findings samples/figure3.pcap");
    assert!(!run.out.contains("snapshot length"), "{}", run.out);
}

#[test]
fn whether_nothing_was_registered_before_decides_what_can_be_said() {
    // A tunnel to an address that was never registered in the capture (TUN-001, anchored).
    let mut scene = no_fault();
    scene.history.down(16.0, care_of(77), &Packet::new().ports(5060, 7000));
    scene.wait_until(20.0);
    let tunnel = |options: &str| -> Vec<String> {
        let (code, document) = json(&scene, &format!("--fail-on must {options}"));
        let found: Vec<String> = found(&document, "must").into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(code, i32::from(!found.is_empty()), "{options}");
        found
    };
    assert!(
        tunnel("").contains(&"TUN-001".to_owned()),
        "a file begins where everything does: {:?}",
        tunnel("")
    );
    assert_eq!(tunnel("--assume-cold-start on"), tunnel(""));
    assert!(!tunnel("--assume-cold-start off").contains(&"TUN-001".to_owned()));
}

#[test]
fn input_that_failed_decides_over_findings() {
    let directory = TempDir::new().unwrap();
    let path = saved(&three_faults(), directory.path());
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(run(&format!("decode --key {KEY} --fail-on must {}", path.display())).code, 1);
    // All frames are there, and eight octets of one more.
    std::fs::write(&path, [&whole[..], &[0; 8]].concat()).unwrap();
    let cut = run(&format!("decode --key {KEY} --fail-on must {}", path.display()));
    assert_eq!(cut.code, 3, "{}", cut.error);
    assert!(cut.out.contains("MP-008") && cut.error.contains("cut off"), "{}{}", cut.out, cut.error);
}

/// Requests of 1,640 nodes with forty extensions of unknown types each, which is a note for each (EXT-003), and a last one
/// without authentication, which is no note.
#[test]
fn findings_beyond_those_that_are_kept_are_counted_and_decide_the_exit_code() {
    const KEPT: u64 = 65_536;
    let unknown: Vec<u8> = (200..240).flat_map(|kind| [kind, 0]).collect();
    let authentication = [&[32, 20, 0, 0, 1, 0][..], &[7; 16]].concat();
    let from = |node: u16, extensions: &[u8]| {
        let mut request = request(extensions);
        request[6..8].copy_from_slice(&node.to_be_bytes());
        // Identifications rise with the seconds.
        request[19] += u8::try_from(node % 90).unwrap();
        datagram(434, 434, &request)
    };
    let mut packets: Vec<Vec<u8>> =
        (1..=1_640).map(|node| from(node, &[&unknown[..], &authentication].concat())).collect();
    let run = |packets: &[Vec<u8>]| {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("many.pcap");
        std::fs::write(&path, capture::pcap(capture::RAW, packets)).unwrap();
        let run = run(&format!(
            "decode --show findings --format json --fail-on must --allow REG --allow UDP {}",
            path.display()
        ));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let evicted = document["capture"]["evicted"]["findings"].as_u64().unwrap();
        let kept = document["findings"].as_array().unwrap();
        let is_must = |finding: &&Value| finding["level"] == "must";
        (run.code, kept.len() as u64, kept.iter().filter(is_must).count(), evicted)
    };
    let notes = 1_640 * 40;
    assert_eq!(run(&packets), (0, KEPT, 0, notes - KEPT));
    packets.push(from(1, &[]));
    assert_eq!(run(&packets), (1, KEPT, 0, notes + 1 - KEPT));
}
