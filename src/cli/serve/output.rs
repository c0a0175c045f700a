//! What `serve` prints: messages for people, records for programs.

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::net::SocketAddrV4;

use crate::cli::Failure;
use crate::cli::output::{self, Colour};
use crate::counted::counted;
use crate::craft::home_agent::{HomeAgent, Packet, Taken};
use crate::net::Counters;
use crate::report::{Depth, RecordLines, Report, Sections, Summary, TextReport, TimeStyle};
use crate::trace::Counts;
use crate::wire::{KeyRing, Numbers};

/// One of the output formats.
pub(super) enum Output {
    /// Each message as `decode` shows it; the nodes at the end.
    Text { report: Box<TextReport<BufWriter<StdoutLock<'static>>>>, keys: KeyRing, numbers: Numbers },
    /// Records.
    Ndjson(Box<RecordLines<StdoutLock<'static>>>),
}

impl Output {
    /// For people, of messages under these numbers. With `keys`, authenticators are told valid or not.
    pub fn text(keys: KeyRing, numbers: Numbers) -> Self {
        let sections = Sections { messages: true, nodes: true, ..Sections::default() };
        let look = output::look(Colour::Auto, false);
        let report = TextReport::new(output::stdout(), sections, Depth::default(), TimeStyle::Utc, look);
        Self::Text { report: Box::new(report), keys, numbers }
    }

    /// For programs.
    pub fn ndjson() -> Self {
        Self::Ndjson(Box::new(RecordLines::new(io::stdout().lock(), Packet::PRECISION)))
    }

    /// Says where requests are taken, before the first one is: as the first line of text, and on standard error
    /// where standard output is all records.
    pub fn listening(&mut self, address: SocketAddrV4) -> Result<(), Failure> {
        match self {
            Self::Text { report, .. } => {
                report.line(&format!("listening on {address}")).map_err(|error| Failure::output(&error))?;
            }
            // If standard error is closed, nobody wants to read this.
            Self::Ndjson(_) => drop(writeln!(io::stderr(), "listening on {address}")),
        }
        self.flush()
    }

    /// Tells of a request and what became of it.
    pub fn taken(&mut self, agent: &HomeAgent, taken: &Taken) -> Result<(), Failure> {
        match self {
            Self::Text { report, keys, numbers } => {
                let packets = [Some(&taken.request), taken.reply.as_ref()].into_iter().flatten();
                packets
                    .filter_map(|packet| packet.seen(*numbers))
                    .try_for_each(|seen| report.message(&seen, keys, &[]))
                    .and_then(|()| match taken.not_understood {
                        Some(kind) => {
                            let name = kind.name().unwrap_or("unknown");
                            let remark = format!("dropped in silence: extension {} ({name})", kind.0);
                            report.remark(taken.request.time, Packet::PRECISION, &remark)
                        }
                        None => Ok(()),
                    })
            }
            Self::Ndjson(records) => {
                let exchange = taken.exchange.as_ref().map_or(Ok(()), |exchange| records.exchange(exchange));
                let node = taken.changed.and_then(|index| agent.node(index));
                exchange.and_then(|()| node.map_or(Ok(()), |node| records.node(agent.observer(), node)))
            }
        }
        .map_err(|error| Failure::output(&error))
    }

    /// Tells of a node that lost bindings because their time was over.
    pub fn expired(&mut self, agent: &HomeAgent, index: u32) -> Result<(), Failure> {
        let Some(node) = agent.node(index) else { return Ok(()) };
        match self {
            Self::Text { report, .. } => {
                let name = node.home_address.map(|address| address.to_string()).unwrap_or_default();
                let remark = format!("{name}: expired, {} left", counted(node.active().count(), "binding"));
                report.remark(agent.observer().clock(), Packet::PRECISION, &remark)
            }
            Self::Ndjson(records) => records.node(agent.observer(), node),
        }
        .map_err(|error| Failure::output(&error))
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Text { report, .. } => report.flush(),
            Self::Ndjson(records) => records.flush(),
        }
        .map_err(|error| Failure::output(&error))
    }

    /// Ends the output; text with what is believed of the nodes.
    pub fn finish(mut self, agent: &HomeAgent) -> Result<(), Failure> {
        if let Self::Text { report, numbers, .. } = &mut self {
            let counts = Counts { precision: Packet::PRECISION, ..Counts::default() };
            let summary = Summary {
                files: &[],
                origins: None,
                link_types: &[],
                counts: &counts,
                findings: None,
                observer: agent.observer(),
                target: None,
                flows: None,
                network: Counters::default(),
                clock_backwards: 0,
                numbers: *numbers,
                lost: None,
                failures: &[],
            };
            report.finish(&summary).map_err(|error| Failure::output(&error))?;
        }
        self.flush()
    }
}
