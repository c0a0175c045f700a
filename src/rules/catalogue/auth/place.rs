//! The places of authentication extensions, and of what they cover (AUTH).

use crate::rules::facts::{Leg, MessageFacts, Traits, name_of, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Authentication, Extension, ExtensionType};

pub static AUTH_007: Rule = Rule {
    id: "AUTH-007",
    title: "Extension order around the authenticators is wrong",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.3, §3.7.2.2, §3.8.3.3; RFC 2794 §2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ when (a) a Type 131 lies after the first Type 32 or after the first Type 33, or (b) \
        a Type 33 lies before the last AE. Fires on an RRQ or RRP on the HA leg when (c) any extension other \
        than Type 0 lies after a Type 34. Type 154 order is left to MP-005 and FB-006.",
    why: "\
        Misplaced extensions are either unprotected or stripped by a foreign agent, and often break the \
        authenticator at the far end.",
    example: "20 14 …, 83 03 61 40 62: a NAI behind the authenticator that should cover it",
    check: Check::Registration(Traits::ORDERED, are_out_of_order),
};

fn are_out_of_order(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some((culprit, text)) = out_of_order(message) else { return };
    finder.fires(text).at(octets_of(culprit));
}

/// The first extension that stands where it may not, and the text of the finding.
fn out_of_order<'m, 'a>(message: &'m MessageFacts<'_, 'a>) -> Option<(&'m Extension<'a>, String)> {
    let is_request = message.request().is_some();
    let nai = message.of_type(ExtensionType::NAI).last().filter(|_| is_request);
    for kind in [ExtensionType::MOBILE_HOME_AUTHENTICATION, ExtensionType::MOBILE_FOREIGN_AUTHENTICATION] {
        if let (Some(nai), Some(first)) = (nai, message.first(kind))
            && nai.offset > first.offset
        {
            let (nai_at, kind, at) = (nai.offset, kind.0, first.offset);
            let text = format!(
                "NAI (Type 131) at octet {nai_at} lies after Type {kind} at octet {at}, which does not cover it \
                 (RFC 2794 §2)"
            );
            return Some((nai, text));
        }
    }
    let foreign = message.first(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION).filter(|_| is_request);
    if let (Some(foreign), Some(last)) = (foreign, message.authorizations().last())
        && foreign.offset < last.offset
    {
        let (foreign_at, name, at) = (foreign.offset, name_of(last), last.offset);
        let text = format!(
            "Type 33 at octet {foreign_at} lies before {name} at octet {at}; it follows what authorizes the request \
             (RFC 5944 §3.6.1.3)"
        );
        return Some((foreign, text));
    }
    let last = message.first(ExtensionType::FOREIGN_HOME_AUTHENTICATION)?;
    // Where the Multipath family may stand is judged by MP-005 and FB-006.
    let follows = |extension: &&Extension<'_>| {
        extension.offset > last.offset && extension.kind != ExtensionType::PADDING && !extension.is_family()
    };
    let culprit = message.extensions.iter().find(follows).filter(|_| message.leg == Leg::HomeAgent)?;
    let text = format!(
        "{} at octet {} lies after Type 34 at octet {}, which comes last (RFC 5944 §3.7.2.2, §3.8.3.3)",
        name_of(culprit),
        culprit.offset,
        last.offset
    );
    Some((culprit, text))
}

pub static AUTH_008: Rule = Rule {
    id: "AUTH-008",
    title: "Foreign-Home authentication on a de-registration",
    level: Level::Must,
    source: "RFC 5944 §3.5.4, §3.8.2.2",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains Type 34 and has Lifetime 0 or a Care-of Address equal to its non-zero \
        Home Address.",
    why: "\
        The foreign agent may not authenticate on behalf of a binding it need not own; some home agents \
        reject the de-registration and keep tunnelling.",
    example: "01 02 00 00 … 22 14 …: Lifetime 0 and a Type 34",
    check: Check::Registration(Traits::REQUEST.and(Traits::FOREIGN_HOME), authenticates_a_deregistration),
};

fn authenticates_a_deregistration(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let Some(extension) = message.first(ExtensionType::FOREIGN_HOME_AUTHENTICATION) else { return };
    let home_address = request.home_address;
    let is_home = !home_address.is_unspecified() && request.care_of_address == home_address;
    let what = match (request.lifetime, is_home) {
        (0, _) => "has Lifetime 0".to_owned(),
        (_, true) => format!("has its home address {home_address} as care-of address"),
        _ => return,
    };
    finder
        .fires(format!("request with Type 34 {what}; a de-registration may not carry one (RFC 5944 §3.5.4)"))
        .at(octets_of(extension));
}

