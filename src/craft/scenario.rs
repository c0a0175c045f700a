//! Scenarios: conversations written in TOML. Errors say what is wrong and where.

mod secrets;
mod values;
mod variables;

pub use secrets::without_secrets;
pub use values::{parse_access_technology, parse_rate};
pub(super) use variables::names_in_vars;
pub use variables::variables_of;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::call::{Call, SettingsError};
use super::runner::Step;
use super::settings::Settings;
use crate::wire::Numbers;

/// The values of variables, which replace `${name}`.
pub type Variables = BTreeMap<String, Zeroizing<String>>;

/// What the command line and the environment say for a scenario. Not to be printed: a variable may be a secret.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Settings from the command line.
    pub settings: Settings,
    /// Settings from the environment, which apply where nothing else is set.
    pub environment: Settings,
    /// Variables from the command line.
    pub variables: Variables,
    /// The assigned numbers that requests are written with.
    pub numbers: Numbers,
    /// Whether broadcast and multicast destinations are allowed.
    pub allow_broadcast: bool,
}

/// An error in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{message}", self.place())]
pub struct ScenarioError {
    /// The line, from 1.
    pub line: usize,
    /// The step at fault, if it is in one.
    pub step: Option<String>,
    /// The key at fault, if it is about one.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What can be done.
    pub help: Option<String>,
    /// The octets of the file at fault.
    pub span: Range<usize>,
}

impl ScenarioError {
    fn place(&self) -> String {
        let step = self.step.as_ref().map(|step| format!(", step \"{step}\"")).unwrap_or_default();
        let key = self.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
        format!("line {}{step}{key}: ", self.line)
    }
}

/// Reads a scenario. Its steps are checked as far as possible without sending anything.
pub fn read(source: &str, surroundings: &Surroundings) -> Result<Vec<Step>, ScenarioError> {
    let mut reader = Reader::new(source, surroundings);
    let document = reader.document()?;
    let table = document.get_ref();
    reader.only_known(
        table,
        &["vars", "defaults", "step"],
        "a scenario has [vars], [defaults] and [[step]]",
    )?;
    reader.read_variables(table)?;
    let defaults = reader.defaults(table)?;
    let Some(steps) = table.get("step") else {
        return Err(reader.error(0..0, None, "there is no [[step]] in it", None));
    };
    let read = reader.steps(steps, "step")?;
    let mut checked = Vec::new();
    for step in &read {
        let below = defaults.settings.clone().over(&surroundings.environment);
        let settings = surroundings.settings.clone().over(&step.layer.settings.clone().over(&below));
        checked.extend(reader.check(step, &settings, &defaults)?);
    }
    Ok(checked)
}

/// The keys of a step: the settings, `name` and `use`.
fn keys() -> impl Iterator<Item = &'static str> {
    let settings = Settings::NAMES.iter().map(|name| if *name == "overrides" { "override" } else { name });
    settings.chain(["name", "use"])
}

/// Settings, and where each of them is in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub settings: Settings,
    spans: BTreeMap<String, Range<usize>>,
}

impl Layer {
    fn over(self, below: &Self) -> Self {
        let mut spans = below.spans.clone();
        spans.extend(self.spans);
        Self { settings: self.settings.over(&below.settings), spans }
    }
}

/// A step as it was read, including the settings that it uses from an earlier step.
#[derive(Clone, Debug)]
pub(super) struct ReadStep {
    pub name: String,
    pub layer: Layer,
    span: Range<usize>,
    only_waits: bool,
}

/// Reads one file.
pub(super) struct Reader<'s> {
    source: &'s str,
    surroundings: &'s Surroundings,
    variables: Variables,
    /// The step that is being read, for errors.
    step: Option<String>,
}

