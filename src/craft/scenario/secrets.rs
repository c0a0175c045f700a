//! Shows a scenario without its secrets.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Value, keys};

/// The text of a scenario with stars in place of everything that could be a secret, so that the place of a mistake can
/// be shown. The length stays the same.
///
/// Secrets are not searched for, because they can be written in many ways. Instead, only what cannot be a secret is
/// shown: the values of keys other than `key`, the names of keys, and the characters between them. If the text is not
/// TOML, only known names are shown.
pub fn without_secrets(source: &str) -> String {
    let values = DeTable::parse(source).ok().and_then(|document| Values::of(document.get_ref()));
    match values {
        Some(values) => values.mask(source),
        None => source.split_inclusive('\n').fold(String::with_capacity(source.len()), |mut out, line| {
            let (plain, secret) = line.split_at_checked(known_name(line)).unwrap_or(("", line));
            out.push_str(plain);
            secret.chars().for_each(|character| star(&mut out, character));
            out
        }),
    }
}

/// Where the values of a document are, in octets.
#[derive(Default)]
struct Values {
    shown: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
}

impl Values {
    /// The values of a document; `None` if names below `key` could be secrets themselves.
    fn of(document: &DeTable<'_>) -> Option<Self> {
        let mut values = Self::default();
        for (key, value) in document {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("defaults" | "step", DeValue::Table(layer)) => values.add_layer(layer)?,
                ("step", DeValue::Array(steps)) => {
                    for step in steps {
                        match step.get_ref() {
                            DeValue::Table(layer) => values.add_layer(layer)?,
                            _ => values.add(step, nothing),
                        }
                    }
                }
                ("key", value) if holds_a_table(value) => return None,
                _ => values.add(value, nothing),
            }
        }
        Some(values)
    }

    /// Adds the values of a table whose keys are options of a request; `None` as in [`Self::of`].
    fn add_layer(&mut self, layer: &DeTable<'_>) -> Option<()> {
        for (key, value) in layer {
            let key = key.get_ref().as_ref();
            if key == "key" && holds_a_table(value.get_ref()) {
                return None;
            }
            let shows = match key {
                "key" => nothing,
                // The value of an unknown key may be a misplaced secret, but only if it is a string.
                _ if !keys().any(|known| known == key) => |value: &DeValue<'_>| !value.is_str(),
                _ => everything,
            };
            self.add(value, shows);
        }
        Some(())
    }

    fn add(&mut self, value: &Value<'_>, shows: fn(&DeValue<'_>) -> bool) {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| self.add(item, shows)),
            DeValue::Table(table) => table.iter().for_each(|(_, value)| self.add(value, shows)),
            // A secret in the wrong place.
            DeValue::String(text) if text.contains("text:") => self.hidden.push(value.span()),
            leaf if shows(leaf) => self.shown.push(value.span()),
            _ => self.hidden.push(value.span()),
        }
    }

    fn mask(&self, source: &str) -> String {
        let covered = |spans: &[Range<usize>]| {
            let mut octets = vec![false; source.len()];
            for span in spans {
                octets.get_mut(span.clone()).unwrap_or_default().fill(true);
            }
            octets
        };
        let (shown, hidden) = (covered(&self.shown), covered(&self.hidden));
        let is_in = |octets: &[bool], at: usize| octets.get(at).copied().unwrap_or_default();
        let mut out = String::with_capacity(source.len());
        let mut in_comment = false;
        for (at, character) in source.char_indices() {
            in_comment = character != '\n' && in_comment;
            if in_comment || is_in(&hidden, at) {
                star(&mut out, character);
            } else {
                // A comment may contain a secret that was commented out.
                in_comment = character == '#' && !is_in(&shown, at);
                out.push(character);
            }
        }
        out
    }
}

fn everything(_: &DeValue<'_>) -> bool {
    true
}

fn nothing(_: &DeValue<'_>) -> bool {
    false
}

fn holds_a_table(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(items) => items.iter().any(|item| holds_a_table(item.get_ref())),
        _ => false,
    }
}

/// How many octets at the beginning of a line are a table header or the name of a key; 0 unless it is a known one,
/// because anything else could be within a string of several lines.
fn known_name(line: &str) -> usize {
    let end = if line.trim_start().starts_with('[') { line.rfind(']') } else { line.find('=') };
    let end = end.map_or(0, |end| end.saturating_add(1));
    let path = line.get(..end).unwrap_or_default();
    let path = path.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '[' | ']' | '='));
    let is_known =
        |name: &str| keys().any(|known| known == name) || matches!(name, "vars" | "defaults" | "step");
    if path.split('.').all(|name| is_known(name.trim())) { end } else { 0 }
}

fn star(out: &mut String, character: char) {
    if character.is_whitespace() {
        out.push(character);
    } else {
        (0..character.len_utf8()).for_each(|_| out.push('*'));
    }
}
