//! Revocation (REV, RFC 3543).

use crate::rules::facts::{Revoking, fields, live};
use crate::rules::finder::Finder;
use crate::rules::memory::{GRACE, ONE_SECOND};
use crate::rules::rule::Check;
use crate::rules::words::seconds;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::{Binding, BindingState};
use crate::time::Timestamp;
use crate::wire::ExtensionType;

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
    example: "07 00 80 00 … 22 14 … to the foreign agent, and no message of type 15 comes back within 10 s",
    check: Check::Revocation(is_not_acknowledged),
};

fn is_not_acknowledged(revoking: &Revoking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let (message, revocation) = (revoking.message, *revoking.revocation);
    let is_authenticated = message.has(ExtensionType::MOBILE_HOME_AUTHENTICATION)
        || message.has(ExtensionType::FOREIGN_HOME_AUTHENTICATION);
    if !is_authenticated {
        return;
    }
    let (place, source) = (message.place, *message.source.ip());
    let ways = [(message.source, message.destination), (message.destination, message.source)];
    let timeout = revoking.world.options.reply_timeout;
    let until = place.time.after(timeout);
    // Without Type 34 the revocation goes to a node with a co-located care-of address, with which the home agent shares
    // the key of Type 32 (RFC 3543 §3.3).
    let receiver = match message.sender() {
        Subject::HomeAgent if message.has(ExtensionType::FOREIGN_HOME_AUTHENTICATION) => {
            Subject::ForeignAgent
        }
        Subject::HomeAgent => Subject::MobileNode,
        _ => Subject::HomeAgent,
    };
    finder
        .fires(format!(
            "revocation of {} at {} (identifier 0x{:08x}) got no acknowledgement from {} within {} (RFC 3543 §3.4)",
            revocation.home_address,
            revocation.foreign_domain_address,
            revocation.identifier,
            message.destination.ip(),
            seconds(timeout)
        ))
        .by(receiver)
        .later(until, true, move |world, observer| {
            let last = world.revocations.last_of_binding(&revocation);
            let is_repeated = last.is_some_and(|last| {
                last.frame > place.frame && (place.time..=until).contains(&last.time)
            });
            // The acknowledgement or the repetition may be among the messages that were cut.
            let had_unread = || ways.iter().any(|way| world.unread.saw_between(*way, until, timeout));
            observer.clock() >= until
                && !is_repeated
                && !had_unread()
                && !world.revocations.lacks_something(place.time)
                && !world.revocations.is_acknowledged((place, &revocation), source, until)
        });
}

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
    example: "\
        07 00 80 00 … identifier 5, and 0.5 s later another message of type 7 for the same three \
        addresses",
    check: Check::Revocation(is_dead_or_repeated),
};

fn is_dead_or_repeated(revoking: &Revoking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let (revocation, time) = (revoking.revocation, revoking.message.place.time);
    let revocations = &revoking.world.revocations;
    let what = format!("revocation of {} at {}", revocation.home_address, revocation.foreign_domain_address);
    if let Some(ended) = expiry_of_dead(revoking) {
        let since = seconds(time.since(ended));
        finder
            .fires(format!("{what}, which expired {since} before and is registered no more (RFC 3543 §3.3)"));
    } else if let Some(last) = revocations.last_of_binding(revocation)
        && (0..ONE_SECOND).contains(&time.since(last.time))
    {
        let since = seconds(time.since(last.time));
        finder.fires(format!(
            "{what} {since} after the one in #{}; 1 s has to lie between (RFC 3543 §4.2.2.1)",
            last.frame
        ));
    } else if let Some(same) = revocations.unacknowledged(revocation)
        && !may_be_acknowledged(revoking, same.time)
    {
        finder
            .fires(format!(
                "{what} has the identifier 0x{:08x} of #{}, which nobody acknowledged; each one needs a new identifier \
                 (RFC 3543 §3.3)",
                revocation.identifier, same.frame
            ))
            .at(fields::REVOCATION_IDENTIFIER);
    }
}

/// Whether an acknowledgement of an earlier revocation of the same binding, by either agent, may be among the messages
/// that were cut since.
fn may_be_acknowledged(revoking: &Revoking<'_, '_, '_>, since: Timestamp) -> bool {
    let (source, destination) = (revoking.message.source, revoking.message.destination);
    let time = revoking.message.place.time;
    let ways = [(destination, source), (source, destination)];
    ways.iter().any(|way| revoking.world.unread.saw_between(*way, time, time.since(since)))
}

/// When the binding that a revocation names expired, if more than the grace ago and none is live at its Care-of
/// Address.
fn expiry_of_dead(revoking: &Revoking<'_, '_, '_>) -> Option<Timestamp> {
    let time = revoking.message.place.time;
    let node = revoking.node.filter(|_| revoking.anchored)?;
    let care_of_address = revoking.revocation.foreign_domain_address;
    let here = |binding: &&Binding| binding.care_of_address == care_of_address;
    if live(node.bindings(), time).any(|binding| here(&binding)) {
        return None;
    }
    let last = node.bindings().iter().filter(here).max_by_key(|binding| binding.ended.or(binding.expires))?;
    let expired = matches!(last.state, BindingState::Active | BindingState::Expired);
    last.expires.filter(|expires| expired && time.since(*expires) > GRACE)
}
