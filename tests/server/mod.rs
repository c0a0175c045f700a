//! A running `mipflow serve`, and requests to it.

// Each test file uses what it needs.
#![allow(dead_code)]

use std::io::{BufRead as _, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mipflow::craft::append_mobile_home_authentication;
use mipflow::wire::{
    AccessTechnology, Action, Content, ExtensionType, FlowBinding, Key, Multipath, Numbers,
    RegistrationRequest, RequestFlags,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::program::mipflow;

/// How long anything may take that has to come.
const DEADLINE: Duration = Duration::from_secs(20);

/// A home agent on loopback; it ends with the test.
pub struct Server {
    child: Child,
    address: SocketAddrV4,
    client: UdpSocket,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
}

/// How a run ended, and what was not read of its output before.
pub struct End {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Server {
    pub fn text(arguments: &str) -> Self {
        Self::start(arguments, false, true)
    }

    pub fn ndjson(arguments: &str) -> Self {
        Self::start(&format!("{arguments} --format ndjson"), true, true)
    }

    /// A server that tells where it listens on standard error, and whose standard output nobody reads.
    pub fn unread(arguments: &str) -> Self {
        Self::start(arguments, true, false)
    }

    fn start(arguments: &str, on_standard_error: bool, is_read: bool) -> Self {
        let mut command = mipflow(&format!("serve {arguments}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (send, lines) = channel();
        if is_read {
            let out = BufReader::new(child.stdout.take().unwrap());
            std::thread::spawn(move || {
                out.lines()
                    .map_while(Result::ok)
                    .take_while(|line| send.send(line.clone()).is_ok())
                    .for_each(drop);
            });
        }
        let mut error = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        if on_standard_error {
            error.read_line(&mut first).unwrap();
        } else {
            first = lines.recv_timeout(DEADLINE).expect("a first line");
        }
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            error.read_to_string(&mut text).unwrap();
            text
        });
        let told = first.trim_end().strip_prefix("listening on ").expect("where it listens");
        Self { child, address: told.parse().unwrap(), client: client(), lines, errors: Some(errors) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Where requests come from.
    pub fn client(&self) -> SocketAddrV4 {
        match self.client.local_addr().unwrap() {
            std::net::SocketAddr::V4(address) => address,
            std::net::SocketAddr::V6(_) => panic!("IPv4"),
        }
    }

    /// Sends a request, and gives the reply.
    pub fn ask(&self, request: &Request) -> Vec<u8> {
        self.send(&request.octets(self.address))
    }

    /// Sends octets, and gives the reply.
    pub fn send(&self, octets: &[u8]) -> Vec<u8> {
        self.throw(octets);
        self.receive()
    }

    /// Sends octets.
    pub fn throw(&self, octets: &[u8]) {
        self.client.send_to(octets, self.address).unwrap();
    }

    /// Sends a request, and gives the reply to it, whatever other replies come before.
    pub fn ask_amid_others(&self, request: &Request) -> Vec<u8> {
        let octets = request.octets(self.address);
        self.throw(&octets);
        loop {
            let reply = self.receive();
            // Home address, and the low half of the Identification.
            if reply[4..8] == octets[4..8] && reply[16..20] == octets[20..24] {
                return reply;
            }
        }
    }

    fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2_000];
        let (length, from) = self.client.recv_from(&mut buffer).expect("a reply");
        assert_eq!(from, self.address.into());
        buffer[..length].to_vec()
    }

    /// The next line of standard output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line")
    }

    /// The next record.
    pub fn record(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Sends a signal, and waits for the end.
    pub fn end(mut self, signal: Signal) -> End {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < DEADLINE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let out = self.lines.iter().fold(String::new(), |text, line| text + &line + "\n");
        let error = self.errors.take().unwrap().join().unwrap();
        End { code: status.code().expect("it ends by itself"), out, error }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Of one that has ended already, nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A socket on loopback that waits for replies, but not for ever.
pub fn client() -> UdpSocket {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client
}

/// Seconds since 1900.
pub fn ntp_seconds() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u32::try_from((since.as_secs() + 2_208_988_800) & 0xffff_ffff).unwrap()
}

/// The time as an Identification.
fn identification() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    u64::from(ntp_seconds()) << 32 | fraction
}

/// A Registration Request from loopback; its Identification is the time at which its octets are made.
#[derive(Clone, Debug)]
pub struct Request {
    home_address: Ipv4Addr,
    lifetime: u16,
    extensions: Vec<u8>,
    key: Option<Key>,
}

impl Request {
    /// Without Multipath, for 600 s.
    pub fn plain() -> Self {
        Self { home_address: [10, 1, 0, 1].into(), lifetime: 600, extensions: Vec::new(), key: None }
    }

    /// With Multipath, for 600 s.
    pub fn bid(bid: u8) -> Self {
        let multipath = Multipath {
            access_technology: AccessTechnology(4),
            label: 1,
            bid,
            bulk: false,
            overwrite: false,
            reserved: 0,
        };
        let mut request = Self::plain();
        let content = Content::Multipath(multipath);
        content.emit(ExtensionType(154), Multipath::SUBTYPE, Numbers::default(), &mut request.extensions);
        request
    }

    /// A rule that forwards everything.
    pub fn rule(mut self, bids: &[u8]) -> Self {
        let content = Content::FlowBinding(FlowBinding {
            action: Action::Forward,
            bids,
            ts_format: 1,
            selector: None,
            selector_octets: &[0; 4],
        });
        content.emit(ExtensionType(154), FlowBinding::SUBTYPE, Numbers::default(), &mut self.extensions);
        self
    }

    /// These octets behind the extensions that are there.
    pub fn followed_by(mut self, octets: &[u8]) -> Self {
        self.extensions.extend(octets);
        self
    }

    pub fn lifetime(self, lifetime: u16) -> Self {
        Self { lifetime, ..self }
    }

    pub fn home(self, home_address: [u8; 4]) -> Self {
        Self { home_address: home_address.into(), ..self }
    }

    pub fn signed(self, key: &str) -> Self {
        Self { key: Some(Key::parse(key).unwrap()), ..self }
    }

    /// The UDP payload, for the home agent there.
    pub fn octets(&self, home_agent: SocketAddrV4) -> Vec<u8> {
        let mut octets = Vec::new();
        RegistrationRequest {
            flags: RequestFlags(0x20),
            lifetime: self.lifetime,
            home_address: self.home_address,
            home_agent: *home_agent.ip(),
            care_of_address: Ipv4Addr::LOCALHOST,
            identification: identification(),
        }
        .emit(&mut octets);
        octets.extend_from_slice(&self.extensions);
        if let Some(key) = &self.key {
            append_mobile_home_authentication(&mut octets, key, Numbers::default());
        }
        octets
    }
}
