//! Captures that begin in the middle: what was registered before is not known, and not held against anybody (D10).

use std::net::Ipv4Addr;

use super::told_late;
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene, forward, udp_to_port};

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

/// A plain request with these flags is accepted with this code, in time with another copy of its reply; then a policy
/// points to a BID that nobody has, so far as is known.
#[test]
fn with_simultaneous_bindings_all_are_known_only_where_the_home_agent_has_none() {
    let policy = |octet: u8, code: u8| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &Registration { octet, ..Registration::plain(1) }, code);
            scene.send(0.1, &sent.reply(code));
            scene.exchange(5.0, &Registration::request(2).with(forward(&[7], &udp_to_port(5060))), 0);
        }
    };
    // D and T, and S: code 1 replaces all bindings, and 0 puts one beside the others (D9).
    for (octet, code, frames) in [(0x22, 0, &[5][..]), (0x22, 1, &[5]), (0xa2, 1, &[5]), (0xa2, 0, &[])] {
        assert_eq!(told_late("EXCH-006", policy(octet, code)), frames, "{octet:#x} {code}");
    }
    // The policy is in that request itself, and what lived before it is not known.
    let at_once = |scene: &mut Scene| {
        let request = Registration { octet: 0xa2, ..Registration::plain(1) };
        let sent = scene.exchange(0.0, &request.with(forward(&[7], &udp_to_port(5060))), 1);
        scene.send(0.1, &sent.reply(1));
    };
    assert_eq!(told_late("EXCH-006", at_once), [0; 0]);
    assert_eq!(super::told("EXCH-006", at_once), [2, 3]);
}
