//! Text in columns of the screen.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::facts::Facts;
use crate::report::Glyphs;

/// Text of exactly `width` columns: cut, with a mark, or filled up with blanks at its end.
pub fn left(text: &str, width: usize, ellipsis: &str) -> String {
    let text = cut(text, width, ellipsis);
    let blanks = width.saturating_sub(width_of(&text));
    format!("{text}{:blanks$}", "")
}

/// As [`left`], with the blanks before the text.
pub fn right(text: &str, width: usize, ellipsis: &str) -> String {
    let text = cut(text, width, ellipsis);
    let blanks = width.saturating_sub(width_of(&text));
    format!("{:blanks$}{text}", "")
}

/// Text of at most `width` columns; what was cut is marked.
pub fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(width_of(ellipsis));
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let more = Span::raw(character.to_string()).width();
        if used + more > room {
            break;
        }
        used += more;
        kept.push(character);
    }
    if width >= width_of(ellipsis) {
        kept.push_str(ellipsis);
    }
    kept
}

/// What a user typed, with escapes for what these glyphs cannot show.
pub fn typed(text: &str, glyphs: &Glyphs) -> String {
    // A typed backslash stays a single one: it does not begin an escape here.
    let pieces: Vec<String> =
        text.split('\\').map(|piece| glyphs.text(piece.as_bytes()).to_string()).collect();
    pieces.join("\\")
}

/// Columns a text takes.
pub fn width_of(text: &str) -> usize {
    Span::raw(text).width()
}

/// The width of a column of times: that of the longest of them, but at least that of a time of day, so that what stands
/// after the column keeps its place.
pub fn time_width<'t>(facts: Facts<'_>, times: impl Iterator<Item = &'t String>) -> usize {
    let of_day = match facts.precision().digits().min(3) {
        0 => "12:34:56".len(),
        digits => "12:34:56.".len() + usize::from(digits),
    };
    times.map(|time| width_of(time)).max().unwrap_or_default().max(of_day)
}

/// A count, of octets or packets, in at most four characters: `504`, `3.4k`, `12M`.
pub fn size(octets: u64) -> String {
    short(octets, &["", "k", "M", "G", "T", "P", "E"])
}

fn short(number: u64, units: &[&str]) -> String {
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    let mut tenths = number.saturating_mul(10);
    while tenths >= 10_000 {
        let Some(next) = units.next() else { break };
        unit = next;
        tenths /= 1000;
    }
    if unit.is_empty() || tenths >= 100 {
        format!("{}{unit}", tenths / 10)
    } else {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    }
}

/// The part of a line that is in sight when its first `from` columns are scrolled away.
pub fn scrolled(line: Line<'static>, from: usize) -> Line<'static> {
    if from == 0 {
        return line;
    }
    let mut skip = from;
    let mut spans = Vec::new();
    for span in line.spans {
        let (kept, passed) = without(&span.content, skip);
        skip = skip.saturating_sub(passed);
        if !kept.is_empty() {
            spans.push(Span::styled(kept, span.style));
        }
    }
    Line::from(spans)
}

/// A text without its first `columns`, and how many of those it had. A wide character that is cut in two leaves a
/// blank.
fn without(text: &str, columns: usize) -> (String, usize) {
    let mut passed = 0;
    let mut rest = text.chars();
    while passed < columns {
        let Some(character) = rest.next() else { break };
        passed += width_of(character.encode_utf8(&mut [0; 4]));
    }
    let halves = " ".repeat(passed.saturating_sub(columns));
    (halves + rest.as_str(), passed.min(columns))
}

/// The end of a text, as much of it as fits into `room` columns.
pub fn end(text: &str, room: usize) -> &str {
    let mut room = room;
    let place = text.char_indices().rev().take_while(|(_, character)| {
        let width = width_of(character.encode_utf8(&mut [0; 4]));
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    });
    let start = place.last().map_or(text.len(), |(start, _)| start);
    text.get(start..).unwrap_or_default()
}

/// A line of at most `width` columns; what was cut is marked.
pub fn fit(line: Line<'static>, width: usize, ellipsis: &str) -> Line<'static> {
    if line.width() <= width {
        return line;
    }
    let mut room = width;
    let mut spans = Vec::new();
    let mut rest = line.spans.into_iter().peekable();
    while let Some(span) = rest.next() {
        let is_last = rest.peek().is_none();
        let needed = span.width().saturating_add(if is_last { 0 } else { width_of(ellipsis) });
        if needed > room {
            // The blanks make the text wider than the room, so that `cut` marks it even where the span alone would fit.
            let text = format!("{}{}", span.content, " ".repeat(room.saturating_add(1)));
            spans.push(Span::styled(cut(&text, room, ellipsis), span.style));
            break;
        }
        room = room.saturating_sub(span.width());
        spans.push(span);
    }
    Line { spans, ..line }
}

/// A line in the making.
#[derive(Debug, Default)]
pub struct Row {
    spans: Vec<Span<'static>>,
}

impl Row {
    /// Adds text.
    pub fn push(&mut self, text: impl Into<String>, style: Style) -> &mut Self {
        self.spans.push(Span::styled(text.into(), style));
        self
    }

    /// Adds plain text.
    pub fn plain(&mut self, text: impl Into<String>) -> &mut Self {
        self.push(text, Style::new())
    }

    /// The line.
    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// Columns so far.
    pub fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_its_column() {
        assert_eq!(left("abc", 5, "…"), "abc  ");
        assert_eq!(right("abc", 5, "…"), "  abc");
        assert_eq!(left("abcdef", 4, "…"), "abc…");
        assert_eq!(left("日本語", 4, "…"), "日… ");
        assert_eq!(left("abc", 0, "…"), "");
        // What has no room but for the mark is cut, too.
        assert_eq!(
            [cut("abcdef", 1, "…"), cut("abcdef", 3, "..."), cut("abcdef", 2, "...")],
            ["…", "...", ""]
        );
    }

    #[test]
    fn wide_letters_take_two_columns_wherever_text_is_cut() {
        let line = || Line::from(vec![Span::raw("a日本"), Span::raw("語b")]);
        let from = |columns| scrolled(line(), columns).to_string();
        assert_eq!([from(0), from(1), from(2), from(3)], ["a日本語b", "日本語b", " 本語b", "本語b"]);
        assert_eq!([from(6), from(7), from(8), from(9)], [" b", "b", "", ""]);
        assert_eq!(
            [end("日本語b", 0), end("日本語b", 1), end("日本語b", 2), end("日本語b", 3)],
            ["", "b", "b", "語b"]
        );
        assert_eq!((end("日本語b", 7), end("ab", 9)), ("日本語b", "ab"));
        assert_eq!(fit(line(), 5, "…").to_string(), "a日…");
        assert_eq!(fit(line(), 6, "…").to_string(), "a日本…");
        assert_eq!(
            (fit(line(), 8, "…").to_string(), fit(line(), 7, "…").to_string()),
            ("a日本語b".to_owned(), "a日本…".to_owned())
        );
        assert_eq!(typed("a\\ ü", &Glyphs::ASCII), "a\\ \\u{fc}");
    }

    #[test]
    fn sizes_are_short() {
        for (octets, text) in
            [(0, "0"), (999, "999"), (1000, "1.0k"), (9_999, "9.9k"), (10_000, "10k"), (3_400_000, "3.4M")]
        {
            assert_eq!(size(octets), text);
        }
        assert_eq!(size(u64::MAX), "1.8E");
    }
}
