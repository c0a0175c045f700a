//! Tables for people: a heading, a horizontal line, and rows that fit the width.

mod texts;

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use anstyle::Style;
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};

use self::texts::{CellText, Texts};
use super::Look;

/// Texts that belong together: in columns side by side, or stacked in one column where there is less room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// The title of each text.
    titles: &'static [&'static str],
    /// The separator if the texts share one line of one column, in which case each text has only one line; `None` if
    /// each has a column of its own.
    between: Option<&'static str>,
    alignment: CellAlignment,
    is_whole: bool,
    /// The least width to which a column of the group may be broken.
    least: usize,
}

/// A table in the making. A long table is written in parts, each with its own heading and widths, so that memory does
/// not grow with the number of rows.
///
/// Most tables fit with no cell broken and are laid out here. Where cells have to be broken, `comfy_table` does it,
/// which takes several times as long.
pub(super) struct TextTable {
    groups: &'static [Group],
    look: Look,
    indent: usize,
    titles: Texts,
    rows: Texts,
    /// The style of each row.
    styles: Vec<Style>,
    scratch: Scratch,
}

/// Buffers for drawing, kept from part to part: thousands of tables are drawn in the same memory.
#[derive(Default)]
struct Scratch {
    /// The cells of a row.
    cells: Vec<CellText>,
    lines: String,
}

/// The arrangement of a table.
struct Columns {
    is_wide: bool,
    /// Spaces between two columns.
    gap: usize,
    each: Vec<Column>,
}

/// A column, with the width it takes if nothing is broken.
struct Column {
    width: usize,
    alignment: CellAlignment,
    is_whole: bool,
    least: usize,
}

/// How many rows one part has at most.
const ROWS: usize = 4096;

/// A column that can be broken counts for this width at most when the arrangement is chosen.
const BREAKABLE: usize = 32;
/// A column is never broken to less than this width, which an address fits in; the table is too wide instead.
const UNBREAKABLE: usize = 16;
/// As [`UNBREAKABLE`], for columns of words; most words fit in it. Used only where the table would be too wide.
const WORDS: usize = 12;

impl Group {
    /// Texts with a column each where there is room.
    pub const fn apart(titles: &'static [&'static str]) -> Self {
        Self { titles, between: None, alignment: CellAlignment::Left, is_whole: false, least: UNBREAKABLE }
    }

    /// Texts in one column, on one line with `between` between them where there is room.
    pub const fn joined(titles: &'static [&'static str], between: &'static str) -> Self {
        Self { between: Some(between), ..Self::apart(titles) }
    }

    /// The same group, aligned to the right, as for numbers.
    pub const fn right(self) -> Self {
        Self { alignment: CellAlignment::Right, ..self }
    }

    /// The same group, never broken, as for addresses and numbers.
    pub const fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// The same group, holding words and no addresses: it can be broken further than others.
    pub const fn words(self) -> Self {
        Self { least: WORDS, ..self }
    }

    /// How many columns the group takes.
    fn columns(&self, is_wide: bool) -> usize {
        if is_wide && self.between.is_none() { self.titles.len() } else { 1 }
    }
}

