//! What reports of `send` say besides the verdicts: of what was not sent, whose step it was, and what to try.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::fs;

use mipflow::wire::ReplyCode;
use program::scenario::scenario;
use program::{run, shown};
use responder::{Fault, KEY, Responder, reply_to, request_of, signed};
use serde_json::Value;

/// A dry run of one request that no rule finds anything wrong with.
const DRY: &str =
    "send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 --source 192.0.2.10 --flags D --key 256=text:x";

#[test]
fn what_is_not_sent_passes_and_fails_nothing() {
    let text = shown(DRY);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["dry run: nothing is sent", "-     request  not sent"]);
    assert!(
        lines[2].contains("192.0.2.10:0 → 198.51.100.1:434  RRQ  10.1.0.1 at 192.0.2.10 for 600 s [D]"),
        "{text}"
    );
    assert_eq!(lines.len(), 3, "no advice where nothing was asked: {text}");
    assert_eq!(
        shown(&format!("{DRY} --format tap")),
        "TAP version 13\n1..1\nok 1 - request # SKIP nothing was sent\n"
    );
    let junit = shown(&format!("{DRY} --format junit"));
    assert!(
        junit.contains(
            "<testsuite name=\"mipflow send\" tests=\"1\" skipped=\"1\" errors=\"0\" failures=\"0\">"
        )
    );
    assert!(
        junit.contains("<testcase name=\"request\" classname=\"mipflow send\" time=\"0.000\">"),
        "{junit}"
    );
    assert!(junit.contains("<skipped message=\"nothing was sent\"/>"), "{junit}");
    assert!(!junit.contains("<system-out>"), "{junit}");
    let document: Value = serde_json::from_str(&shown(&format!("{DRY} --format json"))).unwrap();
    let step = &document["steps"][0];
    assert_eq!((&step["passed"], &step["reply"], &step["attempts"]), (&Value::Null, &Value::Null, &0.into()));
    assert_eq!((&document["passed"], &document["failed"]), (&0.into(), &0.into()));
}

#[test]
fn steps_of_several_scenarios_are_told_with_their_scenario() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, steps: &[&str]| {
        let path = directory.path().join(name);
        let text: Vec<String> = steps.iter().map(|step| format!("[[step]]\nname = \"{step}\"\n")).collect();
        fs::write(&path, text.concat()).unwrap();
        path.display().to_string()
    };
    let (first, second) = (file("first.toml", &["a", "b"]), file("second.toml", &["c"]));
    let text = shown(&format!("{DRY} {first} {second}"));
    let told: Vec<&str> = text.lines().filter(|line| !line.starts_with("      ")).collect();
    // Names have a column as wide as the widest.
    assert_eq!(
        told,
        [
            "dry run: nothing is sent",
            &first,
            "-     a  not sent",
            "-     b  not sent",
            &second,
            "-     c  not sent"
        ]
    );
    let document: Value =
        serde_json::from_str(&shown(&format!("{DRY} --format json {first} {second}"))).unwrap();
    let scenarios: Vec<&str> =
        document["steps"].as_array().unwrap().iter().map(|step| step["scenario"].as_str().unwrap()).collect();
    assert_eq!(scenarios, [&first, &first, &second]);
    let junit = shown(&format!("{DRY} --format junit {first} {second}"));
    for (name, scenario) in [("a", &first), ("b", &first), ("c", &second)] {
        assert!(junit.contains(&format!("<testcase name=\"{name}\" classname=\"{scenario}\"")), "{junit}");
    }
}

