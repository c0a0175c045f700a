//! Scenes: captures built packet by packet in which everything is as the documents ask, so that one thing can be wrong.
//!
//! Octets are laid out by hand here, not by the codec under test. Only authenticators are the crate's own, made by its
//! `Key`; what that makes is held against other tools' results in `tests/authenticators.rs`. Times are seconds after [`crate::history::EPOCH`].

#![allow(dead_code, reason = "each test binary builds scenes of its own kind")]

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{Key, KeyRing};

use crate::history::{HOME_AGENT, History, NODE, care_of, ipv4, moment};

/// SPI and key of the association between mobile node and home agent.
pub const KEY: &str = "4096=00112233445566778899aabbccddeeff";
/// The same between foreign agent and home agent.
pub const FOREIGN_HOME_KEY: &str = "8192=66612d616e642d68612d736563726574";
/// The same between mobile node and foreign agent.
pub const MOBILE_FOREIGN_KEY: &str = "12288=6d6e2d616e642d66612d736563726574";
/// Seconds from 1900 to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

/// All keys.
pub fn keys() -> KeyRing {
    let mut ring = KeyRing::default();
    for key in [KEY, FOREIGN_HOME_KEY, MOBILE_FOREIGN_KEY] {
        ring.add(Key::parse(key).unwrap());
    }
    ring
}

/// A registration, request or reply, that can be made wrong in any way.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Type, flags or code.
    pub kind: u8,
    pub octet: u8,
    pub lifetime: u16,
    pub home_address: Ipv4Addr,
    pub home_agent: Ipv4Addr,
    /// Of a request.
    pub care_of_address: Ipv4Addr,
    /// `None` takes the time of sending, as NTP has it.
    pub identification: Option<u64>,
    /// Extensions before the authenticator.
    pub extensions: Vec<Vec<u8>>,
    /// Key of the Mobile-Home Authentication extension; `None` for none.
    pub key: Option<&'static str>,
    /// Extensions after the authenticator.
    pub after: Vec<Vec<u8>>,
    pub source: SocketAddrV4,
    pub destination: SocketAddrV4,
    pub ttl: u8,
    pub checksum: UdpChecksum,
}

/// What stands in the UDP checksum field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpChecksum {
    Right,
    Absent,
    Wrong,
}

/// A whole extension with a short header: Type, 8-bit Length, data.
pub fn short(kind: u8, data: &[u8]) -> Vec<u8> {
    [&[kind, u8::try_from(data.len()).unwrap()], data].concat()
}

/// A whole extension with a long header: Type, Sub-Type, 16-bit Length, data.
pub fn long(kind: u8, subtype: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&[kind, subtype], &length[..], data].concat()
}

/// A Multipath extension: access technology 4 (WLAN), label as the BID, no flags.
pub fn multipath(bid: u8) -> Vec<u8> {
    multipath_with(4, bid.max(1), bid, 0)
}

/// A Multipath extension with these four octets.
pub fn multipath_with(technology: u8, label: u8, bid: u8, flags: u8) -> Vec<u8> {
    long(154, 1, &[technology, label, bid, flags])
}

/// A Flow-Binding with a FORWARD list and this selector (TS Format 1): flags word and fields.
pub fn forward(bids: &[u8], selector: &[u8]) -> Vec<u8> {
    flow_binding(1, bids, 1, selector)
}

/// A Flow-Binding of any kind.
pub fn flow_binding(action: u8, bids: &[u8], ts_format: u8, selector: &[u8]) -> Vec<u8> {
    let count = u8::try_from(bids.len()).unwrap();
    long(154, 2, &[&[action, count], bids, &[ts_format], selector].concat())
}

/// The selector "proto udp dport N" in TS Format 1: flags K.. are not used; I (destination port start, bit 8 from the
/// left of A) and M (protocol start).
pub fn udp_to_port(port: u16) -> Vec<u8> {
    // A B C D E F G H I J K L M N: I is bit 8, M is bit 12, counted from the most significant.
    let flags: u32 = 1 << (31 - 8) | 1 << (31 - 12);
    [&flags.to_be_bytes()[..], &port.to_be_bytes(), &[17]].concat()
}

impl Registration {
    /// A request of [`NODE`] from a co-located care-of address, for 600 seconds, with Multipath.
    pub fn request(bid: u8) -> Self {
        Self { extensions: vec![multipath(bid)], ..Self::plain(bid) }
    }

    /// The same without Multipath.
    pub fn plain(interface: u8) -> Self {
        let care_of_address = care_of(interface);
        Self {
            kind: 1,
            // D and T.
            octet: 0x22,
            lifetime: 600,
            home_address: NODE,
            home_agent: HOME_AGENT,
            care_of_address,
            identification: None,
            extensions: Vec::new(),
            key: Some(KEY),
            after: Vec::new(),
            source: SocketAddrV4::new(care_of_address, 434),
            destination: SocketAddrV4::new(HOME_AGENT, 434),
            ttl: 64,
            checksum: UdpChecksum::Right,
        }
    }

    /// A request through a foreign agent, on the home agent's leg: D is 0, and the foreign agent sends it.
    pub fn relayed(interface: u8) -> Self {
        Self { octet: 0x02, ..Self::plain(interface) }
    }

