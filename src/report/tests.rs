//! What reports say of findings that found no room.

use std::net::Ipv4Addr;

use super::{
    Depth, JunitReport, Look, Report, SarifReport, Sections, Summary, Target, TextReport, TimeStyle,
};
use crate::net::Counters;
use crate::rules::{CATALOGUE, Choice, Finding, Findings, Level, Place, Subject};
use crate::state::{Observer, Options};
use crate::time::{Precision, Timestamp};
use crate::trace::Counts;
use crate::wire::Numbers;

/// Room for two: of MP-008 one is kept and two are not, of MP-005 one is kept, of REG-001 and REG-003 none.
fn crowded() -> Findings {
    let mut findings = Findings::new(2);
    for (frame, id) in
        [(1, "MP-005"), (2, "MP-008"), (3, "MP-008"), (4, "REG-001"), (5, "MP-008"), (6, "REG-003")]
    {
        let rule = CATALOGUE.iter().find(|rule| rule.id == id).unwrap();
        findings.add(Finding {
            rule,
            level: if id == "REG-003" { Level::Note } else { Level::Must },
            place: Place { frame, time: Timestamp::default(), precision: Precision::SECONDS },
            subject: Subject::MobileNode,
            node: None,
            home_address: None,
            message: "what was seen".into(),
            octets: None,
        });
    }
    findings
}

fn finish(report: &mut dyn Report, findings: &Findings, target: Option<&Target>) {
    let summary = Summary {
        files: &[],
        origins: None,
        link_types: &[],
        counts: &Counts::default(),
        observer: &Observer::new(Options::default()),
        findings: Some(findings),
        target,
        flows: None,
        network: Counters::default(),
        clock_backwards: 0,
        numbers: Numbers::default(),
        lost: None,
        failures: &[],
    };
    report.finish(&summary).unwrap();
}

fn junit(findings: &Findings, target: Option<&Target>) -> String {
    let mut out = Vec::new();
    finish(&mut JunitReport::new(&mut out, Level::Should, Choice::default()), findings, target);
    String::from_utf8(out).unwrap()
}

fn notifications(findings: &Findings, target: Option<&Target>) -> serde_json::Value {
    let mut out = Vec::new();
    finish(&mut SarifReport::new(&mut out), findings, target);
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    document["runs"][0]["invocations"][0]["toolExecutionNotifications"].clone()
}

fn text(findings: &Findings, target: Option<&Target>) -> String {
    text_of(Sections::FINDINGS, findings, target)
}

fn text_of(sections: Sections, findings: &Findings, target: Option<&Target>) -> String {
    let mut out = Vec::new();
    let (depth, style) = (Depth::default(), TimeStyle::default());
    let mut report = TextReport::new(&mut out, sections, depth, style, Look::default());
    finish(&mut report, findings, target);
    String::from_utf8(out).unwrap()
}

/// The case of one rule.
fn case<'j>(junit: &'j str, id: &str) -> &'j str {
    let begin = junit.find(&format!("<testcase name=\"{id} ")).unwrap();
    let rest = &junit[begin..];
    let end = rest[1..].find("<testcase").map_or(rest.len(), |end| end + 1);
    &rest[..end]
}

#[test]
fn a_rule_whose_findings_found_no_room_fails_its_case() {
    let junit = junit(&crowded(), None);
    assert!(junit.contains("failures=\"3\""), "{junit}");
    let mp_008 = case(&junit, "MP-008");
    assert!(
        mp_008.contains(": 3 times\">frame 2: what was seen\n2 found no room and are only counted<"),
        "{mp_008}"
    );
    let reg_001 = case(&junit, "REG-001");
    assert!(reg_001.contains(": 1 time\">1 found no room and is only counted</failure>"), "{reg_001}");
    // Not grave enough to fail, and told all the same.
    let reg_003 = case(&junit, "REG-003");
    assert!(reg_003.contains("<system-out>1 found no room and is only counted</system-out>"), "{reg_003}");
    let mp_005 = case(&junit, "MP-005");
    assert!(mp_005.contains(": 1 time\">frame 1: what was seen</failure>"), "{mp_005}");
}

#[test]
fn of_one_node_only_kept_findings_can_be_told() {
    let target = Target::HomeAddress(Ipv4Addr::new(10, 1, 0, 1));
    let junit = junit(&crowded(), Some(&target));
    assert!(junit.contains("failures=\"0\""), "{junit}");
    assert!(!junit.contains("no room"), "{junit}");
    assert_eq!(
        notifications(&crowded(), Some(&target))[0]["message"]["text"],
        "4 findings found no room and are only counted, whichever node they are about: 2 of MP-008, 1 of REG-001, \
         1 of REG-003"
    );
}

#[test]
fn sarif_notifies_of_findings_that_found_no_room() {
    let told = notifications(&crowded(), None);
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["level"], "warning");
    assert_eq!(
        told[0]["message"]["text"],
        "4 findings found no room and are only counted: 2 of MP-008, 1 of REG-001, 1 of REG-003"
    );
    assert_eq!(notifications(&Findings::new(2), None), serde_json::json!([]));
}

#[test]
fn text_counts_findings_that_found_no_room() {
    let told = text(&crowded(), None);
    let lines: Vec<&str> = told.lines().collect();
    // What is of no node has a heading, too.
    assert_eq!(lines[0], "of no node");
    assert_eq!(lines.len(), 1 + 2 + 1, "a heading, two findings and the counts: {told}");
    assert_eq!(
        lines[3],
        "5 must, 0 should, 1 note; 4 of them found no room and are only counted. mipflow explain RULE says what a \
         rule means"
    );
    let target = Target::HomeAddress(Ipv4Addr::new(10, 1, 0, 1));
    assert_eq!(
        text(&crowded(), Some(&target)),
        "0 must, 0 should, 0 note; 4 of all nodes' found no room and are only counted. mipflow explain RULE says what \
         a rule means\n"
    );
    assert_eq!(text(&Findings::new(2), None), "no findings\n");
}

#[test]
fn findings_that_found_no_room_are_counted_in_the_statistics() {
    let text = text_of(Sections { stats: true, ..Sections::default() }, &crowded(), None);
    // Two of six were kept.
    assert!(text.contains("             4  findings\n"), "{text}");
}
