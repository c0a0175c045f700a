//! The three panes of the messages: the list, the packet tree and the octets.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::{Clock, Look, message_line};
use crate::time::Precision;
use crate::trace::SeenMessage;
use crate::tui::ansi;
use crate::tui::app::App;
use crate::tui::facts::Facts;
use crate::tui::layout::Areas;
use crate::tui::text::{self, Row};
use crate::tui::views::Pane;
use crate::tui::views::tunnels::{awaited, count};
use crate::watch::RecentMessage;

/// Draws the three panes.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [list, tree, hex] = areas.panes;
    let messages = &app.messages;
    let pane = Pane::new(app, 0, list);
    if !pane.is_hidden() {
        let shown = messages.list.rows().len();
        let total = usize::try_from(facts.messages.total()).unwrap_or(usize::MAX);
        let forgotten = facts.messages.forgotten();
        let aside = match forgotten {
            0 => String::new(),
            forgotten => format!("{} older ones forgotten", crate::counted::grouped(forgotten)),
        };
        pane.title(frame, &format!("Messages: {}", list_count(app, shown, total, forgotten)), &aside);
        if shown == 0 {
            pane.empty(frame, &awaited(app, facts));
        } else {
            draw_list(frame, app, facts, &pane);
        }
    }
    let pane = Pane::new(app, 1, tree);
    if !pane.is_hidden() {
        draw_tree(frame, app, &pane);
    }
    let pane = Pane::new(app, 2, hex);
    if !pane.is_hidden() {
        draw_hex(frame, app, &pane);
    }
}

fn list_count(app: &App, shown: usize, total: usize, forgotten: u64) -> String {
    let there = total.saturating_sub(usize::try_from(forgotten).unwrap_or(usize::MAX));
    // Rows of messages that were forgotten and are still on the screen count, too.
    count(shown, there.max(if app.filter.is_empty() { shown } else { 0 }), "message", app.filter.is_empty())
}

fn draw_list(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, pane: &Pane<'_>) {
    let messages = &app.messages;
    let look = app.theme.look(u16::try_from(pane.width()).unwrap_or(u16::MAX));
    let mut clock = app.clock(facts);
    // The first row counts from the one before it, as all others do.
    let first = messages.list.visible().next();
    clock.count_from(first.and_then(|(place, _)| messages.time_before(facts, place)));
    let times: Vec<String> = messages
        .list
        .visible()
        .map(|(_, number)| messages.message(facts, number).map(|message| time_of(message, &mut clock)))
        .map(Option::unwrap_or_default)
        .collect();
    let columns = times.iter().map(String::len).max().unwrap_or(0);
    let rows = messages.list.visible().zip(&times).map(|((place, number), time)| {
        let marked = messages.list.marked().contains(&number);
        let line = messages.message(facts, number).map_or_else(
            || Line::raw("forgotten"),
            |message| {
                let time = format!("{time:>columns$}");
                let read =
                    facts.read(message, |seen| list_line(app, facts, seen, &look, &time, pane.width()));
                read.unwrap_or_else(|| Line::raw("no message on these ports"))
            },
        );
        (place, marked, pane.fit(text::scrolled(line, messages.scrolled)))
    });
    let rows: Vec<_> = rows.collect();
    pane.rows(frame, Some(messages.list.at()), rows.into_iter());
}

/// The text of a row of the list that a search looks through: the row as it is drawn, and the endpoints, for which it
/// may have no room.
pub fn text_of_row(app: &App, facts: Facts<'_>, place: usize) -> String {
    let messages = &app.messages;
    let number = messages.list.rows().get(place);
    let ends = number.and_then(|number| {
        let message = messages.message(facts, *number)?;
        facts.read(message, |seen| format!(" {} {}", seen.datagram.source, seen.datagram.destination))
    });
    drawn(app, facts, place) + &ends.unwrap_or_default()
}

/// Columns of the widest row in sight.
pub fn widest(app: &App, facts: Facts<'_>) -> usize {
    let rows = app.messages.list.visible().map(|(place, _)| text::width_of(&drawn(app, facts, place)));
    rows.max().unwrap_or_default()
}