impl TextTable {
    /// A table with these columns, `indent` spaces from the left.
    pub fn new(look: &Look, indent: usize, groups: &'static [Group]) -> Self {
        let mut titles = Texts::default();
        for title in groups.iter().flat_map(|group| group.titles) {
            titles.push(|text| text.push_str(title));
        }
        Self {
            groups,
            look: *look,
            indent,
            titles,
            rows: Texts::default(),
            styles: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Begins a row. Each line of its texts gets the style. Writes the rows so far to `out` if a part is full.
    pub fn row(&mut self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        if self.styles.len() >= ROWS {
            self.write(out)?;
        }
        // If the row before lacks texts, they are filled in, so that this row is not shifted.
        let texts = self.styles.len().saturating_mul(self.titles.count());
        self.nothing(texts.saturating_sub(self.rows.count()));
        self.styles.push(style);
        Ok(())
    }

    /// Adds the next text of the row. A row has as many texts as the table has titles.
    pub fn text(&mut self, text: impl Display) {
        // Writing to a String cannot fail.
        self.compose(|octets| write!(octets, "{text}").unwrap_or_default());
    }

    /// Adds the next text of the row, composed in place.
    pub fn compose(&mut self, compose: impl FnOnce(&mut String)) {
        self.rows.push(compose);
    }

    /// Adds the next text of the row, empty for `None`.
    pub fn maybe(&mut self, text: Option<impl Display>) {
        match text {
            Some(text) => self.text(text),
            None => self.nothing(1),
        }
    }

    /// Adds the next `count` texts of the row, all empty.
    pub fn nothing(&mut self, count: usize) {
        for _ in 0..count {
            self.compose(|_| ());
        }
    }

    /// Whether there are no rows that have not been written yet.
    pub fn is_empty(&self) -> bool {
        self.styles.is_empty()
    }

    /// Writes the rows that have not been written yet. Later rows form a table of their own.
    pub fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.columns();
        if columns.total() <= self.room() {
            self.write_whole(out, &columns)?;
        } else {
            self.write_broken(out, &columns)?;
        }
        self.rows.clear();
        self.styles.clear();
        Ok(())
    }

    /// The width there is for the table, in terminal columns.
    fn room(&self) -> usize {
        usize::from(self.look.width).saturating_sub(self.indent)
    }

    /// The texts of groups side by side if there is room, otherwise stacked.
    fn columns(&self) -> Columns {
        let wide = self.arranged(true);
        if wide.least() <= self.room() {
            return wide;
        }
        let narrow = self.arranged(false);
        let gap = if narrow.least() <= self.room() { 2 } else { 1 };
        Columns { gap, ..narrow }
    }

    fn arranged(&self, is_wide: bool) -> Columns {
        let of = |group: &Group| {
            let Group { alignment, is_whole, least, .. } = *group;
            (0..group.columns(is_wide)).map(move |_| Column { width: 0, alignment, is_whole, least })
        };
        let mut columns: Vec<Column> = self.groups.iter().flat_map(of).collect();
        for texts in [&self.titles, &self.rows] {
            texts.each_cell(self.groups, is_wide, |index, group, cell| {
                if let Some(column) = columns.get_mut(index) {
                    column.width = column.width.max(texts.width(group, is_wide, cell));
                }
            });
        }
        Columns { is_wide, gap: 2, each: columns }
    }

    /// The titles and the rows, with the style of each row.
    fn parts(&self) -> [(&Texts, &[Style]); 2] {
        [(&self.titles, std::slice::from_ref(&self.look.palette.heading)), (&self.rows, &self.styles)]
    }

    /// Writes the table without breaking any cell.
    fn write_whole(&mut self, out: &mut dyn Write, columns: &Columns) -> io::Result<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let indent = self.indent;
        let rule: String = std::iter::repeat_n(self.look.glyphs.rule, columns.total()).collect();
        let [(titles, heading), (rows, styles)] = self.parts();
        self.write_rows(out, columns, titles, heading, &mut scratch)?;
        writeln!(out, "{:indent$}{rule}", "")?;
        self.write_rows(out, columns, rows, styles, &mut scratch)?;
        self.scratch = scratch;
        Ok(())
    }

    fn write_rows(
        &self,
        out: &mut dyn Write,
        columns: &Columns,
        texts: &Texts,
        styles: &[Style],
        Scratch { cells, lines }: &mut Scratch,
    ) -> io::Result<()> {
        let last = columns.each.len().saturating_sub(1);
        let mut styles = styles.iter().copied();
        cells.resize_with(columns.each.len(), CellText::default);
        lines.clear();
        texts.each_cell(self.groups, columns.is_wide, |index, group, cell| {
            if let Some(place) = cells.get_mut(index) {
                texts.join(group, columns.is_wide, cell, place);
            }
            if index == last {
                columns.draw(cells, styles.next().unwrap_or_default(), self.indent, lines);
            }
        });
        out.write_all(lines.as_bytes())
    }

