//! Names that others chose, in packets and of files: no format lets them do anything to who reads it.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::capture::{RAW, pcap};
use program::{Run, finished, mipflow};

/// What `decode` with these options prints of a file.
fn decoded(options: &str, path: &Path) -> Run {
    finished(mipflow(&format!("decode {options}")).arg(path))
}

/// A file whose name retitles a terminal, turns the direction of writing and has a character that XML does not allow.
fn badly_named(directory: &Path, content: &[u8]) -> PathBuf {
    let path = directory.join("a\u{1b}]0;b\u{7}\u{202e}\u{ffff}.pcap");
    fs::write(&path, content).unwrap();
    path
}

/// What is left of such a name where it is shown.
const SHOWN: &str = "a\\u{1b}]0;b\\u{7}\\u{202e}\\u{ffff}.pcap";

fn is_harmless(text: &str) -> bool {
    !text.contains(|char: char| char.is_control() && char != '\n' || "\u{202e}\u{ffff}".contains(char))
}

#[test]
fn names_of_files_are_escaped_in_all_formats() {
    let directory = tempfile::tempdir().unwrap();
    let path = badly_named(directory.path(), &pcap(RAW, &[]));
    for format in ["text --show stats", "csv --show stats", "json", "ndjson", "sarif", "junit"] {
        let run = decoded(&format!("--format {format}"), &path);
        assert_eq!((run.code, run.error.as_str()), (0, ""), "{format}");
        assert!(is_harmless(&run.out), "{format}: {:?}", run.out);
        if format.contains("stats") {
            assert!(run.out.contains(SHOWN), "{format}: {:?}", run.out);
        }
    }
}

#[test]
fn failures_escape_the_names_of_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = badly_named(directory.path(), b"");
    for format in ["text", "json", "sarif", "junit"] {
        let run = decoded(&format!("--format {format}"), &path);
        assert_eq!(run.code, 3);
        let told = format!("{SHOWN}` is empty: it has not even a capture header");
        assert!(run.error.contains(&told), "{:?}", run.error);
        assert!(is_harmless(&run.error) && is_harmless(&run.out), "{format}: {:?}{:?}", run.error, run.out);
        let is_in_the_report = run.out.contains(&told) || run.out.contains(&told.replace('\\', "\\\\"));
        assert_eq!(is_in_the_report, ["sarif", "junit"].contains(&format), "{:?}", run.out);
    }
}
