//! Moving: from row to row, from pane to pane, deeper into what is selected and back.

use std::sync::Arc;

use ratatui::text::Line;

use super::app::App;
use super::facts::Facts;
use super::layout::inner;
use super::view::View;

/// Columns by which the left and right keys scroll.
const SIDEWAYS: usize = 8;

impl App {
    /// Goes one screen back; returns false when this is the first.
    pub(super) fn back(&mut self, facts: Facts<'_>) -> bool {
        if self.overlay.take().is_some() {
            return true;
        }
        if self.stack.len() < 2 {
            return false;
        }
        self.stack.pop();
        self.lay_out();
        self.refresh(facts);
        true
    }

    /// Opens a view: as the only one (`alone`), or above the one that is open, to which the user can go back.
    pub(super) fn open_view(&mut self, facts: Facts<'_>, view: View, alone: bool) {
        let node = self.selected_node(self.shown(facts));
        if alone {
            self.stack.clear();
        } else if self.view() == view {
            self.stack.pop();
        }
        self.stack.push(view);
        if view == View::Ladder
            && let Some(node) = node
        {
            self.ladder.show(node);
        }
        self.search.failed = false;
        self.lay_out();
        self.refresh(facts);
        self.lay_out();
    }

    /// Goes deeper into what is selected.
    pub(super) fn enter(&mut self, facts: Facts<'_>) {
        use super::views::{FindingRow, TunnelRow};

        let shown = self.shown(facts);
        match self.view() {
            View::Tunnels => match self.tunnels.list.selected() {
                Some(TunnelRow::Node(_)) if self.fold(facts, true) => {}
                Some(TunnelRow::Node(_) | TunnelRow::Tunnel(..)) => {
                    self.open_view(facts, View::Ladder, false);
                }
                Some(TunnelRow::Flow(_, flow)) => {
                    self.open_view(facts, View::Flows, false);
                    while self.flows.is_behind() {
                        self.refresh(facts);
                    }
                    self.flows.list.select(flow);
                }
                None => {}
            },
            View::Ladder => match self.ladder.selected_frame() {
                Some(frame) => {
                    self.go_to_frame(facts, frame);
                }
                None if self.ladder.list.selected().is_none() => {}
                None => self.complain("a tunnel is not a packet; the message before it is one"),
            },
            View::Messages => self.walk_panes(facts, 1),
            View::Flows => {
                if let Some(node) = self.flows.selected_node(shown) {
                    self.open_view(facts, View::Tunnels, false);
                    self.tunnels.list.select(TunnelRow::Node(node));
                    self.tunnels.fold(true);
                    self.refresh(facts);
                    self.tunnels.reveal();
                }
            }
            View::Findings => {
                match self.findings.selected(shown).map(|finding| (finding.place.frame, finding.rule.id)) {
                    Some((frame, rule)) => {
                        self.go_to_finding(facts, frame, rule);
                    }
                    None => {
                        let row = self.findings.list.selected();
                        let is_open = !self.fold(facts, true);
                        if is_open && matches!(row, Some(FindingRow::Rule(_) | FindingRow::Node(..))) {
                            self.findings.list.step(1);
                        }
                    }
                }
            }
            View::Statistics => {}
        }
    }

    /// Goes to the packet of a finding: to the message, or to the tunnelled packet, which may have to be fetched first.
    fn go_to_finding(&mut self, facts: Facts<'_>, frame: u64, rule: &str) {
        let shown = self.shown(facts);
        if let Some(packet) = shown.findings.packet(frame).map(Arc::clone) {
            self.show_packet(facts, &packet);
        } else if shown.messages.by_frame(frame).is_none() && shown.input.can_be_read_again() {
            self.say(format!("looking for frame {frame} ..."));
            self.fetching = Some(frame);
        } else if self.go_to_frame(facts, frame) {
            self.messages.show_note(rule);
        }
    }

    /// Opens the message of a frame in the messages view; returns whether it has a row there.
    pub(super) fn go_to_frame(&mut self, facts: Facts<'_>, frame: u64) -> bool {
        let Some(number) = self.shown(facts).messages.by_frame(frame).map(|message| message.number) else {
            self.complain(format!("frame {frame} is not among the messages that are kept"));
            return false;
        };
        self.follow = false;
        self.open_view(facts, View::Messages, false);
        let is_there = self.messages.list.select(number);
        if is_there {
            self.focus_pane(0);
            self.after_move(facts);
        } else {
            self.complain(format!("the filter `{}` hides frame {frame}", self.filter.text));
        }
        is_there
    }

