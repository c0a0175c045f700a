//! The first view: nodes, unfolded into their tunnels, and those into their flows; beside them the policy of one.
//!
//! ```text
//! ▾ 10.1.0.1  2 of 3 up  3 flows  FAILOVER  HA 198.51.100.1
//!   BID 1  802.11/1  192.0.2.10  IP-in-IP deregistered  ↓ 3 332 ↑ 3 324
//!   BID 2  E-UTRAN/2 192.0.2.70  IP-in-IP ████░ 592 s   ↓ 7 504 ↑ 8 520
//!      udp 203.0.113.50:5060 → 10.1.0.1:5060  FID 1  conforms  was BID 1
//! ```

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use super::Pane;
use super::flows::{endpoint, protocol_name, verdict_style};
use super::policy;
use crate::report::{Clock, encapsulation_title, grouped};
use crate::state::{Bid, Binding, Effect, FlowView, Multipath, Node, Tunnel};
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::{Sieve, node_text};
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::rates::{Rates, Second, sparkline};
use crate::tui::text::{self, Row as Cells};

/// Nodes are unfolded by themselves while there are no more than these.
const FEW: usize = 4;
/// The most nodes whose rates are kept.
const WATCHED: usize = 256;

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A node.
    Node(NodeRef),
    /// A tunnel of it.
    Tunnel(NodeRef, u16),
    /// A flow that was last seen in that tunnel, by its place in the table.
    Flow(NodeRef, u16, u32),
}

impl Row {
    /// The node it belongs to.
    pub const fn node(self) -> NodeRef {
        match self {
            Self::Node(node) | Self::Tunnel(node, _) | Self::Flow(node, ..) => node,
        }
    }
}

/// Rows and what is remembered of them.
#[derive(Debug, Default)]
pub struct Tunnels {
    /// The tree.
    pub list: List<Row>,
    /// What the user folded or unfolded.
    folds: BTreeMap<NodeRef, bool>,
    /// Nodes that are shown, and nodes there are.
    shown: usize,
    total: usize,
    /// The node under the cursor as it was last seen, in case it is forgotten.
    pinned: Option<(NodeRef, Box<Node>)>,
    rates: Rates,
    /// Lines of the policy that are above the pane.
    pub policy_top: usize,
    policy_page: usize,
}

impl Tunnels {
    /// Tells how many rows the panes have.
    pub fn set_pages(&mut self, list: usize, policy: usize) {
        self.list.set_page(list);
        self.policy_page = policy;
    }

    /// Rows of the policy pane.
    pub fn policy_page(&self) -> usize {
        self.policy_page
    }

    /// The node the cursor is at, or whose tunnel or flow it is at.
    pub fn selected_node(&self) -> Option<NodeRef> {
        self.list.selected().map(Row::node)
    }

    /// A node, also when it was forgotten while it was looked at.
    pub fn node<'t>(&'t self, facts: Facts<'t>, node: NodeRef) -> Option<&'t Node> {
        let pinned = || self.pinned.as_ref().filter(|(pinned, _)| *pinned == node).map(|(_, node)| &**node);
        facts.node(node).or_else(pinned)
    }

