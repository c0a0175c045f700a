//! What lies over a view: the keys, what a rule means, a packet. It always fits the screen, also after a resize.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::action::Action;
use super::ansi;
use super::app::App;
use super::facts::Facts;
use super::keys;
use crate::report::Explanation;
use crate::rules::{Finding, Rule};
use crate::watch::RecentMessage;

/// Something over the view.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What it is.
    pub(super) what: Over,
    /// Lines that are scrolled away.
    top: usize,
}

/// What lies over the view.
#[derive(Clone, Debug)]
pub(super) enum Over {
    /// The keys of the view.
    Help,
    /// The finding, if the cursor was at one, and what its rule means.
    Rule(Option<Arc<Finding>>, &'static Rule),
    /// A packet, and its lines at the present size.
    Packet(Arc<RecentMessage>, Vec<String>),
}

/// Columns for the keys in the help.
const LABEL: usize = 12;
/// The fewest columns for words beside the keys; with less room the words stand below.
const BESIDE: usize = 12;
/// The most columns of running text.
const READABLE: usize = 90;

impl App {
    /// Puts something over the view.
    pub(super) fn put_over(&mut self, what: Over) {
        self.overlay = Some(Overlay { what, top: 0 });
    }

    /// Shows a packet over the view.
    pub(super) fn show_packet(&mut self, facts: Facts<'_>, packet: &Arc<RecentMessage>) {
        let lines = self.packet_lines(facts, packet);
        self.put_over(Over::Packet(Arc::clone(packet), lines));
    }

    /// Makes the lines of an overlay anew after a change of size, look or time format.
    pub(super) fn make_overlay_anew(&mut self, facts: Facts<'_>) {
        let packet = match &self.overlay {
            Some(Overlay { what: Over::Packet(packet, _), .. }) => Arc::clone(packet),
            _ => return,
        };
        let anew = self.packet_lines(facts, &packet);
        if let Some(Overlay { what: Over::Packet(_, lines), .. }) = &mut self.overlay {
            *lines = anew;
        }
    }

    fn packet_lines(&self, facts: Facts<'_>, packet: &RecentMessage) -> Vec<String> {
        let shown = self.shown(facts);
        let look = self.theme.look(self.size.0.saturating_sub(6));
        let mut clock = self.clock(shown);
        // There is no row before from which the time could count.
        clock.never_count_from_before();
        super::views::packet_lines(shown, packet, &mut clock, &look)
    }

    /// Handles a key while something lies over the view; returns false if the view has to handle the key as well.
    pub(super) fn overlay_key(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.overlay_rows()).unwrap_or(isize::MAX).saturating_sub(1).max(1);
        match action {
            Action::Back | Action::Escape | Action::Help | Action::Enter | Action::Explain => {
                self.overlay = None;
            }
            Action::Up => self.scroll_overlay(-1),
            Action::Down => self.scroll_overlay(1),
            Action::PageUp => self.scroll_overlay(-page),
            Action::PageDown => self.scroll_overlay(page),
            Action::HalfUp => self.scroll_overlay(-(page / 2).max(1)),
            Action::HalfDown => self.scroll_overlay((page / 2).max(1)),
            Action::First => self.scroll_overlay(isize::MIN),
            Action::Last => self.scroll_overlay(isize::MAX),
            // These open another view, so the overlay is closed.
            Action::View(_) | Action::Ladder => {
                self.overlay = None;
                return false;
            }
            Action::Redraw | Action::Suspend | Action::Theme | Action::TimeFormat => return false,
            _ => {}
        }
        true
    }

    /// Scrolls the overlay by so many lines, but not beyond its first or last line.
    pub(super) fn scroll_overlay(&mut self, lines: isize) {
        let most = self.overlay_length().saturating_sub(self.overlay_rows());
        if let Some(overlay) = &mut self.overlay {
            overlay.top = overlay.top.min(most).saturating_add_signed(lines).min(most);
        }
    }

    /// Whether the overlay has more lines than are in sight.
    pub(super) fn can_scroll_overlay(&self) -> bool {
        self.overlay_length() > self.overlay_rows()
    }

    /// The most lines of an overlay that are in sight at once.
    fn overlay_rows(&self) -> usize {
        usize::from(overlay_height(u16::MAX, self.size.1).saturating_sub(2))
    }

    fn overlay_length(&self) -> usize {
        match self.overlay.as_ref().map(|overlay| &overlay.what) {
            // A packet may have thousands of lines; to count them, their colours need not be parsed.
            Some(Over::Packet(_, lines)) => lines.len(),
            _ => self.overlay_lines().len(),
        }
    }