pub static AUTH_009: Rule = Rule {
    id: "AUTH-009",
    title: "Foreign agent relays extensions meant only for itself",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2; RFC 3024 §3.3",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the HA leg with hdr.D = 0, Lifetime above 0 and IP source equal to its Care-of \
        Address that contains, after the last AE, a Type 33 or a Type 130.",
    why: "\
        The foreign agent must consume these; a home agent may count them as unknown or unprotected data and \
        drop the registration.",
    example: "20 14 …, 82 00 in a request with D = 0 that the care-of address 192.0.2.1 sent to the home agent",
    check: Check::Registration(Traits::REQUEST.and(Traits::FOR_RELAY), relays_what_is_its_own),
};

fn relays_what_is_its_own(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let source = *message.source.ip();
    let is_relayed = message.leg == Leg::HomeAgent
        && !request.flags.co_located()
        && request.lifetime > 0
        && source == request.care_of_address;
    let Some(last) = message.authorizations().last().filter(|_| is_relayed) else { return };
    let is_for_relay = |extension: &&Extension<'_>| {
        !extension.is_family()
            && extension.offset > last.offset
            && matches!(
                extension.kind,
                ExtensionType::MOBILE_FOREIGN_AUTHENTICATION | ExtensionType::ENCAPSULATING_DELIVERY_STYLE
            )
    };
    let Some(culprit) = message.extensions.iter().find(is_for_relay) else { return };
    let section = match culprit.kind {
        ExtensionType::MOBILE_FOREIGN_AUTHENTICATION => "RFC 5944 §3.7.2.2",
        _ => "RFC 3024 §3.3",
    };
    finder
        .fires(format!(
            "foreign agent {source} relayed Type {}, which is meant for it alone ({section})",
            culprit.kind.0
        ))
        .at(octets_of(culprit));
}

pub static AUTH_010: Rule = Rule {
    id: "AUTH-010",
    title: "Challenge or Mobile-AAA extension misplaced or misused",
    level: Level::Must,
    source: "RFC 4721 §3.1, §3.2, §3.4, §6",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on (a) an RRP containing Type 36 Sub-Type 1; (b) an RRQ with Type 36 Sub-Type 1 and no Type 32 \
        before it; (c) an RRQ on the FA leg with Type 132 and no Type 33 or Type 36/1 after it; (d) an RRQ \
        or RRP whose Type 132 lies before its Type 32.",
    why: "\
        Foreign agents that use challenges silently discard such requests, which looks like a coverage \
        problem from the outside.",
    example: "84 04 …, 20 14 …: a challenge before the Mobile-Home authenticator",
    check: Check::Registration(Traits::CHALLENGE, is_a_misplaced_challenge),
};

fn is_a_misplaced_challenge(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some((culprit, text)) = misplaced_challenge(message) else { return };
    finder.fires(text).at(octets_of(culprit));
}

/// The first challenge or Mobile-AAA extension that stands where it may not, and the text of the finding.
fn misplaced_challenge<'m, 'a>(
    message: &'m MessageFacts<'_, 'a>,
) -> Option<(&'m Extension<'a>, &'static str)> {
    let mobile_aaa =
        || message.of_subtype(ExtensionType::GENERALIZED_AUTHENTICATION, Authentication::MOBILE_AAA);
    let home = message.first(ExtensionType::MOBILE_HOME_AUTHENTICATION);
    if let Some(culprit) = mobile_aaa().next() {
        if message.reply().is_some() {
            return Some((culprit, "Type 36/1 in a reply; it belongs in requests (RFC 4721 §6)"));
        }
        // The first Type 36/1 decides: a Type 32 before it is before all of them.
        if home.is_none_or(|home| home.offset > culprit.offset) {
            return Some((culprit, "Type 36/1 without a Type 32 before it; it follows one (RFC 4721 §6)"));
        }
    }
    let challenge = message.first(ExtensionType::CHALLENGE)?;
    if let Some(home) = home
        && challenge.offset < home.offset
    {
        return Some((challenge, "challenge (Type 132) lies before Type 32; it follows it (RFC 4721 §3.1)"));
    }
    let last = message.of_type(ExtensionType::CHALLENGE).last()?;
    let is_asked = message.request().is_some() && message.leg == Leg::ForeignAgent && message.is_whole();
    let mut answers = message.of_type(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION).chain(mobile_aaa());
    (is_asked && !answers.any(|extension| extension.offset > last.offset)).then_some((
        last,
        "challenge (Type 132) without Type 33 or Type 36/1 after it, so nothing answers it (RFC 4721 §3.1)",
    ))
}