    /// Makes the rows anew.
    pub fn refresh(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>, follow: bool) {
        let selected = self.selected_node();
        if let Some((node, known)) = selected.and_then(|node| Some((node, facts.node(node)?))) {
            self.pinned = Some((node, Box::new(known.clone())));
        } else if self.pinned.as_ref().map(|(node, _)| *node) != selected {
            self.pinned = None;
        }
        let mut nodes = facts.nodes();
        self.total = nodes.len();
        if !sieve.is_open() {
            nodes.retain(|node| facts.node(*node).is_some_and(|known| sieve.node(node.place, known)));
        }
        // Whoever is looked at stays, though forgotten or filtered out since.
        if let Some((pinned, _)) = self.pinned.as_ref().filter(|(pinned, _)| !nodes.contains(pinned))
            && facts.node(*pinned).is_none()
        {
            let place = nodes.partition_point(|node| node.birth < pinned.birth);
            nodes.insert(place, *pinned);
            self.total += 1;
        }
        self.shown = nodes.len();
        let few = nodes.len() <= FEW;
        let is_open = |node: &NodeRef| self.folds.get(node).copied().unwrap_or(few);
        let mut flows: BTreeMap<u32, Vec<(u16, u32)>> =
            nodes.iter().filter(|node| is_open(node)).map(|node| (node.place, Vec::new())).collect();
        if !flows.is_empty() {
            for place in 0..facts.observer.flow_places() {
                let Some(list) = facts.observer.flow_node(place).and_then(|node| flows.get_mut(&node)) else {
                    continue;
                };
                if let Some(tunnel) = facts.observer.flow(place).and_then(|flow| last_tunnel(&flow)) {
                    list.push((tunnel, place));
                }
            }
        }
        let mut rows = Vec::with_capacity(nodes.len());
        for node in nodes {
            rows.push(Row::Node(node));
            let Some(list) = flows.get(&node.place) else { continue };
            let tunnels = self.node(facts, node).map_or(0, |node| node.tunnels().len());
            for tunnel in 0..u16::try_from(tunnels).unwrap_or(u16::MAX) {
                rows.push(Row::Tunnel(node, tunnel));
                let of_it = list.iter().filter(|(other, _)| *other == tunnel);
                rows.extend(of_it.map(|(_, flow)| Row::Flow(node, tunnel, *flow)));
            }
        }
        self.list.replace(rows, follow);
        let visible = self.list.visible().map(|(_, row)| row.node());
        let mut watched: Vec<NodeRef> = visible.chain(selected).take(WATCHED).collect();
        watched.dedup();
        self.rates.sample(facts, watched.into_iter());
    }

    /// Unfolds or folds the node of the row under the cursor; says whether that changed anything.
    pub fn fold(&mut self, open: bool) -> bool {
        let Some(node) = self.selected_node() else { return false };
        let is_open = self.is_open(node);
        if is_open == open {
            return false;
        }
        if !open {
            self.list.select(Row::Node(node));
        }
        self.folds.insert(node, open);
        true
    }

    /// Whether a node is unfolded.
    pub fn is_open(&self, node: NodeRef) -> bool {
        self.folds.get(&node).copied().unwrap_or(self.shown <= FEW)
    }

    /// What a search looks through.
    pub fn search_text(&self, facts: Facts<'_>, place: usize) -> String {
        match self.list.rows().get(place) {
            Some(Row::Node(node)) => self.node(facts, *node).map(node_text).unwrap_or_default(),
            Some(Row::Tunnel(node, tunnel)) => self
                .node(facts, *node)
                .and_then(|node| node.tunnels().get(usize::from(*tunnel)))
                .map(|tunnel| {
                    let bid =
                        tunnel.bid.map_or_else(|| "no bid".to_owned(), |bid| format!("bid {}", bid.octet()));
                    format!("{bid} {} {}", tunnel.care_of_address, tunnel.encapsulation.name())
                })
                .unwrap_or_default(),
            Some(Row::Flow(_, _, flow)) => {
                facts.observer.flow(*flow).map(|flow| super::flows::text_of(&flow)).unwrap_or_default()
            }
            None => String::new(),
        }
    }
}

/// The tunnel that a flow was seen in last.
fn last_tunnel(flow: &FlowView) -> Option<u16> {
    let last = flow.paths.iter().max_by_key(|path| path.last)?;
    u16::try_from(last.tunnel).ok()
}

/// Draws the tree and the policy.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [tree, beside, _] = areas.panes;
    let (pane, beside) = (Pane::new(app, 0, tree), Pane::new(app, 1, beside));
    let tunnels = &app.tunnels;
    if !pane.is_hidden() {
        let title =
            format!("Tunnels: {}", count(tunnels.shown, tunnels.total, "node", app.filter.is_empty()));
        let known = tunnels.list.visible().any(|(_, row)| match row {
            Row::Tunnel(node, tunnel) => !facts.input.ended && tunnels.rates.last(node, tunnel).is_some(),
            _ => false,
        });
        let legend = if known { "packets and octets a second" } else { "packets and octets in all" };
        pane.title(frame, &title, legend);
        if tunnels.list.rows().is_empty() {
            pane.empty(frame, &awaited(app, facts));
        } else {
            let mut clock = app.clock(facts);
            let width = pane.width();
            let rows = tunnels.list.visible().map(|(place, row)| {
                let marked = tunnels.list.marked().contains(&row);
                (place, marked, line(app, facts, row, width, &mut clock))
            });
            pane.rows(frame, Some(tunnels.list.at()), rows);
        }
    }
    if !beside.is_hidden() {
        policy::draw(frame, app, facts, &beside);
    }
}

