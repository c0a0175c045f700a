//! The validator: it takes each packet right after the observer, and holds the findings.

use std::collections::BTreeMap;
use std::ops::Range;

use super::checks::{Checks, PacketCheck, SprayCheck};
use super::choice::Choice;
use super::facts::is_over_ipv4;
use super::finder::{Once, Report};
use super::held::Flow;
use super::memory::{Copies, Due, IN_USE, Session, World};
use super::{Finding, Findings, Rule};
use crate::state::{Attribution, MessageEvent, Observer, Vouching};
use crate::time::Timestamp;
use crate::wire::{KeyRing, PORT};

/// Settings of a validator.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long after a request a reply can answer it (D1), in nanoseconds; the same as the observer's.
    pub reply_timeout: i64,
    /// Whether nothing was registered before the capture began (D10).
    pub cold_start: bool,
    /// UDP ports of Mobile IP.
    pub ports: Vec<u16>,
    /// The rules that are hidden and raised.
    pub choice: Choice,
    /// The most findings that are kept; all are counted.
    pub most_findings: usize,
    /// Seed of the hash tables; see the observer's.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reply_timeout: 10_000_000_000,
            cold_start: true,
            ports: vec![PORT],
            choice: Choice::default(),
            most_findings: 1 << 16,
            seed: 0,
        }
    }
}

/// Checks what was seen against the rules of the catalogue.
///
/// The observer takes each packet first, then the validator; the clock is that of the packets.
#[derive(Debug)]
pub struct Validator {
    pub(super) checks: Checks,
    pub(super) world: World,
    pub(super) findings: Findings,
    /// What the checks at work report.
    pub(super) reports: Vec<Report>,
    /// Reports that need time to pass, in the order in which they are decided.
    waiting: BTreeMap<(Timestamp, u64), Report>,
    /// Nothing is due before this time.
    soonest: Timestamp,
    /// Numbers the reports that wait.
    waited: u64,
    /// The session of a node of which nothing is remembered.
    pub(super) blank: Session,
    /// What is known of data packets at a glance.
    pub(super) flow: Flow,
}

/// The most reports that wait; beyond that the ones due first are decided early.
const WAITING: usize = 1 << 18;

