//! Flow policy: which rules there are, in which order, what each does now, and which packets it selects.

use std::net::{Ipv4Addr, Ipv6Addr};

use mipflow::state::Origin;
use mipflow::wire::{
    Action, Bounds, Content, DualStack, ExtensionType, Ipv6PrefixCode, SelectorFormat, SelectorLayout,
    TrafficSelector,
};

use crate::history::table::{node, policy, rule_counts, states, verdicts};
use crate::history::{Ask, HOME_AGENT, History, NODE, Packet, care_of, ip_in_ip};

/// An IPv4 selector with this destination port, and whatever else the test does to it.
fn selector(change: impl FnOnce(&mut TrafficSelector)) -> Vec<u8> {
    let mut selector = TrafficSelector::any(SelectorFormat::Ipv4);
    selector.destination_port = Bounds::single(80);
    change(&mut selector);
    let mut out = Vec::new();
    selector.emit(&mut out);
    out
}

/// Policy after bindings 1 and 2 and these requests, a second apart from 10 s on.
fn after(asks: &[Ask]) -> Vec<String> {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2));
    for (index, ask) in asks.iter().enumerate() {
        history.accepted(10.0 + index as f64, ask);
    }
    policy(&history.observe(), NODE)
}

#[test]
fn rules_are_numbered_in_order_of_appearance() {
    assert_eq!(
        after(&[
            Ask::bid(1, 3).forward(&[1, 2], "dport 80").drop("dport 23"),
            Ask::bid(1, 4).forward(&[2], "proto tcp"),
        ]),
        ["1 forward 1,2 > 1 | dport 80", "2 drop 255 > drop | dport 23", "3 forward 2 > 2 | proto tcp"]
    );
}

#[test]
fn a_rule_that_matches_nothing_says_so() {
    let without_a_start =
        selector(|selector| selector.destination_port = Bounds { start: None, end: Some(80) });
    let drop = Ask::bid(1, 3).rule(Action::Drop, &[255], 1, &without_a_start).drop("any");
    assert_eq!(after(&[drop]), ["1 drop 255 > drop | nothing (dport ?-80)", "2 drop 255 > drop | any"]);
}

#[test]
fn a_known_selector_keeps_its_number() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80").forward(&[1], "dport 81"));
    history.accepted(2.0, &Ask::bid(2, 2).forward(&[2, 1], "dport 80"));
    let observer = history.observe();
    assert_eq!(policy(&observer, NODE), ["1 forward 2,1 > 2 | dport 80", "2 forward 1 > 1 | dport 81"]);
    let frames: Vec<u64> = node(&observer, NODE).policy().rules().iter().map(|rule| rule.frame).collect();
    assert_eq!(frames, [3, 1]); // of the message that brought it as it is
}

#[test]
fn a_repeated_rule_is_no_change() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80"));
    history.accepted(2.0, &Ask::bid(1, 2).forward(&[1], "dport 80"));
    assert_eq!(node(&history.observe(), NODE).policy().rules()[0].frame, 1);
}

#[test]
fn of_two_rules_with_one_selector_the_later_wins() {
    assert_eq!(
        after(&[Ask::bid(1, 3).forward(&[1], "dport 80").forward(&[1], "dport 81").drop("dport 80")]),
        ["1 drop 255 > drop | dport 80", "2 forward 1 > 1 | dport 81"]
    );
}

#[test]
fn the_home_agent_has_the_last_word() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1).forward(&[1], "dport 80").forward(&[1], "dport 81");
    history.ask(1.0, &ask);
    let reply = ask.answer(0).forward(&[1, 2], "dport 80").forward(&[1], "dport 82");
    history.answer(1.1, &reply);
    let observer = history.observe();
    assert_eq!(
        policy(&observer, NODE),
        ["1 forward 1,2 > 1 | dport 80", "2 forward 1 > 1 | dport 81", "3 forward 1 > 1 | dport 82"]
    );
    let origins: Vec<(Origin, u64)> =
        node(&observer, NODE).policy().rules().iter().map(|rule| (rule.origin, rule.frame)).collect();
    assert_eq!(origins, [(Origin::Reply, 2), (Origin::Request, 1), (Origin::Reply, 2)]);
}

