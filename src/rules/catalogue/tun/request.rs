//! What requests say of tunnels (TUN).

use crate::rules::facts::MessageFacts;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Reverse-tunnel request to a foreign agent with TTL below 255.
pub static TUN_027: Rule = Rule {
    id: "TUN-027",
    title: "Reverse-tunnel request to a foreign agent with TTL below 255",
    level: Level::Must,
    source: "RFC 3024 §3.2, §4.1.1, §4.2.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the FA leg with hdr.T = 1, unicast IP destination and IP TTL other than 255.",
    why: "\
        The foreign agent has to refuse with code 76; the check keeps remote hosts from hijacking reverse \
        tunnels.",
    example: "",
    check: Check::Registration(tun_027),
};

fn tun_027(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Encapsulating Delivery Style extension misused.
pub static TUN_028: Rule = Rule {
    id: "TUN-028",
    title: "Encapsulating Delivery Style extension misused",
    level: Level::Must,
    source: "RFC 3024 §3.3",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains Type 130 when hdr.T = 0, or the Type 130 lies before the last AE or \
        after the first Type 33.",
    why: "\
        The foreign agent will ignore or reject the delivery style, and broadcast or multicast from the node \
        will not reach the home network.",
    example: "",
    check: Check::Registration(tun_028),
};

fn tun_028(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
