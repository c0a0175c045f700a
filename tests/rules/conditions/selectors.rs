//! Traffic selectors (TS) and where they overlap (FB-013), field by field. The fields are those of RFC 6088 §3.1 and
//! §3.2, in pairs of letters: the flag of a start, then that of its end.

use super::{says, told};
use crate::scene::{Registration, Scene, flow_binding};

/// A field of a format: TS Format, place of its pair of flags, octets, and by how much numbers that differ in it are to
/// be multiplied.
type Field = (u8, u32, usize, u128);

/// Source and destination address, SPI, flow label, source and destination port, DS or traffic class, protocol.
const FIELDS: [Field; 15] = [
    (1, 0, 4, 1),
    (1, 1, 4, 1),
    (1, 2, 4, 1),
    (1, 3, 2, 1),
    (1, 4, 2, 1),
    // The low two bits do not count.
    (1, 5, 1, 4),
    (1, 6, 1, 1),
    (2, 0, 16, 1),
    (2, 1, 16, 1),
    (2, 2, 4, 1),
    (2, 3, 4, 1),
    (2, 4, 2, 1),
    (2, 5, 2, 1),
    (2, 6, 1, 4),
    (2, 7, 1, 1),
];

/// The selector that has this field alone, with a start, an end or both.
fn selector((_, pair, width, factor): Field, start: Option<u128>, end: Option<u128>) -> Vec<u8> {
    let flag = |place: u32| 1u32 << (31 - place);
    let flags = start.map_or(0, |_| flag(2 * pair)) | end.map_or(0, |_| flag(2 * pair + 1));
    let mut octets = flags.to_be_bytes().to_vec();
    for value in [start, end].into_iter().flatten() {
        octets.extend_from_slice(&(value * factor).to_be_bytes()[16 - width..]);
    }
    octets
}

/// A refused request with these selectors of one format, each with a list of its own.
fn asking(ts_format: u8, selectors: Vec<Vec<u8>>) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let mut request = Registration::request(1);
        for (bid, selector) in (1..).zip(&selectors) {
            request = request.with(flow_binding(1, &[bid], ts_format, selector));
        }
        scene.exchange(0.0, &request, 134);
    }
}

#[test]
fn rules_overlap_where_their_ranges_meet_in_every_field() {
    for field in FIELDS {
        let range = |start, end| selector(field, Some(start), Some(end));
        let with = |other: Vec<u8>| asking(field.0, vec![range(8, 16), other]);
        assert_eq!(told("FB-013", with(range(16, 24))), [1], "{field:?}");
        assert_eq!(told("FB-013", with(range(17, 24))), [0; 0], "{field:?}");
        assert_eq!(told("FB-013", with(range(4, 8))), [1], "{field:?}");
        assert_eq!(told("FB-013", with(range(4, 7))), [0; 0], "{field:?}");
        // A start alone is one value; no field is all of them.
        assert_eq!(told("FB-013", with(selector(field, Some(16), None))), [1], "{field:?}");
        assert_eq!(told("FB-013", with(selector(field, Some(17), None))), [0; 0], "{field:?}");
        assert_eq!(told("FB-013", with(vec![0; 4])), [1], "{field:?}");
    }
}

#[test]
fn a_range_that_is_broken_in_any_field_overlaps_nothing() {
    for field in FIELDS {
        let with = |broken: Vec<u8>| asking(field.0, vec![broken, vec![0; 4]]);
        let range = |start, end| selector(field, Some(start), Some(end));
        assert_eq!(told("FB-013", with(range(9, 9))), [1], "{field:?}");
        assert_eq!(told("FB-013", with(range(9, 8))), [0; 0], "{field:?}");
        assert_eq!(told("TS-003", with(range(9, 8))), [1], "{field:?}");
        let end = selector(field, None, Some(9));
        assert_eq!(told("FB-013", with(end.clone())), [0; 0], "{field:?}");
        let rule = if field.0 == 1 { "TS-001" } else { "TS-002" };
        assert_eq!(told(rule, with(end)), [1], "{field:?}");
    }
}

/// Both are 8 once their low two bits are left out.
#[test]
fn of_a_ds_field_six_bits_are_compared() {
    let ds = |octet: u8| vec![0, 0x20, 0, 0, octet];
    assert_eq!(told("FB-013", asking(1, vec![ds(0x20), ds(0x23)])), [1]);
    assert_eq!(told("FB-013", asking(1, vec![ds(0x20), ds(0x24)])), [0; 0]);
}

