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
