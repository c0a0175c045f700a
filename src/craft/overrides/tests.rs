//! Overrides tried on a request with a Multipath and a Flow-Binding extension.

use super::*;

/// A request with a Multipath extension (offset 24) and a Flow-Binding extension (offset 32).
fn message() -> Vec<u8> {
    let mut octets = vec![1, 0x22, 0x02, 0x58, 10, 1, 0, 1, 198, 51, 100, 1, 192, 0, 2, 10];
    octets.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    octets.extend([154, 1, 0, 4, 4, 1, 1, 0]);
    octets.extend([154, 2, 0, 9, 1, 2, 1, 2, 1, 0, 0, 0, 0]);
    octets
}

fn with(overrides: &[(&str, OverrideValue)]) -> Result<Vec<u8>, OverrideError> {
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(key, value)| Override { key: (*key).to_owned(), value: value.clone() })
        .collect();
    let mut octets = message();
    apply(&mut octets, &overrides.iter().collect::<Vec<_>>(), Numbers::default()).map(|()| octets)
}

/// The message with these octets at that place.
fn changed(at: usize, by: &[u8]) -> Vec<u8> {
    let mut octets = message();
    octets[at..at + by.len()].copy_from_slice(by);
    octets
}

fn text(text: &str) -> OverrideValue {
    OverrideValue::Text(text.to_owned())
}

#[test]
fn fields_take_any_value_of_their_width() {
    use OverrideValue::{Flag, List, Number, Words};
    for (key, value, expected) in [
        ("type", Number(9), changed(0, &[9])),
        ("type", text("rrp"), changed(0, &[3])),
        // It is a request, and its rule forwards.
        ("type", text("rrq"), message()),
        ("flow-binding.action", text("forward"), message()),
        ("flags", Number(0xff), changed(1, &[0xff])),
        ("flags", text("S,x"), changed(1, &[0x81])),
        ("flags", Words(vec!["r".into()]), changed(1, &[0x04])),
        ("flags", List(vec![]), changed(1, &[0])),
        ("flags.S", Flag(true), changed(1, &[0xa2])),
        ("flags.D", Number(0), changed(1, &[0x02])),
        ("lifetime", Number(65535), changed(2, &[0xff, 0xff])),
        ("home_agent", text("0.0.0.0"), changed(8, &[0, 0, 0, 0])),
        ("identification", text("0xffffffffffffffff"), changed(16, &[0xff; 8])),
        ("identification", Number(5), changed(16, &[0, 0, 0, 0, 0, 0, 0, 5])),
        ("identification", text("deadbeef"), changed(16, &[0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef])),
        ("lifetime", text("0x0102"), changed(2, &[1, 2])),
        ("multipath.type", Number(100), changed(24, &[100])),
        ("multipath.subtype", Number(3), changed(25, &[3])),
        ("multipath.length", Number(5), changed(26, &[0, 5])),
        ("multipath.if_att_name", text("e-utran"), changed(28, &[8])),
        ("multipath.bid", Number(255), changed(30, &[255])),
        ("multipath.bulk", Flag(true), changed(31, &[0x80])),
        ("multipath.reserved", Number(63), changed(31, &[0x3f])),
        ("flow-binding.action", text("drop"), changed(36, &[0])),
        ("flow-binding.bids", OverrideValue::List(vec![7, 8]), changed(38, &[7, 8])),
        ("flow-binding.bid_count", Number(9), changed(37, &[9])),
        ("flow-binding.ts_format", Number(0), changed(40, &[0])),
        ("flow-binding.selector", text("ffffffff"), changed(41, &[0xff; 4])),
    ] {
        assert_eq!(with(&[(key, value)]).unwrap(), expected, "{key}");
    }
}

#[test]
fn several_bits_of_one_octet_and_a_length_beside() {
    let found = with(&[
        ("multipath.length", OverrideValue::Number(5)),
        ("multipath.reserved", OverrideValue::Number(3)),
        ("multipath.overwrite", OverrideValue::Flag(true)),
        ("flow-binding.ts_format", OverrideValue::Number(7)),
    ]);
    let mut expected = changed(26, &[0, 5, 4, 1, 1, 0x43]);
    expected[40] = 7;
    assert_eq!(found.unwrap(), expected);
}

