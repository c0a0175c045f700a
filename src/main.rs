//! The `mipflow` command: parse the arguments, run the command, map the result to an exit code.

use std::process::ExitCode;

use mipflow::cli::{Cli, Failure};

fn main() -> ExitCode {
    let (Ok(exit) | Err(exit)) = Cli::from_arguments().and_then(|cli| cli.run().map_err(Failure::tell));
    exit.into()
}
