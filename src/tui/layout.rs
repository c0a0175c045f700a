//! Where things stand on the screen. Drawing and the mouse both ask here.
//!
//! ```text
//! 1 Tunnels  2 Ladder  3 Messages ...     tabs
//! ─ Tunnels: 1 node ──────────────────
//!   panes of the view
//! ─ Policy of 10.1.0.1 ───────────────
//!   ...
//! figure3.pcap  10:00:12.345  46 packets  status
//! q quit  ? help  / search ...            keys, or what is being typed
//! ```

use ratatui::layout::Rect;

use super::app::App;
use super::view::View;

/// The parts of the screen. Those without room are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The names of the views.
    pub tabs: Rect,
    /// The panes of the open view, each with its title line.
    pub panes: [Rect; 3],
    /// The status line.
    pub status: Rect,
    /// The last line.
    pub footer: Rect,
}

/// What is drawn side by side from this width on.
const WIDE: u16 = 140;
/// A packet tree and a hex dump stand side by side from this width on.
const VERY_WIDE: u16 = 150;

impl App {
    /// The parts of the screen at its present size.
    pub fn areas(&self) -> Areas {
        let (width, height) = self.size;
        let mut body = Rect::new(0, 0, width, height);
        let mut areas = Areas::default();
        if height >= 4 {
            areas.footer = take_bottom_row(&mut body);
        }
        if height >= 5 {
            areas.status = take_bottom_row(&mut body);
        }
        if height >= 8 {
            areas.tabs = Rect { height: 1, ..body };
            body = Rect { y: 1, height: body.height - 1, ..body };
        }
        let view = self.view();
        let more = self.split.get(view as usize).copied().unwrap_or_default();
        let pane = self.pane();
        areas.panes = match view {
            View::Tunnels if width >= WIDE => {
                // The left pane keeps enough columns for a whole tunnel row.
                let right = grown((width - 96).clamp(44, (width / 5 * 2).max(44)), more * 2, width);
                [
                    Rect { width: width - right, ..body },
                    Rect { x: width - right, width: right, ..body },
                    Rect::default(),
                ]
            }
            View::Tunnels if body.height >= 12 => {
                let lower = grown(body.height * 2 / 5, more, body.height);
                let [upper, lower] = stacked(body, lower);
                [upper, lower, Rect::default()]
            }
            View::Messages if width >= VERY_WIDE && body.height >= 12 => {
                let lower = grown(body.height * 3 / 5, -more, body.height);
                let [upper, lower] = stacked(body, lower);
                // Offset, sixteen octets, characters, and the line between.
                let right = 76.min(width);
                [
                    upper,
                    Rect { width: width - right, ..lower },
                    Rect { x: width - right, width: right, ..lower },
                ]
            }
            View::Messages if body.height >= 15 => {
                let (list, tree, hex) = thirds(body.height, more, pane);
                [
                    Rect { height: list, ..body },
                    Rect { y: body.y + list, height: tree, ..body },
                    Rect { y: body.y + list + tree, height: hex, ..body },
                ]
            }
            _ => {
                // There is room only for the pane that has the keys.
                let mut panes = [Rect::default(); 3];
                if let Some(panes) = panes.get_mut(pane) {
                    *panes = body;
                }
                panes
            }
        };
        areas
    }

    /// Tells the lists how many rows they have on the screen.
    pub fn lay_out(&mut self) {
        let areas = self.areas();
        let [first, second, third] = areas.panes.map(|pane| usize::from(inner(pane).height));
        match self.view() {
            View::Tunnels => self.tunnels.set_pages(first, second),
            View::Ladder => {
                let width = areas.panes.first().map_or(0, |pane| pane.width);
                self.ladder.set_page(first, width);
            }
            View::Messages => self.messages.set_pages(first, second, third, octets_a_line(areas.panes)),
            View::Flows => self.flows.list.set_page(first.saturating_sub(1)),
            View::Findings => self.findings.list.set_page(first),
            View::Statistics => {
                let width = areas.panes.first().map_or(0, |pane| pane.width);
                self.statistics.set_page(first, width);
            }
        }
    }
}

/// The part of a pane below its title.
pub fn inner(pane: Rect) -> Rect {
    let left = u16::from(pane.x > 0);
    Rect {
        x: pane.x + left,
        y: pane.y + u16::from(pane.height > 0),
        width: pane.width.saturating_sub(left),
        height: pane.height.saturating_sub(1),
    }
}

/// Octets on a line of the hex pane: sixteen where they fit, else eight, else four.
pub fn octets_a_line(panes: [Rect; 3]) -> usize {
    let [.., hex] = panes;
    match inner(hex).width {
        73.. => 16,
        40.. => 8,
        _ => 4,
    }
}

fn take_bottom_row(area: &mut Rect) -> Rect {
    let rows = area.height.min(1);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

fn stacked(area: Rect, lower: u16) -> [Rect; 2] {
    let upper = area.height.saturating_sub(lower);
    [Rect { height: upper, ..area }, Rect { y: area.y + upper, height: lower, ..area }]
}

/// A size with so much more, leaving at least three for others.
fn grown(size: u16, more: i16, all: u16) -> u16 {
    size.saturating_add_signed(more).clamp(3, all.saturating_sub(3).max(3)).min(all)
}

/// Heights of list, tree and hex dump; `more` goes to the list, or to the pane that has the keys.
fn thirds(height: u16, more: i16, pane: usize) -> (u16, u16, u16) {
    let most = height.saturating_sub(8).max(3);
    let list = (height / 3).saturating_add_signed(if pane == 2 { 0 } else { more }).clamp(3, most);
    let rest = height - list;
    let hex = (height / 4).saturating_add_signed(if pane == 2 { more } else { 0 });
    let hex = hex.clamp(3, rest.saturating_sub(3).max(3));
    (list, rest - hex, hex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::app::Settings;

    #[test]
    fn parts_cover_the_screen_and_never_overlap() {
        for view in View::ALL {
            for pane in 0..view.panes() {
                for (width, height) in
                    [(0, 0), (1, 1), (5, 3), (40, 10), (80, 24), (110, 14), (120, 40), (200, 60), (500, 2)]
                {
                    for more in [-100, 0, 100] {
                        let mut app = App::new(Settings::default(), (width, height));
                        app.stack = vec![view];
                        app.focus[view as usize] = pane;
                        app.split[view as usize] = more;
                        let areas = app.areas();
                        let parts = areas.panes.into_iter().chain([areas.tabs, areas.status, areas.footer]);
                        let mut cells = 0u32;
                        for part in parts.clone() {
                            assert!(part.right() <= width && part.bottom() <= height, "{view:?} {areas:?}");
                            cells += part.area();
                        }
                        assert_eq!(cells, u32::from(width) * u32::from(height), "{view:?} {areas:?}");
                        let focused = areas.panes[pane];
                        assert!(height < 3 || !focused.is_empty() || width == 0, "{view:?} {areas:?}");
                    }
                }
            }
        }
    }
}
