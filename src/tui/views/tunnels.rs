//! The first view: nodes, unfolded into their tunnels and flows; beside them the policy of one node.
//!
//! ```text
//! ▾ 10.1.0.1  2 of 3 up  3 flows  FAILOVER  HA 198.51.100.1
//!   BID 1  802.11/1  192.0.2.10  IP-in-IP deregistered  ↓ 3 332 ↑ 3 324
//!   BID 2  E-UTRAN/2 192.0.2.70  IP-in-IP ████░ 592 s   ↓ 7 504 ↑ 8 520
//!      udp 203.0.113.50:5060 → 10.1.0.1:5060  FID 1  conforms  was BID 1
//! ```

use std::collections::BTreeMap;

use ratatui::Frame;

use super::Pane;
use super::{policy, tunnel_lines};
use crate::counted::{counted, grouped};
use crate::state::{FlowView, Node};
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::{Sieve, node_text};
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::rates::Rates;
use crate::tui::text;

/// Nodes are unfolded automatically when no more than these are shown.
const FEW: usize = 4;
/// The most nodes whose rates are kept.
const WATCHED: usize = 256;

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A node.
    Node(NodeRef),
    /// A tunnel of a node, by its index.
    Tunnel(NodeRef, u16),
    /// A flow of a node, by its place in the observer's table; it stands below the tunnel it was last seen in.
    Flow(NodeRef, u32),
}

impl Row {
    /// The node that the row belongs to.
    pub const fn node(self) -> NodeRef {
        match self {
            Self::Node(node) | Self::Tunnel(node, _) | Self::Flow(node, _) => node,
        }
    }
}

/// Rows and what is remembered of them.
#[derive(Debug, Default)]
pub struct Tunnels {
    /// The tree.
    pub list: List<Row>,
    /// Whether nodes are unfolded: those unfolded automatically, and those the user folded or unfolded. Others are
    /// folded.
    folds: BTreeMap<NodeRef, bool>,
    /// How many nodes the filter lets through; `total` counts all of them.
    shown: usize,
    total: usize,
    /// The node under the cursor as it was last seen, in case it is forgotten.
    pinned: Option<(NodeRef, Box<Node>)>,
    pub(super) rates: Rates,
    /// The node whose policy is shown.
    policy_of: Option<NodeRef>,
    /// Lines of the policy that are above the pane.
    pub policy_top: usize,
    policy_page: usize,
    /// The line of the policy that a search found.
    pub policy_found: Option<usize>,
}

impl Tunnels {
    /// Sets the rows of the two panes.
    pub fn set_pages(&mut self, list: usize, policy: usize) {
        self.list.set_page(list);
        self.policy_page = policy;
    }

    /// Shows the policy of the node under the cursor; another node's policy is shown from its beginning.
    pub fn show_policy(&mut self) {
        let node = self.selected_node();
        if std::mem::replace(&mut self.policy_of, node) != node {
            self.policy_top = 0;
            self.policy_found = None;
        }
    }

    /// Brings a line of the policy into sight and marks it.
    pub fn find_in_policy(&mut self, line: usize) {
        self.policy_found = Some(line);
        self.policy_top = self.policy_top.min(line).max((line + 1).saturating_sub(self.policy_page));
    }

    /// Rows of the policy pane.
    pub fn policy_page(&self) -> usize {
        self.policy_page
    }

    /// The node under the cursor, or the one whose tunnel or flow is under it.
    pub fn selected_node(&self) -> Option<NodeRef> {
        self.list.selected().map(Row::node)
    }

    /// A node of the tables, or the one under the cursor that the tables have forgotten.
    pub fn node<'t>(&'t self, facts: Facts<'t>, node: NodeRef) -> Option<&'t Node> {
        let pinned = || self.pinned.as_ref().filter(|(pinned, _)| *pinned == node).map(|(_, node)| &**node);
        facts.node(node).or_else(pinned)
    }

