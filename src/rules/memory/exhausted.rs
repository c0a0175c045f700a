//! FORWARD rules that were reported for having no live binding left (FB-017).

use crate::rules::facts::LiveBids;
use crate::state::{NormalSelector, Policy, Rule};

/// Rules that were reported as exhausted and still are, in the order of the policy.
#[derive(Debug, Default)]
pub(in crate::rules) struct Exhausted(Vec<NormalSelector>);

impl Exhausted {
    /// The rules of the policy, each with whether it was reported as exhausted.
    pub fn among<'p>(&'p self, policy: &'p Policy) -> impl Iterator<Item = (&'p Rule, bool)> {
        // Rules keep their order, so one walk along both lists finds each rule again.
        let mut told = self.0.iter().peekable();
        let was_told = move |rule: &Rule| told.next_if(|selector| **selector == rule.selector).is_some();
        policy.rules().iter().scan(was_told, |was_told, rule| Some((rule, was_told(rule))))
    }

    /// Notes that all rules without a live binding were reported now. The policy ends with the last binding (D11), and
    /// with it what is remembered of its rules.
    pub fn note(&mut self, policy: &Policy, live: &LiveBids) {
        let exhausted = policy.rules().iter().filter(|rule| !live.is_empty() && live.exhaust(rule));
        self.0 = exhausted.map(|rule| rule.selector.clone()).collect();
    }

    /// Forgets the rules that have a live binding again or no longer exist.
    pub fn review(&mut self, policy: &Policy, live: &LiveBids) {
        if self.0.is_empty() {
            return;
        }
        let still = self.among(policy).filter(|(rule, was_told)| *was_told && live.exhaust(rule));
        self.0 = still.map(|(rule, _)| rule.selector.clone()).collect();
    }
}
