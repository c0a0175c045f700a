//! The README says what is so: its commands work, and its outputs are what they print.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use program::{COMMANDS, environment, options_of};

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
    assert!(output.status.success(), "{command}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The pages for users, and how many commands of `mipflow` each shows.
const PAGES: [(&str, usize); 8] = [
    ("README.md", 8),
    ("docs/decode.md", 5),
    ("docs/watch.md", 0),
    ("docs/capture.md", 1),
    ("docs/serve.md", 0),
    ("docs/send.md", 2),
    ("docs/what-is-inferred.md", 0),
    ("samples/README.md", 3),
];

#[test]
fn outputs_are_what_the_commands_print() {
    for (file, expected) in PAGES {
        let text = fs::read_to_string(file).unwrap();
        let mut tried = 0;
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
        assert_eq!(tried, expected, "commands of {file}");
    }
}

#[test]
fn links_lead_to_what_is_there() {
    let mut followed = 0;
    for (file, _) in PAGES.into_iter().chain([("docs/json.md", 0), ("benches/README.md", 0)]) {
        let text = fs::read_to_string(file).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (place, anchor) = link.split_once('#').unwrap_or((link, ""));
            if place.starts_with("https://") {
                continue;
            }
            let target = if place.is_empty() {
                Path::new(file).to_owned()
            } else {
                Path::new(file).parent().unwrap().join(place)
            };
            assert!(target.exists(), "{file}: {link}");
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&target).unwrap().to_lowercase().replace(' ', "-");
                assert!(
                    headings.lines().any(|line| line.trim_start_matches('#') == format!("-{anchor}")),
                    "{file}: {link}"
                );
            }
            followed += 1;
        }
    }
    assert!(followed >= 15, "{followed}");
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

/// Whether this stands for an option: the rule of a table begins so, too.
fn is_option(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic))
}

/// The words of a piece of code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split([' ', '\n', '=', ',', ')', '(', '|', '.', ';', '[', ']'])
}

/// The code on a page: blocks line by line, where a backslash joins lines, and what stands in the running text.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut prose = String::new();
    let mut inside = false;
    for line in text.replace("\\\n", " ").lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            found.push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    found.extend(prose.split('`').skip(1).step_by(2).map(str::to_owned));
    found
}

#[test]
fn each_option_shown_is_one_of_its_command() {
    let options: BTreeMap<&str, BTreeSet<String>> =
        COMMANDS.into_iter().map(|command| (command, options_of(command))).collect();
    let mut of_commands = 0;
    for (file, _) in PAGES {
        let text = fs::read_to_string(file).unwrap();
        for code in code(&text) {
            // Each program of a pipe has options of its own.
            for part in code.split(" | ") {
                let mut words = words(part).peekable();
                let mut command = None;
                while let Some(word) = words.next() {
                    if word == "mipflow" || word.ends_with("/mipflow") {
                        command = words.peek().copied().and_then(|word| options.get(word));
                    } else if word == "cargo" {
                        break;
                    } else if is_option(word) {
                        let is_known = match command {
                            Some(options) => options.contains(word),
                            None => options.values().any(|options| options.contains(word)),
                        };
                        assert!(is_known, "{file} shows {word}, which its command does not know: {part}");
                        of_commands += usize::from(command.is_some());
                    }
                }
            }
        }
    }
    assert!(of_commands >= 80, "{of_commands}");
}

/// The lines of the blocks that are shown and not tried, those that a backslash joins as one.
fn shell_lines(text: &str) -> Vec<String> {
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    blocks
        .flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn what_is_shown_of_decode_and_send_is_taken() {
    let mut tried = 0;
    for (file, _) in PAGES {
        for line in shell_lines(&fs::read_to_string(file).unwrap()) {
            let command = if line.starts_with("mipflow decode") {
                line.split(" > ").next().unwrap().replace("trace.pcap", "samples/figure3.pcap")
            } else if line.starts_with("mipflow send") {
                let line = line.replace("--key-file keys.toml", "--key 256=text:SECRET");
                format!("{} --dry-run", line.replace(" -w sent.pcap", ""))
            } else {
                continue;
            };
            assert!(!printed(&command).is_empty(), "{file}: {command}");
            tried += 1;
        }
    }
    assert_eq!(tried, 11);
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
