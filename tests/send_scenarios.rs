//! Scenarios: what they can say, and how they are reported.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// They talk over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

mod program;
mod responder;

use std::fs;
use std::time::{Duration, Instant};

use program::scenario::scenario;
use program::{Run, run};
use responder::{Fault, KEY, Responder, request_of};
use serde_json::Value;

/// Runs these steps against that agent; the defaults name it, the node and the key.
fn send(responder: &Responder, steps: &str, more: &str) -> Run {
    let text = format!(
        "[defaults]\nha = \"{}\"\nhome_address = \"10.1.0.1\"\nkey = \"{KEY}\"\nretries = 0\n{steps}",
        responder.ha()
    );
    let scenario = scenario(&text);
    run(&format!("send {more} {}", scenario.file.display()))
}

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.error))
}

fn names(document: &Value) -> Vec<&str> {
    document["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect()
}

#[test]
fn steps_are_run_in_order_and_judged() {
    let responder = Responder::with(Fault::None);
    let steps = r#"
        [[step]]
        name = "register wifi"
        bid = 1
        att = "802.11"
        lifetime = 300
        flags = ["D", "T"]
        flow = ["forward 1: proto udp dport 5060"]
        expect = ["code=0", "lifetime<=300", "auth=valid"]
        [[step]]
        name = "never so"
        expect = ["code=134", "lifetime=600"]
        [[step]]
        wait = "300ms"
        [[step]]
        name = "refresh"
        use = "register wifi"
        expect = ["code=0"]
    "#;
    let began = Instant::now();
    let run = send(&responder, steps, "--format json");
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(run.code, 1);
    let document = document(&run);
    // A failed step does not stop the scenario; one that only waits is not listed.
    assert_eq!(names(&document), ["register wifi", "never so", "refresh"]);
    assert_eq!((&document["passed"], &document["failed"]), (&2.into(), &1.into()));
    let failed = &document["steps"][1]["expectations"];
    assert_eq!((&failed[0]["held"], &failed[1]["held"]), (&false.into(), &true.into()));
    let refresh = &document["steps"][2];
    assert_eq!(refresh["request"]["lifetime"], 300);
    assert_eq!(refresh["request"]["flags"].to_string(), r#"["D","T"]"#);
    assert_eq!(refresh["request"]["extensions"][1]["name"], "flow-binding");
    assert_eq!(refresh["expectations"].as_array().unwrap().len(), 1, "expectations are not inherited");
}

#[test]
fn use_inherits_all_but_name_expectations_and_overrides() {
    let responder = Responder::with(Fault::AcceptsMalformed);
    let steps = r#"
        [[step]]
        name = "a"
        bid = 1
        label = 7
        override = { "multipath.reserved" = 3 }
        expect = ["code=99"]
        [[step]]
        name = "b"
        use = "a"
        label = 8
        [[step]]
        name = "c"
        use = "b"
    "#;
    let run = send(&responder, steps, "--format json");
    let document = document(&run);
    let multipath =
        |index: usize, key: &str| document["steps"][index]["request"]["extensions"][0][key].clone();
    assert_eq!((multipath(0, "if_label"), multipath(0, "reserved")), (7.into(), 3.into()));
    assert_eq!((multipath(1, "if_label"), multipath(1, "reserved")), (8.into(), 0.into()));
    assert_eq!((multipath(2, "if_label"), multipath(2, "bid")), (8.into(), 1.into()));
    assert_eq!(document["steps"][1]["expectations"][0]["expect"], "code in 0,1");
}

#[test]
fn fields_can_be_made_wrong_before_signing() {
    let responder = Responder::with(Fault::None);
    let steps = r#"
        [[step]]
        name = "length must be 4"
        bid = 1
        override = { "multipath.length" = 5, "multipath.reserved" = 3, "flags" = 255, lifetime = 7 }
        expect = ["code=134"]
    "#;
    let run = send(&responder, steps, "--format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let octets = responder.received.lock().unwrap()[0].1.clone();
    assert_eq!(
        (octets[1], &octets[2..4], &octets[24..32]),
        (255, &[0, 7][..], &[154, 1, 0, 5, 1, 1, 1, 3][..])
    );
}

#[test]
fn raw_octets_are_sent_unchanged() {
    let responder = Responder::with(Fault::None);
    let steps =
        "[[step]]\nname = \"noise\"\nraw = \"ff00 ff\"\ntimeout = \"50ms\"\nexpect = [\"reply=none\"]\n";
    let run = send(&responder, steps, "--format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert_eq!(responder.received.lock().unwrap()[0].1, [0xff, 0, 0xff]);
    assert_eq!(document(&run)["steps"][0]["request"]["type"], "experimental");
}

#[test]
fn a_raw_request_is_answered() {
    let responder = Responder::with(Fault::AcceptsUnsigned);
    let identification = format!("{:08x}00000001", responder::ntp_now());
    let steps = format!(
        "[[step]]\nraw = \"01000258 0a010001 7f000001 c000020a {identification}\"\nexpect = [\"code=0\"]\n"
    );
    let run = send(&responder, &steps, "--format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert_eq!(names(&document(&run)), ["step 1"]);
}

#[test]
fn variables_stand_in_any_string_and_the_command_line_wins() {
    let responder = Responder::with(Fault::None);
    let steps = r#"
        [[step]]
        name = "bid ${bid} for ${who}"
        bid = "${bid}"
        nai = "${who}@example.org"
        flow = ["forward ${bid}: any"]
        [vars]
        bid = 5
        who = "node"
    "#;
    let run = send(&responder, steps, "--format json --var who=other");
    let document = document(&run);
    assert_eq!(names(&document), ["bid 5 for other"]);
    let extensions = &document["steps"][0]["request"]["extensions"];
    assert_eq!(extensions[0]["bid"], 5);
    assert_eq!(extensions[1]["bids"].to_string(), "[5]");
    assert_eq!(extensions[2]["nai"], "other@example.org");
}

#[test]
fn how_a_request_is_signed_may_be_a_variable() {
    let file = scenario(
        "[[step]]\nha = \"198.51.100.1\"\nhome_address = \"10.1.0.1\"\nkey = \"256=text:x\"\nsign = \"${how}\"\n",
    );
    let signed = |how: &str| {
        let run = run(&format!("send --dry-run --format json --var how={how} {}", file.file.display()));
        document(&run)["steps"][0]["request"]["extensions"][0]["verdict"].clone()
    };
    assert_eq!(signed("true"), "valid");
    assert_eq!(signed("wrong"), "invalid");
    assert_eq!(signed("false"), Value::Null);
}

#[test]
fn a_variable_may_be_made_of_others() {
    let responder = Responder::with(Fault::None);
    let vars = "[[step]]\nname = \"${greeting}\"\nnai = \"${nai}\"\n[vars]\ngreeting = \"hello, ${nai}\"\n\
                nai = \"${user}@${realm}\"\nuser = \"node\"\nrealm = \"example.org\"\n";
    let named = |more: &str| {
        let document = document(&send(&responder, vars, &format!("--format json {more}")));
        names(&document)[0].to_owned()
    };
    assert_eq!(named(""), "hello, node@example.org");
    assert_eq!(named("--var realm=example.net"), "hello, node@example.net");
    // What the command line says is taken as it is.
    assert_eq!(named("--var user=${realm}"), "hello, ${realm}@example.org");
    for (vars, said) in [
        ("a = \"${b}\"\nb = \"${a}\"", "key a: the variable refers to itself"),
        ("a = \"${a}\"", "key a: the variable refers to itself"),
        ("a = \"${c}\"", "key a: there is no variable 'c'"),
    ] {
        let wrong = send(&responder, &format!("[[step]]\nname = \"${{a}}\"\n[vars]\n{vars}\n"), "");
        assert_eq!(wrong.code, 2, "{vars}: {}", wrong.out);
        assert!(wrong.error.contains(said), "{vars}: {}", wrong.error);
    }
}

#[test]
fn a_variable_that_nothing_makes_use_of_is_told_once_and_before_anything_else() {
    let told = |arguments: &str| {
        let run = run(&format!("send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 {arguments}"));
        assert_eq!(run.code, 0, "{arguments}: {}", run.error);
        run.error
    };
    let warning = |name: &str| format!("--var: nothing makes use of a variable '{name}'\n");
    let first = scenario("[vars]\nrealm = \"${country}\"\nunused = 1\n[[step]]\nnai = \"${who}@${realm}\"\n");
    let second = scenario("# ${remark}\n[[step]]\nname = \"one\"\nflow = [\"forward ${bid}: any\"]\n");
    let (first, second) = (first.file.display(), second.file.display());
    let of_first = "--var who=mn --var country=org";
    assert_eq!(told(&format!("{of_first} --var realm=net --var unused=2 {first}")), "");
    assert_eq!(told(&format!("{of_first} --var nai=a --var nai=b {first} {first}")), warning("nai"));
    // One set for several scenarios is no mistake.
    assert_eq!(told(&format!("{of_first} --var bid=1 {first} {second}")), "");
    assert_eq!(told(&format!("{of_first} --var bid=1 {first}")), warning("bid"));
    assert_eq!(told(&format!("--var bid=1 --var remark=x {second}")), warning("remark"));
    assert_eq!(told("--var a=1 --var \u{202e}b=1"), warning("a") + &warning("\\u{202e}b"));
    // What a suite sets itself is not for others to set.
    let suite = "--suite rfc7629 --case rfc7629/4.1/1 --key 256=text:x";
    let of_suite = told(&format!("{suite} --var care_of_1=192.0.2.1 --var careof1=192.0.2.1 --var run=1"));
    assert_eq!(of_suite, warning("careof1") + &warning("run"));
    let json = told(&format!("--format json {of_first} --var bid=1 {first}"));
    assert!(json.starts_with(&warning("bid")), "{json}");
}

#[test]
fn variables_that_grow_without_end_are_refused() {
    // Each is ten times the one before: the last would be 10^8 octets.
    let grown: Vec<String> = (1..8)
        .map(|level| format!("a{level} = \"{}\"\n", format!("${{a{}}}", level - 1).repeat(10)))
        .collect();
    let head = "[defaults]\nha = \"198.51.100.1\"\nhome_address = \"10.1.0.1\"\n[[step]]\n";
    let vars = format!("[vars]\na0 = \"0123456789\"\n{}", grown.concat());
    let told = |step: &str, vars: &str| {
        let file = scenario(&format!("{head}{step}{vars}"));
        run(&format!("send --dry-run --format json {}", file.file.display()))
    };
    let bomb = told("name = \"${a7}\"\n", &vars);
    assert_eq!(bomb.code, 2, "{}", bomb.error);
    assert!(
        bomb.error.contains("key a5: with its variables it is longer than 262144 octets"),
        "{}",
        bomb.error
    );
    // The longest message there can be is no matter.
    let half = "00".repeat(65_507 / 2);
    let longest = told("raw = \"${half}${half}00\"\n", &format!("[vars]\nhalf = \"{half}\"\n"));
    assert_eq!(longest.code, 0, "{}", longest.error);
}

#[test]
fn the_command_line_wins_over_a_step_and_a_step_over_the_defaults() {
    let responder = Responder::with(Fault::None);
    let steps = "lifetime = 100\n[[step]]\nlifetime = 200\nbid = 1\n[[step]]\nbid = 2\n";
    let lifetimes = |more: &str| -> Vec<u64> {
        let document = document(&send(&responder, steps, &format!("--format json {more}")));
        let steps = document["steps"].as_array().unwrap().iter();
        steps.map(|step| step["request"]["lifetime"].as_u64().unwrap()).collect()
    };
    assert_eq!(lifetimes(""), [200, 100]);
    assert_eq!(lifetimes("--lifetime 300"), [300, 300]);
}

#[test]
fn a_key_is_a_string_or_a_list() {
    let responder = Responder::with(Fault::None);
    let steps =
        format!("[[step]]\nkey = [\"9=text:mine\", \"{KEY}\"]\nexpect = [\"code=131\", \"auth=valid\"]\n");
    let run = send(&responder, &steps, "--format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let steps = "[[step]]\nsign = false\naccept_unauthenticated = true\nexpect = [\"code=131\"]\n";
    let run = send(&responder, steps, "--format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
}

#[test]
fn a_key_of_the_environment_holds_where_none_is_named() {
    let text = "[defaults]\nha = \"198.51.100.1\"\nhome_address = \"10.1.0.1\"\n[[step]]\nname = \"its own\"\n\
                key = \"300=text:own\"\n[[step]]\nname = \"none\"\n";
    let file = scenario(text);
    let spis = |more: &str| -> Vec<Value> {
        let mut command =
            program::mipflow(&format!("send --dry-run --format json {more} {}", file.file.display()));
        let run = program::finished(command.env("MIPFLOW_KEY", "256=text:environment"));
        let document = document(&run);
        let steps = document["steps"].as_array().unwrap();
        steps.iter().map(|step| step["request"]["extensions"][0]["spi"].clone()).collect()
    };
    assert_eq!(spis(""), [300, 256]);
    assert_eq!(spis("--key 400=text:given"), [400, 400]);
}

#[test]
fn repeats_are_steps() {
    let responder = Responder::with(Fault::None);
    let run = send(&responder, "[[step]]\nname = \"again\"\nrepeat = 3\nrate = 100\n", "--format json");
    assert_eq!(document(&run)["passed"], 3);
    assert_eq!(names(&document(&run))[2], "again (3 of 3)");
    assert_eq!(responder.count(), 3);
}

#[test]
fn several_files_run_in_order() {
    let responder = Responder::with(Fault::None);
    let head =
        format!("[defaults]\nha = \"{}\"\nhome_address = \"10.1.0.1\"\nkey = \"{KEY}\"\n", responder.ha());
    let first = scenario(&format!("{head}[[step]]\nname = \"one\"\nbid = 1\n"));
    let second = scenario(&format!("{head}[[step]]\nname = \"two\"\nbid = 2\n"));
    let files = format!("{} {}", first.file.display(), second.file.display());
    let run = run(&format!("send --format json {files}"));
    let document = document(&run);
    assert_eq!(names(&document), ["one", "two"]);
    assert_eq!(document["steps"][1]["scenario"], second.file.to_str().unwrap());
    let broken = scenario("[[step]]\nbit = 1\n");
    let before = responder.count();
    let refused = program::run(&format!("send {files} {}", broken.file.display()));
    assert_eq!((refused.code, responder.count()), (2, before), "nothing is sent where any file is wrong");
}

#[test]
fn reports_of_a_failed_step_in_each_format() {
    let responder = Responder::with(Fault::None);
    let steps = "[[step]]\nname = \"good <1> & # 2\"\n[[step]]\nname = \"bad\"\nbid = 0\n";
    let text = send(&responder, steps, "");
    assert_eq!(text.code, 1);
    assert!(text.out.contains("ok    good <1> & # 2  code 0 accepted for 600 s"), "{}", text.out);
    assert!(
        text.out.contains("FAIL  bad             code 134 poorly formed request (home agent)"),
        "{}",
        text.out
    );
    assert!(text.out.contains("      expected code in 0,1, got 134\n"), "{}", text.out);
    assert!(text.out.contains("RRP  10.1.0.1 denied 134"), "{}", text.out);
    assert!(text.out.ends_with("1 passed, 1 failed\n"), "{}", text.out);

    // On loopback the home agent is its own node: REG-003 and MP-023, which are not what this is about.
    let tap = send(&responder, steps, "--format tap --allow REG-003 --allow MP-023 --allow EXT-004");
    assert_eq!(
        tap.out,
        "TAP version 13\n1..2\nok 1 - good <1> & \\# 2\nnot ok 2 - bad\n# bad: expected code in 0,1, got 134\n\
         # must MP-008 #3: Multipath BID is 0; 1-254 are allowed (RFC 7629 §4.1)\n"
    );

    let junit = send(&responder, steps, "--format junit").out;
    assert!(
        junit.contains(
            "<testsuite name=\"mipflow send\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\""
        ),
        "{junit}"
    );
    assert!(junit.contains("name=\"good &lt;1&gt; &amp; # 2\""), "{junit}");
    assert!(junit.contains("<failure message=\"bad: expected code in 0,1, got 134\">"), "{junit}");
    assert!(junit.ends_with("</testsuites>\n"), "{junit}");
}

#[test]
fn each_shipped_scenario_is_sound_and_runs() {
    let mut found = 0;
    for entry in fs::read_dir("samples/scenarios").unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        found += 1;
        // These depend on how an agent is configured.
        let fault = match name.as_str() {
            "refusals-by-configuration.toml" => continue,
            "multipath-not-allowed.toml" => Fault::MultipathNotAllowed,
            _ => Fault::None,
        };
        let responder = Responder::with(fault);
        let ha = responder.ha();
        let run = run(&format!(
            "send --key {KEY} --var ha={ha} --var wifi=127.0.0.2 --var lte=127.0.0.3 --var cdma=127.0.0.4 \
             --rate 1000 --var look=1ms --var pace=1ms {}",
            file.display()
        ));
        assert_eq!(run.code, 0, "{name}: {}{}", run.out, run.error);
        // Not all of them have all of these variables.
        let is_told = |line: &str| line.starts_with("--var: nothing makes use of a variable '");
        assert!(run.error.lines().all(is_told), "{name}: {}", run.error);
    }
    assert_eq!(found, 10);
}

#[test]
fn figure_3_makes_the_tables_of_figure_2() {
    let responder = Responder::with(Fault::None);
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("figure3.pcap");
    let (ha, port) = (responder.ha(), responder.address.port());
    let run = run(&format!(
        "send --key {KEY} --var ha={ha} --var wifi=127.0.0.2 --var lte=127.0.0.3 --var cdma=127.0.0.4 -w {} \
         samples/scenarios/figure3.toml",
        capture.display()
    ));
    assert_eq!(run.code, 0, "{}", run.out);
    let decoded =
        program::shown(&format!("decode --show nodes --format json --port {port} {}", capture.display()));
    let document: Value = serde_json::from_str(&decoded).unwrap();
    let node = &document["nodes"][0];
    assert_eq!(node["multipath"], "enabled");
    let bindings: Vec<String> = node["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|binding| {
            format!("{} {} {}", binding["bid"], binding["care_of_address"], binding["if_att_name"])
        })
        .collect();
    assert_eq!(
        bindings,
        ["1 \"127.0.0.2\" \"802.11\"", "2 \"127.0.0.3\" \"E-UTRAN\"", "3 \"127.0.0.4\" \"eHRPD\""]
    );
    let policy: Vec<String> = node["policy"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            format!(
                "{} {} {} via {}",
                rule["action"], rule["bids"], rule["selector_text"], rule["active_bid"]
            )
        })
        .collect();
    assert_eq!(
        policy,
        [
            "\"forward\" [1,2] \"proto udp sport 5060\" via 1",
            "\"forward\" [2] \"proto tcp sport 80\" via 2",
            "\"forward\" [3,2,1] \"proto tcp sport 22\" via 3",
        ]
    );
    let first = responder.received.lock().unwrap()[0].1.clone();
    assert_eq!(request_of(&first).unwrap().care_of_address.to_string(), "127.0.0.2");
}

#[test]
fn the_scenario_of_the_documentation_is_sound() {
    let text = fs::read_to_string("docs/send.md").unwrap();
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let scenario = scenario(example);
    let run = run(&format!("send --dry-run {}", scenario.file.display()));
    assert_eq!((run.code, run.error.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.contains("BID 255"), "{}", run.out);
}

#[test]
fn a_scenario_of_nothing_but_a_pause_is_no_dry_run() {
    let responder = Responder::with(Fault::None);
    let pause = "[[step]]\nwait = \"10ms\"\n";
    let run = send(&responder, pause, "");
    assert_eq!((run.code, run.out.as_str()), (0, "there is nothing to send\n"), "{}", run.error);
    assert_eq!(send(&responder, pause, "--dry-run").out, "dry run: nothing is sent\n");
}
