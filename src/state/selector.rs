//! Traffic Selectors in the form in which rules keep and compare them: normalised, and matched against packets.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::net::{FlowFacts, has_ports};
use crate::wire::{
    Bounds, FlowBinding, IpProtocol, PlainFlowBinding, SelectorField, SelectorFormat, SelectorLayout,
    TrafficSelector,
};

/// A Traffic Selector without what must not count: reserved bits, the octets around the selector, the ECN bits of DS,
/// and the octet above a flow label.
///
/// Two rules with the same normalised selector are the same rule. The octets are the TS Format, then the selector in
/// the layout of RFC 6088. If the format is not defined, the selector is kept as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NormalSelector(SmallVec<[u8; INLINE]>);

/// Octets of a selector that are stored in the rule itself; most IPv4 selectors fit.
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
            // Most selectors are in normal form already.
            Some(_) | None => octets.extend_from_slice(flow_binding.selector_octets),
        }
        Self(octets)
    }

    /// The normal form of a Flow-Binding's selector without DS field and flow label, which is in normal form already.
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

    /// Whether the selector selects a packet. An absent field selects everything, an undefined format nothing.
    pub fn selects(&self, packet: &Downlink) -> bool {
        let Some((format, octets)) = self.0.split_first() else { return false };
        let Some(format) = SelectorFormat::from_ts_format(*format) else { return false };
        // Nearly all selectors can be compared without being read into a [`TrafficSelector`].
        match format.fields_of(octets) {
            Some(fields) => {
                packet.is_of(format) && fields.bounds(octets).all(|field| packet.is_within(field))
            }
            None => self.selector().is_some_and(|selector| {
                packet.is_of(format) && selector.bounds().all(|field| packet.is_within(field))
            }),
        }
    }

    /// The selector; `None` for an undefined format, which matches nothing.
    pub fn selector(&self) -> Option<TrafficSelector> {
        let (format, octets) = self.0.split_first()?;
        TrafficSelector::from_octets(SelectorFormat::from_ts_format(*format)?, octets)
    }
}

/// Whether these octets, from which the selector was read, are in normal form.
fn is_normal(selector: &TrafficSelector, octets: &[u8]) -> bool {
    selector.layout == SelectorLayout::Direct
        && selector.ds.is_absent()
        && selector.flow_label.is_absent()
        && selector.format.fits(octets)
}

fn normalised(mut selector: TrafficSelector) -> TrafficSelector {
    selector.layout = SelectorLayout::Direct;
    selector.reserved = 0;
    let six_bits = |bound: Option<u8>| bound.map(|octet| octet & 0xfc);
    selector.ds = Bounds { start: six_bits(selector.ds.start), end: six_bits(selector.ds.end) };
    selector.flow_label = selector.flow_label_bits();
    selector
}

/// A packet in the orientation from the correspondent to the mobile node, as Traffic Selectors describe it (RFC 6088
/// §3.1).
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
    /// IPsec SPI; `None` for an uplink packet, whose SPI does not count.
    pub spi: Option<u32>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
}

impl Downlink {
    /// A downlink packet, unchanged.
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

    /// An uplink packet with source and destination exchanged.
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

    /// Whether the packet is of the IP version that a selector format is for.
    fn is_of(&self, format: SelectorFormat) -> bool {
        match format {
            SelectorFormat::Ipv4 => self.destination.is_ipv4(),
            SelectorFormat::Ipv6 => self.destination.is_ipv6(),
        }
    }

    /// Whether the packet's value in a field lies within bounds. Ports select only packets whose protocol has ports and
    /// in which they can be seen. A field with an end but no start has no known lower bound, and selects nothing.
    fn is_within(&self, (field, bounds): (SelectorField, Bounds<u128>)) -> bool {
        let port = |port: Option<u16>| port.filter(|_| has_ports(self.protocol)).map(u128::from);
        let has_spi = matches!(IpProtocol(self.protocol), IpProtocol::ESP | IpProtocol::AH);
        let (value, bounds) = match field {
            SelectorField::SourceAddress => (Some(bits_of(self.source)), bounds),
            SelectorField::DestinationAddress => (Some(bits_of(self.destination)), bounds),
            SelectorField::Spi => (self.spi.filter(|_| has_spi).map(u128::from), bounds),
            SelectorField::FlowLabel => {
                // A receiver ignores the first 8 bits of a flow label field (RFC 6088 §3.2).
                let label = |word| word & u128::from(TrafficSelector::FLOW_LABEL);
                (self.flow_label.map(u128::from), each(bounds, label))
            }
            SelectorField::SourcePort => (port(self.source_port), bounds),
            SelectorField::DestinationPort => (port(self.destination_port), bounds),
            // The last two bits of the octet are ECN.
            SelectorField::Ds => (Some(self.ds.into()), each(bounds, |octet| octet >> 2)),
            SelectorField::Protocol => (Some(self.protocol.into()), bounds),
        };
        match (bounds.range_or_single(), value) {
            (Some((start, end)), Some(value)) => start <= value && value <= end,
            _ => false,
        }
    }
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn each(bounds: Bounds<u128>, change: impl Fn(u128) -> u128) -> Bounds<u128> {
    Bounds { start: bounds.start.map(&change), end: bounds.end.map(&change) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Action;

    proptest::proptest! {
        /// The normal form is the one that reading, cleaning and writing make, whatever was on the wire.
        #[test]
        fn what_is_taken_as_it_is_is_normal(
            flags in proptest::sample::select(vec![0u32, 0x8000_0000, 0xc000_0000, 0x0200_0000, 0x0300_0000, 0x2008_0000, 0x0030_0000, 0x00ff_ffff]),
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
