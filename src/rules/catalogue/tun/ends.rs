//! Where tunnels end and begin (TUN).

use std::net::IpAddr;

use crate::rules::facts::{Carried, end_name, names};
use crate::rules::finder::Finder;
use crate::rules::memory::{GRACE, Session, grace_after};
use crate::rules::rule::Check;
use crate::rules::words::seconds;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::{Binding, BindingState, Node, Observer};
use crate::wire::IpProtocol;

pub static TUN_001: Rule = Rule {
    id: "TUN-001",
    title: "Home agent tunnels to a Care-of Address that was never registered",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.2, §4.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on a downlink data packet that belongs to session S when its far end is not the \
        home address of S, is the tunnel endpoint of no binding S has or ever had, and becomes that of none \
        within GRACE after the packet.",
    why: "\
        Subscriber traffic goes to a host that never authenticated for it: stale configuration, a forged \
        registration the capture missed, or a misrouted tunnel.",
    example: "BID 1 at 192.0.2.1 and no other; then IP in IP from the home agent to 192.0.2.77, inner destination the home address",
    check: Check::Packet(no_binding_ever),
};

fn no_binding_ever(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some((_, node)) = carried.node else { return };
    let far_end = carried.far_end;
    let is_home = node.home_address == Some(far_end.address);
    if !carried.is_downlink() || !carried.was_anchored() || is_home || !carried.live_here().is_empty() {
        return;
    }
    let knows_end = carried.session.is_some_and(|session| session.traffic.had_end(far_end));
    if knows_end || node.is_inside_nat(far_end) || carried.may_be_of_another() {
        return;
    }
    let owners = carried.owners();
    let until = grace_after(carried.time());
    let is_behind_nat = |binding: &&Binding| {
        binding.care_of_address == far_end.address && binding.far_end.address != far_end.address
    };
    let what = match carried.live().find(is_behind_nat) {
        Some(binding) => {
            format!("a care-of address whose tunnel ends at {} (RFC 3519 §4.6)", end_name(binding.far_end))
        }
        None => "which the node never registered".to_owned(),
    };
    finder
        .fires(format!(
            "Tunnelled to {}, {what}; packets go to registered care-of addresses only (RFC 5944 §4.2.3)",
            end_name(far_end)
        ))
        .later(until, true, move |world, observer| {
            // An accepted registration that was cut may have been for this far end.
            let had_it = |(slot, node): (u32, &Node)| {
                let session = world.session(slot, observer);
                node.is_inside_nat(far_end)
                    || session
                        .is_some_and(|session| session.is_obscured() || session.traffic.had_end(far_end))
            };
            is_there(&owners, observer) && !still_there(&owners, observer).any(had_it)
        });
}

pub static TUN_002: Rule = Rule {
    id: "TUN-002",
    title: "Home agent keeps using an expired binding",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.2, §4.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires on a downlink data packet that belongs to session S when its far end is the tunnel endpoint of \
        a binding of S that ended by expiry more than GRACE before the packet, and of no live binding of S.",
    why: "\
        The access may since have given the address to somebody else, who now receives the subscriber's \
        packets.",
    example: "BID 1 at 192.0.2.1 for 60 s, not renewed; 70 s later IP in IP from the home agent to 192.0.2.1",
    check: Check::Packet(expired),
};

fn expired(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let ended = carried.ended().filter(|_| carried.is_downlink() && !carried.is_obscured());
    let ended = ended.filter(|_| !carried.may_be_of_another());
    let Some((binding, BindingState::Expired, ended)) = ended else { return };
    let since = carried.time().since(ended);
    if since > GRACE {
        finder.fires(format!(
            "Tunnelled to {}, where {} expired {} before; an expired binding is not used (RFC 5944 §4.2.3)",
            end_name(carried.far_end),
            names(&[binding]),
            seconds(since)
        ));
    }
}

pub static TUN_003: Rule = Rule {
    id: "TUN-003",
    title: "Home agent keeps using a removed binding",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.2; RFC 7629 §4.2, §5.1, §5.2; RFC 3543 §4.2",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires on a downlink data packet that belongs to session S when its far end is the tunnel endpoint of \
        a binding that D9 removed (de-registered, overwritten by O, replaced by a plain registration, or \
        revoked) more than GRACE before the packet, and of no live binding of S. The finding names the \
        reason of the removal.",
    why: "\
        The de-registered path still draws traffic and the fallback of the flow policy did not engage. For \
        bindings removed by O or by a plain registration it shows that the agent chose the other reading of \
        the text (MP-019, MP-025).",
    example: "BID 1 at 192.0.2.1, de-registered; 5 s later IP in IP from the home agent to 192.0.2.1",
    check: Check::Packet(removed),
};

fn removed(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let ended = carried.ended().filter(|_| carried.is_downlink() && !carried.is_obscured());
    let ended = ended.filter(|_| !carried.may_be_of_another());
    let Some((binding, state, ended)) = ended else { return };
    let since = carried.time().since(ended);
    let how = match state {
        BindingState::Active | BindingState::Expired => return,
        BindingState::Deregistered => "was de-registered",
        BindingState::Revoked => "was revoked",
        BindingState::Replaced => {
            let by = carried.session.and_then(|session| {
                session.registered.iter().find(|other| other.accepted.frame == binding.frame)
            });
            match by {
                Some(by) if by.is_overwrite() => "was overwritten by the O flag",
                Some(by) if by.usable_bid().is_none() => "was replaced by a plain registration",
                _ => "was replaced by another registration",
            }
        }
    };
    if since > GRACE {
        finder.fires(format!(
            "Tunnelled to {}, where {} {how} in #{}, {} before; a removed binding is not used (RFC 5944 §4.2.3)",
            end_name(carried.far_end),
            names(&[binding]),
            binding.frame,
            seconds(since)
        ));
    }
}

