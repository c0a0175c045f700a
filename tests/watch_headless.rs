//! `mipflow watch --headless` on files and standard input, and what is wrong with its command line.

// Helpers of tests may fail loudly, as the tests themselves may; they wait by the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods)]

mod program;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use program::capture::{RAW, datagram, pcap, request};
use program::watching::{Watching, content, write_now};
use program::{environment, mipflow, run, shown};
use serde_json::Value;

const SAMPLES: [&str; 5] = ["extensions", "figure3", "foreign-agent", "malformed", "tunnels"];

fn records(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
}

fn kinds(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["record"].as_str().expect("each record says what it is")).collect()
}

#[test]
fn a_file_gives_what_decode_gives() {
    for sample in SAMPLES {
        let file = format!("samples/{sample}.pcap");
        let file = if std::path::Path::new(&file).exists() { file } else { format!("{file}ng") };
        for options in [
            "",
            "--node 10.1.0.1",
            "--node 10.1.0.5",
            "-f udp",
            "--allow EXT --deny MP",
            "--assume-cold-start off",
        ] {
            let watched = shown(&format!("watch --headless {options} {file}"));
            let decoded = shown(&format!("decode --format ndjson {options} {file}"));
            assert_eq!(watched, decoded, "{file} {options}");
        }
    }
}

#[test]
fn what_happens_is_told_of_the_node_that_is_asked_for() {
    let mut watching = Watching::start(&mut mipflow("watch --headless --node 10.1.0.5 -"));
    let mut input = watching.input();
    write_now(&mut input, &content("samples/tunnels.pcap"));
    // Flows are told of while input goes on; of those of other nodes there are seven.
    watching.wait_for("a flow", |record| record["record"] == "flow");
    let told: Vec<&Value> = watching.seen.iter().filter(|record| record["record"] != "message").collect();
    assert!(told.len() >= 3, "an exchange, a node and a flow: {told:?}");
    assert!(told.iter().all(|record| record["home_address"] == "10.1.0.5"), "{told:?}");
    drop(input);
    assert_eq!(watching.wait().code, Some(0));
}

#[test]
fn without_a_terminal_it_is_headless() {
    assert_eq!(shown("watch samples/figure3.pcap"), shown("watch --headless samples/figure3.pcap"));
}

#[test]
fn a_file_that_is_cut_is_told_and_the_rest_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.pcap");
    let whole = content("samples/figure3.pcap");
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let path = path.to_str().unwrap();
    let watched = run(&format!("watch --headless {path}"));
    let decoded = run(&format!("decode --format ndjson {path}"));
    assert_eq!((watched.code, watched.out, watched.error), (decoded.code, decoded.out, decoded.error));
    assert_eq!(decoded.code, 3);
}

#[test]
fn records_of_standard_input_come_as_it_does() {
    let whole = content("samples/tunnels.pcap");
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    // The header, the first request, and half of the reply.
    let first = 24 + 16 + usize::try_from(u32::from_le_bytes(whole[32..36].try_into().unwrap())).unwrap();
    write_now(&mut input, &whole[..first + 30]);
    let message = watching.wait_for("the request", |record| record["record"] == "message");
    assert_eq!((&message["type"], &message["frame"]), (&"rrq".into(), &1.into()));
    write_now(&mut input, &whole[first + 30..]);
    let exchange = watching.wait_for("its exchange", |record| record["record"] == "exchange");
    assert_eq!(
        (&exchange["status"], &exchange["request_frames"], &exchange["reply_frames"]),
        (&"accepted".into(), &serde_json::json!([1]), &serde_json::json!([2]))
    );
    // The node comes right after what changed it, with its binding.
    let node = watching.wait_for("its node", |record| record["record"] == "node");
    assert_eq!(node["home_address"], "10.1.0.1");
    assert_eq!(node["bindings"][0]["state"], "active");
    drop(input);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.told), (Some(0), &Vec::new()));
    // Messages, and at the end nodes and flows, are decode's; only standard input has no name.
    let decoded = shown("decode --format ndjson samples/tunnels.pcap");
    let decoded = records(&decoded.replace("samples/tunnels.pcap", "-"));
    let of = |records: &[Value], kind: &str| -> Vec<Value> {
        records.iter().filter(|record| record["record"] == kind).cloned().collect()
    };
    assert_eq!(of(&ended.records, "message"), of(&decoded, "message"));
    let after_exchanges = ended.records.len() - (decoded.len() - of(&decoded, "message").len());
    assert_eq!(kinds(&ended.records[after_exchanges..]), kinds(&decoded[of(&decoded, "message").len()..]));
    assert_eq!(ended.records[after_exchanges..], decoded[of(&decoded, "message").len()..]);
    assert_eq!(ended.capture()["dropped"], Value::Null);
}

