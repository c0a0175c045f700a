//! UDP tunnelling (UDPT, RFC 3519).

use std::net::SocketAddrV4;

use crate::net::UdpTunnel;
use crate::rules::facts::{
    Answering, Carried, MessageFacts, Traits, data_octet, live, names, names_were, octets_of,
};
use crate::rules::finder::Finder;
use crate::rules::memory::Asked;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::{Bid, Binding, Node};
use crate::wire::{Content, ExtensionType, IpProtocol};

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
    example: "90 06 00 00 00 00 00 00 before the first Type 32 with D = 0; or 90 06 00 01 ..: Reserved 1 is 1",
    check: Check::Registration(Traits::REQUEST.and(Traits::UDP_TUNNEL_REQUEST), inconsistent_request),
};

fn inconsistent_request(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let authenticator =
        message.first(ExtensionType::MOBILE_HOME_AUTHENTICATION).map(|extension| extension.offset);
    let co_located = request.flags.co_located();
    for extension in message.of_type(ExtensionType::UDP_TUNNEL_REQUEST) {
        let Ok(Content::UdpTunnelRequest(asked)) = extension.content() else { continue };
        let is_before = authenticator.map(|authenticator| extension.offset < authenticator);
        let reserved = [
            ("Reserved 1", 1, u16::from(asked.reserved_1)),
            ("Reserved 2", 2, u16::from(asked.reserved_2)),
            ("Reserved 3", 4, asked.reserved_3),
        ];
        let set = reserved.into_iter().find(|(.., value)| *value != 0);
        let (what, octets) = if is_before == Some(true) && !co_located {
            let what = "lies before the Mobile-Home Authentication extension with D = 0; a foreign agent adds it after \
                        (RFC 3519 §3.1.3)";
            (what.to_owned(), octets_of(extension))
        } else if is_before == Some(false) && co_located {
            let what = "lies after the Mobile-Home Authentication extension with D = 1; the mobile node adds it before \
                        (RFC 3519 §3.1.3)";
            (what.to_owned(), octets_of(extension))
        } else if let Some((name, place, value)) = set {
            let first = data_octet(extension, place);
            let octets = if place == 4 { first.start..first.end.saturating_add(1) } else { first };
            (format!("has {name} {value:#x}; it must be 0 (RFC 3519 §3.1)"), octets)
        } else {
            continue;
        };
        finder.fires(format!("UDP Tunnel Request (Type 144) {what}")).at(octets);
        return;
    }
}

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
    example: "reply with 2c 06 00 00 ... to a request without Type 144; or Tunnel Data to a binding without Type 44",
    check: Check::ReplyOrPacket(Traits::UDP_TUNNEL_REPLY, granted_unasked, used_without_grant),
};

fn granted_unasked(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked else { return };
    let may_ask = |asked: &Asked| asked.said.asks_udp_tunnel || !asked.said.is_whole;
    // A foreign agent that asks for itself adds its request on the home agent's leg alone, and may not take the reply
    // out of what the authentication covers (RFC 3519 §4.5).
    let was_asked = may_ask(asked) || answering.world.recent.copies(asked.group).any(|copy| may_ask(copy));
    let reply = answering.message.first(ExtensionType::UDP_TUNNEL_REPLY);
    if let Some(extension) = reply.filter(|_| !was_asked) {
        finder
            .fires(format!(
                "UDP Tunnel Reply (Type 44) although the request in #{} has no UDP Tunnel Request (RFC 3519 §3.2)",
                asked.place.frame
            ))
            .at(octets_of(extension));
    }
}

fn used_without_grant(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.udp.is_none() || carried.node.is_none() || !carried.anchored {
        return;
    }
    let bindings = &carried.bindings.at_address;
    if !bindings.is_empty() && bindings.iter().all(|binding| !binding.udp) {
        finder.fires(format!(
            "Tunnelled in UDP {}, but {} accepted without UDP tunnelling (RFC 3519 §4.7)",
            carried.way(),
            names_were(bindings)
        ));
    }
}

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
    example: "UDP tunnelling granted for BID 1 of 192.0.2.1:5000; then IP in IP from the home agent to 192.0.2.1",
    check: Check::Packet(bypassed),
};

fn bypassed(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.udp.is_some() || carried.node.is_none() {
        return;
    }
    let bindings = &carried.bindings.at_address;
    if bindings.is_empty() || !bindings.iter().all(|binding| binding.udp) || carried.is_obscured() {
        return;
    }
    let Some(untold) = carried.untold(bindings, carried.is_downlink().into(), finder) else { return };
    finder
        .fires(format!(
            "Protocol {} {}, but UDP tunnelling was granted for {}; its data must go in UDP (RFC 3519 §4.7)",
            carried.protocol(),
            carried.way(),
            names(&untold.bindings)
        ))
        .once_each(untold.keys);
}

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
    example: "Tunnel Data 04 04 00 01 ..: Reserved is 1; or 04 06 00 00 ..: Next Header is 6",
    check: Check::Packet(other_header),
};

