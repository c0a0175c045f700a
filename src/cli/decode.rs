//! `mipflow decode`: read captures, decode, print.

mod at;
mod clocks;
mod patience;
mod run;
mod selected;

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::BuildHasher;
use std::io;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::keys::KeyOptions;
use super::numbers::NumberOptions;
use super::open_files;
use super::output::{self, Colour};
use super::quantity::number;
use super::reply_timeout::ReplyTimeout;
use super::validation::{FailOn, ValidationOptions};
use super::{Exit, Failure};
use crate::capture::{FrameFilter, Timeline, Writer};
use crate::pipeline::Pipeline;
use crate::report::{
    CsvReport, CsvSection, Depth, JsonReport, JunitReport, LadderFormat, NdjsonReport, Report, SarifReport,
    Sections, Target, TextReport, TimeStyle,
};
use crate::rules::{self, Level};
use crate::state::Options;
use crate::trace::Trace;
use crate::wire::PORT;
use at::At;
use clocks::Clocks;
use patience::Patience;
use run::{Run, progress};
pub(super) use run::{Unread, is_of, write_failure};
use selected::Selected;

const EXAMPLES: &str = "Examples:
  mipflow decode trace.pcap
  mipflow decode -v --key 256=text:SECRET trace.pcap
  mipflow decode --format ndjson trace.pcap | jq 'select(.code == 133)'
  tcpdump -U -w - udp port 434 | mipflow decode -";

