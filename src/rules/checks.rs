//! The checks of the catalogue, sorted by what they look at.

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

/// Rules with their checks of one kind, each after what a message must have to be shown to it.
#[derive(Debug)]
pub(super) struct Sorted<C> {
    all: Vec<(Traits, &'static Rule, C)>,
    /// Those to be shown messages with some traits: most messages are of few sorts.
    met: Vec<(Traits, List<C>)>,
}

/// The most sorts of messages that are remembered.
const SORTS: usize = 32;

impl<C> Default for Sorted<C> {
    fn default() -> Self {
        Self { all: Vec::new(), met: Vec::new() }
    }
}

impl<C: Copy> Sorted<C> {
    fn push(&mut self, needs: Traits, rule: &'static Rule, check: C) {
        self.all.push((needs, rule, check));
    }

    /// Makes ready for messages with these traits.
    fn meet(&mut self, traits: Traits) {
        if self.met.iter().any(|(met, _)| *met == traits) {
            return;
        }
        if self.met.len() >= SORTS {
            self.met.remove(0);
        }
        let theirs = self.all.iter().filter(|(needs, ..)| traits.have(*needs));
        self.met.push((traits, theirs.map(|(_, rule, check)| (*rule, *check)).collect()));
    }

    /// The checks to be shown a message with these traits, in the order of the catalogue, after [`Checks::meet`].
    pub fn of(&self, traits: Traits) -> &[(&'static Rule, C)] {
        self.met.iter().find(|(met, _)| *met == traits).map_or(&[], |(_, checks)| checks)
    }
}

/// The checks of the catalogue, by what they look at.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub datagram: List<fn(&MessageFacts<'_, '_>, &mut Finder<'_>)>,
    pub registration: Sorted<fn(&MessageFacts<'_, '_>, &mut Finder<'_>)>,
    pub flow_binding: List<fn(&MessageFacts<'_, '_>, &FlowBindingFacts<'_>, &mut Finder<'_>)>,
    pub request: Sorted<fn(&Asking<'_, '_, '_>, &mut Finder<'_>)>,
    pub reply: Sorted<fn(&Answering<'_, '_, '_>, &mut Finder<'_>)>,
    pub unanswered: List<fn(&Unanswered<'_>, &mut Finder<'_>)>,
    pub expiry: List<fn(&Expired<'_>, &mut Finder<'_>)>,
    pub packet: List<PacketCheck>,
    pub fragment: List<PacketCheck>,
    pub forward: List<PacketCheck>,
    pub spray: List<SprayCheck>,
    pub revocation: List<fn(&Revoking<'_, '_, '_>, &mut Finder<'_>)>,
}

impl Checks {
    /// Makes ready for a message with these traits.
    pub fn meet(&mut self, traits: Traits) {
        self.registration.meet(traits);
        self.request.meet(traits);
        self.reply.meet(traits);
    }

    pub fn of_catalogue() -> Self {
        let mut checks = Self::default();
        for rule in CATALOGUE.iter().copied() {
            match rule.check {
                Check::Datagram(check) => checks.datagram.push((rule, check)),
                Check::Registration(needs, check) => checks.registration.push(needs, rule, check),
                Check::FlowBinding(check) => checks.flow_binding.push((rule, check)),
                Check::Request(needs, check) => checks.request.push(needs, rule, check),
                Check::Reply(needs, check) => checks.reply.push(needs, rule, check),
                Check::Both(needs, request, reply) => {
                    checks.request.push(needs, rule, request);
                    checks.reply.push(needs, rule, reply);
                }
                Check::Unanswered(check) => checks.unanswered.push((rule, check)),
                Check::Expiry(check) => checks.expiry.push((rule, check)),
                Check::ReplyOrExpiry(reply, expiry) => {
                    checks.reply.push(Traits::NONE, rule, reply);
                    checks.expiry.push((rule, expiry));
                }
                Check::ReplyOrPacket(needs, reply, packet) => {
                    checks.reply.push(needs, rule, reply);
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
