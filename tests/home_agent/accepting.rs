//! What is accepted, with what reply, and what is believed afterwards.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::craft::home_agent::Settings;
use mipflow::state::{BindingState, Effect, Encapsulation, Multipath};

use super::history::{Ask, HOME_AGENT, NODE, care_of};
use super::lab::Lab;

#[test]
fn a_registration_is_accepted_with_0_and_all_of_the_reply_is_as_rfc_5944_has_it() {
    let mut lab = Lab::new(Settings::default());
    let answer = lab.ask(&Ask::plain(10, 0));
    // Type 3, Code 0, Lifetime 600, Home Address, Home Agent, and the whole Identification of 10:00:00.020:
    // 0.020 s is 0x051eb851 / 2^32.
    let expected = [
        &[3, 0, 2, 88][..],
        &[10, 1, 0, 1],
        &[198, 51, 100, 1],
        &[0xea, 0x05, 0x6f, 0xa0, 0x05, 0x1e, 0xb8, 0x51],
    ];
    assert_eq!(answer.octets, expected.concat());
    let taken = &answer.taken;
    assert_eq!(
        (taken.source, taken.destination),
        ("198.51.100.1:434".parse().unwrap(), "192.0.2.10:1434".parse().unwrap())
    );
    assert_eq!((taken.request.frame, taken.reply.as_ref().unwrap().frame), (1, 2));
}

#[test]
fn the_reply_goes_from_where_the_request_went_to_where_it_came_from() {
    let mut lab = Lab::new(Settings::default());
    let ask = Ask::plain(10, 0).between((Ipv4Addr::new(203, 0, 113, 9), 40000), (HOME_AGENT, 4434));
    let taken = lab.ask(&ask).taken;
    assert_eq!(taken.source, SocketAddrV4::new(HOME_AGENT, 4434));
    assert_eq!(taken.destination, SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 9), 40000));
    // What is sent is what the packet of the record holds.
    let seen = taken.reply.as_ref().unwrap().seen(mipflow::wire::Numbers::default()).unwrap();
    assert_eq!(seen.datagram.source, taken.source.into());
    assert_eq!(seen.datagram.destination, taken.destination.into());
    assert_eq!(seen.datagram.payload, taken.reply_octets().unwrap());
}

#[test]
fn a_lifetime_above_the_longest_is_cut_to_it_and_others_are_copied() {
    let mut lab = Lab::new(Settings { max_lifetime: 300, ..Settings::default() });
    for (asked, granted) in [(299, 299), (300, 300), (301, 300), (65535, 300), (0, 0)] {
        assert_eq!(lab.ask(&Ask::plain(10, 0).lifetime(asked)).reply.lifetime, granted, "{asked}");
    }
    let mut unlimited = Lab::new(Settings::default());
    assert_eq!(unlimited.ask(&Ask::plain(10, 0).lifetime(65535)).reply.lifetime, 65535);
    assert_eq!(unlimited.node(NODE).bindings()[0].expires, None);
}

#[test]
fn several_bindings_with_multipath_and_their_policy() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.ask(&Ask::bid(1, 0).forward(&[1], "sport 5060")).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0).forward(&[2, 1], "proto udp").drop("dport 23")).code(), 0);
    assert_eq!((lab.active(), lab.node(NODE).multipath), (vec![1, 2], Multipath::Enabled));
    let node = lab.node(NODE);
    let effects: Vec<_> = node.policy().rules().iter().map(|rule| node.effect_of(rule)).collect();
    assert_eq!(effects, [Effect::Forward(1), Effect::Forward(2), Effect::Drop]);
    // The rest of the family: refresh, bulk, overwrite, and the end of one and of all.
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    assert_eq!(lab.active(), [1, 2]);
    assert_eq!(lab.ask(&Ask::bid(3, 0).bulk().lifetime(900)).code(), 0);
    assert!(lab.node(NODE).active().all(|binding| binding.lifetime == 900));
    assert_eq!(lab.active(), [1, 2, 3]);
    assert_eq!(lab.ask(&Ask::bid(2, 0).lifetime(0)).code(), 0);
    assert_eq!(lab.active(), [1, 3]);
    assert_eq!(lab.ask(&Ask::bid(4, 0).overwrite()).code(), 0);
    assert_eq!(lab.active(), [4]);
    assert_eq!(lab.ask(&Ask::bid(5, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(5, 0).bulk().lifetime(0)).code(), 0);
    assert_eq!(lab.active(), Vec::<u8>::new());
    assert!(lab.node(NODE).policy().rules().is_empty());
}

#[test]
fn multipath_registrations_get_0_and_never_1_and_no_multipath_in_the_reply() {
    let mut lab = Lab::new(Settings::default());
    for bid in 1..=20 {
        let answer = lab.ask(&Ask::bid(bid, 0).forward(&[bid], "any"));
        assert_eq!((answer.code(), answer.extensions()), (0, vec![]));
    }
}