    /// Writes the table and breaks cells that are too wide.
    fn write_broken(&self, out: &mut dyn Write, columns: &Columns) -> io::Result<()> {
        let mut rows =
            self.parts().map(|(texts, styles)| self.cells(texts, styles, columns.is_wide)).into_iter();
        let mut table = Table::new();
        let rule = LineStyle::none().fill(self.look.glyphs.rule);
        table.load_style(TableStyle::new().header_separator(rule));
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(rows.next().unwrap_or_default().into_iter().flatten());
        table.add_rows(rows.next().unwrap_or_default());
        columns.constrain(&mut table, self.room());
        table.set_width(u16::try_from(self.room()).unwrap_or(u16::MAX));
        table.lines().try_for_each(|line| {
            let line = line.trim_end();
            let indent = if line.is_empty() { 0 } else { self.indent };
            writeln!(out, "{:indent$}{line}", "")
        })
    }

    /// Rows of painted cells.
    fn cells(&self, texts: &Texts, styles: &[Style], is_wide: bool) -> Vec<Vec<Cell>> {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let mut joined = CellText::default();
        texts.each_cell(self.groups, is_wide, |index, group, cell| {
            if index == 0 {
                rows.push(Vec::new());
            }
            let style = styles.get(rows.len().saturating_sub(1)).copied().unwrap_or_default();
            texts.join(group, is_wide, cell, &mut joined);
            let mut lines = String::new();
            for (number, line) in joined.text().split('\n').enumerate() {
                if number > 0 {
                    lines.push('\n');
                }
                paint(&mut lines, style, line);
            }
            if let Some(row) = rows.last_mut() {
                row.push(Cell::new_owned(lines).set_alignment(group.alignment));
            }
        });
        rows
    }
}

impl Columns {
    /// The terminal columns that all columns take together.
    fn total(&self) -> usize {
        self.sum(|column| column.width)
    }

    /// As [`Self::total`], with each column that can be broken at most [`BREAKABLE`] wide.
    fn least(&self) -> usize {
        self.broken_to(BREAKABLE)
    }

    /// As [`Self::total`], with each column that can be broken at most `width` wide.
    fn broken_to(&self, width: usize) -> usize {
        self.sum(|column| if column.is_whole { column.width } else { column.width.min(width) })
    }

    fn sum(&self, width: impl Fn(&Column) -> usize) -> usize {
        let gaps = self.each.len().saturating_sub(1).saturating_mul(self.gap);
        self.each.iter().map(width).sum::<usize>().saturating_add(gaps)
    }

    /// Draws a row: as many lines as its longest cell has.
    fn draw(&self, cells: &[CellText], style: Style, indent: usize, lines: &mut String) {
        let height = cells.iter().map(CellText::height).max().unwrap_or_default().max(1);
        for number in 0..height {
            let start = lines.len();
            // Spaces are written only when text follows them.
            let mut gap = indent;
            for (column, cell) in self.each.iter().zip(cells) {
                let (line, width) = cell.line(number).unwrap_or_default();
                let room = column.width.saturating_sub(width);
                let (before, after) =
                    if column.alignment == CellAlignment::Right { (room, 0) } else { (0, room) };
                gap = gap.saturating_add(before);
                if !line.is_empty() {
                    spaces(lines, gap);
                    paint(lines, style, line);
                    gap = 0;
                }
                gap = gap.saturating_add(after).saturating_add(self.gap);
            }
            let end = lines.get(start..).map_or(0, |line| line.trim_end().len());
            lines.truncate(start.saturating_add(end));
            lines.push('\n');
        }
    }

    /// Tells `table` which columns may not be broken, and the least width of the others.
    fn constrain(&self, table: &mut Table, room: usize) {
        let is_tight = self.broken_to(UNBREAKABLE) > room;
        let octets = |width: usize| u16::try_from(width).unwrap_or(u16::MAX);
        let last = self.each.len().saturating_sub(1);
        for ((index, column), Column { width, is_whole, least, .. }) in
            table.column_iter_mut().enumerate().zip(&self.each)
        {
            let gap = octets(if index == last { 0 } else { self.gap });
            column.set_padding((0, gap));
            let least = if is_tight { *least } else { UNBREAKABLE };
            column.set_constraint(if *is_whole {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(octets(least.min(*width)).saturating_add(gap)))
            });
        }
    }
}

