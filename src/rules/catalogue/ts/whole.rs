//! Traffic selectors as a whole (TS).

use crate::counted::counted;
use crate::rules::facts::{FlowBindingFacts, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Problem, SelectorFormat, SelectorLayout, TrafficSelector};

use super::words::section;

pub static TS_004: Rule = Rule {
    id: "TS-004",
    title: "Reserved bits set in the selector flags word",
    level: Level::Must,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 and flags word bits under mask 0x0003FFFF set, or TS \
        Format 2 and bits under mask 0x0000FFFF set. Not evaluated if the selector is under 4 octets or \
        TS-013 fired.",
    why: "Flags in the wrong half of the word mean the peer reads another selector than was meant.",
    example: "01 (TS Format), 00 80 00 01 13 c4: the lowest bit of the flags word, which has no letter",
    check: Check::FlowBinding(sets_reserved_flags),
};

fn sets_reserved_flags(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|selector| selector.reserved != 0) else { return };
    finder
        .fires(format!(
            "selector's flags word is 0x{:08x}; the bits under 0x{:08x} must be 0 (RFC 6088 {})",
            selector.flags(),
            selector.format.reserved_mask(),
            section(selector.format)
        ))
        .at(facts.flags_octets());
}

pub static TS_005: Rule = Rule {
    id: "TS-005",
    title: "Selector truncated against its own flags",
    level: Level::Must,
    source: "RFC 7629 §4.2; RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose selector has under 4 octets or fewer \
        octets than the flags word plus all flagged fields need. TS Format 1: A-F 4 octets, G-J 2, K-N 1. TS \
        Format 2: A-D 16, E-H 4, I-L 2, M-P 1. Not evaluated if TS-013 fired. No other TS rule is evaluated \
        for that selector.",
    why: "The rule cannot be decoded; a home agent that accepts it enforces something nobody configured.",
    example: "01 (TS Format), 00 80 00 00 13: flag I announces a port of 2 octets, and 1 is left",
    check: Check::FlowBinding(is_truncated),
};

fn is_truncated(_message: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let Some(format) = facts.format().filter(|_| facts.is_truncated()) else { return };
    let selector_octets = facts.selector_octets();
    let (octets, format_number) = (selector_octets.len(), format.ts_format());
    let seen = match facts.fault.map(|fault| fault.problem) {
        Some(Problem::FieldMissing { needed, left, .. }) if octets >= 4 => format!(
            "selector of TS Format {format_number} has {}: its flags announce a field of {needed} where {left} {}",
            counted(octets, "octet"),
            counted(left, "octet").verb("remains", "remain")
        ),
        _ => {
            let octets = counted(octets, "octet");
            format!("selector of TS Format {format_number} has {octets}; its flags word alone takes 4")
        }
    };
    finder
        .fires(format!("{seen} (RFC 6088 {})", section(format)))
        .at(facts.ts_format_octet().start..selector_octets.end);
}

pub static TS_006: Rule = Rule {
    id: "TS-006",
    title: "Octets left over after the last selector field",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose selector is longer than the flags word \
        plus all flagged fields. Not evaluated if TS-013 fired.",
    why: "\
        Padding to the alignment of RFC 6088, an off-by-one in Length, or a forgotten flag; receivers may \
        refuse the whole request.",
    example: "01 (TS Format), 00 80 00 00 13 c4 00 00: two octets after the only field",
    check: Check::FlowBinding(has_octets_left_over),
};

fn has_octets_left_over(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|_| !facts.has_other_layout()) else { return };
    let left_over = facts.left_over();
    if left_over > 0 {
        let end = facts.selector_octets().end;
        finder
            .fires(format!(
                "selector goes on for {} after its last field; flags and fields take {} (RFC 6088 {})",
                counted(left_over, "octet"),
                selector.length(),
                section(selector.format)
            ))
            .at(end.saturating_sub(left_over)..end);
    }
}

pub static TS_012: Rule = Rule {
    id: "TS-012",
    title: "Selector without any field matches all traffic",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2; RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 whose flag bits (14, respectively 16, most \
        significant bits of the flags word) are all 0. Not evaluated if TS-013 fired.",
    why: "\
        With DROP this silences the subscriber; with FORWARD it is a default rule whose rank among other \
        rules is undefined.",
    example: "01 (TS Format), 00 00 00 00: no flag",
    check: Check::FlowBinding(has_no_field),
};

fn has_no_field(_message: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let is_any = |selector: &TrafficSelector| selector.is_any() && selector.layout == SelectorLayout::Direct;
    let Some(selector) = facts.selector().filter(|selector| is_any(selector)) else { return };
    let family = if selector.format == SelectorFormat::Ipv4 { "IPv4" } else { "IPv6" };
    let action = match facts.action().name() {
        Some(name) => format!(", and the action is {name}"),
        None => String::new(),
    };
    finder
        .fires(format!(
            "selector has no field, so every {family} packet matches{action} (RFC 6088 {})",
            section(selector.format)
        ))
        .at(facts.flags_octets());
}

pub static TS_013: Rule = Rule {
    id: "TS-013",
    title: "Selector decodes only under another RFC 6088 layout",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3.1; RFC 6089 §4.2.1.4",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Layouts: R1 = flags word directly after TS Format (reference); R2 = one zero octet, then flags word; \
        R3 = a whole RFC 6088 sub-option (octet 0 = 3, octet 1 = Sub-Opt Len = selector octets minus 2, TS \
        Format repeated, zero octet, flags word). A layout fits if reserved bits are 0 and the flagged \
        fields end exactly at the end of the selector. Fires on an RRQ or RRP per FB with TS Format 1 or 2 \
        when R1 does not fit and R2 or R3 does; the selector is then decoded in the layout that fits (R2 \
        before R3) for all other rules.",
    why: "\
        RFC 7629 points at a figure that contains header octets its own figure already replaces; two vendors \
        can disagree by one octet and never match a packet.",
    example: "01 (TS Format), 00 00 80 00 00 13 c4: an octet of 0 between TS Format and the flags word",
    check: Check::FlowBinding(is_in_another_layout),
};

fn is_in_another_layout(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector() else { return };
    let seen = match selector.layout {
        SelectorLayout::Direct => return,
        SelectorLayout::Padded => "an octet of 0 stands before the flags word",
        SelectorLayout::SubOption => "a whole sub-option of RFC 6089 stands after TS Format",
    };
    let start = facts.selector_octets().start;
    finder
        .fires(format!(
            "selector decodes only when {seen}; the flags word follows TS Format directly (RFC 7629 §4.2)"
        ))
        .at(start..facts.flags_octets().start);
}
