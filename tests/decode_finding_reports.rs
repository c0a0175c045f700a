//! Findings and rules in the formats of other programs, in full.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
mod program;
#[path = "rules/scene.rs"]
mod scene;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};

use history::pcap;
use program::{finished, mipflow, shown};
use scene::{KEY, Registration, Scene, multipath_with};
use serde_json::{Value, json};

/// Requests of as many nodes, each with a BID of 255, and their refusals.
fn wrong_identifiers(nodes: u8) -> Scene {
    let mut scene = Scene::default();
    for node in 1..=nodes {
        let home_address = [10, 1, 0, node].into();
        let request = Registration { home_address, ..Registration::plain(node) };
        scene.exchange(f64::from(node), &request.with(multipath_with(4, 1, 255, 0)), 128);
    }
    scene
}

/// What `decode` with these options prints of a scene, which is in a file of this name.
fn decoded(scene: &Scene, name: &str, options: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(name), pcap(&scene.history.shots)).unwrap();
    let program = std::fs::canonicalize(program::environment::PROGRAM).unwrap();
    let mut command = program::environment::command(program.to_str().unwrap());
    command.current_dir(directory.path()).args(["decode", "--key", KEY]).args(options.split_whitespace());
    let run = finished(command.arg(name));
    assert_eq!((run.code, run.error.as_str()), (0, ""), "{options}");
    run.out
}

/// What is told of a BID of 255.
const TOLD: &str = "Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)";

#[test]
fn a_result_of_sarif_says_what_where_and_whose() {
    let text = decoded(&wrong_identifiers(1), "on site: 1.pcap", "--format sarif");
    assert!(text.ends_with("}\n"), "the last line has its end");
    let document: Value = serde_json::from_str(&text).unwrap();
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "MP-008").unwrap();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let index = rules.iter().position(|rule| rule["id"] == "MP-008").unwrap();
    assert_eq!(
        *result,
        json!({
            "ruleId": "MP-008",
            "ruleIndex": index,
            "level": "error",
            "message": { "text": format!("frame 1: {TOLD}") },
            "locations": [{
                "logicalLocations": [{ "name": "frame 1", "kind": "element" }],
                "physicalLocation": {
                    // No colon before the first slash, which would be a scheme, and no blank.
                    "artifactLocation": { "uri": "on%20site%3A%201.pcap" },
                    "region": { "startLine": 1 },
                },
            }],
            "properties": {
                "frame": 1,
                "frameInFile": 1,
                "time": "2024-06-01T10:00:01.000000000Z",
                "subject": "mn",
                "homeAddress": "10.1.0.1",
            },
        })
    );
    // A rule is what `explain` has of it, and each level has SARIF's own word.
    let explained: Value = serde_json::from_str(&shown("explain --format json")).unwrap();
    assert_eq!(rules.len(), explained.as_array().unwrap().len());
    for (rule, explained) in rules.iter().zip(explained.as_array().unwrap()) {
        let text = |key: &str| explained[key].as_str().unwrap();
        let level = match text("level") {
            "must" => "error",
            "should" => "warning",
            note => note,
        };
        assert_eq!(
            *rule,
            json!({
                "id": text("id"),
                "shortDescription": { "text": text("title") },
                "fullDescription": { "text": text("why") },
                "help": { "text": format!("{}\n\nSource: {}", text("fires"), text("source")) },
                "defaultConfiguration": { "level": level },
                "properties": { "scope": text("scope"), "subject": text("subject") },
            })
        );
    }
}

#[test]
fn a_result_of_sarif_has_its_file_among_several_that_overlap() {
    let directory = tempfile::tempdir().unwrap();
    // Requests at 1 s to 4 s, each with its reply a moment later; those at 2 s and 4 s are in the other file.
    let shots = wrong_identifiers(4).history.shots;
    assert_eq!(shots.len(), 8);
    for (name, first) in [("odd.pcap", 0), ("even.pcap", 2)] {
        let of_file = [&shots[first..first + 2], &shots[first + 4..first + 6]].concat();
        std::fs::write(directory.path().join(name), pcap(&of_file)).unwrap();
    }
    let program = std::fs::canonicalize(program::environment::PROGRAM).unwrap();
    let mut command = program::environment::command(program.to_str().unwrap());
    command.current_dir(directory.path()).args(["decode", "--key", KEY, "--format", "sarif"]);
    let run = finished(command.args(["odd.pcap", "even.pcap"]));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    let places: Vec<(u64, &str, u64)> = results
        .iter()
        .filter(|result| result["ruleId"] == "MP-008")
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let number = |key: &str| result["properties"][key].as_u64().unwrap();
            (number("frame"), place.as_str().unwrap(), number("frameInFile"))
        })
        .collect();
    assert_eq!(places, [(1, "odd.pcap", 1), (3, "even.pcap", 1), (5, "odd.pcap", 3), (7, "even.pcap", 3)]);
}