#[test]
fn cases_of_a_suite_are_told_with_their_section_and_why_they_are_skipped() {
    let responder = Responder::with(Fault::MultipathNotAllowed);
    let ask = |format: &str| {
        let ha = responder.ha();
        run(&format!(
            "send --suite rfc7629 --case rfc7629/4.1 --case rfc7629/5.1/1 --ha {ha} --home-address 10.1.0.1 --key {KEY} \
             --retries 0 --timeout 200ms --rate 1000 --format {format}"
        ))
        .out
    };
    let document: Value = serde_json::from_str(&ask("json")).unwrap();
    let steps = document["steps"].as_array().unwrap();
    let text = ask("text");
    // Each section once, above its cases.
    let mut sections: Vec<&str> = steps.iter().map(|step| step["section"].as_str().unwrap()).collect();
    sections.dedup();
    assert!(sections.len() > 1 && sections.iter().all(|section| section.starts_with("RFC 7629 §")));
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("RFC ")).collect();
    assert_eq!(headings, sections, "{text}");
    let listed = shown("send --suite list");
    let (tap, junit) = (ask("tap"), ask("junit"));
    let mut skipped = 0;
    for (number, step) in (1..).zip(steps) {
        let [name, title, rule] = ["name", "title", "rule"].map(|key| step[key].as_str().unwrap());
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(rule), "{line}");
        assert!(line.ends_with(title), "{line}: {title}");
        assert!(text.contains(&format!("{name:<14}  {title}\n")), "{name}: {text}");
        let exchanges = step["exchanges"].as_array().unwrap();
        if let Some(reason) = exchanges.iter().find_map(|exchange| exchange["skipped"].as_str()) {
            skipped += 1;
            assert_eq!(step["passed"], Value::Null);
            assert!(text.contains(&format!(": cannot be judged: {reason}\n")), "{reason}: {text}");
            assert!(tap.contains(&format!("\nok {number} - {name} {title} # SKIP {reason}\n")), "{tap}");
        } else {
            let all_pass = exchanges.iter().all(|exchange| exchange["passed"] != false);
            assert_eq!(step["passed"], all_pass, "{step:#}");
        }
    }
    assert!(skipped > 0);
    assert_eq!(junit.matches("<skipped message=\"").count(), skipped, "{junit}");
    assert!(text.contains(&format!(" {skipped} skipped\n")), "{text}");
}

#[test]
fn what_failed_is_named_again_after_many_steps() {
    let responder = Responder::with(Fault::None);
    let ask = |count: u32| {
        let ha = responder.ha();
        run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --rate 1000 --repeat {count} --expect code=7"
        ))
        .out
    };
    let text = ask(11);
    let (_, end) = text.split_once("0 passed, 11 failed\n").unwrap();
    let names: Vec<String> = (1..=11).map(|number| format!("  request ({number} of 11)")).collect();
    assert_eq!(end.lines().collect::<Vec<_>>(), names);
    assert!(ask(10).ends_with("0 passed, 10 failed\n"), "ten are on one page");
}

/// The last line of a run against an agent that answers with what `answer` makes of a request, or not at all.
fn advice(answer: fn(&[u8]) -> Option<Vec<u8>>, steps: &str) -> String {
    let responder = Responder::start(move |socket, source, octets| {
        if let Some(reply) = answer(octets) {
            socket.send_to(&reply, source).unwrap();
        }
    });
    let scenario = scenario(steps);
    let ha = responder.ha();
    let told = run(&format!(
        "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --timeout 100ms --rate 1000 {}",
        scenario.file.display()
    ));
    told.out.lines().last().unwrap().to_owned()
}

fn with_code(octets: &[u8], code: u8) -> Option<Vec<u8>> {
    let mut reply = reply_to(&request_of(octets)?);
    reply.code = ReplyCode(code);
    Some(signed(&reply, &[]))
}

