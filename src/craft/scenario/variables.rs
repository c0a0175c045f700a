//! `[vars]`: the variables that replace `${name}`. A value may refer to other variables, in any order.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::{Reader, ScenarioError};

impl Reader<'_> {
    /// Reads `[vars]`; variables from the command line take precedence.
    pub(in crate::craft) fn read_variables(&mut self, table: &DeTable<'_>) -> Result<(), ScenarioError> {
        self.variables.extend(self.surroundings.variables.clone());
        let Some(vars) = table.get("vars") else { return Ok(()) };
        let DeValue::Table(vars) = vars.get_ref() else {
            return Err(self.error(vars.span(), Some("vars"), "[vars] is a table of strings", None));
        };
        let mut waiting = Vec::new();
        for (name, value) in vars {
            let name: &str = name.get_ref();
            let text = match value.get_ref() {
                DeValue::String(_) => None,
                DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
                DeValue::Boolean(flag) => Some(flag.to_string()),
                _ => return Err(self.error(value.span(), Some(name), "a variable is a string", None)),
            };
            if self.variables.contains_key(name) {
                continue;
            }
            match text {
                Some(text) => self.define(name, text),
                None => waiting.push((name, value)),
            }
        }
        while let Some((first, value)) = waiting.first() {
            let names: Vec<&str> = waiting.iter().map(|(name, _)| *name).collect();
            let waits = |value: &Spanned<DeValue<'_>>| {
                value
                    .get_ref()
                    .as_str()
                    .is_some_and(|text| references(text).any(|name| names.contains(&name)))
            };
            let (later, now): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|(_, value)| waits(value));
            if now.is_empty() {
                return Err(self.error(value.span(), Some(first), "the variable refers to itself", None));
            }
            for (name, value) in now {
                let text = Zeroizing::new(self.text(value, name)?);
                self.variables.insert(name.to_owned(), text);
            }
            waiting = later;
        }
        Ok(())
    }
}

/// The names of the variables that a text refers to.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The names of the variables that a scenario can use: those in `[vars]`, and those that its strings refer to. Empty if
/// the text is not TOML.
pub fn variables_of(source: &str) -> BTreeSet<String> {
    let mut names = names_in_vars(source);
    if let Ok(document) = DeTable::parse(source) {
        add_references(&DeValue::Table(document.into_inner()), &mut names);
    }
    names
}

/// The names that `[vars]` defines.
pub(in crate::craft) fn names_in_vars(source: &str) -> BTreeSet<String> {
    let document = DeTable::parse(source).ok();
    let vars = document.as_ref().and_then(|document| document.get_ref().get("vars")?.get_ref().as_table());
    vars.into_iter().flat_map(|vars| vars.keys()).map(|name| name.get_ref().to_string()).collect()
}

fn add_references(value: &DeValue<'_>, names: &mut BTreeSet<String>) {
    match value {
        DeValue::String(text) => names.extend(references(text).map(str::to_owned)),
        DeValue::Array(items) => items.iter().for_each(|item| add_references(item.get_ref(), names)),
        DeValue::Table(table) => table.values().for_each(|value| add_references(value.get_ref(), names)),
        _ => {}
    }
}