#[test]
fn findings_are_told_as_they_are_found() {
    let whole = content("samples/malformed.pcap");
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    // The header and the first request, whose Multipath extension has Length 3.
    let first = 24 + 16 + usize::try_from(u32::from_le_bytes(whole[32..36].try_into().unwrap())).unwrap();
    write_now(&mut input, &whole[..first]);
    let finding = watching.wait_for("its finding", |record| record["rule"] == "MP-001");
    assert_eq!(
        (&finding["record"], &finding["level"], &finding["frame"], &finding["home_address"]),
        (&"finding".into(), &"must".into(), &1.into(), &"10.1.0.1".into())
    );
    assert_eq!(watching.seen.first().unwrap()["record"], "message");
    write_now(&mut input, &whole[first..]);
    drop(input);
    let ended = watching.wait();
    // Each once, none again at the end; by frame and rule they are decode's.
    let sorted = |findings: Vec<&Value>| {
        let mut texts: Vec<String> = findings.into_iter().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    let decoded = records(&shown("decode --show findings --format ndjson samples/malformed.pcap"));
    let decoded = decoded.iter().filter(|record| record["record"] == "finding").collect();
    assert_eq!(sorted(ended.of("finding")), sorted(decoded));
    assert_eq!((ended.code, &ended.capture()["evicted"]["findings"]), (Some(0), &0.into()));
}

#[test]
fn findings_decide_the_exit_code_where_that_is_asked_for() {
    for (options, code) in [
        ("--fail-on must samples/malformed.pcap", 1),
        ("--fail-on note samples/figure3.pcap", 1),
        ("--fail-on should samples/figure3.pcap", 0),
        ("--fail-on must --deny EXT-004 samples/figure3.pcap", 1),
        ("--fail-on note --allow EXT samples/figure3.pcap", 0),
        ("--fail-on must --node 10.1.0.8 samples/malformed.pcap", 0),
        ("--fail-on note samples/tunnels.pcap", 0),
    ] {
        let loaded = run(&format!("watch --headless {options}"));
        assert_eq!(loaded.code, code, "{options}");
        // The same as it happens.
        let played = run(&format!("watch --headless --replay=1000000 {options}"));
        assert_eq!(played.code, code, "replayed: {options}");
    }
    let wrong = run("watch --headless --deny XY-001 samples/tunnels.pcap");
    assert!(wrong.code == 2 && wrong.error.contains("there is no rule 'XY-001'"), "{}", wrong.error);
}

#[test]
fn a_request_without_an_answer_is_told_when_its_time_is_over() {
    let frames = [datagram(1024, 434, &request(&[])), datagram(5, 5, &[]), datagram(6, 6, &[])];
    let file = pcap(RAW, &frames);
    let mut watching = Watching::start(&mut mipflow("watch --headless --reply-timeout 1.5s -"));
    let mut input = watching.input();
    write_now(&mut input, &file);
    let exchange = watching.wait_for("the exchange", |record| record["record"] == "exchange");
    assert_eq!((&exchange["status"], &exchange["kind"]), (&"unanswered".into(), &"register".into()));
    drop(input);
    let ended = watching.wait();
    assert_eq!(ended.of("exchange").len(), 1);
}

#[test]
fn a_replay_keeps_the_pace_of_the_recording() {
    // Frames of five minutes: at six hundred times the pace, half a second.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("short.pcap");
    let frames = vec![datagram(1024, 434, &request(&[])); 4];
    let mut octets = pcap(RAW, &frames);
    for (frame, start) in (0..).zip((24..octets.len()).step_by(16 + frames[0].len())) {
        octets[start..start + 4].copy_from_slice(&(1_717_236_000u32 + 100 * frame).to_le_bytes());
    }
    std::fs::write(&path, octets).unwrap();
    let path = path.to_str().unwrap();
    let five_minutes = Duration::from_secs(300);
    for (options, least) in
        [("--replay 600", Duration::from_millis(500)), ("--replay=1000x", Duration::from_millis(300))]
    {
        let mut watching = Watching::start(&mut mipflow(&format!("watch --headless {options} {path}")));
        let is_message = |record: &Value| record["record"] == "message";
        watching.wait_for("the first", is_message);
        let first = Instant::now();
        for _ in 0..3 {
            watching.wait_for("the next", is_message);
        }
        let took = first.elapsed();
        // Frames less than a millisecond away are not waited for, and the first may have been seen late.
        let late = Duration::from_millis(100);
        assert!(took + late >= least && took < five_minutes / 10, "{options} took {took:?}");
        let ended = watching.wait();
        assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &4.into()));
    }
    // The file may stand where the speed would.
    let ended =
        Watching::start(&mut mipflow(&format!("watch --headless --stop-after packets=1 --replay {path}")));
    assert_eq!(ended.wait().capture()["packets"], 1);
}

