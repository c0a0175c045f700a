//! Fields as lines of a packet tree: offset, bits, name, value and what the value means.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::ops::Range;

use super::finding_notes::FindingNotes;
use super::marked_lines::MarkedLines;
use super::{Clock, Glyphs, Look, Palette};
use crate::time::{Precision, Timestamp};
use crate::wire::{
    Field, IpProtocol, Meaning, SelectorLayout, TIMESTAMP_RANGE, TrafficSelector, Value, seconds_ahead,
};

/// Writes one line for each field, `depth` levels below the message that was captured at `moment`. Bits that share an
/// octet or a word stand below a line for the whole octet or word, as fields of a selector stand below the selector.
pub(super) fn write(
    out: &mut MarkedLines<'_>,
    fields: &[Field<'_>],
    depth: usize,
    moment: Timestamp,
    notes: &mut FindingNotes<'_>,
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let palette = &look.palette;
    let quiet = palette.quiet;
    let selector = fields.iter().find_map(|field| match &field.value {
        Value::Selector { selector, .. } => Some(selector),
        _ => None,
    });
    let mut word: Option<Range<usize>> = None;
    for (index, field) in fields.iter().enumerate() {
        // Findings about octets stand below the last line about these octets.
        let is_last =
            fields.get(index.saturating_add(1)).is_none_or(|next| next.octets.start >= field.octets.end);
        let below = usize::from(field.detail);
        if field.mask == 0 || field.value == Value::Absent {
            write_offset(out, Some(field).filter(|field| field.value != Value::Absent), palette)?;
            let indent = 2 * (depth + below);
            let aside = clock_of_sender(field, moment, clock);
            writeln!(
                out,
                "{:indent$}{}: {}{aside}",
                "",
                field.title,
                Shown { field, selector, glyphs: look.glyphs }
            )?;
            if is_last {
                notes.within(out, &field.octets, 6 + indent)?;
            }
            continue;
        }
        if word.as_ref() != Some(&field.octets) {
            let parts = fields.get(index..).unwrap_or_default();
            write_offset(out, Some(field), palette)?;
            let indent = 2 * depth;
            writeln!(out, "{:indent$}Flags: {}", "", Word(parts))?;
            word = Some(field.octets.clone());
        }
        let indent = 6 + 2 * (depth + 1);
        out.mark(field.octets.clone());
        let shown = Shown { field, selector, glyphs: look.glyphs };
        writeln!(out, "{:indent$}{quiet}{}{quiet:#} = {}: {shown}", "", bits(field), field.title)?;
        if is_last {
            notes.within(out, &field.octets, indent)?;
        }
    }
    Ok(())
}

/// Starts a line with the offset of a field, or with a dash where there is none.
fn write_offset(out: &mut MarkedLines<'_>, field: Option<&Field<'_>>, palette: &Palette) -> io::Result<()> {
    let quiet = palette.quiet;
    match field {
        Some(field) => {
            out.mark(field.octets.clone());
            write!(out, "{quiet}{:>6}{quiet:#}", field.octets.start)
        }
        None => write!(out, "{quiet}     -{quiet:#}"),
    }
}

/// The field's bits in their octets: `..1. ....`.
fn bits(field: &Field<'_>) -> String {
    let width = field.octets.len().max(1) * 8;
    let value = value_of(field).checked_shl(field.mask.trailing_zeros()).unwrap_or(0);
    let mut text = String::new();
    for bit in (0..width).rev() {
        text.push(match (field.mask >> bit & 1, value >> bit & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if bit > 0 && bit % 4 == 0 {
            text.push(' ');
        }
    }
    text
}

/// The number that stands in the field's bits.
fn value_of(field: &Field<'_>) -> u64 {
    match field.value {
        Value::Flag(set) => u64::from(set),
        Value::Number(number) => number,
        _ => 0,
    }
}

/// Octets that several fields share, shown as one number with the names of the flags that are set. Its parts are the
/// fields at the start of the list that have the same octets as the first field.
struct Word<'f, 'a>(&'f [Field<'a>]);

impl Display for Word<'_, '_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        let parts = || self.0.iter().take_while(|part| part.octets == first.octets && part.mask != 0);
        let value = parts()
            .fold(0, |word, part| word | value_of(part).checked_shl(part.mask.trailing_zeros()).unwrap_or(0));
        write!(formatter, "0x{value:0width$x}", width = 2 * first.octets.len())?;
        for part in parts().filter(|part| part.value == Value::Flag(true)) {
            write!(formatter, ", {}", part.title)?;
        }
        Ok(())
    }
}

