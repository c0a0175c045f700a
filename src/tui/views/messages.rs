//! Messages: the list, the packet tree of one, and its octets. The field under the tree's cursor stands out in the
//! octets, and the tree's cursor follows that of the octets.

mod panes;

pub use panes::{draw, text_of_row, widest};

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::report::{Look, MarkedLine, data_packet_lines, hex_dump_text, message_line, message_tree_lines};
use crate::time::Timestamp;
use crate::tui::ansi;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::Sieve;
use crate::tui::list::List;
use crate::tui::text;
use crate::watch::RecentMessage;

/// Messages that are looked at in one go while a filter is set.
const PIECE: usize = 2_000;

/// Rows, and the message that is open.
#[derive(Debug, Default)]
pub struct Messages {
    /// Numbers of messages.
    pub list: List<u64>,
    /// Lines of the packet tree.
    pub tree: List<usize>,
    /// The octet under the cursor of the hex dump.
    pub octet: usize,
    /// Lines of the hex dump that are above the pane.
    hex_top: usize,
    hex_page: usize,
    /// Octets on a line of the hex dump.
    pub octets_a_line: usize,
    /// Columns that are scrolled away to the left, in the list and the tree.
    pub scrolled: usize,
    /// Number of the next message that was not looked at yet.
    next: u64,
    /// How many messages had been forgotten when their rows were last removed.
    forgotten: u64,
    /// Whether some rows are of messages that were forgotten and are still on the screen.
    holds_forgotten: bool,
    /// The filter the rows were made with.
    filter: String,
    /// The messages on the screen, kept in case they are forgotten.
    pinned: BTreeMap<u64, Arc<RecentMessage>>,
    open: Option<Open>,
}

/// The message whose tree is shown.
#[derive(Debug)]
struct Open {
    number: u64,
    lines: Vec<MarkedLine>,
    octets: Vec<u8>,
    /// Its frame number; `findings` is the number of the next finding, which may be about this frame.
    frame: u64,
    findings: u64,
}

impl Messages {
    /// Sets the rows of the panes, and the octets on a line of the hex dump.
    pub fn set_pages(&mut self, list: usize, tree: usize, hex: usize, octets_a_line: usize) {
        self.list.set_page(list);
        self.tree.set_page(tree);
        self.hex_page = hex.max(1);
        self.octets_a_line = octets_a_line.max(1);
    }

    /// Whether there are messages that were not looked at yet.
    pub fn is_behind(&self, facts: Facts<'_>) -> bool {
        self.next < facts.messages.total()
    }

    /// Adds rows for new messages; makes all rows anew when the filter has changed.
    pub fn refresh(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>, filter: &str, follow: bool) {
        let messages = facts.messages;
        if self.filter != filter || self.next > messages.total() {
            filter.clone_into(&mut self.filter);
            self.next = 0;
        }
        self.pin(facts);
        let forgotten = std::mem::replace(&mut self.forgotten, messages.forgotten());
        if self.next == 0 {
            let selected = self.list.selected().filter(|number| {
                !follow && self.pinned.contains_key(number) && messages.by_number(*number).is_none()
            });
            let mut rows = self.piece(facts, sieve);
            // A selected message that was forgotten is older than all of these.
            if let Some(selected) = selected.filter(|selected| rows.first().is_none_or(|row| selected < row))
            {
                rows.insert(0, selected);
                self.holds_forgotten = true;
            }
            self.list.replace(rows, follow);
        } else {
            if self.forgotten != forgotten || self.holds_forgotten {
                self.holds_forgotten = false;
                let mut rows = self.list.rows().to_vec();
                rows.retain(|number| {
                    let is_kept = messages.by_number(*number).is_some();
                    let is_held = !is_kept && !follow && self.pinned.contains_key(number);
                    self.holds_forgotten |= is_held;
                    is_kept || is_held
                });
                self.list.replace(rows, follow);
            }
            let rows = self.piece(facts, sieve);
            self.list.extend(rows.into_iter(), follow);
        }
        self.pin(facts);
    }

