//! Nodes that fell out of the table while they were registered: what they do and what is done for them is no stranger's.

use std::net::Ipv4Addr;

use mipflow::state::{self, Limits};

use crate::history::{Packet, care_of};
use crate::judged_with;
use crate::scene::{Registration, Scene};

fn home(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, number)
}

/// The frames that a rule fires on where the table holds so many nodes.
fn told(rule: &str, nodes: usize, build: impl Fn(&mut Scene)) -> Vec<u64> {
    let mut scene = Scene::default();
    build(&mut scene);
    let limits = Limits { nodes, ..Limits::default() };
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