/// `3 nodes`, or `1 of 3 nodes` where a filter holds.
pub fn count(shown: usize, total: usize, what: &str, is_open: bool) -> String {
    let number = |count: usize| grouped(count as u64);
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    if is_open {
        format!("{} {what}{}", number(shown), plural(shown))
    } else {
        format!("{} of {} {what}{}", number(shown), number(total), plural(total))
    }
}

/// What an empty screen waits for.
pub fn awaited(app: &App, facts: Facts<'_>) -> String {
    if !app.filter.is_empty() && (facts.observer.node_places() > 0 || !facts.messages.is_empty()) {
        return format!("nothing that the filter `{}` lets through (f changes it)", app.filter.text);
    }
    let ports: Vec<String> = facts.ports.iter().map(ToString::to_string).collect();
    let others = facts.counters.packets.saturating_sub(facts.counts.registrations());
    let packets = match (others, facts.input.ended) {
        (0, false) => "; waiting for packets".to_owned(),
        (0, true) => "; no packets at all".to_owned(),
        (1, _) => "; 1 other packet".to_owned(),
        (others, _) => format!("; {} other packets", grouped(others)),
    };
    let yet = if facts.input.ended { "" } else { " yet" };
    format!("no Mobile IP on udp/{}{yet}{packets}", ports.join(","))
}

