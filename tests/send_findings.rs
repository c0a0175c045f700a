//! `send` tells what the rules find in the requests it sent and in the replies that came.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::net::UdpSocket;

use program::{Run, finished, mipflow, run, shown};
use responder::{Fault, KEY, Responder, reply_to, request_of, signed};
use serde_json::Value;

/// A request to the responder from the address it registers. Care-of addresses of loopback are no end of a tunnel
/// (REG-003), and Type 154 is always worth a note (EXT-004): both are hidden, as they are not what is tested.
fn send(responder: &Responder, more: &str) -> Run {
    run(&format!(
        "send --ha {} --home-address 10.1.0.1 --source 127.0.0.2 --flags D --key {KEY} --allow REG-003 --allow EXT-004 \
         {more}",
        responder.ha()
    ))
}

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

/// Rule, level, frame and subject of each finding.
fn facts(findings: &Value) -> Vec<String> {
    let fact = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} #{} {}", text("rule"), text("level"), finding["frame"], text("subject"))
    };
    findings.as_array().unwrap().iter().map(fact).collect()
}

#[test]
fn a_lawful_exchange_has_no_finding() {
    let responder = Responder::with(Fault::None);
    let run = send(&responder, "--bid 1 --att 802.11 --label 1 --format json --fail-on note");
    assert_eq!(run.code, 0, "{}", run.out);
    let document = document(&run);
    assert_eq!(facts(&document["steps"][0]["findings"]), [""; 0]);
    assert_eq!(facts(&document["findings"]), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_request_is_told_with_it() {
    let responder = Responder::with(Fault::AcceptsMalformed);
    let json = send(&responder, "--bid 255 --format json");
    assert_eq!(json.code, 0, "what was asked for is no failure: {}", json.out);
    let step = &document(&json)["steps"][0];
    let found = facts(&step["findings"]);
    assert!(found.contains(&"MP-008 must #1 mn".to_owned()), "{found:?}");
    assert_eq!(step["findings"][0]["source"].as_str().unwrap().split(' ').next(), Some("RFC"));

    let text = send(&responder, "--bid 255").out;
    let line = text.lines().find(|line| line.contains("MP-008")).expect("the finding");
    assert_eq!(
        line,
        "      must    MP-008    #1  MN  Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)"
    );
}

#[test]
fn what_is_wrong_with_a_reply_is_told_too() {
    let responder = Responder::with(Fault::MultipathInReply);
    let run = send(&responder, "--bid 1 --format json");
    // MP-004: only requests carry the extension (RFC 7629 §4.1). It is the second packet.
    assert_eq!(facts(&document(&run)["steps"][0]["findings"]), ["MP-004 must #2 ha"]);
    assert_eq!(run.code, 0);

    let tap = send(&responder, "--bid 1 --format tap").out;
    let message = "Multipath extension in a Registration Reply; only requests carry it (RFC 7629 §4.1)";
    assert_eq!(tap, format!("TAP version 13\n1..1\nok 1 - request\n# must MP-004 #2: {message}\n"));

    let junit = send(&responder, "--bid 1 --format junit").out;
    assert!(junit.contains("<system-out>must MP-004 #2: Multipath extension in a"), "{junit}");
}

#[test]
fn with_fail_on_findings_are_a_case_of_junit_and_tap() {
    let responder = Responder::with(Fault::MultipathInReply);
    let message = "Multipath extension in a Registration Reply; only requests carry it (RFC 7629 §4.1)";
    let tap = send(&responder, "--bid 1 --format tap --fail-on must");
    let finding = format!("# must MP-004 #2: {message}\n");
    let case = "not ok 2 - no finding of level must\n# 1 finding\n";
    assert_eq!((tap.code, tap.out), (1, format!("TAP version 13\n1..2\nok 1 - request\n{finding}{case}")));

    let tap = send(&responder, "--bid 1 --format tap --fail-on note --allow MP-004");
    let case = "ok 2 - no finding of level note or above\n";
    assert_eq!((tap.code, tap.out), (0, format!("TAP version 13\n1..2\nok 1 - request\n{case}")));

    let junit = send(&responder, "--bid 1 --format junit --fail-on should");
    assert_eq!(junit.code, 1);
    assert!(junit.out.contains("tests=\"2\" skipped=\"0\" failures=\"1\""), "{}", junit.out);
    let case = "<testcase name=\"no finding of level should or above\" classname=\"mipflow send\">";
    let (_, case) = junit.out.split_once(case).expect(&junit.out);
    assert!(case.trim_start().starts_with("<failure message=\"must MP-004 #2: Multipath ext"), "{case}");

    let junit = send(&responder, "--bid 1 --format junit --fail-on should --allow MP-004");
    assert_eq!(junit.code, 0);
    assert!(junit.out.contains("tests=\"2\" skipped=\"0\" failures=\"0\""), "{}", junit.out);
}

#[test]
fn the_exit_code_weighs_findings_only_when_asked() {
    let responder = Responder::with(Fault::MultipathInReply);
    for (more, code) in [
        ("", 0),
        ("--fail-on must", 1),
        ("--fail-on must --allow MP-004", 0),
        ("--fail-on must --allow mp-", 0),
        ("--fail-on never", 0),
    ] {
        let run = send(&responder, &format!("--bid 1 {more}"));
        assert_eq!(run.code, code, "{more}: {}", run.out);
    }
    // Nothing authenticates it, so that Multipath should not be in it (MP-006): with AUTH-001 hidden, that is all.
    let unsigned = "send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 --source 192.0.2.10 --flags D --bid 1 \
                    --allow AUTH-001 --allow EXT-004";
    for (level, code) in [("must", 0), ("should", 1), ("note", 1)] {
        let run = run(&format!("{unsigned} --fail-on {level}"));
        assert_eq!(run.code, code, "{level}: {}", run.out);
    }
    let lawful = Responder::with(Fault::None);
    assert_eq!(send(&lawful, "--bid 1 --fail-on note").code, 0);
    assert_eq!(send(&lawful, "--bid 1 --fail-on must --allow no-such-rule").code, 2);
    assert_eq!(lawful.count(), 1, "nothing is sent before every argument was checked");
}

#[test]
fn a_dry_run_is_judged_too() {
    let text = shown(
        "send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 --source 192.0.2.10 --flags D --bid 255 \
         --allow EXT-004 --allow AUTH-001",
    );
    let found: Vec<&str> =
        text.lines().filter(|line| line.contains("must") || line.contains("note")).collect();
    assert_eq!(
        found,
        ["      must    MP-008    #1  MN  Multipath BID is 255; 1-254 are allowed (RFC 7629 §4.1)"]
    );
    // Between requests that are not sent no time passes, and none of them is left unanswered.
    let repeated = run(
        "send --dry-run --repeat 3 --ha 198.51.100.1 --home-address 10.1.0.1 --source 192.0.2.10 --flags D \
         --key 256=text:secret --fail-on note",
    );
    assert_eq!(repeated.code, 0, "{}", repeated.out);
    assert_eq!(repeated.out.matches("not sent").count(), 3);
}

#[test]
fn of_a_suite_only_the_answers_are_judged() {
    let suite = |fault, more: &str| {
        let responder = Responder::with(fault);
        let run = run(&format!(
            "send --suite rfc7629 --case rfc7629/4.1 --ha {} --home-address 10.1.0.1 --key {KEY} --rate 1000 \
             --timeout 100ms --format json {more}",
            responder.ha()
        ));
        let steps = document(&run)["steps"].as_array().unwrap().clone();
        steps.iter().flat_map(|step| facts(&step["findings"])).collect::<Vec<_>>()
    };
    // The cases of this section send all kinds of malformed Multipath extensions.
    let found = suite(Fault::None, "");
    assert!(found.iter().all(|fact| fact.ends_with(" ha") && !fact.contains(" must ")), "{found:?}");
    let found = suite(Fault::MultipathInReply, "");
    assert!(found.iter().any(|fact| fact.starts_with("MP-004 must")), "{found:?}");
}

#[test]
fn an_answer_from_another_address_is_a_finding_where_one_host_was_asked() {
    // Of the agent's port, at another address of this host.
    let mut other = None;
    let responder = Responder::start(move |socket, source, octets| {
        let port = socket.local_addr().unwrap().port();
        let other = other.get_or_insert_with(|| UdpSocket::bind(("127.0.0.9", port)).unwrap());
        other.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
    });
    let step = document(&send(&responder, "--retries 0 --timeout 500ms --format json"))["steps"][0].clone();
    assert_eq!(step["ignored"][0]["why"], "stranger", "{step:#}");
    let found = facts(&step["findings"]);
    assert!(found.contains(&"REG-021 must #2 ha".to_owned()), "{found:?}");
}

#[test]
fn what_was_registered_before_the_run_is_not_supposed_to_be_nothing() {
    let responder = Responder::with(Fault::AcceptsUnknownBids);
    // That BID 9 does not exist is known only where nothing was registered before (EXCH-006).
    for (more, is_found) in
        [("", false), ("--assume-cold-start off", false), ("--assume-cold-start on", true)]
    {
        let mut command = mipflow(&format!(
            "send --ha {} --home-address 10.1.0.1 --source 127.0.0.2 --key {KEY} --bid 1 --format json {more}",
            responder.ha()
        ));
        let run = finished(command.args(["--flow", "forward 9: any"]));
        let step = document(&run)["steps"][0].clone();
        assert_eq!(step["passed"], true, "{}", run.out);
        let found = facts(&step["findings"]);
        assert_eq!(found.contains(&"EXCH-006 must #2 ha".to_owned()), is_found, "{more}: {found:?}");
    }
}
