//! What home agents accept, and replies that disagree (EXCH).

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::known::KnownBids;
use crate::rules::facts::{Answering, LiveBids, Traits, fields, octets_of};
use crate::rules::finder::Finder;
use crate::rules::memory::FlowRule;
use crate::rules::rule::Check;
use crate::rules::words::{action, bids, seconds};
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::NormalSelector;
use crate::wire::ReplyCode;

pub static EXCH_003: Rule = Rule {
    id: "EXCH-003",
    title: "Multipath request accepted with code 1",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2; RFC 5944 §3.4, §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "Fires on an RRP with code 1 answering an RRQ that contains Type 154 Sub-Type 1.",
    why: "\
        Code 1 says that simultaneous bindings are unsupported, and RFC 7629 defines success as code 0 only. \
        The agent may have ignored the extension and dropped the sibling paths; refusing multipath calls for \
        152.",
    example: "a request with a Multipath extension; 03 01 02 58: accepted with Code 1",
    check: Check::Reply(Traits::CODE_1, accepts_with_code_1),
};

fn accepts_with_code_1(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let asked = answering.asked.filter(|asked| asked.said.has_multipath);
    if let Some(asked) =
        asked.filter(|_| answering.reply.code == ReplyCode::ACCEPTED_NO_SIMULTANEOUS_BINDINGS)
    {
        finder
            .fires(format!(
                "Code 1, no simultaneous bindings, for the request #{} with a Multipath extension; 0 accepts that and \
                 {} refuses it (RFC 7629 §5.2)",
                asked.place.frame,
                answering.message.message.numbers().multipath_not_allowed
            ))
            .at(fields::CODE);
    }
}

pub static EXCH_006: Rule = Rule {
    id: "EXCH-006",
    title: "Policy accepted although none of its BIDs exists",
    level: Level::Must,
    source: "RFC 7629 §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an accepted RRP answering an RRQ with Lifetime above 0 and at least one FORWARD \
        list (D6) when no BID in any of its FORWARD lists is live just before the RRP (with MP.O = 1: at \
        all) or equals the BID of the RRQ's usable MP.",
    why: "\
        The home agent must refuse with 153; accepting means that both ends hold a rule that points nowhere.",
    example: "only BID 1 is live; a request of BID 1 with FORWARD to BID 7; accepted",
    check: Check::Reply(Traits::ACCEPTS.and(Traits::ASKED_FLOW_BINDING), accepts_what_points_nowhere),
};

fn accepts_what_points_nowhere(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked_lately().filter(|asked| asked.request.lifetime > 0) else { return };
    // Which bindings were live does not matter where Overwrite ends them.
    let is_known =
        if asked.is_overwrite() { answering.anchored } else { answering.is_anchored_before(asked) };
    if !is_known || !answering.accepts() {
        return;
    }
    let listed = asked.said.forward_bids();
    if listed.is_empty() {
        return;
    }
    let known = KnownBids::of(answering, asked);
    let known = if asked.is_overwrite() { known.without_live() } else { known };
    if !known.has_any(&listed) {
        finder
            .fires(format!(
                "accepts the request #{}, whose FORWARD rules list {}, and {}; it has to be refused with {} \
                 (RFC 7629 §5.2)",
                asked.place.frame,
                bids(listed.iter()),
                known.title(),
                answering.message.message.numbers().invalid_fb_identifier
            ))
            .at(fields::CODE);
    }
}

pub static EXCH_007: Rule = Rule {
    id: "EXCH-007",
    title: "Policy mixes known and unknown BIDs",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRP with code 0, 1 or 153 answering an RRQ with Lifetime above 0 whose \
        FORWARD lists together hold at least one BID that is live or is that of the RRQ's usable MP, and at \
        least one that is neither. The finding says which way the agent decided.",
    why: "\
        'Cannot identify any' reads as none at all or as at least one; agents differ, so the same policy \
        passes at one and fails at another.",
    example: "only BID 1 is live; a request of BID 1 with FORWARD to BIDs 1 and 7; accepted, or refused with 153",
    check: Check::Reply(Traits::ASKED_FLOW_BINDING, decides_a_mixed_policy),
};