#[test]
fn it_stops_when_it_is_enough() {
    for (conditions, packets) in [
        ("--stop-after packets=7", 7),
        ("--stop-after packets=0", 0),
        ("--stop-after packets=9 --stop-after packets=8", 8),
        ("--stop-after bytes=1", 1),
        ("--stop-after bytes=1G --stop-after bytes=1", 1),
        ("--stop-after bytes=1 --stop-after bytes=1G", 1),
    ] {
        let out = shown(&format!("watch --headless {conditions} samples/tunnels.pcap"));
        let records = records(&out);
        assert_eq!(records.last().unwrap()["packets"], packets, "{conditions}");
    }
    // Nothing comes, and time passes.
    let mut watching =
        Watching::start(&mut mipflow("watch --headless --stop-after seconds=0.3 --stop-after seconds=900 -"));
    let _input = watching.input();
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &0.into()));
}

#[test]
fn an_interrupted_watch_of_standard_input_ends_with_what_it_saw() {
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    write_now(&mut input, &content("samples/figure3.pcap"));
    watching.wait_for("an exchange", |record| record["record"] == "exchange");
    let ended = watching.interrupt();
    assert_eq!((ended.code, &ended.told), (Some(0), &Vec::new()));
    assert_eq!(ended.capture()["files"], serde_json::json!(["-"]));
    drop(input);
}

#[test]
fn who_does_not_read_does_not_keep_it_from_ending() {
    for file in ["", "trace.pcap"] {
        let folder = tempfile::tempdir().unwrap();
        let octets = content("samples/figure3.pcap");
        // The head of a file is 24 octets. A thousand times the 46 frames make more records than a pipe holds.
        let many = [&octets[..24], &octets[24..].repeat(1000)].concat();
        let source =
            if file.is_empty() { "-".to_owned() } else { format!("{}", folder.path().join(file).display()) };
        let mut input = None;
        if !file.is_empty() {
            fs::write(&source, &many).unwrap();
        }
        let written = folder.path().join("written.pcap");
        let arguments = format!("watch --headless -w {} {source}", written.display());
        let mut watching = Watching::start_unread(&mut mipflow(&arguments));
        if file.is_empty() {
            let mut pipe = watching.input();
            input = Some(std::thread::spawn(move || drop(pipe.write_all(&many))));
        }
        std::thread::sleep(Duration::from_millis(1500));
        let begun = Instant::now();
        watching.signal(Signal::SIGTERM);
        let ended = watching.wait();
        assert_eq!(ended.code, Some(3), "{:?}", ended.told);
        assert!(begun.elapsed() > Duration::from_secs(1), "who reads has a moment");
        assert!(ended.told.iter().any(|line| line.contains("nobody reads it")), "{:?}", ended.told);
        assert!(ended.records.is_empty());
        if let Some(input) = input {
            input.join().unwrap();
        }
        // What was looked at until then is written, and whole.
        shown(&format!("decode {}", written.display()));
    }
}

#[test]
fn two_signals_at_once_are_one() {
    // `timeout` signals what it started and then its own group, which what it started is of.
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    write_now(&mut input, &content("samples/figure3.pcap"));
    watching.wait_for("a message", |record| record["record"] == "message");
    // Both are there when it goes on.
    watching.signal(Signal::SIGSTOP);
    watching.signal(Signal::SIGINT);
    watching.signal(Signal::SIGTERM);
    watching.signal(Signal::SIGCONT);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &Value::from(46)));
}

#[test]
fn who_ends_it_again_has_it_at_once() {
    let mut watching = Watching::start_unread(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    let octets = content("samples/figure3.pcap");
    let many = [&octets[..24], &octets[24..].repeat(1000)].concat();
    let input = std::thread::spawn(move || drop(input.write_all(&many)));
    std::thread::sleep(Duration::from_millis(1500));
    watching.signal(Signal::SIGTERM);
    std::thread::sleep(Duration::from_millis(900));
    watching.signal(Signal::SIGTERM);
    let ended = watching.wait();
    assert_eq!((ended.code, ended.told.as_slice()), (Some(128 + Signal::SIGTERM as i32), &[][..]));
    input.join().unwrap();
}

#[test]
fn a_named_pipe_is_watched_as_standard_input_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let arguments = format!("watch --headless {}", path.display());
    // Nobody writes to it.
    let mut watching = Watching::start(&mut mipflow(&arguments));
    std::thread::sleep(Duration::from_millis(300));
    watching.signal(nix::sys::signal::Signal::SIGINT);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &0.into()));
    // What comes is told while more is waited for.
    watching = Watching::start(&mut mipflow(&arguments));
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::io::Write::write_all(&mut pipe, &content("samples/figure3.pcap")).unwrap();
    watching.wait_for("an exchange", |record| record["record"] == "exchange");
    watching.wait_for("a flow", |record| record["record"] == "flow");
    drop(pipe);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &46.into()));
}

