//! What a reader reports about each field: its name, place, value and meaning.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::TrafficSelector;

/// One field as it stood on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    /// The name in JSON and in a scenario's `override`.
    pub key: &'static str,
    /// The name in the RFC's figure.
    pub title: &'static str,
    /// The octets it occupies, from the start of the UDP payload.
    pub octets: Range<usize>,
    /// The bits of these octets that belong to the field, as one big-endian number; 0 if all do.
    pub mask: u32,
    /// The value on the wire.
    pub value: Value<'a>,
    /// The meaning of that value.
    pub meaning: Meaning,
    /// Whether the field is part of the field before it: shown below that one in a tree, and left out of the JSON.
    pub detail: bool,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// The field could not be read.
    Absent,
    /// A single bit.
    Flag(bool),
    /// An unsigned number.
    Number(u64),
    /// An unsigned number that is written in hexadecimal, with its count of digits.
    Hexadecimal(u64, usize),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// Text, in an encoding of the sender's choice.
    Text(&'a [u8]),
    /// Octets without further structure.
    Octets(&'a [u8]),
    /// A list of one-octet numbers.
    List(&'a [u8]),
    /// A traffic selector (RFC 6088 §3) as far as it could be read.
    Selector {
        /// The selector.
        selector: TrafficSelector,
        /// Whether all fields that its flags promise are there.
        whole: bool,
    },
}

/// The meaning of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// No meaning beyond the number itself.
    None,
    /// A name, printed beside the number; in JSON under its own key, if it has one.
    Name {
        /// The JSON key of the name.
        key: Option<&'static str>,
        /// The name; `None` for an unassigned number.
        name: Option<&'static str>,
    },
    /// A word that takes the number's place in JSON.
    Word(&'static str),
}

/// A receiver of every field that is read.
pub trait FieldSink<'a> {
    /// Whether the sink wants fields with [`Field::detail`] set.
    const WANTS_DETAILS: bool = true;

    /// Takes the next field, in wire order.
    fn field(&mut self, field: Field<'a>);
}

/// A sink that ignores all fields, for callers that only want the typed value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl FieldSink<'_> for Discard {
    const WANTS_DETAILS: bool = false;

    #[inline]
    fn field(&mut self, _: Field<'_>) {}
}

impl<'a> FieldSink<'a> for Vec<Field<'a>> {
    fn field(&mut self, field: Field<'a>) {
        self.push(field);
    }
}
