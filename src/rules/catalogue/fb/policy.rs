//! Flow policy over time (FB).

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::counted::counted;
use crate::rules::facts::{Answering, Asking, Expired, FlowBindingFacts, LiveBids, MessageFacts, Traits};
use crate::rules::finder::Finder;
use crate::rules::memory::{Asked, Session};
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::{Bid, Binding, Node, Rule as PolicyRule, RuleAction};
use crate::wire::{DualStack, ExtensionType};

pub static FB_010: Rule = Rule {
    id: "FB-010",
    title: "IPv6 selector without registered IPv6 prefix",
    level: Level::Note,
    source: "RFC 7629 §4.2; RFC 5454 §1.4",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ or RRP per FB with TS Format 2 when the RRQ of that exchange carries no Type 152 \
        Sub-Type 1 and no live binding of the session has an IPv6 prefix accepted by a Type 152 Sub-Type 2 \
        with Code 0 or 1.",
    why: "\
        Such a rule can never match. A home agent working in the implicit mode of RFC 5454 may know prefixes \
        that are not signalled.",
    example: "9a 02 ...  01 01 01 02 ...: TS Format 2, and no extension 152 in any registration",
    check: Check::Both(Traits::FLOW_BINDING, ipv6_in_request, ipv6_in_reply),
};

fn ipv6_in_request(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let message = asking.message;
    let asks = message.of_subtype(ExtensionType::DUAL_STACK, DualStack::PREFIX_REQUEST).next().is_some()
        || !message.is_whole();
    if !asks {
        report_ipv6(message, || has_prefix(asking.session, asking.live()), finder);
    }
}

fn ipv6_in_reply(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let asks = |asked: &Asked| asked.said.asks_prefix || !asked.said.is_whole;
    // A request that was not seen may have asked.
    if !answering.asked.is_none_or(asks) {
        let has_prefix = || has_prefix(answering.session, answering.live_before());
        report_ipv6(answering.message, has_prefix, finder);
    }
}

fn report_ipv6(message: &MessageFacts<'_, '_>, has_prefix: impl FnOnce() -> bool, finder: &mut Finder<'_>) {
    let is_ipv6 = |facts: &&FlowBindingFacts<'_>| !facts.overruns && facts.flow_binding.ts_format == 2;
    let mut ipv6 = message.flow_bindings.iter().filter(is_ipv6).peekable();
    // Bindings are searched only where there is something to report.
    if ipv6.peek().is_none() || has_prefix() {
        return;
    }
    for facts in ipv6 {
        finder
            .fires(
                "an IPv6 selector (TS Format 2), and no IPv6 prefix is asked for here or was accepted for a live binding \
                 (RFC 7629 §4.2, RFC 5454 §1.4)",
            )
            .at(facts.ts_format_octet());
    }
}

/// Whether one of these live bindings has an accepted IPv6 prefix.
fn has_prefix<'b>(session: &Session, mut live: impl Iterator<Item = &'b Binding>) -> bool {
    let is_granted =
        |answer: &DualStack| matches!(answer, DualStack::PrefixReply { code, .. } if code.is_accepted());
    let has_one = |binding| {
        let registered = session.registered(binding);
        registered.is_some_and(|registered| registered.granted().prefixes_answered.iter().any(is_granted))
    };
    // A prefix may have been granted in what was not captured.
    session.is_obscured() || live.any(has_one)
}

pub static FB_014: Rule = Rule {
    id: "FB-014",
    title: "Unclear whether earlier flow policy survives",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ once it is accepted with Lifetime above 0 while a policy is in force, if (a) it \
        carries FBs but none for at least one rule of that policy (same TS Format and normalised selector, \
        D11); or (b) it has a usable MP with the BID of the request whose exchange last changed the policy, \
        and carries no FB. (b) fires once per change of the policy.",
    why: "\
        Nothing says if a new set replaces or adds to the old one (D11 assumes it adds), or if a refresh \
        without rules keeps them; afterwards the two ends can route differently.",
    example: "a policy of two rules is in force; a request with a Flow-Binding for one of them alone is accepted",
    check: Check::Reply(Traits::NONE, earlier_rules_left_out),
};

