//! The rows of the first view: a node, a tunnel with the time left of its binding and its traffic, or a flow.

use ratatui::style::Style;
use ratatui::text::Line;

use super::flow_columns::{protocol_name, verdict_style};
use super::tunnels::{Row, last_tunnel};
use crate::counted::counted;
use crate::net::FlowEnd;
use crate::report::Clock;
use crate::state::{Bid, Binding, Effect, FlowView, Multipath, Node, Tunnel};
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::rates::{KEPT, Second, sparkline};
use crate::tui::text::{self, Row as Cells};
use crate::wire::ReplyCode;

/// Columns of the longest address.
const ADDRESS: usize = 15;

/// From this width on, the columns of traffic are shown.
pub(super) const TRAFFIC_FROM: usize = 68;

/// A row of the tree.
pub(super) fn line(app: &App, facts: Facts<'_>, row: Row, width: usize, clock: &mut Clock) -> Line<'static> {
    let Some(node) = app.tunnels.node(facts, row.node()) else { return Line::raw("?") };
    match row {
        Row::Node(place) => node_line(app, facts, (place, node), width),
        Row::Tunnel(place, tunnel) => tunnel_line(app, facts, (place, node), tunnel, width, clock),
        Row::Flow(_, flow) => match facts.observer.flow(flow) {
            Some(flow) => flow_line(app, &flow),
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
        (None, Some(nai)) => theme.glyphs.short_nai(nai, 30),
        (None, None) => "?".to_owned(),
    };
    // A NAI may need more columns than an address, to be told apart from others.
    let columns = if width >= 60 { text::width_of(&name).clamp(ADDRESS, 30) } else { ADDRESS };
    row.push(text::left(&name, columns, theme.glyphs.ellipsis), theme.address.patch(theme.heading));
    if facts.node(place).is_none() {
        row.push(" forgotten", theme.doubtful);
    }
    let up = node.active().count();
    let all = (0..node.tunnels().len()).filter(|tunnel| !node.is_inner_side(*tunnel)).count();
    let style = if up == 0 { theme.quiet } else { theme.good };
    row.push(format!(" {up} of {all} up"), style);
    // A refusal of Multipath is shown in words further on.
    let is_told = |code: &ReplyCode| {
        node.multipath == Multipath::Refused && code.0 == facts.numbers.multipath_not_allowed
    };
    if let Some(code) = node.denied.filter(|code| !is_told(code)) {
        row.push(format!("  denied {}", code.0), theme.bad);
    }
    match node.flow_count() {
        0 => {}
        flows => drop(row.plain(format!("  {:#}", counted(flows, "flow")))),
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
    let found = facts.findings.of_node(facts, (place, node));
    if let Some((gravest, words)) = found.words() {
        row.push(format!("  {words}"), theme.level(gravest));
    }
    if let (Some(_), Some(nai)) = (node.home_address, &node.nai) {
        let room = width.saturating_sub(row.width() + 2);
        if room > 4 {
            // `short_nai` counts characters, which may take two columns each.
            let nai = text::cut(&theme.glyphs.short_nai(nai, room), room, theme.glyphs.ellipsis);
            row.push(format!("  {nai}"), theme.quiet);
        }
    }
    row.line()
}

/// How many rules have fallen back from their first choice, and how many have no active binding left.
fn failovers(node: &Node) -> (usize, usize) {
    let effects = node.policy().rules().iter().map(|rule| (node.effect_of(rule), rule.bids()));
    effects.fold((0, 0), |(failed, exhausted), (effect, bids)| match effect {
        Effect::Forward(bid) if bids.first() != Some(&bid) => (failed + 1, exhausted),
        Effect::Exhausted => (failed, exhausted + 1),
        Effect::Forward(_) | Effect::Drop => (failed, exhausted),
    })
}

/// The latest binding that has this tunnel.
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
    // Where room is short the lifetime of the binding comes first, then the traffic, then the encapsulation.
    let traffic = if width >= TRAFFIC_FROM {
        format!(" {}", traffic(app, facts, (place, number), tunnel, width))
    } else {
        String::new()
    };
    let room = width.saturating_sub(row.width() + text::width_of(&traffic));
    let life_room = room.saturating_sub(9).clamp(13, 24).min(room);
    if room >= life_room + 9 {
        let encapsulation = tunnel.encapsulation.title();
        row.push(format!(" {}", text::left(encapsulation, 8, ellipsis)), base);
    }
    let (life, style) = if node.is_inner_side(number.into()) {
        ("inside NAT".to_owned(), theme.quiet)
    } else {
        life(app, facts, binding, life_room.saturating_sub(1), clock)
    };
    row.push(format!(" {}", text::left(&life, life_room.saturating_sub(1), ellipsis)), style);
    row.push(traffic, base);
    row.line()
}

/// The time left of a binding as a bar that runs down, or how it ended; with the style to show it in.
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

/// How many cells of a bar are full: the last one empties with the last second.
fn bar(left: i64, whole: i64, cells: usize) -> usize {
    let cells = i64::try_from(cells).unwrap_or(i64::MAX);
    let full = left.saturating_mul(cells).saturating_add(whole.max(1) - 1) / whole.max(1);
    usize::try_from(full.clamp(0, cells)).unwrap_or_default()
}

/// Packets and octets each way: a second while rates are known and more may come, else in all; with sparklines where
/// there is room.
///
/// `-` stands for what is not known: everything at the time cursor, where tunnelled packets are not looked at, and the
/// rates of a tunnel that has just come.
fn traffic(
    app: &App,
    facts: Facts<'_>,
    (node, number): (NodeRef, u16),
    tunnel: &Tunnel,
    width: usize,
) -> String {
    let marks = app.theme.marks();
    let rates = &app.tunnels.rates;
    let is_a_second = app.cursor().is_none() && app.tunnels.shows_rates(facts);
    let shown = if app.cursor().is_some() {
        None
    } else if is_a_second {
        rates.last(node, number)
    } else {
        Some(Second::in_all(tunnel))
    };
    let (downs, ups) = rates.seconds(node, number);
    let spark = |values: &[u64]| {
        if width >= 96 && is_a_second {
            format!(" {}", sparkline(values, KEPT, marks.steps))
        } else {
            String::new()
        }
    };
    let one = |mark: &str, way: Option<(u64, u64)>, values: &[u64]| {
        let size = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), text::size);
        let [packets, octets] = [way.map(|way| way.0), way.map(|way| way.1)].map(size);
        format!("{mark}{packets:>4} {octets:>4}{}", spark(values))
    };
    let [down, up] = [shown.map(|second| second.down), shown.map(|second| second.up)];
    format!("{} {}", one(marks.down, down, &downs), one(marks.up, up, &ups))
}

fn flow_line(app: &App, flow: &FlowView) -> Line<'static> {
    let theme = &app.theme;
    let mut row = Cells::default();
    let way = format!(
        "     {} {} {} {}",
        protocol_name(flow.protocol),
        FlowEnd::new(flow.source, flow.source_port),
        theme.glyphs.arrow,
        FlowEnd::new(flow.destination, flow.destination_port)
    );
    row.plain(way);
    if let Some(fid) = flow.fid {
        row.push(format!("  FID {fid}"), theme.quiet);
    }
    row.push(format!("  {}", flow.verdict.name()), verdict_style(theme, flow.verdict));
    let now = last_tunnel(flow).map(usize::from);
    let before = flow.ways().filter(|path| Some(path.tunnel) != now).max_by_key(|path| path.last);
    if let Some(before) = before {
        let bid = before.bid.map_or_else(|| "no BID".to_owned(), |bid| format!("BID {}", bid.octet()));
        row.push(format!("  was {bid}"), theme.doubtful);
    }
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
}
