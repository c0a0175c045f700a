//! `mipflow decode`: read captures, decode, print.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::BuildHasher;
use std::io::{self, IsTerminal};
use std::mem;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::keys::KeyOptions;
use super::numbers::NumberOptions;
use super::output::{self, Colour};
use super::validation::{FailOn, ValidationOptions};
use super::{Exit, Failure};
use crate::capture::{Frame, FrameFilter, Next, Timeline, WriteError, Writer};
use crate::net::PlainTunnel;
use crate::report::{
    CsvReport, CsvSection, Depth, JsonReport, JunitReport, LadderFormat, NdjsonReport, Report, SarifReport,
    Sections, Summary, Target, TextReport, TimeStyle,
};
use crate::rules::{self, Level, Place, Validator};
use crate::state::{Attribution, Observer, Options};
use crate::time::{self, Timestamp};
use crate::trace::{Seen, Trace};
use crate::wire::{KeyRing, Message, PORT};

const EXAMPLES: &str = "Examples:
  mipflow decode trace.pcap
  mipflow decode -v --key 256=text:SECRET trace.pcap
  mipflow decode --format ndjson trace.pcap | jq 'select(.code == 133)'
  tcpdump -U -w - udp port 434 | mipflow decode -";

/// Read captures, decode the Mobile IP in them, and print what was seen
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Decode {
    /// Capture files, pcap or pcapng, plain or compressed by gzip or zstd; - is standard input
    ///
    /// Several files are one timeline, merged by time.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Sections to show
    #[arg(
        long,
        value_name = "SECTIONS",
        value_delimiter = ',',
        value_enum,
        default_values = ["messages", "nodes", "flows", "findings"]
    )]
    show: Vec<Section>,

    /// Output format; csv takes one section, sarif and junit show the findings
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    format: Format,

    /// How ladders are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, hide_default_value = true)]
    ladder_format: Ladders,

    /// Show each message as a tree of all its fields
    #[arg(short = 'v', long)]
    verbose: bool,

    /// Show each message's octets
    #[arg(short = 'x', long)]
    hex: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    color: Colour,

    /// Use no characters beyond ASCII in text; the default where the locale is not UTF-8
    #[arg(
        long,
        long_help = "Use no characters beyond ASCII in text; the default where the locale is not UTF-8\n\n\
                     The locale is that of LC_ALL, LC_CTYPE or LANG. Where none of them is set, terminals get ASCII. \
                     Tables take the width of the terminal, 120 columns in files and pipes, or what COLUMNS says."
    )]
    ascii: bool,

    /// Times in text: of day, or in seconds from the first frame, the message before, or 1970
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    time: Time,

    /// Show only what concerns this mobile node, named by home address or NAI
    #[arg(long, value_name = "ADDRESS|NAI")]
    node: Option<String>,

    /// Show the tables as they stood just after this time (RFC 3339, or seconds since 1970) or frame (#N)
    #[arg(long, value_name = "TIME|#FRAME", value_parser = At::parse)]
    at: Option<At>,

    /// How long after a request a reply still answers it
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10s")]
    reply_timeout: i64,

    /// Look only at frames that this libpcap filter lets through
    #[arg(short = 'f', long, value_name = "EXPRESSION")]
    bpf: Option<String>,

    /// UDP port of Mobile IP (repeatable) [default: 434]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Vec<u16>,

    #[command(flatten)]
    keys: KeyOptions,

    #[command(flatten)]
    validation: ValidationOptions,

    #[command(flatten)]
    numbers: NumberOptions,

    /// Write the Mobile IP packets that were selected to this capture (pcapng if it is named so)
    #[arg(short = 'w', long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Every message
    Messages,
    /// Requests with their replies
    Exchanges,
    /// Call flows, as text or for Mermaid
    Ladder,
    /// Mobile nodes with bindings, policy and tunnels
    Nodes,
    /// Inner flows and the tunnels they took
    Flows,
    /// What each home agent did
    Traffic,
    /// What was refused for reasons of security
    Violations,
    /// What the rules found
    Findings,
    /// What was counted
    Stats,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One document
    Json,
    /// One object a line, as it comes
    Ndjson,
    /// One section as a table
    Csv,
    /// The findings for code hosts and CI systems (SARIF 2.1.0)
    Sarif,
    /// The findings as test cases, one a rule
    Junit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Ladders {
    /// Drawn with characters
    #[default]
    Text,
    /// A sequence diagram for Mermaid
    Mermaid,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Time {
    /// Time of day, UTC
    #[default]
    Utc,
    /// Time of day, local
    Local,
    /// Seconds since the first frame
    Relative,
    /// Seconds since the message before
    Delta,
    /// Seconds since 1970
    Epoch,
}

/// A moment at which the tables are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Just after all frames up to this time; bindings expire up to it.
    Time(Timestamp),
    /// Just after this frame.
    Frame(u64),
}