    /// Keeps the messages on the screen, in case they are forgotten.
    fn pin(&mut self, facts: Facts<'_>) {
        let mut pinned = BTreeMap::new();
        for (_, number) in self.list.visible() {
            let message = facts.messages.by_number(number).or_else(|| self.pinned.get(&number));
            pinned.extend(message.map(|message| (number, Arc::clone(message))));
        }
        self.pinned = pinned;
    }

    /// Lets go of the messages on the screen: at another time they may not have come yet.
    pub fn forget_pinned(&mut self) {
        self.pinned.clear();
    }

    /// The numbers of the messages in the next piece that the filter lets through; without a filter, of all that are
    /// left.
    fn piece(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>) -> Vec<u64> {
        let most = if sieve.is_open() { usize::MAX } else { PIECE };
        let mut messages = facts.messages.since(self.next);
        let rows = messages.by_ref().take(most).filter(|message| {
            sieve.is_open() || sieve.message(message, || summary(facts, message, &Look::default()))
        });
        let rows = rows.map(|message| message.number).collect();
        self.next = messages.next().map_or(facts.messages.total(), |next| next.number);
        rows
    }

    /// A message that is kept, or one on the screen that was forgotten.
    pub fn message<'t>(&'t self, facts: Facts<'t>, number: u64) -> Option<&'t Arc<RecentMessage>> {
        facts.messages.by_number(number).or_else(|| self.pinned.get(&number))
    }

    /// The time of the message in the row before a place.
    fn time_before(&self, facts: Facts<'_>, place: usize) -> Option<Timestamp> {
        let number = self.list.rows().get(place.checked_sub(1)?)?;
        self.message(facts, *number).map(|message| message.frame().time)
    }

    /// The message under the cursor.
    pub fn selected<'t>(&'t self, facts: Facts<'t>) -> Option<&'t Arc<RecentMessage>> {
        self.message(facts, self.list.selected()?)
    }

