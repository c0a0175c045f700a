//! Captures of both sides of a NAT: the same request and its reply twice, and tunnelled data with two ends.

use std::net::SocketAddrV4;

use crate::edges::told;
use crate::history::{HOME_AGENT, Packet, care_of, udp_tunnel};
use crate::judged;
use crate::scene::{Registration, Scene, short, timestamp};

/// How much later the inner side was captured than the outer one: a node's packets pass it first, and where its clock is
/// 250 ms fast it seems to come last.
const INNER: [f64; 2] = [-0.001, 0.25];

/// A request for a tunnel in UDP (RFC 3519 §3.1) as it leaves the node, at `seconds` by the node's clock.
fn inside(seconds: f64) -> Registration {
    let identification = Some(timestamp(seconds));
    Registration { identification, ..Registration::request(1).with(short(144, &[0; 6])) }
}

/// The same as it leaves the NAT.
fn outside(inside: &Registration) -> Registration {
    Registration { source: SocketAddrV4::new(care_of(9), 5001), ..inside.clone() }
}

/// A request on both sides of a NAT, and its reply 20 ms later, likewise; the one side is captured `inner` seconds after the
/// other.
fn exchange(scene: &mut Scene, seconds: f64, request: &Registration, code: u8, inner: f64) {
    let answered = |request: &Registration| {
        let reply = request.reply(code);
        if code == 0 { reply.with(short(44, &[0, 0, 0, 0, 0, 110])) } else { reply }
    };
    let (outer, own) = (outside(request), request.clone());
    let mut packets = vec![
        (seconds, outer.clone()),
        (seconds + 0.02, answered(&outer)),
        (seconds + inner, own.clone()),
        (seconds + 0.02 + inner.abs(), answered(&own)),
    ];
    packets.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (time, registration) in packets {
        scene.send(time, &registration);
    }
}

#[test]
fn what_is_on_both_sides_of_a_nat_is_said_once() {
    for inner in INNER {
        let scene = |scene: &mut Scene| {
            exchange(scene, 1.0, &inside(1.0), 0, inner);
            let agent = SocketAddrV4::new(HOME_AGENT, 434);
            let down = Packet::new();
            for end in [inside(0.0).source, outside(&inside(0.0)).source] {
                scene.history.packet(5.0, udp_tunnel(agent, end, &down.octets()));
                scene.history.packet(6.0, udp_tunnel(end, agent, &down.back().octets()));
            }
            exchange(scene, 60.0, &inside(60.0), 0, inner);
            scene.wait_until(80.0);
        };
        for rule in ["REG-013", "REG-014", "REG-015", "REG-021", "TUN-001", "TUN-004"] {
            assert_eq!(told(rule, scene), [0; 0], "{rule}, the inner side {inner} s later");
        }
    }
}

/// The snapshot length leaves 24 octets of each message: of a request the fixed part, without the wish for a tunnel in UDP;
/// or 50, without the end of the authentication.
#[test]
fn what_is_cut_on_both_sides_of_a_nat_is_said_once() {
    for (inner, kept) in INNER.into_iter().flat_map(|inner| [24, 50].map(|kept| (inner, kept))) {
        let mut scene = Scene::default();
        exchange(&mut scene, 1.0, &inside(1.0), 0, inner);
        scene.wait_until(20.0);
        for shot in &mut scene.history.shots {
            shot.octets.truncate(20 + 8 + kept);
        }
        let mut found: Vec<_> = judged(&scene, true).iter().map(|finding| finding.rule.id).collect();
        found.retain(|rule| ["REG-013", "REG-015", "REG-021"].contains(rule));
        assert_eq!(found, [""; 0], "{kept} octets, the inner side {inner} s later");
    }
}

/// The first request is an hour slow and refused with 133; so is the next one, 20 s later, which RFC 5944 §5.7.1 does not
/// let it be. Which of its two copies is captured first is the one that is told of.
#[test]
fn only_the_next_request_has_to_take_over_the_clock() {
    for inner in INNER {
        let told = told("REG-014", |scene: &mut Scene| {
            for seconds in [1.0, 21.0] {
                let request = inside(seconds - 3600.0);
                let clock = timestamp(seconds) & 0xffff_ffff_0000_0000;
                let low = request.identification.unwrap() & 0xffff_ffff;
                let outer = outside(&request);
                // The reply is captured on the outer side alone.
                let reply = Registration { identification: Some(clock | low), ..outer.reply(133) };
                let mut packets = vec![(seconds, outer), (seconds + 0.02, reply), (seconds + inner, request)];
                packets.sort_by(|one, other| one.0.total_cmp(&other.0));
                for (time, registration) in packets {
                    scene.send(time, &registration);
                }
            }
            scene.wait_until(40.0);
        });
        assert_eq!(told, [4], "the inner side {inner} s later");
    }
}

#[test]
fn a_request_that_nobody_answers_is_one_on_both_sides() {
    let unanswered = |scene: &mut Scene| {
        let request = scene.send(1.0, &inside(1.0));
        scene.send(1.001, &outside(&request));
        scene.wait_until(20.0);
    };
    assert_eq!(told("REG-017", unanswered), [1]);
}

#[test]
fn what_is_sent_again_on_one_side_is_no_translation() {
    let after_both = |again: Registration| {
        move |scene: &mut Scene| {
            let request = scene.send(1.0, &inside(1.0));
            scene.send(1.001, &outside(&request));
            scene.send(1.3, &Registration { identification: request.identification, ..again.clone() });
            scene.wait_until(2.0);
        }
    };
    // By the node, by the NAT, and by somebody else.
    let stranger = Registration { source: SocketAddrV4::new(care_of(77), 434), ..inside(1.0) };
    for again in [inside(1.0), outside(&inside(1.0)), stranger] {
        assert_eq!(told("REG-013", after_both(again.clone())), [3], "from {}", again.source);
    }
    // Later than copies are of one packet (D15), and without a wish for a tunnel in UDP.
    let from_elsewhere = |seconds: f64, first: Registration| {
        move |scene: &mut Scene| {
            let request = scene.send(1.0, &first);
            scene.send(1.0 + seconds, &outside(&request));
            scene.wait_until(3.0);
        }
    };
    assert_eq!(told("REG-013", from_elsewhere(0.6, inside(1.0))), [2]);
    let plain = Registration { identification: Some(timestamp(1.0)), ..Registration::request(1) };
    assert_eq!(told("REG-013", from_elsewhere(0.001, plain)), [2]);
}
