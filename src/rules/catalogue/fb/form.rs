//! The Flow-Binding extension by itself (FB).

use std::fmt::{Display, Formatter};

use smallvec::SmallVec;

use crate::rules::facts::{FlowBindingFacts, MessageFacts, OctetSet, Traits, data_octet, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject, Wording};
use crate::wire::{Action, Bounds, FlowBinding, TrafficSelector};

pub static FB_001: Rule = Rule {
    id: "FB-001",
    title: "BID list or TS Format runs past the Flow-Binding extension",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB whose Length is under 2, or under 3 + N where N is its BID Count. No \
        other FB or TS rule is evaluated for that extension.",
    why: "The receiver would read BIDs or the selector format out of the next extension.",
    example: "9a 02 00 04  01 05 01 02: BID Count is 5 and two octets follow",
    check: Check::FlowBinding(overruns),
};

fn overruns(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    if !facts.overruns {
        return;
    }
    let length = facts.extension.length;
    let message = match facts.bid_count {
        Some(count) => format!(
            "Flow-Binding Length is {length}; Action, BID Count, {count} BIDs and TS Format need {} (RFC 7629 §4.2)",
            usize::from(count).saturating_add(3)
        ),
        None => format!("Flow-Binding Length is {length}; Action and BID Count alone need 2 (RFC 7629 §4.2)"),
    };
    finder.fires(message).at(octets_of(&facts.extension));
}

pub static FB_002: Rule = Rule {
    id: "FB-002",
    title: "Unknown Flow-Binding action",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB whose Action is neither 0 (DROP) nor 1 (FORWARD).",
    why: "\
        No behaviour is defined, so the rule may be ignored at one end and enforced in some way at the \
        other.",
    example: "9a 02 ...  07 01 01 01 ...: Action is 7",
    check: Check::FlowBinding(action_is_unknown),
};

fn action_is_unknown(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    if let (Action::Unassigned(action), false) = (facts.action(), facts.overruns) {
        finder
            .fires(format!("Flow-Binding Action is {action}; 0 is DROP and 1 is FORWARD (RFC 7629 §4.2)"))
            .at(data_octet(&facts.extension, 0));
    }
}

pub static FB_003: Rule = Rule {
    id: "FB-003",
    title: "DROP rule without exactly one BID",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action 0 and BID Count other than 1.",
    why: "\
        A receiver that skips exactly one octet misreads the selector, and the wrong packets are filtered.",
    example: "9a 02 ...  00 02 ff ff 01 ...: DROP with two BIDs",
    check: Check::FlowBinding(drop_without_one_bid),
};

fn drop_without_one_bid(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let count = facts.bids().len();
    if !facts.overruns && facts.action() == Action::Drop && count != 1 {
        finder
            .fires(format!("DROP with BID Count {count}; it has to be 1 (RFC 7629 §4.2)"))
            .at(data_octet(&facts.extension, 1));
    }
}

pub static FB_004: Rule = Rule {
    id: "FB-004",
    title: "BID Count outside 1-8",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action other than 0 and BID Count 0 or above 8.",
    why: "A rule with no target or with too many is undefined; fixed-size tables may overflow.",
    example: "9a 02 ...  01 09 01 02 03 04 05 06 07 08 09 01 ...: BID Count is 9",
    check: Check::FlowBinding(bid_count_out_of_range),
};

fn bid_count_out_of_range(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let count = facts.bids().len();
    if !facts.overruns && facts.action() != Action::Drop && !(1..=8).contains(&count) {
        finder
            .fires(format!("BID Count is {count}; 1-8 are allowed (RFC 7629 §4.2)"))
            .at(data_octet(&facts.extension, 1));
    }
}

pub static FB_005: Rule = Rule {
    id: "FB-005",
    title: "Reserved BID in a FORWARD list",
    level: Level::Must,
    source: "RFC 7629 §4.1, §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB with Action 1 whose list, within BID Count and Length, contains 0 or \
        255.",
    why: "\
        No binding can have that identifier, so that step of the fallback list never works; 255 is \
        meaningful only with DROP.",
    example: "9a 02 ...  01 02 01 ff 01 ...: FORWARD to 1 and 255",
    check: Check::FlowBinding(reserved_bid_in_a_list),
};

