//! Scenarios: conversations written down in TOML, read with a word on every mistake and its place.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::call::{Call, SettingsError};
use super::hexadecimal;
use super::overrides::{Override, OverrideValue, RequestFlagsText};
use super::request::Signature;
use super::runner::Step;
use super::settings::Settings;
use crate::time::parse_duration;
use crate::wire::{AccessTechnology, Key, Numbers};

/// The values that `${name}` stands for.
pub type Variables = BTreeMap<String, Zeroizing<String>>;

/// What surrounds a scenario: the command line.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Settings of the command line.
    pub settings: Settings,
    /// Variables of the command line.
    pub variables: Variables,
    /// The numbers requests are written under.
    pub numbers: Numbers,
    /// Whether destinations are allowed that many hosts listen to.
    pub allow_broadcast: bool,
}

/// What is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{message}", self.place())]
pub struct ScenarioError {
    /// The line, from 1.
    pub line: usize,
    /// The step, where it is one's.
    pub step: Option<String>,
    /// The key, where it is one's.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What can be done.
    pub help: Option<String>,
    /// The octets of the file that are at fault.
    pub span: Range<usize>,
}

impl ScenarioError {
    fn place(&self) -> String {
        let step = self.step.as_ref().map(|step| format!(", step \"{step}\"")).unwrap_or_default();
        let key = self.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
        format!("line {}{step}{key}: ", self.line)
    }
}

/// Reads a scenario; its steps are checked as far as can be without sending anything.
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
    let read = reader.steps(steps, &defaults, "step")?;
    let mut checked = Vec::new();
    for step in &read {
        let settings =
            surroundings.settings.clone().over(&step.layer.settings.clone().over(&defaults.settings));
        checked.extend(reader.check(step, &settings, &defaults)?);
    }
    Ok(checked)
}

/// Settings, and where each of them was written.
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

