//! How often and for how long: pace, silence, expiry (REG).

use crate::rules::facts::{Asking, Expired, Leg, Traits, Unanswered};
use crate::rules::finder::Finder;
use crate::rules::memory::{IN_USE, Track};
use crate::rules::rule::Check;
use crate::rules::words::seconds;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::expiry;
use crate::time::Timestamp;
use crate::wire::low_half;

pub static REG_015: Rule = Rule {
    id: "REG-015",
    title: "Requests for one binding less than a second apart",
    level: Level::Must,
    source: "RFC 5944 §3.6, §3.6.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ captured less than 0.95 s after the previous RRQ with the same session, leg, Care-of \
        Address and BID (or absence of MP), when that previous RRQ was still unanswered.",
    why: "\
        Overload and lockout risk at the home agent; several interfaces registering at the same moment are \
        different Care-of Addresses and do not count.",
    example: "a request, and 0.5 s later, without a reply between them, another for the same binding",
    check: Check::Request(Traits::NONE, comes_too_soon),
};

/// Whether a reply of which not even the fixed part was captured may have come since a time, to the source of the
/// track's last request or to that of this request.
fn may_be_answered(asking: &Asking<'_, '_, '_>, track: &Track, since: Timestamp) -> bool {
    let span = asking.time().since(since);
    let to = |end| asking.world.unread.saw_between((asking.message.destination, end), asking.time(), span);
    to(asking.message.source) || to(track.source)
}

fn comes_too_soon(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(track) = asking.session.track(asking.asked).filter(|track| !track.hides_bid) else { return };
    let last = track.hasty(asking.time());
    if let Some(last) = last.filter(|last| !may_be_answered(asking, track, last.place.time)) {
        finder.fires(format!(
            "{} after the request #{} for the same binding, which is unanswered; at least 1 s has to pass \
             (RFC 5944 §3.6.3)",
            seconds(asking.time().since(last.place.time)),
            last.place.frame
        ));
    }
}

pub static REG_016: Rule = Rule {
    id: "REG-016",
    title: "Retransmission interval does not back off",
    level: Level::Should,
    source: "RFC 5944 §3.6.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Within a series of unanswered RRQs with the same session, leg, Care-of Address and BID, fires on the \
        third and later RRQ when the gap to its predecessor is under 1.8 times the previous gap and under \
        the requested Lifetime.",
    why: "Fixed-interval retry from many nodes after an outage delays recovery of the home agent.",
    example: "unanswered requests for one binding at 0 s, 2 s and 4 s: gaps of 2 s and 2 s",
    check: Check::Request(Traits::NONE, does_not_back_off),
};

fn does_not_back_off(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(track) = asking.session.track(asking.asked).filter(|track| !track.hides_bid) else { return };
    let Some(before) = track.unanswered_gap() else { return };
    let gap = asking.time().since(track.last.place.time);
    let wanted = asking.request.lifetime;
    let is_within_lifetime = expiry(track.last.place.time, wanted).is_none_or(|end| asking.time() < end);
    // 1.8 times the gap before. Where the clock of the capture went back, a gap does not count.
    let is_short = gap >= 0 && before >= 0 && gap.saturating_mul(10) < before.saturating_mul(18);
    if is_short
        && is_within_lifetime
        && !may_be_answered(asking, track, asking.time().before(gap.saturating_add(before)))
    {
        finder.fires(format!(
            "{} after the unanswered request #{}, and the gap before was {}; each should be at least twice the one \
             before (RFC 5944 §3.6.3)",
            seconds(gap),
            track.last.place.frame,
            seconds(before)
        ));
    }
}

pub static REG_017: Rule = Rule {
    id: "REG-017",
    title: "Registration Request left unanswered",
    level: Level::Should,
    source: "RFC 5944 §3.8.2, §3.8.2.3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRQ on the HA leg for which no RRP of the session with its ID.lo appears within T_PAIR, \
        provided the capture goes on for T_PAIR, the RRQ has an AE, EXT-001 did not fire on it, it has no \
        unknown extension type (D3) in 0-127, and no later RRQ with the same session, Care-of Address and \
        BID arrives within T_PAIR (so only the last of a series is reported).",
    why: "\
        Either packets are lost, the home agent has no security association with the node, or it silently \
        dropped a request it could not parse (see EXT-004).",
    example: "an authenticated request to the home agent; 10 s pass without a reply or another request",
    check: Check::Unanswered(got_no_reply),
};

fn got_no_reply(unanswered: &Unanswered<'_>, finder: &mut Finder<'_>) {
    let Unanswered { asked, session, world } = unanswered;
    let is_clear = asked.said.is_authorized && asked.said.is_whole && !asked.said.has_unknown_critical;
    let low = low_half(asked.request.identification);
    let timeout = world.options.reply_timeout;
    // A reply of which not even the fixed part was captured.
    let had_unread = || {
        world.unread.saw_between((asked.destination, asked.source), asked.place.time.after(timeout), timeout)
    };
    if asked.leg == Leg::HomeAgent
        && is_clear
        && !had_unread()
        && !session.is_followed(asked)
        && !session.passed.has_reply(low, asked.place.time)
    {
        finder.fires(format!(
            "no reply from {} within the reply timeout; it should answer every request that it can parse \
             (RFC 5944 §3.8.2)",
            asked.destination.ip()
        ));
    }
}

pub static REG_018: Rule = Rule {
    id: "REG-018",
    title: "Binding allowed to expire while in use",
    level: Level::Should,
    source: "RFC 5944 §3.6.2.2, §3.8.2.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on the last accepted RRP of a binding when the binding expires and a data packet of that \
        session used its tunnel endpoint, in either direction, during the 60 s before expiry.",
    why: "\
        Traffic stops or moves to another path without warning because the node did not re-register in time.",
    example: "a binding of 192.0.2.1 for 60 s, a packet from 192.0.2.1 50 s later, and no refresh",
    check: Check::Expiry(expires_in_use),
};

fn expires_in_use(expired: &Expired<'_>, finder: &mut Finder<'_>) {
    let binding = expired.binding;
    let Some(last) = expired.session.traffic.last_use(binding.far_end) else { return };
    let idle = expired.time.since(last);
    // A message that was not captured may have renewed the binding.
    if !(0..=IN_USE).contains(&idle) || expired.session.is_obscured() {
        return;
    }
    let name = match binding.bid() {
        Some(bid) => format!("BID {} at {}", bid.octet(), binding.care_of_address),
        None => format!("the binding of {}", binding.care_of_address),
    };
    // Not all packets are looked at one by one, so this packet need not be the last. The reply may be that of a bulk
    // renewal, and the binding older than the reply.
    finder.fires(format!(
        "{name} expired {} s after this reply, and a packet used it {} before its end; the node should register again in \
         time (RFC 5944 §3.6.2.2)",
        binding.lifetime,
        seconds(idle)
    ));
}
