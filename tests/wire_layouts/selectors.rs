//! Binary traffic selectors with each flag (RFC 6088 §3.1, Figure 1, and §3.2, Figure 2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mipflow::wire::{
    Action, Bounds, Content, Discard, ExtensionType, FlowBinding, Reader, SelectorFormat, SelectorLayout,
    TrafficSelector,
};

use super::{is_extension, octets};

fn ipv4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    Ipv4Addr::new(a, b, c, d).into()
}

/// `2001:db8::``low`.
fn ipv6(low: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, low).into()
}

/// Checks that `digits` are a sound selector of `format` with these fields, and that it emits them again.
fn is_selector(digits: &str, selector: TrafficSelector) {
    let given = octets(digits);
    let mut sink = Discard;
    let mut reader = Reader::new(&given, 0, 0, &mut sink);
    let read = TrafficSelector::read(&mut reader, selector.format.ts_format());
    assert_eq!(reader.finish(), None, "{digits}");
    assert_eq!(read, Some(selector), "{digits}");
    let mut out = vec![0xee, 0xff];
    selector.emit(&mut out);
    assert_eq!(out, [vec![0xee, 0xff], given].concat());
}

fn has_field(format: SelectorFormat, digits: &str, set: impl Fn(&mut TrafficSelector)) {
    let mut selector = TrafficSelector::any(format);
    set(&mut selector);
    is_selector(digits, selector);
}

/// All fields of Figure 1, A to N.
fn all_ipv4() -> TrafficSelector {
    TrafficSelector {
        source_address: Bounds::range(ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 9)),
        destination_address: Bounds::range(ipv4(192, 0, 2, 1), ipv4(192, 0, 2, 255)),
        spi: Bounds::range(0x100, 0x200),
        source_port: Bounds::range(5000, 5001),
        destination_port: Bounds::range(5060, 5061),
        ds: Bounds::range(0xb8, 0xbb),
        protocol: Bounds::range(6, 17),
        ..TrafficSelector::any(SelectorFormat::Ipv4)
    }
}

/// All fields of Figure 2, A to P.
fn all_ipv6() -> TrafficSelector {
    TrafficSelector {
        source_address: Bounds::range(ipv6(1), ipv6(9)),
        destination_address: Bounds::range(ipv6(0x100), ipv6(0x1ff)),
        spi: Bounds::range(0x100, 0x200),
        flow_label: Bounds::range(0xf_fff0, 0xff0f_ffff),
        source_port: Bounds::range(5000, 5001),
        destination_port: Bounds::range(5060, 5061),
        ds: Bounds::range(0xb8, 0xbb),
        protocol: Bounds::range(6, 17),
        ..TrafficSelector::any(SelectorFormat::Ipv6)
    }
}

const ALL_IPV4: &str = "fffc0000  0a000001 0a000009  c0000201 c00002ff  00000100 00000200
     1388 1389  13c4 13c5  b8 bb  06 11";

const ALL_IPV6: &str = "ffff0000
     20010db8000000000000000000000001  20010db8000000000000000000000009
     20010db8000000000000000000000100  20010db80000000000000000000001ff
     00000100 00000200  000ffff0 ff0fffff  1388 1389  13c4 13c5  b8 bb  06 11";

#[test]
fn all_flags_of_an_ipv4_selector() {
    is_selector(ALL_IPV4, all_ipv4());
    assert_eq!(all_ipv4().flags(), 0xfffc_0000);
}

#[test]
fn all_flags_of_an_ipv6_selector() {
    is_selector(ALL_IPV6, all_ipv6());
    assert_eq!(all_ipv6().flags(), 0xffff_0000);
}

#[test]
fn flow_bindings_with_all_flags() {
    // Action, BID Count, two BIDs and TS Format are 5 octets; the selectors have 4+24+8+4 and 4+64+16+8+4.
    let selector_octets = octets(ALL_IPV4);
    let flow_binding = FlowBinding {
        action: Action::Forward,
        bids: &[7, 9],
        ts_format: 1,
        selector: Some(all_ipv4()),
        selector_octets: &selector_octets,
    };
    let content = Content::FlowBinding(flow_binding);
    is_extension(&format!("9a 02 002d 01 02 07 09 01 {ALL_IPV4}"), ExtensionType(154), 2, content);
    let selector_octets = octets(ALL_IPV6);
    let content = Content::FlowBinding(FlowBinding {
        ts_format: 2,
        selector: Some(all_ipv6()),
        selector_octets: &selector_octets,
        ..flow_binding
    });
    is_extension(&format!("9a 02 0065 01 02 07 09 02 {ALL_IPV6}"), ExtensionType(154), 2, content);
}