#[test]
fn junit_has_a_suite_for_each_prefix_and_tells_of_twenty() {
    let text = decoded(&wrong_identifiers(25), "scene.pcap", "--format junit");
    let explained: Value = serde_json::from_str(&shown("explain --format json")).unwrap();
    let prefix = |rule: &Value| rule["id"].as_str().unwrap().split('-').next().unwrap().to_owned();
    let rules = explained.as_array().unwrap();
    let prefixes: BTreeSet<String> = rules.iter().map(prefix).collect();
    assert_eq!(text.matches("<testsuite ").count(), prefixes.len());
    for wanted in prefixes {
        let (_, suite) = text.split_once(&format!("<testsuite name=\"{wanted}\"")).expect(&wanted);
        let (suite, _) = suite.split_once("</testsuite>").unwrap();
        let count = rules.iter().filter(|rule| prefix(rule) == wanted).count();
        assert_eq!(suite.matches(&format!("classname=\"mipflow.{wanted}\"")).count(), count, "{wanted}");
        assert_eq!(suite.matches("<testcase ").count(), count, "{wanted}");
    }
    let (_, case) = text.split_once("name=\"MP-008 ").unwrap();
    let (case, _) = case.split_once("</testcase>").unwrap();
    assert!(case.contains(": 25 times\""), "{case}");
    // Requests are the odd frames: the twentieth is frame 39.
    let told: Vec<&str> = case.lines().filter(|line| line.contains(TOLD)).collect();
    assert_eq!(told.len(), 20, "{case}");
    assert!(told[19].contains("frame 39: "), "{case}");
    assert!(case.contains("\nand 5 more</failure>"), "{case}");
    assert!(!case.contains("<system-out>"), "told once: {case}");
    // What is not grave enough to fail a case is told in its output.
    let (_, case) = text.split_once("name=\"EXT-004 ").unwrap();
    let (case, _) = case.split_once("</testcase>").unwrap();
    assert!(case.contains("<system-out>frame 1: ") && !case.contains("<failure"), "{case}");
}

#[test]
fn in_junit_a_rule_that_is_hidden_is_skipped() {
    let skipped = "<skipped message=\"hidden by --allow\"/>";
    let case = |text: &str, rule: &str| {
        let (_, case) = text.split_once(&format!("name=\"{rule} ")).expect(rule);
        case.split_once("<testcase").expect("it is not the last").0.to_owned()
    };
    let text = decoded(&wrong_identifiers(1), "scene.pcap", "--format junit --allow mp --deny MP-008");
    // MP-008 is raised, and not hidden with the others; of MP-001 there is nothing to find.
    assert!(case(&text, "MP-008").contains("<failure"), "{text}");
    for hidden in ["MP-001", "MP-007"] {
        assert!(case(&text, hidden).contains(skipped), "{hidden}: {text}");
    }
    assert!(!case(&text, "EXT-001").contains("<skipped"), "{text}");
    let explained: Value = serde_json::from_str(&shown("explain MP --format json")).unwrap();
    assert_eq!(text.matches(skipped).count(), explained.as_array().unwrap().len() - 1);
}

#[test]
fn what_many_nodes_have_in_common_has_a_heading_and_no_findings_are_told_too() {
    let text = decoded(&wrong_identifiers(17), "scene.pcap", "--show findings");
    let lines: Vec<&str> = text.lines().collect();
    let line = lines.iter().position(|line| line.contains("MP-008")).unwrap();
    assert!(lines[..line].contains(&"many nodes"), "{text}");
    let none = shown("decode --show findings --node 9.9.9.9 samples/figure3.pcap");
    assert_eq!(none, "no findings of this node\n");
    assert_eq!(shown("decode --show findings --bpf arp samples/figure3.pcap"), "no findings\n");
}

