//! What a reader of octets tells about each field: its name, place, value and meaning.

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
    /// Which bits of those octets are the field's, as one big-endian number; 0 where all are.
    pub mask: u32,
    /// What was there.
    pub value: Value<'a>,
    /// What that value stands for.
    pub meaning: Meaning,
    /// Part of the field before it: shown below that one in a tree, and left out of the JSON.
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
    /// An unsigned number that people write in hexadecimal, with its count of digits.
    Hexadecimal(u64, usize),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// Text in whatever encoding the sender used.
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

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing beyond itself.
    None,
    /// A name, printed beside the number; in JSON under a key of its own, if it has one.
    Name {
        /// The JSON key of the name.
        key: Option<&'static str>,
        /// The name, `None` for an unassigned number.
        name: Option<&'static str>,
    },
    /// A word that takes the number's place in JSON.
    Word(&'static str),
}

/// Somebody who wants to know every field of what is being read.
pub trait FieldSink<'a> {
    /// Whether fields with [`Field::detail`] set are worth telling.
    const WANTS_DETAILS: bool = true;

    /// Takes the next field, in wire order.
    fn field(&mut self, field: Field<'a>);
}

/// A sink for those who only want the typed value.
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
