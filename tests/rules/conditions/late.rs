//! Captures that begin in the middle: what was registered before is not known, and not held against anybody (D10).

use std::net::Ipv4Addr;

use super::told_late;
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene};

const OTHER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);

/// What replaces all bindings, accepted at 5.02 s, and then a packet where one may have been until then.
fn replaced(seconds: f64, up: bool) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        scene.exchange(5.0, &Registration::plain(1), 0);
        if up {
            scene.history.up(seconds, care_of(7), &Packet::new().back());
        } else {
            scene.history.down(seconds, care_of(7), &Packet::new());
        }
        scene.wait_until(12.0);
    }
}

#[test]
fn what_was_replaced_unseen_is_given_a_second() {
    for (rule, up) in [("TUN-001", false), ("TUN-004", true)] {
        assert_eq!(told_late(rule, replaced(6.02, up)), [0; 0], "{rule}");
        assert_eq!(told_late(rule, replaced(6.03, up)), [3], "{rule}");
    }
}

/// A node whose only registration seen is through a foreign agent or from its own care-of address, and packets of another
/// one there.
fn shared(request: Registration, up: bool) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        scene.exchange(5.0, &request, 0);
        if up {
            scene.history.up(8.0, care_of(1), &Packet::new().to(OTHER).back());
        } else {
            scene.history.down(8.0, care_of(1), &Packet::new().to(OTHER));
        }
        scene.wait_until(12.0);
    }
}

#[test]
fn behind_a_foreign_agent_there_may_be_nodes_from_before() {
    for (rule, up) in [("TUN-012", true), ("TUN-013", false)] {
        assert_eq!(told_late(rule, shared(Registration::relayed(1), up)), [0; 0], "{rule}");
        assert_eq!(told_late(rule, shared(Registration::plain(1), up)), [3], "{rule}");
        assert_eq!(super::told(rule, shared(Registration::relayed(1), up)), [3], "{rule}");
    }
}
