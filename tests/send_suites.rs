//! The conformance suites: a sound agent passes, and one with a fault fails the cases about that fault and no others.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod failures;
mod program;
mod responder;

use std::collections::{BTreeMap, BTreeSet};

use failures::{ANOTHER_PORT, MULTIPATH, NAMED, REGISTRATION};
use program::{mipflow, run, shown};
use responder::{Fault, KEY, Responder};
use serde_json::Value;

/// The document of a suite's run.
fn suite(name: &str, responder: &Responder, more: &str) -> (i32, Value) {
    let ha = responder.ha();
    let rate = if more.contains("--rate") { "" } else { "--rate 1000" };
    let node = if more.contains("--nai") { "" } else { "--home-address 10.1.0.1" };
    let run = run(&format!(
        "send --suite {name} --ha {ha} {node} --key {KEY} --retries 0 --timeout 2s {rate} --format json \
         {more}"
    ));
    let document =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.error));
    (run.code, document)
}

fn ids<'d>(document: &'d Value, passed: &Value) -> Vec<&'d str> {
    let steps = document["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["passed"] == *passed).map(|step| step["name"].as_str().unwrap()).collect()
}

fn failed(document: &Value) -> Vec<&str> {
    ids(document, &Value::Bool(false))
}

fn skipped(document: &Value) -> Vec<&str> {
    ids(document, &Value::Null)
}

/// Runs the suite against agents with these faults, all at once, and compares which cases fail.
fn fails_exactly(name: &str, faults: &[(Fault, &[&str])], more: &str) {
    std::thread::scope(|scope| {
        for (fault, expected) in faults {
            scope.spawn(move || {
                let responder = Responder::with(*fault);
                let (code, document) = suite(name, &responder, more);
                let steps = document["steps"].as_array().unwrap().iter();
                let told: Vec<&Value> = steps.filter(|step| step["passed"] == false).collect();
                assert_eq!(failed(&document), *expected, "{fault:?}\n{told:#?}");
                assert_eq!(code, i32::from(!expected.is_empty()), "{fault:?}");
                assert_eq!(document["failed"], expected.len(), "{fault:?}");
            });
        }
    });
}

#[test]
fn a_sound_agent_passes_all_cases() {
    for name in ["rfc5944", "rfc7629"] {
        let responder = Responder::with(Fault::None);
        let (code, document) = suite(name, &responder, "");
        assert_eq!(failed(&document), [""; 0], "{document:#}");
        assert_eq!(skipped(&document), [""; 0], "{document:#}");
        assert_eq!(code, 0);
        let passed = document["passed"].as_u64().unwrap();
        assert!(passed >= 25, "{passed}");
        assert_eq!(document["steps"].as_array().unwrap().len(), usize::try_from(passed).unwrap());
    }
}

#[test]
fn faults_of_registration_are_told_apart() {
    fails_exactly("rfc5944", REGISTRATION, "");
    fails_exactly("rfc5944", ANOTHER_PORT, "--case rfc5944/3.8.3.1");
    fails_exactly("rfc5944", NAMED, "--nai u@example.org");
}

#[test]
fn faults_of_multipath_are_told_apart() {
    fails_exactly("rfc7629", MULTIPATH, "");
}

