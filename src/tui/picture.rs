//! A copy of everything there is to show at one moment; it is written to a file while the screen goes on.

use super::facts::{Facts, Input};
use super::finding_log::FindingLog;
use crate::capture::LinkType;
use crate::net;
use crate::state::Observer;
use crate::trace::Counts;
use crate::watch::{AllMessages, Counters};
use crate::wire::{KeyRing, Numbers};

/// A copy of facts.
#[derive(Debug)]
pub struct Picture {
    observer: Box<Observer>,
    messages: AllMessages,
    counts: Counts,
    counters: Counters,
    network: net::Counters,
    link_types: Vec<LinkType>,
    clock_backwards: u64,
    ports: Vec<u16>,
    numbers: Numbers,
    keys: KeyRing,
    findings: FindingLog,
    input: Input,
}

impl Picture {
    /// Copies these facts, except for the tables: `observer` is a copy of them already.
    pub fn of(facts: Facts<'_>, observer: Box<Observer>) -> Self {
        Self {
            observer,
            messages: facts.messages.clone(),
            counts: facts.counts.clone(),
            counters: facts.counters,
            network: facts.network,
            link_types: facts.link_types.to_vec(),
            clock_backwards: facts.clock_backwards,
            ports: facts.ports.to_vec(),
            numbers: facts.numbers,
            keys: facts.keys.clone(),
            findings: facts.findings.clone(),
            input: facts.input.clone(),
        }
    }

    /// The facts, read from the copy.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            observer: &self.observer,
            messages: &self.messages,
            counts: &self.counts,
            counters: self.counters,
            network: self.network,
            link_types: &self.link_types,
            clock_backwards: self.clock_backwards,
            ports: &self.ports,
            numbers: self.numbers,
            keys: &self.keys,
            findings: &self.findings,
            input: &self.input,
        }
    }
}
