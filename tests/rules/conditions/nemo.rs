//! Mobile networks and prefixes (NEMO, DS), by themselves.

use std::net::Ipv4Addr;

use super::{says, told};
use crate::findings;
use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene, short};

/// 10.N.0.0/24, asked for, and answered for with a code.
fn network(number: u8) -> Vec<u8> {
    short(148, &[0, 24, 10, number, 0, 0])
}

fn answer(number: u8, code: u8) -> Vec<u8> {
    short(148, &[1, code, 24, 0, 10, number, 0, 0])
}

/// `2001:db8:N::/48`, asked for, and accepted.
fn prefix(start: &[u8], number: u8) -> Vec<u8> {
    let mut data = [start, &[0x20, 0x01, 0x0d, 0xb8, 0, number]].concat();
    data.resize(start.len() + 16, 0);
    short(152, &data)
}

/// BID 1 registers with these extensions and is given those; then BID 2 registers for a lifetime with these, and gets
/// this code.
fn then_another(
    first: [Vec<Vec<u8>>; 2],
    second: Vec<Vec<u8>>,
    code: u8,
    lifetime: u16,
) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let [asked, given] = &first;
        let mut request = Registration::request(1);
        request.extensions.extend_from_slice(asked);
        let sent = scene.send(0.0, &request);
        scene.send(0.02, &Registration { extensions: given.clone(), ..sent.reply(0) });
        let mut request = Registration { lifetime, ..Registration::request(2) };
        request.extensions.extend_from_slice(&second);
        let sent = scene.send(5.0, &request);
        scene.send(5.02, &sent.reply(code));
    }
}

#[test]
fn what_is_refused_leaves_no_network_out() {
    let first = || [vec![network(99)], vec![answer(99, 0)]];
    assert_eq!(told("NEMO-004", then_another(first(), vec![], 0, 600)), [4]);
    assert_eq!(told("NEMO-004", then_another(first(), vec![], 1, 1)), [4]);
    assert_eq!(told("NEMO-004", then_another(first(), vec![], 134, 600)), [0; 0]);
    assert_eq!(told("NEMO-004", then_another(first(), vec![], 0, 0)), [0; 0]);
}

#[test]
fn a_network_that_was_not_given_is_not_left_out() {
    let first = |code| [vec![network(98), network(99)], vec![answer(98, 0), answer(99, code)]];
    assert_eq!(told("NEMO-004", then_another(first(1), vec![network(98)], 0, 600)), [0; 0]);
    assert_eq!(told("NEMO-004", then_another(first(0), vec![network(98)], 0, 600)), [4]);
    says(
        "NEMO-004",
        "leaves out mobile network 10.99.0.0/24 of BID 1",
        then_another(first(0), vec![network(98)], 0, 600),
    );
}

#[test]
fn networks_and_prefixes_are_named_in_any_order() {
    let numbers = [5, 3, 9, 1];
    let networks = |numbers: &[u8]| numbers.iter().map(|number| network(*number)).collect::<Vec<_>>();
    let first = || [networks(&numbers), numbers.map(|number| answer(number, 0)).to_vec()];
    assert_eq!(told("NEMO-004", then_another(first(), networks(&[9, 5, 3, 1]), 0, 600)), [0; 0]);
    assert_eq!(told("NEMO-004", then_another(first(), networks(&[9, 5, 1]), 0, 600)), [4]);
    let prefixes =
        |numbers: &[u8]| numbers.iter().map(|number| prefix(&[1, 48], *number)).collect::<Vec<_>>();
    let first = || [prefixes(&numbers), numbers.map(|number| prefix(&[2, 0, 48, 0], number)).to_vec()];
    assert_eq!(told("NEMO-004", then_another(first(), prefixes(&[9, 5, 3, 1]), 0, 600)), [0; 0]);
    assert_eq!(told("NEMO-004", then_another(first(), prefixes(&[9, 5, 1]), 0, 600)), [4]);
}

/// Code 147 with the refusal of 10.99.0.0/24 at 0.02 s, and that network asked for again at this time.
#[test]
fn a_refused_network_that_is_asked_for_at_once_was_under_way() {
    let again = |seconds| {
        move |scene: &mut Scene| {
            let request = Registration::request(1).with(network(99));
            let sent = scene.send(0.0, &request);
            scene.send(0.02, &sent.reply(147).with(answer(99, 1)));
            scene.exchange(seconds, &request, 134);
        }
    };
    assert_eq!(told("NEMO-002", again(1.02)), [0; 0]);
    assert_eq!(told("NEMO-002", again(1.03)), [3]);
}

#[test]
fn an_impossible_prefix_is_told_with_the_section_of_its_extension() {
    // `2001:db8:1::/47` has a bit set behind its 47.
    let asked = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::request(1).with(prefix(&[1, 47], 1)), 134);
    };
    says("DS-002", "(RFC 5454 §2.1)", asked);
    let given = |scene: &mut Scene| {
        let sent = scene.send(0.0, &Registration::request(1).with(prefix(&[1, 46], 0)));
        scene.send(0.02, &sent.reply(0).with(prefix(&[2, 0, 47, 0], 1)));
    };
    says("DS-002", "(RFC 5454 §2.2)", given);
}

