//! All flows, a row each, sortable by any column.

use std::net::{IpAddr, SocketAddr};

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::Pane;
use super::tunnels::{awaited, count};
use crate::report::Clock;
use crate::state::{FlowView, Traffic, Verdict};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::Sieve;
use crate::tui::layout::{Areas, inner};
use crate::tui::list::List;
use crate::tui::text::{self, Row as Cells};
use crate::tui::theme::Theme;
use crate::wire::IpProtocol;

/// What flows can be sorted by, in the order of the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Home address of the node.
    #[default]
    Node,
    /// Protocol.
    Protocol,
    /// The correspondent.
    Source,
    /// The node's end.
    Destination,
    /// The rule.
    Fid,
    /// The verdict.
    Verdict,
    /// The tunnels it took.
    Path,
    /// Packets towards the node.
    DownPackets,
    /// Octets towards the node.
    DownBytes,
    /// Packets from the node.
    UpPackets,
    /// Octets from the node.
    UpBytes,
    /// Its first packet.
    First,
    /// Its last packet.
    Last,
}

/// A column: what it is, its title, its width, from which width of the screen on it is there, whether it is a number.
struct Shape {
    column: Column,
    title: &'static str,
    width: usize,
    from: usize,
    right: bool,
}

const fn shape(column: Column, title: &'static str, width: usize, from: usize, right: bool) -> Shape {
    Shape { column, title, width, from, right }
}

const COLUMNS: [Shape; 13] = [
    shape(Column::Node, "Node", 15, 64, false),
    shape(Column::Protocol, "Prot", 4, 30, false),
    shape(Column::Source, "Correspondent", 20, 0, false),
    shape(Column::Destination, "Node's end", 20, 120, false),
    shape(Column::Fid, "FID", 3, 50, true),
    shape(Column::Verdict, "Verdict", 10, 36, false),
    shape(Column::Path, "BIDs", 7, 46, false),
    shape(Column::DownPackets, "Down", 5, 72, true),
    shape(Column::DownBytes, "octets", 6, 96, true),
    shape(Column::UpPackets, "Up", 5, 72, true),
    shape(Column::UpBytes, "octets", 6, 96, true),
    shape(Column::First, "First", 12, 150, false),
    shape(Column::Last, "Last", 12, 135, false),
];

/// Rows and their order.
#[derive(Debug, Default)]
pub struct Flows {
    /// Places in the observer's table.
    pub list: List<u32>,
    /// What they are sorted by.
    pub column: Column,
    /// Whether the order is turned round.
    pub reversed: bool,
    total: usize,
    pinned: Option<(u32, FlowView)>,
    gathering: Option<Gathering>,
}

/// Flows that are looked at in one go: more would keep a key waiting.
const PIECE: u32 = 20_000;

/// Rows that are being made, a piece at a time.
#[derive(Debug)]
struct Gathering {
    /// What they are made by; when that changes, they are made anew.
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

    /// Makes the rows anew, or goes on with that; where there are many, in pieces.
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
        let Gathering { mut keyed, mut total, .. } = gathering;
        // Whoever is looked at stays, though forgotten since.
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
    }

    /// Sorts by the column so many to the right.
    pub fn sort(&mut self, by: isize) {
        let count = COLUMNS.len();
        let here = COLUMNS.iter().position(|shape| shape.column == self.column).unwrap_or_default();
        let there = (here + count).saturating_add_signed(by) % count;
        self.column = COLUMNS.get(there).map_or(Column::Node, |shape| shape.column);
    }

    /// A flow, also when it was forgotten while it was looked at.
    pub fn flow(&self, facts: Facts<'_>, place: u32) -> Option<FlowView> {
        let pinned =
            || self.pinned.as_ref().filter(|(pinned, _)| *pinned == place).map(|(_, flow)| flow.clone());
        facts.observer.flow(place).or_else(pinned)
    }

    /// The node of the flow under the cursor.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        facts.node_ref(self.flow(facts, self.list.selected()?)?.node)
    }

    /// What a search looks through.
    pub fn search_text(&self, facts: Facts<'_>, place: usize) -> String {
        let flow = self.list.rows().get(place).and_then(|place| self.flow(facts, *place));
        flow.map(|flow| text_of(&flow)).unwrap_or_default()
    }
}

