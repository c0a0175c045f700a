//! Fields of traffic selectors (TS).

use crate::rules::facts::{FlowBindingFacts, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// IPv4 selector has a range end without its start.
pub static TS_001: Rule = Rule {
    id: "TS-001",
    title: "IPv4 selector has a range end without its start",
    level: Level::Must,
    source: "RFC 6088 §3.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 for each set flag B, D, F, H, J, L or N whose \
        preceding letter A, C, E, G, I, K or M is clear.",
    why: "The range has no lower bound; receivers match everything, nothing, or a single value.",
    example: "",
    check: Check::FlowBinding(ts_001),
};

fn ts_001(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// IPv6 selector has a range end without its start.
pub static TS_002: Rule = Rule {
    id: "TS-002",
    title: "IPv6 selector has a range end without its start",
    level: Level::Must,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each set flag B, D, F, H, J, L, N or P whose \
        preceding letter A, C, E, G, I, K, M or O is clear.",
    why: "As TS-001 for IPv6: the intended flow set cannot be known.",
    example: "",
    check: Check::FlowBinding(ts_002),
};

fn ts_002(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Range start is greater than range end.
pub static TS_003: Rule = Rule {
    id: "TS-003",
    title: "Range start is greater than range end",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 for each start/end pair with both flags set \
        whose start is greater than its end as unsigned big-endian numbers, after clearing the low 2 bits of \
        DS/TC and the high 8 bits of flow labels.",
    why: "\
        The rule matches nothing, so its traffic silently follows the next rule or the default path. Often a \
        byte-order bug.",
    example: "",
    check: Check::FlowBinding(ts_003),
};

fn ts_003(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Flow label field has its high 8 bits set.
pub static TS_007: Rule = Rule {
    id: "TS-007",
    title: "Flow label field has its high 8 bits set",
    level: Level::Must,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each present G or H field whose most significant \
        octet is not 0.",
    why: "\
        Receivers that fail to mask the octet never match; the label was probably written left-aligned.",
    example: "",
    check: Check::FlowBinding(ts_007),
};

fn ts_007(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Flow label selector exceeds 20 bits.
pub static TS_008: Rule = Rule {
    id: "TS-008",
    title: "Flow label selector exceeds 20 bits",
    level: Level::Note,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each present G field, when neither it nor its H \
        field has the most significant octet set, whose value is above 0xFFFFF.",
    why: "\
        RFC 6088 speaks of 24-bit labels while IPv6 headers carry 20, so such a range can never match a \
        packet.",
    example: "",
    check: Check::FlowBinding(ts_008),
};

fn ts_008(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// DS or Traffic Class selector carries ECN bits.
pub static TS_009: Rule = Rule {
    id: "TS-009",
    title: "DS or Traffic Class selector carries ECN bits",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 and a present K or L field, or TS Format 2 and a \
        present M or N field, whose low 2 bits are not 0.",
    why: "\
        Those bits must be ignored in comparison; an end that compares all 8 loses the flow as soon as \
        routers mark congestion.",
    example: "",
    check: Check::FlowBinding(ts_009),
};

fn ts_009(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}

/// Transport field and protocol selector exclude each other.
pub static TS_010: Rule = Rule {
    id: "TS-010",
    title: "Transport field and protocol selector exclude each other",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with a protocol (next header) range, single value if no end, that \
        contains (a) none of 6, 17, 33, 132, 136 although any port field is present; or (b) neither 50 nor \
        51 although an SPI field is present.",
    why: "The rule can never match, which usually goes unnoticed until the flow is on the wrong access.",
    example: "",
    check: Check::FlowBinding(ts_010),
};

fn ts_010(_message: &MessageFacts<'_, '_>, _facts: &FlowBindingFacts<'_>, _finder: &mut Finder<'_>) {}
