//! Where tunnels end and begin (TUN).

use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Home agent tunnels to a Care-of Address that was never registered.
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
    example: "",
    check: Check::Packet(tun_001),
};

fn tun_001(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Home agent keeps using an expired binding.
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
    example: "",
    check: Check::Packet(tun_002),
};

fn tun_002(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Home agent keeps using a removed binding.
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
    example: "",
    check: Check::Packet(tun_003),
};

fn tun_003(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Reverse-tunnelled packet without a live binding.
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
    example: "",
    check: Check::Packet(tun_004),
};

fn tun_004(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Forward tunnel does not start at the registered home agent address.
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
    example: "",
    check: Check::Forward(tun_015),
};

fn tun_015(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Packet tunnelled back to its own source.
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
    example: "",
    check: Check::Packet(tun_018),
};

fn tun_018(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
