//! Text that came from packets, made safe for a terminal.
//!
//! A NAI or a message string may hold anything: escape sequences that retitle a window or hide a line, characters that
//! reverse the direction of writing, characters without width. It may also hold the halves of flag emoji and skin
//! tones: their width depends on the characters beside them, terminals do not agree on it, and some do not show a skin
//! tone at all. All these characters are shown as their numbers.

use std::fmt;

/// Shows octets as text that cannot control the terminal.
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

/// Makes a text of mipflow's own harmless, because it may contain a name that somebody else chose. Harmful characters
/// are shown as their numbers, but line feeds stay, and `\` stands for itself.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) && character != '\n' {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Text from a packet as a table cell: as [`Printable`], and such that a spreadsheet does not take it for a formula.
pub(super) fn cell(octets: &[u8]) -> String {
    let text = Printable(octets).to_string();
    let mut characters = text.chars();
    match characters.next() {
        Some(first @ ('=' | '+' | '-' | '@')) => format!("{}{}", first.escape_unicode(), characters.as_str()),
        _ => text,
    }
}

/// Whether a character is a control, a line separator, a direction mark, or a character that has no width or whose
/// width depends on its neighbours.
pub fn is_harmful(character: char) -> bool {
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
            | 0xfffe | 0xffff          // not characters, and not allowed in XML
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0x1f1e6..=0x1f1ff        // regional indicators: two make a flag
            | 0x1f3fb..=0x1f3ff        // skin tones
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
            // A flag, a hand with a tone of skin, and a family, which is three of them joined.
            ("\u{1f1e9}\u{1f1ea}@a", "\\u{1f1e9}\\u{1f1ea}@a"),
            ("\u{1f44d}\u{1f3fd}@a", "\u{1f44d}\\u{1f3fd}@a"),
            ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\\u{200d}\u{1f469}"),
        ] {
            assert_eq!(Printable(text.as_bytes()).to_string(), shown);
        }
        assert_eq!(Printable(b"\xff\xfea\x00").to_string(), "\\xff\\xfea\\u{0}");
    }
}
