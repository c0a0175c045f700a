//! Which rules an operator hides, and which they raise.

use super::{Level, Rule};

/// The operator's choice among the rules, by identifier or prefix of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Rules that are hidden.
    pub allow: Vec<String>,
    /// Rules that are raised to `must`; see [`Choice::level`] for those that `allow` names as well.
    pub deny: Vec<String>,
}

impl Choice {
    /// The level of a rule under this choice; `None` when it is hidden. When both `allow` and `deny` name the rule, the
    /// longer name decides; when both names are equally long, `deny` decides.
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        let longest = |names: &[String]| {
            let matching = names.iter().filter(|name| rule.id.starts_with(name.as_str()));
            matching.map(String::len).max()
        };
        match (longest(&self.allow), longest(&self.deny)) {
            (None, None) => Some(rule.level),
            (Some(allow), Some(deny)) if allow > deny => None,
            (_, Some(_)) => Some(Level::Must),
            (Some(_), None) => None,
        }
    }
}
