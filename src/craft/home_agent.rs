//! A home agent for the lab (RFC 5944 §3.8, RFC 7629 §5.2): octets and their time go in, replies come out.
//!
//! It reads no clock and opens no socket. Its nodes are in an [`Observer`] that sees every request and reply, so bindings
//! and policy are those that a capture of the same packets would show. It forwards no traffic, so it accepts every
//! encapsulation. It does not tunnel in UDP, and ignores requests for that, which RFC 3519 §4.4 takes for a refusal.

mod addresses;
mod admission;
mod answered;
mod authentication;
mod identification;
pub(super) mod ntp;
mod outcome;
mod packet;
mod recent;
mod settings;
mod structure;

use std::net::Ipv4Addr;

use addresses::Addresses;
use answered::{Answered, Given};
use authentication::ForeignAgent;
use identification::{Identifications, Sender, Stale};
use structure::{Fault, Request};

pub use outcome::{Ignored, Outcome, Received, Taken, Tally};
pub use packet::Packet;
pub use settings::Settings;

use super::Reply;
use crate::state::{Limits, Multipath, Node, Observer, Options, Vouching};
use crate::time::Timestamp;
use crate::wire::{
    ExtensionType, Header, KeyRing, Message, Numbers, RegistrationReply, RegistrationRequest, ReplyCode,
};

/// A home agent.
#[derive(Debug)]
pub struct HomeAgent {
    settings: Settings,
    observer: Observer,
    identifications: Identifications,
    answered: Answered,
    addresses: Addresses,
    /// Datagrams in and replies out so far; the last frame number used.
    frames: u64,
    clock: Timestamp,
    /// When the first binding expires, or has to be looked at again; `None` while no binding can expire.
    next_expiry: Option<Timestamp>,
    expired: Vec<u32>,
    next_return: Timestamp,
    tally: Tally,
}

/// The most nodes that are kept; nodes without bindings are forgotten first.
const NODES: usize = 1 << 16;

/// One microsecond, in nanoseconds.
const MICROSECOND: i64 = 1_000;

/// The decision on a request.
struct Decision {
    code: ReplyCode,
    /// The home address of the reply; the Identification below is the reply's, too.
    home_address: Ipv4Addr,
    identification: u64,
    /// Whether the request asks for a lifetime above 0, and so is no de-registration.
    is_registration: bool,
}

impl HomeAgent {
    /// A home agent that knows no node yet.
    pub fn new(settings: Settings) -> Self {
        let limits = Limits {
            nodes: NODES,
            pending: 2,
            exchanges: 1,
            flows: 1,
            flows_of_one_node: 1,
            ..Limits::default()
        };
        let options = Options {
            // The agent answers at once, so no request waits for a reply. Copies of a request are recognised by their
            // octets, not by their Identification: a request that was denied for another reason may come again with the
            // same one.
            reply_timeout: 0,
            keep_exchanges: true,
            keep_before: false,
            vouching: Vouching::default(),
            attribute: true,
            limits,
            seed: settings.seed,
        };
        Self {
            observer: Observer::new(options),
            identifications: Identifications::new(settings.replay),
            answered: Answered::new(),
            addresses: Addresses::new(settings.home_prefixes.clone()),
            frames: 0,
            clock: Timestamp::FIRST,
            next_expiry: None,
            expired: Vec::new(),
            next_return: Timestamp::FIRST,
            tally: Tally::default(),
            settings,
        }
    }