#[test]
fn advice_is_given_for_what_was_seen_and_nothing_else() {
    const PLAIN: &str = "[[step]]\nname = \"plain\"\n";
    const QUIET: &str = "[[step]]\nname = \"quiet\"\nexpect = [\"reply=none\"]\n";
    const BOUND: &str = "[[step]]\nname = \"bound\"\nbid = 1\n";
    let plain_and = |more: &str| format!("{PLAIN}{}", more.replace("\"plain\"", "\"again\""));
    let begins = |line: String, with: &str| assert!(line.starts_with(with), "{with}: {line}");

    // Nothing at all, and nothing to one of two.
    begins(advice(|_| None, PLAIN), "Nothing was answered. Is this the agent's address and port");
    begins(advice(|_| None, &plain_and(BOUND)), "Nothing was answered.");
    // Silence that was expected, twice and beside one that was not.
    begins(advice(|_| None, &format!("{QUIET}{}", QUIET.replace("quiet", "again"))), "2 passed");
    begins(advice(|_| None, &format!("{QUIET}{PLAIN}")), "Nothing was answered.");
    let to_bound = |octets: &[u8]| if octets.get(24) == Some(&154) { with_code(octets, 0) } else { None };
    begins(advice(to_bound, &plain_and(BOUND)), "1 passed, 1 failed");

    // Plain requests are answered, those with an extension of RFC 7629 are not.
    let to_plain = |octets: &[u8]| if octets.get(24) == Some(&154) { None } else { with_code(octets, 0) };
    begins(
        advice(to_plain, &plain_and(BOUND)),
        "Plain requests were answered, and none with a Multipath or Flow-Binding extension",
    );
    begins(advice(to_plain, &plain_and(PLAIN)), "2 passed");

    // Code 133 twice, and once.
    let mismatch = |octets: &[u8]| with_code(octets, 133);
    begins(advice(mismatch, &plain_and(PLAIN)), "The agent answered code 133 again and again");
    let once = "[[step]]\nname = \"one\"\nexpect = [\"code=133\"]\n";
    begins(advice(mismatch, &plain_and(once)), "1 passed, 1 failed");
    let refused = |octets: &[u8]| with_code(octets, 129);
    begins(advice(refused, &plain_and(PLAIN)), "0 passed, 2 failed");

    // What comes back is not authentic, or answers nothing.
    let unsigned = |octets: &[u8]| {
        let mut out = Vec::new();
        reply_to(&request_of(octets)?).emit(&mut out);
        Some(out)
    };
    begins(advice(unsigned, PLAIN), "What was answered is not authentic.");
    begins(advice(unsigned, &plain_and(PLAIN)), "What was answered is not authentic.");
    let of_another = |octets: &[u8]| {
        let mut reply = reply_to(&request_of(octets)?);
        reply.identification ^= 1;
        Some(signed(&reply, &[]))
    };
    begins(advice(of_another, PLAIN), "Nothing that came back is an answer");
    begins(advice(of_another, &plain_and(PLAIN)), "Nothing that came back is an answer");
}

#[test]
fn why_a_reply_did_not_count_is_told_to_programs_too() {
    // Each request gets two replies whose authenticator is wrong, and one of another request.
    let responder = Responder::start(|socket, source, octets| {
        let mut reply = reply_to(&request_of(octets).unwrap());
        let mut wrong = signed(&reply, &[]);
        *wrong.last_mut().unwrap() ^= 1;
        reply.identification ^= 1;
        for octets in [&wrong, &wrong, &signed(&reply, &[])] {
            socket.send_to(octets, source).unwrap();
        }
    });
    let ha = responder.ha();
    let told = |format: &str, more: &str| {
        let node = format!("--home-address 10.1.0.1 --key {KEY} --retries 0 --timeout 200ms {more}");
        run(&format!("send --ha {ha} {node} --format {format}")).out
    };
    let tap = told("tap", "");
    let lines = "not ok 1 - request\n# request: expected code in 0,1, got no reply\n\
                 # request: not taken, 2 times: not authentic: its authenticator is wrong\n\
                 # request: not taken: of no request: the low half of its Identification is unknown\n";
    assert!(tap.contains(lines), "{tap}");
    let junit = told("junit", "");
    let lines = "<failure message=\"request: expected code in 0,1, got no reply\">\
                 request: expected code in 0,1, got no reply\n\
                 request: not taken, 2 times: not authentic: its authenticator is wrong\n\
                 request: not taken: of no request: the low half of its Identification is unknown</failure>";
    assert!(junit.contains(lines), "{junit}");
    // Where silence is what was wanted, nothing has to be explained.
    let tap = told("tap", "--expect reply=none");
    assert!(tap.contains("ok 1 - request\n") && !tap.contains("not taken"), "{tap}");
}

#[test]
fn a_refusal_of_multipath_is_explained_for_suites() {
    let responder = Responder::with(Fault::MultipathNotAllowed);
    let ha = responder.ha();
    let step = run(&format!("send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --bid 1"));
    assert!(step.out.contains("152 MULTIPATH_NOT_ALLOWED"), "{}", step.out);
    assert!(!step.out.contains("several care-of addresses"), "its code says it: {}", step.out);
}
