//! A home agent for tests: correct as far as a test needs it, but for the one fault it is told to have.
//!
//! It is made of the codec alone. Its tables are a map from Binding Identifier to care-of address for each node.

// Each test file uses what it needs.
#![allow(dead_code)]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// It talks over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mipflow::craft::append_mobile_home_authentication;
use mipflow::wire::{
    Content, Extension, ExtensionType, Form, Header, Key, KeyRing, Layout, Message, Multipath, Numbers,
    RegistrationReply, RegistrationRequest, ReplyCode, Verdict,
};

/// What is wrong with a responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It never answers.
    Silent,
    /// Each answer comes this much later.
    Late(Duration),
    /// The low half of the reply's Identification is another.
    WrongLowHalf,
    /// The high half of an accepted reply's Identification is another.
    WrongHighHalf,
    /// The authenticator is wrong.
    BadAuthenticator,
    /// There is no authenticator.
    NoAuthenticator,
    /// The request's Multipath extension is in the reply.
    MultipathInReply,
    /// More is granted than was asked for.
    LifetimeTooLong,
    /// The home address of the reply is another.
    WrongHomeAddress,
    /// The home agent of the reply is another.
    WrongHomeAgent,
    /// A stranger's reply comes first.
    StrangerFirst,
    /// Each reply comes twice.
    Duplicates,
    /// It takes any authenticator, and none.
    AcceptsUnsigned,
    /// It takes any Identification.
    AcceptsReplays,
    /// Its code 133 does not bring its own time.
    NoResynchronisation,
    /// It takes requests that are addressed to another home agent.
    AcceptsAnyHomeAgent,
    /// It does not know the Multipath extension, and takes it for one of two octets.
    UnknownMultipath,
    /// It refuses multipath registrations.
    MultipathNotAllowed,
    /// It takes a policy none of whose bindings exist.
    AcceptsUnknownBids,
    /// It refuses a DROP rule for its placeholder.
    RefusesDrop,
    /// O leaves the other bindings.
    OverwriteKeepsOthers,
    /// B leaves the lifetimes of the other bindings.
    BulkKeepsLifetimes,
    /// De-registering with B leaves the other bindings.
    BulkDeregistersOne,
    /// De-registering leaves the binding.
    DeregistersNothing,
    /// It drops a message for an extension of 128 to 255 that it does not know.
    DropsSkippable,
    /// It takes a message with an extension below 128 that it does not know.
    TakesNonSkippable,
    /// It accepts multipath requests with structural faults.
    AcceptsMalformed,
}

/// Datagrams, and when they came.
pub type Received = Arc<Mutex<Vec<(Instant, Vec<u8>)>>>;

/// A home agent on loopback that ends when it is dropped.
pub struct Responder {
    /// Where it listens.
    pub address: SocketAddr,
    /// Each datagram it received, and when.
    pub received: Received,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    /// Its address and port, as `--ha` takes it.
    pub fn ha(&self) -> String {
        self.address.to_string()
    }

    /// How many datagrams it received.
    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// One that keeps its nodes' bindings, and has that fault.
    pub fn with(fault: Fault) -> Self {
        let mut agent = Agent::new(fault);
        Self::start(move |socket, source, octets| agent.take(socket, source, octets))
    }

    /// One that does with each datagram what `respond` does.
    pub fn start(mut respond: impl FnMut(&UdpSocket, SocketAddr, &[u8]) + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let address = socket.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (is_over, seen) = (Arc::clone(&over), Arc::clone(&received));
        let thread = std::thread::spawn(move || {
            let mut octets = vec![0; 65_535];
            while !is_over.load(Ordering::Relaxed) {
                let Ok((length, source)) = socket.recv_from(&mut octets) else { continue };
                seen.lock().unwrap().push((Instant::now(), octets[..length].to_vec()));
                respond(&socket, source, &octets[..length]);
            }
        });
        Self { address, received, over, thread: Some(thread) }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the responder failed");
        }
    }
}

/// The key of the tests, as `--key` takes it.
pub const KEY: &str = "256=text:a-key-for-tests";

pub fn key() -> Key {
    Key::parse(KEY).unwrap()
}

