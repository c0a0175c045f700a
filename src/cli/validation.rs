//! Options about rules and findings, the same for every subcommand that judges.

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Switch};
use crate::rules::{CATALOGUE, Choice, Findings, Level};

/// What is judged, and what a finding means for the exit code.
#[derive(Debug, Args)]
pub(super) struct ValidationOptions {
    /// Exit with 1 if there is a finding of this level or above
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Never)]
    pub fail_on: FailOn,

    /// Hide the findings of this rule, or of all rules whose names begin like this (repeatable)
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,

    /// Raise the findings of this rule, or of all rules whose names begin like this, to must (repeatable)
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,

    /// Assume that nothing was registered before the start, for rules that need all bindings of a node [default: on for
    /// decode and for files in watch, else off]
    #[arg(long, value_name = "on|off", value_enum, hide_possible_values = true)]
    assume_cold_start: Option<Switch>,
}

/// The least grave level that matters for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Must,
    Should,
    Note,
    Never,
}

impl FailOn {
    /// The level; `None` for never.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Must => Some(Level::Must),
            Self::Should => Some(Level::Should),
            Self::Note => Some(Level::Note),
            Self::Never => None,
        }
    }

    /// The exit code that findings come to of which this level is the gravest.
    pub fn exit(self, gravest: Option<Level>) -> Exit {
        let is_reached = self.level().zip(gravest).is_some_and(|(threshold, gravest)| gravest <= threshold);
        if is_reached { Exit::Findings } else { Exit::Done }
    }
}

impl ValidationOptions {
    /// Whether nothing was registered before it began; `default` where nothing was said.
    pub fn cold_start(&self, default: bool) -> bool {
        self.assume_cold_start.map_or(default, |assumed| assumed == Switch::On)
    }

    /// What is hidden and what is raised.
    pub fn choice(&self) -> Result<Choice, Failure> {
        let known = |name: &String| {
            let name = name.to_ascii_uppercase();
            // All rules begin with nothing; a variable of a script that is empty is not to hide them all.
            if !name.is_empty() && CATALOGUE.iter().any(|rule| rule.id.starts_with(&name)) {
                Ok(name)
            } else {
                Err(Failure::usage(
                    format!("there is no rule '{name}', nor one that begins like this"),
                    Some("mipflow explain lists all rules".into()),
                ))
            }
        };
        Ok(Choice {
            allow: self.allow.iter().map(known).collect::<Result<_, _>>()?,
            deny: self.deny.iter().map(known).collect::<Result<_, _>>()?,
        })
    }

    /// The exit code that these findings come to.
    pub fn exit(
        fail_on: FailOn,
        findings: &Findings,
        is_wanted: impl Fn(&crate::rules::Finding) -> bool,
    ) -> Exit {
        let Some(threshold) = fail_on.level() else { return Exit::Done };
        // All of them count, kept or not, as long as none is sorted out.
        let evicted = findings.evicted() > 0 && findings.gravest().is_some_and(|level| level <= threshold);
        let found = findings.kept().iter().any(|finding| finding.level <= threshold && is_wanted(finding));
        if found || evicted { Exit::Findings } else { Exit::Done }
    }
}
