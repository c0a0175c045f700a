//! The Multipath extension by itself (MP).

use crate::rules::facts::{MessageFacts, Traits, data_octet, fields, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Extension, FlowBinding, Form, Layout, Multipath};

pub static MP_001: Rule = Rule {
    id: "MP-001",
    title: "Multipath extension length is not 4",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per extension of Type 154 Sub-Type 1 whose 16-bit Length is not 4. Such an extension \
        is never a usable MP.",
    why: "\
        The BID and flags cannot be located reliably, so the home agent may register the wrong binding or \
        none.",
    example: "9a 01 00 05  04 01 01 00 00: Length is 5",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), length_is_not_4),
};

fn length_is_not_4(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.request().is_none() {
        return;
    }
    for extension in message.multipaths().filter(|extension| extension.length != Multipath::LENGTH) {
        let length = extension.length;
        finder
            .fires(format!("Multipath Length is {length}; it has to be 4 (RFC 7629 §4.1)"))
            .at(length_octets(extension));
    }
}

pub static MP_002: Rule = Rule {
    id: "MP-002",
    title: "Type 154 sub-type is neither Multipath nor Flow-Binding",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2, §7 (sub-type registry is absent from draft-09)",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 154 whose Sub-Type is not 1 or 2. The finding tells \
        reserved values (0, 255) from unassigned ones (3-254). Not evaluated for an extension on which \
        EXT-005 fired.",
    why: "The receiver does not know the option and the text gives no reply code for that case.",
    example: "9a 07 00 04  04 01 01 00: Sub-Type is 7",
    check: Check::Registration(Traits::OTHER_FAMILY, subtype_is_neither),
};

fn subtype_is_neither(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let proper = message.family().filter(|extension| extension.layout == Layout::Proper(Form::Long));
    for extension in proper {
        let is_other = |subtype: &u8| !matches!(*subtype, Multipath::SUBTYPE | FlowBinding::SUBTYPE);
        let Some(subtype) = extension.subtype.filter(is_other) else { continue };
        let kind = if matches!(subtype, 0 | 255) { "reserved" } else { "unassigned" };
        let octet = extension.offset.saturating_add(1);
        finder
            .fires(format!(
                "Sub-Type of extension {} is {subtype}, which is {kind}; 1 is Multipath and 2 Flow-Binding \
                 (RFC 7629 §4.1, §4.2)",
                extension.kind.0
            ))
            .at(octet..octet.saturating_add(1));
    }
}

pub static MP_003: Rule = Rule {
    id: "MP-003",
    title: "More than one Multipath extension in a request",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires once on an RRQ that contains two or more extensions of Type 154 Sub-Type 1, whatever their \
        lengths.",
    why: "It is undefined which BID and flags apply, and the two ends may pick different ones.",
    example: "9a 01 00 04 04 01 01 00  9a 01 00 04 05 02 02 00: two of them in one request",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), more_than_one),
};

fn more_than_one(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.request().is_none() {
        return;
    }
    let count = message.multipaths().count();
    if let Some(second) = message.multipaths().nth(1) {
        finder
            .fires(format!("{count} Multipath extensions in one request; one is allowed (RFC 7629 §4.1)"))
            .at(octets_of(second));
    }
}

pub static MP_004: Rule = Rule {
    id: "MP-004",
    title: "Multipath extension in a Registration Reply",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "Fires on an RRP per extension of Type 154 Sub-Type 1.",
    why: "\
        The extension is a request only; a reply that echoes it shows a home agent copying unknown data and \
        may be dropped by the mobile node.",
    example: "03 00 02 58 ...  9a 01 00 04  04 01 01 00: Multipath in a Registration Reply",
    check: Check::Registration(Traits::REPLY.and(Traits::MULTIPATH), in_a_reply),
};

fn in_a_reply(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.reply().is_none() {
        return;
    }
    for extension in message.multipaths() {
        finder
            .fires("Multipath extension in a Registration Reply; only requests carry it (RFC 7629 §4.1)")
            .at(octets_of(extension));
    }
}

pub static MP_005: Rule = Rule {
    id: "MP-005",
    title: "Multipath extension placed after the Mobile-Home Auth extension",
    level: Level::Must,
    source: "RFC 7629 §4.1; RFC 5944 §3.6.1.3",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per extension of Type 154 Sub-Type 1 that lies after the first Type 32, or, if the \
        RRQ has no Type 32, after the first Type 36 Sub-Type 1.",
    why: "\
        BID, B and O travel unprotected: anyone on the path can wipe or retarget bindings, and a foreign \
        agent will strip the extension.",
    example: "20 14 ...  9a 01 00 04  04 01 01 00: Multipath behind the Mobile-Home Authentication",
    check: Check::Registration(
        Traits::REQUEST.and(Traits::MULTIPATH).and(Traits::FAMILY_BEHIND),
        after_the_authenticator,
    ),
};

