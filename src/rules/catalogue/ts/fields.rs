//! Fields of traffic selectors (TS).

use crate::rules::facts::{FlowBindingFacts, MessageFacts};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{SelectorField, SelectorFormat, SelectorValue, TrafficSelector};

use super::words::{section, shown, title};

pub static TS_001: Rule = Rule {
    id: "TS-001",
    title: "IPv4 selector has a range end without its start",
    level: Level::Must,
    source: "RFC 6088 §3.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 for each set flag B, D, F, H, J, L or N whose \
        preceding letter A, C, E, G, I, K or M is clear.",
    why: "The range has no lower bound; receivers match everything, nothing, or a single value.",
    example: "01 (TS Format), 40 00 00 00 0a 00 00 09: flag B without A",
    check: Check::FlowBinding(has_end_without_start_ipv4),
};

fn has_end_without_start_ipv4(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    ends_without_start(facts, SelectorFormat::Ipv4, "§3.1", finder);
}

/// Reports each end of a range that has no start, in a selector of this format.
fn ends_without_start(
    facts: &FlowBindingFacts<'_>,
    format: SelectorFormat,
    section: &str,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|selector| selector.format == format) else { return };
    if facts.has_plain_ranges {
        return;
    }
    for end in selector.values().filter(|value| value.is_end) {
        if selector.values().any(|start| start.field == end.field && !start.is_end) {
            continue;
        }
        // The flag of the start is the letter before that of the end.
        let start = char::from_u32(u32::from(end.letter).saturating_sub(1)).unwrap_or_default();
        finder
            .fires(format!(
                "selector has {} {} as the end of a range (flag {}) and no start; flag {start} has to be set too \
                 (RFC 6088 {section})",
                title(end.field, format),
                shown(end.field, end.value, format),
                end.letter
            ))
            .at(facts.octets_of(&end));
    }
}

pub static TS_002: Rule = Rule {
    id: "TS-002",
    title: "IPv6 selector has a range end without its start",
    level: Level::Must,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each set flag B, D, F, H, J, L, N or P whose \
        preceding letter A, C, E, G, I, K, M or O is clear.",
    why: "As TS-001 for IPv6: the intended flow set cannot be known.",
    example: "02 (TS Format), 00 10 00 00 00 50: flag L without K",
    check: Check::FlowBinding(has_end_without_start_ipv6),
};

fn has_end_without_start_ipv6(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    ends_without_start(facts, SelectorFormat::Ipv6, "§3.2", finder);
}

pub static TS_003: Rule = Rule {
    id: "TS-003",
    title: "Range start is greater than range end",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 or 2 for each start/end pair with both flags set \
        whose start is greater than its end as unsigned big-endian numbers, after clearing the low 2 bits of \
        DS/TC and the high 8 bits of flow labels.",
    why: "\
        The rule matches nothing, so its traffic silently follows the next rule or the default path. Often a \
        byte-order bug.",
    example: "01 (TS Format), 00 c0 00 00 1b 58 13 88: destination ports 7000 to 5000",
    check: Check::FlowBinding(has_start_above_end),
};

fn has_start_above_end(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|_| !facts.has_plain_ranges) else { return };
    for end in selector.values().filter(|value| value.is_end) {
        let Some(start) = selector.values().find(|start| start.field == end.field && !start.is_end) else {
            continue;
        };
        let counts = |value: u128| match end.field {
            SelectorField::Ds => value >> 2,
            SelectorField::FlowLabel => value & u128::from(TrafficSelector::FLOW_LABEL),
            _ => value,
        };
        if counts(start.value) > counts(end.value) {
            let show = |value| shown(end.field, value, selector.format);
            finder
                .fires(format!(
                    "selector's {} range starts at {} and ends at {}, so it matches nothing (RFC 6088 {})",
                    title(end.field, selector.format),
                    show(start.value),
                    show(end.value),
                    section(selector.format)
                ))
                .at(facts.octets_of(&start).start..facts.octets_of(&end).end);
        }
    }
}

pub static TS_007: Rule = Rule {
    id: "TS-007",
    title: "Flow label field has its high 8 bits set",
    level: Level::Must,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each present G or H field whose most significant \
        octet is not 0.",
    why: "\
        Receivers that fail to mask the octet never match; the label was probably written left-aligned.",
    example: "02 (TS Format), 02 00 00 00 12 34 50 00: flow label 0x12345000",
    check: Check::FlowBinding(has_octet_above_flow_label),
};