impl At {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_prefix('#') {
            return number.parse().map(Self::Frame).map_err(|_| "a frame is written #N".to_owned());
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return i64::try_from(time.as_nanosecond())
                .map(|nanoseconds| Self::Time(Timestamp::from_nanoseconds(nanoseconds)))
                .map_err(|_| "captures have no such time".to_owned());
        }
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = fraction.bytes().all(|digit| digit.is_ascii_digit()) && fraction.len() <= 9;
        match (seconds.parse(), format!("{fraction:0<9}").parse(), digits) {
            (Ok(seconds), Ok(nanoseconds), true) => Ok(Self::Time(Timestamp::new(seconds, nanoseconds))),
            _ => {
                Err("a time is written as in 2024-06-01T10:00:30Z, in seconds since 1970, or as #FRAME"
                    .into())
            }
        }
    }

    /// Whether this frame comes after the moment.
    fn is_before(self, frame: &Frame<'_>) -> bool {
        match self {
            Self::Time(time) => frame.time > time,
            Self::Frame(number) => frame.number > number,
        }
    }
}

/// A duration in nanoseconds.
pub(super) fn parse_duration(text: &str) -> Result<i64, String> {
    time::parse_duration(text)
        .and_then(|duration| i64::try_from(duration.as_nanos()).ok())
        .ok_or_else(|| "a duration is written as in 10s, 500ms or 1m30s".to_owned())
}

impl From<Time> for TimeStyle {
    fn from(time: Time) -> Self {
        match time {
            Time::Utc => Self::Utc,
            Time::Local => Self::Local,
            Time::Relative => Self::Relative,
            Time::Delta => Self::Delta,
            Time::Epoch => Self::Epoch,
        }
    }
}

impl From<Ladders> for LadderFormat {
    fn from(ladders: Ladders) -> Self {
        match ladders {
            Ladders::Text => Self::Text,
            Ladders::Mermaid => Self::Mermaid,
        }
    }
}

impl Decode {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let shown = |section| self.show.contains(&section);
        let is_for_machines = matches!(self.format, Format::Sarif | Format::Junit);
        let sections = if is_for_machines {
            Sections::FINDINGS
        } else {
            Sections {
                messages: shown(Section::Messages),
                exchanges: shown(Section::Exchanges),
                ladder: shown(Section::Ladder),
                nodes: shown(Section::Nodes),
                flows: shown(Section::Flows),
                traffic: shown(Section::Traffic),
                violations: shown(Section::Violations),
                findings: shown(Section::Findings),
                stats: shown(Section::Stats),
            }
        };
        let mut report = self.report(sections)?;
        let numbers = self.numbers.numbers()?;
        let ports = if self.port.is_empty() { vec![PORT] } else { self.port };
        let filter = self.bpf.as_deref().map(FrameFilter::new).transpose();
        let filter = filter.map_err(|error| Failure::usage(error.to_string(), Some(error.help())))?;
        let keys = self.keys.ring()?;
        let choice = self.validation.choice()?;
        let fail_on = self.validation.fail_on;
        // Before the work, so that a capture is not read for nothing.
        let writer = self.write.as_deref().map(|path| Writer::create(path, &self.files)).transpose();
        let writer = writer.map_err(|error| write_failure(&error))?;
        let timeline = Timeline::open(&self.files);
        let bar = progress(&timeline, sections.messages);
        let trace = Trace::new(&ports, numbers, writer.is_some());
        let judges = sections.findings || fail_on != FailOn::Never;
        let observer = Observer::new(Options {
            reply_timeout: self.reply_timeout,
            keep_exchanges: sections.exchanges || sections.ladder,
            attribute: writer.is_some() || self.node.is_some(),
            keep_before: judges,
            seed: RandomState::new().hash_one(0u8),
            ..Options::default()
        });
        let validator = judges.then(|| {
            Validator::new(rules::Options {
                reply_timeout: self.reply_timeout,
                cold_start: self.validation.cold_start(true),
                ports,
                choice,
                seed: RandomState::new().hash_one(0u8),
                ..rules::Options::default()
            })
        });
        let target = self.node.as_deref().map(Target::parse);
        let at = self.at;
        let for_people = self.format == Format::Text;
        Run {
            timeline,
            trace,
            observer,
            validator,
            target,
            at,
            filter,
            keys,
            writer,
            bar,
            for_people,
            fail_on,
        }
        .run(report.as_mut())
    }

    fn shows_findings(&self) -> bool {
        self.show.contains(&Section::Findings)
    }

    fn report(&self, sections: Sections) -> Result<Box<dyn Report>, Failure> {
        Ok(match self.format {
            Format::Text => {
                let depth = Depth { tree: self.verbose, hex: self.hex };
                let look = output::look(self.color, self.ascii);
                let report = TextReport::new(output::stdout(), sections, depth, self.time.into(), look);
                Box::new(report.with_ladder_format(self.ladder_format.into()))
            }
            // Among other sections it is left out: json has all it shows in the exchanges.
            Format::Json | Format::Ndjson if self.show.iter().all(|section| *section == Section::Ladder) => {
                return Err(ladder_is_text());
            }
            Format::Sarif | Format::Junit if !self.shows_findings() => {
                return Err(Failure::usage(
                    "sarif and junit show the findings, and they are not among the sections",
                    Some("leave out --show, or show findings".into()),
                ));
            }
            Format::Sarif => Box::new(SarifReport::new(output::stdout())),
            Format::Junit => {
                let level = self.validation.fail_on.level().unwrap_or(Level::Must);
                Box::new(JunitReport::new(output::stdout(), level))
            }
            Format::Json => Box::new(JsonReport::new(io::stdout().lock(), sections)),
            Format::Ndjson => Box::new(NdjsonReport::new(io::stdout().lock(), sections)),
            Format::Csv => {
                let section = match self.show.as_slice() {
                    [Section::Messages] => CsvSection::Messages,
                    [Section::Exchanges] => CsvSection::Exchanges,
                    [Section::Nodes] => CsvSection::Nodes,
                    [Section::Flows] => CsvSection::Flows,
                    [Section::Traffic] => CsvSection::Traffic,
                    [Section::Violations] => CsvSection::Violations,
                    [Section::Stats] => CsvSection::Stats,
                    [Section::Findings] => CsvSection::Findings,
                    [Section::Ladder] => return Err(ladder_is_text()),
                    _ => {
                        return Err(Failure::usage(
                            "csv is one table, and more than one section is asked for",
                            Some("name one section, as in --show messages".into()),
                        ));
                    }
                };
                Box::new(CsvReport::new(output::stdout(), section))
            }
        })
    }
}

