//! The `mipflow` command: parse the arguments, run the command, map the result to an exit code.

use std::process::ExitCode;

use clap::Parser;
use mipflow::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell().into(),
    }
}
