//! Mobile networks (NEMO, RFC 5177, RFC 6626).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::rules::facts::{Answering, Asking, LiveBids, MessageFacts, Traits, octets_of};
use crate::rules::finder::Finder;
use crate::rules::memory::{GRACE, Registered, Said, Seldom};
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::state::Bid;
use crate::time::Timestamp;
use crate::wire::{Content, DualStack, ExtensionType, MobileNetwork};

pub static NEMO_001: Rule = Rule {
    id: "NEMO-001",
    title: "Mobile Network Request unprotected or with an invalid prefix length",
    level: Level::Must,
    source: "RFC 5177 §6.6, §10; RFC 6626 §3.1",
    subject: Subject::MobileNode,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ per Type 148 Sub-Type 0 of Length 6 that lies after the first Type 32, or whose \
        Prefix Length is above 32, or is 0 with a Prefix other than 0.0.0.0.",
    why: "The prefix can be forged or is refused, and the whole mobile network loses its route.",
    example: "94 06 00 21 0a 63 00 00: Prefix Length 33",
    check: Check::Registration(Traits::REQUEST.and(Traits::MOBILE_NETWORK), is_unprotected_or_invalid),
};

fn is_unprotected_or_invalid(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    if message.request().is_none() {
        return;
    }
    let authenticator = message.first(ExtensionType::MOBILE_HOME_AUTHENTICATION);
    for extension in message.of_subtype(ExtensionType::MOBILE_NETWORK, MobileNetwork::REQUEST) {
        let Ok(Content::MobileNetwork(MobileNetwork::Request { prefix_length, prefix })) =
            extension.content()
        else {
            continue;
        };
        let is_behind = authenticator.is_some_and(|authenticator| extension.offset > authenticator.offset);
        let seen = if is_behind {
            "lies after Type 32, which does not cover it (RFC 5177 §10)".to_owned()
        } else if prefix_length > 32 {
            format!("has prefix length {prefix_length}; 0-32 are allowed (RFC 5177 §6.6)")
        } else if prefix_length == 0 && !prefix.is_unspecified() {
            "has prefix length 0, which asks for any network and needs 0.0.0.0 (RFC 6626 §3.1)".to_owned()
        } else {
            continue;
        };
        finder.fires(format!("mobile network request for {prefix} {seen}")).at(octets_of(extension));
    }
}

pub static NEMO_002: Rule = Rule {
    id: "NEMO-002",
    title: "Mobile network prefix requested again after refusal",
    level: Level::Must,
    source: "RFC 5177 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ captured more than GRACE after an RRP to the same session (a) with code 148, if the \
        RRQ contains any Type 148 Sub-Type 0; or (b) with code 147, if the RRQ contains a Type 148 Sub-Type \
        0 whose Prefix and Prefix Length equal those of a Type 148 Sub-Type 1 with non-zero Code in that \
        RRP. Ends at the next accepted exchange with a Sub-Type 1 of Code 0.",
    why: "\
        The mobile router will never be served this way and loads the home agent with hopeless requests.",
    example: "\
        Reply with code 148; more than a second later a request with 94 06 00 18 0a 63 00 00 from the \
        same node",
    check: Check::Request(Traits::MOBILE_NETWORK, asks_again),
};

fn asks_again(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let (Some(refused), time) = (&asking.session.refused_networks, asking.time()) else { return };
    let is_past = |refused: Timestamp| time.since(refused) > GRACE;
    let mut requests = asking.message.of_subtype(ExtensionType::MOBILE_NETWORK, MobileNetwork::REQUEST);
    if refused.all.is_some_and(is_past)
        && let Some(first) = requests.next()
    {
        finder
            .fires(
                "request asks for a mobile network after code 148 refused them to this node (RFC 5177 §5.1)",
            )
            .at(octets_of(first));
        return;
    }
    let is_refused = |prefix: Ipv4Addr, length: u8| {
        let mut prefixes = refused.prefixes.iter();
        prefixes.any(|(refused, of, its)| (*of, *its) == (prefix, length) && is_past(*refused))
    };
    for extension in asking.message.of_subtype(ExtensionType::MOBILE_NETWORK, MobileNetwork::REQUEST) {
        if let Ok(Content::MobileNetwork(MobileNetwork::Request { prefix_length, prefix })) =
            extension.content()
            && is_refused(prefix, prefix_length)
        {
            finder
                .fires(format!(
                    "mobile network {prefix}/{prefix_length} was refused with code 147 and is asked for again (RFC 5177 §5.1)"
                ))
                .at(octets_of(extension));
            return;
        }
    }
}

