//! What a rule is: its words, and the check that stands beside them.

use super::facts::{
    Answering, Asking, Carried, Expired, FlowBindingFacts, MessageFacts, Revoking, Sprayed, Traits,
    Unanswered,
};
use super::finder::Finder;

/// A rule of the catalogue. Everything that is said of it anywhere comes from this one declaration.
#[derive(Debug)]
pub struct Rule {
    /// Stable identifier, `PREFIX-NNN`; never used again for another rule.
    pub id: &'static str,
    /// Short diagnostic.
    pub title: &'static str,
    /// How grave a breach is.
    pub level: Level,
    /// Documents and sections it comes from.
    pub source: &'static str,
    /// Who is at fault; [`Subject::Any`] is decided by the packet.
    pub subject: Subject,
    /// What has to be known to judge it.
    pub scope: Scope,
    /// The exact trigger, and the packet it attaches to. Terms like D6 are in [`super::DEFINITIONS`].
    pub fires: &'static str,
    /// What it means to an operator.
    pub why: &'static str,
    /// Octets, or a course of packets, that fire it.
    pub example: &'static str,
    /// How it is judged.
    pub(super) check: Check,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// How grave a finding is; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A requirement or a binding constraint is broken.
    Must,
    /// A recommendation is not followed.
    Should,
    /// The text is silent or ambiguous, or what was seen is lawful and suspicious. Never counts against conformance.
    Note,
}

impl Level {
    /// All levels, the gravest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Note];

    /// The word that the command line and JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Note => "note",
        }
    }
}

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The mobile node.
    MobileNode,
    /// The home agent.
    HomeAgent,
    /// The foreign agent.
    ForeignAgent,
    /// Whoever sent the packet.
    Any,
}

impl Subject {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MobileNode => "mn",
            Self::HomeAgent => "ha",
            Self::ForeignAgent => "fa",
            Self::Any => "any",
        }
    }

    /// As short as in the documents.
    pub const fn short(self) -> &'static str {
        match self {
            Self::MobileNode => "MN",
            Self::HomeAgent => "HA",
            Self::ForeignAgent => "FA",
            Self::Any => "?",
        }
    }

    /// The words for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::MobileNode => "mobile node",
            Self::HomeAgent => "home agent",
            Self::ForeignAgent => "foreign agent",
            Self::Any => "whoever sent the packet",
        }
    }
}

/// What has to be known to judge a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One message alone.
    Message,
    /// A request and its reply.
    Exchange,
    /// Earlier history of the session.
    State,
    /// Tunnelled data packets.
    Traffic,
}

impl Scope {
    /// The word that the command line and JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Exchange => "exchange",
            Self::State => "state",
            Self::Traffic => "traffic",
        }
    }
}

/// When a rule is judged, and the function that does it. A function reads facts and reports; it changes nothing.
///
/// What stands before the function of a rule about messages says which messages it can fire on at all; others are not
/// shown to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// Every datagram on a Mobile IP port that is no whole Registration Request or Reply, runts among them.
    Datagram(fn(&MessageFacts<'_, '_>, &mut Finder<'_>)),
    /// Every Registration Request or Reply with a whole fixed part.
    Registration(Traits, fn(&MessageFacts<'_, '_>, &mut Finder<'_>)),
    /// Every Flow-Binding extension of a registration.
    FlowBinding(fn(&MessageFacts<'_, '_>, &FlowBindingFacts<'_>, &mut Finder<'_>)),
    /// Every Registration Request, with what the session was before it.
    Request(Traits, fn(&Asking<'_, '_, '_>, &mut Finder<'_>)),
    /// Every Registration Reply, with what it answers and what the session was before it.
    Reply(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>)),
    /// Both of the two before.
    Both(Traits, fn(&Asking<'_, '_, '_>, &mut Finder<'_>), fn(&Answering<'_, '_, '_>, &mut Finder<'_>)),
    /// Every Registration Request that got no reply within the reply timeout, at its end.
    Unanswered(fn(&Unanswered<'_>, &mut Finder<'_>)),
    /// Every binding that expires, at its expiry.
    Expiry(fn(&Expired<'_>, &mut Finder<'_>)),
    /// Every Registration Reply, and every binding that expires.
    ReplyOrExpiry(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>), fn(&Expired<'_>, &mut Finder<'_>)),
    /// Every Registration Reply, and every data packet.
    ReplyOrPacket(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>), fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every data packet of a known home agent.
    Packet(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every data packet, and every fragment of one before the whole.
    PacketOrFragment(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every direction of a flow without a rule that switches tunnels too often.
    Spray(fn(&Sprayed, &mut Finder<'_>)),
    /// Every tunnelled packet to the end of a tunnel, of whichever sender.
    Forward(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every Registration Revocation.
    Revocation(fn(&Revoking<'_, '_, '_>, &mut Finder<'_>)),
}
