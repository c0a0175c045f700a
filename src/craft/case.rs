//! What a run is made of: steps alone, or the cases of a suite, and what came of them.

use super::outcome::Outcome;

/// What a case of a conformance suite is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its number, never given again: `rfc7629/5.2/3`.
    pub id: String,
    /// What it tests, in a line.
    pub title: String,
    /// The section it tests.
    pub section: String,
    /// The rule it tests, or none where no rule says so much.
    pub rule: Option<String>,
    /// What is asked for, what is lawful, and where the text leaves a doubt.
    pub text: String,
}

/// One line of a report: a step, or a case with all its steps.
#[derive(Debug)]
pub struct Entry {
    /// The scenario it is from, where there is one.
    pub scenario: Option<String>,
    /// The case it is, in a suite.
    pub case: Option<CaseFacts>,
    /// What came of its steps, in their order; never empty.
    pub outcomes: Vec<Outcome>,
}

/// Why a case cannot be judged that nothing was answered in.
const SILENCE: &str = "no request was answered";

impl Entry {
    /// A line of a report. In a case silence is often lawful; where nothing at all was answered, not even what every
    /// agent answers, it cannot be told from an agent that is not there.
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

    /// What it is called.
    pub fn name(&self) -> &str {
        match (&self.case, self.outcomes.first()) {
            (Some(case), _) => &case.id,
            (None, Some(outcome)) => &outcome.name,
            (None, None) => "",
        }
    }

    /// The outcome that decides: the first that did not pass or cannot be judged, else the last.
    pub fn deciding(&self) -> Option<&Outcome> {
        let decides = |outcome: &&Outcome| outcome.passed() == Some(false) || outcome.skipped.is_some();
        let failed = self.outcomes.iter().find(decides);
        failed.or_else(|| self.outcomes.last())
    }

    /// Why it could not be judged, where that is so.
    pub fn skipped(&self) -> Option<&str> {
        self.outcomes.iter().find_map(|outcome| outcome.skipped.as_deref())
    }

    /// Whether all its steps passed; `None` when nothing was sent, or when it cannot be judged.
    pub fn passed(&self) -> Option<bool> {
        if self.skipped().is_some() {
            return None;
        }
        let verdicts: Vec<bool> = self.outcomes.iter().filter_map(Outcome::passed).collect();
        (!verdicts.is_empty()).then(|| verdicts.iter().all(|passed| *passed))
    }
}
