//! `send` that somebody ends: what was done is told, and nothing is sent any more.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use program::mipflow;
use serde_json::Value;

/// An agent that says nothing.
fn silent() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket
}

/// Runs `mipflow`, signals it when the agent has the first request, and gives the exit code and the document. The agent
/// gets nothing else.
fn ended(agent: &UdpSocket, signal: Signal, arguments: &str) -> (i32, Value) {
    let child = mipflow(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut room = [0; 2_000];
    agent.recv(&mut room).expect("a request");
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    agent.set_nonblocking(true).unwrap();
    assert!(agent.recv(&mut room).is_err(), "a second request");
    agent.set_nonblocking(false).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.ends_with("interrupted: what follows was not sent\n"), "{error}");
    let document = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().expect("it ends by itself"), document)
}

#[test]
fn the_document_is_whole_and_the_rest_is_not_sent() {
    let agent = silent();
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("two.toml");
    let ha = agent.local_addr().unwrap();
    std::fs::write(
        &scenario,
        format!(
            "[defaults]\nha = \"{ha}\"\nhome_address = \"10.1.0.1\"\ntimeout = \"60s\"\n\
             [[step]]\nname = \"one\"\n[[step]]\nname = \"two\"\nwait = \"60s\"\n"
        ),
    )
    .unwrap();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let arguments = format!("send {} --format json", scenario.to_str().unwrap());
        let (code, document) = ended(&agent, signal, &arguments);
        assert_eq!(code, 1, "{signal}");
        let steps = document["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 1, "{signal} {document:#}");
        assert_eq!(steps[0]["name"], "one");
        assert_eq!(steps[0]["skipped"], "it was interrupted");
        assert_eq!(steps[0]["passed"], Value::Null);
        assert_eq!((&document["passed"], &document["failed"]), (&0.into(), &0.into()));
    }
}

#[test]
fn a_case_that_was_not_run_to_its_end_has_not_passed() {
    let agent = silent();
    let ha = agent.local_addr().unwrap();
    let (code, document) = ended(
        &agent,
        Signal::SIGINT,
        &format!(
            "send --suite rfc7629 --ha {ha} --home-address 10.1.0.1 --key {} --timeout 60s --format json",
            program::KEY
        ),
    );
    assert_eq!(code, 1);
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{document:#}");
    assert_eq!(steps[0]["skipped"], "it was interrupted");
}
