//! Standard input as it comes, and output that nobody reads to the end.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use program::{mipflow, shown};

/// Octets of figure3.pcap before frame 5: its header, two ARP frames, a request and a reply.
const FIRST_FOUR_FRAMES: usize = 24 + 2 * (16 + 42) + (16 + 111) + (16 + 84);

#[test]
fn output_begins_before_input_ends() {
    for format in ["text", "ndjson"] {
        let sample = fs::read("samples/figure3.pcap").unwrap();
        let mut child = mipflow(&format!("decode --show messages --format {format} -"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        input.write_all(&sample[..FIRST_FOUR_FRAMES]).unwrap();
        input.flush().unwrap();
        let (sender, receiver) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while !line.contains("10.1.0.1") {
                line.clear();
                assert_ne!(output.read_line(&mut line).unwrap(), 0, "output ended without a message");
            }
            sender.send(line).unwrap();
            let mut rest = String::new();
            output.read_to_string(&mut rest).unwrap();
            rest
        });
        let first = receiver.recv_timeout(Duration::from_secs(20)).expect("no output while input is open");
        assert!(first.contains("192.0.2.10:40010"), "{first}");
        input.write_all(&sample[FIRST_FOUR_FRAMES..]).unwrap();
        drop(input);
        let rest = reader.join().unwrap();
        assert!(child.wait().unwrap().success());
        let whole = shown(&format!("decode --show messages --format {format} samples/figure3.pcap"));
        assert!(whole.replace("samples/figure3.pcap", "-").ends_with(&format!("{first}{rest}")));
    }
}

#[test]
fn what_is_compressed_is_read_as_what_it_was() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&sample).unwrap();
    let zstd = zstd::encode_all(&sample[..], 0).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (name, packed) in [("figure3.pcap.gz", gzip.finish().unwrap()), ("figure3.pcap.zst", zstd)] {
        let path = directory.path().join(name);
        fs::write(&path, &packed).unwrap();
        let whole = shown("decode samples/figure3.pcap");
        assert_eq!(shown(&format!("decode {}", path.display())), whole, "{name}");
        let input = fs::File::open(&path).unwrap();
        let output = mipflow("decode -").stdin(input).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), whole, "{name} as standard input");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{name} as standard input");
        // Half of it is told to be cut.
        fs::write(&path, &packed[..packed.len() / 2]).unwrap();
        assert_eq!(program::run(&format!("decode {}", path.display())).code, 3, "half of {name}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    // Far more than a pipe holds.
    let files = "samples/malformed.pcap ".repeat(120);
    for format in ["text", "json", "ndjson", "csv"] {
        let mut child = mipflow(&format!("decode --show messages --format {format} {files}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn a_stream_that_breaks_off_is_told() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let mut child = mipflow("decode --show messages -")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&sample[..FIRST_FOUR_FRAMES + 5]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("standard input is cut off"), "{error}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3);
}

/// `decode -` after it showed both messages of the first four frames; what follows them stands still in the pipe.
struct Waiting {
    child: Child,
    input: std::process::ChildStdin,
    shown: String,
    output: BufReader<std::process::ChildStdout>,
}

impl Waiting {
    fn after(octets: &[u8], arguments: &str) -> Self {
        let mut child = mipflow(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        input.write_all(octets).unwrap();
        let mut shown = String::new();
        while !shown.contains("accepted") && !shown.contains("\"rrp\"") {
            assert_ne!(output.read_line(&mut shown).unwrap(), 0, "output ended: {shown}");
        }
        Self { child, input, shown, output }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// All output and errors, and the exit code, while the pipe stays open.
    fn end(mut self) -> (String, String, Option<i32>) {
        self.output.read_to_string(&mut self.shown).unwrap();
        let mut error = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        drop(self.input);
        (self.shown, error, self.child.wait().unwrap().code())
    }
}

#[test]
fn who_ends_it_at_a_pipe_gets_what_was_seen() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cut, kept, kept_of_cut) =
        (folder.path().join("cut.pcap"), folder.path().join("kept.pcap"), folder.path().join("of-cut.pcap"));
    fs::write(&cut, &sample[..FIRST_FOUR_FRAMES]).unwrap();
    for (signal, format) in
        [(Signal::SIGINT, "text"), (Signal::SIGTERM, "ndjson"), (Signal::SIGHUP, "ndjson")]
    {
        let whole =
            shown(&format!("decode --format {format} -w {} {}", kept_of_cut.display(), cut.display()));
        // The writer is in the middle of a record, which is nobody's fault.
        let arguments = format!("decode --format {format} -w {} -", kept.display());
        let waiting = Waiting::after(&sample[..FIRST_FOUR_FRAMES + 5], &arguments);
        waiting.signal(signal);
        let (out, error, code) = waiting.end();
        assert_eq!((error.as_str(), code), ("", Some(0)), "{signal}");
        assert_eq!(out, whole.replace(cut.to_str().unwrap(), "-"), "{signal}");
        assert!(out.contains("192.0.2.10"), "{out}");
        assert_eq!(fs::read(&kept).unwrap(), fs::read(&kept_of_cut).unwrap(), "{signal}");
        assert_eq!(fs::read(&kept).unwrap().len(), 24 + (16 + 111) + (16 + 84));
    }
}

#[test]
fn what_its_writer_has_left_when_both_are_ended_is_read() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let mut waiting = Waiting::after(&sample[..FIRST_FOUR_FRAMES], "decode --show messages,nodes -");
    // It is stopped while its writer writes what it has left, and so the signal surely comes before.
    waiting.signal(Signal::SIGSTOP);
    waiting.signal(Signal::SIGINT);
    waiting.input.write_all(&sample[FIRST_FOUR_FRAMES..]).unwrap();
    waiting.signal(Signal::SIGCONT);
    let (out, error, code) = waiting.end();
    assert_eq!((error.as_str(), code), ("", Some(0)));
    assert_eq!(out, shown("decode --show messages,nodes samples/figure3.pcap"));
}

#[test]
fn files_beside_a_pipe_that_was_ended_are_read_to_their_end() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let waiting = Waiting::after(
        &sample[..FIRST_FOUR_FRAMES],
        "decode --show messages --format ndjson - samples/figure3.pcap",
    );
    waiting.signal(Signal::SIGINT);
    let (out, error, code) = waiting.end();
    assert_eq!((error.as_str(), code), ("", Some(0)));
    let of_file = |file: u32| out.matches(&format!("\"file\":{file},")).count();
    assert_eq!((of_file(0), of_file(1)), (2, 8), "{out}");
}

