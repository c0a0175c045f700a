//! Selectors that are cut, too long, or in a layout that does not fit.

use mipflow::wire::{Discard, Malformed, Problem, Reader, SelectorFormat, SelectorLayout, TrafficSelector};

use super::{is_malformed, octets};

fn read(digits: &str, format: SelectorFormat) -> (Option<TrafficSelector>, Option<Malformed>) {
    let given = octets(digits);
    let mut sink = Discard;
    let mut reader = Reader::new(&given, 0, 0, &mut sink);
    let selector = TrafficSelector::read(&mut reader, format.ts_format());
    (selector, reader.finish())
}

// All callers compare it with what may be there.
#[allow(clippy::unnecessary_wraps)]
fn missing(offset: usize, needed: usize, left: usize) -> Option<Malformed> {
    let problem = Problem::FieldMissing { field: "Traffic Selector", needed, left };
    Some(Malformed { offset, problem })
}

#[test]
fn an_ipv4_selector_cut_after_each_octet() {
    let whole = "fffc0000  0a000001 0a000009  c0000201 c00002ff  00000100 00000200
        1388 1389  13c4 13c5  b8 bb  06 11";
    let digits: String = whole.split_whitespace().collect();
    // Where each field begins, and its octets: the flags word, A to F, G to J, K to N.
    let fields = [
        (0, 4),
        (4, 4),
        (8, 4),
        (12, 4),
        (16, 4),
        (20, 4),
        (24, 4),
        (28, 2),
        (30, 2),
        (32, 2),
        (34, 2),
        (36, 1),
        (37, 1),
        (38, 1),
        (39, 1),
    ];
    for (at, width) in fields {
        for left in 0..width {
            let (selector, fault) = read(&digits[..(at + left) * 2], SelectorFormat::Ipv4);
            assert_eq!(fault, missing(at, width, left), "cut to {} octets", at + left);
            assert_eq!(selector.is_some(), at >= 4);
        }
    }
    assert_eq!(read(&digits, SelectorFormat::Ipv4).1, None);
}

#[test]
fn an_ipv6_selector_cut_in_each_field() {
    let address = "20010db8000000000000000000000001";
    let digits =
        format!("ffff0000{}000001000000020000000001000000021388138913c413c5b8bb0611", address.repeat(4));
    let fields = [
        (0, 4),
        (4, 16),
        (20, 16),
        (36, 16),
        (52, 16),
        (68, 4),
        (72, 4),
        (76, 4),
        (80, 4),
        (84, 2),
        (86, 2),
        (88, 2),
        (90, 2),
        (92, 1),
        (93, 1),
        (94, 1),
        (95, 1),
    ];
    for (at, width) in fields {
        for left in 0..width {
            let (_, fault) = read(&digits[..(at + left) * 2], SelectorFormat::Ipv6);
            assert_eq!(fault, missing(at, width, left), "cut to {} octets", at + left);
        }
    }
    assert_eq!(read(&digits, SelectorFormat::Ipv6).1, None);
}

#[test]
fn fields_before_the_cut_are_kept_and_none_after_it() {
    // Source address, source port start and end; the end is half there.
    let (selector, _) = read("83000000 0a000001 1388 13", SelectorFormat::Ipv4);
    let selector = selector.unwrap();
    assert_eq!(selector.source_address.start, Some([10, 0, 0, 1].into()));
    assert_eq!((selector.source_port.start, selector.source_port.end), (Some(5000), None));
    // A cut address must not let the smaller fields behind it take its octets.
    let (selector, _) = read("80080000 0a0000", SelectorFormat::Ipv4);
    assert!(selector.unwrap().is_any());
}

#[test]
fn the_fault_is_placed_in_the_message() {
    // Extension at 24, data at 28, selector at 32; its field begins behind the flags word.
    let problem = Problem::FieldMissing { field: "Traffic Selector", needed: 4, left: 3 };
    is_malformed("9a 02 000b  01 01 07 01  80000000 0a0000", 36, problem);
    for left in 0..4usize {
        let digits = format!("9a 02 {:04x}  01 01 07 01 {}", 4 + left, "80".repeat(left));
        is_malformed(&digits, 32, Problem::FieldMissing { field: "Traffic Selector", needed: 4, left });
    }
}

#[test]
fn octets_behind_the_last_field_are_left_to_the_rules() {
    let (selector, fault) = read("00080000 11 00", SelectorFormat::Ipv4);
    assert_eq!(fault, None);
    let selector = selector.unwrap();
    assert_eq!(selector.layout, SelectorLayout::Direct);
    assert_eq!(selector.protocol.start, Some(17));
}

#[test]
fn padding_is_seen_only_where_it_makes_the_selector_fit() {
    let layout = |digits| read(digits, SelectorFormat::Ipv4).0.unwrap().layout;
    assert_eq!(layout("00 00080000 11"), SelectorLayout::Padded);
    // Not zero, one octet too many, one too few, reserved bits.
    assert_eq!(layout("01 00080000 11"), SelectorLayout::Direct);
    assert_eq!(layout("00 00080000 11 00"), SelectorLayout::Direct);
    assert_eq!(layout("00 00080000"), SelectorLayout::Direct);
    assert_eq!(layout("00 00080001 11"), SelectorLayout::Direct);
}

#[test]
fn a_sub_option_is_seen_only_with_every_octet_of_its_header_right() {
    let layout = |digits| read(digits, SelectorFormat::Ipv4).0.unwrap().layout;
    assert_eq!(layout("03 07 01 00 00080000 11"), SelectorLayout::SubOption);
    // Sub-option type, length, format, reserved octet.
    assert_eq!(layout("04 07 01 00 00080000 11"), SelectorLayout::Direct);
    assert_eq!(layout("03 08 01 00 00080000 11"), SelectorLayout::Direct);
    assert_eq!(layout("03 07 02 00 00080000 11"), SelectorLayout::Direct);
    assert_eq!(layout("03 07 01 01 00080000 11"), SelectorLayout::Direct);
    // The same octets under TS Format 2 repeat the wrong format.
    assert_eq!(
        read("03 07 01 00 00080000 11", SelectorFormat::Ipv6).0.unwrap().layout,
        SelectorLayout::Direct
    );
}

#[test]
fn octets_that_begin_with_zero_are_read_directly_where_that_fits() {
    let layout = |digits| read(digits, SelectorFormat::Ipv4).0.unwrap().layout;
    assert_eq!(layout("00000000"), SelectorLayout::Direct);
    assert_eq!(layout("00 00000000"), SelectorLayout::Padded);
    // L alone, and M with N: one and two octets behind the word.
    assert_eq!(layout("00100000 00"), SelectorLayout::Direct);
    assert_eq!(layout("000c0000 00 05"), SelectorLayout::Direct);
}

#[test]
fn a_format_without_a_definition_has_no_selector() {
    for ts_format in [0, 3, 255] {
        let given = [0, 8, 0, 0, 17];
        let mut sink = Discard;
        let mut reader = Reader::new(&given, 0, 0, &mut sink);
        assert_eq!(TrafficSelector::read(&mut reader, ts_format), None);
        assert_eq!(reader.left(), 5);
    }
}
