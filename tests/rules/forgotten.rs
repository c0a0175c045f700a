//! Nodes that fell out of the table while they were registered: what they do and what is done for them is no stranger's.

use std::net::Ipv4Addr;

use mipflow::state::{self, Limits};

use crate::history::{Packet, care_of};
use crate::judged_with;
use crate::scene::{Registration, Scene, forward, multipath, multipath_with, short, udp_to_port};

fn home(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, number)
}

/// The frames that a rule fires on where the table holds so many nodes.
fn told(rule: &str, nodes: usize, build: impl Fn(&mut Scene)) -> Vec<u64> {
    told_within(rule, Limits { nodes, ..Limits::default() }, build)
}

/// The same with other limits.
fn told_within(rule: &str, limits: Limits, build: impl Fn(&mut Scene)) -> Vec<u64> {
    let mut scene = Scene::default();
    build(&mut scene);
    let found = judged_with(&scene, true, state::Options { limits, ..state::Options::default() });
    found.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.place.frame).collect()
}

/// Three nodes at one foreign agent, the first for 100 s; then packets from it and to it, `seconds` after the beginning.
fn three_at_one_agent(scene: &mut Scene, seconds: f64) {
    for (number, lifetime) in [(1, 100), (2, 600), (3, 600)] {
        let request = Registration { home_address: home(number), lifetime, ..Registration::relayed(1) };
        scene.exchange(number.into(), &request, 0);
    }
    scene.history.up(seconds, care_of(1), &Packet::new().to(home(1)).back());
    scene.history.down(seconds, care_of(1), &Packet::new().to(home(1)));
}

#[test]
fn packets_of_a_node_that_fell_out_are_not_a_strangers() {
    for nodes in [2, 3] {
        let early = |scene: &mut Scene| three_at_one_agent(scene, 50.0);
        assert_eq!(told("TUN-012", nodes, early), [0; 0], "{nodes}");
        assert_eq!(told("TUN-013", nodes, early), [0; 0], "{nodes}");
        // What it registered is over, whether or not it is remembered.
        let late = |scene: &mut Scene| three_at_one_agent(scene, 200.0);
        assert_eq!(told("TUN-012", nodes, late), [7], "{nodes}");
        assert_eq!(told("TUN-013", nodes, late), [8], "{nodes}");
    }
}

/// A node with two bindings; another two come, and the first node refreshes one of its bindings. Then a packet is
/// tunnelled to the other one.
fn back_again(scene: &mut Scene) {
    for bid in [1, 2] {
        scene.exchange(bid.into(), &Registration::request(bid), 0);
    }
    for number in [3, 4] {
        let request = Registration { home_address: home(number), ..Registration::request(number) };
        scene.exchange(number.into(), &request, 0);
    }
    scene.exchange(10.0, &Registration::request(1), 0);
    scene.history.down(20.0, care_of(2), &Packet::new());
    scene.wait_until(30.0);
}

#[test]
fn a_node_that_fell_out_and_comes_back_has_more_than_what_it_registers_then() {
    for nodes in [2, 3] {
        assert_eq!(told("TUN-001", nodes, back_again), [0; 0], "{nodes}");
    }
}

/// A node that is registered for ever, and two at another foreign agent; then packets from there, with the address of the
/// first node and with one that nobody has.
fn one_for_ever(scene: &mut Scene) {
    for (number, interface, lifetime) in [(1, 1, 65_535), (2, 2, 600), (3, 2, 600)] {
        let home_address = home(number);
        let request = Registration { lifetime, home_address, ..Registration::relayed(interface) };
        scene.exchange(number.into(), &request, 0);
    }
    for interface in [1, 2] {
        for address in [home(1), home(99)] {
            scene.history.up(50.0, care_of(interface), &Packet::new().to(address).back());
        }
    }
}

#[test]
fn what_is_nobodys_where_no_node_that_fell_out_was_is_a_strangers() {
    // Behind the exchanges, frames 1 to 6, two packets from where nobody is that is remembered.
    assert_eq!(told("TUN-012", 2, one_for_ever), [10]);
    assert_eq!(told("TUN-012", 3, one_for_ever), [8, 9, 10]);
}

/// A node that is registered for ever falls out; another one comes, and a packet for it goes astray.
fn another_after_it(scene: &mut Scene, number: u8) {
    for number in [1, 2, 3, number] {
        let home_address = home(number);
        let request = Registration { home_address, lifetime: 65_535, ..Registration::request(number) };
        scene.exchange(number.into(), &request, 0);
    }
    scene.history.down(50.0, care_of(77), &Packet::new().to(home(number)));
    scene.wait_until(60.0);
}

#[test]
fn a_node_with_an_address_of_none_that_fell_out_is_new() {
    assert_eq!(told("TUN-001", 2, |scene: &mut Scene| another_after_it(scene, 4)), [9]);
    assert_eq!(told("TUN-001", 2, |scene: &mut Scene| another_after_it(scene, 1)), [0; 0]);
}

