//! Revocation (REV, RFC 3543).

use crate::rules::facts::Revoking;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Registration Revocation not acknowledged.
pub static REV_001: Rule = Rule {
    id: "REV-001",
    title: "Registration Revocation not acknowledged",
    level: Level::Must,
    source: "RFC 3543 §3.4, §4.2.2, §4.2.3",
    subject: Subject::Any,
    scope: Scope::Exchange,
    fires: "\
        Fires on a message of type 7 that carries a Type 32 or Type 34 when no message of type 15 with the \
        same Home Address and Revocation Identifier comes back to its source within T_PAIR, provided the \
        capture goes on for T_PAIR and no newer type 7 for the same binding follows within it. Fault lies \
        with the receiver of that message.",
    why: "One end believes the path is gone while the other goes on sending into it.",
    example: "",
    check: Check::Revocation(rev_001),
};

fn rev_001(_revoking: &Revoking<'_, '_, '_>, _finder: &mut Finder<'_>) {}

/// Revocation sent for a dead binding, or repeated wrongly.
pub static REV_002: Rule = Rule {
    id: "REV-002",
    title: "Revocation sent for a dead binding, or repeated wrongly",
    level: Level::Must,
    source: "RFC 3543 §3.3, §4.2.2.1, §4.2.3.1",
    subject: Subject::Any,
    scope: Scope::State,
    fires: "\
        The binding of a type 7 message is (Home Address, Home Domain Address, Foreign Domain Address). \
        Fires on a type 7 message when (a) [anchored] the session's binding with that Foreign Domain Address \
        as Care-of Address ended by expiry more than GRACE earlier and none with it is live; (b) an earlier \
        type 7 for the same binding came under 0.95 s before; or (c) an earlier, unacknowledged type 7 for \
        the same binding had the same Revocation Identifier.",
    why: "\
        Revoking what has already ended, or replaying an identifier, is indistinguishable from a \
        denial-of-service attempt.",
    example: "",
    check: Check::Revocation(rev_002),
};

fn rev_002(_revoking: &Revoking<'_, '_, '_>, _finder: &mut Finder<'_>) {}
