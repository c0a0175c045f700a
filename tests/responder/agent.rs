//! The home agent's judgement and its bindings: right, but for its fault.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use mipflow::wire::{
    Content, ExtensionType, FlowBinding, Header, Key, KeyRing, Message, Multipath, Numbers,
    RegistrationReply, RegistrationRequest, ReplyCode, Verdict,
};

use super::fault::Fault;
use super::refusals::refused;
use super::structure::is_poorly_formed;
use super::{key, ntp_now, reply_to, signed, signed_with};

/// The answer to what has no field to answer to.
const RUNT_ACCEPTED: RegistrationReply = RegistrationReply {
    code: ReplyCode::ACCEPTED,
    lifetime: 60,
    home_address: Ipv4Addr::UNSPECIFIED,
    home_agent: Ipv4Addr::LOCALHOST,
    identification: 0,
};

/// What a node that has only a name gets.
const ASSIGNED: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 9);

#[derive(Default)]
pub(super) struct Node {
    /// By Binding Identifier; 0 is the binding without one.
    pub(super) bindings: BTreeMap<u8, Binding>,
    last_identification: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Binding {
    pub(super) care_of_address: Ipv4Addr,
    expires: Instant,
}

pub struct Agent {
    fault: Fault,
    nodes: BTreeMap<Ipv4Addr, Node>,
    keys: KeyRing,
    stranger: UdpSocket,
    address: Option<Ipv4Addr>,
    nonce: u32,
    before: Vec<u8>,
}

impl Agent {
    pub fn new(fault: Fault) -> Self {
        let mut keys = KeyRing::default();
        keys.add(key());
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { fault, nodes: BTreeMap::new(), keys, stranger, address: None, nonce: 0, before: Vec::new() }
    }

