//! The Flow-Binding extension (RFC 7629 §4.2, Figure 5).

use mipflow::wire::{
    Action, Bounds, Content, ExtensionType, FlowBinding, Problem, SelectorFormat, TrafficSelector,
};

use super::{is_extension, is_malformed};

fn is_flow_binding(digits: &str, flow_binding: FlowBinding<'_>) {
    is_extension(digits, ExtensionType(154), 2, Content::FlowBinding(flow_binding));
}

#[test]
fn forward_to_two_bindings_by_protocol_and_port() {
    let mut selector = TrafficSelector::any(SelectorFormat::Ipv4);
    selector.destination_port = Bounds::single(5060);
    selector.protocol = Bounds::single(17);
    // I is the 9th flag (0x0080 0000), M the 13th (0x0008 0000).
    is_flow_binding(
        "9a 02 000c  01 02 07 09  01  00880000 13c4 11",
        FlowBinding {
            action: Action::Forward,
            bids: &[7, 9],
            ts_format: 1,
            selector: Some(selector),
            selector_octets: &[0, 0x88, 0, 0, 0x13, 0xc4, 0x11],
        },
    );
}

#[test]
fn drop_of_everything() {
    is_flow_binding(
        "9a 02 0008  00 01 ff  02  00000000",
        FlowBinding {
            action: Action::Drop,
            bids: &[255],
            ts_format: 2,
            selector: Some(TrafficSelector::any(SelectorFormat::Ipv6)),
            selector_octets: &[0; 4],
        },
    );
}

#[test]
fn actions_and_formats_without_a_meaning_are_kept() {
    for ts_format in [0u8, 3, 250, 251, 255] {
        is_flow_binding(
            &format!("9a 02 0006  63 01 07  {ts_format:02x}  abcd"),
            FlowBinding {
                action: Action::Unassigned(0x63),
                bids: &[7],
                ts_format,
                selector: None,
                selector_octets: &[0xab, 0xcd],
            },
        );
    }
}

#[test]
fn a_selector_of_an_unknown_format_may_be_empty() {
    is_flow_binding(
        "9a 02 0004  01 01 07  03",
        FlowBinding {
            action: Action::Forward,
            bids: &[7],
            ts_format: 3,
            selector: None,
            selector_octets: &[],
        },
    );
}

#[test]
fn no_bid_and_nine_bids_are_kept() {
    let none = FlowBinding {
        action: Action::Forward,
        bids: &[],
        ts_format: 1,
        selector: Some(TrafficSelector::any(SelectorFormat::Ipv4)),
        selector_octets: &[0; 4],
    };
    is_flow_binding("9a 02 0007  01 00  01 00000000", none);
    let nine = FlowBinding { bids: &[1, 2, 3, 4, 5, 6, 7, 8, 9], ..none };
    is_flow_binding("9a 02 0010  01 09 010203040506070809  01 00000000", nine);
}

#[test]
fn more_than_255_bids_do_not_fit_their_count() {
    let bids = [7; 300];
    let flow_binding = FlowBinding {
        action: Action::Drop,
        bids: &bids,
        ts_format: 3,
        selector: None,
        selector_octets: &[9],
    };
    let mut out = vec![0xee];
    flow_binding.emit(&mut out);
    assert_eq!(out, [&[0xee, 0, 255][..], &[7; 255], &[3, 9]].concat());
}

#[test]
fn a_bid_count_past_the_end_is_a_fault_where_the_list_begins() {
    // Action and BID Count at 28 and 29, the list at 30: five BIDs promised, three octets there.
    is_malformed(
        "9a 02 0005  01 05 070809",
        30,
        Problem::FieldMissing { field: "BID List", needed: 5, left: 3 },
    );
    is_malformed("9a 02 0002  01 ff", 30, Problem::FieldMissing { field: "BID List", needed: 255, left: 0 });
}

#[test]
fn each_field_before_the_selector_can_be_missing() {
    is_malformed("9a 02 0000", 28, Problem::FieldMissing { field: "Action", needed: 1, left: 0 });
    is_malformed("9a 02 0001  01", 29, Problem::FieldMissing { field: "BID Count", needed: 1, left: 0 });
    is_malformed(
        "9a 02 0003  01 01 07",
        31,
        Problem::FieldMissing { field: "TS Format", needed: 1, left: 0 },
    );
}