    /// Forgets the node under the cursor: at another time it may not be there.
    pub fn forget_pinned(&mut self) {
        self.pinned = None;
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
        // The node under the cursor stays when it is forgotten, whatever the filter says.
        if let Some((pinned, _)) = self.pinned.as_ref().filter(|(pinned, _)| !nodes.contains(pinned))
            && facts.node(*pinned).is_none()
        {
            let place = nodes.partition_point(|node| node.birth < pinned.birth);
            nodes.insert(place, *pinned);
            self.total += 1;
        }
        self.shown = nodes.len();
        if nodes.len() <= FEW {
            // They stay unfolded: another node that comes must not fold what the user looks at.
            for node in &nodes {
                self.folds.entry(*node).or_insert(true);
            }
        }
        if self.folds.len() > self.total {
            // Some of these nodes are forgotten.
            self.folds.retain(|node, _| facts.node(*node).is_some() || selected == Some(*node));
        }
        let open = nodes.iter().filter(|node| self.is_open(**node));
        let mut flows: BTreeMap<u32, Vec<(u16, u32)>> = open.map(|node| (node.place, Vec::new())).collect();
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
                rows.extend(of_it.map(|(_, flow)| Row::Flow(node, *flow)));
            }
        }
        let looked_at = self.list.selected().filter(|_| !follow);
        self.list.replace(rows, follow);
        if let Some(row) = looked_at.filter(|row| self.list.selected() != Some(*row)) {
            // From a tunnel or a flow that is gone the cursor goes to its node.
            self.list.select(Row::Node(row.node()));
        }
        self.show_policy();
        self.watch(facts);
    }

    /// Samples the traffic of the tunnels in sight. This is done while another view is open, too, or the first rates
    /// afterwards would span more than a second.
    pub fn watch(&mut self, facts: Facts<'_>) {
        let visible = self.list.visible().map(|(_, row)| row.node());
        let mut watched: Vec<NodeRef> = visible.chain(self.selected_node()).take(WATCHED).collect();
        watched.dedup();
        self.rates.sample(facts, watched.into_iter());
    }

    /// Forgets the rates of the tunnels: they were not sampled while the screen stood still.
    pub fn forget_rates(&mut self) {
        self.rates = Rates::default();
    }

    /// Whether the columns of traffic show rates a second, which they then do in all rows.
    pub(super) fn shows_rates(&self, facts: Facts<'_>) -> bool {
        let is_known = |(_, row)| match row {
            Row::Tunnel(node, tunnel) => self.rates.last(node, tunnel).is_some(),
            Row::Node(_) | Row::Flow(..) => false,
        };
        !facts.input.ended && self.list.visible().any(is_known)
    }

    /// Unfolds or folds the node of the row under the cursor; returns whether that changed anything.
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

    /// Brings the rows below the node under the cursor into sight, as far as there is room.
    pub fn reveal(&mut self) {
        let Some(node) = self.selected_node() else { return };
        let below = self.list.rows().iter().skip(self.list.at() + 1);
        let count = below.take_while(|row| row.node() == node).count();
        self.list.reveal(count);
    }

    /// Whether a node is unfolded.
    pub fn is_open(&self, node: NodeRef) -> bool {
        self.folds.get(&node).copied().unwrap_or(false)
    }

    /// A row as text to be copied.
    pub fn row_text(&self, facts: Facts<'_>, place: usize) -> String {
        match self.list.rows().get(place) {
            Some(Row::Node(node)) => self.node(facts, *node).map(node_text).unwrap_or_default(),
            Some(Row::Tunnel(node, tunnel)) => self
                .node(facts, *node)
                .and_then(|node| node.tunnels().get(usize::from(*tunnel)))
                .map(|tunnel| {
                    let bid =
                        tunnel.bid.map_or_else(|| "no BID".to_owned(), |bid| format!("BID {}", bid.octet()));
                    format!("{bid} {} {}", tunnel.care_of_address, tunnel.encapsulation.name())
                })
                .unwrap_or_default(),
            Some(Row::Flow(_, flow)) => {
                facts.observer.flow(*flow).map(|flow| super::flows::text_of(&flow)).unwrap_or_default()
            }
            None => String::new(),
        }
    }
}

