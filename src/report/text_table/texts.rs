//! The texts of a table's rows, and the cells they make.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::Group;

/// Texts one after another, a row's as many as its groups have titles. A table holds thousands: none has an
/// allocation of its own.
#[derive(Default)]
pub(super) struct Texts {
    octets: String,
    texts: Vec<Text>,
}

/// A text among [`Texts`], which begins where the one before ends.
struct Text {
    end: usize,
    /// Columns of a terminal that its widest line takes.
    width: usize,
}

impl Texts {
    /// Adds a text.
    pub fn push(&mut self, compose: impl FnOnce(&mut String)) {
        let start = self.octets.len();
        compose(&mut self.octets);
        let text = self.octets.get(start..).unwrap_or_default();
        let is_one = !text.as_bytes().contains(&b'\n');
        let width = if is_one { width(text) } else { text.split('\n').map(width).max().unwrap_or_default() };
        self.texts.push(Text { end: self.octets.len(), width });
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.texts.clear();
    }

    fn text(&self, index: usize) -> &str {
        let end = |index: usize| self.texts.get(index).map_or(0, |text| text.end);
        self.octets.get(index.checked_sub(1).map_or(0, end)..end(index)).unwrap_or_default()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// Calls `each` for every cell of every row: with its column, the column's group, and the texts in it.
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

    /// What a column has to be at the least for a cell of this group with these texts.
    pub fn width(&self, group: &Group, is_wide: bool, cell: Range<usize>) -> usize {
        let there = cell.filter(|index| !self.text(*index).is_empty());
        let widths = there.filter_map(|index| self.texts.get(index)).map(|text| text.width);
        let needed = match group.between {
            Some(between) if is_wide => widths.reduce(|sum, width| sum + between.len() + width),
            _ => widths.max(),
        };
        needed.unwrap_or_default()
    }

    /// Writes a cell: what is there of its texts, joined. Nothing stands for nothing.
    pub fn join(&self, group: &Group, is_wide: bool, cell: Range<usize>, joined: &mut String) {
        let between = group.between.filter(|_| is_wide).unwrap_or("\n");
        joined.clear();
        for text in cell.map(|index| self.text(index)).filter(|text| !text.is_empty()) {
            if !joined.is_empty() {
                joined.push_str(between);
            }
            joined.push_str(text);
        }
    }
}

/// The columns of a terminal that a line takes. Escape sequences, which only [`painted`] makes, take none.
///
/// [`painted`]: crate::report::look::painted
pub(super) fn width(line: &str) -> usize {
    if line.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
        return line.len();
    }
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)));
    plain.width()
}
