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
fn completions_offer_rules_suites_and_technologies_and_files_only_where_they_are_meant() {
    let fish = shown("completions fish");
    let offered = |command: &str, option: &str| {
        let line = fish.split("complete -c mipflow -n ").find(|line| {
            line.starts_with(&format!("\"__fish_mipflow_using_subcommand {command}\""))
                && line.contains(&format!(" -l {option} "))
        });
        line.unwrap_or_else(|| panic!("{command} --{option} is not there")).to_owned()
    };
    for (command, option, word) in [
        ("decode", "allow", "MP-004"),
        ("watch", "deny", "TUN-025"),
        ("send", "suite", "rfc7629"),
        ("send", "att", "802.11"),
        ("send", "replay", "nonce"),
        ("decode", "fail-on", "must"),
    ] {
        let offered = offered(command, option);
        let (_, words) = offered.split_once(" -a \"").expect(&offered);
        assert!(words.lines().any(|line| line.starts_with(&format!("{word}\\t"))), "{offered}");
    }
    for (command, option, is_file) in [
        ("decode", "write", true),
        ("decode", "key-file", true),
        ("decode", "node", false),
        ("send", "ha", false),
    ] {
        let offered = offered(command, option);
        assert_eq!(
            (offered.contains(" -r -F"), offered.contains(" -r -f")),
            (is_file, !is_file),
            "{offered}"
        );
    }
    // Arguments that are no options have a line of their own, without a description.
    let lines = |command: &str| {
        let begin = format!("complete -c mipflow -n \"__fish_mipflow_using_subcommand {command}\" -f");
        fish.lines().filter_map(|line| line.strip_prefix(&begin)).map(str::to_owned).collect::<Vec<_>>()
    };
    for (command, words) in [
        ("explain", [" REG-017 ", " D16\""]),
        ("completions", ["\"bash ", " zsh\""]),
        ("help", ["\"decode ", " man "]),
    ] {
        let lines = lines(command);
        assert_eq!(lines.len(), 1, "{command}: {lines:?}");
        assert!(words.iter().all(|word| lines[0].contains(word)), "{command}: {lines:?}");
    }
    assert_eq!(lines("man"), [""]);
    assert!(
        ["decode", "send", "watch"].into_iter().all(|command| lines(command).is_empty()),
        "they take files"
    );
    let bash = shown("completions bash");
    let (_, explain) = bash.split_once("mipflow__subcmd__explain)\n            opts=\"").expect("explain");
    assert!(explain.split_once('"').unwrap().0.contains(" MP-004 "), "a rule");
}

/// A shell that completes `mipflow decode --show nodes,f`, as far as there is one: bash is everywhere.
#[test]
fn completions_go_on_behind_a_comma() {
    let of_bash = |word: &str| {
        let script = format!(
            "source completions/mipflow.bash; COMP_WORDS=(mipflow decode --show {word}); COMP_CWORD=3; \
             _mipflow mipflow {word} --show; echo \"${{COMPREPLY[@]}}\""
        );
        let run = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        String::from_utf8(run.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(of_bash("f"), "flows findings");
    assert_eq!(of_bash("nodes,f"), "nodes,flows nodes,findings");
    assert_eq!(of_bash("nodes,flows,st"), "nodes,flows,stats");
    let (zsh, fish) = (shown("completions zsh"), shown("completions fish"));
    assert!(zsh.contains(":SECTIONS:_values -s , words \"messages[Every message]\" \"exchanges["), "{zsh}");
    assert!(
        fish.contains(" -l show -d 'Sections to show' -r -f -a \"(__fish_append , messages\\t'"),
        "{fish}"
    );
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
            let (_, described) = sections[*command].split_once("\n.SS OPTIONS\n").unwrap();
            assert!(described.contains(&name), "{command} {option} is not in the manual page");
        }
    }
}

#[test]
fn the_manual_page_tells_the_usage_that_help_tells_and_has_no_empty_section() {
    let page = shown("man");
    for command in COMMANDS {
        let help = shown(&format!("{command} --help"));
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).expect("a usage");
        let heading = format!(".SH \"MIPFLOW {}\"\n", command.to_uppercase());
        let (_, section) = page.split_once(&heading).expect("a section");
        let (_, synopsis) = section.split_once(".SS SYNOPSIS\n").expect("a synopsis");
        let told = synopsis.lines().next().unwrap();
        let told = told.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-");
        assert_eq!(told, usage, "{command}");
    }
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines.iter().any(|line| line.starts_with(".SH NOTES")));
    let is_heading = |line: &str| [".SH ", ".SS "].iter().any(|request| line.starts_with(request));
    for pair in lines.windows(2).filter(|pair| is_heading(pair[0])) {
        let is_of_a_command = pair[0].starts_with(".SH \"MIPFLOW ");
        assert!(is_of_a_command || !is_heading(pair[1]), "{pair:?} is empty");
    }
    assert!(!is_heading(lines.last().unwrap()));
}

#[test]
fn the_page_of_rules_is_current() {
    let file = "docs/rules.md";
    let current = shown("explain --format markdown");
    let there = fs::read_to_string(file).unwrap_or_default();
    assert!(there == current, "{file} is old: cargo run -- explain --format markdown > {file}");
}
