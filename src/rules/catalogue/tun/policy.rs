//! Tunnels and flow policy (TUN).

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::rules::facts::{Carried, Sprayed, end_name, flow_name, names};
use crate::rules::finder::Finder;
use crate::rules::memory::{GRACE, grace_after};
use crate::rules::rule::Check;
use crate::rules::words::numbers;
use crate::rules::{Level, Rule, Scope, Subject, Wording};
use crate::state::{Binding, Effect, RuleAction};
use crate::time::Timestamp;

pub static TUN_005: Rule = Rule {
    id: "TUN-005",
    title: "Downlink flow not on the first valid binding of its policy",
    level: Level::Must,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on a settled (D14) downlink data packet whose payload is decided by a FORWARD rule \
        in force, when the rule has a chosen BID and the far end is the tunnel endpoint of another live \
        binding of the session but not that of the chosen BID. The finding says if the chosen binding is \
        alive only because of a bulk renewal (MP.B).",
    why: "\
        The negotiated access preference is not enforced: wrong charging, wrong quality of service, or a \
        fallback that never reverted when the preferred path came back.",
    example: "FORWARD 1, 2 for udp to port 7000 and both bindings live for 10 s; then such a packet from the home agent to the care-of address of BID 2",
    check: Check::Packet(downlink_strays),
};

fn downlink_strays(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.is_downlink() {
        strays(carried, finder);
    }
}

/// Reports a packet in the tunnel of a live binding that its rule does not choose.
fn strays(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.anchored || !carried.quiet {
        return;
    }
    let Some((number, rule, Effect::Forward(bid))) = carried.effect else { return };
    let here = carried.live_here();
    let is_chosen = |binding: &Binding| binding.has_bid(bid);
    if here.is_empty() || here.iter().any(|binding| is_chosen(binding)) {
        return;
    }
    let bulk = carried.live().find(|binding| is_chosen(binding)).is_some_and(|binding| {
        carried.session.is_some_and(|session| session.is_bulk_only(binding, carried.time()))
    });
    let bulk = if bulk { ", alive only by a bulk renewal" } else { "" };
    let (flow, here) = (carried.facts.map(|facts| facts.key), names(here));
    let RuleAction::Forward(list) = rule.action else { return };
    let say = move || {
        let flow = flow.as_ref().map(flow_name).unwrap_or_default();
        let list = numbers(list.bids().iter().copied());
        format!(
            "{flow} went in the tunnel of {here}; rule {number} (FORWARD {list}) wants BID {bid}{bulk} (RFC 7629 §4.2)"
        )
    };
    finder.fires(Wording::when_read(say)).later(grace_after(carried.time()), true, carried.stays_settled());
}

pub static TUN_006: Rule = Rule {
    id: "TUN-006",
    title: "Uplink flow contradicts the negotiated policy",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1; RFC 6088 §3.1, §3.2",
    subject: Subject::MobileNode,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on a settled uplink data packet whose payload, compared in the mirrored orientation \
        of D12, is decided by (a) a FORWARD rule with a chosen BID while the far end is the tunnel endpoint \
        of another live binding and not that of the chosen BID, or (b) a DROP rule.",
    why: "\
        The mobile node must set up matching forwarding, but the selector semantics are defined for downlink \
        only, so the mirror image is an interpretation.",
    example: "FORWARD 1 for udp to port 7000 and both bindings live for 10 s; then a packet from port 7000 from the care-of address of BID 2",
    check: Check::Packet(uplink_strays),
};

fn uplink_strays(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.is_downlink() {
        strays(carried, finder);
        leaks(carried, finder);
    }
}

pub static TUN_007: Rule = Rule {
    id: "TUN-007",
    title: "Downlink packet that a DROP rule should have stopped",
    level: Level::Must,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires on a settled downlink data packet whose payload is decided by a DROP rule in force, \
        whatever tunnel it uses.",
    why: "\
        Traffic that the subscriber or operator filtered still consumes the access link; the home agent did \
        not install the rule or matched another one first.",
    example: "DROP for udp to port 7000 for 10 s; then such a packet from the home agent in any tunnel",
    check: Check::Packet(downlink_leaks),
};

fn downlink_leaks(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if carried.is_downlink() {
        leaks(carried, finder);
    }
}

/// Reports a packet that a DROP rule decides.
fn leaks(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.anchored || !carried.quiet {
        return;
    }
    if let Some((number, _, Effect::Drop)) = carried.effect {
        finder
            .fires(format!(
                "{} went in the tunnel {}; rule {number} is DROP (RFC 7629 §4.2)",
                carried.flow(),
                carried.way()
            ))
            .later(grace_after(carried.time()), true, carried.stays_settled());
    }
}

