//! All flows, a row each, sortable by any column.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::Pane;
use super::flow_columns::{COLUMNS, Column, TIME, ends, first, heads, last, line, protocol_name, shapes};
use super::tunnels::{awaited, count};
use crate::net::FlowEnd;
use crate::report::Clock;
use crate::state::FlowView;
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::Sieve;
use crate::tui::layout::{Areas, inner};
use crate::tui::list::List;
use crate::tui::text;

/// Rows and their order.
#[derive(Debug, Default)]
pub struct Flows {
    /// Rows: places of flows in the observer's table.
    pub list: List<u32>,
    /// The column by which they are sorted.
    pub column: Column,
    /// Whether the order is reversed.
    pub reversed: bool,
    total: usize,
    /// The widest two ends among the rows that were in sight so far: a row that comes or goes must not move the columns
    /// behind.
    ends: [usize; 2],
    pinned: Option<(u32, FlowView)>,
    gathering: Option<Gathering>,
    /// The filter that the rows were made with; `None` when the rows belong to another time.
    filter: Option<String>,
}

/// Flows that are looked at in one go: more would keep a key waiting.
const PIECE: u32 = 20_000;

/// Rows that are being made, a piece at a time.
#[derive(Debug)]
struct Gathering {
    /// Filter, column and whether reversed; when one of them changes, the rows are begun anew.
    by: (String, Column, bool),
    next: u32,
    total: usize,
    keyed: Vec<(u128, u32)>,
}

impl Flows {
    /// Whether rows are being made.
    pub fn is_behind(&self) -> bool {
        self.gathering.is_some()
    }

    /// Whether the rows were made with this filter, and not with the one before.
    pub fn are_by(&self, filter: &str) -> bool {
        self.filter.as_deref() == Some(filter)
    }

    /// Makes the rows anew, or continues to do so; many flows are looked at in pieces, one a call.
    pub fn refresh(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>, filter: &str, follow: bool) {
        if let Some(place) = self.list.selected()
            && let Some(flow) = facts.observer.flow(place)
        {
            self.pinned = Some((place, flow));
        }
        let by = (filter.to_owned(), self.column, self.reversed);
        let begun = self.gathering.take().filter(|gathering| gathering.by == by);
        let mut gathering = begun.unwrap_or_else(|| Gathering { by, next: 0, total: 0, keyed: Vec::new() });
        let places = facts.observer.flow_places();
        let until = gathering.next.saturating_add(PIECE).min(places);
        for place in gathering.next..until {
            let Some(flow) = facts.observer.flow(place) else { continue };
            gathering.total += 1;
            if sieve.is_open() || sieve.flow(&flow, || text_of(&flow)) {
                gathering.keyed.push((self.column.key(&flow), place));
            }
        }
        gathering.next = until;
        if until < places {
            self.gathering = Some(gathering);
            return;
        }
        let Gathering { by, mut keyed, mut total, .. } = gathering;
        self.filter = Some(by.0);
        // The flow under the cursor stays, even when it is forgotten since.
        if let Some((place, flow)) = &self.pinned
            && self.list.selected() == Some(*place)
            && facts.observer.flow(*place).is_none()
        {
            keyed.push((self.column.key(flow), *place));
            total += 1;
        }
        keyed.sort_unstable();
        if self.reversed {
            keyed.reverse();
        }
        self.total = total;
        self.list.replace(keyed.into_iter().map(|(_, place)| place).collect(), follow);
        self.look(facts);
    }

    /// Notes how wide the ends in sight are.
    pub fn look(&mut self, facts: Facts<'_>) {
        self.ends = self.widest_ends(facts);
    }

    fn widest_ends(&self, facts: Facts<'_>) -> [usize; 2] {
        let in_sight = self.list.visible().filter_map(|(_, row)| self.flow(facts, row));
        in_sight
            .map(|flow| ends(&flow))
            .fold(self.ends, |[source, destination], [one, other]| [source.max(one), destination.max(other)])
    }

    /// Forgets the flow under the cursor, and the rows that are being made: at another time there are others.
    pub fn forget_pinned(&mut self) {
        self.pinned = None;
        self.gathering = None;
        self.filter = None;
    }

    /// Sorts by the column that is `by` columns to the right, round and round.
    pub fn sort(&mut self, by: isize) {
        let count = COLUMNS.len();
        let here = COLUMNS.iter().position(|shape| shape.column == self.column).unwrap_or_default();
        let there = (here + count).saturating_add_signed(by) % count;
        self.column = COLUMNS.get(there).map_or(Column::Node, |shape| shape.column);
    }