fn reserved_bid_in_a_list(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    if facts.overruns || facts.action() != Action::Forward {
        return;
    }
    let reserved = |bid: &&u8| matches!(**bid, 0 | 255);
    if let Some(bid) = facts.bids().iter().find(reserved) {
        finder
            .fires(format!(
                "the FORWARD list {} has BID {bid}; 1-254 are allowed (RFC 7629 §4.1, §4.2)",
                List(facts.bids())
            ))
            .at(facts.bid_octets());
    }
}

pub static FB_006: Rule = Rule {
    id: "FB-006",
    title: "Flow-Binding placed after the Mobile-Home Auth extension",
    level: Level::Must,
    source: "RFC 7629 §4.2; RFC 5944 §3.6.1.3, §3.8.3.3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per extension of Type 154 Sub-Type 2 that lies after the first Type 32, or, \
        if there is no Type 32, after the first Type 36 Sub-Type 1.",
    why: "\
        The traffic policy is outside the authenticator: it can be forged on the path and a foreign agent \
        may remove it.",
    example: "20 14 ...  9a 02 ...: Flow-Binding behind the Mobile-Home Authentication",
    check: Check::FlowBinding(after_the_authenticator),
};

fn after_the_authenticator(
    message: &MessageFacts<'_, '_>,
    facts: &FlowBindingFacts<'_>,
    finder: &mut Finder<'_>,
) {
    let extension = &facts.extension;
    let Some(protection) = message.protection.filter(|_| !facts.overruns) else { return };
    if extension.offset > protection.offset {
        finder
            .fires(format!(
                "Flow-Binding at offset {} lies behind the {} extension at offset {}, which does not protect it; it has \
                 to come before (RFC 7629 §4.2)",
                extension.offset,
                protection.name(),
                protection.offset
            ))
            .at(octets_of(extension));
    }
}

pub static FB_007: Rule = Rule {
    id: "FB-007",
    title: "BID listed twice in one rule",
    level: Level::Note,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB with Action 1 whose list contains the same value more than once.",
    why: "\
        Harmless in itself but a sign of a broken policy generator; the fallback has fewer steps than it \
        seems.",
    example: "9a 02 ...  01 03 01 02 01 01 ...: FORWARD to 1, 2 and 1 again",
    check: Check::FlowBinding(bid_twice),
};

fn bid_twice(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    if facts.overruns || facts.action() != Action::Forward {
        return;
    }
    let bids = facts.bids();
    let mut seen = OctetSet::default();
    if let Some(bid) = bids.iter().find(|bid| !seen.add(**bid)) {
        finder
            .fires(format!("the FORWARD list {} has BID {bid} more than once (RFC 7629 §4.2)", List(bids)))
            .at(facts.bid_octets());
    }
}

pub static FB_008: Rule = Rule {
    id: "FB-008",
    title: "Traffic selector format 0",
    level: Level::Must,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "Fires on an RRQ or RRP per FB whose TS Format octet is 0. TS rules are not evaluated for it.",
    why: "\
        The value is forbidden; often the sender inserted RFC 6089 header octets or padding in front of the \
        format.",
    example: "9a 02 ...  01 01 01 00 ...: TS Format is 0",
    check: Check::FlowBinding(format_is_zero),
};

fn format_is_zero(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    if !facts.overruns && facts.flow_binding.ts_format == 0 {
        finder
            .fires("TS Format is 0; 1 is an IPv4 and 2 an IPv6 binary traffic selector (RFC 7629 §4.2)")
            .at(facts.ts_format_octet());
    }
}

pub static FB_009: Rule = Rule {
    id: "FB-009",
    title: "Traffic selector format without a definition",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 6088 §3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ or RRP per FB whose TS Format is 3-255 (251-255 are reported as experimental). TS \
        rules are not evaluated for it.",
    why: "\
        The selector is opaque to the peer and to this analyser, and no reply code exists for refusing it.",
    example: "9a 02 ...  01 01 01 09 ...: TS Format is 9",
    check: Check::FlowBinding(format_is_undefined),
};

