//! The texts of a table's rows, and the cells made from them.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::Group;

/// Texts one after another; a row has as many texts as the groups have titles. A table holds thousands of texts, so
/// they share one allocation.
#[derive(Default)]
pub(super) struct Texts {
    octets: String,
    texts: Vec<Text>,
}

/// A text among [`Texts`]. It begins where the text before ends.
struct Text {
    end: usize,
    /// Terminal columns of its widest line.
    width: usize,
    has_one_line: bool,
}

/// The content of a cell, line by line.
#[derive(Default)]
pub(super) struct CellText {
    text: String,
    lines: Vec<Line>,
}

/// A line of a cell: where it begins and ends, in octets, and its width in terminal columns.
struct Line {
    start: usize,
    end: usize,
    width: usize,
}

impl CellText {
    /// The whole text, with line feeds between its lines.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines the cell has; 0 if it is empty.
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// The line with this number, from 0, and its width; `None` beyond the last line.
    pub fn line(&self, number: usize) -> Option<(&str, usize)> {
        let Line { start, end, width } = self.lines.get(number)?;
        Some((self.text.get(*start..*end)?, *width))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
    }

    /// Adds lines below the present ones. `width_of_one` is the width of `text` if it is known to be one line.
    fn push(&mut self, text: &str, width_of_one: Option<usize>) {
        if text.is_empty() {
            return;
        }
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        let mut start = self.text.len();
        self.text.push_str(text);
        if let Some(width) = width_of_one {
            self.lines.push(Line { start, end: self.text.len(), width });
            return;
        }
        for line in text.split('\n') {
            let end = start + line.len();
            self.lines.push(Line { start, end, width: width(line) });
            start = end + 1;
        }
    }
}

impl Texts {
    /// Adds a text.
    pub fn push(&mut self, compose: impl FnOnce(&mut String)) {
        let start = self.octets.len();
        compose(&mut self.octets);
        let text = self.octets.get(start..).unwrap_or_default();
        let has_one_line = is_printable(text) || !text.as_bytes().contains(&b'\n');
        let width =
            if has_one_line { width(text) } else { text.split('\n').map(width).max().unwrap_or_default() };
        self.texts.push(Text { end: self.octets.len(), width, has_one_line });
    }

    /// Removes all texts.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.texts.clear();
    }

    fn text(&self, index: usize) -> &str {
        let end = |index: usize| self.texts.get(index).map_or(0, |text| text.end);
        self.octets.get(index.checked_sub(1).map_or(0, end)..end(index)).unwrap_or_default()
    }

    /// The number of texts.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// Calls `each` for every cell of every row, with the index of its column, its group, and the range of its texts.
    pub fn each_cell(
        &self,
        groups: &[Group],
        is_wide: bool,
        mut each: impl FnMut(usize, &Group, Range<usize>),
    ) {
        let mut index = 0;
        while index < self.texts.len() {
            let mut column = 0;
            for group in groups {
                let columns = group.columns(is_wide);
                let texts = if columns == 1 { group.titles.len() } else { 1 };
                for _ in 0..columns {
                    each(column, group, index..index + texts);
                    column += 1;
                    index += texts;
                }
            }
        }
    }

    /// The least width of a column for a cell of this group with these texts.
    pub fn width(&self, group: &Group, is_wide: bool, cell: Range<usize>) -> usize {
        let there = cell.filter(|index| !self.text(*index).is_empty());
        let widths = there.filter_map(|index| self.texts.get(index)).map(|text| text.width);
        let needed = match group.between {
            Some(between) if is_wide => widths.reduce(|sum, width| sum + between.len() + width),
            _ => widths.max(),
        };
        needed.unwrap_or_default()
    }

    /// Composes a cell into `joined`: its texts on one line or below each other, without the empty ones.
    pub fn join(&self, group: &Group, is_wide: bool, cell: Range<usize>, joined: &mut CellText) {
        joined.clear();
        let Some(between) = group.between.filter(|_| is_wide) else {
            for index in cell {
                let known = self.texts.get(index).filter(|text| text.has_one_line).map(|text| text.width);
                joined.push(self.text(index), known);
            }
            return;
        };
        let width = self.width(group, is_wide, cell.clone());
        for text in cell.map(|index| self.text(index)).filter(|text| !text.is_empty()) {
            if !joined.text.is_empty() {
                joined.text.push_str(between);
            }
            joined.text.push_str(text);
        }
        if !joined.text.is_empty() {
            joined.lines.push(Line { start: 0, end: joined.text.len(), width });
        }
    }
}

/// The terminal columns that a line takes. Escape sequences, which only [`painted`] makes, take none.
///
/// [`painted`]: crate::report::look::painted
fn width(line: &str) -> usize {
    if is_printable(line) {
        return line.len();
    }
    if !line.contains('\u{1b}') {
        return line.width();
    }
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)));
    plain.width()
}

/// Whether a text is printable ASCII alone, each octet of which takes one column.
fn is_printable(text: &str) -> bool {
    // No early exit: this lets the compiler compare several octets at once.
    text.bytes().fold(true, |all, octet| all & (b' '..=b'~').contains(&octet))
}
