//! The ladder of one node: its exchanges through time, as RFC 7629 Figure 3 draws them.

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::text::Line;

use super::Pane;
use super::tunnels::awaited;
use crate::counted::counted;
use crate::report::{Clock, Glyphs, LadderPage, Look};
use crate::state::{Exchange, Node};
use crate::tui::ansi;
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::text;

/// The most exchanges of one node that are drawn: the latest ones.
const MOST: usize = 2_000;

/// The node, its exchanges and how they are drawn.
#[derive(Debug, Default)]
pub struct LadderView {
    /// Lines below the names of the lanes: the index of each line's event, and its index within the event.
    pub list: List<(usize, usize)>,
    node: Option<NodeRef>,
    known: Option<Box<Node>>,
    /// Exchanges by the frame of their first packet; those that the observer has forgotten stay while the ladder is
    /// open.
    exchanges: BTreeMap<u64, Exchange>,
    page: LadderPage,
    rows: usize,
    width: u16,
    /// Columns that are scrolled away to the left.
    pub scrolled: usize,
}

impl LadderView {
    /// Sets the rows and columns that there are.
    pub fn set_page(&mut self, rows: usize, width: u16) {
        self.rows = rows;
        self.width = width;
        self.list.set_page(rows.saturating_sub(self.heads()));
    }

    /// The node whose ladder it is.
    pub fn node(&self) -> Option<NodeRef> {
        self.node
    }

    /// Shows the ladder of this node; begins anew unless it is shown already.
    pub fn show(&mut self, node: NodeRef) {
        if self.node != Some(node) {
            *self = Self { node: Some(node), rows: self.rows, width: self.width, ..Self::default() };
        }
    }

    /// The name of that node: its home address, else its NAI.
    pub fn name(&self, glyphs: &Glyphs) -> Option<String> {
        let node = self.known.as_ref()?;
        let nai = || node.nai.as_deref().map(|nai| glyphs.short_nai(nai, 30));
        node.home_address.map(|address| address.to_string()).or_else(nai)
    }

    /// Columns that the ladder may take.
    pub fn width(&self) -> u16 {
        self.width.saturating_sub(2)
    }

    /// Makes the lines of the ladder anew.
    pub fn refresh(&mut self, facts: Facts<'_>, look: &Look, clock: &mut Clock, follow: bool) {
        let Some(place) = self.node else { return };
        if let Some(node) = facts.node(place) {
            self.known = Some(Box::new(node.clone()));
        }
        let Some(known) = &self.known else { return };
        for exchange in facts.observer.exchanges().filter(|exchange| is_of(exchange, known)) {
            if let Some(first) = exchange.legs.first() {
                self.exchanges.insert(first.frame, exchange.clone());
            }
        }
        while self.exchanges.len() > MOST {
            self.exchanges.pop_first();
        }
        let exchanges: Vec<Exchange> = self.exchanges.values().cloned().collect();
        let (observer, precision) = (facts.observer, facts.precision());
        self.page = LadderPage::of(known, &exchanges, observer, facts.numbers, precision, clock, look);
        let rows = self.page.events.iter().enumerate();
        let rows = rows.flat_map(|(event, drawn)| (0..drawn.lines.len()).map(move |line| (event, line)));
        let rows = rows.collect();
        self.list.set_page(self.rows.saturating_sub(self.heads()));
        self.list.replace(rows, follow);
    }

    fn heads(&self) -> usize {
        self.page.heads.len().min(self.rows / 2)
    }

    /// The frame of the message under the cursor.
    pub fn selected_frame(&self) -> Option<u64> {
        self.page.events.get(self.list.selected()?.0)?.frame
    }

    /// Forgets the exchanges that were shown: at another time there are others.
    pub fn forget_pinned(&mut self) {
        self.exchanges.clear();
    }

    /// Moves the cursor by so many events.
    pub fn step(&mut self, events: isize) {
        let Some((event, _)) = self.list.selected() else { return };
        let last = self.page.events.len().saturating_sub(1);
        self.go(event.saturating_add_signed(events).min(last));
    }

    /// Moves the cursor to the event of a frame.
    pub fn go_to_frame(&mut self, frame: u64) {
        if let Some(event) = self.page.events.iter().position(|event| event.frame == Some(frame)) {
            self.go(event);
        }
    }

