//! How long `send` waits before it sends again, and before it gives up.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::time::Duration;

use program::run;
use responder::{KEY, Responder, reply_to, request_of, signed};
use serde_json::Value;

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

#[test]
fn a_short_lifetime_does_not_cut_the_wait_for_the_last_answer() {
    // A lifetime of 1 s bounds the time to the next transmission (RFC 5944 §3.6.3), and after the last there is none.
    let responder = Responder::start(|socket, source, octets| {
        std::thread::sleep(Duration::from_millis(1_500));
        socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
    });
    let ha = responder.ha();
    let run = run(&format!(
        "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --lifetime 1 --retries 0 --timeout 10s --format json"
    ));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &document["steps"][0]["reply"]["code"]), (0, &0.into()), "{document:#}");
}
