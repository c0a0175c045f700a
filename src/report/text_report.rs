//! The text report, for people.

mod exchanges;
mod findings;
mod flows;
mod ladders;
mod nodes;
mod traffic;
mod violations;

use std::io::{self, Write};
use std::net::Ipv4Addr;

use super::ladder::LadderFormat;
use super::marked_lines::MarkedLines;
use super::message_line::MessageLine;
use super::selection::Selection;
use super::{Clock, Look, Report, Sections, Summary, TimeStyle, hex_dump, message_tree, statistics};
use crate::counted::{Counted, counted, grouped};
use crate::net::FlowEnd;
use crate::rules::{Finding, Findings};
use crate::state::Node;
use crate::time::{Precision, Timestamp};
use crate::trace::SeenMessage;
use crate::wire::{KeyRing, Numbers};

/// How much of each message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// The whole packet tree (`-v`).
    pub tree: bool,
    /// A hex dump of the UDP payload (`-x`).
    pub hex: bool,
}

/// The text report: lines, trees and tables.
pub struct TextReport<W> {
    out: W,
    sections: Sections,
    depth: Depth,
    look: Look,
    ladder_format: LadderFormat,
    /// Names of the inputs. If there are several, each packet tree names that of its message.
    files: Vec<String>,
    clock: Clock,
    day: Option<String>,
    /// Width of the widest time so far, in columns: captures differ in their precision.
    time_width: usize,
    messages: u64,
    begun: bool,
}

impl<W: Write> TextReport<W> {
    /// A report of these sections.
    pub fn new(out: W, sections: Sections, depth: Depth, style: TimeStyle, look: Look) -> Self {
        let clock = Clock::new(style);
        let ladder_format = LadderFormat::default();
        Self {
            out,
            sections,
            depth,
            look,
            ladder_format,
            files: Vec::new(),
            clock,
            day: None,
            time_width: 15,
            messages: 0,
            begun: false,
        }
    }

    /// The same report with ladders in this format.
    #[must_use]
    pub fn with_ladder_format(self, ladder_format: LadderFormat) -> Self {
        Self { ladder_format, ..self }
    }

    /// The same report with these names of the inputs.
    #[must_use]
    pub fn with_files(self, files: Vec<String>) -> Self {
        Self { files, ..self }
    }

    /// Begins a section, with a heading if there are several sections.
    fn head(&mut self, title: &str) -> io::Result<()> {
        if self.sections.count() < 2 {
            return Ok(());
        }
        if self.begun {
            writeln!(self.out)?;
        }
        self.begun = true;
        let heading = self.look.palette.heading;
        let double = String::from(self.look.glyphs.double).repeat(2);
        writeln!(self.out, "{heading}{double} {title} {double}{heading:#}")
    }

    fn message_line(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        self.day(seen.time)?;
        let quiet = self.look.palette.quiet;
        let time = self.clock.styled(seen.time, seen.precision);
        self.time_width = self.time_width.max(time.len());
        let width = self.time_width;
        let arrow = self.look.glyphs.arrow;
        writeln!(
            self.out,
            "{quiet}{:>6}  {time:>width$}{quiet:#}  {:<41}  {}",
            seen.frame,
            format!(
                "{} {arrow} {}",
                FlowEnd::from(seen.datagram.source),
                FlowEnd::from(seen.datagram.destination)
            ),
            MessageLine { seen, keys, look: &self.look }
        )
    }

    /// Writes a line as it is.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Writes a line about something that happened at `time`, between messages.
    pub fn remark(&mut self, time: Timestamp, precision: Precision, remark: &str) -> io::Result<()> {
        self.day(time)?;
        let quiet = self.look.palette.quiet;
        let time = self.clock.styled(time, precision);
        writeln!(self.out, "{quiet}{:>6}  {time:>15}{quiet:#}  {remark}", "")
    }

    /// Writes the day of a time if it differs from the day written before.
    fn day(&mut self, time: Timestamp) -> io::Result<()> {
        let heading = self.look.palette.heading;
        let day = self.clock.day(time);
        if day != self.day.as_deref() {
            if let Some(day) = day {
                writeln!(self.out, "{heading}{day}{heading:#}")?;
            }
            self.day = day.map(str::to_owned);
        }
        Ok(())
    }

    fn first_message(&mut self) -> io::Result<()> {
        if self.messages == 0 { self.head("Messages") } else { Ok(()) }
    }

