//! What a registration does to the other bindings of its node (MP).

use crate::rules::facts::{Answering, Asking, Traits};
use crate::rules::finder::Finder;
use crate::rules::memory::{Asked, GRACE};
use crate::rules::rule::Check;
use crate::rules::words::bids;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::{Bid, Binding, expiry};

pub static MP_016: Rule = Rule {
    id: "MP-016",
    title: "Two bindings of one session share a tunnel endpoint",
    level: Level::Note,
    source: "RFC 7629 §2.2, §3; RFC 3519 §4.6",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        Fires on the accepted RRP after which two live BID-keyed bindings of the session have the same \
        tunnel endpoint IP address, once per pair: two interfaces behind one foreign agent (hdr.D = 0), or \
        two UDP-tunnelled paths behind one NAT.",
    why: "\
        The outer header no longer tells which path a packet takes, so policy rules cannot be checked and \
        the home agent may be unable to enforce them.",
    example: "BID 1 and BID 2 both accepted with Care-of Address 192.0.2.1 (D is 0: one foreign agent)",
    check: Check::Reply(Traits::NONE, shared_end),
};

fn shared_end(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    // A pair arises when one of its two bindings is registered; the other pairs were looked at then.
    let Some(bid) = answering.accepted().and_then(Asked::usable_bid) else { return };
    let ends = || {
        let bindings = answering.live_after();
        bindings.filter_map(|binding| Some((binding.bid()?.octet(), binding.far_end.address)))
    };
    let Some((_, end)) = ends().find(|(of, _)| *of == bid) else { return };
    for (other, _) in ends().filter(|(other, address)| *other != bid && *address == end) {
        let (low, high) = (bid.min(other), bid.max(other));
        let key = u64::from(low) << 8 | u64::from(high);
        if !finder.has_told(key) {
            finder
                .fires(format!(
                    "the tunnels of BID {low} and BID {high} both end at {end}; outer headers no longer tell the paths apart"
                ))
                .once(key);
        }
    }
}

pub static MP_019: Rule = Rule {
    id: "MP-019",
    title: "Overwrite removes sibling paths",
    level: Level::Note,
    source: "RFC 7629 §4.1, §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP answering an RRQ with a usable MP, MP.O = 1 and Lifetime above 0 when at \
        least one live BID-keyed binding of the session has another BID. The finding lists the BIDs that D9 \
        removes.",
    why: "\
        §5.1 requires O to update one binding, §4.1 and §5.2 make O replace all of them, so a simple address \
        change can cost every other tunnel. Check what this home agent really did.",
    example: "BID 1 and BID 2 are live; 9a 01 00 04  04 01 01 40 (O) for BID 1 is accepted",
    check: Check::Reply(Traits::ASKED_FLAGS, overwrite_removes),
};

fn overwrite_removes(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    // Granted Lifetime 0, O ends no other binding (D9).
    let Some(asked) = answering.registered() else { return };
    let Some(multipath) = asked.said.usable.filter(|multipath| multipath.overwrite) else { return };
    let others = answering.live_before().filter_map(Binding::bid).map(Bid::octet);
    let removed: Vec<u8> = others.filter(|bid| *bid != multipath.bid).collect();
    if !removed.is_empty() {
        finder.fires(format!(
            "O for BID {} removes {}; §5.1 asks for O to update one binding, §4.1 and §5.2 let it \
             replace all (RFC 7629)",
            multipath.bid,
            bids(removed)
        ));
    }
}

pub static MP_021: Rule = Rule {
    id: "MP-021",
    title: "Bulk flag on a binding that does not exist yet",
    level: Level::Note,
    source: "RFC 7629 §4.1, §5.1, §5.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        [anchored] Fires on an RRQ with a usable MP, MP.B = 1 and Lifetime above 0 whose BID is not live \
        while at least one other binding of the session is.",
    why: "\
        The text describes bulk only as a renewal; whether it also creates the named binding is left open.",
    example: "only BID 1 is live; 9a 01 00 04  08 02 02 80 (B) for BID 2",
    check: Check::Request(Traits::ODD_MULTIPATH, bulk_for_a_new_binding),
};

fn bulk_for_a_new_binding(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let bulk = asking.message.usable.filter(|multipath| multipath.bulk && asking.request.lifetime > 0);
    let Some(multipath) = bulk.filter(|_| asking.anchored) else { return };
    let is_live = |binding: &Binding| binding.has_bid(multipath.bid);
    if asking.live().next().is_some() && !asking.live().any(is_live) {
        finder.fires(format!(
            "B is set for BID {}, which is not registered; RFC 7629 §4.1 and §5.1 speak of B as a renewal only",
            multipath.bid
        ));
    }
}

pub static MP_022: Rule = Rule {
    id: "MP-022",
    title: "Bulk re-registration shortens sibling bindings",
    level: Level::Note,
    source: "RFC 7629 §4.1, §5.2",
    subject: Subject::HomeAgent,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP with Lifetime above 0 answering an RRQ with a usable MP and MP.B = 1 when \
        another live BID-keyed binding of the session has an expiry later than RRP time plus the granted \
        lifetime by more than GRACE.",
    why: "\
        §4.1 says the lifetimes are updated, §5.2 that they are extended; the ends may now disagree on when \
        that path ends.",
    example: "BID 2 lives for 1800 s more; 9a 01 00 04  04 01 01 80 (B) for BID 1 is granted 600 s",
    check: Check::Reply(Traits::ASKED_FLAGS, bulk_shortens),
};

fn bulk_shortens(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.registered() else { return };
    let Some(multipath) = asked.said.usable.filter(|multipath| multipath.bulk) else { return };
    let granted = asked.request.lifetime.min(answering.reply.lifetime);
    let Some(renewed) = expiry(answering.time(), granted) else { return };
    let shortened: Vec<u8> = answering
        .live_before()
        .filter(|binding| binding.bid().is_some_and(|bid| bid.octet() != multipath.bid))
        .filter(|binding| binding.expires.is_none_or(|expires| expires.since(renewed) > GRACE))
        .filter_map(|binding| binding.bid().map(Bid::octet))
        .collect();
    if !shortened.is_empty() {
        finder.fires(format!(
            "the bulk renewal gives {granted} s, and {} had more time left; §4.1 says lifetimes are updated, §5.2 \
             that they are extended (RFC 7629)",
            bids(shortened)
        ));
    }
}

pub static MP_027: Rule = Rule {
    id: "MP-027",
    title: "De-registration addresses one BID and all bindings at once",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.6.1.2, §3.8.2.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with Lifetime 0, Care-of Address equal to Home Address and a usable MP with MP.B = \
        0, when the session has two or more live bindings.",
    why: "\
        The base protocol deletes everything, the Multipath text deletes the named binding (which is what D9 \
        assumes); a node that returns home may leave tunnels behind.",
    example: "BID 1 and BID 2 are live; Lifetime 0, Care-of Address = Home Address, and 9a 01 00 04  04 01 01 00",
    check: Check::Request(Traits::MULTIPATH.and(Traits::DEREGISTERS), deregisters_one_and_all),
};

fn deregisters_one_and_all(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let request = asking.request;
    let Some(multipath) = asking.message.usable.filter(|multipath| !multipath.bulk) else { return };
    let all = request.lifetime == 0 && request.care_of_address == request.home_address;
    if all && asking.live().count() >= 2 {
        finder.fires(format!(
            "a de-registration with Care-of Address = Home Address, which ends all bindings (RFC 5944 §3.8.2.2), names BID {}, \
             which ends one (RFC 7629 §5.1)",
            multipath.bid
        ));
    }
}
