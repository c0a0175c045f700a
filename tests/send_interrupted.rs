//! `send` that somebody ends: what was done is told, and nothing is sent any more.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// They wait by the clock.
#![allow(clippy::disallowed_methods)]

mod program;

use std::net::{SocketAddr, UdpSocket};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

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

/// Runs `mipflow`, signals it when the agent has the first request, and gives the exit code and what it printed. The
/// agent gets nothing else.
fn printed(agent: &UdpSocket, signal: Signal, arguments: &str) -> (i32, Vec<u8>) {
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
    (output.status.code().expect("it ends by itself"), output.stdout)
}

/// The same, of a document in JSON.
fn ended(agent: &UdpSocket, signal: Signal, arguments: &str) -> (i32, Value) {
    let (code, document) = printed(agent, signal, arguments);
    (code, serde_json::from_slice(&document).unwrap())
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
             [[step]]\nname = \"one\"\n[[step]]\nname = \"two\"\nlifetime = 60\n"
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
        let expectations = steps[0]["expectations"].to_string();
        assert_eq!(expectations, r#"[{"expect":"code in 0,1","got":null,"held":null}]"#);
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

#[test]
fn cases_that_were_not_run_are_skipped_in_junit() {
    let agent = silent();
    let ha = agent.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("three.toml");
    let steps: String = ["one", "t<o", "three"].map(|name| format!("[[step]]\nname = \"{name}\"\n")).concat();
    let defaults = format!("[defaults]\nha = \"{ha}\"\nhome_address = \"10.1.0.1\"\ntimeout = \"60s\"\n");
    std::fs::write(&scenario, defaults + &steps).unwrap();
    let arguments = format!("send {} --format junit", scenario.to_str().unwrap());
    let (code, document) = printed(&agent, Signal::SIGINT, &arguments);
    let document = String::from_utf8(document).unwrap();
    assert_eq!(code, 1);
    assert!(document.contains("tests=\"3\" skipped=\"3\" errors=\"0\" failures=\"0\""), "{document}");
    for (name, reason) in
        [("one", "it was interrupted"), ("t&lt;o", "it was not run"), ("three", "it was not run")]
    {
        let (_, case) = document.split_once(&format!("<testcase name=\"{name}\"")).expect(name);
        let (case, _) = case.split_once("</testcase>").expect(name);
        assert!(case.contains(&format!("<skipped message=\"{reason}\"")), "{name}: {document}");
    }
}

#[test]
fn of_who_was_not_waited_for_nothing_is_said() {
    let agent = silent();
    let arguments = format!("send --ha {} --home-address 10.1.0.1", agent.local_addr().unwrap());
    let mut child = mipflow(&format!("{arguments} --timeout 60s"));
    let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    agent.recv(&mut [0; 2_000]).expect("a request");
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("it was interrupted") && !text.contains("Nothing was answered"), "{text}");
    let waited = program::run(&format!("{arguments} --timeout 50ms --retries 0"));
    assert!(waited.out.contains("Nothing was answered"), "{}", waited.out);
}

/// An agent that accepts everything, and says each time that it did.
fn accepting() -> (SocketAddr, Receiver<()>) {
    let socket = silent();
    let address = socket.local_addr().unwrap();
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        let mut octets = [0; 2_000];
        while let Ok((length, source)) = socket.recv_from(&mut octets) {
            // Code 0 and the lifetime asked for, home address, home agent and Identification.
            let reply = [&[3, 0], &octets[2..12], &octets[16..24]].concat();
            socket.send_to(&reply, source).unwrap();
            if length < 24 || sender.send(()).is_err() {
                return;
            }
        }
    });
    (address, asked)
}

/// Runs `mipflow`, interrupts it a moment after the agent has answered so often, and gives the exit code and the
/// document. Whatever pause it is in is not waited for.
fn interrupted_after(answers: usize, asked: &Receiver<()>, arguments: &str) -> (i32, Value) {
    let child =
        mipflow(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..answers {
        asked.recv_timeout(Duration::from_secs(20)).expect("a request");
    }
    // It listens on for a tenth of a second, and then it pauses.
    std::thread::sleep(Duration::from_millis(500));
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let began = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "it ends at once");
    (output.status.code().expect("it ends by itself"), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_pause_is_ended_too() {
    let (ha, asked) = accepting();
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("pause.toml");
    std::fs::write(
        &scenario,
        format!(
            "[defaults]\nha = \"{ha}\"\nhome_address = \"10.1.0.1\"\n\
             [[step]]\nname = \"one\"\n[[step]]\nwait = \"60s\"\n[[step]]\nname = \"two\"\n"
        ),
    )
    .unwrap();
    let arguments = format!("send {} --format json", scenario.to_str().unwrap());
    let (code, document) = interrupted_after(1, &asked, &arguments);
    assert_eq!((code, &document["passed"], &document["failed"]), (1, &1.into(), &0.into()), "{document:#}");
    assert_eq!(document["steps"].as_array().unwrap().len(), 1);
}

#[test]
fn a_case_that_was_ended_between_its_steps_has_not_passed() {
    let (ha, asked) = accepting();
    // First the node is de-registered; the case itself is to begin ten seconds later, by the rate.
    let (code, document) = interrupted_after(
        1,
        &asked,
        &format!(
            "send --suite rfc5944 --case rfc5944/3.3/2 --ha {ha} --home-address 10.1.0.1 --rate 0.1 --format json"
        ),
    );
    assert_eq!(code, 1);
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{document:#}");
    assert_eq!((&steps[0]["skipped"], &steps[0]["passed"]), (&"it was interrupted".into(), &Value::Null));
    assert_eq!((&document["passed"], &document["failed"]), (&0.into(), &0.into()));
    assert!(asked.try_recv().is_err(), "what the pause was before is not sent");
}
