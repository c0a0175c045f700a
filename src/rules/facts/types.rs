//! Small facts: legs, sets of types, known types.

use crate::wire::ExtensionType;

/// The leg of a message's path (D5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::rules) enum Leg {
    /// To or from the home agent.
    HomeAgent,
    /// Between mobile node and foreign agent.
    ForeignAgent,
}

/// A set of extension types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct TypeSet([u64; 4]);

impl TypeSet {
    /// Adds a type.
    pub fn add(&mut self, kind: ExtensionType) {
        if let Some(word) = self.0.get_mut(usize::from(kind.0 >> 6)) {
            *word |= 1 << (kind.0 & 63);
        }
    }

    /// Whether a type is in the set.
    pub fn has(&self, kind: ExtensionType) -> bool {
        self.0.get(usize::from(kind.0 >> 6)).is_some_and(|word| word & 1 << (kind.0 & 63) != 0)
    }
}

/// Whether an extension's type is one that a document defines (D3).
pub(in crate::rules) const fn is_known(kind: ExtensionType) -> bool {
    matches!(
        kind.0,
        0 | 32..=34 | 36..=38 | 40..=50 | 128..=134 | 136..=142 | 144 | 145 | 147..=149 | 151..=154 | 255
    )
}
