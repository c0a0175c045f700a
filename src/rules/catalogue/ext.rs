//! Extension framing (EXT).

use std::fmt::{Display, Formatter};

use crate::counted::counted;
use crate::rules::facts::{MessageFacts, Traits, name_of, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject, Wording};
use crate::wire::{
    DualStack, EncapsulatingDeliveryStyle, Extension, ExtensionType, Header, Layout, Malformed, MessageType,
    MobileNetwork, Problem, UdpTunnelReply, UdpTunnelRequest,
};

pub static EXT_001: Rule = Rule {
    id: "EXT-001",
    title: "Extension runs past the end of the datagram",
    level: Level::Must,
    source: "RFC 5944 §1.8, §1.9, §1.10",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP when, during the walk of D3, fewer octets remain than the header of the next \
        extension needs, or its Length exceeds the octets left in the UDP payload. A single Type 0 octet \
        never fires.",
    why: "\
        Everything after this point is unreadable, so policy, authentication or binding identifiers may be \
        missing from every later verdict on the message.",
    example: "20 14 00 00 10 00  and the datagram ends: Length is 20, and 4 octets follow it",
    check: Check::Registration(Traits::OVERRUN, runs_past_the_end),
};

fn runs_past_the_end(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some((extension, Malformed { problem: Problem::PastEnd { needed, left, .. }, .. })) =
        &message.overrun
    else {
        return;
    };
    let octets = extension.offset..message.message.octets.len();
    let what = if extension.layout == Layout::Cut { "for its header alone" } else { "with its Length" };
    let name = name_of(extension);
    finder
        .fires(format!(
            "{name} at octet {} needs {} {what}, and the datagram has {left} left (RFC 5944 §1.8)",
            extension.offset,
            counted(*needed, "octet")
        ))
        .at(octets);
}

pub static EXT_002: Rule = Rule {
    id: "EXT-002",
    title: "Message shorter than its fixed part",
    level: Level::Must,
    source: "RFC 5944 §3.3, §3.4",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on a UDP port 434 payload whose first octet is 1 and whose length is under 24 octets, or whose \
        first octet is 3 and whose length is under 20 octets. No other rule is evaluated for that message.",
    why: "\
        A runt message carries no usable binding information and usually means truncation, a fuzzing probe \
        or a broken encoder.",
    example: "01 22 02 58 0a 01 00 01 c6 33 64 01  and no more: 12 octets of the 24",
    check: Check::Datagram(is_a_runt),
};

fn is_a_runt(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Header::Short(Some(kind), fault) = &message.message.header else { return };
    let Problem::FixedPartShort { needed, found } = fault.problem else { return };
    let section = match *kind {
        MessageType::REGISTRATION_REQUEST => "§3.3",
        MessageType::REGISTRATION_REPLY => "§3.4",
        _ => return,
    };
    let title = kind.title();
    finder
        .fires(format!(
            "{title} has {}; its fixed part takes {needed} (RFC 5944 {section})",
            counted(found, "octet")
        ))
        .at(0..message.message.octets.len());
}

pub static EXT_003: Rule = Rule {
    id: "EXT-003",
    title: "Unknown extension type",
    level: Level::Note,
    source: "RFC 5944 §1.8",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP, once per type value per session, when the walk meets an extension whose Type \
        is not in the known list of D3. The finding says whether the type is 0-127 (a receiver that does not \
        know it drops the whole message silently) or 128-255 (the extension alone is skipped).",
    why: "\
        A type in the lower half explains registrations that are never answered; one in the upper half \
        explains a feature that silently does not happen.",
    example: "4d 02 00 00: Type 77, which drops the message; c8 02 00 00: Type 200, which is skipped",
    check: Check::Registration(Traits::UNASSIGNED, is_of_unknown_type),
};

