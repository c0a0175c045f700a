//! Dual stack (DS, RFC 5454).

use crate::rules::facts::{Answering, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// IPv6 request extensions misplaced or misused.
pub static DS_001: Rule = Rule {
    id: "DS-001",
    title: "IPv6 request extensions misplaced or misused",
    level: Level::Must,
    source: "RFC 5454 §3.1, §3.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ when a Type 152 Sub-Type 1 or 3 lies after the first Type 32, when there is more \
        than one Type 152 Sub-Type 3, or when there is a Type 152 Sub-Type 3 and hdr.D = 0.",
    why: "\
        IPv6 may be tunnelled to a foreign agent that cannot deliver it, or be hijacked through an \
        unprotected prefix.",
    example: "",
    check: Check::Registration(ds_001),
};

fn ds_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// IPv6 prefix extension with an impossible prefix.
pub static DS_002: Rule = Rule {
    id: "DS-002",
    title: "IPv6 prefix extension with an impossible prefix",
    level: Level::Must,
    source: "RFC 5454 §2.1, §2.2, §3.7.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per Type 152 Sub-Type 1 and on an RRP per Type 152 Sub-Type 2 whose Prefix Length is \
        129-254, or is 0-128 with a bit set in the Prefix beyond that length. 255 (link-local address) never \
        fires.",
    why: "The ends may compare the prefix differently and bind different address ranges.",
    example: "",
    check: Check::Registration(ds_002),
};

fn ds_002(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// IPv6 Prefix Reply does not correspond to the request.
pub static DS_003: Rule = Rule {
    id: "DS-003",
    title: "IPv6 Prefix Reply does not correspond to the request",
    level: Level::Must,
    source: "RFC 5454 §3.3, §3.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ, per Type 152 Sub-Type 2 (a) whose Prefix occurs in no Type 152 \
        Sub-Type 1 of the RRQ; (b) whose Prefix and Prefix Length repeat those of an earlier Sub-Type 2 of \
        the same RRP; or (c) whose Code is 1 although the RRQ has no Type 152 Sub-Type 3.",
    why: "The mobile node must ignore the answer or will wait for IPv6 at the wrong tunnel end.",
    example: "",
    check: Check::Reply(ds_003),
};

fn ds_003(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
