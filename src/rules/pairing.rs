//! Which request a reply answers (D8), on which leg a message is (D5), and when the binding table is known (D10).

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::facts::{Leg, MessageFacts};
use super::memory::{Answer, Asked, Session};
use super::validator::Validator;
use crate::state::Attribution;
use crate::wire::Header;

impl Validator {
    /// The copy of a request that a reply answers: the latest, preferably one on the reply's own leg (D8), and of two
    /// copies on both sides of a NAT the one on the reply's side **(ours)**.
    pub(super) fn asked_of(&self, group: u64, message: &MessageFacts<'_, '_>) -> Option<&Arc<Asked>> {
        let copies = || self.world().recent.copies(group).filter(|asked| self.may_answer(message, asked));
        let latest = copies().find(|asked| asked.leg == message.leg).or_else(|| copies().next())?;
        if latest.said.may_ask_udp_tunnel() && latest.source != message.destination {
            let is_own =
                |copy: &&Arc<Asked>| copy.source == message.destination && latest.is_across_nat(copy);
            return copies().find(is_own).or(Some(latest));
        }
        Some(latest)
    }

    /// A request of which not all was captured, completed with what another copy of it says: everything up to the
    /// authentication is the same on both legs.
    // Seldom needed, so kept out of the code that takes every message.
    #[cold]
    pub(super) fn told_in_full(&self, asked: Arc<Asked>, message: &MessageFacts<'_, '_>) -> Arc<Asked> {
        let is_whole = |copy: &&Arc<Asked>| !copy.said.hides_something && copy.request == asked.request;
        let copies = self.world().recent.copies(asked.group);
        match copies.filter(|copy| self.may_answer(message, copy)).find(is_whole) {
            Some(copy) => Arc::new(asked.with_said_of(copy)),
            None => asked,
        }
    }

    /// Whether a request is young enough to be answered by a message (D8).
    pub(super) fn may_answer(&self, message: &MessageFacts<'_, '_>, asked: &Asked) -> bool {
        (0..=self.world().options.reply_timeout).contains(&message.place.time.since(asked.place.time))
    }

    /// The leg of a message (D5).
    pub(super) fn leg_of(&self, message: &MessageFacts<'_, '_>, seen: Attribution) -> Leg {
        let no_agent = |address: Ipv4Addr| address.is_unspecified() || address.is_broadcast();
        let is_home = match &message.message.header {
            Header::Request(request) => {
                let destination = *message.destination.ip();
                destination == request.home_agent
                    || destination.is_broadcast()
                    || no_agent(request.home_agent)
            }
            Header::Reply(reply) if *message.source.ip() == reply.home_agent => true,
            Header::Reply(_) => {
                let mut copies =
                    seen.request.into_iter().flat_map(|group| self.world().recent.copies(group)).peekable();
                // Whoever relayed the request is the foreign agent, and a reply from there is its copy **(ours)**.
                let is_relay = |asked: &Asked| asked.source.ip() == message.source.ip() && asked.is_relayed();
                let is_direct = |asked: &Arc<Asked>| {
                    asked.leg == Leg::HomeAgent && !is_relay(asked) && !self.world().may_be_relayed(asked)
                };
                copies.peek().is_some() && copies.all(is_direct)
            }
            _ => false,
        };
        if is_home { Leg::HomeAgent } else { Leg::ForeignAgent }
    }
}

/// Whether the whole binding table is known after an accepted exchange of this session, whatever was before it (D10).
/// After an accepted registration was cut, policy and grants are not known either, until no binding is left.
pub(super) fn anchors(asked: &Asked, answer: &Answer, session: &Session) -> bool {
    let Asked { request, said, .. } = asked;
    // A node that did not know its home address learns it from the reply.
    let assigned = Some(answer.reply.home_address).filter(|address| !address.is_unspecified());
    let is_at_home = request.care_of_address == assigned.unwrap_or(request.home_address);
    if request.lifetime > 0 && answer.reply.lifetime > 0 {
        asked.replaces_all(answer.reply.code) && !session.is_cut()
    } else if said.usable.is_some() {
        asked.is_bulk()
    } else {
        is_at_home
    }
}
