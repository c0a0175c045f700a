//! Words for the fields of selectors.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::wire::{SelectorField, SelectorFormat};

/// What a field is called.
pub(super) const fn title(field: SelectorField, format: SelectorFormat) -> &'static str {
    match (field, format) {
        (SelectorField::SourceAddress, _) => "source address",
        (SelectorField::DestinationAddress, _) => "destination address",
        (SelectorField::Spi, _) => "SPI",
        (SelectorField::FlowLabel, _) => "flow label",
        (SelectorField::SourcePort, _) => "source port",
        (SelectorField::DestinationPort, _) => "destination port",
        (SelectorField::Ds, SelectorFormat::Ipv4) => "DS octet",
        (SelectorField::Ds, SelectorFormat::Ipv6) => "traffic class",
        (SelectorField::Protocol, SelectorFormat::Ipv4) => "protocol",
        (SelectorField::Protocol, SelectorFormat::Ipv6) => "next header",
    }
}

/// A field's value as an engineer writes it.
// An address has no more octets than the format gives it.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn shown(field: SelectorField, value: u128, format: SelectorFormat) -> String {
    match (field, format) {
        (SelectorField::SourceAddress | SelectorField::DestinationAddress, SelectorFormat::Ipv4) => {
            Ipv4Addr::from(value as u32).to_string()
        }
        (SelectorField::SourceAddress | SelectorField::DestinationAddress, SelectorFormat::Ipv6) => {
            Ipv6Addr::from(value).to_string()
        }
        (SelectorField::Spi | SelectorField::FlowLabel | SelectorField::Ds, _) => format!("0x{value:x}"),
        _ => value.to_string(),
    }
}

/// Where RFC 6088 describes a format.
pub(super) const fn section(format: SelectorFormat) -> &'static str {
    match format {
        SelectorFormat::Ipv4 => "§3.1",
        SelectorFormat::Ipv6 => "§3.2",
    }
}
