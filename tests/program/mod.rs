//! The program as its users run it.

// Each test file uses what it needs.
#![allow(dead_code)]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod capture;
pub mod watching;

use std::process::{Command, Output};

/// The key of the samples, as `--key` takes it.
pub const KEY: &str = "256=text:mipflow-sample";

/// `mipflow` with arguments separated by blanks, and nothing of the caller's terminal or colours.
pub fn mipflow(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mipflow"));
    command.args(arguments.split_whitespace()).env_remove("NO_COLOR").env("TERM", "xterm").env("TZ", "UTC");
    command.env("LC_ALL", "C.UTF-8").env_remove("COLUMNS");
    // Who calls the tests by sudo is not whom a watch has to become.
    command.env_remove("SUDO_UID").env_remove("SUDO_GID");
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