fn format_is_undefined(_: &MessageFacts<'_, '_>, facts: &FlowBindingFacts<'_>, finder: &mut Finder<'_>) {
    let format = facts.flow_binding.ts_format;
    if !facts.overruns && format > 2 {
        let kind = if format > 250 { "experimental" } else { "not defined" };
        finder
            .fires(format!(
                "TS Format is {format}, which is {kind}; 1 and 2 are defined (RFC 7629 §4.2, RFC 6088 §3)"
            ))
            .at(facts.ts_format_octet());
    }
}

pub static FB_011: Rule = Rule {
    id: "FB-011",
    title: "Flow-Binding in a request without Multipath extension",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires once on an RRQ that contains Type 154 Sub-Type 2 and no Type 154 Sub-Type 1.",
    why: "\
        §5.1 has Multipath in every multipath request; without it the request also acts as a plain \
        registration that replaces the very bindings the policy names.",
    example: "01 22 02 58 ...  9a 02 ...: Flow-Binding and no 9a 01",
    check: Check::Registration(Traits::REQUEST.and(Traits::FLOW_BINDING), without_multipath),
};

fn without_multipath(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(first) = message.flow_binding_extensions().next() else { return };
    if message.request().is_some() && message.is_whole() && !message.has_multipath() {
        finder
            .fires(
                "a Flow-Binding in a request without a Multipath extension; the request is a plain registration, too \
                 (RFC 7629 §5.1)",
            )
            .at(octets_of(first));
    }
}

pub static FB_012: Rule = Rule {
    id: "FB-012",
    title: "Flow-Binding in a de-registration",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "Fires once on an RRQ with Lifetime 0 that contains Type 154 Sub-Type 2.",
    why: "\
        Whether the policy is installed, replaced or ignored is open; it may name the binding being removed.",
    example: "01 22 00 00 ...  9a 02 ...: Lifetime is 0",
    check: Check::Registration(Traits::DEREGISTERS.and(Traits::FLOW_BINDING), in_a_deregistration),
};

fn in_a_deregistration(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(first) = message.flow_binding_extensions().next() else { return };
    if message.request().is_some_and(|request| request.lifetime == 0) {
        finder
            .fires("a Flow-Binding in a request with Lifetime 0; what it does is open (RFC 7629 §5.1, §5.2)")
            .at(octets_of(first));
    }
}

pub static FB_013: Rule = Rule {
    id: "FB-013",
    title: "Overlapping selectors with different verdicts in one message",
    level: Level::Note,
    source: "RFC 7629 §2.2, §4.2; RFC 6088 §3",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires once on an RRQ or RRP that has two FBs of equal TS Format 1 or 2, neither broken under TS-001, \
        TS-002, TS-003 or TS-005, whose ranges intersect in every field (an absent field is the full range; \
        DS/TC compare 6 bits) and whose Action or FORWARD BID list differs.",
    why: "\
        There is no flow identifier or priority on the wire, so first-match and last-match receivers send \
        the same flow different ways. A catch-all rule beside specific ones triggers this too.",
    example: "proto udp => FORWARD 1 and proto udp dport 5060 => FORWARD 2 in one request",
    check: Check::Registration(Traits::FLOW_BINDING, overlapping_rules),
};

/// The most Flow-Bindings of one message that are compared with each other.
const COMPARED: usize = 512;