    /// Moves the cursor of the pane that has the keys.
    pub(super) fn step(&mut self, facts: Facts<'_>, rows: isize) {
        match (self.view(), self.pane()) {
            (View::Tunnels, 0) => self.tunnels.list.step(rows),
            (View::Tunnels, _) => self.scroll_policy(facts, rows),
            (View::Ladder, _) => match rows {
                isize::MIN | isize::MAX => self.ladder.list.step(rows),
                _ => self.ladder.step(rows),
            },
            (View::Messages, 0) => self.messages.list.step(rows),
            (View::Messages, 1) => {
                self.messages.tree.step(rows);
                self.messages.follow_tree();
            }
            (View::Messages, _) => {
                let octets = isize::try_from(self.messages.octets_a_line).unwrap_or(1);
                self.messages.move_octet(rows.saturating_mul(octets));
            }
            (View::Flows, _) => self.flows.list.step(rows),
            (View::Findings, _) => self.findings.list.step(rows),
            (View::Statistics, _) => self.statistics.list.step(rows),
        }
        if rows < 0 {
            // A user who goes up wants to read, not to follow.
            self.follow = false;
        }
        self.after_move(facts);
    }

    /// Moves the cursor by so many half pages.
    pub(super) fn pages(&mut self, facts: Facts<'_>, halves: isize) {
        let page = match (self.view(), self.pane()) {
            (View::Tunnels, 0) => self.tunnels.list.page(),
            (View::Tunnels, _) => self.tunnels.policy_page(),
            (View::Ladder, _) => {
                let rows = isize::try_from(self.ladder.list.page()).unwrap_or(2) / 2;
                self.ladder.list.step(rows.saturating_mul(halves));
                self.follow &= halves > 0;
                return;
            }
            (View::Messages, 0) => self.messages.list.page(),
            (View::Messages, 1) => self.messages.tree.page(),
            (View::Messages, _) => self.messages.hex_page(),
            (View::Flows, _) => self.flows.list.page(),
            (View::Findings, _) => self.findings.list.page(),
            (View::Statistics, _) => self.statistics.list.page(),
        };
        let half = isize::try_from(page).unwrap_or(2).max(2) / 2;
        self.step(facts, half.saturating_mul(halves));
    }

    /// Updates what depends on the place of the cursor.
    pub(super) fn after_move(&mut self, facts: Facts<'_>) {
        match (self.view(), self.pane()) {
            (View::Tunnels, _) => self.tunnels.show_policy(),
            (View::Messages, 0) => self.open_message(facts, false),
            (View::Flows, _) => self.with_shown(facts, |app, shown| app.flows.look(shown)),
            _ => {}
        }
    }

    fn open_message(&mut self, facts: Facts<'_>, anew: bool) {
        self.with_shown(facts, |app, shown| {
            let look = app.theme.look(app.size.0);
            let mut clock = app.clock(shown);
            app.messages.open(shown, &look, &mut clock, anew);
        });
    }

    /// Makes texts anew that were made in another look or time format.
    pub(super) fn draw_anew(&mut self, facts: Facts<'_>) {
        self.refresh(facts);
        self.open_message(facts, true);
        self.make_overlay_anew(facts);
    }

    /// Whether the pane of the policy has the keys.
    pub(super) fn is_in_policy(&self) -> bool {
        (self.view(), self.pane()) == (View::Tunnels, 1)
    }