fn line(app: &App, facts: Facts<'_>, row: Row, width: usize, clock: &mut Clock) -> Line<'static> {
    let Some(node) = app.tunnels.node(facts, row.node()) else { return Line::raw("?") };
    match row {
        Row::Node(place) => node_line(app, facts, (place, node), width),
        Row::Tunnel(place, tunnel) => tunnel_line(app, facts, (place, node), tunnel, width, clock),
        Row::Flow(_, tunnel, flow) => match facts.observer.flow(flow) {
            Some(flow) => flow_line(app, &flow, tunnel, width),
            None => Line::raw("      forgotten"),
        },
    }
}

fn node_line(app: &App, facts: Facts<'_>, (place, node): (NodeRef, &Node), width: usize) -> Line<'static> {
    let theme = &app.theme;
    let marks = theme.marks();
    let mut row = Cells::default();
    let mark = if app.tunnels.is_open(place) { marks.open } else { marks.folded };
    row.plain(format!("{mark} "));
    let name = match (node.home_address, &node.nai) {
        (Some(address), _) => address.to_string(),
        (None, Some(nai)) => theme.glyphs.short_text(nai, 30),
        (None, None) => "?".to_owned(),
    };
    row.push(text::left(&name, 15, theme.glyphs.ellipsis), theme.address.patch(theme.heading));
    if facts.node(place).is_none() {
        row.push(" forgotten", theme.doubtful);
    }
    let up = node.active().count();
    let all = node.tunnels().len();
    let style = if up == 0 { theme.quiet } else { theme.good };
    row.push(format!(" {up} of {all} up"), style);
    match node.flow_count() {
        0 => {}
        1 => drop(row.plain("  1 flow")),
        flows => drop(row.plain(format!("  {flows} flows"))),
    }
    let (failovers, exhausted) = failovers(node);
    match failovers {
        0 => {}
        1 => drop(row.push("  FAILOVER", theme.doubtful)),
        many => drop(row.push(format!("  {many} FAILOVERS"), theme.doubtful)),
    }
    if exhausted > 0 {
        row.push("  EXHAUSTED", theme.bad);
    }
    if node.multipath == Multipath::Refused {
        row.push("  multipath refused", theme.doubtful);
    }
    row.push(format!("  HA {}", node.home_agent), theme.quiet);
    let found = facts
        .findings
        .iter()
        .filter(|finding| node.home_address.is_some() && finding.home_address == node.home_address);
    match found.count() {
        0 => {}
        1 => drop(row.push("  1 finding", theme.doubtful)),
        many => drop(row.push(format!("  {many} findings"), theme.doubtful)),
    }
    if let (Some(_), Some(nai)) = (node.home_address, &node.nai) {
        let room = width.saturating_sub(row.width() + 2);
        if room > 4 {
            row.push(format!("  {}", theme.glyphs.short_text(nai, room)), theme.quiet);
        }
    }
    row.line()
}

/// Rules that have to do without their first choice, and rules that are left with none.
fn failovers(node: &Node) -> (usize, usize) {
    let effects =
        node.policy().rules().iter().map(|rule| (rule.effect(|bid| node.is_active(bid)), rule.bids()));
    effects.fold((0, 0), |(failed, exhausted), (effect, bids)| match effect {
        Effect::Forward(bid) if bids.first() != Some(&bid) => (failed + 1, exhausted),
        Effect::Exhausted => (failed, exhausted + 1),
        Effect::Forward(_) | Effect::Drop => (failed, exhausted),
    })
}

/// The binding that has a tunnel.
fn binding_of(node: &Node, tunnel: u16) -> Option<&Binding> {
    let bindings = node.bindings();
    (0..bindings.len())
        .rev()
        .find(|place| node.tunnel_of(*place) == Some(usize::from(tunnel)))
        .and_then(|place| bindings.get(place))
}

fn tunnel_line(
    app: &App,
    facts: Facts<'_>,
    (place, node): (NodeRef, &Node),
    number: u16,
    width: usize,
    clock: &mut Clock,
) -> Line<'static> {
    let theme = &app.theme;
    let ellipsis = theme.glyphs.ellipsis;
    let Some(tunnel) = node.tunnels().get(usize::from(number)) else { return Line::raw("?") };
    let binding = binding_of(node, number);
    let is_up = binding.is_some_and(Binding::is_active);
    let base = if is_up { Style::new() } else { theme.quiet };
    let mut row = Cells::default();
    let bid = tunnel.bid.map_or_else(|| "no BID".to_owned(), |bid| format!("BID {}", Bid::octet(bid)));
    row.push(format!("  {}", text::left(&bid, 7, ellipsis)), base.patch(theme.heading));
    let access = binding.and_then(|binding| binding.interface).map(|interface| {
        let technology = interface.access_technology;
        let name = technology.name().map_or_else(|| technology.0.to_string(), str::to_owned);
        format!("{name}/{}", interface.label)
    });
    if width >= 48 {
        row.push(format!(" {}", text::left(access.as_deref().unwrap_or("-"), 9, ellipsis)), base);
    }
    let care_of_address = text::left(&tunnel.care_of_address.to_string(), 15, ellipsis);
    row.push(format!(" {care_of_address}"), if is_up { theme.address } else { base });
    // How long the binding lives is said before what runs through it, and that before how it is packed.
    let traffic = if width >= 68 {
        format!(" {}", traffic(app, (place, number), tunnel, width, facts.input.ended))
    } else {
        String::new()
    };
    let room = width.saturating_sub(row.width() + text::width_of(&traffic));
    let life_room = room.saturating_sub(9).clamp(13, 24).min(room);
    if room >= life_room + 9 {
        let encapsulation = encapsulation_title(tunnel.encapsulation);
        row.push(format!(" {}", text::left(encapsulation, 8, ellipsis)), base);
    }
    let (life, style) = life(app, facts, binding, life_room.saturating_sub(1), clock);
    row.push(format!(" {}", text::left(&life, life_room.saturating_sub(1), ellipsis)), style);
    row.push(traffic, base);
    row.line()
}

/// What is left of a binding: a bar that runs down, or how it ended.
fn life(
    app: &App,
    facts: Facts<'_>,
    binding: Option<&Binding>,
    room: usize,
    clock: &mut Clock,
) -> (String, Style) {
    let theme = &app.theme;
    let Some(binding) = binding else { return ("no binding".to_owned(), theme.quiet) };
    if !binding.is_active() {
        let ended = binding.ended.unwrap_or(binding.refreshed);
        let when = clock.moment(ended, facts.precision());
        let state = binding.state.name();
        let whole = format!("{state} {when}");
        return (if whole.len() <= room { whole } else { state.to_owned() }, theme.doubtful);
    }
    let Some(expires) = binding.expires else { return ("for ever".to_owned(), theme.good) };
    let left = expires.since(facts.now()).max(0) / 1_000_000_000;
    let cells = room.saturating_sub(8).clamp(4, 10);
    let marks = theme.marks();
    let full = bar(left, i64::from(binding.lifetime), cells);
    let bar = marks.full.repeat(full) + &marks.empty.repeat(cells.saturating_sub(full));
    let style = if left * 10 < i64::from(binding.lifetime) { theme.doubtful } else { theme.good };
    (format!("{bar} {left} s"), style)
}

/// Cells of a bar: the last one goes with the last second.
fn bar(left: i64, whole: i64, cells: usize) -> usize {
    let cells = i64::try_from(cells).unwrap_or(i64::MAX);
    let full = left.saturating_mul(cells).saturating_add(whole.max(1) - 1) / whole.max(1);
    usize::try_from(full.clamp(0, cells)).unwrap_or_default()
}

/// Packets and octets each way: a second while that is known and more may come, else in all; with sparklines where there is room.
fn traffic(
    app: &App,
    (node, number): (NodeRef, u16),
    tunnel: &Tunnel,
    width: usize,
    has_ended: bool,
) -> String {
    let marks = app.theme.marks();
    let rates = &app.tunnels.rates;
    let in_all = Second {
        down: (tunnel.downlink.packets, tunnel.downlink.bytes),
        up: (tunnel.uplink.packets, tunnel.uplink.bytes),
    };
    let last = rates.last(node, number).filter(|_| !has_ended);
    let Second { down, up } = last.unwrap_or(in_all);
    let (downs, ups) = rates.seconds(node, number);
    let spark = |values: &[u64]| {
        if width >= 96 && !values.is_empty() {
            format!(" {}", sparkline(values, 8, marks.steps))
        } else {
            String::new()
        }
    };
    let one = |mark: &str, (packets, octets): (u64, u64), values: &[u64]| {
        format!("{mark}{:>4} {:>4}{}", text::size(packets), text::size(octets), spark(values))
    };
    format!("{} {}", one(marks.down, down, &downs), one(marks.up, up, &ups))
}

fn flow_line(app: &App, flow: &FlowView, tunnel: u16, width: usize) -> Line<'static> {
    let theme = &app.theme;
    let mut row = Cells::default();
    let way = format!(
        "     {} {} {} {}",
        protocol_name(flow.protocol),
        endpoint(flow.source, flow.source_port),
        theme.glyphs.arrow,
        endpoint(flow.destination, flow.destination_port)
    );
    row.plain(way);
    if let Some(fid) = flow.fid {
        row.push(format!("  FID {fid}"), theme.quiet);
    }
    row.push(format!("  {}", flow.verdict.name()), verdict_style(theme, flow.verdict));
    let before =
        flow.paths.iter().filter(|path| path.tunnel != usize::from(tunnel)).max_by_key(|path| path.last);
    if let Some(before) = before {
        let bid = before.bid.map_or_else(|| "no BID".to_owned(), |bid| format!("BID {}", bid.octet()));
        row.push(format!("  was {bid}"), theme.doubtful);
    }
    let _ = width;
    row.line()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_run_down_to_the_last_second() {
        assert_eq!(bar(600, 600, 5), 5);
        assert_eq!(bar(599, 600, 5), 5);
        assert_eq!(bar(480, 600, 5), 4);
        assert_eq!(bar(1, 600, 5), 1);
        assert_eq!(bar(0, 600, 5), 0);
        assert_eq!(bar(700, 600, 5), 5);
        assert_eq!(bar(5, 0, 5), 5);
    }

    #[test]
    fn counts_say_what_the_filter_left() {
        assert_eq!(count(1, 1, "node", true), "1 node");
        assert_eq!(count(1, 12_034, "node", false), "1 of 12 034 nodes");
        assert_eq!(count(0, 1, "node", false), "0 of 1 node");
    }
}