#[test]
fn reserved_bits_ecn_and_layout_do_not_make_another_rule() {
    let plain = selector(|_| {});
    let with_ds = |ds: Bounds<u8>| selector(|selector| selector.ds = ds);
    for (first, second) in [
        (plain.clone(), selector(|selector| selector.reserved = 0x0001_8001)),
        (plain.clone(), selector(|selector| selector.layout = SelectorLayout::Padded)),
        (plain.clone(), selector(|selector| selector.layout = SelectorLayout::SubOption)),
        (with_ds(Bounds::single(0xb8)), with_ds(Bounds::single(0xbb))),
        (with_ds(Bounds::range(0x20, 0x40)), with_ds(Bounds::range(0x21, 0x43))),
    ] {
        let rules = after(&[
            Ask::bid(1, 3).rule(Action::Forward, &[1], 1, &first),
            Ask::bid(1, 4).rule(Action::Forward, &[2], 1, &second),
        ]);
        assert_eq!(rules.len(), 1, "{second:02x?}");
        assert!(rules[0].starts_with("1 forward 2 > 2"), "{rules:?}");
    }
}

#[test]
fn the_octet_above_a_flow_label_does_not_make_another_rule() {
    let labelled = |flow_label: Bounds<u32>| {
        let mut octets = Vec::new();
        TrafficSelector { flow_label, ..TrafficSelector::any(SelectorFormat::Ipv6) }.emit(&mut octets);
        octets
    };
    for (first, second) in [
        (Bounds::single(5), Bounds::single(0x4200_0005)),
        (Bounds::range(0x0100_0005, 9), Bounds::range(5, 0xff00_0009)),
    ] {
        let rules = after(&[
            Ask::bid(1, 3).rule(Action::Forward, &[1], 2, &labelled(first)),
            Ask::bid(1, 4).rule(Action::Forward, &[2], 2, &labelled(second)),
        ]);
        assert_eq!(rules.len(), 1, "{second:x?}");
        assert!(rules[0].starts_with("1 forward 2 > 2"), "{rules:?}");
    }
}

#[test]
fn what_is_written_otherwise_is_another_rule() {
    let plain = selector(|_| {});
    let as_range = selector(|selector| selector.destination_port = Bounds::range(80, 80));
    let other_ds = selector(|selector| selector.ds = Bounds::single(0xbc));
    let mut ipv6 = Vec::new();
    let mut ipv6_selector = TrafficSelector::any(SelectorFormat::Ipv6);
    ipv6_selector.destination_port = Bounds::single(80);
    ipv6_selector.emit(&mut ipv6);
    for (format, other) in [(1, as_range), (1, other_ds), (2, ipv6), (7, plain.clone())] {
        let rules = after(&[
            Ask::bid(1, 3).rule(Action::Forward, &[1], 1, &plain),
            Ask::bid(1, 4).rule(Action::Forward, &[1], format, &other),
        ]);
        assert_eq!(rules.len(), 2, "{format} {other:02x?}");
    }
}

#[test]
fn a_flow_binding_that_runs_past_the_end_sets_nothing() {
    // What there is of it would be a rule: FORWARD to BID 1, TS Format 1, protocol UDP.
    let there = [1, 1, 1, 1, 0x00, 0x08, 0x00, 0x00, 17];
    for (length, rules) in [(9, 1), (20, 0)] {
        let ask = Ask::bid(1, 1);
        let octets = [&ask.octets(), &[154, 2, 0, length][..], &there].concat();
        let mut history = History::new();
        history.message(1.0, ask.source, ask.destination, &octets);
        history.answer(1.1, &ask.answer(0));
        assert_eq!(node(&history.observe(), NODE).policy().rules().len(), rules, "Length {length}");
    }
}