fn after_the_authenticator(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(protection) = message.protection.filter(|_| message.request().is_some()) else { return };
    for extension in message.multipaths().filter(|extension| extension.offset > protection.offset) {
        finder
            .fires(format!(
                "Multipath extension at offset {} lies behind the {} extension at offset {}, which does not protect it; \
                 it has to come before (RFC 7629 §4.1)",
                extension.offset,
                protection.name(),
                protection.offset
            ))
            .at(octets_of(extension));
    }
}

pub static MP_006: Rule = Rule {
    id: "MP-006",
    title: "Multipath or Flow-Binding extension in an unauthenticated message",
    level: Level::Should,
    source: "RFC 7629 §4.1, §4.2, §8",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires once on an RRQ or RRP that contains Type 154 Sub-Type 1 or 2 and no AE at all.",
    why: "\
        Multipath policy without integrity protection lets a third party steer or black-hole subscriber \
        traffic.",
    example: "01 22 02 58 ...  9a 01 00 04  04 01 01 00: and no extension 32, and no 36 with Sub-Type 1",
    check: Check::Registration(Traits::FAMILY.and(Traits::UNAUTHORIZED), without_authentication),
};

fn without_authentication(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let found =
        message.extensions.iter().find(|extension| extension.is_multipath() || extension.is_flow_binding());
    let Some(extension) = found.filter(|_| message.is_whole()) else { return };
    if message.authorizations().next().is_none() {
        let name = if extension.is_multipath() { "Multipath" } else { "Flow-Binding" };
        finder
            .fires(format!(
                "a {name} extension in a message that nothing authenticates; both extensions need the \
                 Mobile-Home Authentication extension (RFC 7629 §8)"
            ))
            .at(octets_of(extension));
    }
}

pub static MP_007: Rule = Rule {
    id: "MP-007",
    title: "Interface label is 0",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and If-Label 0.",
    why: "Label-indexed static policy cannot match the tunnel, so its flows take another path.",
    example: "9a 01 00 04  04 00 01 00: If-Label is 0",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), label_is_zero),
};

fn label_is_zero(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, _) in requested(message).filter(|(_, multipath)| multipath.label == 0) {
        finder.fires("If-Label is 0; 1-255 are allowed (RFC 7629 §4.1)").at(data_octet(extension, 1));
    }
}

pub static MP_008: Rule = Rule {
    id: "MP-008",
    title: "Binding identifier 0 or 255",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and BID 0 or 255.",
    why: "Reserved identifiers cannot be referenced by a policy; 255 is the filler value of DROP rules.",
    example: "9a 01 00 04  04 01 ff 00: BID is 255",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), bid_is_reserved),
};

fn bid_is_reserved(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, multipath) in requested(message) {
        let bid = multipath.bid;
        if matches!(bid, 0 | 255) {
            finder
                .fires(format!("Multipath BID is {bid}; 1-254 are allowed (RFC 7629 §4.1)"))
                .at(data_octet(extension, 2));
        }
    }
}

pub static MP_009: Rule = Rule {
    id: "MP-009",
    title: "Bulk and Overwrite flags both set",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4, MP.B = 1 and MP.O = 1.",
    why: "\
        One flag renews every binding and the other deletes them; the outcome depends on the order in which \
        the home agent happens to test them.",
    example: "9a 01 00 04  04 01 01 c0: B and O",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), bulk_and_overwrite),
};

fn bulk_and_overwrite(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, multipath) in requested(message) {
        if multipath.bulk && multipath.overwrite {
            finder
                .fires("B and O are both set; one renews the other bindings and one removes them (RFC 7629 §4.1)")
                .at(data_octet(extension, 3));
        }
    }
}

pub static MP_010: Rule = Rule {
    id: "MP-010",
    title: "Overwrite flag set in a de-registration",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ with Lifetime 0 whose MP has Length 4 and MP.O = 1.",
    why: "A careless home agent may delete all sibling paths instead of one.",
    example: "01 22 00 00 ...  9a 01 00 04  04 01 01 40: Lifetime is 0 and O is set",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), overwrite_in_a_deregistration),
};

fn overwrite_in_a_deregistration(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.request().is_none_or(|request| request.lifetime != 0) {
        return;
    }
    for (extension, _) in requested(message).filter(|(_, multipath)| multipath.overwrite) {
        finder
            .fires(
                "O is set in a request with Lifetime 0; it has to be 0 in a de-registration (RFC 7629 §4.1)",
            )
            .at(data_octet(extension, 3));
    }
}

pub static MP_011: Rule = Rule {
    id: "MP-011",
    title: "Reserved bits set in the Multipath extension",
    level: Level::Must,
    source: "RFC 7629 §4.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and a flags octet with any bit of mask 0x3F set.",
    why: "\
        Usually a sender that put B and O at the wrong end of the octet, so its requests silently lose their \
        flags.",
    example: "9a 01 00 04  04 01 01 02: a reserved bit of the flags octet",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), reserved_bits),
};