pub static NEMO_003: Rule = Rule {
    id: "NEMO-003",
    title: "Mobile network request accepted without acknowledgement",
    level: Level::Note,
    source: "RFC 5177 §4.2, §5.1, §6.6",
    subject: Subject::HomeAgent,
    scope: Scope::Exchange,
    fires: "\
        Fires on an accepted RRP with Lifetime above 0 answering an RRQ with Type 148 Sub-Type 0 when the \
        RRP has no Type 148 Sub-Type 1 or 2.",
    why: "\
        Either the home agent does not implement mobile networks or it broke the rule for those that do; in \
        both cases traffic from the prefix is not served.",
    example: "Request with 94 06 00 18 0a 63 00 00, reply with code 0 and no Type 148",
    check: Check::Reply(Traits::ASKED_NETWORK, acknowledges_no_network),
};

fn acknowledges_no_network(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let (message, reply) = (answering.message, answering.reply);
    let Some(asked) = answering.asked.filter(|asked| asked.said.asks_network) else { return };
    let mut answers = message.of_type(ExtensionType::MOBILE_NETWORK);
    let is_acknowledged = answers.any(|extension| {
        matches!(extension.subtype, Some(MobileNetwork::EXPLICIT | MobileNetwork::IMPLICIT))
    });
    if answering.accepts() && reply.lifetime > 0 && message.is_whole() && !is_acknowledged {
        let first = asked.said.seldom().networks_asked.first();
        let network = first.map_or_else(
            || "a mobile network".to_owned(),
            |(prefix, length)| format!("mobile network {prefix}/{length}"),
        );
        finder.fires(format!(
            "code {} accepts request #{}, which asks for {network}, and acknowledges none (RFC 5177 §4.2)",
            reply.code.0, asked.place.frame
        ));
    }
}

pub static NEMO_004: Rule = Rule {
    id: "NEMO-004",
    title: "Request on one path omits prefixes registered on another",
    level: Level::Note,
    source: "RFC 5177 §6.3; RFC 5454 §3.8; RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an accepted RRP with Lifetime above 0 answering an RRQ with a usable MP when a prefix \
        accepted by a Type 148 Sub-Type 1 Code 0, or by a Type 152 Sub-Type 2 Code 0 or 1, in the last \
        exchange of a live binding with another BID is absent from the Type 148 Sub-Type 0 and Type 152 \
        Sub-Type 1 extensions of the RRQ.",
    why: "\
        Base rules delete prefixes that a re-registration leaves out. RFC 7629 does not say if prefixes \
        belong to the node or to one path, so a network may vanish when a second interface registers.",
    example: "\
        BID 1 registers with network 10.99.0.0/24, which is acknowledged; then BID 2 registers without \
        Type 148",
    check: Check::Reply(Traits::NONE, omits_networks),
};

fn omits_networks(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(asked) = answering.asked.filter(|_| answering.accepts() && answering.reply.lifetime > 0) else {
        return;
    };
    let Some(bid) = asked.usable_bid().filter(|_| asked.said.is_whole) else { return };
    if !answering.session.registered.iter().any(Registered::grants_more) {
        return;
    }
    // Bindings that the request itself ends do not count: it leaves out their prefixes on purpose.
    let after = LiveBids::of(answering.live_after());
    let others = answering.live_before().filter_map(|binding| {
        let other = binding.bid().map(Bid::octet).filter(|other| *other != bid && after.has(*other))?;
        Some((other, answering.session.registered(binding)?))
    });
    let named = Named::by(&asked.said);
    for (other, registered) in others {
        let Some(missing) = named.missing(registered.granted()) else { continue };
        finder.fires(format!(
            "request #{} for BID {bid} leaves out {missing} of BID {other} (RFC 5177 §6.3, RFC 5454 §3.8)",
            asked.place.frame
        ));
        return;
    }
}

/// The prefixes that a request names, sorted: it can be full of them, and so can each reply that it is compared with.
struct Named {
    networks: Vec<(Ipv4Addr, u8)>,
    prefixes: Vec<(Ipv6Addr, u8)>,
}

impl Named {
    fn by(asked: &Said) -> Self {
        let mut networks = asked.seldom().networks_asked.clone();
        networks.sort_unstable();
        let mut prefixes = asked.seldom().prefixes_asked.clone();
        prefixes.sort_unstable();
        Self { networks, prefixes }
    }

    /// The first prefix that a reply granted and the request does not name.
    fn missing(&self, granted: &Seldom) -> Option<String> {
        let network = granted.networks_answered.iter().find_map(|network| match network {
            MobileNetwork::Acknowledgement { explicit: true, code, prefix, prefix_length, .. }
                if code.is_success() =>
            {
                let is_missing = self.networks.binary_search(&(*prefix, *prefix_length)).is_err();
                is_missing.then(|| format!("mobile network {prefix}/{prefix_length}"))
            }
            _ => None,
        });
        let prefix = granted.prefixes_answered.iter().find_map(|answer| match answer {
            DualStack::PrefixReply { code, prefix, prefix_length, .. } if code.is_accepted() => {
                let is_missing = self.prefixes.binary_search(&(*prefix, *prefix_length)).is_err();
                is_missing.then(|| format!("IPv6 prefix {prefix}/{prefix_length}"))
            }
            _ => None,
        });
        network.or(prefix)
    }
}
