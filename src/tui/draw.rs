//! Draws the screen from what the state holds: tabs, the open view, the status line, and what lies above them.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::action::Action;
use super::app::{App, Extent, Why};
use super::facts::{Facts, InputKind};
use super::filter;
use super::keys;
use super::over;
use super::prompt::{Prompt, Purpose};
use super::text::{self, Row};
use super::view::View;
use super::views;
use crate::counted::{counted, grouped};
use crate::report::TimeStyle;
use crate::time::Precision;

/// Draws everything. `facts` are those that are true now.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>) {
    let areas = app.areas();
    if frame.area().as_size() != ratatui::layout::Size::from(app.size) {
        // The terminal was resized; a resize message follows.
        return;
    }
    let shown = app.shown(facts);
    draw_tabs(frame, app, areas.tabs);
    views::draw(frame, app, shown, &areas);
    frame.render_widget(Paragraph::new(status(app, facts, shown, areas.status.width)), areas.status);
    draw_footer(frame, app, shown, areas.footer);
    over::draw(frame, app);
}

/// The tabs: where each begins, and its text.
fn tabs(app: &App) -> Vec<(u16, View, String)> {
    let width = app.size.0;
    let long: u16 = View::ALL.iter().map(|view| cells(view.title()) + 5).sum();
    let mut column = 0;
    let mut tabs = Vec::new();
    for view in View::ALL {
        let text = if long <= width || view == app.view() {
            format!(" {} {} ", view.number(), view.title())
        } else {
            format!(" {} ", view.number())
        };
        let next = column + cells(&text) + 1;
        tabs.push((column, view, text));
        column = next;
    }
    tabs
}

/// The view whose tab is at this column.
pub(super) fn tab_at(app: &App, column: u16) -> Option<View> {
    let tabs = tabs(app);
    let tab = tabs.iter().find(|(start, _, text)| (*start..start + cells(text)).contains(&column));
    tab.map(|(_, view, _)| *view)
}

fn cells(text: &str) -> u16 {
    u16::try_from(text::width_of(text)).unwrap_or(u16::MAX)
}

fn draw_tabs(frame: &mut Frame<'_>, app: &App, area: Rect) {
    if area.is_empty() {
        return;
    }
    let mut row = Row::default();
    for (_, view, text) in tabs(app) {
        let is_open = view == app.view();
        // Brackets mark the open tab even without colours.
        let text = if is_open { format!("[{}]", text.trim()) } else { text };
        row.push(text, if is_open { app.theme.selected } else { app.theme.quiet }).plain(" ");
    }
    let name = "mipflow";
    let room = usize::from(area.width).saturating_sub(row.width());
    if room > name.len() + 1 {
        row.push(format!("{name:>room$}"), app.theme.heading);
    }
    frame.render_widget(Paragraph::new(row.line()), area);
}

/// A part of the status line; where there is no room, the parts of highest rank are left out first.
struct Part {
    rank: u8,
    text: String,
    style: Style,
    /// Columns this part must have, even if others are left out for it; it gets more where there is room.
    least: usize,
}

impl Part {
    fn new(rank: u8, text: String, style: Style) -> Self {
        let least = text::width_of(&text);
        Self { rank, text, style, least }
    }

    /// A part that may be cut to so many columns.
    fn elastic(self, least: usize) -> Self {
        Self { least: self.least.min(least), ..self }
    }
}

