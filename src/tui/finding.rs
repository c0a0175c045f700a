//! What the findings screen shows: the one place that is filled from the checks of the rules.

use std::net::Ipv4Addr;

use crate::time::Timestamp;

/// How binding the text is that a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It has to be so.
    Must,
    /// It ought to be so.
    Should,
    /// It is worth knowing.
    Note,
}

impl Level {
    /// All of them, the gravest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Note];

    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Note => "note",
        }
    }
}

/// A rule, as it is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Its name.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// How binding it is.
    pub level: Level,
    /// RFC and section.
    pub source: &'static str,
    /// When it fires.
    pub fires: &'static str,
    /// Why it is there.
    pub why: &'static str,
}

/// Something that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static RuleText,
    /// Its level here.
    pub level: Level,
    /// The frame it was found in.
    pub frame: Option<u64>,
    /// When.
    pub time: Timestamp,
    /// The home address of the node it is about.
    pub home_address: Option<Ipv4Addr>,
    /// What it is about.
    pub subject: String,
    /// What was found.
    pub message: String,
}