    fn tables(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let sections = self.sections;
        for (is_shown, title, write) in [
            (sections.exchanges, "Exchanges", exchanges::write as Section),
            (sections.ladder, "Call flows", ladders::write),
            (sections.nodes, "Mobile nodes", nodes::write),
            (sections.flows, "Flows", flows::write),
            (sections.traffic, "Traffic", traffic::write),
            (sections.violations, "Security violations", violations::write),
            (sections.findings, "Findings", findings::write),
        ] {
            if is_shown {
                self.head(title)?;
                let mut page = Page {
                    selection: Selection::new(summary),
                    findings: summary.findings,
                    numbers: summary.numbers,
                    precision: summary.counts.precision,
                    clock: &mut self.clock,
                    look: self.look,
                    ladder_format: self.ladder_format,
                    cut: [summary.counts.cut_messages, summary.counts.cut_tunnelled],
                    is_alone: sections.count() < 2,
                    lists_all: self.depth.tree,
                };
                write(&mut self.out, &mut page)?;
            }
        }
        Ok(())
    }
}

/// Writes a section.
type Section = fn(&mut dyn Write, &mut Page<'_, '_>) -> io::Result<()>;

/// What the sections of a report share.
struct Page<'t, 'c> {
    selection: Selection<'t>,
    findings: Option<&'t Findings>,
    numbers: Numbers,
    precision: Precision,
    clock: &'c mut Clock,
    look: Look,
    ladder_format: LadderFormat,
    /// How many messages the snapshot length cut, and how many tunnelled packets it cut before their ports.
    cut: [u64; 2],
    /// Whether no other section is shown.
    is_alone: bool,
    /// Whether each finding has a line of its own, even if many nodes have the same finding.
    lists_all: bool,
}

impl Page<'_, '_> {
    /// A time as tables show it.
    fn moment(&mut self, time: Timestamp) -> String {
        self.clock.moment(time, self.precision)
    }

    /// The name of a node in a heading.
    fn name_of(&self, node: &Node) -> String {
        self.name(node.home_address, node.nai.as_deref())
    }

    fn name(&self, home_address: Option<Ipv4Addr>, nai: Option<&[u8]>) -> String {
        let nai = nai.map(|nai| self.look.glyphs.nai(nai));
        match (home_address, nai) {
            (Some(address), Some(nai)) => format!("{address} ({nai})"),
            (Some(address), None) => address.to_string(),
            (None, Some(nai)) => format!("{nai} (no home address yet)"),
            (None, None) => "unknown".to_owned(),
        }
    }

    /// Writes how many entries were forgotten, and are therefore not among those shown.
    fn forgotten(&self, out: &mut dyn Write, counts: &[Counted]) -> io::Result<()> {
        let doubtful = self.look.palette.doubtful;
        for count in counts.iter().filter(|count| !count.is_none()) {
            let were = count.verb("was", "were");
            writeln!(out, "{doubtful}{count:#} {were} forgotten, because tables are bounded{doubtful:#}")?;
        }
        Ok(())
    }

    /// Writes that a section is empty.
    fn nothing(&self, out: &mut dyn Write, what: &str) -> io::Result<()> {
        let quiet = self.look.palette.quiet;
        let whose = if self.selection.is_narrowed() { " of this node" } else { "" };
        writeln!(out, "{quiet}{what}{whose}{quiet:#}")
    }
}

impl<W: Write> Report for TextReport<W> {
    fn begin(&mut self, first: Timestamp) {
        self.clock.start(first);
    }

    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing, found: &[Finding]) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        self.first_message()?;
        self.messages += 1;
        if self.depth.tree {
            let out = &mut MarkedLines::of(&mut self.out);
            message_tree::write(out, seen, keys, found, &self.files, &mut self.clock, &self.look)?;
        } else {
            self.message_line(seen, keys)?;
        }
        if self.depth.hex {
            hex_dump::write(&mut self.out, seen.message.octets, 8, &self.look.palette)?;
        }
        if self.depth.tree { writeln!(self.out) } else { Ok(()) }
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        if self.sections.messages && self.messages == 0 {
            self.head("Messages")?;
            let quiet = self.look.palette.quiet;
            let whose = if summary.target.is_some() { " of this node" } else { "" };
            let packets = counted(summary.counts.packets, "packet");
            write!(self.out, "{quiet}no Mobile IP messages{whose} in {packets:#}")?;
            let tunnelled = summary.observer.tunnelled();
            if tunnelled > 0 {
                let are = counted(tunnelled, "packet").verb("is", "are");
                write!(self.out, ", of which {} {are} tunnelled", grouped(tunnelled))?;
            }
            let others = summary.observer.of_no_agent();
            if others > 0 && summary.target.is_none() {
                let are = counted(others, "packet").verb("is", "are");
                write!(self.out, "; {} {are} in tunnels whose registrations were not seen", grouped(others))?;
            }
            writeln!(self.out, "{quiet:#}")?;
        }
        self.tables(summary)?;
        if self.sections.stats {
            self.head("Statistics")?;
            statistics::write(&mut self.out, summary, &mut self.clock, &self.look)?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
