//! The path of the packets of a timeline: through the pipeline to the report, and to the file of those selected.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::mem;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use super::at::At;
use super::clocks::Clocks;
use super::patience::Patience;
use super::selected::Selected;
use crate::capture::{Frame, FrameFilter, LinkType, Next, Timeline, WriteError};
use crate::cli::validation::{FailOn, ValidationOptions};
use crate::cli::{Exit, Failure};
use crate::pipeline::{Observed, ObservedMessage, Pipeline};
use crate::report::{Clock, Report, Summary, Target, TimeStyle};
use crate::state::{Attribution, Observer};
use crate::trace::Trace;
use crate::wire::{KeyRing, Message};

/// A run over a timeline.
pub(super) struct Run {
    pub timeline: Timeline,
    /// Waits for pipes, if there are any.
    pub patience: Option<Patience>,
    pub pipeline: Pipeline,
    /// Compares the clocks of several captures.
    pub clocks: Option<Clocks>,
    pub target: Option<Target>,
    pub at: Option<At>,
    /// The time zone of `at`, if that is a time of day.
    pub zone: TimeZone,
    pub filter: Option<FrameFilter>,
    pub keys: KeyRing,
    pub writer: Option<Selected>,
    /// Why the writer was given up.
    pub unwritten: Option<Failure>,
    pub bar: Option<ProgressBar>,
    /// Whether people read the report. It is then left out if no capture could be read; a program still gets its
    /// document.
    pub for_people: bool,
    pub fail_on: FailOn,
}

impl Run {
    pub(super) fn run(mut self, report: &mut dyn Report) -> Result<Exit, Failure> {
        let mut told = 0u64;
        let mut begun = false;
        let clock_backwards = loop {
            if let Some(bar) = &self.bar {
                told = told.wrapping_add(1);
                if told.is_multiple_of(1 << 14) {
                    bar.set_position(self.timeline.bytes_read());
                }
            }
            // As it was before the frame that may come after `at`.
            let clock_backwards = self.timeline.clock_backwards();
            // Looked at where it is: every frame passes here.
            match &self.timeline.next() {
                Next::Frame(frame) => {
                    if !begun {
                        report.begin(frame.time);
                        self.at = self.at.map(|at| at.of_capture_from(frame.time, &self.zone));
                        begun = true;
                    }
                    if self.at.is_some_and(|at| at.is_before(frame)) {
                        // With --at '#0' nothing was to be expected.
                        if frame.number == 1 && !matches!(self.at, Some(At::Frame(_))) {
                            tell_begin(frame);
                        }
                        break clock_backwards;
                    }
                    let wanted = self.filter.as_mut().map_or(Ok(true), |filter| filter.matches(frame));
                    if !wanted.map_err(|error| Failure::usage(error.to_string(), Some(error.help())))? {
                        self.pipeline.pass_over(frame);
                        continue;
                    }
                    let observed = self.pipeline.take(frame, &self.keys, |message| {
                        let ObservedMessage { seen, attribution, observer, added } = message;
                        if let Some(clocks) = &mut self.clocks {
                            clocks.note(seen);
                        }
                        let chosen = is_of(self.target.as_ref(), observer, attribution, Some(&seen.message));
                        if chosen {
                            report.message(seen, &self.keys, added)?;
                        }
                        Ok(chosen.then_some(seen.datagram.reassembled))
                    });
                    let chosen = match observed {
                        Observed::Nothing | Observed::Fragment => continue,
                        Observed::Tunnelled { attribution, reassembled } => {
                            let chosen = attribution.tunnelled
                                && is_of(self.target.as_ref(), self.pipeline.observer(), attribution, None);
                            chosen.then_some(reassembled)
                        }
                        Observed::Message(chosen) => chosen.map_err(|error| Failure::output(&error))?,
                    };
                    if let (Some(writer), Some(reassembled)) = (&mut self.writer, chosen)
                        && let Err(error) = writer.write(self.pipeline.trace(), frame, reassembled)
                    {
                        // What can be read is still printed.
                        self.writer = None;
                        self.unwritten = Some(write_failure(&error));
                    }
                }
                Next::Pause => {
                    report.flush().map_err(|error| Failure::output(&error))?;
                    if self.patience.as_mut().is_some_and(|patience| !patience.wait(&self.timeline)) {
                        self.timeline.end_paused();
                    }
                }
                Next::End => break clock_backwards,
            }
        };
        if let Some(At::Time(time)) = self.at {
            self.pipeline.advance(time);
        }
        self.pipeline.close();
        self.finish(report, clock_backwards)
    }

