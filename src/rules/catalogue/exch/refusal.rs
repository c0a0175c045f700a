//! Codes 152 and 153, and what follows them (EXCH).

use super::known::KnownBids;
use crate::counted::counted;
use crate::rules::facts::{Answering, Asking, OctetSet, Traits, fields, octets_of};
use crate::rules::finder::Finder;
use crate::rules::memory::{Asked, FlowRule, Session, T_ACT, Track};
use crate::rules::rule::Check;
use crate::rules::words::{bids, bids_are, seconds};
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::Bid;
use crate::wire::{Action, ReplyCode};

/// How far back unanswered requests count for EXCH-011, in nanoseconds.
const LOOKS_BACK: i64 = 600_000_000_000;

pub static EXCH_001: Rule = Rule {
    id: "EXCH-001",
    title: "Multipath still used after MULTIPATH_NOT_ALLOWED",
    level: Level::Must,
    source: "RFC 7629 §4.3, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ that contains Type 154 Sub-Type 1 and is captured more than GRACE after an RRP with \
        code 152 to the same session, unless an RRQ with MP of that session was accepted in between.",
    why: "\
        The node must switch multipath off for this home agent; it now loops on refused requests and may \
        have no service at all.",
    example: "a request with a Multipath extension, refused with 152; 5 s later another with one",
    check: Check::Request(Traits::MULTIPATH, still_uses_multipath),
};

fn still_uses_multipath(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(extension) = asking.message.multipaths().next() else { return };
    if let Some(refused) = asking.session.forbidden_since(asking.time()) {
        finder
            .fires(format!(
                "a Multipath extension {} after the home agent refused multipath with {}; the node has to do without \
                 (RFC 7629 §4.3, §5.1)",
                seconds(asking.time().since(refused)),
                asking.message.message.numbers().multipath_not_allowed
            ))
            .at(octets_of(extension));
    }
}

pub static EXCH_002: Rule = Rule {
    id: "EXCH-002",
    title: "Home agent contradicts its own multipath verdict",
    level: Level::Note,
    source: "RFC 7629 §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on (a) an RRP with code 152 while the session has a live BID-keyed binding, or (b) an accepted \
        RRP answering an RRQ with a usable MP when the previous RRP from the same home agent to that session \
        for an RRQ with MP had code 152.",
    why: "\
        The authorization changed during the session, or replicas behind one address are configured \
        differently.",
    example: "BID 1 is accepted; the request of BID 2 is refused with 152",
    check: Check::Reply(Traits::NONE, contradicts_itself),
};

fn contradicts_itself(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let refusal = answering.message.message.numbers().multipath_not_allowed;
    if answering.reply.code.0 == refusal {
        let live: Vec<u8> =
            answering.live_before().filter_map(|binding| binding.bid().map(Bid::octet)).collect();
        if !live.is_empty() {
            finder
                .fires(format!(
                    "refuses multipath with {refusal} while it has given the node {} (RFC 7629 §5.2)",
                    bids(live)
                ))
                .at(fields::CODE);
        }
        return;
    }
    let Some(bid) = answering.asked.filter(|_| answering.accepts()).and_then(Asked::usable_bid) else {
        return;
    };
    let is_refusal =
        |(_, home_agent, code)| (home_agent, code) == (answering.reply.home_agent, ReplyCode(refusal));
    if answering.session.last_multipath_reply.is_some_and(is_refusal) {
        finder
            .fires(format!(
                "accepts BID {bid}, and the last request with a Multipath extension was refused with {refusal} \
                 (RFC 7629 §5.2)"
            ))
            .at(fields::CODE);
    }
}

pub static EXCH_004: Rule = Rule {
    id: "EXCH-004",
    title: "No re-registration after INVALID_FB_IDENTIFIER",
    level: Level::Must,
    source: "RFC 7629 §4.3, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 153 when, during T_ACT after it, the session sends no RRQ with Lifetime \
        above 0 that has the BID of the refused RRQ's usable MP (or its Care-of Address if it had no usable \
        MP), provided the capture goes on for T_ACT.",
    why: "\
        The binding whose request was refused must be registered again; otherwise that path is missing until \
        the old lifetime ends.",
    example: "the request of BID 2 is refused with 153; 60 s pass without another request of BID 2",
    check: Check::Reply(Traits::REFUSES, does_not_try_again),
};