/// A reply to a request: accepted, with what was asked for.
pub fn reply_to(request: &RegistrationRequest) -> RegistrationReply {
    RegistrationReply {
        code: ReplyCode::ACCEPTED,
        lifetime: request.lifetime,
        home_address: request.home_address,
        home_agent: request.home_agent,
        identification: request.identification,
    }
}

/// A reply's octets, signed with the key of the tests.
pub fn signed(reply: &RegistrationReply, extensions: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    reply.emit(&mut octets);
    octets.extend(extensions);
    append_mobile_home_authentication(&mut octets, &key(), Numbers::default());
    octets
}

/// The fixed part of a request; `None` of anything else.
pub fn request_of(octets: &[u8]) -> Option<RegistrationRequest> {
    match Message::parse(octets, 0, Numbers::default()).header {
        Header::Request(request) => Some(request),
        _ => None,
    }
}

/// Seconds since 1900, as the high half of an Identification has them.
pub fn ntp_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 2_208_988_800
}

#[derive(Default)]
struct Node {
    /// By Binding Identifier; 0 is the binding without one.
    bindings: BTreeMap<u8, Binding>,
    last_identification: u64,
}

#[derive(Clone, Copy)]
struct Binding {
    care_of_address: Ipv4Addr,
    expires: Instant,
}

struct Agent {
    fault: Fault,
    nodes: BTreeMap<Ipv4Addr, Node>,
    keys: KeyRing,
    stranger: UdpSocket,
    address: Option<Ipv4Addr>,
}

impl Agent {
    fn new(fault: Fault) -> Self {
        let mut keys = KeyRing::default();
        keys.add(key());
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { fault, nodes: BTreeMap::new(), keys, stranger, address: None }
    }

    fn take(&mut self, socket: &UdpSocket, source: SocketAddr, octets: &[u8]) {
        if self.fault == Fault::Silent {
            return;
        }
        if let SocketAddr::V4(address) = socket.local_addr().unwrap() {
            self.address = Some(*address.ip());
        }
        let message = Message::parse(octets, 0, Numbers::default());
        let Header::Request(request) = message.header else { return };
        let Some(mut reply) = self.judge(&message, &request) else { return };
        let mut extensions = Vec::new();
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
            Fault::WrongHomeAgent => reply.home_agent = [198, 51, 100, 99].into(),
            _ => {}
        }
        let mut answer = signed(&reply, &extensions);
        match self.fault {
            Fault::BadAuthenticator => *answer.last_mut().unwrap() ^= 1,
            Fault::NoAuthenticator => answer.truncate(answer.len() - 22),
            Fault::StrangerFirst => {
                self.stranger.send_to(&answer, source).unwrap();
            }
            Fault::Duplicates => {
                socket.send_to(&answer, source).unwrap();
            }
            _ => {}
        }
        socket.send_to(&answer, source).unwrap();
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
        if fault != Fault::AcceptsMalformed && (request.flags.0 & 0x05 != 0 || is_poorly_formed(message)) {
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
        let authentication = message.extensions().find(|extension| extension.kind.0 == 32);
        let verdict = authentication.and_then(|extension| self.keys.verify(message.octets, &extension));
        if verdict != Some(Verdict::Valid) && fault != Fault::AcceptsUnsigned {
            return deny(131);
        }
        if Some(request.home_agent) != self.address && fault != Fault::AcceptsAnyHomeAgent {
            let mut reply = deny(136)?;
            reply.home_agent = self.address?;
            return Some(reply);
        }
        let node = self.nodes.entry(request.home_address).or_default();
        let now = ntp_now();
        let is_fresh = (request.identification >> 32).abs_diff(now) <= 7
            && request.identification > node.last_identification;
        if !is_fresh && fault != Fault::AcceptsReplays {
            let own = if fault == Fault::NoResynchronisation { request.identification >> 32 } else { now };
            let mut reply = deny(133)?;
            reply.identification = own << 32 | request.identification & 0xffff_ffff;
            return Some(reply);
        }
        node.last_identification = request.identification;
        let multipath = multipath_of(message);
        if multipath.is_some() && fault == Fault::MultipathNotAllowed {
            return deny(152);
        }
        let time = Instant::now();
        node.bindings.retain(|_, binding| binding.expires > time);
        let own = multipath.map(|multipath| multipath.bid);
        for extension in message.extensions().filter(|_| request.lifetime > 0) {
            let Ok(Content::FlowBinding(flow)) = extension.content() else { continue };
            let keeps = |bid: &u8| match multipath {
                Some(multipath) if multipath.overwrite => Some(*bid) == own,
                _ => Some(*bid) == own || node.bindings.contains_key(bid),
            };
            let is_known = flow.bids.iter().any(keeps) || flow.bids.is_empty();
            let is_refused = match u8::from(flow.action) {
                0 => fault == Fault::RefusesDrop,
                _ => !is_known && fault != Fault::AcceptsUnknownBids,
            };
            if is_refused {
                return deny(153);
            }
        }
        change(node, request, multipath, fault);
        Some(reply_to(request))
    }
}

