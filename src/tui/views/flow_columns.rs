//! The columns of the table of flows: what each shows, how wide it is, and how it sorts the rows.

use std::net::IpAddr;

use ratatui::style::Style;
use ratatui::text::Line;

use crate::net::FlowEnd;
use crate::state::{FlowView, Traffic, Verdict};
use crate::time::Timestamp;
use crate::tui::app::App;
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
    /// The correspondent's address and port.
    Source,
    /// The address and port of the node's end.
    Destination,
    /// The FID of its rule.
    Fid,
    /// The verdict.
    Verdict,
    /// The tunnels it took; sorted by the BID of the last.
    Path,
    /// Packets towards the node.
    DownPackets,
    /// Octets towards the node.
    DownBytes,
    /// Packets from the node.
    UpPackets,
    /// Octets from the node.
    UpBytes,
    /// The time of its first packet.
    First,
    /// The time of its last packet.
    Last,
}

/// A column: what it shows, its title, its width, the width of the pane `from` which on it is there, and whether its
/// text is aligned to the right.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) column: Column,
    pub(super) title: &'static str,
    width: usize,
    from: usize,
    right: bool,
}

const fn shape(column: Column, title: &'static str, width: usize, from: usize, right: bool) -> Shape {
    Shape { column, title, width, from, right }
}

/// The least width of a time: that of a time of day.
pub(super) const TIME: usize = 12;

pub(super) const COLUMNS: [Shape; 13] = [
    shape(Column::Node, "Node", 15, 64, false),
    shape(Column::Protocol, "Prot", 4, 30, false),
    shape(Column::Source, "Correspondent", 20, 0, false),
    shape(Column::Destination, "Node's end", 20, 120, false),
    shape(Column::Fid, "FID", 3, 50, true),
    shape(Column::Verdict, "Verdict", 10, 36, false),
    shape(Column::Path, "BIDs", 7, 46, false),
    shape(Column::DownPackets, "Down", 5, 76, true),
    shape(Column::DownBytes, "octets", 6, 96, true),
    shape(Column::UpPackets, "Up", 5, 76, true),
    shape(Column::UpBytes, "octets", 6, 96, true),
    shape(Column::First, "First", TIME, 150, true),
    shape(Column::Last, "Last", TIME, 135, true),
];

