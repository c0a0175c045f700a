//! What a Registration Reply says to its request (REG).

use crate::rules::facts::Answering;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Reply lacks the identity information it owes.
pub static REG_005: Rule = Rule {
    id: "REG-005",
    title: "Reply lacks the identity information it owes",
    level: Level::Must,
    source: "RFC 5944 §3.8.1; RFC 2794 §3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ when (a) it is accepted and its Home Address or Home Agent field is \
        0.0.0.0; or (b) it is on the HA leg with an HA code, the RRQ contained Type 131 and the RRP does \
        not.",
    why: "\
        A node that registered by NAI cannot learn its address, and a foreign agent cannot match the reply.",
    example: "",
    check: Check::Reply(reg_005),
};

fn reg_005(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Reply changes the requested Home Address.
pub static REG_006: Rule = Rule {
    id: "REG-006",
    title: "Reply changes the requested Home Address",
    level: Level::Must,
    source: "RFC 5944 §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that shares the reversed IP/UDP 4-tuple and ID.lo of an RRQ at most T_PAIR older \
        when the RRQ's Home Address is not 0.0.0.0 and the RRP's differs from it.",
    why: "\
        The two ends would bind different home addresses; a home agent that cannot serve the address has to \
        refuse with 129 instead.",
    example: "",
    check: Check::Reply(reg_006),
};

fn reg_006(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Home Agent field of the reply is wrong.
pub static REG_007: Rule = Rule {
    id: "REG-007",
    title: "Home Agent field of the reply is wrong",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.1, §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with an HA code when (a) its Home Agent field is 255.255.255.255 or multicast; (b) \
        it is accepted, the RRQ was unicast to the address in its own Home Agent field and the RRP names \
        another address; or (c) it is accepted although the RRQ's IP destination was 255.255.255.255 or a \
        configured directed broadcast. (b) excludes exchanges with Type 139.",
    why: "\
        The mobile node takes its tunnel peer from this field, and accepting a broadcast request can leave \
        the node registered at several home agents.",
    example: "",
    check: Check::Reply(reg_007),
};

fn reg_007(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Granted lifetime exceeds the requested one.
pub static REG_008: Rule = Rule {
    id: "REG-008",
    title: "Granted lifetime exceeds the requested one",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.8.2.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP whose Lifetime is numerically greater than that of the RRQ it answers \
        (65535 counts as the largest value). Includes a non-zero grant for a request with Lifetime 0.",
    why: "\
        The home agent keeps tunnelling after the mobile node and foreign agent consider the binding gone.",
    example: "",
    check: Check::Reply(reg_008),
};

fn reg_008(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Extreme lifetime granted (infinite, or zero for a registration).
pub static REG_009: Rule = Rule {
    id: "REG-009",
    title: "Extreme lifetime granted (infinite, or zero for a registration)",
    level: Level::Note,
    source: "RFC 5944 §3.3, §3.4",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP with Lifetime 65535 answering a non-zero request, or with Lifetime 0 \
        answering an RRQ whose Lifetime is above 0.",
    why: "\
        65535 never expires, so a lost de-registration leaves a tunnel forever; 0 tells the node it has been \
        de-registered although it asked for service.",
    example: "",
    check: Check::Reply(reg_009),
};

fn reg_009(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Reply addresses or ports do not mirror the request.
pub static REG_021: Rule = Rule {
    id: "REG-021",
    title: "Reply addresses or ports do not mirror the request",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.8.3.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP on the HA leg answering an RRQ on the HA leg when its UDP ports are not the RRQ's \
        ports swapped, its IP destination is not the RRQ's IP source, or its IP source is not the RRQ's IP \
        destination. The last test is skipped if the RRQ went to a multicast or broadcast address. Excludes \
        RRQs with Lifetime 0.",
    why: "\
        NATs, firewalls and multi-interface nodes drop replies that come from the wrong place; with several \
        paths the reply would also arrive on the wrong interface.",
    example: "",
    check: Check::Reply(reg_021),
};

fn reg_021(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Request with a bad UDP checksum was processed.
pub static REG_023: Rule = Rule {
    id: "REG-023",
    title: "Request with a bad UDP checksum was processed",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ whose UDP checksum field is non-zero and wrong. Not evaluated if \
        the operator marks the capture as taken on the sending host (checksum offload).",
    why: "The home agent acts on data it had to discard.",
    example: "",
    check: Check::Reply(reg_023),
};

fn reg_023(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
