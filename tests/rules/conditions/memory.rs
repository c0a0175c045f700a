//! What rules remember of a session (D8, D10): what each message leaves behind.

use super::{told, told_late};
use crate::history::{
    CORRESPONDENT, HOME_AGENT, NODE, Packet, care_of, gre, revocation, revocation_acknowledgement,
};
use crate::scene::{
    KEY, Registration, Scene, forward, long, multipath, multipath_with, short, sign, timestamp, udp_to_port,
};

/// From where on the table is known to be whole (D10), after this exchange.
#[test]
fn a_table_is_whole_from_where_all_bindings_ended() {
    let after = |first: Registration, code| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &first, code);
            scene.exchange(2.0, &Registration::request(3), 0);
            scene.history.down(10.0, care_of(77), &Packet::new());
            scene.wait_until(15.0);
        }
    };
    let with = |flags, lifetime| {
        Registration { lifetime, ..Registration::plain(1) }.with(multipath_with(4, 1, 1, flags))
    };
    let simultaneous = Registration { octet: 0xa2, ..Registration::plain(1) };
    let from_home = Registration { lifetime: 0, care_of_address: NODE, ..Registration::plain(1) };
    let elsewhere = Registration { lifetime: 0, ..Registration::plain(1) };
    let cases = [
        (with(0x40, 600), 0, true),
        (with(0x40, 600), 134, false),
        (with(0x80, 600), 0, false),
        (with(0x80, 0), 0, true),
        (with(0x80, 0), 134, false),
        (with(0, 0), 0, false),
        (with(0, 600), 0, false),
        (Registration::plain(1), 0, true),
        (simultaneous.clone(), 0, false),
        // The home agent keeps no bindings beside it, in spite of S.
        (simultaneous, 1, true),
        // A reserved BID is as good as none (D6), and S is not set.
        (Registration::plain(1).with(multipath_with(4, 1, 0, 0)), 0, true),
        (from_home, 0, true),
        (elsewhere, 0, false),
    ];
    for (first, code, is_whole) in cases {
        let frames = if is_whole { vec![5] } else { vec![] };
        let name = format!("{first:?} with code {code}");
        assert_eq!(told_late("TUN-001", after(first.clone(), code)), frames, "{name}");
        assert_eq!(told("TUN-001", after(first, code)), [5], "{name}");
    }
}

/// Of a BID that is reserved nothing can be told: it is not usable (D6).
#[test]
fn a_reserved_bid_is_not_usable() {
    for (bid, at) in [(0, &[][..]), (255, &[]), (2, &[3]), (254, &[3])] {
        let end = |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let end = Registration { lifetime: 0, ..Registration::plain(1) };
            scene.exchange(5.0, &end.with(multipath_with(4, 1, bid, 0)), 0);
        };
        assert_eq!(told("MP-020", end), at, "{bid}");
    }
}

/// An unknown type of the lower half is a reason for silence, one of the upper half is not.
#[test]
fn an_unknown_type_below_128_excuses_silence() {
    for (kind, at) in [(126, &[][..]), (127, &[]), (135, &[1]), (255, &[1])] {
        let silent = |scene: &mut Scene| {
            scene.send(0.0, &Registration::plain(1).with(short(kind, &[1])));
            scene.wait_until(15.0);
        };
        assert_eq!(told("REG-017", silent), at, "{kind}");
    }
    let unauthorized = |scene: &mut Scene| {
        scene.send(0.0, &Registration { key: None, ..Registration::plain(1) }.with(long(47, 1, &[0])));
        scene.wait_until(15.0);
    };
    assert_eq!(told("REG-017", unauthorized), [0; 0]);
}

#[test]
fn keys_are_those_of_one_direction() {
    let keys = |up: u32, second: u32| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { octet: 0x2a, ..Registration::request(1) }, 0);
            let down = |key| gre(HOME_AGENT, care_of(1), Some(key), &Packet::new().octets());
            scene.history.packet(5.0, down(1));
            let back = Packet::new().back().to(CORRESPONDENT).octets();
            scene.history.packet(6.0, gre(care_of(1), HOME_AGENT, Some(up), &back));
            scene.history.packet(7.0, down(second));
        }
    };
    assert_eq!(told("TUN-022", keys(2, 1)), [0; 0]);
    assert_eq!(told("TUN-022", keys(2, 2)), [5]);
}