#[test]
fn malformed_flow_bindings_set_nothing() {
    let good = selector(|_| {});
    let long = selector(|selector| selector.source_port = Bounds::single(5));
    let malformed = [
        Ask::bid(1, 3).rule(Action::Unassigned(2), &[1], 1, &good), // FB-002
        Ask::bid(1, 3).rule(Action::Drop, &[], 1, &good),           // FB-003
        Ask::bid(1, 3).rule(Action::Drop, &[255, 255], 1, &good),
        Ask::bid(1, 3).rule(Action::Forward, &[], 1, &good), // FB-004
        Ask::bid(1, 3).rule(Action::Forward, &[1, 2, 3, 4, 5, 6, 7, 8, 9], 1, &good),
        Ask::bid(1, 3).rule(Action::Forward, &[1, 0], 1, &good), // FB-005
        Ask::bid(1, 3).rule(Action::Forward, &[255], 1, &good),
        Ask::bid(1, 3).rule(Action::Forward, &[1], 0, &good), // FB-008
        Ask::bid(1, 3).rule(Action::Forward, &[1], 1, &good[..3]), // TS-005
        Ask::bid(1, 3).rule(Action::Forward, &[1], 1, &long[..7]),
        // FB-001: two octets, and a BID list that runs past the end.
        Ask::bid(1, 3).extension(ExtensionType(154), 2, &Content::Opaque(&[1])),
        Ask::bid(1, 3).extension(ExtensionType(154), 2, &Content::Opaque(&[1, 3, 1, 2])),
    ];
    for (index, ask) in malformed.into_iter().enumerate() {
        let rules = after(&[ask.forward(&[1], "dport 81")]);
        assert_eq!(rules, ["1 forward 1 > 1 | dport 81"], "{index}");
    }
}

#[test]
fn eight_bids_and_an_unknown_format_are_well_formed() {
    assert_eq!(
        after(&[
            Ask::bid(1, 3).forward(&[9, 8, 7, 6, 5, 4, 3, 2], "dport 80"),
            Ask::bid(1, 4).rule(Action::Forward, &[1], 9, &[1, 2, 3]),
        ]),
        ["1 forward 9,8,7,6,5,4,3,2 > 2 | dport 80", "2 forward 1 > 1 | format 9"]
    );
}

#[test]
fn requests_that_are_denied_or_deregister_set_nothing() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2));
    history.answered(3.0, &Ask::bid(1, 3).forward(&[1], "dport 80"), 153);
    history.accepted(4.0, &Ask::bid(2, 4).lifetime(0).forward(&[1], "dport 81"));
    history.ask(5.0, &Ask::bid(1, 5).forward(&[1], "dport 82"));
    let denied = Ask::bid(1, 6);
    history.ask(6.0, &denied);
    history.answer(6.1, &denied.answer(153).forward(&[1], "dport 83"));
    assert!(policy(&history.observe(), NODE).is_empty());
}

#[test]
fn a_binding_that_comes_and_goes_moves_the_effect() {
    let rule = Ask::bid(1, 1).lifetime(10).forward(&[1, 2], "dport 80");
    let mut history = History::new();
    let first = history.accepted(1.0, &rule);
    let second = history.accepted(2.0, &Ask::bid(2, 2));
    let expired = history.tick(11.5);
    let gone = history.accepted(12.0, &Ask::bid(3, 3).overwrite());
    let back = history.accepted(13.0, &Ask::bid(1, 4));
    for (frame, expected) in [
        (first, "1 forward 1,2 > 1 | dport 80"),
        (second, "1 forward 1,2 > 1 | dport 80"),
        (expired, "1 forward 1,2 > 2 | dport 80"),
        (gone, "1 forward 1,2 > exhausted | dport 80"), // an overwrite does not end the policy
        (back, "1 forward 1,2 > 1 | dport 80"),
    ] {
        assert_eq!(policy(&history.observe_until(frame), NODE), [expected], "{frame}");
    }
}

/// Something that ends bindings.
type Ending = fn(&mut History) -> u64;

#[test]
fn the_policy_goes_with_the_last_binding() {
    let rules = || Ask::bid(1, 1).lifetime(100).forward(&[1], "dport 80").forward(&[1], "dport 81");
    let endings: [Ending; 4] = [
        |history| history.tick(101.5),
        |history| history.accepted(50.0, &Ask::bid(1, 2).lifetime(0)),
        |history| history.accepted(50.0, &Ask::bid(2, 2).lifetime(0).bulk()),
        |history| history.accepted(50.0, &Ask::plain(1, 2).lifetime(0).at(NODE)),
    ];
    for (index, ending) in endings.into_iter().enumerate() {
        let mut history = History::new();
        history.accepted(1.0, &rules());
        ending(&mut history);
        assert!(policy(&history.observe(), NODE).is_empty(), "{index}");
        // Numbers begin at 1 again.
        history.accepted(200.0, &Ask::bid(1, 9).forward(&[1], "dport 81"));
        assert_eq!(policy(&history.observe(), NODE), ["1 forward 1 > 1 | dport 81"], "{index}");
    }
}

