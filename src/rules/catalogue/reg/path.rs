//! Where requests come from, and what happens on their way (REG).

use crate::rules::facts::{Answering, Asking, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Source of a direct request is not the co-located Care-of Address.
pub static REG_019: Rule = Rule {
    id: "REG-019",
    title: "Source of a direct request is not the co-located Care-of Address",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without MP on the HA leg with hdr.D = 1, Lifetime above 0 and IP source different \
        from its Care-of Address. Excludes RRQs with Type 144 (NAT traversal) or Type 34 (relayed by a \
        foreign agent), and RRQs whose ID was seen earlier on an FA leg. With MP the case is MP-024.",
    why: "\
        The request did not leave through the interface it registers, or a NAT is in the way and the tunnel \
        will not come up.",
    example: "",
    check: Check::Request(reg_019),
};

fn reg_019(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Relayed request does not come from the foreign agent Care-of Address.
pub static REG_020: Rule = Rule {
    id: "REG-020",
    title: "Relayed request does not come from the foreign agent Care-of Address",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the HA leg with hdr.D = 0, Lifetime above 0 and IP source different from both its \
        Care-of Address and its Home Address. Excludes RRQs with Type 144.",
    why: "\
        The home agent selects the foreign agent's security association by this address, and the reply goes \
        back to it.",
    example: "",
    check: Check::Registration(reg_020),
};

fn reg_020(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Foreign agent altered the protected part of a message.
pub static REG_027: Rule = Rule {
    id: "REG-027",
    title: "Foreign agent altered the protected part of a message",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2, §3.7.3.2",
    subject: Subject::ForeignAgent,
    scope: Scope::State,
    fires: "\
        Fires on the later copy when an RRQ (or RRP) with the same session and 64-bit ID is captured on both \
        legs within T_PAIR and the octets from the start of the UDP payload to the end of the first Type 32 \
        differ.",
    why: "The authenticator will fail at the far end and the registration is lost.",
    example: "",
    check: Check::Both(reg_027_asking, reg_027_answering),
};

fn reg_027_asking(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

fn reg_027_answering(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}
