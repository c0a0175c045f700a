//! The README says what is so: its commands work, and its outputs are what they print.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program;

use std::fs;
use std::path::Path;

use program::environment;

/// The console blocks: each command, and what the README says it prints.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => found.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("a console block begins without a command: {line}"),
            },
            (false, _) => {}
        }
    }
    found
}

/// What a shell prints for `command`, with this build's `mipflow` first in its path.
fn printed(command: &str) -> String {
    let program = Path::new(environment::PROGRAM);
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = environment::command("sh");
    let output = shell.args(["-c", command]).env("PATH", path).output().expect("sh starts");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{command}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn outputs_are_what_the_commands_print() {
    let mut tried = 0;
    for file in ["README.md", "samples/README.md"] {
        let text = fs::read_to_string(file).unwrap();
        for (command, output) in blocks(&text) {
            if !command.starts_with("mipflow ") {
                continue;
            }
            let found = printed(&command);
            // A block ends where its text does; the program ends a tree with a blank line.
            let is_told = found.trim_end() == output.trim_end();
            assert!(output.is_empty() || is_told, "{file}: $ {command}\n{found}");
            tried += 1;
        }
    }
    assert!(tried >= 6, "only {tried} commands were tried");
}

#[test]
fn the_two_set_up_commands_are_the_ones_that_are_tried() {
    let text = fs::read_to_string("README.md").unwrap();
    let commands: Vec<String> = blocks(&text)
        .into_iter()
        .map(|(command, _)| command)
        .filter(|command| !command.starts_with("mipflow "))
        .take(2)
        .collect();
    assert_eq!(commands, ["./setup", "cargo test --locked"]);
    let setup = fs::read_to_string("setup").unwrap();
    assert!(setup.trim_end().ends_with("cargo run --release --locked -- decode samples/figure3.pcap"));
    let checks = fs::read_to_string(".ci/run").unwrap();
    assert!(checks.lines().any(|line| line == "./setup tools"), ".ci/run installs what ./setup does");
    assert!(checks.lines().any(|line| line == "cargo test --locked"), ".ci/run tests as the README does");
}

#[test]
fn each_option_shown_is_told() {
    let text = fs::read_to_string("README.md").unwrap();
    let help = ["decode", "watch", "send", "serve"]
        .map(|command| program::shown(&format!("{command} --help")))
        .concat();
    for word in text.split([' ', '\n', '`', '=', ',', ')', '(', '|', '.', ';']).filter(|word| {
        // The rule of a table begins so, too.
        word.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic))
    }) {
        let known = ["--locked", "--path"].contains(&word);
        assert!(known || help.contains(word), "README.md shows {word}, which no command knows");
    }
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt;

    for file in ["setup", ".ci/run"] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{file}");
    }
}
