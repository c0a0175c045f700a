//! Which encapsulation is used (TUN).

use std::net::IpAddr;

use crate::net::tunnel::MAX_DEPTH;
use crate::net::{Encapsulation, Peeled, peel_packet};
use crate::rules::facts::{Carried, names_were};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::Binding;
use crate::wire::{IpProtocol, RequestFlags};

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
    example: "request with G = 0 accepted; then GRE (protocol 47) from the home agent to its care-of address",
    check: Check::Packet(downlink_not_negotiated),
};

fn downlink_not_negotiated(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.is_downlink() {
        not_negotiated(carried, finder);
    }
}

/// Reports, once per binding, an encapsulation that none of the packet's bindings asked for.
fn not_negotiated(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(protocol) =
        carried.outer_protocol().map(IpProtocol).filter(|found| *found != IpProtocol::IP_IN_IP)
    else {
        return;
    };
    let bindings = &carried.bindings.here;
    let lacks = |flag: fn(RequestFlags) -> bool| bindings.iter().all(|binding| !flag(binding.flags));
    let is_known = carried.node.is_some();
    let (fires, asked) = match protocol {
        IpProtocol::GRE => (is_known && lacks(RequestFlags::gre), "with G = 0 (RFC 5944 §3.3)"),
        IpProtocol::MINIMAL => {
            (is_known && lacks(RequestFlags::minimal_encapsulation), "with M = 0 (RFC 5944 §3.3)")
        }
        // IPv6 that belongs to a session has an accepted prefix; the question is whether it was accepted with Code 1.
        IpProtocol::IPV6 => (
            carried.is_surely_theirs() && !carried.has_direct_ipv6_prefix(),
            "and no IPv6 prefix accepted for its care-of address (RFC 5454 §3.3.2)",
        ),
        _ => (false, ""),
    };
    if !fires || bindings.is_empty() || carried.is_obscured() {
        return;
    }
    let Some(untold) = carried.untold(bindings, protocol.0.into(), finder) else { return };
    let name = match protocol {
        IpProtocol::GRE => "GRE",
        IpProtocol::MINIMAL => "minimal encapsulation",
        _ => "IPv6 in IPv4",
    };
    let fired = finder.fires(format!(
        "{name} (protocol {}) {}, but {} registered {asked}",
        protocol.0,
        carried.way(),
        names_were(&untold.bindings)
    ));
    let fired = fired.once_each(untold.keys);
    if !carried.is_downlink() {
        let co_located = untold.bindings.iter().any(|binding| binding.flags.co_located());
        fired.by(if co_located { Subject::MobileNode } else { Subject::ForeignAgent });
    }
}

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
    example: "request with G = 1 accepted; then IP in IP (protocol 4) from the home agent to its care-of address",
    check: Check::Packet(requested_but_not_used),
};

fn requested_but_not_used(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.is_downlink() || carried.outer_protocol() != Some(IpProtocol::IP_IN_IP.0) {
        return;
    }
    let bindings = carried.live_here();
    let is_fragment = carried.inner.is_some_and(|inner| inner.is_fragment());
    let asked =
        |binding: &&Binding| binding.flags.gre() || (binding.flags.minimal_encapsulation() && !is_fragment);
    if bindings.is_empty() || !bindings.iter().all(asked) || carried.is_obscured() {
        return;
    }
    let Some(untold) = carried.untold(bindings, 0, finder) else { return };
    let flag = if untold.bindings.iter().all(|binding| binding.flags.gre()) { "G = 1" } else { "M = 1" };
    finder
        .fires(format!(
            "IP in IP (protocol 4) {}, but {} registered with {flag}; what was asked and accepted should be used \
             (RFC 3024 §3.4)",
            carried.way(),
            names_were(&untold.bindings)
        ))
        .once_each(untold.keys);
}

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
    example: "request with G = 0 accepted; then GRE (protocol 47) from its care-of address to the home agent",
    check: Check::Packet(uplink_not_negotiated),
};

fn uplink_not_negotiated(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.is_downlink() {
        not_negotiated(carried, finder);
    }
}

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
    example: "request with T = 0 accepted; then IP in IP from its care-of address to the home agent",
    check: Check::Packet(reverse_tunnel_not_asked),
};

fn reverse_tunnel_not_asked(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.is_downlink() || carried.inner.is_none_or(|inner| inner.destination().is_multicast()) {
        return;
    }
    let bindings = &carried.bindings.here;
    let has_asked = |binding: &&Binding| binding.flags.reverse_tunnel();
    if bindings.is_empty() || bindings.iter().any(has_asked) || carried.is_obscured() {
        return;
    }
    let Some(untold) = carried.untold(bindings, 0, finder) else { return };
    finder
        .fires(format!(
            "Reverse tunnel {}, but {} registered with T = 0; a reverse tunnel is asked for with T \
             (RFC 3024 §3.2)",
            carried.way(),
            names_were(&untold.bindings)
        ))
        .once_each(untold.keys);
}

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
    example: "4500 ... 04 .. c6336401 c0000201 around another 4500 ... 04 .. c6336401 c0000201: the same tunnel within itself",
    check: Check::Packet(recursive),
};

fn recursive(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(inner) = carried.inner else { return };
    let mut layer = peel_packet(&inner);
    if layer.is_none() {
        return;
    }
    let ends = (IpAddr::V4(carried.outer.header.source), IpAddr::V4(carried.outer.header.destination));
    let is_tunnel =
        matches!(IpProtocol(inner.protocol()), IpProtocol::IP_IN_IP | IpProtocol::GRE | IpProtocol::MINIMAL);
    if is_tunnel && (inner.source(), inner.destination()) == ends {
        finder.fires(format!(
            "The inner packet is a tunnel from {} to {} again; a tunnel does not run within itself (RFC 2003 §3.2)",
            ends.0, ends.1
        ));
        return;
    }
    // Minimal encapsulation adds no IP header.
    let adds = |peeled: &Peeled<'_>| {
        usize::from(peeled.inner.is_some() && peeled.encapsulation != Encapsulation::Minimal)
    };
    let mut headers = adds(carried.peeled).saturating_add(1);
    for _ in 0..MAX_DEPTH {
        let Some(peeled) = layer else { break };
        headers = headers.saturating_add(adds(&peeled));
        layer = peeled.inner.as_ref().and_then(peel_packet);
    }
    if headers > 3 {
        finder.fires(format!(
            "{headers} IP headers are stacked; nested mobile networks explain three (RFC 5177 §8)"
        ));
    }
}
