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
    out: Pieces<W>,
    clock: Clock,
    sections: Sections,
    messages: u64,
    begun: bool,
}

impl<W: Write> JsonReport<W> {
    /// A document of these sections. It is written in large pieces, so `out` needs no buffer.
    pub fn new(out: W, sections: Sections) -> Self {
        let clock = Clock::new(TimeStyle::Utc);
        Self { out: Pieces::new(out), clock, sections, messages: 0, begun: false }
    }

    fn begin(&mut self) {
        if self.begun {
            return;
        }
        self.begun = true;
        self.out.push("{\"schema\":\"mipflow/1\"");
        if self.sections.messages {
            self.out.push(",\n\"messages\":[");
        }
    }
}

impl<W: Write> Report for JsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        self.begin();
        if !self.sections.messages {
            return Ok(());
        }
        self.out.push(if self.messages == 0 { "\n" } else { ",\n" });
        self.messages += 1;
        let time = self.clock.rfc3339(seen.time, seen.precision);
        MessageJson { seen, time, keys, record: false }.write(&mut self.out.text);
        self.out.write_if_large()
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.begin();
        if self.sections.messages {
            self.out.push(if self.messages == 0 { "]" } else { "\n]" });
        }
        self.out.push(",\n\"capture\":");
        self.out.object(&CaptureJson::new(summary, &mut self.clock, false))?;
        self.out.push("}\n");
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The objects of the document one a line (`--format ndjson`); `capture` comes last.
pub struct NdjsonReport<W> {
    out: Pieces<W>,
    clock: Clock,
    sections: Sections,
}

impl<W: Write> NdjsonReport<W> {
    /// Records of these sections. They are written in large pieces, so `out` needs no buffer.
    pub fn new(out: W, sections: Sections) -> Self {
        Self { out: Pieces::new(out), clock: Clock::new(TimeStyle::Utc), sections }
    }
}

impl<W: Write> Report for NdjsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        let time = self.clock.rfc3339(seen.time, seen.precision);
        MessageJson { seen, time, keys, record: true }.write(&mut self.out.text);
        self.out.push("\n");
        self.out.write_if_large()
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.out.object(&CaptureJson::new(summary, &mut self.clock, true))?;
        self.out.push("\n");
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Text that gathers where it is composed, and goes out in large pieces.
struct Pieces<W> {
    out: W,
    text: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    /// Octets worth a write.
    const LARGE: usize = 128 << 10;

    fn new(out: W) -> Self {
        Self { out, text: Vec::with_capacity(Self::LARGE + (16 << 10)) }
    }

    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn object(&mut self, object: &impl serde::Serialize) -> io::Result<()> {
        Ok(serde_json::to_writer(&mut self.text, object)?)
    }

    fn write_if_large(&mut self) -> io::Result<()> {
        if self.text.len() >= Self::LARGE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }
}
