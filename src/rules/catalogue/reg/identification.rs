//! Identification and replay protection (REG).

use crate::rules::facts::{Answering, Asking, Traits, fields};
use crate::rules::finder::Finder;
use crate::rules::memory::{Asked, GRACE, Registered};
use crate::rules::rule::Check;
use crate::rules::words::seconds;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::expiry;
use crate::wire::{high_half, low_half};

pub static REG_010: Rule = Rule {
    id: "REG-010",
    title: "Reply does not copy the low half of the Identification",
    level: Level::Must,
    source: "RFC 5944 §3.6.2.1, §5.7",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP whose IP/UDP 4-tuple is the reverse of that of an unanswered RRQ at most T_PAIR \
        older with the same Home Address, when the RRP's ID.lo equals that of no RRQ of the session in the \
        last T_PAIR.",
    why: "\
        The mobile node and any foreign agent must throw the reply away, so a registration that the home \
        agent accepted fails at the other end.",
    example: "a request with Identification ..0102030a; the reply to it has ..0102030b, which no request had",
    check: Check::Reply(Traits::STRAY, copies_no_low_half),
};

fn copies_no_low_half(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    if answering.asked.is_some() {
        return;
    }
    let reply = answering.reply;
    let low = low_half(reply.identification);
    // Nodes without a home address are told apart by their NAIs (D7).
    let is_of_node = |asked: &Asked| {
        answering.slot.is_none() || answering.world.asker(asked, answering.observer) == answering.slot
    };
    let is_theirs = |asked: &&Asked| {
        asked.request.home_address == reply.home_address
            && (!reply.home_address.is_unspecified() || is_of_node(asked))
    };
    // Where the clock went back to before the latest copy of a request, this reply does not count as its reply, but
    // still has its low half.
    let has_it = |asked: &Asked| low_half(asked.request.identification) == low;
    if answering.asked_on_this_path().filter(is_theirs).any(has_it) {
        return;
    }
    let waits = |asked: &&Asked| is_theirs(asked) && !answering.world.recent.is_answered(asked);
    // The reply to the request that waits may be one of which not even the fixed part was captured, and so may the
    // request that this reply answers.
    let had_unread = || {
        let (unread, timeout) = (&answering.world.unread, answering.world.options.reply_timeout);
        let way = (answering.message.source, answering.message.destination);
        unread.saw_between(way, answering.time(), timeout)
            || unread.saw_request_of(reply.home_address, answering.time(), timeout)
    };
    let waiting = answering.asked_on_this_path().find(waits);
    if let Some(asked) = waiting.filter(|_| !had_unread() && !answering.may_answer_nameless()) {
        finder
            .fires(format!(
                "the low half of the Identification is {low:#010x}, and that of the request #{} is {:#010x}; the reply \
                 copies it (RFC 5944 §5.7)",
                asked.place.frame,
                low_half(asked.request.identification)
            ))
            .at(fields::REPLY_IDENTIFICATION);
    }
}

pub static REG_011: Rule = Rule {
    id: "REG-011",
    title: "Unsolicited Registration Reply",
    level: Level::Must,
    source: "RFC 5944 §3.8, §4.2.3, §3.7",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on an RRP that answers no RRQ (D8) and whose IP/UDP 4-tuple is the reverse of that of no RRQ \
        in the preceding T_PAIR. Not evaluated in the first T_PAIR of the capture.",
    why: "\
        Agents may only speak when asked; a spontaneous reply is a replay, a spoofing attempt or a home \
        agent announcing expiry, which is forbidden.",
    example: "a reply 30 s after the last request between these two, in the middle of a capture",
    check: Check::Reply(Traits::STRAY, was_not_asked_for),
};

fn was_not_asked_for(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let timeout = answering.world.options.reply_timeout;
    let since_start = answering.world.started.map_or(0, |started| answering.time().since(started));
    // An unread request from elsewhere may have asked for this reply.
    let was_asked = || {
        let (unread, home_address) = (&answering.world.unread, answering.reply.home_address);
        answering.asked_on_this_path().next().is_some()
            || answering.saw_unread_request()
            || unread.saw_request_of(home_address, answering.time(), timeout)
    };
    if answering.asked.is_none() && since_start >= timeout && !was_asked() {
        finder.fires(format!(
            "a reply with Code {} to {}, and no request from there in the {} before; an agent only answers \
             (RFC 5944 §3.7, §3.8)",
            answering.reply.code.0,
            answering.message.destination,
            seconds(timeout)
        ));
    }
}

pub static REG_012: Rule = Rule {
    id: "REG-012",
    title: "Accepted reply does not echo the full timestamp",
    level: Level::Must,
    source: "RFC 5944 §5.7.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP answering a timestamp-style RRQ (D16) when the RRP's ID.hi differs from the \
        RRQ's.",
    why: "\
        A changed upper half on success signals a home agent that runs nonces against a node that runs \
        timestamps; the next registration will fail with 133.",
    example: "a request with Identification ea056fa2 00000100; accepted by a reply with 00000007 00000100",
    check: Check::Reply(Traits::NONE, changes_the_timestamp),
};

fn changes_the_timestamp(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|asked| asked.is_timestamp && answering.accepts()) else {
        return;
    };
    let (found, sent) = (high_half(answering.reply.identification), high_half(asked.request.identification));
    if found != sent {
        finder
            .fires(format!(
                "accepted with {found:#010x} as the high half of the Identification, and the request #{} has the \
                 timestamp {sent:#010x}; it has to come back unchanged (RFC 5944 §5.7.1)",
                asked.place.frame
            ))
            .at(fields::REPLY_IDENTIFICATION);
    }
}

