//! Selectors and the point of view they are written from (TS).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::rules::facts::{Answering, Asking, FlowBindingFacts, MessageFacts, Traits};
use crate::rules::finder::Finder;
use crate::rules::memory::{Said, Session};
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{Bounds, DualStack, SelectorField, SelectorFormat, TrafficSelector};

pub static TS_011: Rule = Rule {
    id: "TS-011",
    title: "Selector addresses do not fit the home-agent point of view",
    level: Level::Note,
    source: "RFC 6088 §3.1, §3.2; RFC 7629 §2.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Evaluated when the session's Home Address is known (not 0). A range is its start field through its \
        end field, or the start alone. Fires on an RRQ or RRP per FB (a) with TS Format 1, a destination \
        range present, and that range containing neither the Home Address nor any address of a prefix in a \
        Type 148 seen in the session; (b) with TS Format 2, a destination range present, at least one prefix \
        in a Type 152 seen in the session, and the range meeting none of them; or (c) with TS Format 1 and a \
        source range that contains the Home Address while the destination range is absent or does not \
        contain it.",
    why: "\
        Selectors describe correspondent-to-mobile packets. A rule written from the mobile's side (source = \
        home address) matches nothing at the home agent.",
    example: "\
        01 (TS Format), 80 00 00 00 0a 01 00 01 from node 10.1.0.1: its own address as the source of packets \
        it wants",
    check: Check::Both(Traits::FLOW_BINDING, asking_is_from_the_wrong_side, answering_is_from_the_wrong_side),
};

fn asking_is_from_the_wrong_side(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let own = known(asking.request.home_address).or(asking.node.and_then(|node| node.home_address));
    let message = asking.message;
    if let Some(own) = own {
        is_from_the_wrong_side(message, own, asking.session, &asking.asked.said, finder);
    }
}

fn answering_is_from_the_wrong_side(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let own = known(answering.reply.home_address).or(answering.node.and_then(|node| node.home_address));
    let message = answering.message;
    if let Some(own) = own {
        is_from_the_wrong_side(message, own, answering.session, &answering.answer.said, finder);
    }
}

/// The address, unless it stands for none.
fn known(address: Ipv4Addr) -> Option<Ipv4Addr> {
    Some(address).filter(|address| !address.is_unspecified())
}

/// Reports the selectors of a message that do not fit a node with this home address; `said` is what the message's own
/// extensions say.
fn is_from_the_wrong_side(
    message: &MessageFacts<'_, '_>,
    home_address: Ipv4Addr,
    session: &Session,
    said: &Said,
    finder: &mut Finder<'_>,
) {
    let home = Home::new(home_address, session, message, said);
    for facts in &message.flow_bindings {
        let Some(selector) = facts.selector() else { continue };
        let found = match selector.format {
            SelectorFormat::Ipv4 => ipv4_misfit(selector, &home),
            SelectorFormat::Ipv6 => ipv6_misfit(selector, &home),
        };
        if let Some((field, seen)) = found {
            finder
                .fires(format!("{seen}; selectors describe packets to the mobile node (RFC 6088 §3.1, §3.2)"))
                .at(octets_of_field(facts, selector, field));
        }
    }
}

/// The addresses of a node, as far as they were seen. They are gathered once for all selectors of a message.
struct Home {
    address: Ipv4Addr,
    /// Its mobile networks.
    networks: Ranges<u32>,
    /// Its IPv6 prefixes, and its link-local addresses.
    prefixes: Ranges<u128>,
    /// Whether an IPv6 prefix was seen; a link-local address is none.
    has_prefix: bool,
    /// Whether these are all: others may not have been captured, or have found no room in the session's memory.
    is_known: bool,
}

impl Home {
    fn new(address: Ipv4Addr, session: &Session, message: &MessageFacts<'_, '_>, said: &Said) -> Self {
        let networks = session.networks_seen.iter().copied().chain(said.networks());
        let networks = networks.filter_map(|(prefix, length)| {
            let host_bits = u32::MAX.checked_shr(length.into()).unwrap_or_default();
            let first = u32::from(prefix) & !host_bits;
            (length <= 32).then_some((first, first | host_bits))
        });
        let ipv6 = || session.prefixes_seen.iter().copied().chain(said.prefixes());
        let prefixes = ipv6().filter_map(|(prefix, length)| {
            let length = if length == DualStack::LINK_LOCAL { 128 } else { length };
            let host_bits = u128::MAX.checked_shr(length.into()).unwrap_or_default();
            let first = u128::from(prefix) & !host_bits;
            (length <= 128).then_some((first, first | host_bits))
        });
        Self {
            address,
            networks: Ranges::of(networks),
            prefixes: Ranges::of(prefixes),
            has_prefix: ipv6().any(|(_, length)| length <= 128),
            is_known: session.knows_all_prefixes() && message.is_whole(),
        }
    }
}

