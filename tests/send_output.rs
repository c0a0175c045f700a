//! `send` when its output goes nowhere: a capture on a full disk or over a file that is still needed, a reader that has
//! seen enough.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use program::{mipflow, run};
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
    for (format, end) in
        [("text", "3 passed\n"), ("tap", "ok 3 - request (3 of 3)\n"), ("junit", "</testsuites>\n")]
    {
        let run = ask(format);
        assert_eq!(run.code, 3, "{format}");
        assert!(run.out.contains(end), "{format}: {}", run.out);
    }
    assert_eq!(responder.count(), 12);
}

#[test]
fn a_capture_is_kept_where_nothing_can_be_sent() {
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("earlier.pcap");
    std::fs::write(&capture, "of an earlier run").unwrap();
    let shown = capture.display();
    for (code, more) in [
        (3, "--ha 127.0.0.1:9 --interface mipflow-none"),
        (3, "--ha 127.0.0.1:9 --source 203.0.113.9"),
        (2, "--ha 127.255.255.255:9"),
    ] {
        let run = run(&format!("send --home-address 10.1.0.1 -w {shown} {more}"));
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{more}: {}", run.error);
        assert_eq!(std::fs::read_to_string(&capture).unwrap(), "of an earlier run", "{more}");
    }
}

#[test]
fn a_capture_does_not_take_the_place_of_the_keys() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys.toml");
    let text = "[[key]]\nspi = 256\ntext = \"a-key-for-tests\"\n";
    std::fs::write(&keys, text).unwrap();
    let shown = keys.display();
    let responder = Responder::with(Fault::None);
    let run =
        run(&format!("send --ha {} --home-address 10.1.0.1 --key-file {shown} -w {shown}", responder.ha()));
    assert_eq!((run.code, responder.count()), (3, 0), "{}", run.out);
    assert!(run.error.contains("which writing would destroy"), "{}", run.error);
    assert_eq!(std::fs::read_to_string(&keys).unwrap(), text);
}

/// The exit code of a run whose output is closed after its first line.
fn code_after_a_line(arguments: &str) -> i32 {
    let mut child = mipflow(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.wait().unwrap().code().unwrap()
}

#[test]
fn a_reader_that_goes_away_does_not_make_a_run_succeed() {
    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    for format in ["text", "json", "tap"] {
        let arguments = format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --repeat 20 --format {format}"
        );
        let failing = format!("{arguments} --expect code=7");
        assert_eq!(code_after_a_line(&failing), 1, "{format}: what was expected did not hold");
        // The reader is gone long before the 20 steps are done: they take 2 s.
        assert_eq!(code_after_a_line(&arguments), 1, "{format}: not all was sent");
        assert_eq!(
            code_after_a_line(&format!("{arguments} --dry-run")),
            0,
            "{format}: nothing was to be sent"
        );
    }
    assert!(responder.count() < 60, "what nobody sees is not sent: {}", responder.count());
}
