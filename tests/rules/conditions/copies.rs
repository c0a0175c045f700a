//! Broadcasts and packets that are sent twice (TUN), by themselves.

use std::net::Ipv4Addr;

use super::{says, told};
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene};

/// Where no tunnel ends.
const NOBODY: Ipv4Addr = care_of(77);

/// BIDs 1 to `count`, a second apart: two frames each.
fn bids(scene: &mut Scene, count: u8) {
    for bid in 1..=count {
        scene.exchange(f64::from(bid - 1), &Registration::request(bid), 0);
    }
}

#[test]
fn a_broadcast_to_where_no_tunnel_ends_is_not_judged_by_flags() {
    let to = |address: Ipv4Addr| {
        move |scene: &mut Scene| {
            bids(scene, 1);
            scene.history.down(5.0, address, &Packet::new().to(Ipv4Addr::BROADCAST));
        }
    };
    assert_eq!(told("TUN-014", to(care_of(1))), [3]);
    assert_eq!(told("TUN-014", to(NOBODY)), [0; 0]);
}

/// A broadcast as it is, to a node that asked for it with its own care-of address or through a foreign agent, or not.
#[test]
fn why_a_broadcast_is_not_wanted_is_told() {
    let to = |octet: u8| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { octet, ..Registration::relayed(1) }, 0);
            scene.history.down(5.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
            scene.history.up(6.0, care_of(1), &Packet::new().back().to(Ipv4Addr::BROADCAST));
        }
    };
    says("TUN-014", "nobody there registered with B = 1", to(0x02));
    says("TUN-014", "nobody there registered with B = 1", to(0x22));
    says("TUN-014", "to a foreign agent (D = 0); it goes nested", to(0x42));
    assert_eq!(told("TUN-014", to(0x02)), [3]);
    assert_eq!(told("TUN-014", to(0x62)), [0; 0]);
}

/// The same packet to interface 1 and then to this one, after so many seconds, and both again a minute after the first
/// copy.
#[test]
fn a_packet_that_is_sent_twice_goes_to_two_bindings() {
    let twice = |first: Ipv4Addr, second: Ipv4Addr, again: f64| {
        move |scene: &mut Scene| {
            bids(scene, 2);
            for seconds in [10.0, 10.0 + again] {
                scene.history.down(seconds, first, &Packet::new());
                scene.history.down(seconds + 0.1, second, &Packet::new());
            }
        }
    };
    assert_eq!(told("TUN-025", twice(care_of(1), care_of(2), 60.0)), [6, 8]);
    assert_eq!(told("TUN-025", twice(care_of(1), care_of(2), 59.9)), [6]);
    assert_eq!(told("TUN-025", twice(care_of(1), NOBODY, 60.0)), [0; 0]);
    assert_eq!(told("TUN-025", twice(NOBODY, care_of(2), 60.0)), [0; 0]);
}

/// The same packet at both ends of the time that captures can tell, the later one first: further apart than a number of
/// nanoseconds can say, and so not within a second.
#[test]
fn what_lies_centuries_apart_is_no_copy() {
    let apart = |scene: &mut Scene| {
        bids(scene, 2);
        scene.history.down(9e9, care_of(1), &Packet::new());
        scene.history.down(-9e9, care_of(2), &Packet::new());
    };
    assert_eq!(told("TUN-025", apart), [0; 0]);
}

/// The same packet up from two interfaces; and down to one whose binding ended, before or long before.
#[test]
fn copies_are_those_of_the_home_agent_and_of_what_it_has_bindings_for() {
    let up = |scene: &mut Scene| {
        bids(scene, 2);
        scene.history.up(10.0, care_of(1), &Packet::new().back());
        scene.history.up(10.1, care_of(2), &Packet::new().back());
    };
    assert_eq!(told("TUN-025", up), [0; 0]);
    let ended = |seconds: f64| {
        move |scene: &mut Scene| {
            bids(scene, 2);
            scene.exchange(seconds, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.down(10.0, care_of(1), &Packet::new());
            scene.history.down(10.1, care_of(2), &Packet::new());
        }
    };
    assert_eq!(told("TUN-025", ended(9.5)), [8]);
    assert_eq!(told("TUN-025", ended(5.0)), [0; 0]);
}

/// A packet of one flow, told from the others by its number.
fn number(number: u16) -> Packet {
    Packet::new().start(&[&[0x13, 0xc4, 0x1b, 0x58], &number.to_be_bytes()[..]].concat())
}

/// Three hundred packets of a flow to interface 1, a millisecond apart, and then one of them to interface 2: most are like
/// those before them and not looked at one by one.
#[test]
fn a_packet_that_is_sent_twice_is_found_among_many_of_its_flow() {
    let sent_again = |again: Packet, seconds: f64| {
        move |scene: &mut Scene| {
            bids(scene, 2);
            for packet in 0..300 {
                scene.history.down(10.0 + f64::from(packet) / 1000.0, care_of(1), &number(packet));
            }
            scene.history.down(seconds, care_of(2), &again);
        }
    };
    // Frames 5 to 304 are those of the flow.
    assert_eq!(told("TUN-025", sent_again(number(0), 10.9)), [305]);
    assert_eq!(told("TUN-025", sent_again(number(150), 10.9)), [305]);
    assert_eq!(told("TUN-025", sent_again(number(299), 10.9)), [305]);
    assert_eq!(told("TUN-025", sent_again(number(300), 10.9)), [0; 0]);
    // A second and a moment later.
    assert_eq!(told("TUN-025", sent_again(number(150), 11.2)), [0; 0]);
}

/// A flow to interface 1 of which one packet went to interface 2 long ago; then another goes to interface 2 first, and so
/// many seconds later to interface 1, too.
#[test]
fn a_packet_that_is_sent_twice_is_found_where_its_flow_was_in_one_tunnel_for_long() {
    let twice = |again: f64| {
        move |scene: &mut Scene| {
            bids(scene, 2);
            for (since, packets) in [(10.0, 0..100), (13.0, 100..200)] {
                for (packet, after) in packets.zip(0..) {
                    scene.history.down(since + f64::from(after) / 1000.0, care_of(1), &number(packet));
                }
                if since < 13.0 {
                    scene.history.down(11.0, care_of(2), &number(500));
                }
            }
            scene.history.down(14.0, care_of(2), &number(900));
            scene.history.down(14.0 + again, care_of(1), &number(900));
        }
    };
    // Four frames of registrations, a hundred packets, one to interface 2, a hundred, and the two.
    assert_eq!(told("TUN-025", twice(0.1)), [207]);
    assert_eq!(told("TUN-025", twice(0.9)), [207]);
    assert_eq!(told("TUN-025", twice(1.1)), [0; 0]);
}
