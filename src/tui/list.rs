//! A list with a cursor: what is selected stays selected when rows come and go.

use std::collections::BTreeSet;

/// Rows, the one under the cursor, and the first one on the screen.
#[derive(Clone, Debug)]
pub struct List<R> {
    rows: Vec<R>,
    at: usize,
    top: usize,
    /// Rows on the screen.
    page: usize,
    /// Rows that the user selected.
    marked: BTreeSet<R>,
}

impl<R> Default for List<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), at: 0, top: 0, page: 1, marked: BTreeSet::new() }
    }
}

impl<R: Copy + Ord> List<R> {
    /// All rows.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<R> {
        self.rows.get(self.at).copied()
    }

    /// The place of the row under the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The rows on the screen: the place of each, and the row.
    pub fn visible(&self) -> impl Iterator<Item = (usize, R)> {
        self.rows.iter().copied().enumerate().skip(self.top).take(self.page)
    }

    /// Rows that the user selected.
    pub fn marked(&self) -> &BTreeSet<R> {
        &self.marked
    }

    /// Puts other rows in place of these. The cursor stays on its row, and the row where it is on the screen; with
    /// `follow` it goes to the last row. A selected row that is gone gives the cursor to what is there now.
    pub fn replace(&mut self, rows: Vec<R>, follow: bool) {
        let selected = self.selected();
        let from_top = self.at.saturating_sub(self.top);
        self.rows = rows;
        let last = self.rows.len().saturating_sub(1);
        if follow {
            self.go(last);
            return;
        }
        let near = self.at.min(last);
        let place = selected.and_then(|row| {
            // Rows mostly stay where they are.
            if self.rows.get(near) == Some(&row) {
                return Some(near);
            }
            self.rows.iter().position(|other| *other == row)
        });
        self.at = place.unwrap_or(near);
        self.top = self.at.saturating_sub(from_top);
        self.keep_in_sight();
    }

    /// Adds rows at the end.
    pub fn extend(&mut self, rows: impl Iterator<Item = R>, follow: bool) {
        self.rows.extend(rows);
        if follow {
            self.go(self.rows.len().saturating_sub(1));
        }
    }

    /// Tells how many rows the screen has.
    pub fn set_page(&mut self, page: usize) {
        if self.page != page {
            self.page = page.max(1);
            self.keep_in_sight();
        }
    }

    /// How many rows the screen has.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Moves the cursor to a place.
    pub fn go(&mut self, place: usize) {
        self.at = place.min(self.rows.len().saturating_sub(1));
        self.keep_in_sight();
    }

    /// Moves the cursor to a row, if it is there.
    pub fn select(&mut self, row: R) -> bool {
        let place = self.rows.iter().position(|other| *other == row);
        if let Some(place) = place {
            self.go(place);
        }
        place.is_some()
    }

    /// Brings so many rows below the cursor into sight, as far as the cursor stays there.
    pub fn reveal(&mut self, rows: usize) {
        let lowest = self.at.saturating_add(rows).saturating_add(1).saturating_sub(self.page);
        self.top = self.top.max(lowest.min(self.at));
        self.keep_in_sight();
    }

    /// Moves the cursor by so many rows.
    pub fn step(&mut self, rows: isize) {
        self.go(self.at.saturating_add_signed(rows));
    }

    /// Moves the cursor to the row at this line of the screen; says whether there is one.
    pub fn point(&mut self, line: usize) -> bool {
        let place = self.top.saturating_add(line);
        let is_there = place < self.rows.len() && line < self.page;
        if is_there {
            self.go(place);
        }
        is_there
    }

    /// Selects the row under the cursor, or not any more, and goes to the next.
    pub fn mark(&mut self) {
        if let Some(row) = self.selected() {
            if !self.marked.remove(&row) {
                self.marked.insert(row);
            }
            self.step(1);
        }
    }

    fn keep_in_sight(&mut self) {
        let highest = self.rows.len().saturating_sub(self.page);
        self.top = self.top.min(self.at).min(highest).max((self.at + 1).saturating_sub(self.page));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: std::ops::Range<u32>) -> List<u32> {
        let mut list = List::default();
        list.set_page(5);
        list.replace(rows.collect(), false);
        list
    }

    #[test]
    fn the_cursor_stays_on_its_row() {
        let mut list = list(0..20);
        list.go(10);
        assert_eq!((list.selected(), list.top), (Some(10), 6));
        list.replace((3..30).collect(), false);
        assert_eq!((list.selected(), list.at, list.top), (Some(10), 7, 3));
        // Gone: whatever is there now.
        list.replace((11..14).collect(), false);
        assert_eq!((list.selected(), list.top), (Some(13), 0));
        list.replace(Vec::new(), false);
        assert_eq!((list.selected(), list.at), (None, 0));
        list.replace((0..20).collect(), true);
        assert_eq!((list.selected(), list.top), (Some(19), 15));
    }

    #[test]
    fn steps_end_at_the_ends() {
        let mut list = list(0..20);
        list.step(-1);
        assert_eq!(list.at, 0);
        list.step(1000);
        assert_eq!((list.at, list.top), (19, 15));
        list.step(isize::MIN);
        assert_eq!((list.at, list.top), (0, 0));
        assert!(list.point(4) && !list.point(5));
        assert_eq!(list.at, 4);
        list.set_page(0);
        assert_eq!(list.visible().count(), 1);
    }

    #[test]
    fn rows_below_the_cursor_come_into_sight_as_far_as_it_stays() {
        let mut list = list(0..20);
        list.go(4);
        list.reveal(0);
        assert_eq!(list.top, 0);
        list.reveal(2);
        assert_eq!((list.at, list.top), (4, 2));
        list.reveal(1);
        assert_eq!(list.top, 2);
        list.reveal(9);
        assert_eq!((list.at, list.top), (4, 4));
        list.go(18);
        list.reveal(9);
        assert_eq!((list.at, list.top), (18, 15));
    }

    #[test]
    fn marks_stay_with_their_rows() {
        let mut list = list(0..4);
        list.mark();
        list.mark();
        list.go(0);
        list.mark();
        assert_eq!(list.marked().iter().copied().collect::<Vec<_>>(), [1]);
        list.replace((1..9).collect(), false);
        assert_eq!(list.marked().iter().copied().collect::<Vec<_>>(), [1]);
    }
}
