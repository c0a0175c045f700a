//! What requests say about tunnels (TUN).

use crate::rules::facts::{Leg, MessageFacts, Traits, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::ExtensionType;

pub static TUN_027: Rule = Rule {
    id: "TUN-027",
    title: "Reverse-tunnel request to a foreign agent with TTL below 255",
    level: Level::Must,
    source: "RFC 3024 §3.2, §4.1.1, §4.2.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the FA leg with hdr.T = 1, unicast IP destination and IP TTL other than 255.",
    why: "\
        The foreign agent has to refuse with code 76; the check keeps remote hosts from hijacking reverse \
        tunnels.",
    example: "request 01 22 ... (D and T) to a foreign agent with TTL 64",
    check: Check::Registration(Traits::REQUEST, ttl_not_255),
};

fn ttl_not_255(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let destination = *message.destination.ip();
    let is_unicast = !destination.is_multicast() && !destination.is_broadcast();
    let asks = message.leg == Leg::ForeignAgent && request.flags.reverse_tunnel();
    if asks && is_unicast && message.ttl() != u8::MAX {
        finder.fires(format!(
            "Request with T = 1 to foreign agent {destination} has TTL {}; it must be 255 (RFC 3024 §3.2)",
            message.ttl()
        ));
    }
}

pub static TUN_028: Rule = Rule {
    id: "TUN-028",
    title: "Encapsulating Delivery Style extension misused",
    level: Level::Must,
    source: "RFC 3024 §3.3",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains Type 130 when hdr.T = 0, or the Type 130 lies before the last AE or \
        after the first Type 33.",
    why: "\
        The foreign agent will ignore or reject the delivery style, and broadcast or multicast from the node \
        will not reach the home network.",
    example: "request 01 20 ... (T = 0) with 82 00",
    check: Check::Registration(Traits::REQUEST.and(Traits::DELIVERY_STYLE), delivery_style_misused),
};

fn delivery_style_misused(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let last = message.authorizations().last().map(|extension| extension.offset);
    let first = message.first(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION).map(|extension| extension.offset);
    for extension in message.of_type(ExtensionType::ENCAPSULATING_DELIVERY_STYLE) {
        let offset = extension.offset;
        let what = if !request.flags.reverse_tunnel() {
            "is there with T = 0; it goes with reverse tunnels only"
        } else if last.is_some_and(|last| offset < last) {
            "lies before the authorization-enabling extension; it goes after it"
        } else if first.is_some_and(|first| offset > first) {
            "lies after the Mobile-Foreign Authentication extension; it goes before it"
        } else {
            continue;
        };
        finder
            .fires(format!("Encapsulating Delivery Style (Type 130) {what} (RFC 3024 §3.3)"))
            .at(octets_of(extension));
        return;
    }
}
