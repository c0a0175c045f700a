//! Text that came from packets, made safe for a terminal.
//!
//! A NAI or a message string may hold anything: escape sequences that retitle a window or hide a line, characters
//! that reverse the direction of writing, characters without width. All of them are shown by their numbers.

use std::fmt;

/// Shows octets as text in which nothing controls the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => formatter.write_str("\\\\")?,
                    '\n' => formatter.write_str("\\n")?,
                    '\r' => formatter.write_str("\\r")?,
                    '\t' => formatter.write_str("\\t")?,
                    plain if !is_harmful(plain) => formatter.write_char(plain)?,
                    other => write!(formatter, "\\u{{{:x}}}", u32::from(other))?,
                }
            }
            for octet in chunk.invalid() {
                write!(formatter, "\\x{octet:02x}")?;
            }
        }
        Ok(())
    }
}

/// A sentence of ours that may quote a name or a text of others: as it is, but for what a terminal would obey.
pub fn harmless(sentence: &str) -> String {
    let mut out = String::with_capacity(sentence.len());
    for character in sentence.chars() {
        if is_harmful(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Controls, separators of lines, marks of direction, and characters that take no room.
pub(super) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00ad                     // soft hyphen
            | 0x034f                   // combining grapheme joiner
            | 0x061c                   // Arabic letter mark
            | 0x115f | 0x1160 | 0x3164 | 0xffa0 // Hangul fillers
            | 0x17b4 | 0x17b5
            | 0x180b..=0x180f          // Mongolian selectors and vowel separator
            | 0x200b..=0x200f          // zero width and direction marks
            | 0x2028..=0x202e          // separators and embeddings
            | 0x2060..=0x206f          // joiners and isolates
            | 0xfe00..=0xfe0f          // variation selectors
            | 0xfeff
            | 0xfff0..=0xfffb
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff) // tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_are_shown_not_obeyed() {
        for (text, shown) in [
            ("a@example.org", "a@example.org"),
            ("münchen@example", "münchen@example"),
            ("\u{1b}[2J\u{1b}]0;root\u{7}", "\\u{1b}[2J\\u{1b}]0;root\\u{7}"),
            ("line\r\nforged line", "line\\r\\nforged line"),
            ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\\u{1b}", "\\\\u{1b}"),
        ] {
            assert_eq!(Printable(text.as_bytes()).to_string(), shown);
        }
        assert_eq!(Printable(b"\xff\xfea\x00").to_string(), "\\xff\\xfea\\u{0}");
    }
}