#[test]
fn an_answer_of_another_kind_acknowledges_no_network() {
    let with = |answer: Vec<u8>| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::request(1).with(network(99)));
            scene.send(0.02, &sent.reply(0).with(answer.clone()));
        }
    };
    // The request sent back (EXT-007).
    assert_eq!(told("NEMO-003", with(network(99))), [2]);
    assert_eq!(told("NEMO-003", with(answer(99, 0))), [0; 0]);
}

/// Code 148, then a reply that gives a network after all, to a request or to none.
#[test]
fn a_reply_that_nobody_asked_for_ends_no_refusal() {
    let again = |was_asked: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1).with(network(99)), 148);
            let request = Registration {
                identification: Some(crate::scene::timestamp(4.5)),
                ..Registration::request(1)
            };
            if was_asked {
                scene.send(4.5, &request);
            }
            scene.send(5.0, &request.reply(0).with(answer(99, 0)));
            scene.exchange(20.0, &Registration::request(1).with(network(99)), 134);
        }
    };
    assert_eq!(told("NEMO-002", again(true)), [0; 0]);
    assert_eq!(told("NEMO-002", again(false)), [4]);
}

/// Code 148, and another reply to the same request that gives the network: the first one decides (D8).
#[test]
fn a_later_reply_to_the_refused_request_ends_no_refusal() {
    let again = |first: u8, second: u8| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::request(1).with(network(99)));
            for (seconds, code) in [(0.02, first), (0.5, second)] {
                let reply = sent.reply(code);
                scene.send(seconds, &if code == 0 { reply.with(answer(99, 0)) } else { reply });
            }
            scene.exchange(20.0, &Registration::request(1).with(network(99)), 134);
        }
    };
    assert_eq!(told("NEMO-002", again(148, 148)), [4]);
    assert_eq!(told("NEMO-002", again(148, 0)), [4]);
    assert_eq!(told("NEMO-002", again(0, 148)), [4]);
    assert_eq!(told("NEMO-002", again(0, 0)), [0; 0]);
}

/// A prefix that the home agent gives without being asked for it is one of the node.
#[test]
fn a_prefix_is_known_from_a_reply() {
    let then = |given: bool| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::request(1));
            let reply = sent.reply(0);
            scene.send(0.02, &if given { reply.with(prefix(&[2, 0, 48, 0], 1)) } else { reply });
            let selector = [&[0x20, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 9][..], &[0; 10]].concat();
            let rule = crate::scene::flow_binding(1, &[1], 2, &selector);
            scene.exchange(5.0, &Registration::request(1).with(rule), 134);
        }
    };
    assert_eq!(told("TS-011", then(true)), [3]);
    assert_eq!(told("TS-011", then(false)), [0; 0]);
}

/// Two mobile routers with the same network, whose host sends and gets packets through both: frames 5 to 8. Then the
/// first router has gone (9 and 10), and its tunnel is used again: 11 and 12.
fn shared_network(scene: &mut Scene) {
    let host = Ipv4Addr::new(10, 99, 0, 7);
    let router = |number: u8| Registration {
        home_address: Ipv4Addr::new(10, 1, 0, number),
        ..Registration::request(number).with(network(99))
    };
    for number in [1, 2] {
        let sent = scene.send(f64::from(number), &router(number));
        scene.send(f64::from(number) + 0.02, &sent.reply(0).with(answer(99, 0)));
    }
    let both_ways = |scene: &mut Scene, seconds: f64, number| {
        scene.history.down(seconds, care_of(number), &Packet::new().to(host));
        scene.history.up(seconds + 1.0, care_of(number), &Packet::new().to(host).back());
    };
    both_ways(scene, 10.0, 1);
    both_ways(scene, 12.0, 2);
    scene.exchange(20.0, &Registration { lifetime: 0, ..router(1) }, 0);
    both_ways(scene, 30.0, 1);
    scene.wait_until(40.0);
}

#[test]
fn a_network_behind_two_routers_is_reached_through_both() {
    let found = findings(shared_network, true);
    let of_packets = found.iter().filter(|finding| finding.place.frame > 4);
    let of_packets: Vec<_> =
        of_packets.map(|finding| (finding.rule.id, finding.place.frame, finding.home_address)).collect();
    let first = Some(Ipv4Addr::new(10, 1, 0, 1));
    assert_eq!(of_packets, [("TUN-003", 11, first), ("TUN-004", 12, first)]);
}

/// The first router has a new care-of address in a moment, which its data reaches before its registration.
#[test]
fn a_router_that_moves_may_share_its_network() {
    let moves = |accepted: f64| {
        move |scene: &mut Scene| {
            let router = |number: u8, interface: u8| Registration {
                home_address: Ipv4Addr::new(10, 1, 0, number),
                ..Registration::request(interface).with(network(99))
            };
            for number in [1, 2] {
                let sent = scene.send(f64::from(number), &router(number, number));
                scene.send(f64::from(number) + 0.02, &sent.reply(0).with(answer(99, 0)));
            }
            let sent = scene.send(9.9, &router(1, 3));
            let host = Packet::new().to(Ipv4Addr::new(10, 99, 0, 7));
            scene.history.down(10.0, care_of(3), &host);
            scene.history.up(10.0, care_of(3), &host.back());
            scene.send(accepted, &sent.reply(0).with(answer(99, 0)));
            scene.wait_until(40.0);
        }
    };
    for (rule, frame) in [("TUN-001", 6), ("TUN-004", 7)] {
        assert_eq!(told(rule, moves(10.5)), [0; 0], "{rule}");
        assert_eq!(told(rule, moves(11.5)), [frame], "{rule}");
    }
}