#[test]
fn a_registration_that_replaces_all_others_does_not_end_the_policy() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "dport 80"));
    history.accepted(2.0, &Ask::plain(8, 2));
    let observer = history.observe();
    assert_eq!(states(&observer, NODE)[0], "1 192.0.2.1 replaced");
    assert_eq!(policy(&observer, NODE), ["1 forward 1 > exhausted | dport 80"]);
}

/// How often a rule with this selector decided about a packet, downlink and uplink (its answer).
fn selected(selector: &str, packet: &Packet) -> (bool, bool) {
    let count = |up: bool| {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], selector));
        if up {
            history.up(5.0, care_of(1), &packet.back());
        } else {
            history.down(5.0, care_of(1), packet);
        }
        let observer = history.observe();
        assert_eq!(observer.tunnelled(), 1);
        rule_counts(&observer, NODE) == ["1/128"]
    };
    (count(false), count(true))
}

#[test]
fn each_field_selects_in_both_directions() {
    let udp = Packet::new(); // 203.0.113.10:5060 to 10.1.0.1:7000
    let both = (true, true);
    let neither = (false, false);
    for (selector, expected) in [
        ("any", both),
        ("src 203.0.113.10", both),
        ("src 203.0.113.8-203.0.113.10", both),
        ("src 203.0.113.11-203.0.113.20", neither),
        ("src 203.0.113.9", neither),
        ("dst 10.1.0.1", both),
        ("dst 10.1.0.0-10.1.0.1", both),
        ("dst 10.1.0.2", neither),
        ("src 10.1.0.1", neither), // turned around, the node is the destination
        ("sport 5060", both),
        ("sport 5000-5060", both),
        ("sport 5061-6000", neither),
        ("dport 7000", both),
        ("dport 7000-7001", both),
        ("dport 5060", neither),
        ("proto udp", both),
        ("proto 10-17", both),
        ("proto 18-20", neither),
        ("ds 0", both),
        ("ds 1", neither),
        ("src 203.0.113.10 dst 10.1.0.1 sport 5060 dport 7000 proto udp ds 0", both),
        ("src 203.0.113.10 dport 7001", neither),
        ("spi 0-4294967295", neither), // no IPsec, no SPI
        ("sport ?-5060", neither),
        ("proto ?-17 sport 5060", neither),
    ] {
        assert_eq!(selected(selector, &udp), expected, "{selector}");
    }
}

#[test]
fn ds_compares_six_bits() {
    let packet = Packet::new().tos(0xb9); // EF, and an ECN bit
    assert_eq!(selected("ds 46", &packet), (true, true));
    assert_eq!(selected("ds 40-47", &packet), (true, true));
    assert_eq!(selected("ds 47", &packet), (false, false));
}

#[test]
fn ports_select_protocols_with_ports_only() {
    for (protocol, expected) in
        [(6, true), (17, true), (33, true), (132, true), (136, true), (1, false), (50, false), (51, false)]
    {
        let packet = Packet::new().protocol(protocol);
        assert_eq!(selected("sport 5060", &packet).0, expected, "{protocol}");
        assert_eq!(selected("sport 0-65535", &packet).0, expected, "{protocol}");
        assert!(selected("src 203.0.113.10", &packet).0, "{protocol}");
    }
}

#[test]
fn an_spi_selects_ipsec_downlink_only() {
    let esp = Packet::new().protocol(50).start(&0x1234u32.to_be_bytes());
    let mut header = vec![17, 4, 0, 0];
    header.extend_from_slice(&0x1234u32.to_be_bytes());
    let ah = Packet::new().protocol(51).start(&header);
    for packet in [esp, ah] {
        assert_eq!(selected("spi 4660", &packet), (true, false));
        assert_eq!(selected("spi 4000-5000", &packet), (true, false));
        assert_eq!(selected("spi 4661", &packet), (false, false));
        assert_eq!(selected("proto 50-51", &packet), (true, true));
    }
}

#[test]
fn a_later_fragment_has_neither_ports_nor_an_spi() {
    let udp = Packet::new().later_fragment();
    assert_eq!(selected("sport 0-65535", &udp), (false, false));
    assert_eq!(selected("proto udp", &udp), (true, true));
    let esp = Packet::new().protocol(50).start(&[0; 4]).later_fragment();
    assert_eq!(selected("spi 0-4294967295", &esp), (false, false));
}

