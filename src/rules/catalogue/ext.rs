//! Extension framing (EXT).

use crate::rules::facts::MessageFacts;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Extension runs past the end of the datagram.
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
    example: "",
    check: Check::Registration(ext_001),
};

fn ext_001(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Message shorter than its fixed part.
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
    example: "",
    check: Check::Datagram(ext_002),
};

fn ext_002(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Unknown extension type.
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
    example: "",
    check: Check::Registration(ext_003),
};

fn ext_003(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Type 154 derails agents that do not implement it.
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
    example: "",
    check: Check::Registration(ext_004),
};

fn ext_004(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Type 154 written in the short extension layout.
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
    example: "",
    check: Check::Registration(ext_005),
};

fn ext_005(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Multipath family used in a message that may not carry it.
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
    example: "",
    check: Check::Datagram(ext_006),
};

fn ext_006(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}

/// Known extension with a wrong length or in the wrong direction.
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
    example: "",
    check: Check::Registration(ext_007),
};

fn ext_007(_message: &MessageFacts<'_, '_>, _finder: &mut Finder<'_>) {}
