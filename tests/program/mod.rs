//! The program as its users run it.

// Each test file uses what it needs.
#![allow(dead_code)]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod capture;
pub mod environment;
pub mod scenario;
pub mod watching;

use std::collections::BTreeSet;
use std::process::{Command, Output};

/// The key of the samples, as `--key` takes it.
pub const KEY: &str = "256=text:mipflow-sample";

/// The commands, but for `help`.
pub const COMMANDS: [&str; 8] =
    ["decode", "send", "serve", "explain", "watch", "interfaces", "completions", "man"];

/// `mipflow` with arguments separated by blanks, in an environment of its own.
pub fn mipflow(arguments: &str) -> Command {
    let mut command = environment::command(environment::PROGRAM);
    command.args(arguments.split_whitespace());
    command
}

/// What a run gave.
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub error: String,
}

/// Runs `mipflow` to its end with nothing on standard input.
pub fn run(arguments: &str) -> Run {
    finished(&mut mipflow(arguments))
}

/// Runs a command to its end with nothing on standard input.
pub fn finished(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } =
        command.stdin(std::process::Stdio::null()).output().expect("the program starts");
    Run {
        code: status.code().expect("the program ends by itself"),
        out: String::from_utf8(stdout).expect("output is UTF-8"),
        error: String::from_utf8(stderr).expect("errors are UTF-8"),
    }
}

/// The output of a run that has to succeed in silence.
pub fn shown(arguments: &str) -> String {
    let run = run(arguments);
    assert_eq!((run.code, run.error.as_str()), (0, ""), "mipflow {arguments}");
    run.out
}

/// The long options that a command's help tells of, `--help` and `--version` among them.
pub fn options_of(command: &str) -> BTreeSet<String> {
    let help = shown(&format!("{command} --help"));
    // An option's own line begins with it, two or six columns in; farther in is what is said about options.
    let indented =
        |line: &&str| line.len() - line.trim_start().len() < 8 && line.trim_start().starts_with('-');
    let own = help.lines().filter(indented);
    let words = own.filter_map(|line| line.split([' ', ',', '[', '=']).find(|word| word.starts_with("--")));
    words.map(str::to_owned).collect()
}