fn is_of_unknown_type(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let is_unknown = |extension: &&Extension<'_>| !extension.is_family() && !extension.kind.is_assigned();
    for extension in message.extensions.iter().filter(is_unknown) {
        let effect = if extension.kind.is_skippable() {
            "a receiver that does not know it skips the extension alone"
        } else {
            "a receiver that does not know it drops the whole message in silence"
        };
        let kind = extension.kind.0;
        finder
            .fires(format!("Extension Type {kind} is not assigned; {effect} (RFC 5944 §1.8)"))
            .at(extension.offset..extension.offset.saturating_add(1))
            .once(kind.into());
    }
}

pub static EXT_004: Rule = Rule {
    id: "EXT-004",
    title: "Type 154 derails agents that do not implement it",
    level: Level::Note,
    source: "RFC 7629 §4.1, §4.2, §7; RFC 5944 §1.8, §1.10",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires once per session, on its first RRQ that contains Type 154. The finding gives the position at \
        which an agent that reads Type 154 as a skippable extension with an 8-bit Length resumes parsing: it \
        takes the Sub-Type (1 or 2) for the Length, so it resumes 3 octets (Multipath) or 4 octets \
        (Flow-Binding) after the Type octet, where it meets a bogus Type 4 (low octet of the 16-bit Length), \
        respectively the Action octet.",
    why: "\
        The text calls the extension non-skippable, yet 154 lies in the skippable range and uses the layout \
        reserved for non-skippable types. A legacy agent loses its place, meets an unknown low type and \
        drops the RRQ without a reply, so the MULTIPATH_NOT_ALLOWED fallback never starts.",
    example: "\
        9a 01 00 04 04 01 01 00: read with an 8-bit Length of 1, the next extension is Type 4 at its \
        fourth octet",
    check: Check::Registration(Traits::REQUEST.and(Traits::FAMILY), derails_agents),
};

fn derails_agents(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(extension) = message.family().next().filter(|_| !finder.has_told(0)) else { return };
    let derailed = Derailed::by(extension);
    let fired = finder.fires(Wording::when_read(move || derailed.to_string()));
    fired.at(octets_of(extension)).once(0);
}

/// Where an agent resumes that takes the octet after the Type for an 8-bit Length.
struct Derailed {
    kind: u8,
    /// The octet of the UDP payload at which the agent goes on, from 0.
    resumes: usize,
    meets: Meets,
}

/// What the agent meets there.
enum Meets {
    /// The low octet of a Multipath extension's Length.
    Length(u8),
    /// The Action octet of a Flow-Binding extension.
    Action,
    /// Some octet in or after an extension of another Sub-Type.
    Data,
    /// What follows an extension of this Length in the short layout.
    Next(usize),
}

impl Derailed {
    fn by(extension: &Extension<'_>) -> Self {
        let kind = extension.kind.0;
        match (extension.layout, extension.subtype) {
            (Layout::Proper(_), Some(subtype)) => {
                let resumes = extension.offset.saturating_add(2).saturating_add(subtype.into());
                let meets = if extension.is_multipath() {
                    let [.., low] = extension.length.to_be_bytes();
                    Meets::Length(low)
                } else if extension.is_flow_binding() {
                    Meets::Action
                } else {
                    Meets::Data
                };
                Self { kind, resumes, meets }
            }
            _ => Self { kind, resumes: octets_of(extension).end, meets: Meets::Next(extension.length) },
        }
    }
}

impl Display for Derailed {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { kind, resumes, meets } = self;
        let meets = match meets {
            Meets::Length(low) => format!(", at a bogus Type {low}"),
            Meets::Action => ", at the Action octet".to_owned(),
            Meets::Data => String::new(),
            Meets::Next(length) => {
                return write!(
                    formatter,
                    "an agent that does not know Type {kind} skips it by its 8-bit Length of {length} and goes on at \
                     octet {resumes} (RFC 5944 §1.8)"
                );
            }
        };
        write!(
            formatter,
            "an agent that does not know Type {kind} resumes at octet {resumes}{meets}, and drops the request in \
             silence (RFC 7629 §4.1, RFC 5944 §1.8)"
        )
    }
}

