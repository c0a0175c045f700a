//! Extensions that do not fit their message, and what the walk makes of them (definition D3, EXT-001).

use mipflow::wire::{Content, ExtensionType, Form, Layout, Malformed, Problem};

use super::{is_extension, octets, only, parse, request};

/// Type, offset and octets of data of each extension in `digits`, and the fault of the framing.
fn walk(digits: &str) -> (Vec<(u8, usize, usize)>, Option<Malformed>) {
    let payload = request(digits);
    let message = parse(&payload);
    let found = message
        .extensions()
        .map(|extension| (extension.kind.0, extension.offset, extension.data.len()))
        .collect();
    (found, message.malformed())
}

// All callers compare it with what may be there.
#[allow(clippy::unnecessary_wraps)]
fn past_end(offset: usize, extension: u8, needed: usize, left: usize) -> Option<Malformed> {
    Some(Malformed { offset, problem: Problem::PastEnd { extension, needed, left } })
}

#[test]
fn no_extension_at_all() {
    assert_eq!(walk(""), (vec![], None));
}

#[test]
fn extensions_stand_one_behind_the_other() {
    // Simple, padding, short, long, padding, long with a reserved octet.
    let (found, fault) =
        walk("83 02 6162  00  91 02 01 61  30 00 0004 00000001  00  26 00 0006 000000090001");
    assert_eq!(found, [(131, 24, 2), (0, 28, 0), (145, 29, 2), (48, 33, 4), (0, 41, 0), (38, 42, 6)]);
    assert_eq!(fault, None);
}

#[test]
fn padding_is_a_single_octet() {
    is_extension("00", ExtensionType::PADDING, 0, Content::Padding);
    assert_eq!(walk("00 00 00"), (vec![(0, 24, 0), (0, 25, 0), (0, 26, 0)], None));
    assert_eq!(walk("83 00 00 84 00"), (vec![(131, 24, 0), (0, 26, 0), (132, 27, 0)], None));
}

#[test]
fn an_extension_that_runs_past_the_end_is_given_as_far_as_it_goes() {
    // A header of two octets and Length 4, but three octets of data.
    assert_eq!(walk("83 04 616263"), (vec![(131, 24, 3)], past_end(24, 131, 6, 5)));
    assert_eq!(walk("83 ff"), (vec![(131, 24, 0)], past_end(24, 131, 257, 2)));
    assert_eq!(walk("9a 01 0004 080307"), (vec![(154, 24, 3)], past_end(24, 154, 8, 7)));
    assert_eq!(walk("9a 02 ffff 01"), (vec![(154, 24, 1)], past_end(24, 154, 65539, 5)));
    // The walk ends there; what came before stays.
    assert_eq!(walk("83 01 61 20 14 00000100"), (vec![(131, 24, 1), (32, 27, 4)], past_end(27, 32, 22, 6)));
}

#[test]
fn the_fault_of_the_frame_comes_before_those_of_the_content() {
    let payload = request("9a 01 0006 080307");
    let message = parse(&payload);
    let extension = only(&message);
    assert!(extension.is_multipath());
    assert_eq!(extension.length, 6);
    assert_eq!(extension.content().err(), past_end(24, 154, 10, 7));
}

#[test]
fn a_header_can_be_cut_after_each_of_its_octets() {
    // The octets after the type are data of a header that never ended.
    assert_eq!(walk("83"), (vec![(131, 24, 0)], past_end(24, 131, 2, 1)));
    assert_eq!(walk("91"), (vec![(145, 24, 0)], past_end(24, 145, 2, 1)));
    for kind in [36u8, 37, 38, 40, 41, 42, 43, 47, 48, 50, 139, 154] {
        let octets = ["", "01", "01 00"];
        for (data, tail) in octets.iter().enumerate() {
            let (found, fault) = walk(&format!("{kind:02x} {tail}"));
            assert_eq!(found, [(kind, 24, data)]);
            assert_eq!(fault, past_end(24, kind, 4, 1 + data));
        }
    }
}