/// Adds `count` spaces.
fn spaces(lines: &mut String, count: usize) {
    const SPACES: &str = "                                                                ";
    let mut left = count;
    while left > 0 {
        let some = left.min(SPACES.len());
        lines.push_str(SPACES.get(..some).unwrap_or_default());
        left = left.saturating_sub(some);
    }
}

/// Adds a line in a style.
fn paint(lines: &mut String, style: Style, line: &str) {
    if style.is_plain() || line.is_empty() {
        lines.push_str(line);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(lines, "{style}{line}{style:#}");
    }
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;
    use proptest::prelude::*;

    use super::*;
    use crate::report::Glyphs;
    use crate::report::look::painted;

    const GROUPS: [Group; 3] = [
        Group::apart(&["Number", "of"]).right().whole(),
        Group::joined(&["Text", "more text"], ", "),
        Group::apart(&["Other"]),
    ];

    impl TextTable {
        fn texts(&mut self, texts: &[&str; 5]) {
            for text in texts {
                self.text(text);
            }
        }
    }

    fn drawn(look: Look, rows: &[[&str; 5]]) -> String {
        let mut table = TextTable::new(&look, 0, &GROUPS);
        let mut out = Vec::new();
        for row in rows {
            table.row(&mut out, Style::new()).unwrap();
            table.texts(row);
        }
        table.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_belongs_together_is_stacked_where_there_is_less_room() {
        let row = ["1", "22", "some text", "some more", "and another thing"];
        let wide = drawn(Look { width: 80, ..Look::default() }, &[row]);
        assert_eq!(
            wide,
            "Number  of  Text, more text       Other\n\
             ───────────────────────────────────────────────────\n     \
             1  22  some text, some more  and another thing\n"
        );
        let narrow = drawn(Look { glyphs: Glyphs::ASCII, width: 40, ..Look::default() }, &[row]);
        assert_eq!(
            narrow,
            "Number  Text       Other\n    of  more text\n\
             ------------------------------------\n     \
             1  some text  and another thing\n    22  some more\n"
        );
    }

    #[test]
    fn a_long_table_is_written_in_parts() {
        let rows = vec![["1", "2", "3", "4", "5"]; ROWS + 1];
        let text = drawn(Look::default(), &rows);
        assert_eq!(text.lines().filter(|line| line.starts_with("Number")).count(), 2);
        assert_eq!(text.lines().count(), ROWS + 1 + 2 * 2);
    }

    proptest! {
        /// Whatever was in a packet: once made harmless it is a table.
        #[test]
        fn any_text_can_stand_in_a_cell(
            octets in prop::collection::vec(any::<u8>(), 0..80),
            text in prop_oneof!["\\PC{0,40}", "[ -~à-ɏ一-鿿]{0,40}"],
            width in 20u16..200,
            ascii in any::<bool>(),
        ) {
            let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
            let look = Look { glyphs, width, ..Look::default() };
            let (octets, text) = (glyphs.text(&octets).to_string(), glyphs.text(text.as_bytes()).to_string());
            let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
            let mut table = TextTable::new(&look, 2, &GROUPS);
            let mut out = Vec::new();
            table.row(&mut out, red).unwrap();
            table.texts(&["1", "2", &text, &octets, &painted(red, &text)]);
            table.row(&mut out, Style::new()).unwrap();
            table.texts(&[&octets, &text, "", "", &octets]);
            let columns = table.columns();
            let mut broken = Vec::new();
            table.write_broken(&mut broken, &columns).unwrap();
            table.write(&mut out).unwrap();
            let written = String::from_utf8(out).unwrap();
            prop_assert!(!ascii || written.is_ascii());
            prop_assert!(written.lines().count() >= 4);
            // Where there is room, both ways to write it are one. What breaks keeps a column free at the edge; and signs
            // that join those before them have a width of their own there.
            let is_simple = |sign: char| matches!(sign, ' '..='~' | 'à'..='ɏ' | '一'..='鿿');
            if columns.total() < table.room() && text.chars().all(is_simple) {
                prop_assert_eq!(written, String::from_utf8(broken).unwrap());
            }
        }
    }
}
