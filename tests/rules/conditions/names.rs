//! The two names of a session (D7): what a node did by its NAI it did by the home address that it was given.

use std::net::Ipv4Addr;

use super::{told, words};
use crate::history::{HOME_AGENT, NODE};
use crate::scene::{Registration, Scene, flow_binding, forward, short, timestamp, udp_to_port};
use crate::unseen::cut_if;

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

/// The node is known by its home address before, or it is not; then the frames of what comes.
const KNOWN: [(bool, u64); 2] = [(false, 0), (true, 2)];

/// A registration by the home address a minute before, where it is known.
fn known_before(scene: &mut Scene, is_known: bool) {
    if is_known {
        scene.exchange(-60.0, &Registration::plain(1), 134);
    }
}

#[test]
fn silence_by_the_nai_is_silence_to_the_node() {
    let silent = |is_known: bool, count: u8| {
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            for time in 0..count {
                scene.send(f64::from(time) * 12.0, &by_nai(Registration::request(1)));
            }
            assigned(scene, 30.0);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-011", silent(is_known, 2)), [before + 4]);
        assert_eq!(told("EXCH-011", silent(is_known, 1)), [0; 0]);
    }
}

#[test]
fn what_was_refused_by_the_nai_is_refused_to_the_node() {
    let again = |is_known: bool, code, then: Registration| {
        let asked = then.clone();
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            scene.exchange(0.0, &by_nai(asked.clone()), code);
            assigned(scene, 5.0);
            scene.exchange(10.0, &then, 134);
        }
    };
    let network = || Registration::plain(2).with(short(148, &[0, 24, 10, 99, 0, 0]));
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-001", again(is_known, 152, Registration::request(2))), [before + 5]);
        assert_eq!(told("EXCH-001", again(is_known, 130, Registration::request(2))), [0; 0]);
        assert_eq!(told("NEMO-002", again(is_known, 148, network())), [before + 5]);
        assert_eq!(told("NEMO-002", again(is_known, 134, network())), [0; 0]);
    }
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
    let then = |is_known: bool, asked: Option<&[u8]>, rule: &[u8]| {
        let (asked, rule) = (asked.map(<[u8]>::to_vec), rule.to_vec());
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            let mut first = Registration::plain(1);
            first.extensions.extend(asked.clone());
            scene.exchange(0.0, &by_nai(first), 134);
            assigned(scene, 5.0);
            scene.exchange(10.0, &Registration::request(2).with(rule.clone()), 134);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("TS-011", then(is_known, Some(&network), &to_network)), [0; 0]);
        assert_eq!(told("TS-011", then(is_known, None, &to_network)), [before + 5]);
        // With a prefix there is something to compare with.
        assert_eq!(told("TS-011", then(is_known, Some(&six), &elsewhere)), [before + 5]);
        assert_eq!(told("TS-011", then(is_known, None, &elsewhere)), [0; 0]);
    }
}

#[test]
fn timestamps_rise_over_both_names() {
    let then = |is_known: bool, older: f64| {
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            assigned(scene, 0.0);
            let identification = Some(timestamp(-older));
            scene.exchange(5.0, &Registration { identification, ..Registration::plain(1) }, 134);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("REG-013", then(is_known, 1.0)), [before + 3]);
        assert_eq!(told("REG-013", then(is_known, -1.0)), [0; 0]);
    }
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

/// By the NAI BID 2 is accepted, for the node; BID 1, by its home address and with an older timestamp, is refused.
#[test]
fn a_request_is_overtaken_by_one_of_the_other_name() {
    let overtaken = |is_known: bool, older: f64| {
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            let sent = scene.send(1.0, &by_nai(Registration::request(2)));
            let reply = Registration { home_address: NODE, ..sent.reply(0) };
            scene.send(1.02, &reply.with(short(131, b"a@b.example")));
            let identification = Some(timestamp(1.0 - older));
            scene.exchange(1.05, &Registration { identification, ..Registration::request(1) }, 133);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-012", overtaken(is_known, 0.1)), [before + 4]);
        assert_eq!(told("EXCH-012", overtaken(is_known, -0.1)), [0; 0]);
    }
}

