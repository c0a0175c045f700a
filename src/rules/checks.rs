//! The checks of the catalogue, sorted by what they look at.

use std::sync::Arc;

use super::Rule;
use super::catalogue::CATALOGUE;
use super::facts::{
    Answering, Asking, Carried, Expired, FlowBindingFacts, MessageFacts, Revoking, Sprayed, Traits,
    Unanswered,
};
use super::finder::Finder;
use super::rule::Check;

/// A check of a data packet.
pub(super) type PacketCheck = fn(&Carried<'_, '_>, &mut Finder<'_>);

/// A check of a flow that is spread over several tunnels.
pub(super) type SprayCheck = fn(&Sprayed, &mut Finder<'_>);

/// Rules with their checks of one kind.
pub(super) type List<C> = Vec<(&'static Rule, C)>;

/// Rules with their checks of one kind, each after the traits that a message must have to be shown to the check.
type Needing<C> = Vec<(Traits, &'static Rule, C)>;

/// A check of a registration alone.
type RegistrationCheck = fn(&MessageFacts<'_, '_>, &mut Finder<'_>);

/// A check of a request, with the session before it.
type RequestCheck = fn(&Asking<'_, '_, '_>, &mut Finder<'_>);

/// A check of a reply, with the request that it answers and the session before it.
type ReplyCheck = fn(&Answering<'_, '_, '_>, &mut Finder<'_>);

/// The checks that see messages with the same traits, in catalogue order: most messages are of few such sorts.
#[derive(Debug, Default)]
pub(super) struct Sort {
    pub registration: List<RegistrationCheck>,
    pub request: List<RequestCheck>,
    pub reply: List<ReplyCheck>,
}

/// The most sorts of messages that are remembered; beyond that the oldest is dropped.
const SORTS: usize = 64;

/// The checks of the catalogue, by what they look at.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub datagram: List<fn(&MessageFacts<'_, '_>, &mut Finder<'_>)>,
    registration: Needing<RegistrationCheck>,
    pub flow_binding: List<fn(&MessageFacts<'_, '_>, &FlowBindingFacts<'_>, &mut Finder<'_>)>,
    request: Needing<RequestCheck>,
    reply: Needing<ReplyCheck>,
    pub unanswered: List<fn(&Unanswered<'_>, &mut Finder<'_>)>,
    pub expiry: List<fn(&Expired<'_>, &mut Finder<'_>)>,
    pub packet: List<PacketCheck>,
    pub fragment: List<PacketCheck>,
    pub forward: List<PacketCheck>,
    pub spray: List<SprayCheck>,
    pub revocation: List<fn(&Revoking<'_, '_, '_>, &mut Finder<'_>)>,
    /// The sorts of messages met so far, the oldest first.
    met: Vec<(Traits, Arc<Sort>)>,
}

impl Checks {
    /// The checks for a message with these traits.
    pub fn of(&mut self, traits: Traits) -> Arc<Sort> {
        if let Some((_, sort)) = self.met.iter().find(|(met, _)| *met == traits) {
            return Arc::clone(sort);
        }
        if self.met.len() >= SORTS {
            self.met.remove(0);
        }
        let sort = Arc::new(Sort {
            registration: those_that(&self.registration, |needs| traits.have(needs)),
            request: those_that(&self.request, |needs| traits.have(needs)),
            reply: those_that(&self.reply, |needs| traits.have(needs)),
        });
        self.met.push((traits, Arc::clone(&sort)));
        sort
    }

    /// The checks for a message's kind (request or reply) that a message with these traits is not shown to.
    #[cfg(debug_assertions)]
    pub fn spared(&self, traits: Traits) -> Sort {
        let is_of_its_kind = |needs: Traits| {
            [Traits::REQUEST, Traits::REPLY].iter().all(|kind| traits.have(*kind) || !needs.have(*kind))
        };
        let is_spared = |needs: Traits| is_of_its_kind(needs) && !traits.have(needs);
        Sort {
            registration: those_that(&self.registration, is_spared),
            request: those_that(&self.request, is_spared),
            reply: those_that(&self.reply, is_spared),
        }
    }

    pub fn of_catalogue() -> Self {
        let mut checks = Self::default();
        for rule in CATALOGUE.iter().copied() {
            match rule.check {
                Check::Datagram(check) => checks.datagram.push((rule, check)),
                Check::Registration(needs, check) => checks.registration.push((needs, rule, check)),
                Check::FlowBinding(check) => checks.flow_binding.push((rule, check)),
                Check::Request(needs, check) => checks.request.push((needs, rule, check)),
                Check::Reply(needs, check) => checks.reply.push((needs, rule, check)),
                Check::Both(needs, request, reply) => {
                    checks.request.push((needs, rule, request));
                    checks.reply.push((needs, rule, reply));
                }
                Check::Unanswered(check) => checks.unanswered.push((rule, check)),
                Check::Expiry(check) => checks.expiry.push((rule, check)),
                Check::ReplyOrExpiry(needs, reply, expiry) => {
                    checks.reply.push((needs, rule, reply));
                    checks.expiry.push((rule, expiry));
                }
                Check::ReplyOrPacket(needs, reply, packet) => {
                    checks.reply.push((needs, rule, reply));
                    checks.packet.push((rule, packet));
                }
                Check::Packet(check) => checks.packet.push((rule, check)),
                Check::PacketOrFragment(check) => {
                    checks.packet.push((rule, check));
                    checks.fragment.push((rule, check));
                }
                Check::Spray(check) => checks.spray.push((rule, check)),
                Check::Forward(check) => checks.forward.push((rule, check)),
                Check::Revocation(check) => checks.revocation.push((rule, check)),
            }
        }
        checks
    }
}

/// The checks whose needed traits satisfy `is_such`.
fn those_that<C: Copy>(checks: &[(Traits, &'static Rule, C)], is_such: impl Fn(Traits) -> bool) -> List<C> {
    let such = checks.iter().filter(|(needs, ..)| is_such(*needs));
    such.map(|(_, rule, check)| (*rule, *check)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::{Datagram, IpPacket};
    use crate::rules::facts::Leg;
    use crate::rules::finder::{Context, Report};
    use crate::rules::{Place, Subject};
    use crate::state::{AuthenticationFacts, MessageEvent};
    use crate::time::{Precision, Timestamp};
    use crate::wire::{KeyRing, Message, Numbers};

    /// An IPv4 packet that brings this message to a home agent.
    fn packet(message: &[u8]) -> Vec<u8> {
        let length = |header: usize| u16::try_from(message.len() + header).unwrap().to_be_bytes();
        let mut octets = vec![0x45, 0];
        octets.extend(length(28));
        octets.extend([0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1, 1, 178, 1, 178]);
        octets.extend(length(8));
        octets.extend([0, 0]);
        octets.extend(message);
        octets
    }

    /// What the Lengths of extensions with a short and with a long header count, sound and not.
    fn extension() -> impl Strategy<Value = Vec<u8>> {
        let short = |kind: u8, data: Vec<u8>| [vec![kind, u8::try_from(data.len()).unwrap()], data].concat();
        let long = |kind: u8, subtype: u8, data: Vec<u8>| {
            [vec![kind, subtype, 0, u8::try_from(data.len()).unwrap()], data].concat()
        };
        let octets = |range| prop::collection::vec(any::<u8>(), range);
        let few = || prop_oneof![3 => 1u8..4, 1 => any::<u8>()];
        let multipath = (0u8..16, few(), few(), prop_oneof![3 => Just(0u8), 1 => any::<u8>()]);
        let authenticator =
            (prop_oneof![3 => Just(16usize), 1 => 0usize..24], prop_oneof![Just(0u8), Just(1u8)]);
        // One range of a protocol, of ports or of an SPI, a DS field, or whatever.
        let letters =
            prop_oneof![Just(3u32 << 18), Just(1 << 19), Just(1 << 25), Just(1 << 21), Just(0), any::<u32>()];
        let values = || {
            prop_oneof![Just(vec![17]), Just(vec![6, 17]), Just(vec![0, 80]), Just(vec![0; 4]), octets(0..12)]
        };
        let flow_binding = (0u8..3, prop::collection::vec(few(), 0..4), 0u8..3, letters, values());
        prop_oneof![
            4 => multipath.prop_map(move |(technology, label, bid, flags)| {
                long(154, 1, vec![technology, label, bid, flags])
            }),
            6 => flow_binding.prop_map(move |(action, bids, format, flags, values)| {
                let count = u8::try_from(bids.len()).unwrap();
                let flags = (flags & 0xffff_0000).to_be_bytes().to_vec();
                long(154, 2, [vec![action, count], bids, vec![format], flags, values].concat())
            }),
            1 => (any::<u8>(), octets(0..9)).prop_map(move |(subtype, data)| long(154, subtype, data)),
            1 => octets(0..9).prop_map(move |data| short(154, data)),
            4 => (32u8..35, authenticator.clone()).prop_map(move |(kind, (size, high))| {
                short(kind, [vec![0, 0, high, 2], vec![7; size]].concat())
            }),
            1 => authenticator.prop_map(move |(size, high)| long(36, 1, [vec![0, 0, high, 2], vec![7; size]].concat())),
            2 => (any::<u8>(), octets(0..9)).prop_map(move |(kind, data)| short(kind, data)),
            1 => (prop_oneof![Just(130u8), Just(144), Just(44), Just(45), Just(137), Just(148), Just(152)], octets(0..9))
                .prop_map(move |(kind, data)| short(kind, data)),
        ]
    }

    /// A Registration Request or Reply.
    fn registration() -> impl Strategy<Value = Vec<u8>> {
        let request = any::<[u8; 23]>().prop_map(|fixed| [vec![1], fixed.to_vec()].concat());
        let reply = any::<[u8; 19]>().prop_map(|fixed| [vec![3], fixed.to_vec()].concat());
        (prop_oneof![request, reply], prop::collection::vec(extension(), 0..5), 0usize..4).prop_map(
            |(fixed, extensions, cut)| {
                let mut octets = [fixed, extensions.concat()].concat();
                octets.truncate(if cut == 1 { octets.len() - 1 } else { octets.len() }.max(24));
                octets
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// A check that is not shown a message has nothing to report of it.
        #[test]
        fn checks_that_are_spared_find_nothing(octets in registration(), is_at_home: bool) {
            let octets = packet(&octets);
            let datagram = Datagram::of(&IpPacket::parse(&octets, octets.len()).unwrap()).unwrap().unwrap();
            let message = Message::parse(datagram.payload, 0, Numbers::default());
            let event = MessageEvent {
                frame: 1,
                time: Timestamp::FIRST,
                precision: Precision::SECONDS,
                datagram: &datagram,
                message: &message,
                authentication: AuthenticationFacts::default(),
            };
            let keys = KeyRing::default();
            let mut facts = MessageFacts::unread(&event, &keys);
            facts.read();
            facts.leg = if is_at_home { Leg::HomeAgent } else { Leg::ForeignAgent };
            let place = Place { frame: 1, time: Timestamp::FIRST, precision: Precision::SECONDS };
            let context = Context { place, sender: Subject::Any, node: None, home_address: None };
            let checks = Checks::of_catalogue();
            let mut reports: Vec<Report> = Vec::new();
            let mut finder = Finder::new(context, None, &mut reports);
            // Some are of requests or of replies only, and leave it to this to tell them.
            let is_of_it = |needs: &Traits| {
                [Traits::REQUEST, Traits::REPLY].iter().all(|kind| !needs.have(*kind) || facts.traits.have(*kind))
            };
            for (needs, rule, check) in &checks.registration {
                if is_of_it(needs) && !facts.traits.have(*needs) {
                    check(&facts, finder.of(rule));
                }
            }
            for of_one in facts.flow_bindings.iter().filter(|_| !facts.traits.have(Traits::ODD_FLOW_BINDING)) {
                for (rule, check) in &checks.flow_binding {
                    check(&facts, of_one, finder.of(rule));
                }
            }
            let found: Vec<&str> = reports.iter().map(|report| report.finding.rule.id).collect();
            prop_assert!(found.is_empty(), "{found:?}");
        }
    }
}