impl Column {
    /// A number in the order of this column.
    fn key(self, flow: &FlowView) -> u128 {
        let address = |address: IpAddr, port: Option<u16>| {
            let bits = match address {
                IpAddr::V4(address) => u128::from(u32::from(address)),
                IpAddr::V6(address) => u128::from(address) >> 17 | 1 << 111,
            };
            bits << 16 | u128::from(port.unwrap_or_default())
        };
        let sum = |each: fn(&Traffic) -> u64, is_down: bool| {
            let traffic = |path: &crate::state::PathView| if is_down { path.downlink } else { path.uplink };
            flow.paths.iter().map(|path| u128::from(each(&traffic(path)))).sum::<u128>()
        };
        match self {
            Self::Node => {
                let node = flow.home_address.map_or(0, |address| u128::from(u32::from(address)));
                // Within a node by appearance.
                node << 64 | moment(flow.paths.iter().map(|path| path.first).min())
            }
            Self::Protocol => flow.protocol.into(),
            Self::Source => address(flow.source, flow.source_port),
            Self::Destination => address(flow.destination, flow.destination_port),
            Self::Fid => flow.fid.map_or(u128::MAX, u128::from),
            Self::Verdict => flow.verdict as u128,
            Self::Path => last_bid(flow).into(),
            Self::DownPackets => sum(|traffic| traffic.packets, true),
            Self::DownBytes => sum(|traffic| traffic.bytes, true),
            Self::UpPackets => sum(|traffic| traffic.packets, false),
            Self::UpBytes => sum(|traffic| traffic.bytes, false),
            Self::First => moment(flow.paths.iter().map(|path| path.first).min()),
            Self::Last => moment(flow.paths.iter().map(|path| path.last).max()),
        }
    }

    /// What a row says in this column.
    fn text(self, theme: &Theme, flow: &FlowView, clock: &mut Clock, facts: Facts<'_>) -> (String, Style) {
        let sum = |is_down: bool| {
            flow.paths.iter().fold((0u64, 0u64), |(packets, octets), path| {
                let traffic = if is_down { path.downlink } else { path.uplink };
                (packets.saturating_add(traffic.packets), octets.saturating_add(traffic.bytes))
            })
        };
        let mut time = |time: Option<Timestamp>| {
            time.map(|time| clock.moment(time, facts.precision())).unwrap_or_default()
        };
        let plain = |text: String| (text, Style::new());
        match self {
            Self::Node => {
                (flow.home_address.map(|address| address.to_string()).unwrap_or_default(), theme.address)
            }
            Self::Protocol => plain(protocol_name(flow.protocol)),
            Self::Source => plain(endpoint(flow.source, flow.source_port)),
            Self::Destination => plain(endpoint(flow.destination, flow.destination_port)),
            Self::Fid => plain(flow.fid.map_or_else(|| "-".to_owned(), |fid| fid.to_string())),
            Self::Verdict => (flow.verdict.name().to_owned(), verdict_style(theme, flow.verdict)),
            Self::Path => plain(path(theme, flow)),
            Self::DownPackets => plain(text::size(sum(true).0)),
            Self::DownBytes => plain(text::size(sum(true).1)),
            Self::UpPackets => plain(text::size(sum(false).0)),
            Self::UpBytes => plain(text::size(sum(false).1)),
            Self::First => plain(time(flow.paths.iter().map(|path| path.first).min())),
            Self::Last => plain(time(flow.paths.iter().map(|path| path.last).max())),
        }
    }
}