fn does_not_try_again(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let refusal = answering.message.message.numbers().invalid_fb_identifier;
    let is_named = |asked: &&Asked| !asked.said.hides_its_bid();
    let Some(asked) = answering.asked.filter(is_named).filter(|_| answering.reply.code.0 == refusal) else {
        return;
    };
    let (time, frame) = (answering.time(), answering.message.place.frame);
    let (address, wanted) = (asked.request.care_of_address, asked.usable_bid());
    let name = wanted.map_or_else(|| format!("Care-of Address {address}"), |bid| format!("BID {bid}"));
    let asker = answering.world.asker(asked, answering.observer);
    let born = |slot: u32| Some((slot, answering.observer.node(slot)?.birth()));
    let nodes = [asker, answering.slot].map(|slot| slot.and_then(born));
    let is_retry = move |track: &Track| {
        let is_it = wanted.map_or(track.care_of_address == address, |bid| track.bid == Some(bid));
        (is_it || track.hides_bid) && track.registering.is_some_and(|registering| registering > frame)
    };
    let until = time.after(T_ACT);
    let home_address = asked.request.home_address;
    finder
        .fires(format!(
            "no registration of {name} in the {} after the request #{} was refused with {refusal}; the node has to \
             register again (RFC 7629 §4.3, §5.1)",
            seconds(T_ACT),
            asked.place.frame
        ))
        .at(fields::CODE)
        .later(until, false, move |world, observer| {
            // The node may have turned out to be another name of a node since. Where it fell out, what it did is forgotten.
            let mut nodes = nodes.iter().flatten().map(|node| world.now(*node, time, observer));
            // The new registration may be among the messages that were cut.
            let tries_again = |session: &Session| session.is_obscured() || session.tracks.iter().any(is_retry);
            !nodes.any(|node| node.is_none_or(|node| world.session(node, observer).is_some_and(tries_again)))
                && !world.unread.saw_request_of(home_address, until, T_ACT)
        });
}

pub static EXCH_005: Rule = Rule {
    id: "EXCH-005",
    title: "Retry after 153 repeats the unusable BIDs",
    level: Level::Note,
    source: "RFC 7629 §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRQ with a FORWARD list captured within T_ACT after an RRP with code 153 to \
        the same session, when the union of BIDs in its FORWARD lists equals that of the refused RRQ and \
        contains neither a live BID nor the BID of its own usable MP.",
    why: "\
        The node obeys the letter of the text but will be refused again; the policy has to change, or the \
        bindings have to be registered first.",
    example: "FORWARD to BID 7, which is not live, refused with 153; a second later again FORWARD to BID 7",
    check: Check::Request(Traits::FLOW_BINDING, repeats_unusable_bids),
};

fn repeats_unusable_bids(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let listed = asking.asked.said.forward_bids();
    if !asking.anchored || listed.is_empty() {
        return;
    }
    let Some(refused) = asking.session.refusal_of(&listed, asking.time()) else { return };
    let known = KnownBids::among(asking.live(), asking.asked);
    if !known.has_any(&listed) {
        finder.fires(format!(
            "FORWARD rules list {} again, {} after they were refused with {}, and {} (RFC 7629 §5.1, §5.2)",
            bids(listed.iter()),
            seconds(asking.time().since(refused)),
            asking.message.message.numbers().invalid_fb_identifier,
            known.title()
        ));
    }
}

pub static EXCH_008: Rule = Rule {
    id: "EXCH-008",
    title: "INVALID_FB_IDENTIFIER although every BID is known",
    level: Level::Note,
    source: "RFC 7629 §4.3, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRP with code 153 answering an RRQ that contains at least one FORWARD list \
        when every BID in every FORWARD list is live or is that of the RRQ's usable MP. The finding says if \
        a BID is alive only because of a bulk renewal (MP.B).",
    why: "\
        The home agent lost a binding or its bulk renewal, does not count the binding being registered, or \
        tripped over the BID of a DROP rule.",
    example: "BIDs 1 and 2 are live; a request of BID 2 with FORWARD to BIDs 1 and 2; refused with 153",
    check: Check::Reply(Traits::REFUSES.and(Traits::ASKED_FLOW_BINDING), refuses_what_it_knows),
};

fn refuses_what_it_knows(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let refusal = answering.message.message.numbers().invalid_fb_identifier;
    let is_judged = answering.reply.code.0 == refusal && answering.anchored;
    let Some(asked) = answering.asked_lately().filter(|_| is_judged) else { return };
    let known = KnownBids::of(answering, asked);
    let listed = asked.said.forward_bids();
    if listed.is_empty() || !known.has_all(&listed) {
        return;
    }
    let (session, time) = (answering.session, answering.time());
    let by_bulk: Vec<u8> = answering
        .live_before()
        .filter(|binding| session.is_bulk_only(binding, time))
        .filter_map(|binding| binding.bid().map(Bid::octet))
        .filter(|bid| listed.has(*bid))
        .collect();
    let bulk = if by_bulk.is_empty() {
        String::new()
    } else {
        format!("; {} so only by a bulk renewal", bids_are(by_bulk))
    };
    finder
        .fires(format!(
            "refuses the request #{} with {refusal}, and in its FORWARD rules {} live or registered by it{bulk} \
             (RFC 7629 §4.3, §5.2)",
            asked.place.frame,
            bids_are(listed.iter())
        ))
        .at(fields::CODE);
}