#[test]
fn each_case_is_failed_by_an_agent_with_a_fault() {
    let list = shown("send --suite list");
    let listed: BTreeSet<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let faults = [REGISTRATION, ANOTHER_PORT, NAMED, MULTIPATH].concat();
    let failed: BTreeSet<&str> = faults.iter().flat_map(|(_, cases)| cases.iter().copied()).collect();
    assert_eq!(listed.difference(&failed).collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn what_an_agent_does_not_show_is_skipped() {
    let responder = Responder::with(Fault::AcceptsUnknownBids);
    let (_, document) = suite("rfc7629", &responder, "");
    let unseen = [
        "rfc7629/5.1/4",
        "rfc7629/5.1/6",
        "rfc7629/5.1/10",
        "rfc7629/5.2/2",
        "rfc7629/5.2/4",
        "rfc7629/5.2/7",
        "rfc7629/5.2/8",
        "rfc7629/5.2/10",
    ];
    assert_eq!(skipped(&document), unseen);
    assert_eq!(document["steps"][30]["skipped"], "code!=INVALID_FB_IDENTIFIER");
}

#[test]
fn what_a_lawful_agent_keeps_from_being_judged_is_skipped_with_the_reason() {
    for (name, fault, case, reason) in [
        ("rfc5944", Fault::AnotherSpi, "rfc5944/3.5.1/1", "auth=no-key"),
        ("rfc7629", Fault::RefusesShortLifetimes, "rfc7629/5.2/7", "code in 128,129,130"),
        ("rfc7629", Fault::GrantsTwoSeconds, "rfc7629/5.2/6", "lifetime in 1,2,3"),
        ("rfc7629", Fault::DropsUnknownBids, "rfc7629/5.1/4", "reply=none"),
        ("rfc7629", Fault::MultipathNotAllowed, "rfc7629/5.1/4", "code=MULTIPATH_NOT_ALLOWED"),
        ("rfc7629", Fault::RefusesPlainBesideOthers, "rfc7629/5.1/8", "code=135"),
    ] {
        let responder = Responder::with(fault);
        let (code, document) = suite(name, &responder, &format!("--case {case}"));
        assert_eq!(document["steps"][0]["skipped"], reason, "{fault:?}: {document:#}");
        assert_eq!((code, document["failed"].as_u64()), (1, Some(0)), "{fault:?}: nothing was judged");
    }
}

#[test]
fn an_agent_with_nonces_passes_and_is_left_without_bindings() {
    // At one request a second a nonce that is taken for the agent's time would have gone on.
    fails_exactly("rfc5944", &[(Fault::Nonces, &[])], "--replay nonce");
    let responder = Responder::with(Fault::Nonces);
    let (code, document) = suite("rfc5944", &responder, "--replay nonce --case rfc5944/5.7.1/2 --rate 1");
    assert_eq!((code, document["passed"].as_u64()), (0, Some(1)), "{document:#}");
    let received = responder.received.lock().unwrap();
    let (_, last) = received.last().unwrap();
    let request = responder::request_of(last).unwrap();
    let nonce = 1000 * (u64::try_from(received.len()).unwrap() - 1);
    assert_eq!((request.lifetime, request.identification >> 32), (0, nonce));
}

#[test]
fn what_is_left_at_the_agent_is_told() {
    let ask = |fault| {
        let responder = Responder::with(fault);
        let ha = responder.ha();
        run(&format!(
            "send --suite rfc5944 --case rfc5944/3.8.2.2/7 --ha {ha} --home-address 10.1.0.1 --key {KEY} --rate 1000"
        ))
    };
    let said = "the last de-registration was not accepted";
    let kept = ask(Fault::RefusesDeregistrations);
    assert_eq!((kept.code, kept.error.contains(said)), (0, true), "{}", kept.error);
    let clean = ask(Fault::None);
    assert_eq!((clean.code, clean.error.contains(said)), (0, false), "{}", clean.error);
}

#[test]
fn flags_of_the_command_line_go_with_those_of_a_case() {
    fails_exactly("rfc5944", &[(Fault::NeedsReverseTunnels, &[])], "--flags T");
    fails_exactly("rfc7629", &[(Fault::NeedsReverseTunnels, &[])], "--flags T");
}

#[test]
fn an_agent_without_the_extension_gets_a_readable_report() {
    let ask = |fault, case: &str| {
        let responder = Responder::with(fault);
        let ha = responder.ha();
        run(&format!(
            "send --suite rfc7629 --case {case} --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --rate 1000"
        ))
    };
    let unknown = ask(Fault::UnknownMultipath, "rfc7629/4.1/1");
    assert_eq!(unknown.code, 1);
    assert!(unknown.out.contains("FAIL  rfc7629/4.1/1"), "{}", unknown.out);
    assert!(unknown.out.contains("the agent seems not to know them"), "{}", unknown.out);
    assert!(unknown.out.contains("RRQ  10.1.0.1 at 192.0.2.10 for 60 s · BID 1"), "{}", unknown.out);

    let silent = ask(Fault::Silent, "rfc7629/4.1/1");
    assert_eq!(silent.code, 1);
    assert!(silent.out.contains("Nothing was answered."), "{}", silent.out);

    // Silence is lawful here, and from an agent that says nothing at all it means nothing.
    let silent = ask(Fault::Silent, "rfc7629/4.1/4");
    assert_eq!(silent.code, 1);
    assert!(silent.out.contains("skip  rfc7629/4.1/4"), "{}", silent.out);
    assert!(silent.out.contains("cannot be judged: no request was answered"), "{}", silent.out);
    assert!(silent.out.contains("Nothing was answered."), "{}", silent.out);

    let refused = ask(Fault::MultipathNotAllowed, "rfc7629/4.1");
    assert!(
        refused.out.contains("several care-of addresses are not enabled for this node"),
        "{}",
        refused.out
    );
    assert!(refused.out.contains("skip  rfc7629/4.1/3"), "{}", refused.out);
}

#[test]
fn the_list_has_each_case_once_with_a_rule_of_the_catalogue() {
    let catalogue: Value = serde_json::from_str(&shown("explain --format json")).unwrap();
    let rules: BTreeSet<&str> =
        catalogue.as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let list = shown("send --suite list");
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for line in list.lines() {
        let id = line.split_whitespace().next().unwrap();
        assert!(seen.insert(id), "{id} is there twice");
        let parts: Vec<&str> = id.split('/').collect();
        assert_eq!(parts.len(), 3, "{id}");
        *counts.entry(parts[0]).or_default() += 1;
        let rule = line.split_whitespace().nth(1).unwrap();
        assert!(rules.contains(rule), "{line}");
    }
    assert!(counts["rfc5944"] >= 25 && counts["rfc7629"] >= 25, "{counts:?}");
    assert!(seen.contains("rfc7629/5.2/3"));
}

#[test]
fn cases_are_chosen_by_id_or_section() {
    let responder = Responder::with(Fault::None);
    let names = |more: &str| -> Vec<String> {
        let (_, document) = suite("rfc7629", &responder, more);
        document["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("--case rfc7629/5.2/3"), ["rfc7629/5.2/3"]);
    assert_eq!(names("--case rfc7629/4.1/2 --case rfc7629/4.1/1"), ["rfc7629/4.1/1", "rfc7629/4.1/2"]);
    assert_eq!(names("--case rfc7629/5.1").len(), 12);
    // The list takes the same.
    let listed = shown("send --suite list --case rfc7629/5.1 --case rfc5944/5.7/1");
    assert_eq!(listed.lines().count(), 13, "{listed}");
}

#[test]
fn cases_about_authenticators_need_a_key() {
    // Without one, a request whose authenticator is to be wrong would just have none.
    let responder = Responder::with(Fault::AcceptsUnsigned);
    let ask = |more: &str| {
        let ha = responder.ha();
        run(&format!("send --suite rfc5944 --ha {ha} --home-address 10.1.0.1 --rate 1000 {more}"))
    };
    for more in ["", "--case rfc5944/3.5.1/1", "--case rfc5944/3.5.2", "--case rfc5944/3.8.2.1/1"] {
        let refused = ask(more);
        assert_eq!((refused.code, responder.count()), (2, 0), "{more}: {}", refused.error);
        assert!(refused.error.contains("there is no key to make one with"), "{}", refused.error);
        assert!(refused.error.contains("--key: case rfc5944/3."), "{}", refused.error);
    }
    let others = ask("--case rfc5944/3.8.2.2");
    assert_eq!(others.code, 0, "{}", others.out);
}

#[test]
fn wrong_names_and_options_are_told_before_anything_is_sent() {
    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    for (arguments, said) in [
        ("--suite rfc3344", "there is no suite 'rfc3344'"),
        ("--suite rfc7629 --case rfc7629/5.2/99", "no case 'rfc7629/5.2/99'"),
        ("--suite rfc7629 --case rfc5944/3.4/1", "no case 'rfc5944/3.4/1'"),
        ("--suite rfc7629 --bid 5", "--bid: what a case asks for is its own"),
        ("--suite rfc7629 --var care_of_1=home", "--var: 'home' is not an IPv4 address"),
        ("--suite rfc7629 --var care_of_3=home", "--var: 'home' is not an IPv4 address"),
        (
            "--suite rfc5944 --var other_agent=home",
            "--var: 'home' is not a value of 'home_agent': an IPv4 address",
        ),
        ("--suite rfc7629 samples/scenarios/figure3.toml", "cannot be used with"),
        ("--case rfc7629/5.2/3", "--suite"),
        ("--suite list --case rfc7629/5.2/99", "no suite has a case 'rfc7629/5.2/99'"),
    ] {
        let run = run(&format!("send --ha {ha} --home-address 10.1.0.1 --key {KEY} {arguments}"));
        assert_eq!(run.code, 2, "{arguments}: {}", run.error);
        assert!(run.error.contains(said), "{arguments}: {}", run.error);
    }
    let without_node = run(&format!("send --suite rfc7629 --ha {ha}"));
    assert_eq!(without_node.code, 2, "{}", without_node.error);
    assert!(without_node.error.contains("--home-address: "), "{}", without_node.error);
    assert_eq!(responder.count(), 0);
}

#[test]
fn a_case_that_fails_shows_the_exchange_in_each_format() {
    let responder = Responder::with(Fault::LifetimeTooLong);
    let ha = responder.ha();
    let ask = |format: &str| {
        let arguments = format!(
            "send --suite rfc5944 --case rfc5944/3.4/1 --ha {ha} --home-address 10.1.0.1 --key {KEY} --rate 1000 \
             --format {format}"
        );
        program::finished(&mut mipflow(&arguments))
    };
    let text = ask("text").out;
    assert!(
        text.contains("register for 60 s: expected lifetime<=60 or code>=64, got lifetime 61, 0"),
        "{text}"
    );
    assert!(text.contains("A registration for 60 seconds."), "{text}");
    assert!(text.contains("(REG-008)"), "{text}");
    assert!(text.contains("RRP  10.1.0.1 accepted for 61 s"), "{text}");
    let tap = ask("tap").out;
    assert!(tap.starts_with("TAP version 13\n1..1\nnot ok 1 - rfc5944/3.4/1 no longer lifetime"), "{tap}");
    let junit = ask("junit").out;
    assert!(
        junit.contains("<testcase name=\"rfc5944/3.4/1 no longer lifetime is granted than was asked for\""),
        "{junit}"
    );
    assert!(junit.contains("classname=\"RFC 5944 §3.4, §3.8.2.2\""), "{junit}");
    assert!(junit.contains("must REG-008 #4: Lifetime granted is 61 s, and 60 s was asked for"), "{junit}");
    assert!(
        junit.contains("<failure message=\"register for 60 s: expected lifetime&lt;=60 or code&gt;=64"),
        "{junit}"
    );
}