/// A row of the list as it is drawn, before any of it is cut.
fn drawn(app: &App, facts: Facts<'_>, place: usize) -> String {
    let messages = &app.messages;
    let number = messages.list.rows().get(place);
    let Some(message) = number.and_then(|number| messages.message(facts, *number)) else {
        return String::new();
    };
    let [list, ..] = app.areas().panes;
    let width = Pane::new(app, 0, list).width();
    let look = app.theme.look(u16::try_from(width).unwrap_or(u16::MAX));
    let mut clock = app.clock(facts);
    clock.count_from(messages.time_before(facts, place));
    let time = time_of(message, &mut clock);
    let text = facts.read(message, |seen| list_line(app, facts, seen, &look, &time, width).to_string());
    text.unwrap_or_default()
}

/// The time of a message as its row shows it.
fn time_of(message: &RecentMessage, clock: &mut Clock) -> String {
    let frame = message.frame();
    clock.dated(frame.time, frame.precision.min(Precision::new(6)))
}

fn list_line(
    app: &App,
    facts: Facts<'_>,
    seen: &SeenMessage<'_>,
    look: &Look,
    time: &str,
    width: usize,
) -> Line<'static> {
    let theme = &app.theme;
    let mut row = Row::default();
    row.push(format!("{:>5} ", seen.frame), theme.quiet);
    row.push(format!("{time:>15}  "), theme.quiet);
    if width >= 130 {
        let arrow = theme.glyphs.arrow;
        let ends = format!("{} {arrow} {}", seen.datagram.source, seen.datagram.destination);
        row.plain(text::left(&ends, 41, theme.glyphs.ellipsis)).plain("  ");
    }
    let mut line = row.line();
    line.spans.extend(ansi::line(&message_line(seen, facts.keys, look)).spans);
    line
}

fn draw_tree(frame: &mut Frame<'_>, app: &App, pane: &Pane<'_>) {
    let messages = &app.messages;
    let Some(open) = &messages.open else {
        pane.title(frame, "Packet", "");
        return;
    };
    pane.title(frame, "Packet", "");
    let rows = messages.tree.visible().map(|(place, line)| {
        let line = open.lines.get(line).map_or_else(Line::default, |line| ansi::line(&line.text));
        let scrolled = if pane.is_focused() { messages.scrolled } else { 0 };
        (place, false, pane.fit(text::scrolled(line, scrolled)))
    });
    pane.rows(frame, Some(messages.tree.at()), rows);
}

/// Draws the hex dump: offset, octets, characters. The octets of the field under the tree's cursor stand out.
fn draw_hex(frame: &mut Frame<'_>, app: &App, pane: &Pane<'_>) {
    let messages = &app.messages;
    let theme = &app.theme;
    let field = messages.field();
    let title = if field.is_empty() {
        "Octets".to_owned()
    } else {
        format!("Octets {} to {}", field.start, field.end.saturating_sub(1))
    };
    pane.title(frame, &title, "");
    let Some(open) = &messages.open else { return };
    let width = messages.octets_a_line.max(1);
    let lines = open.octets.chunks(width).enumerate().skip(messages.hex_top).take(messages.hex_page);
    let lines = lines.map(|(line, octets)| {
        let start = line * width;
        let style = |octet: usize| {
            let is_here = pane.is_focused() && octet == messages.octet;
            if is_here {
                theme.found.patch(theme.doubtful)
            } else if field.contains(&octet) {
                theme.found
            } else {
                Style::new()
            }
        };
        let mut row = Row::default();
        row.push(format!("{start:04x}  "), theme.quiet);
        for (column, octet) in octets.iter().enumerate() {
            row.push(format!("{octet:02x}"), style(start + column));
            // The blank between two octets of a field belongs to it.
            let within = field.contains(&(start + column)) && field.contains(&(start + column + 1));
            let gap = if column + 1 == width / 2 { "  " } else { " " };
            row.push(
                gap,
                if within && column + 1 < octets.len() { style(start + column + 1) } else { Style::new() },
            );
        }
        let missing = width - octets.len();
        let gap = usize::from(octets.len() < width / 2);
        row.plain(" ".repeat(missing * 3 + gap + 1));
        for (column, octet) in octets.iter().enumerate() {
            let is_text = octet.is_ascii_graphic() || *octet == b' ';
            let character = if is_text { char::from(*octet) } else { '.' };
            row.push(character.to_string(), style(start + column));
        }
        row.line()
    });
    pane.lines(frame, lines.collect());
}
