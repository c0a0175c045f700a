//! Identification and replay protection (REG).

use crate::rules::facts::{Answering, Asking};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Reply does not copy the low half of the Identification.
pub static REG_010: Rule = Rule {
    id: "REG-010",
    title: "Reply does not copy the low half of the Identification",
    level: Level::Must,
    source: "RFC 5944 §3.6.2.1, §5.7",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP whose IP/UDP 4-tuple is the reverse of that of an unanswered RRQ at most T_PAIR \
        older with the same Home Address, when the RRP's ID.lo equals that of no RRQ of the session in the \
        last T_PAIR.",
    why: "\
        The mobile node and any foreign agent must throw the reply away, so a registration that the home \
        agent accepted fails at the other end.",
    example: "",
    check: Check::Reply(reg_010),
};

fn reg_010(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Unsolicited Registration Reply.
pub static REG_011: Rule = Rule {
    id: "REG-011",
    title: "Unsolicited Registration Reply",
    level: Level::Must,
    source: "RFC 5944 §3.8, §4.2.3, §3.7",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRP that answers no RRQ (D8) and whose IP/UDP 4-tuple is the reverse of that of no RRQ \
        in the preceding T_PAIR. Not evaluated in the first T_PAIR of the capture.",
    why: "\
        Agents may only speak when asked; a spontaneous reply is a replay, a spoofing attempt or a home \
        agent announcing expiry, which is forbidden.",
    example: "",
    check: Check::Reply(reg_011),
};

fn reg_011(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Accepted reply does not echo the full timestamp.
pub static REG_012: Rule = Rule {
    id: "REG-012",
    title: "Accepted reply does not echo the full timestamp",
    level: Level::Must,
    source: "RFC 5944 §5.7.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP answering a timestamp-style RRQ (D16) when the RRP's ID.hi differs from the \
        RRQ's.",
    why: "\
        A changed upper half on success signals a home agent that runs nonces against a node that runs \
        timestamps; the next registration will fail with 133.",
    example: "",
    check: Check::Reply(reg_012),
};

fn reg_012(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Identification repeated or going backwards.
pub static REG_013: Rule = Rule {
    id: "REG-013",
    title: "Identification repeated or going backwards",
    level: Level::Must,
    source: "RFC 5944 §3.6.3, §5.7, §5.7.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ when (a) it is timestamp style (D16) and its 64-bit ID is less than or equal to that \
        of at least one earlier RRQ of the same session, leg and Care-of Address; or (b) it is not timestamp \
        style, its 64-bit ID equals that of the immediately preceding RRQ of the session on the same leg, \
        and the UDP payloads differ. Comparing per Care-of Address in (a) keeps cross-path reordering out.",
    why: "\
        The home agent must answer 133, so the binding is not refreshed; it also hides genuine replays.",
    example: "",
    check: Check::Request(reg_013),
};

fn reg_013(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// No resynchronisation after code 133.
pub static REG_014: Rule = Rule {
    id: "REG-014",
    title: "No resynchronisation after code 133",
    level: Level::Must,
    source: "RFC 5944 §3.6.2.3, §5.7",
    subject: Subject::MobileNode,
    scope: Scope::Exchange,
    fires: "\
        Fires on the first RRQ of a session sent after an RRP with code 133 to that session, if (a) the \
        rejected RRQ was timestamp style and the new ID.hi differs by more than 7 from the RRP's ID.hi plus \
        the whole seconds elapsed since that RRP; or (b) it was not timestamp style and the new ID.hi \
        differs from the RRP's ID.hi. Excludes RRQs captured less than 0.1 s after the RRP.",
    why: "\
        The node will be rejected again and again; typical of a bad clock or of a multipath client that \
        keeps one Identification state per interface.",
    example: "",
    check: Check::Request(reg_014),
};

fn reg_014(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Duplicate of a current registration extends its lifetime.
pub static REG_028: Rule = Rule {
    id: "REG-028",
    title: "Duplicate of a current registration extends its lifetime",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP answering an RRQ whose Home Address, Care-of Address and 64-bit ID equal \
        those of the RRQ that created or last refreshed a live binding of finite expiry, when RRP time plus \
        its Lifetime is later than that expiry by more than GRACE.",
    why: "Replaying one captured request would keep a binding alive for ever.",
    example: "",
    check: Check::Reply(reg_028),
};

fn reg_028(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
