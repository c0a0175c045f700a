//! Advice about mistakes on the command line.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory as _};

use super::Cli;

/// Adds advice to an error about the command line if the mistake is a common one: a capture in the place of a command,
/// several interfaces or files for `watch`, an option of another command or of another analyser.
pub(super) fn with_advice(mut told: clap::Error) -> clap::Error {
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
        // clap's own suggestions: that the word may be a file, or a similar option. They would mislead here.
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

/// Names the commands that have this option, after it was given to one that does not have it.
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

/// What mipflow has in place of this option of tcpdump or tshark.
fn of_another_analyser(word: &str) -> Option<&'static str> {
    match word {
        "-r" => Some("a capture is named without an option: mipflow decode FILE"),
        "-n" => Some("addresses and ports are always shown as numbers; leave -n out"),
        "-Y" => Some("-f FILTER of mipflow decode chooses packets, --node ADDRESS|NAI a mobile node"),
        _ => None,
    }
}
