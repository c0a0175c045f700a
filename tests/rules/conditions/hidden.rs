//! What was not captured, and may have said what a rule misses.

use super::told;
use crate::scene::{Registration, Scene, flow_binding, forward, timestamp, udp_to_port};

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
