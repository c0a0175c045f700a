//! JUnit XML of `send`: a test case for each step, or for each case of a suite.

use std::io::{self, Write};

use super::{Announcement, SendReport, complaints, title};
use crate::craft::{Entry, Outcome};
use crate::report::Printable;

/// One XML document, written in the end because its first line counts.
pub struct SendJunit<W> {
    out: W,
    cases: Vec<Case>,
}

struct Case {
    group: String,
    name: String,
    seconds: f64,
    passed: Option<bool>,
    skipped: Option<String>,
    complaints: Vec<String>,
}

impl<W: Write> SendJunit<W> {
    /// A document on `out`.
    pub fn new(out: W) -> Self {
        Self { out, cases: Vec::new() }
    }
}

impl<W: Write> SendReport for SendJunit<W> {
    fn begin(&mut self, _: &Announcement) -> io::Result<()> {
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let group = match (&entry.case, &entry.scenario) {
            (Some(case), _) => case.section.clone(),
            (None, Some(scenario)) => scenario.clone(),
            (None, None) => "mipflow send".to_owned(),
        };
        let seconds = entry.outcomes.iter().filter_map(|outcome| outcome.round_trip);
        self.cases.push(Case {
            group,
            name: title(entry),
            seconds: seconds.map(|round_trip| round_trip.as_secs_f64()).sum(),
            passed: entry.passed(),
            skipped: entry.skipped().map(str::to_owned),
            complaints: entry.outcomes.iter().flat_map(told).collect(),
        });
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let Self { out, cases } = self;
        let count = |wanted| cases.iter().filter(|case| case.passed == wanted).count();
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let (tests, failures, skipped) = (cases.len(), count(Some(false)), count(None));
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"");
        writeln!(out, "<testsuites {counts}>")?;
        writeln!(out, "  <testsuite name=\"mipflow send\" {counts}>")?;
        for Case { group, name, seconds, passed, skipped, complaints } in cases {
            let (group, name) = (Escaped(group), Escaped(name));
            write!(out, "    <testcase classname=\"{group}\" name=\"{name}\" time=\"{seconds:.6}\"")?;
            match passed {
                Some(true) => writeln!(out, "/>")?,
                Some(false) => {
                    let first = complaints.first().map(String::as_str).unwrap_or_default();
                    writeln!(out, ">\n      <failure message=\"{}\">", Escaped(first))?;
                    for complaint in complaints {
                        writeln!(out, "{}", Escaped(complaint))?;
                    }
                    writeln!(out, "      </failure>\n    </testcase>")?;
                }
                None => {
                    let reason = Escaped(skipped.as_deref().unwrap_or("nothing was sent"));
                    writeln!(out, ">\n      <skipped message=\"{reason}\"/>\n    </testcase>")?;
                }
            }
        }
        writeln!(out, "  </testsuite>\n</testsuites>")?;
        out.flush()
    }
}

/// What is wrong with one step, with its name where it is one of several.
fn told(outcome: &Outcome) -> Vec<String> {
    complaints(outcome).into_iter().map(|complaint| format!("{}: {complaint}", outcome.name)).collect()
}

/// Text as it may stand in XML, in an attribute too. What no terminal should obey is shown by its number.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        for character in Printable(self.0.as_bytes()).to_string().chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&apos;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}
