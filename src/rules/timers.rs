//! What the validator does when time passes: requests that stay without a reply, and bindings that expire.

use super::facts::{Expired, Turn, Unanswered};
use super::finder::{Context, Finder};
use super::validator::Validator;
use super::{Place, Subject};
use crate::state::{Binding, Observer};
use crate::time::Precision;

impl Validator {
    /// Judges the oldest request, whose reply timeout is over.
    pub(super) fn lapse(&mut self, observer: &Observer) {
        // Of two copies on both sides of a NAT, only the first is judged.
        let Some(asked) = self.world.recent.take_lapsed().filter(|asked| !asked.is_translated) else {
            return;
        };
        let node = self.world.asker(&asked, observer);
        let session = node.and_then(|node| self.world.session(node, observer)).unwrap_or(&self.blank);
        let home_address = Some(asked.request.home_address).filter(|address| !address.is_unspecified());
        let context = Context { place: asked.place, sender: Subject::MobileNode, node, home_address };
        let unanswered = Unanswered { asked: &asked, session, world: &self.world };
        let mut finder = Finder::new(context, Some(session), &mut self.reports);
        for (rule, check) in &self.checks.unanswered {
            check(&unanswered, finder.of(rule));
        }
        self.file(node, observer);
        if let Some(session) = node.and_then(|node| self.world.session_mut(node, observer)) {
            session.remember_unanswered(&asked);
        }
    }

    /// Judges the bindings of a node that expire now.
    pub(super) fn alarm(&mut self, observer: &Observer) {
        let Some((time, slot)) = self.world.take_alarm(observer) else { return };
        let Some(node) = observer.node(slot) else { return };
        let expires_now = |binding: &&Binding| binding.lapse() == Some(time);
        if !node.bindings().iter().any(|binding| expires_now(&binding)) {
            return;
        }
        let turn = Turn::of(node, time);
        for (place, binding) in node.bindings().iter().filter(expires_now).enumerate() {
            let session = self.world.session(slot, observer).unwrap_or(&self.blank);
            let precision = session
                .registered_at(binding.frame)
                .or_else(|| session.registered(binding))
                .map_or(Precision::MICROSECONDS, |registered| registered.accepted.precision);
            // The last reply that gave the binding time, its own or that of a bulk renewal; the finding attaches to
            // this reply and is about its sender.
            let context = Context {
                place: Place { frame: binding.frame, time: binding.refreshed, precision },
                sender: Subject::HomeAgent,
                node: Some(slot),
                home_address: node.home_address,
            };
            let expired = Expired { binding, time, turn: &turn, node, session };
            let mut finder = Finder::new(context, Some(session), &mut self.reports);
            for (rule, check) in &self.checks.expiry {
                check(&expired, finder.of(rule));
            }
            self.file(Some(slot), observer);
            // All bindings that expire now leave the same rules without a binding: one report at the first is enough.
            if place == 0
                && let Some(session) = self.world.session_mut(slot, observer)
            {
                session.exhausted.note(node.policy(), &turn.after);
            }
        }
        if let Some(session) = self.world.session_mut(slot, observer) {
            session.disturb(time);
        }
    }
}
