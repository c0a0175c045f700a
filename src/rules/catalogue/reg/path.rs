//! Where requests come from, and what happens on their way (REG).

use crate::rules::facts::{Answering, Asking, Leg, MessageFacts, Traits, fields};
use crate::rules::finder::Finder;
use crate::rules::memory::{Passed, Session, World};
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::ExtensionType;

pub static REG_019: Rule = Rule {
    id: "REG-019",
    title: "Source of a direct request is not the co-located Care-of Address",
    level: Level::Must,
    source: "RFC 5944 §3.6.1.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without MP on the HA leg with hdr.D = 1, Lifetime above 0 and IP source different \
        from its Care-of Address. Excludes RRQs with Type 144 (NAT traversal) or Type 34 (relayed by a \
        foreign agent), and RRQs whose ID was seen earlier on an FA leg. With MP the case is MP-024.",
    why: "\
        The request did not leave through the interface it registers, or a NAT is in the way and the tunnel \
        will not come up.",
    example: "D set, Care-of Address 192.0.2.1, IP source 192.0.2.2, to the home agent, without extensions 34, 144, 154",
    check: Check::Request(Traits::NO_MULTIPATH.and(Traits::FROM_ELSEWHERE), comes_from_elsewhere),
};

fn comes_from_elsewhere(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    if asking.message.has_multipath() || !asking.message.is_whole() {
        return;
    }
    let Some(source) = asking.strange_source() else { return };
    finder
        .fires(format!(
            "sent from {source}, and it registers the co-located Care-of Address {}; it has to come from there \
             (RFC 5944 §3.6.1.1)",
            asking.request.care_of_address
        ))
        .at(fields::CARE_OF_ADDRESS);
}

pub static REG_020: Rule = Rule {
    id: "REG-020",
    title: "Relayed request does not come from the foreign agent Care-of Address",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2",
    subject: Subject::ForeignAgent,
    scope: Scope::Message,
    fires: "\
        Fires on an RRQ on the HA leg with hdr.D = 0, Lifetime above 0 and IP source different from both its \
        Care-of Address and its Home Address. Excludes RRQs with Type 144.",
    why: "\
        The home agent selects the foreign agent's security association by this address, and the reply goes \
        back to it.",
    example: "D clear, Care-of Address 203.0.113.1, IP source 203.0.113.2, to the home agent, without extension 144",
    check: Check::Registration(Traits::REQUEST.and(Traits::FROM_ELSEWHERE), relayed_from_elsewhere),
};

fn relayed_from_elsewhere(message: &MessageFacts<'_, '_>, finder: &mut Finder<'_>) {
    let Some(request) = message.request() else { return };
    let source = *message.source.ip();
    let is_relayed = message.leg == Leg::HomeAgent && !request.flags.co_located() && request.lifetime > 0;
    let is_expected = source == request.care_of_address || source == request.home_address;
    let is_natted = message.has(ExtensionType::UDP_TUNNEL_REQUEST) || !message.is_whole();
    if is_relayed && !is_expected && !is_natted {
        finder
            .fires(format!(
                "relayed from {source}, and the foreign agent's Care-of Address is {}; it has to come from there \
                 (RFC 5944 §3.7.2.2)",
                request.care_of_address
            ))
            .at(fields::CARE_OF_ADDRESS);
    }
}

pub static REG_027: Rule = Rule {
    id: "REG-027",
    title: "Foreign agent altered the protected part of a message",
    level: Level::Must,
    source: "RFC 5944 §3.7.2.2, §3.7.3.2",
    subject: Subject::ForeignAgent,
    scope: Scope::State,
    fires: "\
        Fires on the later copy when an RRQ (or RRP) with the same session and 64-bit ID is captured on both \
        legs within T_PAIR and the octets from the start of the UDP payload to the end of the first Type 32 \
        differ.",
    why: "The authenticator will fail at the far end and the registration is lost.",
    example: "\
        a request with Lifetime 600 to the foreign agent; the same Identification, Lifetime 300, from the \
        foreign agent to the home agent",
    check: Check::Both(Traits::AUTHENTICATION, request_altered, reply_altered),
};

fn request_altered(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let passed = Passed::request(asking.asked);
    report_altered(&passed, asking.session, asking.world, finder);
}

fn reply_altered(answering: &Answering<'_, '_, '_>, finder: &mut Finder<'_>) {
    let passed = Passed::reply(answering.answer);
    report_altered(&passed, answering.session, answering.world, finder);
}

fn report_altered(passed: &Passed, session: &Session, world: &World, finder: &mut Finder<'_>) {
    let Some(original) = session.passed.altered(passed, world.options.reply_timeout) else { return };
    let message = if passed.is_reply { "reply" } else { "request" };
    finder.fires(format!(
        "the {message} {:#018x} differs from its copy on the other leg, #{}, before the end of Type 32; a foreign agent \
         passes that part on as it is (RFC 5944 §3.7.2.2, §3.7.3.2)",
        passed.identification, original.frame
    ));
}