    pub fn take(&mut self, socket: &UdpSocket, source: SocketAddr, octets: &[u8]) {
        if self.fault == Fault::Silent {
            return;
        }
        if let SocketAddr::V4(address) = socket.local_addr().unwrap() {
            self.address = Some(*address.ip());
        }
        let message = Message::parse(octets, 0, Numbers::default());
        if self.fault == Fault::AcceptsRunts && octets.len() < 24 {
            socket.send_to(&signed(&RUNT_ACCEPTED, &[]), source).unwrap();
        }
        if self.fault == Fault::RepeatsItself && octets.len() < 24 {
            socket.send_to(&self.before, source).unwrap();
        }
        let Header::Request(mut request) = message.header else { return };
        if self.fault == Fault::GrantsTwoSeconds {
            request.lifetime = request.lifetime.min(2);
        }
        let name = name_of(&message).filter(|_| request.home_address.is_unspecified());
        if name.is_some() {
            request.home_address = ASSIGNED;
        }
        let Some(mut reply) = self.judge(&message, &request) else { return };
        let mut extensions = Vec::new();
        let is_denial = !reply.code.is_accepted();
        let has_policy = multipath_of(&message).is_some() && !is_denial;
        match self.fault {
            Fault::NoName | Fault::NameBehindAuthenticator => {}
            _ => extensions.extend(name.into_iter().flat_map(nai)),
        }
        match self.fault {
            Fault::Late(delay) => std::thread::sleep(delay),
            Fault::WrongLowHalf => reply.identification ^= 0x55,
            Fault::WrongHighHalf if reply.code.is_accepted() => reply.identification ^= 0x55 << 32,
            Fault::MultipathInReply => {
                if let Some(multipath) = multipath_of(&message) {
                    let kind = ExtensionType(154);
                    Content::Multipath(multipath).emit(kind, 1, Numbers::default(), &mut extensions);
                }
            }
            Fault::LifetimeTooLong if reply.code.is_accepted() && request.lifetime > 0 => {
                reply.lifetime = request.lifetime.saturating_add(1);
            }
            Fault::WrongHomeAddress => reply.home_address = [10, 99, 99, 99].into(),
            Fault::GrantsNothing if reply.code.is_accepted() => reply.lifetime = 0,
            Fault::GrantsDeregistrations if reply.code.is_accepted() && request.lifetime == 0 => {
                reply.lifetime = 60;
            }
            Fault::WrongHomeAddressInDenials if is_denial => reply.home_address = [10, 99, 99, 99].into(),
            Fault::WrongHomeAgentInDenials if is_denial => reply.home_agent = [198, 51, 100, 99].into(),
            Fault::WrongHighHalfAtTheEnd if !is_denial && request.lifetime == 0 => {
                reply.identification ^= 7 << 32;
            }
            Fault::PolicyOverrun if has_policy => extensions.extend(flow_of(9)),
            Fault::WrongHomeAgent => reply.home_agent = [198, 51, 100, 99].into(),
            Fault::Nonces => {
                self.nonce += 1000;
                reply.identification = u64::from(self.nonce) << 32 | reply.identification & 0xffff_ffff;
            }
            _ => {}
        }
        let key = match self.fault {
            Fault::AnotherSpi => Key::parse("512=text:another").unwrap(),
            Fault::ReservedSpi => Key::parse("77=text:another").unwrap(),
            _ => key(),
        };
        let mut answer = signed_with(&key, &reply, &extensions);
        match self.fault {
            // Type 222 with a Length of 173.
            Fault::TrailingOctets => answer.extend([0xde, 0xad, 0xbe]),
            Fault::NameBehindAuthenticator => answer.extend(name.into_iter().flat_map(nai)),
            Fault::PolicyBehindAuthenticator if has_policy => answer.extend(flow_of(1)),
            Fault::BadAuthenticatorInDenials if is_denial => *answer.last_mut().unwrap() ^= 1,
            Fault::NoAuthenticatorInDenials if is_denial => answer.truncate(answer.len() - 22),
            Fault::CutAuthenticator => answer.truncate(answer.len() - 4),
            Fault::NoAuthenticatorAtTheEnd if request.lifetime == 0 => answer.truncate(answer.len() - 22),
            Fault::BadAuthenticatorAtTheEnd if request.lifetime == 0 => *answer.last_mut().unwrap() ^= 1,
            Fault::BadAuthenticator => *answer.last_mut().unwrap() ^= 1,
            Fault::NoAuthenticator => answer.truncate(answer.len() - 22),
            Fault::StrangerFirst => {
                self.stranger.send_to(&answer, source).unwrap();
            }
            Fault::AnotherPort => {
                self.stranger.send_to(&answer, source).unwrap();
                return;
            }
            Fault::Duplicates => {
                socket.send_to(&answer, source).unwrap();
            }
            _ => {}
        }
        socket.send_to(&answer, source).unwrap();
        self.before = answer;
    }

