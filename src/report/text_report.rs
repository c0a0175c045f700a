//! The report a person reads.

use std::io::{self, Write};

use super::message_line::MessageLine;
use super::{Clock, Palette, Report, Sections, Summary, TimeStyle, hex_dump, message_tree, statistics};
use crate::time::Timestamp;
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// How much of each message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// The whole packet tree (`-v`).
    pub tree: bool,
    /// A hex dump of the UDP payload (`-x`).
    pub hex: bool,
}

/// Lines, trees and tables.
pub struct TextReport<W> {
    out: W,
    sections: Sections,
    depth: Depth,
    palette: Palette,
    clock: Clock,
    day: Option<String>,
    messages: u64,
}

impl<W: Write> TextReport<W> {
    /// A report of these sections.
    pub fn new(out: W, sections: Sections, depth: Depth, style: TimeStyle, palette: Palette) -> Self {
        Self { out, sections, depth, palette, clock: Clock::new(style), day: None, messages: 0 }
    }

    fn line(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        let Palette { quiet, heading, .. } = self.palette;
        let day = self.clock.day(seen.time);
        if day != self.day {
            if let Some(day) = &day {
                writeln!(self.out, "{heading}{day}{heading:#}")?;
            }
            self.day = day;
        }
        let time = self.clock.styled(seen.time, seen.precision);
        writeln!(
            self.out,
            "{quiet}{:>6}  {time:>15}{quiet:#}  {:<41}  {}",
            seen.frame,
            format!("{} → {}", seen.datagram.source, seen.datagram.destination),
            MessageLine { seen, keys, palette: &self.palette }
        )
    }
}

impl<W: Write> Report for TextReport<W> {
    fn begin(&mut self, first: Timestamp) {
        self.clock.start(first);
    }

    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        self.messages += 1;
        if self.depth.tree {
            message_tree::write(&mut self.out, seen, keys, &mut self.clock, &self.palette)?;
        } else {
            self.line(seen, keys)?;
        }
        if self.depth.hex {
            hex_dump::write(&mut self.out, seen.message.octets, 8, &self.palette)?;
        }
        if self.depth.tree { writeln!(self.out) } else { Ok(()) }
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        if self.sections.messages && self.messages == 0 {
            let quiet = self.palette.quiet;
            write!(self.out, "{quiet}no Mobile IP messages in {} packets", summary.counts.packets)?;
            let tunnelled = summary.observer.tunnelled();
            if tunnelled > 0 {
                write!(self.out, ", of which {tunnelled} are tunnelled")?;
            }
            writeln!(self.out, "{quiet:#}")?;
        }
        if self.sections.stats {
            if self.sections.messages {
                writeln!(self.out)?;
            }
            statistics::write(&mut self.out, summary, &mut self.clock, &self.palette)?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
