//! Traffic selectors as a whole (TS).

use crate::rules::facts::{Answering, Asking, FlowBindingFacts, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Reserved bits set in the selector flags word.
pub static TS_004: Rule = Rule {
    id: "TS-004",
    title: "Reserved bits set in the selector flags word",
    level: Level::Must,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 and flags word bits under mask 0x0003FFFF set, or TS \
        Format 2 and bits under mask 0x0000FFFF set. Not evaluated if the selector is under 4 octets or \
        TS-013 fired.",
    why: "Flags in the wrong half of the word mean the peer reads another selector than was meant.",
    example: "",
    check: Check::FlowBinding(ts_004),
};

fn ts_004(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Selector truncated against its own flags.
pub static TS_005: Rule = Rule {
    id: "TS-005",
    title: "Selector truncated against its own flags",
    level: Level::Must,
    source: "RFC 7629 §4.2; RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose selector has under 4 octets or fewer \
        octets than the flags word plus all flagged fields need. TS Format 1: A-F 4 octets, G-J 2, K-N 1. TS \
        Format 2: A-D 16, E-H 4, I-L 2, M-P 1. Not evaluated if TS-013 fired. No other TS rule is evaluated \
        for that selector.",
    why: "The rule cannot be decoded; a home agent that accepts it enforces something nobody configured.",
    example: "",
    check: Check::FlowBinding(ts_005),
};

fn ts_005(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Octets left over after the last selector field.
pub static TS_006: Rule = Rule {
    id: "TS-006",
    title: "Octets left over after the last selector field",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose selector is longer than the flags word \
        plus all flagged fields. Not evaluated if TS-013 fired.",
    why: "\
        Padding to the alignment of RFC 6088, an off-by-one in Length, or a forgotten flag; receivers may \
        refuse the whole request.",
    example: "",
    check: Check::FlowBinding(ts_006),
};

fn ts_006(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Selector addresses do not fit the home-agent point of view.
pub static TS_011: Rule = Rule {
    id: "TS-011",
    title: "Selector addresses do not fit the home-agent point of view",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2; RFC 7629 §2.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Evaluated when the session's Home Address is known (not 0). A range is its start field through its \
        end field, or the start alone. Fires on an RRQ or RRP per FB (a) with TS Format 1, a destination \
        range present, and that range containing neither the Home Address nor any address of a prefix in a \
        Type 148 seen in the session; (b) with TS Format 2, a destination range present, at least one prefix \
        in a Type 152 seen in the session, and the range meeting none of them; or (c) with TS Format 1 and a \
        source range that contains the Home Address while the destination range is absent or does not \
        contain it.",
    why: "\
        Selectors describe correspondent-to-mobile packets. A rule written from the mobile's side (source = \
        home address) matches nothing at the home agent.",
    example: "",
    check: Check::Both(ts_011_asking, ts_011_answering),
};

fn ts_011_asking(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

fn ts_011_answering(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Selector without any field matches all traffic.
pub static TS_012: Rule = Rule {
    id: "TS-012",
    title: "Selector without any field matches all traffic",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2; RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose flag bits (14, respectively 16, most \
        significant bits of the flags word) are all 0. Not evaluated if TS-013 fired.",
    why: "\
        With DROP this silences the subscriber; with FORWARD it is a default rule whose rank among other \
        rules is undefined.",
    example: "",
    check: Check::FlowBinding(ts_012),
};

fn ts_012(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Selector decodes only under another RFC 6088 layout.
pub static TS_013: Rule = Rule {
    id: "TS-013",
    title: "Selector decodes only under another RFC 6088 layout",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3.1; RFC 6089 §4.2.1.4",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Layouts: R1 = flags word directly after TS Format (reference); R2 = one zero octet, then flags word; \
        R3 = a whole RFC 6088 sub-option (octet 0 = 3, octet 1 = Sub-Opt Len = selector octets minus 2, TS \
        Format repeated, zero octet, flags word). A layout fits if reserved bits are 0 and the flagged \
        fields end exactly at the end of the selector. Fires on an RRQ or RRP per FB with TS Format 1 or 2 \
        when R1 does not fit and R2 or R3 does; the selector is then decoded in the layout that fits (R2 \
        before R3) for all other rules.",
    why: "\
        RFC 7629 points at a figure that contains header octets its own figure already replaces; two vendors \
        can disagree by one octet and never match a packet.",
    example: "",
    check: Check::FlowBinding(ts_013),
};

fn ts_013(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}
