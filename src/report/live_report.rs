//! Records as they happen: the objects of `--format ndjson`, each when there is something new to say.

use std::io::{self, Write};

use super::{NdjsonReport, Report, Sections, Summary, Target};
use crate::state::Observer;
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// Records as they happen (`mipflow watch --headless`).
///
/// - A `message` when it is seen.
/// - An `exchange` once, when it is decided: by its first reply, by being unsolicited, or by getting no reply in time.
/// - A `node` when its bindings, its policy or what is known of it have changed; its counters are a moment old.
/// - A `flow` when it is new, or when its verdict, its rule or the tunnels it takes have changed.
/// - In the end every node and flow once more, with their last counters, and `capture`.
pub struct LiveReport<W> {
    records: NdjsonReport<W>,
    /// Stamps of what was told, by place.
    nodes: Vec<u64>,
    flows: Vec<u64>,
    /// Whether anything was told since the last flush.
    told: bool,
}

impl<W: Write> LiveReport<W> {
    /// Records on their way to `out`, which needs no buffer.
    pub fn new(out: W) -> Self {
        let sections = Sections { messages: true, nodes: true, flows: true, ..Sections::default() };
        Self { records: NdjsonReport::new(out, sections), nodes: Vec::new(), flows: Vec::new(), told: false }
    }

    /// Tells of a message.
    pub fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        self.told = true;
        self.records.message(seen, keys)
    }

    /// Tells of exchanges that were decided.
    pub fn exchange(&mut self, exchange: &crate::state::Exchange, summary: &Summary<'_>) -> io::Result<()> {
        self.told = true;
        self.records.exchange(exchange, summary)
    }

    /// Tells of a node if it has changed.
    pub fn node(&mut self, index: u32, summary: &Summary<'_>) -> io::Result<()> {
        let stamp = summary.observer.node_stamp(index);
        if change(&mut self.nodes, index as usize, stamp) {
            self.tell_node(index, summary)?;
        }
        Ok(())
    }

    /// Tells of all nodes and flows that have changed. Visits every one.
    pub fn changes(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        for (index, stamp) in (0..).zip(summary.observer.node_stamps()) {
            if change(&mut self.nodes, index as usize, stamp) {
                self.tell_node(index, summary)?;
            }
        }
        for (place, stamp) in (0..).zip(summary.observer.flow_stamps()) {
            if change(&mut self.flows, place as usize, stamp)
                && is_wanted(
                    summary.target,
                    summary.observer,
                    summary.observer.flow_node(place).unwrap_or(u32::MAX),
                )
                && let Some(flow) = summary.observer.flow(place)
            {
                self.told = true;
                self.records.flow(&flow, summary)?;
            }
        }
        Ok(())
    }

    /// Hands everything told so far to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.told) { self.records.flush() } else { Ok(()) }
    }

    /// Tells of every node and flow once more, and of the capture.
    pub fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.records.finish(summary)
    }

    fn tell_node(&mut self, index: u32, summary: &Summary<'_>) -> io::Result<()> {
        let Some(node) = summary.observer.node(index) else { return Ok(()) };
        if summary.target.is_some_and(|target| !target.is_node(node)) {
            return Ok(());
        }
        self.told = true;
        self.records.node(node, summary)
    }
}

/// Notes the stamp of a place, and says whether it is another one, of something that can be told of.
fn change(stamps: &mut Vec<u64>, place: usize, stamp: u64) -> bool {
    if place >= stamps.len() {
        stamps.resize(place.saturating_add(1), 0);
    }
    stamps.get_mut(place).is_some_and(|known| std::mem::replace(known, stamp) != stamp && stamp != 0)
}

/// Whether the node with this index is the target.
fn is_wanted(target: Option<&Target>, observer: &Observer, node: u32) -> bool {
    target.is_none_or(|target| observer.node(node).is_some_and(|node| target.is_node(node)))
}