    /// The same on the other leg, as the node sends it to the foreign agent whose care-of address it has.
    pub fn to_foreign_agent(&self) -> Self {
        Self {
            source: SocketAddrV4::new(self.home_address, 434),
            destination: SocketAddrV4::new(self.care_of_address, 434),
            ttl: 255,
            ..self.clone()
        }
    }

    /// The reply of the home agent to this request, sent at `seconds` at the earliest; it copies lifetime and
    /// Identification.
    pub fn reply(&self, code: u8) -> Self {
        Self {
            kind: 3,
            octet: code,
            extensions: Vec::new(),
            after: Vec::new(),
            source: self.destination,
            destination: self.source,
            ttl: 64,
            checksum: UdpChecksum::Right,
            key: Some(KEY),
            ..self.clone()
        }
    }

    /// With another extension before the authenticator.
    #[must_use]
    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// With another extension after the authenticator.
    #[must_use]
    pub fn with_after(mut self, extension: Vec<u8>) -> Self {
        self.after.push(extension);
        self
    }

    /// The UDP payload.
    pub fn payload(&self) -> Vec<u8> {
        let mut octets = vec![self.kind, self.octet];
        octets.extend_from_slice(&self.lifetime.to_be_bytes());
        octets.extend_from_slice(&self.home_address.octets());
        octets.extend_from_slice(&self.home_agent.octets());
        if self.kind == 1 {
            octets.extend_from_slice(&self.care_of_address.octets());
        }
        octets.extend_from_slice(&self.identification.expect("set when sent").to_be_bytes());
        for extension in &self.extensions {
            octets.extend_from_slice(extension);
        }
        if let Some(key) = self.key {
            sign(&mut octets, 32, key);
        }
        for extension in &self.after {
            octets.extend_from_slice(extension);
        }
        octets
    }
}

/// Appends an authentication extension of a type with HMAC-MD5 by this key.
pub fn sign(octets: &mut Vec<u8>, kind: u8, key: &str) {
    let key = Key::parse(key).unwrap();
    octets.extend_from_slice(&[kind, 20]);
    octets.extend_from_slice(&key.spi.to_be_bytes());
    let authenticator = key.authenticator(octets);
    octets.extend_from_slice(&authenticator);
}

/// A capture in the making.
#[derive(Debug, Default)]
pub struct Scene {
    pub history: History,
}

impl Scene {
    /// Sends a registration; without an Identification of its own it takes the time as NTP has it. Gives what was
    /// sent, so that a reply can be made to it.
    pub fn send(&mut self, seconds: f64, registration: &Registration) -> Registration {
        let mut sent = registration.clone();
        sent.identification.get_or_insert_with(|| timestamp(seconds));
        let payload = sent.payload();
        self.datagram(seconds, &sent, &payload);
        sent
    }

    /// Sends any octets with the addresses of a registration.
    pub fn datagram(&mut self, seconds: f64, like: &Registration, payload: &[u8]) -> u64 {
        let mut udp = udp_header(like.source.port(), like.destination.port(), payload.len());
        udp.extend_from_slice(payload);
        let right = udp_checksum(*like.source.ip(), *like.destination.ip(), &udp);
        let checksum = match like.checksum {
            UdpChecksum::Right => right,
            UdpChecksum::Absent => 0,
            UdpChecksum::Wrong => (right ^ 0x0101).max(1),
        };
        udp[6..8].copy_from_slice(&checksum.to_be_bytes());
        let mut packet = ipv4(*like.source.ip(), *like.destination.ip(), 17, &udp);
        packet[8] = like.ttl;
        self.history.packet(seconds, packet)
    }

    /// Sends a request and, 20 ms later, the reply with this code. Gives the request as it was sent.
    pub fn exchange(&mut self, seconds: f64, request: &Registration, code: u8) -> Registration {
        let sent = self.send(seconds, request);
        self.send(seconds + 0.02, &sent.reply(code));
        sent
    }

    /// Lets time pass with a packet that is nobody's.
    pub fn wait_until(&mut self, seconds: f64) {
        self.history.tick(seconds);
    }
}

/// The Identification of a timestamp: NTP seconds, then the fraction.
pub fn timestamp(seconds: f64) -> u64 {
    let nanoseconds = moment(seconds).nanoseconds();
    let whole = u64::try_from(nanoseconds / 1_000_000_000).unwrap() + NTP_EPOCH;
    let fraction = (u128::try_from(nanoseconds % 1_000_000_000).unwrap() << 32) / 1_000_000_000;
    whole << 32 | u64::try_from(fraction).unwrap()
}

fn udp_header(source: u16, destination: u16, payload: usize) -> Vec<u8> {
    let length = u16::try_from(payload + 8).unwrap();
    [source.to_be_bytes(), destination.to_be_bytes(), length.to_be_bytes(), [0, 0]].concat()
}

fn udp_checksum(source: Ipv4Addr, destination: Ipv4Addr, udp: &[u8]) -> u16 {
    let length = u16::try_from(udp.len()).unwrap().to_be_bytes();
    let mut covered = [&source.octets()[..], &destination.octets(), &[0, 17], &length, udp].concat();
    if covered.len() % 2 == 1 {
        covered.push(0);
    }
    let mut sum: u32 = covered.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    match !u16::try_from(sum).unwrap() {
        0 => 0xffff,
        checksum => checksum,
    }
}
