//! The fields of binary traffic selectors: which letter stands for which, how wide each is, and what it is called.

use std::net::IpAddr;

use super::{Bounds, TrafficSelector};

/// One of the eight fields a selector can have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    SourceAddress,
    DestinationAddress,
    Spi,
    FlowLabel,
    SourcePort,
    DestinationPort,
    Ds,
    Protocol,
}

/// A start letter and its end letter: position of the start's bit from the left, and octets of each value.
pub(super) struct Pair {
    pub(super) what: What,
    pub(super) bit: u32,
    pub(super) width: usize,
}

/// The pairs of the IPv4 format (RFC 6088 §3.1), in wire order.
pub(super) const IPV4_PAIRS: [Pair; 7] = [
    Pair { what: What::SourceAddress, bit: 0, width: 4 },
    Pair { what: What::DestinationAddress, bit: 2, width: 4 },
    Pair { what: What::Spi, bit: 4, width: 4 },
    Pair { what: What::SourcePort, bit: 6, width: 2 },
    Pair { what: What::DestinationPort, bit: 8, width: 2 },
    Pair { what: What::Ds, bit: 10, width: 1 },
    Pair { what: What::Protocol, bit: 12, width: 1 },
];

/// The pairs of the IPv6 format (RFC 6088 §3.2), in wire order.
pub(super) const IPV6_PAIRS: [Pair; 8] = [
    Pair { what: What::SourceAddress, bit: 0, width: 16 },
    Pair { what: What::DestinationAddress, bit: 2, width: 16 },
    Pair { what: What::Spi, bit: 4, width: 4 },
    Pair { what: What::FlowLabel, bit: 6, width: 4 },
    Pair { what: What::SourcePort, bit: 8, width: 2 },
    Pair { what: What::DestinationPort, bit: 10, width: 2 },
    Pair { what: What::Ds, bit: 12, width: 1 },
    Pair { what: What::Protocol, bit: 14, width: 1 },
];

impl Pair {
    /// The letter's bit in the flags word.
    pub(super) const fn flag(&self, end: End) -> u32 {
        match end {
            End::Start => 1 << (31 - self.bit),
            End::End => 1 << (30 - self.bit),
        }
    }

    /// The key and the title of a field in packet trees.
    pub(super) const fn names(&self, end: End) -> (&'static str, &'static str) {
        match (self.what, end) {
            (What::SourceAddress, End::Start) => ("selector_source_address", "Source Address, start"),
            (What::SourceAddress, End::End) => ("selector_source_address_end", "Source Address, end"),
            (What::DestinationAddress, End::Start) => {
                ("selector_destination_address", "Destination Address, start")
            }
            (What::DestinationAddress, End::End) => {
                ("selector_destination_address_end", "Destination Address, end")
            }
            (What::Spi, End::Start) => ("selector_spi", "SPI, start"),
            (What::Spi, End::End) => ("selector_spi_end", "SPI, end"),
            (What::FlowLabel, End::Start) => ("selector_flow_label", "Flow Label, start"),
            (What::FlowLabel, End::End) => ("selector_flow_label_end", "Flow Label, end"),
            (What::SourcePort, End::Start) => ("selector_source_port", "Source Port, start"),
            (What::SourcePort, End::End) => ("selector_source_port_end", "Source Port, end"),
            (What::DestinationPort, End::Start) => ("selector_destination_port", "Destination Port, start"),
            (What::DestinationPort, End::End) => ("selector_destination_port_end", "Destination Port, end"),
            (What::Ds, End::Start) => ("selector_ds", "DS octet, start"),
            (What::Ds, End::End) => ("selector_ds_end", "DS octet, end"),
            (What::Protocol, End::Start) => ("selector_protocol", "Protocol, start"),
            (What::Protocol, End::End) => ("selector_protocol_end", "Protocol, end"),
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

    pub(super) fn of_address(self, selector: &TrafficSelector, what: What) -> Option<IpAddr> {
        match what {
            What::SourceAddress => self.of(selector.source_address),
            What::DestinationAddress => self.of(selector.destination_address),
            _ => None,
        }
    }
}
