//! The characters of text output beyond letters and digits, in Unicode or in plain ASCII.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write as _};

use super::Printable;
use crate::rules::Wording;

/// Arrows, lines and marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Before a count: how often.
    pub times: &'static str,
    /// From one thing to another.
    pub arrow: &'static str,
    /// Between two remarks on one line.
    pub between: &'static str,
    /// Marks the choice that is in force.
    pub active: &'static str,
    /// Marks text that was shortened.
    pub ellipsis: &'static str,
    /// A horizontal line.
    pub rule: char,
    /// A horizontal double line: a tunnel.
    pub double: char,
    /// The line of one participant through time.
    pub lifeline: char,
    /// Head of an arrow to the right.
    pub right: char,
    /// Head of an arrow to the left.
    pub left: char,
    ascii: bool,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        times: "×",
        arrow: "→",
        between: "·",
        active: "▶",
        ellipsis: "…",
        rule: '─',
        double: '═',
        lifeline: '│',
        right: '▶',
        left: '◀',
        ascii: false,
    };

    /// For terminals that show only ASCII.
    pub const ASCII: Self = Self {
        times: "x",
        arrow: "->",
        between: "|",
        active: ">",
        ellipsis: "...",
        rule: '-',
        double: '=',
        lifeline: '|',
        right: '>',
        left: '<',
        ascii: true,
    };

    /// A text of mipflow's own, as it may be shown with these characters.
    pub fn words<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.ascii && !text.is_ascii() {
            Cow::Owned(text.replace('§', "section "))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// The wording of a finding, as it may be shown with these characters.
    pub fn wording(&self, wording: &Wording) -> String {
        self.words(&wording.text()).into_owned()
    }

    /// Text from a packet as it may be shown with these characters.
    pub fn text<'a>(&self, octets: &'a [u8]) -> impl Display + use<'a> {
        Shown { octets, ascii: self.ascii }
    }

    /// A NAI as it may be shown with these characters. An empty NAI is named: a blank would read as no NAI at all.
    pub fn nai(&self, octets: &[u8]) -> String {
        if octets.is_empty() { "empty NAI".to_owned() } else { self.text(octets).to_string() }
    }

    /// As [`Self::nai`], cut to `most` characters unless the NAI is empty.
    pub fn short_nai(&self, octets: &[u8], most: usize) -> String {
        if octets.is_empty() { self.nai(octets) } else { self.short_text(octets, most) }
    }

    /// As [`Self::text`], cut to `most` characters.
    pub fn short_text(&self, octets: &[u8], most: usize) -> String {
        let text = self.text(octets).to_string();
        match text.char_indices().nth(most) {
            None => text,
            Some(_) => {
                let kept = most.saturating_sub(self.ellipsis.chars().count());
                text.chars().take(kept).chain(self.ellipsis.chars()).collect()
            }
        }
    }
}

/// Octets as harmless text, and as ASCII only where that is wanted.
struct Shown<'a> {
    octets: &'a [u8],
    ascii: bool,
}

impl Display for Shown<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.ascii {
            write!(AsciiOnly(formatter), "{}", Printable(self.octets))
        } else {
            write!(formatter, "{}", Printable(self.octets))
        }
    }
}

/// Passes ASCII on and writes every other character as its number.
struct AsciiOnly<'f, 'b>(&'f mut Formatter<'b>);

impl fmt::Write for AsciiOnly<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| {
            if character.is_ascii() {
                self.0.write_char(character)
            } else {
                write!(self.0, "\\u{{{:x}}}", u32::from(character))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_text_fits_the_characters() {
        let nai = "münchen@\u{1b}[1m".as_bytes();
        assert_eq!(Glyphs::UNICODE.text(nai).to_string(), "münchen@\\u{1b}[1m");
        assert_eq!(Glyphs::ASCII.text(nai).to_string(), "m\\u{fc}nchen@\\u{1b}[1m");
        assert_eq!(Glyphs::UNICODE.short_text(b"0123456789", 10), "0123456789");
        assert_eq!(Glyphs::UNICODE.short_text(b"0123456789a", 10), "012345678…");
        assert_eq!(Glyphs::ASCII.short_text(b"0123456789a", 10), "0123456...");
    }
}