    /// Completes the report. `clock_backwards` is how often the clock went back.
    fn finish(self, report: &mut dyn Report, clock_backwards: u64) -> Result<Exit, Failure> {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        let trace = self.pipeline.trace();
        let mut failed: Vec<Failure> = self.unwritten.into_iter().collect();
        if let Some(Err(error)) = self.writer.map(Selected::finish) {
            failed.push(write_failure(&error));
        }
        let errors = self.timeline.errors().iter();
        failed.extend(errors.map(|error| Failure::io(error.to_string(), error.help())));
        let unread = Unread::of(self.timeline.link_types(), self.timeline.files(), trace);
        let unread_all = unread.iter().filter(|unread| unread.is_all).map(|unread| &unread.failure);
        let failures: Vec<String> =
            failed.iter().chain(unread_all).filter_map(Failure::message).map(str::to_owned).collect();
        let summary = Summary {
            files: self.timeline.files(),
            origins: self.timeline.origins(),
            link_types: self.timeline.link_types(),
            counts: trace.counts(),
            observer: self.pipeline.observer(),
            findings: self.pipeline.findings(),
            target: self.target.as_ref(),
            flows: None,
            network: trace.network_counters(),
            clock_backwards,
            numbers: trace.numbers(),
            lost: None,
            failures: &failures,
        };
        let nothing_read = summary.counts.packets == 0 && !self.timeline.errors().is_empty();
        if !(nothing_read && self.for_people) {
            report.finish(&summary).map_err(|error| Failure::output(&error))?;
        }
        if let Some(clocks) = &self.clocks {
            clocks.tell(summary.files);
        }
        let mut exit = summary.findings.map_or(Exit::Done, |findings| {
            ValidationOptions::exit(self.fail_on, findings, summary.wanted_findings())
        });
        exit = Failure::tell_all(failed).unwrap_or(exit);
        exit = unread.and_then(Unread::tell).unwrap_or(exit);
        // The process ends now. To free the memory piece by piece would take a twentieth of its time.
        mem::forget(self.pipeline);
        Ok(exit)
    }
}

/// Says when a capture begins, if nothing was captured before the moment that was asked for. The user may have given
/// seconds since the first frame where seconds since 1970 were asked for.
fn tell_begin(first: &Frame<'_>) {
    let mut clock = Clock::new(TimeStyle::Utc);
    let time = clock.rfc3339(first.time, first.precision);
    // If standard error is closed, nobody wants to read this.
    let _ = writeln!(io::stderr(), "--at: nothing was captured until then; the first frame is of {time}");
}

/// Link types of frames that nothing reads.
pub(in crate::cli) struct Unread {
    failure: Failure,
    /// Whether no input declared another one.
    is_all: bool,
}

impl Unread {
    /// Finds the unreadable ones among `link_types`, which the inputs declared, and the inputs that have such frames;
    /// `None` if all frames can be read. `names` are those of the inputs.
    pub fn of(link_types: &[LinkType], names: &[String], trace: &Trace) -> Option<Self> {
        let is_unread = |link_type: &&LinkType| trace.unread().any(|(_, unread)| unread == **link_type);
        let unread: Vec<String> = link_types.iter().filter(is_unread).map(ToString::to_string).collect();
        if unread.is_empty() {
            return None;
        }
        let files: BTreeSet<u32> = trace.unread().map(|(file, _)| file).collect();
        let files: Vec<&str> =
            files.iter().filter_map(|file| names.get(*file as usize)).map(String::as_str).collect();
        let failure = Failure::io(
            format!("{}: frames of link type {} cannot be read", files.join(", "), unread.join(", ")),
            Some(
                "mipflow reads Ethernet, Linux cooked (SLL, SLL2), raw IP, PPPoE and BSD loopback frames; capture on \
                 such an interface, or convert with editcap -T"
                    .into(),
            ),
        );
        Some(Self { failure, is_all: unread.len() == link_types.len() })
    }

    /// Tells the user of them, and returns the exit code if nothing else could be read.
    pub fn tell(self) -> Option<Exit> {
        let exit = self.failure.tell();
        self.is_all.then_some(exit)
    }
}

/// Whether a packet is the target's: of its node, or naming it.
pub(in crate::cli) fn is_of(
    target: Option<&Target>,
    observer: &Observer,
    seen: Attribution,
    message: Option<&Message<'_>>,
) -> bool {
    let Some(target) = target else { return true };
    let node = seen.node.and_then(|node| observer.node(node));
    node.is_some_and(|node| target.is_node(node))
        || message.is_some_and(|message| target.is_named_in(message))
}

pub(in crate::cli) fn write_failure(error: &WriteError) -> Failure {
    Failure::io(error.to_string(), error.help())
}

/// A bar on standard error for files that take a while, where it disturbs no output.
pub(super) fn progress(timeline: &Timeline, streams_messages: bool) -> Option<ProgressBar> {
    const WORTH_A_BAR: u64 = 32 << 20;
    let total = timeline.total_bytes().filter(|total| *total >= WORTH_A_BAR)?;
    if !io::stderr().is_terminal() || (streams_messages && io::stdout().is_terminal()) {
        return None;
    }
    let bar = ProgressBar::new(total);
    let style =
        ProgressStyle::with_template("{bar:40} {percent:>3}% {binary_bytes_per_sec} {eta} left").ok()?;
    bar.set_style(style);
    Some(bar)
}