/// A node with BID 1 for 600 s falls out when others come, and registers BID 2 at the same care-of address for 5 s: it is
/// not known any more that what is tunnelled there later is for BID 1.
#[test]
fn where_a_binding_of_a_node_that_came_back_expired_another_one_may_be() {
    let back = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1), 0);
        for number in [3, 4] {
            let request = Registration { home_address: home(number), ..Registration::request(number) };
            scene.exchange(number.into(), &request, 0);
        }
        let brief = Registration { lifetime: 5, ..Registration::plain(1) };
        scene.exchange(10.0, &brief.with(multipath(2)), 0);
        scene.history.down(20.0, care_of(1), &Packet::new());
        scene.wait_until(30.0);
    };
    for nodes in [2, 3] {
        assert_eq!(told("TUN-002", nodes, back), [0; 0], "{nodes}");
    }
}

/// A node that asked for broadcasts, and one at the same place that did not; the first one falls out.
#[test]
fn a_broadcast_may_be_for_a_node_that_fell_out() {
    let broadcast = |flags: u8| {
        move |scene: &mut Scene| {
            for (number, octet, interface) in [(1, flags, 1), (2, 0x22, 1), (3, 0x22, 3)] {
                let request =
                    Registration { octet, home_address: home(number), ..Registration::plain(interface) };
                scene.exchange(number.into(), &request, 0);
            }
            scene.history.down(20.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
        }
    };
    for nodes in [2, 3] {
        // B, D and T.
        assert_eq!(told("TUN-014", nodes, broadcast(0x62)), [0; 0], "{nodes}");
    }
    assert_eq!(told("TUN-014", 3, broadcast(0x22)), [7]);
}

/// Two nodes, each with two bindings and a rule for a flow; then packets of the second one's flow, to and fro.
fn to_and_fro(scene: &mut Scene) {
    for (number, first) in [(1, 1), (2, 3)] {
        for bid in [first, first + 1] {
            let request = Registration { home_address: home(number), ..Registration::request(bid) };
            scene.exchange(bid.into(), &request.with(forward(&[bid], &udp_to_port(7000))), 0);
        }
    }
    for second in 0..8 {
        let interface = if second % 2 == 0 { 3 } else { 4 };
        scene.history.down(10.0 + f64::from(second), care_of(interface), &Packet::new().to(home(2)));
    }
    scene.wait_until(30.0);
}

#[test]
fn a_flow_may_be_that_of_a_rule_that_found_no_room() {
    for rules in [1, 2] {
        let limits = Limits { rules, ..Limits::default() };
        assert_eq!(told_within("TUN-024", limits, to_and_fro), [0; 0], "{rules}");
    }
}

/// What a node was granted before it fell out is its own also when it comes back and replaces all its bindings.
#[test]
fn a_network_that_was_granted_before_is_not_a_strangers() {
    let back = |scene: &mut Scene| {
        let sent = scene.send(0.0, &Registration::request(1));
        scene.send(0.02, &sent.reply(0).with(short(148, &[1, 0, 24, 0, 10, 99, 0, 0])));
        for number in [3, 4] {
            let request = Registration { home_address: home(number), ..Registration::request(number) };
            scene.exchange(number.into(), &request, 0);
        }
        scene.exchange(10.0, &Registration::plain(1).with(multipath_with(4, 1, 1, 0x40)), 0);
        scene.history.up(20.0, care_of(1), &Packet::new().to(Ipv4Addr::new(10, 99, 0, 5)).back());
        scene.wait_until(30.0);
    };
    for nodes in [2, 3] {
        assert_eq!(told("TUN-012", nodes, back), [0; 0], "{nodes}");
    }
}

/// A node whose two requests with Multipath get no reply makes room for another one, whose plain request is answered.
#[test]
fn silence_to_a_node_that_fell_out_is_not_held_against_who_has_its_place() {
    let silent = |first: u8| {
        move |scene: &mut Scene| {
            let of = |number, request| Registration { home_address: home(number), ..request };
            for seconds in [0.0, 3.0] {
                scene.send(seconds, &of(first, Registration::request(1)));
            }
            scene.send(5.0, &of(2, Registration::plain(2)));
            scene.wait_until(14.0);
            scene.exchange(20.0, &of(2, Registration::plain(2)), 0);
        }
    };
    for nodes in [1, 2] {
        assert_eq!(told("EXCH-011", nodes, silent(1)), [0; 0], "{nodes}");
        assert_eq!(told("EXCH-011", nodes, silent(2)), [6], "{nodes}");
    }
}

/// A request is refused with 153, and the node makes room for another one. It tries again, and makes room once more.
#[test]
fn a_node_that_fell_out_may_have_tried_again() {
    let refused = |again: bool| {
        move |scene: &mut Scene| {
            let other = Registration { home_address: home(2), ..Registration::plain(2) };
            scene.exchange(0.0, &Registration::request(1), 153);
            for seconds in [5.0, 15.0] {
                scene.exchange(seconds, &other, 134);
                if again {
                    scene.exchange(seconds + 5.0, &Registration::request(1), 134);
                }
            }
            scene.exchange(30.0, &other, 134);
            scene.wait_until(70.0);
        }
    };
    for nodes in [1, 2] {
        assert_eq!(told("EXCH-004", nodes, refused(true)), [0; 0], "{nodes}");
    }
    assert_eq!(told("EXCH-004", 2, refused(false)), [2]);
}