    fn overlay_lines(&self) -> Vec<Line<'static>> {
        match self.overlay.as_ref().map(|overlay| &overlay.what) {
            Some(Over::Help) => help(self),
            Some(Over::Rule(found, rule)) => explained(self, found.as_deref(), rule),
            Some(Over::Packet(_, lines)) => lines.iter().map(|line| ansi::line(line)).collect(),
            None => Vec::new(),
        }
    }
}

/// Draws what lies over the view.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let Some(Overlay { what, top }) = &app.overlay else { return };
    let title = match what {
        Over::Help => "Keys".to_owned(),
        Over::Rule(_, rule) => rule.id.to_owned(),
        Over::Packet(packet, _) => format!("Frame {}", packet.frame().number),
    };
    draw_box(frame, app, &title, app.overlay_lines(), *top);
}

/// Rows of a box around so many lines on a screen of `height` rows, whose first and last row stay in sight.
fn overlay_height(lines: u16, height: u16) -> u16 {
    lines.saturating_add(2).min(height.saturating_sub(2).max(1)).min(height)
}

/// A box over the view; `top` lines of it are scrolled away.
fn draw_box(frame: &mut Frame<'_>, app: &App, title: &str, lines: Vec<Line<'static>>, top: usize) {
    let theme = &app.theme;
    let (width, height) = app.size;
    let widest = lines.iter().map(Line::width).max().unwrap_or_default();
    let wanted_width = u16::try_from(widest).unwrap_or(u16::MAX).saturating_add(4);
    let area = Rect {
        width: wanted_width.min(width),
        height: overlay_height(u16::try_from(lines.len()).unwrap_or(u16::MAX), height),
        ..Rect::default()
    };
    let area = Rect { x: (width - area.width) / 2, y: (height - area.height) / 2, ..area };
    let rows = usize::from(area.height.saturating_sub(2));
    let top = top.min(lines.len().saturating_sub(rows));
    let mut block = Block::bordered().border_set(theme.border()).title(format!(" {title} "));
    if lines.len() > rows {
        let last = (top + rows).min(lines.len());
        let aside = format!(" {} to {last} of {} ", top + 1, lines.len());
        block = block.title_bottom(Line::from(aside).right_aligned());
    }
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .skip(top)
        .take(rows)
        .map(|line| {
            let mut spans = vec![Span::raw(" ")];
            spans.extend(line.spans);
            Line::from(spans).style(line.style)
        })
        .collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// The finding in full, if there is one, and what `mipflow explain` says of the rule.
fn explained(app: &App, found: Option<&Finding>, rule: &'static Rule) -> Vec<Line<'static>> {
    let width = app.size.0.saturating_sub(6);
    let mut lines = Vec::new();
    if let Some(found) = found {
        lines.push(Line::styled(format!("Frame {}", found.place.frame), app.theme.heading));
        lines.extend(wrapped(&app.theme.glyphs.wording(&found.message), usize::from(width)).map(Line::raw));
        lines.push(Line::raw(""));
    }
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = Explanation::new(&mut text, app.theme.look(width)).rule(rule);
    let text = String::from_utf8_lossy(&text);
    let text = text.lines().flat_map(|line| ansi::broken(line.to_owned(), usize::from(width)));
    lines.extend(text.map(|line| ansi::line(&line)));
    lines
}

/// The keys of the open view.
fn help(app: &App) -> Vec<Line<'static>> {
    let width = usize::from(app.size.0.saturating_sub(4));
    let mut lines = Vec::new();
    // Where there is no room for words beside the keys, they stand below them.
    let is_below = width < LABEL + BESIDE;
    for binding in keys::of(app.view()) {
        let mut label = binding.label;
        if is_below {
            lines.push(Line::styled(label, app.theme.heading));
            lines.extend(
                wrapped(binding.help, width.saturating_sub(2)).map(|text| Line::raw(format!("  {text}"))),
            );
            continue;
        }
        for text in wrapped(binding.help, width.saturating_sub(LABEL)) {
            lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), app.theme.heading),
                Span::raw(text),
            ]));
            label = "";
        }
    }
    lines.push(Line::raw(""));
    let filter = wrapped(
        "A filter is terms that all have to hold: node:ADDRESS, node:PREFIX/LENGTH or node:PART-OF-NAI, state:active \
         (registered unregistered denied expired deregistered replaced revoked), verdict:strays (and the others), \
         finding:must (should note any, or the beginning of a rule), bid:N, or any text. a,b is either, ! before a \
         term is not.",
        width.saturating_sub(4).min(READABLE),
    );
    lines.extend(filter.map(Line::raw));
    lines
}

/// Text in lines of at most so many columns, broken between words, and within those that are longer than a line.
pub(super) fn wrapped(text: &str, width: usize) -> impl Iterator<Item = String> + use<> {
    let lines = textwrap::wrap(text, width.max(8));
    lines.into_iter().map(std::borrow::Cow::into_owned).collect::<Vec<_>>().into_iter()
}
