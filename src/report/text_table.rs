//! Tables for people: a heading, a line, and rows that fit the width.

use std::io::{self, Write};

use anstyle::Style;
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};

use super::Look;
use super::look::painted;

/// Things that belong together: columns side by side, or stacked in one column where there is less room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// What each of them is.
    titles: &'static [&'static str],
    /// What stands between them when they share a line of one column; none when each has its own column there.
    between: Option<&'static str>,
    alignment: CellAlignment,
    is_whole: bool,
}

/// A table in the making. A long one is written in parts, each with its own heading and widths, so that memory does
/// not grow with the number of rows.
pub(super) struct TextTable {
    groups: &'static [Group],
    look: Look,
    indent: usize,
    rows: Vec<(Style, Row)>,
}

/// The texts of a row by group, as many as the group has titles.
pub(super) type Row = Vec<Vec<String>>;

/// Rows of one part.
const ROWS: usize = 4096;

/// What a column counts at most for, when it is one that can be broken.
const BREAKABLE: u16 = 32;
/// Nor is it ever broken to less than this, which an address fits in; rather the table is too wide.
const UNBREAKABLE: u16 = 16;

impl Group {
    /// Each with a column of its own where there is room.
    pub const fn apart(titles: &'static [&'static str]) -> Self {
        Self { titles, between: None, alignment: CellAlignment::Left, is_whole: false }
    }

    /// In one column, with `between` between them where there is room.
    pub const fn joined(titles: &'static [&'static str], between: &'static str) -> Self {
        Self { between: Some(between), ..Self::apart(titles) }
    }

    /// Numbers stand to the right.
    pub const fn right(self) -> Self {
        Self { alignment: CellAlignment::Right, ..self }
    }

    /// Never broken: addresses and numbers.
    pub const fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// How many columns it takes.
    fn columns(&self, is_wide: bool) -> usize {
        if is_wide && self.between.is_none() { self.titles.len() } else { 1 }
    }
}

impl TextTable {
    /// A table with these columns, `indent` spaces from the left.
    pub fn new(look: &Look, indent: usize, groups: &'static [Group]) -> Self {
        Self { groups, look: *look, indent, rows: Vec::new() }
    }

    /// Adds a row. Each line of its texts gets the style.
    pub fn row(&mut self, out: &mut dyn Write, style: Style, row: Row) -> io::Result<()> {
        if self.rows.len() >= ROWS {
            self.write(out)?;
            self.rows.clear();
        }
        self.rows.push((style, row));
        Ok(())
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the rows that have not been written yet.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.look.width.saturating_sub(u16::try_from(self.indent).unwrap_or_default());
        let wide = self.arranged(true);
        let mut table = if self.needs(&wide, true, 2) <= width {
            self.spaced(wide, true, 2)
        } else {
            let narrow = self.arranged(false);
            let gap = if self.needs(&narrow, false, 2) <= width { 2 } else { 1 };
            self.spaced(narrow, false, gap)
        };
        table.set_width(width);
        let indent = self.indent;
        table.lines().try_for_each(|line| writeln!(out, "{:indent$}{}", "", line.trim_end()))
    }

    /// All rows below their titles, side by side or stacked.
    fn arranged(&self, is_wide: bool) -> Table {
        let mut table = Table::new();
        let rule = LineStyle::none().fill(self.look.glyphs.rule);
        table.load_style(TableStyle::new().header_separator(rule));
        table.set_content_arrangement(ContentArrangement::Dynamic);
        let titles: Row = self
            .groups
            .iter()
            .map(|group| group.titles.iter().map(|title| (*title).to_owned()).collect())
            .collect();
        table.set_header(self.cells(&titles, is_wide, self.look.palette.heading));
        for (style, row) in &self.rows {
            table.add_row(self.cells(row, is_wide, *style));
        }
        table
    }

    fn cells(&self, row: &Row, is_wide: bool, style: Style) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (group, texts) in self.groups.iter().zip(row) {
            let mut add = |text: &str| {
                let lines: Vec<String> = text.split('\n').map(|line| painted(style, line)).collect();
                cells.push(Cell::new_owned(lines.join("\n")).set_alignment(group.alignment));
            };
            match group.between {
                None if is_wide => texts.iter().for_each(|text| add(text)),
                Some(between) if is_wide => add(&join(texts, between)),
                _ => add(&join(texts, "\n")),
            }
        }
        cells
    }

    /// The columns of a terminal that a table takes, or would take once what can be broken is broken.
    fn needs(&self, table: &Table, is_wide: bool, gap: u16) -> u16 {
        let breakable = self.groups.iter().flat_map(|group| {
            std::iter::repeat_n(if group.is_whole { u16::MAX } else { BREAKABLE }, group.columns(is_wide))
        });
        let widths = table.column_max_content_widths();
        let columns = widths.into_iter().zip(breakable).map(|(width, most)| width.min(most));
        columns.fold(0u16, |sum, width| sum.saturating_add(width).saturating_add(gap)).saturating_sub(gap)
    }

    fn spaced(&self, mut table: Table, is_wide: bool, gap: u16) -> Table {
        let last = table.column_count().saturating_sub(1);
        let whole =
            self.groups.iter().flat_map(|group| std::iter::repeat_n(group.is_whole, group.columns(is_wide)));
        let widths = table.column_max_content_widths();
        for (((index, column), is_whole), width) in table.column_iter_mut().enumerate().zip(whole).zip(widths)
        {
            let gap = if index == last { 0 } else { gap };
            column.set_padding((0, gap));
            column.set_constraint(if is_whole {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(width.min(UNBREAKABLE).saturating_add(gap)))
            });
        }
        table
    }
}

/// Joins what is there; nothing stands for nothing.
fn join(texts: &[String], between: &str) -> String {
    let there: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    there.join(between)
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;
    use proptest::prelude::*;

    use super::*;
    use crate::report::Glyphs;

    const GROUPS: [Group; 3] = [
        Group::apart(&["Number", "of"]).right().whole(),
        Group::joined(&["Text", "more text"], ", "),
        Group::apart(&["Other"]),
    ];

    fn drawn(look: Look, rows: &[[&str; 5]]) -> String {
        let mut table = TextTable::new(&look, 0, &GROUPS);
        let mut out = Vec::new();
        for row in rows {
            let texts: Vec<String> = row.iter().map(|text| (*text).to_owned()).collect();
            let row = vec![texts[..2].to_vec(), texts[2..4].to_vec(), texts[4..].to_vec()];
            table.row(&mut out, Style::new(), row).unwrap();
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
            text in "\\PC{0,40}",
            width in 20u16..200,
            ascii in any::<bool>(),
        ) {
            let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
            let look = Look { glyphs, width, ..Look::default() };
            let (octets, text) = (glyphs.text(&octets).to_string(), glyphs.text(text.as_bytes()).to_string());
            let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
            let mut table = TextTable::new(&look, 2, &GROUPS);
            let mut out = Vec::new();
            let row = vec![vec!["1".into(), "2".into()], vec![text.clone(), octets.clone()], vec![painted(red, &text)]];
            table.row(&mut out, red, row).unwrap();
            table.row(&mut out, Style::new(), vec![vec![octets.clone(), text], vec![String::new(); 2], vec![octets]]).unwrap();
            table.write(&mut out).unwrap();
            let written = String::from_utf8(out).unwrap();
            prop_assert!(!ascii || written.is_ascii());
            prop_assert!(written.lines().count() >= 4);
        }
    }
}