#[test]
fn one_pipe_that_was_ended_hides_neither_another_nor_a_file() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("second");
    mkfifo(&second, Mode::S_IRWXU).unwrap();
    let writer = thread::spawn({
        let (second, octets) = (second.clone(), sample[..FIRST_FOUR_FRAMES].to_vec());
        move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(second).unwrap();
            pipe.write_all(&octets).unwrap();
            pipe
        }
    });
    // The first pipe has nothing more to give while a frame of the second waits its turn.
    let arguments =
        format!("decode --show messages --format ndjson - {} samples/figure3.pcap", second.display());
    let waiting = Waiting::after(&sample[..FIRST_FOUR_FRAMES], &arguments);
    let _pipe = writer.join().unwrap();
    waiting.signal(Signal::SIGINT);
    let (out, error, code) = waiting.end();
    assert_eq!((error.as_str(), code), ("", Some(0)));
    let of_file = |file: u32| out.matches(&format!("\"file\":{file},")).count();
    assert_eq!([0, 1, 2].map(of_file), [2, 2, 8], "{out}");
}

#[test]
fn who_ends_it_twice_has_it_at_once() {
    let sample = fs::read("samples/figure3.pcap").unwrap();
    let waiting = Waiting::after(&sample[..FIRST_FOUR_FRAMES], "decode --show messages,nodes -");
    // Both are there when it goes on.
    waiting.signal(Signal::SIGSTOP);
    waiting.signal(Signal::SIGINT);
    waiting.signal(Signal::SIGTERM);
    waiting.signal(Signal::SIGCONT);
    let (out, _, code) = waiting.end();
    // Which of them comes first is the system's choice.
    assert!(
        [128 + Signal::SIGINT as i32, 128 + Signal::SIGTERM as i32].map(Some).contains(&code),
        "{code:?}"
    );
    assert!(!out.contains("Mobile nodes"), "{out}");
}
