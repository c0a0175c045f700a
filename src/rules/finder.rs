//! The finder, to which checks report.

use std::net::Ipv4Addr;
use std::ops::Range;

use smallvec::SmallVec;

use super::memory::{Session, World};
use super::{Finding, Level, Place, Rule, Subject, Wording};
use crate::state::Observer;
use crate::time::Timestamp;

/// Takes the reports of checks about one packet, one check after another.
#[derive(Debug)]
pub(super) struct Finder<'f> {
    /// The rule whose check is at work.
    rule: Option<&'static Rule>,
    context: Context,
    /// What is remembered of the node's session.
    session: Option<&'f Session>,
    reports: &'f mut Vec<Report>,
}

/// Facts that are the same for all rules that look at one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// The packet.
    pub place: Place,
    /// Who sent it.
    pub sender: Subject,
    /// The node that the packet is about: index among the observer's nodes.
    pub node: Option<u32>,
    /// That node's home address.
    pub home_address: Option<Ipv4Addr>,
}

/// One report, as it waits to become a finding.
pub(super) struct Report {
    pub finding: Finding,
    /// What limits its repetition.
    pub once: Option<Once>,
    /// What to wait for before the report is decided; `None` when it is decided at once.
    pub wait: Option<Wait>,
}

/// The scope within which a report is made only once for its key.
#[derive(Clone, Debug)]
pub(super) enum Once {
    /// The session, or the capture where there is no session.
    Session(u64),
    /// The capture.
    Capture(u64),
    /// The sessions of these nodes, each with its own key: the report is made if it is the first one in any of them.
    Each(NodeKeys),
}

/// Nodes, each with a key for what is reported once in its session.
pub(super) type NodeKeys = SmallVec<[(u32, u64); 1]>;

impl std::fmt::Debug for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Report").field("finding", &self.finding).finish_non_exhaustive()
    }
}

/// A decision that needs time to pass.
pub(super) struct Wait {
    /// The report is decided with the first packet later than this.
    pub until: Timestamp,
    /// Whether the report is also decided when the capture ends before that; otherwise it is dropped.
    pub decide_at_end: bool,
    /// Tells, when the report is decided, whether it stands.
    pub holds: Holds,
}

/// Decides later whether a report stands.
pub(super) type Holds = Box<dyn FnOnce(&World, &Observer) -> bool + Send>;

impl<'f> Finder<'f> {
    /// A finder for the packet that `context` names; `session` is that of its node.
    pub fn new(context: Context, session: Option<&'f Session>, reports: &'f mut Vec<Report>) -> Self {
        Self { rule: None, context, session, reports }
    }

    /// The same finder, which from now on takes the reports of this rule's check.
    #[inline]
    pub fn of(&mut self, rule: &'static Rule) -> &mut Self {
        self.rule = Some(rule);
        self
    }

    /// Whether the rule was already reported in this session for a key for which it is reported once. The check then
    /// need not put anything into words.
    pub fn has_told(&self, key: u64) -> bool {
        let (Some(session), Some(rule)) = (self.session, self.rule) else { return false };
        self.context.node.is_some() && session.has_told(rule.id, key)
    }

    /// Whether the rule was already reported for a key in the given session, which may be another node's.
    pub fn has_told_in(&self, session: &Session, key: u64) -> bool {
        self.rule.is_some_and(|rule| session.has_told(rule.id, key))
    }

    /// Reports that the rule fires on the packet at hand; `message` says what was seen. Rules that fire often in many
    /// captures compose their message only [when it is read](Wording::when_read).
    pub fn fires(&mut self, message: impl Into<Wording>) -> Fired<'_> {
        let Context { place, sender, node, home_address } = self.context;
        let Some(rule) = self.rule else { return Fired(None) };
        let subject = if rule.subject == Subject::Any { sender } else { rule.subject };
        let finding = Finding {
            rule,
            level: rule.level,
            place,
            subject,
            node,
            home_address,
            message: message.into(),
            octets: None,
        };
        self.reports.push(Report { finding, once: None, wait: None });
        Fired(self.reports.last_mut())
    }
}

/// A report that was just made, so that the check can add to it.
#[derive(Debug)]
pub(super) struct Fired<'r>(Option<&'r mut Report>);

impl Fired<'_> {
    /// The finding is about these octets of the UDP payload.
    pub fn at(mut self, octets: Range<usize>) -> Self {
        self.each(|report| report.finding.octets = Some(octets));
        self
    }

    /// This subject is at fault, and not the one that the rule or the sender says.
    pub fn by(mut self, subject: Subject) -> Self {
        self.each(|report| report.finding.subject = subject);
        self
    }

    /// The finding is about another node than the packet's.
    pub fn about(mut self, node: u32, home_address: Option<Ipv4Addr>) -> Self {
        self.each(|report| (report.finding.node, report.finding.home_address) = (Some(node), home_address));
        self
    }

    /// The finding attaches to another packet than the one at hand.
    pub fn on(mut self, place: Place) -> Self {
        self.each(|report| report.finding.place = place);
        self
    }

    /// The rule is reported once in the session for this key.
    pub fn once(mut self, key: u64) -> Self {
        self.each(|report| report.once = Some(Once::Session(key)));
        self
    }

    /// The rule is reported once in all sessions together for this key.
    pub fn once_in_capture(mut self, key: u64) -> Self {
        self.each(|report| report.once = Some(Once::Capture(key)));
        self
    }

    /// The rule is reported once for each of these nodes and keys.
    pub fn once_each(mut self, keys: NodeKeys) -> Self {
        self.each(|report| report.once = Some(Once::Each(keys)));
        self
    }

    /// The report is decided later: after `until`, and it stands only if `holds` says so then. When the capture ends
    /// before that, the report is decided at the end if `decide_at_end` is set, and dropped otherwise.
    pub fn later(
        mut self,
        until: Timestamp,
        decide_at_end: bool,
        holds: impl FnOnce(&World, &Observer) -> bool + Send + 'static,
    ) -> Self {
        self.each(|report| report.wait = Some(Wait { until, decide_at_end, holds: Box::new(holds) }));
        self
    }

    fn each(&mut self, change: impl FnOnce(&mut Report)) {
        if let Some(report) = &mut self.0 {
            change(report);
        }
    }
}

impl Finding {
    /// The same finding at the level that the operator's choice gives it; `None` when it is hidden.
    pub(super) fn at_level(mut self, level: Option<Level>) -> Option<Self> {
        self.level = level?;
        Some(self)
    }
}
