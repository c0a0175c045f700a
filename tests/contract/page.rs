//! docs/json.md: each key of the contract is on the page, where it belongs, and no other; its examples are from samples.

use std::collections::BTreeSet;
use std::fs;

use crate::forms::keys;
use crate::inferred::{
    Action, Binding, Capture, Counts, Effect, Encapsulation, Evicted, Exchange, Finding, Flow, FlowVerdict,
    HomeAgent, Kind, Level, Mode, Multipath, Node, Origin, Path, PolicyRule, Selector, State, Status,
    Subject, Traffic, Tunnel, UnknownTunnel, Violations, Violator,
};
use crate::messages::{Checksum, Inner, InnerEncapsulation, Verdict, extension_keys, message_keys};
use crate::program::shown;

fn page() -> String {
    fs::read_to_string("docs/json.md").unwrap()
}

/// What stands in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The text between a heading and the next.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    section.split("\n#").next().unwrap()
}

/// The first cells of the rows below a heading.
fn first_cells<'p>(page: &'p str, heading: &str) -> BTreeSet<&'p str> {
    let rows = section(page, heading).lines().filter_map(|line| line.strip_prefix("| "));
    rows.flat_map(|row| quoted(row.split(" |").next().unwrap())).collect()
}

#[test]
fn each_key_is_on_the_page() {
    let page = page();
    for (heading, keys) in [
        ("## Messages", message_keys()),
        ("### The packet inside", keys::<Inner>()),
        ("## Extensions", extension_keys()),
        ("### Selectors", keys::<Selector>()),
        ("## Exchanges", keys::<Exchange>()),
        ("## Nodes", keys::<Node>()),
        ("### Bindings", keys::<Binding>()),
        ("### Policy", keys::<PolicyRule>()),
        ("### Tunnels", [keys::<Tunnel>(), keys::<Counts>()].concat()),
        ("## Flows", keys::<Flow>()),
        ("### Paths", keys::<Path>()),
        ("## Findings", keys::<Finding>()),
        ("## Traffic", [keys::<Traffic>(), keys::<HomeAgent>(), keys::<UnknownTunnel>()].concat()),
        ("## Violations", [keys::<Violations>(), keys::<Violator>()].concat()),
        ("## Capture", [keys::<Capture>(), keys::<Evicted>()].concat()),
    ] {
        assert_eq!(first_cells(&page, heading), keys.into_iter().collect(), "{heading}");
    }
}

#[test]
fn each_word_of_a_key_is_on_the_page() {
    let page = page();
    for (heading, key, words) in [
        ("## Messages", "udp_checksum", keys::<Checksum>()),
        ("### The packet inside", "encapsulation", keys::<InnerEncapsulation>()),
        ("## Extensions", "verdict", keys::<Verdict>()),
        ("## Exchanges", "kind", keys::<Kind>()),
        ("## Exchanges", "status", keys::<Status>()),
        ("## Nodes", "multipath", keys::<Multipath>()),
        ("### Bindings", "mode", keys::<Mode>()),
        ("### Bindings", "state", keys::<State>()),
        ("### Bindings", "encapsulation", keys::<Encapsulation>()),
        ("### Policy", "action", keys::<Action>()),
        ("### Policy", "effect", keys::<Effect>()),
        ("### Policy", "origin", keys::<Origin>()),
        ("### Tunnels", "encapsulation", keys::<Encapsulation>()),
        ("## Flows", "verdict", keys::<FlowVerdict>()),
        ("## Findings", "level", keys::<Level>()),
        ("## Findings", "subject", keys::<Subject>()),
    ] {
        let begin = format!("| `{key}`");
        let row = section(&page, heading).lines().find(|line| line.starts_with(&begin)).unwrap();
        let there: BTreeSet<&str> = quoted(row).skip(1).collect();
        assert!(words.iter().all(|word| there.contains(word)), "{heading} {key}: {words:?}");
    }
}

#[test]
fn headings_of_csv_are_on_the_page() {
    let page = page();
    let rows = section(&page, "## CSV").lines().filter_map(|line| line.strip_prefix("| `"));
    let mut sections = 0;
    for row in rows {
        let (section, headings) = row.split_once("` | ").unwrap();
        let printed = shown(&format!("decode --format csv --show {section} samples/figure3.pcap"));
        let printed: Vec<&str> = printed.lines().next().unwrap().split(',').collect();
        assert_eq!(quoted(headings).collect::<Vec<_>>(), printed, "{section}");
        sections += 1;
    }
    assert_eq!(sections, 8);
}

#[test]
fn examples_are_from_the_samples_they_name() {
    const SHOW: &str = "messages,exchanges,nodes,flows,traffic,violations,findings";
    let page = page();
    let mut examples = 0;
    let mut before = "";
    for (place, piece) in page.split("```").enumerate() {
        // Every second piece is a block.
        if let Some(block) = piece.strip_prefix("json\n").filter(|_| place % 2 == 1) {
            let word = before.split_whitespace().rev().find(|word| word.contains(".pcap"));
            let name = word.unwrap().trim_end_matches(|letter| ",:.".contains(letter));
            let document = shown(&format!("decode --format json --show {SHOW} samples/{name}"));
            assert!(document.contains(block.trim_end()), "{name} has no {block}");
            examples += 1;
        }
        before = piece;
    }
    assert_eq!(examples, 12);
}
