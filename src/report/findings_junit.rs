//! Findings as the XML of `JUnit`: each rule is a test case, which fails if the rule was broken.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Selection, Summary};
use crate::counted::counted;
use crate::rules::{CATALOGUE, Choice, Finding, Findings, Level, OfRule, Rule};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// One `JUnit` document: a suite for each prefix of rules, and in it a case for each rule.
pub struct JunitReport<W> {
    out: W,
    fails_from: Level,
    choice: Choice,
}

/// How many findings of one rule are written out; the rest are only counted.
const FEW: usize = 20;

impl<W: Write> JunitReport<W> {
    /// A document on `out`. A finding of level `fails_from` or graver fails the case of its rule; other findings appear
    /// in the output of their case. The cases of rules that `choice` hides are skipped.
    pub fn new(out: W, fails_from: Level, choice: Choice) -> Self {
        Self { out, fails_from, choice }
    }

    /// The skipped case of a rule that was not checked, with the reason.
    fn skipped(rule: &Rule, why: &str) -> TestCase {
        let mut status = TestCaseStatus::skipped();
        status.set_message(why);
        named(rule, status)
    }

    /// The case of one rule: the findings in `found` and, if `of_rule` is given, how many others found no room.
    fn case(&self, rule: &Rule, found: &[&Finding], of_rule: Option<OfRule>) -> TestCase {
        let Rule { title, .. } = *rule;
        let mut told: Vec<String> = found
            .iter()
            .take(FEW)
            .map(|finding| format!("frame {}: {}", finding.place.frame, finding.message))
            .collect();
        if found.len() > FEW {
            told.push(format!("and {} more", found.len().saturating_sub(FEW)));
        }
        let evicted = of_rule.filter(|of_rule| of_rule.evicted > 0);
        if let Some(OfRule { evicted, .. }) = evicted {
            let is = counted(evicted, "finding").verb("is", "are");
            told.push(format!("{evicted} found no room and {is} only counted"));
        }
        let told = told.join("\n");
        let failing = found.iter().any(|finding| finding.level <= self.fails_from)
            || evicted.is_some_and(|of_rule| of_rule.gravest <= self.fails_from);
        let status = if failing {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let count = of_rule.map_or(found.len() as u64, |of_rule| of_rule.count);
            status.set_message(format!("{title}: {}", counted(count, "time"))).set_description(told.clone());
            status
        } else {
            TestCaseStatus::success()
        };
        let mut case = named(rule, status);
        if !failing && !told.is_empty() {
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
        if !summary.failures.is_empty() {
            document.add_test_suite(failed(summary.failures));
        }
        // Frames of an unknown link type are counted, but none is looked into.
        let is_unread = !summary.failures.is_empty() && summary.counts.packets == summary.network.undecodable;
        let mut suite = TestSuite::new("");
        for rule in CATALOGUE {
            let prefix = prefix(rule);
            if suite.name.as_str() != prefix {
                let before = std::mem::replace(&mut suite, TestSuite::new(prefix));
                if !before.test_cases.is_empty() {
                    document.add_test_suite(before);
                }
            }
            let found = by_rule.get(rule.id).map(Vec::as_slice).unwrap_or_default();
            // It is not known which nodes the findings that found no room were about.
            let of_rules = summary.findings.filter(|_| !selection.is_narrowed()).map(Findings::of_rules);
            let of_rule = of_rules.and_then(|rules| rules.get(rule.id)).copied();
            let case = if is_unread {
                Self::skipped(rule, "nothing was read")
            } else if self.choice.level(rule).is_none() {
                Self::skipped(rule, "hidden by --allow")
            } else {
                self.case(rule, found, of_rule)
            };
            suite.add_test_case(case);
        }
        document.add_test_suite(suite);
        document.serialize(&mut self.out).map_err(io::Error::other)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn prefix(rule: &Rule) -> &'static str {
    rule.id.split('-').next().unwrap_or(rule.id)
}

fn named(rule: &Rule, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(format!("{} {}", rule.id, rule.title), status);
    case.set_classname(format!("mipflow.{}", prefix(rule)));
    case
}

/// A suite with a case for each input and output that failed.
fn failed(failures: &[String]) -> TestSuite {
    let mut suite = TestSuite::new("input and output");
    for failure in failures {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(failure.as_str());
        let mut case = TestCase::new(failure.as_str(), status);
        case.set_classname("mipflow");
        suite.add_test_case(case);
    }
    suite
}
