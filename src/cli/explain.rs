//! `mipflow explain`: what the rules are, and what one of them means.

use std::slice;

use clap::{Args, ValueEnum};

use super::output::{self, Colour};
use super::{Exit, Failure};
use crate::report::Explanation;
use crate::rules::{CATALOGUE, DEFINITIONS, Level, Rule, Scope};

const EXAMPLES: &str = "Examples:
  mipflow explain MP-004
  mipflow explain MP --level must
  mipflow explain D9
  mipflow explain --format json | jq '.[].id'";

/// Explain a rule, or list the rules
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// A rule, the beginning of several rules' names, or a term that rules use (D1 to D16)
    #[arg(value_name = "RULE")]
    name: Option<String>,

    /// List only rules of this level
    #[arg(long, value_enum)]
    level: Option<LevelName>,

    /// List only rules that need this to be known
    #[arg(long, value_enum)]
    scope: Option<ScopeName>,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// When to use colour
    #[arg(long, value_enum, default_value_t)]
    pub(super) color: Colour,

    /// Use only ASCII characters; the default unless the locale is UTF-8
    #[arg(long)]
    pub(super) ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LevelName {
    Must,
    Should,
    Note,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScopeName {
    /// One message alone
    Message,
    /// A request and its reply
    Exchange,
    /// Earlier history
    State,
    /// Tunnelled packets
    Traffic,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// A list of objects
    Json,
    /// A page for the documentation
    Markdown,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut out = output::stdout();
        let mut explanation = Explanation::new(&mut out, output::look(self.color, self.ascii));
        let name = self.name.as_deref().map(str::to_ascii_uppercase);
        let definition = DEFINITIONS.iter().find(|definition| name.as_deref() == Some(definition.id));
        let rules: Vec<&Rule> = CATALOGUE
            .iter()
            .copied()
            .filter(|rule| name.as_deref().is_none_or(|name| rule.id.starts_with(name)))
            .filter(|rule| self.level.is_none_or(|level| rule.level == level.level()))
            .filter(|rule| self.scope.is_none_or(|scope| rule.scope == scope.scope()))
            .collect();
        let asks_for_all = name.is_none() && self.level.is_none() && self.scope.is_none();
        if rules.is_empty() && definition.is_none() {
            let is_passed_over =
                |name: &String| CATALOGUE.iter().any(|rule| rule.id.starts_with(name.as_str()));
            let letters =
                |name: &String| -> String { name.chars().take_while(char::is_ascii_alphabetic).collect() };
            let family = name.as_ref().map(letters).filter(|family| {
                !family.is_empty() && CATALOGUE.iter().any(|rule| rule.id.split('-').next() == Some(family))
            });
            let advice = match family {
                Some(family) => format!("mipflow explain {family} lists the rules that begin like this"),
                None => "mipflow explain lists all rules with their levels and scopes".to_owned(),
            };
            return Err(Failure::usage(
                match name {
                    Some(name) if is_passed_over(&name) => format!("{name} is not of this level or scope"),
                    Some(name) => format!("there is no such rule or term: {name}"),
                    None => "there is no rule of this level and scope".to_owned(),
                },
                Some(advice),
            ));
        }
        let written = match (self.format, definition, rules.as_slice()) {
            (Format::Json, Some(definition), _) => explanation.definition_json(definition),
            (Format::Json, None, rules) => explanation.json(rules),
            (Format::Markdown, Some(definition), rules) => {
                explanation.markdown(slice::from_ref(definition), rules)
            }
            (Format::Markdown, None, rules) if asks_for_all => explanation.markdown(&DEFINITIONS, rules),
            (Format::Markdown, None, rules) => explanation.markdown(&[], rules),
            (Format::Text, Some(definition), _) => explanation.definition(definition),
            (Format::Text, None, [rule]) if name.is_some() => explanation.rule(rule),
            (Format::Text, None, rules) => explanation.list(rules),
        };
        written.map_err(|error| Failure::output(&error))?;
        Ok(Exit::Done)
    }
}

impl LevelName {
    const fn level(self) -> Level {
        match self {
            Self::Must => Level::Must,
            Self::Should => Level::Should,
            Self::Note => Level::Note,
        }
    }
}

impl ScopeName {
    const fn scope(self) -> Scope {
        match self {
            Self::Message => Scope::Message,
            Self::Exchange => Scope::Exchange,
            Self::State => Scope::State,
            Self::Traffic => Scope::Traffic,
        }
    }
}
