//! Requests, replies and ends of bindings, each with the session as it stood before.

use std::net::Ipv4Addr;

use super::{Leg, LiveBids, MessageFacts};
use crate::rules::memory::{Answer, Asked, Session, World};
use crate::state::{Binding, BindingState, Node, Observer};
use crate::time::Timestamp;
use crate::wire::{ExtensionType, RegistrationReply, RegistrationRequest, Revocation, low_half};

/// A Registration Request, and the session before it.
#[derive(Debug)]
pub(in crate::rules) struct Asking<'c, 'e, 'a> {
    /// The message.
    pub message: &'c MessageFacts<'e, 'a>,
    /// Its fixed part.
    pub request: &'c RegistrationRequest,
    /// What will be remembered of it.
    pub asked: &'c Asked,
    /// What is remembered of the session, this request not included.
    pub session: &'c Session,
    /// The node, if the request names one.
    pub node: Option<&'c Node>,
    /// Whether the whole binding table is known (D10).
    pub anchored: bool,
    /// What is remembered of everything else.
    pub world: &'c World,
}

/// A Registration Reply, the request it answers (D8), and the session before it.
#[derive(Debug)]
pub(in crate::rules) struct Answering<'c, 'e, 'a> {
    /// The message.
    pub message: &'c MessageFacts<'e, 'a>,
    /// Its fixed part.
    pub reply: &'c RegistrationReply,
    /// What will be remembered of it.
    pub answer: &'c Answer,
    /// The request that it answers; of several copies the latest, preferably one on the reply's own leg.
    pub asked: Option<&'c Asked>,
    /// Whether it is the first reply to that request, the one that counts (D8).
    pub decides: bool,
    /// What is remembered of the session, this reply not included.
    pub session: &'c Session,
    /// The bindings just before the reply; if the reply changes nothing, the bindings as they are.
    pub before: &'c [Binding],
    /// The node, with what the reply made of it.
    pub node: Option<&'c Node>,
    /// The index of the node.
    pub slot: Option<u32>,
    /// Whether the whole binding table was known before the reply, or does not matter because the reply accepts
    /// Overwrite (D10).
    pub anchored: bool,
    /// Whether the whole binding table is known after the reply.
    pub anchored_after: bool,
    /// Whether the reply ends a binding, other than by giving it another place or more time.
    pub removes_a_binding: bool,
    /// What is remembered of everything else.
    pub world: &'c World,
    /// The observer, which knows all nodes.
    pub observer: &'c Observer,
}

impl<'c> Answering<'c, '_, '_> {
    /// The time of the reply.
    pub fn time(&self) -> Timestamp {
        self.message.place.time
    }

    /// Whether the reply accepts (codes 0 and 1).
    pub fn accepts(&self) -> bool {
        self.reply.code.is_accepted()
    }

    /// Whether its code is one that home agents send (D2).
    pub fn is_home_agent_code(&self) -> bool {
        self.reply.code.is_of_home_agent()
    }

    /// Whether a request of which not even the fixed part was captured went the way of the reply, turned round, within
    /// the last reply timeout.
    pub fn saw_unread_request(&self) -> bool {
        let timeout = self.world.options.reply_timeout;
        self.world.unread.saw_between((self.message.destination, self.message.source), self.time(), timeout)
    }