fn status(app: &App, facts: Facts<'_>, shown: Facts<'_>, width: u16) -> Line<'static> {
    let theme = &app.theme;
    let part = Part::new;
    let mut parts = Vec::new();
    let names = facts.input.names.iter().map(|name| theme.glyphs.short_text(base_name(name).as_bytes(), 24));
    parts.push(part(2, names.collect::<Vec<_>>().join(" "), theme.heading));
    let state = state(app, facts);
    parts.push(part(0, state.0, state.1));
    if let Some(trouble) = &facts.input.trouble {
        let trouble = theme.glyphs.text(trouble.as_bytes()).to_string();
        parts.push(part(1, trouble, theme.bad).elastic(60));
    }
    // A screen that was paused before the first packet shows no time.
    let packets = app.frozen.as_ref().map_or(facts.counts.packets, |frozen| frozen.packets);
    if packets > 0 {
        let digits = facts.precision().min(Precision::SECONDS);
        let time = app.clock(facts).moment(shown.now(), digits);
        // Without a unit, the time would look like one more count.
        let unit = if matches!(app.time_style, TimeStyle::Utc | TimeStyle::Local) { "" } else { " s" };
        parts.push(part(4, time + unit, Style::new()));
    }
    // With the time cursor set, only the packets up to it count.
    let packets = app.cursor().map_or(facts.counters.packets, |moment| moment.frame);
    parts.push(part(3, format!("{:#}", counted(packets, "packet")), Style::new()));
    let cut = app.cursor().map_or(facts, |_| shown).counts.truncated;
    if facts.input.kind == InputKind::Live {
        let lost = facts.counters.capture.lost();
        let style = if lost > 0 { theme.bad } else { theme.quiet };
        parts.push(part(if lost > 0 { 1 } else { 5 }, format!("{} dropped", grouped(lost)), style));
    } else if cut > 0 {
        parts.push(part(6, format!("{} cut", grouped(cut)), theme.doubtful));
    }
    parts.push(part(4, format!("{:#}", counted(app.nodes as u64, "node")), Style::new()));
    if let Some((gravest, words)) = shown.findings.levels().words() {
        parts.push(part(3, words, theme.level(gravest)));
    }
    if !app.filter.is_empty() {
        let filter = text::typed(&app.filter.text, &theme.glyphs);
        parts.push(part(1, format!("filter {filter}"), theme.address).elastic(40));
    }
    let needs = |parts: &[Part]| parts.iter().map(|part| part.least + 2).sum::<usize>();
    let room = usize::from(width) + 1;
    while needs(&parts) > room && parts.len() > 1 {
        let last = parts.iter().enumerate().max_by_key(|(place, part)| (part.rank, *place));
        let Some((place, _)) = last else { break };
        parts.remove(place);
    }
    let mut left = room.saturating_sub(needs(&parts));
    let mut row = Row::default();
    row.plain(" ");
    for part in parts {
        let text = text::cut(&part.text, part.least + left, theme.glyphs.ellipsis);
        left = left.saturating_sub(text::width_of(&text).saturating_sub(part.least));
        row.push(text, part.style).plain("  ");
    }
    row.line()
}

/// What an input is called: the last part of a path.
fn base_name(name: &str) -> &str {
    if name == "-" {
        return "standard input";
    }
    name.rsplit('/').next().filter(|base| !base.is_empty()).unwrap_or(name)
}

/// The state of the screen or the input, as the status line says it: paused, live, ended ..., and its style.
fn state(app: &App, facts: Facts<'_>) -> (String, Style) {
    let theme = &app.theme;
    if let Some(frozen) = &app.frozen {
        let more = facts.counters.packets.saturating_sub(frozen.packets);
        return match frozen.why {
            Why::Paused => (format!("PAUSED +{}", grouped(more)), theme.found),
            Why::Cursor(moment) => (format!("AT FRAME {}", moment.frame), theme.found),
        };
    }
    if app.freezing.is_some() {
        return ("PAUSED +0".to_owned(), theme.found);
    }
    let following = if app.follow { " following" } else { "" };
    if facts.input.ended {
        return (format!("ended{following}"), theme.quiet);
    }
    match facts.input.kind {
        InputKind::Live => (format!("live{following}"), theme.good),
        InputKind::File => (format!("reading{following}"), theme.good),
        InputKind::Replay { held: true, .. } => ("replay HELD".to_owned(), theme.found),
        InputKind::Replay { speed, .. } => (format!("replay x{speed}{following}"), theme.good),
    }
}

fn draw_footer(frame: &mut Frame<'_>, app: &App, shown: Facts<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let theme = &app.theme;
    if let Some(prompt) = &app.prompt {
        return draw_prompt(frame, app, shown, prompt, area);
    }
    if let Some(notice) = &app.notice {
        let style = if notice.is_bad { theme.doubtful } else { theme.good };
        let room = usize::from(area.width.saturating_sub(1));
        let whole = theme.glyphs.text(notice.text.as_bytes()).to_string();
        if notice.is_bad && text::width_of(&whole) > room {
            // The reason stands at the end of the text, so the text is not cut.
            return draw_above(frame, &whole, style, Rect { y: area.bottom(), ..area });
        }
        let text = theme.glyphs.short_text(notice.text.as_bytes(), room);
        frame.render_widget(Paragraph::new(Span::styled(format!(" {text}"), style)), area);
        return;
    }
    let mut row = Row::default();
    row.plain(" ");
    let is_over = app.overlay.is_some();
    let can_scroll = is_over && app.can_scroll_overlay();
    for binding in keys::of(app.view()) {
        // Only keys that work in the overlay, or else in the view.
        let word = if is_over { binding.footer_over } else { binding.footer };
        let Some(word) = word.filter(|_| can_scroll || !is_over || !binding.action.scrolls()) else {
            continue;
        };
        let key = binding.label.split(' ').next().unwrap_or_default();
        let word = match binding.action {
            Action::Back if !is_over && app.stack.len() > 1 => "back",
            // On a screen that stands still the key does the opposite.
            Action::Pause if app.is_paused() => "go on",
            Action::Pause if app.cursor().is_some() => "to now",
            _ => word,
        };
        if row.width() + key.len() + word.len() + 3 > usize::from(area.width) {
            break;
        }
        row.push(key, theme.heading).push(format!(" {word}  "), theme.quiet);
    }
    frame.render_widget(Paragraph::new(row.line()), area);
}