pub static REG_013: Rule = Rule {
    id: "REG-013",
    title: "Identification repeated or going backwards",
    level: Level::Must,
    source: "RFC 5944 §3.6.3, §5.7, §5.7.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ when (a) it is timestamp style (D16) and its 64-bit ID is less than or equal to that \
        of at least one earlier RRQ of the same session, leg and Care-of Address; or (b) it is not timestamp \
        style, its 64-bit ID equals that of the immediately preceding RRQ of the session on the same leg, \
        and the UDP payloads differ. Comparing per Care-of Address in (a) keeps cross-path reordering out.",
    why: "\
        The home agent must answer 133, so the binding is not refreshed; it also hides genuine replays.",
    example: "Identification ea056fa2 00000100, then ea056fa1 00000100 for the same Care-of Address",
    check: Check::Request(Traits::NONE, does_not_rise),
};

fn does_not_rise(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let (asked, session) = (asking.asked, asking.session);
    let identification = asking.request.identification;
    if asked.is_timestamp {
        let address = asking.request.care_of_address;
        let Some(highest) = session.highest(asked.leg, address).filter(|highest| identification <= *highest)
        else {
            return;
        };
        let relation =
            if identification == highest { "repeats an earlier one" } else { "is below an earlier one" };
        finder
            .fires(format!(
                "Identification {identification:#018x} {relation} for Care-of Address {address}, {highest:#018x}; a \
                 timestamp has to rise (RFC 5944 §5.7.1)"
            ))
            .at(fields::REQUEST_IDENTIFICATION);
    } else if session
        .last_on(asked.leg)
        .filter(|(last, _)| *last == identification)
        .and_then(|(_, payload)| payload.zip(asked.said.payload))
        .is_some_and(|(last, payload)| last != payload)
    {
        finder
            .fires(format!(
                "Identification {identification:#018x} is that of the request before, which was another; each has to \
                 have its own (RFC 5944 §3.6.3, §5.7)"
            ))
            .at(fields::REQUEST_IDENTIFICATION);
    }
}

pub static REG_014: Rule = Rule {
    id: "REG-014",
    title: "No resynchronisation after code 133",
    level: Level::Must,
    source: "RFC 5944 §3.6.2.3, §5.7",
    subject: Subject::MobileNode,
    scope: Scope::Exchange,
    fires: "\
        Fires on the first RRQ of a session sent after an RRP with code 133 to that session, if (a) the \
        rejected RRQ was timestamp style and the new ID.hi differs by more than 7 from the RRP's ID.hi plus \
        the whole seconds elapsed since that RRP; or (b) it was not timestamp style and the new ID.hi \
        differs from the RRP's ID.hi. Excludes RRQs captured less than 0.1 s after the RRP.",
    why: "\
        The node will be rejected again and again; typical of a bad clock or of a multipath client that \
        keeps one Identification state per interface.",
    example: "code 133 with Identification ea057000 ..; 2 s later a request with ea056fa4 .. and not ea057002 ..",
    check: Check::Request(Traits::NONE, does_not_resynchronise),
};

fn does_not_resynchronise(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(rejected) = &asking.session.rejected else { return };
    if rejected.is_refused_on_other_leg(asking.asked) {
        return;
    }
    let identification = asking.request.identification;
    let Some(off) =
        rejected.deviation(identification, asking.time()).filter(|_| !rejected.is_in_flight(asking.time()))
    else {
        return;
    };
    let (found, frame) = (high_half(identification), rejected.answer.place.frame);
    let message = if rejected.was_timestamp {
        format!(
            "the timestamp is {found:#010x}, {off} s off the clock of the home agent that refused with 133 at #{frame}; \
             it has to be taken over (RFC 5944 §5.7.1)"
        )
    } else {
        format!(
            "the high half of the Identification is {found:#010x}, and the refusal with 133 at #{frame} gave {:#010x} as \
             the next nonce; it has to be taken over (RFC 5944 §5.7.2)",
            high_half(rejected.answer.reply.identification)
        )
    };
    finder.fires(message).at(fields::REQUEST_IDENTIFICATION);
}

pub static REG_028: Rule = Rule {
    id: "REG-028",
    title: "Duplicate of a current registration extends its lifetime",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP answering an RRQ whose Home Address, Care-of Address and 64-bit ID equal \
        those of the RRQ that created or last refreshed a live binding of finite expiry, when RRP time plus \
        its Lifetime is later than that expiry by more than GRACE.",
    why: "Replaying one captured request would keep a binding alive for ever.",
    example: "a request accepted for 600 s; the same octets again 60 s later, accepted for 600 s again",
    check: Check::Reply(Traits::NONE, duplicate_extends),
};

fn duplicate_extends(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|_| answering.accepts()) else { return };
    let lifetime = answering.reply.lifetime;
    // A second reply to the same request does not make the request a duplicate.
    let is_same =
        |registered: &&Registered| registered.has_name_of(asked) && registered.asked < asked.place.frame;
    if !answering.session.registered.iter().any(|registered| is_same(&registered)) {
        return;
    }
    for binding in answering.live_before() {
        let registered = answering.session.registered_at(binding.frame).filter(is_same);
        let (Some(expires), Some(registered)) = (binding.expires, registered) else { continue };
        let gained = expiry(answering.time(), lifetime).map(|extended| extended.since(expires));
        if gained.is_none_or(|gained| gained > GRACE) {
            let gain = gained.map_or("for ever".to_owned(), |gained| format!("by {}", seconds(gained)));
            finder
                .fires(format!(
                    "the request #{} has the Identification of the current registration, #{}, and its acceptance extends \
                     that {gain}; a duplicate leaves the lifetime as it is (RFC 5944 §3.8.2.2)",
                    asked.place.frame, registered.asked
                ))
                .at(fields::LIFETIME);
            return;
        }
    }
}
