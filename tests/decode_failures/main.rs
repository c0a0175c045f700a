//! What `mipflow decode` says when it cannot do what was asked: exit codes, and messages that name the file and
//! the way out.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod inputs;
#[path = "../program/mod.rs"]
mod program;

use std::fs;
use std::path::PathBuf;

use program::capture::{RAW, datagram, pcap, request};
use program::{Run, finished, mipflow, run};

/// The sample of Figure 3.
const FIGURE3: &str = "samples/figure3.pcap";

/// A file in a directory of its own, both gone when it is dropped.
struct Scratch {
    directory: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// What is told, without the frame around it: the message, then the help.
fn told(run: &Run) -> String {
    run.error.trim().trim_start_matches("× ").replace("\n  help: ", " | ")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(format!("samples/{name}.pcap")).unwrap()
}

#[test]
fn what_can_be_read_is_printed_when_it_cannot_be_written() {
    let scratch = Scratch::new();
    // A classic pcap holds one link type, and the second capture has another.
    let ethernet = scratch.file("ethernet.pcap", &sample("figure3"));
    let raw = scratch.file("raw.pcap", &pcap(RAW, &[datagram(434, 434, &request(&[]))]));
    let out = scratch.path("out.pcap").display().to_string();
    let run = run(&format!("decode --format ndjson --show messages -w {out} {raw} {ethernet}"));
    assert_eq!(run.code, 3, "{}", run.error);
    assert!(run.error.contains(&out), "{}", run.error);
    let messages = run.out.lines().filter(|line| line.starts_with(r#"{"record":"message""#)).count();
    assert_eq!(messages, 9, "one, and the eight of the sample");
    let last: serde_json::Value = serde_json::from_str(run.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["record"], &last["packets"]), (&"capture".into(), &47.into()));
}

#[test]
fn no_file_at_all() {
    let run = run("decode");
    assert_eq!(run.code, 2);
    assert!(run.error.contains("<FILE>..."), "{}", run.error);
    assert!(run.error.contains("--help"), "{}", run.error);
}

#[test]
fn wrong_command_lines() {
    for (arguments, part) in [
        ("--show everything", "invalid value 'everything' for '--show"),
        ("--port 0", "'0' for '--port <N>': it takes a whole number from 1 to 65535"),
        ("--port 65536", "it takes a whole number from 1 to 65535"),
        ("--port 434,435", "it takes a whole number from 1 to 65535"),
        ("--format yaml", "invalid value 'yaml' for '--format"),
        ("--time noon", "invalid value 'noon' for '--time"),
        ("--at noon", "a time is written as in 2024-06-01T10:00:30Z"),
        ("--at 1717236000.1234567890", "a time is written as in 2024-06-01T10:00:30Z"),
        ("--at #x", "a frame is written #N"),
        ("--format csv --show ladder", "a ladder is text"),
        ("--format json --show ladder", "a ladder is text"),
        ("--ext-type 0", "--ext-type 0 is padding"),
        ("--ext-type 256", "it takes a whole number from 0 to 255"),
        ("--bpf foo[", "the filter `foo[` is not valid"),
        ("--format csv --show messages,stats", "more than one section is asked for"),
        ("--colour always", "a similar argument exists: '--color'"),
        ("- -", "'-' is named more than once"),
    ] {
        let run = run(&format!("decode {arguments} samples/figure3.pcap"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.error.contains(part), "{arguments}: {}", run.error);
    }
    let filter = run("decode --bpf foo[ samples/figure3.pcap");
    assert!(filter.error.contains("man pcap-filter"), "{}", filter.error);
    let csv = run("decode --format csv --show messages,stats samples/figure3.pcap");
    assert!(csv.error.contains("--show messages"), "{}", csv.error);
}

#[test]
fn no_error_repeats_a_secret() {
    for key in [
        "5ec2e7",
        "256",
        "256=5ec2e7x",
        "256=5ec2e",
        "256/rot13=text:5ec2e7",
        "5ec2e7=256a",
        "5ec2e7x/hmac-md5=00",
        "256/5ec2e7=00",
        "99999999999=5ec2e7",
        "256=",
    ] {
        let run = run(&format!("decode --key {key} samples/figure3.pcap"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "--key {key}");
        assert!(!run.error.contains("5ec2e7") && !run.error.contains("5ec2e"), "--key {key}: {}", run.error);
        assert!(run.error.contains("SPI[/ALGORITHM]=text:SECRET"), "--key {key}: {}", run.error);
    }
}

#[test]
fn key_files_that_cannot_be_used() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.toml").display().to_string();
    let run_missing = run(&format!("decode --key-file {missing} samples/figure3.pcap"));
    assert_eq!((run_missing.code, run_missing.out.as_str()), (3, ""));
    assert!(told(&run_missing).starts_with(&format!("the key file {missing} cannot be read:")));
    let empty = scratch.file("empty.toml", b"# none yet\n");
    // It was read, and is wrong.
    let binary = scratch.file("binary.toml", b"[[key]]\nspi = 256\ntext = \"\xff\xfe\"\n");
    let run_binary = run(&format!("decode --key-file {binary} {FIGURE3}"));
    assert_eq!((run_binary.code, told(&run_binary)), (2, format!("the key file {binary} is not UTF-8 text")));
    let run_empty = run(&format!("decode --key-file {empty} {FIGURE3}"));
    assert!(
        run_empty.code == 2 && told(&run_empty).starts_with(&format!("the key file {empty} holds no key"))
    );
    for (content, part) in [
        ("[[key]]\nspi = \"secret\"\nhex = \"00\"", "wrong in line 2"),
        ("[[key]]\nspi = 1\nhex = 777", "wrong in line 3"),
        ("[[key]]\nspi = 1\ntext = \"secret", "wrong in line 3"),
        ("[[key]]\nspi = 1\nsecret", "wrong in line 3"),
        ("[[key]]\nspi = -777\nhex = \"00\"", "wrong in line 2"),
        ("[[key]]\nspi = 1", "key of SPI 1: it needs either hex or text"),
        (
            "[[key]]\nspi = 1\ntext = \"secret\"\nhex = \"777777\"",
            "key of SPI 1: it needs either hex or text",
        ),
        ("[[key]]\nspi = 1\nhex = \"secret\"", "key of SPI 1: hex is not written in pairs"),
        ("[[key]]\nspi = 1\ntext = \"secret\"\nalgorithm = \"rot13\"", "no algorithm 'rot13'"),
        ("[[keys]]\nspi = 1", "wrong in line 1: unknown field `keys`"),
    ] {
        let file = scratch.file("keys.toml", content.as_bytes());
        let run = run(&format!("decode --key-file {file} samples/figure3.pcap"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{content}");
        assert!(run.error.contains(&file) && run.error.contains(part), "{content}: {}", run.error);
        assert!(!run.error.contains("secret") && !run.error.contains("777"), "{content}: {}", run.error);
    }
}

#[test]
fn an_input_is_never_written_over() {
    let scratch = Scratch::new();
    let input = scratch.file("input.pcap", &sample("figure3"));
    let link = scratch.path("link.pcap").display().to_string();
    std::os::unix::fs::symlink(&input, &link).unwrap();
    for output in [&input, &link] {
        let run = run(&format!("decode -w {output} {input}"));
        assert_eq!((run.code, run.out.as_str()), (3, ""));
        assert_eq!(
            told(&run),
            format!("`{output}` is the input `{input}`, which writing would destroy | write to another file")
        );
        assert_eq!(fs::read(&input).unwrap(), sample("figure3"));
    }
    let keys = scratch.file("keys.toml", b"[[key]]\nspi = 256\ntext = \"secret\"\n");
    let over_keys = run(&format!("decode --key-file {keys} -w {keys} {input}"));
    assert_eq!(
        (over_keys.code, told(&over_keys)),
        (3, format!("`{keys}` is the input `{keys}`, which writing would destroy | write to another file"))
    );
    assert!(fs::read_to_string(&keys).unwrap().starts_with("[[key]]"));
    let nowhere = scratch.path("no/such/directory.pcap").display().to_string();
    let run_nowhere = run(&format!("decode -w {nowhere} {input}"));
    assert_eq!(run_nowhere.code, 3);
    assert!(told(&run_nowhere).starts_with(&format!("`{nowhere}` cannot be created")));
}

#[test]
fn an_earlier_capture_is_written_over_only_where_an_input_can_be_read() {
    let scratch = Scratch::new();
    let earlier = scratch.file("earlier.pcap", b"what was captured");
    let missing = scratch.path("missing.pcap").display().to_string();
    let text = scratch.file("text.pcap", b"No capture, but some words.");
    for inputs in [missing.clone(), text.clone(), format!("{missing} {text}")] {
        assert_eq!(run(&format!("decode -w {earlier} {inputs}")).code, 3, "{inputs}");
        assert_eq!(fs::read(&earlier).unwrap(), b"what was captured", "{inputs}");
    }
    let new = scratch.path("new.pcap").display().to_string();
    assert_eq!(run(&format!("decode -w {new} {missing}")).code, 3);
    assert!(!fs::exists(&new).unwrap(), "nothing was written");
    assert_eq!(run(&format!("decode -w {earlier} {missing} {FIGURE3}")).code, 3);
    let written = run(&format!("decode --show stats --format json {earlier}"));
    // By samples/README.md: 8 messages and 30 tunnelled packets.
    assert!(written.out.contains("\"packets\":38,"), "{}", written.out);
}

#[test]
fn output_on_a_full_disk_is_a_failure_of_every_command_that_prints() {
    for arguments in [
        "decode samples/figure3.pcap",
        "decode --format json samples/figure3.pcap",
        "decode --show messages --format csv samples/figure3.pcap",
        "watch --headless samples/figure3.pcap",
        "send --suite list",
        "send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1",
        "explain",
        "explain MP-001",
        "explain --format json",
        "interfaces",
        "completions bash",
        "man",
        "--help",
        "decode --help",
        "help watch",
        "--version",
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = mipflow(arguments).stdout(full).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments}: {error}");
        assert!(error.contains("standard output cannot be written"), "{arguments}: {error}");
    }
}

#[test]
fn failures_are_in_colour_where_that_is_wanted_and_never_where_it_is_not() {
    for (arguments, is_coloured) in [
        ("decode missing.pcap", true),
        ("decode --color never missing.pcap", false),
        ("explain --color never MP-999", false),
        ("send --color never --dry-run missing.toml", false),
    ] {
        let error = finished(mipflow(arguments).env_remove("NO_COLOR").env("FORCE_COLOR", "1")).error;
        assert_eq!(error.contains('\u{1b}'), is_coloured, "{arguments}: {error:?}");
    }
}

#[test]
fn failures_move_no_terminal() {
    let scratch = Scratch::new();
    let scenario = scratch.file("wrong.toml", b"[[step]]\nname = \"\\u001b[2J\\u202e\"\nlifetime = 70000\n");
    let mut missing = mipflow("decode");
    let mut unknown = mipflow("send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 --allow");
    let (mut no_option, mut no_command, mut no_time) =
        (mipflow("decode"), mipflow(""), mipflow("decode x --at"));
    for (command, shown) in [
        (&mut mipflow(&format!("send --dry-run {scenario}")), "step \"\\u{1b}[2J\\u{202e}\", key lifetime"),
        (missing.arg("\u{1b}[2J.pcap"), "\\u{1b}[2J.pcap"),
        (unknown.arg("\u{9b}3"), "there is no rule '\\u{9b}3'"),
        (no_option.arg("--\u{202e}pacp.gpj\u{1b}[2J"), "unexpected argument '--\\u{202e}pacp.gpj"),
        (no_command.arg("\u{9b}3"), "unrecognized subcommand '\\u{9b}3'"),
        (no_time.arg("\u{202e}noon\u{1b}]0;x\u{7}"), "invalid value '\\u{202e}noon"),
    ] {
        let error = finished(command).error;
        assert!(error.contains(shown), "{error:?}");
        assert!(!error.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{error:?}");
    }
}

#[test]
fn failures_are_drawn_with_the_characters_that_output_has() {
    let error = |arguments: &str, locale: &str| finished(mipflow(arguments).env("LC_ALL", locale)).error;
    for (arguments, locale, is_ascii) in [
        ("decode missing.pcap", "C.UTF-8", false),
        ("decode --ascii missing.pcap", "C.UTF-8", true),
        ("decode missing.pcap", "C", true),
        (
            "send --ascii --dry-run --ha 198.51.100.1 --home-address 10.1.0.1 --flow forward:x",
            "C.UTF-8",
            true,
        ),
        ("explain --ascii MP-999", "C.UTF-8", true),
    ] {
        let error = error(arguments, locale);
        assert_eq!(error.is_ascii(), is_ascii, "{arguments} {locale}: {error}");
    }
    // Where a file is shown, too.
    let scratch = Scratch::new();
    let scenario = scratch.file("wrong.toml", b"[[step]]\nlabel = 256\n");
    let shown = error(&format!("send --ascii --dry-run {scenario}"), "C.UTF-8");
    assert!(shown.contains("label = 256") && shown.is_ascii(), "{shown}");
}
