//! A watch without a screen: records on standard output, until it is over or somebody ends it.

#![allow(clippy::disallowed_methods, reason = "what is done between frames goes by the clock")]

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::Prepared;
use super::patient_output::PatientOutput;
use crate::capture::LiveNotice;
use crate::cli::decode::{Unread, is_of, write_failure};
use crate::cli::interruption::{Interruption, LOOK};
use crate::cli::validation::{FailOn, ValidationOptions};
use crate::cli::{Exit, Failure};
use crate::report::{LiveReport, Lost, NdjsonReport, Report, Sections, Summary, Target};
use crate::rules::{Finding, Level};
use crate::state::{Attribution, Exchange, Observer};
use crate::trace::SeenMessage;
use crate::watch::{Audience, DriveError, Driver, Engine, Feed, Progress};
use crate::wire::KeyRing;

/// The longest that changes are looked for between frames.
const MOMENT: Duration = Duration::from_millis(5);

pub(super) fn run(prepared: Prepared, interruption: &Interruption) -> Result<Exit, Failure> {
    let Prepared { mut driver, mut engine, target, fail_on } = prepared;
    let records = Records::new(&driver, target, fail_on, interruption);
    let mut records = records.map_err(|error| Failure::output(&error))?;
    if matches!(records.form, Form::Live(_)) {
        engine.observer_mut().follow_exchanges();
    }
    let mut failure = None;
    loop {
        if interruption.is_there() {
            failure = driver.drain(&mut engine, &mut records).err();
            break;
        }
        let event = driver.wait(LOOK);
        match driver.take(event, &mut engine, &mut records) {
            Ok(Progress::GoesOn) => {}
            Ok(Progress::Ended) => break,
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let finished = driver.finish(&mut engine, &mut records).err();
    let failures = [failure, finished].into_iter().flatten().map(into_failure);
    let mut told = Vec::new();
    for failure in failures {
        match failure {
            // Nobody reads records any more.
            Failure::ClosedPipe => return Err(failure),
            Failure::Told(..) | Failure::InFile(..) => told.push(failure),
        }
    }
    let lost = lost(&driver);
    let mut exit = records.finish(&driver, &mut engine, lost).map_err(|error| Failure::output(&error))?;
    for failure in told {
        exit = failure.tell();
    }
    Ok(exit)
}

fn into_failure(error: DriveError) -> Failure {
    match error {
        DriveError::Write(error) => write_failure(&error),
        DriveError::Filter(error) => Failure::usage(error.to_string(), Some(error.help())),
        DriveError::Broken => Failure::io(error.to_string(), None),
        DriveError::Audience(error) => Failure::output(&error),
    }
}

fn lost(driver: &Driver) -> Option<Lost> {
    let counters = driver.feed().counters();
    driver.feed().is_live().then(|| Lost {
        dropped: counters.dropped_by_kernel.saturating_add(counters.dropped_by_interface),
        skipped: counters.skipped,
    })
}

/// Records on their way to standard output.
struct Records<'a> {
    form: Form<'a>,
    names: Vec<String>,
    target: Option<Target>,
    fail_on: FailOn,
    /// The gravest finding that was told.
    gravest: Option<Level>,
}

enum Form<'a> {
    /// As they happen.
    Live(LiveReport<PatientOutput<'a>>),
    /// A file that is only read: as `decode` does.
    Loaded(NdjsonReport<PatientOutput<'a>>),
}

impl<'a> Records<'a> {
    fn new(
        driver: &Driver,
        target: Option<Target>,
        fail_on: FailOn,
        interruption: &'a Interruption,
    ) -> io::Result<Self> {
        let feed: &Feed = driver.feed();
        let out = PatientOutput::stdout(interruption)?;
        let form = if feed.is_loaded() {
            let sections =
                Sections { messages: true, nodes: true, flows: true, findings: true, ..Sections::default() };
            Form::Loaded(NdjsonReport::new(out, sections))
        } else {
            Form::Live(LiveReport::new(out))
        };
        Ok(Self { form, names: feed.names().to_vec(), target, fail_on, gravest: None })
    }

    /// Prints what is known at the end, and says what could not be read.
    fn finish(mut self, driver: &Driver, engine: &mut Engine, lost: Option<Lost>) -> io::Result<Exit> {
        self.decided(engine)?;
        let summary = Summary { lost, ..summary(engine, &self.names, self.target.as_ref()) };
        match &mut self.form {
            Form::Live(report) => report.finish(&summary)?,
            Form::Loaded(report) => report.finish(&summary)?,
        }
        let mut exit = match (&self.form, summary.findings) {
            (Form::Loaded(_), Some(findings)) => {
                ValidationOptions::exit(self.fail_on, findings, summary.wanted_findings())
            }
            _ => self.fail_on.exit(self.gravest),
        };
        for error in driver.errors() {
            exit = Failure::io(error.to_string(), error.help()).tell();
        }
        let unread = Unread::of(summary.link_types, &self.names, engine.trace());
        Ok(unread.and_then(Unread::tell).unwrap_or(exit))
    }

    /// Tells of exchanges that were decided.
    fn decided(&mut self, engine: &mut Engine) -> io::Result<()> {
        let Form::Live(report) = &mut self.form else { return Ok(()) };
        let decided: Vec<Exchange> = engine.observer_mut().take_decided().cloned().collect();
        if decided.is_empty() {
            return Ok(());
        }
        let summary = summary(engine, &self.names, self.target.as_ref());
        decided.iter().try_for_each(|exchange| report.exchange(exchange, &summary))
    }
}

impl Audience for Records<'_> {
    fn message(
        &mut self,
        seen: &SeenMessage<'_>,
        keys: &KeyRing,
        attribution: Attribution,
        observer: &Observer,
    ) -> io::Result<bool> {
        if !is_of(self.target.as_ref(), observer, attribution, Some(&seen.message)) {
            return Ok(false);
        }
        match &mut self.form {
            Form::Live(report) => report.message(seen, keys)?,
            Form::Loaded(report) => report.message(seen, keys, &[])?,
        }
        Ok(true)
    }

    fn settled(&mut self, attribution: Attribution, engine: &mut Engine) -> io::Result<()> {
        self.decided(engine)?;
        if let (Form::Live(report), Some(node)) = (&mut self.form, attribution.node) {
            report.node(node, &summary(engine, &self.names, self.target.as_ref()))?;
        }
        Ok(())
    }

    fn takes_findings(&self) -> bool {
        matches!(self.form, Form::Live(_))
    }

    fn found(&mut self, findings: Vec<Finding>, engine: &Engine) -> io::Result<()> {
        let Form::Live(report) = &mut self.form else { return Ok(()) };
        let summary = summary(engine, &self.names, self.target.as_ref());
        let is_wanted = summary.wanted_findings();
        for finding in findings.iter().filter(|finding| is_wanted(finding)) {
            self.gravest = Some(self.gravest.map_or(finding.level, |gravest| gravest.min(finding.level)));
            report.finding(finding)?;
        }
        Ok(())
    }

    fn is_choosy(&self) -> bool {
        self.target.is_some()
    }

    fn wants(&self, attribution: Attribution, observer: &Observer) -> bool {
        attribution.tunnelled && is_of(self.target.as_ref(), observer, attribution, None)
    }

    fn ticked(&mut self, engine: &mut Engine) -> io::Result<()> {
        self.decided(engine)?;
        match &mut self.form {
            Form::Live(report) => report.look_anew(),
            Form::Loaded(_) => {}
        }
        Ok(())
    }

    fn noticed(&mut self, notice: &LiveNotice) {
        // If standard error is closed too, nobody can be told.
        let _ = match notice {
            LiveNotice::Gone { name, message } => {
                writeln!(io::stderr(), "mipflow: {name} went away ({message}); waiting for it")
            }
            LiveNotice::Back { name } => writeln!(io::stderr(), "mipflow: {name} is back"),
            LiveNotice::Lost { name, error } => {
                writeln!(io::stderr(), "mipflow: {name} is back, and lost: {error}")
            }
        };
    }

    fn paused(&mut self, engine: &mut Engine) -> io::Result<()> {
        match &mut self.form {
            Form::Live(report) => {
                let summary = summary(engine, &self.names, self.target.as_ref());
                let begun = Instant::now();
                // Not for long, because the next frames may come soon.
                while report.look(&summary)? && begun.elapsed() < MOMENT {}
                report.flush()
            }
            Form::Loaded(report) => report.flush(),
        }
    }
}

/// The summary of everything that was seen.
pub(super) fn summary<'a>(
    engine: &'a Engine,
    names: &'a [String],
    target: Option<&'a Target>,
) -> Summary<'a> {
    Summary {
        files: names,
        origins: None,
        link_types: engine.link_types(),
        counts: engine.trace().counts(),
        observer: engine.observer(),
        findings: engine.findings(),
        target,
        flows: None,
        network: engine.trace().network_counters(),
        clock_backwards: engine.clock_backwards(),
        numbers: engine.trace().numbers(),
        lost: None,
        failures: &[],
    }
}
