//! The address that `send` sends from: what it is said to be, in requests, reports and captures, is what it is.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::net::UdpSocket;

use program::{environment, finished, run};
use responder::{Fault, KEY, Responder};
use serde_json::Value;

fn step(arguments: &str) -> Value {
    let run = run(&format!("send --home-address 10.1.0.1 --key {KEY} --format json {arguments}"));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    serde_json::from_str::<Value>(&run.out).unwrap()["steps"][0].clone()
}

#[test]
fn of_all_addresses_the_one_it_leaves_from_is_told() {
    let responder = Responder::with(Fault::None);
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("sent.pcap").display().to_string();
    // Who holds a port of another address keeps it from all that ask for any port at all addresses.
    let holder = UdpSocket::bind("127.0.0.7:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let ha = responder.ha();
    for (source, begins) in [
        ("0.0.0.0".to_owned(), "127.0.0.1:".to_owned()),
        (format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")),
    ] {
        let step = step(&format!("--ha {ha} --source {source} -w {capture}"));
        let (request, reply) = (&step["request"], &step["reply"]);
        assert_eq!(request["care_of_address"], "127.0.0.1", "{source}");
        assert!(request["source"].as_str().unwrap().starts_with(&begins), "{source}: {request}");
        assert_eq!(reply["destination"], request["source"], "{source}");
        let agents_port = responder.address.port();
        let decoded =
            program::shown(&format!("decode --show messages --format json --port {agents_port} {capture}"));
        let decoded: Value = serde_json::from_str(&decoded).unwrap();
        assert_eq!(decoded["messages"][0]["source"], request["source"], "{source}");
    }
}

#[test]
fn two_agents_are_asked_from_one_port_of_all_addresses() {
    let (first, second) = (Responder::with(Fault::None), Responder::with(Fault::None));
    let holder = UdpSocket::bind("127.0.0.7:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("two.toml").display().to_string();
    let (a, b) = (first.ha(), second.ha());
    std::fs::write(&file, format!("[[step]]\nha = \"{a}\"\n[[step]]\nha = \"{b}\"\n")).unwrap();
    let run = run(&format!(
        "send --home-address 10.1.0.1 --key {KEY} --source 0.0.0.0:{port} --format json {file}"
    ));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    for index in [0, 1] {
        assert_eq!(document["steps"][index]["request"]["source"], format!("127.0.0.1:{port}"));
    }
}

#[test]
fn more_agents_than_sockets_may_be_open_at_first_are_asked_and_those_beyond_the_limit_are_told() {
    const AGENTS: usize = 60;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sweep.toml");
    let steps: Vec<String> =
        (1..=AGENTS).map(|agent| format!("[[step]]\nha = \"127.0.1.{agent}:9\"\nexpect = []\n")).collect();
    std::fs::write(&file, steps.concat()).unwrap();
    let limited = |limit: &str| {
        let mut command = environment::command("sh");
        let script = format!(
            "ulimit {limit} && exec \"$0\" send --format json --home-address 10.1.0.1 --retries 0 --timeout 1ms \
             --rate 10000 \"$1\""
        );
        command.args(["-c", &script, environment::PROGRAM]).arg(&file);
        finished(&mut command)
    };
    let run = limited("-S -n 40");
    let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.error));
    assert_eq!(document["steps"].as_array().unwrap().len(), AGENTS);
    // Neither soft nor hard are there enough.
    let run = limited("-n 40");
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.error.contains("raise the limit with `ulimit -n`, or ask fewer"), "{}", run.error);
}
