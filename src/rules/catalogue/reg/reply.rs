//! What a Registration Reply says to its request (REG).

use crate::net::Checksum;
use crate::rules::facts::{Answering, Leg, Traits, fields};
use crate::rules::finder::Finder;
use crate::rules::memory::Asked;
use crate::rules::rule::Check;
use crate::rules::words::lifetime;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::{ExtensionType, low_half};

pub static REG_005: Rule = Rule {
    id: "REG-005",
    title: "Reply lacks the identity information it owes",
    level: Level::Must,
    source: "RFC 5944 §3.8.1; RFC 2794 §3",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ when (a) it is accepted and its Home Address or Home Agent field is \
        0.0.0.0; or (b) it is on the HA leg with an HA code, the RRQ contained Type 131 and the RRP does \
        not.",
    why: "\
        A node that registered by NAI cannot learn its address, and a foreign agent cannot match the reply.",
    example: "Code 0 with Home Address 0.0.0.0; or a request with extension 131, and a reply with Code 0 without it",
    check: Check::Reply(Traits::NONE, lacks_identity),
};

fn lacks_identity(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked else { return };
    let reply = answering.reply;
    if answering.accepts() && reply.home_address.is_unspecified() {
        finder
            .fires(
                "accepted, and Home Address is 0.0.0.0; the reply has to name the address (RFC 5944 §3.8.1)",
            )
            .at(fields::HOME_ADDRESS);
    } else if answering.accepts() && reply.home_agent.is_unspecified() {
        finder
            .fires(
                "accepted, and Home Agent is 0.0.0.0; the reply has to name the home agent (RFC 5944 §3.8.1)",
            )
            .at(fields::HOME_AGENT);
    } else if answering.message.leg == Leg::HomeAgent
        && answering.is_home_agent_code()
        && asked.said.has_nai
        && answering.message.is_whole()
        && !answering.message.has(ExtensionType::NAI)
    {
        finder.fires(format!(
            "no NAI (Type 131) in the reply, and the request #{} has one; a home agent gives it back (RFC 2794 §3)",
            asked.place.frame
        ));
    }
}

pub static REG_006: Rule = Rule {
    id: "REG-006",
    title: "Reply changes the requested Home Address",
    level: Level::Must,
    source: "RFC 5944 §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP that shares the reversed IP/UDP 4-tuple and ID.lo of an RRQ at most T_PAIR older \
        when the RRQ's Home Address is not 0.0.0.0 and the RRP's differs from it.",
    why: "\
        The two ends would bind different home addresses; a home agent that cannot serve the address has to \
        refuse with 129 instead.",
    example: "a request for Home Address 10.1.0.1; the reply to it names 10.1.0.2",
    check: Check::Reply(Traits::STRAY, changes_home_address),
};

fn changes_home_address(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let home_address = answering.reply.home_address;
    let low = low_half(answering.reply.identification);
    // A reply whose own request has its Home Address, or asks for one, answers no other request on the same path.
    let is_its_own = |asked: &Asked| {
        asked.request.home_address == home_address || asked.request.home_address.is_unspecified()
    };
    if answering.asked.is_some_and(is_its_own) {
        return;
    }
    let is_changed = |asked: &&Asked| {
        let wanted = asked.request.home_address;
        low_half(asked.request.identification) == low && !wanted.is_unspecified() && wanted != home_address
    };
    let changed = answering.asked_on_this_path().find(is_changed);
    if let Some(asked) = changed.filter(|_| !answering.may_answer_nameless()) {
        let wanted = asked.request.home_address;
        finder
            .fires(format!(
                "Home Address is {home_address}, and the request #{} asks for {wanted}; an agent that cannot serve it \
                 refuses with 129 (RFC 5944 §3.8.3.2)",
                asked.place.frame
            ))
            .at(fields::HOME_ADDRESS);
    }
}

pub static REG_007: Rule = Rule {
    id: "REG-007",
    title: "Home Agent field of the reply is wrong",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.1, §3.8.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP with an HA code when (a) its Home Agent field is 255.255.255.255 or multicast; (b) \
        it is accepted, the RRQ was unicast to the address in its own Home Agent field and the RRP names \
        another address; or (c) it is accepted although the RRQ's IP destination was 255.255.255.255 or a \
        configured directed broadcast. (b) excludes exchanges with Type 139.",
    why: "\
        The mobile node takes its tunnel peer from this field, and accepting a broadcast request can leave \
        the node registered at several home agents.",
    example: "a request to 198.51.100.1, its Home Agent; accepted by a reply with Home Agent 198.51.100.2",
    check: Check::Reply(Traits::NONE, names_a_wrong_home_agent),
};

fn names_a_wrong_home_agent(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    if !answering.is_home_agent_code() {
        return;
    }
    let named = answering.reply.home_agent;
    if named.is_broadcast() || named.is_multicast() {
        finder
            .fires(format!(
                "Home Agent is {named}; it has to be the agent's own unicast address (RFC 5944 §3.8.3.2)"
            ))
            .at(fields::HOME_AGENT);
        return;
    }
    let Some(asked) = answering.asked.filter(|_| answering.accepts()) else { return };
    let (wanted, destination) = (asked.request.home_agent, *asked.destination.ip());
    if destination.is_broadcast() {
        finder.fires(format!(
            "accepts the request #{}, which went to {destination}; an agent refuses it with 136 and its own address \
             (RFC 5944 §3.8.2.1)",
            asked.place.frame
        ));
        return;
    }
    let is_unicast = destination == wanted && !wanted.is_multicast() && !wanted.is_unspecified();
    let is_assigned = asked.said.has_dynamic_home_agent
        || answering.message.has(ExtensionType::DYNAMIC_HOME_AGENT)
        || answering.hides_something();
    if is_unicast && named != wanted && !is_assigned {
        finder
            .fires(format!(
                "Home Agent is {named}, and the accepted request #{} went to {wanted}; the reply names that address \
                 (RFC 5944 §3.8.3.2)",
                asked.place.frame
            ))
            .at(fields::HOME_AGENT);
    }
}