fn ladder_is_text() -> Failure {
    let help = "leave out --format, or show exchanges";
    Failure::usage("a ladder is text, and another format is asked for", Some(help.into()))
}

/// A run over a timeline.
struct Run {
    timeline: Timeline,
    trace: Trace,
    observer: Observer,
    validator: Option<Validator>,
    target: Option<Target>,
    at: Option<At>,
    filter: Option<FrameFilter>,
    keys: KeyRing,
    writer: Option<Writer>,
    bar: Option<ProgressBar>,
    /// Whether the report may be left out when no capture could be read; a program waits for its document.
    for_people: bool,
    fail_on: FailOn,
}

impl Run {
    fn run(mut self, report: &mut dyn Report) -> Result<Exit, Failure> {
        let mut told = 0u64;
        let mut begun = false;
        loop {
            if let Some(bar) = &self.bar {
                told = told.wrapping_add(1);
                if told.is_multiple_of(1 << 14) {
                    bar.set_position(self.timeline.bytes_read());
                }
            }
            // Looked at where it is: every frame passes here.
            match &self.timeline.next() {
                Next::Frame(frame) => {
                    if !begun {
                        report.begin(frame.time);
                        begun = true;
                    }
                    if self.at.is_some_and(|at| at.is_before(frame)) {
                        break;
                    }
                    let wanted = self.filter.as_mut().map_or(Ok(true), |filter| filter.matches(frame));
                    if !wanted.map_err(|error| Failure::usage(error.to_string(), Some(error.help())))? {
                        self.trace.pass_over(frame);
                        continue;
                    }
                    self.observer.advance(frame.time);
                    if let Some(validator) = &mut self.validator {
                        validator.advance(frame.time, &self.observer);
                    }
                    // Most of a large capture, on the shortest way there is.
                    if self.validator.is_none()
                        && let Some(plain) = PlainTunnel::of(frame)
                        && self.observer.plain(&plain, frame.time)
                    {
                        self.trace.pass_over(frame);
                        continue;
                    }
                    let chosen = match self.trace.take(frame) {
                        Seen::Nothing => continue,
                        Seen::Fragment(fragment) => {
                            if let Some(validator) = &mut self.validator {
                                let seen = self.observer.fragment(&fragment, frame.time);
                                validator.fragment(&fragment, place_of(frame), seen, &self.observer);
                            }
                            continue;
                        }
                        Seen::Tunnelled(tunnel) => {
                            let seen = self.observer.tunnel(&tunnel, frame.time);
                            if let Some(validator) = &mut self.validator {
                                validator.packet_soon(&tunnel, place_of(frame), seen, &self.observer);
                            }
                            let chosen =
                                seen.tunnelled && is_of(self.target.as_ref(), &self.observer, seen, None);
                            chosen.then_some(tunnel.reassembled)
                        }
                        Seen::Message(seen) => {
                            if let Some(validator) = &mut self.validator {
                                validator.release(&self.observer);
                            }
                            let event = seen.event(&self.keys);
                            let attribution = self.observer.message(&event);
                            let found = self.validator.as_mut().map_or(0..0, |validator| {
                                validator.message(&event, attribution, &self.keys, &self.observer)
                            });
                            let message = Some(&seen.message);
                            let chosen = is_of(self.target.as_ref(), &self.observer, attribution, message);
                            if chosen {
                                let findings = self.validator.as_ref().map(Validator::findings);
                                let found =
                                    findings.map(|findings| findings.added(found)).unwrap_or_default();
                                report
                                    .message(&seen, &self.keys, found)
                                    .map_err(|error| Failure::output(&error))?;
                            }
                            chosen.then_some(seen.datagram.reassembled)
                        }
                    };
                    if let (Some(writer), Some(reassembled)) = (&mut self.writer, chosen) {
                        write(writer, &self.trace, frame, reassembled)
                            .map_err(|error| write_failure(&error))?;
                    }
                }
                Next::Pause => report.flush().map_err(|error| Failure::output(&error))?,
                Next::End => break,
            }
        }
        if let Some(At::Time(time)) = self.at {
            self.observer.advance(time);
        }
        if let Some(validator) = &mut self.validator {
            validator.advance(self.observer.clock(), &self.observer);
            self.observer.catch_up();
            validator.close(&self.observer);
        }
        self.observer.close();
        self.finish(report)
    }

