//! Records written one per line as they arise, for output without an end such as that of `serve`.

use std::io::{self, Write};

use super::json_report::Pieces;
use super::tables_json::{Tables, exchange_json};
use super::{Clock, TimeStyle};
use crate::state::{Exchange, Node, Observer};
use crate::time::Precision;

/// Writes `exchange` and `node` records as [`NdjsonReport`](super::NdjsonReport) does, but one by one.
pub struct RecordLines<W> {
    out: Pieces<W>,
    clock: Clock,
    precision: Precision,
}

impl<W: Write> RecordLines<W> {
    /// Records whose times have this precision. They are written in large pieces, so `out` needs no buffer of its own.
    pub fn new(out: W, precision: Precision) -> Self {
        Self { out: Pieces::new(out), clock: Clock::new(TimeStyle::Utc), precision }
    }

    /// Writes an exchange as it stands.
    pub fn exchange(&mut self, exchange: &Exchange) -> io::Result<()> {
        self.out.record("exchange", &exchange_json(exchange))
    }

    /// Writes a node as `observer` knows it now.
    pub fn node(&mut self, observer: &Observer, node: &Node) -> io::Result<()> {
        self.out.record("node", &Tables::of(observer, self.precision, &mut self.clock).node(node))
    }

    /// Hands everything written so far to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
