//! A text from a file made fit to show a fault in it: long lines are shortened, and nothing controls the terminal.

use std::ops::Range;

use crate::report::is_harmful;

/// Characters that a line may have; a longer one is shortened to so many.
const MOST: usize = 240;
/// How many of them stand before the place that is shown.
const BEFORE: usize = 80;
/// Stands for what was left out.
const GAP: &str = "...";

/// `text` with what is harmful shown by its number, and its long lines shortened, that of `place` around it; and the
/// place there, which ends where its line is cut off. Lines keep their numbers.
pub(super) fn excerpt(text: &str, place: Range<usize>) -> (String, Range<usize>) {
    let (text, place) = harmless(text, place);
    shortened(&text, place)
}

/// `text` with what is harmful shown by its number, and the same place there. Tabs are for indenting, and lines may end
/// as they do on Windows.
fn harmless(text: &str, place: Range<usize>) -> (String, Range<usize>) {
    let mut shown = String::with_capacity(text.len());
    let (mut start, mut end) = (None, None);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if at >= place.start {
            start.get_or_insert(shown.len());
        }
        if at >= place.end {
            end.get_or_insert(shown.len());
        }
        let ends_a_line = character == '\n'
            || character == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
        if ends_a_line || character == '\t' || !is_harmful(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    let place = start.unwrap_or(shown.len())..end.unwrap_or(shown.len());
    (shown, place)
}

/// `text` with its long lines shortened.
fn shortened(text: &str, place: Range<usize>) -> (String, Range<usize>) {
    if text.lines().all(|line| line.chars().nth(MOST).is_none()) {
        return (text.to_owned(), place);
    }
    let mut short = String::new();
    let mut begin = 0usize;
    let mut found = place.clone();
    for line in text.split_inclusive('\n') {
        let end = begin.saturating_add(line.len());
        let is_here = (begin..end).contains(&place.start) || (end == text.len() && place.start >= end);
        let at = if is_here { place.start.saturating_sub(begin).min(line.len()) } else { 0 };
        let window = window(line, at);
        let cut = if window.start > 0 { GAP.len() } else { 0 };
        if is_here {
            let length = place.len().min(window.end.saturating_sub(at));
            let start = short.len().saturating_add(cut).saturating_add(at.saturating_sub(window.start));
            found = start..start.saturating_add(length);
        }
        if cut > 0 {
            short.push_str(GAP);
        }
        let is_cut = window.end < line.len();
        short.push_str(line.get(window).unwrap_or_default());
        if is_cut {
            short.push_str(GAP);
            short.push('\n');
        }
        begin = end;
    }
    (short, found)
}

/// The octets of a line that are shown: all, or [`MOST`] characters around `at`.
fn window(line: &str, at: usize) -> Range<usize> {
    let offsets = || line.char_indices().map(|(offset, _)| offset);
    if offsets().nth(MOST).is_none() {
        return 0..line.len();
    }
    let first = offsets().take_while(|offset| *offset < at).count().saturating_sub(BEFORE);
    let start = offsets().nth(first).unwrap_or_default();
    let end = offsets().nth(first.saturating_add(MOST)).unwrap_or(line.len());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay_as_they_are() {
        let text = "one\ntwo\n\nfour";
        for place in [0..3, 4..7, 2..10, 9..13, 13..13, 0..0] {
            assert_eq!(excerpt(text, place.clone()), (text.to_owned(), place));
        }
        assert_eq!(excerpt("", 0..0), (String::new(), 0..0));
    }

    #[test]
    fn what_a_terminal_could_obey_is_shown_by_its_number_and_the_place_stays() {
        for (before, wrong, after, shown) in [
            ("\u{1b}[2J", "wrong", "\u{202e}\n", ["\\u{1b}[2J", "wrong", "\\u{202e}\n"]),
            ("a = \"", "b\u{9b}31m\u{feff}c", "\"", ["a = \"", "b\\u{9b}31m\\u{feff}c", "\""]),
            ("one\rtwo\u{2028}", "\u{7}", "\u{85}", ["one\\u{d}two\\u{2028}", "\\u{7}", "\\u{85}"]),
            ("é\u{ad}\n", "", "", ["é\\u{ad}\n", "", ""]),
            ("one\r\n\t", "two", "\r\nthree\r\n", ["one\r\n\t", "two", "\r\nthree\r\n"]),
        ] {
            let place = before.len()..before.len() + wrong.len();
            let (text, place) = excerpt(&[before, wrong, after].concat(), place);
            assert_eq!(text, shown.concat());
            assert_eq!(place, shown[0].len()..shown[0].len() + shown[1].len(), "{text}");
        }
    }

    #[test]
    fn a_line_that_gets_long_by_it_is_shortened() {
        let text = format!("{}wrong\n", "\u{7}".repeat(100));
        let (short, place) = excerpt(&text, 100..105);
        // Five characters each, of which the last 80 before the place are shown.
        assert_eq!(short, format!("...{}wrong\n", "\\u{7}".repeat(16)));
        assert_eq!(short.get(place), Some("wrong"));
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let long = format!("{}wrong{}", "a".repeat(1_000), "b".repeat(1_000));
        let text = format!("first\n{long}\nlast\n");
        let (short, place) = excerpt(&text, 1_006..1_011);
        let lines: Vec<&str> = short.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[2]), (3, "first", "last"));
        assert_eq!(lines[1], format!("...{}wrong{}...", "a".repeat(80), "b".repeat(155)));
        assert_eq!(short.get(place), Some("wrong"));
    }

    #[test]
    fn a_place_that_is_long_itself_ends_where_its_line_is_cut_off() {
        let text = format!("raw = \"{}\"", "é".repeat(500_000));
        let (short, place) = excerpt(&text, 6..text.len());
        assert!(short.len() < 600 && short.starts_with("raw = \"é"), "{short}");
        assert_eq!(
            (place.start, short.get(place.clone()).map(|shown| shown.chars().count())),
            (6, Some(234))
        );
    }

    #[test]
    fn a_long_line_without_the_place_is_shown_from_its_beginning() {
        let text = format!("{}{}\nlast\n", "a".repeat(100), "b".repeat(900));
        let (short, place) = excerpt(&text, 1_002..1_004);
        assert_eq!(short, format!("{}{}...\nlast\n", "a".repeat(100), "b".repeat(140)));
        assert_eq!(short.get(place), Some("as"));
    }

    #[test]
    fn the_end_of_a_text_is_a_place_too() {
        for end in ["", "\n"] {
            let text = format!("x\n{}{end}", "a".repeat(1_000));
            let (short, place) = excerpt(&text, text.len()..text.len());
            assert!(short.starts_with("x\n...aaa") && short.ends_with(&format!("a{end}")), "{short}");
            assert_eq!(place, short.len()..short.len());
        }
    }
}
