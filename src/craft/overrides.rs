//! Overrides: they set any field of a message to any value that its octets can hold, right or wrong.
//!
//! A field is named as in JSON, and a field of an extension after the extension's name: `lifetime`, `multipath.length`,
//! `flow-binding.bids`. All fields are looked up before any is changed, so that a changed Length moves nothing.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use thiserror::Error;

use super::hexadecimal;
use crate::wire::{
    AccessTechnology, Extension, Extensions, Field, Message, Numbers, RequestFlags, TrafficSelector, Value,
};

/// One field and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The key as it was written.
    pub key: String,
    /// The new value of the field.
    pub value: OverrideValue,
}

/// A value as a scenario can write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideValue {
    /// A number.
    Number(u64),
    /// A bit.
    Flag(bool),
    /// An address, a name, octets in hexadecimal, or text, depending on the field.
    Text(String),
    /// Numbers of one octet each.
    List(Vec<u8>),
    /// Words, such as the letters of flags.
    Words(Vec<String>),
}

/// Why a field cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OverrideError {
    /// The request has no extension of that name.
    #[error("the request has no extension '{name}'; it has {there}")]
    NoExtension {
        /// The name.
        name: String,
        /// The extensions it has.
        there: String,
    },
    /// There is no such field.
    #[error("there is no field '{field}'; fields are {there}")]
    NoField {
        /// The field.
        field: String,
        /// The fields there are.
        there: String,
    },
    /// The field cannot hold the value.
    #[error("'{field}' cannot hold that: {expected}")]
    Value {
        /// The field.
        field: String,
        /// What it can hold.
        expected: String,
    },
}

impl Override {
    /// The name of the extension, if the field belongs to one, and the name of the field.
    fn parts(&self) -> (Option<&str>, &str) {
        match self.key.split_once('.') {
            Some(("flags", _)) | None => (None, &self.key),
            Some((extension, field)) => (Some(extension), field),
        }
    }

    /// Whether the field belongs to an extension of that name.
    pub(super) fn is_of(&self, extension: &str) -> bool {
        self.parts().0 == Some(extension)
    }
}

/// Sets fields of the message in `octets`.
pub(super) fn apply(
    octets: &mut Vec<u8>,
    overrides: &[&Override],
    numbers: Numbers,
) -> Result<(), OverrideError> {
    let message = Message::parse(octets, 0, numbers);
    let mut edits = Vec::new();
    let mut names = Vec::new();
    for wanted in overrides {
        match wanted.parts() {
            (None, field) => {
                let mut fields = Vec::new();
                message.describe(&mut fields);
                edits.extend(edits_of(&fields, field, wanted, &[])?);
            }
            (Some(name), _) if names.contains(&name) => {}
            (Some(name), _) => {
                names.push(name);
                let found = message.extensions().find(|extension| extension.name() == name);
                let extension = found.ok_or_else(|| no_extension(name, message.extensions()))?;
                let of_it: Vec<&Override> =
                    overrides.iter().copied().filter(|wanted| wanted.is_of(name)).collect();
                edits.extend(extension_edits(&extension, &of_it)?);
            }
        }
    }
    carry_out(octets, edits);
    Ok(())
}

/// Sets fields of the extension that begins at `offset`; all of `overrides` must be about it.
pub(super) fn apply_to_extension(
    octets: &mut Vec<u8>,
    offset: usize,
    overrides: &[&Override],
    numbers: Numbers,
) -> Result<(), OverrideError> {
    let Some(extension) = Extensions::new(octets, offset, 0, numbers).next() else { return Ok(()) };
    let edits = extension_edits(&extension, overrides)?;
    carry_out(octets, edits);
    Ok(())
}

/// A change of octets.
enum Edit {
    /// Changes some bits of some octets.
    Bits { octets: Range<usize>, mask: u64, value: u64 },
    /// Replaces some octets by any number of others.
    Splice { octets: Range<usize>, by: Vec<u8> },
}

impl Edit {
    fn octets(&self) -> &Range<usize> {
        match self {
            Self::Bits { octets, .. } | Self::Splice { octets, .. } => octets,
        }
    }

    /// How many octets the message grows by; negative if it shrinks.
    fn growth(&self) -> i64 {
        match self {
            Self::Bits { .. } => 0,
            Self::Splice { octets, by } => {
                let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
                length(by.len()).saturating_sub(length(octets.len()))
            }
        }
    }
}