pub static EXT_005: Rule = Rule {
    id: "EXT-005",
    title: "Type 154 written in the short extension layout",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2; RFC 5944 §1.10, §1.11",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP for a Type 154 whose octet 1 is neither 1 nor 2, whose octet 2 is 1 or 2, and \
        whose octet 1, read as an 8-bit Length counted from octet 2, does not run past the payload and is at \
        least 5. Suppresses MP-002 and EXT-001 for that extension; the walk continues after it using the \
        8-bit Length.",
    why: "\
        The sender put the Length before the Sub-Type; a conforming home agent will misread every following \
        octet.",
    example: "9a 05 01 04 01 01 00: Length 5 stands before Sub-Type 1",
    check: Check::Registration(Traits::OTHER_FAMILY, is_in_the_short_layout),
};

fn is_in_the_short_layout(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for extension in message.family().filter(|extension| extension.layout == Layout::FamilyAsShort) {
        let kind = extension.kind.0;
        finder
            .fires(format!(
                "Type {kind} has {} in the octet of the Sub-Type, and its Sub-Type {} after it: the short layout; \
                 Type, Sub-Type, 16-bit Length is asked (RFC 7629 §4.1, §4.2)",
                extension.length,
                extension.subtype.unwrap_or_default()
            ))
            .at(octets_of(extension));
    }
}

pub static EXT_006: Rule = Rule {
    id: "EXT-006",
    title: "Multipath family used in a message that may not carry it",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2, §7 (the notification ban is absent from draft-09)",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on a UDP port 434 message of type 7, 15, 22 or 23 whose extensions, walked as in D3 after the \
        fixed part (20, 12, 24 and 24 octets), include Type 154. Other message types are not walked.",
    why: "\
        Multipath state may be changed only by an authenticated request/reply pair; notifications and \
        revocations are explicitly or implicitly excluded.",
    example: "07 00 80 00 (20 octets in all), then 9a 01 00 04 04 01 01 00: Multipath in a revocation",
    check: Check::Datagram(is_out_of_place),
};

fn is_out_of_place(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(kind @ MessageType(7 | 15 | 22 | 23)) = message.message.kind() else { return };
    let Some(extension) = message.family().next() else { return };
    finder
        .fires(format!(
            "{} in a {}; only Registration Requests and Replies may carry it (RFC 7629 §4.1, §4.2)",
            name_of(extension),
            kind.title()
        ))
        .at(octets_of(extension));
}

pub static EXT_007: Rule = Rule {
    id: "EXT-007",
    title: "Known extension with a wrong length or in the wrong direction",
    level: Level::Must,
    source: "RFC 3519 §3.1, §3.2; RFC 3024 §3.3; RFC 3543 §3.2; RFC 4636 §3; RFC 5177 §4; RFC 5454 §2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per offending extension when (a) Length differs from: Type 44 = 6, 45 = 2, \
        130 = 0, 144 = 6, 148/0 = 6, 148/1 and 148/2 = 8, 152/1 = 18, 152/2 = 20, 152/3 = 2, or Type 137 has \
        Length under 6; or (b) Type 130, 144, 148/0, 152/1 or 152/3 occurs in an RRP; or (c) Type 44, 45, \
        148/1, 148/2 or 152/2 occurs in an RRQ.",
    why: "\
        The receiver will reject, ignore or misparse the option, and the feature it negotiates will be out \
        of step at the two ends.",
    example: "\
        90 04 00 00 00 00: Type 144 with Length 4 instead of 6; 2c 06 00 00 00 00 00 00 in a request: \
        Type 44",
    check: Check::Registration(Traits::SHAPED, has_wrong_length_or_direction),
};

