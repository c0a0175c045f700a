//! Flow policy over time (FB).

use crate::rules::facts::{Answering, Asking, Expired};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// IPv6 selector without registered IPv6 prefix.
pub static FB_010: Rule = Rule {
    id: "FB-010",
    title: "IPv6 selector without registered IPv6 prefix",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 5454 §1.4",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 when the RRQ of that exchange carries no Type 152 \
        Sub-Type 1 and no live binding of the session has an IPv6 prefix accepted by a Type 152 Sub-Type 2 \
        with Code 0 or 1.",
    why: "\
        Such a rule can never match. A home agent working in the implicit mode of RFC 5454 may know prefixes \
        that are not signalled.",
    example: "",
    check: Check::Both(fb_010_asking, fb_010_answering),
};

fn fb_010_asking(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

fn fb_010_answering(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Unclear whether earlier flow policy survives.
pub static FB_014: Rule = Rule {
    id: "FB-014",
    title: "Unclear whether earlier flow policy survives",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ once it is accepted with Lifetime above 0 while a policy is in force, if (a) it \
        carries FBs but none for at least one rule of that policy (same TS Format and normalised selector, \
        D11); or (b) it has a usable MP with the BID of the request whose exchange last changed the policy, \
        and carries no FB. (b) fires once per change of the policy.",
    why: "\
        Nothing says if a new set replaces or adds to the old one (D11 assumes it adds), or if a refresh \
        without rules keeps them; afterwards the two ends can route differently.",
    example: "",
    check: Check::Reply(fb_014),
};

fn fb_014(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Preferred path of a rule ended by expiry, not de-registration.
pub static FB_016: Rule = Rule {
    id: "FB-016",
    title: "Preferred path of a rule ended by expiry, not de-registration",
    level: Level::Note,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on the last accepted RRP of a BID-keyed binding at its expiry (not removal) when that BID was \
        the chosen BID of at least one FORWARD rule in force and a later BID of the same list is live.",
    why: "\
        The fallback is defined for a de-registered Care-of Address only; timers at the two ends differ by \
        seconds, and one end may wait for the dead path.",
    example: "",
    check: Check::Expiry(fb_016),
};

fn fb_016(_expired: &Expired<'_>, _finder: &mut Finder<'_>) {}

/// FORWARD rule has no usable binding left.
pub static FB_017: Rule = Rule {
    id: "FB-017",
    title: "FORWARD rule has no usable binding left",
    level: Level::Note,
    source: "RFC 7629 §3, §4.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on the RRP that removes a binding, or at an expiry on the last accepted RRP of the expired \
        binding, when after it a FORWARD rule in force has no live BID in its list while the session still \
        has a live binding. Once per rule until one of its BIDs is live again.",
    why: "\
        Figure 2 ends some preference lists with DROP, which the encoding cannot express; hosts either drop \
        the flow or let it leak onto a path the policy meant to avoid.",
    example: "",
    check: Check::ReplyOrExpiry(fb_017_answering, fb_017_expired),
};

fn fb_017_answering(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

fn fb_017_expired(_expired: &Expired<'_>, _finder: &mut Finder<'_>) {}
