//! Standard input as it comes, and output that nobody reads to the end.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

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
