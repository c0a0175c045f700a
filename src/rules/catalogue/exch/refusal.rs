//! Codes 152 and 153, and what follows them (EXCH).

use crate::rules::facts::{Answering, Asking};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Multipath still used after MULTIPATH_NOT_ALLOWED.
pub static EXCH_001: Rule = Rule {
    id: "EXCH-001",
    title: "Multipath still used after MULTIPATH_NOT_ALLOWED",
    level: Level::Must,
    source: "RFC 7629 §4.3, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ that contains Type 154 Sub-Type 1 and is captured more than GRACE after an RRP with \
        code 152 to the same session, unless an RRQ with MP of that session was accepted in between.",
    why: "\
        The node must switch multipath off for this home agent; it now loops on refused requests and may \
        have no service at all.",
    example: "",
    check: Check::Request(exch_001),
};

fn exch_001(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Home agent contradicts its own multipath verdict.
pub static EXCH_002: Rule = Rule {
    id: "EXCH-002",
    title: "Home agent contradicts its own multipath verdict",
    level: Level::Note,
    source: "RFC 7629 §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on (a) an RRP with code 152 while the session has a live BID-keyed binding, or (b) an accepted \
        RRP answering an RRQ with a usable MP when the previous RRP from the same home agent to that session \
        for an RRQ with MP had code 152.",
    why: "\
        The authorization changed during the session, or replicas behind one address are configured \
        differently.",
    example: "",
    check: Check::Reply(exch_002),
};

fn exch_002(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// No re-registration after INVALID_FB_IDENTIFIER.
pub static EXCH_004: Rule = Rule {
    id: "EXCH-004",
    title: "No re-registration after INVALID_FB_IDENTIFIER",
    level: Level::Must,
    source: "RFC 7629 §4.3, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 153 when, during T_ACT after it, the session sends no RRQ with Lifetime \
        above 0 that has the BID of the refused RRQ's usable MP (or its Care-of Address if it had no usable \
        MP), provided the capture goes on for T_ACT.",
    why: "\
        The binding whose request was refused must be registered again; otherwise that path is missing until \
        the old lifetime ends.",
    example: "",
    check: Check::Reply(exch_004),
};

fn exch_004(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Retry after 153 repeats the unusable BIDs.
pub static EXCH_005: Rule = Rule {
    id: "EXCH-005",
    title: "Retry after 153 repeats the unusable BIDs",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRQ with a FORWARD list captured within T_ACT after an RRP with code 153 to \
        the same session, when the union of BIDs in its FORWARD lists equals that of the refused RRQ and \
        contains neither a live BID nor the BID of its own usable MP.",
    why: "\
        The node obeys the letter of the text but will be refused again; the policy has to change, or the \
        bindings have to be registered first.",
    example: "",
    check: Check::Request(exch_005),
};

fn exch_005(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// INVALID_FB_IDENTIFIER although every BID is known.
pub static EXCH_008: Rule = Rule {
    id: "EXCH-008",
    title: "INVALID_FB_IDENTIFIER although every BID is known",
    level: Level::Note,
    source: "RFC 7629 §4.3, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRP with code 153 answering an RRQ that contains at least one FORWARD list \
        when every BID in every FORWARD list is live or is that of the RRQ's usable MP. The finding says if \
        a BID is alive only because of a bulk renewal (MP.B).",
    why: "\
        The home agent lost a binding or its bulk renewal, does not count the binding being registered, or \
        tripped over the BID of a DROP rule.",
    example: "",
    check: Check::Reply(exch_008),
};

fn exch_008(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Code 152 or 153 for a request without the matching extension.
pub static EXCH_009: Rule = Rule {
    id: "EXCH-009",
    title: "Code 152 or 153 for a request without the matching extension",
    level: Level::Note,
    source: "RFC 7629 §4.3, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 152 answering an RRQ without Type 154 Sub-Type 1, or with code 153 \
        answering an RRQ without Type 154 Sub-Type 2.",
    why: "\
        The node cannot act on the code; it points to stale state in the home agent or to a foreign agent \
        that stripped the extension.",
    example: "",
    check: Check::Reply(exch_009),
};

fn exch_009(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Home agent seems not to know the Multipath extension.
pub static EXCH_011: Rule = Rule {
    id: "EXCH-011",
    title: "Home agent seems not to know the Multipath extension",
    level: Level::Note,
    source: "RFC 7629 §4.1, §5.2; RFC 5944 §1.8",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on an RRP answering an RRQ without Type 154 when, in the preceding 600 s, at least two RRQs \
        with Type 154 and different ID of the same session stayed unanswered for T_PAIR, and no RRQ with \
        Type 154 to that home agent address was ever answered with an HA code. Once per session.",
    why: "\
        A legacy agent misparses Type 154 and stays silent, so only dropping the extension gives service; \
        compare EXT-004.",
    example: "",
    check: Check::Reply(exch_011),
};

fn exch_011(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// DROP policy refused because of its placeholder BID.
pub static EXCH_014: Rule = Rule {
    id: "EXCH-014",
    title: "DROP policy refused because of its placeholder BID",
    level: Level::Should,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 153 answering an RRQ whose FBs, at least one, all have Action 0 and break \
        none of FB-001, FB-003 and FB-008.",
    why: "\
        The single BID of a DROP rule is a filler that receivers should disregard; an agent that looks it up \
        makes filtering rules impossible.",
    example: "",
    check: Check::Reply(exch_014),
};

fn exch_014(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
