//! The conformance suites against `mipflow serve`, as other nodes and agents have it: a node that has a name only, an
//! agent that is older than RFC 7629.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// These tests live in the present: the home agent's clock is the machine's.
#![allow(clippy::disallowed_methods)]

mod program;
mod server;

use nix::sys::signal::Signal;
use program::run;
use serde_json::Value;
use server::Server;

const KEY: &str = "256=text:a-key-for-tests";

#[test]
fn a_node_that_has_a_name_only_is_left_without_bindings() {
    let server = Server::ndjson(&format!("--listen 127.0.0.1:0 --key {KEY} --home-prefix 10.9.0.0/24"));
    let ha = server.address();
    let node = format!("--ha {ha} --nai u@example.org --key {KEY}");
    let before = run(&format!("send {node} --care-of-address 192.0.2.99"));
    assert_eq!(before.code, 0, "{}", before.out);
    // To say that its address is 0.0.0.0 is to say that it has none.
    for address in ["", "--home-address 0.0.0.0"] {
        let case = run(&format!(
            "send --suite rfc5944 --case rfc5944/3.8.2.2 {node} {address} --rate 1000 --format json"
        ));
        assert_eq!(case.code, 0, "{}", case.out);
        let document: Value = serde_json::from_str(&case.out).unwrap();
        for step in document["steps"].as_array().unwrap() {
            let exchanges = step["exchanges"].as_array().unwrap();
            let cleaned =
                exchanges.iter().find(|exchange| exchange["name"] == "clean up").expect("it cleans up");
            assert_eq!(cleaned["request"]["home_address"], "10.9.0.1");
            assert_eq!(cleaned["request"]["care_of_address"], "10.9.0.1");
            assert_eq!((&cleaned["reply"]["code"], &cleaned["reply"]["lifetime"]), (&0.into(), &0.into()));
        }
    }
    let end = server.end(Signal::SIGTERM);
    let mut records = end.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = records.rfind(|record| record["record"] == "node").expect("the node");
    assert_eq!(last["home_address"], "10.9.0.1");
    let bindings = last["bindings"].as_array().unwrap();
    assert!(bindings.iter().all(|binding| binding["state"] != "active"), "{last:#}");
}

#[test]
fn whole_suites_pass_for_a_node_that_has_a_name_only() {
    let server =
        Server::ndjson(&format!("--listen 127.0.0.1:0 --key {KEY} --require-auth --home-prefix 10.9.0.0/24"));
    let ha = server.address();
    for suite in ["rfc5944", "rfc7629"] {
        let run = run(&format!(
            "send --suite {suite} --ha {ha} --nai u@example.org --key {KEY} --rate 1000 --timeout 1s --retries 0"
        ));
        assert_eq!(run.code, 0, "{}", run.out);
        assert!(!run.out.contains("\nFAIL") && !run.out.contains("\nskip"), "{}", run.out);
    }
}

#[test]
fn extensions_given_by_their_octets_have_the_type_that_was_given_too() {
    let server = Server::ndjson(&format!("--listen 127.0.0.1:0 --key {KEY} --require-auth --ext-type 160"));
    let ha = server.address();
    let run = run(&format!(
        "send --suite rfc7629 --ext-type 160 --case rfc7629/4.1 --ha {ha} --home-address 10.1.0.1 --key {KEY} \
         --rate 1000 --format json"
    ));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &document["failed"]), (0, &0.into()), "{document:#}");
    for case in &document["steps"].as_array().unwrap()[3..5] {
        let extensions = case["request"]["extensions"].as_array().unwrap();
        let types: Vec<u64> =
            extensions.iter().map(|extension| extension["type"].as_u64().unwrap()).collect();
        assert!(types.contains(&160) && !types.contains(&154), "{types:?}");
    }
}
