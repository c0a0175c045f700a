//! A home agent for tests: correct as far as a test needs it, but for the one fault it is told to have.
//!
//! It is made of the codec alone. Its tables are a map from Binding Identifier to care-of address for each node.

// Each test file uses what it needs.
#![allow(dead_code)]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// It talks over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

mod agent;
mod fault;
mod refusals;
mod structure;

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mipflow::craft::append_mobile_home_authentication;
use mipflow::wire::{Header, Key, Message, Numbers, RegistrationReply, RegistrationRequest, ReplyCode};

use agent::Agent;
pub use fault::Fault;

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
    signed_with(&key(), reply, extensions)
}

/// A reply's octets, signed with that key.
pub fn signed_with(key: &Key, reply: &RegistrationReply, extensions: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    reply.emit(&mut octets);
    octets.extend(extensions);
    append_mobile_home_authentication(&mut octets, key, Numbers::default());
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