fn other_header(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(udp) = carried.udp else { return };
    let bindings: Vec<&Binding> =
        carried.bindings.at_address.iter().copied().filter(|binding| binding.udp).collect();
    let here: Vec<&Binding> = bindings.iter().copied().filter(|binding| carried.is_at(binding)).collect();
    if let Some(what) = wrong_header(carried, udp, &here) {
        finder.fires(format!("Tunnel Data {}: {what}", carried.way()));
    } else if !carried.is_downlink() && carried.node.is_some() && here.is_empty() {
        let source = SocketAddrV4::new(carried.far_end.address, carried.far_end.port.unwrap_or_default());
        let is_latest = |binding: &&Binding| {
            carried.session_of(binding).is_some_and(|session| session.last_asked_from(binding, source))
        };
        let is_known = || {
            bindings.iter().any(is_latest) || !carried.anchored || is_another_path(carried, &bindings, source)
        };
        if let Some(first) = bindings.first().filter(|_| !is_known()) {
            finder.fires(format!(
                "Tunnel Data from port {}; the request for {} came from port {} (RFC 3519 §4.3)",
                source.port(),
                names(&bindings),
                first.far_end.port.unwrap_or_default()
            ));
        }
    }
}

/// Whether a binding of the node with another BID than these has or had this end of a tunnel, or was asked for there.
fn is_another_path(carried: &Carried<'_, '_>, bindings: &[&Binding], source: SocketAddrV4) -> bool {
    let bids: Vec<Option<u8>> = bindings.iter().map(|binding| binding.bid().map(Bid::octet)).collect();
    let had_it = |binding: &Binding| carried.is_at(binding) && !bids.contains(&binding.bid().map(Bid::octet));
    carried.nodes().any(|(slot, node)| {
        let session = carried.world.session(slot, carried.observer);
        node.bindings().iter().any(had_it)
            || session.is_some_and(|session| session.was_asked_from(source, &bids))
    })
}

/// What is wrong with the header of a Tunnel Data message for every one of these bindings; `None` if there are none.
fn wrong_header(carried: &Carried<'_, '_>, udp: &UdpTunnel<'_>, bindings: &[&Binding]) -> Option<String> {
    let found = IpProtocol(udp.next_header);
    let is_known =
        matches!(found, IpProtocol::IP_IN_IP | IpProtocol::IPV6 | IpProtocol::GRE | IpProtocol::MINIMAL);
    bindings.first()?;
    let is_theirs = carried.is_surely_theirs();
    if udp.reserved != 0 {
        return Some(format!("Reserved is {:#06x}; it must be 0 (RFC 3519 §3.3)", udp.reserved));
    }
    if !is_known {
        return Some(format!("Next Header is {}; 4, 41, 47 and 55 are allowed (RFC 3519 §3.3)", found.0));
    }
    if carried.is_obscured() {
        return None;
    }
    let asked = |binding: &&Binding| {
        let request = carried.session_of(binding)?.registered(binding)?.udp_request?;
        Some(request.encapsulation)
    };
    let is_wrong = |binding: &&Binding| match asked(binding) {
        Some(IpProtocol(0)) | None => match found {
            IpProtocol::GRE => !binding.flags.gre(),
            IpProtocol::MINIMAL => !binding.flags.minimal_encapsulation(),
            _ => false,
        },
        Some(asked) => asked != found,
    };
    if is_theirs && bindings.iter().all(is_wrong) {
        let asked = bindings.first().and_then(asked).map_or(0, |asked| asked.0);
        return Some(format!(
            "Next Header is {}, but {} registered with Encapsulation {asked}{} (RFC 3519 §4.4)",
            found.0,
            names_were(bindings),
            if asked == 0 { " and without its flag" } else { "" }
        ));
    }
    (found == IpProtocol::IPV6 && is_theirs && !carried.has_ipv6_prefix())
        .then(|| "Next Header is 41, but no IPv6 prefix of the node was accepted (RFC 3519 §3.3)".to_owned())
}

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
    example: "Tunnel Data around IPv4 and UDP to port 434 with 01 ..: a Registration Request of the same node",
    check: Check::Packet(registration_inside),
};

fn registration_inside(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(home_address) = carried.registration else { return };
    let is_here = |node: &Node| live(node.bindings(), carried.time()).any(|binding| carried.is_at(binding));
    let slot = carried.observer.owner_of(carried.home_agent, home_address.into());
    let node = slot.and_then(|slot| Some((slot, carried.observer.node(slot)?)));
    if let Some((slot, node)) =
        node.filter(|(_, node)| node.home_address == Some(home_address) && is_here(node))
    {
        finder
            .fires(format!(
                "Registration message of {home_address} inside its own UDP tunnel; signalling is never tunnelled \
                 (RFC 3519 §4.7)"
            ))
            .about(slot, node.home_address);
    }
}
