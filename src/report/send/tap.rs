//! The Test Anything Protocol, version 13: a line for each step, or for each case of a suite.

use std::io::{self, Write};

use super::grave::Grave;
use super::{Announcement, SendReport, beyond, complaints, finding_lines, not_taken, title};
use crate::counted::counted;
use crate::craft::Entry;
use crate::report::Printable;
use crate::rules::Finding;

/// A report whose lines are written as steps are done.
pub struct SendTap<W> {
    out: W,
    number: u64,
    /// How many entries were announced.
    entries: usize,
    grave: Option<Grave>,
}

impl<W: Write> SendTap<W> {
    /// A report on `out`.
    pub fn new(out: W) -> Self {
        Self { out, number: 0, entries: 0, grave: None }
    }

    fn findings(&mut self, found: &[Finding]) -> io::Result<()> {
        self.grave.iter_mut().for_each(|grave| grave.take(found));
        finding_lines(found).try_for_each(|line| writeln!(self.out, "# {line}"))
    }
}

impl<W: Write> SendReport for SendTap<W> {
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()> {
        self.entries = announcement.names.len();
        self.grave = announcement.fail_on.map(Grave::new);
        let cases = self.entries.saturating_add(usize::from(self.grave.is_some()));
        writeln!(self.out, "TAP version 13\n1..{cases}")?;
        self.out.flush()
    }

    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()> {
        self.number = self.number.saturating_add(1);
        let verdict = if entry.passed() == Some(false) { "not ok" } else { "ok" };
        // A '#' would begin a directive.
        let name = Printable(title(entry).as_bytes()).to_string().replace('#', "\\#");
        let directive = match (entry.passed(), entry.skipped()) {
            (None, Some(reason)) => format!(" # SKIP {}", Printable(reason.as_bytes())),
            (None, None) => " # SKIP nothing was sent".to_owned(),
            (Some(_), _) => String::new(),
        };
        writeln!(self.out, "{verdict} {} - {name}{directive}", self.number)?;
        for outcome in entry.outcomes.iter().filter(|outcome| outcome.passed().is_some()) {
            for complaint in complaints(outcome).into_iter().chain(not_taken(outcome)) {
                let of = Printable(outcome.name.as_bytes());
                writeln!(self.out, "# {of}: {}", Printable(complaint.as_bytes()))?;
            }
            if let Some(line) = beyond(outcome) {
                writeln!(self.out, "# {}: {line}", Printable(outcome.name.as_bytes()))?;
            }
        }
        self.findings(found)?;
        self.out.flush()
    }

    fn finish(&mut self, found: &[Finding]) -> io::Result<()> {
        self.findings(found)?;
        if let Some(grave) = &self.grave {
            let verdict = if grave.lines.is_empty() { "ok" } else { "not ok" };
            writeln!(self.out, "{verdict} {} - {}", self.entries.saturating_add(1), grave.title())?;
            if !grave.lines.is_empty() {
                writeln!(self.out, "# {}", counted(grave.lines.len(), "finding"))?;
            }
        }
        self.out.flush()
    }
}