/// Read captures, decode their Mobile IP traffic, and print what was seen
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Decode {
    /// Capture files: pcap or pcapng, plain or compressed with gzip or zstd; - is standard input
    ///
    /// Several files are merged by time.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Sections to show
    #[arg(
        long,
        value_name = "SECTIONS",
        value_delimiter = ',',
        value_enum,
        default_value = "messages,nodes,flows,findings"
    )]
    show: Vec<Section>,

    /// Output format; csv takes one section, sarif and junit show the findings
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// How ladders are drawn
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    ladder_format: Ladders,

    /// Show each message as a tree of all its fields, and each finding even if many nodes have the same
    // Users of tcpdump write -vv and -xx.
    #[arg(short = 'v', long, overrides_with = "verbose")]
    verbose: bool,

    /// Show the octets of each message
    #[arg(short = 'x', long, overrides_with = "hex")]
    hex: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t)]
    pub(super) color: Colour,

    /// Use only ASCII characters in text; the default unless the locale is UTF-8
    #[arg(
        long,
        long_help = "Use only ASCII characters in text; the default unless the locale is UTF-8\n\n\
                     The locale is that of LC_ALL, LC_CTYPE or LANG. If none of them is set, terminals get ASCII. \
                     Tables are as wide as the terminal, 120 columns in files and pipes, or as COLUMNS says, but at \
                     least 80 columns."
    )]
    pub(super) ascii: bool,

    /// How times are written in text
    #[arg(long, value_enum, default_value_t)]
    time: Time,

    /// Show only what concerns this mobile node, named by home address or NAI; traffic and stats cover all nodes
    #[arg(long, value_name = "ADDRESS|NAI", value_parser = NonEmptyStringValueParser::new())]
    node: Option<String>,

    /// Show the tables as they stood just after this time (RFC 3339, of day, or seconds since 1970) or frame (#N)
    #[arg(long, value_name = "TIME|#FRAME", value_parser = At::parse)]
    at: Option<At>,

    #[command(flatten)]
    reply_timeout: ReplyTimeout,

    /// Read only frames that match this libpcap filter
    #[arg(short = 'f', long, value_name = "EXPRESSION")]
    bpf: Option<String>,

    /// UDP port of Mobile IP (repeatable) [default: 434]
    #[arg(long, value_name = "N", value_parser = number::<u16>(1, 65_535))]
    port: Vec<u16>,

    #[command(flatten)]
    keys: KeyOptions,

    #[command(flatten)]
    validation: ValidationOptions,

    #[command(flatten)]
    numbers: NumberOptions,

    /// Write the selected Mobile IP packets to this capture (pcapng if its name ends so)
    #[arg(short = 'w', long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Every message
    Messages,
    /// Each request with its replies
    Exchanges,
    /// Call flows, as text or for Mermaid
    Ladder,
    /// Mobile nodes with bindings, policy and tunnels
    Nodes,
    /// Inner flows and the tunnels they took
    Flows,
    /// What each home agent did
    Traffic,
    /// What was refused for security reasons
    Violations,
    /// What the rules found
    Findings,
    /// All counters
    Stats,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One document
    Json,
    /// One object on each line, messages as they arrive
    Ndjson,
    /// One section as a table
    Csv,
    /// The findings for code hosts and CI systems (SARIF 2.1.0)
    Sarif,
    /// The findings as test cases, one for each rule
    Junit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Ladders {
    /// With characters
    #[default]
    Text,
    /// As a sequence diagram for Mermaid
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
    /// Seconds since the previous message
    Delta,
    /// Seconds since 1970
    Epoch,
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
        if self.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
            let help = "standard input can be read only once";
            return Err(Failure::usage("'-' is named more than once", Some(help.into())));
        }
        let mut report = self.report(sections)?;
        let numbers = self.numbers.numbers()?;
        let ports = if self.port.is_empty() { vec![PORT] } else { self.port };
        let filter = self.bpf.as_deref().map(FrameFilter::new).transpose();
        let filter = filter.map_err(|error| Failure::usage(error.to_string(), Some(error.help())))?;
        let inputs = self.keys.beside(&self.files);
        let keys = self.keys.ring()?;
        let choice = self.validation.choice()?;
        let fail_on = self.validation.fail_on;
        open_files::allow(self.files.len());
        let mut timeline = Timeline::open(&self.files);
        if self.format == Format::Sarif {
            timeline.keep_origins();
        }
        // Opened before the work, so that no capture is read in vain. But this empties an earlier capture of that name,
        // so it is not done when no input can be read.
        let is_unreadable = timeline.errors().len() == self.files.len();
        let write = self.write.as_deref().filter(|_| !is_unreadable);
        let writer = write.map(|path| Writer::create(path, &inputs)).transpose();
        let writer = writer.map_err(|error| write_failure(&error))?;
        let bar = progress(&timeline, sections.messages);
        let trace = Trace::new(&ports, numbers, writer.is_some());
        let judges = sections.findings || fail_on != FailOn::Never;
        let observer = Options {
            reply_timeout: self.reply_timeout.nanoseconds,
            keep_exchanges: sections.exchanges || sections.ladder,
            attribute: writer.is_some() || self.node.is_some(),
            seed: RandomState::new().hash_one(0u8),
            ..Options::default()
        };
        let rules = judges.then(|| rules::Options {
            reply_timeout: self.reply_timeout.nanoseconds,
            cold_start: self.validation.cold_start(true),
            ports,
            choice,
            seed: RandomState::new().hash_one(0u8),
            ..rules::Options::default()
        });
        let target = self.node.as_deref().map(Target::parse);
        let at = self.at;
        let for_people = self.format == Format::Text;
        Run {
            patience: Patience::with(&timeline)?,
            timeline,
            pipeline: Pipeline::new(trace, observer, rules),
            clocks: (self.files.len() > 1).then(Clocks::default),
            target,
            at,
            zone: TimeStyle::from(self.time).zone(),
            filter,
            keys,
            writer: writer.map(Selected::new),
            unwritten: None,
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
            Format::Text
                if self.ladder_format == Ladders::Mermaid && !self.show.contains(&Section::Ladder) =>
            {
                return Err(Failure::usage(
                    "--ladder-format says how ladders are written, and they are not among the sections",
                    Some("add --show ladder".into()),
                ));
            }
            Format::Text => {
                let depth = Depth { tree: self.verbose, hex: self.hex };
                let look = output::look(self.color, self.ascii);
                let report = TextReport::new(output::stdout(), sections, depth, self.time.into(), look);
                let files = self.files.iter().map(|file| file.to_string_lossy().into_owned());
                Box::new(report.with_ladder_format(self.ladder_format.into()).with_files(files.collect()))
            }
            // Among other sections it is left out, because the exchanges hold all that it shows.
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
                Box::new(JunitReport::new(output::stdout(), level, self.validation.choice()?))
            }
            Format::Json => Box::new(JsonReport::new(io::stdout().lock(), sections)),
            Format::Ndjson => Box::new(NdjsonReport::new(io::stdout().lock(), sections)),
            Format::Csv => {
                let mut sections = self.show.clone();
                sections.dedup();
                let section = match sections.as_slice() {
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
