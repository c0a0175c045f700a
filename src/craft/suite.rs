//! Conformance suites: numbered cases by section, each a small scenario that accepts every lawful answer.
//!
//! A suite is data, a TOML file beside this one: `[defaults]` and `[vars]` as in a scenario, the steps of
//! `[[prepare]]` before each case and after the last, and each `[[case]]` with its facts and its `[[case.step]]`s. A case
//! with `needs_key` says nothing of an agent that no key is shared with, and one that is `unprepared` has no steps before its
//! own. For a node that has a name and no address, the
//! steps of `[[assign]]` come before those of `[[prepare]]`, and what de-registers uses the address that it got there:
//! what an agent makes of 0.0.0.0 in a request to return home is not laid down.
//! What a case asks for wins over the command line, which says only whom to ask, and as whom; its flags are in every
//! request.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::case::CaseFacts;
use super::expectation::Expectation;
use super::home_agent::ntp::ntp;
use super::runner::Step;
use super::scenario::{Layer, ReadStep, Reader, ScenarioError, Surroundings, names_in_vars};
use super::settings::Settings;
use crate::wall_clock;
use crate::wire::{RequestFlags, high_half};

/// The suites by name, as they are compiled in.
const SUITES: [(&str, &str); 2] =
    [("rfc5944", include_str!("suites/rfc5944.toml")), ("rfc7629", include_str!("suites/rfc7629.toml"))];

/// Seconds of 365 days.
const YEAR: u32 = 31_536_000;

/// A case: what it is about, and its steps, those that prepare it among them.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub facts: CaseFacts,
    /// Its steps, in order; the case ends with the first that does not pass.
    pub steps: Vec<Step>,
}

/// A suite that can be run.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its cases, in order.
    pub cases: Vec<Case>,
    /// Steps that leave the agent as if nothing had been, after the last case.
    pub afterwards: Vec<Step>,
}

/// The names of the suites.
pub fn suite_names() -> impl Iterator<Item = &'static str> {
    SUITES.into_iter().map(|(name, _)| name)
}

/// The names of the variables that can be given to a suite, whichever it is: what else its strings refer to is set anew.
pub fn suite_variables() -> BTreeSet<String> {
    SUITES.into_iter().flat_map(|(_, source)| names_in_vars(source)).collect()
}

/// What the cases of a suite are about, `None` for a suite that there is none of.
pub fn suite_cases(name: &str) -> Option<Result<Vec<CaseFacts>, ScenarioError>> {
    let (_, source) = SUITES.into_iter().find(|(known, _)| *known == name)?;
    Some(facts_of(source))
}

fn facts_of(source: &str) -> Result<Vec<CaseFacts>, ScenarioError> {
    let surroundings = Surroundings::default();
    let reader = Reader::new(source, &surroundings);
    let document = reader.document()?;
    tables(&reader, document.get_ref())?.into_iter().map(|(table, _)| facts(&reader, table)).collect()
}

/// Reads the cases of a suite whose ids `wanted` takes; `None` for a suite that there is none of.
pub fn read_suite(
    name: &str,
    surroundings: &Surroundings,
    wanted: impl Fn(&str) -> bool,
) -> Option<Result<Suite, ScenarioError>> {
    let (_, source) = SUITES.into_iter().find(|(known, _)| *known == name)?;
    Some(read_from(source, surroundings, wanted))
}

