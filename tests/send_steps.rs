//! Steps of `send`: every form a value may have, pauses, skipping, and what no step can be blamed or praised for.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// They talk over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

mod program;
mod responder;

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use program::Run;
use program::scenario::scenario;
use responder::{Fault, Responder, reply_to, request_of, signed};
use serde_json::Value;

/// Runs a scenario of these lines, behind defaults that name an agent and a node.
fn run(ha: &str, lines: &str, more: &str) -> Run {
    let defaults = format!("[defaults]\nha = \"{ha}\"\nhome_address = \"10.1.0.1\"\nretries = 0\n");
    let scenario = scenario(&format!("{defaults}{lines}"));
    program::run(&format!("send {more} {}", scenario.file.display()))
}

fn steps(run: &Run) -> Vec<Value> {
    let document: Value =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.error));
    document["steps"].as_array().unwrap().clone()
}

#[test]
fn a_value_may_be_of_its_own_kind_or_text_and_the_least_is_0() {
    let lines = r#"
        [vars]
        port = 4434
        yes = true
        [[step]]
        name = "numbers"
        port = 4434
        lifetime = 0
        bid = 0
        label = 0
        att = 0
        bulk = true
        timeout = 1
        repeat = 1
        rate = 50
        sign = true
        [[step]]
        name = "texts"
        port = "${port}"
        lifetime = "300"
        bid = "7"
        label = "9"
        att = "4"
        bulk = "${yes}"
        timeout = "1m30s"
        rate = "20/s"
        flags = "D,T"
        flow = "drop: any"
        [[step]]
        name = "fractions"
        timeout = 0.5
        wait = 0.001
        rate = 2.5
        override = { lifetime = "0x0203", flags = ["S", "x"] }
        [[step]]
        name = "of extensions"
        bid = 1
        nai = "n@example.org"
        override = { "multipath.overwrite" = true, "nai.length" = 4, "nai.nai" = "node@example.net" }
        [[step]]
        name = "in other digits"
        timeout = 0xa
        wait = 0b0
        rate = 0xf
    "#;
    let run = run("198.51.100.1", lines, "--dry-run --format json");
    assert_eq!((run.code, run.error.as_str()), (0, ""));
    let steps = steps(&run);
    let multipath = |step: usize| {
        let extension = &steps[step]["request"]["extensions"][0];
        ["bid", "if_label", "if_att", "bulk"].map(|key| extension[key].to_string())
    };
    let fixed =
        |step: usize| ["destination", "lifetime", "flags"].map(|key| steps[step]["request"][key].to_string());
    assert_eq!(multipath(0), ["0", "0", "0", "true"]);
    assert_eq!(fixed(0), ["\"198.51.100.1:4434\"", "0", "[]"]);
    assert_eq!(multipath(1), ["7", "9", "4", "true"]);
    assert_eq!(fixed(1), ["\"198.51.100.1:4434\"", "300", r#"["D","T"]"#]);
    assert_eq!(steps[1]["request"]["extensions"][1]["action"], "drop");
    assert_eq!(fixed(2), ["\"198.51.100.1:434\"", "515", r#"["S","x"]"#]);
    let extensions = &steps[3]["request"]["extensions"];
    assert_eq!(extensions[0]["overwrite"], true);
    // A Length that is set is what was set, whatever the text after it is.
    assert_eq!((&extensions[1]["length"], &extensions[1]["nai"]), (&4.into(), &"node".into()));
}

#[test]
fn the_last_identification_is_that_of_the_same_node_and_agent() {
    let lines = r#"
        [[step]]
        name = "there is none before"
        identification = "last"
        [[step]]
        name = "another node"
        home_address = "10.1.0.2"
        identification = "e8fe6f800d468152"
        [[step]]
        name = "once more"
        care_of_address = "192.0.2.70"
        identification = "last"
        [[step]]
        name = "the other, with a nonce"
        home_address = "10.1.0.2"
        replay = "nonce"
        identification = "last"
        [[step]]
        name = "a fresh one"
        [[step]]
        name = "the one below"
        home_address = "10.1.0.2"
        identification = "last-1"
        [[step]]
        name = "one that is set"
        override = { identification = "e8fe6f800d468153" }
        [[step]]
        name = "that one"
        identification = "last"
    "#;
    let run = run("198.51.100.1", lines, "--dry-run --format json");
    assert_eq!((run.code, run.error.as_str()), (0, ""));
    let sent: Vec<String> = steps(&run)
        .iter()
        .map(|step| step["request"]["identification"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((&sent[2], &sent[1], &sent[3]), (&sent[0], &"0xe8fe6f800d468152".to_owned(), &sent[1]));
    assert!(sent[4] > sent[0], "{sent:?}");
    assert_eq!(sent[5], "0xe8fe6f800d468151");
    assert_eq!((sent[6].as_str(), &sent[7]), ("0xe8fe6f800d468153", &sent[6]));
}

#[test]
fn what_a_value_cannot_be_is_told() {
    for (line, said) in [
        ("port = 0", "key port: it takes a number from 1 to 65535"),
        ("label = 256", "key label: it takes a number from 0 to 255"),
        ("lifetime = -1", "key lifetime: it takes a number from 0 to 65535"),
        ("repeat = 0", "key repeat: it takes a number from 1 to 100000"),
        ("repeat = 100001", "key repeat: it takes a number from 1 to 100000"),
        ("bulk = 1", "key bulk: it takes true or false"),
        ("sign = \"badly\"", "key sign: it takes true, false, \"wrong\", \"short\" or \"unknown-spi\""),
        ("nai = 5", "key nai: it takes a string"),
        ("nai = \"${who\"", "key nai: a variable is written ${name}, and the } is missing"),
        (
            "identification = \"now\"",
            "key identification: it takes up to 16 hexadecimal digits as a string, \"last\" or \"last-1\"",
        ),
        ("rate = 0", "key rate: '0' is not a rate"),
        ("wait = \"soon\"", "key wait: it takes a duration"),
        ("att = 256", "key att: it takes a number from 0 to 255"),
        ("override = 5", "key override: it is a table, as in { \"multipath.length\" = 5 }"),
        (
            "override = { multipath.length = 5 }",
            "key override.multipath: the name of the field is written in quotes, as in \"multipath.length\"",
        ),
        (
            "override = { \"multipath.length\" = { a = 5 } }",
            "key override.multipath.length: it takes a number, a string, true or false, or a list",
        ),
        (
            "override = { lifetime = 1.5 }",
            "key override.lifetime: it takes a number, a string, true or false, or a list",
        ),
        ("override = { \"nai.nai\" = \"a\" }", "the request has no extension 'nai'; it has none"),
        (
            "nai = \"a\"\noverride = { \"nai.nai\" = 5 }",
            "key override.nai.nai: 'nai.nai' cannot hold that: it takes text",
        ),
        ("key = \"256\"", "SPI[/ALGORITHM]=text:SECRET"),
        ("override = { colour = 1 }", "key override.colour: there is no field 'colour'"),
        // Nothing signs it, so that there is no such extension.
        (
            "override = { \"mobile-home-auth.spi\" = 5 }",
            "key override.mobile-home-auth.spi: the request has no extension 'mobile-home-auth'; it has none",
        ),
        ("home-address = \"10.1.0.1\"", "is it home_address?"),
        ("colour = 1", "keys are ha, port, home_address"),
        ("use = \"one\"", "this is the first step"),
        ("[vars]\nx = 0x10", "key x: a variable is a string"),
    ] {
        let run = run("198.51.100.1", &format!("[[step]]\n{line}\n"), "--dry-run");
        assert_eq!(run.code, 2, "{line}: {}", run.out);
        let error = run.error.replace("\n  │ ", " ");
        assert!(error.contains(said), "{line}: {error}");
    }
    for (lines, said) in [
        ("vars = 5\n", "[vars] is a table of strings"),
        ("defaults = 5\n", "[defaults] is a table"),
        ("step = [5]\n", "a step is a table, written as [[step]]"),
    ] {
        let scenario = scenario(lines);
        let run = program::run(&format!("send {}", scenario.file.display()));
        assert!(run.code == 2 && run.error.contains(said), "{lines}: {}", run.error);
    }
}

#[test]
fn a_nai_has_at_most_255_octets() {
    let of = |octets: usize| {
        let lines = format!("[[step]]\nnai = \"{}\"\n", "n".repeat(octets));
        run("198.51.100.1", &lines, "--dry-run --format json")
    };
    let longest = of(255);
    assert_eq!(longest.code, 0, "{}", longest.error);
    assert_eq!(steps(&longest)[0]["request"]["extensions"][0]["length"], 255);
    let beyond = of(256);
    assert_eq!(beyond.code, 2);
    assert!(beyond.error.contains("key nai: a NAI has at most 255 octets"), "{}", beyond.error);
}

#[test]
fn a_pause_is_kept_alone_or_before_a_step_but_not_in_a_dry_run() {
    let responder = Responder::with(Fault::AcceptsUnsigned);
    let lines = "[[step]]\nwait = \"400ms\"\n[[step]]\nlifetime = 60\nwait = \"400ms\"\n";
    let began = Instant::now();
    let sent = run(&responder.ha(), lines, "--format json");
    let took = began.elapsed();
    assert_eq!(sent.code, 0, "{}{}", sent.out, sent.error);
    // The second says more than that it waits, so it is sent.
    assert_eq!(steps(&sent)[0]["request"]["lifetime"], 60);
    assert_eq!(responder.count(), 1);
    assert!(took >= Duration::from_millis(800), "{took:?}");
    let began = Instant::now();
    let dry = run(&responder.ha(), &lines.replace("400ms", "60s"), "--dry-run --format json");
    assert_eq!((dry.code, steps(&dry).len()), (0, 1));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_step_is_skipped_where_it_failed_and_a_condition_says_that_it_cannot_be_judged() {
    let responder = Responder::with(Fault::AcceptsUnsigned);
    for (expect, skip_if, passed, code) in [
        (r#"["code=99"]"#, r#"["code=0"]"#, Value::Null, 1),
        (r#"["lifetime=600", "code=99"]"#, r#"["code=0"]"#, Value::Null, 1),
        (r#"["code=99"]"#, r#"["code=1", "lifetime=600"]"#, Value::Null, 1),
        (r#"["code=99"]"#, r#"["code=1"]"#, false.into(), 1),
        // What was expected is there, whatever else is.
        (r#"["code=0"]"#, r#"["code=0"]"#, true.into(), 0),
    ] {
        let lines = format!("[[step]]\nexpect = {expect}\nskip_if = {skip_if}\n");
        let run = run(&responder.ha(), &lines, "--format json");
        let step = &steps(&run)[0];
        assert_eq!((&step["passed"], run.code), (&passed, code), "{expect} {skip_if}");
        let is_skipped = passed == Value::Null;
        assert_eq!(step["skipped"] != Value::Null, is_skipped, "{expect} {skip_if}: {}", step["skipped"]);
    }
}

#[test]
fn what_kept_a_request_from_arriving_fails_its_step_whatever_would_skip_it() {
    // A port that is taken, by a socket that is connected to somebody else: whatever comes from others finds nobody.
    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    holder.connect("127.0.0.1:9").unwrap();
    let nobody = holder.local_addr().unwrap().to_string();
    let lines = "[[step]]\nexpect = \"code=0\"\nskip_if = [\"reply=none\"]\n";
    let unreachable = run(&nobody, lines, "--format json");
    let step = &steps(&unreachable)[0];
    assert_eq!((&step["passed"], &step["skipped"]), (&false.into(), &Value::Null), "{step:#}");
    assert_eq!(unreachable.code, 1);
    // The system sends nothing from the loopback to another network.
    let unsent =
        run("198.51.100.1", "[[step]]\nsource = \"127.0.0.1\"\nexpect = \"reply=none\"\n", "--format json");
    let step = &steps(&unsent)[0];
    assert!(step["error"].as_str().unwrap().starts_with("not sent: "), "{step:#}");
    assert_eq!(
        (&step["attempts"], &step["request"], &step["passed"]),
        (&0.into(), &Value::Null, &false.into())
    );
    assert_eq!(unsent.code, 1);
}

#[test]
fn a_reply_that_comes_while_the_next_step_pauses_is_late_for_its_own_and_no_answer_to_the_next() {
    // The first request is answered after its patience, the second at once.
    let mut count = 0;
    let responder = Responder::start(move |socket, source, octets| {
        count += 1;
        if count == 1 {
            std::thread::sleep(Duration::from_millis(400));
        }
        let mut reply = reply_to(&request_of(octets).unwrap());
        reply.lifetime = if count == 1 { 111 } else { 222 };
        socket.send_to(&signed(&reply, &[]), source).unwrap();
    });
    let lines = "[[step]]\nname = \"gave up\"\ntimeout = \"50ms\"\nexpect = \"reply=none\"\n\
                 [[step]]\nname = \"after a while\"\nlifetime = 222\nwait = \"1s\"\nexpect = \"lifetime=222\"\n";
    let run = run(&responder.ha(), lines, "--format json");
    let steps = steps(&run);
    assert_eq!(run.code, 0, "{steps:#?}");
    assert_eq!(steps[0]["reply"], Value::Null);
    let ignored = steps[1]["ignored"].as_array().unwrap();
    assert_eq!(ignored.len(), 1, "{ignored:#?}");
    assert_eq!((&ignored[0]["why"], &ignored[0]["message"]["lifetime"]), (&"late".into(), &111.into()));
    assert_eq!((&steps[1]["reply"]["lifetime"], &steps[1]["attempts"]), (&222.into(), &1.into()));
}

#[test]
fn what_comes_during_a_pause_is_recorded_when_it_comes() {
    for end in ["", "[[step]]\nname = \"after\"\n"] {
        let mut count = 0;
        let responder = Responder::start(move |socket, source, octets| {
            count += 1;
            if count == 1 {
                std::thread::sleep(Duration::from_millis(400));
            }
            socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
        });
        let directory = tempfile::tempdir().unwrap();
        let capture = directory.path().join("all.pcap").display().to_string();
        let lines = format!(
            "[[step]]\nname = \"gave up\"\ntimeout = \"50ms\"\nexpect = \"reply=none\"\n\
             [[step]]\nwait = \"2s\"\n{end}"
        );
        let run = run(&responder.ha(), &lines, &format!("--format json -w {capture}"));
        assert_eq!(run.code, 0, "{}{}", run.out, run.error);
        let port = responder.address.port();
        let decoded =
            program::shown(&format!("decode --show messages --format json --port {port} {capture}"));
        let decoded: Value = serde_json::from_str(&decoded).unwrap();
        let time = |index: usize| {
            decoded["messages"][index]["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
        };
        // It was answered after 400 ms, and the pause goes on for more than a second.
        let milliseconds = time(1).duration_since(time(0)).as_millis();
        assert!((390..1_400).contains(&milliseconds), "{end}: {milliseconds} ms");
        if !end.is_empty() {
            let step = &steps(&run)[1];
            assert_eq!(step["ignored"][0]["message"]["time"], decoded["messages"][1]["time"]);
            assert_eq!((&step["ignored"][0]["why"], &step["reply"]["code"]), (&"late".into(), &0.into()));
        }
    }
}

#[test]
fn overrides_of_the_defaults_leave_raw_octets_alone() {
    let responder = Responder::with(Fault::None);
    // `run` begins with [defaults], which this goes on with.
    let lines = "override = { lifetime = 7 }\n[[step]]\nname = \"noise\"\nraw = \"ff00ff\"\ntimeout = \"50ms\"\n\
                 expect = \"reply=none\"\n[[step]]\nname = \"request\"\ntimeout = \"50ms\"\nexpect = \"code=0\"\n";
    let run = run(&responder.ha(), lines, &format!("--key {} --format json", responder::KEY));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert_eq!(responder.received.lock().unwrap()[0].1, [0xff, 0x00, 0xff]);
    assert_eq!(steps(&run)[1]["request"]["lifetime"], 7);
}

#[test]
fn messages_of_a_step_that_passed_are_shown_where_that_is_asked_for() {
    let responder = Responder::with(Fault::AcceptsUnsigned);
    for (more, is_shown) in [("", false), ("-v", true)] {
        let run = run(&responder.ha(), "[[step]]\nname = \"good\"\n", more);
        assert_eq!(run.code, 0, "{}", run.out);
        assert_eq!(run.out.contains("RRQ  10.1.0.1 at 127.0.0.1 for 600 s"), is_shown, "{more}: {}", run.out);
    }
}

#[test]
fn agents_asked_from_one_port_are_told_apart() {
    // The first answers for itself, and then what the second was asked, too.
    let first_agent = Arc::new(Mutex::new(None));
    let (shown, used) = (Arc::clone(&first_agent), first_agent);
    let answer = |socket: &UdpSocket, source: SocketAddr, octets: &[u8]| {
        socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
    };
    let first = Responder::start(move |socket, source, octets| {
        *shown.lock().unwrap() = Some(socket.try_clone().unwrap());
        answer(socket, source, octets);
    });
    let second = Responder::start(move |_, source, octets| {
        answer(used.lock().unwrap().as_ref().unwrap(), source, octets);
    });
    // Who holds a port of another address keeps it from all that ask for any port at all addresses.
    let holder = UdpSocket::bind("127.0.0.8:0").unwrap();
    let from = format!("127.0.0.6:{}", holder.local_addr().unwrap().port());
    let lines = format!(
        "[[step]]\nsource = \"{from}\"\n\
         [[step]]\nsource = \"{from}\"\nha = \"{}\"\ntimeout = \"300ms\"\nexpect = \"reply=none\"\n",
        second.ha()
    );
    let run = run(&first.ha(), &lines, "--format json");
    let steps = steps(&run);
    assert_eq!(run.code, 0, "{steps:#?}");
    for (step, agent) in [(&steps[0], &first), (&steps[1], &second)] {
        assert_eq!(
            (&step["request"]["source"], &step["request"]["destination"]),
            (&from.clone().into(), &agent.ha().into())
        );
    }
    assert_eq!(steps[0]["reply"]["source"], first.ha());
    assert_eq!((&steps[1]["reply"], &steps[1]["ignored"][0]["why"]), (&Value::Null, &"stranger".into()));
}
