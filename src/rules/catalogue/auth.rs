//! Authentication (AUTH).

use crate::rules::facts::MessageFacts;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Registration Request without authorization-enabling extension.
pub static AUTH_001: Rule = Rule {
    id: "AUTH-001",
    title: "Registration Request without authorization-enabling extension",
    level: Level::Must,
    source: "RFC 5944 §3.2, §3.3, §3.5.2; RFC 7629 §8",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains no AE (D4). Excludes RRQs with Type 47 Sub-Type 1 (proxy mode with \
        per-node authentication, RFC 5563) and RRQs on which EXT-001 fired.",
    why: "\
        Anyone could redirect the traffic of this home address; a correct home agent drops such a request \
        without answering.",
    example: "",
    check: Check::Registration(auth_001),
};

fn auth_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Home agent reply does not carry exactly one Mobile-Home Auth.
pub static AUTH_002: Rule = Rule {
    id: "AUTH-002",
    title: "Home agent reply does not carry exactly one Mobile-Home Auth",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.5.2, §3.6.2.1, §3.8.3.3",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRP with an HA code (0, 1, 128-192) in which the number of Type 32 extensions is not \
        exactly 1. Excludes RRPs with Type 47 Sub-Type 1 and RRPs on which EXT-001 fired. Codes 64-127 and \
        193-255 are excluded.",
    why: "\
        The mobile node discards the reply, so the home agent believes in a binding that the mobile node \
        does not; with 152 or 153 the node never learns why it was refused.",
    example: "",
    check: Check::Registration(auth_002),
};

fn auth_002(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Reserved SPI value in an authentication extension.
pub static AUTH_003: Rule = Rule {
    id: "AUTH-003",
    title: "Reserved SPI value in an authentication extension",
    level: Level::Must,
    source: "RFC 5944 §1.6; RFC 4721 §7, §8",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 whose SPI is 0-255, or of Type 36 whose \
        SPI is 0, 1 or 3-255. Type 36 with SPI 2 (CHAP_SPI) does not fire, nor does an extension with Length \
        under 4.",
    why: "\
        Reserved indices cannot name a real security association; this is usually a default left in a \
        configuration or a hand-made packet.",
    example: "",
    check: Check::Registration(auth_003),
};

fn auth_003(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Authentication extension too short to hold an authenticator.
pub static AUTH_004: Rule = Rule {
    id: "AUTH-004",
    title: "Authentication extension too short to hold an authenticator",
    level: Level::Must,
    source: "RFC 5944 §3.5.2-3.5.4; RFC 4721 §5",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 with Length below 5, or of Type 36 with \
        Length below 20.",
    why: "The message is effectively unauthenticated even though the extension is present.",
    example: "",
    check: Check::Registration(auth_004),
};

fn auth_004(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Authenticator is not 16 octets long.
pub static AUTH_005: Rule = Rule {
    id: "AUTH-005",
    title: "Authenticator is not 16 octets long",
    level: Level::Note,
    source: "RFC 5944 §3.5.1, §5.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 whose Length is at least 5 and not 20.",
    why: "\
        The mandatory HMAC-MD5 gives 16 octets. Another size means another algorithm, which both ends must \
        have agreed, or a truncated field.",
    example: "",
    check: Check::Registration(auth_005),
};

fn auth_005(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Authenticator does not verify under the configured key.
pub static AUTH_006: Rule = Rule {
    id: "AUTH-006",
    title: "Authenticator does not verify under the configured key",
    level: Level::Must,
    source: "RFC 5944 §3.5.1, §3.6.2.1, §3.8.2.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Evaluated only if the operator configured a key and algorithm for the (SPI, session) of a Type 32, \
        33, 34 or 36/1 extension. Fires on the RRQ or RRP when the value recomputed over the UDP payload \
        from its first octet through the SPI of that extension differs from the Authenticator.",
    why: "\
        Either the message was altered on the way, the keys are out of step, or somebody is forging \
        registrations.",
    example: "",
    check: Check::Registration(auth_006),
};

fn auth_006(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Extension order around the authenticators is wrong.
pub static AUTH_007: Rule = Rule {
    id: "AUTH-007",
    title: "Extension order around the authenticators is wrong",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.3, §3.7.2.2, §3.8.3.3; RFC 2794 §2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ when (a) a Type 131 lies after the first Type 32 or after the first Type 33, or (b) \
        a Type 33 lies before the last AE. Fires on an RRQ or RRP on the HA leg when (c) any extension other \
        than Type 0 lies after a Type 34. Type 154 order is left to MP-005 and FB-006.",
    why: "\
        Misplaced extensions are either unprotected or stripped by a foreign agent, and often break the \
        authenticator at the far end.",
    example: "",
    check: Check::Registration(auth_007),
};

fn auth_007(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Foreign-Home authentication on a de-registration.
pub static AUTH_008: Rule = Rule {
    id: "AUTH-008",
    title: "Foreign-Home authentication on a de-registration",
    level: Level::Must,
    source: "RFC 5944 §3.5.4, §3.8.2.2",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains Type 34 and has Lifetime 0 or a Care-of Address equal to its non-zero \
        Home Address.",
    why: "\
        The foreign agent may not authenticate on behalf of a binding it need not own; some home agents \
        reject the de-registration and keep tunnelling.",
    example: "",
    check: Check::Registration(auth_008),
};

fn auth_008(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Foreign agent relays extensions meant only for itself.
pub static AUTH_009: Rule = Rule {
    id: "AUTH-009",
    title: "Foreign agent relays extensions meant only for itself",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2; RFC 3024 §3.3",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the HA leg with hdr.D = 0, Lifetime above 0 and IP source equal to its Care-of \
        Address that contains, after the last AE, a Type 33 or a Type 130.",
    why: "\
        The foreign agent must consume these; a home agent may count them as unknown or unprotected data and \
        drop the registration.",
    example: "",
    check: Check::Registration(auth_009),
};

fn auth_009(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Challenge or Mobile-AAA extension misplaced or misused.
pub static AUTH_010: Rule = Rule {
    id: "AUTH-010",
    title: "Challenge or Mobile-AAA extension misplaced or misused",
    level: Level::Must,
    source: "RFC 4721 §3.1, §3.2, §3.4, §6",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on (a) an RRP containing Type 36 Sub-Type 1; (b) an RRQ with Type 36 Sub-Type 1 and no Type 32 \
        before it; (c) an RRQ on the FA leg with Type 132 and no Type 33 or Type 36/1 after it; (d) an RRQ \
        or RRP whose Type 132 lies before its Type 32.",
    why: "\
        Foreign agents that use challenges silently discard such requests, which looks like a coverage \
        problem from the outside.",
    example: "",
    check: Check::Registration(auth_010),
};

fn auth_010(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
