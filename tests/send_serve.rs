//! `send` against `serve`: every shipped scenario and every suite, over loopback.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// They talk over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

mod program;
mod server;

use std::fs;

use program::{run, shown};
use serde_json::Value;
use server::Server;

const KEY: &str = "256=text:a-key-for-tests";

/// A home agent with these options besides.
fn agent(more: &str) -> Server {
    Server::text(&format!("--listen 127.0.0.1:0 --key {KEY} {more}"))
}

fn variables(server: &Server) -> String {
    format!("--var ha={} --var wifi=127.0.0.2 --var lte=127.0.0.3 --var cdma=127.0.0.4", server.address())
}

#[test]
fn each_scenario_holds() {
    let mut found = 0;
    for entry in fs::read_dir("samples/scenarios").unwrap() {
        let file = entry.unwrap().path();
        found += 1;
        let options = match file.file_name().unwrap().to_str().unwrap() {
            "multipath-not-allowed.toml" => "--multipath off",
            "refusals.toml" => "--require-auth",
            "refusals-by-configuration.toml" => "--home-prefix 10.1.0.0/16 --max-bindings 1",
            _ => "",
        };
        let server = agent(options);
        // Nobody looks on.
        let quick = "--rate 1000 --var look=1ms --var pace=1ms";
        let run = run(&format!("send --key {KEY} {quick} {} {}", variables(&server), file.display()));
        assert_eq!(run.code, 0, "{}: {}{}", file.display(), run.out, run.error);
        // Not all of them have all of these variables.
        let is_told = |line: &str| line.starts_with("--var: nothing makes use of a variable '");
        assert!(run.error.lines().all(is_told), "{}: {}", file.display(), run.error);
    }
    assert_eq!(found, 10);
}

#[test]
fn each_suite_passes_whole() {
    for suite in ["rfc5944", "rfc7629"] {
        let server = agent("--require-auth");
        let run = run(&format!(
            "send --suite {suite} --ha {} --home-address 10.1.0.1 --key {KEY} --rate 1000 --format json",
            server.address()
        ));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let steps = document["steps"].as_array().unwrap();
        let others: Vec<&Value> =
            steps.iter().filter(|step| step["passed"] != true).map(|step| &step["name"]).collect();
        assert!(others.is_empty(), "{others:?}");
        assert_eq!(run.code, 0);
        assert!(steps.len() >= 25);
    }
}

#[test]
fn an_agent_without_multipath_fails_one_case_and_skips_those_that_need_it() {
    let server = agent("--multipath off");
    let run = run(&format!(
        "send --suite rfc7629 --ha {} --home-address 10.1.0.1 --key {KEY} --rate 1000 --format json",
        server.address()
    ));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    let failed: Vec<&Value> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["passed"] == false)
        .map(|step| &step["name"])
        .collect();
    assert_eq!(failed, ["rfc7629/4.1/1"]);
    assert_eq!(run.code, 1);
}

#[test]
fn an_agent_that_allows_one_binding_fails_no_case() {
    // RFC 5944 section 3.8.2.3: an agent can limit the simultaneous registrations of a node, by code 135.
    let server = agent("--max-bindings 1 --require-auth");
    let suite = |name: &str| -> Value {
        let run = run(&format!(
            "send --suite {name} --ha {} --home-address 10.1.0.1 --key {KEY} --rate 1000 --format json",
            server.address()
        ));
        assert_eq!(run.code, 0, "{}", run.out);
        serde_json::from_str(&run.out).unwrap()
    };
    assert_eq!(suite("rfc5944")["passed"], 45);
    let document = suite("rfc7629");
    let skipped: Vec<&str> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["skipped"] == "code=135")
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    // All of those that need a second binding.
    assert_eq!(
        skipped,
        [
            "4.1/10", "5.1/2", "5.1/4", "5.1/5", "5.1/6", "5.1/9", "5.1/10", "5.1/11", "5.1/12", "5.2/4",
            "5.2/5", "5.2/6", "5.2/7", "5.2/8",
        ]
        .map(|number| format!("rfc7629/{number}"))
    );
    assert_eq!(document["failed"], 0);
}

#[test]
fn a_node_that_has_only_a_name_passes_too() {
    // RFC 2794 section 2: it asks by the home address 0.0.0.0, and the reply has the address it gets.
    for suite in ["rfc5944", "rfc7629"] {
        let server = agent("--require-auth --home-prefix 10.1.0.0/24");
        let run = run(&format!(
            "send --suite {suite} --ha {} --nai node@example.org --key {KEY} --rate 1000",
            server.address()
        ));
        assert_eq!(run.code, 0, "{}", run.out);
    }
}

#[test]
fn an_agent_that_wants_nonces_gets_a_readable_report() {
    let server = agent("--replay nonce --require-auth");
    let suite = |more: &str| {
        run(&format!(
            "send --suite rfc7629 --case rfc7629/5.1 --ha {} --home-address 10.1.0.1 --key {KEY} --rate 1000 {more}",
            server.address()
        ))
    };
    let stamped = suite("");
    assert_eq!(stamped.code, 1);
    assert!(stamped.out.contains("perhaps it wants nonces (--replay nonce)"), "{}", stamped.out);
    // By its words: ports and round trips can have the digits of the code in them.
    let mismatch = "Identification mismatch";
    assert!(stamped.out.contains(mismatch), "{}", stamped.out);
    let with_nonces = suite("--replay nonce");
    assert_eq!(with_nonces.code, 0, "{}", with_nonces.out);
    assert!(!with_nonces.out.contains(mismatch), "{}", with_nonces.out);
}

