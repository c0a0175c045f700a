//! The Multipath extension by itself (MP).

use crate::rules::facts::MessageFacts;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Multipath extension length is not 4.
pub static MP_001: Rule = Rule {
    id: "MP-001",
    title: "Multipath extension length is not 4",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per extension of Type 154 Sub-Type 1 whose 16-bit Length is not 4. Such an extension \
        is never a usable MP.",
    why: "\
        The BID and flags cannot be located reliably, so the home agent may register the wrong binding or \
        none.",
    example: "",
    check: Check::Registration(mp_001),
};

fn mp_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Type 154 sub-type is neither Multipath nor Flow-Binding.
pub static MP_002: Rule = Rule {
    id: "MP-002",
    title: "Type 154 sub-type is neither Multipath nor Flow-Binding",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2, §7 (sub-type registry is absent from draft-09)",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 154 whose Sub-Type is not 1 or 2. The finding tells \
        reserved values (0, 255) from unassigned ones (3-254). Not evaluated for an extension on which \
        EXT-005 fired.",
    why: "The receiver does not know the option and the text gives no reply code for that case.",
    example: "",
    check: Check::Registration(mp_002),
};

fn mp_002(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// More than one Multipath extension in a request.
pub static MP_003: Rule = Rule {
    id: "MP-003",
    title: "More than one Multipath extension in a request",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires once on an RRQ that contains two or more extensions of Type 154 Sub-Type 1, whatever their \
        lengths.",
    why: "It is undefined which BID and flags apply, and the two ends may pick different ones.",
    example: "",
    check: Check::Registration(mp_003),
};

fn mp_003(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Multipath extension in a Registration Reply.
pub static MP_004: Rule = Rule {
    id: "MP-004",
    title: "Multipath extension in a Registration Reply",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "Fires on an RRP per extension of Type 154 Sub-Type 1.",
    why: "\
        The extension is a request only; a reply that echoes it shows a home agent copying unknown data and \
        may be dropped by the mobile node.",
    example: "",
    check: Check::Registration(mp_004),
};

fn mp_004(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Multipath extension placed after the Mobile-Home Auth extension.
pub static MP_005: Rule = Rule {
    id: "MP-005",
    title: "Multipath extension placed after the Mobile-Home Auth extension",
    level: Level::Must,
    source: "RFC 7629 §4.1; RFC 5944 §3.6.1.3",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per extension of Type 154 Sub-Type 1 that lies after the first Type 32, or, if the \
        RRQ has no Type 32, after the first Type 36 Sub-Type 1.",
    why: "\
        BID, B and O travel unprotected: anyone on the path can wipe or retarget bindings, and a foreign \
        agent will strip the extension.",
    example: "",
    check: Check::Registration(mp_005),
};

fn mp_005(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Multipath or Flow-Binding extension in an unauthenticated message.
pub static MP_006: Rule = Rule {
    id: "MP-006",
    title: "Multipath or Flow-Binding extension in an unauthenticated message",
    level: Level::Should,
    source: "RFC 7629 §4.1, §4.2, §8",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires once on an RRQ or RRP that contains Type 154 Sub-Type 1 or 2 and no AE at all.",
    why: "\
        Multipath policy without integrity protection lets a third party steer or black-hole subscriber \
        traffic.",
    example: "",
    check: Check::Registration(mp_006),
};

fn mp_006(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Interface label is 0.
pub static MP_007: Rule = Rule {
    id: "MP-007",
    title: "Interface label is 0",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and If-Label 0.",
    why: "Label-indexed static policy cannot match the tunnel, so its flows take another path.",
    example: "",
    check: Check::Registration(mp_007),
};

fn mp_007(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Binding identifier 0 or 255.
pub static MP_008: Rule = Rule {
    id: "MP-008",
    title: "Binding identifier 0 or 255",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and BID 0 or 255.",
    why: "Reserved identifiers cannot be referenced by a policy; 255 is the filler value of DROP rules.",
    example: "",
    check: Check::Registration(mp_008),
};

fn mp_008(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Bulk and Overwrite flags both set.
pub static MP_009: Rule = Rule {
    id: "MP-009",
    title: "Bulk and Overwrite flags both set",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4, MP.B = 1 and MP.O = 1.",
    why: "\
        One flag renews every binding and the other deletes them; the outcome depends on the order in which \
        the home agent happens to test them.",
    example: "",
    check: Check::Registration(mp_009),
};

fn mp_009(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Overwrite flag set in a de-registration.
pub static MP_010: Rule = Rule {
    id: "MP-010",
    title: "Overwrite flag set in a de-registration",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ with Lifetime 0 whose MP has Length 4 and MP.O = 1.",
    why: "A careless home agent may delete all sibling paths instead of one.",
    example: "",
    check: Check::Registration(mp_010),
};

fn mp_010(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Reserved bits set in the Multipath extension.
pub static MP_011: Rule = Rule {
    id: "MP-011",
    title: "Reserved bits set in the Multipath extension",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and a flags octet with any bit of mask 0x3F set.",
    why: "\
        Usually a sender that put B and O at the wrong end of the octet, so its requests silently lose their \
        flags.",
    example: "",
    check: Check::Registration(mp_011),
};

fn mp_011(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Access technology type 0 (reserved).
pub static MP_012: Rule = Rule {
    id: "MP-012",
    title: "Access technology type 0 (reserved)",
    level: Level::Must,
    source: "RFC 7629 §4.1; RFC 5213 §8.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and If-ATT 0.",
    why: "\
        Only registered technologies are permitted; 0 normally means the client could not identify the \
        interface, and any policy keyed on access type fails.",
    example: "",
    check: Check::Registration(mp_012),
};

fn mp_012(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Access technology type not in the registry copy.
pub static MP_013: Rule = Rule {
    id: "MP-013",
    title: "Access technology type not in the registry copy",
    level: Level::Note,
    source: "RFC 7629 §4.1; RFC 5213 §8.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ whose MP has Length 4 and an If-ATT that is not in the analyser's copy of the RFC \
        5213 registry (reference copy: 0-5 from the RFC, 6-13 registered later by IANA) and is not 0.",
    why: "\
        Either the registry has grown or the client uses another numbering; the Proxy MIPv4 access types of \
        RFC 5563 give different meanings to the same numbers.",
    example: "",
    check: Check::Registration(mp_013),
};

fn mp_013(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Registration Request sent by the home agent.
pub static MP_023: Rule = Rule {
    id: "MP-023",
    title: "Registration Request sent by the home agent",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.8",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose IP source equals its Home Agent field.",
    why: "\
        Taken literally §5.1 lets the home agent send bulk requests, which is almost certainly a slip for \
        the mobile node; no other text gives a home agent that role.",
    example: "",
    check: Check::Registration(mp_023),
};

fn mp_023(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Simultaneous-bindings flag combined with Multipath.
pub static MP_026: Rule = Rule {
    id: "MP-026",
    title: "Simultaneous-bindings flag combined with Multipath",
    level: Level::Note,
    source: "RFC 7629 §4.1; RFC 5944 §3.3, §3.6.1.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ with MP and hdr.S = 1, once per session.",
    why: "\
        S asks for a copy of every packet on every path, Multipath for one path per flow; their combination \
        is undefined and may double the traffic.",
    example: "",
    check: Check::Registration(mp_026),
};

fn mp_026(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