pub static TUN_004: Rule = Rule {
    id: "TUN-004",
    title: "Reverse-tunnelled packet without a live binding",
    level: Level::Note,
    source: "RFC 3024 §4.3.2; RFC 5944 §4.2.3; RFC 3519 §4.7",
    subject: Subject::MobileNode,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on an uplink data packet that belongs to session S when its far end is not the home \
        address of S and is the tunnel endpoint of no binding of S that was live at some moment within GRACE \
        before or after the packet.",
    why: "\
        The home agent has to drop it as a security exception; seen as a trickle it is a client timing bug, \
        seen as a stream it is injection.",
    example: "BID 1 at 192.0.2.1 and no other; then IP in IP from 192.0.2.77 to the home agent, inner source the home address",
    check: Check::Packet(no_live_binding),
};

fn no_live_binding(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some((_, node)) = carried.node else { return };
    let far_end = carried.far_end;
    let is_home = node.home_address == Some(far_end.address);
    let is_live = carried.live().any(|binding| binding.far_end.is_near(far_end));
    if carried.is_downlink() || !carried.was_anchored() || is_home || is_live {
        return;
    }
    if node.is_inside_nat(far_end) || carried.may_be_of_another() {
        return;
    }
    let owners = carried.owners();
    let until = grace_after(carried.time());
    let from = carried.time().before(GRACE);
    finder
        .fires(format!(
            "Reverse tunnel from {}, where no binding of the node is live; the home agent drops such packets \
             (RFC 3024 §4.3.2)",
            end_name(far_end)
        ))
        .later(until, true, move |world, observer| {
            // Live at some moment within the grace before or after the packet.
            let was_live = |binding: &Binding| {
                let end = binding.ended.or(binding.expires);
                binding.far_end.is_near(far_end)
                    && binding.registered <= until
                    && end.is_none_or(|end| end >= from)
            };
            let was_its = |(slot, node): (u32, &Node)| {
                let session = world.session(slot, observer);
                let left = session.and_then(|session| session.traffic.left_end(far_end));
                let is_obscured = session.is_some_and(Session::is_obscured);
                is_obscured || node.bindings().iter().any(was_live) || left.is_some_and(|left| left >= from)
            };
            is_there(&owners, observer) && !still_there(&owners, observer).any(was_its)
        });
}

/// The nodes that still exist, each with its index, of those given by index and birth.
fn still_there<'o>(owners: &[(u32, u32)], observer: &'o Observer) -> impl Iterator<Item = (u32, &'o Node)> {
    let node = |(slot, birth): &(u32, u32)| {
        Some((*slot, observer.node(*slot).filter(|node| node.birth() == *birth)?))
    };
    owners.iter().filter_map(node)
}

/// Whether the first of these nodes still exists.
fn is_there(owners: &[(u32, u32)], observer: &Observer) -> bool {
    still_there(owners.get(..1).unwrap_or_default(), observer).next().is_some()
}

pub static TUN_015: Rule = Rule {
    id: "TUN-015",
    title: "Forward tunnel does not start at the registered home agent address",
    level: Level::Must,
    source: "RFC 5944 §4.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires on an IPv4 packet with protocol 4, 47 or 55 whose outer destination is the tunnel endpoint of \
        a live binding of session S and whose inner destination is S's home address, when its outer source \
        differs from the Home Agent field of the RRP that last accepted that binding.",
    why: "\
        Multihomed agents must use one address; nodes and firewalls that filter on the tunnel peer drop the \
        packet, and spoofed tunnels look the same.",
    example: "registered with home agent 198.51.100.1; then IP in IP from 198.51.100.2 to 192.0.2.1, inner destination the home address",
    check: Check::Forward(another_home_agent),
};

fn another_home_agent(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some((_, node)) = carried.node else { return };
    let is_forward = matches!(
        carried.outer_protocol().map(IpProtocol),
        Some(IpProtocol::IP_IN_IP | IpProtocol::GRE | IpProtocol::MINIMAL)
    );
    let bindings = carried.live_here();
    if is_forward && !bindings.is_empty() {
        finder
            .fires(format!(
                "Tunnelled to {} of {} from {}; its home agent is {} (RFC 5944 §4.2.3)",
                carried.far_end.address,
                names(bindings),
                carried.home_agent,
                node.home_agent
            ))
            .by(Subject::HomeAgent);
    }
}

pub static TUN_018: Rule = Rule {
    id: "TUN-018",
    title: "Packet tunnelled back to its own source",
    level: Level::Must,
    source: "RFC 2003 §3.2; RFC 5944 §4.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "Fires on a downlink data packet whose inner IPv4 source equals its outer destination.",
    why: "\
        This is the signature of a routing loop between the home agent and the tunnel exit; left alone it \
        saturates the path.",
    example: "IP in IP from the home agent to 192.0.2.1, inner source 192.0.2.1",
    check: Check::Packet(back_to_its_source),
};

fn back_to_its_source(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let source = carried.inner.map(|inner| inner.source());
    if carried.is_downlink() && source == Some(IpAddr::V4(carried.far_end.address)) {
        finder.fires(format!(
            "Inner source and outer destination are both {}; a packet is not tunnelled back to its source \
             (RFC 2003 §3.2)",
            carried.far_end.address
        ));
    }
}
