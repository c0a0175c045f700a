//! The command line: one file a subcommand, each with its arguments and what it does with them.

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
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
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
    /// Reads the arguments of this process. Help, the version and what is wrong with them are told here; the error is the
    /// exit code after that.
    pub fn from_arguments() -> Result<Self, Exit> {
        let parsed = Self::parsed().try_get_matches().and_then(|found| Self::from_arg_matches(&found));
        parsed.map_err(|told| {
            let told = with_advice(told);
            if told.use_stderr() {
                // Who closed standard error does not want to know.
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

    /// The command line as it is parsed. A negative number is the value of the option before it, which then says what it
    /// takes; no option looks like one.
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

/// What is wrong with the command line, and what may have been meant by it: a capture in the place of a command, more
/// of what `watch` takes one of, or an option of another command or analyser.
fn with_advice(mut told: clap::Error) -> clap::Error {
    let word = |kind| match told.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let is_watching = || {
        let usage = told.get(ContextKind::Usage).map(ToString::to_string);
        usage.is_some_and(|usage| usage.contains(" watch "))
    };
    let advice = match told.kind() {
        ErrorKind::InvalidSubcommand => word(ContextKind::InvalidSubcommand)
            .filter(|word| Path::new(word).exists())
            .map(|word| format!("to read a capture, write `mipflow decode {word}` or `mipflow watch {word}`")),
        ErrorKind::UnknownArgument => word(ContextKind::InvalidArg)
            .filter(|word| !word.starts_with('-') && is_watching())
            .map(|_| {
                "several interfaces are `-i eth0 -i wlan0`; several captures become one by `mergecap -w - FILE... | \
                 mipflow watch -`"
                    .to_owned()
            })
            .or_else(|| of_another_command(word(ContextKind::InvalidArg)?))
            .or_else(|| of_another_analyser(word(ContextKind::InvalidArg)?).map(str::to_owned)),
        _ => None,
    };
    let is_unknown = told.kind() == ErrorKind::UnknownArgument;
    if is_unknown
        && (advice.is_some() || !word(ContextKind::InvalidArg).is_some_and(|word| Path::new(word).exists()))
    {
        // That it could be the name of a file, or is much like some other option.
        told.remove(ContextKind::Suggested);
        if advice.is_some() {
            told.remove(ContextKind::SuggestedArg);
        }
    }
    if let Some(advice) = advice {
        told.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![advice.into()]));
    }
    told
}

/// What has this option, where it is not the command that it was given to.
fn of_another_command(word: &str) -> Option<String> {
    let is_it = |argument: &Arg| match word.strip_prefix("--") {
        Some(long) => argument.get_long() == Some(long),
        None => argument
            .get_short()
            .is_some_and(|short| word.strip_prefix('-') == Some(short.to_string().as_str())),
    };
    let all = Cli::command();
    let commands = all.get_subcommands().filter(|command| command.get_arguments().any(is_it));
    let names: Vec<String> = commands.map(|command| format!("mipflow {}", command.get_name())).collect();
    (!names.is_empty()).then(|| format!("{word} is an option of {}", names.join(" and ")))
}

/// What is written here for what tcpdump and tshark have this option for.
fn of_another_analyser(word: &str) -> Option<&'static str> {
    match word {
        "-r" => Some("a capture is named without an option: mipflow decode FILE"),
        "-n" => Some("addresses and ports are always shown as numbers; leave -n out"),
        "-Y" => Some("-f FILTER of mipflow decode chooses packets, --node ADDRESS|NAI a mobile node"),
        _ => None,
    }
}

/// Whether a word of the command line holds what a terminal could obey: where names of files are put there by a shell,
/// who chose those may not have been the user.
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
