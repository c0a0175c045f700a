//! Inner addresses (TUN).

use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Inner source of an uplink packet is foreign to the session.
pub static TUN_012: Rule = Rule {
    id: "TUN-012",
    title: "Inner source of an uplink packet is foreign to the session",
    level: Level::Must,
    source: "RFC 3024 §4.3.2; RFC 5177 §7, §10; RFC 5454 §3.3.2",
    subject: Subject::MobileNode,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on an uplink data packet whose far end is the tunnel endpoint of at least one live \
        binding when its inner source is neither the home address nor in an accepted mobile network or IPv6 \
        prefix of any session with a live binding there. Excludes inner sources 0.0.0.0, :: and fe80::/10.",
    why: "\
        Source spoofing through the tunnel, or hosts behind the node whose prefix was never registered; the \
        home agent should drop it.",
    example: "",
    check: Check::Packet(tun_012),
};

fn tun_012(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Inner destination of a downlink packet is foreign to the session.
pub static TUN_013: Rule = Rule {
    id: "TUN-013",
    title: "Inner destination of a downlink packet is foreign to the session",
    level: Level::Note,
    source: "RFC 5944 §4.2.2, §4.2.3; RFC 5177 §6.5",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on a downlink data packet whose far end is the tunnel endpoint of at least one live \
        binding when its inner destination is neither the home address nor in an accepted prefix of any \
        session with a live binding there. Excludes multicast, 255.255.255.255, configured directed \
        broadcasts and fe80::/10.",
    why: "\
        The tunnel carries traffic nobody registered for: an implicit-mode mobile network, or a \
        misconfigured route at the home agent.",
    example: "",
    check: Check::Packet(tun_013),
};

fn tun_013(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Broadcast forwarded against the registration flags.
pub static TUN_014: Rule = Rule {
    id: "TUN-014",
    title: "Broadcast forwarded against the registration flags",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.2, §4.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires on a downlink data packet whose inner destination is 255.255.255.255 or a configured directed \
        broadcast of the home network, and whose far end is the tunnel endpoint of live bindings, when (a) \
        none of them has hdr.B = 1, or (b) none of those with hdr.B = 1 has hdr.D = 1 (a foreign agent needs \
        the broadcast nested in a unicast packet to the home address).",
    why: "\
        Unwanted broadcast burns radio capacity on every path; un-nested, it reaches the wrong visitors of a \
        foreign agent.",
    example: "",
    check: Check::Packet(tun_014),
};

fn tun_014(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
