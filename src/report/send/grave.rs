//! Findings that make a run fail (`--fail-on`). They are reported as a case of their own, the last one.

use super::finding_lines;
use crate::rules::{Finding, Level};

/// The findings of a level or graver, as lines.
pub(super) struct Grave {
    level: Level,
    /// One line for each finding.
    pub lines: Vec<String>,
}

impl Grave {
    /// Starts without findings.
    pub const fn new(level: Level) -> Self {
        Self { level, lines: Vec::new() }
    }

    /// Adds the findings of `found` that are grave enough.
    pub fn take(&mut self, found: &[Finding]) {
        let is_grave = |finding: &&Finding| finding.level <= self.level;
        self.lines.extend(finding_lines(found.iter().filter(is_grave)));
    }

    /// The title of the case.
    pub fn title(&self) -> String {
        match self.level {
            Level::Must => "no finding of level must".to_owned(),
            level => format!("no finding of level {} or above", level.name()),
        }
    }
}