impl Validator {
    /// A validator that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        Self {
            checks: Checks::of_catalogue(),
            findings: Findings::new(options.most_findings),
            flow: Flow::new(options.seed),
            world: World::new(options),
            reports: Vec::new(),
            waiting: BTreeMap::new(),
            soonest: Timestamp::FIRST,
            waited: 0,
            blank: Session::default(),
        }
    }

    /// How flows are vouched for: up to the whole second in which the last minute of a binding begins, because packets
    /// in that minute are looked at so that its use is noted (REG-018).
    pub const VOUCHING: Vouching = Vouching { until: IN_USE + 1_000_000_000, same_within: Copies::WINDOW };

    /// What was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Takes what was found since the last call, for those who report findings as they come.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.findings.take_kept()
    }

    /// Moves the clock to the time of a packet, after the observer's clock and before the packet is taken. If something
    /// is due, the observer counts the packets that wait.
    #[inline]
    pub fn advance(&mut self, time: Timestamp, observer: &mut Observer) {
        // Every frame passes here, and for nearly all of them nothing is due.
        if time > self.soonest {
            self.decide_due(time, observer);
        }
    }

    fn decide_due(&mut self, time: Timestamp, observer: &mut Observer) {
        self.world.started.get_or_insert(time);
        let mut is_released = false;
        loop {
            let due = self.world.next_due().filter(|(due, _)| *due < time);
            let waiting =
                self.waiting.first_key_value().map(|((until, _), _)| *until).filter(|until| *until < time);
            let due = due.filter(|(due, _)| waiting.is_none_or(|until| *due <= until)).map(|(_, what)| what);
            if due == Some(Due::Lapse) && self.world.recent.forget_answered() {
                continue;
            }
            if due.is_none() && waiting.is_none() {
                break;
            }
            // A report without a limit on repetition is decided the same before and after waiting packets are judged.
            let is_apart = due.is_none()
                && self.waiting.first_key_value().is_some_and(|(_, report)| report.once.is_none());
            if !is_released && !is_apart {
                observer.catch_up();
                self.judge_held(observer);
                is_released = true;
                // Reports about these packets may have to be decided before what is due.
                continue;
            }
            match due {
                Some(Due::Lapse) => self.lapse(observer),
                Some(Due::Alarm) => self.alarm(observer),
                None => self.decide_first(observer),
            }
        }
        let waits = self.waiting.first_key_value().map(|((until, _), _)| *until);
        let next = self.world.next_due().map_or(Timestamp::LAST, |(due, _)| due);
        self.soonest = waits.map_or(next, |waits| waits.min(next));
    }

    /// Ends the validation. Reports that still wait are decided if they can be. This brings the observer up to date,
    /// and the observer has to be closed after it.
    pub fn close(&mut self, observer: &mut Observer) {
        let clock = observer.clock();
        self.advance(clock, observer);
        observer.catch_up();
        self.judge_held(observer);
        self.take_sprays(observer);
        // The capture lasted exactly until the reply timeouts of these requests.
        let clock = observer.clock();
        while self.world.recent.next_lapse().is_some_and(|lapse| lapse <= clock) {
            self.lapse(observer);
        }
        for ((until, _), mut report) in std::mem::take(&mut self.waiting) {
            if until <= clock {
                report.wait.iter_mut().for_each(|wait| wait.decide_at_end = true);
            }
            if report.wait.as_ref().is_some_and(|wait| wait.decide_at_end) {
                self.decide(report, observer);
            }
        }
        self.rename_findings(observer);
        self.findings.sort();
        self.findings.forgotten = self.world.forgotten();
        self.findings.obscured = self.world.obscured();
    }

    /// Renames the nodes of findings: some turned out to be other names of nodes, some got their home address later.
    pub(super) fn rename_findings(&mut self, observer: &Observer) {
        let world = &self.world;
        // Once nodes were forgotten, the index of one may be that of another.
        let is_full = observer.evictions().nodes > 0;
        self.findings.rename(|before, time| {
            let node = world.node_of(before, time);
            let is_it = node != before || !is_full;
            (node, observer.node(node).filter(|_| is_it).and_then(|node| node.home_address))
        });
    }

    /// Judges a message, after the observer took it. Gives the range of [`Findings::kept`] that it added about this
    /// very packet.
    pub fn message(
        &mut self,
        event: &MessageEvent<'_, '_>,
        seen: Attribution,
        keys: &KeyRing,
        observer: &Observer,
    ) -> Range<usize> {
        let before = self.findings.kept().len();
        if !seen.copy && is_over_ipv4(event.datagram) {
            self.take_message(event, seen, keys, observer);
            // Until this time, frames need no more than a comparison.
            let due = self.world.next_due().map_or(Timestamp::LAST, |(due, _)| due);
            self.soonest = self.soonest.min(due);
            self.findings.forgotten = self.world.forgotten();
        }
        before..self.findings.kept().len()
    }

    /// Takes up what the checks reported: some reports wait, the others become findings.
    pub(super) fn file(&mut self, node: Option<u32>, observer: &Observer) {
        if self.reports.is_empty() {
            return;
        }
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            match &report.wait {
                Some(wait) => {
                    if self.waiting.len() >= WAITING {
                        self.decide_first(observer);
                    }
                    self.waited = self.waited.wrapping_add(1);
                    self.soonest = self.soonest.min(wait.until);
                    self.waiting.insert((wait.until, self.waited), report);
                }
                None => self.settle(report, node, observer),
            }
        }
        // The next reports use the same allocation.
        self.reports = reports;
    }

    /// Turns a report into a finding, unless it was reported before or is hidden.
    fn settle(&mut self, report: Report, node: Option<u32>, observer: &Observer) {
        let rule = report.finding.rule;
        let is_first = match (report.once, node) {
            (None, _) => true,
            (Some(Once::Session(key)), Some(node)) => self.world.first_time_of(node, rule.id, key, observer),
            (Some(Once::Session(key) | Once::Capture(key)), _) => self.world.first_time(rule.id, key),
            (Some(Once::Each(keys)), _) => keys.into_iter().fold(false, |is_first, (node, key)| {
                self.world.first_time_of(node, rule.id, key, observer) || is_first
            }),
        };
        let level = self.world.options.choice.level(rule);
        if is_first && let Some(finding) = report.finding.at_level(level) {
            self.findings.add(finding);
        }
    }

    fn decide_first(&mut self, observer: &Observer) {
        if let Some((_, report)) = self.waiting.pop_first() {
            self.decide(report, observer);
        }
    }

    fn decide(&mut self, mut report: Report, observer: &Observer) {
        let holds = report.wait.take().is_none_or(|wait| (wait.holds)(&self.world, observer));
        if holds {
            let node = report.finding.node;
            self.settle(report, node, observer);
        }
    }

    /// What is remembered.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// What is remembered, to add to it.
    pub(super) fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The checks of data packets.
    pub(super) fn packet_checks(&self) -> &[(&'static Rule, PacketCheck)] {
        &self.checks.packet
    }

    /// The checks of fragments of data packets.
    pub(super) fn fragment_checks(&self) -> &[(&'static Rule, PacketCheck)] {
        &self.checks.fragment
    }

    /// The checks of flows that are spread over several tunnels.
    pub(super) fn spray_checks(&self) -> &[(&'static Rule, SprayCheck)] {
        &self.checks.spray
    }

    /// The checks of packets to the end of a tunnel, whoever sent them.
    pub(super) fn forward_checks(&self) -> &[(&'static Rule, PacketCheck)] {
        &self.checks.forward
    }

    /// The list that reports are made in, to be given back by [`Validator::put_reports`].
    pub(super) fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Files the reports about a packet.
    pub(super) fn put_reports(&mut self, reports: Vec<Report>, node: Option<u32>, observer: &Observer) {
        self.reports = reports;
        self.file(node, observer);
    }

    pub(super) fn is_port(&self, port: u16) -> bool {
        self.world.options.ports.contains(&port)
    }
}
