//! What a sink is told: name, place, mask, value and meaning of each field, against hand-worked lists.

use mipflow::wire::{Field, Malformed, Meaning, Message, Numbers, Problem, Value};

use super::{octets, only, parse, request};

/// Key, octets, mask and value of each field that is no detail.
fn told<'a>(fields: &[Field<'a>]) -> Vec<(&'static str, std::ops::Range<usize>, u32, Value<'a>)> {
    let plain = fields.iter().filter(|field| !field.detail);
    plain.map(|field| (field.key, field.octets.clone(), field.mask, field.value.clone())).collect()
}

fn meaning(fields: &[Field<'_>], key: &str) -> Meaning {
    fields.iter().find(|field| field.key == key).unwrap().meaning
}

const fn name(name: &'static str) -> Meaning {
    Meaning::Name { key: None, name: Some(name) }
}

#[test]
fn registration_request() {
    // S and D of the upper half, T of the lower: 1010 0010.
    let payload = octets("01 a2 ffff  0a000001  c6336401  cb007102  0102030405060708");
    let mut fields = Vec::new();
    parse(&payload).describe(&mut fields);
    let flag = |key, mask, set| (key, 1..2, mask, Value::Flag(set));
    assert_eq!(
        told(&fields),
        [
            ("type", 0..1, 0, Value::Number(1)),
            flag("flags.S", 0x80, true),
            flag("flags.B", 0x40, false),
            flag("flags.D", 0x20, true),
            flag("flags.M", 0x10, false),
            flag("flags.G", 0x08, false),
            flag("flags.r", 0x04, false),
            flag("flags.T", 0x02, true),
            flag("flags.x", 0x01, false),
            ("lifetime", 2..4, 0, Value::Number(65535)),
            ("home_address", 4..8, 0, Value::Ipv4([10, 0, 0, 1].into())),
            ("home_agent", 8..12, 0, Value::Ipv4([198, 51, 100, 1].into())),
            ("care_of_address", 12..16, 0, Value::Ipv4([203, 0, 113, 2].into())),
            ("identification", 16..24, 0, Value::Hexadecimal(0x0102_0304_0506_0708, 16)),
        ]
    );
    assert_eq!(meaning(&fields, "type"), name("Registration Request"));
    assert_eq!(meaning(&fields, "lifetime"), name("infinite"));
}

#[test]
fn registration_reply() {
    let payload = octets("03 98 0000  0a000001  c6336401  0102030405060708");
    let mut fields = Vec::new();
    parse(&payload).describe(&mut fields);
    let keys: Vec<_> = told(&fields).into_iter().map(|(key, octets, ..)| (key, octets)).collect();
    assert_eq!(
        keys,
        [
            ("type", 0..1),
            ("code", 1..2),
            ("lifetime", 2..4),
            ("home_address", 4..8),
            ("home_agent", 8..12),
            ("identification", 12..20),
        ]
    );
    assert_eq!(meaning(&fields, "code"), name("MULTIPATH_NOT_ALLOWED"));
    assert_eq!(meaning(&fields, "lifetime"), name("de-registration"));
}

#[test]
fn multipath() {
    let payload = request("9a 01 0004  08 03 07 a5");
    let message = parse(&payload);
    let extension = only(&message);
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    assert_eq!(extension.describe(&mut fields), None);
    // a5 is 1010 0101: B, not O, and the six reserved bits 10 0101 (37).
    assert_eq!(
        told(&fields),
        [
            ("type", 24..25, 0, Value::Number(154)),
            ("subtype", 25..26, 0, Value::Number(1)),
            ("length", 26..28, 0, Value::Number(4)),
            ("if_att", 28..29, 0, Value::Number(8)),
            ("if_label", 29..30, 0, Value::Number(3)),
            ("bid", 30..31, 0, Value::Number(7)),
            ("bulk", 31..32, 0x80, Value::Flag(true)),
            ("overwrite", 31..32, 0x40, Value::Flag(false)),
            ("reserved", 31..32, 0x3f, Value::Number(37)),
        ]
    );
    assert_eq!(meaning(&fields, "type"), name("multipath"));
    assert_eq!(meaning(&fields, "if_att"), Meaning::Name { key: Some("if_att_name"), name: Some("E-UTRAN") });
}

#[test]
fn flow_binding() {
    let payload = request("9a 02 000c  01 02 07 09  01  00880000 13c4 11");
    let message = parse(&payload);
    let extension = only(&message);
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    assert_eq!(extension.describe(&mut fields), None);
    let selector = "proto udp dport 5060".parse().unwrap();
    assert_eq!(
        told(&fields),
        [
            ("type", 24..25, 0, Value::Number(154)),
            ("subtype", 25..26, 0, Value::Number(2)),
            ("length", 26..28, 0, Value::Number(12)),
            ("action", 28..29, 0, Value::Number(1)),
            ("bid_count", 29..30, 0, Value::Number(2)),
            ("bids", 30..32, 0, Value::List(&[7, 9])),
            ("ts_format", 32..33, 0, Value::Number(1)),
            ("selector", 33..40, 0, Value::Selector { selector, whole: true }),
        ]
    );
    assert_eq!(meaning(&fields, "action"), Meaning::Word("forward"));
    assert_eq!(meaning(&fields, "ts_format"), name("IPv4 binary traffic selector"));
    let details = fields.iter().filter(|field| field.detail);
    assert_eq!(
        details.map(|field| (field.key, field.octets.clone(), field.value.clone())).collect::<Vec<_>>(),
        [
            ("selector_flags", 33..37, Value::Hexadecimal(0x0088_0000, 8)),
            ("selector_destination_port", 37..39, Value::Number(5060)),
            ("selector_protocol", 39..40, Value::Number(17)),
        ]
    );
}

#[test]
fn details_of_a_padded_selector_begin_behind_the_padding() {
    // E and K behind one octet of zero: an SPI and a DS octet.
    let payload = request("9a 02 000e  01 01 07  01  00 08200000 0000abcd b8");
    let message = parse(&payload);
    let mut fields = Vec::new();
    assert_eq!(only(&message).describe(&mut fields), None);
    let places = fields.iter().filter(|field| field.detail || field.key == "selector");
    assert_eq!(
        places.map(|field| (field.key, field.octets.clone())).collect::<Vec<_>>(),
        [("selector", 32..42), ("selector_flags", 33..37), ("selector_spi", 37..41), ("selector_ds", 41..42),]
    );
    let layout = Some("one octet of padding before the flags");
    assert_eq!(meaning(&fields, "selector"), Meaning::Name { key: Some("ts_layout"), name: layout });
}

#[test]
fn a_truncated_selector_shows_the_flags_it_came_with() {
    // A and M: a source address of which three octets are there, and a protocol that is not.
    let payload = request("9a 02 000b  01 01 07  01  80080000 0a0000");
    let message = parse(&payload);
    let mut fields = Vec::new();
    only(&message).describe(&mut fields);
    let flags = fields.iter().find(|field| field.key == "selector_flags").unwrap();
    assert_eq!(flags.value, Value::Hexadecimal(0x8008_0000, 8));
    let places: Vec<_> = told(&fields).into_iter().map(|(key, octets, ..)| (key, octets)).collect();
    assert_eq!(places[3..], [("ts_format", 31..32), ("selector", 32..36), ("left_over", 36..39)]);
}

#[test]
fn a_selector_without_its_flags_word_is_octets() {
    let payload = request("9a 02 0007  01 01 07  01  800800");
    let message = parse(&payload);
    let mut fields = Vec::new();
    only(&message).describe(&mut fields);
    assert_eq!(told(&fields)[4], ("selector", 32..35, 0, Value::Octets(&[0x80, 8, 0])));
}

#[test]
fn fields_behind_one_that_does_not_fit_are_absent_and_its_octets_are_left_over() {
    let payload = request("20 03 aabbcc");
    let message = parse(&payload);
    let mut fields = Vec::new();
    only(&message).describe(&mut fields);
    assert_eq!(
        told(&fields),
        [
            ("spi", 26..26, 0, Value::Absent),
            ("authenticator", 26..26, 0, Value::Absent),
            ("left_over", 26..29, 0, Value::Octets(&[0xaa, 0xbb, 0xcc])),
        ]
    );
}

#[test]
fn what_was_cut_is_not_left_over() {
    // Lengths of 20 and 6, of which 3 and 5 octets were captured.
    for (captured, missing, at, octets) in [
        ("20 14 aabbcc", 17, 26..29, &[0xaa, 0xbb, 0xcc][..]),
        // A Length that must be 4: what is behind the fields may be anything, too.
        ("9a 01 0006 08 03 07 00 aa", 1, 32..33, &[0xaa]),
    ] {
        let payload = request(captured);
        let message = Message::parse(&payload, missing, Numbers::default());
        let mut fields = Vec::new();
        let fault = only(&message).describe(&mut fields);
        assert_eq!(fault, Some(Malformed { offset: 24, problem: Problem::NotCaptured { missing } }));
        assert_eq!(told(&fields).last().unwrap(), &("before_the_cut", at, 0, Value::Octets(octets)));
    }
    let mut fields = Vec::new();
    let runt = octets("01 00 0708 0a0000");
    Message::parse(&runt, 17, Numbers::default()).describe(&mut fields);
    assert_eq!(told(&fields).last().unwrap(), &("before_the_cut", 4..7, 0, Value::Octets(&[10, 0, 0])));
}

#[test]
fn octets_behind_the_last_field_are_left_over() {
    let payload = request("9a 01 0006  08 03 07 00 aa bb");
    let message = parse(&payload);
    let mut fields = Vec::new();
    only(&message).describe(&mut fields);
    assert_eq!(told(&fields).last().unwrap(), &("left_over", 32..34, 0, Value::Octets(&[0xaa, 0xbb])));
}

#[test]
fn the_short_layout_has_its_length_before_its_subtype() {
    let payload = request("9a 05 01  08 03 07 00");
    let message = parse(&payload);
    let extension = only(&message);
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    extension.describe(&mut fields);
    assert_eq!(
        told(&fields),
        [
            ("type", 24..25, 0, Value::Number(154)),
            ("length", 25..26, 0, Value::Number(5)),
            ("subtype", 26..27, 0, Value::Number(1)),
            ("data", 27..31, 0, Value::Octets(&[8, 3, 7, 0])),
        ]
    );
}

#[test]
fn a_runt_request_tells_the_fields_that_are_there() {
    let payload = octets("01 00 0708 0a0000");
    let mut fields = Vec::new();
    parse(&payload).describe(&mut fields);
    let fields = told(&fields);
    assert_eq!(fields[9], ("lifetime", 2..4, 0, Value::Number(1800)));
    assert_eq!(fields[10], ("home_address", 4..4, 0, Value::Absent));
    assert_eq!(fields[13], ("identification", 4..4, 0, Value::Absent));
    assert_eq!(fields[14], ("left_over", 4..7, 0, Value::Octets(&[10, 0, 0])));
}

#[test]
fn a_runt_tunnel_data_header_leaves_no_packet() {
    // Found by fuzzing: the octet of the reserved field that is there was taken for the tunnelled packet.
    let payload = octets("04 20 0a");
    let mut fields = Vec::new();
    parse(&payload).describe(&mut fields);
    assert_eq!(
        told(&fields),
        [
            ("type", 0..1, 0, Value::Number(4)),
            ("next_header", 1..2, 0, Value::Number(32)),
            ("reserved", 2..2, 0, Value::Absent),
            ("left_over", 2..3, 0, Value::Octets(&[10])),
        ]
    );
}

#[test]
fn absent_fields_mean_nothing() {
    // Action 0 is drop, and a Code of 0 is accepted: a field that is not there is neither.
    let payload = request("9a 02 0000");
    let message = parse(&payload);
    let mut fields = Vec::new();
    only(&message).describe(&mut fields);
    assert_eq!(meaning(&fields, "action"), Meaning::None);
    assert_eq!(meaning(&fields, "ts_format"), Meaning::Name { key: None, name: None });
    let mut fields = Vec::new();
    parse(&[3]).describe(&mut fields);
    assert_eq!(meaning(&fields, "code"), Meaning::Name { key: None, name: None });
    assert_eq!(meaning(&fields, "lifetime"), Meaning::Name { key: None, name: None });
}
