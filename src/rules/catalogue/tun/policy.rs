//! Tunnels and flow policy (TUN).

use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Downlink flow not on the first valid binding of its policy.
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
    example: "",
    check: Check::Packet(tun_005),
};

fn tun_005(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Uplink flow contradicts the negotiated policy.
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
    example: "",
    check: Check::Packet(tun_006),
};

fn tun_006(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Downlink packet that a DROP rule should have stopped.
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
    example: "",
    check: Check::Packet(tun_007),
};

fn tun_007(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Flow without policy is sprayed over several tunnels.
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
    example: "",
    check: Check::Packet(tun_024),
};

fn tun_024(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Same packet sent down two paths.
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
    example: "",
    check: Check::Packet(tun_025),
};

fn tun_025(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Packet forwarded although its rule is exhausted.
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
    example: "",
    check: Check::Packet(tun_026),
};

fn tun_026(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