#[test]
fn findings_are_told_by_node_the_gravest_first_and_few_of_a_rule_one_by_one() {
    let mut scene = Scene::default();
    let wrong = |node: u8| {
        let home_address = [10, 1, 0, node].into();
        Registration { home_address, ..Registration::plain(node) }.with(multipath_with(4, 1, 255, 0))
    };
    // Node 2 comes first, and has three of them; node 1 has four.
    for (second, node) in (0..).step_by(5).zip([2, 1, 1, 1, 1, 2, 2]) {
        scene.exchange(f64::from(second), &wrong(node), 128);
    }
    let text = decoded(&scene, "scene.pcap", "--show findings");
    let lines: Vec<&str> = text.lines().collect();
    let headings: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].starts_with("10.1.0.")).collect();
    let names: Vec<&str> = headings.iter().map(|line| lines[*line]).collect();
    assert_eq!(names, ["10.1.0.2", "10.1.0.1"], "{text}");
    let of = |from: usize, to: usize| -> Vec<&str> {
        let lines = lines[from..to].iter().filter(|line| line.contains("MP-008"));
        lines
            .map(|line| line.split("MP-008").nth(1).unwrap().split("  10:00").next().unwrap().trim())
            .collect()
    };
    assert_eq!(of(headings[0], headings[1]), ["#1", "#11", "#13"], "{text}");
    assert_eq!(of(headings[1], lines.len()), ["×4, first at #3"], "{text}");
    let levels = |from: usize, to: usize| -> Vec<usize> {
        let level =
            |line: &str| ["  must ", "  should ", "  note "].iter().position(|level| line.starts_with(level));
        lines[from..to].iter().filter_map(|line| level(line)).collect()
    };
    for levels in [levels(headings[0], headings[1]), levels(headings[1], lines.len())] {
        assert!(levels.is_sorted() && !levels.is_empty(), "{text}");
    }
    // Columns stand below each other, whatever the place takes.
    let times = lines[headings[1] + 1..].iter().filter_map(|line| line.split_once("  10:00:"));
    let columns: Vec<usize> = times.map(|(before, _)| before.chars().count()).collect();
    assert!(columns.len() > 1 && columns.iter().all(|column| *column == columns[0]), "{text}");
}

#[test]
fn a_rule_is_explained_alike_in_all_formats() {
    let explained: Value = serde_json::from_str(&shown("explain --format json")).unwrap();
    let explained = explained.as_array().unwrap();
    let of = |id: &str| explained.iter().find(|rule| rule["id"] == id).unwrap();
    // As RFC 7629 §4.1 has it: the node sets the BID, which a message alone shows.
    let rule = of("MP-008");
    let fields = ["title", "level", "source", "subject", "scope"].map(|key| rule[key].as_str().unwrap());
    assert_eq!(fields, ["Binding identifier 0 or 255", "must", "RFC 7629 §4.1", "mn", "message"]);
    let (fires, why) = (rule["fires"].as_str().unwrap(), rule["why"].as_str().unwrap());
    let page = shown("explain MP-008 --format markdown");
    assert!(page.contains("\n### MP-008 Binding identifier 0 or 255\n\n"), "{page}");
    assert!(page.contains("\nmust, message, at fault: mobile node. RFC 7629 §4.1.\n"), "{page}");
    assert!(page.contains(&format!("\n{fires}\n\nWhy it matters: {why}\n\nFor example: `")), "{page}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let text = words(&shown("explain MP-008"));
    assert!(
        text.contains(&words(&format!("When it fires {fires} Why it matters {why} For example"))),
        "{text}"
    );
    assert!(
        text.starts_with(
            "MP-008 Binding identifier 0 or 255 level must at fault mobile node scope message source RFC 7629 §4.1 "
        ),
        "{text}"
    );

    let list = shown("explain");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), explained.len() + 1);
    for (line, rule) in lines.iter().zip(explained) {
        let [id, level, scope, title] =
            ["id", "level", "scope", "title"].map(|key| rule[key].as_str().unwrap());
        assert_eq!(*line, format!("{id:<8}  {level:<6}  {scope:<8}  {title}"));
    }
    let count = |level: &str| explained.iter().filter(|rule| rule["level"] == level).count();
    assert_eq!(
        lines[explained.len()],
        format!(
            "{} rules: {} must, {} should, {} note",
            explained.len(),
            count("must"),
            count("should"),
            count("note")
        )
    );
    assert!(mipflow("explain --format json").output().unwrap().stdout.ends_with(b"]\n"));
}

/// Two nodes with one home address are told apart by their home agents.
#[test]
fn headings_name_the_home_agent_where_a_home_address_has_several() {
    let other_agent = Ipv4Addr::new(198, 51, 100, 2);
    let mut scene = wrong_identifiers(2);
    let elsewhere = Registration { home_agent: other_agent, ..Registration::plain(1) };
    let elsewhere = Registration { destination: SocketAddrV4::new(other_agent, 434), ..elsewhere };
    scene.exchange(10.0, &elsewhere.with(multipath_with(4, 1, 255, 0)), 128);
    let text = decoded(&scene, "two.pcap", "--show findings --color never");
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("10.")).collect();
    assert_eq!(
        headings,
        ["10.1.0.1, home agent 198.51.100.1", "10.1.0.2", "10.1.0.1, home agent 198.51.100.2"],
        "{text}"
    );
}
