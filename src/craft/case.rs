//! The entries of a run with their outcomes: single steps, or the cases of a suite.

use super::outcome::Outcome;

/// The facts of a case in a conformance suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its id, which is never reused: `rfc7629/5.2/3`.
    pub id: String,
    /// What it tests, in one line.
    pub title: String,
    /// The section it tests.
    pub section: String,
    /// The rule it tests, if there is one.
    pub rule: Option<String>,
    /// What the RFC requires, which answers are lawful, and where the RFC's text leaves doubt.
    pub text: String,
}

/// One line of a report: a step, or a case with all its steps.
#[derive(Debug)]
pub struct Entry {
    /// The scenario it is from, if any.
    pub scenario: Option<String>,
    /// The facts of the case, if it is one of a suite.
    pub case: Option<CaseFacts>,
    /// The outcomes of its steps, in order; never empty.
    pub outcomes: Vec<Outcome>,
}

/// The reason why a case without any answer cannot be judged.
const SILENCE: &str = "no request was answered";

impl Entry {
    /// A line of a report. In a case silence is often lawful. But if nothing at all was answered, not even requests
    /// that every agent answers, the agent may not be there, so the case is skipped.
    pub fn new(scenario: Option<String>, case: Option<CaseFacts>, outcomes: Vec<Outcome>) -> Self {
        let mut entry = Self { scenario, case, outcomes };
        let is_silent = entry.outcomes.iter().all(|outcome| outcome.reply.is_none());
        if entry.case.is_some()
            && is_silent
            && entry.passed() == Some(true)
            && let Some(last) = entry.outcomes.last_mut()
        {
            last.skipped = Some(SILENCE.to_owned());
        }
        entry
    }

    /// The id of the case, or the name of the step.
    pub fn name(&self) -> &str {
        match (&self.case, self.outcomes.first()) {
            (Some(case), _) => &case.id,
            (None, Some(outcome)) => &outcome.name,
            (None, None) => "",
        }
    }

    /// The outcome that decides: the first one that did not pass or cannot be judged, otherwise the last one.
    pub fn deciding(&self) -> Option<&Outcome> {
        let decides = |outcome: &&Outcome| outcome.passed() == Some(false) || outcome.skipped.is_some();
        let failed = self.outcomes.iter().find(decides);
        failed.or_else(|| self.outcomes.last())
    }

    /// Why the entry could not be judged; `None` if it could.
    pub fn skipped(&self) -> Option<&str> {
        self.outcomes.iter().find_map(|outcome| outcome.skipped.as_deref())
    }

    /// Whether all its steps passed; `None` if nothing was sent or if the entry cannot be judged.
    pub fn passed(&self) -> Option<bool> {
        if self.skipped().is_some() {
            return None;
        }
        let verdicts: Vec<bool> = self.outcomes.iter().filter_map(Outcome::passed).collect();
        (!verdicts.is_empty()).then(|| verdicts.iter().all(|passed| *passed))
    }
}
