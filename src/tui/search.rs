//! Searches, done in pieces: a hundred thousand rows must not keep a key waiting.

/// What is looked for, and how far the search has come.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What was typed; empty for nothing.
    pub text: String,
    /// Where the cursor was when the typing began.
    pub origin: usize,
    scan: Option<Scan>,
    /// Whether the last search found nothing.
    pub failed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Scan {
    next: usize,
    left: usize,
    forward: bool,
}

impl Search {
    /// Begins a search at row `from`, that row included if `here`.
    pub fn begin(&mut self, from: usize, rows: usize, forward: bool, here: bool) {
        self.failed = false;
        if self.text.is_empty() || rows == 0 {
            self.failed = !self.text.is_empty();
            self.scan = None;
            return;
        }
        let from = from.min(rows - 1);
        let next = if here { from } else { next(from, rows, forward) };
        self.scan = Some(Scan { next, left: rows, forward });
    }

    /// Whether the search is not over yet.
    pub fn is_busy(&self) -> bool {
        self.scan.is_some()
    }

    /// Looks at up to `budget` more of `rows` rows, whose texts `text` gives; returns the place of the first row that
    /// matches. Case and the number of blanks make no difference.
    pub fn go_on(&mut self, rows: usize, budget: usize, text: impl Fn(usize) -> String) -> Option<usize> {
        let mut scan = self.scan.take()?;
        let wanted = plain(&self.text);
        for _ in 0..budget {
            if scan.left == 0 || rows == 0 {
                self.failed = true;
                return None;
            }
            let place = scan.next.min(rows - 1);
            scan = Scan { next: next(place, rows, scan.forward), left: scan.left - 1, ..scan };
            if plain(&text(place)).contains(&wanted) {
                return Some(place);
            }
        }
        self.scan = Some(scan);
        None
    }
}

/// Text in small letters, with one blank where columns have many.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_whitespace() {
            plain.extend(character.to_lowercase());
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain
}

/// The next row in the given direction, from one end on to the other.
fn next(place: usize, rows: usize, forward: bool) -> usize {
    match (forward, place) {
        (true, place) if place + 1 < rows => place + 1,
        (true, _) => 0,
        (false, 0) => rows.saturating_sub(1),
        (false, place) => place - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_go_round_in_pieces() {
        let rows = ["one", "two", "three", "two again"];
        let text = |place: usize| rows[place].to_owned();
        let mut search = Search { text: "two".to_owned(), ..Search::default() };
        search.begin(0, 4, true, true);
        assert_eq!(search.go_on(4, 1, text), None);
        assert!(search.is_busy());
        assert_eq!(search.go_on(4, 1, text), Some(1));
        assert!(!search.is_busy());
        search.begin(1, 4, true, false);
        assert_eq!(search.go_on(4, 10, text), Some(3));
        search.begin(3, 4, true, false);
        assert_eq!(search.go_on(4, 10, text), Some(1));
        search.begin(1, 4, false, false);
        assert_eq!(search.go_on(4, 10, text), Some(3));
        search.text = "TWO  A".to_owned();
        search.begin(0, 4, true, true);
        assert_eq!(search.go_on(4, 10, text), Some(3));
        search.text = "four".to_owned();
        search.begin(0, 4, true, true);
        assert_eq!(search.go_on(4, 10, text), None);
        assert!(search.failed && !search.is_busy());
    }
}
