//! The command line: one file a subcommand, each with its arguments and what it does with them.

mod advice;
mod completions;
mod decode;
mod excerpt;
mod exit;
mod explain;
mod interfaces;
mod interruption;
mod keys;
mod man;
mod numbers;
mod open_files;
mod output;
mod quantity;
mod reply_timeout;
mod send;
mod serve;
mod text_file;
mod validation;
mod watch;

pub use exit::{Exit, Failure};

use std::io::{self, IsTerminal as _, Write as _};

use clap::{Arg, CommandFactory, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::report::harmless;
use output::Colour;

/// Decode, watch and probe Mobile IPv4 with several care-of addresses and bound flows (RFC 5944, RFC 7629).
#[derive(Debug, Parser)]
#[command(name = "mipflow", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done; 1 done, and there are findings of the level of --fail-on or above, or an \
                        expectation of send did not hold; 2 the command line is wrong; 3 input or output failed (what \
                        could be read was printed all the same)."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(Box<decode::Decode>),
    Send(Box<send::Send>),
    Serve(Box<serve::Serve>),
    Explain(explain::Explain),
    Watch(Box<watch::Watch>),
    Interfaces(interfaces::Interfaces),
    Completions(completions::Completions),
    Man(man::Man),
}

/// The value of an option that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Cli {
    /// Reads the arguments of this process. Prints help, the version, and what is wrong with the arguments; in these
    /// cases returns the exit code as an error.
    pub fn from_arguments() -> Result<Self, Exit> {
        let parsed = Self::parsed().try_get_matches().and_then(|found| Self::from_arg_matches(&found));
        parsed.map_err(|told| {
            let told = advice::with_advice(told);
            if told.use_stderr() {
                // If standard error is closed, nobody wants to read this.
                let _ = if has_harmful_words() {
                    writeln!(io::stderr(), "{}", harmless(told.to_string().trim_end()))
                } else {
                    told.print()
                };
                return Exit::Usage;
            }
            let printed = told.print();
            exit::draw_failures_in(output::glyphs(false, io::stderr().is_terminal()), Colour::Auto);
            printed.map_or_else(|error| Failure::output(&error).tell(), |()| Exit::Done)
        })
    }

    /// The command line as it is parsed. A negative number is taken as the value of the option before it, so that this
    /// option can say which values it takes. No option looks like a negative number.
    fn parsed() -> clap::Command {
        let with_negatives = |argument: Arg| {
            let takes_a_value = !argument.is_positional() && argument.get_action().takes_values();
            argument.allow_negative_numbers(takes_a_value)
        };
        Self::command().mut_subcommands(|command| command.mut_args(with_negatives))
    }

    /// Does what the command line asks for.
    pub fn run(self) -> Result<Exit, Failure> {
        let (ascii, color) = match &self.command {
            Command::Decode(decode) => (decode.ascii, decode.color),
            Command::Explain(explain) => (explain.ascii, explain.color),
            Command::Send(send) => (send.ascii, send.color),
            Command::Watch(watch) => (watch.ascii, Colour::Auto),
            Command::Serve(_) | Command::Interfaces(_) | Command::Completions(_) | Command::Man(_) => {
                (false, Colour::Auto)
            }
        };
        exit::draw_failures_in(output::glyphs(ascii, io::stderr().is_terminal()), color);
        match self.command {
            Command::Decode(decode) => decode.run(),
            Command::Explain(explain) => explain.run(),
            Command::Send(send) => send.run(),
            Command::Serve(serve) => serve.run(),
            Command::Watch(watch) => watch.run(),
            Command::Interfaces(interfaces) => interfaces.run(),
            Command::Completions(completions) => completions.run(Self::command()),
            Command::Man(man) => man.run(Self::command()),
        }
    }
}

/// Whether a word of the command line holds control characters that a terminal could obey. File names that a shell puts
/// there may have been chosen by somebody else than the user.
fn has_harmful_words() -> bool {
    std::env::args_os().any(|word| {
        let word = word.to_string_lossy();
        harmless(&word) != word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::parsed().debug_assert();
    }
}