type Value<'v> = Spanned<DeValue<'v>>;

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str, surroundings: &'s Surroundings) -> Self {
        Self { source, surroundings, variables: Variables::new(), step: None }
    }

    pub(super) fn document(&self) -> Result<Spanned<DeTable<'s>>, ScenarioError> {
        DeTable::parse(self.source).map_err(|error| {
            // Only the message is used: the error's own rendering quotes the line, which may contain a secret.
            self.error(error.span().unwrap_or(0..0), None, error.message(), None)
        })
    }

    /// Defines a variable, replacing any of that name.
    pub(super) fn define(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), Zeroizing::new(value));
    }

    pub(super) fn defaults(&mut self, table: &DeTable<'_>) -> Result<Layer, ScenarioError> {
        match table.get("defaults") {
            None => Ok(Layer::default()),
            Some(defaults) => match defaults.get_ref() {
                DeValue::Table(defaults) => self.layer(defaults, &[]),
                _ => Err(self.error(defaults.span(), Some("defaults"), "[defaults] is a table", None)),
            },
        }
    }

    /// Reads the steps of an array of tables; `use` can name earlier steps of the same array.
    pub(super) fn steps(&mut self, steps: &Value<'_>, key: &str) -> Result<Vec<ReadStep>, ScenarioError> {
        let DeValue::Array(array) = steps.get_ref() else {
            let message = format!("steps are written as [[{key}]]");
            return Err(self.error(steps.span(), Some(key), &message, None));
        };
        let mut read: Vec<ReadStep> = Vec::new();
        for step in array {
            let DeValue::Table(table) = step.get_ref() else {
                let message = format!("a step is a table, written as [[{key}]]");
                return Err(self.error(step.span(), Some(key), &message, None));
            };
            let next = self.step(table, step.span(), &read)?;
            read.push(next);
        }
        self.step = None;
        Ok(read)
    }

    fn step(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        before: &[ReadStep],
    ) -> Result<ReadStep, ScenarioError> {
        self.step = None;
        let name = match table.get("name") {
            Some(name) => self.text(name, "name")?,
            None => format!("step {}", before.len().saturating_add(1)),
        };
        self.step = Some(name.clone());
        let own = self.layer(table, &["name", "use"])?;
        let only_waits = own.settings.wait.is_some()
            && table.iter().all(|(key, _)| matches!(key.get_ref().as_ref(), "name" | "wait"));
        let of_request = of_the_request(&own.spans);
        let layer = match table.get("use") {
            None => own,
            Some(used) => {
                let wanted = self.text(used, "use")?;
                let Some(earlier) = before.iter().rev().find(|step| step.name == wanted) else {
                    let names: Vec<String> = before.iter().map(|step| format!("\"{}\"", step.name)).collect();
                    let help = match names.as_slice() {
                        [] => "this is the first step".to_owned(),
                        names => format!("earlier steps are {}", names.join(", ")),
                    };
                    let message = format!("there is no earlier step \"{wanted}\"");
                    return Err(self.error(used.span(), Some("use"), &message, Some(help)));
                };
                let mut below = earlier.layer.clone();
                below.settings.expect = None;
                below.settings.overrides = None;
                own.over(&below)
            }
        };
        if let (Some(_), Some((key, span))) = (&layer.settings.raw, of_request) {
            let message = format!("raw octets are sent unchanged, and {key} would change nothing of them");
            return Err(self.error(span, Some(key), &message, Some("leave out one of the two".to_owned())));
        }
        Ok(ReadStep { name, layer, span, only_waits })
    }

    /// Checks a step and turns it into steps of a run: a mere pause if it only waits, several if it is repeated.
    pub(super) fn check(
        &self,
        step: &ReadStep,
        settings: &Settings,
        defaults: &Layer,
    ) -> Result<Vec<Step>, ScenarioError> {
        let wait = settings.wait;
        if step.only_waits {
            return Ok(vec![Step { name: step.name.clone(), wait, call: None }]);
        }
        // Only the step's own keys count: in [defaults] they take effect in the steps that have the extension.
        let of_multipath =
            ["att", "label"].into_iter().find_map(|key| Some((key, step.layer.spans.get(key)?)));
        if let (None, None, Some((key, span))) = (settings.bid, &settings.raw, of_multipath) {
            let message = format!("{key} is of the Multipath extension, and without a bid there is none");
            let help = "add the Binding Identifier: it is what adds the extension";
            let mut error = self.error(span.clone(), Some(key), &message, Some(help.to_owned()));
            error.step = Some(step.name.clone());
            return Err(error);
        }
        let Surroundings { numbers, allow_broadcast, .. } = self.surroundings;
        let call = Call::new(settings, *numbers, *allow_broadcast).map_err(|error| {
            let SettingsError { key, message, help } = error;
            let written = step.layer.spans.get(&key).or_else(|| defaults.spans.get(&key));
            let span = written.cloned().unwrap_or(step.span.clone());
            let mut error = self.error(span, Some(&key), &message, help);
            error.step = Some(step.name.clone());
            error
        })?;
        Ok(repeated(&step.name, wait, call, settings.repeat.unwrap_or(1)))
    }

    fn layer(&mut self, table: &DeTable<'_>, others: &[&str]) -> Result<Layer, ScenarioError> {
        let mut layer = Layer::default();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if others.contains(&name) {
                continue;
            }
            layer.spans.insert(name.to_owned(), value.span());
            if name == "override" {
                self.overrides(value, &mut layer)?;
            } else if !self.set(&mut layer.settings, name, value)? {
                return Err(self.unknown(key.span(), name));
            }
        }
        Ok(layer)
    }

    pub(super) fn only_known(
        &self,
        table: &DeTable<'_>,
        known: &[&str],
        message: &str,
    ) -> Result<(), ScenarioError> {
        match table.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
            None => Ok(()),
            Some((key, _)) => Err(self.error(key.span(), Some(key.get_ref()), message, None)),
        }
    }

    fn unknown(&self, span: Range<usize>, name: &str) -> ScenarioError {
        let on_the_command_line = [
            "allow_broadcast",
            "dry_run",
            "write",
            "hex",
            "verbose",
            "format",
            "suite",
            "case",
            "var",
            "key_file",
            "fail_on",
            "allow",
            "deny",
            "assume_cold_start",
            "color",
            "ascii",
            "ext_type",
            "code_multipath_not_allowed",
            "code_invalid_fb_identifier",
        ];
        if on_the_command_line.contains(&name) {
            let option = name.replace('_', "-");
            return self.error(
                span,
                Some(name),
                &format!("it is given on the command line, by --{option}"),
                None,
            );
        }
        if ["name", "use"].contains(&name) {
            return self.error(span, Some(name), "each step has its own, and [defaults] have none", None);
        }
        let bare = name.replace(['_', '-'], "").to_ascii_lowercase();
        let near = keys().find(|known| known.replace('_', "") == bare);
        let help = match near {
            Some(near) => format!("is it {near}?"),
            None => format!("keys are {}", keys().collect::<Vec<_>>().join(", ")),
        };
        self.error(span, Some(name), "there is no such key", Some(help))
    }

    pub(super) fn error(
        &self,
        span: Range<usize>,
        key: Option<&str>,
        message: &str,
        help: Option<String>,
    ) -> ScenarioError {
        let before = self.source.get(..span.start).unwrap_or_default();
        ScenarioError {
            line: before.matches('\n').count().saturating_add(1),
            step: self.step.clone(),
            key: key.map(str::to_owned),
            message: message.to_owned(),
            help,
            span,
        }
    }
}

/// The first key that determines octets of a request, and where it is in the file.
fn of_the_request(spans: &BTreeMap<String, Range<usize>>) -> Option<(&'static str, Range<usize>)> {
    let keys = [
        "lifetime",
        "flags",
        "nai",
        "bid",
        "att",
        "label",
        "bulk",
        "overwrite",
        "flow",
        "ext",
        "sign",
        "override",
    ];
    keys.into_iter().find_map(|key| Some((key, spans.get(key)?.clone())))
}

/// How often a step can be repeated at most.
pub const MOST_REPETITIONS: u32 = 100_000;

/// The steps for a call that is made `times` times.
pub fn repeated(name: &str, wait: Option<std::time::Duration>, call: Call, times: u32) -> Vec<Step> {
    let call = Arc::new(call);
    let named =
        |number: u32| if times == 1 { name.to_owned() } else { format!("{name} ({number} of {times})") };
    (1..=times).map(|number| Step { name: named(number), wait, call: Some(Arc::clone(&call)) }).collect()
}

#[cfg(test)]
mod tests;