/// FORWARD to BID 7 is refused by the NAI, and asked for by the home address.
#[test]
fn a_policy_that_was_refused_by_the_nai_is_repeated_by_the_node() {
    let again = |is_known: bool, bid: u8| {
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            let rule = |bid: u8| forward(&[bid], &udp_to_port(5060));
            scene.exchange(0.0, &by_nai(Registration::request(1).with(rule(7))), 153);
            assigned(scene, 5.0);
            scene.exchange(10.0, &Registration::request(1).with(rule(bid)), 153);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-005", again(is_known, 7)), [before + 5]);
        assert_eq!(told("EXCH-005", again(is_known, 8)), [0; 0]);
    }
}

/// FORWARD to BID 7 is refused at 0.02 s and, by the other name, at 2.02 s; at 10 s it is asked for again.
#[test]
fn of_refusals_by_two_names_the_later_one_is_told() {
    for nai_first in [false, true] {
        let again = |scene: &mut Scene| {
            let asked = || Registration::request(1).with(forward(&[7], &udp_to_port(5060)));
            scene.exchange(0.0, &named(nai_first, asked()), 153);
            scene.exchange(2.0, &named(!nai_first, asked()), 153);
            assigned(scene, 5.0);
            scene.exchange(10.0, &asked(), 153);
        };
        let [told] = &words("EXCH-005", again)[..] else { panic!("told once") };
        assert!(told.contains(" 7.98 s after they were refused with 153"), "{told}");
    }
}

/// A request with Multipath is refused by each name; what the home agent said last is its verdict.
#[test]
fn of_verdicts_on_multipath_by_two_names_the_later_one_counts() {
    let refused = |nai_first: bool, codes: [u8; 2]| {
        move |scene: &mut Scene| {
            let [first, second] = codes;
            scene.exchange(0.0, &named(nai_first, Registration::request(1)), first);
            scene.exchange(2.0, &named(!nai_first, Registration::request(1)), second);
            assigned(scene, 5.0);
            scene.exchange(10.0, &Registration::request(1), 0);
        }
    };
    for nai_first in [false, true] {
        assert_eq!(told("EXCH-002", refused(nai_first, [130, 152])), [8]);
        assert_eq!(told("EXCH-002", refused(nai_first, [152, 130])), [0; 0]);
    }
}

/// BID 1 is refused to the NAI with 153. The node is known by its address from BID 2; that both are one a later reply
/// says.
#[test]
fn who_registers_again_by_the_nai_has_tried_again() {
    let refused = |again: Option<u8>| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(2), 0);
            let rule = forward(&[3], &udp_to_port(5060));
            scene.exchange(1.0, &by_nai(Registration::request(1).with(rule)), 153);
            if let Some(bid) = again {
                let sent = scene.send(4.0, &by_nai(Registration::request(bid)));
                let reply = Registration { home_address: NODE, ..sent.reply(0) };
                scene.send(4.02, &reply.with(short(131, b"a@b.example")));
            }
            scene.wait_until(100.0);
        }
    };
    assert_eq!(told("EXCH-004", refused(Some(1))), [0; 0]);
    assert_eq!(told("EXCH-004", refused(Some(2))), [4]);
    assert_eq!(told("EXCH-004", refused(None)), [4]);
}

/// With nonces, 133 gives the high half of the next Identification, and so does each reply after it.
#[test]
fn a_refusal_by_the_nai_is_followed_by_a_request_with_the_home_address() {
    let resynchronised = |scene: &mut Scene| {
        let with_nai = |registration: Registration| registration.with(short(131, b"a@b.example"));
        let nonce = |half: u64, count: u64, registration: Registration| Registration {
            identification: Some(half << 32 | count),
            ..registration
        };
        let sent = scene.send(0.0, &nonce(7, 1, by_nai(Registration::plain(1))));
        scene.send(0.02, &with_nai(nonce(8, 1, sent.reply(133))));
        let sent = scene.send(5.0, &nonce(8, 2, with_nai(Registration::plain(1))));
        scene.send(5.02, &with_nai(nonce(9, 2, sent.reply(0))));
        scene.send(10.0, &nonce(9, 3, Registration::plain(1)));
    };
    assert_eq!(told("REG-014", resynchronised), [0; 0]);
}

