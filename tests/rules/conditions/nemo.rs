//! Mobile networks and prefixes (NEMO, DS), by themselves.

use super::{says, told};
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
