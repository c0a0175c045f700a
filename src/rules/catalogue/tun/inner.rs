//! Inner addresses (TUN).

use std::net::{IpAddr, Ipv4Addr};

use crate::net::IpPacket;
use crate::rules::facts::{Carried, live};
use crate::rules::finder::Finder;
use crate::rules::memory::Session;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::Node;

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
    example: "home address 10.1.0.1 and no mobile network; then IP in IP from its care-of address, inner source 10.9.9.9",
    check: Check::Packet(foreign_source),
};

fn foreign_source(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(inner) = carried.inner.filter(|_| !carried.is_downlink()) else { return };
    let source = inner.source();
    if source.is_unspecified() || is_link_local(source) {
        return;
    }
    if let Some((node, home_address)) = stranger(carried, source) {
        finder
            .fires(format!(
                "Inner source {source} in the tunnel {}, where it is nobody's home address or mobile network; the \
                 home agent must drop it (RFC 3024 §4.3.2)",
                carried.way()
            ))
            .about(node, home_address);
    }
}

/// A node with a live binding at the far end (index, home address), if no node that has one there owns the address.
fn stranger(carried: &Carried<'_, '_>, address: IpAddr) -> Option<(u32, Option<Ipv4Addr>)> {
    let observer = carried.observer;
    let time = carried.time();
    let is_here = |node: &Node| {
        node.home_agent == carried.home_agent
            && live(node.bindings(), time).any(|binding| carried.is_at(binding))
    };
    let is_anchored = |slot: u32| carried.world.is_anchored(carried.world.session(slot, observer));
    // A node whose bindings are not all known may have one here.
    let may_be_here = |slot: u32| observer.node(slot).is_some_and(|node| is_here(node) || !is_anchored(slot));
    let lacks_prefixes = |slot: u32, node: &Node| {
        let session = carried.world.session(slot, observer);
        node.lacks_prefixes() || session.is_some_and(Session::lacks_beginning)
    };
    // Behind a foreign agent there may be nodes that registered before the capture began.
    let is_alone = |node: &Node| {
        carried.world.options.cold_start
            || live(node.bindings(), time)
                .filter(|binding| carried.is_at(binding))
                .all(|binding| binding.flags.co_located())
    };
    let is_lacking = |address: IpAddr| match address {
        IpAddr::V4(address) => observer.lacks_node_of(address) || carried.world.unread.names(address),
        IpAddr::V6(_) => false,
    };
    if observer.owners_of(carried.home_agent, address).any(may_be_here)
        || is_lacking(address)
        || is_lacking(carried.far_end.address.into())
    {
        return None;
    }
    let mut found = None;
    for slot in carried.world.all_nodes_at(carried.far_end)? {
        let Some(node) = observer.node(*slot).filter(|node| is_here(node)) else { continue };
        if !is_anchored(*slot) || lacks_prefixes(*slot, node) || !is_alone(node) {
            return None;
        }
        found.get_or_insert((*slot, node.home_address));
    }
    found
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

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
    example: "home address 10.1.0.1 and no mobile network; then IP in IP to its care-of address, inner destination 10.9.9.9",
    check: Check::Packet(foreign_destination),
};

fn foreign_destination(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(inner) = carried.inner.filter(|_| carried.is_downlink()) else { return };
    let destination = inner.destination();
    let is_broadcast = destination == IpAddr::V4(Ipv4Addr::BROADCAST);
    if destination.is_multicast() || is_broadcast || is_link_local(destination) {
        return;
    }
    if let Some((node, home_address)) = stranger(carried, destination) {
        finder
            .fires(format!(
                "Inner destination {destination} in the tunnel {}, where it is nobody's home address or mobile \
                 network (RFC 5944 §4.2.3)",
                carried.way()
            ))
            .about(node, home_address);
    }
}

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
    example: "request with B = 0 accepted; then IP in IP to its care-of address, inner destination 255.255.255.255",
    check: Check::Packet(unwanted_broadcast),
};

fn unwanted_broadcast(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let is_broadcast = |inner: &IpPacket<'_>| inner.destination() == IpAddr::V4(Ipv4Addr::BROADCAST);
    if !carried.is_downlink() || !carried.inner.as_ref().is_some_and(is_broadcast) {
        return;
    }
    let Some(nodes) = carried.world.all_nodes_at(carried.far_end) else { return };
    let (mut any, mut asked, mut co_located) = (false, false, false);
    for slot in nodes {
        let is_its = |node: &&Node| node.home_agent == carried.home_agent;
        let Some(node) = carried.observer.node(*slot).filter(is_its) else { continue };
        for binding in live(node.bindings(), carried.time()).filter(|binding| carried.is_at(binding)) {
            any = true;
            asked |= binding.flags.broadcast();
            co_located |= binding.flags.broadcast() && binding.flags.co_located();
        }
        // Its flags may be others by now, or it may have a binding here that was not seen.
        if carried.world.session(*slot, carried.observer).is_some_and(Session::is_obscured) {
            return;
        }
    }
    // So may a node that fell out of the table.
    if !any || co_located || carried.observer.lacks_node_of(carried.far_end.address) {
        return;
    }
    finder.fires(if asked {
        format!(
            "Broadcast {} as it is, to a foreign agent (D = 0); it goes nested in a packet to the home address \
             (RFC 5944 §4.3)",
            carried.way()
        )
    } else {
        format!("Broadcast {}, but nobody there registered with B = 1 (RFC 5944 §4.3)", carried.way())
    });
}
