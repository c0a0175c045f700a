//! What a call of `send` will do: one request, scenarios, or a suite; all of it checked.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use super::super::{Exit, Failure, output, text_file};
use crate::craft::{
    Call, CaseFacts, ScenarioError, Settings, Step, Surroundings, read_scenario, read_suite, repeated,
    suite_cases, suite_names, suite_variables, variables_of, without_secrets,
};

/// What is to be done, in order.
pub(super) struct Plan {
    /// Each becomes a line of the report.
    pub parts: Vec<Part>,
    /// What is done at the end and not reported.
    pub afterwards: Vec<Step>,
    /// The names of the variables that anything of it can make use of.
    pub variables: BTreeSet<String>,
    is_single: bool,
}

/// A step, or a case with its steps.
pub(super) struct Part {
    /// The scenario it is from.
    pub scenario: Option<String>,
    /// The case it is.
    pub case: Option<CaseFacts>,
    /// Its steps; they end with the first that does not pass.
    pub steps: Vec<Step>,
}

impl Plan {
    /// One request from the options alone.
    pub(super) fn of_options(surroundings: &Surroundings) -> Result<Self, Failure> {
        let Surroundings { settings, environment, numbers, allow_broadcast, .. } = surroundings;
        let without_bid = [("att", settings.att.is_some()), ("label", settings.label.is_some())];
        if let Some((option, _)) = without_bid.iter().find(|(_, given)| *given && settings.bid.is_none()) {
            let message =
                format!("--{option} is of the Multipath extension, and without --bid there is none");
            return Err(Failure::usage(message, Some("add --bid: it is what adds the extension".into())));
        }
        let call =
            Call::new(&settings.clone().over(environment), *numbers, *allow_broadcast).map_err(|error| {
                Failure::usage(format!("--{}: {}", error.key.replace('_', "-"), error.message), error.help)
            })?;
        let steps = repeated("request", None, call, settings.repeat.unwrap_or(1));
        let is_single = steps.len() == 1;
        let parts = steps.into_iter().map(|step| Part::of_step(step, None)).collect();
        Ok(Self { parts, afterwards: Vec::new(), variables: BTreeSet::new(), is_single })
    }

    /// The steps of scenario files, in the order given.
    pub(super) fn of_scenarios(files: &[PathBuf], surroundings: &Surroundings) -> Result<Self, Failure> {
        let (mut parts, mut variables) = (Vec::new(), BTreeSet::new());
        for file in files {
            let name = file.to_string_lossy().into_owned();
            let text = text_file::read("scenario", file)?;
            let steps = read_scenario(&text, surroundings).map_err(|error| wrong(&name, &text, error))?;
            parts.extend(steps.into_iter().map(|step| Part::of_step(step, Some(name.clone()))));
            variables.extend(variables_of(&text));
        }
        Ok(Self { parts, afterwards: Vec::new(), variables, is_single: false })
    }

    /// The cases of a suite: all, or those that `wanted` names.
    pub(super) fn of_suite(
        name: &str,
        wanted: &[String],
        surroundings: &Surroundings,
    ) -> Result<Self, Failure> {
        only_whom_to_ask(&surroundings.settings)?;
        let known = suite_cases(name).ok_or_else(|| {
            let names: Vec<&str> = suite_names().collect();
            let help = format!("there are {}; --suite list lists their cases", names.join(" and "));
            Failure::usage(format!("--suite: there is no suite '{name}'"), Some(help))
        })?;
        let known = known.map_err(|error| Failure::usage(error.to_string(), None))?;
        for wanted in wanted {
            if !known.iter().any(|case| is_of(&case.id, wanted)) {
                let help = format!("mipflow send --suite list lists the cases of {name} and the others");
                let message = format!("--case: suite {name} has no case '{wanted}'");
                return Err(Failure::usage(message, Some(help)));
            }
        }
        let takes = |id: &str| wanted.is_empty() || wanted.iter().any(|wanted| is_of(id, wanted));
        let suite = read_suite(name, surroundings, takes).unwrap_or_else(|| {
            // The name is known: its cases were listed just now.
            Ok(crate::craft::Suite { cases: Vec::new(), afterwards: Vec::new() })
        });
        let suite = suite.map_err(|error| {
            let option = match error.key.as_deref() {
                // A case has these of its own: only a variable can have made them wrong.
                Some("care_of_address" | "home_agent" | "expect") => "--var: ".to_owned(),
                Some(key) => format!("--{}: ", key.replace('_', "-")),
                None => String::new(),
            };
            Failure::usage(format!("{option}{}", error.message), error.help)
        })?;
        let parts = suite
            .cases
            .into_iter()
            .map(|case| Part { scenario: None, case: Some(case.facts), steps: case.steps })
            .collect();
        Ok(Self { parts, afterwards: suite.afterwards, variables: suite_variables(), is_single: false })
    }

