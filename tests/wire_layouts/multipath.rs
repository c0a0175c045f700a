//! The Multipath extension (RFC 7629 §4.1, Figure 4).

use mipflow::wire::{
    AccessTechnology, Content, ExtensionType, Form, Layout, Malformed, Message, Multipath, Numbers, Problem,
};

use super::{is_extension, is_malformed, only, parse, request};

const FAMILY: ExtensionType = ExtensionType(154);

/// If-ATT 8 (E-UTRAN), label 3, BID 7, nothing else.
const PLAIN: Multipath = Multipath {
    access_technology: AccessTechnology(8),
    label: 3,
    bid: 7,
    bulk: false,
    overwrite: false,
    reserved: 0,
};

#[test]
fn multipath() {
    is_extension("9a 01 0004  08 03 07 00", FAMILY, 1, Content::Multipath(PLAIN));
}

#[test]
fn each_flag_has_its_bit() {
    let multipath = |digits, multipath| is_extension(digits, FAMILY, 1, Content::Multipath(multipath));
    multipath("9a 01 0004  08 03 07 80", Multipath { bulk: true, ..PLAIN });
    multipath("9a 01 0004  08 03 07 40", Multipath { overwrite: true, ..PLAIN });
    multipath("9a 01 0004  08 03 07 20", Multipath { reserved: 0x20, ..PLAIN });
    multipath("9a 01 0004  08 03 07 01", Multipath { reserved: 1, ..PLAIN });
    multipath("9a 01 0004  08 03 07 ff", Multipath { bulk: true, overwrite: true, reserved: 0x3f, ..PLAIN });
}

#[test]
fn values_that_rfc_7629_forbids_are_kept() {
    let odd = Multipath { access_technology: AccessTechnology(0), label: 0, bid: 0, ..PLAIN };
    is_extension("9a 01 0004  00 00 00 00", FAMILY, 1, Content::Multipath(odd));
    let most = Multipath { access_technology: AccessTechnology(255), label: 255, bid: 255, ..PLAIN };
    is_extension("9a 01 0004  ff ff ff 00", FAMILY, 1, Content::Multipath(most));
}

#[test]
fn a_reserved_value_too_large_for_its_bits_touches_no_flag() {
    let mut out = Vec::new();
    Multipath { reserved: 0xff, ..PLAIN }.emit(&mut out);
    assert_eq!(out, [8, 3, 7, 0x3f]);
}

#[test]
fn every_length_but_four_is_wrong() {
    for length in [0u16, 1, 2, 3, 5, 6, 7, 8, 255, 256] {
        let digits = format!("9a 01 {length:04x} {}", "07".repeat(length.into()));
        let found = usize::from(length);
        // The Length field is the third octet of the extension: 24 + 2.
        is_malformed(&digits, 26, Problem::WrongLength { expected: 4, found });
    }
}

#[test]
fn a_wrong_length_moves_the_next_extension_and_is_no_fault_of_framing() {
    let payload = request("9a 01 0005  08 03 07 00 00   83 01 61");
    let message = parse(&payload);
    assert_eq!(message.malformed(), None);
    let found: Vec<_> = message.extensions().map(|extension| (extension.offset, extension.name())).collect();
    assert_eq!(found, [(24, "multipath"), (33, "nai")]);
}

#[test]
fn a_family_member_of_another_subtype_is_opaque() {
    for subtype in [0u8, 3, 4, 5, 255] {
        let digits = format!("9a {subtype:02x} 0003  010203");
        is_extension(&digits, FAMILY, subtype, Content::Opaque(&[1, 2, 3]));
        let payload = request(&digits);
        let message = parse(&payload);
        let extension = only(&message);
        assert_eq!(extension.subtype, Some(subtype));
        assert_eq!(extension.name(), "multipath-family");
        assert!(extension.is_family() && !extension.is_multipath() && !extension.is_flow_binding());
    }
}

#[test]
fn the_short_layout_is_recognised_and_stepped_over() {
    // EXT-005: Length 5 where the Sub-Type belongs, then Sub-Type 1 and the four octets of Figure 4.
    let payload = request("9a 05 01  08 03 07 00   83 01 61");
    let message = parse(&payload);
    let extensions: Vec<_> = message.extensions().collect();
    assert_eq!(message.malformed(), None);
    assert_eq!(extensions.len(), 2);
    assert_eq!(extensions[0].layout, Layout::FamilyAsShort);
    assert_eq!(extensions[0].length, 5);
    assert_eq!(extensions[0].subtype, Some(1));
    assert_eq!(extensions[0].data, [1, 8, 3, 7, 0]);
    assert_eq!(extensions[0].name(), "multipath-family");
    let fault = Malformed { offset: 25, problem: Problem::ShortLayout };
    assert_eq!(extensions[0].content(), Err(fault));
    assert_eq!((extensions[1].offset, extensions[1].name()), (31, "nai"));
}

#[test]
fn the_short_layout_needs_a_length_of_five_that_fits_and_a_known_subtype() {
    let layout = |digits: &str| {
        let payload = request(digits);
        parse(&payload).extensions().next().unwrap().layout
    };
    assert_eq!(layout("9a 05 01  08 03 07 00"), Layout::FamilyAsShort);
    assert_eq!(layout("9a 05 02  01 01 07 00"), Layout::FamilyAsShort);
    let long = Layout::Proper(Form::Long);
    // A Length under 5, one octet more than there is, and a Sub-Type that is neither 1 nor 2.
    assert_eq!(layout("9a 04 01  08 03 07 00"), long);
    assert_eq!(layout("9a 06 01  08 03 07 00"), long);
    assert_eq!(layout("9a 05 03  08 03 07 00"), long);
    assert_eq!(layout("9a 05 00  08 03 07 00"), long);
    // Octet 1 is a Sub-Type of the long layout whatever follows: 256 octets and more are lawful.
    assert_eq!(layout(&format!("9a 02 0100 {}", "00".repeat(256))), long);
    assert_eq!(layout(&format!("9a 01 0100 {}", "00".repeat(256))), long);
}

#[test]
fn a_configured_type_takes_the_place_of_154() {
    let older = Numbers { multipath_family: 150, ..Numbers::default() };
    let payload = request("96 01 0004  08 03 07 80   9a 02 aabb");
    let message = Message::parse(&payload, 0, older);
    let extensions: Vec<_> = message.extensions().collect();
    let multipath = Content::Multipath(Multipath { bulk: true, ..PLAIN });
    assert_eq!(extensions.len(), 2);
    assert_eq!(extensions[0].content(), Ok(multipath));
    // 154 is then an unassigned type with an 8-bit Length.
    assert_eq!((extensions[1].offset, extensions[1].name()), (32, "unknown"));
    assert_eq!(extensions[1].content(), Ok(Content::Opaque(&[0xaa, 0xbb])));
    let mut out = Vec::new();
    multipath.emit(ExtensionType(150), 1, older, &mut out);
    Content::Opaque(&[0xaa, 0xbb]).emit(ExtensionType(154), 0, older, &mut out);
    assert_eq!(out, payload[24..]);
}

#[test]
fn a_configured_type_is_no_authentication_whatever_its_number() {
    let clashing = Numbers { multipath_family: 32, ..Numbers::default() };
    let payload = request("20 01 0004  08 03 07 00");
    let message = Message::parse(&payload, 0, clashing);
    let extension = message.extensions().next().unwrap();
    assert!(extension.is_multipath() && !extension.is_authentication());
}