/// A step as it was read, with what it uses of earlier ones.
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
            // The message alone: the error's own rendering quotes the line, and with it a secret.
            self.error(error.span().unwrap_or(0..0), None, error.message(), None)
        })
    }

    /// Takes the variables of the file, those of the command line over them.
    pub(super) fn read_variables(&mut self, table: &DeTable<'_>) -> Result<(), ScenarioError> {
        if let Some(vars) = table.get("vars") {
            let DeValue::Table(vars) = vars.get_ref() else {
                return Err(self.error(vars.span(), Some("vars"), "[vars] is a table of strings", None));
            };
            for (name, value) in vars {
                let name = name.get_ref();
                let text = match value.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
                    DeValue::Boolean(flag) => flag.to_string(),
                    _ => return Err(self.error(value.span(), Some(name), "a variable is a string", None)),
                };
                self.variables.insert(name.to_string(), Zeroizing::new(text));
            }
        }
        self.variables.extend(self.surroundings.variables.clone());
        Ok(())
    }

    /// Defines a variable, over whatever had that name.
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

    /// The steps of an array of tables; `use` reaches those before in the same array.
    pub(super) fn steps(
        &mut self,
        steps: &Value<'_>,
        defaults: &Layer,
        key: &str,
    ) -> Result<Vec<ReadStep>, ScenarioError> {
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
            let next = self.step(table, step.span(), &read, defaults)?;
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
        _defaults: &Layer,
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
        Ok(ReadStep { name, layer, span, only_waits })
    }

    /// The steps that one step makes: none but a pause of one that only waits, several of one that is repeated.
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
        let Surroundings { numbers, allow_broadcast, .. } = self.surroundings;
        let call = Call::new(settings, *numbers, *allow_broadcast).map_err(|error| {
            let SettingsError { key, message, help } = error;
            let written = step.layer.spans.get(&key).or_else(|| defaults.spans.get(&key));
            let span = written.cloned().unwrap_or(step.span.clone());
            let mut error = self.error(span, Some(&key), &message, help);
            error.step = Some(step.name.clone());
            error
        })?;
        Ok(repeated(&step.name, wait, &call, settings.repeat.unwrap_or(1)))
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

    /// Sets what is named so; whether anything is.
    fn set(&self, settings: &mut Settings, key: &str, value: &Value<'_>) -> Result<bool, ScenarioError> {
        match key {
            "ha" => settings.ha = Some(self.parsed(value, key)?),
            "port" => settings.port = Some(self.number(value, key, 1)?),
            "home_address" => settings.home_address = Some(self.address(value, key)?),
            "care_of_address" => settings.care_of_address = Some(self.address(value, key)?),
            "home_agent" => settings.home_agent = Some(self.address(value, key)?),
            "source" => settings.source = Some(self.parsed(value, key)?),
            "interface" => settings.interface = Some(self.text(value, key)?),
            "lifetime" => settings.lifetime = Some(self.number(value, key, 0)?),
            "flags" => {
                let flags = self.texts(value, key)?.join(",").parse::<RequestFlagsText>();
                settings.flags = Some(flags.map_err(|error| self.of_value(value, key, error))?.0);
            }
            "nai" => settings.nai = Some(self.text(value, key)?),
            "bid" => settings.bid = Some(self.number(value, key, 0)?),
            "att" => settings.att = Some(self.access_technology(value, key)?),
            "label" => settings.label = Some(self.number(value, key, 0)?),
            "bulk" => settings.bulk = Some(self.flag(value, key)?),
            "overwrite" => settings.overwrite = Some(self.flag(value, key)?),
            "flow" => settings.flow = Some(self.all_parsed(value, key)?),
            "ext" => settings.ext = Some(self.all_parsed(value, key)?),
            "key" => settings.key = Some(self.keys(value, key)?),
            "sign" => settings.sign = Some(self.signature(value, key)?),
            "replay" => settings.replay = Some(self.parsed(value, key)?),
            "identification" => {
                let text = self.text(value, key)?;
                let number = hexadecimal::number(&text);
                let expected = "it takes up to 16 hexadecimal digits, as a string";
                settings.identification = Some(number.ok_or_else(|| self.of_value(value, key, expected))?);
            }
            "retries" => settings.retries = Some(self.number(value, key, 0)?),
            "timeout" => settings.timeout = Some(self.duration(value, key)?),
            "expect" => settings.expect = Some(self.all_parsed(value, key)?),
            "skip_if" => settings.skip_if = Some(self.all_parsed(value, key)?),
            "rate" => settings.rate = Some(self.rate(value, key)?),
            "repeat" => settings.repeat = Some(self.number(value, key, 1)?),
            "accept_unauthenticated" => settings.accept_unauthenticated = Some(self.flag(value, key)?),
            "accept_any_identification" => settings.accept_any_identification = Some(self.flag(value, key)?),
            "wait" => settings.wait = Some(self.duration(value, key)?),
            "raw" => {
                let octets = hexadecimal::octets(&self.text(value, key)?);
                let expected = "it takes pairs of hexadecimal digits";
                settings.raw = Some(octets.ok_or_else(|| self.of_value(value, key, expected))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn overrides(&self, value: &Value<'_>, layer: &mut Layer) -> Result<(), ScenarioError> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "it is a table, as in { \"multipath.length\" = 5 }";
            return Err(self.of_value(value, "override", message));
        };
        let mut overrides = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let shown = format!("override.{name}");
            let value_is = match value.get_ref() {
                DeValue::Table(_) => {
                    let message = "the name of the field stands in quotes, as in \"multipath.length\"";
                    return Err(self.of_value(value, &shown, message));
                }
                DeValue::Integer(_) => Some(OverrideValue::Number(self.number(value, &shown, 0u64)?)),
                DeValue::Boolean(flag) => Some(OverrideValue::Flag(*flag)),
                DeValue::String(_) => Some(OverrideValue::Text(self.text(value, &shown)?)),
                DeValue::Array(array) if array.iter().all(|item| item.get_ref().is_integer()) => {
                    let octets: Result<Vec<u8>, _> =
                        array.iter().map(|item| self.number(item, &shown, 0)).collect();
                    Some(OverrideValue::List(octets?))
                }
                DeValue::Array(_) => Some(OverrideValue::Words(self.texts(value, &shown)?)),
                _ => None,
            };
            let value_is = value_is.ok_or_else(|| {
                self.of_value(value, &shown, "it takes a number, a string, true or false, or a list")
            })?;
            layer.spans.insert(shown, value.span());
            overrides.push(Override { key: name, value: value_is });
        }
        layer.settings.overrides = Some(overrides);
        Ok(())
    }

    /// A string with its variables replaced.
    fn text(&self, value: &Value<'_>, key: &str) -> Result<String, ScenarioError> {
        let DeValue::String(text) = value.get_ref() else {
            return Err(self.of_value(value, key, "it takes a string"));
        };
        let mut rest = text.as_ref();
        let mut out = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(self.of_value(value, key, "a variable is written ${name}, and here is no }"));
            };
            let Some(found) = self.variables.get(name) else {
                let mut error = self.of_value(value, key, format!("there is no variable '{name}'"));
                error.help = Some(format!("give it by --var {name}=VALUE, or in [vars]"));
                return Err(error);
            };
            out.push_str(found);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn texts(&self, value: &Value<'_>, key: &str) -> Result<Vec<String>, ScenarioError> {
        match value.get_ref() {
            DeValue::Array(array) => array.iter().map(|item| self.text(item, key)).collect(),
            _ => Ok(vec![self.text(value, key)?]),
        }
    }

    fn parsed<T: FromStr<Err: ToString>>(&self, value: &Value<'_>, key: &str) -> Result<T, ScenarioError> {
        self.text(value, key)?.parse().map_err(|error: T::Err| self.of_value(value, key, error.to_string()))
    }

    fn all_parsed<T: FromStr<Err: ToString>>(
        &self,
        value: &Value<'_>,
        key: &str,
    ) -> Result<Vec<T>, ScenarioError> {
        match value.get_ref() {
            DeValue::Array(array) => array.iter().map(|item| self.parsed(item, key)).collect(),
            _ => Ok(vec![self.parsed(value, key)?]),
        }
    }

    fn address(&self, value: &Value<'_>, key: &str) -> Result<Ipv4Addr, ScenarioError> {
        let text = self.text(value, key)?;
        text.parse().map_err(|_| self.of_value(value, key, format!("'{text}' is no IPv4 address")))
    }

    fn number<T: TryFrom<u64> + NumberBound>(
        &self,
        value: &Value<'_>,
        key: &str,
        least: u64,
    ) -> Result<T, ScenarioError> {
        let wrong = || self.of_value(value, key, format!("it takes a number from {least} to {}", T::MOST));
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            // A variable is always text.
            DeValue::String(_) => self.text(value, key)?.parse().ok(),
            _ => None,
        };
        number.filter(|number| *number >= least).and_then(|number| T::try_from(number).ok()).ok_or_else(wrong)
    }

    fn flag(&self, value: &Value<'_>, key: &str) -> Result<bool, ScenarioError> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            DeValue::String(_) => self.text(value, key)?.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.of_value(value, key, "it takes true or false"))
    }

    fn duration(&self, value: &Value<'_>, key: &str) -> Result<std::time::Duration, ScenarioError> {
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => self.text(value, key)?,
        };
        let expected = "it takes a duration, as in \"500ms\" or \"1m30s\"";
        parse_duration(&text).ok_or_else(|| self.of_value(value, key, expected))
    }

    fn rate(&self, value: &Value<'_>, key: &str) -> Result<f64, ScenarioError> {
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => self.text(value, key)?,
        };
        parse_rate(&text).map_err(|error| self.of_value(value, key, error))
    }

    fn access_technology(&self, value: &Value<'_>, key: &str) -> Result<AccessTechnology, ScenarioError> {
        if let DeValue::Integer(_) = value.get_ref() {
            return Ok(AccessTechnology(self.number(value, key, 0)?));
        }
        parse_access_technology(&self.text(value, key)?).map_err(|error| self.of_value(value, key, error))
    }

    fn keys(&self, value: &Value<'_>, key: &str) -> Result<Vec<Key>, ScenarioError> {
        let texts = self.texts(value, key)?;
        let parse = |text: String| {
            Key::parse(&Zeroizing::new(text)).map_err(|error| {
                let mut error = self.of_value(value, key, error.without_content());
                error.help = Some(Key::SYNTAX.to_owned());
                error
            })
        };
        texts.into_iter().map(parse).collect()
    }

    fn signature(&self, value: &Value<'_>, key: &str) -> Result<Signature, ScenarioError> {
        match value.get_ref() {
            DeValue::Boolean(true) => Ok(Signature::Right),
            DeValue::Boolean(false) => Ok(Signature::None),
            DeValue::String(text) if text == "wrong" => Ok(Signature::Wrong),
            _ => Err(self.of_value(value, key, "it takes true, false or \"wrong\"")),
        }
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
            "format",
            "suite",
            "case",
            "var",
            "key_file",
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
        let known = [
            "ha",
            "port",
            "home_address",
            "care_of_address",
            "home_agent",
            "source",
            "interface",
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
            "key",
            "sign",
            "replay",
            "identification",
            "retries",
            "timeout",
            "expect",
            "skip_if",
            "rate",
            "repeat",
            "accept_unauthenticated",
            "accept_any_identification",
            "wait",
            "raw",
            "override",
            "name",
            "use",
        ];
        let near = known.into_iter().find(|known| known.replace('_', "") == name.replace(['_', '-'], ""));
        let help = match near {
            Some(near) => format!("is it {near}?"),
            None => format!("keys are {}", known.join(", ")),
        };
        self.error(span, Some(name), "there is no such key", Some(help))
    }

    fn of_value(&self, value: &Value<'_>, key: &str, message: impl AsRef<str>) -> ScenarioError {
        self.error(value.span(), Some(key), message.as_ref(), None)
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

/// The steps that a call repeated so often makes.
pub fn repeated(name: &str, wait: Option<std::time::Duration>, call: &Call, times: u32) -> Vec<Step> {
    let named =
        |number: u32| if times == 1 { name.to_owned() } else { format!("{name} ({number} of {times})") };
    (1..=times).map(|number| Step { name: named(number), wait, call: Some(call.clone()) }).collect()
}

/// Requests a second, as `20` or `20/s`.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).trim();
    let rate = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| format!("'{text}' is no rate: write requests a second, as in 20/s"))
}