    /// Whether this is one request from options, of which a person wants to see everything.
    pub(super) fn is_single(&self) -> bool {
        self.is_single
    }

    /// All steps, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.parts.iter().flat_map(|part| &part.steps).chain(&self.afterwards)
    }

    /// The UDP ports of the agents asked.
    pub(super) fn ports(&self) -> Vec<u16> {
        let calls = self.steps().filter_map(|step| step.call.as_ref());
        let ports: BTreeSet<u16> = calls.map(|call| call.destination.port()).collect();
        ports.into_iter().collect()
    }

    /// The names of the entries that will be reported.
    pub(super) fn names(&self) -> Vec<String> {
        let sends = |part: &&Part| part.steps.iter().any(|step| step.call.is_some());
        self.parts.iter().filter(sends).map(Part::name).collect()
    }
}

impl Part {
    fn of_step(step: Step, scenario: Option<String>) -> Self {
        Self { scenario, case: None, steps: vec![step] }
    }

    fn name(&self) -> String {
        match (&self.case, self.steps.first()) {
            (Some(case), _) => case.id.clone(),
            (None, Some(step)) => step.name.clone(),
            (None, None) => String::new(),
        }
    }
}

/// Refuses options that would change what a case asks. The command line chooses the agent, the node and how long to
/// wait.
fn only_whom_to_ask(settings: &Settings) -> Result<(), Failure> {
    let given = [
        ("care-of-address", settings.care_of_address.is_some()),
        ("lifetime", settings.lifetime.is_some()),
        ("bid", settings.bid.is_some()),
        ("att", settings.att.is_some()),
        ("label", settings.label.is_some()),
        ("bulk", settings.bulk.is_some()),
        ("overwrite", settings.overwrite.is_some()),
        ("flow", settings.flow.is_some()),
        ("ext", settings.ext.is_some()),
        ("identification", settings.identification.is_some()),
        ("expect", settings.expect.is_some()),
        ("repeat", settings.repeat.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            let help =
                "give --ha, --home-address or --nai, --key, and --source or --interface where they matter";
            Err(Failure::usage(format!("--{option}: what a case asks for is its own"), Some(help.into())))
        }
    }
}

fn wrong(name: &str, text: &str, error: ScenarioError) -> Failure {
    Failure::in_file(format!("{name}, {error}"), error.help, error.span, name, &without_secrets(text))
}

/// Whether a case is the one that is wanted, or of that section.
fn is_of(id: &str, wanted: &str) -> bool {
    id == wanted || id.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
}

/// Lists the cases of all suites, one a line; with `wanted`, those alone.
pub(super) fn list_suites(wanted: &[String]) -> Result<Exit, Failure> {
    let cases: Result<Vec<Vec<CaseFacts>>, ScenarioError> = suite_names().filter_map(suite_cases).collect();
    let cases = cases.map_err(|error| Failure::usage(error.to_string(), None))?.concat();
    if let Some(unknown) = wanted.iter().find(|wanted| !cases.iter().any(|case| is_of(&case.id, wanted))) {
        let help = "without --case, all are listed";
        return Err(Failure::usage(format!("--case: no suite has a case '{unknown}'"), Some(help.into())));
    }
    let mut out = output::stdout();
    for case in cases {
        if wanted.is_empty() || wanted.iter().any(|wanted| is_of(&case.id, wanted)) {
            let rule = case.rule.as_deref().unwrap_or("-");
            writeln!(out, "{:<20} {rule:<9} {}", case.id, case.title)
                .map_err(|error| Failure::output(&error))?;
        }
    }
    out.flush().map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}
