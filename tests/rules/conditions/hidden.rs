//! What was not captured, and may have said what a rule misses.

use super::told;
use crate::scene::{Registration, Scene, flow_binding, forward, short, timestamp, udp_to_port};
use crate::unseen::cut_if;

/// A refusal with 152; a request that gets code 130, and of which so many octets were captured; and one that is accepted.
#[test]
fn the_last_refusal_may_be_that_of_a_request_that_was_cut() {
    let refused = |between: fn(u8) -> Registration, kept: Option<usize>| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 152);
            let sent = scene.send(5.0, &between(1));
            cut_if(scene, kept);
            scene.send(5.02, &sent.reply(130));
            scene.exchange(10.0, &Registration::request(1), 0);
        }
    };
    for kept in [None, Some(0), Some(15), Some(24)] {
        assert_eq!(told("EXCH-002", refused(Registration::request, kept)), [0; 0], "{kept:?}");
    }
    assert_eq!(told("EXCH-002", refused(Registration::plain, None)), [6]);
}

/// A rule for packets to a mobile network that is asked for in the same request, in an earlier one that is refused, or in
/// none; of that request the fixed part, Multipath and the Flow-Binding were captured.
#[test]
fn a_network_may_have_been_asked_for_in_what_was_cut() {
    // C, the start of the destination: 10.99.0.7; and A, the start of the source: the node's own address.
    let to_network = || flow_binding(1, &[1], 1, &[0x20, 0, 0, 0, 10, 99, 0, 7]);
    let from_node = || flow_binding(1, &[1], 1, &[0x80, 0, 0, 0, 10, 1, 0, 1]);
    let network = || short(148, &[0, 24, 10, 99, 0, 0]);
    let at_once = |rule: fn() -> Vec<u8>, asks: bool, kept: Option<usize>| {
        move |scene: &mut Scene| {
            let request = Registration::request(1).with(rule());
            let sent = scene.send(0.0, &if asks { request.with(network()) } else { request });
            cut_if(scene, kept);
            scene.send(0.02, &sent.reply(134));
        }
    };
    let kept = Some(24 + 8 + 16);
    assert_eq!(told("TS-011", at_once(to_network, false, None)), [1]);
    assert_eq!(told("TS-011", at_once(to_network, true, None)), [0; 0]);
    assert_eq!(told("TS-011", at_once(to_network, true, kept)), [0; 0]);
    // The home address as source does not fit, whatever networks there are.
    assert_eq!(told("TS-011", at_once(from_node, true, kept)), [1]);
    let before = |code: u8, kept: Option<usize>| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::request(1).with(network()));
            cut_if(scene, kept);
            scene.send(0.02, &sent.reply(code));
            scene.exchange(5.0, &Registration::request(1).with(to_network()), 134);
        }
    };
    for code in [0, 134] {
        for kept in [None, Some(0), Some(15), Some(24), Some(32)] {
            assert_eq!(told("TS-011", before(code, kept)), [0; 0], "{code} {kept:?}");
        }
    }
}

/// A reply with a rule for IPv6 packets to a request that was seen, or that came before the capture began.
#[test]
fn a_prefix_may_have_been_asked_for_before_the_capture_began() {
    let answered = |is_seen: bool| {
        move |scene: &mut Scene| {
            scene.exchange(-60.0, &Registration::request(1).with(forward(&[1], &udp_to_port(5060))), 0);
            let asked = Registration { identification: Some(timestamp(0.0)), ..Registration::request(1) };
            if is_seen {
                scene.send(0.0, &asked);
            }
            // O, the start of the next header: UDP.
            scene.send(0.02, &asked.reply(0).with(flow_binding(1, &[1], 2, &[0, 2, 0, 0, 17])));
        }
    };
    assert_eq!(told("FB-010", answered(true)), [4]);
    assert_eq!(told("FB-010", answered(false)), [0; 0]);
}
