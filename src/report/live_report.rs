//! Live records: the objects of `--format ndjson`, each written when it has something new.

use std::io::{self, Write};

use super::{NdjsonReport, Report, Sections, Summary};
use crate::rules::Finding;
use crate::state::Exchange;
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// Live records (`mipflow watch --headless`).
///
/// - A `message` when it is seen.
/// - An `exchange` once, when it is decided: by its first reply, by being unsolicited, or by getting no reply in time.
/// - A `node` when its bindings, policy, prefixes, names or Multipath state have changed, but not its counters alone.
/// - A `flow` when it is new, or when its verdict, its rule or the tunnels it takes have changed.
/// - A `finding` when the rules have found it: after the message, exchange and node it is about.
/// - In the end every node and flow once more, with their last counters, and `capture`.
pub struct LiveReport<W> {
    records: NdjsonReport<W>,
    /// The stamps of the nodes and flows as last written, by place; 0 where nothing was written.
    nodes: Vec<u64>,
    flows: Vec<u64>,
    /// Whether anything was written since the last flush.
    told: bool,
    /// The place at which to look for changes next; `None` when all were visited.
    next: Option<Place>,
}

/// An index into the observer's nodes or flows.
#[derive(Clone, Copy, Debug)]
enum Place {
    Node(u32),
    Flow(u32),
}

impl<W: Write> LiveReport<W> {
    /// Records written to `out`, which needs no buffer of its own.
    pub fn new(out: W) -> Self {
        let sections = Sections { messages: true, nodes: true, flows: true, ..Sections::default() };
        Self {
            records: NdjsonReport::new(out, sections),
            nodes: Vec::new(),
            flows: Vec::new(),
            told: false,
            next: None,
        }
    }

    /// Writes a message.
    pub fn message(&mut self, seen: &SeenMessage<'_>, keys: &KeyRing) -> io::Result<()> {
        self.told = true;
        self.records.message(seen, keys, &[])
    }

    /// Writes an exchange that was decided, if it is about the target.
    pub fn exchange(&mut self, exchange: &Exchange, summary: &Summary<'_>) -> io::Result<()> {
        let is_wanted = summary.target.is_none_or(|target| {
            // The node is looked up: going through all nodes for each exchange takes too long.
            let node = summary.observer.node_named_by(exchange);
            target.is_named_by(exchange) || node.is_some_and(|node| target.is_node(node))
        });
        if !is_wanted {
            return Ok(());
        }
        self.told = true;
        self.records.exchange(exchange)
    }

    /// Writes a finding.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.told = true;
        self.records.finding(finding)
    }

    /// Writes the node with this index if it has changed.
    pub fn node(&mut self, index: u32, summary: &Summary<'_>) -> io::Result<()> {
        let stamp = summary.observer.node_stamp(index);
        if change(&mut self.nodes, index as usize, stamp) {
            self.tell_node(index, summary)?;
        }
        Ok(())
    }

    /// Starts a new search for changes in all nodes and flows. [`LiveReport::look`] makes it, a piece at a time.
    pub fn look_anew(&mut self) {
        // A search that is not finished goes on: the places it has not visited yet are seen as they are now anyway.
        self.next.get_or_insert(Place::Node(0));
    }

    /// Visits the next nodes or flows and writes those that have changed. Returns whether there are more to visit.
    pub fn look(&mut self, summary: &Summary<'_>) -> io::Result<bool> {
        /// How many places one call visits, which takes from a fraction of a millisecond to two milliseconds.
        const PIECE: u32 = 4096;
        match self.next {
            None => {}
            Some(Place::Node(first)) => {
                let end = first.saturating_add(PIECE).min(summary.observer.node_places());
                (first..end).try_for_each(|index| self.node(index, summary))?;
                let is_last = end == summary.observer.node_places();
                self.next = Some(if is_last { Place::Flow(0) } else { Place::Node(end) });
            }
            Some(Place::Flow(first)) => {
                let end = first.saturating_add(PIECE).min(summary.observer.flow_places());
                (first..end).try_for_each(|place| self.flow(place, summary))?;
                let is_last = end == summary.observer.flow_places();
                self.next = (!is_last).then_some(Place::Flow(end));
            }
        }
        Ok(self.next.is_some())
    }

    fn flow(&mut self, place: u32, summary: &Summary<'_>) -> io::Result<()> {
        let observer = summary.observer;
        if !change(&mut self.flows, place as usize, observer.flow_stamp(place)) {
            return Ok(());
        }
        let node = observer.flow_node(place).and_then(|node| observer.node(node));
        let is_wanted = summary.target.is_none_or(|target| node.is_some_and(|node| target.is_node(node)));
        match observer.flow(place).filter(|_| is_wanted) {
            Some(flow) => {
                self.told = true;
                self.records.flow(&flow, summary)
            }
            None => Ok(()),
        }
    }

    /// Hands everything written so far to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.told) { self.records.flush() } else { Ok(()) }
    }

    /// Writes every node and flow once more, and the capture.
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

/// Notes the stamp of a place. Returns whether the stamp is a new one and not 0, which stands for nothing to write.
fn change(stamps: &mut Vec<u64>, place: usize, stamp: u64) -> bool {
    if place >= stamps.len() {
        stamps.resize(place.saturating_add(1), 0);
    }
    stamps.get_mut(place).is_some_and(|known| std::mem::replace(known, stamp) != stamp && stamp != 0)
}