fn read_from(
    source: &str,
    surroundings: &Surroundings,
    wanted: impl Fn(&str) -> bool,
) -> Result<Suite, ScenarioError> {
    let mut reader = Reader::new(source, surroundings);
    let document = reader.document()?;
    let table = document.get_ref();
    reader.only_known(
        table,
        &["vars", "defaults", "assign", "prepare", "case"],
        "a suite has no such key",
    )?;
    reader.read_variables(table)?;
    let Settings { ha, home_agent, home_address, .. } = surroundings.settings;
    // Without them the steps themselves say what is missing.
    let addresses = [("home_agent", home_agent.or(ha.map(|ha| ha.address))), ("home_address", home_address)];
    for (name, address) in addresses {
        reader.define(name, address.unwrap_or(Ipv4Addr::UNSPECIFIED).to_string());
    }
    let home_address = home_address.filter(|address| !address.is_unspecified());
    // A node that has only a name asks for an address (RFC 2794 §2), and gets one.
    let expected = match home_address {
        Some(address) => format!("home_address={address}"),
        None => "home_address!=0.0.0.0 or code>=64".to_owned(),
    };
    reader.define("right_home_address", expected);
    reader.define("multipath_type", surroundings.numbers.multipath_family.to_string());
    // A node that has only a name is answered with its name, if the agent gives it an address (RFC 2794 §3). To one that
    // has an address, too, the name may mean nothing.
    let expected = if home_address.is_some() { "reply!=none" } else { "extension=nai or code>=64" };
    reader.define("right_name", expected.to_owned());
    // An agent may answer the very octets of an earlier run as it did then.
    let now = wall_clock::now();
    reader.define("run", format!("{:08x}", now.nanoseconds() & 0xffff_ffff));
    reader.define("year_ahead", format!("{:08x}", high_half(ntp(now)).wrapping_add(YEAR)));
    let defaults = reader.defaults(table)?;
    let mut prepare = Vec::new();
    for key in ["assign", "prepare"] {
        if let Some(steps) = table.get(key).filter(|_| key == "prepare" || home_address.is_none()) {
            prepare.extend(checked(&reader.steps(steps, key)?, &reader, surroundings, &defaults)?);
        }
    }
    let mut cases = Vec::new();
    for (case, span) in tables(&reader, table)? {
        let facts = facts(&reader, case)?;
        if !wanted(&facts.id) {
            continue;
        }
        if is(case, "needs_key")
            && surroundings.settings.key.is_none()
            && surroundings.environment.key.is_none()
        {
            let message =
                format!("case {} is about authenticators, and there is no key to make one with", facts.id);
            let help = "give the key that the agent has for the node, or choose other cases by --case";
            return Err(reader.error(span, Some("key"), &message, Some(help.to_owned())));
        }
        let Some(steps) = case.get("step") else {
            return Err(reader.error(span, Some(&facts.id), "the case has no steps", None));
        };
        let read = reader.steps(steps, "case.step")?;
        let own = checked(&read, &reader, surroundings, &defaults)?;
        let before = if is(case, "unprepared") { Vec::new() } else { prepare.clone() };
        let steps = [before, own].concat();
        cases.push(Case { facts, steps });
    }
    // Of the last de-registration it is told where it was in vain.
    let mut afterwards = prepare;
    if let Some(call) = afterwards.last_mut().and_then(|step| step.call.as_mut()) {
        Arc::make_mut(call).expectations = vec![Expectation::accepted()];
    }
    Ok(Suite { cases, afterwards })
}

/// The steps with what the command line says below them, and the suite's defaults below that.
fn checked(
    steps: &[ReadStep],
    reader: &Reader<'_>,
    surroundings: &Surroundings,
    defaults: &Layer,
) -> Result<Vec<Step>, ScenarioError> {
    let below = surroundings.settings.clone().over(&defaults.settings).over(&surroundings.environment);
    let mut all = Vec::new();
    for step in steps {
        let mut settings = step.layer.settings.clone().over(&below);
        // What the agent wants in every request stands beside what the case asks for.
        if let (Some(asked), Some(wanted)) = (step.layer.settings.flags, below.flags) {
            settings.flags = Some(RequestFlags(asked.0 | wanted.0));
        }
        all.extend(reader.check(step, &settings, defaults)?);
    }
    for call in all.iter_mut().filter_map(|step| step.call.as_mut()) {
        Arc::make_mut(call).note_return();
    }
    Ok(all)
}

/// Whether the case says so of itself.
fn is(case: &DeTable<'_>, key: &str) -> bool {
    case.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::Boolean(true)))
}

type Place = std::ops::Range<usize>;

fn tables<'t, 'i>(
    reader: &Reader<'_>,
    document: &'t DeTable<'i>,
) -> Result<Vec<(&'t DeTable<'i>, Place)>, ScenarioError> {
    let wrong = |span| reader.error(span, Some("case"), "cases are written as [[case]]", None);
    let Some(cases) = document.get("case") else { return Err(wrong(0..0)) };
    let DeValue::Array(cases_array) = cases.get_ref() else { return Err(wrong(cases.span())) };
    cases_array
        .iter()
        .map(|case| match case.get_ref() {
            DeValue::Table(table) => Ok((table, case.span())),
            _ => Err(wrong(case.span())),
        })
        .collect()
}

fn facts(reader: &Reader<'_>, case: &DeTable<'_>) -> Result<CaseFacts, ScenarioError> {
    let text = |key: &str| match case.get(key).map(toml::Spanned::get_ref) {
        Some(DeValue::String(text)) => Ok(text.to_string()),
        _ => Err(reader.error(0..0, Some(key), "each case has id, title, section and text", None)),
    };
    reader.only_known(
        case,
        &["id", "title", "section", "rule", "text", "needs_key", "unprepared", "step"],
        "a case has no such key",
    )?;
    Ok(CaseFacts {
        id: text("id")?,
        title: text("title")?,
        section: text("section")?,
        rule: case.get("rule").map(|_| text("rule")).transpose()?,
        text: text("text")?,
    })
}