/// An access technology by its name in the registry, or by its number.
pub fn parse_access_technology(text: &str) -> Result<AccessTechnology, String> {
    let number = || text.parse().ok().map(AccessTechnology);
    AccessTechnology::from_name(text).or_else(number).ok_or_else(|| {
        let names: Vec<&str> = (0..=u8::MAX).filter_map(|number| AccessTechnology(number).name()).collect();
        format!("'{text}' is no access technology: names are {}, numbers go from 0 to 255", names.join(", "))
    })
}

/// The largest value of a type of number.
trait NumberBound {
    const MOST: u64;
}

impl NumberBound for u8 {
    const MOST: u64 = 255;
}

impl NumberBound for u16 {
    const MOST: u64 = 65_535;
}

impl NumberBound for u32 {
    const MOST: u64 = 4_294_967_295;
}

impl NumberBound for u64 {
    const MOST: u64 = u64::MAX;
}

/// The text of a scenario with stars in place of all that could be a secret, of the same length: for showing the
/// place of a mistake.
pub fn without_secrets(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut in_variables, mut in_keys) = (false, false);
    for line in source.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') && !in_keys {
            in_variables = trimmed.starts_with("[vars]");
        }
        let is_key = trimmed.strip_prefix("key").is_some_and(|rest| rest.trim_start().starts_with('='));
        // In an inline table, or wherever a secret's own form is seen.
        let is_suspect = line.contains("text:") || line.contains("key =") || line.contains("key=");
        let hides = in_variables || in_keys || is_key || is_suspect;
        in_keys = (in_keys || is_key) && !line.contains(']') && (in_keys || line.contains('['));
        let shown = if !hides || trimmed.starts_with('[') && !in_keys && !is_suspect {
            line.len()
        } else if in_keys && !is_key {
            0
        } else {
            line.find('=').map_or(0, |at| at.saturating_add(1))
        };
        let (plain, secret) = line.split_at_checked(shown).unwrap_or((line, ""));
        out.push_str(plain);
        for character in secret.chars() {
            if character.is_whitespace() {
                out.push(character);
            } else {
                (0..character.len_utf8()).for_each(|_| out.push('*'));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
