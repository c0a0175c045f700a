//! `JUnit` XML of `send`: a test case for each step, or for each case of a suite.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Announcement, SendReport, beyond, complaints, finding_lines, title};
use crate::craft::{Entry, Outcome};
use crate::report::Printable;
use crate::rules::Finding;

/// One XML document, written in the end because its first line counts.
pub struct SendJunit<W> {
    out: W,
    suite: TestSuite,
}

impl<W: Write> SendJunit<W> {
    /// A document on `out`.
    pub fn new(out: W) -> Self {
        Self { out, suite: TestSuite::new("mipflow send") }
    }
}

impl<W: Write> SendReport for SendJunit<W> {
    fn begin(&mut self, _: &Announcement) -> io::Result<()> {
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()> {
        let complaints: Vec<String> = entry.outcomes.iter().flat_map(told).collect();
        let status = match entry.passed() {
            Some(true) => TestCaseStatus::success(),
            Some(false) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(complaints.first().cloned().unwrap_or_default());
                status.set_description(complaints.join("\n"));
                status
            }
            None => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(printable(entry.skipped().unwrap_or("nothing was sent")));
                status
            }
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
        Ok(())
    }

    fn finish(&mut self, found: &[Finding]) -> io::Result<()> {
        let Self { out, suite } = self;
        if !found.is_empty() {
            suite.set_system_out(finding_lines(found).collect::<Vec<_>>().join("\n"));
        }
        let mut document = Document::new("mipflow send");
        document.add_test_suite(std::mem::replace(suite, TestSuite::new("mipflow send")));
        document.serialize(&mut *out).map_err(io::Error::other)?;
        out.flush()
    }
}

/// What is wrong with one step, with its name where it is one of several.
fn told(outcome: &Outcome) -> Vec<String> {
    let name = &outcome.name;
    complaints(outcome).into_iter().map(|complaint| printable(&format!("{name}: {complaint}"))).collect()
}

/// What no terminal should obey is shown by its number.
fn printable(text: &str) -> String {
    Printable(text.as_bytes()).to_string()
}
