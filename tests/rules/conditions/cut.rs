//! Extensions that run past the end (EXT-001): what may stand behind the cut is not said to be missing (D3).

use std::net::SocketAddrV4;

use super::told;
use crate::history::care_of;
use crate::scene::{Registration, Scene, flow_binding, forward, long, multipath, short, udp_to_port};

/// A foreign agent's request from another address, for this lifetime.
#[test]
fn a_request_for_one_second_is_relayed_from_the_care_of_address_too() {
    let for_lifetime = |lifetime| {
        move |scene: &mut Scene| {
            scene.send(0.0, &from_elsewhere(Registration { lifetime, ..Registration::relayed(1) }));
        }
    };
    assert_eq!(told("REG-020", for_lifetime(1)), [1]);
    assert_eq!(told("REG-020", for_lifetime(0)), [0; 0]);
}

/// The message, where `is_cut` with an extension at its end whose Length is 9 and which has two octets.
fn cut(registration: Registration, is_cut: bool) -> Registration {
    if is_cut { registration.with_after(vec![133, 9, 0, 0]) } else { registration }
}

/// BID 1 is live; then this request comes.
fn then(scene: &mut Scene, request: &Registration) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(5.0, request, 0);
}

/// The request of a node, or the same without what nothing but it asks for.
fn from_elsewhere(request: Registration) -> Registration {
    Registration { source: SocketAddrV4::new(care_of(7), 434), ..request }
}

type Build = fn(&mut Scene, bool);

/// Rules about something that is not there, with the frame on which each fires.
const MISSING: &[(&str, u64, Build)] = &[
    ("AUTH-001", 1, |scene, is_cut| {
        scene.exchange(0.0, &cut(Registration { key: None, ..Registration::plain(1) }, is_cut), 134);
    }),
    ("AUTH-002", 2, |scene, is_cut| {
        let sent = scene.send(0.0, &Registration::plain(1));
        scene.send(0.02, &cut(Registration { key: None, ..sent.reply(0) }, is_cut));
    }),
    // A challenge to which no Type 33 answers.
    ("AUTH-010", 1, |scene, is_cut| {
        let request = Registration::relayed(1).to_foreign_agent().with_after(short(132, &[1, 2, 3, 4]));
        scene.send(0.0, &cut(request, is_cut));
    }),
    ("REG-004", 1, |scene, is_cut| {
        let nobody = std::net::Ipv4Addr::UNSPECIFIED;
        scene.exchange(
            0.0,
            &cut(Registration { home_address: nobody, ..Registration::plain(1) }, is_cut),
            134,
        );
    }),
    ("REG-005", 2, |scene, is_cut| {
        let sent = scene.send(0.0, &Registration::plain(1).with(short(131, b"a@b.example")));
        scene.send(0.02, &cut(sent.reply(0), is_cut));
    }),
    ("REG-017", 1, |scene, is_cut| {
        scene.send(0.0, &cut(Registration::plain(1), is_cut));
        scene.wait_until(15.0);
    }),
    ("REG-019", 1, |scene, is_cut| {
        scene.exchange(0.0, &cut(from_elsewhere(Registration::plain(1)), is_cut), 0);
    }),
    ("REG-020", 1, |scene, is_cut| {
        scene.exchange(0.0, &cut(from_elsewhere(Registration::relayed(1)), is_cut), 0);
    }),
    ("MP-006", 1, |scene, is_cut| {
        scene.exchange(0.0, &cut(Registration { key: None, ..Registration::request(1) }, is_cut), 134);
    }),
    ("MP-018", 3, |scene, is_cut| then(scene, &cut(Registration::plain(1), is_cut))),
    ("MP-020", 3, |scene, is_cut| {
        then(scene, &cut(Registration { lifetime: 0, ..Registration::plain(1) }, is_cut));
    }),
    ("MP-024", 1, |scene, is_cut| {
        scene.exchange(0.0, &cut(from_elsewhere(Registration::request(1)), is_cut), 0);
    }),
    ("MP-025", 3, |scene, is_cut| then(scene, &cut(Registration::plain(9), is_cut))),
    ("FB-010", 1, |scene, is_cut| {
        let rule = flow_binding(1, &[1], 2, &[0, 2, 0, 0, 17]);
        scene.exchange(0.0, &cut(Registration::request(1).with(rule), is_cut), 0);
    }),
    ("FB-011", 1, |scene, is_cut| {
        let rule = forward(&[1], &udp_to_port(5060));
        scene.exchange(0.0, &cut(Registration::plain(1).with(rule), is_cut), 0);
    }),
    ("FB-014", 3, |scene, is_cut| {
        let rule = |port| forward(&[1], &udp_to_port(port));
        scene.exchange(0.0, &Registration::request(1).with(rule(5060)), 0);
        scene.exchange(5.0, &cut(Registration::request(1).with(rule(5061)), is_cut), 0);
    }),
    ("EXCH-009", 2, |scene, is_cut| {
        scene.exchange(0.0, &cut(Registration::plain(1), is_cut), 152);
    }),
    ("EXCH-011", 4, |scene, is_cut| {
        scene.send(0.0, &Registration::request(1));
        scene.send(12.0, &Registration::request(1));
        scene.exchange(30.0, &cut(Registration::plain(1), is_cut), 0);
    }),
    ("UDPT-002", 2, |scene, is_cut| {
        let sent = scene.send(0.0, &cut(Registration::plain(1), is_cut));
        scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    }),
    ("NEMO-003", 2, |scene, is_cut| {
        let sent = scene.send(0.0, &Registration::plain(1).with(network()));
        scene.send(0.02, &cut(sent.reply(0), is_cut));
    }),
    ("NEMO-004", 4, |scene, is_cut| {
        let sent = scene.send(0.0, &Registration::request(1).with(network()));
        scene.send(0.02, &sent.reply(0).with(short(148, &[1, 0, 24, 0, 10, 99, 0, 0])));
        let sent = scene.send(5.0, &cut(Registration::plain(2).with(multipath(2)), is_cut));
        scene.send(5.02, &sent.reply(0));
    }),
    // (a), and (c) of a prefix that was asked for.
    ("DS-003", 2, |scene, is_cut| prefix_answered(scene, Registration::plain(1), 0, is_cut)),
    ("DS-003", 2, |scene, is_cut| {
        let asked = Registration::plain(1).with(short(152, &[&[1, 48][..], &PREFIX].concat()));
        prefix_answered(scene, asked, 1, is_cut);
    }),
];

