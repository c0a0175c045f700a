//! The lines of the text report one by one, for code that draws them on a screen.

use std::ops::Range;

use super::ladder::{self, CallFlow, Ladder, What};
use super::marked_lines::MarkedLines;
use super::message_line::MessageLine;
use super::{Clock, Look, hex_dump, message_tree};
use crate::rules::Finding;
use crate::state::{Exchange, Node, Observer, Rule};
use crate::time::Precision;
use crate::trace::SeenMessage;
use crate::wire::{KeyRing, Numbers};

/// A line of a packet tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedLine {
    /// The text, with the escape sequences of the look's palette.
    pub text: String,
    /// The octets it shows, counted from the start of the UDP payload; `None` for a line that shows no field of the
    /// message.
    pub octets: Option<Range<usize>>,
}

/// A message in one line, without frame number, time and endpoints.
pub fn message_line(seen: &SeenMessage<'_>, keys: &KeyRing, look: &Look) -> String {
    MessageLine { seen, keys, look }.to_string()
}

/// The packet tree of a message, with the findings about it and, if there are several `files`, the name of its file.
pub fn message_tree_lines(
    seen: &SeenMessage<'_>,
    keys: &KeyRing,
    found: &[Finding],
    files: &[String],
    clock: &mut Clock,
    look: &Look,
) -> Vec<MarkedLine> {
    let (mut text, mut marks) = (Vec::new(), Vec::new());
    // Writing to memory cannot fail.
    let out = &mut MarkedLines::noting(&mut text, &mut marks);
    let _ = message_tree::write(out, seen, keys, found, files, clock, look);
    let text = String::from_utf8_lossy(&text);
    text.lines().zip(marks).map(|(text, octets)| MarkedLine { text: text.to_owned(), octets }).collect()
}

/// The hex dump of octets as in the text report.
pub fn hex_dump_text(octets: &[u8], look: &Look) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = hex_dump::write(&mut text, octets, 0, &look.palette);
    String::from_utf8_lossy(&text).into_owned()
}

/// The selector of a rule in the text form that `send` reads.
pub fn selector_text(rule: &Rule) -> String {
    match rule.selector.selector() {
        Some(selector) => selector.to_string(),
        None => format!("of format {}", rule.selector.ts_format()),
    }
}

/// The ladder of one node, in parts.
#[derive(Clone, Debug, Default)]
pub struct LadderPage {
    /// The participants, side by side or one per line, and the line below them.
    pub heads: Vec<String>,
    /// How many lines of `heads`, from the first, say which participant a number stands for.
    pub legend: usize,
    /// The events, in order of time.
    pub events: Vec<LadderEvent>,
}

/// An event of a ladder.
#[derive(Clone, Debug)]
pub struct LadderEvent {
    /// The frame of a message; `None` for tunnels that come up or go down.
    pub frame: Option<u64>,
    /// The lines that draw it.
    pub lines: Vec<String>,
}

impl LadderPage {
    /// The ladder of these exchanges of a node, up to the time that the observer's clock shows.
    pub fn of(
        node: &Node,
        exchanges: &[Exchange],
        observer: &Observer,
        numbers: Numbers,
        precision: Precision,
        clock: &mut Clock,
        look: &Look,
    ) -> Self {
        let ladder = Ladder::of(&CallFlow::with(node, exchanges.iter().collect()), observer, numbers);
        let times: Vec<String> = ladder.events.iter().map(|event| clock.row(event.time, precision)).collect();
        // Writing to memory cannot fail.
        let (heads, drawn) = ladder::text::parts(&ladder, &times, look).unwrap_or_default();
        let events = ladder.events.iter().zip(drawn).map(|(event, drawn)| LadderEvent {
            frame: match event.what {
                What::Message(frame, _) => Some(frame),
                What::TunnelUp | What::TunnelDown => None,
            },
            lines: lines(&drawn),
        });
        let heads = lines(&heads);
        // Participants side by side take three lines at most. With more lines, the last two are numbers and lifelines.
        let legend = if heads.len() > 3 { heads.len().saturating_sub(2) } else { 0 };
        Self { heads, legend, events: events.collect() }
    }
}

fn lines(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
}
