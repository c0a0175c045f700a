//! How often, and how long: pace, silence, expiry (REG).

use crate::rules::facts::{Asking, Expired, Unanswered};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Requests for one binding less than a second apart.
pub static REG_015: Rule = Rule {
    id: "REG-015",
    title: "Requests for one binding less than a second apart",
    level: Level::Must,
    source: "RFC 5944 §3.6, §3.6.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ captured less than 0.95 s after the previous RRQ with the same session, leg, Care-of \
        Address and BID (or absence of MP), when that previous RRQ was still unanswered.",
    why: "\
        Overload and lockout risk at the home agent; several interfaces registering at the same moment are \
        different Care-of Addresses and do not count.",
    example: "",
    check: Check::Request(reg_015),
};

fn reg_015(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Retransmission interval does not back off.
pub static REG_016: Rule = Rule {
    id: "REG-016",
    title: "Retransmission interval does not back off",
    level: Level::Should,
    source: "RFC 5944 §3.6.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Within a series of unanswered RRQs with the same session, leg, Care-of Address and BID, fires on the \
        third and later RRQ when the gap to its predecessor is under 1.8 times the previous gap and under \
        the requested Lifetime.",
    why: "Fixed-interval retry from many nodes after an outage delays recovery of the home agent.",
    example: "",
    check: Check::Request(reg_016),
};

fn reg_016(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Registration Request left unanswered.
pub static REG_017: Rule = Rule {
    id: "REG-017",
    title: "Registration Request left unanswered",
    level: Level::Should,
    source: "RFC 5944 §3.8.2, §3.8.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRQ on the HA leg for which no RRP of the session with its ID.lo appears within T_PAIR, \
        provided the capture goes on for T_PAIR, the RRQ has an AE, EXT-001 did not fire on it, it has no \
        unknown extension type (D3) in 0-127, and no later RRQ with the same session, Care-of Address and \
        BID arrives within T_PAIR (so only the last of a series is reported).",
    why: "\
        Either packets are lost, the home agent has no security association with the node, or it silently \
        dropped a request it could not parse (see EXT-004).",
    example: "",
    check: Check::Unanswered(reg_017),
};

fn reg_017(_unanswered: &Unanswered<'_>, _finder: &mut Finder<'_>) {}

/// Binding allowed to expire while in use.
pub static REG_018: Rule = Rule {
    id: "REG-018",
    title: "Binding allowed to expire while in use",
    level: Level::Should,
    source: "RFC 5944 §3.6.2.2, §3.8.2.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on the last accepted RRP of a binding when the binding expires and a data packet of that \
        session used its tunnel endpoint, in either direction, during the 60 s before expiry.",
    why: "\
        Traffic stops or moves to another path without warning because the node did not re-register in time.",
    example: "",
    check: Check::Expiry(reg_018),
};

fn reg_018(_expired: &Expired<'_>, _finder: &mut Finder<'_>) {}