fn has_octet_above_flow_label(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|selector| !selector.flow_label.is_absent()) else {
        return;
    };
    for value in selector.values().filter(|value| value.field == SelectorField::FlowLabel) {
        let high = value.value >> 24;
        if high != 0 {
            finder
                .fires(format!(
                    "selector's flow label (flag {}) is 0x{:08x}, whose first octet is 0x{high:02x} and must be 0 \
                     (RFC 6088 §3.2)",
                    value.letter, value.value
                ))
                .at(facts.octets_of(&value));
        }
    }
}

pub static TS_008: Rule = Rule {
    id: "TS-008",
    title: "Flow label selector exceeds 20 bits",
    level: Level::Note,
    source: "RFC 6088 §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 for each present G field, when neither it nor its H \
        field has the most significant octet set, whose value is above 0xFFFFF.",
    why: "\
        RFC 6088 speaks of 24-bit labels while IPv6 headers carry 20, so such a range can never match a \
        packet.",
    example: "02 (TS Format), 02 00 00 00 00 12 34 56: flow label 0x123456 takes 21 bits",
    check: Check::FlowBinding(has_long_flow_label),
};

fn has_long_flow_label(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector().filter(|selector| !selector.flow_label.is_absent()) else {
        return;
    };
    let labels = || selector.values().filter(|value| value.field == SelectorField::FlowLabel);
    if labels().any(|value| value.value >> 24 != 0) {
        return;
    }
    if let Some(start) = labels().find(|value| !value.is_end && value.value > 0xf_ffff) {
        finder
            .fires(format!(
                "selector's flow label is 0x{:06x}; IPv6 headers carry 20 bits, at most 0xfffff, so it matches nothing \
                 (RFC 6088 §3.2)",
                start.value
            ))
            .at(facts.octets_of(&start));
    }
}

pub static TS_009: Rule = Rule {
    id: "TS-009",
    title: "DS or Traffic Class selector carries ECN bits",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 1 and a present K or L field, or TS Format 2 and a \
        present M or N field, whose low 2 bits are not 0.",
    why: "\
        Those bits must be ignored in comparison; an end that compares all 8 loses the flow as soon as \
        routers mark congestion.",
    example: "01 (TS Format), 00 20 00 00 b9: DS octet 0xb9, of which the low two bits are ECN",
    check: Check::FlowBinding(has_ecn_bits),
};

fn has_ecn_bits(_message: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let Some(selector) = facts.selector().filter(|selector| !selector.ds.is_absent()) else { return };
    let has_bits = |value: &SelectorValue| value.field == SelectorField::Ds && value.value & 3 != 0;
    if let Some(value) = selector.values().find(has_bits) {
        finder
            .fires(format!(
                "selector's {} is 0x{:02x}; its low 2 bits are ECN and do not count (RFC 6088 {})",
                title(value.field, selector.format),
                value.value,
                section(selector.format)
            ))
            .at(facts.octets_of(&value));
    }
}

pub static TS_010: Rule = Rule {
    id: "TS-010",
    title: "Transport field and protocol selector exclude each other",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with a protocol (next header) range, single value if no end, that \
        contains (a) none of 6, 17, 33, 132, 136 although any port field is present; or (b) neither 50 nor \
        51 although an SPI field is present.",
    why: "The rule can never match, which usually goes unnoticed until the flow is on the wrong access.",
    example: "01 (TS Format), 00 88 00 00 13 c4 01: destination port 5060, but protocol 1 (ICMP)",
    check: Check::FlowBinding(contradicts_its_protocol),
};

fn contradicts_its_protocol(
    _message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let Some(selector) = facts.selector() else { return };
    let Some((first, last)) = selector.protocol.range_or_single() else { return };
    let allows = |protocols: &[u8]| protocols.iter().any(|protocol| (first..=last).contains(protocol));
    let has_port = !selector.source_port.is_absent() || !selector.destination_port.is_absent();
    let what = if has_port && !allows(&[6, 17, 33, 132, 136]) {
        "ports; only TCP, UDP, DCCP, SCTP and UDP-Lite have them"
    } else if !selector.spi.is_absent() && !allows(&[50, 51]) {
        "an SPI; only ESP and AH have one"
    } else {
        return;
    };
    let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let protocol = selector.values().find(|value| value.field == SelectorField::Protocol);
    finder
        .fires(format!(
            "selector asks for protocol {range} and for {what}, so it matches nothing (RFC 6088 {})",
            section(selector.format)
        ))
        .at(protocol.map(|value| facts.octets_of(&value)).unwrap_or_default());
}
