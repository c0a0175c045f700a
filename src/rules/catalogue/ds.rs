//! Dual stack (DS, RFC 5454).

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::rules::facts::{Answering, MessageFacts, Traits, name_of, octets_of};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::Prefix;
use crate::wire::{Content, DualStack, ExtensionType};

pub static DS_001: Rule = Rule {
    id: "DS-001",
    title: "IPv6 request extensions misplaced or misused",
    level: Level::Must,
    source: "RFC 5454 §3.1, §3.5",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ when a Type 152 Sub-Type 1 or 3 lies after the first Type 32, when there is more \
        than one Type 152 Sub-Type 3, or when there is a Type 152 Sub-Type 3 and hdr.D = 0.",
    why: "\
        IPv6 may be tunnelled to a foreign agent that cannot deliver it, or be hijacked through an \
        unprotected prefix.",
    example: "20 14 …, 98 12 01 40 20 01 …: an IPv6 prefix request behind the authenticator",
    check: Check::Registration(Traits::REQUEST.and(Traits::DUAL_STACK), is_misused),
};

fn is_misused(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let modes = || message.of_subtype(ExtensionType::DUAL_STACK, DualStack::TUNNELING_MODE);
    let authenticator = message.first(ExtensionType::MOBILE_HOME_AUTHENTICATION);
    let unprotected = message.of_type(ExtensionType::DUAL_STACK).find(|extension| {
        let follows = authenticator.is_some_and(|authenticator| extension.offset > authenticator.offset);
        follows && matches!(extension.subtype, Some(DualStack::PREFIX_REQUEST | DualStack::TUNNELING_MODE))
    });
    if let Some(extension) = unprotected {
        let seen = format!("{} lies after Type 32, which does not cover it", name_of(extension));
        finder.fires(format!("{seen} (RFC 5454 §3.1)")).at(octets_of(extension));
    } else if let Some(second) = modes().nth(1) {
        let count = modes().count();
        let seen = format!("request has {count} Type 152/3 (IPv6 tunneling mode); one is allowed");
        finder.fires(format!("{seen} (RFC 5454 §3.1)")).at(octets_of(second));
    } else if let Some(mode) = modes().next().filter(|_| !request.flags.co_located()) {
        let seen = "Type 152/3 (IPv6 tunneling mode) in a request with D clear; D has to be set";
        finder.fires(format!("{seen} (RFC 5454 §3.5)")).at(octets_of(mode));
    }
}

pub static DS_002: Rule = Rule {
    id: "DS-002",
    title: "IPv6 prefix extension with an impossible prefix",
    level: Level::Must,
    source: "RFC 5454 §2.1, §2.2, §3.7.1",
    subject: Subject::Any,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per Type 152 Sub-Type 1 and on an RRP per Type 152 Sub-Type 2 whose Prefix Length is \
        129-254, or is 0-128 with a bit set in the Prefix beyond that length. 255 (link-local address) never \
        fires.",
    why: "The ends may compare the prefix differently and bind different address ranges.",
    example: "98 12 01 20 20 01 0d b8 00 01 …: 2001:db8:1::/32 has a bit set beyond its length",
    check: Check::Registration(Traits::DUAL_STACK, has_impossible_prefix),
};

fn has_impossible_prefix(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let (subtype, section) = if message.request().is_some() {
        (DualStack::PREFIX_REQUEST, "RFC 5454 §2.1")
    } else {
        (DualStack::PREFIX_REPLY, "RFC 5454 §2.2")
    };
    for extension in message.of_subtype(ExtensionType::DUAL_STACK, subtype) {
        let Ok(Content::DualStack(
            DualStack::PrefixRequest { prefix, prefix_length: length }
            | DualStack::PrefixReply { prefix, prefix_length: length, .. },
        )) = extension.content()
        else {
            continue;
        };
        let seen = match length {
            129..=254 => format!("IPv6 prefix length is {length}; 0-128 and 255 are allowed"),
            0..=128 if Prefix::covering(prefix.into(), length).address != prefix => {
                format!("IPv6 prefix {prefix}/{length} has bits set beyond its length, which must be 0")
            }
            _ => continue,
        };
        finder.fires(format!("{seen} ({section})")).at(octets_of(extension));
    }
}

pub static DS_003: Rule = Rule {
    id: "DS-003",
    title: "IPv6 Prefix Reply does not correspond to the request",
    level: Level::Must,
    source: "RFC 5454 §3.3, §3.3.2",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an RRP answering an RRQ, per Type 152 Sub-Type 2 (a) whose Prefix occurs in no Type 152 \
        Sub-Type 1 of the RRQ; (b) whose Prefix and Prefix Length repeat those of an earlier Sub-Type 2 of \
        the same RRP; or (c) whose Code is 1 although the RRQ has no Type 152 Sub-Type 3.",
    why: "The mobile node must ignore the answer or will wait for IPv6 at the wrong tunnel end.",
    example: "\
        Request with 98 12 01 30 2001:db8:1::, reply with 98 14 02 00 30 00 2001:db8:2::: a prefix nobody \
        asked for",
    check: Check::Reply(Traits::DUAL_STACK, does_not_correspond),
};

fn does_not_correspond(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked else { return };
    // Hashed, because both messages can be full of prefixes.
    let hasher = || FixedState::with_seed(answering.world.options.seed);
    let mut earlier = HashSet::with_hasher(hasher());
    let mut named = HashSet::with_hasher(hasher());
    named.extend(asked.said.seldom().prefixes_asked.iter().map(|(prefix, _)| *prefix));
    for extension in answering.message.of_subtype(ExtensionType::DUAL_STACK, DualStack::PREFIX_REPLY) {
        let Ok(Content::DualStack(DualStack::PrefixReply { code, prefix_length, prefix, .. })) =
            extension.content()
        else {
            continue;
        };
        let was_asked = named.contains(&prefix);
        let is_new = earlier.insert((prefix, prefix_length));
        let shown = format!("IPv6 prefix reply for {prefix}/{prefix_length}");
        let seen = if !was_asked && asked.said.is_whole {
            Some(format!("{shown}: request #{} has no Type 152/1 with this prefix", asked.place.frame))
        } else if !is_new {
            Some(format!("{shown} stands twice in the reply"))
        } else if code.0 == 1 && !asked.said.seldom().has_tunneling_mode && asked.said.is_whole {
            Some(format!(
                "{shown} has Code 1, to the care-of address, and request #{} has no Type 152/3",
                asked.place.frame
            ))
        } else {
            None
        };
        if let Some(seen) = seen {
            finder.fires(format!("{seen} (RFC 5454 §3.3)")).at(octets_of(extension));
        }
    }
}
