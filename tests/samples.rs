//! The captures in `samples/` are what the documented command makes.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../examples/samples/main.rs"]
mod generator;

use std::fs;
use std::path::Path;

#[test]
fn samples_are_what_their_generator_makes() {
    let made = tempfile::tempdir().unwrap();
    generator::write(made.path()).unwrap();
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (name, _) in generator::SAMPLES {
        let expected = fs::read(made.path().join(name)).unwrap();
        let found = fs::read(there.join(name)).unwrap();
        assert!(found == expected, "{name} differs: cargo run --example samples -- samples");
    }
    let captures = fs::read_dir(&there)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|found| found == "pcap"))
        .count();
    assert_eq!(captures, generator::SAMPLES.len(), "a capture in samples/ that nothing makes");
}

#[test]
fn each_sample_is_described() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/README.md")).unwrap();
    for (name, _) in generator::SAMPLES {
        assert!(text.contains(&format!("## {name}\n")), "{name} has no section in samples/README.md");
    }
}

#[test]
fn each_scenario_is_described() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let text = fs::read_to_string(samples.join("README.md")).unwrap();
    let listed = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let mut listed: Vec<&str> =
        listed.filter(|cell| Path::new(cell).extension().is_some_and(|found| found == "toml")).collect();
    listed.sort_unstable();
    let entries = fs::read_dir(samples.join("scenarios")).unwrap();
    let mut there: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.sort_unstable();
    assert_eq!(listed, there);
}
