//! Selectors in the form in which rules keep and compare them: normalised, and matched against packets.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::net::{FlowFacts, has_ports};
use crate::wire::{
    Bounds, FlowBinding, IpProtocol, PlainFlowBinding, SelectorFormat, SelectorLayout, TrafficSelector,
};

/// A selector without what must not count: reserved bits, the octets around it, the ECN bits of DS.
///
/// Two rules with the same normalised selector are the same rule. The octets are TS Format, then the selector as
/// RFC 6088 lays it out; of a format without a definition, the selector as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NormalSelector(SmallVec<[u8; INLINE]>);

/// Octets of a selector that stand in the rule itself; those of most IPv4 selectors do.
const INLINE: usize = 16;

impl NormalSelector {
    /// The normal form of a Flow-Binding's selector.
    pub fn of(flow_binding: &FlowBinding<'_>) -> Self {
        let mut octets = SmallVec::new();
        octets.push(flow_binding.ts_format);
        match &flow_binding.selector {
            Some(selector) if !is_normal(selector, flow_binding.selector_octets) => {
                let mut emitted = Vec::with_capacity(64);
                normalised(*selector).emit(&mut emitted);
                octets.extend_from_slice(&emitted);
            }
            // Most selectors are what would come of it.
            Some(_) | None => octets.extend_from_slice(flow_binding.selector_octets),
        }
        Self(octets)
    }

    /// The normal form of the selector of a Flow-Binding, which is in it but for a DS field.
    pub(super) fn of_plain(flow_binding: &PlainFlowBinding<'_>) -> Self {
        let mut octets = SmallVec::new();
        octets.push(flow_binding.ts_format);
        octets.extend_from_slice(flow_binding.selector_octets);
        Self(octets)
    }

    /// TS Format.
    pub fn ts_format(&self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    /// The selector; `None` for a format without a definition, which matches nothing.
    pub fn selector(&self) -> Option<TrafficSelector> {
        let (format, octets) = self.0.split_first()?;
        TrafficSelector::from_octets(SelectorFormat::from_ts_format(*format)?, octets)
    }
}

/// Whether a selector that was read from these octets is in its normal form there.
fn is_normal(selector: &TrafficSelector, octets: &[u8]) -> bool {
    selector.layout == SelectorLayout::Direct && selector.ds.is_absent() && selector.format.fits(octets)
}

fn normalised(mut selector: TrafficSelector) -> TrafficSelector {
    selector.layout = SelectorLayout::Direct;
    selector.reserved = 0;
    let six_bits = |bound: Option<u8>| bound.map(|octet| octet & 0xfc);
    selector.ds = Bounds { start: six_bits(selector.ds.start), end: six_bits(selector.ds.end) };
    selector
}

/// A packet turned so that it runs from the correspondent to the mobile node, as selectors describe it
/// (RFC 6088 §3.1).
#[derive(Clone, Copy, Debug)]
pub struct Downlink {
    /// Source: the correspondent.
    pub source: IpAddr,
    /// Destination: the mobile node.
    pub destination: IpAddr,
    /// Source port, if the packet has one.
    pub source_port: Option<u16>,
    /// Destination port, if the packet has one.
    pub destination_port: Option<u16>,
    /// Protocol or next header.
    pub protocol: u8,
    /// DS field, 6 bits.
    pub ds: u8,
    /// IPsec SPI; an uplink packet has none that counts.
    pub spi: Option<u32>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
}

impl Downlink {
    /// The packet as it is, when it runs downlink.
    #[inline]
    pub fn of_downlink(facts: &FlowFacts) -> Self {
        Self {
            source: facts.key.source,
            destination: facts.key.destination,
            source_port: facts.key.source_port,
            destination_port: facts.key.destination_port,
            protocol: facts.key.protocol,
            ds: facts.ds,
            spi: facts.spi,
            flow_label: facts.flow_label,
        }
    }

    /// An uplink packet turned around.
    #[inline]
    pub fn of_uplink(facts: &FlowFacts) -> Self {
        Self {
            source: facts.key.destination,
            destination: facts.key.source,
            source_port: facts.key.destination_port,
            destination_port: facts.key.source_port,
            spi: None,
            ..Self::of_downlink(facts)
        }
    }

    /// Whether `selector` selects this packet. An absent field selects everything; ports only select packets of
    /// protocols that have them, and that show them.
    pub fn matches(&self, selector: &TrafficSelector) -> bool {
        let family = match selector.format {
            SelectorFormat::Ipv4 => self.destination.is_ipv4(),
            SelectorFormat::Ipv6 => self.destination.is_ipv6(),
        };
        let ports = has_ports(self.protocol);
        let spi = self.spi.filter(|_| matches!(IpProtocol(self.protocol), IpProtocol::ESP | IpProtocol::AH));
        family
            && holds(selector.protocol, Some(self.protocol))
            && holds(selector.destination_port, self.destination_port.filter(|_| ports))
            && holds(selector.source_port, self.source_port.filter(|_| ports))
            && holds(selector.source_address, Some(self.source))
            && holds(selector.destination_address, Some(self.destination))
            && holds(six_bits(selector.ds), Some(self.ds))
            && holds(selector.spi, spi)
            && holds(label_bits(selector.flow_label), self.flow_label)
    }
}

fn six_bits(ds: Bounds<u8>) -> Bounds<u8> {
    Bounds { start: ds.start.map(|octet| octet >> 2), end: ds.end.map(|octet| octet >> 2) }
}

/// A receiver ignores the first 8 bits of a flow label (RFC 6088 §3.2).
fn label_bits(label: Bounds<u32>) -> Bounds<u32> {
    let masked = |bound: Option<u32>| bound.map(|word| word & 0x00ff_ffff);
    Bounds { start: masked(label.start), end: masked(label.end) }
}

/// Whether a value lies within bounds. A field that is absent holds everything; one with an end and no start has
/// no lower bound that anybody knows, and holds nothing.
fn holds<T: Copy + PartialOrd>(bounds: Bounds<T>, value: Option<T>) -> bool {
    if bounds.is_absent() {
        return true;
    }
    match (bounds.range_or_single(), value) {
        (Some((start, end)), Some(value)) => start <= value && value <= end,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Action;

    proptest::proptest! {
        /// The normal form is the one that reading, cleaning and writing make, whatever was on the wire.
        #[test]
        fn what_is_taken_as_it_is_is_normal(
            flags in proptest::sample::select(vec![0u32, 0x8000_0000, 0xc000_0000, 0x2008_0000, 0x0030_0000, 0x00ff_ffff]),
            ts_format in 0u8..4,
            octets in proptest::collection::vec(0u8.., 0..40),
            prefix in 0usize..2,
        ) {
            let octets = [&[0][..prefix], &flags.to_be_bytes(), &octets].concat();
            let mut data = vec![1, 1, 1, ts_format];
            data.extend_from_slice(&octets);
            let Some(flow_binding) = FlowBinding::from_octets(&data) else { return Ok(()) };
            proptest::prop_assert_eq!(flow_binding.action, Action::Forward);
            let mut expected = vec![ts_format];
            match flow_binding.selector {
                Some(selector) => normalised(selector).emit(&mut expected),
                None => expected.extend_from_slice(flow_binding.selector_octets),
            }
            proptest::prop_assert_eq!(&NormalSelector::of(&flow_binding).0[..], &expected[..]);
        }
    }
}
