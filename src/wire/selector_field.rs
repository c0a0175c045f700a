//! The fields of binary traffic selectors: their letters, their widths and their names.

use std::net::IpAddr;
use std::ops::Range;

use super::{Bounds, TrafficSelector};

/// One of the eight fields a selector can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectorField {
    /// Source address.
    SourceAddress,
    /// Destination address.
    DestinationAddress,
    /// IPsec Security Parameters Index.
    Spi,
    /// Flow label, in the IPv6 format only.
    FlowLabel,
    /// Source port.
    SourcePort,
    /// Destination port.
    DestinationPort,
    /// DS field or traffic class.
    Ds,
    /// Protocol or next header.
    Protocol,
}

/// One value of a selector, which one letter of the flags word announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorValue {
    /// The field.
    pub field: SelectorField,
    /// Its letter in the figures of RFC 6088.
    pub letter: char,
    /// Whether it is the end of a range, and not its start.
    pub is_end: bool,
    /// The value as an unsigned big-endian number.
    pub value: u128,
    /// Where it is, in octets after TS Format.
    pub octets: Range<usize>,
}

/// A start letter and its end letter. `bit` is the position of the start's bit, from 0 on the left; `width` the octets
/// of each value.
pub(super) struct Pair {
    pub(super) what: SelectorField,
    pub(super) bit: u32,
    pub(super) width: usize,
}

/// The pairs of the IPv4 format (RFC 6088 §3.1), in wire order.
pub(super) const IPV4_PAIRS: [Pair; 7] = [
    Pair { what: SelectorField::SourceAddress, bit: 0, width: 4 },
    Pair { what: SelectorField::DestinationAddress, bit: 2, width: 4 },
    Pair { what: SelectorField::Spi, bit: 4, width: 4 },
    Pair { what: SelectorField::SourcePort, bit: 6, width: 2 },
    Pair { what: SelectorField::DestinationPort, bit: 8, width: 2 },
    Pair { what: SelectorField::Ds, bit: 10, width: 1 },
    Pair { what: SelectorField::Protocol, bit: 12, width: 1 },
];

/// The pairs of the IPv6 format (RFC 6088 §3.2), in wire order.
pub(super) const IPV6_PAIRS: [Pair; 8] = [
    Pair { what: SelectorField::SourceAddress, bit: 0, width: 16 },
    Pair { what: SelectorField::DestinationAddress, bit: 2, width: 16 },
    Pair { what: SelectorField::Spi, bit: 4, width: 4 },
    Pair { what: SelectorField::FlowLabel, bit: 6, width: 4 },
    Pair { what: SelectorField::SourcePort, bit: 8, width: 2 },
    Pair { what: SelectorField::DestinationPort, bit: 10, width: 2 },
    Pair { what: SelectorField::Ds, bit: 12, width: 1 },
    Pair { what: SelectorField::Protocol, bit: 14, width: 1 },
];

impl Pair {
    /// The letter's bit in the flags word.
    pub(super) const fn flag(&self, end: End) -> u32 {
        match end {
            End::Start => 1 << (31 - self.bit),
            End::End => 1 << (30 - self.bit),
        }
    }

    /// Whether a flags word has either letter of the pair set.
    #[inline]
    pub(super) const fn is_flagged(&self, flags: u32) -> bool {
        flags & (self.flag(End::Start) | self.flag(End::End)) != 0
    }

    /// The letter in the figure of the flags word.
    pub(super) fn letter(&self, end: End) -> char {
        let place = if end == End::Start { self.bit } else { self.bit.saturating_add(1) };
        char::from_u32(u32::from('A').saturating_add(place)).unwrap_or_default()
    }

    /// The key and the title of a field in packet trees.
    pub(super) const fn names(&self, end: End) -> (&'static str, &'static str) {
        match (self.what, end) {
            (SelectorField::SourceAddress, End::Start) => {
                ("selector_source_address", "Source Address, start")
            }
            (SelectorField::SourceAddress, End::End) => {
                ("selector_source_address_end", "Source Address, end")
            }
            (SelectorField::DestinationAddress, End::Start) => {
                ("selector_destination_address", "Destination Address, start")
            }
            (SelectorField::DestinationAddress, End::End) => {
                ("selector_destination_address_end", "Destination Address, end")
            }
            (SelectorField::Spi, End::Start) => ("selector_spi", "SPI, start"),
            (SelectorField::Spi, End::End) => ("selector_spi_end", "SPI, end"),
            (SelectorField::FlowLabel, End::Start) => ("selector_flow_label", "Flow Label, start"),
            (SelectorField::FlowLabel, End::End) => ("selector_flow_label_end", "Flow Label, end"),
            (SelectorField::SourcePort, End::Start) => ("selector_source_port", "Source Port, start"),
            (SelectorField::SourcePort, End::End) => ("selector_source_port_end", "Source Port, end"),
            (SelectorField::DestinationPort, End::Start) => {
                ("selector_destination_port", "Destination Port, start")
            }
            (SelectorField::DestinationPort, End::End) => {
                ("selector_destination_port_end", "Destination Port, end")
            }
            (SelectorField::Ds, End::Start) => ("selector_ds", "DS octet, start"),
            (SelectorField::Ds, End::End) => ("selector_ds_end", "DS octet, end"),
            (SelectorField::Protocol, End::Start) => ("selector_protocol", "Protocol, start"),
            (SelectorField::Protocol, End::End) => ("selector_protocol_end", "Protocol, end"),
        }
    }
}

/// Which end of a range a letter stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Start,
    End,
}

impl End {
    pub(super) fn of<T: Copy>(self, bounds: Bounds<T>) -> Option<T> {
        match self {
            Self::Start => bounds.start,
            Self::End => bounds.end,
        }
    }

    pub(super) fn slot<T>(self, bounds: &mut Bounds<T>) -> &mut Option<T> {
        match self {
            Self::Start => &mut bounds.start,
            Self::End => &mut bounds.end,
        }
    }

    pub(super) fn of_address(self, selector: &TrafficSelector, what: SelectorField) -> Option<IpAddr> {
        match what {
            SelectorField::SourceAddress => self.of(selector.source_address),
            SelectorField::DestinationAddress => self.of(selector.destination_address),
            _ => None,
        }
    }
}

impl TrafficSelector {
    /// All values that are present, in wire order.
    pub fn values(&self) -> impl Iterator<Item = SelectorValue> + '_ {
        self.parts().map(|(pair, end, value, octets)| SelectorValue {
            field: pair.what,
            letter: pair.letter(end),
            is_end: end == End::End,
            value,
            octets,
        })
    }

    /// The values that are present, in wire order, each with its octets as counted after TS Format.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&'static Pair, End, u128, Range<usize>)> + '_ {
        let mut at = self.layout.prefix().saturating_add(4);
        let ends = self.format.pairs().iter().flat_map(|pair| [(pair, End::Start), (pair, End::End)]);
        ends.filter_map(move |(pair, end)| {
            let value = self.part(pair.what, end)?;
            let start = at;
            at = at.saturating_add(pair.width);
            Some((pair, end, value, start..at))
        })
    }
}
