//! The JSON document, and the same objects one a line.

use std::io::{self, Write};

use super::capture_json::CaptureJson;
use super::json_writer::ToJson;
use super::message_json::MessageJson;
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
        write_message(&mut self.out, &mut self.line, &MessageJson { seen, time, keys, record: false })
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.begin()?;
        if self.sections.messages {
            self.out.write_all(if self.messages == 0 { b"]" } else { b"\n]" })?;
        }
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

    fn record(&mut self, record: &impl serde::Serialize) -> io::Result<()> {
        write_object(&mut self.out, &mut self.line, record)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> Report for NdjsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        let time = self.clock.rfc3339(seen.time, seen.precision);
        write_message(&mut self.out, &mut self.line, &MessageJson { seen, time, keys, record: true })?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let capture = CaptureJson::new(summary, &mut self.clock, true);
        self.record(&capture)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a message through `line`, so that the output sees one write a message.
fn write_message(out: &mut impl Write, line: &mut Vec<u8>, message: &MessageJson<'_, '_>) -> io::Result<()> {
    line.clear();
    message.write(line);
    out.write_all(line)
}

/// Serializes into `line` first: a document that cannot be written is then never written by half, and the
/// output sees one write an object.
fn write_object(out: &mut impl Write, line: &mut Vec<u8>, object: &impl serde::Serialize) -> io::Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, object)?;
    out.write_all(line)
}
