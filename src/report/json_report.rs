//! The JSON document, and the same objects one per line.

use std::io::{self, Write};

use super::capture_json::CaptureJson;
use super::findings_json::FindingJson;
use super::json_writer::{self, ToJson};
use super::message_json::MessageJson;
use super::tables_json::{Tables, exchange_json};
use super::{Clock, Report, Sections, Summary, TimeStyle};
use crate::rules::Finding;
use crate::state::{Exchange, FlowView, Node};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// One JSON document (`--format json`). Messages are written as they come, so that memory does not grow with the
/// capture. Therefore `capture`, which is known only at the end, comes last.
pub struct JsonReport<W> {
    out: Pieces<W>,
    clock: Clock,
    sections: Sections,
    messages: u64,
    begun: bool,
}

impl<W: Write> JsonReport<W> {
    /// A document of these sections. It is written in large pieces, so `out` needs no buffer of its own.
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
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing, _: &[Finding]) -> io::Result<()> {
        self.begin();
        if !self.sections.messages {
            return Ok(());
        }
        self.out.push(if self.messages == 0 { "\n" } else { ",\n" });
        self.messages += 1;
        let time = self.clock.rfc3339(seen.time, seen.precision);
        MessageJson { seen, time, keys }.write(&mut self.out.text);
        self.out.write_if_large()
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.begin();
        if self.sections.messages {
            self.out.push(if self.messages == 0 { "]" } else { "\n]" });
        }
        let mut tables = Tables::new(summary, &mut self.clock);
        self.out.tables(self.sections, &mut tables)?;
        if self.sections.findings {
            self.out.push(",\n\"findings\":[");
            let mut any = false;
            for finding in FindingJson::all(summary, &mut self.clock) {
                self.out.push(if any { ",\n" } else { "\n" });
                any = true;
                finding.write(&mut self.out.text);
                self.out.write_if_large()?;
            }
            self.out.push(if any { "\n]" } else { "]" });
        }
        self.out.push(",\n\"capture\":");
        self.out.object(&CaptureJson::new(summary, &mut self.clock))?;
        self.out.push("}\n");
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The objects of the document, one per line (`--format ndjson`); `capture` comes last.
pub struct NdjsonReport<W> {
    out: Pieces<W>,
    clock: Clock,
    sections: Sections,
}

impl<W: Write> NdjsonReport<W> {
    /// Records of these sections. They are written in large pieces, so `out` needs no buffer of its own.
    pub fn new(out: W, sections: Sections) -> Self {
        Self { out: Pieces::new(out), clock: Clock::new(TimeStyle::Utc), sections }
    }

    fn tables(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let (out, sections) = (&mut self.out, self.sections);
        let mut tables = Tables::new(summary, &mut self.clock);
        if sections.exchanges {
            for exchange in tables.exchanges() {
                out.record("exchange", &exchange)?;
            }
        }
        if sections.nodes {
            for node in tables.nodes() {
                out.record("node", &tables.node(node))?;
            }
        }
        if sections.flows {
            for flow in tables.flows() {
                out.record("flow", &tables.flow(&flow))?;
            }
        }
        if sections.traffic {
            out.record("traffic", &tables.traffic())?;
        }
        if sections.violations {
            out.record("violations", &tables.violations())?;
        }
        if sections.findings {
            for finding in FindingJson::all(summary, &mut self.clock) {
                out.record_as_written("finding", &finding)?;
            }
        }
        Ok(())
    }

    /// Writes one exchange.
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> io::Result<()> {
        self.out.record("exchange", &exchange_json(exchange))
    }

    /// Writes one node.
    pub(super) fn node(&mut self, node: &Node, summary: &Summary<'_>) -> io::Result<()> {
        let node = self.row(summary).node(node);
        self.out.record("node", &node)
    }

    /// Tables for single rows, without a selection: the caller has already decided which rows are wanted.
    fn row<'t>(&'t mut self, summary: &Summary<'t>) -> Tables<'t> {
        Tables::of(summary.observer, summary.counts.precision, &mut self.clock)
    }

    /// Writes one finding.
    pub(super) fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.out.record_as_written("finding", &FindingJson::new(finding, &mut self.clock))
    }

    /// Writes one flow.
    pub(super) fn flow(&mut self, flow: &FlowView, summary: &Summary<'_>) -> io::Result<()> {
        let flow = self.row(summary).flow(flow);
        self.out.record("flow", &flow)
    }
}