pub static EXCH_009: Rule = Rule {
    id: "EXCH-009",
    title: "Code 152 or 153 for a request without the matching extension",
    level: Level::Note,
    source: "RFC 7629 §4.3, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 152 answering an RRQ without Type 154 Sub-Type 1, or with code 153 \
        answering an RRQ without Type 154 Sub-Type 2.",
    why: "\
        The node cannot act on the code; it points to stale state in the home agent or to a foreign agent \
        that stripped the extension.",
    example: "a request without a Multipath extension; refused with 152",
    check: Check::Reply(Traits::REFUSES, refuses_what_was_not_asked),
};

fn refuses_what_was_not_asked(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|asked| asked.said.is_whole) else { return };
    let numbers = answering.message.message.numbers();
    let code = answering.reply.code.0;
    let missing = if code == numbers.multipath_not_allowed && !asked.said.has_multipath {
        "Multipath"
    } else if code == numbers.invalid_fb_identifier && !asked.said.has_flow_binding {
        "Flow-Binding"
    } else {
        return;
    };
    finder
        .fires(format!(
            "Code {code} in answer to the request #{}, which has no {missing} extension (RFC 7629 §4.3)",
            asked.place.frame
        ))
        .at(fields::CODE);
}

pub static EXCH_011: Rule = Rule {
    id: "EXCH-011",
    title: "Home agent seems not to know the Multipath extension",
    level: Level::Note,
    source: "RFC 7629 §4.1, §5.2; RFC 5944 §1.8",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on an RRP answering an RRQ without Type 154 when, in the preceding 600 s, at least two RRQs \
        with Type 154 and different ID of the same session stayed unanswered for T_PAIR, and no RRQ with \
        Type 154 to that home agent address was ever answered with an HA code. Once per session.",
    why: "\
        A legacy agent misparses Type 154 and stays silent, so only dropping the extension gives service; \
        compare EXT-004.",
    example: "two requests with extension 154 stay unanswered; one without it is answered",
    check: Check::Reply(Traits::ASKED_WITHOUT_FAMILY, seems_not_to_know_multipath),
};

fn seems_not_to_know_multipath(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let plain = |asked: &&Asked| asked.said.is_whole && !asked.said.has_family;
    let Some(asked) = answering.asked.filter(plain) else { return };
    let knows = |address| answering.world.knows_family.contains(&address);
    if knows(asked.request.home_agent) || knows(answering.reply.home_agent) {
        return;
    }
    let silent = answering.session.unanswered_family_within(answering.time(), LOOKS_BACK);
    if silent >= 2 {
        finder
            .fires(format!(
                "answers the request #{} without extension {}, and {silent} with it stayed unanswered; the agent seems \
                 not to know it (RFC 7629 §4.1, RFC 5944 §1.8)",
                asked.place.frame,
                answering.message.message.numbers().multipath_family
            ))
            .once(0);
    }
}

pub static EXCH_014: Rule = Rule {
    id: "EXCH-014",
    title: "DROP policy refused because of its placeholder BID",
    level: Level::Should,
    source: "RFC 7629 §4.2, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with code 153 answering an RRQ whose FBs, at least one, all have Action 0 and break \
        none of FB-001, FB-003 and FB-008.",
    why: "\
        The single BID of a DROP rule is a filler that receivers should disregard; an agent that looks it up \
        makes filtering rules impossible.",
    example: "a request with DROP and BID list 1; refused with 153",
    check: Check::Reply(Traits::REFUSES.and(Traits::ASKED_FLOW_BINDING), looks_up_the_filler),
};

fn looks_up_the_filler(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let refusal = answering.message.message.numbers().invalid_fb_identifier;
    let Some(asked) = answering.asked.filter(|_| answering.reply.code.0 == refusal) else { return };
    // FB-001, FB-003 and FB-008.
    let is_sound = |rule: &FlowRule| !rule.overruns && rule.bids.len() == 1 && rule.ts_format != 0;
    let rules = asked.said.whole_policy();
    if !rules.is_empty() && rules.iter().all(|rule| rule.action == Action::Drop && is_sound(rule)) {
        // Many rules can have the same filler.
        let fillers: OctetSet = rules.iter().flat_map(|rule| rule.bids.iter().copied()).collect();
        let fill = counted(fillers.iter().count(), "filler").verb("fills", "fill");
        finder
            .fires(format!(
                "refuses the request #{} with {refusal}, and all its Flow-Bindings are DROP, whose {} only {fill} the \
                 place and should be disregarded (RFC 7629 §4.2)",
                asked.place.frame,
                bids(fillers.iter())
            ))
            .at(fields::CODE);
    }
}
