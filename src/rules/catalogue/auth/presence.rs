//! Authenticators: whether they are present, complete and correct (AUTH).

use crate::counted::counted;
use crate::rules::facts::{MessageFacts, Traits, name_of, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Authentication, Content, Extension, ExtensionType, Verdict};

pub static AUTH_001: Rule = Rule {
    id: "AUTH-001",
    title: "Registration Request without authorization-enabling extension",
    level: Level::Must,
    source: "RFC 5944 §3.2, §3.3, §3.5.2; RFC 7629 §8",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ that contains no AE (D4). Excludes RRQs with Type 47 Sub-Type 1 (proxy mode with \
        per-node authentication, RFC 5563) and RRQs on which EXT-001 fired.",
    why: "\
        Anyone could redirect the traffic of this home address; a correct home agent drops such a request \
        without answering.",
    example: "01 22 … (24 octets), 9a 01 00 04 04 01 01 00 and the end: neither Type 32 nor Type 36/1",
    check: Check::Registration(Traits::REQUEST.and(Traits::UNAUTHORIZED), is_not_authorized),
};

fn is_not_authorized(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let is_authorized = message.authorizations().next().is_some();
    if message.request().is_none() || !message.is_whole() || is_proxied(message) || is_authorized {
        return;
    }
    finder.fires(
        "Registration Request has no authorization-enabling extension; Type 32 or Type 36/1 is asked \
         (RFC 5944 §3.5.2)",
    );
}

/// Whether a proxy registers for the node with the node's own security association.
fn is_proxied(message: &MessageFacts<'_, '_>) -> bool {
    let subtype = ExtensionType::PROXY_PER_NODE;
    message.of_subtype(ExtensionType::PROXY_NON_SKIPPABLE, subtype).next().is_some()
}

pub static AUTH_002: Rule = Rule {
    id: "AUTH-002",
    title: "Home agent reply does not carry exactly one Mobile-Home Auth",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.5.2, §3.6.2.1, §3.8.3.3",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRP with an HA code (0, 1, 128-192) in which the number of Type 32 extensions is not \
        exactly 1. Excludes RRPs with Type 47 Sub-Type 1 and RRPs on which EXT-001 fired. Codes 64-127 and \
        193-255 are excluded.",
    why: "\
        The mobile node discards the reply, so the home agent believes in a binding that the mobile node \
        does not; with 152 or 153 the node never learns why it was refused.",
    example: "03 98 … (20 octets) and the end: code 152 without Type 32",
    check: Check::Registration(Traits::REPLY.and(Traits::NOT_ONE_HOME), has_not_one_authenticator),
};

fn has_not_one_authenticator(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(reply) = message.reply() else { return };
    let is_own = reply.code.is_of_home_agent();
    let mut all = message.of_type(ExtensionType::MOBILE_HOME_AUTHENTICATION);
    let (first, more) = (all.next(), all.count());
    if !is_own || !message.is_whole() || is_proxied(message) || first.is_some() && more == 0 {
        return;
    }
    let code = reply.code.0;
    if first.is_none() {
        finder.fires(format!(
            "Registration Reply with code {code} of the home agent has no Type 32; one is asked (RFC 5944 §3.5.2)"
        ));
        return;
    }
    let second = message.of_type(ExtensionType::MOBILE_HOME_AUTHENTICATION).nth(1).map(octets_of);
    finder
        .fires(format!(
            "Registration Reply with code {code} of the home agent has {} Type 32; one is asked (RFC 5944 §3.5.2)",
            more.saturating_add(1)
        ))
        .at(second.unwrap_or_default());
}

pub static AUTH_003: Rule = Rule {
    id: "AUTH-003",
    title: "Reserved SPI value in an authentication extension",
    level: Level::Must,
    source: "RFC 5944 §1.6; RFC 4721 §7, §8",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 whose SPI is 0-255, or of Type 36 whose \
        SPI is 0, 1 or 3-255. Type 36 with SPI 2 (CHAP_SPI) does not fire, nor does an extension with Length \
        under 4.",
    why: "\
        Reserved indices cannot name a real security association; this is usually a default left in a \
        configuration or a hand-made packet.",
    example: "20 14 00 00 00 ff …: SPI is 255 in Type 32",
    check: Check::Registration(Traits::ODD_AUTHENTICATION, uses_a_reserved_spi),
};

fn uses_a_reserved_spi(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for extension in message.extensions.iter().filter(|extension| extension.is_authentication()) {
        // Nearly all extensions pass here by their SPI, without being read in full.
        if extension.data.first_chunk().is_some_and(|spi| u32::from_be_bytes(*spi) > 255) {
            continue;
        }
        let Ok(Content::Authentication(Authentication { spi, .. })) = extension.content() else { continue };
        let is_generalized = extension.kind == ExtensionType::GENERALIZED_AUTHENTICATION;
        // SPI 2 is CHAP_SPI in Type 36.
        if spi > 255 || is_generalized && spi == 2 {
            continue;
        }
        let section = if is_generalized { "RFC 4721 §7" } else { "RFC 5944 §1.6" };
        let start = extension.data_offset();
        finder
            .fires(format!("SPI of {} is {spi}; 0-255 are reserved ({section})", name_of(extension)))
            .at(start..start.saturating_add(Authentication::SPI_LENGTH));
    }
}

