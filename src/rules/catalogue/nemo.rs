//! Mobile networks (NEMO, RFC 5177, RFC 6626).

use crate::rules::facts::{Answering, Asking, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Mobile Network Request unprotected or with an invalid prefix length.
pub static NEMO_001: Rule = Rule {
    id: "NEMO-001",
    title: "Mobile Network Request unprotected or with an invalid prefix length",
    level: Level::Must,
    source: "RFC 5177 §6.6, §10; RFC 6626 §3.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per Type 148 Sub-Type 0 of Length 6 that lies after the first Type 32, or whose \
        Prefix Length is above 32, or is 0 with a Prefix other than 0.0.0.0.",
    why: "The prefix can be forged or is refused, and the whole mobile network loses its route.",
    example: "",
    check: Check::Registration(nemo_001),
};

fn nemo_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Mobile network prefix requested again after refusal.
pub static NEMO_002: Rule = Rule {
    id: "NEMO-002",
    title: "Mobile network prefix requested again after refusal",
    level: Level::Must,
    source: "RFC 5177 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ captured more than GRACE after an RRP to the same session (a) with code 148, if the \
        RRQ contains any Type 148 Sub-Type 0; or (b) with code 147, if the RRQ contains a Type 148 Sub-Type \
        0 whose Prefix and Prefix Length equal those of a Type 148 Sub-Type 1 with non-zero Code in that \
        RRP. Ends at the next accepted exchange with a Sub-Type 1 of Code 0.",
    why: "\
        The mobile router will never be served this way and loads the home agent with hopeless requests.",
    example: "",
    check: Check::Request(nemo_002),
};

fn nemo_002(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Mobile network request accepted without acknowledgement.
pub static NEMO_003: Rule = Rule {
    id: "NEMO-003",
    title: "Mobile network request accepted without acknowledgement",
    level: Level::Note,
    source: "RFC 5177 §4.2, §5.1, §6.6",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP with Lifetime above 0 answering an RRQ with Type 148 Sub-Type 0 when the \
        RRP has no Type 148 Sub-Type 1 or 2.",
    why: "\
        Either the home agent does not implement mobile networks or it broke the rule for those that do; in \
        both cases traffic from the prefix is not served.",
    example: "",
    check: Check::Reply(nemo_003),
};

fn nemo_003(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Request on one path omits prefixes registered on another.
pub static NEMO_004: Rule = Rule {
    id: "NEMO-004",
    title: "Request on one path omits prefixes registered on another",
    level: Level::Note,
    source: "RFC 5177 §6.3; RFC 5454 §3.8; RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP with Lifetime above 0 answering an RRQ with a usable MP when a prefix \
        accepted by a Type 148 Sub-Type 1 Code 0, or by a Type 152 Sub-Type 2 Code 0 or 1, in the last \
        exchange of a live binding with another BID is absent from the Type 148 Sub-Type 0 and Type 152 \
        Sub-Type 1 extensions of the RRQ.",
    why: "\
        Base rules delete prefixes that a re-registration leaves out. RFC 7629 does not say if prefixes \
        belong to the node or to one path, so a network may vanish when a second interface registers.",
    example: "",
    check: Check::Reply(nemo_004),
};

fn nemo_004(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