    /// The reply; `None` of what is dropped in silence.
    fn judge(&mut self, message: &Message<'_>, request: &RegistrationRequest) -> Option<RegistrationReply> {
        let fault = self.fault;
        let mut reply = reply_to(request);
        let mut deny = |code| {
            reply.code = ReplyCode(code);
            reply.lifetime = 0;
            Some(reply)
        };
        // Who does not know the extension reads its Sub-Type as a Length of one or two octets.
        if fault == Fault::UnknownMultipath && message.extensions().any(|extension| extension.is_family()) {
            return None;
        }
        if fault == Fault::AcceptsOverlong && message.malformed().is_some() {
            return Some(reply);
        }
        // r and x of the flags.
        let is_reserved = request.flags.0 & 0x05 != 0 && fault != Fault::RefusesReservedBits;
        if fault != Fault::AcceptsMalformed && (is_reserved || is_poorly_formed(message, fault)) {
            return deny(134);
        }
        for extension in message.extensions() {
            let is_unknown = extension.name() == "unknown";
            let is_dropped = if extension.kind.is_skippable() {
                fault == Fault::DropsSkippable
            } else {
                fault != Fault::TakesNonSkippable
            };
            if is_unknown && is_dropped {
                return None;
            }
        }
        if !self.is_authentic(message) && fault != Fault::AcceptsUnsigned {
            return deny(131);
        }
        let has_foreign_agent = message.extensions().any(|extension| extension.kind.0 == 34);
        if has_foreign_agent && fault != Fault::AcceptsForeignAgents {
            return None;
        }
        if Some(request.home_agent) != self.address && fault != Fault::AcceptsAnyHomeAgent {
            let mut reply = deny(136)?;
            if fault != Fault::CopiesHomeAgent {
                reply.home_agent = self.address?;
            }
            return Some(reply);
        }
        let node = self.nodes.entry(request.home_address).or_default();
        if let Some(own) = stale(fault, self.nonce, request, node.last_identification) {
            let mut reply = deny(133)?;
            reply.identification = own << 32 | request.identification & 0xffff_ffff;
            if fault == Fault::WrongLowHalfInDenials {
                reply.identification ^= 0x55;
            }
            return Some(reply);
        }
        node.last_identification = request.identification;
        let multipath = multipath_of(message);
        if multipath.is_some() && fault == Fault::MultipathNotAllowed {
            return deny(152);
        }
        let time = Instant::now();
        node.bindings.retain(|_, binding| binding.expires > time || fault == Fault::NeverExpires);
        let own = multipath.map(|multipath| multipath.bid);
        if let Some(code) = refused(fault, message, request, node) {
            return deny(code);
        }
        for (index, flow) in flows_of(message).filter(|_| request.lifetime > 0).enumerate() {
            let keeps = |bid: &u8| match multipath {
                Some(multipath) if multipath.overwrite => Some(*bid) == own,
                _ if Some(*bid) == own && fault != Fault::CountsNotTheRequest => true,
                _ => node.bindings.contains_key(bid),
            };
            let is_known = match fault {
                Fault::FirstBidOnly => flow.bids.first().is_some_and(keeps),
                Fault::FirstRuleOnly if index > 0 => true,
                _ => flow.bids.iter().any(keeps) || flow.bids.is_empty(),
            };
            let is_refused = match u8::from(flow.action) {
                0 => fault == Fault::RefusesDrop,
                _ => !is_known && fault != Fault::AcceptsUnknownBids,
            };
            if is_refused {
                match fault {
                    Fault::KeepsRefused => change(node, request, multipath, fault),
                    Fault::RefusalClears => node.bindings.clear(),
                    _ => {}
                }
                return match fault {
                    Fault::RefusesUnknownBidsAsMultipath => deny(152),
                    Fault::DropsUnknownBids => None,
                    _ => deny(153),
                };
            }
        }
        change(node, request, multipath, fault);
        Some(reply_to(request))
    }