pub static TUN_024: Rule = Rule {
    id: "TUN-024",
    title: "Flow without policy is sprayed over several tunnels",
    level: Level::Should,
    source: "RFC 7629 §6; RFC 2991 §2, §3",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        A flow is one direction, addresses, protocol and ports of a payload that matches no rule in force. A \
        switch is a packet on another live binding's endpoint than the flow's previous packet, when both \
        bindings were live at both packets and no exchange of the session was accepted in between. Fires on \
        the packet that makes 4 or more switches in the flow's last 20 packets, once per flow. Non-first \
        fragments and ICMP are ignored. Fault lies with the home agent for downlink, else with the mobile \
        node.",
    why: "\
        Per-flow balancing is what the text recommends (it also mixes up per-packet and per-destination); \
        spraying reorders TCP and hurts real-time traffic on unequal accesses.",
    example: "one UDP flow without a rule to the care-of addresses of BID 1, 2, 1, 2, 1 in turn: the fifth packet fires",
    check: Check::Spray(sprayed),
};

fn sprayed(sprayed: &Sprayed, finder: &mut Finder<'_>) {
    finder.fires(format!(
        "{} has changed tunnels 4 times within 20 packets, now to {}, with no rule for it; packets of one flow should \
         stay in one tunnel (RFC 7629 §6)",
        flow_name(&sprayed.key),
        end_name(sprayed.far_end)
    ));
}

pub static TUN_025: Rule = Rule {
    id: "TUN-025",
    title: "Same packet sent down two paths",
    level: Level::Note,
    source: "RFC 7629 §3, §6; RFC 5944 §3.6.1.2, §4.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Traffic,
    fires: "\
        Fires on a downlink data packet when another one of the session to the endpoint of a different \
        binding, captured at most 1 s earlier, has the same payload addresses, protocol, IP identification, \
        fragment offset and first 64 payload octets (all there are if fewer), and either binding is \
        BID-keyed. Once per session and 60 s. Payloads in IPv6 are ignored.",
    why: "\
        The agent applies simultaneous-binding copies to multipath bindings, which doubles the load instead \
        of sharing it.",
    example: "the same inner packet from the home agent to the care-of address of BID 1 and 2 ms later to that of BID 2",
    check: Check::Packet(sent_twice),
};

fn sent_twice(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    const EVERY: i64 = 60_000_000_000;
    let (Some(other), Some(session), Some((_, node))) = (carried.copied, carried.session, carried.node)
    else {
        return;
    };
    let is_recent = |last: Timestamp| carried.time().since(last) < EVERY;
    if !carried.is_downlink() || session.traffic.copied.is_some_and(is_recent) {
        return;
    }
    let here = carried.live_here();
    let earliest = carried.time().before(GRACE);
    let there: Vec<&Binding> = node
        .bindings()
        .iter()
        .filter(|binding| binding.far_end == other)
        .filter(|binding| binding.ended.or(binding.expires).is_none_or(|end| end >= earliest))
        .collect();
    let has_bid = here.iter().chain(&there).any(|binding| binding.interface.is_some());
    if !here.is_empty() && !there.is_empty() && has_bid {
        finder.fires(format!(
            "The same packet of {} went to {} and to {}; multipath bindings share the load, they do not copy it \
             (RFC 7629 §3)",
            carried.flow(),
            names(&there),
            names(here)
        ));
    }
}

pub static TUN_026: Rule = Rule {
    id: "TUN-026",
    title: "Packet forwarded although its rule is exhausted",
    level: Level::Note,
    source: "RFC 7629 §3, §4.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        [anchored] Fires, once per flow (TUN-024) and rule, on a settled data packet, downlink or uplink, \
        whose payload is decided by an exhausted FORWARD rule (D11) and whose far end is the tunnel endpoint \
        of a live binding of the session. Fault lies with the home agent for downlink, else with the mobile \
        node.",
    why: "\
        Figure 2 suggests that such a flow ends in DROP, the normative text is silent; traffic meant to stay \
        off a costly access may be using it.",
    example: "FORWARD 1 for udp to port 7000; BID 1 de-registered, BID 2 live for 10 s; then such a packet in the tunnel of BID 2",
    check: Check::Packet(exhausted),
};

fn exhausted(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    if !carried.anchored || !carried.quiet {
        return;
    }
    let here = carried.live_here();
    let Some((number, rule, Effect::Exhausted)) = carried.effect.filter(|_| !here.is_empty()) else {
        return;
    };
    let subject = if carried.is_downlink() { Subject::HomeAgent } else { Subject::MobileNode };
    let key = FixedState::default().hash_one((carried.flow_key(), &rule.selector));
    finder
        .fires(format!(
            "{} went in the tunnel of {} although rule {number} (FORWARD {}) has no live binding; such a flow may be \
             meant to be dropped (RFC 7629 §4.2)",
            carried.flow(),
            names(here),
            numbers(rule.bids().iter().copied())
        ))
        .by(subject)
        .once(key)
        .later(grace_after(carried.time()), true, carried.stays_settled());
}
