//! Findings as the XML of `JUnit`: each rule a test case, which fails when the rule was broken.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Selection, Summary};
use crate::rules::{CATALOGUE, Finding, Findings, Level};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// One `JUnit` document: a suite for each prefix of rules, and in it a case for each rule.
pub struct JunitReport<W> {
    out: W,
    fails_from: Level,
}

/// The findings of one rule that are written out; the rest are counted.
const FEW: usize = 20;

impl<W: Write> JunitReport<W> {
    /// A document on `out`, in which a finding of `fails_from` or graver fails its case; others are told in the
    /// output of theirs.
    pub fn new(out: W, fails_from: Level) -> Self {
        Self { out, fails_from }
    }

    fn case(&self, id: &str, title: &str, found: &[&Finding]) -> TestCase {
        let told: Vec<String> = found
            .iter()
            .take(FEW)
            .map(|finding| format!("frame {}: {}", finding.place.frame, finding.message))
            .collect();
        let mut told = told.join("\n");
        if found.len() > FEW {
            told += "\nand ";
            told += &found.len().saturating_sub(FEW).to_string();
            told += " more";
        }
        let failing = found.iter().any(|finding| finding.level <= self.fails_from);
        let status = if failing {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("{title}: {} times", found.len())).set_description(told.clone());
            status
        } else {
            TestCaseStatus::success()
        };
        let mut case = TestCase::new(format!("{id} {title}"), status);
        case.set_classname(format!("mipflow.{}", id.split('-').next().unwrap_or(id)));
        if !failing && !found.is_empty() {
            case.set_system_out(told);
        }
        case
    }
}

impl<W: Write> Report for JunitReport<W> {
    fn message(&mut self, _: &SeenMessage<'_>, _: &KeyRing, _: &[Finding]) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let selection = Selection::new(summary);
        let kept = summary.findings.map(Findings::kept).unwrap_or_default();
        let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in kept.iter().filter(|finding| selection.has_finding(finding)) {
            by_rule.entry(finding.rule.id).or_default().push(finding);
        }
        let mut document = Document::new("mipflow decode");
        let mut suite = TestSuite::new("");
        for rule in CATALOGUE {
            let prefix = rule.id.split('-').next().unwrap_or(rule.id);
            if suite.name.as_str() != prefix {
                let before = std::mem::replace(&mut suite, TestSuite::new(prefix));
                if !before.test_cases.is_empty() {
                    document.add_test_suite(before);
                }
            }
            let found = by_rule.get(rule.id).map(Vec::as_slice).unwrap_or_default();
            suite.add_test_case(self.case(rule.id, rule.title, found));
        }
        document.add_test_suite(suite);
        document.serialize(&mut self.out).map_err(io::Error::other)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
