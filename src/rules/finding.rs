//! Findings: what rules found and where, in words. A limited number is kept, and all are counted.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::{Level, Rule, Subject, Wording};
use crate::capture::Frame;
use crate::time::{Precision, Timestamp};

/// A packet, as findings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of its frame, from 1.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// How many digits of that time the capture recorded.
    pub precision: Precision,
}

impl Place {
    /// A frame as findings name it.
    #[inline]
    pub const fn of(frame: &Frame<'_>) -> Self {
        Self { frame: frame.number, time: frame.time, precision: frame.precision }
    }

    /// Overwrites this place with another one.
    // Field by field: the other place was just written in pieces, and a copy of the whole would stall the processor.
    #[inline]
    pub(super) const fn put(&mut self, Self { frame, time, precision }: Self) {
        self.frame = frame;
        self.time = time;
        self.precision = precision;
    }
}

/// One breach of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Its level, which `--deny` may have raised.
    pub level: Level,
    /// The packet it is about.
    pub place: Place,
    /// Who is at fault.
    pub subject: Subject,
    /// The node that the finding is about: index among the observer's nodes.
    pub node: Option<u32>,
    /// That node's home address, if it has one.
    pub home_address: Option<Ipv4Addr>,
    /// What was seen, with values, and what is required.
    pub message: Wording,
    /// The octets of the UDP payload it is about.
    pub octets: Option<Range<usize>>,
}

/// The findings of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfRule {
    /// How many there were, kept or not.
    pub count: u64,
    /// How many of them were not kept, because there was no room.
    pub evicted: u64,
    /// The most serious level of any of them, which `--deny` may have raised.
    pub gravest: Level,
}

/// The findings of a run.
#[derive(Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    most: usize,
    evicted: u64,
    /// How many of the things that rules remember were dropped, so that a rule could miss something.
    pub(super) forgotten: u64,
    /// How many nodes had a registration that the snapshot length cut.
    pub(super) obscured: u64,
    levels: BTreeMap<Level, u64>,
    rules: BTreeMap<&'static str, OfRule>,
}

impl Findings {
    /// No findings yet, of which at most `most` are kept.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Vec::new(),
            most,
            evicted: 0,
            forgotten: 0,
            obscured: 0,
            levels: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// Counts a finding, and keeps it if there is room.
    pub fn add(&mut self, finding: Finding) {
        *self.levels.entry(finding.level).or_default() += 1;
        let evicts = u64::from(self.kept.len() >= self.most);
        let blank = OfRule { count: 0, evicted: 0, gravest: finding.level };
        let of_rule = self.rules.entry(finding.rule.id).or_insert(blank);
        of_rule.count += 1;
        of_rule.evicted += evicts;
        of_rule.gravest = of_rule.gravest.min(finding.level);
        self.evicted = self.evicted.saturating_add(evicts);
        if evicts == 0 {
            self.kept.push(finding);
        }
    }

    /// The kept findings, in the order in which they were found.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Takes the kept findings out, in the order in which they were found. They stay counted.
    pub fn take_kept(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.kept)
    }

    /// The kept findings that were added in this range of indices.
    pub fn added(&self, range: std::ops::Range<usize>) -> &[Finding] {
        self.kept.get(range).unwrap_or_default()
    }

    /// The counts of each rule with a finding, by rule identifier.
    pub fn of_rules(&self) -> &BTreeMap<&'static str, OfRule> {
        &self.rules
    }

    /// The gravest level of any finding, kept or not.
    pub fn gravest(&self) -> Option<Level> {
        self.levels.keys().next().copied()
    }

    /// Renames the nodes of the kept findings, and adds the home addresses that are missing: `now` says which node a
    /// node of some time is today, and its home address.
    pub(super) fn rename(&mut self, now: impl Fn(u32, Timestamp) -> (u32, Option<Ipv4Addr>)) {
        for finding in &mut self.kept {
            let Some(node) = finding.node else { continue };
            let (is_now, home_address) = now(node, finding.place.time);
            if is_now != node || finding.home_address.is_none() {
                (finding.node, finding.home_address) = (Some(is_now), home_address);
            }
        }
    }

    /// Sorts the kept findings by packet, and those of one packet by rule.
    pub fn sort(&mut self) {
        self.kept.sort_by(|one, other| {
            let key = |finding: &Finding| (finding.place.frame, finding.rule.id);
            key(one).cmp(&key(other))
        });
    }

    /// How many findings there were of this level, kept or not.
    pub fn of_level(&self, level: Level) -> u64 {
        self.levels.get(&level).copied().unwrap_or_default()
    }

    /// How many findings were not kept, because there was no room.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many nodes were, at least for a time, not judged by their bindings, policy and grants, because the snapshot
    /// length cut a registration of theirs. Counted when the validation is closed.
    pub fn obscured(&self) -> u64 {
        self.obscured
    }

    /// How many of the things that rules remember across sessions were dropped, so that a rule could have missed
    /// something since.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}