    /// The node of the message under the cursor.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        facts.node_ref(self.selected(facts)?.node?)
    }

    /// Opens the message under the cursor in tree and hex dump; with `anew`, also when it is open already.
    pub fn open(&mut self, facts: Facts<'_>, look: &Look, clock: &mut crate::report::Clock, anew: bool) {
        let Some(number) = self.list.selected() else {
            self.open = None;
            return;
        };
        if let Some(open) = self.open.as_mut().filter(|open| !anew && open.number == number) {
            let next = std::mem::replace(&mut open.findings, facts.findings.total());
            if next <= open.findings && facts.findings.of_frame(open.frame, next).is_empty() {
                return;
            }
        }
        let is_other = self.open.as_ref().is_none_or(|open| open.number != number);
        clock.count_from(self.time_before(facts, self.list.at()));
        let read = self.message(facts, number).and_then(|message| {
            let found = facts.findings.of_frame(message.frame().number, 0);
            facts.read(message, |seen| {
                let lines = message_tree_lines(seen, facts.keys, &found, &facts.input.names, clock, look);
                (lines, seen.message.octets.to_vec(), seen.frame)
            })
        });
        let (lines, octets, frame) = read.unwrap_or_default();
        self.tree.replace((0..lines.len()).collect(), false);
        if is_other {
            self.tree.go(0);
            self.hex_top = 0;
            self.octet = 0;
        }
        self.open = Some(Open { number, lines, octets, frame, findings: facts.findings.total() });
    }

    /// The octets of the field under the tree's cursor; empty if that line has none.
    pub fn field(&self) -> Range<usize> {
        let line = self.open.as_ref().and_then(|open| open.lines.get(self.tree.selected()?));
        line.and_then(|line| line.octets.clone()).unwrap_or_default()
    }

    /// Goes to the first finding of this rule, in the tree and in the octets.
    pub fn show_note(&mut self, rule: &str) {
        let note = format!(" {rule}: ");
        let is_note = |line: &MarkedLine| {
            let text = ansi::bare(&line.text);
            text.trim_start().starts_with('[') && text.contains(&note)
        };
        let place = self.open.as_ref().and_then(|open| open.lines.iter().position(is_note));
        if let Some(place) = place {
            self.tree.go(place);
            self.follow_tree();
        }
    }

    /// Moves the cursor of the hex dump to the field under the tree's cursor.
    pub fn follow_tree(&mut self) {
        let field = self.field();
        if !field.is_empty() {
            self.octet = field.start;
            self.show_octet();
        }
    }

    /// Moves the cursor of the hex dump, and the cursor of the tree to the narrowest field that covers its octet.
    pub fn move_octet(&mut self, by: isize) {
        let Some(open) = &self.open else { return };
        let last = open.octets.len().saturating_sub(1);
        self.octet = self.octet.saturating_add_signed(by).min(last);
        let octet = self.octet;
        let covering = open.lines.iter().enumerate().filter_map(|(place, line)| {
            let octets = line.octets.as_ref().filter(|octets| octets.contains(&octet))?;
            Some((octets.len(), place))
        });
        if let Some((_, place)) = covering.min() {
            self.tree.go(place);
        }
        self.show_octet();
    }

    /// Moves the cursor of the hex dump to the octet at this line and column of its pane.
    pub fn point_octet(&mut self, line: usize, column: usize) {
        // The mark (1), the offset (4) and two blanks stand before the octets.
        let column = column.saturating_sub(7);
        let half = self.octets_a_line / 2;
        let gap = usize::from(column > half * 3);
        let octet = column.saturating_sub(gap) / 3;
        if octet < self.octets_a_line {
            self.octet = (self.hex_top + line) * self.octets_a_line + octet;
            self.move_octet(0);
        }
    }

    fn show_octet(&mut self) {
        let line = self.octet / self.octets_a_line.max(1);
        self.hex_top = self.hex_top.min(line).max((line + 1).saturating_sub(self.hex_page));
    }

    /// Rows of the hex pane.
    pub fn hex_page(&self) -> usize {
        self.hex_page
    }

    /// The text of a line of the tree that a search looks through.
    pub fn tree_text(&self, place: usize) -> String {
        let line = self.open.as_ref().and_then(|open| open.lines.get(place));
        line.map(|line| ansi::bare(&line.text)).unwrap_or_default()
    }

    /// Columns of the widest line of the tree in sight.
    pub fn widest_of_tree(&self) -> usize {
        let lines = self.tree.visible().map(|(_, line)| text::width_of(&self.tree_text(line)));
        lines.max().unwrap_or_default()
    }

    /// The packet tree, or the hex dump, as text.
    pub fn open_text(&self, is_hex: bool) -> String {
        let Some(open) = &self.open else { return String::new() };
        if is_hex {
            return hex_dump_text(&open.octets, &Look::default());
        }
        let lines: Vec<String> = open.lines.iter().map(|line| ansi::bare(&line.text)).collect();
        lines.join("\n")
    }
}

/// A message in one line, with its endpoints.
pub fn summary(facts: Facts<'_>, message: &RecentMessage, look: &Look) -> String {
    let text = facts.read(message, |seen| {
        format!(
            "{} {} {}",
            seen.datagram.source,
            seen.datagram.destination,
            message_line(seen, facts.keys, look)
        )
    });
    text.map(|text| ansi::bare(&text)).unwrap_or_default()
}

/// The lines of a packet with its octets, for an overlay: a tunnelled packet or a message. Long lines are broken.
pub fn packet_lines(
    facts: Facts<'_>,
    packet: &RecentMessage,
    clock: &mut crate::report::Clock,
    look: &Look,
) -> Vec<String> {
    let frame = packet.frame();
    let found = facts.findings.of_frame(frame.number, 0);
    let of_message = facts.read(packet, |seen| {
        let tree = message_tree_lines(seen, facts.keys, &found, &facts.input.names, clock, look);
        let mut lines: Vec<String> = tree.into_iter().map(|line| line.text).collect();
        lines.push(String::new());
        lines.extend(hex_dump_text(seen.message.octets, look).lines().map(str::to_owned));
        lines
    });
    let lines = of_message.unwrap_or_else(|| {
        let notes = found.iter().map(|finding| {
            format!(
                "[{} {}: {}]",
                finding.level.name(),
                finding.rule.id,
                look.glyphs.wording(&finding.message)
            )
        });
        let packet = data_packet_lines(&frame, facts.ports, facts.numbers, clock, look);
        notes.chain(std::iter::once(String::new())).chain(packet).collect()
    });
    lines.into_iter().flat_map(|line| ansi::broken(line, usize::from(look.width))).collect()
}