#[test]
fn each_ipv4_flag_alone() {
    let has = |digits: &str, set: fn(&mut TrafficSelector)| has_field(SelectorFormat::Ipv4, digits, set);
    has("80000000 0a000001", |selector| selector.source_address.start = Some(ipv4(10, 0, 0, 1)));
    has("40000000 0a000001", |selector| selector.source_address.end = Some(ipv4(10, 0, 0, 1)));
    has("20000000 0a000001", |selector| selector.destination_address.start = Some(ipv4(10, 0, 0, 1)));
    has("10000000 0a000001", |selector| selector.destination_address.end = Some(ipv4(10, 0, 0, 1)));
    has("08000000 01020304", |selector| selector.spi.start = Some(0x0102_0304));
    has("04000000 01020304", |selector| selector.spi.end = Some(0x0102_0304));
    has("02000000 0102", |selector| selector.source_port.start = Some(0x0102));
    has("01000000 0102", |selector| selector.source_port.end = Some(0x0102));
    has("00800000 0102", |selector| selector.destination_port.start = Some(0x0102));
    has("00400000 0102", |selector| selector.destination_port.end = Some(0x0102));
    has("00200000 b9", |selector| selector.ds.start = Some(0xb9));
    has("00100000 b9", |selector| selector.ds.end = Some(0xb9));
    has("00080000 11", |selector| selector.protocol.start = Some(17));
    has("00040000 11", |selector| selector.protocol.end = Some(17));
    has("00000000", |_| {});
}

/// `ipv6(9)`.
const ADDRESS: &str = "20010db8000000000000000000000009";

#[test]
fn each_ipv6_flag_alone() {
    let has = |digits: &str, set: fn(&mut TrafficSelector)| has_field(SelectorFormat::Ipv6, digits, set);
    has(&format!("80000000 {ADDRESS}"), |selector| selector.source_address.start = Some(ipv6(9)));
    has(&format!("40000000 {ADDRESS}"), |selector| selector.source_address.end = Some(ipv6(9)));
    has(&format!("20000000 {ADDRESS}"), |selector| selector.destination_address.start = Some(ipv6(9)));
    has(&format!("10000000 {ADDRESS}"), |selector| selector.destination_address.end = Some(ipv6(9)));
    has("08000000 01020304", |selector| selector.spi.start = Some(0x0102_0304));
    has("04000000 01020304", |selector| selector.spi.end = Some(0x0102_0304));
    has("02000000 01020304", |selector| selector.flow_label.start = Some(0x0102_0304));
    has("01000000 01020304", |selector| selector.flow_label.end = Some(0x0102_0304));
    has("00800000 0102", |selector| selector.source_port.start = Some(0x0102));
    has("00400000 0102", |selector| selector.source_port.end = Some(0x0102));
    has("00200000 0102", |selector| selector.destination_port.start = Some(0x0102));
    has("00100000 0102", |selector| selector.destination_port.end = Some(0x0102));
    has("00080000 b9", |selector| selector.ds.start = Some(0xb9));
    has("00040000 b9", |selector| selector.ds.end = Some(0xb9));
    has("00020000 11", |selector| selector.protocol.start = Some(17));
    has("00010000 11", |selector| selector.protocol.end = Some(17));
    has("00000000", |_| {});
}

#[test]
fn reserved_bits_are_kept() {
    has_field(SelectorFormat::Ipv4, "00080001 11", |selector| {
        selector.reserved = 1;
        selector.protocol = Bounds::single(17);
    });
    // O and P have no meaning in the IPv4 format, and bring no field.
    has_field(SelectorFormat::Ipv4, "0003ffff", |selector| selector.reserved = 0x3_ffff);
    has_field(SelectorFormat::Ipv6, "0000ffff", |selector| selector.reserved = 0xffff);
    let mut selector = TrafficSelector::any(SelectorFormat::Ipv6);
    selector.reserved = u32::MAX;
    assert_eq!(selector.flags(), 0xffff, "reserved bits must not become flags");
    assert!(selector.is_any());
}

#[test]
fn one_octet_of_padding_before_the_flags() {
    has_field(SelectorFormat::Ipv4, "00 00080000 11", |selector| {
        selector.layout = SelectorLayout::Padded;
        selector.protocol = Bounds::single(17);
    });
    is_selector(&format!("00 {ALL_IPV4}"), TrafficSelector { layout: SelectorLayout::Padded, ..all_ipv4() });
    is_selector(&format!("00 {ALL_IPV6}"), TrafficSelector { layout: SelectorLayout::Padded, ..all_ipv6() });
}

#[test]
fn a_whole_sub_option_before_the_flags() {
    // Sub-Opt Len counts what follows it: TS Format, Reserved and the 40 (96) octets of the selector.
    let layout = SelectorLayout::SubOption;
    is_selector(&format!("03 2a 01 00 {ALL_IPV4}"), TrafficSelector { layout, ..all_ipv4() });
    is_selector(&format!("03 62 02 00 {ALL_IPV6}"), TrafficSelector { layout, ..all_ipv6() });
}