impl Column {
    /// A number by which this column sorts the flow.
    pub(super) fn key(self, flow: &FlowView) -> u128 {
        let address = |address: IpAddr, port: Option<u16>| match address {
            IpAddr::V4(address) => {
                u128::from(u32::from(address)) << 16 | u128::from(port.unwrap_or_default())
            }
            // The number has no room for the port, too: flows of one address are in the order of their places.
            IpAddr::V6(address) => u128::from(address),
        };
        let sum = |each: fn(&Traffic) -> u64, is_down: bool| {
            let traffic = |path: &crate::state::PathView| if is_down { path.downlink } else { path.uplink };
            flow.paths.iter().map(|path| u128::from(each(&traffic(path)))).sum::<u128>()
        };
        match self {
            Self::Node => {
                let node = flow.home_address.map_or(0, |address| u128::from(u32::from(address)));
                // Flows of one node are in the order of their first packets.
                node << 64 | moment(first(flow))
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
            Self::First => moment(first(flow)),
            Self::Last => moment(last(flow)),
        }
    }

    /// What the row of a flow shows in this column. `first` and `last` are the texts of its times.
    fn text(self, theme: &Theme, flow: &FlowView, [first, last]: &[String; 2]) -> (String, Style) {
        let sum = |is_down: bool| {
            flow.paths.iter().fold((0u64, 0u64), |(packets, octets), path| {
                let traffic = if is_down { path.downlink } else { path.uplink };
                (packets.saturating_add(traffic.packets), octets.saturating_add(traffic.bytes))
            })
        };
        let plain = |text: String| (text, Style::new());
        match self {
            Self::Node => {
                (flow.home_address.map(|address| address.to_string()).unwrap_or_default(), theme.address)
            }
            Self::Protocol => plain(protocol_name(flow.protocol)),
            Self::Source => plain(FlowEnd::new(flow.source, flow.source_port).to_string()),
            Self::Destination => plain(FlowEnd::new(flow.destination, flow.destination_port).to_string()),
            Self::Fid => plain(flow.fid.map_or_else(|| "-".to_owned(), |fid| fid.to_string())),
            Self::Verdict => (flow.verdict.name().to_owned(), verdict_style(theme, flow.verdict)),
            Self::Path => plain(path(theme, flow)),
            Self::DownPackets => plain(text::size(sum(true).0)),
            Self::DownBytes => plain(text::size(sum(true).1)),
            Self::UpPackets => plain(text::size(sum(false).0)),
            Self::UpBytes => plain(text::size(sum(false).1)),
            Self::First => plain(first.clone()),
            Self::Last => plain(last.clone()),
        }
    }
}

/// The time of the first packet of a flow.
pub(super) fn first(flow: &FlowView) -> Option<Timestamp> {
    flow.paths.iter().map(|path| path.first).min()
}

/// The time of the last packet of a flow.
pub(super) fn last(flow: &FlowView) -> Option<Timestamp> {
    flow.paths.iter().map(|path| path.last).max()
}

/// A time as a number, in nanoseconds since 1970: 0 for all before, and the highest for none.
fn moment(time: Option<Timestamp>) -> u128 {
    let time = time.map_or(i64::MAX, Timestamp::nanoseconds);
    u128::from(u64::try_from(time).unwrap_or_default())
}

fn last_bid(flow: &FlowView) -> u8 {
    flow.last_path().and_then(|path| path.bid).map_or(0, crate::state::Bid::octet)
}

/// The BIDs of the tunnels a flow took, in order of appearance: `1→2`.
fn path(theme: &Theme, flow: &FlowView) -> String {
    let bids: Vec<String> = flow
        .ways()
        .map(|path| path.bid.map_or_else(|| "-".to_owned(), |bid| bid.octet().to_string()))
        .collect();
    bids.join(theme.glyphs.arrow)
}

/// A protocol by name, or by number.
pub fn protocol_name(protocol: u8) -> String {
    IpProtocol(protocol).name().map_or_else(|| protocol.to_string(), str::to_owned)
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

/// The widths of the correspondent and of the node's end of a flow.
pub(super) fn ends(flow: &FlowView) -> [usize; 2] {
    let ends = [(flow.source, flow.source_port), (flow.destination, flow.destination_port)];
    ends.map(|(address, port)| text::width_of(&FlowEnd::new(address, port).to_string()))
}

/// The columns that fit into `width` when a time takes `time`. The two ends grow to the widths in `ends` as far as room
/// is left: IPv6 addresses of one network begin alike, so that cut ones look the same.
pub(super) fn shapes(width: usize, time: usize, ends: [usize; 2]) -> Vec<Shape> {
    let more = time.saturating_sub(TIME);
    let mut grown = 0;
    let mut shapes = COLUMNS.to_vec();
    // `Last` is there on narrower screens than `First`, so `First` has to wait for the growth of both.
    for shape in shapes.iter_mut().rev() {
        if matches!(shape.column, Column::First | Column::Last) {
            grown += more;
            shape.from += grown;
            shape.width += more;
        }
    }
    shapes.retain(|shape| width >= shape.from);
    let taken: usize = shapes.iter().map(|shape| shape.width + 1).sum();
    let mut room = width.saturating_sub(taken);
    for (column, needed) in [Column::Source, Column::Destination].into_iter().zip(ends) {
        if let Some(shape) = shapes.iter_mut().find(|shape| shape.column == column) {
            let more = needed.saturating_sub(shape.width).min(room);
            shape.width += more;
            room -= more;
        }
    }
    shapes
}

/// The titles of the columns.
pub(super) fn heads(app: &App, shapes: &[Shape]) -> Line<'static> {
    let mut row = Cells::default();
    row.plain(" ");
    for shape in shapes {
        let text = pad(app, shape, shape.title);
        let style = if shape.column == app.flows.column { app.theme.found } else { app.theme.heading };
        row.push(text, style).plain(" ");
    }
    row.line()
}

/// The row of a flow; `times` are those of its first and last packet.
pub(super) fn line(app: &App, flow: &FlowView, shapes: &[Shape], times: &[String; 2]) -> Line<'static> {
    let mut row = Cells::default();
    for shape in shapes {
        let (text, style) = shape.column.text(&app.theme, flow, times);
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use smallvec::SmallVec;

    use super::*;

    #[test]
    fn ends_sort_by_address_and_not_by_port() {
        let key = |end: &str| {
            let end: SocketAddr = end.parse().unwrap();
            Column::Source.key(&FlowView {
                home_address: None,
                node: 0,
                source: end.ip(),
                destination: end.ip(),
                protocol: 17,
                source_port: Some(end.port()),
                destination_port: None,
                fid: None,
                expected_bid: None,
                verdict: Verdict::PerFlow,
                paths: SmallVec::new(),
            })
        };
        let ends = [
            "9.0.0.9:9",
            "192.0.2.1:80",
            "192.0.2.1:443",
            "[2001:db8::1]:443",
            "[2001:db8::2]:80",
            "[2001:db8::1:0]:1",
            "[fe80::1]:1",
        ];
        assert!(ends.map(key).is_sorted_by(|one, other| one < other));
    }
}