fn decides_a_mixed_policy(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked_lately().filter(|asked| asked.request.lifetime > 0) else { return };
    let refuses = answering.reply.code.0 == answering.message.message.numbers().invalid_fb_identifier;
    if !answering.is_anchored_before(asked) || !(refuses || answering.accepts()) {
        return;
    }
    let listed = asked.said.forward_bids();
    if listed.is_empty() {
        return;
    }
    let known = KnownBids::of(answering, asked);
    if known.has_all(&listed) {
        return;
    }
    let (found, missing): (Vec<u8>, Vec<u8>) = listed.iter().partition(|bid| known.has(*bid));
    if !found.is_empty() {
        let decision = if refuses { "refuses" } else { "accepts" };
        finder
            .fires(format!(
                "{decision} the request #{} with Code {}, whose FORWARD rules list {}, which it can know, and {}, which \
                 it cannot; whether one that it knows is enough is not said (RFC 7629 §5.2)",
                asked.place.frame,
                answering.reply.code.0,
                bids(found),
                bids(missing)
            ))
            .at(fields::CODE);
    }
}

pub static EXCH_010: Rule = Rule {
    id: "EXCH-010",
    title: "Malformed multipath request accepted",
    level: Level::Note,
    source: "RFC 7629 §4.1, §4.2, §4.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP answering an RRQ on which at least one must-level rule among \
        MP-001..MP-003, MP-005, MP-007..MP-012, FB-001..FB-006, FB-008, TS-001, TS-002, TS-004, TS-005, \
        TS-007 fired.",
    why: "\
        No code is assigned for these errors, so lenient and strict agents behave differently; the state \
        that was installed is guesswork.",
    example: "a request with BID 255 (MP-008); accepted",
    check: Check::Reply(Traits::ACCEPTS.and(Traits::ASKED_FAULTY), accepts_what_is_malformed),
};

fn accepts_what_is_malformed(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|_| answering.accepts()) else { return };
    if asked.faults.is_empty() {
        return;
    }
    let mut rules: Vec<&str> = asked.faults.rules().collect();
    rules.sort_unstable();
    finder
        .fires(format!(
            "accepts the request #{}, which breaks {}; no code is assigned for that, and agents differ (RFC 7629 §4.3)",
            asked.place.frame,
            rules.join(", ")
        ))
        .at(fields::CODE);
}

pub static EXCH_012: Rule = Rule {
    id: "EXCH-012",
    title: "Registration refused because paths reordered requests",
    level: Level::Note,
    source: "RFC 5944 §5.7.1; RFC 7629 §5.1",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRP with code 133 answering a timestamp-style RRQ (D16) with a usable MP when another \
        RRQ of the session, with a different BID and a greater 64-bit ID, was accepted by an RRP captured at \
        most T_PAIR earlier.",
    why: "\
        Replay protection is one sequence per node, yet requests over a fast and a slow access overtake each \
        other; the slow one is refused through nobody's fault.",
    example: "\
        BID 2 sends its request after BID 1 and is accepted first; the request of BID 1, with the older \
        timestamp, is refused with 133",
    check: Check::Reply(Traits::REFUSES, refuses_who_was_overtaken),
};

fn refuses_who_was_overtaken(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|asked| asked.is_timestamp) else { return };
    let Some(own) = asked.usable_bid().filter(|_| answering.reply.code == ReplyCode::IDENTIFICATION_MISMATCH)
    else {
        return;
    };
    let timeout = answering.world.options.reply_timeout;
    if let Some((other, bid)) = answering.session.passed.overtaker(asked, answering.time(), timeout) {
        finder
            .fires(format!(
                "refuses the request #{} of BID {own} with 133 after that of BID {bid}, #{}, with a later timestamp came \
                 first; replay protection is one sequence for all paths (RFC 5944 §5.7.1)",
                asked.place.frame, other.frame
            ))
            .at(fields::CODE);
    }
}