    fn finish(self, report: &mut dyn Report) -> Result<Exit, Failure> {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        let summary = Summary {
            files: self.timeline.files(),
            link_types: self.timeline.link_types(),
            counts: self.trace.counts(),
            observer: &self.observer,
            findings: self.validator.as_ref().map(Validator::findings),
            target: self.target.as_ref(),
            network: self.trace.network_counters(),
            clock_backwards: self.timeline.clock_backwards(),
            numbers: self.trace.numbers(),
            lost: None,
        };
        let nothing_read = summary.counts.packets == 0 && !self.timeline.errors().is_empty();
        if !(nothing_read && self.for_people) {
            report.finish(&summary).map_err(|error| Failure::output(&error))?;
        }
        let mut exit = summary.findings.map_or(Exit::Done, |findings| {
            ValidationOptions::exit(self.fail_on, findings, |finding| summary.is_wanted(finding))
        });
        if let Some(writer) = self.writer {
            writer.finish().map_err(|error| write_failure(&error))?;
        }
        for error in self.timeline.errors() {
            exit = Failure::io(error.to_string(), error.help()).tell();
        }
        exit = tell_unread(&summary).unwrap_or(exit);
        // The process ends: to give back what was remembered piece by piece would take a twentieth of its time.
        mem::forget((self.observer, self.validator));
        Ok(exit)
    }
}

/// Tells which link types were not read, and gives the exit code when nothing else could be read.
pub(super) fn tell_unread(summary: &Summary<'_>) -> Option<Exit> {
    let unread: Vec<String> = summary
        .link_types
        .iter()
        .filter(|link_type| link_type.name().is_none())
        .map(ToString::to_string)
        .collect();
    if unread.is_empty() {
        return None;
    }
    let told = unknown_link_type(summary, &unread).tell();
    (unread.len() == summary.link_types.len()).then_some(told)
}

fn unknown_link_type(summary: &Summary<'_>, unread: &[String]) -> Failure {
    Failure::io(
        format!(
            "{}: frames of link type {} cannot be read",
            summary.files.join(", "),
            unread.join(", ")
        ),
        Some(
            "mipflow reads Ethernet, Linux cooked (SLL, SLL2), raw IP, PPPoE and BSD loopback frames; capture on \
             such an interface, or convert with editcap -T"
                .into(),
        ),
    )
}

/// A frame as findings name it.
fn place_of(frame: &Frame<'_>) -> Place {
    Place { frame: frame.number, time: frame.time, precision: frame.precision }
}

/// Whether a packet is the target's: of its node, or naming it.
pub(super) fn is_of(
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

/// Writes the frame, or all frames that a reassembled datagram came in.
fn write(writer: &mut Writer, trace: &Trace, frame: &Frame<'_>, reassembled: bool) -> Result<(), WriteError> {
    if !reassembled {
        return writer.write(frame);
    }
    trace.fragment_frames().try_for_each(|fragment| writer.write(&fragment))
}

pub(super) fn write_failure(error: &WriteError) -> Failure {
    Failure::io(error.to_string(), error.help())
}

/// A bar on standard error for files that take a while, where it disturbs no output.
fn progress(timeline: &Timeline, streams_messages: bool) -> Option<ProgressBar> {
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