    /// The requests of the last reply timeout whose addresses and ports are those of the reply, turned round; the
    /// latest first. Gives none if there was a request of which not even the fixed part was captured.
    pub fn asked_on_this_path(&self) -> impl Iterator<Item = &'c Asked> {
        let (time, timeout) = (self.time(), self.world.options.reply_timeout);
        let is_known = !self.saw_unread_request();
        self.world
            .recent
            .between(self.message.destination, self.message.source)
            .filter(move |_| is_known)
            .map(AsRef::as_ref)
            .filter(move |asked: &&Asked| (0..=timeout).contains(&time.since(asked.place.time)))
    }

    /// Whether the reply may answer a request whose node was not captured: one on the same path with the same low half
    /// of the Identification.
    pub fn may_answer_nameless(&self) -> bool {
        let path = (self.message.destination, self.message.source);
        self.world.saw_nameless((path, low_half(self.reply.identification)), None, self.time())
    }

    /// The request that is answered, unless this is a later copy of its reply and the live bindings changed after the
    /// first one: the bindings that decided the request may be others by now.
    pub fn asked_lately(&self) -> Option<&'c Asked> {
        self.asked.filter(|asked| self.decides || self.session.disturbed <= self.first_answered(asked))
    }

    /// When the request was answered first, in whichever copy.
    fn first_answered(&self, asked: &Asked) -> Option<Timestamp> {
        self.world.recent.first_answered(asked.group)
    }

    /// The request, where this is the reply that accepted it.
    pub fn accepted(&self) -> Option<&'c Asked> {
        self.asked.filter(|_| self.decides && self.accepts())
    }

    /// The request, where this is the reply that accepted it with a lifetime above 0, asked and granted.
    pub fn registered(&self) -> Option<&'c Asked> {
        self.accepted().filter(|asked| asked.request.lifetime > 0 && self.reply.lifetime > 0)
    }

    /// The bindings that were known to be live just before the reply: none where something was accepted that the
    /// snapshot length cut.
    pub fn live_before(&self) -> impl Iterator<Item = &'c Binding> {
        live(if self.session.is_obscured() { &[] } else { self.before }, self.time())
    }

    /// Whether the snapshot length cut the request or the reply, so that more may have been asked for or granted.
    pub fn hides_something(&self) -> bool {
        self.asked.is_some_and(|asked| asked.said.hides_something) || self.message.hides_something()
    }

    /// Whether the whole binding table was known before the first reply to the request, even where the request makes it
    /// known itself by replacing all bindings. For a later copy of the reply to such a request, this holds only if the
    /// table was known from the beginning.
    pub fn is_anchored_before(&self, asked: &Asked) -> bool {
        match (self.decides, asked.replaces_all(self.reply.code)) {
            (true, _) => self.world.is_anchored(Some(self.session)),
            (false, true) => self.world.is_known_from_start(self.session),
            (false, false) => self.anchored,
        }
    }

    /// The bindings that the first reply to the request ended, if this is a later copy of the reply: the home agent
    /// still had them when it decided.
    pub fn ended_by_first_reply(&self, asked: &Asked) -> impl Iterator<Item = &'c Binding> {
        let ended = self.first_answered(asked).filter(|_| !self.decides && !self.session.is_obscured());
        let bindings = if ended.is_some() { self.before } else { &[] };
        bindings
            .iter()
            .filter(move |binding| binding.ended == ended && binding.state != BindingState::Expired)
    }

    /// The bindings that are known to be live after the reply.
    pub fn live_after(&self) -> impl Iterator<Item = &'c Binding> {
        let node = self.node.filter(|_| self.anchored_after || !self.session.is_obscured());
        live(node.map(Node::bindings).unwrap_or_default(), self.time())
    }
}

impl<'c> Asking<'c, '_, '_> {
    /// The time of the request.
    pub fn time(&self) -> Timestamp {
        self.message.place.time
    }

