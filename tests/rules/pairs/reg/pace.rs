//! How often, and how long.

use crate::history::{CORRESPONDENT, NODE, Packet, care_of};
use crate::scene::{Registration, Scene};

/// Requests of BID 1 at these times that nobody answers.
pub(super) fn unanswered(scene: &mut Scene, lifetime: u16, times: &[f64]) {
    for seconds in times {
        scene.send(*seconds, &Registration { lifetime, ..Registration::request(1) });
    }
}

/// Unanswered requests at these times, each of its own interface.
pub(super) fn registrations_at(scene: &mut Scene, times: &[(f64, u8)]) {
    for (seconds, bid) in times {
        scene.send(*seconds, &Registration::request(*bid));
    }
}

/// A packet of the node from interface 1.
pub(super) fn uplink(scene: &mut Scene, seconds: f64) {
    let packet = Packet::new().from(NODE).to(CORRESPONDENT);
    scene.history.up(seconds, care_of(1), &packet);
}

/// A binding of this lifetime at interface 1, whose last packet comes at this time; then 150 s pass.
pub(super) fn used_until(scene: &mut Scene, lifetime: u16, seconds: f64, downlink: bool) {
    scene.exchange(0.0, &Registration { lifetime, ..Registration::request(1) }, 0);
    if downlink {
        scene.history.down(seconds, care_of(1), &Packet::new());
    } else {
        uplink(scene, seconds);
    }
    scene.wait_until(150.0);
}