/// The prefix `2001:db8:1::`.
const PREFIX: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Mobile network 10.99.0.0/24, asked for.
fn network() -> Vec<u8> {
    short(148, &[0, 24, 10, 99, 0, 0])
}

/// A request, cut or not, and a reply that has this code for [`PREFIX`].
fn prefix_answered(scene: &mut Scene, request: Registration, code: u8, is_cut: bool) {
    let sent = scene.send(0.0, &cut(request, is_cut));
    scene.send(0.02, &sent.reply(0).with(short(152, &[&[2, code, 48, 0][..], &PREFIX].concat())));
}

#[test]
fn what_may_stand_behind_a_cut_is_not_said_to_be_missing() {
    for (rule, frame, build) in MISSING {
        assert_eq!(told(rule, |scene: &mut Scene| build(scene, false)), [*frame], "{rule}");
        assert_eq!(told(rule, |scene: &mut Scene| build(scene, true)), [0; 0], "{rule} of a cut message");
        assert_ne!(told("EXT-001", |scene: &mut Scene| build(scene, true)), [0; 0], "{rule}: nothing is cut");
    }
}

#[test]
fn a_proxied_request_that_is_cut_is_still_told_of_what_stands_before_the_cut() {
    let proxied = Registration { key: None, ..Registration::request(1) }.with(long(47, 1, &[0]));
    let build = |scene: &mut Scene| {
        scene.exchange(0.0, &cut(proxied.clone().with(multipath(2)), true), 134);
    };
    assert_eq!(told("MP-003", build), [1]);
}
