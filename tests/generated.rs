//! What is generated from the command line's own definitions.

mod program;

use std::fs;

use program::shown;

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
fn the_manual_page_has_each_option() {
    let page = shown("man");
    let help = ["decode", "watch", "serve"].map(|command| shown(&format!("{command} --help"))).concat();
    let options: Vec<&str> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-') && line.starts_with("  "))
        .filter_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--")))
        .collect();
    assert!(options.len() >= 35, "{options:?}");
    for option in options {
        let escaped = option.replace('-', "\\-");
        assert!(page.contains(&escaped), "{option} is not in the manual page");
    }
    for command in ["DECODE", "WATCH", "SEND", "SERVE", "INTERFACES", "COMPLETIONS", "MAN"] {
        assert!(page.contains(&format!(".SH \"MIPFLOW {command}\"")), "{command}");
    }
}

#[test]
fn the_page_of_rules_is_current() {
    let file = "docs/rules.md";
    let current = shown("explain --format markdown");
    let there = fs::read_to_string(file).unwrap_or_default();
    assert!(there == current, "{file} is old: cargo run -- explain --format markdown > {file}");
}
