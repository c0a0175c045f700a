//! Conformance suites: cases numbered by section, each a small scenario that accepts every lawful answer.
//!
//! A suite is data, a TOML file in `suites`: `[defaults]` and `[vars]` as in a scenario, the steps of `[[prepare]]`,
//! which run before each case and after the last, and each `[[case]]` with its facts and its `[[case.step]]`s. A case
//! with `needs_key` can be run only if a key is shared with the agent, and one that is `unprepared` is not preceded by
//! the steps of `[[prepare]]`.
//!
//! For a node that has a name but no address, the steps of `[[assign]]` come before those of `[[prepare]]`. Requests to
//! de-register then use the assigned address, because no RFC says how an agent handles 0.0.0.0 in a request to return
//! home.
//!
//! The settings of a case take precedence over the command line, which only names the agent and the node; but the flags
//! of the command line are set in every request.

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

/// The names and texts of the suites, which are compiled in.
const SUITES: [(&str, &str); 2] =
    [("rfc5944", include_str!("suites/rfc5944.toml")), ("rfc7629", include_str!("suites/rfc7629.toml"))];

/// Seconds of 365 days.
const YEAR: u32 = 31_536_000;

/// A case: its facts and its steps, including those that prepare it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its facts.
    pub facts: CaseFacts,
    /// Its steps, in order; the case ends with the first that does not pass.
    pub steps: Vec<Step>,
}

/// A suite that can be run.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its cases, in order.
    pub cases: Vec<Case>,
    /// Steps after the last case, which leave the agent as if nothing had happened.
    pub afterwards: Vec<Step>,
}

/// The names of the suites.
pub fn suite_names() -> impl Iterator<Item = &'static str> {
    SUITES.into_iter().map(|(name, _)| name)
}

/// The names of the variables that can be given to any suite. Other variables in its strings are always set here.
pub fn suite_variables() -> BTreeSet<String> {
    SUITES.into_iter().flat_map(|(_, source)| names_in_vars(source)).collect()
}

/// The facts of a suite's cases; `None` if there is no such suite.
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

/// Reads those cases of a suite for whose ids `wanted` is true; `None` if there is no such suite.
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
    // If they were not given, checking the steps reports what is missing.
    let addresses = [("home_agent", home_agent.or(ha.map(|ha| ha.address))), ("home_address", home_address)];
    for (name, address) in addresses {
        reader.define(name, address.unwrap_or(Ipv4Addr::UNSPECIFIED).to_string());
    }
    let home_address = home_address.filter(|address| !address.is_unspecified());
    // A node that has only a name asks for an address (RFC 2794 §2), and has to get one if it is accepted.
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
    // Makes the octets of each run different: an agent may answer octets that it has seen before as it did then.
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
    // The very last de-registration is expected to be accepted, so that its failure is reported.
    let mut afterwards = prepare;
    if let Some(call) = afterwards.last_mut().and_then(|step| step.call.as_mut()) {
        Arc::make_mut(call).expectations = vec![Expectation::accepted()];
    }
    Ok(Suite { cases, afterwards })
}

/// Checks steps with the settings of the command line below their own, and the suite's defaults below those.
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
        // Flags that the agent needs in every request are added to those of the case.
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