#[test]
fn the_start_of_one_field_is_not_that_of_another() {
    // Source address with its start (A), and the end of a destination range (D).
    let ends = [&[0x90, 0, 0, 0][..], &[10, 0, 0, 1, 10, 0, 0, 9]].concat();
    assert_eq!(told("TS-001", asking(1, vec![ends.clone()])), [1]);
    let words =
        "destination address 10.0.0.9 as the end of a range (flag D) and no start; flag C has to be set too";
    says("TS-001", words, asking(1, vec![ends]));
}

#[test]
fn a_range_that_runs_backwards_is_told_as_people_write_it() {
    let addresses = [&[0xc0, 0, 0, 0][..], &[10, 0, 0, 9, 10, 0, 0, 1]].concat();
    says(
        "TS-003",
        "source address range starts at 10.0.0.9 and ends at 10.0.0.1",
        asking(1, vec![addresses]),
    );
    let ports = vec![0x03, 0, 0, 0, 0x13, 0xce, 0x13, 0xc4];
    says("TS-003", "source port range starts at 5070 and ends at 5060", asking(1, vec![ports]));
}

/// An IPv6 source address and a flow label: the address has a first octet, too.
#[test]
fn an_address_beside_a_flow_label_is_none() {
    let address = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let with = |label: [u8; 4]| asking(2, vec![[&[0x82, 0, 0, 0][..], &address, &label].concat()]);
    let both = |label| (told("TS-007", with(label)), told("TS-008", with(label)));
    assert_eq!(both([0, 0x0f, 0xff, 0xff]), (vec![], vec![]));
    assert_eq!(both([0, 0x10, 0, 0]), (vec![], vec![1]));
    assert_eq!(both([1, 0, 0, 0]), (vec![1], vec![]));
}

/// Without the field there is nothing to say of its bits: all others have them set.
#[test]
fn of_ecn_bits_other_fields_have_none() {
    // G, I and M of TS Format 1.
    assert_eq!(told("TS-009", asking(1, vec![vec![0x02, 0x88, 0, 0, 0, 3, 0, 3, 17]])), [0; 0]);
    // The same with K.
    let with = |ds: u8| asking(1, vec![vec![0x02, 0xa8, 0, 0, 0, 3, 0, 3, ds, 17]]);
    assert_eq!(told("TS-009", with(0xb8)), [0; 0]);
    assert_eq!(told("TS-009", with(0xb9)), [1]);
    assert_eq!(told("TS-009", with(0xba)), [1]);
}

#[test]
fn the_protocols_that_have_ports_and_those_that_have_an_spi() {
    for protocol in 0..=255 {
        let has_ports = matches!(protocol, 6 | 17 | 33 | 132 | 136);
        let has_spi = matches!(protocol, 50 | 51);
        let fires = |holds: bool| if holds { vec![] } else { vec![1] };
        // M with G, with I, and with E.
        let source = vec![0x02, 0x08, 0, 0, 0, 80, protocol];
        assert_eq!(told("TS-010", asking(1, vec![source])), fires(has_ports), "{protocol}");
        let destination = vec![0, 0x88, 0, 0, 0, 80, protocol];
        assert_eq!(told("TS-010", asking(1, vec![destination])), fires(has_ports), "{protocol}");
        let spi = vec![0x08, 0x08, 0, 0, 0, 0, 1, 0, protocol];
        assert_eq!(told("TS-010", asking(1, vec![spi])), fires(has_spi), "{protocol}");
    }
}

#[test]
fn the_protocols_of_a_contradiction_are_told() {
    // I, M, and N.
    says("TS-010", "protocol 1 and for ports", asking(1, vec![vec![0, 0x88, 0, 0, 0, 80, 1]]));
    says("TS-010", "protocol 1-5 and for ports", asking(1, vec![vec![0, 0x8c, 0, 0, 0, 80, 1, 5]]));
    says("TS-010", "protocol 17 and for an SPI", asking(1, vec![vec![0x08, 0x08, 0, 0, 0, 0, 1, 0, 17]]));
}

#[test]
fn the_first_octet_of_a_flow_label_does_not_count_in_its_range() {
    // G and H, from 8 to 9 and back; the first octet is another rule's (TS-007).
    let labels = |start: [u8; 4], end: [u8; 4]| asking(2, vec![[&[3, 0, 0, 0][..], &start, &end].concat()]);
    assert_eq!(told("TS-003", labels([1, 0, 0, 8], [0, 0, 0, 9])), [0; 0]);
    assert_eq!(told("TS-003", labels([0, 0, 0, 9], [1, 0, 0, 8])), [1]);
    says(
        "TS-003",
        "flow label range starts at 0x9 and ends at 0x1000008",
        labels([0, 0, 0, 9], [1, 0, 0, 8]),
    );
}

