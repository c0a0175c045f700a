//! JSON written straight into a buffer, for the kinds of object that a capture has by the hundred thousand.
//!
//! The rest of the report goes through serde. Messages and findings do not, because nearly all their text is known to
//! need no escaping (keys, words, digits, addresses), and checking each octet of it again takes longer than decoding.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::printable::is_harmful;
use crate::dotted::{decimal, dotted, dotted_end};

/// A type that can be written as a JSON value.
pub(super) trait ToJson {
    /// Appends the value.
    fn write(&self, out: &mut Vec<u8>);
}

/// An object that is being written to `out`, where it begins at octet `start`.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

/// Octets enough for any key, with a comma and a quotation mark before it, and a quotation mark and a colon after it.
const KEY_ROOM: usize = 40;

impl<'o> Object<'o> {
    /// Begins an object.
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// Appends an entry. Keys are those of the contract: short, and with nothing to escape.
    // With a literal key the compiler knows all the text before the value: a store or two instead of four copies.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn entry(&mut self, key: &'static str, value: impl ToJson) {
        debug_assert!(key.bytes().all(is_plain), "{key} needs escaping");
        debug_assert!(key.len() + 4 <= KEY_ROOM, "{key} is too long");
        let mut before = [0; KEY_ROOM];
        let parts = [b",\"", key.as_bytes(), b"\":"];
        let mut length = 0;
        for part in parts {
            if let Some(room) = before.get_mut(length..length + part.len()) {
                room.copy_from_slice(part);
            }
            length += part.len();
        }
        self.out.extend_from_slice(before.get(..length).unwrap_or_default());
        value.write(self.out);
    }

    /// Ends the object.
    pub(super) fn end(self) {
        open(self.out, self.start, b'{');
        self.out.push(b'}');
    }
}

/// Appends an array of `values`.
pub(super) fn array<T: ToJson>(out: &mut Vec<u8>, values: impl IntoIterator<Item = T>) {
    let start = out.len();
    for value in values {
        out.push(b',');
        value.write(out);
    }
    open(out, start, b'[');
    out.push(b']');
}

/// Puts `bracket` in place of the comma at `start`, which precedes the first entry, or appends it if there are none.
fn open(out: &mut Vec<u8>, start: usize, bracket: u8) {
    match out.get_mut(start) {
        Some(comma) => *comma = bracket,
        None => out.push(bracket),
    }
}

/// `null`.
pub(super) struct Null;

impl ToJson for Null {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}

/// A word of mipflow's own: text with nothing to escape.
#[derive(Clone, Copy)]
pub(super) struct Word<'w>(pub &'w str);

impl ToJson for Word<'_> {
    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        debug_assert!(self.0.bytes().all(is_plain), "{} needs escaping", self.0);
        out.push(b'"');
        out.extend_from_slice(self.0.as_bytes());
        out.push(b'"');
    }
}

/// A value whose `Display` text has nothing to escape, as a [`Word`] has not.
pub(super) struct Phrase<T>(pub T);

impl<T: Display> ToJson for Phrase<T> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        let start = out.len();
        // Neither the buffer nor the `Display` of the values written here can fail.
        let _ = write!(Plain(out), "{}", self.0);
        debug_assert!(out.iter().skip(start).all(|octet| is_plain(*octet)), "{} needs escaping", self.0);
        out.push(b'"');
    }
}

/// A value with a `Display` text, which is escaped where necessary.
pub(super) struct Text<T>(pub T);

impl<T: Display> ToJson for Text<T> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        // Neither the buffer nor the `Display` of the values written here can fail.
        let _ = write!(Escaped(out), "{}", self.0);
        out.push(b'"');
    }
}

/// A number (`.0`) as text: `0x` and at least `.1` hexadecimal digits.
pub(super) struct Hexadecimal(pub u64, pub usize);

impl ToJson for Hexadecimal {
    fn write(&self, out: &mut Vec<u8>) {
        let Self(number, digits) = self;
        if *digits != 16 {
            // Writing to a buffer cannot fail.
            let _ = write!(out, "\"0x{number:0digits$x}\"");
            return;
        }
        out.extend_from_slice(b"\"0x");
        out.extend_from_slice(number.to_be_bytes().map(hexadecimal_digits).as_flattened());
        out.push(b'"');
    }
}

