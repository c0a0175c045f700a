//! What is accepted, and replies that disagree (EXCH).

use crate::rules::facts::Answering;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Multipath request accepted with code 1.
pub static EXCH_003: Rule = Rule {
    id: "EXCH-003",
    title: "Multipath request accepted with code 1",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2; RFC 5944 §3.4, §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "Fires on an RRP with code 1 answering an RRQ that contains Type 154 Sub-Type 1.",
    why: "\
        Code 1 says that simultaneous bindings are unsupported, and RFC 7629 defines success as code 0 only. \
        The agent may have ignored the extension and dropped the sibling paths; refusing multipath calls for \
        152.",
    example: "",
    check: Check::Reply(exch_003),
};

fn exch_003(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Policy accepted although none of its BIDs exists.
pub static EXCH_006: Rule = Rule {
    id: "EXCH-006",
    title: "Policy accepted although none of its BIDs exists",
    level: Level::Must,
    source: "RFC 7629 §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an accepted RRP answering an RRQ with Lifetime above 0 and at least one FORWARD \
        list (D6) when no BID in any of its FORWARD lists is live just before the RRP (with MP.O = 1: at \
        all) or equals the BID of the RRQ's usable MP.",
    why: "\
        The home agent must refuse with 153; accepting means that both ends hold a rule that points nowhere.",
    example: "",
    check: Check::Reply(exch_006),
};

fn exch_006(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Policy mixes known and unknown BIDs.
pub static EXCH_007: Rule = Rule {
    id: "EXCH-007",
    title: "Policy mixes known and unknown BIDs",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRP with code 0, 1 or 153 answering an RRQ with Lifetime above 0 whose \
        FORWARD lists together hold at least one BID that is live or is that of the RRQ's usable MP, and at \
        least one that is neither. The finding says which way the agent decided.",
    why: "\
        'Cannot identify any' reads as none at all or as at least one; agents differ, so the same policy \
        passes at one and fails at another.",
    example: "",
    check: Check::Reply(exch_007),
};

fn exch_007(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Malformed multipath request accepted.
pub static EXCH_010: Rule = Rule {
    id: "EXCH-010",
    title: "Malformed multipath request accepted",
    level: Level::Note,
    source: "RFC 7629 §4.1, §4.2, §4.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP answering an RRQ on which at least one must-level rule among \
        MP-001..MP-003, MP-005, MP-007..MP-012, FB-001..FB-006, FB-008, TS-001, TS-002, TS-004, TS-005, \
        TS-007 fired.",
    why: "\
        No code is assigned for these errors, so lenient and strict agents behave differently; the state \
        that was installed is guesswork.",
    example: "",
    check: Check::Reply(exch_010),
};

fn exch_010(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Registration refused because paths reordered requests.
pub static EXCH_012: Rule = Rule {
    id: "EXCH-012",
    title: "Registration refused because paths reordered requests",
    level: Level::Note,
    source: "RFC 5944 §5.7.1; RFC 7629 §5.1",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRP with code 133 answering a timestamp-style RRQ (D16) with a usable MP when another \
        RRQ of the session, with a different BID and a greater 64-bit ID, was accepted by an RRP captured at \
        most T_PAIR earlier.",
    why: "\
        Replay protection is one sequence per node, yet requests over a fast and a slow access overtake each \
        other; the slow one is refused through nobody's fault.",
    example: "",
    check: Check::Reply(exch_012),
};

fn exch_012(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Flow-Binding supplied by the home agent is unusable or contradictory.
pub static EXCH_013: Rule = Rule {
    id: "EXCH-013",
    title: "Flow-Binding supplied by the home agent is unusable or contradictory",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that contains an FB when (a) its code is neither 0 nor 1; (b) [anchored] a FORWARD \
        list in it holds a BID that is not live once the exchange is applied; or (c) an FB in it has the \
        same TS Format and normalised selector (D11) as an FB of the RRQ but another Action or BID list.",
    why: "\
        Agents may add rules to the reply, but nothing says who wins or how the node refuses, so uplink and \
        downlink can follow different policies.",
    example: "",
    check: Check::Reply(exch_013),
};

fn exch_013(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Second reply to one request carries another code.
pub static EXCH_015: Rule = Rule {
    id: "EXCH-015",
    title: "Second reply to one request carries another code",
    level: Level::Note,
    source: "RFC 5944 §3.8, §3.8.2; RFC 7629 §4.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that answers an RRQ already answered on the same leg within T_PAIR when its Code \
        differs from that of the first reply.",
    why: "\
        The node may act on either; typical of replicated home agents, of a foreign agent that times out \
        (78) just before the real answer, or of a forged reply.",
    example: "",
    check: Check::Reply(exch_015),
};

fn exch_015(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