fn has_wrong_length_or_direction(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    for extension in message.extensions.iter().filter(|extension| !extension.is_family()) {
        let Some(shape) = Shape::of(extension) else { continue };
        let length = extension.length;
        let wrong_length = match shape.length {
            Wanted::Exactly(wanted) if length != wanted => {
                Some(format!("Length is {length} and must be {wanted}"))
            }
            Wanted::AtLeast(wanted) if length < wanted => {
                Some(format!("Length is {length} and must be {wanted} or more"))
            }
            _ => None,
        };
        let wrong_way = match shape.way {
            Way::Request if message.reply().is_some() => Some("it stands in a reply and belongs in requests"),
            Way::Reply if message.request().is_some() => {
                Some("it stands in a request and belongs in replies")
            }
            _ => None,
        };
        let seen = match (wrong_length, wrong_way) {
            (None, None) => continue,
            (Some(length), None) => length,
            (None, Some(way)) => way.to_owned(),
            (Some(length), Some(way)) => format!("{length}, and {way}"),
        };
        finder.fires(format!("{}: {seen} ({})", name_of(extension), shape.section)).at(octets_of(extension));
    }
}

/// What a document prescribes for an extension: its Length, and the messages it belongs in.
struct Shape {
    length: Wanted,
    way: Way,
    section: &'static str,
}

enum Wanted {
    Exactly(usize),
    AtLeast(usize),
}

enum Way {
    Request,
    Reply,
    Both,
}

impl Shape {
    fn of(extension: &Extension<'_>) -> Option<Self> {
        let (length, way, section) = match (extension.kind, extension.subtype) {
            (ExtensionType::UDP_TUNNEL_REPLY, _) => {
                (Wanted::Exactly(UdpTunnelReply::LENGTH), Way::Reply, "RFC 3519 §3.2")
            }
            (ExtensionType::FOREIGN_AGENT_ERROR, _) => (Wanted::Exactly(2), Way::Reply, "RFC 4636 §3"),
            (ExtensionType::ENCAPSULATING_DELIVERY_STYLE, _) => {
                (Wanted::Exactly(EncapsulatingDeliveryStyle::LENGTH), Way::Request, "RFC 3024 §3.3")
            }
            // Flag I with 15 reserved bits, and a timestamp of 4 octets.
            (ExtensionType::REVOCATION_SUPPORT, _) => (Wanted::AtLeast(6), Way::Both, "RFC 3543 §3.2"),
            (ExtensionType::UDP_TUNNEL_REQUEST, _) => {
                (Wanted::Exactly(UdpTunnelRequest::LENGTH), Way::Request, "RFC 3519 §3.1")
            }
            (ExtensionType::MOBILE_NETWORK, Some(MobileNetwork::REQUEST)) => {
                (Wanted::Exactly(MobileNetwork::REQUEST_LENGTH), Way::Request, "RFC 5177 §4.1")
            }
            (ExtensionType::MOBILE_NETWORK, Some(MobileNetwork::EXPLICIT | MobileNetwork::IMPLICIT)) => {
                (Wanted::Exactly(MobileNetwork::ACKNOWLEDGEMENT_LENGTH), Way::Reply, "RFC 5177 §4.2")
            }
            (ExtensionType::DUAL_STACK, Some(DualStack::PREFIX_REQUEST)) => {
                (Wanted::Exactly(DualStack::PREFIX_REQUEST_LENGTH), Way::Request, "RFC 5454 §2.1")
            }
            (ExtensionType::DUAL_STACK, Some(DualStack::PREFIX_REPLY)) => {
                (Wanted::Exactly(DualStack::PREFIX_REPLY_LENGTH), Way::Reply, "RFC 5454 §2.2")
            }
            (ExtensionType::DUAL_STACK, Some(DualStack::TUNNELING_MODE)) => {
                (Wanted::Exactly(DualStack::TUNNELING_MODE_LENGTH), Way::Request, "RFC 5454 §2.3")
            }
            _ => return None,
        };
        Some(Self { length, way, section })
    }
}
