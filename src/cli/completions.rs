//! `mipflow completions`: what a shell needs to complete the command line.

use std::io::Write;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Args, Command, ValueHint};
use clap_complete::Shell;

use super::{Exit, Failure, output};
use crate::craft::{ReplayStyle, suite_names};
use crate::rules::{CATALOGUE, DEFINITIONS};
use crate::wire::AccessTechnology;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, command: Command) -> Result<Exit, Failure> {
        let mut command = command.mut_subcommands(|subcommand| {
            let name = subcommand.get_name().to_owned();
            subcommand.mut_args(|argument| with_offers(&name, argument))
        });
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "mipflow", &mut text);
        let mut text = with_lists(self.shell, &command, &String::from_utf8_lossy(&text)).into_bytes();
        if self.shell == Shell::Fish {
            command.get_subcommands().filter_map(fish_words).for_each(|line| text.extend(line.into_bytes()));
        }
        let mut out = output::stdout();
        out.write_all(&text).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
        Ok(Exit::Done)
    }
}

/// Makes shells also complete the words after a comma, for options that take several. `clap_complete` itself completes
/// only the first.
fn with_lists(shell: Shell, command: &Command, text: &str) -> String {
    let arguments = command.get_subcommands().flat_map(Command::get_arguments);
    let lists = arguments.filter(|argument| argument.get_value_delimiter() == Some(','));
    lists.fold(text.to_owned(), |text, argument| {
        let values = argument.get_possible_values();
        let all = |form: fn(&str, &str) -> String, between: &str| {
            let one = |value: &PossibleValue| {
                form(value.get_name(), &value.get_help().map(ToString::to_string).unwrap_or_default())
            };
            values.iter().map(one).collect::<Vec<_>>().join(between)
        };
        let (alone, list) = match shell {
            Shell::Bash => {
                let words = all(|name, _| name.to_owned(), " ");
                let list = format!("-P \"${{cur%\"${{cur##*,}}\"}}\" -W \"{words}\" -- \"${{cur##*,}}\"");
                (format!("-W \"{words}\" -- \"${{cur}}\""), list)
            }
            Shell::Zsh => (
                format!("(({}))'", all(|name, help| format!("{name}\\:\"{help}\""), "\n")),
                format!("_values -s , words {}'", all(|name, help| format!("\"{name}[{help}]\""), " ")),
            ),
            Shell::Fish => {
                let form = |name: &str, help: &str| format!("{name}\\t'{help}'");
                (format!("\"{}\"", all(form, "\n")), format!("\"(__fish_append , {})\"", all(form, " ")))
            }
            _ => return text,
        };
        text.replace(&alone, &list)
    })
}

/// What fish offers for the positional arguments of a command, if these are not files. `clap_complete` leaves them out,
/// and fish would then offer files; the condition that it writes for `help` is never true.
fn fish_words(command: &Command) -> Option<String> {
    let is_file =
        |argument: &Arg| matches!(argument.get_value_hint(), ValueHint::FilePath | ValueHint::AnyPath);
    if command.get_positionals().any(is_file) {
        return None;
    }
    let values: Vec<PossibleValue> = command.get_positionals().flat_map(Arg::get_possible_values).collect();
    let commands = command.get_subcommands().map(Command::get_name);
    let words: Vec<&str> = values.iter().map(PossibleValue::get_name).chain(commands).collect();
    let offer = if words.is_empty() { String::new() } else { format!(" -a \"{}\"", words.join(" ")) };
    let name = command.get_name();
    Some(format!("complete -c mipflow -n \"__fish_mipflow_using_subcommand {name}\" -f{offer}\n"))
}

/// Adds to an argument what a shell offers for it: words if there is a list of them, and files only if it takes files.
fn with_offers(command: &str, argument: Arg) -> Arg {
    if !argument.get_action().takes_values() || !argument.get_possible_values().is_empty() {
        return argument;
    }
    let rules = CATALOGUE.iter().map(|rule| rule.id);
    let words: Vec<&'static str> = match (command, argument.get_id().as_str()) {
        (_, "allow" | "deny") => rules.collect(),
        ("explain", "name") => rules.chain(DEFINITIONS.iter().map(|definition| definition.id)).collect(),
        ("send", "suite") => suite_names().chain(["list"]).collect(),
        // The first one is reserved.
        ("send", "att") => (1..=u8::MAX).map_while(|number| AccessTechnology(number).name()).collect(),
        ("send" | "serve", "replay") => ReplayStyle::NAMES.to_vec(),
        ("decode", "files") | ("watch", "source" | "replay") => {
            return argument.value_hint(ValueHint::FilePath);
        }
        ("watch", "user") => return argument.value_hint(ValueHint::Username),
        _ if argument.get_value_hint() == ValueHint::Unknown => {
            return argument.value_hint(ValueHint::Other);
        }
        _ => return argument,
    };
    argument.value_parser(PossibleValuesParser::new(words))
}