    /// The bindings that are known to be live at the request: none where something was accepted that the snapshot
    /// length cut.
    pub fn live(&self) -> impl Iterator<Item = &'c Binding> {
        let node = self.node.filter(|_| !self.session.is_obscured());
        live(node.map(Node::bindings).unwrap_or_default(), self.time())
    }

    /// The live bindings that have a BID.
    pub fn live_with_bid(&self) -> impl Iterator<Item = &'c Binding> {
        self.live().filter(|binding| binding.interface.is_some())
    }

    /// The source of a request with D on the home agent's leg, when that is not the Care-of Address that it registers
    /// (REG-019, MP-024). `None` also if the request came from behind a NAT (Type 144), was relayed (Type 34), or was,
    /// or may have been, seen on a foreign agent's leg before.
    pub fn strange_source(&self) -> Option<Ipv4Addr> {
        let (request, message, source) = (self.request, self.message, *self.message.source.ip());
        let direct = self.is_at_home_agent() && request.flags.co_located() && request.lifetime > 0;
        if !direct || source == request.care_of_address {
            return None;
        }
        let explained = message.has(ExtensionType::UDP_TUNNEL_REQUEST)
            || message.has(ExtensionType::FOREIGN_HOME_AUTHENTICATION)
            || self.session.was_at_foreign_agent(request.identification)
            || self.world.may_be_relayed(self.asked);
        (!explained).then_some(source)
    }

    /// Whether the request was seen on the leg of the home agent.
    fn is_at_home_agent(&self) -> bool {
        self.message.leg == Leg::HomeAgent
    }
}

/// Whether one of the bindings `before` that were live at `time` is gone from those `after`: it ended, and did not only
/// get another place or more time.
pub(in crate::rules) fn removes_a_binding(before: &[Binding], after: &[Binding], time: Timestamp) -> bool {
    // Bindings keep their order, so one walk along both lists finds each binding again.
    let mut after = live(after, time);
    let mut survives = |before: &Binding| {
        after.any(|after| after.registered == before.registered && after.bid() == before.bid())
    };
    live(before, time).any(|before| !survives(before))
}

/// The bindings that are live at a time (D9).
pub(in crate::rules) fn live(bindings: &[Binding], time: Timestamp) -> impl Iterator<Item = &Binding> {
    bindings
        .iter()
        .filter(move |binding| binding.is_active() && binding.expires.is_none_or(|expires| expires >= time))
}

/// A request whose reply timeout has passed without a reply.
#[derive(Debug)]
pub(in crate::rules) struct Unanswered<'c> {
    /// The request.
    pub asked: &'c Asked,
    /// What is remembered of the session.
    pub session: &'c Session,
    /// What is remembered of everything else.
    pub world: &'c World,
}

/// A binding at its expiry.
#[derive(Debug)]
pub(in crate::rules) struct Expired<'c> {
    /// The binding.
    pub binding: &'c Binding,
    /// When it expired.
    pub time: Timestamp,
    /// What is live on either side of that moment.
    pub turn: &'c Turn,
    /// The node.
    pub node: &'c Node,
    /// What is remembered of the session.
    pub session: &'c Session,
}

/// A moment at which bindings of a node expire.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Turn {
    /// The BIDs that are live just before: those that expire at this moment, and those that outlive it.
    pub before: LiveBids,
    /// The BIDs that outlive this moment.
    pub after: LiveBids,
}

impl Turn {
    /// The bindings of a node that expire, and those that live on, at a time.
    pub fn of(node: &Node, time: Timestamp) -> Self {
        let ends = |binding: &Binding| {
            binding.expires == Some(time) && binding.ended.is_none_or(|ended| ended == time)
        };
        let outlives = |binding: &Binding| {
            let begun = binding.registered <= time;
            let lasts = binding.expires.is_none_or(|expires| expires > time);
            begun && lasts && binding.ended.is_none_or(|ended| ended > time)
        };
        let bindings = node.bindings().iter();
        Self {
            before: LiveBids::of(bindings.clone().filter(|binding| ends(binding) || outlives(binding))),
            after: LiveBids::of(bindings.filter(|binding| outlives(binding))),
        }
    }
}

/// A Registration Revocation, and what is known of the binding that it revokes.
#[derive(Debug)]
pub(in crate::rules) struct Revoking<'c, 'e, 'a> {
    /// The message.
    pub message: &'c MessageFacts<'e, 'a>,
    /// Its fixed part.
    pub revocation: &'c Revocation,
    /// The node, if it is known.
    pub node: Option<&'c Node>,
    /// Whether the whole binding table is known (D10).
    pub anchored: bool,
    /// What is remembered of everything else.
    pub world: &'c World,
}