#[test]
fn what_is_on_its_way_through_standard_input_when_it_is_ended_is_looked_at() {
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    let sample = content("samples/figure3.pcap");
    write_now(&mut input, &sample[..24]);
    write_now(&mut input, &sample[24..sample.len() / 2]);
    watching.wait_for("an exchange", |record| record["record"] == "exchange");
    // Ctrl-C is for the whole pipeline: who writes gives out what it has, and ends.
    watching.signal(nix::sys::signal::Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(150));
    write_now(&mut input, &sample[sample.len() / 2..]);
    drop(input);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &46.into()));
    assert_eq!(ended.of("message").len(), 8);
}

#[test]
fn who_ignores_hanging_up_goes_on() {
    let mut command = environment::command("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" watch --headless -", environment::PROGRAM]);
    let mut watching = Watching::start(&mut command);
    let mut input = watching.input();
    let sample = content("samples/figure3.pcap");
    write_now(&mut input, &sample[..24]);
    // It waits for its signals before it waits for input; and it waits for input.
    write_now(&mut input, &sample[24..sample.len() / 2]);
    watching.wait_for("an exchange", |record| record["record"] == "exchange");
    watching.signal(nix::sys::signal::Signal::SIGHUP);
    // Signals that are heeded are looked for ten times a second: it would be over by now.
    std::thread::sleep(Duration::from_millis(500));
    write_now(&mut input, &sample[sample.len() / 2..]);
    watching.wait_for("the end of a binding", |record| record["kind"] == "deregister");
    let ended = watching.interrupt();
    assert_eq!(ended.code, Some(0));
    drop(input);
}

#[test]
fn what_is_wrong_with_the_command_line_is_said() {
    for (arguments, code, said) in [
        ("watch", 2, "there is nothing to watch"),
        ("watch nowhere0", 3, "nowhere0 is neither an interface nor a file"),
        ("watch nowhere0", 3, "the interfaces are "),
        ("watch -i nowhere0", 3, "there is no interface `nowhere0`"),
        ("watch -i lo -i lo", 2, "an interface is named twice"),
        ("watch -i lo -i any", 2, "an interface is named twice"),
        ("watch -i lo samples/figure3.pcap", 2, "cannot be used with"),
        ("watch --replay lo", 2, "--replay is for files"),
        ("watch --replay 2 -", 2, "--replay is for files"),
        ("watch --replay fast samples/figure3.pcap", 2, "fast is not a speed"),
        ("watch --ring 1Mx3 samples/figure3.pcap", 2, "--write"),
        ("watch --ring 1M -w x.pcap samples/figure3.pcap", 2, "SIZExCOUNT"),
        ("watch --stop-after frames=3 samples/figure3.pcap", 2, "packets=N"),
        ("watch --buffer 3G lo", 2, "smaller than 2G"),
        ("watch --snaplen 0 lo", 2, "262144"),
        ("watch --user no-such-user-here lo", 2, "there is no user `no-such-user-here`"),
        ("watch -f nonsense samples/figure3.pcap", 2, "`nonsense`"),
    ] {
        let run = run(arguments);
        let error = run.error.replace("\n  │ ", " ");
        assert!(run.code == code && error.contains(said), "{arguments}: {} {error}", run.code);
        assert_eq!(run.out, "", "{arguments}");
    }
}

#[test]
fn each_frame_before_which_the_clock_went_back_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("back.pcap");
    let frames = vec![datagram(1024, 434, &request(&[])); 5];
    let mut octets = pcap(RAW, &frames);
    let starts = (24..octets.len()).step_by(16 + frames[0].len());
    // From 6 to 1 and from 1 to 0.
    for (second, start) in [5u32, 6, 1, 0, 7].into_iter().zip(starts) {
        octets[start..start + 4].copy_from_slice(&(1_717_236_000 + second).to_le_bytes());
    }
    std::fs::write(&path, octets).unwrap();
    let out = shown(&format!("watch --headless {}", path.display()));
    assert_eq!(records(&out).last().unwrap()["clock_backwards"], 2);
}

#[test]
fn what_a_message_changed_is_told_before_the_next_one() {
    let mut watching = Watching::start(&mut mipflow("watch --headless -"));
    let mut input = watching.input();
    // All of it at once: four requests, each with its reply.
    write_now(&mut input, &content("samples/figure3.pcap"));
    drop(input);
    let records = watching.wait().records;
    let mut replies = 0;
    for (place, record) in records.iter().enumerate().filter(|(_, record)| record["type"] == "rrp") {
        let after: Vec<&Value> =
            records[place + 1..].iter().take(2).map(|record| &record["record"]).collect();
        assert_eq!(after, ["exchange", "node"], "{record}");
        replies += 1;
    }
    assert_eq!(replies, 4);
}
