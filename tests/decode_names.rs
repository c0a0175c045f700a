//! Names that others chose, in packets and of files: no format lets them do anything to who reads it.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::capture::{RAW, datagram, pcap, request};
use program::{Run, finished, mipflow};

/// What `decode` with these options prints of a file.
fn decoded(options: &str, path: &Path) -> Run {
    finished(mipflow(&format!("decode {options}")).arg(path))
}

/// The cells below a heading of CSV whose cells hold no comma.
fn column(table: &str, heading: &str) -> Vec<String> {
    let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let place = rows.next().unwrap().iter().position(|cell| *cell == heading).unwrap();
    rows.map(|row| (*row.get(place).unwrap()).to_owned()).collect()
}

#[test]
fn no_spreadsheet_takes_a_name_for_a_formula() {
    let names = ["=1+1", "+1@example.org", "-1", "@SUM(A1)", "a=b@example.org", "", "\\u{3d}1"];
    let wanted = [
        "\\u{3d}1+1",
        "\\u{2b}1@example.org",
        "\\u{2d}1",
        "\\u{40}SUM(A1)",
        "a=b@example.org",
        "",
        "\\\\u{3d}1",
    ];
    let frames: Vec<Vec<u8>> = names
        .iter()
        .map(|name| {
            let nai = [&[131, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
            datagram(434, 434, &request(&nai))
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("names.pcap");
    fs::write(&path, pcap(RAW, &frames)).unwrap();
    assert_eq!(column(&decoded("--format csv --show messages", &path).out, "nai"), wanted);
    // All have one Identification, and are one request with the name that was seen first.
    assert_eq!(column(&decoded("--format csv --show exchanges", &path).out, "nai"), wanted[..1]);
    // The name itself is where it is no cell.
    let run = decoded("--format json --show messages", &path);
    assert!(run.out.contains(r#""nai":"=1+1""#), "{}", run.out);
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
fn names_of_files_are_escaped_in_trees() {
    let directory = tempfile::tempdir().unwrap();
    let path = badly_named(directory.path(), &pcap(RAW, &[datagram(434, 434, &request(&[]))]));
    let run = finished(mipflow("decode -v --show messages samples/malformed.pcap").arg(path));
    let of_it: Vec<&str> = run.out.lines().filter(|line| line.ends_with(", 52 octets on the link")).collect();
    assert!(of_it.iter().any(|line| line.contains(&format!("{SHOWN}, "))), "{of_it:?}");
    assert!(is_harmless(&run.out), "{of_it:?}");
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