#[test]
fn what_grows_takes_its_length_along() {
    let bids = || ("flow-binding.bids", OverrideValue::List((1..=9).collect()));
    let mut expected = message();
    expected.truncate(34);
    expected.extend([0, 16, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 0, 0, 0]);
    assert_eq!(with(&[bids()]).unwrap(), expected);
    let mut one_more = message();
    one_more.truncate(34);
    one_more.extend([0, 10, 1, 3, 7, 8, 9, 1, 0, 0, 0, 0]);
    assert_eq!(with(&[("flow-binding.bids", OverrideValue::List(vec![7, 8, 9]))]).unwrap(), one_more);
    expected[35] = 9;
    assert_eq!(with(&[bids(), ("flow-binding.length", OverrideValue::Number(9))]).unwrap(), expected);
    let selector = with(&[("flow-binding.selector_text", text("dport 80"))]).unwrap();
    assert_eq!(selector[32..], [154, 2, 0, 11, 1, 2, 1, 2, 1, 0x00, 0x80, 0, 0, 0, 80]);
    // Three Binding Identifiers in place of two, and six octets in place of four.
    let bids = || ("flow-binding.bids", OverrideValue::List(vec![7, 8, 9]));
    let both = [154, 2, 0, 12, 1, 3, 7, 8, 9, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let selector = || ("flow-binding.selector", text("ffffffffffff"));
    assert_eq!(with(&[bids(), selector()]).unwrap()[32..], both);
    assert_eq!(with(&[selector(), bids()]).unwrap()[32..], both);
}

#[test]
fn what_had_no_octets_comes_before_what_begins_there() {
    let mut octets = with(&[("flow-binding.bids", OverrideValue::List(vec![]))]).unwrap();
    assert_eq!(octets[32..], [154, 2, 0, 7, 1, 0, 1, 0, 0, 0, 0]);
    let set = |key: &str, value| Override { key: key.to_owned(), value };
    let bids = set("flow-binding.bids", OverrideValue::List(vec![7, 8]));
    let format = set("flow-binding.ts_format", OverrideValue::Number(2));
    apply(&mut octets, &[&bids, &format], Numbers::default()).unwrap();
    assert_eq!(octets[32..], [154, 2, 0, 9, 1, 2, 7, 8, 2, 0, 0, 0, 0]);
}

#[test]
fn what_grows_beyond_its_length_is_refused() {
    // A NAI of three octets behind the others.
    let grown = |overrides: &[(&str, OverrideValue)]| {
        let mut octets = message();
        octets.extend([131, 3, b'a', b'@', b'b']);
        let overrides: Vec<Override> = overrides
            .iter()
            .map(|(key, value)| Override { key: (*key).to_owned(), value: value.clone() })
            .collect();
        apply(&mut octets, &overrides.iter().collect::<Vec<_>>(), Numbers::default()).map(|()| octets)
    };
    let nai = |length: usize| ("nai.nai", text(&"n".repeat(length)));
    assert_eq!(grown(&[nai(255)]).unwrap()[45..48], [131, 255, b'n']);
    assert_eq!(
        grown(&[nai(256)]).unwrap_err().to_string(),
        "'nai.nai' cannot hold that: a Length of 256 cannot be written, so set nai.length too"
    );
    let told = grown(&[nai(256), ("nai.length", OverrideValue::Number(0))]).unwrap();
    assert_eq!((told.len(), &told[45..48]), (45 + 2 + 256, &[131, 0, b'n'][..]));
}

#[test]
fn faults_are_told() {
    let number = |number| OverrideValue::Number(number);
    for (key, value, said) in [
        ("nai.nai", text("a"), "the request has no extension 'nai'; it has multipath, flow-binding"),
        (
            "multipath.colour",
            number(1),
            "there is no field 'colour'; fields are type, subtype, length, if_att, if_label, bid, bulk, \
             overwrite, reserved",
        ),
        ("multipath.bid", number(256), "'multipath.bid' cannot hold that: it takes a number from 0 to 255"),
        (
            "multipath.reserved",
            number(64),
            "'multipath.reserved' cannot hold that: it takes a number from 0 to 63",
        ),
        ("home_address", number(1), "'home_address' cannot hold that: it takes an IPv4 address"),
        ("lifetime", text("long"), "'lifetime' cannot hold that: it takes a number from 0 to 65535"),
        (
            "identification",
            text("now"),
            "'identification' cannot hold that: it takes a number, or up to 16 hexadecimal digits",
        ),
        (
            "flow-binding.action",
            text("keep"),
            "'flow-binding.action' cannot hold that: it takes drop, forward, or a number from 0 to 255",
        ),
        (
            "flow-binding.bids",
            text("1,2"),
            "'flow-binding.bids' cannot hold that: it takes a list of numbers from 0 to 255",
        ),
        (
            "flow-binding.selector",
            text("any"),
            "'flow-binding.selector' cannot hold that: it takes pairs of hexadecimal digits, or a list of octets",
        ),
        (
            "flags",
            OverrideValue::List(vec![1]),
            "'flags' cannot hold that: it takes a number from 0 to 255, or letters of S B D M G r T x",
        ),
        (
            "flags",
            number(256),
            "'flags' cannot hold that: it takes a number from 0 to 255, or letters of S B D M G r T x",
        ),
    ] {
        assert_eq!(with(&[(key, value)]).unwrap_err().to_string(), said, "{key}");
    }
    assert!(with(&[("flags", text("q"))]).is_err());
    assert!(with(&[("offset", number(1))]).is_err());
    assert!(with(&[("flow-binding.bids", number(1))]).is_err());
}

#[test]
fn an_ipv6_prefix_is_an_address() {
    let dual_stack = |prefix: [u8; 16]| {
        let mut octets = message();
        octets.extend([152, 18, 1, 64]);
        octets.extend(prefix);
        octets
    };
    let set = |value| {
        let wanted = Override { key: "dual-stack.prefix".to_owned(), value };
        let mut octets = dual_stack([0; 16]);
        apply(&mut octets, &[&wanted], Numbers::default()).map(|()| octets)
    };
    let prefix = [0x20, 0x01, 0x0d, 0xb8, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(set(text("2001:db8:5::")).unwrap(), dual_stack(prefix));
    for wrong in [text("2001:db8:5::/64"), text("10.1.0.1"), OverrideValue::Number(1)] {
        assert_eq!(
            set(wrong).unwrap_err().to_string(),
            "'dual-stack.prefix' cannot hold that: it takes an IPv6 address"
        );
    }
}
