//! `mipflow completions`: what a shell needs to complete the command line.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use super::{Exit, Failure, output};

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, command: &mut clap::Command) -> Result<Exit, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, command, "mipflow", &mut text);
        let mut out = output::stdout();
        out.write_all(&text).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
        Ok(Exit::Done)
    }
}
