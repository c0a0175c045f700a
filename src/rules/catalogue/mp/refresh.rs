//! Bindings refreshed and changed (MP).

use crate::rules::facts::Asking;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Care-of Address of a binding changed without Overwrite.
pub static MP_014: Rule = Rule {
    id: "MP-014",
    title: "Care-of Address of a binding changed without Overwrite",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding of the session that has a different Care-of Address.",
    why: "\
        The text demands O = 1 for a parameter update; without it some home agents keep the old address or \
        refuse, and the path goes dark. See MP-019 for the price of setting O.",
    example: "",
    check: Check::Request(mp_014),
};

fn mp_014(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Registered Care-of Address re-registered under another BID.
pub static MP_015: Rule = Rule {
    id: "MP-015",
    title: "Registered Care-of Address re-registered under another BID",
    level: Level::Must,
    source: "RFC 7629 §2.2, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, hdr.D = 1, MP.O = 0 and Lifetime above 0 whose Care-of Address \
        equals that of a live BID-keyed binding of the session with a different BID, while no live binding \
        with that Care-of Address has the RRQ's BID.",
    why: "\
        A refresh has to carry the identifier given at first registration; a new one creates a twin binding \
        and leaves policies pointing at the old number.",
    example: "",
    check: Check::Request(mp_015),
};

fn mp_015(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Interface type or label changed without Overwrite.
pub static MP_017: Rule = Rule {
    id: "MP-017",
    title: "Interface type or label changed without Overwrite",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding with the same Care-of Address but a different If-ATT or If-Label.",
    why: "\
        Changing binding parameters calls for O = 1; otherwise the label-based static policy may still use \
        the old values.",
    example: "",
    check: Check::Request(mp_017),
};

fn mp_017(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Refresh of a multipath binding without Multipath extension.
pub static MP_018: Rule = Rule {
    id: "MP-018",
    title: "Refresh of a multipath binding without Multipath extension",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without any Type 154 Sub-Type 1, with Lifetime above 0, whose Care-of Address equals \
        that of a live BID-keyed binding of the session, unless an RRP with code 152 was sent to the session \
        after that binding was last accepted.",
    why: "To the home agent this is an ordinary registration that replaces every other path of the node.",
    example: "",
    check: Check::Request(mp_018),
};

fn mp_018(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// De-registration without the binding's own BID.
pub static MP_020: Rule = Rule {
    id: "MP-020",
    title: "De-registration without the binding's own BID",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with Lifetime 0 and Care-of Address different from Home Address when the session has \
        live BID-keyed bindings with that Care-of Address and the RRQ either has no MP or has a usable MP \
        with MP.B = 0 whose BID is that of none of them.",
    why: "The home agent may remove the wrong binding or none, leaving a tunnel into a dead interface.",
    example: "",
    check: Check::Request(mp_020),
};

fn mp_020(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Multipath request not sent from the interface it registers.
pub static MP_024: Rule = Rule {
    id: "MP-024",
    title: "Multipath request not sent from the interface it registers",
    level: Level::Must,
    source: "RFC 7629 §5.1; RFC 5944 §3.6.1.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with MP on the HA leg with hdr.D = 1, Lifetime above 0 and IP source different from \
        its Care-of Address. The finding says if the source is the tunnel endpoint of another live binding. \
        Excludes RRQs with Type 144 or Type 34 and RRQs whose ID was seen earlier on an FA leg. \
        De-registrations are excluded because the interface may be gone.",
    why: "\
        The path was never tested in the direction of the home agent, and a default-route bug on the client \
        makes all registrations share one access.",
    example: "",
    check: Check::Request(mp_024),
};

fn mp_024(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Plain registration while multipath bindings are live.
pub static MP_025: Rule = Rule {
    id: "MP-025",
    title: "Plain registration while multipath bindings are live",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.6.1.2, §3.8.2.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without any Type 154 Sub-Type 1, with Lifetime above 0, whose Care-of Address \
        belongs to no live BID-keyed binding, while the session has at least one such binding and no RRP \
        with code 152 was sent to it since the newest of them was accepted.",
    why: "\
        Base rules then delete all earlier bindings unless S is set; RFC 7629 says nothing about mixing the \
        two kinds.",
    example: "",
    check: Check::Request(mp_025),
};

fn mp_025(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Refresh changes tunnel flags without Overwrite.
pub static MP_028: Rule = Rule {
    id: "MP-028",
    title: "Refresh changes tunnel flags without Overwrite",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding with the same Care-of Address when hdr.D, hdr.M, hdr.G or hdr.T differs from the RRQ that \
        created or last refreshed it.",
    why: "\
        A renewal has to look like the first registration and parameter changes call for O = 1, but the text \
        does not say if header flags count as parameters; the tunnel type may change under live traffic.",
    example: "",
    check: Check::Request(mp_028),
};

fn mp_028(_asking: &Asking<'_, '_, '_>, _finder: &mut Finder<'_>) {}
