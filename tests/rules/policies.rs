//! What was told of a policy, and is told again of the next one: captures in which other must-rules fire, too.

use crate::findings;
use crate::scene::{Registration, Scene, forward, udp_to_port};

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
    let found = findings(again, true);
    let told: Vec<u64> = found
        .iter()
        .filter(|finding| finding.rule.id == "FB-017")
        .map(|finding| finding.place.frame)
        .collect();
    assert_eq!(told, [8]);
}