pub static EXCH_013: Rule = Rule {
    id: "EXCH-013",
    title: "Flow-Binding supplied by the home agent is unusable or contradictory",
    level: Level::Note,
    source: "RFC 7629 §4.2, §5.1, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that contains an FB when (a) its code is neither 0 nor 1; (b) [anchored] a FORWARD \
        list in it holds a BID that is not live once the exchange is applied; or (c) an FB in it has the \
        same TS Format and normalised selector (D11) as an FB of the RRQ but another Action or BID list.",
    why: "\
        Agents may add rules to the reply, but nothing says who wins or how the node refuses, so uplink and \
        downlink can follow different policies.",
    example: "\
        a reply with Code 130 and a Flow-Binding; or FORWARD to BID 1 in the request and, with the same \
        selector, to BID 2 in the reply",
    check: Check::Reply(Traits::FLOW_BINDING, supplies_unusable_flow_bindings),
};

fn supplies_unusable_flow_bindings(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let supplied = &answering.message.flow_bindings;
    let Some(first) = supplied.first() else { return };
    if !answering.accepts() {
        finder
            .fires(format!(
                "a Flow-Binding in a reply with Code {}; nothing was accepted that it could belong to (RFC 7629 §5.2)",
                answering.reply.code.0
            ))
            .at(octets_of(&first.extension));
        return;
    }
    let Some(asked) = answering.asked else { return };
    let live = LiveBids::of(answering.live_after());
    let dead = supplied.iter().find_map(|facts| {
        let bid = facts.forward_list()?.iter().find(|bid| !live.has(**bid))?;
        Some((facts, *bid))
    });
    if let Some((facts, bid)) = dead.filter(|_| answering.anchored_after) {
        finder
            .fires(format!(
                "a FORWARD rule of the home agent lists BID {bid}, which is not live after this reply (RFC 7629 §5.2)"
            ))
            .at(facts.bid_octets());
        return;
    }
    // Looked up by selector, because both messages can be full of Flow-Bindings. Two rules of a selector that say
    // different things are enough: a supplied rule that differs from any rule differs from one of these two.
    let mut asked_for: HashMap<&NormalSelector, SmallVec<[&FlowRule; 2]>, _> =
        HashMap::with_hasher(FixedState::with_seed(answering.world.options.seed));
    for rule in &asked.said.flow_rules {
        if let Some(identity) = &rule.identity {
            let rules = asked_for.entry(identity).or_default();
            if rules.len() < 2 && rules.iter().all(|first| first.says() != rule.says()) {
                rules.push(rule);
            }
        }
    }
    let contradicted = supplied.iter().find_map(|facts| {
        let differs = |rule: &&&FlowRule| rule.says() != (facts.action(), facts.bids());
        let rule = asked_for.get(&facts.identity()?)?.iter().find(differs)?;
        Some((facts, *rule))
    });
    if let Some((facts, rule)) = contradicted {
        finder
            .fires(format!(
                "a rule of the home agent says {}, and with the same selector the request #{} says {}; which of them \
                 wins is not said (RFC 7629 §5.2)",
                action(facts.action(), facts.bids()),
                asked.place.frame,
                action(rule.action, &rule.bids)
            ))
            .at(octets_of(&facts.extension));
    }
}

pub static EXCH_015: Rule = Rule {
    id: "EXCH-015",
    title: "Second reply to one request carries another code",
    level: Level::Note,
    source: "RFC 5944 §3.8, §3.8.2; RFC 7629 §4.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that answers an RRQ already answered on the same leg within T_PAIR when its Code \
        differs from that of the first reply.",
    why: "\
        The node may act on either; typical of replicated home agents, of a foreign agent that times out \
        (78) just before the real answer, or of a forged reply.",
    example: "a request; a reply with Code 0; 30 ms later another reply to it with Code 130",
    check: Check::Reply(Traits::NONE, answers_otherwise),
};

fn answers_otherwise(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked else { return };
    let leg = answering.message.leg;
    let mut earlier = answering.world.recent.replies(asked).filter(|(on, ..)| *on == leg);
    let code = answering.reply.code;
    if let Some((_, first, time)) = earlier.next().filter(|(_, first, _)| *first != code) {
        finder
            .fires(format!(
                "Code {} in answer to the request #{}, which was answered with Code {} {} before (RFC 5944 §3.8)",
                code.0,
                asked.place.frame,
                first.0,
                seconds(answering.time().since(*time))
            ))
            .at(fields::CODE);
    }
}