pub static REG_008: Rule = Rule {
    id: "REG-008",
    title: "Granted lifetime exceeds the requested one",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.8.2.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP whose Lifetime is numerically greater than that of the RRQ it answers \
        (65535 counts as the largest value). Includes a non-zero grant for a request with Lifetime 0.",
    why: "\
        The home agent keeps tunnelling after the mobile node and foreign agent consider the binding gone.",
    example: "a request with Lifetime 600; 03 00 07 08: accepted for 1800 s",
    check: Check::Reply(Traits::NONE, grants_more_than_asked),
};

fn grants_more_than_asked(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|_| answering.accepts()) else { return };
    let (granted, wanted) = (answering.reply.lifetime, asked.request.lifetime);
    if granted > wanted {
        finder
            .fires(format!(
                "Lifetime granted is {}, and {} was asked for; it is at most that (RFC 5944 §3.4, §3.8.2.2)",
                lifetime(granted),
                lifetime(wanted)
            ))
            .at(fields::LIFETIME);
    }
}

pub static REG_009: Rule = Rule {
    id: "REG-009",
    title: "Extreme lifetime granted (infinite, or zero for a registration)",
    level: Level::Note,
    source: "RFC 5944 §3.3, §3.4",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP with Lifetime 65535 answering a non-zero request, or with Lifetime 0 \
        answering an RRQ whose Lifetime is above 0.",
    why: "\
        65535 never expires, so a lost de-registration leaves a tunnel forever; 0 tells the node it has been \
        de-registered although it asked for service.",
    example: "03 00 ff ff: accepted for ever; or 03 00 00 00 in answer to a request with Lifetime 600",
    check: Check::Reply(Traits::NONE, grants_an_extreme),
};

fn grants_an_extreme(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|_| answering.accepts()) else { return };
    let wanted = asked.request.lifetime;
    let message = match answering.reply.lifetime {
        _ if wanted == 0 => return,
        u16::MAX => "Lifetime granted is 65535; the binding never expires (RFC 5944 §3.3)".to_owned(),
        0 => format!(
            "Lifetime granted is 0, and {} was asked for; that de-registers (RFC 5944 §3.4)",
            lifetime(wanted)
        ),
        _ => return,
    };
    finder.fires(message).at(fields::LIFETIME);
}

pub static REG_021: Rule = Rule {
    id: "REG-021",
    title: "Reply addresses or ports do not mirror the request",
    level: Level::Must,
    source: "RFC 5944 §3.4, §3.8.3.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP on the HA leg answering an RRQ on the HA leg when its UDP ports are not the RRQ's \
        ports swapped, its IP destination is not the RRQ's IP source, or its IP source is not the RRQ's IP \
        destination. The last test is skipped if the RRQ went to a multicast or broadcast address. Excludes \
        RRQs with Lifetime 0.",
    why: "\
        NATs, firewalls and multi-interface nodes drop replies that come from the wrong place; with several \
        paths the reply would also arrive on the wrong interface.",
    example: "a request from 192.0.2.1:5000 to 198.51.100.1:434; the reply goes to 192.0.2.1:434",
    check: Check::Reply(Traits::NONE, does_not_mirror),
};

fn does_not_mirror(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let message = answering.message;
    let at_home = |asked: &&Asked| asked.leg == Leg::HomeAgent && message.leg == Leg::HomeAgent;
    let Some(asked) = answering.asked.filter(at_home).filter(|asked| asked.request.lifetime > 0) else {
        return;
    };
    let sent_to = *asked.destination.ip();
    let any_source = sent_to.is_multicast() || sent_to.is_broadcast();
    let is_mirrored = message.source.port() == asked.destination.port()
        && message.destination.port() == asked.source.port()
        && message.destination.ip() == asked.source.ip()
        && (any_source || *message.source.ip() == sent_to);
    if !is_mirrored {
        finder.fires(format!(
            "the reply goes from {} to {}, and the request #{} went from {} to {}; it has to go the same way back \
             (RFC 5944 §3.4, §3.8.3.1)",
            message.source, message.destination, asked.place.frame, asked.source, asked.destination
        ));
    }
}

pub static REG_023: Rule = Rule {
    id: "REG-023",
    title: "Request with a bad UDP checksum was processed",
    level: Level::Must,
    source: "RFC 5944 §3.8.2.1",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ whose UDP checksum field is non-zero and wrong. Not evaluated if \
        the operator marks the capture as taken on the sending host (checksum offload).",
    why: "The home agent acts on data it had to discard.",
    example: "a request whose UDP checksum is 0x1234 where 0x1373 is right; a reply to it",
    check: Check::Reply(Traits::NONE, answers_a_damaged_request),
};

fn answers_a_damaged_request(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked else { return };
    if let Checksum::Wrong { found, computed } = asked.checksum {
        finder.fires(format!(
            "answers the request #{}, whose UDP checksum is {found:#06x} where {computed:#06x} is right; it had to be \
             discarded (RFC 5944 §3.8.2.1)",
            asked.place.frame
        ));
    }
}