fn earlier_rules_left_out(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.registered().filter(|asked| asked.said.is_whole) else { return };
    let Some(node) = answering.node.filter(|_| answering.live_before().next().is_some()) else { return };
    let before = node.policy().rules().get(..answering.observer.rules_before()).unwrap_or_default();
    if before.is_empty() {
        return;
    }
    let hasher = FixedState::with_seed(answering.world.options.seed);
    let mut asked_for = HashSet::with_hasher(hasher);
    asked_for.extend(asked.said.flow_rules.iter().filter_map(|rule| rule.identity.as_ref()));
    let left_out = before.iter().filter(|rule| !asked_for.contains(&rule.selector)).count();
    if asked.said.has_flow_binding {
        if left_out > 0 {
            finder
                .fires(format!(
                    "the request sets policy and leaves out {left_out} of {} in force; whether what it leaves out \
                     stays is not said (RFC 7629 §4.2, §5.2)",
                    counted(before.len(), "rule")
                ))
                .on(asked.place);
        }
    } else if asked.said.usable.is_some() && asked.usable_bid() == answering.session.policy_by {
        let rules = counted(before.len(), "rule");
        finder
            .fires(format!(
                "the refresh of BID {}, whose request set the policy, carries no Flow-Binding; whether the {rules} in \
                 force {} is not said (RFC 7629 §5.1)",
                asked.usable_bid().unwrap_or_default(),
                rules.verb("stays", "stay")
            ))
            .on(asked.place)
            .once(answering.session.policy_changes);
    }
}

pub static FB_016: Rule = Rule {
    id: "FB-016",
    title: "Preferred path of a rule ended by expiry, not de-registration",
    level: Level::Note,
    source: "RFC 7629 §4.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on the last accepted RRP of a BID-keyed binding at its expiry (not removal) when that BID was \
        the chosen BID of at least one FORWARD rule in force and a later BID of the same list is live.",
    why: "\
        The fallback is defined for a de-registered Care-of Address only; timers at the two ends differ by \
        seconds, and one end may wait for the dead path.",
    example: "FORWARD 1,2 is in force; BID 1 expires and BID 2 lives",
    check: Check::Expiry(preferred_path_expired),
};

fn preferred_path_expired(expired: &Expired<'_>, finder: &mut Finder<'_>) {
    let Some(bid) = expired.binding.bid().map(Bid::octet).filter(|_| !expired.session.is_obscured()) else {
        return;
    };
    let falls_back = |rule: &&PolicyRule| match &rule.action {
        RuleAction::Forward(list) => {
            // Bindings that expire at the same moment were still live before it.
            let mut choices = list.bids().iter().skip_while(|listed| !expired.turn.before.has(**listed));
            choices.next() == Some(&bid) && choices.any(|listed| expired.turn.after.has(*listed))
        }
        RuleAction::Drop { .. } => false,
    };
    let count = expired.node.policy().rules().iter().filter(falls_back).count();
    if count > 0 {
        let count = counted(count, "FORWARD rule");
        finder.fires(format!(
            "BID {bid} expired, the first choice of {count} with a later BID still live; the fallback is \
             defined for de-registration only (RFC 7629 §4.2)"
        ));
    }
}

pub static FB_017: Rule = Rule {
    id: "FB-017",
    title: "FORWARD rule has no usable binding left",
    level: Level::Note,
    source: "RFC 7629 §3, §4.2",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on the RRP that removes a binding, or at an expiry on the last accepted RRP of the expired \
        binding, when after it a FORWARD rule in force has no live BID in its list while the session still \
        has a live binding. Once per rule until one of its BIDs is live again.",
    why: "\
        Figure 2 ends some preference lists with DROP, which the encoding cannot express; hosts either drop \
        the flow or let it leak onto a path the policy meant to avoid.",
    example: "FORWARD 1 is in force, BID 1 and BID 2 are live; BID 1 is de-registered",
    check: Check::ReplyOrExpiry(Traits::REMOVES, exhausted_by_removal, exhausted_by_expiry),
};

fn exhausted_by_removal(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(node) = answering.node.filter(|_| answering.removes_a_binding) else { return };
    // Flow-Bindings of this very exchange may be in what was cut, and may have changed the rule.
    if answering.hides_something() {
        return;
    }
    report_exhausted(node, &LiveBids::of(answering.live_after()), answering.session, finder);
}

fn exhausted_by_expiry(expired: &Expired<'_>, finder: &mut Finder<'_>) {
    report_exhausted(expired.node, &expired.turn.after, expired.session, finder);
}

/// Reports the rules that have no live BID although a binding of the session is live.
fn report_exhausted(node: &Node, live: &LiveBids, session: &Session, finder: &mut Finder<'_>) {
    if live.is_empty() || session.is_obscured() {
        return;
    }
    for (number, (rule, was_told)) in (1..).zip(session.exhausted.among(node.policy())) {
        if !was_told && live.exhaust(rule) {
            let bids: Vec<String> = rule.bids().iter().map(u8::to_string).collect();
            finder.fires(format!(
                "rule {number}, FORWARD to {}, has no live binding left; whether its packets are dropped is not said \
                 (RFC 7629 §4.2, Figure 2)",
                bids.join(",")
            ));
        }
    }
}
