//! What was counted: by home agent, by reply code, by the capture itself.

use ratatui::Frame;

use super::Pane;
use crate::counted::grouped;
use crate::report::{Depth, Look, Lost, Report as _, Sections, Summary, TextReport, TimeStyle};
use crate::tui::ansi;
use crate::tui::app::App;
use crate::tui::facts::{Facts, InputKind};
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::text;

/// Lines of the report.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Rows: indexes of lines.
    pub list: List<usize>,
    lines: Vec<String>,
    width: u16,
    /// Columns that are scrolled away to the left.
    pub scrolled: usize,
}

impl Statistics {
    /// Sets the rows and columns that there are.
    pub fn set_page(&mut self, rows: usize, width: u16) {
        self.list.set_page(rows);
        self.width = width;
    }

    /// Columns that the lines may take.
    pub fn width(&self) -> u16 {
        self.width.saturating_sub(2)
    }

    /// Makes the lines anew.
    pub fn refresh(&mut self, facts: Facts<'_>, look: &Look, style: TimeStyle) {
        let sections = Sections { traffic: true, violations: true, stats: true, ..Sections::default() };
        let mut out = Vec::new();
        let mut report = TextReport::new(&mut out, sections, Depth::default(), style, *look);
        // Writing to memory cannot fail.
        let _ = report.finish(&summary(facts));
        drop(report);
        let mut lines = live_lines(facts);
        lines.extend(String::from_utf8_lossy(&out).lines().map(str::to_owned));
        self.lines = lines;
        self.list.replace((0..self.lines.len()).collect(), false);
    }

    /// The text of a line that a search looks through.
    pub fn search_text(&self, place: usize) -> String {
        self.lines.get(place).map(|line| ansi::bare(line)).unwrap_or_default()
    }

    /// Columns of the widest line.
    pub fn widest(&self) -> usize {
        self.lines.iter().map(|line| text::width_of(&ansi::bare(line))).max().unwrap_or_default()
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|line| ansi::bare(line)).collect();
        lines.join("\n")
    }
}

/// The facts in the form that reports are made from.
pub fn summary(facts: Facts<'_>) -> Summary<'_> {
    Summary {
        files: &facts.input.names,
        origins: None,
        link_types: facts.link_types,
        counts: facts.counts,
        observer: facts.observer,
        findings: None,
        target: None,
        flows: None,
        network: facts.network,
        clock_backwards: facts.clock_backwards,
        numbers: facts.numbers,
        lost: (facts.input.kind == InputKind::Live).then(|| Lost {
            dropped: facts
                .counters
                .capture
                .dropped_by_kernel
                .saturating_add(facts.counters.capture.dropped_by_interface),
            skipped: facts.counters.capture.skipped,
        }),
        failures: &[],
    }
}

/// The counters of a live capture; no lines for any other input.
fn live_lines(facts: Facts<'_>) -> Vec<String> {
    if facts.input.kind != InputKind::Live {
        return Vec::new();
    }
    let capture = facts.counters.capture;
    let rows = [
        ("received", capture.received),
        ("dropped by kernel", capture.dropped_by_kernel),
        ("dropped by interface", capture.dropped_by_interface),
        ("skipped here", capture.skipped),
    ];
    let mut lines = vec!["Live capture".to_owned()];
    lines.extend(rows.iter().map(|(title, count)| format!("  {title:<22}{}", grouped(*count))));
    lines.push(String::new());
    lines
}

/// Draws the lines.
pub fn draw(frame: &mut Frame<'_>, app: &App, areas: &Areas) {
    let [area, ..] = areas.panes;
    let pane = Pane::new(app, 0, area);
    if pane.is_hidden() {
        return;
    }
    // At the time cursor only messages are counted here; the status line counts all packets before it.
    pane.title(frame, "Statistics", if app.cursor().is_some() { "of the messages alone" } else { "" });
    let statistics = &app.statistics;
    let rows = statistics.list.visible().map(|(place, row)| {
        let line = statistics.lines.get(row).map(|line| ansi::line(line)).unwrap_or_default();
        (place, false, pane.fit(text::scrolled(line, statistics.scrolled)))
    });
    pane.rows(frame, Some(statistics.list.at()), rows);
}