/// Ranges of addresses, sorted by their first address, each with the greatest last address of it and all before it.
struct Ranges<T>(Vec<(T, T)>);

impl<T: Copy + Ord> Ranges<T> {
    fn of(ranges: impl Iterator<Item = (T, T)>) -> Self {
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_unstable();
        let mut furthest = None;
        for (_, last) in &mut ranges {
            *last = furthest.map_or(*last, |furthest| (*last).max(furthest));
            furthest = Some(*last);
        }
        Self(ranges)
    }

    /// Whether one of the ranges has an address from `first` to `last`; if `last` is less than `first`, none has.
    fn meet(&self, first: T, last: T) -> bool {
        let begun = self.0.partition_point(|(from, _)| *from <= last);
        let furthest = self.0.get(..begun).and_then(<[_]>::last).map(|(_, to)| *to);
        first <= last && furthest.is_some_and(|furthest| first <= furthest)
    }
}

fn ipv4_misfit(selector: &TrafficSelector, home: &Home) -> Option<(SelectorField, String)> {
    let (source, destination) =
        (ipv4_range(selector.source_address), ipv4_range(selector.destination_address));
    let own = u32::from(home.address);
    let holds_own =
        |range: Option<(u32, u32)>| range.is_some_and(|(first, last)| first <= own && own <= last);
    let address = home.address;
    if let Some((first, last)) = source
        && holds_own(source)
        && !holds_own(destination)
    {
        let range = shown(Ipv4Addr::from(first).into(), Ipv4Addr::from(last).into());
        let seen = format!(
            "selector's source {range} holds the home address {address} and its destination does not"
        );
        return Some((SelectorField::SourceAddress, seen));
    }
    let (first, last) = destination?;
    if !home.is_known || holds_own(destination) || home.networks.meet(first, last) {
        return None;
    }
    let range = shown(Ipv4Addr::from(first).into(), Ipv4Addr::from(last).into());
    let seen = format!(
        "selector's destination {range} holds neither the home address {address} nor a mobile network"
    );
    Some((SelectorField::DestinationAddress, seen))
}

fn ipv6_misfit(selector: &TrafficSelector, home: &Home) -> Option<(SelectorField, String)> {
    let (first, last) = ipv6_range(selector.destination_address)?;
    if !(home.is_known && home.has_prefix) || home.prefixes.meet(first, last) {
        return None;
    }
    let range = shown(Ipv6Addr::from(first).into(), Ipv6Addr::from(last).into());
    let seen = format!("selector's destination {range} meets no IPv6 prefix of the node");
    Some((SelectorField::DestinationAddress, seen))
}

fn ipv4_range(bounds: Bounds<IpAddr>) -> Option<(u32, u32)> {
    match bounds.range_or_single()? {
        (IpAddr::V4(first), IpAddr::V4(last)) => Some((first.into(), last.into())),
        _ => None,
    }
}

fn ipv6_range(bounds: Bounds<IpAddr>) -> Option<(u128, u128)> {
    match bounds.range_or_single()? {
        (IpAddr::V6(first), IpAddr::V6(last)) => Some((first.into(), last.into())),
        _ => None,
    }
}

fn shown(first: IpAddr, last: IpAddr) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// The octets of a field, start to end.
fn octets_of_field(
    facts: &FlowBindingFacts<'_>,
    selector: &TrafficSelector,
    field: SelectorField,
) -> std::ops::Range<usize> {
    let mut values =
        selector.values().filter(|value| value.field == field).map(|value| facts.octets_of(&value));
    let first = values.next().unwrap_or_default();
    let end = values.last().map_or(first.end, |last| last.end);
    first.start..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<(u8, u8)>> {
        let range = (any::<u8>(), 0u8..40).prop_map(|(first, more)| (first, first.saturating_add(more)));
        prop::collection::vec(range, 0..12)
    }

    proptest! {
        /// What is found at one place is found range by range.
        #[test]
        fn ranges_meet_as_one_of_them_does(ranges in ranges(), first: u8, last: u8) {
            let meets = |(from, to): &(u8, u8)| first.max(*from) <= last.min(*to);
            let is_met = ranges.iter().any(meets);
            prop_assert_eq!(Ranges::of(ranges.into_iter()).meet(first, last), is_met);
        }
    }
}