/// Octets as pairs of hexadecimal digits.
pub(super) struct HexadecimalOctets<'a>(pub &'a [u8]);

impl ToJson for HexadecimalOctets<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        let (eights, rest) = self.0.as_chunks::<8>();
        for eight in eights {
            out.extend_from_slice(eight.map(hexadecimal_digits).as_flattened());
        }
        for octet in rest {
            out.extend_from_slice(&hexadecimal_digits(*octet));
        }
        out.push(b'"');
    }
}

impl ToJson for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl ToJson for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        number(out, *self);
    }
}

impl ToJson for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        number(out, (*self).into());
    }
}

impl ToJson for u16 {
    fn write(&self, out: &mut Vec<u8>) {
        number(out, (*self).into());
    }
}

impl ToJson for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        octet(out, *self);
    }
}

impl ToJson for usize {
    fn write(&self, out: &mut Vec<u8>) {
        number(out, *self as u64);
    }
}

impl ToJson for &str {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        // Writing to a buffer cannot fail.
        let _ = Escaped(out).write_str(self);
        out.push(b'"');
    }
}

impl ToJson for Ipv4Addr {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(dotted(*self).octets());
        out.push(b'"');
    }
}

impl ToJson for Ipv6Addr {
    fn write(&self, out: &mut Vec<u8>) {
        let _ = write!(out, "\"{self}\"");
    }
}

impl ToJson for IpAddr {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(address) => address.write(out),
            Self::V6(address) => address.write(out),
        }
    }
}

impl ToJson for SocketAddr {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(endpoint) => {
                out.push(b'"');
                out.extend_from_slice(dotted_end(*endpoint.ip(), endpoint.port()).octets());
                out.push(b'"');
            }
            Self::V6(endpoint) => {
                let _ = write!(out, "\"{endpoint}\"");
            }
        }
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => Null.write(out),
        }
    }
}

/// A range: its first and last value.
impl<T: ToJson> ToJson for (T, T) {
    fn write(&self, out: &mut Vec<u8>) {
        array(out, [&self.0, &self.1]);
    }
}

impl<T: ToJson> ToJson for &T {
    fn write(&self, out: &mut Vec<u8>) {
        (*self).write(out);
    }
}

/// Whether an octet of a text stands for itself in JSON.
// Without a branch, so that one instruction can check many octets.
#[allow(clippy::needless_bitwise_bool)]
const fn is_plain(octet: u8) -> bool {
    (octet >= b' ') & (octet != b'"') & (octet != b'\\')
}

/// Appends text that needs no escaping.
struct Plain<'o>(&'o mut Vec<u8>);

impl fmt::Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Escapes what serde would escape, and also the characters for which [`is_harmful`] is true.
struct Escaped<'o>(&'o mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Self(out) = self;
        let mut rest = text;
        // Nearly all text is harmless: it is copied in one piece up to the next character in doubt.
        while let Some((plain, other)) = split_at_doubt(rest) {
            out.extend_from_slice(plain.as_bytes());
            let mut characters = other.chars();
            if let Some(character) = characters.next() {
                escape(out, character);
            }
            rest = characters.as_str();
        }
        out.extend_from_slice(rest.as_bytes());
        Ok(())
    }
}

/// Appends a character, as a JSON escape sequence where it cannot stand for itself.
fn escape(out: &mut Vec<u8>, character: char) {
    let short: &[u8] = match character {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        '\n' => b"\\n",
        '\r' => b"\\r",
        '\t' => b"\\t",
        '\u{8}' => b"\\b",
        '\u{c}' => b"\\f",
        _ if is_harmful(character) => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a buffer cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
            return;
        }
        _ => return out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    };
    out.extend_from_slice(short);
}

/// Whether an octet stands for itself in JSON and cannot be part of a character that controls a terminal.
#[allow(clippy::needless_bitwise_bool)] // without a branch, as `is_plain`
const fn is_harmless(octet: u8) -> bool {
    is_plain(octet) & (octet < 0x7f)
}

/// Appends an object as serde writes it, but no text from a packet in it can control a terminal: a character that
/// [`Printable`](super::Printable) shows as its number is written here as `\u` and four digits, which reads back as
/// the same text.
pub(super) fn serialize(out: &mut Vec<u8>, object: &impl serde::Serialize) -> serde_json::Result<()> {
    object.serialize(&mut serde_json::Serializer::with_formatter(out, PlainText))
}