fn change(node: &mut Node, request: &RegistrationRequest, multipath: Option<Multipath>, fault: Fault) {
    let expires = Instant::now() + Duration::from_secs(request.lifetime.into());
    let binding = Binding { care_of_address: request.care_of_address, expires };
    let is_deregistration = request.lifetime == 0;
    match multipath {
        _ if is_deregistration && fault == Fault::DeregistersNothing => {}
        Some(multipath) if is_deregistration && multipath.bulk && fault != Fault::BulkDeregistersOne => {
            node.bindings.clear();
        }
        Some(multipath) if is_deregistration => {
            node.bindings.remove(&multipath.bid);
        }
        None if is_deregistration && request.care_of_address == request.home_address => node.bindings.clear(),
        None if is_deregistration => {
            node.bindings.retain(|_, binding| binding.care_of_address != request.care_of_address);
        }
        Some(multipath) => {
            if multipath.overwrite && fault != Fault::OverwriteKeepsOthers {
                node.bindings.clear();
            }
            if multipath.bulk && fault != Fault::BulkKeepsLifetimes {
                node.bindings.values_mut().for_each(|other| other.expires = expires);
            }
            node.bindings.remove(&0);
            node.bindings.insert(multipath.bid, binding);
        }
        None => {
            node.bindings.clear();
            node.bindings.insert(0, binding);
        }
    }
}

fn multipath_of(message: &Message<'_>) -> Option<Multipath> {
    message.extensions().find_map(|extension| match extension.content() {
        Ok(Content::Multipath(multipath)) => Some(multipath),
        _ => None,
    })
}

/// What RFC 7629 §4.1 and §4.2 and RFC 5944 §3.3 allow no request to be.
fn is_poorly_formed(message: &Message<'_>) -> bool {
    let is_broken =
        |extension: &Extension<'_>| extension.content().is_err() || extension.layout == Layout::FamilyAsShort;
    let multipath: Vec<Multipath> = message
        .extensions()
        .filter_map(|extension| match extension.content() {
            Ok(Content::Multipath(multipath)) => Some(multipath),
            _ => None,
        })
        .collect();
    let is_wrong = |multipath: &Multipath| {
        matches!(multipath.bid, 0 | 255) || multipath.bulk && multipath.overwrite || multipath.label == 0
    };
    let is_wrong_flow = |extension: &Extension<'_>| match extension.content() {
        Ok(Content::FlowBinding(flow)) => {
            let is_drop = u8::from(flow.action) == 0;
            let range = if is_drop { 1..=1 } else { 1..=8 };
            u8::from(flow.action) > 1
                || !range.contains(&flow.bids.len())
                || flow.ts_format == 0
                || !is_drop && flow.bids.iter().any(|bid| matches!(bid, 0 | 255))
        }
        _ => false,
    };
    let is_unnamed = |extension: &Extension<'_>| {
        extension.is_family() && !extension.is_multipath() && !extension.is_flow_binding()
    };
    message.malformed().is_some()
        || message
            .extensions()
            .any(|extension| is_broken(&extension) || is_wrong_flow(&extension) || is_unnamed(&extension))
        || multipath.len() > 1
        || multipath.iter().any(is_wrong)
        || ExtensionType(154).form(message.numbers()) != Form::Long
}
