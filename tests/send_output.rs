//! `send` when its output goes nowhere: a capture on a full disk, a reader that has seen enough.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use program::run;
use responder::{Fault, KEY, Responder};
use serde_json::Value;

#[test]
fn a_capture_that_cannot_be_written_hides_no_result() {
    let responder = Responder::with(Fault::None);
    let ask = |format: &str| {
        let ha = responder.ha();
        run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --repeat 3 --rate 1000 -w /dev/full --format {format}"
        ))
    };
    let json = ask("json");
    assert_eq!(json.code, 3);
    assert!(json.error.contains("`/dev/full` cannot be written"), "{}", json.error);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&document["passed"], &document["failed"]), (&3.into(), &0.into()));
    assert_eq!(document["steps"][2]["reply"]["code"], 0);
    for (format, end) in [("text", "3 passed\n"), ("tap", "ok 3 - request (3 of 3)\n"), ("junit", "</testsuites>\n")] {
        let run = ask(format);
        assert_eq!(run.code, 3, "{format}");
        assert!(run.out.ends_with(end), "{format}: {}", run.out);
    }
    assert_eq!(responder.count(), 12);
}
