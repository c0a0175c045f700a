//! All that is found in the captures of the pairs, notes and recommendations too, with who is at fault and the octets it
//! is about.
//!
//! `told/` has a file for each topic, and in it two lines for each pair, for each rule in the order of its pairs: what is
//! found in the capture that fires the rule, and in its near miss. A finding is its rule, `@` and its frame, `mn`, `ha`,
//! `fa` or `any` (where nobody can tell), and the octets of the UDP payload, the last one not included. A new line is
//! written from the words of the catalogue and the octets of its capture, before the test is run.

use std::collections::BTreeMap;

use mipflow::rules::Finding;

use crate::scene::Scene;
use crate::{findings, pairs};

const TABLES: [&str; 12] = [
    include_str!("told/ext.txt"),
    include_str!("told/auth.txt"),
    include_str!("told/reg.txt"),
    include_str!("told/mp.txt"),
    include_str!("told/fb.txt"),
    include_str!("told/ts.txt"),
    include_str!("told/exch.txt"),
    include_str!("told/udpt.txt"),
    include_str!("told/nemo.txt"),
    include_str!("told/ds.txt"),
    include_str!("told/rev.txt"),
    include_str!("told/tun.txt"),
];

fn line(finding: &Finding) -> String {
    let (rule, frame, subject) = (finding.rule.id, finding.place.frame, finding.subject.name());
    let octets = finding.octets.as_ref().map(|octets| format!(" {}..{}", octets.start, octets.end));
    format!("{rule} @{frame} {subject}{}", octets.unwrap_or_default())
}

/// What is found in a capture, in order of frames and rules.
fn told(build: fn(&mut Scene), cold_start: bool) -> String {
    let mut found = findings(build, cold_start);
    found.sort_by_key(|finding| (finding.place.frame, finding.rule.id));
    found.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// Lines by the rule that they begin with, so that a missing one does not put out those of other rules.
fn by_rule<'l>(lines: impl Iterator<Item = &'l str>) -> BTreeMap<&'l str, Vec<&'l str>> {
    let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in lines {
        rules.entry(line.split_whitespace().next().unwrap_or_default()).or_default().push(line);
    }
    rules
}

#[test]
fn each_capture_has_the_findings_of_its_line_and_no_others() {
    let mut found = Vec::new();
    for pair in pairs::all() {
        for (which, build) in [("fires", pair.fires), ("near", pair.near)] {
            let line = format!("{} {which}: {}", pair.rule, told(build, pair.cold_start));
            found.push(line.trim_end().to_owned());
        }
    }
    let found = by_rule(found.iter().map(String::as_str));
    let expected = by_rule(TABLES.iter().flat_map(|table| table.lines()));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (rule, lines) in &expected {
        let found = &found[rule];
        if found.len() != lines.len() {
            wrong.push(format!("{rule} has {} captures and {} lines", found.len(), lines.len()));
        }
        let pairs = lines.iter().zip(found).filter(|(line, found)| line != found);
        wrong.extend(pairs.map(|(line, found)| format!("expected {line}\nfound    {found}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
