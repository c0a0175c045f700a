//! The `mipflow` command: parse the arguments, run the command, map the result to an exit code.

use std::process::ExitCode;

use mipflow::cli::{Cli, Failure};

fn main() -> ExitCode {
    let exit = Cli::from_arguments().and_then(|cli| cli.run().map_err(Failure::tell));
    exit.unwrap_or_else(|exit| exit).into()
}
