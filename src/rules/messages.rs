//! Messages on their way through the validator: read once, shown to the rules that look at them, and remembered.

use std::sync::Arc;

use super::Rule;
use super::checks::{Checks, Sort};
use super::facts::{Answering, Asking, LiveBids, MessageFacts, Revoking, Traits, removes_a_binding};
use super::finder::{Context, Finder};
#[cfg(debug_assertions)]
use super::memory::Session;
use super::memory::{Answer, Asked};
use super::pairing::anchors;
use super::validator::Validator;
use crate::state::{Attribution, Binding, BindingState, MessageEvent, Node, Observer};
use crate::wire::{
    Header, KeyRing, MessageType, RegistrationReply, RegistrationRequest, Revocation, low_half,
};

impl Validator {
    pub(super) fn take_message(
        &mut self,
        event: &MessageEvent<'_, '_>,
        seen: Attribution,
        keys: &KeyRing,
        observer: &Observer,
    ) {
        self.world.expect(seen.node, seen.request);
        for (name, node) in observer.absorbed() {
            if self.world.has_many_names() {
                self.rename_findings(observer);
                self.world.forget_names(event.time);
            }
            self.world.merge(*name, *node, event.time, observer);
        }
        let mut message = MessageFacts::unread(event, keys);
        message.read();
        self.world.recent.expect_between(&message);
        message.leg = self.leg_of(&message, seen);
        let sort = self.checks.of(message.traits);
        let node = seen.node.and_then(|slot| observer.node(slot).map(|node| (slot, node)));
        let context = context_of(&message, node);
        let mut finder = Finder::new(context, None, &mut self.reports);
        // These checks are about datagrams that are no registrations.
        if !message.traits.have_any(Traits::REQUEST.and(Traits::REPLY)) {
            for (rule, check) in &self.checks.datagram {
                check(&message, finder.of(rule));
            }
        }
        match &event.message.header {
            Header::Request(request) if self.is_port(message.destination.port()) => {
                self.take_request(&message, request, &sort, seen, context, observer);
            }
            Header::Reply(reply) => self.take_reply(&message, reply, &sort, seen, context, observer),
            Header::Revocation(revocation) => {
                self.take_revocation(&message, revocation, context, node, observer);
            }
            Header::RevocationAcknowledgement(_) => {
                self.file(seen.node, observer);
                self.after_revocation(&message, seen.node, observer);
            }
            Header::TunnelData(_) => self.take_tunnel_data(event, observer),
            Header::Short(
                None
                | Some(
                    MessageType::REGISTRATION_REQUEST
                    | MessageType::REGISTRATION_REPLY
                    | MessageType::REVOCATION
                    | MessageType::REVOCATION_ACKNOWLEDGEMENT,
                ),
                _,
            ) if message.is_cut => {
                self.world.note_unread(&message, observer);
            }
            _ => {}
        }
        self.file(seen.node, observer);
    }

    fn take_request(
        &mut self,
        message: &MessageFacts<'_, '_>,
        request: &RegistrationRequest,
        sort: &Sort,
        seen: Attribution,
        context: Context,
        observer: &Observer,
    ) {
        let session = seen.node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let group = seen.request.unwrap_or(message.place.frame);
        let node = seen.node.and_then(|slot| Some((slot, observer.node(slot)?.birth())));
        let mut asked = Asked::of(message, request, node, group);
        if let Some(copy) = self.world.recent.across_nat(&asked) {
            (asked.faults, asked.is_translated) = (copy.faults, true);
            self.world.recent.remember(Arc::new(asked));
            return;
        }
        let mut finder = Finder::new(context, Some(session), &mut self.reports);
        judge_alone(&self.checks, sort, message, &mut finder);
        self.reports.iter().for_each(|report| asked.faults.add(report.finding.rule.id));
        let asked = Arc::new(asked);
        let asking = Asking {
            message,
            request,
            asked: &asked,
            session,
            node: seen.node.and_then(|node| observer.node(node)),
            anchored: self.world.is_anchored(Some(session)),
            world: &self.world,
        };
        let mut finder = Finder::new(context, Some(session), &mut self.reports);
        show(&sort.request, &mut finder, |check, finder| check(&asking, finder));
        #[cfg(debug_assertions)]
        assert_nothing_found(context, session, |finder| {
            let spared = self.checks.spared(message.traits);
            show(&spared.registration, finder, |check, finder| check(message, finder));
            if !message.traits.have(Traits::ODD_FLOW_BINDING) {
                judge_flow_bindings(&self.checks, message, finder);
            }
            show(&spared.request, finder, |check, finder| check(&asking, finder));
        });
        self.world.remember_request(asked, observer);
    }

