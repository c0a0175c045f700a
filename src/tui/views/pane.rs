//! A pane: a title line and rows below it, one of them under the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::tui::app::App;
use crate::tui::layout::inner;
use crate::tui::text;

/// A pane to draw into.
pub struct Pane<'a> {
    app: &'a App,
    area: Rect,
    /// Its number in the view.
    number: usize,
}

impl<'a> Pane<'a> {
    /// The pane with this number, in this area of the screen.
    pub fn new(app: &'a App, number: usize, area: Rect) -> Self {
        Self { app, area, number }
    }

    /// Whether there is no room for it.
    pub fn is_hidden(&self) -> bool {
        self.area.is_empty()
    }

    /// Whether keys go to it.
    pub fn is_focused(&self) -> bool {
        self.app.pane() == self.number
    }

    /// Whether it is the only one in sight.
    fn is_alone(&self) -> bool {
        self.app.areas().panes.iter().filter(|pane| !pane.is_empty()).count() < 2
    }

    /// Columns of a row, without the column of the cursor.
    pub fn width(&self) -> usize {
        usize::from(inner(self.area).width).saturating_sub(1)
    }

    /// A row cut to the width of the pane, with a mark where it is cut: 802.11 must not be read as 802.1.
    pub fn fit(&self, line: Line<'static>) -> Line<'static> {
        text::fit(line, self.width(), self.app.theme.glyphs.ellipsis)
    }

    /// Draws the title, and `right` at the right end of its line where there is room.
    pub fn title(&self, frame: &mut Frame<'_>, title: &str, right: &str) {
        let theme = &self.app.theme;
        // The title lies on the dim border, and text that is bold and dim at once looks like neither.
        let style =
            if self.is_focused() { theme.heading.remove_modifier(Modifier::DIM) } else { theme.quiet };
        let width = usize::from(self.area.width);
        let title = text::cut(title, width.saturating_sub(4), theme.glyphs.ellipsis);
        let mut borders = Borders::TOP;
        if self.area.x > 0 {
            borders |= Borders::LEFT;
        }
        let has_double_line = self.is_focused() && !self.is_alone();
        let border = if has_double_line { theme.border_of_focus() } else { theme.border() };
        let mut block = Block::new().borders(borders).border_set(border).border_style(theme.quiet);
        if width > 4 {
            block = block.title_top(Line::from(Span::styled(format!(" {title} "), style)));
        }
        if !right.is_empty() && text::width_of(&title) + text::width_of(right) + 8 <= width {
            let right = Span::styled(format!(" {right} "), theme.quiet);
            block = block.title_top(Line::from(right).right_aligned());
        }
        frame.render_widget(block, self.area);
    }

    /// Draws rows: each with its place, whether it is selected, and its line. `at` is the place of the cursor.
    pub fn rows(
        &self,
        frame: &mut Frame<'_>,
        at: Option<usize>,
        rows: impl Iterator<Item = (usize, bool, Line<'static>)>,
    ) {
        self.rows_below(frame, 0, at, rows);
    }

    /// As [`Pane::rows`], below `skipped` rows that were drawn in another way.
    pub fn rows_below(
        &self,
        frame: &mut Frame<'_>,
        skipped: u16,
        at: Option<usize>,
        rows: impl Iterator<Item = (usize, bool, Line<'static>)>,
    ) {
        let theme = &self.app.theme;
        let area = inner(self.area);
        let area =
            Rect { y: area.y.saturating_add(skipped), height: area.height.saturating_sub(skipped), ..area };
        for ((place, marked, line), y) in rows.zip(area.top()..area.bottom()) {
            let is_here = at == Some(place);
            let mark = match (marked, is_here) {
                (true, _) => theme.marks().marked,
                (false, true) => theme.glyphs.active,
                (false, false) => " ",
            };
            let mut spans = vec![Span::raw(mark)];
            spans.extend(line.spans);
            let mut style = Style::new();
            if is_here {
                style = if self.is_focused() { theme.selected } else { theme.resting };
            }
            if marked {
                style = style.add_modifier(Modifier::BOLD);
            }
            let row = Rect { y, height: 1, ..area };
            frame.render_widget(Paragraph::new(Line::from(spans)).style(style), row);
        }
    }

    /// Draws lines without a cursor.
    pub fn lines(&self, frame: &mut Frame<'_>, lines: Vec<Line<'static>>) {
        self.rows(frame, None, lines.into_iter().map(|line| (usize::MAX, false, line)));
    }

    /// Draws words that say what the empty pane waits for.
    pub fn empty(&self, frame: &mut Frame<'_>, words: &str) {
        let area = inner(self.area);
        let area = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(1), ..area };
        let text = Paragraph::new(words.to_owned()).style(self.app.theme.quiet);
        frame
            .render_widget(text.wrap(ratatui::widgets::Wrap { trim: true }), area.intersection(frame.area()));
    }
}