/// Multipath is refused, then a request gets this code on its way or from home, then one is accepted.
#[test]
fn the_codes_of_foreign_agents_are_no_word_of_the_home_agent() {
    let then = |code| {
        move |scene: &mut Scene| {
            let relayed = Registration::relayed(1).with(multipath(1));
            scene.exchange(0.0, &relayed, 152);
            let at_node = Registration { identification: Some(timestamp(2.0)), ..relayed.to_foreign_agent() };
            let sent = scene.send(2.0, &at_node);
            scene.send(2.05, &sent.reply(code));
            scene.exchange(4.0, &relayed, 0);
        }
    };
    for code in [64, 127, 193, 200] {
        assert_eq!(told("EXCH-002", then(code)), [6], "{code}");
    }
    for code in [128, 134, 192] {
        assert_eq!(told("EXCH-002", then(code)), [0; 0], "{code}");
    }
}

/// The same refusal of a network, in a reply with this code.
#[test]
fn a_network_is_refused_by_code_147() {
    let again = |code| {
        move |scene: &mut Scene| {
            let request = Registration::request(1).with(short(148, &[0, 24, 10, 99, 0, 0]));
            let sent = scene.send(0.0, &request);
            scene.send(0.02, &sent.reply(code).with(short(148, &[1, 1, 24, 0, 10, 99, 0, 0])));
            scene.exchange(10.0, &request, 134);
        }
    };
    assert_eq!(told("NEMO-002", again(147)), [3]);
    assert_eq!(told("NEMO-002", again(0)), [0; 0]);
    assert_eq!(told("NEMO-002", again(134)), [0; 0]);
}

/// A revocation with identifier 5 at 20 s, and before or after it an acknowledgement of it at this time.
#[test]
fn an_acknowledgement_comes_after_what_it_acknowledges() {
    let acknowledged = |seconds: f64, is_before: bool| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &Registration::request(1), 0);
            let acknowledge = |scene: &mut Scene| {
                let mut payload = revocation_acknowledgement(5);
                sign(&mut payload, 32, KEY);
                scene.datagram(seconds, &sent, &payload);
            };
            if is_before {
                acknowledge(scene);
            }
            let mut payload = revocation(care_of(1), 5);
            sign(&mut payload, 32, KEY);
            scene.datagram(20.0, &sent.reply(0), &payload);
            if !is_before {
                acknowledge(scene);
            }
            scene.wait_until(40.0);
        }
    };
    assert_eq!(told("REV-001", acknowledged(10.0, true)), [4]);
    assert_eq!(told("REV-001", acknowledged(20.5, false)), [0; 0]);
    // At the very same time it is the order that tells.
    assert_eq!(told("REV-001", acknowledged(20.0, true)), [4]);
    assert_eq!(told("REV-001", acknowledged(20.0, false)), [0; 0]);
}

/// A request at 20 s, and on its way back a reply with another Identification at this time.
#[test]
fn a_reply_is_wrong_for_ten_seconds_and_unsolicited_then() {
    let replied = |seconds: f64| {
        move |scene: &mut Scene| {
            scene.wait_until(0.0);
            let sent = scene.send(20.0, &Registration::plain(1));
            scene.send(seconds, &Registration { identification: Some(timestamp(7.5)), ..sent.reply(0) });
        }
    };
    let both = |seconds| (told("REG-010", replied(seconds)), told("REG-011", replied(seconds)));
    assert_eq!(both(30.0), (vec![3], vec![]));
    assert_eq!(both(30.01), (vec![], vec![3]));
}

/// An exchange is accepted once: what its first reply did is not told again.
#[test]
fn a_second_reply_accepts_nothing_more() {
    let twice = |count: u8| {
        move |scene: &mut Scene| {
            let rule = |port| forward(&[1], &udp_to_port(port));
            scene.exchange(0.0, &Registration::request(1).with(rule(5060)), 0);
            let sent = scene.send(5.0, &Registration::request(1).with(rule(5061)));
            for reply in 0..count {
                scene.send(5.5 + f64::from(reply), &sent.reply(0));
            }
        }
    };
    assert_eq!(told("FB-014", twice(1)), [3]);
    assert_eq!(told("FB-014", twice(2)), [3]);
}

/// Where a tunnel ended it ended by the exchange that moved its binding, here at 5.02 s: no reply that changes nothing
/// makes that later.
#[test]
fn what_changes_nothing_ends_no_tunnel_again() {
    let used_after = |later: fn(&mut Scene, &Registration)| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let moved = Registration::plain(9).with(multipath_with(4, 1, 1, 0));
            let sent = scene.exchange(5.0, &moved, 0);
            later(scene, &sent);
            scene.history.up(8.5, care_of(1), &Packet::new().back());
            scene.wait_until(12.0);
        }
    };
    let denied = used_after(|scene, _| {
        scene.exchange(8.0, &Registration::request(2), 130);
    });
    assert_eq!(told("TUN-004", denied), [7]);
    let answered_again = used_after(|scene, sent| {
        scene.send(8.0, &sent.reply(0));
    });
    assert_eq!(told("TUN-004", answered_again), [6]);
}