    fn is_authentic(&self, message: &Message<'_>) -> bool {
        let Some(extension) = message.extensions().find(|extension| extension.kind.0 == 32) else {
            return false;
        };
        let covered = (extension.offset + 6).min(message.octets.len());
        let right = key().authenticator(&message.octets[..covered]);
        let Some((spi, there)) = extension.data.split_at_checked(4) else { return false };
        match self.fault {
            Fault::AnySpi => there == right,
            Fault::AcceptsShortAuthenticators => {
                *spi == key().spi.to_be_bytes() && !there.is_empty() && right.starts_with(there)
            }
            _ => self.keys.verify(message.octets, &extension) == Some(Verdict::Valid),
        }
    }
}

/// A Flow-Binding extension that forwards everything to BID 1, with that BID Count.
fn flow_of(count: u8) -> [u8; 12] {
    [154, 2, 0, 8, 1, count, 1, 1, 0, 0, 0, 0]
}

fn nai(name: &[u8]) -> Vec<u8> {
    [&[131, u8::try_from(name.len()).unwrap()], name].concat()
}

/// The high half of code 133, where the Identification of the request is not fresh: `last` was accepted last.
fn stale(fault: Fault, nonce: u32, request: &RegistrationRequest, last: u64) -> Option<u64> {
    let now = ntp_now() - if fault == Fault::SlowClock { 5 } else { 0 };
    let high = request.identification >> 32;
    let is_fresh = match fault {
        Fault::Nonces => high == u64::from(nonce),
        Fault::AcceptsReplays => true,
        Fault::TakesEarlier => high.abs_diff(now) <= 7 && request.identification != last,
        Fault::TakesPast => high <= now + 7 && request.identification > last,
        Fault::TakesFuture => high + 7 >= now && request.identification > last,
        Fault::TakesTwice => high.abs_diff(now) <= 7,
        _ => high.abs_diff(now) <= 7 && request.identification > last,
    };
    match fault {
        _ if is_fresh => None,
        Fault::NoResynchronisation => Some(high),
        Fault::WrongResynchronisation => Some(now + 3600),
        _ => Some(now),
    }
}

fn change(node: &mut Node, request: &RegistrationRequest, multipath: Option<Multipath>, fault: Fault) {
    let expires = Instant::now() + Duration::from_secs(request.lifetime.into());
    let binding = Binding { care_of_address: request.care_of_address, expires };
    let is_deregistration = request.lifetime == 0;
    let multipath = multipath.map(|multipath| match fault {
        Fault::KeyedByLabel => Multipath { bid: multipath.label, ..multipath },
        Fault::HalfIdentifiers => Multipath { bid: multipath.bid % 16, ..multipath },
        _ => multipath,
    });
    match multipath {
        Some(_) if is_deregistration && fault == Fault::DeregistersNothing => {}
        Some(multipath) if is_deregistration && multipath.bulk && fault == Fault::BulkDeregistersOthers => {
            node.bindings.retain(|bid, _| *bid == multipath.bid);
        }
        Some(multipath) if is_deregistration && multipath.bulk && fault != Fault::BulkDeregistersOne => {
            node.bindings.clear();
        }
        Some(_) if is_deregistration && fault == Fault::DeregistersAll => node.bindings.clear(),
        Some(_) if is_deregistration && fault == Fault::DeregistersAddress => {
            node.bindings.retain(|_, binding| binding.care_of_address != request.care_of_address);
        }
        Some(multipath) if is_deregistration => {
            node.bindings.remove(&multipath.bid);
        }
        None if is_deregistration && request.care_of_address == request.home_address => {
            node.bindings.retain(|bid, _| *bid > 0 && fault == Fault::HomeKeepsBindings);
        }
        None if is_deregistration && fault == Fault::PlainDeregistersAll => node.bindings.clear(),
        None if is_deregistration => {
            node.bindings.retain(|_, binding| binding.care_of_address != request.care_of_address);
        }
        Some(multipath) => {
            let before = node.bindings.get(&multipath.bid).copied();
            if multipath.overwrite && fault != Fault::OverwriteKeepsOthers
                || before.is_some() && fault == Fault::RefreshClearsOthers
            {
                node.bindings.clear();
            }
            if multipath.bulk && fault != Fault::BulkKeepsLifetimes {
                node.bindings.values_mut().for_each(|other| other.expires = expires);
            }
            let binding = match (before, fault) {
                (Some(before), Fault::BulkLeavesItself) if multipath.bulk => before,
                (Some(before), Fault::RefreshOnlyExtends) => {
                    Binding { expires: expires.max(before.expires), ..binding }
                }
                (Some(before), Fault::MoveLeavesAddress) => Binding { expires, ..before },
                _ => binding,
            };
            node.bindings.remove(&0);
            if fault == Fault::OneBindingOnly {
                node.bindings.clear();
            }
            if let Some(before) = node.bindings.get_mut(&multipath.bid)
                && fault == Fault::RefreshKeepsLifetime
            {
                before.care_of_address = request.care_of_address;
            } else if !(multipath.overwrite && fault == Fault::OverwriteRemovesItself) {
                node.bindings.insert(multipath.bid, binding);
            }
        }
        None => {
            node.bindings.clear();
            node.bindings.insert(0, binding);
        }
    }
}

fn name_of<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.extensions().find(|extension| extension.kind.0 == 131).map(|extension| extension.data)
}

pub(super) fn flows_of<'a>(message: &Message<'a>) -> impl Iterator<Item = FlowBinding<'a>> {
    message.extensions().filter_map(|extension| match extension.content() {
        Ok(Content::FlowBinding(flow)) => Some(flow),
        _ => None,
    })
}

pub(super) fn multipath_of(message: &Message<'_>) -> Option<Multipath> {
    message.extensions().find_map(|extension| match extension.content() {
        Ok(Content::Multipath(multipath)) => Some(multipath),
        _ => None,
    })
}
