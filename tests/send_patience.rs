//! How long `send` waits before it sends again, and before it gives up.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::time::Duration;

use program::run;
use responder::Responder;

#[test]
fn retransmissions_are_no_closer_than_the_rate_allows() {
    let responder = Responder::start(|_, _, _| ());
    let ha = responder.ha();
    let run = run(&format!(
        "send --ha {ha} --home-address 10.1.0.1 --retries 1 --timeout 100ms --rate 0.5/s --expect reply=none"
    ));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let received = responder.received.lock().unwrap();
    assert_eq!(received.len(), 2);
    // One in two seconds was asked for; a little less may lie between two arrivals.
    let between = received[1].0.duration_since(received[0].0);
    assert!(between >= Duration::from_millis(1_900), "{between:?}");
}