/// Makes the changes from the end to the front, so that the places that were looked up stay valid.
fn carry_out(octets: &mut Vec<u8>, mut edits: Vec<Edit>) {
    // A field without octets stands before the one that begins at the same place.
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.octets().start, edit.octets().end)));
    for edit in edits {
        match edit {
            Edit::Bits { octets: range, mask, value } => {
                let Some(place) = octets.get_mut(range) else { continue };
                let before = place.iter().fold(0u64, |number, octet| number << 8 | u64::from(*octet));
                let after = (before & !mask | value & mask).to_be_bytes();
                let start = after.len().saturating_sub(place.len());
                place.copy_from_slice(after.get(start..).unwrap_or_default());
            }
            Edit::Splice { octets: range, by } => {
                if range.end <= octets.len() {
                    octets.splice(range, by);
                }
            }
        }
    }
}

/// The changes for fields of an extension. If its octets grow or shrink, its Length is adjusted, unless the Length is
/// overridden too.
fn extension_edits(extension: &Extension<'_>, wanted: &[&Override]) -> Result<Vec<Edit>, OverrideError> {
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    extension.describe(&mut fields);
    let siblings: Vec<&str> = wanted.iter().map(|wanted| wanted.parts().1).collect();
    let (mut edits, mut growth, mut grown) = (Vec::new(), 0i64, "");
    for wanted in wanted {
        let of_it = edits_of(&fields, wanted.parts().1, wanted, &siblings)?;
        let growth_of_it: i64 = of_it.iter().map(Edit::growth).sum();
        if growth_of_it > 0 {
            grown = &wanted.key;
        }
        growth = growth.saturating_add(growth_of_it);
        edits.extend(of_it);
    }
    if growth == 0 || siblings.contains(&"length") {
        return Ok(edits);
    }
    let length = fields.iter().find(|field| field.key == "length");
    if let Some(Field { octets, value: Value::Number(before), .. }) = length {
        let (value, most) = (before.saturating_add_signed(growth), mask_of(octets));
        if value > most {
            let name = extension.name();
            let expected = format!("a Length of {value} cannot be written, so set {name}.length too");
            return Err(OverrideError::Value { field: grown.to_owned(), expected });
        }
        edits.push(Edit::Bits { octets: octets.clone(), mask: most, value });
    }
    Ok(edits)
}

fn edits_of(
    fields: &[Field<'_>],
    name: &str,
    wanted: &Override,
    siblings: &[&str],
) -> Result<Vec<Edit>, OverrideError> {
    if name == "flags" {
        return flags(fields, wanted);
    }
    // JSON shows these names and texts beside the field that they describe.
    let key = match name {
        "if_att_name" => "if_att",
        "selector_text" => "selector",
        other => other,
    };
    let field = fields.iter().find(|field| field.key == key).ok_or_else(|| no_field(name, fields))?;
    let wrong = |expected: String| OverrideError::Value { field: wanted.key.clone(), expected };
    match &field.value {
        Value::Text(_) | Value::Octets(_) | Value::List(_) | Value::Selector { .. } | Value::Ipv6(_) => {
            let by =
                octets_for(name, &field.value, &wanted.value).map_err(|expected| wrong(expected.into()))?;
            let mut edits = Vec::new();
            let count = fields.iter().find(|field| field.key == "bid_count" && key == "bids");
            if let Some(count) = count.filter(|_| !siblings.contains(&"bid_count")) {
                let value = u64::try_from(by.len()).unwrap_or(u64::MAX).min(255);
                edits.push(Edit::Bits { octets: count.octets.clone(), mask: 0xff, value });
            }
            edits.push(Edit::Splice { octets: field.octets.clone(), by });
            Ok(edits)
        }
        _ => {
            let mask = match field.mask {
                0 => mask_of(&field.octets),
                mask => mask.into(),
            };
            let shift = mask.trailing_zeros();
            let most = mask.checked_shr(shift).unwrap_or_default();
            let number = number_for(name, &field.value, &wanted.value)
                .filter(|number| *number <= most)
                .ok_or_else(|| wrong(expected_of(name, &field.value, most)))?;
            Ok(vec![Edit::Bits { octets: field.octets.clone(), mask, value: number << shift }])
        }
    }
}

/// The change for all flags at once, from a number of one octet or from their letters.
fn flags(fields: &[Field<'_>], wanted: &Override) -> Result<Vec<Edit>, OverrideError> {
    let first = fields.iter().find(|field| field.key.starts_with("flags."));
    let first = first.ok_or_else(|| no_field("flags", fields))?;
    let letters = |letters: &str| letters.parse::<RequestFlagsText>().ok().map(|flags| flags.0.0.into());
    let value = match &wanted.value {
        OverrideValue::Number(number) => Some(*number).filter(|number| *number <= 0xff),
        OverrideValue::Text(text) => letters(text),
        OverrideValue::Words(words) => letters(&words.join("")),
        OverrideValue::List(list) if list.is_empty() => Some(0),
        OverrideValue::Flag(_) | OverrideValue::List(_) => None,
    };
    let expected = "it takes a number from 0 to 255, or letters of S B D M G r T x";
    let value = value
        .ok_or_else(|| OverrideError::Value { field: wanted.key.clone(), expected: expected.to_owned() })?;
    Ok(vec![Edit::Bits { octets: first.octets.clone(), mask: 0xff, value }])
}

/// Flags as letters, with commas or blanks between them or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFlagsText(pub RequestFlags);

impl std::str::FromStr for RequestFlagsText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut flags = RequestFlags::default();
        for letter in text.chars().filter(|letter| *letter != ',' && !letter.is_whitespace()) {
            let known = RequestFlags::LETTERS.into_iter().find(|(_, name)| name.chars().eq([letter]));
            let (mask, _) = known
                .ok_or_else(|| format!("'{letter}' is not a flag; flags are S, B, D, M, G, r, T and x"))?;
            flags.0 |= mask;
        }
        Ok(Self(flags))
    }
}