#[test]
fn a_cut_header_says_what_it_can() {
    let payload = request("9a 02 00");
    let message = parse(&payload);
    let extension = only(&message);
    assert_eq!(extension.layout, Layout::Cut);
    assert_eq!(extension.subtype, Some(2));
    assert_eq!(extension.data, [2, 0]);
    assert_eq!((extension.header_length(), extension.total_length()), (1, 3));
    assert!(extension.is_family() && !extension.is_flow_binding());
    assert_eq!(extension.name(), "multipath-family");
    assert_eq!(extension.content().err(), past_end(24, 154, 4, 3));
}

#[test]
fn unknown_types_are_kept_whole() {
    // 1 to 127 and 128 to 255 differ in what a receiver does, not in their layout.
    for (kind, skippable) in [(1u8, false), (31, false), (127, false), (150, true), (254, true)] {
        let digits = format!("{kind:02x} 03 010203");
        is_extension(&digits, ExtensionType(kind), 0, Content::Opaque(&[1, 2, 3]));
        let payload = request(&digits);
        let message = parse(&payload);
        assert_eq!(only(&message).name(), "unknown");
        assert_eq!(ExtensionType(kind).is_skippable(), skippable);
    }
}

#[test]
fn an_extension_can_fill_its_length_field() {
    let data = vec![7; 255];
    is_extension(
        &format!("83 ff {}", "07".repeat(255)),
        ExtensionType::NAI,
        0,
        Content::Nai(mipflow::wire::Nai(&data)),
    );
    let data = vec![7; 65535];
    let digits = format!("28 01 ffff {}", "07".repeat(65535));
    is_extension(&digits, ExtensionType(40), 1, Content::Opaque(&data));
}

#[test]
fn content_too_long_for_its_length_field_is_written_under_the_largest_length() {
    let data = vec![7; 300];
    let mut out = Vec::new();
    Content::Opaque(&data).emit(ExtensionType(131), 0, mipflow::wire::Numbers::default(), &mut out);
    assert_eq!(out, [vec![131, 255], data].concat());
}

#[test]
fn each_form_has_its_header() {
    let layout = |digits: &str| {
        let payload = request(digits);
        let message = parse(&payload);
        let extension = only(&message);
        (extension.layout, extension.header_length(), extension.subtype, extension.length)
    };
    assert_eq!(layout("00"), (Layout::Proper(Form::Padding), 1, None, 0));
    assert_eq!(layout("83 01 61"), (Layout::Proper(Form::Simple), 2, None, 1));
    assert_eq!(layout("91 02 01 61"), (Layout::Proper(Form::Short), 2, Some(1), 2));
    assert_eq!(layout("91 00"), (Layout::Proper(Form::Short), 2, None, 0));
    assert_eq!(layout("30 05 0001 61"), (Layout::Proper(Form::Long), 4, Some(5), 1));
    assert_eq!(layout("26 05 0000"), (Layout::Proper(Form::LongReserved), 4, Some(5), 0));
}

#[test]
fn extensions_of_a_reply_begin_behind_twenty_octets() {
    let payload = [vec![3], vec![0; 19], octets("83 01 61")].concat();
    let message = parse(&payload);
    assert_eq!(only(&message).offset, 20);
    let payload = [vec![7], vec![0; 19], octets("83 01 61")].concat();
    assert_eq!(only(&parse(&payload)).offset, 20);
    let payload = [vec![15], vec![0; 11], octets("83 01 61")].concat();
    assert_eq!(only(&parse(&payload)).offset, 12);
}

#[test]
fn octets_behind_tunnel_data_are_its_packet_and_no_extensions() {
    let payload = octets("04 04 0000 83 01 61");
    assert_eq!(parse(&payload).extensions().count(), 0);
}
