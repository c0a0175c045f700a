//! The Flow-Binding extension by itself (FB).

use crate::rules::facts::{FlowBindingFacts, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// BID list or TS Format runs past the Flow-Binding extension.
pub static FB_001: Rule = Rule {
    id: "FB-001",
    title: "BID list or TS Format runs past the Flow-Binding extension",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB whose Length is under 2, or under 3 + N where N is its BID Count. No \
        other FB or TS rule is evaluated for that extension.",
    why: "The receiver would read BIDs or the selector format out of the next extension.",
    example: "",
    check: Check::FlowBinding(fb_001),
};

fn fb_001(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Unknown Flow-Binding action.
pub static FB_002: Rule = Rule {
    id: "FB-002",
    title: "Unknown Flow-Binding action",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB whose Action is neither 0 (DROP) nor 1 (FORWARD).",
    why: "\
        No behaviour is defined, so the rule may be ignored at one end and enforced in some way at the \
        other.",
    example: "",
    check: Check::FlowBinding(fb_002),
};

fn fb_002(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// DROP rule without exactly one BID.
pub static FB_003: Rule = Rule {
    id: "FB-003",
    title: "DROP rule without exactly one BID",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action 0 and BID Count other than 1.",
    why: "\
        A receiver that skips exactly one octet misreads the selector, and the wrong packets are filtered.",
    example: "",
    check: Check::FlowBinding(fb_003),
};

fn fb_003(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// BID Count outside 1-8.
pub static FB_004: Rule = Rule {
    id: "FB-004",
    title: "BID Count outside 1-8",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action other than 0 and BID Count 0 or above 8.",
    why: "A rule with no target or with too many is undefined; fixed-size tables may overflow.",
    example: "",
    check: Check::FlowBinding(fb_004),
};

fn fb_004(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Reserved BID in a FORWARD list.
pub static FB_005: Rule = Rule {
    id: "FB-005",
    title: "Reserved BID in a FORWARD list",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with Action 1 whose list, within BID Count and Length, contains 0 or \
        255.",
    why: "\
        No binding can have that identifier, so that step of the fallback list never works; 255 is \
        meaningful only with DROP.",
    example: "",
    check: Check::FlowBinding(fb_005),
};

fn fb_005(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Flow-Binding placed after the Mobile-Home Auth extension.
pub static FB_006: Rule = Rule {
    id: "FB-006",
    title: "Flow-Binding placed after the Mobile-Home Auth extension",
    level: Level::Must,
    source: "RFC 7629 §4.2; RFC 5944 §3.6.1.3, §3.8.3.3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 154 Sub-Type 2 that lies after the first Type 32, or, \
        if there is no Type 32, after the first Type 36 Sub-Type 1.",
    why: "\
        The traffic policy is outside the authenticator: it can be forged on the path and a foreign agent \
        may remove it.",
    example: "",
    check: Check::FlowBinding(fb_006),
};

fn fb_006(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// BID listed twice in one rule.
pub static FB_007: Rule = Rule {
    id: "FB-007",
    title: "BID listed twice in one rule",
    level: Level::Note,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action 1 whose list contains the same value more than once.",
    why: "\
        Harmless in itself but a sign of a broken policy generator; the fallback has fewer steps than it \
        seems.",
    example: "",
    check: Check::FlowBinding(fb_007),
};

fn fb_007(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Traffic selector format 0.
pub static FB_008: Rule = Rule {
    id: "FB-008",
    title: "Traffic selector format 0",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB whose TS Format octet is 0. TS rules are not evaluated for it.",
    why: "\
        The value is forbidden; often the sender inserted RFC 6089 header octets or padding in front of the \
        format.",
    example: "",
    check: Check::FlowBinding(fb_008),
};

fn fb_008(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Traffic selector format without a definition.
pub static FB_009: Rule = Rule {
    id: "FB-009",
    title: "Traffic selector format without a definition",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB whose TS Format is 3-255 (251-255 are reported as experimental). TS \
        rules are not evaluated for it.",
    why: "\
        The selector is opaque to the peer and to this analyser, and no reply code exists for refusing it.",
    example: "",
    check: Check::FlowBinding(fb_009),
};

fn fb_009(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Flow-Binding in a request without Multipath extension.
pub static FB_011: Rule = Rule {
    id: "FB-011",
    title: "Flow-Binding in a request without Multipath extension",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires once on an RRQ that contains Type 154 Sub-Type 2 and no Type 154 Sub-Type 1.",
    why: "\
        §5.1 has Multipath in every multipath request; without it the request also acts as a plain \
        registration that replaces the very bindings the policy names.",
    example: "",
    check: Check::Registration(fb_011),
};

fn fb_011(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Flow-Binding in a de-registration.
pub static FB_012: Rule = Rule {
    id: "FB-012",
    title: "Flow-Binding in a de-registration",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires once on an RRQ with Lifetime 0 that contains Type 154 Sub-Type 2.",
    why: "\
        Whether the policy is installed, replaced or ignored is open; it may name the binding being removed.",
    example: "",
    check: Check::Registration(fb_012),
};

fn fb_012(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Overlapping selectors with different verdicts in one message.
pub static FB_013: Rule = Rule {
    id: "FB-013",
    title: "Overlapping selectors with different verdicts in one message",
    level: Level::Note,
    source: "RFC 7629 §2.2, §4.2; RFC 6088 §3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires once on an RRQ or RRP that has two FBs of equal TS Format 1 or 2, neither broken under TS-001, \
        TS-002, TS-003 or TS-005, whose ranges intersect in every field (an absent field is the full range; \
        DS/TC compare 6 bits) and whose Action or FORWARD BID list differs.",
    why: "\
        There is no flow identifier or priority on the wire, so first-match and last-match receivers send \
        the same flow different ways. A catch-all rule beside specific ones triggers this too.",
    example: "",
    check: Check::Registration(fb_013),
};

fn fb_013(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Overwrite request with a policy naming other BIDs.
pub static FB_015: Rule = Rule {
    id: "FB-015",
    title: "Overwrite request with a policy naming other BIDs",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 1 and an FB with Action 1 whose list contains a BID other \
        than that of the MP.",
    why: "Accepting the request removes the bindings that its own policy needs.",
    example: "",
    check: Check::Registration(fb_015),
};

fn fb_015(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