    fn take_reply(
        &mut self,
        message: &MessageFacts<'_, '_>,
        reply: &RegistrationReply,
        sort: &Sort,
        seen: Attribution,
        context: Context,
        observer: &Observer,
    ) {
        let session = seen.node.and_then(|node| self.world.session(node, observer));
        let mut finder = Finder::new(context, session, &mut self.reports);
        judge_alone(&self.checks, sort, message, &mut finder);
        let answer = Answer::of(message, reply);
        let asked = seen.request.and_then(|group| self.asked_of(group, message)).cloned();
        // The reply may answer a later request of which not even the fixed part, or not the node, was captured.
        let hides_request = self.may_answer_unread(message, asked.as_deref())
            || asked.as_deref().is_some_and(|asked| self.may_answer_nameless(message, asked));
        let asked = match asked.filter(|_| !hides_request) {
            Some(asked) if asked.said.hides_something => Some(self.told_in_full(asked, message)),
            asked => asked,
        };
        if let Some(asked) = &asked {
            self.world.expect_end(asked.request.care_of_address);
        }
        let session = seen.node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let node = seen.node.and_then(|node| observer.node(node));
        let changes = seen.decides && reply.code.is_accepted();
        let overwrites = asked.as_ref().is_some_and(|asked| asked.is_overwrite()) && changes;
        let hides =
            answer.said.hides_something || asked.as_ref().is_some_and(|asked| asked.said.hides_something);
        let anchors =
            changes && !hides && asked.as_ref().is_some_and(|asked| anchors(asked, &answer, session));
        let anchored = self.world.is_anchored(Some(session));
        let after = node.map(Node::bindings).unwrap_or_default();
        let before = if changes { observer.before() } else { after };
        let removes = changes && asked.is_some() && removes_a_binding(before, after, message.place.time);
        let answering = Answering {
            message,
            reply,
            answer: &answer,
            asked: asked.as_deref(),
            decides: seen.decides,
            session,
            before,
            removes_a_binding: removes,
            node,
            slot: seen.node,
            anchored: anchored || overwrites && !hides,
            anchored_after: anchors || anchored && !(changes && hides),
            world: &self.world,
            observer,
        };
        let traits = Traits::of_exchange(reply, asked.as_deref()).and(Traits::REMOVES.only_if(removes));
        let sort = self.checks.of(message.traits.and(traits));
        let mut finder = Finder::new(context, Some(session), &mut self.reports);
        show(&sort.reply, &mut finder, |check, finder| check(&answering, finder));
        #[cfg(debug_assertions)]
        assert_nothing_found(context, session, |finder| {
            let spared = self.checks.spared(message.traits.and(traits));
            show(&spared.registration, finder, |check, finder| check(message, finder));
            if !message.traits.have(Traits::ODD_FLOW_BINDING) {
                judge_flow_bindings(&self.checks, message, finder);
            }
            show(&spared.reply, finder, |check, finder| check(&answering, finder));
        });
        let numbers = message.message.numbers();
        self.file(seen.node, observer);
        let is_unseen = hides_request && reply.code.is_accepted();
        if hides_request && reply.code.is_of_home_agent() {
            self.world.note_that_it_may_know_multipath(reply.home_agent);
            if let Some(session) = seen.node.and_then(|slot| self.world.session_mut(slot, observer)) {
                session.last_multipath_reply = None;
            }
        }
        self.world.remember_reply(&answer, asked.as_deref(), seen.decides, seen.node, numbers, observer);
        if let Some(slot) = seen.node.filter(|_| is_unseen || changes && hides) {
            self.world.obscure(slot, observer);
            if let Some(session) = self.world.session_mut(slot, observer).filter(|_| is_unseen) {
                session.disturb(message.place.time);
            }
        } else if anchors
            && let Some(session) = seen.node.and_then(|slot| self.world.session_mut(slot, observer))
        {
            session.anchor(message.place.time);
        }
        if let (Some(slot), Some(asked), true) = (seen.node, &asked, changes) {
            self.note_policy(slot, asked, &answer, removes, observer);
        }
    }