/// A time as a number; all before 1970 are one.
fn moment(time: Option<Timestamp>) -> u128 {
    let time = time.map_or(i64::MAX, Timestamp::nanoseconds);
    u128::from(u64::try_from(time).unwrap_or_default())
}

fn last_bid(flow: &FlowView) -> u8 {
    let last = flow.paths.iter().max_by_key(|path| path.last);
    last.and_then(|path| path.bid).map_or(0, crate::state::Bid::octet)
}

/// The BIDs of the tunnels a flow took, in order of appearance: `1→2`.
fn path(theme: &Theme, flow: &FlowView) -> String {
    let bids: Vec<String> = flow
        .paths
        .iter()
        .map(|path| path.bid.map_or_else(|| "-".to_owned(), |bid| bid.octet().to_string()))
        .collect();
    bids.join(theme.glyphs.arrow)
}

/// A protocol by name, or by number.
pub fn protocol_name(protocol: u8) -> String {
    IpProtocol(protocol).name().map_or_else(|| protocol.to_string(), str::to_owned)
}

/// An address with its port.
pub fn endpoint(address: IpAddr, port: Option<u16>) -> String {
    port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string())
}

/// The colour of a verdict.
pub fn verdict_style(theme: &Theme, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Leaks | Verdict::Strays => theme.bad,
        Verdict::Exhausted | Verdict::PerPacket => theme.doubtful,
        Verdict::Conforms => theme.good,
        Verdict::Moved | Verdict::PerFlow => Style::new(),
    }
}

/// What a search looks through.
pub fn text_of(flow: &FlowView) -> String {
    let home_address = flow.home_address.map(|address| address.to_string()).unwrap_or_default();
    format!(
        "{home_address} {} {} {} {}",
        protocol_name(flow.protocol),
        endpoint(flow.source, flow.source_port),
        endpoint(flow.destination, flow.destination_port),
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
        } else if facts.observer.node_places() > 0 && app.filter.is_empty() {
            "no flows in the tunnels of registered nodes yet".to_owned()
        } else {
            awaited(app, facts)
        };
        return pane.empty(frame, &words);
    }
    let width = pane.width();
    let shapes: Vec<&Shape> = COLUMNS.iter().filter(|shape| width >= shape.from).collect();
    let area = inner(area);
    frame.render_widget(Paragraph::new(heads(app, &shapes)), Rect { height: area.height.min(1), ..area });
    let mut clock = app.clock(facts);
    let rows = flows.list.visible().map(|(place, row)| {
        let marked = flows.list.marked().contains(&row);
        let line = flows
            .flow(facts, row)
            .map_or_else(|| Line::raw("forgotten"), |flow| line(app, facts, &flow, &shapes, &mut clock));
        (place, marked, line)
    });
    pane.rows_below(frame, 1, Some(flows.list.at()), rows);
}

fn heads(app: &App, shapes: &[&Shape]) -> Line<'static> {
    let mut row = Cells::default();
    row.plain(" ");
    for shape in shapes {
        let text = pad(app, shape, shape.title);
        let style = if shape.column == app.flows.column { app.theme.found } else { app.theme.heading };
        row.push(text, style).plain(" ");
    }
    row.line()
}

fn line(app: &App, facts: Facts<'_>, flow: &FlowView, shapes: &[&Shape], clock: &mut Clock) -> Line<'static> {
    let mut row = Cells::default();
    for shape in shapes {
        let (text, style) = shape.column.text(&app.theme, flow, clock, facts);
        row.push(pad(app, shape, &text), style).plain(" ");
    }
    row.line()
}

fn pad(app: &App, shape: &Shape, text: &str) -> String {
    let ellipsis = app.theme.glyphs.ellipsis;
    if shape.right {
        text::right(text, shape.width, ellipsis)
    } else {
        text::left(text, shape.width, ellipsis)
    }
}