/// Two requests by the NAI; the reply to the first gives the home address, and then the second is refused.
#[test]
fn what_is_refused_by_the_nai_after_it_turned_out_whose_it_is_is_refused_to_the_node() {
    let refused = |is_known: bool, code: u8| {
        move |scene: &mut Scene| {
            let with_nai = |registration: Registration| registration.with(short(131, b"a@b.example"));
            known_before(scene, is_known);
            let first = scene.send(0.0, &by_nai(Registration::request(1)));
            let second = scene.send(0.1, &by_nai(Registration::request(2)));
            scene.send(0.2, &with_nai(Registration { home_address: NODE, ..first.reply(0) }));
            scene.send(0.3, &with_nai(second.reply(code)));
            scene.send(5.0, &Registration::request(2));
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-001", refused(is_known, 152)), [before + 5]);
        assert_eq!(told("EXCH-001", refused(is_known, 130)), [0; 0]);
    }
}

/// A request by the NAI to any home agent, which one refuses with 153; a request to that one.
#[test]
fn a_node_that_looked_for_its_home_agent_tries_again_at_the_one_that_refused_it() {
    let refused = |is_known: bool, tries_again: bool| {
        move |scene: &mut Scene| {
            known_before(scene, is_known);
            let anywhere =
                Registration { home_agent: Ipv4Addr::BROADCAST, ..by_nai(Registration::request(1)) };
            let sent = scene.send(0.0, &anywhere);
            let refusal = Registration { home_agent: HOME_AGENT, ..sent.reply(153) };
            scene.send(0.02, &refusal.with(short(131, b"a@b.example")));
            if tries_again {
                scene.send(5.0, &by_nai(Registration::request(1)));
            }
            scene.wait_until(70.0);
        }
    };
    for (is_known, before) in KNOWN {
        assert_eq!(told("EXCH-004", refused(is_known, true)), [0; 0]);
        assert_eq!(told("EXCH-004", refused(is_known, false)), [before + 2]);
    }
}

/// A request that is refused with 153 and sent again; then the node de-registers, and names no home agent.
#[test]
fn a_node_that_looks_for_its_home_agent_has_tried_again_before() {
    let refused = |tries_again: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 153);
            if tries_again {
                scene.exchange(5.0, &Registration::request(1), 0);
            }
            let last =
                Registration { lifetime: 0, home_agent: Ipv4Addr::UNSPECIFIED, ..Registration::request(1) };
            let sent = scene.send(10.0, &last);
            scene.send(10.02, &Registration { home_agent: HOME_AGENT, ..sent.reply(0) });
            scene.wait_until(70.0);
        }
    };
    assert_eq!(told("EXCH-004", refused(true)), [0; 0]);
    assert_eq!(told("EXCH-004", refused(false)), [2]);
}

/// With nonces, a request by the NAI; one with the home address, which says whose the NAI is; and the first again, which
/// comes with another octet behind its authenticator.
#[test]
fn the_request_before_is_the_latest_by_either_name() {
    let again = |between: bool| {
        move |scene: &mut Scene| {
            let nonce = |count: u64, registration: Registration| Registration {
                identification: Some(7 << 32 | count),
                ..registration
            };
            scene.exchange(-60.0, &nonce(1, Registration::plain(2)), 134);
            let first = nonce(2, by_nai(Registration::plain(1)));
            scene.send(0.0, &first);
            if between {
                let with_nai = nonce(3, Registration::plain(2)).with(short(131, b"a@b.example"));
                scene.exchange(1.0, &with_nai, 0);
            }
            scene.send(2.0, &first.with_after(vec![0]));
        }
    };
    assert_eq!(told("REG-013", again(true)), [0; 0]);
    assert_eq!(told("REG-013", again(false)), [4]);
}

/// Requests for one binding that get no reply, the first by the NAI; one for another binding says whose the NAI is.
#[test]
fn a_series_goes_on_under_the_other_name() {
    let series = |third: f64| {
        move |scene: &mut Scene| {
            scene.exchange(-60.0, &Registration::plain(2), 134);
            scene.send(0.0, &by_nai(Registration::plain(1)));
            scene.send(1.0, &Registration::plain(1));
            scene.exchange(1.5, &Registration::plain(2).with(short(131, b"a@b.example")), 0);
            scene.send(third, &Registration::plain(1));
        }
    };
    assert_eq!(told("REG-016", series(2.7)), [7]);
    assert_eq!(told("REG-016", series(2.9)), [0; 0]);
}

