//! Codes 152 and 153, and what follows them.

use super::forwarding;
use crate::scene::{Registration, Scene, flow_binding, forward, multipath_with, udp_to_port};

/// A request with Multipath gets this code; another one follows at this time.
pub(super) fn multipath_again(scene: &mut Scene, code: u8, seconds: f64) {
    scene.exchange(0.0, &Registration::request(1), code);
    scene.send(seconds, &Registration::request(2));
}

/// Multipath is refused at 0 s and again at 5 s, and then tried for the third time half a second later; `tries` says
/// how many of the later requests have Multipath: none, or both with BIDs that differ by 1 or 2.
pub(super) fn refused_twice(scene: &mut Scene, tries: u8) {
    scene.exchange(0.0, &Registration::request(1), 152);
    if tries == 0 {
        scene.exchange(5.0, &Registration::plain(2), 0);
        scene.exchange(10.0, &Registration::plain(3), 0);
    } else {
        scene.exchange(5.0, &Registration::request(1), 152);
        scene.exchange(5.5, &Registration::request(1 + tries), 152);
    }
}

/// A request with Multipath that was under way is accepted; the node may go on.
pub(super) fn multipath_again_after_leave(scene: &mut Scene) {
    accepted_after_refusal(scene, 152);
    scene.exchange(10.0, &Registration::request(1), 0);
}

/// This registration is accepted, then Multipath refused with 152.
pub(super) fn refused_after(scene: &mut Scene, first: &Registration) {
    scene.exchange(0.0, first, 0);
    scene.exchange(5.0, &Registration::request(2), 152);
}

/// A request with Multipath gets this code, and another one, half a second later, is accepted.
pub(super) fn accepted_after_refusal(scene: &mut Scene, code: u8) {
    scene.exchange(0.0, &Registration::request(1), code);
    scene.exchange(0.5, &Registration::request(2), 0);
}

/// A request with a policy is refused with 153; where there is another, it is accepted 30 s later.
pub(super) fn refused_and_followed(
    scene: &mut Scene,
    first: &Registration,
    then: Option<&Registration>,
    end: f64,
) {
    scene.exchange(0.0, &first.clone().with(forward(&[7], &udp_to_port(5060))), 153);
    if let Some(then) = then {
        scene.exchange(30.0, then, 0);
    }
    scene.wait_until(end);
}

/// A request of BID 1 with this FORWARD list is refused with 153; then there may be another, at this time.
pub(super) fn forward_refused(scene: &mut Scene, bids: &[u8], again: Option<(f64, &[u8])>) {
    scene.exchange(0.0, &forwarding(1, bids), 153);
    if let Some((seconds, bids)) = again {
        scene.send(seconds, &forwarding(1, bids));
    }
}

/// BID 1 is registered in place of all there may have been; a request of BID 2 with this FORWARD list is refused.
pub(super) fn forward_refused_after_overwrite(scene: &mut Scene, bids: &[u8]) {
    scene.exchange(0.0, &Registration::plain(1).with(multipath_with(4, 1, 1, 0x40)), 0);
    scene.exchange(5.0, &forwarding(2, bids), 153);
}

/// BID 1 is registered for 20 s and BID 2 for 600 s with these flags; at 30 s FORWARD to BID 1 is refused.
pub(super) fn forward_refused_after_renewal(scene: &mut Scene, flags: u8) {
    scene.exchange(0.0, &Registration { lifetime: 20, ..Registration::request(1) }, 0);
    scene.exchange(5.0, &Registration::plain(2).with(multipath_with(4, 2, 2, flags)), 0);
    scene.exchange(30.0, &forwarding(2, &[1]), 153);
}

/// A request with DROP and these extensions is refused with 153.
pub(super) fn drop_refused(scene: &mut Scene, others: &[Vec<u8>]) {
    let drop = flow_binding(0, &[0], 1, &udp_to_port(5060));
    let mut request = Registration::request(1).with(drop);
    request.extensions.extend_from_slice(others);
    scene.exchange(0.0, &request, 153);
}

/// Unanswered requests with Multipath at these times, after one at 0 s that got this code; a plain registration at
/// the end and 5 s after that.
pub(super) fn silent_to_multipath(scene: &mut Scene, times: &[f64], first: Option<u8>, end: f64) {
    if let Some(code) = first {
        scene.exchange(0.0, &Registration::request(1), code);
    }
    for seconds in times {
        scene.send(*seconds, &Registration::request(1));
    }
    scene.exchange(end, &Registration::plain(1), 0);
    scene.exchange(end + 5.0, &Registration::plain(1), 0);
}

/// FORWARD to BIDs 7 and 8 is refused at 0.02 s and comes again just more than 60 s later; BID 1 was registered in
/// between, as it has to be.
pub(super) fn forward_refused_long_ago(scene: &mut Scene) {
    scene.exchange(0.0, &forwarding(1, &[7, 8]), 153);
    scene.exchange(30.0, &Registration::request(1), 0);
    scene.send(60.03, &forwarding(1, &[7, 8]));
}