#[test]
fn de_registering_is_accepted_with_lifetime_0_also_of_what_is_not_there() {
    let mut lab = Lab::new(Settings { max_bindings: 1, multipath: true, ..Settings::default() });
    for ask in [Ask::plain(7, 0), Ask::bid(7, 0).bulk(), Ask::bid(7, 0)] {
        let nothing = lab.ask(&ask.lifetime(0));
        assert_eq!((nothing.code(), nothing.reply.lifetime), (0, 0));
    }
    // Nothing changes by it, so there is nothing to tell.
    assert_eq!(lab.ask(&Ask::bid(7, 0).lifetime(0)).taken.changed, None);
    lab.ask(&Ask::bid(1, 0));
    let all = Ask { care_of_address: NODE, ..Ask::plain(1, 0).lifetime(0) };
    let gone = lab.ask(&all);
    assert_eq!((gone.code(), gone.reply.lifetime, gone.taken.changed.is_some()), (0, 0, true));
    assert_eq!(lab.active(), Vec::<u8>::new());
    assert_eq!(lab.node(NODE).bindings()[0].state, BindingState::Deregistered);
}

#[test]
fn s_keeps_earlier_bindings_and_without_it_they_are_replaced() {
    let mut lab = Lab::new(Settings::default());
    lab.ask(&Ask::plain(1, 0));
    assert_eq!(lab.ask(&Ask::plain(2, 0).flags(0xa0)).code(), 0);
    assert_eq!(lab.node(NODE).active().count(), 2);
    assert_eq!(lab.ask(&Ask::plain(3, 0)).code(), 0);
    let left: Vec<_> = lab.node(NODE).active().map(|binding| binding.care_of_address).collect();
    assert_eq!(left, [care_of(3)]);
}

#[test]
fn each_encapsulation_is_accepted_and_a_wish_for_udp_is_passed_over() {
    let mut lab = Lab::new(Settings::default());
    for (flags, encapsulation) in [
        (0x20, Encapsulation::IpInIp),
        (0x30, Encapsulation::Minimal),
        (0x28, Encapsulation::Gre),
        (0x62, Encapsulation::IpInIp),
        (0x02, Encapsulation::IpInIp),
    ] {
        assert_eq!(lab.ask(&Ask::plain(1, 0).flags(flags)).code(), 0, "{flags:02x}");
        let node = lab.node(NODE);
        assert_eq!(node.active().next().unwrap().encapsulation(), encapsulation);
    }
    let answer = lab.ask(&Ask::plain(1, 0).udp_tunnel());
    assert_eq!((answer.code(), answer.extensions()), (0, vec![]));
    assert!(!lab.node(NODE).active().next().unwrap().udp);
}

#[test]
fn skippable_extensions_and_what_a_receiver_has_to_overlook_are_overlooked() {
    let mut lab = Lab::new(Settings::default());
    for extension in [&[0][..], &[0, 0], &[200, 2, 1, 2], &[148, 0], &[144, 1, 9], &[255, 0]] {
        let ask = Ask { extensions: extension.to_vec(), ..Ask::bid(1, 0) };
        assert_eq!(lab.ask(&ask).code(), 0, "{extension:?}");
    }
    let mut reserved = Ask::bid(1, 0);
    reserved.multipath.as_mut().unwrap().reserved = 0x3f;
    assert_eq!(lab.ask(&reserved).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(1, 0).label(0).technology(0)).code(), 0);
}

#[test]
fn a_record_of_the_node_comes_with_each_change_and_no_other() {
    let mut lab = Lab::new(Settings { max_bindings: 1, ..Settings::default() });
    let changed = |lab: &mut Lab, ask: &Ask| {
        let answer = lab.ask(ask);
        (answer.code(), answer.taken.changed.is_some())
    };
    assert_eq!(changed(&mut lab, &Ask::bid(1, 0)), (0, true));
    assert_eq!(changed(&mut lab, &Ask::bid(1, 0)), (0, true), "a refresh moves the expiry");
    assert_eq!(changed(&mut lab, &Ask::bid(2, 0)), (135, false));
    assert_eq!(changed(&mut lab, &Ask::bid(1, 0).forward(&[9], "any")), (153, false));
    assert_eq!(changed(&mut lab, &Ask::bid(9, 0).lifetime(0)), (0, false));
    assert_eq!(changed(&mut lab, &Ask::bid(1, 0).lifetime(0)), (0, true));
}

#[test]
fn no_request_has_the_time_of_another_even_where_the_clock_goes_back() {
    let mut lab = Lab::new(Settings::default());
    lab.milliseconds = 1_000;
    let first = lab.ask_as_is(&Ask::plain(1, lab.identification())).taken.request.time;
    assert_eq!(first, lab.now());
    let times: Vec<i64> = [1_000, 400]
        .map(|milliseconds| {
            lab.milliseconds = milliseconds;
            let other = Ask::plain(1, lab.identification()).home(Ipv4Addr::new(10, 1, 0, 9));
            lab.taken(&other, &other.octets()).request.time.since(first)
        })
        .to_vec();
    // A microsecond after the one before each.
    assert_eq!(times, [1_000, 2_000]);
}

#[test]
fn a_registration_for_one_second_is_one() {
    let mut lab = Lab::new(Settings { max_bindings: 1, ..Settings::default() });
    assert_eq!(lab.ask(&Ask::bid(1, 0).lifetime(1)).code(), 0);
    assert_eq!(lab.active(), [1]);
    assert_eq!(lab.ask(&Ask::bid(2, 0).lifetime(1)).code(), 135);
    assert_eq!(lab.ask(&Ask::bid(1, 0).lifetime(1).forward(&[9], "any")).code(), 153);
    let nowhere = Ask { care_of_address: Ipv4Addr::UNSPECIFIED, ..Ask::bid(1, 0).lifetime(1) };
    assert_eq!(lab.ask(&nowhere).code(), 134);
}