    /// The lines of the policy pane. `shown` are the facts that are shown.
    pub(super) fn policy(&self, shown: Facts<'_>) -> Vec<Line<'static>> {
        let node = self.tunnels.selected_node().and_then(|node| self.tunnels.node(shown, node));
        let [_, pane, _] = self.areas().panes;
        let width = usize::from(inner(pane).width).saturating_sub(1);
        node.map(|node| super::views::policy_lines(self, node, width)).unwrap_or_default()
    }

    fn scroll_policy(&mut self, facts: Facts<'_>, rows: isize) {
        let lines = self.policy(self.shown(facts)).len();
        let most = lines.saturating_sub(self.tunnels.policy_page());
        self.tunnels.policy_top = self.tunnels.policy_top.saturating_add_signed(rows).min(most);
        self.tunnels.policy_found = None;
    }

    pub(super) fn sideways(&mut self, facts: Facts<'_>, right: bool) {
        let most = if right { self.columns_beyond(facts) } else { 0 };
        let scrolled = |columns: usize| {
            if right {
                columns.saturating_add(SIDEWAYS).min(most.max(columns))
            } else {
                columns.saturating_sub(SIDEWAYS)
            }
        };
        match (self.view(), self.pane()) {
            (View::Tunnels, 0) | (View::Findings, _) => drop(self.fold(facts, right)),
            (View::Ladder, _) => self.ladder.scrolled = scrolled(self.ladder.scrolled),
            (View::Messages, 2) => self.messages.move_octet(if right { 1 } else { -1 }),
            (View::Messages, _) => self.messages.scrolled = scrolled(self.messages.scrolled),
            (View::Statistics, _) => self.statistics.scrolled = scrolled(self.statistics.scrolled),
            (View::Tunnels | View::Flows, _) => {}
        }
    }

    /// Columns of the widest row in sight that its pane has no room for.
    fn columns_beyond(&self, facts: Facts<'_>) -> usize {
        let widest = match (self.view(), self.pane()) {
            (View::Ladder, _) => self.ladder.widest(),
            (View::Messages, 0) => super::views::widest_message(self, self.shown(facts)),
            (View::Messages, _) => self.messages.widest_of_tree(),
            (View::Statistics, _) => self.statistics.widest(),
            (View::Tunnels | View::Flows | View::Findings, _) => 0,
        };
        let pane = self.areas().panes.get(self.pane()).copied().unwrap_or_default();
        // The cursor has a column of its own.
        widest.saturating_sub(usize::from(inner(pane).width).saturating_sub(1))
    }

    /// Unfolds or folds the row under the cursor, and brings the rows below it into sight; returns whether that changed
    /// anything.
    pub(super) fn fold(&mut self, facts: Facts<'_>, open: bool) -> bool {
        let is_tree_of_nodes = self.view() == View::Tunnels;
        let has_changed = if is_tree_of_nodes { self.tunnels.fold(open) } else { self.findings.fold(open) };
        if has_changed {
            self.refresh(facts);
            if is_tree_of_nodes {
                self.tunnels.reveal();
            } else {
                self.findings.reveal();
            }
        }
        has_changed
    }

    pub(super) fn walk_panes(&mut self, facts: Facts<'_>, by: isize) {
        let panes = self.view().panes();
        let pane = (self.pane() + panes).saturating_add_signed(by) % panes;
        self.focus_pane(pane);
        self.after_move(facts);
    }

    pub(super) fn focus_pane(&mut self, pane: usize) {
        let view = self.view();
        if let Some(focus) = self.focus.get_mut(view as usize) {
            *focus = pane.min(view.panes().saturating_sub(1));
        }
        self.lay_out();
    }

    /// Makes the pane that has the keys larger or smaller.
    pub(super) fn resize(&mut self, by: i16) {
        let (view, pane) = (self.view(), self.pane());
        let by = if view == View::Tunnels && pane == 0 { -by } else { by };
        let by = if view == View::Messages && pane == 1 { -by } else { by };
        if let Some(split) = self.split.get_mut(view as usize) {
            *split = split.saturating_add(by).clamp(-60, 60);
        }
        self.lay_out();
    }

    /// The place of the cursor in the list that is searched.
    pub(super) fn place(&self) -> usize {
        match (self.view(), self.pane()) {
            (View::Tunnels, 1) => self.tunnels.policy_found.unwrap_or(self.tunnels.policy_top),
            (View::Tunnels, _) => self.tunnels.list.at(),
            (View::Ladder, _) => self.ladder.list.at(),
            (View::Messages, 0) => self.messages.list.at(),
            (View::Messages, _) => self.messages.tree.at(),
            (View::Flows, _) => self.flows.list.at(),
            (View::Findings, _) => self.findings.list.at(),
            (View::Statistics, _) => self.statistics.list.at(),
        }
    }

    pub(super) fn go(&mut self, facts: Facts<'_>, place: usize) {
        match (self.view(), self.pane()) {
            (View::Tunnels, 1) => self.tunnels.find_in_policy(place),
            (View::Tunnels, _) => self.tunnels.list.go(place),
            (View::Ladder, _) => self.ladder.list.go(place),
            (View::Messages, 0) => self.messages.list.go(place),
            (View::Messages, _) => {
                self.messages.tree.go(place);
                self.messages.follow_tree();
            }
            (View::Flows, _) => self.flows.list.go(place),
            (View::Findings, _) => self.findings.list.go(place),
            (View::Statistics, _) => self.statistics.list.go(place),
        }
        self.after_move(facts);
    }

    /// Rows of the list that is searched.
    pub(super) fn rows(&self, facts: Facts<'_>) -> usize {
        match (self.view(), self.pane()) {
            (View::Tunnels, 1) => self.policy(self.shown(facts)).len(),
            (View::Tunnels, _) => self.tunnels.list.rows().len(),
            (View::Ladder, _) => self.ladder.list.rows().len(),
            (View::Messages, 0) => self.messages.list.rows().len(),
            (View::Messages, _) => self.messages.tree.rows().len(),
            (View::Flows, _) => self.flows.list.rows().len(),
            (View::Findings, _) => self.findings.list.rows().len(),
            (View::Statistics, _) => self.statistics.list.rows().len(),
        }
    }
}
