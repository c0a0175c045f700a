//! The validator: fed with what the observer was fed with, right after it, and asked for findings.

use std::collections::BTreeMap;
use std::ops::Range;

use super::checks::{Checks, PacketCheck, SprayCheck};
use super::choice::Choice;
use super::facts::{Answering, Asking, Expired, MessageFacts, Revoking, Unanswered, is_over_ipv4};
use super::finder::{Context, Finder, Once, Report};
use super::held::Flow;
use super::memory::{Answer, Asked, Due, Session, World};
use super::pairing::anchors;
use super::{Finding, Findings, Place, Rule, Subject};
use crate::state::{
    Attribution, Bid, Binding, BindingState, Effect, MessageEvent, Node, NormalSelector, Observer,
};
use crate::time::{Precision, Timestamp};
use crate::wire::{Header, KeyRing, PORT, RegistrationReply, RegistrationRequest, Revocation};

/// What a validator is told beforehand.
#[derive(Clone, Debug)]
pub struct Options {
    /// Nanoseconds within which a reply answers a request (D1); the observer's.
    pub reply_timeout: i64,
    /// Whether nothing was registered before the capture began (D10).
    pub cold_start: bool,
    /// UDP ports of Mobile IP.
    pub ports: Vec<u16>,
    /// What the operator hides and what they raise.
    pub choice: Choice,
    /// The most findings that are kept; all are counted.
    pub most_findings: usize,
    /// Scatters the tables; see the observer's.
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

/// Must-level rules whose breach makes a request malformed (EXCH-010).
const FAULTS: [&str; 22] = [
    "MP-001", "MP-002", "MP-003", "MP-005", "MP-007", "MP-008", "MP-009", "MP-010", "MP-011", "MP-012",
    "FB-001", "FB-002", "FB-003", "FB-004", "FB-005", "FB-006", "FB-008", "TS-001", "TS-002", "TS-004",
    "TS-005", "TS-007",
];

/// Judges what was seen by the rules of the catalogue.
///
/// Each packet goes to the observer first, then here; the clock is that of the packets.
#[derive(Debug)]
pub struct Validator {
    checks: Checks,
    world: World,
    findings: Findings,
    reports: Vec<Report>,
    /// Reports that need time to pass, in the order in which they are decided.
    waiting: BTreeMap<(Timestamp, u64), Report>,
    /// Numbers the reports that wait.
    waited: u64,
    blank: Session,
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
            waited: 0,
            blank: Session::default(),
        }
    }

    /// What was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Takes out what was found since this was last asked, for who tells findings as they come.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.findings.take_kept()
    }

    /// Moves the clock to the time of a packet, after the observer's and before the packet is taken.
    pub fn advance(&mut self, time: Timestamp, observer: &Observer) {
        if self.world.started.is_none() {
            self.world.started = Some(time);
        }
        let is_due = |due: Timestamp| due < time;
        let next = self.world.next_due().map(|(due, _)| due);
        let waits = self.waiting.first_key_value().map(|((until, _), _)| *until);
        if !next.is_some_and(is_due) && !waits.is_some_and(is_due) {
            return;
        }
        self.release(observer);
        loop {
            let due = self.world.next_due().filter(|(due, _)| *due < time);
            let waiting =
                self.waiting.first_key_value().map(|((until, _), _)| *until).filter(|until| *until < time);
            match (due, waiting) {
                (Some((due, what)), until) if until.is_none_or(|until| due <= until) => match what {
                    Due::Lapse => self.lapse(observer),
                    Due::Alarm => self.alarm(observer),
                },
                (_, Some(_)) => self.decide_first(observer),
                _ => break,
            }
        }
    }

    /// Ends the validation: nothing more will be seen. What needed more time is decided if it can be.
    pub fn close(&mut self, observer: &Observer) {
        self.release(observer);
        self.take_sprays(observer);
        // The capture went on for exactly as long as these needed.
        let clock = observer.clock();
        while self.world.next_lapse().is_some_and(|lapse| lapse <= clock) {
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
        self.findings.sort();
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
        }
        before..self.findings.kept().len()
    }

    fn take_message(
        &mut self,
        event: &MessageEvent<'_, '_>,
        seen: Attribution,
        keys: &KeyRing,
        observer: &Observer,
    ) {
        let mut message = MessageFacts::of(event, keys);
        let seen = self.paired_by_endpoints(&message, seen);
        message.leg = self.leg_of(&message, seen);
        let node = seen.node.and_then(|slot| observer.node(slot).map(|node| (slot, node)));
        let context = context_of(&message, node);
        for (rule, check) in &self.checks.datagram {
            check(&message, &mut Finder::new(rule, context, &mut self.reports));
        }
        match &event.message.header {
            Header::Request(request) if self.is_port(message.destination.port()) => {
                self.take_request(&message, request, seen, context, observer);
            }
            Header::Reply(reply) => self.take_reply(&message, reply, seen, context, observer),
            Header::Revocation(revocation) => {
                self.take_revocation(&message, revocation, context, node, observer);
            }
            Header::RevocationAcknowledgement(_) => {
                self.file(seen.node, observer);
                self.after_revocation(&message, seen.node, observer);
            }
            Header::TunnelData(_) => self.take_tunnel_data(event, observer),
            _ => {}
        }
        self.file(seen.node, observer);
    }

    fn take_request(
        &mut self,
        message: &MessageFacts<'_, '_>,
        request: &RegistrationRequest,
        seen: Attribution,
        context: Context,
        observer: &Observer,
    ) {
        self.judge_alone(message, context);
        let mut asked = Asked::of(message, request);
        asked.node = seen.node;
        asked.group = seen.request.unwrap_or(message.place.frame);
        asked.faults = self
            .reports
            .iter()
            .map(|report| report.finding.rule.id)
            .filter(|id| FAULTS.contains(id))
            .collect();
        let session = seen.node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let asking = Asking {
            message,
            request,
            asked: &asked,
            session,
            node: seen.node.and_then(|node| observer.node(node)),
            anchored: self.world.options.cold_start || session.anchored,
            world: &self.world,
        };
        for (rule, check) in &self.checks.request {
            check(&asking, &mut Finder::new(rule, context, &mut self.reports));
        }
        self.world.remember_request(asked, observer);
    }

    fn take_reply(
        &mut self,
        message: &MessageFacts<'_, '_>,
        reply: &RegistrationReply,
        seen: Attribution,
        context: Context,
        observer: &Observer,
    ) {
        self.judge_alone(message, context);
        let answer = Answer::of(message, reply);
        let asked = seen.request.and_then(|group| self.asked_of(group, message)).cloned();
        if let (Some(node), Some(from)) = (seen.node, asked.as_ref().and_then(|asked| asked.node))
            && observer.node(from).is_none_or(|from| from.home_address.is_none())
        {
            self.world.rename(from, node, observer);
        }
        let session = seen.node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let node = seen.node.and_then(|node| observer.node(node));
        let changes = seen.decides && reply.code.is_accepted();
        let overwrites = asked.as_ref().is_some_and(Asked::is_overwrite) && changes;
        let anchors = changes && asked.as_ref().is_some_and(|asked| anchors(asked, &answer));
        let anchored = self.world.options.cold_start || session.anchored;
        let answering = Answering {
            message,
            reply,
            answer: &answer,
            asked: asked.as_ref(),
            decides: seen.decides,
            session,
            before: if changes { observer.before() } else { node.map(Node::bindings).unwrap_or_default() },
            node,
            slot: seen.node,
            anchored: anchored || overwrites,
            anchored_after: anchored || anchors,
            world: &self.world,
            observer,
        };
        for (rule, check) in &self.checks.reply {
            check(&answering, &mut Finder::new(rule, context, &mut self.reports));
        }
        let numbers = message.message.numbers();
        let removes = answering.removes_a_binding();
        self.file(seen.node, observer);
        self.world.remember_reply(&answer, asked.as_ref(), seen.decides, seen.node, numbers, observer);
        if let (Some(slot), Some(asked), true) = (seen.node, &asked, changes) {
            if let Some(session) = self.world.session_mut(slot, observer) {
                session.anchored |= anchors;
            }
            self.note_policy(slot, asked, &answer, removes, observer);
        }
    }

    /// Notes what an accepted exchange did to the policy.
    fn note_policy(&mut self, slot: u32, asked: &Asked, answer: &Answer, removes: bool, observer: &Observer) {
        let Some(node) = observer.node(slot) else { return };
        let changed = node
            .policy()
            .rules()
            .iter()
            .any(|rule| rule.frame == answer.place.frame || rule.frame == asked.group);
        let exhausted: Vec<_> = exhausted(node, |bid| node.is_active(bid)).cloned().collect();
        let Some(session) = self.world.session_mut(slot, observer) else { return };
        if changed {
            session.policy_changes = session.policy_changes.wrapping_add(1);
            session.policy_by = asked.usable_bid();
        }
        if removes {
            session.exhausted = exhausted;
        } else {
            session.exhausted.retain(|rule| exhausted.contains(rule));
        }
    }

    fn take_revocation(
        &mut self,
        message: &MessageFacts<'_, '_>,
        revocation: &Revocation,
        context: Context,
        node: Option<(u32, &Node)>,
        observer: &Observer,
    ) {
        let session = node.and_then(|(slot, _)| self.world.session(slot, observer)).unwrap_or(&self.blank);
        let revoking = Revoking {
            message,
            revocation,
            node: node.map(|(_, node)| node),
            anchored: self.world.options.cold_start || session.anchored,
            world: &self.world,
        };
        for (rule, check) in &self.checks.revocation {
            check(&revoking, &mut Finder::new(rule, context, &mut self.reports));
        }
        self.world.revocations.note(message.place, revocation);
    }

    fn after_revocation(&mut self, message: &MessageFacts<'_, '_>, node: Option<u32>, observer: &Observer) {
        self.world.revocations.note_acknowledgement(message);
        if let Some(session) = node.and_then(|node| self.world.session_mut(node, observer)) {
            session.disturb(message.place.time);
        }
    }

    /// The rules that look at one registration alone.
    fn judge_alone(&mut self, message: &MessageFacts<'_, '_>, context: Context) {
        for (rule, check) in &self.checks.registration {
            check(message, &mut Finder::new(rule, context, &mut self.reports));
        }
        for facts in &message.flow_bindings {
            for (rule, check) in &self.checks.flow_binding {
                check(message, facts, &mut Finder::new(rule, context, &mut self.reports));
            }
        }
    }

    /// Judges the oldest request, whose reply timeout is over.
    fn lapse(&mut self, observer: &Observer) {
        let Some(asked) = self.world.take_lapsed() else { return };
        let node = asked.node;
        let session = node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let home_address = Some(asked.request.home_address).filter(|address| !address.is_unspecified());
        let context = Context { place: asked.place, sender: Subject::MobileNode, node, home_address };
        let unanswered = Unanswered { asked: &asked, session };
        for (rule, check) in &self.checks.unanswered {
            check(&unanswered, &mut Finder::new(rule, context, &mut self.reports));
        }
        self.file(node, observer);
        if let Some(session) = node.and_then(|node| self.world.session_mut(node, observer)) {
            session.remember_unanswered(&asked);
        }
    }

    /// Judges the bindings of a node that expire now.
    fn alarm(&mut self, observer: &Observer) {
        let Some((time, slot)) = self.world.take_alarm(observer) else { return };
        let Some(node) = observer.node(slot) else { return };
        let expires_now = |binding: &&Binding| {
            binding.expires == Some(time)
                && matches!(binding.state, BindingState::Active | BindingState::Expired)
        };
        let any = node.bindings().iter().any(|binding| expires_now(&binding));
        for binding in node.bindings().iter().filter(expires_now) {
            let session = self.world.session(slot, observer).unwrap_or(&self.blank);
            let registered = session.registered(binding);
            let precision =
                registered.map_or(Precision::MICROSECONDS, |registered| registered.answer.place.precision);
            let renewed_by = Place { frame: binding.frame, time: binding.refreshed, precision };
            let context = Context {
                place: renewed_by,
                sender: Subject::MobileNode,
                node: Some(slot),
                home_address: node.home_address,
            };
            let expired = Expired { binding, registered, renewed_by, time, node, session };
            for (rule, check) in &self.checks.expiry {
                check(&expired, &mut Finder::new(rule, context, &mut self.reports));
            }
            let lives =
                |bid: u8| expired.live_after().any(|binding| binding.bid().map(Bid::octet) == Some(bid));
            let exhausted: Vec<_> = exhausted(node, lives).cloned().collect();
            self.file(Some(slot), observer);
            if let Some(session) = self.world.session_mut(slot, observer) {
                session.exhausted = exhausted;
            }
        }
        if any && let Some(session) = self.world.session_mut(slot, observer) {
            session.disturb(time);
        }
    }

    /// Takes up what the checks reported: some of it waits, the rest becomes findings.
    fn file(&mut self, node: Option<u32>, observer: &Observer) {
        for report in std::mem::take(&mut self.reports) {
            match &report.wait {
                Some(wait) => {
                    if self.waiting.len() >= WAITING {
                        self.decide_first(observer);
                    }
                    self.waited = self.waited.wrapping_add(1);
                    self.waiting.insert((wait.until, self.waited), report);
                }
                None => self.settle(report, node, observer),
            }
        }
    }

    /// Turns a report into a finding, unless it was reported before or is hidden.
    fn settle(&mut self, report: Report, node: Option<u32>, observer: &Observer) {
        let rule = report.finding.rule;
        let is_first = match (report.once, node) {
            (None, _) => true,
            (Some(Once::Session(key)), Some(node)) => {
                self.world.session_mut(node, observer).is_none_or(|session| session.first_time(rule.id, key))
            }
            (Some(Once::Session(key) | Once::Capture(key)), _) => self.world.first_time(rule.id, key),
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

    /// The checks of packets to the end of a tunnel.
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

    fn is_port(&self, port: u16) -> bool {
        self.world.options.ports.contains(&port)
    }
}

/// Selectors of a node's FORWARD rules with no BID for which `lives` holds.
fn exhausted(node: &Node, lives: impl Fn(u8) -> bool) -> impl Iterator<Item = &NormalSelector> {
    let rules = node.policy().rules().iter();
    rules.filter(move |rule| rule.effect(&lives) == Effect::Exhausted).map(|rule| &rule.selector)
}

fn context_of(message: &MessageFacts<'_, '_>, node: Option<(u32, &Node)>) -> Context {
    let named = match &message.message.header {
        Header::Request(request) => Some(request.home_address),
        Header::Reply(reply) => Some(reply.home_address),
        Header::Revocation(revocation) => Some(revocation.home_address),
        _ => None,
    };
    Context {
        place: message.place,
        sender: message.sender(),
        node: node.map(|(slot, _)| slot),
        home_address: node
            .and_then(|(_, node)| node.home_address)
            .or(named.filter(|address| !address.is_unspecified())),
    }
}