/// Draws a text too long for the last line in full, over the lines above `area`.
fn draw_above(frame: &mut Frame<'_>, text: &str, style: Style, area: Rect) {
    let lines = over::wrapped(text, usize::from(area.width.saturating_sub(2)));
    let lines: Vec<Line<'_>> = lines.map(|line| Line::styled(format!(" {line}"), style)).collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.y);
    let above = Rect { y: area.y - height, height, ..area };
    frame.render_widget(Clear, above);
    frame.render_widget(Paragraph::new(lines), above);
}

fn draw_prompt(frame: &mut Frame<'_>, app: &App, shown: Facts<'_>, prompt: &Prompt, area: Rect) {
    let theme = &app.theme;
    let (head, aside, keys) = match prompt.purpose {
        Purpose::Search => {
            let aside = if app.search.failed { "not found" } else { "" };
            (" /".to_owned(), aside.to_owned(), "Enter stays here, Esc goes back")
        }
        Purpose::Filter => (" filter: ".to_owned(), filter::HELP.to_owned(), "Enter sets it, Esc leaves it"),
        Purpose::Save => {
            let extent = app.extent;
            let what = match app.view() {
                // All there is of one node, whatever the filter.
                View::Ladder => app.ladder.name(&theme.glyphs).unwrap_or_else(|| "no node".to_owned()),
                // A filter hides rows that were selected; how many are saved is told here.
                _ if extent == Extent::Selected => format!("{} selected", grouped(app.marks(shown) as u64)),
                _ => extent.name().to_owned(),
            };
            let is_choice = app.view() != View::Ladder && (extent != Extent::All || app.is_filtered());
            // On a narrow screen the typed file name needs this room.
            let others = if is_choice && area.width >= 60 { ", Tab: other rows" } else { "" };
            let names = ".pcap .csv .json .txt".to_owned();
            (format!(" save {what}{others}: "), names, "Enter saves, Esc does not")
        }
    };
    let (aside, style) = match &prompt.error {
        Some(error) => (error.clone(), theme.bad),
        None if app.search.failed && prompt.purpose == Purpose::Search => (aside, theme.bad),
        None => (aside, theme.quiet),
    };
    let width = usize::from(area.width);
    let mut row = Row::default();
    row.push(head, theme.heading);
    let start = row.width();
    // The end of a long text is what is being typed.
    let room = width.saturating_sub(start + 1);
    let place = prompt.text.char_indices().nth(prompt.cursor).map_or(prompt.text.len(), |(place, _)| place);
    let (before, after) = prompt.text.split_at_checked(place).unwrap_or_default();
    let before = text::end(before, room);
    let column = start + text::width_of(before);
    row.plain(before);
    row.plain(text::cut(after, width.saturating_sub(column), ""));
    let left = width.saturating_sub(row.width() + 3);
    if prompt.error.is_some() && text::width_of(&aside) > left {
        draw_above(frame, &aside, style, area);
    } else if left >= 8 {
        row.push(format!("  {}", text::cut(&aside, left, theme.glyphs.ellipsis)), style);
    }
    // What can be typed comes first, and then the keys that end it.
    let gap = if aside.is_empty() { "" } else { "  " };
    if prompt.error.is_none() && row.width() + gap.len() + keys.len() < width {
        row.push(format!("{gap}{keys}"), theme.quiet);
    }
    frame.render_widget(Paragraph::new(row.line()), area);
    let column = u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position::new(area.x + column, area.y));
}
