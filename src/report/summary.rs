//! The results of a capture as a whole.

use std::collections::BTreeSet;

use super::Target;
use crate::capture::{LinkType, Origins};
use crate::net::Counters;
use crate::rules::{Finding, Findings};
use crate::state::Observer;
use crate::trace::Counts;
use crate::wire::Numbers;

/// Everything that was counted, and the inputs it came from.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// Names of the inputs as they were given; `-` for standard input.
    pub files: &'a [String],
    /// Which file each frame came from and its place there, if the report needs it.
    pub origins: Option<&'a Origins>,
    /// Link types of the inputs, in order of first appearance.
    pub link_types: &'a [LinkType],
    /// Frames, messages and tunnelled packets.
    pub counts: &'a Counts,
    /// The observer with its tables.
    pub observer: &'a Observer,
    /// What the rules found; `None` if no rules were run.
    pub findings: Option<&'a Findings>,
    /// The only node to report on, if it is not all of them.
    pub target: Option<&'a Target>,
    /// The only flows to report, by their places in the observer's table; `None` for all flows of the target.
    pub flows: Option<&'a BTreeSet<u32>>,
    /// Fragments and frames that could not be decoded.
    pub network: Counters,
    /// How many frames have an earlier time than the frame before them in the same file.
    pub clock_backwards: u64,
    /// The assigned numbers by which messages were read.
    pub numbers: Numbers,
    /// What a live capture lost; `None` for files.
    pub lost: Option<Lost>,
    /// The failures of input and output in words, as far as they are known before the report is written.
    pub failures: &'a [String],
}

/// Packets that a live capture missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Dropped by the kernel or the interface.
    pub dropped: u64,
    /// Captured, but given up because they came faster than they could be analysed.
    pub skipped: u64,
}

impl Summary<'_> {
    /// A test whether a finding concerns the target; without a target every finding does.
    pub fn wanted_findings(&self) -> impl Fn(&Finding) -> bool {
        let selection = super::Selection::new(self);
        move |finding| selection.has_finding(finding)
    }

    /// The names of the link types for reports, each once; a number where a type has no name.
    pub fn link_type_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.link_types.iter().map(ToString::to_string) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Fragments that were given up: those evicted and expired, and one for each datagram refused for overlaps.
    pub fn lost_fragments(&self) -> u64 {
        self.network.evicted_fragments + self.network.expired_fragments + self.network.refused_overlaps
    }
}