#[test]
fn the_first_match_decides() {
    let mut history = History::new();
    let rules = Ask::bid(1, 1).forward(&[1], "dport 7000").drop("proto udp").forward(&[1], "any");
    history.accepted(1.0, &rules);
    history.down(5.0, care_of(1), &Packet::new());
    history.down(5.1, care_of(1), &Packet::new().ports(5060, 7001));
    history.down(5.2, care_of(1), &Packet::new().protocol(6));
    history.up(5.3, care_of(1), &Packet::new().back().length(200));
    assert_eq!(rule_counts(&history.observe(), NODE), ["3/456", "1/128", "0/0"]);
}

#[test]
fn packets_of_one_flow_can_differ_in_ds() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "ds 46").forward(&[1], "proto udp"));
    for (second, tos) in [(5.0, 0xb8), (5.1, 0), (5.2, 0xb8)] {
        history.down(second, care_of(1), &Packet::new().tos(tos));
    }
    let observer = history.observe();
    assert_eq!(rule_counts(&observer, NODE), ["2/256", "1/128"]);
    assert_eq!(observer.flows()[0].fid, Some(1)); // at its last packet
}

#[test]
fn a_rule_counts_what_is_not_judged_and_keeps_its_count() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "proto udp"));
    history.down(1.1, care_of(1), &Packet::new());
    history.accepted(5.0, &Ask::bid(2, 2).forward(&[2], "proto udp"));
    history.down(5.1, care_of(1), &Packet::new());
    let observer = history.observe();
    assert_eq!(rule_counts(&observer, NODE), ["2/256"]);
    assert_eq!(verdicts(&observer), ["conforms"]);
}

/// Counters of two rules, for IPv4 and for IPv6, after one packet of each version.
fn by_family(ipv6_rule: &TrafficSelector, flow_label: u32) -> Vec<String> {
    let mut octets = Vec::new();
    ipv6_rule.emit(&mut octets);
    let prefix = Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 0);
    let reply = DualStack::PrefixReply { code: Ipv6PrefixCode(0), prefix_length: 48, reserved: 0, prefix };
    let ask = Ask::bid(1, 1).forward(&[1], "any").rule(Action::Forward, &[1], 2, &octets);
    let mut history = History::new();
    history.ask(0.9, &ask);
    let subtype_in_data = 0;
    let answer =
        ask.answer(0).extension(ExtensionType::DUAL_STACK, subtype_in_data, &Content::DualStack(reply));
    history.answer(1.0, &answer);
    let packet = Packet { flow_label, tos: 0xb9, ..Packet::new() }
        .from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))
        .to(Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, 7));
    history.packet(5.0, ip_in_ip(HOME_AGENT, care_of(1), &packet.octets()));
    history.down(5.1, care_of(1), &Packet::new().to(Ipv4Addr::new(10, 1, 0, 1)).length(100));
    rule_counts(&history.observe(), NODE)
}

#[test]
fn each_format_selects_its_own_version() {
    let any = TrafficSelector::any(SelectorFormat::Ipv6);
    assert_eq!(by_family(&any, 0), ["1/100", "1/128"]);
    let labelled = TrafficSelector { flow_label: Bounds::range(5, 9), ..any };
    assert_eq!(by_family(&labelled, 5), ["1/100", "1/128"]);
    assert_eq!(by_family(&labelled, 4), ["1/100", "0/0"]);
    // The first 8 bits of a flow label field are ignored (RFC 6088 §3.2).
    let prefixed = TrafficSelector { flow_label: Bounds::single(0x4200_0005), ..any };
    assert_eq!(by_family(&prefixed, 5), ["1/100", "1/128"]);
    let class = TrafficSelector { ds: Bounds::single(0xba), ..any };
    assert_eq!(by_family(&class, 0), ["1/100", "1/128"]);
}

#[test]
fn rules_are_bounded() {
    let mut history = History::new();
    for (index, ports) in (0..1030u16).collect::<Vec<_>>().chunks(103).enumerate() {
        let ask = Ask::bid(1, index as u64);
        let rules = ports.iter().fold(ask, |ask, port| ask.forward(&[1], &format!("dport {port}")));
        history.accepted(1.0 + index as f64, &rules);
    }
    let observer = history.observe();
    assert_eq!(node(&observer, NODE).policy().rules().len(), 1024);
    assert_eq!(observer.evictions().rules, 6);
}