    /// Whether the reply may answer a request of which not even the fixed part was captured: one that went its way,
    /// turned round, and after the request that it seems to answer, if that went there, too.
    fn may_answer_unread(&self, message: &MessageFacts<'_, '_>, asked: Option<&Asked>) -> bool {
        let (time, timeout) = (message.place.time, self.world.options.reply_timeout);
        let path = (message.destination, message.source);
        let before = asked.filter(|asked| (asked.source, asked.destination) == path);
        let span = before.map_or(timeout, |asked| time.since(asked.place.time).min(timeout));
        self.world.unread.saw_between(path, time, span)
    }

    /// Whether another request went the way of the reply, turned round, with the same low half of the Identification as
    /// the one that it seems to answer, and one of the two hides whose it is: the reply may then answer either.
    fn may_answer_nameless(&self, message: &MessageFacts<'_, '_>, asked: &Asked) -> bool {
        let low = low_half(asked.request.identification);
        let path = (message.destination, message.source);
        let time = message.place.time;
        if !asked.is_nameless() {
            return self.world.saw_nameless((path, low), Some(asked.group), time);
        }
        let mut others = self.world.recent.between(path.0, path.1).filter(|other| other.group != asked.group);
        others.any(|other| low_half(other.request.identification) == low && self.may_answer(message, other))
    }

    /// Notes what an accepted exchange did to the policy.
    fn note_policy(&mut self, slot: u32, asked: &Asked, answer: &Answer, removes: bool, observer: &Observer) {
        let Some(node) = observer.node(slot) else { return };
        let changed = node
            .policy()
            .rules()
            .iter()
            .any(|rule| rule.frame == answer.place.frame || rule.frame == asked.group);
        let Some(session) = self.world.session_mut(slot, observer) else { return };
        if changed {
            session.policy_changes = session.policy_changes.wrapping_add(1);
            session.policy_by = asked.usable_bid();
        }
        let live = LiveBids::of(node.active());
        if removes {
            session.exhausted.note(node.policy(), &live);
        } else {
            session.exhausted.review(node.policy(), &live);
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
            anchored: self.world.is_anchored(Some(session)),
            world: &self.world,
        };
        let mut finder = Finder::new(context, Some(session), &mut self.reports);
        for (rule, check) in &self.checks.revocation {
            check(&revoking, finder.of(rule));
        }
        self.world.revocations.note(message.place, revocation, *message.source.ip());
    }

    fn after_revocation(&mut self, message: &MessageFacts<'_, '_>, node: Option<u32>, observer: &Observer) {
        self.world.revocations.note_acknowledgement(message);
        let Some(slot) = node else { return };
        if let Some(session) = self.world.session_mut(slot, observer)
            && let Some(node) = observer.node(slot)
        {
            let ended = |binding: &Binding| {
                binding.state == BindingState::Revoked && binding.frame == message.place.frame
            };
            // A revocation that ends no binding unsettles nothing (D14). An empty policy may just have ended by itself.
            if node.bindings().iter().any(ended) || node.policy().rules().is_empty() {
                session.disturb(message.place.time);
            }
            session.exhausted.review(node.policy(), &LiveBids::of(node.active()));
        }
    }
}

/// Shows a registration alone to the rules that need no more.
fn judge_alone(checks: &Checks, sort: &Sort, message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    show(&sort.registration, finder, |check, finder| check(message, finder));
    // The checks of Flow-Bindings report only what is odd about one.
    if message.traits.have(Traits::ODD_FLOW_BINDING) {
        judge_flow_bindings(checks, message, finder);
    }
}

/// Shows the Flow-Bindings of a registration to the rules about one of them.
fn judge_flow_bindings(checks: &Checks, message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for facts in &message.flow_bindings {
        for (rule, check) in &checks.flow_binding {
            check(message, facts, finder.of(rule));
        }
    }
}

/// Shows a message to some checks.
fn show<C: Copy>(
    checks: &[(&'static Rule, C)],
    finder: &mut Finder<'_>,
    mut show: impl FnMut(C, &mut Finder<'_>),
) {
    for (rule, check) in checks {
        show(*check, finder.of(rule));
    }
}

/// Asserts, in every test that judges a message, that the checks it was spared would report nothing of it.
#[cfg(debug_assertions)]
fn assert_nothing_found(context: Context, session: &Session, judge: impl FnOnce(&mut Finder<'_>)) {
    let mut reports = Vec::new();
    judge(&mut Finder::new(context, Some(session), &mut reports));
    let found: Vec<&str> = reports.iter().map(|report| report.finding.rule.id).collect();
    debug_assert!(found.is_empty(), "spared at frame {}: {found:?}", context.place.frame);
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