struct PlainText;

impl serde_json::ser::Formatter for PlainText {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0; 2];
        let mut rest = fragment;
        // Nearly all text is harmless: it is written in one piece up to the next character in doubt.
        while let Some((plain, other)) = split_at_doubt(rest) {
            writer.write_all(plain.as_bytes())?;
            let mut characters = other.chars();
            if let Some(character) = characters.next() {
                if is_harmful(character) {
                    for unit in character.encode_utf16(&mut units) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                } else {
                    writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
                }
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Splits a text before the first character that may need escaping; `None` if there is none.
fn split_at_doubt(text: &str) -> Option<(&str, &str)> {
    // All octets of a piece are checked together, which takes a fraction of the time.
    let (pieces, _) = text.as_bytes().as_chunks::<32>();
    let is_doubtful =
        |piece: &&[u8; 32]| piece.iter().fold(false, |doubt, octet| doubt | !is_harmless(*octet));
    let harmless = pieces.iter().take_while(|piece| !is_doubtful(piece)).count().saturating_mul(32);
    let rest = text.as_bytes().get(harmless..).unwrap_or_default();
    let place = rest.iter().position(|octet| !is_harmless(*octet))?;
    text.split_at_checked(harmless.saturating_add(place))
}

fn octet(out: &mut Vec<u8>, value: u8) {
    let (digits, length) = decimal(value);
    let end = out.len() + length;
    out.extend_from_slice(&digits);
    out.truncate(end);
}

fn number(out: &mut Vec<u8>, value: u64) {
    // Most numbers are lengths, offsets and the like, and fit in an octet.
    if let Ok(value) = u8::try_from(value) {
        return octet(out, value);
    }
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
fn hexadecimal_digits(octet: u8) -> [u8; 2] {
    static PAIRS: [[u8; 2]; 256] = hexadecimal_pairs();
    PAIRS.get(usize::from(octet)).copied().unwrap_or_default()
}

// Evaluated by the compiler, which would reject a wrong index.
#[allow(clippy::indexing_slicing)]
const fn hexadecimal_pairs() -> [[u8; 2]; 256] {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut octet = 0;
    while octet < pairs.len() {
        pairs[octet] = [digits[octet >> 4], digits[octet & 15]];
        octet += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: impl ToJson) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn objects_and_arrays_have_commas_between() {
        let mut out = Vec::new();
        Object::begin(&mut out).end();
        let mut object = Object::begin(&mut out);
        object.entry("a", 1u8);
        object.entry("b", Some((true, false)));
        object.entry("c", None::<u8>);
        object.end();
        array(&mut out, [0u8; 0]);
        array(&mut out, [Word("x"), Word("y")]);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{}{"a":1,"b":[true,false],"c":null}[]["x","y"]"#);
    }

    #[test]
    fn numbers_and_addresses() {
        assert_eq!(text(Hexadecimal(0xe8fe_6f80_0d46_8152, 16)), r#""0xe8fe6f800d468152""#);
        assert_eq!(text(Hexadecimal(0xab, 4)), r#""0x00ab""#);
        assert_eq!(text(HexadecimalOctets(&[0, 0x9a, 0xff])), r#""009aff""#);
        assert_eq!(text(u64::MAX), "18446744073709551615");
        for endpoint in ["10.0.99.255:434", "0.9.100.199:0", "[2001:db8::1]:65535"] {
            assert_eq!(text(endpoint.parse::<SocketAddr>().unwrap()), format!("\"{endpoint}\""));
        }
    }

    #[test]
    fn every_octet_has_its_digits() {
        for value in 0..=u8::MAX {
            assert_eq!(text(value), value.to_string());
            assert_eq!(text(HexadecimalOctets(&[value])), format!("\"{value:02x}\""));
        }
    }

    proptest! {
        #[test]
        fn text_reads_back(string in any::<String>()) {
            let written = text(Text(&string));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), string);
        }

        #[test]
        fn ascii_reads_back(octets in prop::collection::vec(0u8..127, 0..40)) {
            let string = String::from_utf8(octets).unwrap();
            prop_assert_eq!(text(Text(&string)), serde_json::to_string(&string).unwrap());
        }
    }
}
