//! Reads the values of a scenario's keys, each as its key requires.

use std::net::Ipv4Addr;
use std::str::FromStr;

use toml::de::DeValue;
use zeroize::Zeroizing;

use super::{Layer, MOST_REPETITIONS, Reader, ScenarioError, Value};
use crate::craft::hexadecimal;
use crate::craft::overrides::{Override, OverrideValue, RequestFlagsText};
use crate::craft::replay::Identification;
use crate::craft::request::Signature;
use crate::craft::settings::Settings;
use crate::time::parse_duration;
use crate::wire::{AccessTechnology, Key};

/// How many octets a string can have at most with its variables, which can refer to each other and would otherwise soon
/// fill all memory. The hexadecimal digits of the longest message are half as many.
const MOST_TEXT: usize = 1 << 18;

impl Reader<'_> {
    /// Sets the setting named `key`. Returns whether there is such a setting.
    pub(super) fn set(
        &self,
        settings: &mut Settings,
        key: &str,
        value: &Value<'_>,
    ) -> Result<bool, ScenarioError> {
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
                let named = match text.as_str() {
                    "last" => Some(Identification::Last),
                    "last-1" => Some(Identification::BelowLast),
                    digits => hexadecimal::number(digits).map(Identification::Given),
                };
                let expected = "it takes up to 16 hexadecimal digits as a string, \"last\" or \"last-1\"";
                settings.identification = Some(named.ok_or_else(|| self.of_value(value, key, expected))?);
            }
            "retries" => settings.retries = Some(self.number(value, key, 0)?),
            "timeout" => settings.timeout = Some(self.duration(value, key)?),
            "expect" => settings.expect = Some(self.all_parsed(value, key)?),
            "skip_if" => settings.skip_if = Some(self.all_parsed(value, key)?),
            "rate" => settings.rate = Some(self.rate(value, key)?),
            "repeat" => {
                settings.repeat = Some(self.number_within(value, key, 1, MOST_REPETITIONS.into())?);
            }
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

    pub(super) fn overrides(&self, value: &Value<'_>, layer: &mut Layer) -> Result<(), ScenarioError> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "it is a table, as in { \"multipath.length\" = 5 }";
            return Err(self.of_value(value, "override", message));
        };
        let mut overrides = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let shown = format!("override.{name}");
            let value_is = match value.get_ref() {
                // In TOML, `multipath.length` without quotes is a table.
                DeValue::Table(_) if !name.contains('.') => {
                    let message = "the name of the field is written in quotes, as in \"multipath.length\"";
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
    pub(super) fn text(&self, value: &Value<'_>, key: &str) -> Result<String, ScenarioError> {
        let DeValue::String(text) = value.get_ref() else {
            return Err(self.of_value(value, key, "it takes a string"));
        };
        let mut rest = text.as_ref();
        // Allocated at full size: a string that grows leaves copies of a secret behind in memory.
        let most: usize = self.variables.values().map(|value| value.len()).sum();
        let count = rest.matches("${").count();
        let mut out =
            String::with_capacity(rest.len().saturating_add(most.saturating_mul(count).min(MOST_TEXT)));
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(self.of_value(value, key, "a variable is written ${name}, and the } is missing"));
            };
            let Some(found) = self.variables.get(name) else {
                let mut error = self.of_value(value, key, format!("there is no variable '{name}'"));
                error.help = Some(format!("give it by --var {name}=VALUE, or in [vars]"));
                return Err(error);
            };
            if out.len().saturating_add(found.len()) > MOST_TEXT {
                let message = format!("with its variables it is longer than {MOST_TEXT} octets");
                return Err(self.of_value(value, key, message));
            }
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
        text.parse().map_err(|_| self.of_value(value, key, format!("'{text}' is not an IPv4 address")))
    }

    fn number<T: TryFrom<u64> + NumberBound>(
        &self,
        value: &Value<'_>,
        key: &str,
        least: u64,
    ) -> Result<T, ScenarioError> {
        self.number_within(value, key, least, T::MOST)
    }

    fn number_within<T: TryFrom<u64>>(
        &self,
        value: &Value<'_>,
        key: &str,
        least: u64,
        most: u64,
    ) -> Result<T, ScenarioError> {
        let wrong = || self.of_value(value, key, format!("it takes a number from {least} to {most}"));
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            // A number from a variable is a string.
            DeValue::String(_) => self.text(value, key)?.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(wrong)
    }

    fn flag(&self, value: &Value<'_>, key: &str) -> Result<bool, ScenarioError> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            DeValue::String(_) => self.text(value, key)?.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.of_value(value, key, "it takes true or false"))
    }

    /// A number in decimal digits, in which TOML need not have it; a string as it is.
    fn number_text(&self, value: &Value<'_>, key: &str) -> Result<String, ScenarioError> {
        match value.get_ref() {
            DeValue::Integer(number) => {
                let in_decimal = i64::from_str_radix(number.as_str(), number.radix());
                Ok(in_decimal.map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()))
            }
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            _ => self.text(value, key),
        }
    }

    fn duration(&self, value: &Value<'_>, key: &str) -> Result<std::time::Duration, ScenarioError> {
        let text = self.number_text(value, key)?;
        let expected = "it takes a duration, as in \"500ms\" or \"1m30s\"";
        parse_duration(&text).ok_or_else(|| self.of_value(value, key, expected))
    }

    fn rate(&self, value: &Value<'_>, key: &str) -> Result<f64, ScenarioError> {
        let text = self.number_text(value, key)?;
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
            DeValue::Boolean(true) => Some(Signature::Right),
            DeValue::Boolean(false) => Some(Signature::None),
            DeValue::String(_) => match self.text(value, key)?.as_str() {
                "wrong" => Some(Signature::Wrong),
                "short" => Some(Signature::Short),
                "unknown-spi" => Some(Signature::UnknownSpi),
                // A value from a variable is always a string.
                "true" => Some(Signature::Right),
                "false" => Some(Signature::None),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| {
            self.of_value(value, key, "it takes true, false, \"wrong\", \"short\" or \"unknown-spi\"")
        })
    }

    fn of_value(&self, value: &Value<'_>, key: &str, message: impl AsRef<str>) -> ScenarioError {
        self.error(value.span(), Some(key), message.as_ref(), None)
    }
}

/// Requests per second, written as `20` or `20/s`.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).trim();
    // Anything slower than once a day is taken for a mistake.
    let rate = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 1.0 / 86_400.0);
    rate.ok_or_else(|| format!("'{text}' is not a rate: write requests per second, as in 20/s"))
}

/// Reads an access technology by its name in the registry, or by its number.
pub fn parse_access_technology(text: &str) -> Result<AccessTechnology, String> {
    let number = || text.parse().ok().map(AccessTechnology);
    AccessTechnology::from_name(text).or_else(number).ok_or_else(|| {
        let names: Vec<&str> = (0..=u8::MAX).filter_map(|number| AccessTechnology(number).name()).collect();
        format!(
            "'{text}' is not an access technology: names are {}, numbers go from 0 to 255",
            names.join(", ")
        )
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
