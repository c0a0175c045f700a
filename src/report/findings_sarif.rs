//! Findings as SARIF 2.1.0, a format that code hosts and CI systems show.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Clock, Report, Selection, Summary, TimeStyle};
use crate::counted::counted;
use crate::rules::{CATALOGUE, Finding, Findings, Level, Rule};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// One SARIF document of all findings.
pub struct SarifReport<W> {
    out: W,
}

impl<W: Write> SarifReport<W> {
    /// A document on `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Report for SarifReport<W> {
    fn message(&mut self, _: &SeenMessage<'_>, _: &KeyRing, _: &[Finding]) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let selection = Selection::new(summary);
        let mut clock = Clock::new(TimeStyle::Utc);
        let kept = summary.findings.map(Findings::kept).unwrap_or_default();
        let wanted = kept.iter().filter(|finding| selection.has_finding(finding));
        let results: Vec<Value> = wanted.map(|finding| result(finding, summary, &mut clock)).collect();
        let rules: Vec<Value> = CATALOGUE.iter().map(|rule| descriptor(rule)).collect();
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                } },
                "invocations": [{
                    "executionSuccessful": summary.failures.is_empty(),
                    "toolExecutionNotifications": notifications(summary),
                }],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        serde_json::to_writer_pretty(&mut self.out, &document)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The SARIF word for a level.
const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::Note => "note",
    }
}

/// Notifications about the run itself: what failed, and how many findings found no room.
fn notifications(summary: &Summary<'_>) -> Vec<Value> {
    let notification = |level: &str, text: &str| json!({ "level": level, "message": { "text": text } });
    let failures = summary.failures.iter().map(|text| notification("error", text));
    failures.chain(without_room(summary).map(|text| notification("warning", &text))).collect()
}

/// Says how many findings found no room, and of which rules; `None` if all found room.
fn without_room(summary: &Summary<'_>) -> Option<String> {
    let findings = summary.findings.filter(|findings| findings.evicted() > 0)?;
    let lost = counted(findings.evicted(), "finding");
    let of_rules = findings.of_rules().iter().filter(|(_, of_rule)| of_rule.evicted > 0);
    let counts: Vec<String> = of_rules.map(|(id, of_rule)| format!("{} of {id}", of_rule.evicted)).collect();
    // It is not known which nodes the lost findings were about.
    let narrowed = if summary.target.is_some() { ", whichever node they are about" } else { "" };
    Some(format!(
        "{} found no room and {} only counted{narrowed}: {}",
        lost,
        lost.verb("is", "are"),
        counts.join(", ")
    ))
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\nSource: {}", rule.fires, rule.source) },
        "defaultConfiguration": { "level": level_word(rule.level) },
        "properties": { "scope": rule.scope.name(), "subject": rule.subject.name() },
    })
}

fn result(finding: &Finding, summary: &Summary<'_>, clock: &mut Clock) -> Value {
    let index = CATALOGUE.iter().position(|rule| **rule == *finding.rule);
    let frame = finding.place.frame;
    let mut location = json!({
        "logicalLocations": [{ "name": format!("frame {frame}"), "kind": "element" }],
    });
    let origin = summary.origins.and_then(|origins| origins.of(frame));
    let file = origin.and_then(|origin| summary.files.get(usize::try_from(origin.file).ok()?));
    // Code hosts show only results that have a place in a file.
    if let (Some(file), Some(location)) = (file, location.as_object_mut()) {
        location.insert(
            "physicalLocation".to_owned(),
            json!({ "artifactLocation": { "uri": uri(file) }, "region": { "startLine": 1 } }),
        );
    }
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level_word(finding.level),
        "message": { "text": format!("frame {frame}: {}", finding.message) },
        "locations": [location],
        "properties": {
            "frame": frame,
            "frameInFile": origin.map(|origin| origin.frame),
            "time": clock.rfc3339(finding.place.time, finding.place.precision),
            "subject": finding.subject.name(),
            "homeAddress": finding.home_address,
        },
    })
}

/// A file's name as a relative URI: octets that a URI may not hold as they are become `%XX`.
fn uri(file: &str) -> String {
    file.bytes()
        .map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(octet).to_string()
            }
            _ => format!("%{octet:02X}"),
        })
        .collect()
}
