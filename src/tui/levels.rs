//! How many findings there are of each level.

use crate::counted::grouped;
use crate::rules::Level;

/// Findings, counted by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    must: u64,
    should: u64,
    note: u64,
}

impl Levels {
    /// The count of a level.
    pub fn of(self, level: Level) -> u64 {
        match level {
            Level::Must => self.must,
            Level::Should => self.should,
            Level::Note => self.note,
        }
    }

    /// The count of all levels.
    pub fn total(self) -> u64 {
        self.must.saturating_add(self.should).saturating_add(self.note)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Counts one more.
    pub(super) fn add(&mut self, level: Level) {
        let count = self.count(level);
        *count = count.saturating_add(1);
    }

    /// Counts one less.
    pub(super) fn remove(&mut self, level: Level) {
        let count = self.count(level);
        *count = count.saturating_sub(1);
    }

    /// Both together.
    #[must_use]
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            must: self.must.saturating_add(other.must),
            should: self.should.saturating_add(other.should),
            note: self.note.saturating_add(other.note),
        }
    }

    /// The gravest level, and all of them in words, the gravest first: `1 must 2 note`. `None` when there are none.
    pub fn words(self) -> Option<(Level, String)> {
        let counted = Level::ALL.into_iter().filter(|level| self.of(*level) > 0);
        let gravest = counted.clone().next()?;
        let words: Vec<String> =
            counted.map(|level| format!("{} {}", grouped(self.of(level)), level.name())).collect();
        Some((gravest, words.join(" ")))
    }

    fn count(&mut self, level: Level) -> &mut u64 {
        match level {
            Level::Must => &mut self.must,
            Level::Should => &mut self.should,
            Level::Note => &mut self.note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_the_gravest() {
        let mut levels = Levels::default();
        assert_eq!(levels.words(), None);
        for level in [Level::Note, Level::Must, Level::Note] {
            levels.add(level);
        }
        assert_eq!(levels.words(), Some((Level::Must, "1 must 2 note".to_owned())));
        levels.remove(Level::Must);
        assert_eq!(levels.with(levels).words(), Some((Level::Note, "4 note".to_owned())));
    }
}
