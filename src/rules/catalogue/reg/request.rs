//! What a Registration Request says (REG).

use crate::rules::facts::MessageFacts;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Reserved flag bits set in a Registration Request.
pub static REG_001: Rule = Rule {
    id: "REG-001",
    title: "Reserved flag bits set in a Registration Request",
    level: Level::Must,
    source: "RFC 5944 §3.3, §3.7.2.1, §3.8.2.3",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ in which hdr.r (mask 0x04) or hdr.x (mask 0x01) is 1.",
    why: "\
        The message format says receivers ignore these bits while the processing sections order rejection \
        (70 or 134), so the outcome depends on the agent.",
    example: "",
    check: Check::Registration(reg_001),
};

fn reg_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Care-of Address equals Home Address in a registration.
pub static REG_002: Rule = Rule {
    id: "REG-002",
    title: "Care-of Address equals Home Address in a registration",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with Lifetime above 0, Home Address other than 0.0.0.0 and Care-of Address equal to \
        Home Address.",
    why: "\
        The combination is reserved for dropping all bindings; taken literally it makes the home agent \
        tunnel traffic to itself.",
    example: "",
    check: Check::Registration(reg_002),
};

fn reg_002(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Care-of Address cannot be a tunnel endpoint.
pub static REG_003: Rule = Rule {
    id: "REG-003",
    title: "Care-of Address cannot be a tunnel endpoint",
    level: Level::Must,
    source: "RFC 5944 §3.3, §3.6.1.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the HA leg with Lifetime above 0 whose Care-of Address is 0.0.0.0, in \
        127.0.0.0/8, in 224.0.0.0/4, 255.255.255.255, or equal to its Home Agent field.",
    why: "Packets tunnelled to such an address are lost or loop at the home agent.",
    example: "",
    check: Check::Registration(reg_003),
};

fn reg_003(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Home Address zero without an NAI.
pub static REG_004: Rule = Rule {
    id: "REG-004",
    title: "Home Address zero without an NAI",
    level: Level::Must,
    source: "RFC 5944 §3.6, §3.6.1.2; RFC 2794 §2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ with Home Address 0.0.0.0 that contains no Type 131.",
    why: "\
        Nothing in the message tells the home agent which subscriber is asking, so no address can be \
        assigned and no reply matched.",
    example: "",
    check: Check::Registration(reg_004),
};

fn reg_004(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// UDP checksum not used.
pub static REG_022: Rule = Rule {
    id: "REG-022",
    title: "UDP checksum not used",
    level: Level::Should,
    source: "RFC 5944 §3.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP whose UDP checksum field is 0, once per sender address.",
    why: "\
        Without a checksum a corrupted BID or lifetime is caught only by the authenticator, as a confusing \
        authentication failure.",
    example: "",
    check: Check::Registration(reg_022),
};

fn reg_022(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Request to All Mobility Agents with TTL other than 1.
pub static REG_024: Rule = Rule {
    id: "REG-024",
    title: "Request to All Mobility Agents with TTL other than 1",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with IP destination 224.0.0.11, hdr.T = 0 and IP TTL different from 1. With hdr.T = \
        1 the TTL rule of RFC 3024 contradicts this one and nothing fires.",
    why: "Link-scope registration requests must not be forwardable.",
    example: "",
    check: Check::Registration(reg_024),
};

fn reg_024(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Reply code unknown or outside the allocated ranges.
pub static REG_025: Rule = Rule {
    id: "REG-025",
    title: "Reply code unknown or outside the allocated ranges",
    level: Level::Note,
    source: "RFC 5944 §3.4, §6.4; RFC 4857 §9.5, §10.3; RFC 7629 §4.3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRP whose Code is none of 0, 1, 64-82, 88-90, 96-101, 104-115, 127-150, 152, 153, \
        192-194.",
    why: "\
        Peers cannot tell whether such a code is success or failure; 2-8 are success codes that nobody has \
        defined.",
    example: "",
    check: Check::Registration(reg_025),
};

fn reg_025(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Encapsulation request is ambiguous.
pub static REG_026: Rule = Rule {
    id: "REG-026",
    title: "Encapsulation request is ambiguous",
    level: Level::Note,
    source: "RFC 5944 §3.3, §3.6.1.2, §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with Lifetime above 0, once per session and combination, when hdr.M and hdr.G are \
        both 1, or when hdr.D = 0 and hdr.M or hdr.G is 1 (legal only if the foreign agent advertises that \
        encapsulation, which is rarely captured).",
    why: "\
        With both bits set no precedence is defined, and through a foreign agent the request may ask for \
        something it cannot decapsulate.",
    example: "",
    check: Check::Registration(reg_026),
};

fn reg_026(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
