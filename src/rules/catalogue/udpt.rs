//! UDP tunnelling (UDPT, RFC 3519).

use crate::rules::facts::{Answering, Carried, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// UDP Tunnel Request inconsistent with the registration.
pub static UDPT_001: Rule = Rule {
    id: "UDPT-001",
    title: "UDP Tunnel Request inconsistent with the registration",
    level: Level::Must,
    source: "RFC 3519 §3.1, §3.1.3, §3.1.5, §4.4, §4.6.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with Type 144 of Length 6 when (a) it lies before the first Type 32 and hdr.D = 0; \
        (b) it lies after the first Type 32 and hdr.D = 1; or (c) its Reserved 1, Reserved 2 (mask 0x3F of \
        the flags octet) or Reserved 3 is not 0.",
    why: "The home agent skips or refuses the request, and the path behind the NAT never carries data.",
    example: "",
    check: Check::Registration(udpt_001),
};

fn udpt_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// UDP tunnelling used or granted without agreement.
pub static UDPT_002: Rule = Rule {
    id: "UDPT-002",
    title: "UDP tunnelling used or granted without agreement",
    level: Level::Must,
    source: "RFC 3519 §3.1.1, §3.2, §4.4, §4.7",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires (a) on an RRP with Type 44 answering an RRQ without Type 144; (b) on a data packet of message \
        type 4, [anchored], whose far end address is that of live bindings of its session, when for none of \
        them the last accepted exchange granted UDP tunnelling (Type 44 with Reply Code 0-63).",
    why: "The peer must not accept the packets, so the path is up in signalling only.",
    example: "",
    check: Check::ReplyOrPacket(udpt_002_answering, udpt_002_carried),
};

fn udpt_002_answering(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

fn udpt_002_carried(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Data bypasses the agreed UDP tunnel.
pub static UDPT_003: Rule = Rule {
    id: "UDPT-003",
    title: "Data bypasses the agreed UDP tunnel",
    level: Level::Must,
    source: "RFC 3519 §4.7",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding and direction, on a data packet with outer protocol 4, 41, 47 or 55 when \
        every live binding of its session whose endpoint address equals the far end address has granted UDP \
        tunnelling, and at least one such binding exists.",
    why: "\
        A NAT will not pass it; when some bindings of a node use UDP and others do not, it shows that the \
        paths were mixed up.",
    example: "",
    check: Check::Packet(udpt_003),
};

fn udpt_003(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// UDP tunnel header or port does not match the binding.
pub static UDPT_004: Rule = Rule {
    id: "UDPT-004",
    title: "UDP tunnel header or port does not match the binding",
    level: Level::Must,
    source: "RFC 3519 §3.1.4, §3.3, §4.1, §4.3, §4.4",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet of message type 4 over a granted UDP tunnel when (a) its Reserved field is \
        not 0; (b) Next Header is not 4, 41, 47 or 55; (c) the request's Encapsulation field was not 0 and \
        Next Header differs from it; (d) that field was 0 and Next Header is 47 with hdr.G = 0, or 55 with \
        hdr.M = 0; (e) Next Header is 41 and the session has no accepted IPv6 prefix; or (f) uplink, from \
        the address of its RRQ, the UDP source port is not that of the binding's latest RRQ.",
    why: "\
        Receivers must drop packets whose mode or ports disagree with the binding, typically after the \
        client re-bound its socket.",
    example: "",
    check: Check::Packet(udpt_004),
};

fn udpt_004(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Registration message inside its own UDP tunnel.
pub static UDPT_005: Rule = Rule {
    id: "UDPT-005",
    title: "Registration message inside its own UDP tunnel",
    level: Level::Must,
    source: "RFC 3519 §4.2, §4.7",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet of message type 4 whose inner packet is an RRQ or RRP with the Home Address \
        of a session that has a live binding at the far end.",
    why: "Signalling that depends on the tunnel it is meant to repair dies with it.",
    example: "",
    check: Check::Packet(udpt_005),
};

fn udpt_005(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