/// A value with its meaning.
struct Shown<'f, 'a> {
    field: &'f Field<'a>,
    /// The selector that the field is part of, if it is part of one.
    selector: Option<&'f TrafficSelector>,
    glyphs: Glyphs,
}

impl Display for Shown<'_, '_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match &self.field.value {
            Value::Absent => return formatter.write_str("not there"),
            Value::Flag(set) => formatter.write_str(if *set { "set" } else { "not set" })?,
            Value::Number(number) => write!(formatter, "{number}")?,
            Value::Hexadecimal(number, digits) => write!(formatter, "0x{number:0digits$x}")?,
            Value::Ipv4(address) => write!(formatter, "{address}")?,
            Value::Ipv6(address) => write!(formatter, "{address}")?,
            Value::Text(octets) => write!(formatter, "{}", self.glyphs.text(octets))?,
            Value::Octets(octets) => octets.iter().try_for_each(|octet| write!(formatter, "{octet:02x}"))?,
            Value::List(octets) => {
                for (index, octet) in octets.iter().enumerate() {
                    write!(formatter, "{}{octet}", if index == 0 { "" } else { ", " })?;
                }
            }
            Value::Selector { selector, whole } => {
                if *whole {
                    write!(formatter, "{selector}")?;
                } else {
                    formatter.write_str("not whole")?;
                }
                if selector.layout == SelectorLayout::Direct {
                    return Ok(());
                }
            }
        }
        match self.field.meaning {
            Meaning::Name { name: Some(name), .. } | Meaning::Word(name) => write!(formatter, " ({name})")?,
            Meaning::Name { name: None, .. } | Meaning::None => {}
        }
        self.unit(formatter)
    }
}

impl Shown<'_, '_> {
    /// Writes what helps a reader beside the bare number: its unit, its name, or the number in hexadecimal.
    fn unit(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (Value::Number(number) | Value::Hexadecimal(number, _)) = self.field.value else { return Ok(()) };
        match self.field.key {
            "lifetime" if number != 0 && number != u64::from(u16::MAX) => formatter.write_str(" seconds"),
            "keepalive_interval" => formatter.write_str(" seconds"),
            "spi" | "key" | "selector_spi" | "selector_spi_end" => write!(formatter, " (0x{number:08x})"),
            "selector_ds" | "selector_ds_end" => write!(formatter, " (DS value {})", number >> 2),
            "selector_protocol" | "selector_protocol_end" => {
                match u8::try_from(number).ok().and_then(|number| IpProtocol(number).name()) {
                    Some(name) => write!(formatter, " ({name})"),
                    None => Ok(()),
                }
            }
            "selector_flags" => self.letters(formatter, number),
            _ => Ok(()),
        }
    }

    /// Writes the letters of the bits that are set in a selector's flags word, and the reserved bits if any is set.
    fn letters(&self, formatter: &mut Formatter<'_>, flags: u64) -> fmt::Result {
        let reserved = self.selector.map_or(0xffff, |selector| selector.format.reserved_mask());
        let lettered = ('A'..='P')
            .zip((16..32).rev())
            .filter(|(_, bit)| flags >> bit & 1 != 0 && reserved >> bit & 1 == 0);
        for (index, (letter, _)) in lettered.enumerate() {
            write!(formatter, "{}{letter}", if index == 0 { " (" } else { ", " })?;
        }
        if flags & !u64::from(reserved) != 0 {
            formatter.write_str(")")?;
        }
        match flags & u64::from(reserved) {
            0 => Ok(()),
            set => write!(formatter, ", reserved bits 0x{set:05x} set"),
        }
    }
}

/// What an Identification says if it is a timestamp (RFC 5944 §5.7.1): the second that its sender's clock showed, and
/// how far that is from the capture's clock. Empty if it is not a timestamp.
fn clock_of_sender(field: &Field<'_>, moment: Timestamp, clock: &mut Clock) -> String {
    let Value::Hexadecimal(identification, _) = field.value else { return String::new() };
    if field.key != "identification" {
        return String::new();
    }
    let ahead = seconds_ahead(identification, moment.seconds());
    let seconds = moment.seconds().saturating_add(ahead);
    let relation = match ahead {
        0 => "as in the capture".to_owned(),
        1..=TIMESTAMP_RANGE => format!("{ahead} s ahead of the capture"),
        _ if (-TIMESTAMP_RANGE..0).contains(&ahead) => format!("{} s behind the capture", -ahead),
        _ => return String::new(),
    };
    let time = clock.rfc3339(Timestamp::new(seconds, 0), Precision::SECONDS);
    format!(" (NTP {time}, {relation})")
}
