//! Traffic selectors of both formats, in all three layouts.

use std::net::IpAddr;

use mipflow::wire::{Bounds, SelectorFormat, SelectorLayout, TrafficSelector};
use proptest::prelude::*;

/// Both ends, one of them, or none: an end without its start is forbidden and nevertheless on the wire.
fn bounds<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Bounds<T>> {
    let maybe = prop::option::of(value);
    (maybe.clone(), maybe).prop_map(|(start, end)| Bounds { start, end })
}

fn address(format: SelectorFormat) -> BoxedStrategy<IpAddr> {
    match format {
        SelectorFormat::Ipv4 => prop_oneof![any::<u32>(), Just(0), Just(0xff)]
            .prop_map(|bits| IpAddr::from(bits.to_be_bytes()))
            .boxed(),
        SelectorFormat::Ipv6 => prop_oneof![any::<u128>(), Just(0), Just(0xff)]
            .prop_map(|bits| IpAddr::from(bits.to_be_bytes()))
            .boxed(),
    }
}

fn fields(format: SelectorFormat) -> impl Strategy<Value = TrafficSelector> {
    let label = match format {
        SelectorFormat::Ipv4 => Just(Bounds::default()).boxed(),
        SelectorFormat::Ipv6 => bounds(any::<u32>()).boxed(),
    };
    (
        (bounds(address(format)), bounds(address(format))),
        (bounds(any::<u32>()), label),
        (bounds(any::<u16>()), bounds(any::<u16>())),
        (bounds(any::<u8>()), bounds(any::<u8>())),
    )
        .prop_map(move |(addresses, (spi, flow_label), ports, (ds, protocol))| TrafficSelector {
            source_address: addresses.0,
            destination_address: addresses.1,
            spi,
            flow_label,
            source_port: ports.0,
            destination_port: ports.1,
            ds,
            protocol,
            ..TrafficSelector::any(format)
        })
}

/// Any selector that a reader can find again: reserved bits only in the direct layout, since a flags word with them
/// fits no other.
pub(crate) fn selector() -> impl Strategy<Value = TrafficSelector> {
    let format = prop_oneof![Just(SelectorFormat::Ipv4), Just(SelectorFormat::Ipv6)];
    let layout = prop_oneof![
        3 => Just(SelectorLayout::Direct),
        1 => Just(SelectorLayout::Padded),
        1 => Just(SelectorLayout::SubOption)
    ];
    let reserved = prop_oneof![3 => Just(0), 1 => any::<u32>()];
    (format.prop_flat_map(fields), layout, reserved)
        .prop_map(|(selector, layout, reserved)| {
            let reserved = match layout {
                SelectorLayout::Direct => reserved & selector.format.reserved_mask(),
                SelectorLayout::Padded | SelectorLayout::SubOption => 0,
            };
            TrafficSelector { layout, reserved, ..selector }
        })
        .prop_filter("reserved bits that make a flags word look like a sub-option's header", |selector| {
            let word = selector.flags().to_be_bytes();
            selector.reserved == 0 || word[0] != 3 || word[2..] != [selector.format.ts_format(), 0]
        })
}
