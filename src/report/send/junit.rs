//! `JUnit` XML of `send`: a test case for each step, or for each case of a suite.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::grave::Grave;
use super::{Announcement, SendReport, beyond, complaints, finding_lines, not_taken, title};
use crate::craft::{Entry, Outcome};
use crate::report::Printable;
use crate::rules::Finding;

/// One XML document, written at the end because its first element holds the counts.
pub struct SendJunit<W> {
    out: W,
    suite: TestSuite,
    /// The names of all announced entries, in order.
    names: Vec<String>,
    grave: Option<Grave>,
}

impl<W: Write> SendJunit<W> {
    /// A document on `out`.
    pub fn new(out: W) -> Self {
        Self { out, suite: TestSuite::new("mipflow send"), names: Vec::new(), grave: None }
    }
}

impl<W: Write> SendReport for SendJunit<W> {
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()> {
        self.names.clone_from(&announcement.names);
        self.grave = announcement.fail_on.map(Grave::new);
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()> {
        let complaints: Vec<String> = entry.outcomes.iter().flat_map(told).collect();
        let status = match entry.passed() {
            Some(true) => TestCaseStatus::success(),
            Some(false) => failure(&complaints),
            None => skipped(entry.skipped().unwrap_or("nothing was sent")),
        };
        let mut case = TestCase::new(printable(&title(entry)), status);
        case.set_classname(printable(match (&entry.case, &entry.scenario) {
            (Some(case), _) => &case.section,
            (None, Some(scenario)) => scenario,
            (None, None) => "mipflow send",
        }));
        case.set_time(entry.outcomes.iter().filter_map(|outcome| outcome.round_trip).sum::<Duration>());
        let ignored = entry.outcomes.iter().filter_map(|outcome| {
            beyond(outcome).map(|line| printable(&format!("{}: {line}", outcome.name)))
        });
        let lines: Vec<String> = ignored.chain(finding_lines(found)).collect();
        if !lines.is_empty() {
            case.set_system_out(lines.join("\n"));
        }
        self.suite.add_test_case(case);
        self.grave.iter_mut().for_each(|grave| grave.take(found));
        Ok(())
    }

    fn finish(&mut self, found: &[Finding]) -> io::Result<()> {
        let Self { out, suite, names, grave } = self;
        // If the run ended early, the entries that were not run are listed too, so that none goes missing unnoticed.
        for name in names.iter().skip(suite.test_cases.len()) {
            let mut case = TestCase::new(printable(name), skipped("it was not run"));
            case.set_classname("mipflow send");
            suite.add_test_case(case);
        }
        if !found.is_empty() {
            suite.set_system_out(finding_lines(found).collect::<Vec<_>>().join("\n"));
        }
        if let Some(grave) = grave {
            grave.take(found);
            let status =
                if grave.lines.is_empty() { TestCaseStatus::success() } else { failure(&grave.lines) };
            let mut case = TestCase::new(grave.title(), status);
            case.set_classname("mipflow send");
            suite.add_test_case(case);
        }
        let mut document = Document::new("mipflow send");
        document.add_test_suite(std::mem::replace(suite, TestSuite::new("mipflow send")));
        document.serialize(&mut *out).map_err(io::Error::other)?;
        out.flush()
    }
}

/// The status of a case that was skipped for this reason.
fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(printable(reason));
    status
}

/// The status of a case that failed for these reasons.
fn failure(reasons: &[String]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(reasons.first().cloned().unwrap_or_default());
    status.set_description(reasons.join("\n"));
    status
}

/// What is wrong with one step, one line each, with the name of the step.
fn told(outcome: &Outcome) -> Vec<String> {
    let name = &outcome.name;
    let lines = complaints(outcome).into_iter().chain(not_taken(outcome));
    lines.map(|line| printable(&format!("{name}: {line}"))).collect()
}

/// A text in which characters that could control a terminal are shown as their numbers.
fn printable(text: &str) -> String {
    Printable(text.as_bytes()).to_string()
}
