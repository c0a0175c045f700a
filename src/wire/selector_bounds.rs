//! The bounds of a selector's fields: as they were on the wire, and as numbers to compare packets with.

use super::selector_field::{End, Pair};
use super::selector_format::SelectorFields;
use super::{SelectorField, TrafficSelector};

/// The two ends of a field as they were on the wire. With neither, the field is absent and matches everything. A start
/// alone is a single value. An end alone is a fault that can nevertheless occur on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds<T> {
    /// First value of the range.
    pub start: Option<T>,
    /// Last value of the range.
    pub end: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { start: None, end: None }
    }
}

impl<T: Copy> Bounds<T> {
    /// A single value.
    pub const fn single(value: T) -> Self {
        Self { start: Some(value), end: None }
    }

    /// All values from `start` to `end`, both included.
    pub const fn range(start: T, end: T) -> Self {
        Self { start: Some(start), end: Some(end) }
    }

    /// First and last value, which are the same if there is no end; `None` if there is no start.
    pub fn range_or_single(self) -> Option<(T, T)> {
        self.start.map(|start| (start, self.end.unwrap_or(start)))
    }

    /// Whether neither end is there.
    pub const fn is_absent(self) -> bool {
        self.start.is_none() && self.end.is_none()
    }
}

impl SelectorFields {
    /// The fields that are present, read from `octets`, which must be those that `self` was made from. Each is read
    /// only when the iterator reaches it.
    #[inline]
    pub(crate) fn bounds(self, octets: &[u8]) -> impl Iterator<Item = (SelectorField, Bounds<u128>)> {
        let (format, flags) = self.parts();
        let mut rest = octets.get(size_of_val(&flags)..).unwrap_or_default();
        format.pairs().iter().filter(move |pair| pair.is_flagged(flags)).map(move |pair| {
            let mut take = |end| {
                let (value, behind) =
                    (flags & pair.flag(end) != 0).then(|| rest.split_at_checked(pair.width)).flatten()?;
                rest = behind;
                number(value)
            };
            (pair.what, Bounds { start: take(End::Start), end: take(End::End) })
        })
    }
}

impl TrafficSelector {
    /// The bits of the flow label field that hold the label.
    pub const FLOW_LABEL: u32 = 0x00ff_ffff;

    /// The flow label without the octet above it, which receivers ignore (RFC 6088 §3.2).
    pub fn flow_label_bits(&self) -> Bounds<u32> {
        let label = |word: Option<u32>| word.map(|word| word & Self::FLOW_LABEL);
        Bounds { start: label(self.flow_label.start), end: label(self.flow_label.end) }
    }

    /// The 6-bit values of the DS field, without the ECN bits, which do not count.
    pub fn ds_bits(&self) -> Bounds<u8> {
        let value = |octet: Option<u8>| octet.map(|octet| octet >> 2);
        Bounds { start: value(self.ds.start), end: value(self.ds.end) }
    }

    /// The fields that are present, each with its bounds as unsigned big-endian numbers.
    pub fn bounds(&self) -> impl Iterator<Item = (SelectorField, Bounds<u128>)> {
        let of = |pair: &Pair| {
            let bounds =
                Bounds { start: self.part(pair.what, End::Start), end: self.part(pair.what, End::End) };
            (pair.what, bounds)
        };
        self.format.pairs().iter().map(of).filter(|(_, bounds)| !bounds.is_absent())
    }
}

/// The big-endian value of 1, 2, 4 or 16 octets, the widths of fields; `None` for other lengths.
pub(super) fn number(octets: &[u8]) -> Option<u128> {
    Some(match octets {
        [octet] => (*octet).into(),
        [a, b] => u16::from_be_bytes([*a, *b]).into(),
        [a, b, c, d] => u32::from_be_bytes([*a, *b, *c, *d]).into(),
        _ => u128::from_be_bytes(octets.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::SelectorFormat;

    proptest! {
        /// What is read where it stands is what taking the selector apart gives.
        #[test]
        fn a_plain_selector_has_the_bounds_it_has_when_taken_apart(
            ipv6: bool,
            letters: u16,
            values in proptest::collection::vec(any::<u8>(), 92),
        ) {
            let format = if ipv6 { SelectorFormat::Ipv6 } else { SelectorFormat::Ipv4 };
            let flags = (u32::from(letters) << 16) & !format.reserved_mask();
            let ends = |pair: &Pair| [End::Start, End::End].into_iter().filter(|end| flags & pair.flag(*end) != 0).count();
            let length: usize = format.pairs().iter().map(|pair| pair.width * ends(pair)).sum();
            let octets: Vec<u8> = flags.to_be_bytes().into_iter().chain(values.into_iter().take(length)).collect();
            let fields = format.fields_of(&octets).unwrap();
            let selector = TrafficSelector::from_octets(format, &octets).unwrap();
            let bounds: Vec<_> = fields.bounds(&octets).collect();
            prop_assert_eq!(bounds.len(), format.pairs().iter().filter(|pair| ends(pair) > 0).count());
            prop_assert_eq!(bounds, selector.bounds().collect::<Vec<_>>());
        }
    }
}
