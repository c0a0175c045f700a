//! What rules remember of a session (D7, D8, D10): that its two names are one, and what each message leaves behind.

use std::net::Ipv4Addr;

use super::{told, told_late};
use crate::history::{
    CORRESPONDENT, HOME_AGENT, NODE, Packet, care_of, gre, revocation, revocation_acknowledgement,
};
use crate::scene::{
    KEY, Registration, Scene, flow_binding, forward, long, multipath, multipath_with, short, sign, timestamp,
    udp_to_port,
};

/// A request of a node that knows no home address, by its NAI.
fn by_nai(request: Registration) -> Registration {
    Registration { home_address: Ipv4Addr::UNSPECIFIED, ..request }.with(short(131, b"a@b.example"))
}

/// Such a plain request, and the reply that gives [`NODE`].
fn assigned(scene: &mut Scene, seconds: f64) {
    let sent = scene.send(seconds, &by_nai(Registration::plain(1)));
    let reply = Registration { home_address: NODE, ..sent.reply(0) };
    scene.send(seconds + 0.02, &reply.with(short(131, b"a@b.example")));
}

/// The same request, by the NAI or by the home address that the reply gives later.
fn named(is_nai: bool, request: Registration) -> Registration {
    if is_nai { by_nai(request) } else { request }
}

#[test]
fn silence_by_the_nai_is_silence_to_the_node() {
    let silent = |count: u8| {
        move |scene: &mut Scene| {
            for time in 0..count {
                scene.send(f64::from(time) * 12.0, &by_nai(Registration::request(1)));
            }
            assigned(scene, 30.0);
        }
    };
    assert_eq!(told("EXCH-011", silent(2)), [4]);
    assert_eq!(told("EXCH-011", silent(1)), [0; 0]);
}

#[test]
fn what_was_refused_by_the_nai_is_refused_to_the_node() {
    let again = |code, then: Registration| {
        let asked = then.clone();
        move |scene: &mut Scene| {
            scene.exchange(0.0, &by_nai(asked.clone()), code);
            assigned(scene, 5.0);
            scene.exchange(10.0, &then, 134);
        }
    };
    assert_eq!(told("EXCH-001", again(152, Registration::request(2))), [5]);
    assert_eq!(told("EXCH-001", again(130, Registration::request(2))), [0; 0]);
    let network = || Registration::plain(2).with(short(148, &[0, 24, 10, 99, 0, 0]));
    assert_eq!(told("NEMO-002", again(148, network())), [5]);
    assert_eq!(told("NEMO-002", again(134, network())), [0; 0]);
}

#[test]
fn what_was_asked_for_by_the_nai_is_known_of_the_node() {
    // Network 10.99.0.0/24 and prefix 2001:db8:1::/48, and packets to them.
    let prefix = |start: &[u8], last: u8| {
        let mut data = [start, &[0x20, 0x01, 0x0d, 0xb8, 0, 1]].concat();
        data.resize(start.len() + 16, 0);
        *data.last_mut().unwrap() = last;
        data
    };
    let (network, six) = (short(148, &[0, 24, 10, 99, 0, 0]), short(152, &prefix(&[1, 48], 0)));
    let to_network = flow_binding(1, &[2], 1, &[0x20, 0, 0, 0, 10, 99, 0, 7]);
    let elsewhere =
        flow_binding(1, &[2], 2, &[&[0x20, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 9][..], &[0; 10]].concat());
    let then = |asked: Option<&[u8]>, rule: &[u8]| {
        let (asked, rule) = (asked.map(<[u8]>::to_vec), rule.to_vec());
        move |scene: &mut Scene| {
            let mut first = Registration::plain(1);
            first.extensions.extend(asked.clone());
            scene.exchange(0.0, &by_nai(first), 134);
            assigned(scene, 5.0);
            scene.exchange(10.0, &Registration::request(2).with(rule.clone()), 134);
        }
    };
    assert_eq!(told("TS-011", then(Some(&network), &to_network)), [0; 0]);
    assert_eq!(told("TS-011", then(None, &to_network)), [5]);
    // With a prefix there is something to compare with.
    assert_eq!(told("TS-011", then(Some(&six), &elsewhere)), [5]);
    assert_eq!(told("TS-011", then(None, &elsewhere)), [0; 0]);
}

#[test]
fn timestamps_rise_over_both_names() {
    let then = |older: f64| {
        move |scene: &mut Scene| {
            assigned(scene, 0.0);
            let identification = Some(timestamp(-older));
            scene.exchange(5.0, &Registration { identification, ..Registration::plain(1) }, 134);
        }
    };
    assert_eq!(told("REG-013", then(1.0)), [3]);
    assert_eq!(told("REG-013", then(-1.0)), [0; 0]);
    // And for both names alike.
    for is_nai in [false, true] {
        let twice = |scene: &mut Scene| {
            let identification = Some(timestamp(0.0));
            let request = named(is_nai, Registration { identification, ..Registration::plain(1) });
            scene.exchange(0.0, &request, 134);
            scene.exchange(5.0, &Registration { lifetime: 300, ..request }, 134);
        };
        assert_eq!(told("REG-013", twice), [3]);
    }
}

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
        (simultaneous, 0, false),
        (from_home, 0, true),
        (elsewhere, 0, false),
    ];
    for (first, code, is_whole) in cases {
        let frames = if is_whole { vec![5] } else { vec![] };
        let name = format!("{:?} with code {code}", first);
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

/// A revocation with identifier 5 at 20 s, and an acknowledgement of it at this time.
#[test]
fn an_acknowledgement_comes_after_what_it_acknowledges() {
    let acknowledged = |seconds: f64| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &Registration::request(1), 0);
            let acknowledge = |scene: &mut Scene| {
                let mut payload = revocation_acknowledgement(5);
                sign(&mut payload, 32, KEY);
                scene.datagram(seconds, &sent, &payload);
            };
            if seconds < 20.0 {
                acknowledge(scene);
            }
            let mut payload = revocation(care_of(1), 5);
            sign(&mut payload, 32, KEY);
            scene.datagram(20.0, &sent.reply(0), &payload);
            if seconds >= 20.0 {
                acknowledge(scene);
            }
            scene.wait_until(40.0);
        }
    };
    assert_eq!(told("REV-001", acknowledged(10.0)), [4]);
    assert_eq!(told("REV-001", acknowledged(20.5)), [0; 0]);
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
