//! The JSON document, and the same objects one a line.

use std::io::{self, Write};

use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::capture_json::CaptureJson;
use super::message_json::MessageJson;
use super::printable::is_harmful;
use super::tables_json::Tables;
use super::{Clock, Report, Sections, Summary, TimeStyle};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// One JSON document (`--format json`), written as it comes so that memory does not grow with the capture. That
/// is why `capture`, which is known only at the end, stands last.
pub struct JsonReport<W> {
    out: W,
    line: Vec<u8>,
    clock: Clock,
    sections: Sections,
    messages: u64,
    begun: bool,
}

impl<W: Write> JsonReport<W> {
    /// A document of these sections.
    pub fn new(out: W, sections: Sections) -> Self {
        Self { out, line: Vec::new(), clock: Clock::new(TimeStyle::Utc), sections, messages: 0, begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        self.out.write_all(b"{\"schema\":\"mipflow/1\"")?;
        if self.sections.messages {
            self.out.write_all(b",\n\"messages\":[")?;
        }
        Ok(())
    }
}

impl<W: Write> Report for JsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        self.begin()?;
        if !self.sections.messages {
            return Ok(());
        }
        self.out.write_all(if self.messages == 0 { b"\n" } else { b",\n" })?;
        self.messages += 1;
        let time = self.clock.rfc3339(seen.time, seen.precision);
        write_object(&mut self.out, &mut self.line, &MessageJson { seen, time, keys, record: false })
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.begin()?;
        if self.sections.messages {
            self.out.write_all(if self.messages == 0 { b"]" } else { b"\n]" })?;
        }
        let tables = Tables::new(summary, &mut self.clock);
        let sections = self.sections;
        write_tables(&mut self.out, &mut self.line, sections, tables)?;
        self.out.write_all(b",\n\"capture\":")?;
        let capture = CaptureJson::new(summary, &mut self.clock, false);
        write_object(&mut self.out, &mut self.line, &capture)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The objects of the document one a line (`--format ndjson`); `capture` comes last.
pub struct NdjsonReport<W> {
    out: W,
    line: Vec<u8>,
    clock: Clock,
    sections: Sections,
}

impl<W: Write> NdjsonReport<W> {
    /// Records of these sections.
    pub fn new(out: W, sections: Sections) -> Self {
        Self { out, line: Vec::new(), clock: Clock::new(TimeStyle::Utc), sections }
    }

    fn tables(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let (out, line, sections) = (&mut self.out, &mut self.line, self.sections);
        let mut tables = Tables::new(summary, &mut self.clock);
        if sections.exchanges {
            for mut exchange in tables.exchanges() {
                exchange.record = Some("exchange");
                write_line(out, line, &exchange)?;
            }
        }
        if sections.nodes {
            for node in tables.nodes() {
                let mut node = tables.node(node);
                node.record = Some("node");
                write_line(out, line, &node)?;
            }
        }
        if sections.flows {
            for flow in tables.flows() {
                let mut flow = tables.flow(&flow);
                flow.record = Some("flow");
                write_line(out, line, &flow)?;
            }
        }
        if sections.traffic {
            let mut traffic = tables.traffic();
            traffic.record = Some("traffic");
            write_line(out, line, &traffic)?;
        }
        if sections.violations {
            let mut violations = tables.violations();
            violations.record = Some("violations");
            write_line(out, line, &violations)?;
        }
        Ok(())
    }
}

impl<W: Write> Report for NdjsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        let time = self.clock.rfc3339(seen.time, seen.precision);
        write_line(&mut self.out, &mut self.line, &MessageJson { seen, time, keys, record: true })
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.tables(summary)?;
        let capture = CaptureJson::new(summary, &mut self.clock, true);
        write_line(&mut self.out, &mut self.line, &capture)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The sections of a document that are known only in the end.
fn write_tables(
    out: &mut impl Write,
    line: &mut Vec<u8>,
    sections: Sections,
    mut tables: Tables<'_>,
) -> io::Result<()> {
    if sections.exchanges {
        write_list(out, line, "exchanges", tables.exchanges())?;
    }
    if sections.nodes {
        let nodes = tables.nodes();
        write_list(out, line, "nodes", nodes.map(|node| tables.node(node)))?;
    }
    if sections.flows {
        let flows = tables.flows();
        write_list(out, line, "flows", flows.map(|flow| tables.flow(&flow)))?;
    }
    if sections.traffic {
        out.write_all(b",\n\"traffic\":")?;
        write_object(out, line, &tables.traffic())?;
    }
    if sections.violations {
        out.write_all(b",\n\"violations\":")?;
        write_object(out, line, &tables.violations())?;
    }
    Ok(())
}

/// A list of objects, one a line.
fn write_list<T: serde::Serialize>(
    out: &mut impl Write,
    line: &mut Vec<u8>,
    name: &str,
    objects: impl Iterator<Item = T>,
) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    let mut any = false;
    for object in objects {
        out.write_all(if any { b",\n" } else { b"\n" })?;
        any = true;
        write_object(out, line, &object)?;
    }
    out.write_all(if any { b"\n]" } else { b"]" })
}

/// Serializes into `line` first: a document that cannot be written is then never written by half, and the
/// output sees one write an object.
fn write_object(out: &mut impl Write, line: &mut Vec<u8>, object: &impl serde::Serialize) -> io::Result<()> {
    line.clear();
    object.serialize(&mut Serializer::with_formatter(&mut *line, PlainText))?;
    out.write_all(line)
}

/// Compact JSON in which no text from a packet can move a terminal: what [`Printable`](super::Printable) shows
/// by its number stands here as `\u` and four digits, which reads back as the same text.
struct PlainText;

impl Formatter for PlainText {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|octet| octet.is_ascii() && octet != 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        for character in fragment.chars() {
            if is_harmful(character) {
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
}

/// An object and the end of its line.
fn write_line(out: &mut impl Write, line: &mut Vec<u8>, object: &impl serde::Serialize) -> io::Result<()> {
    write_object(out, line, object)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_and_moves_no_terminal() {
        for (text, json) in [
            ("a@example.org", "\"a@example.org\""),
            ("M\u{fc}nchen \u{2713}", "\"M\u{fc}nchen \u{2713}\""),
            ("\u{1b}[2J\u{9b}31m\u{7f}", "\"\\u001b[2J\\u009b31m\\u007f\""),
            ("a\u{202e}b\"", "\"a\\u202eb\\\"\""),
            ("\u{e0041}", "\"\\udb40\\udc41\""),
        ] {
            let (mut out, mut line) = (Vec::new(), Vec::new());
            write_object(&mut out, &mut line, &text).unwrap();
            assert_eq!(String::from_utf8(out.clone()).unwrap(), json);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