    /// The tables of nodes, as a capture of the same packets would show them.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The node with this index.
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.observer.node(index)
    }

    /// Counts of what was received so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// When [`HomeAgent::expire`] has something to do, at the earliest; `None` while nothing is to expire.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.next_expiry
    }

    /// Lets bindings expire. Returns the indexes of the nodes that have lost bindings since the last call, now or when
    /// a request came in.
    pub fn expire(&mut self, now: Timestamp) -> Vec<u32> {
        self.set_clock(whole_microseconds(now).max(self.clock));
        std::mem::take(&mut self.expired)
    }

    /// Handles a datagram that came in.
    pub fn receive(&mut self, received: &Received<'_>) -> Outcome {
        self.frames = self.frames.saturating_add(1);
        let source = *received.source.ip();
        let ignored = if source.is_unspecified()
            || source.is_broadcast()
            || source.is_multicast()
            || received.source.port() == 0
        {
            Some(Ignored::NoSource)
        } else if received.is_cut {
            Some(Ignored::Cut)
        } else {
            None
        };
        let message = Message::parse(received.octets, 0, self.settings.numbers);
        match (ignored, message.header) {
            (None, Header::Request(header)) => {
                Outcome::Taken(Box::new(self.request(received, &message, header)))
            }
            (ignored, _) => {
                self.tally.ignored = self.tally.ignored.saturating_add(1);
                Outcome::Ignored(ignored.unwrap_or(Ignored::NoRequest))
            }
        }
    }

    fn request(
        &mut self,
        received: &Received<'_>,
        message: &Message<'_>,
        header: RegistrationRequest,
    ) -> Taken {
        self.pass(received.time);
        self.tally.requests = self.tally.requests.saturating_add(1);
        let request =
            Packet::new(self.frames, self.clock, received.source, received.destination, received.octets);
        let asked = (received.octets.into(), *received.destination.ip());
        if let Some(given) = self.answered.get(&asked, self.clock) {
            self.frames = self.frames.saturating_add(1);
            self.tally.copies = self.tally.copies.saturating_add(1);
            return given.again(request, self.frames, received);
        }
        // Taken out for a while: the reply borrows keys from the settings while `self` changes.
        let settings = std::mem::take(&mut self.settings);
        let taken = match self.decide(&settings, received, message, header) {
            Ok(decision) => {
                let reply = Reply {
                    header: RegistrationReply {
                        code: decision.code,
                        lifetime: header.lifetime.min(settings.max_lifetime),
                        home_address: decision.home_address,
                        home_agent: received.own_address,
                        identification: decision.identification,
                    },
                    nai: structure::nai(message),
                    mobile_home: authentication::signer(&settings.keys, message),
                    foreign_home: authentication::foreign_signer(&settings.keys, message),
                };
                let octets = reply.octets(settings.numbers);
                let taken = self.answer(settings.numbers, received, request, &octets, &decision);
                // A reply to a wrong Identification carries the time or nonce to use, which must be made anew each
                // time.
                let is_lasting = decision.code != ReplyCode::IDENTIFICATION_MISMATCH;
                if let Some(exchange) = taken.exchange.clone().filter(|_| is_lasting) {
                    self.answered.put(asked, Given { time: self.clock, reply: octets.into(), exchange });
                }
                taken
            }
            Err(kind) => {
                self.tally.dropped = self.tally.dropped.saturating_add(1);
                self.show(settings.numbers, &request);
                let exchange = self.observer.exchanges().last().cloned();
                Taken { exchange, not_understood: Some(kind), ..Taken::unanswered(request, received) }
            }
        };
        self.settings = settings;
        taken
    }

    /// Goes through the checks of RFC 5944 §3.8.2.1 in their order, then through what this agent allows. `Err` drops
    /// the request in silence, because of an extension.
    fn decide(
        &mut self,
        settings: &Settings,
        received: &Received<'_>,
        message: &Message<'_>,
        header: RegistrationRequest,
    ) -> Result<Decision, ExtensionType> {
        let mut decision = Decision {
            code: ReplyCode::ACCEPTED,
            home_address: header.home_address,
            identification: header.identification,
            is_registration: header.lifetime > 0,
        };
        let request = match Request::read(message, header) {
            Ok(request) => request,
            Err(Fault::Refused(code)) => return Ok(Decision { code, ..decision }),
            Err(Fault::NotUnderstood(kind)) => return Err(kind),
        };
        if let Err(code) = authentication::judge(&settings.keys, message, settings.require_auth) {
            return Ok(Decision { code, ..decision });
        }
        let names = self.names(&request);
        match self.identifications.judge(&names, header.identification, received.time) {
            Ok(identification) => decision.identification = identification,
            Err(Stale { code, identification }) => return Ok(Decision { code, identification, ..decision }),
        }
        match authentication::judge_foreign_agent(&settings.keys, message, settings.require_auth) {
            Ok(ForeignAgent::Known | ForeignAgent::Unknown) => {}
            Ok(ForeignAgent::Stranger) => return Err(ExtensionType::FOREIGN_HOME_AUTHENTICATION),
            Err(code) => return Ok(Decision { code, ..decision }),
        }
        match self.admit(settings, received, &request) {
            Ok(home_address) => {
                decision.home_address = home_address;
                self.identifications.share(&request.sender(), Sender::Address(home_address));
            }
            Err(code) => decision.code = code,
        }
        Ok(decision)
    }

    /// The names of the sender of a request: its home address, and the NAI that was given that address. Both name one
    /// node with one replay protection.
    fn names(&self, request: &Request<'_>) -> Vec<Sender> {
        let sender = request.sender();
        let other = match &sender {
            Sender::Address(address) => self.addresses.nai_of(*address).map(|nai| Sender::Nai(nai.into())),
            Sender::Nai(nai) => self.addresses.of(nai).map(Sender::Address),
        };
        [Some(sender), other].into_iter().flatten().collect()
    }

    /// Shows request and reply to the observer, and returns what became of the request.
    fn answer(
        &mut self,
        numbers: Numbers,
        received: &Received<'_>,
        request: Packet,
        octets: &[u8],
        decision: &Decision,
    ) -> Taken {
        let is_accepted = decision.code.is_accepted();
        let count = if is_accepted { &mut self.tally.accepted } else { &mut self.tally.denied };
        *count = count.saturating_add(1);
        self.frames = self.frames.saturating_add(1);
        let taken = Taken::unanswered(request, received);
        let reply = Packet::new(self.frames, self.clock, taken.source, taken.destination, octets);
        let asked = self.show(numbers, &taken.request);
        // A NAI may have had several home addresses; the one in the reply tells which node is meant.
        let named = self.observer.node_at(received.own_address, decision.home_address).map(standing);
        let before = named.or_else(|| asked.and_then(|index| self.node(index)).map(standing));
        let index = self.show(numbers, &reply);
        let node = index.and_then(|index| self.observer.node(index));
        if let Some((node, address)) = node.and_then(|node| Some((node, node.home_address?))) {
            self.addresses.note(address, node.active().count() > 0);
        }
        // A registration changes at least the times of its binding. Of the refusals only that of Multipath changes a
        // node; others may name another node than their requests do.
        let may_change = is_accepted || decision.code.0 == numbers.multipath_not_allowed;
        let is_change =
            (is_accepted && decision.is_registration) || (may_change && before != node.map(standing));
        if let Some(expiry) = node.and_then(Node::next_expiry) {
            self.next_expiry = Some(self.next_expiry.map_or(expiry, |next| next.min(expiry)));
        }
        let exchange = self.observer.exchanges().last().cloned();
        Taken { reply: Some(reply), exchange, changed: index.filter(|_| is_change), ..taken }
    }

    /// Shows a packet to the observer; returns the index of the node it is about.
    fn show(&mut self, numbers: Numbers, packet: &Packet) -> Option<u32> {
        let seen = packet.seen(numbers)?;
        // The authenticators have been judged before, so no keys are needed here.
        self.observer.message(&seen.event(&KeyRing::default())).node
    }

    /// Lets time pass. The tables' clock never goes back, and no two requests have the same time.
    fn pass(&mut self, now: Timestamp) {
        let next = self.clock.after(MICROSECOND);
        self.set_clock(whole_microseconds(now).max(next));
    }

    fn set_clock(&mut self, clock: Timestamp) {
        self.clock = clock;
        self.observer.advance(clock);
        if self.next_expiry.is_some_and(|expiry| clock > expiry) {
            let (changed, next) = self.observer.expire();
            for node in changed.iter().filter_map(|index| self.observer.node(*index)) {
                if let Some(address) = node.home_address {
                    self.addresses.note(address, node.active().count() > 0);
                }
            }
            self.expired.extend(changed);
            self.next_expiry = next;
        }
    }
}

/// What a refusal or a de-registration can change of a node: its number of active bindings, and its Multipath state.
fn standing(node: &Node) -> (usize, Multipath) {
    (node.active().count(), node.multipath)
}

/// A time in whole microseconds, rounded down, as captures have it.
fn whole_microseconds(time: Timestamp) -> Timestamp {
    let nanoseconds = time.nanoseconds();
    Timestamp::from_nanoseconds(nanoseconds.saturating_sub(nanoseconds.rem_euclid(MICROSECOND)))
}