    /// A flow of the table, or the one under the cursor that the table has forgotten.
    pub fn flow(&self, facts: Facts<'_>, place: u32) -> Option<FlowView> {
        let pinned =
            || self.pinned.as_ref().filter(|(pinned, _)| *pinned == place).map(|(_, flow)| flow.clone());
        facts.observer.flow(place).or_else(pinned)
    }

    /// The node of the flow under the cursor.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        facts.node_ref(self.flow(facts, self.list.selected()?)?.node)
    }

    /// The times of the first and the last packet of a flow, as its row shows them.
    fn times(&self, facts: Facts<'_>, place: usize, clock: &mut Clock) -> [String; 2] {
        let flow = |place: usize| self.flow(facts, *self.list.rows().get(place)?);
        let (here, before) = (flow(place), place.checked_sub(1).and_then(flow));
        [first, last].map(|of: fn(&FlowView) -> Option<Timestamp>| {
            clock.count_from(before.as_ref().and_then(of));
            here.as_ref().and_then(of).map(|time| clock.row(time, facts.precision())).unwrap_or_default()
        })
    }
}

/// The text of a row that a search looks through: the row as it is drawn, and in full what may be cut there.
pub fn text_of_row(app: &App, facts: Facts<'_>, place: usize) -> String {
    let flows = &app.flows;
    let row = flows.list.rows().get(place);
    let Some(flow) = row.and_then(|row| flows.flow(facts, *row)) else { return String::new() };
    let [area, ..] = app.areas().panes;
    let times = flows.times(facts, place, &mut app.clock(facts));
    let time = text::time_width(facts, times.iter()).max(TIME);
    let shapes = shapes(Pane::new(app, 0, area).width(), time, ends(&flow));
    format!("{} {}", line(app, &flow, &shapes, &times), text_of(&flow))
}

/// A flow in one line of small letters, to be copied or looked through by a filter.
pub fn text_of(flow: &FlowView) -> String {
    let home_address = flow.home_address.map(|address| address.to_string()).unwrap_or_default();
    format!(
        "{home_address} {} {} {} {}",
        protocol_name(flow.protocol),
        FlowEnd::new(flow.source, flow.source_port),
        FlowEnd::new(flow.destination, flow.destination_port),
        flow.verdict.name()
    )
    .to_lowercase()
}

/// Draws the table.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [area, ..] = areas.panes;
    let pane = Pane::new(app, 0, area);
    if pane.is_hidden() {
        return;
    }
    let flows = &app.flows;
    let shown = flows.list.rows().len();
    let order = if flows.reversed { "down" } else { "up" };
    let by =
        COLUMNS.iter().find(|shape| shape.column == flows.column).map_or("", |shape| match shape.column {
            Column::DownBytes => "octets down",
            Column::UpBytes => "octets up",
            _ => shape.title,
        });
    let title = format!("Flows: {}", count(shown, flows.total, "flow", app.filter.is_empty()));
    pane.title(frame, &title, &format!("by {by}, {order}"));
    if shown == 0 {
        let words = if flows.is_behind() {
            "looking at all flows".to_owned()
        } else if app.cursor().is_some() {
            "no flows at the time cursor: tunnelled packets are not looked at again".to_owned()
        } else if facts.observer.node_places() > 0 && app.filter.is_empty() {
            "no flows in the tunnels of registered nodes yet".to_owned()
        } else {
            awaited(app, facts)
        };
        return pane.empty(frame, &words);
    }
    let mut clock = app.clock(facts);
    let times: Vec<[String; 2]> =
        flows.list.visible().map(|(place, _)| flows.times(facts, place, &mut clock)).collect();
    let time = text::time_width(facts, times.iter().flatten()).max(TIME);
    let shapes = shapes(pane.width(), time, flows.widest_ends(facts));
    let area = inner(area);
    frame.render_widget(Paragraph::new(heads(app, &shapes)), Rect { height: area.height.min(1), ..area });
    let rows = flows.list.visible().zip(&times).map(|((place, row), times)| {
        let marked = flows.list.marked().contains(&row);
        let line = flows
            .flow(facts, row)
            .map_or_else(|| Line::raw("forgotten"), |flow| line(app, &flow, &shapes, times));
        (place, marked, pane.fit(line))
    });
    pane.rows_below(frame, 1, Some(flows.list.at()), rows);
}
