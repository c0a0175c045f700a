//! Findings for which a run fails (`--fail-on`): a case of their own, the last one.

use super::finding_lines;
use crate::rules::{Finding, Level};

/// The findings of a level or above, as lines.
pub(super) struct Grave {
    level: Level,
    /// A line each.
    pub lines: Vec<String>,
}

impl Grave {
    /// None yet.
    pub const fn new(level: Level) -> Self {
        Self { level, lines: Vec::new() }
    }

    /// Takes those that are grave.
    pub fn take(&mut self, found: &[Finding]) {
        let is_grave = |finding: &&Finding| finding.level <= self.level;
        self.lines.extend(finding_lines(found.iter().filter(is_grave)));
    }

    /// What the case is about.
    pub fn title(&self) -> String {
        match self.level {
            Level::Must => "no finding of level must".to_owned(),
            level => format!("no finding of level {} or above", level.name()),
        }
    }
}