#[test]
fn figure_3_decodes_to_the_tables_of_figure_2() {
    let server = agent("");
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("figure3.pcap");
    let port = server.address().port();
    let variables = variables(&server);
    let sent =
        run(&format!("send --key {KEY} {variables} -w {} samples/scenarios/figure3.toml", capture.display()));
    assert_eq!(sent.code, 0, "{}", sent.out);
    let decoded =
        shown(&format!("decode --show nodes,exchanges --format json --port {port} {}", capture.display()));
    let document: Value = serde_json::from_str(&decoded).unwrap();
    let rules: Vec<String> = document["nodes"][0]["policy"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| format!("{} {} via {}", rule["selector_text"], rule["bids"], rule["active_bid"]))
        .collect();
    assert_eq!(
        rules,
        [
            "\"proto udp sport 5060\" [1,2] via 1",
            "\"proto tcp sport 80\" [2] via 2",
            "\"proto tcp sport 22\" [3,2,1] via 3",
        ]
    );
    assert_eq!(document["nodes"][0]["bindings"].as_array().unwrap().len(), 3);
    let exchanges = document["exchanges"].as_array().unwrap();
    assert!(exchanges.iter().all(|exchange| exchange["status"] == "accepted"), "{exchanges:?}");
}

/// The same with the addresses of the scenario itself, which no host has: in a network namespace of this test's thread
/// and what it starts. Needs root.
#[cfg(target_os = "linux")]
#[test]
fn figure_3_can_be_played_with_its_own_addresses() {
    use nix::sched::{CloneFlags, unshare};

    unshare(CloneFlags::CLONE_NEWNET)
        .expect("this test makes a network namespace and needs root: run it as .ci/run does");
    for arguments in [
        "link set lo up",
        "addr add 198.51.100.1/32 dev lo",
        "addr add 192.0.2.10/32 dev lo",
        "addr add 192.0.2.70/32 dev lo",
        "addr add 192.0.2.130/32 dev lo",
    ] {
        let output = std::process::Command::new("ip").args(arguments.split_whitespace()).output();
        let output = output.expect("this test needs the command ip (Debian: iproute2)");
        assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let server = Server::text(&format!("--listen 198.51.100.1:434 --key {KEY}"));
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("figure3.pcap");
    let sent = run(&format!("send --key {KEY} -w {} samples/scenarios/figure3.toml", capture.display()));
    assert_eq!((sent.code, sent.error.as_str()), (0, ""), "{}", sent.out);
    drop(server);
    let decoded = shown(&format!(
        "decode --show messages,nodes,findings --key {KEY} --format json {}",
        capture.display()
    ));
    let document: Value = serde_json::from_str(&decoded).unwrap();
    let messages = document["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 6);
    for message in messages {
        let extensions = message["extensions"].as_array().unwrap();
        assert_eq!(extensions.last().unwrap()["verdict"], "valid", "{message:#}");
        assert!(extensions.iter().all(|extension| extension["malformed"].is_null()), "{message:#}");
    }
    let bindings: Vec<String> = document["nodes"][0]["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|binding| {
            format!("{} {} {}", binding["bid"], binding["care_of_address"], binding["if_att_name"])
        })
        .collect();
    // Every step is judged. That agents exist which lose their place at Type 154 is worth a note to who sends it first;
    // nothing else is found.
    let found = |text: &str| text.lines().filter(|line| line.contains("(RFC ")).count();
    assert_eq!((found(&sent.out), sent.out.matches("note    EXT-004   #1 ").count()), (1, 1), "{}", sent.out);
    let findings: Vec<&Value> =
        document["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    assert_eq!(findings, ["EXT-004"]);
    let without = shown(&format!("decode --show findings --allow EXT-004 {}", capture.display()));
    assert!(without.contains("no findings") || without.starts_with("0 must, 0 should, 0 note"), "{without}");
    assert_eq!(
        bindings,
        ["1 \"192.0.2.10\" \"802.11\"", "2 \"192.0.2.70\" \"E-UTRAN\"", "3 \"192.0.2.130\" \"eHRPD\""]
    );
}

#[test]
fn a_node_whose_clock_is_off_registers_at_the_agents_time() {
    let server = agent("");
    // 2024 is refused; the time that came back is not.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clock.toml");
    let text = format!(
        "[defaults]\nha = \"{}\"\nhome_address = \"10.1.0.1\"\nkey = \"{KEY}\"\n\
         [[step]]\nidentification = \"0xea056fa000000001\"\nexpect = [\"code=133\"]\n[[step]]\nexpect = [\"code=0\"]\n",
        server.address()
    );
    fs::write(&file, text).unwrap();
    let run = run(&format!("send {}", file.display()));
    assert_eq!(run.code, 0, "{}", run.out);
}