fn mask_of(octets: &Range<usize>) -> u64 {
    let bits = u32::try_from(octets.len().saturating_mul(8)).unwrap_or(64).min(64);
    u64::MAX.checked_shr(64u32.saturating_sub(bits)).unwrap_or_default()
}

fn number_for(name: &str, found: &Value<'_>, wanted: &OverrideValue) -> Option<u64> {
    match (found, wanted) {
        (Value::Ipv4(_), OverrideValue::Text(text)) => {
            text.parse::<Ipv4Addr>().ok().map(|address| u32::from(address).into())
        }
        (Value::Ipv4(_), _) => None,
        (_, OverrideValue::Number(number)) => Some(*number),
        (_, OverrideValue::Flag(flag)) => Some(u64::from(*flag)),
        (_, OverrideValue::Text(text)) => match (name, text.as_str()) {
            ("type", "rrq") | ("action", "forward") => Some(1),
            ("type", "rrp") => Some(3),
            ("action", "drop") => Some(0),
            ("if_att_name" | "if_att", name) => {
                AccessTechnology::from_name(name).map(|technology| technology.0.into())
            }
            (_, text) if text.starts_with("0x") => hexadecimal::number(text),
            ("identification", text) => hexadecimal::number(text),
            _ => None,
        },
        _ => None,
    }
}

fn expected_of(name: &str, found: &Value<'_>, most: u64) -> String {
    match (name, found) {
        (_, Value::Ipv4(_)) => "it takes an IPv4 address".to_owned(),
        ("identification", _) => "it takes a number, or up to 16 hexadecimal digits".to_owned(),
        ("action", _) => "it takes drop, forward, or a number from 0 to 255".to_owned(),
        _ => format!("it takes a number from 0 to {most}"),
    }
}

/// The new octets of a field of variable length.
fn octets_for(name: &str, found: &Value<'_>, wanted: &OverrideValue) -> Result<Vec<u8>, &'static str> {
    match (found, wanted) {
        (Value::Ipv6(_), OverrideValue::Text(text)) => {
            let address = text.parse::<Ipv6Addr>();
            address.map(|address| address.octets().to_vec()).map_err(|_| "it takes an IPv6 address")
        }
        (Value::Ipv6(_), _) => Err("it takes an IPv6 address"),
        (_, OverrideValue::List(list)) => Ok(list.clone()),
        (Value::Selector { .. }, OverrideValue::Text(text)) if name == "selector_text" => {
            let selector: TrafficSelector = text.parse().map_err(|_| "it takes selector text")?;
            let mut octets = Vec::new();
            selector.emit(&mut octets);
            Ok(octets)
        }
        (Value::Text(_), OverrideValue::Text(text)) => Ok(text.as_bytes().to_vec()),
        (Value::Octets(_) | Value::Selector { .. }, OverrideValue::Text(text)) => {
            hexadecimal::octets(text).ok_or("it takes pairs of hexadecimal digits, or a list of octets")
        }
        (Value::List(_), _) => Err("it takes a list of numbers from 0 to 255"),
        (Value::Text(_), _) => Err("it takes text"),
        _ => Err("it takes pairs of hexadecimal digits, or a list of octets"),
    }
}

fn no_field(name: &str, fields: &[Field<'_>]) -> OverrideError {
    let mut there: Vec<&str> = Vec::new();
    for key in fields.iter().filter(|field| !field.detail).map(|field| field.key) {
        let key = if key.starts_with("flags.") { "flags" } else { key };
        if !there.contains(&key) {
            there.push(key);
        }
    }
    OverrideError::NoField { field: name.to_owned(), there: there.join(", ") }
}

fn no_extension<'a>(name: &str, extensions: impl Iterator<Item = Extension<'a>>) -> OverrideError {
    let there: Vec<&str> = extensions.map(|extension| extension.name()).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    OverrideError::NoExtension { name: name.to_owned(), there }
}

#[cfg(test)]
mod tests;
