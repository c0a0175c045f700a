//! Reads fields one after another, passes each to a sink, and remembers the first fault.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{Field, FieldSink, Malformed, Meaning, Problem, Value};

/// A reading position in the octets of one message or extension.
///
/// A field that does not fit reads as zero, goes to the sink as absent, and is recorded as the fault; all fields after
/// it are absent too. So a layout needs no branch for each field: [`Reader::finish`] returns at the end whether there
/// was a fault. It also passes octets that belong to no field to the sink, so that the sink receives every octet once.
pub struct Reader<'a, 's, S> {
    octets: &'a [u8],
    at: usize,
    base: usize,
    not_captured: usize,
    fault: Option<Malformed>,
    sink: &'s mut S,
}

/// One bit or group of bits within a [`Reader::bits`] field.
pub(super) struct Bits {
    /// Key in JSON.
    pub key: &'static str,
    /// Name in the RFC's figure.
    pub title: &'static str,
    /// Its bits within the whole field, taken as one big-endian number.
    pub mask: u32,
}

impl<'a, 's, S: FieldSink<'a>> Reader<'a, 's, S> {
    /// A reader of `octets`, which begin `base` octets into the UDP payload. The snapshot length cut off `not_captured`
    /// more octets after them.
    pub fn new(octets: &'a [u8], base: usize, not_captured: usize, sink: &'s mut S) -> Self {
        Self { octets, at: 0, base, not_captured, fault: None, sink }
    }

    /// The number of octets not read yet.
    pub fn left(&self) -> usize {
        self.octets.len().saturating_sub(self.at)
    }

    /// Offset of the next field, from the start of the UDP payload.
    pub fn offset(&self) -> usize {
        self.base.saturating_add(self.at)
    }

    /// The octets not read yet, without reading them.
    pub fn peek(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    /// Records a fault at `offset`, unless there is one already.
    pub fn blame(&mut self, offset: usize, problem: Problem) {
        if self.fault.is_none() {
            self.fault = Some(Malformed { offset, problem });
        }
    }

    /// Whether all fields so far could be read.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// Ends a layout that allows nothing after its last field, and returns the fault, if any.
    ///
    /// Octets after the last field are left over. If the end was not captured, they are called octets before the cut
    /// instead, since they are most often the start of a field.
    pub fn finish(mut self) -> Option<Malformed> {
        let left = self.left();
        if left > 0 {
            let start = self.offset();
            let value = Value::Octets(self.peek());
            let octets = start..start.saturating_add(left);
            if self.not_captured > 0 {
                self.blame(start, Problem::NotCaptured { missing: self.not_captured });
                self.tell("before_the_cut", "Octets before the cut", octets, value, Meaning::None);
            } else {
                self.blame(start, Problem::LeftOver { octets: left });
                self.tell("left_over", "Octets of no field", octets, value, Meaning::None);
            }
        }
        self.fault
    }

    /// Reads an unsigned octet.
    pub fn u8(&mut self, key: &'static str, title: &'static str) -> u8 {
        let (octets, [value]) = self.take(title);
        self.tell(key, title, octets, Value::Number(value.into()), Meaning::None);
        value
    }

    /// Reads an unsigned octet whose values have names; the name gets the JSON key `name_key`.
    pub fn named_u8(
        &mut self,
        key: &'static str,
        title: &'static str,
        name_key: Option<&'static str>,
        name: impl Fn(u8) -> Option<&'static str>,
    ) -> u8 {
        let (octets, [value]) = self.take(title);
        let name = if octets.is_empty() { None } else { name(value) };
        self.tell(key, title, octets, Value::Number(value.into()), Meaning::Name { key: name_key, name });
        value
    }

    /// Reads an unsigned octet whose known values are words; a word takes the number's place in JSON.
    pub fn word_u8(
        &mut self,
        key: &'static str,
        title: &'static str,
        word: impl Fn(u8) -> Option<&'static str>,
    ) -> u8 {
        let (octets, [value]) = self.take(title);
        let word = if octets.is_empty() { None } else { word(value) };
        let meaning = word.map_or(Meaning::None, Meaning::Word);
        self.tell(key, title, octets, Value::Number(value.into()), meaning);
        value
    }

    /// Reads an unsigned 16-bit number in network order.
    pub fn u16(&mut self, key: &'static str, title: &'static str) -> u16 {
        let (octets, value) = self.take(title);
        let value = u16::from_be_bytes(value);
        self.tell(key, title, octets, Value::Number(value.into()), Meaning::None);
        value
    }

    /// Reads an unsigned 16-bit number in network order, some values of which have a name.
    pub fn named_u16(
        &mut self,
        key: &'static str,
        title: &'static str,
        name: impl Fn(u16) -> Option<&'static str>,
    ) -> u16 {
        let (octets, value) = self.take(title);
        let value = u16::from_be_bytes(value);
        let name = if octets.is_empty() { None } else { name(value) };
        self.tell(key, title, octets, Value::Number(value.into()), Meaning::Name { key: None, name });
        value
    }

    /// Reads an unsigned 32-bit number in network order.
    pub fn u32(&mut self, key: &'static str, title: &'static str) -> u32 {
        let (octets, value) = self.take(title);
        let value = u32::from_be_bytes(value);
        self.tell(key, title, octets, Value::Number(value.into()), Meaning::None);
        value
    }

    /// Reads a 64-bit number in network order, which is shown in hexadecimal.
    pub fn u64_hexadecimal(&mut self, key: &'static str, title: &'static str) -> u64 {
        let (octets, value) = self.take(title);
        let value = u64::from_be_bytes(value);
        self.tell(key, title, octets, Value::Hexadecimal(value, 16), Meaning::None);
        value
    }

    /// Reads an IPv4 address.
    pub fn ipv4(&mut self, key: &'static str, title: &'static str) -> Ipv4Addr {
        let (octets, value) = self.take::<4>(title);
        let value = Ipv4Addr::from(value);
        self.tell(key, title, octets, Value::Ipv4(value), Meaning::None);
        value
    }

    /// Reads an IPv6 address.
    pub fn ipv6(&mut self, key: &'static str, title: &'static str) -> Ipv6Addr {
        let (octets, value) = self.take::<16>(title);
        let value = Ipv6Addr::from(value);
        self.tell(key, title, octets, Value::Ipv6(value), Meaning::None);
        value
    }

    /// Reads `N` octets (at most four) made up of flags (a mask of one bit) and small numbers (a longer mask). Returns
    /// them as one big-endian number.
    pub(super) fn bits<const N: usize>(&mut self, title: &'static str, parts: &[Bits]) -> u32 {
        let (octets, value) = self.take::<N>(title);
        let value = value.iter().fold(0u32, |value, octet| (value << 8) | u32::from(*octet));
        for part in parts {
            let shifted = (value & part.mask).checked_shr(part.mask.trailing_zeros()).unwrap_or(0);
            let shown = if part.mask.is_power_of_two() {
                Value::Flag(shifted != 0)
            } else {
                Value::Number(shifted.into())
            };
            self.tell_bits(part, octets.clone(), shown);
        }
        value
    }

    /// Reads a list of `count` one-octet numbers. If fewer octets are left, returns those and records a fault.
    pub fn list(&mut self, key: &'static str, title: &'static str, count: usize) -> &'a [u8] {
        let (octets, value) = self.slice(title, count);
        let shown = if octets.is_empty() && !self.is_sound() { Value::Absent } else { Value::List(value) };
        self.tell(key, title, octets, shown, Meaning::None);
        value
    }

    /// Reads all octets that are left.
    pub fn rest(&mut self, key: &'static str, title: &'static str) -> &'a [u8] {
        let (octets, value) = self.remainder();
        self.tell(key, title, octets, value.map_or(Value::Absent, Value::Octets), Meaning::None);
        value.unwrap_or_default()
    }

    /// Reads all octets that are left, as text.
    pub fn text(&mut self, key: &'static str, title: &'static str) -> &'a [u8] {
        let (octets, value) = self.remainder();
        self.tell(key, title, octets, value.map_or(Value::Absent, Value::Text), Meaning::None);
        value.unwrap_or_default()
    }

    /// Passes a field that was read by other means to the sink, without moving the reader.
    pub(super) fn tell_field(&mut self, field: Field<'a>) {
        self.sink.field(field);
    }

    /// Moves past `count` octets that were read by other means.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.octets.len());
    }

    /// All octets that are left; `None` after a fault, since they may belong to the field that did not fit.
    fn remainder(&mut self) -> (Range<usize>, Option<&'a [u8]>) {
        let start = self.offset();
        if !self.is_sound() {
            return (start..start, None);
        }
        let value = self.peek();
        self.at = self.octets.len();
        if self.not_captured > 0 {
            self.blame(self.offset(), Problem::NotCaptured { missing: self.not_captured });
        }
        (start..start.saturating_add(value.len()), Some(value))
    }

    fn slice(&mut self, title: &'static str, count: usize) -> (Range<usize>, &'a [u8]) {
        let start = self.offset();
        let left = self.left();
        if count > left {
            self.fall_short(start, title, count, left);
        }
        let value = self.peek().get(..count.min(left)).unwrap_or_default();
        self.at = self.at.saturating_add(value.len());
        (start..start.saturating_add(value.len()), value)
    }

    /// The next `N` octets and where they are; zeros and an empty range if they are not all there.
    fn take<const N: usize>(&mut self, title: &'static str) -> (Range<usize>, [u8; N]) {
        let start = self.offset();
        if let (Some(value), true) = (self.peek().first_chunk::<N>(), self.fault.is_none()) {
            self.at = self.at.saturating_add(N);
            return (start..start.saturating_add(N), *value);
        }
        let left = self.left();
        self.fall_short(start, title, N, left);
        (start..start, [0; N])
    }

    /// Records that `field` at `offset` needs `needed` octets but only `left` are there.
    pub(super) fn fall_short(&mut self, offset: usize, field: &'static str, needed: usize, left: usize) {
        let missing = needed.saturating_sub(left);
        let problem = if missing <= self.not_captured {
            Problem::NotCaptured { missing: self.not_captured }
        } else {
            Problem::FieldMissing { field, needed, left }
        };
        self.blame(offset, problem);
    }

    // Inlined into each layout, where key and kind of value are known, so that a sink's branches on them vanish.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn tell(
        &mut self,
        key: &'static str,
        title: &'static str,
        octets: Range<usize>,
        value: Value<'a>,
        meaning: Meaning,
    ) {
        let value =
            if octets.is_empty() && !matches!(value, Value::Octets(_) | Value::Text(_) | Value::List(_)) {
                Value::Absent
            } else {
                value
            };
        self.sink.field(Field { key, title, octets, mask: 0, value, meaning, detail: false });
    }

    fn tell_bits(&mut self, part: &Bits, octets: Range<usize>, value: Value<'a>) {
        let value = if octets.is_empty() { Value::Absent } else { value };
        self.sink.field(Field {
            key: part.key,
            title: part.title,
            octets,
            mask: part.mask,
            value,
            meaning: Meaning::None,
            detail: false,
        });
    }
}