impl<W: Write> Report for NdjsonReport<W> {
    fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing, _: &[Finding]) -> io::Result<()> {
        if !self.sections.messages {
            return Ok(());
        }
        let time = self.clock.rfc3339(seen.time, seen.precision);
        self.out.record_as_written("message", &MessageJson { seen, time, keys })
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.tables(summary)?;
        self.out.record("capture", &CaptureJson::new(summary, &mut self.clock))?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A buffer in which text is composed, and which is written to `out` in large pieces.
pub(super) struct Pieces<W> {
    out: W,
    text: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    /// The number of octets from which the buffer is written out.
    const LARGE: usize = 128 << 10;

    pub fn new(out: W) -> Self {
        Self { out, text: Vec::with_capacity(Self::LARGE + (16 << 10)) }
    }

    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn object(&mut self, object: &impl serde::Serialize) -> io::Result<()> {
        json_writer::serialize(&mut self.text, object)?;
        self.write_if_large()
    }

    /// Writes an object on a line of its own, with `kind` as its first entry, `record`.
    pub fn record(&mut self, kind: &str, object: &impl serde::Serialize) -> io::Result<()> {
        self.record_by(kind, |text| Ok(json_writer::serialize(text, object)?))
    }

    /// As [`Self::record`], for an object that is written without Serde.
    fn record_as_written(&mut self, kind: &str, object: &impl ToJson) -> io::Result<()> {
        self.record_by(kind, |text| {
            object.write(text);
            Ok(())
        })
    }

    fn record_by(
        &mut self,
        kind: &str,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.push("{\"record\":\"");
        self.push(kind);
        self.push("\"");
        let brace = self.text.len();
        write(&mut self.text)?;
        // The object's entries follow the `record` entry, so a comma takes the place of its opening brace.
        if let Some(brace) = self.text.get_mut(brace) {
            *brace = b',';
        }
        self.push("\n");
        self.write_if_large()
    }

    /// Writes a list of objects, one per line.
    fn list<T: serde::Serialize>(&mut self, name: &str, objects: impl Iterator<Item = T>) -> io::Result<()> {
        self.push(",\n\"");
        self.push(name);
        self.push("\":[");
        let mut any = false;
        for object in objects {
            self.push(if any { ",\n" } else { "\n" });
            any = true;
            self.object(&object)?;
        }
        self.push(if any { "\n]" } else { "]" });
        Ok(())
    }

    /// Writes the sections of a document that are known only at the end.
    fn tables(&mut self, sections: Sections, tables: &mut Tables<'_>) -> io::Result<()> {
        if sections.exchanges {
            self.list("exchanges", tables.exchanges())?;
        }
        if sections.nodes {
            let nodes = tables.nodes();
            self.list("nodes", nodes.map(|node| tables.node(node)))?;
        }
        if sections.flows {
            let flows = tables.flows();
            self.list("flows", flows.map(|flow| tables.flow(&flow)))?;
        }
        if sections.traffic {
            self.push(",\n\"traffic\":");
            self.object(&tables.traffic())?;
        }
        if sections.violations {
            self.push(",\n\"violations\":");
            self.object(&tables.violations())?;
        }
        Ok(())
    }

    fn write_if_large(&mut self) -> io::Result<()> {
        if self.text.len() >= Self::LARGE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json_writer::Text;

    #[test]
    fn text_reads_back_and_moves_no_terminal() {
        for (text, json) in [
            ("a@example.org", "\"a@example.org\""),
            ("M\u{fc}nchen \u{2713}", "\"M\u{fc}nchen \u{2713}\""),
            ("\u{1b}[2J\u{9b}31m\u{7f}", "\"\\u001b[2J\\u009b31m\\u007f\""),
            ("a\u{202e}b\"", "\"a\\u202eb\\\"\""),
            ("\u{e0041}", "\"\\udb40\\udc41\""),
        ] {
            let mut pieces = Pieces::new(Vec::new());
            pieces.object(&text).unwrap();
            assert_eq!(String::from_utf8(pieces.text.clone()).unwrap(), json);
            assert_eq!(serde_json::from_slice::<String>(&pieces.text).unwrap(), text);
            let mut written = Vec::new();
            Text(text).write(&mut written);
            assert_eq!(String::from_utf8(written).unwrap(), json);
        }
    }
}