fn overlapping_rules(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let sound = |facts: &&FlowBindingFacts<'_>| facts.selector().is_some_and(has_sound_ranges);
    let all: SmallVec<[&FlowBindingFacts<'_>; 8]> =
        message.flow_bindings.iter().filter(sound).take(COMPARED).collect();
    for (place, other) in all.iter().enumerate() {
        let overlapping = all.iter().take(place).find(|one| differ(one, other) && intersect(one, other));
        if let Some(one) = overlapping {
            let (one, other_rule) = (RuleText::of(one), RuleText::of(other));
            let say = move || {
                format!(
                    "the selectors of \"{one}\" and \"{other_rule}\" overlap and their actions differ; which one decides is \
                     not defined (RFC 7629 §4.2)"
                )
            };
            finder.fires(Wording::when_read(say)).at(octets_of(&other.extension));
            return;
        }
    }
}

pub static FB_015: Rule = Rule {
    id: "FB-015",
    title: "Overwrite request with a policy naming other BIDs",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 1 and an FB with Action 1 whose list contains a BID other \
        than that of the MP.",
    why: "Accepting the request removes the bindings that its own policy needs.",
    example: "9a 01 00 04  04 01 01 40 (O, BID 1) and 9a 02 ...  01 02 01 02 01 ... (FORWARD to 1, 2)",
    check: Check::Registration(Traits::ODD_MULTIPATH.and(Traits::FLOW_BINDING), overwrite_names_others),
};

fn overwrite_names_others(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(multipath) = message.usable.filter(|multipath| multipath.overwrite) else { return };
    let names_others = |facts: &&FlowBindingFacts<'_>| {
        !facts.overruns
            && facts.action() == Action::Forward
            && facts.bids().iter().any(|bid| *bid != multipath.bid)
    };
    if let Some(facts) = message.flow_bindings.iter().find(names_others) {
        finder
            .fires(format!(
                "O leaves only BID {}, and the policy of the same request forwards to {} (RFC 7629 §4.2, §5.2)",
                multipath.bid,
                List(facts.bids())
            ))
            .at(facts.bid_octets());
    }
}

/// BIDs as people write them.
struct List<'f>(&'f [u8]);

impl Display for List<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        for (place, bid) in self.0.iter().enumerate() {
            formatter.write_str(if place == 0 { "" } else { "," })?;
            bid.fmt(formatter)?;
        }
        Ok(())
    }
}

/// A Flow-Binding, to be written as people write it: its octets, which take less room than what is read from them.
struct RuleText(SmallVec<[u8; 32]>);

impl RuleText {
    fn of(facts: &FlowBindingFacts<'_>) -> Self {
        Self(facts.extension.data.into())
    }
}

impl Display for RuleText {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let Some(flow_binding) = FlowBinding::from_octets(&self.0) else { return Ok(()) };
        match flow_binding.action {
            Action::Forward => write!(formatter, "forward {}: ", List(flow_binding.bids))?,
            Action::Drop => formatter.write_str("drop: ")?,
            Action::Unassigned(action) => write!(formatter, "action {action}: ")?,
        }
        flow_binding.selector.map_or(Ok(()), |selector| selector.fmt(formatter))
    }
}

/// Whether two rules say different things about a packet that both select.
fn differ(one: &FlowBindingFacts<'_>, other: &FlowBindingFacts<'_>) -> bool {
    let forwards = one.action() == Action::Forward;
    one.action() != other.action() || (forwards && one.bids() != other.bids())
}

/// Whether every end of a range has a start, and no range ends before it begins (TS-001, TS-002, TS-003).
fn has_sound_ranges(selector: &TrafficSelector) -> bool {
    fn sound<T: Copy + PartialOrd>(bounds: Bounds<T>) -> bool {
        match (bounds.start, bounds.end) {
            (Some(start), Some(end)) => start <= end,
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }
    sound(selector.source_address)
        && sound(selector.destination_address)
        && sound(selector.spi)
        && sound(selector.flow_label_bits())
        && sound(selector.source_port)
        && sound(selector.destination_port)
        && sound(selector.ds_bits())
        && sound(selector.protocol)
}

/// Whether one packet can be selected by both rules: their ranges meet in every field.
fn intersect(one: &FlowBindingFacts<'_>, other: &FlowBindingFacts<'_>) -> bool {
    fn meet<T: Copy + PartialOrd>(one: Bounds<T>, other: Bounds<T>) -> bool {
        match (one.range_or_single(), other.range_or_single()) {
            (Some((start, end)), Some((other_start, other_end))) => start <= other_end && other_start <= end,
            _ => true,
        }
    }
    let (Some(one), Some(other)) = (one.selector(), other.selector()) else { return false };
    one.format == other.format
        && meet(one.source_address, other.source_address)
        && meet(one.destination_address, other.destination_address)
        && meet(one.spi, other.spi)
        && meet(one.flow_label_bits(), other.flow_label_bits())
        && meet(one.source_port, other.source_port)
        && meet(one.destination_port, other.destination_port)
        && meet(one.ds_bits(), other.ds_bits())
        && meet(one.protocol, other.protocol)
}