    fn go(&mut self, event: usize) {
        // Selecting the last line first brings the whole event into sight.
        let lines = self.page.events.get(event).map_or(0, |event| event.lines.len());
        self.list.select((event, lines.saturating_sub(1)));
        self.list.select((event, 0));
    }

    /// The text of a row that a search looks through.
    pub fn search_text(&self, place: usize) -> String {
        self.line(place).map(ansi::bare).unwrap_or_default()
    }

    fn line(&self, place: usize) -> Option<&str> {
        let (event, line) = self.list.rows().get(place)?;
        self.page.events.get(*event)?.lines.get(*line).map(String::as_str)
    }

    /// Columns of the widest line in sight. The legend does not scroll, so it does not count.
    pub fn widest(&self) -> usize {
        let lines = self.list.visible().filter_map(|(place, _)| self.line(place));
        let lanes = self.page.heads.iter().skip(self.page.legend);
        let lines = lines.chain(lanes.map(String::as_str));
        lines.map(|line| text::width_of(&ansi::bare(line))).max().unwrap_or_default()
    }

    /// The whole ladder as text.
    pub fn text(&self) -> String {
        let events = self.page.events.iter().flat_map(|event| &event.lines);
        let lines: Vec<String> = self.page.heads.iter().chain(events).map(|line| ansi::bare(line)).collect();
        lines.join("\n")
    }
}

/// Whether an exchange is one of the node.
pub fn is_of(exchange: &Exchange, node: &Node) -> bool {
    let is_named = if exchange.home_address.is_unspecified() {
        exchange.nai.is_some() && exchange.nai == node.nai
    } else {
        Some(exchange.home_address) == node.home_address
    };
    is_named && (exchange.home_agent == node.home_agent || exchange.asks_any_home_agent())
}

/// The lines above the events, at most `room`. The legend is cut to the room that the names of the lanes leave: they
/// stand above the events and are needed most.
fn head_lines(app: &App, room: usize, width: usize) -> Vec<Line<'static>> {
    let ladder = &app.ladder;
    let ellipsis = app.theme.glyphs.ellipsis;
    let scrolled = |line: &String| text::scrolled(ansi::line(line), ladder.scrolled);
    let heads = &ladder.page.heads;
    let (legend, lanes) = heads.split_at_checked(ladder.page.legend).unwrap_or((&[], heads));
    let legend_room = room.saturating_sub(lanes.len());
    let shown = if legend.len() > legend_room { legend_room.saturating_sub(1) } else { legend.len() };
    let mut lines: Vec<Line<'static>> =
        legend.iter().take(shown).map(|line| text::fit(ansi::line(line), width, ellipsis)).collect();
    if shown < legend.len() && legend_room > 0 {
        let more = legend.len().saturating_sub(shown);
        lines.push(Line::styled(format!("  ... {more} more"), app.theme.quiet));
    }
    lines.extend(lanes.iter().map(scrolled));
    lines.truncate(room);
    lines
}

/// Draws the ladder.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [area, ..] = areas.panes;
    let pane = Pane::new(app, 0, area);
    if pane.is_hidden() {
        return;
    }
    let ladder = &app.ladder;
    if ladder.known.is_none() {
        pane.title(frame, "Ladder", "");
        return pane.empty(frame, &awaited(app, facts));
    }
    let name = ladder.name(&app.theme.glyphs).unwrap_or_default();
    let exchanges = counted(ladder.exchanges.len(), "exchange");
    let forgotten = match ladder.node.and_then(|node| facts.node(node)) {
        Some(_) => "",
        None if app.cursor().is_some() => "not there at the time cursor",
        None => "forgotten since",
    };
    pane.title(frame, &format!("Ladder of {name}: {exchanges:#}"), forgotten);
    if exchanges.is_none() {
        return pane.empty(frame, "no registration exchanges of this node yet");
    }
    let heads = ladder.heads();
    let scrolled = |line: &str| text::scrolled(ansi::line(line), ladder.scrolled);
    pane.lines(frame, head_lines(app, heads, pane.width()));
    let selected = ladder.list.selected().map(|(event, _)| event);
    // All lines of the selected event stand out, so a row is identified by its event here.
    let rows = ladder.list.visible().map(|(place, (event, _))| {
        let line = ladder.line(place).map(scrolled).unwrap_or_default();
        (event, false, line)
    });
    pane.rows_below(frame, u16::try_from(heads).unwrap_or(u16::MAX), selected, rows);
}
