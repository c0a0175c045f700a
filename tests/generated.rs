//! What is generated from the command line's own definitions.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use program::{COMMANDS, options_of, shown};

#[test]
fn completions_are_current() {
    for (shell, file) in [
        ("bash", "completions/mipflow.bash"),
        ("zsh", "completions/_mipflow"),
        ("fish", "completions/mipflow.fish"),
    ] {
        let current = shown(&format!("completions {shell}"));
        let there = fs::read_to_string(file).unwrap_or_default();
        assert!(there == current, "{file} is old: cargo run -- completions {shell} > {file}");
    }
}

#[test]
fn the_manual_page_has_each_option_with_its_command() {
    let page = shown("man");
    let sections: BTreeMap<String, &str> = page
        .split(".SH \"MIPFLOW ")
        .skip(1)
        .map(|section| section.split_once("\"\n").expect("a heading"))
        .map(|(command, section)| (command.to_lowercase(), section))
        .collect();
    let told = shown("--help");
    let (_, list) = told.split_once("Commands:\n").unwrap();
    let list = list.split("\n\n").next().unwrap().lines();
    let commands: Vec<&str> = list
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split(' ').next())
        .filter(|command| *command != "help")
        .collect();
    assert_eq!(commands, COMMANDS);
    assert!(sections.keys().map(String::as_str).eq(BTreeSet::from(COMMANDS)), "{:?}", sections.keys());
    assert!(page.split(".SH \"MIPFLOW ").next().unwrap().contains("\\fB\\-\\-version\\fR"));
    for (command, least) in COMMANDS.iter().zip([25, 40, 15, 5, 25, 2, 2, 2]) {
        let options = options_of(command);
        assert!(options.len() >= least, "{command}: {options:?}");
        // That one is told once, for all commands.
        for option in options.iter().filter(|option| *option != "--version") {
            // Bold, and nothing behind it.
            let name = format!("\\fB{}\\fR", option.replace('-', "\\-"));
            let (_, described) = sections[*command].split_once("\n.SH OPTIONS\n").unwrap();
            assert!(described.contains(&name), "{command} {option} is not in the manual page");
        }
    }
}

#[test]
fn the_page_of_rules_is_current() {
    let file = "docs/rules.md";
    let current = shown("explain --format markdown");
    let there = fs::read_to_string(file).unwrap_or_default();
    assert!(there == current, "{file} is old: cargo run -- explain --format markdown > {file}");
}
