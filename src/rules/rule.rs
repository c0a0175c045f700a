//! What a rule is: its texts and its check.

use super::facts::{
    Answering, Asking, Carried, Expired, FlowBindingFacts, MessageFacts, Revoking, Sprayed, Traits,
    Unanswered,
};
use super::finder::Finder;

/// A rule of the catalogue. Everything that mipflow and its documentation say about a rule comes from its declaration.
#[derive(Debug)]
pub struct Rule {
    /// Identifier, `PREFIX-NNN`, which never changes and is never reused for another rule.
    pub id: &'static str,
    /// Short diagnostic.
    pub title: &'static str,
    /// How serious a breach of the rule is.
    pub level: Level,
    /// Documents and sections that the rule comes from.
    pub source: &'static str,
    /// Who is at fault; [`Subject::Any`] is decided by the packet.
    pub subject: Subject,
    /// What has to be known to judge it.
    pub scope: Scope,
    /// When exactly it fires, and for which packet. [`super::DEFINITIONS`] explains terms like D6.
    pub fires: &'static str,
    /// What a breach means to an operator.
    pub why: &'static str,
    /// Octets, or a sequence of packets, for which it fires.
    pub example: &'static str,
    /// When the rule is checked, and by which function.
    pub(super) check: Check,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// How serious a finding is; the most serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A requirement or a binding constraint is broken.
    Must,
    /// A recommendation is not followed.
    Should,
    /// The text is silent or ambiguous, or what was seen is lawful but suspicious. It is no breach of the
    /// specification.
    Note,
}

impl Level {
    /// All levels, the most serious first.
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

    /// The abbreviation that the RFCs use.
    pub const fn short(self) -> &'static str {
        match self {
            Self::MobileNode => "MN",
            Self::HomeAgent => "HA",
            Self::ForeignAgent => "FA",
            Self::Any => "?",
        }
    }

    /// The name for people.
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

/// When a rule is checked, and the function that does it. The function reads facts and reports; it changes nothing.
///
/// The traits of a rule about messages say for which messages it can fire; its function is shown no others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// Every datagram on a Mobile IP port that is not a complete Registration Request or Reply, runts included.
    Datagram(fn(&MessageFacts<'_, '_>, &mut Finder<'_>)),
    /// Every Registration Request or Reply with a complete fixed part.
    Registration(Traits, fn(&MessageFacts<'_, '_>, &mut Finder<'_>)),
    /// Every Flow-Binding extension of a registration.
    FlowBinding(fn(&MessageFacts<'_, '_>, &FlowBindingFacts<'_>, &mut Finder<'_>)),
    /// Every Registration Request, with the session before it.
    Request(Traits, fn(&Asking<'_, '_, '_>, &mut Finder<'_>)),
    /// Every Registration Reply, with what it answers and the session before it.
    Reply(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>)),
    /// Every Registration Request and every Registration Reply.
    Both(Traits, fn(&Asking<'_, '_, '_>, &mut Finder<'_>), fn(&Answering<'_, '_, '_>, &mut Finder<'_>)),
    /// Every Registration Request that got no reply, at the end of the reply timeout.
    Unanswered(fn(&Unanswered<'_>, &mut Finder<'_>)),
    /// Every binding that expires, at its expiry.
    Expiry(fn(&Expired<'_>, &mut Finder<'_>)),
    /// Every Registration Reply, and every binding that expires.
    ReplyOrExpiry(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>), fn(&Expired<'_>, &mut Finder<'_>)),
    /// Every Registration Reply, and every data packet.
    ReplyOrPacket(Traits, fn(&Answering<'_, '_, '_>, &mut Finder<'_>), fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every data packet of a known home agent.
    Packet(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every data packet, and every fragment of one before the packet is complete.
    PacketOrFragment(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every direction of a flow without a policy rule that switches tunnels too often.
    Spray(fn(&Sprayed, &mut Finder<'_>)),
    /// Every tunnelled packet to the end of a tunnel, whoever sent it.
    Forward(fn(&Carried<'_, '_>, &mut Finder<'_>)),
    /// Every Registration Revocation.
    Revocation(fn(&Revoking<'_, '_, '_>, &mut Finder<'_>)),
}
