//! What the mouse does: it selects, folds, scrolls and changes the view.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::app::App;
use super::facts::Facts;
use super::layout::inner;
use super::view::View;

/// Rows that a turn of the mouse wheel goes.
const WHEEL: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, facts: Facts<'_>, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let rows = if mouse.kind == MouseEventKind::ScrollDown { WHEEL } else { -WHEEL };
                if self.overlay.is_some() {
                    return self.scroll_overlay(rows);
                }
                if let Some(pane) = self.pane_at(mouse) {
                    self.focus_pane(pane);
                }
                self.step(facts, rows);
            }
            MouseEventKind::Down(MouseButton::Left) => self.click(facts, mouse),
            _ => {}
        }
    }

    fn pane_at(&self, mouse: MouseEvent) -> Option<usize> {
        let position = Position::new(mouse.column, mouse.row);
        self.areas().panes.iter().position(|pane| pane.contains(position))
    }

    pub(super) fn click(&mut self, facts: Facts<'_>, mouse: MouseEvent) {
        if self.overlay.take().is_some() {
            return;
        }
        let position = Position::new(mouse.column, mouse.row);
        let areas = self.areas();
        if areas.tabs.contains(position) {
            if let Some(view) = super::draw::tab_at(self, mouse.column) {
                self.open_view(facts, view, true);
            }
            return;
        }
        let Some(pane) = self.pane_at(mouse) else { return };
        self.focus_pane(pane);
        let Some(area) = self.areas().panes.get(pane).map(|pane| inner(*pane)) else { return };
        let Some(line) = mouse.row.checked_sub(area.y).map(usize::from) else { return };
        self.follow = false;
        match (self.view(), pane) {
            (View::Tunnels, 0) => {
                use super::views::TunnelRow;

                let before = self.tunnels.list.at();
                if self.tunnels.list.point(line) && before == self.tunnels.list.at() {
                    // A second click on a node folds or unfolds it.
                    if let Some(TunnelRow::Node(node)) = self.tunnels.list.selected() {
                        let open = !self.tunnels.is_open(node);
                        self.fold(facts, open);
                    }
                }
            }
            (View::Messages, 0) => {
                self.messages.list.point(line);
            }
            (View::Messages, 1) => {
                self.messages.tree.point(line);
                self.messages.follow_tree();
            }
            (View::Messages, 2) => {
                let column = mouse.column.saturating_sub(area.x);
                self.messages.point_octet(line, usize::from(column));
            }
            (View::Flows, 0) => {
                let _ = line.checked_sub(1).map(|line| self.flows.list.point(line));
            }
            (View::Findings, 0) => {
                self.findings.list.point(line);
            }
            (View::Ladder, 0) => {
                let heads = usize::from(area.height).saturating_sub(self.ladder.list.page());
                let _ = line.checked_sub(heads).map(|line| self.ladder.list.point(line));
            }
            (View::Statistics, 0) => {
                self.statistics.list.point(line);
            }
            _ => {}
        }
        self.after_move(facts);
    }
}
