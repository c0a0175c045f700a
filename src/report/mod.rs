//! Writes results as text, trees, JSON and CSV. Nothing here decides anything about the protocol.

mod capture_json;
mod clock;
mod csv_report;
mod data_tree;
mod explanation;
mod field_lines;
mod finding_notes;
mod findings_json;
mod findings_junit;
mod findings_sarif;
mod glyphs;
mod header_facts;
mod hex_dump;
mod json_report;
mod json_writer;
mod ladder;
mod live_report;
mod look;
mod marked_lines;
mod message_json;
mod message_line;
mod message_tree;
mod palette;
mod printable;
mod record_lines;
mod screen;
mod selection;
mod send;
mod statistics;
mod summary;
mod tables_json;
mod target;
mod text_report;
mod text_table;

pub use clock::{Clock, TimeStyle};
pub use csv_report::{CsvReport, CsvSection};
pub use data_tree::data_packet_lines;
pub use explanation::Explanation;
pub use findings_junit::JunitReport;
pub use findings_sarif::SarifReport;
pub use glyphs::Glyphs;
pub use json_report::{JsonReport, NdjsonReport};
pub use ladder::LadderFormat;
pub use live_report::LiveReport;
pub use look::Look;
pub use palette::Palette;
pub(crate) use printable::is_harmful;
pub use printable::{Printable, harmless};
pub use record_lines::RecordLines;
pub use screen::{
    LadderEvent, LadderPage, MarkedLine, hex_dump_text, message_line, message_tree_lines, selector_text,
};
pub use send::{Announcement, SendDepth, SendJson, SendJunit, SendReport, SendTap, SendText, route_line};
pub use summary::{Lost, Summary};
pub use target::Target;
pub use text_report::{Depth, TextReport};

use std::io;

use selection::Selection;

use crate::rules::Finding;
use crate::time::Timestamp;
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// Which parts of the result are wanted (`--show`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    /// Every message, as it is read.
    pub messages: bool,
    /// Requests with their replies.
    pub exchanges: bool,
    /// Call flows.
    pub ladder: bool,
    /// Mobile nodes with their bindings, policy and tunnels.
    pub nodes: bool,
    /// Inner flows with their paths.
    pub flows: bool,
    /// What each home agent did.
    pub traffic: bool,
    /// What was refused for security reasons.
    pub violations: bool,
    /// What the rules found.
    pub findings: bool,
    /// All counters.
    pub stats: bool,
}

impl Sections {
    /// Nothing but findings.
    pub const FINDINGS: Self = Self {
        messages: false,
        exchanges: false,
        ladder: false,
        nodes: false,
        flows: false,
        traffic: false,
        violations: false,
        findings: true,
        stats: false,
    };

    /// The number of sections that are wanted.
    pub fn count(&self) -> usize {
        let Self { messages, exchanges, ladder, nodes, flows, traffic, violations, findings, stats } = *self;
        [messages, exchanges, ladder, nodes, flows, traffic, violations, findings, stats]
            .iter()
            .filter(|wanted| **wanted)
            .count()
    }
}

/// An output format: takes each message as it is read, and a summary at the end.
pub trait Report {
    /// Takes the time of the first frame, before any message. Relative times and the days in tables depend on it.
    fn begin(&mut self, _first: Timestamp) {}

    /// Takes the next message of the timeline, and what the rules found in it.
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing, found: &[Finding]) -> io::Result<()>;

    /// Takes the summary when the input has ended.
    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()>;

    /// Hands everything written so far to the reader.
    fn flush(&mut self) -> io::Result<()>;
}

#[cfg(test)]
mod tests;