#[test]
fn addresses_of_ipv6_are_told_as_people_write_them() {
    let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let backwards = [&[0xc0, 0, 0, 0][..], &address(9), &address(1)].concat();
    says("TS-003", "starts at 2001:db8::9 and ends at 2001:db8::1", asking(2, vec![backwards]));
}

#[test]
fn what_is_missing_of_a_selector_and_what_it_selects_is_told() {
    says("TS-005", "has 3 octets; its flags word alone takes 4", asking(1, vec![vec![0; 3]]));
    says(
        "TS-005",
        "has 4 octets: its flags announce a field of 2 where 0 remain",
        asking(1, vec![vec![2, 0, 0, 0]]),
    );
    says(
        "TS-005",
        "has 5 octets: its flags announce a field of 2 where 1 remain",
        asking(2, vec![vec![0, 0x80, 0, 0, 9]]),
    );
    says("TS-012", "every IPv4 packet matches", asking(1, vec![vec![0; 4]]));
    says("TS-012", "every IPv6 packet matches", asking(2, vec![vec![0; 4]]));
}

/// Packets to this address, or up to that, are not to the node.
#[test]
fn a_destination_that_is_elsewhere_is_told_as_an_address_or_a_range() {
    let to = |last: &[u8]| {
        let flags = if last.is_empty() { 0x20 } else { 0x30 };
        asking(1, vec![[&[flags, 0, 0, 0, 10, 9, 0, 1], last].concat()])
    };
    says("TS-011", "destination 10.9.0.1 holds neither", to(&[]));
    says("TS-011", "destination 10.9.0.1-10.9.0.7 holds neither", to(&[10, 9, 0, 7]));
}

/// A request for a network or a prefix of one address, and for packets to this one.
#[test]
fn a_network_may_be_a_single_address() {
    let network = |length: u8, last: u8| {
        move |scene: &mut Scene| {
            let request = Registration::request(1).with(crate::scene::short(148, &[0, length, 10, 99, 0, 1]));
            let selector = [0x20, 0, 0, 0, 10, 99, 0, last];
            scene.exchange(0.0, &request.with(flow_binding(1, &[1], 1, &selector)), 134);
        }
    };
    assert_eq!(told("TS-011", network(32, 1)), [0; 0]);
    assert_eq!(told("TS-011", network(32, 2)), [1]);
    // There is no network of 33 bits (NEMO-001).
    assert_eq!(told("TS-011", network(33, 1)), [1]);
    let prefix = |length: u8, last: u8| {
        move |scene: &mut Scene| {
            let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
            let asked = crate::scene::short(152, &[&[1, length][..], &address(1)].concat());
            let selector = [&[0x20, 0, 0, 0][..], &address(last)].concat();
            let request = Registration::request(1).with(asked).with(flow_binding(1, &[1], 2, &selector));
            scene.exchange(0.0, &request, 134);
        }
    };
    assert_eq!(told("TS-011", prefix(128, 1)), [0; 0]);
    assert_eq!(told("TS-011", prefix(128, 2)), [1]);
    // Nor a prefix of 129 (DS-002): without one there is nothing to compare with.
    assert_eq!(told("TS-011", prefix(129, 2)), [0; 0]);
}

/// A node is given an address, and later asks by its NAI alone for packets from this one.
#[test]
fn a_node_that_does_not_name_its_address_has_it_still() {
    let asked = |source: [u8; 4]| {
        move |scene: &mut Scene| {
            let nai = || crate::scene::short(131, b"a@b.example");
            let nobody = std::net::Ipv4Addr::UNSPECIFIED;
            let request = Registration { home_address: nobody, ..Registration::request(1) }.with(nai());
            let sent = scene.send(0.0, &request);
            let home_address = std::net::Ipv4Addr::new(10, 9, 0, 9);
            scene.send(0.02, &Registration { home_address, ..sent.reply(0) }.with(nai()));
            let selector = [&[0x80, 0, 0, 0][..], &source].concat();
            scene.send(5.0, &request.with(flow_binding(1, &[1], 1, &selector)));
        }
    };
    assert_eq!(told("TS-011", asked([10, 9, 0, 9])), [3]);
    assert_eq!(told("TS-011", asked([10, 9, 0, 8])), [0; 0]);
}
