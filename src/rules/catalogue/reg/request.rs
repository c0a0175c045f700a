//! What a Registration Request says (REG).

use std::net::Ipv4Addr;

use crate::rules::facts::{Leg, MessageFacts, Traits, fields};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::words::lifetime;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Decision, ExtensionType, RequestFlags};

/// Destination of a request that looks for any foreign agent on the link (RFC 5944 §3.6.1.1).
const ALL_MOBILITY_AGENTS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 11);

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
    example: "01 26 02 58: flags SBDMGrTx are 0010 0110, so r is 1",
    check: Check::Registration(Traits::REQUEST, reserved_flags),
};

fn reserved_flags(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let reserved = request.flags.0 & RequestFlags::RESERVED;
    if reserved != 0 {
        let letters: Vec<&str> = RequestFlags(reserved).letters().collect();
        let letters = letters.join(" and ");
        let flags = request.flags.0;
        finder
            .fires(format!(
                "flags are {flags:#04x}, with {letters} set; r and x are sent as 0 (RFC 5944 §3.3)"
            ))
            .at(fields::FLAGS);
    }
}

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
    example: "Home Address 10.1.0.1, Care-of Address 10.1.0.1, Lifetime 600",
    check: Check::Registration(Traits::REQUEST, registers_the_home_address),
};

fn registers_the_home_address(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let home_address = request.home_address;
    if request.lifetime > 0 && !home_address.is_unspecified() && request.care_of_address == home_address {
        finder
            .fires(format!(
                "Care-of Address is the Home Address {home_address} with Lifetime {}; only Lifetime 0 goes with it \
                 (RFC 5944 §3.6.1.2)",
                lifetime(request.lifetime)
            ))
            .at(fields::CARE_OF_ADDRESS);
    }
}

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
    example: "Care-of Address 127.0.0.1, or that of the home agent, Lifetime 600, sent to the home agent",
    check: Check::Registration(Traits::REQUEST, cannot_end_a_tunnel),
};

fn cannot_end_a_tunnel(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request().filter(|_| message.leg == Leg::HomeAgent) else { return };
    let address = request.care_of_address;
    let what = if request.lifetime == 0 {
        return;
    } else if address == request.home_agent {
        "its own Home Agent"
    } else if address.is_unspecified() {
        "no address"
    } else if address.is_loopback() {
        "a loopback address"
    } else if address.is_multicast() {
        "a multicast address"
    } else if address.is_broadcast() {
        "the broadcast address"
    } else {
        return;
    };
    finder
        .fires(format!(
            "Care-of Address is {address}, {what}; a tunnel has to be able to end there (RFC 5944 §3.3)"
        ))
        .at(fields::CARE_OF_ADDRESS);
}

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
    example: "Home Address 0.0.0.0 and no extension 131",
    check: Check::Registration(Traits::REQUEST, names_nobody),
};

fn names_nobody(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    if request.home_address.is_unspecified() && message.is_whole() && !message.has(ExtensionType::NAI) {
        finder
            .fires(
                "Home Address is 0.0.0.0 and there is no NAI (Type 131); one of them has to name the node \
                 (RFC 5944 §3.6, RFC 2794 §2)",
            )
            .at(fields::HOME_ADDRESS);
    }
}

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
    example: "01 b2 01 b2 00 4a 00 00: UDP from 434 to 434 with checksum 0",
    check: Check::Registration(Traits::NONE, has_no_checksum),
};

fn has_no_checksum(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.datagram.udp_checksum == 0 {
        let sender = *message.source.ip();
        finder
            .fires(format!("{sender} sends UDP without a checksum; it should use one (RFC 5944 §3.1)"))
            .once_in_capture(u32::from(sender).into());
    }
}

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
    example: "a request to 224.0.0.11 with TTL 64 and T clear",
    check: Check::Registration(Traits::REQUEST, leaves_the_link),
};

fn leaves_the_link(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let ttl = message.ttl();
    if *message.destination.ip() == ALL_MOBILITY_AGENTS && !request.flags.reverse_tunnel() && ttl != 1 {
        finder.fires(format!(
            "TTL is {ttl} on a request to {ALL_MOBILITY_AGENTS}; it has to be 1 (RFC 5944 §3.6.1.1)"
        ));
    }
}

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
    example: "03 02 02 58: Code 2, which nobody has defined",
    check: Check::Registration(Traits::REPLY, has_unknown_code),
};

fn has_unknown_code(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(reply) = message.reply() else { return };
    if reply.code.is_assigned(message.message.numbers()) {
        return;
    }
    let range = match reply.code.decision() {
        Decision::Accepted => "acceptance",
        Decision::DeniedByForeignAgent => "denials by foreign agents",
        Decision::DeniedByHomeAgent => "denials by home agents",
        Decision::Unassigned => "neither acceptance nor denial",
    };
    finder
        .fires(format!(
            "Code is {}, which is not assigned; it lies in the range of {range} (RFC 5944 §3.4, §6.4)",
            reply.code.0
        ))
        .at(fields::CODE);
}

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
    example: "01 3a 02 58: flags D, M, G and T, so both encapsulations are asked for",
    check: Check::Registration(Traits::REQUEST.and(Traits::ENCAPSULATES), asks_ambiguously),
};

fn asks_ambiguously(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request().filter(|request| request.lifetime > 0) else { return };
    let flags = request.flags;
    let asked = match (flags.minimal_encapsulation(), flags.gre()) {
        (true, true) => "M and G are",
        (true, false) => "M is",
        (false, true) => "G is",
        (false, false) => return,
    };
    let problem = if flags.minimal_encapsulation() && flags.gre() {
        "no document says which of them comes first (RFC 5944 §3.3)"
    } else if flags.co_located() {
        return;
    } else {
        "the foreign agent has to advertise what it can decapsulate (RFC 5944 §3.6.1.2, §4.1)"
    };
    let by = if flags.co_located() { "" } else { " through a foreign agent (D is clear)" };
    let combination = flags.0 & (RequestFlags::D | RequestFlags::M | RequestFlags::G);
    finder.fires(format!("{asked} set{by}; {problem}")).at(fields::FLAGS).once(combination.into());
}
