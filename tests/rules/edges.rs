//! Rules at edges that cannot be reached without breaking another must-rule, so that no pair can show them.

use std::net::SocketAddrV4;

use crate::findings;
use crate::history::{NODE, care_of};
use crate::scene::{Registration, Scene, flow_binding, forward, multipath, short, timestamp, udp_to_port};

/// BID 1 lives for 10 s with a rule for it; a minute after the policy has ended with it, BID 2 comes with the same rule,
/// which finds no binding, and BID 3, which goes again.
fn again(scene: &mut Scene) {
    let rule = || forward(&[1], &udp_to_port(5060));
    scene.exchange(0.0, &Registration { lifetime: 10, ..Registration::request(1) }.with(rule()), 0);
    scene.exchange(70.0, &Registration::request(2).with(rule()), 0);
    scene.exchange(72.0, &Registration::request(3), 0);
    scene.exchange(74.0, &Registration { lifetime: 0, ..Registration::request(3) }, 0);
    scene.wait_until(80.0);
}

#[test]
fn a_rule_without_a_live_binding_is_told_of_each_policy() {
    assert_eq!(told("FB-017", again), [8]);
}

/// The home agent refuses multipath, a foreign agent gives up on another request by itself, a third is accepted.
fn refused_and_given_up(scene: &mut Scene) {
    let relayed = Registration::relayed(1).with(multipath(1));
    scene.exchange(0.0, &relayed, 152);
    let at_node = Registration {
        source: SocketAddrV4::new(NODE, 434),
        destination: SocketAddrV4::new(care_of(1), 434),
        ttl: 255,
        identification: Some(timestamp(2.0)),
        ..relayed.clone()
    };
    let sent = scene.send(2.0, &at_node);
    scene.send(2.05, &Registration { key: None, ..sent.reply(78) });
    scene.exchange(4.0, &relayed, 0);
}

#[test]
fn what_a_foreign_agent_says_by_itself_is_not_the_home_agents_last_word() {
    assert_eq!(told("EXCH-002", refused_and_given_up), [6]);
}

/// A reply with a rule for IPv6; its request asks for a prefix in an extension whose Length is one short.
fn asked_badly(scene: &mut Scene) {
    let request = Registration::request(1).with(short(152, &[&[1, 48][..], &[0x20; 15]].concat()));
    with_ipv6(scene, &request);
}

/// The same where no prefix is asked for.
fn not_asked(scene: &mut Scene) {
    with_ipv6(scene, &Registration::request(1));
}

fn with_ipv6(scene: &mut Scene, request: &Registration) {
    // Letter O, the next header: UDP.
    let rule = flow_binding(1, &[1], 2, &[0, 2, 0, 0, 17]);
    let sent = scene.send(0.0, request);
    scene.send(0.02, &sent.reply(0).with(rule));
}

#[test]
fn a_prefix_that_is_asked_for_badly_is_asked_for() {
    assert_eq!(told("FB-010", asked_badly), [0; 0]);
    assert_eq!(told("FB-010", not_asked), [2]);
}

/// The frames on which a rule fires.
fn told(rule: &str, build: fn(&mut Scene)) -> Vec<u64> {
    let found = findings(build, true);
    found.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.place.frame).collect()
}