/// The text of a row that a search looks through: the row as it is drawn, and of a node what is folded or may be cut.
pub fn text_of_row(app: &App, facts: Facts<'_>, place: usize) -> String {
    let tunnels = &app.tunnels;
    let Some(row) = tunnels.list.rows().get(place) else { return String::new() };
    let [tree, ..] = app.areas().panes;
    let width = Pane::new(app, 0, tree).width();
    let drawn = tunnel_lines::line(app, facts, *row, width, &mut app.clock(facts)).to_string();
    match row {
        Row::Node(node) if !tunnels.is_open(*node) => format!("{drawn} {}", tunnels.row_text(facts, place)),
        Row::Node(node) => {
            let nai = tunnels.node(facts, *node).and_then(|node| node.nai.as_deref());
            let nai = nai.map(|nai| app.theme.glyphs.text(nai).to_string());
            format!("{drawn} {}", nai.unwrap_or_default())
        }
        Row::Tunnel(..) | Row::Flow(..) => drawn,
    }
}

/// The tunnel that a flow was seen in last.
pub(super) fn last_tunnel(flow: &FlowView) -> Option<u16> {
    u16::try_from(flow.last_path()?.tunnel).ok()
}

/// Draws the tree and the policy.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [tree, beside, _] = areas.panes;
    let (pane, beside) = (Pane::new(app, 0, tree), Pane::new(app, 1, beside));
    let tunnels = &app.tunnels;
    if !pane.is_hidden() {
        let title =
            format!("Tunnels: {}", count(tunnels.shown, tunnels.total, "node", app.filter.is_empty()));
        pane.title(frame, &title, legend(app, facts, pane.width()));
        if tunnels.list.rows().is_empty() {
            pane.empty(frame, &awaited(app, facts));
        } else {
            let mut clock = app.clock(facts);
            let width = pane.width();
            let rows = tunnels.list.visible().map(|(place, row)| {
                let marked = tunnels.list.marked().contains(&row);
                (place, marked, pane.fit(tunnel_lines::line(app, facts, row, width, &mut clock)))
            });
            pane.rows(frame, Some(tunnels.list.at()), rows);
        }
    }
    if !beside.is_hidden() {
        policy::draw(frame, app, facts, &beside);
    }
}

/// The words for the columns of traffic; empty where there is no room for those.
fn legend(app: &App, facts: Facts<'_>, width: usize) -> &'static str {
    if width < tunnel_lines::TRAFFIC_FROM {
        ""
    } else if app.cursor().is_some() {
        "without packets and octets"
    } else if app.tunnels.shows_rates(facts) {
        "packets and octets a second"
    } else {
        "packets and octets in all"
    }
}

/// `3 nodes` when `is_open` (no filter is set), else `1 of 3 nodes`.
pub fn count(shown: usize, total: usize, what: &'static str, is_open: bool) -> String {
    if is_open {
        format!("{:#}", counted(shown, what))
    } else {
        format!("{} of {:#}", grouped(shown as u64), counted(total, what))
    }
}

/// The words shown when the filter lets nothing through.
pub fn nothing_through(app: &App) -> String {
    let filter = text::typed(&app.filter.text, &app.theme.glyphs);
    format!("nothing that the filter `{filter}` lets through (f changes it)")
}

/// The words that say what an empty view waits for.
pub fn awaited(app: &App, facts: Facts<'_>) -> String {
    if !app.filter.is_empty() && (facts.observer.node_places() > 0 || !facts.messages.is_empty()) {
        return nothing_through(app);
    }
    let ports: Vec<String> = facts.ports.iter().map(ToString::to_string).collect();
    let others = facts.counters.packets.saturating_sub(facts.counts.registrations());
    let packets = match (others, facts.input.ended) {
        (0, false) => "; waiting for packets".to_owned(),
        (0, true) => "; no packets at all".to_owned(),
        (others, _) => format!("; {:#}", counted(others, "other packet")),
    };
    let tunnels = match facts.observer.of_no_agent() {
        0 => String::new(),
        packets => format!(", {} of them in tunnels", grouped(packets)),
    };
    let yet = if facts.input.ended { "" } else { " yet" };
    format!("no Mobile IP on udp/{}{yet}{packets}{tunnels}", ports.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_what_the_filter_left() {
        assert_eq!(count(1, 1, "node", true), "1 node");
        assert_eq!(count(1, 12_034, "node", false), "1 of 12 034 nodes");
        assert_eq!(count(0, 1, "node", false), "0 of 1 node");
    }
}
