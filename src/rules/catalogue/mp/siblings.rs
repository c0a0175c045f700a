//! What a registration does to the other bindings of its node (MP).

use crate::rules::facts::{Answering, Asking};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Two bindings of one session share a tunnel endpoint.
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
    example: "",
    check: Check::Reply(mp_016),
};

fn mp_016(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Overwrite removes sibling paths.
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
    example: "",
    check: Check::Reply(mp_019),
};

fn mp_019(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Bulk flag on a binding that does not exist yet.
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
    example: "",
    check: Check::Request(mp_021),
};

fn mp_021(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Bulk re-registration shortens sibling bindings.
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
    example: "",
    check: Check::Reply(mp_022),
};

fn mp_022(_answering: &Answering<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// De-registration addresses one BID and all bindings at once.
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
    example: "",
    check: Check::Request(mp_027),
};

fn mp_027(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}
