//! Which encapsulation is used (TUN).

use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Downlink encapsulation was not negotiated.
pub static TUN_008: Rule = Rule {
    id: "TUN-008",
    title: "Downlink encapsulation was not negotiated",
    level: Level::Must,
    source: "RFC 5944 §3.3, §4.1; RFC 3024 §3.4; RFC 5454 §3.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding and protocol, on a downlink data packet with outer IP protocol 47 when the \
        binding's hdr.G is 0; protocol 55 when its hdr.M is 0; or protocol 41 unless an IPv6 prefix of the \
        session was accepted with Code 1. Bindings with granted UDP tunnelling are left to UDPT-003.",
    why: "\
        The node or foreign agent may be unable to decapsulate, so the path looks up while all data is lost.",
    example: "",
    check: Check::Packet(tun_008),
};

fn tun_008(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Requested encapsulation accepted but not used.
pub static TUN_009: Rule = Rule {
    id: "TUN-009",
    title: "Requested encapsulation accepted but not used",
    level: Level::Note,
    source: "RFC 5944 §4.1; RFC 3024 §3.4, §4.3.1",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding, on a downlink data packet with outer IP protocol 4 when the binding's hdr.G \
        or hdr.M is 1. With hdr.M = 1 and hdr.G = 0, packets whose inner IP header is a fragment are \
        excluded, because minimal encapsulation cannot carry them.",
    why: "\
        RFC 5944 leaves the choice to the home agent, RFC 3024 wants unsupported requests refused with 139; \
        operators who rely on GRE keys will miss them.",
    example: "",
    check: Check::Packet(tun_009),
};

fn tun_009(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Uplink encapsulation was not negotiated.
pub static TUN_010: Rule = Rule {
    id: "TUN-010",
    title: "Uplink encapsulation was not negotiated",
    level: Level::Must,
    source: "RFC 3024 §1.2, §4.1.2, §4.3.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding and protocol, on an uplink data packet with outer IP protocol 47 when the \
        binding's hdr.G is 0; protocol 55 when its hdr.M is 0; or protocol 41 unless an IPv6 prefix of the \
        session was accepted with Code 1. Protocol 4 is always allowed. Fault lies with the mobile node if \
        hdr.D = 1, else with the foreign agent. Bindings with granted UDP tunnelling are left to UDPT-003.",
    why: "The home agent must discard such packets, so the uplink is dead while the downlink works.",
    example: "",
    check: Check::Packet(tun_010),
};

fn tun_010(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Reverse tunnel used without the T flag.
pub static TUN_011: Rule = Rule {
    id: "TUN-011",
    title: "Reverse tunnel used without the T flag",
    level: Level::Note,
    source: "RFC 3024 §3.2, §4.3.2; RFC 5944 §4.2.3, §5.5",
    subject: Subject::MobileNode,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding, on an uplink data packet whose far end is the tunnel endpoint of a live \
        binding with hdr.T = 0 and whose inner destination is not multicast.",
    why: "\
        Reverse tunnelling was never requested, so the agent may drop it; RFC 5944 lets agents decapsulate \
        it anyway, hence only a note.",
    example: "",
    check: Check::Packet(tun_011),
};

fn tun_011(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Unexpected recursive encapsulation.
pub static TUN_019: Rule = Rule {
    id: "TUN-019",
    title: "Unexpected recursive encapsulation",
    level: Level::Note,
    source: "RFC 2003 §3.2; RFC 5177 §7, §8; RFC 5944 §4.5",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet when, after removing the outer header, the inner packet is again protocol 4, \
        47 or 55 with the same pair of source and destination addresses as the outer header, or when more \
        than three IP headers are stacked.",
    why: "\
        Nested mobile networks explain two levels; the same tunnel inside itself, or deeper stacks, mean a \
        loop or a doubled encapsulator and cost MTU on every path.",
    example: "",
    check: Check::Packet(tun_019),
};

fn tun_019(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