fn reserved_bits(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, multipath) in requested(message).filter(|(_, multipath)| multipath.reserved != 0) {
        finder
            .fires(format!(
                "reserved bits {:#04x} of the Multipath flags are set; they have to be 0 (RFC 7629 §4.1)",
                multipath.reserved
            ))
            .at(data_octet(extension, 3));
    }
}

pub static MP_012: Rule = Rule {
    id: "MP-012",
    title: "Access technology type 0 (reserved)",
    level: Level::Must,
    source: "RFC 7629 §4.1; RFC 5213 §8.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose MP has Length 4 and If-ATT 0.",
    why: "\
        Only registered technologies are permitted; 0 normally means the client could not identify the \
        interface, and any policy keyed on access type fails.",
    example: "9a 01 00 04  00 01 01 00: If-ATT is 0",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), technology_is_reserved),
};

fn technology_is_reserved(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, _) in requested(message).filter(|(_, multipath)| multipath.access_technology.0 == 0) {
        finder
            .fires("If-ATT is 0, which is reserved; it has to name an access technology (RFC 7629 §4.1, RFC 5213 §8.5)")
            .at(data_octet(extension, 0));
    }
}

pub static MP_013: Rule = Rule {
    id: "MP-013",
    title: "Access technology type not in the registry copy",
    level: Level::Note,
    source: "RFC 7629 §4.1; RFC 5213 §8.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ whose MP has Length 4 and an If-ATT that is not in the analyser's copy of the RFC \
        5213 registry (reference copy: 0-5 from the RFC, 6-13 registered later by IANA) and is not 0.",
    why: "\
        Either the registry has grown or the client uses another numbering; the Proxy MIPv4 access types of \
        RFC 5563 give different meanings to the same numbers.",
    example: "9a 01 00 04  63 01 01 00: If-ATT is 99",
    check: Check::Registration(Traits::REQUEST.and(Traits::ODD_MULTIPATH), technology_is_unknown),
};

fn technology_is_unknown(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for (extension, multipath) in
        requested(message).filter(|(_, multipath)| multipath.access_technology.name().is_none())
    {
        finder
            .fires(format!(
                "If-ATT is {}, which the registry known here does not have; it knows 1-13 (RFC 5213 §8.5)",
                multipath.access_technology.0
            ))
            .at(data_octet(extension, 0));
    }
}

pub static MP_023: Rule = Rule {
    id: "MP-023",
    title: "Registration Request sent by the home agent",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.8",
    subject: Subject::HomeAgent,
    scope: Scope::Message,
    fires: "Fires on an RRQ whose IP source equals its Home Agent field.",
    why: "\
        Taken literally §5.1 lets the home agent send bulk requests, which is almost certainly a slip for \
        the mobile node; no other text gives a home agent that role.",
    example: "IP source 198.51.100.1, and in the request Home Agent c6 33 64 01, the same",
    check: Check::Registration(Traits::REQUEST, sent_by_the_home_agent),
};

fn sent_by_the_home_agent(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    if *message.source.ip() == request.home_agent {
        finder.fires(format!(
            "a Registration Request from {}, which is its own Home Agent; no home agent has that part (RFC 5944 §3.8)",
            request.home_agent
        ));
    }
}

pub static MP_026: Rule = Rule {
    id: "MP-026",
    title: "Simultaneous-bindings flag combined with Multipath",
    level: Level::Note,
    source: "RFC 7629 §4.1; RFC 5944 §3.3, §3.6.1.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires on an RRQ with MP and hdr.S = 1, once per session.",
    why: "\
        S asks for a copy of every packet on every path, Multipath for one path per flow; their combination \
        is undefined and may double the traffic.",
    example: "01 a2 02 58 ...  9a 01 00 04  04 01 01 00: S in the header",
    check: Check::Registration(Traits::SIMULTANEOUS.and(Traits::MULTIPATH), simultaneous_and_multipath),
};

fn simultaneous_and_multipath(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let simultaneous = message.request().is_some_and(|request| request.flags.simultaneous_bindings());
    if simultaneous && message.has_multipath() {
        finder
            .fires(
                "S asks for a copy of each packet on each path and Multipath for one path a flow; what both mean is \
                 not defined (RFC 5944 §3.3, RFC 7629 §4.1)",
            )
            .at(fields::FLAGS)
            .once(0);
    }
}

/// The Multipath extensions of Length 4 of a request.
fn requested<'m, 'a>(
    message: &'m MessageFacts<'_, 'a>,
) -> impl Iterator<Item = (&'m Extension<'a>, Multipath)> + use<'m, 'a> {
    message.sound_multipaths().filter(move |_| message.request().is_some())
}

/// The octets of the 16-bit Length of an extension with a long header.
fn length_octets(extension: &Extension<'_>) -> std::ops::Range<usize> {
    let start = extension.offset.saturating_add(2);
    start..start.saturating_add(2)
}
