//! One section as CSV (RFC 4180), with a heading line.

mod tables;

use std::io::{self, Write};

use super::header_facts::HeaderFacts;
use super::printable::cell;
use super::{Clock, Printable, Report, Summary, TimeStyle};
use crate::rules::Finding;
use crate::trace::SeenMessage;
use crate::wire::{Field, FieldSink, KeyRing, Value};

/// The sections that make a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvSection {
    /// One line for each message.
    Messages,
    /// One line for each request with its answer.
    Exchanges,
    /// One line for each binding, each tunnel without a binding, and each node that has neither.
    Nodes,
    /// One line for each flow and each tunnel it took.
    Flows,
    /// One line for each home agent.
    Traffic,
    /// One line for each node that was refused something for reasons of security.
    Violations,
    /// One line for each finding.
    Findings,
    /// One line for the whole capture.
    Stats,
}

/// A table of one section.
pub struct CsvReport<W: Write> {
    out: csv::Writer<W>,
    clock: Clock,
    section: CsvSection,
    headed: bool,
}

const MESSAGE_COLUMNS: [&str; 18] = [
    "frame",
    "file",
    "time",
    "source",
    "destination",
    "type",
    "flags",
    "code",
    "lifetime",
    "home_address",
    "home_agent",
    "care_of_address",
    "identification",
    "bid",
    "nai",
    "extensions",
    "malformed",
    "truncated",
];

const STATS_COLUMNS: [&str; 11] = [
    "files",
    "link_types",
    "packets",
    "bytes",
    "first",
    "last",
    "registrations",
    "tunnelled",
    "fragments",
    "undecodable",
    "truncated",
];

impl<W: Write> CsvReport<W> {
    /// A table of `section`.
    pub fn new(out: W, section: CsvSection) -> Self {
        let out = csv::WriterBuilder::new().from_writer(out);
        Self { out, clock: Clock::new(TimeStyle::Utc), section, headed: false }
    }

    fn head(&mut self) -> io::Result<()> {
        if self.headed {
            return Ok(());
        }
        self.headed = true;
        match self.section {
            CsvSection::Messages => write_row(&mut self.out, MESSAGE_COLUMNS),
            CsvSection::Exchanges => write_row(&mut self.out, tables::EXCHANGE_COLUMNS),
            CsvSection::Nodes => write_row(&mut self.out, tables::NODE_COLUMNS),
            CsvSection::Flows => write_row(&mut self.out, tables::FLOW_COLUMNS),
            CsvSection::Traffic => write_row(&mut self.out, tables::TRAFFIC_COLUMNS),
            CsvSection::Violations => write_row(&mut self.out, tables::VIOLATION_COLUMNS),
            CsvSection::Findings => write_row(&mut self.out, tables::FINDING_COLUMNS),
            CsvSection::Stats => write_row(&mut self.out, STATS_COLUMNS),
        }
    }
}

impl<W: Write> Report for CsvReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, _: &KeyRing, _: &[Finding]) -> io::Result<()> {
        if self.section != CsvSection::Messages {
            return Ok(());
        }
        self.head()?;
        let message = &seen.message;
        let time = self.clock.rfc3339(seen.time, seen.precision).to_owned();
        let kind = match message.kind() {
            Some(kind) => kind.name().map_or_else(|| kind.0.to_string(), str::to_owned),
            None => String::new(),
        };
        let facts = HeaderFacts::of(message);
        let mut named = NamedFields::default();
        let mut names = Vec::new();
        let mut faults: Vec<String> = message.malformed().iter().map(ToString::to_string).collect();
        for extension in message.extensions() {
            names.push(extension.name());
            let fault = if extension.is_multipath() || extension.name() == "nai" {
                extension.describe(&mut named)
            } else {
                extension.content().err()
            };
            // An extension that runs past the end is already among the faults of the message.
            if let Some(malformed) = fault.filter(|fault| fault.is_fault() && extension.cut.is_none()) {
                faults.push(format!("{}: {malformed}", extension.name()));
            }
        }
        let cells = [
            &seen.frame.to_string(),
            &seen.file.to_string(),
            &time,
            &seen.datagram.source.to_string(),
            &seen.datagram.destination.to_string(),
            &kind,
            &facts.flags.letters().collect::<String>(),
            &or_empty(facts.code),
            &or_empty(facts.lifetime),
            &or_empty(facts.home_address),
            &or_empty(facts.home_agent),
            &or_empty(facts.care_of_address),
            &or_empty(facts.identification.map(|number| format!("0x{number:016x}"))),
            &named.bid.join(" "),
            &named.nai.join(" "),
            &names.join(" "),
            &faults.join("; "),
            &seen.is_truncated().to_string(),
        ];
        write_row(&mut self.out, cells)
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.head()?;
        let (out, clock) = (&mut self.out, &mut self.clock);
        match self.section {
            CsvSection::Messages => {}
            CsvSection::Exchanges => tables::write_exchanges(out, clock, summary)?,
            CsvSection::Nodes => tables::write_nodes(out, clock, summary)?,
            CsvSection::Flows => tables::write_flows(out, clock, summary)?,
            CsvSection::Traffic => tables::write_traffic(out, summary)?,
            CsvSection::Violations => tables::write_violations(out, clock, summary)?,
            CsvSection::Findings => tables::write_findings(out, clock, summary)?,
            CsvSection::Stats => write_stats(out, clock, summary)?,
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_stats<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    let counts = summary.counts;
    let files: Vec<String> =
        summary.files.iter().map(|file| Printable(file.as_bytes()).to_string()).collect();
    let mut text = |time: Option<_>| {
        time.map(|time| clock.rfc3339(time, counts.precision).to_owned()).unwrap_or_default()
    };
    let cells = [
        files.join(" "),
        summary.link_type_names().join(" "),
        counts.packets.to_string(),
        counts.bytes.to_string(),
        text(counts.first),
        text(counts.last),
        counts.registrations().to_string(),
        summary.observer.tunnelled().to_string(),
        summary.network.fragments.to_string(),
        summary.network.undecodable.to_string(),
        counts.truncated.to_string(),
    ];
    write_row(out, cells)
}

/// Writes a line. The error returned is the output's own, so that the caller recognises a closed pipe.
fn write_row<W: Write, T: AsRef<[u8]>>(
    out: &mut csv::Writer<W>,
    cells: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    out.write_record(cells).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

/// A cell, empty where there is no value.
fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The extension fields that have a column. Each column lists every value found, in the order of the message.
#[derive(Default)]
struct NamedFields {
    bid: Vec<String>,
    nai: Vec<String>,
}

impl FieldSink<'_> for NamedFields {
    const WANTS_DETAILS: bool = false;

    fn field(&mut self, field: Field<'_>) {
        match (field.key, field.value) {
            ("bid", Value::Number(bid)) => self.bid.push(bid.to_string()),
            ("nai", Value::Text(nai)) => self.nai.push(cell(nai)),
            _ => {}
        }
    }
}