pub static AUTH_004: Rule = Rule {
    id: "AUTH-004",
    title: "Authentication extension too short to hold an authenticator",
    level: Level::Must,
    source: "RFC 5944 §3.5.2-3.5.4; RFC 4721 §5",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 with Length below 5, or of Type 36 with \
        Length below 20.",
    why: "The message is effectively unauthenticated even though the extension is present.",
    example: "20 04 00 00 10 00: Length is 4, which the SPI takes",
    check: Check::Registration(Traits::ODD_AUTHENTICATION, has_no_authenticator),
};

fn has_no_authenticator(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for extension in message.extensions.iter().filter(|extension| extension.is_authentication()) {
        let (least, section) = match extension.kind {
            ExtensionType::GENERALIZED_AUTHENTICATION => (20, "RFC 4721 §5"),
            ExtensionType::MOBILE_HOME_AUTHENTICATION => (5, "RFC 5944 §3.5.2"),
            ExtensionType::MOBILE_FOREIGN_AUTHENTICATION => (5, "RFC 5944 §3.5.3"),
            _ => (5, "RFC 5944 §3.5.4"),
        };
        let length = extension.length;
        if length < least {
            finder
                .fires(format!(
                    "{} has Length {length}; SPI and authenticator take {least} or more ({section})",
                    name_of(extension)
                ))
                .at(octets_of(extension));
        }
    }
}

pub static AUTH_005: Rule = Rule {
    id: "AUTH-005",
    title: "Authenticator is not 16 octets long",
    level: Level::Note,
    source: "RFC 5944 §3.5.1, §5.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 32, 33 or 34 whose Length is at least 5 and not 20.",
    why: "\
        The mandatory HMAC-MD5 gives 16 octets. Another size means another algorithm, which both ends must \
        have agreed, or a truncated field.",
    example: "20 18 00 00 10 00, then 20 octets: the authenticator of another algorithm than HMAC-MD5",
    check: Check::Registration(Traits::ODD_AUTHENTICATION, has_another_size),
};

fn has_another_size(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let is_short = |extension: &&Extension<'_>| {
        extension.is_authentication() && extension.kind != ExtensionType::GENERALIZED_AUTHENTICATION
    };
    for extension in message.extensions.iter().filter(is_short) {
        let size = extension.length.saturating_sub(Authentication::SPI_LENGTH);
        if size != 0 && size != 16 {
            let start = extension.data_offset().saturating_add(Authentication::SPI_LENGTH);
            finder
                .fires(format!(
                    "authenticator of {} has {}; HMAC-MD5 makes 16 (RFC 5944 §3.5.1)",
                    name_of(extension),
                    counted(size, "octet")
                ))
                .at(start..start.saturating_add(size));
        }
    }
}

pub static AUTH_006: Rule = Rule {
    id: "AUTH-006",
    title: "Authenticator does not verify under the configured key",
    level: Level::Must,
    source: "RFC 5944 §3.5.1, §3.6.2.1, §3.8.2.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Evaluated only if the operator configured a key and algorithm for the (SPI, session) of a Type 32, \
        33, 34 or 36/1 extension. Fires on the RRQ or RRP when the value recomputed over the UDP payload \
        from its first octet through the SPI of that extension differs from the Authenticator.",
    why: "\
        Either the message was altered on the way, the keys are out of step, or somebody is forging \
        registrations.",
    example: "20 14 00 00 10 00, then 16 octets that --key 4096=HEX does not make of the octets before them",
    check: Check::Registration(Traits::AUTHENTICATION.and(Traits::KEYS), does_not_verify),
};

fn does_not_verify(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let is_judged = |extension: &&Extension<'_>| {
        extension.kind != ExtensionType::GENERALIZED_AUTHENTICATION || extension.is_mobile_aaa()
    };
    if message.keys.is_empty() {
        return;
    }
    let authentications = message.extensions.iter().filter(|extension| extension.is_authentication());
    let mut verifier = message.keys.verifier(message.message.octets);
    for extension in authentications.filter(is_judged) {
        if verifier.verify(extension) != Some(Verdict::Invalid) {
            continue;
        }
        let Ok(Content::Authentication(Authentication { spi, .. })) = extension.content() else { continue };
        let start = extension.data_offset().saturating_add(Authentication::SPI_LENGTH);
        finder
            .fires(format!(
                "authenticator of {} is not what the key for SPI {spi} makes of the message (RFC 5944 §3.5.1)",
                name_of(extension)
            ))
            .at(start..octets_of(extension).end);
    }
}