/// What is refused by the NAI is accepted by the home address, before or after that; then it turns out that both are one
/// node, and it asks again.
#[test]
fn what_was_accepted_by_one_name_is_no_longer_refused_by_the_other() {
    let network = |request: Registration| request.with(short(148, &[0, 24, 10, 99, 0, 0]));
    let answer = |code: u8| short(148, &[1, code, 24, 0, 10, 99, 0, 0]);
    let asked = |refused: f64, code: u8, accepted: f64| {
        move |scene: &mut Scene| {
            let (plain, multipath) = (network(Registration::plain(1)), Registration::request(1));
            let asked = if code == 152 { multipath } else { plain };
            let mut both = [(refused, by_nai(asked.clone()), code), (accepted, asked.clone(), 0)];
            both.sort_by(|one, other| one.0.total_cmp(&other.0));
            for (seconds, request, code) in both {
                let sent = scene.send(seconds, &request);
                let networks = [(0, 0), (147, 2)].into_iter().filter(|(of, _)| *of == code);
                let reply = networks.fold(sent.reply(code), |reply, (_, of)| reply.with(answer(of)));
                scene.send(seconds + 0.02, &reply);
            }
            assigned(scene, 5.0);
            scene.exchange(10.0, &asked, 134);
        }
    };
    for (rule, code) in [("EXCH-001", 152), ("NEMO-002", 148), ("NEMO-002", 147)] {
        assert_eq!(told(rule, asked(0.0, code, 2.0)), [0; 0], "{code}");
        assert_eq!(told(rule, asked(2.0, code, 0.0)), [7], "{code}");
    }
}

/// Refused with 152 by the NAI twice, and accepted by the home address in between.
#[test]
fn a_refusal_by_one_name_after_an_acceptance_by_the_other_counts() {
    let asked = |second: u8| {
        move |scene: &mut Scene| {
            let request = Registration::request(1);
            scene.exchange(0.0, &by_nai(request.clone()), 152);
            scene.exchange(1.0, &request, 0);
            scene.exchange(2.0, &by_nai(request.clone()), second);
            assigned(scene, 5.0);
            scene.exchange(10.0, &request, 134);
        }
    };
    assert_eq!(told("EXCH-001", asked(152)), [5, 9]);
    assert_eq!(told("EXCH-001", asked(134)), [5]);
}

/// A request is refused to the NAI at 0.02 s, and the same is granted to the home address at `granted`, in a request of
/// which so many octets were captured. Then both turn out to be one node, and it asks again.
fn refused_and_granted(
    request: &Registration,
    code: u8,
    acknowledged: [Option<Vec<u8>>; 2],
    (granted, kept): (f64, Option<usize>),
) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let [refused_with, granted_with] = &acknowledged;
        let with = |mut reply: Registration, more: &Option<Vec<u8>>| {
            reply.extensions.extend(more.clone());
            reply
        };
        let refuse = |scene: &mut Scene| {
            let sent = scene.send(0.0, &by_nai(request.clone()));
            scene.send(0.02, &with(sent.reply(code), refused_with));
        };
        let grant = |scene: &mut Scene| {
            let sent = scene.send(granted, request);
            cut_if(scene, kept);
            scene.send(granted + 0.02, &with(sent.reply(0), granted_with));
        };
        if granted < 0.0 {
            grant(scene);
            refuse(scene);
        } else {
            refuse(scene);
            grant(scene);
        }
        assigned(scene, 5.0);
        scene.exchange(10.0, request, 134);
    }
}

#[test]
fn what_was_refused_by_the_nai_and_granted_to_the_node_since_is_not_refused() {
    let network = Registration::plain(2).with(short(148, &[0, 24, 10, 99, 0, 0]));
    let acknowledged = |code| Some(short(148, &[1, code, 24, 0, 10, 99, 0, 0]));
    let cases = [
        ("EXCH-001", Registration::request(2), 152, [None, None]),
        ("NEMO-002", network.clone(), 148, [None, acknowledged(0)]),
        ("NEMO-002", network, 147, [acknowledged(1), acknowledged(0)]),
    ];
    for (rule, request, code, acknowledged) in cases {
        let asks = |granted| refused_and_granted(&request, code, acknowledged.clone(), granted);
        assert_eq!(told(rule, asks((2.0, None))), [0; 0], "{rule}: {code}");
        // Granted before it was refused.
        assert_eq!(told(rule, asks((-60.0, None))), [7], "{rule}: {code}");
        // What was cut may have asked for it.
        assert_eq!(told(rule, asks((2.0, Some(24)))), [0; 0], "{rule}: {code}");
    }
}
