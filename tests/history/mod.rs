//! Histories: what a capture point could have seen, written down packet by packet and fed to the library's front
//! door. Times are seconds after [`EPOCH`].
//!
//! Every packet has the IP identification of its frame number, so none is a copy of another unless it is made one.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test binary writes histories of its own kind"
)]

mod damage;
mod message;
mod operation;
mod packet;
pub mod table;

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::capture::{Frame, LinkType};
use mipflow::state::{Attribution, Observer, Options};
use mipflow::time::{Precision, Timestamp};
use mipflow::trace::{Seen, Trace};
use mipflow::wire::{KeyRing, Numbers, PORT};

pub use damage::Damage;
pub use message::{Answer, Ask, revocation, revocation_acknowledgement, selector_octets};
pub use operation::Operation;

pub use packet::{Packet, gre, ip_in_ip, ipv4, minimal, minimal_header, udp, udp_tunnel};

/// 2024-06-01T10:00:00Z.
pub const EPOCH: i64 = 1_717_236_000;
/// The home agent of most histories.
pub const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// The mobile node of most histories.
pub const NODE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
/// Who the node talks to.
pub const CORRESPONDENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The co-located care-of address that stands for the interface with this number.
pub const fn care_of(interface: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, interface)
}

/// A moment.
#[allow(clippy::cast_possible_truncation)]
pub fn moment(seconds: f64) -> Timestamp {
    Timestamp::new(EPOCH, (seconds * 1e9).round() as i64)
}

/// A frame of a history: an IP packet and when it was captured.
#[derive(Clone, Debug)]
pub struct Shot {
    pub time: Timestamp,
    pub octets: Vec<u8>,
    /// Octets it had on its link.
    pub length: usize,
}

impl Shot {
    /// The frame with this number.
    pub fn frame(&self, number: u64) -> Frame<'_> {
        Frame {
            number,
            file: 0,
            time: self.time,
            precision: Precision::NANOSECONDS,
            link_type: LinkType::RAW,
            data: &self.octets,
            original_length: u32::try_from(self.length).unwrap(),
        }
    }
}

/// Frames in the order of the capture.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub shots: Vec<Shot>,
}

/// A classic pcap file of these frames, little-endian, with times in nanoseconds and raw IP packets.
pub fn pcap(shots: &[Shot]) -> Vec<u8> {
    let mut octets = [0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, 101].map(u32::to_le_bytes).concat();
    for shot in shots {
        let seconds = u32::try_from(shot.time.seconds()).unwrap();
        let (captured, length) =
            (u32::try_from(shot.octets.len()).unwrap(), u32::try_from(shot.length).unwrap());
        octets.extend([seconds, shot.time.subsecond(), captured, length].map(u32::to_le_bytes).concat());
        octets.extend(&shot.octets);
    }
    octets
}

impl History {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an IPv4 packet and gives its frame. Its identification is that number.
    pub fn packet(&mut self, seconds: f64, mut octets: Vec<u8>) -> u64 {
        let frame = self.shots.len() as u64 + 1;
        octets[4..6].copy_from_slice(&u16::try_from(frame).unwrap().to_be_bytes());
        self.raw(moment(seconds), octets)
    }

    /// Adds any octets as they are.
    pub fn raw(&mut self, time: Timestamp, octets: Vec<u8>) -> u64 {
        let length = octets.len();
        self.shots.push(Shot { time, octets, length });
        self.shots.len() as u64
    }

    /// Adds an earlier frame again, octet by octet.
    pub fn copy(&mut self, seconds: f64, frame: u64) -> u64 {
        let octets = self.shots[usize::try_from(frame).unwrap() - 1].octets.clone();
        self.raw(moment(seconds), octets)
    }

    /// Adds a request.
    pub fn ask(&mut self, seconds: f64, ask: &Ask) -> u64 {
        self.message(seconds, ask.source, ask.destination, &ask.octets())
    }

    /// Adds a reply.
    pub fn answer(&mut self, seconds: f64, answer: &Answer) -> u64 {
        self.message(seconds, answer.source, answer.destination, &answer.octets())
    }

    /// Adds a request 20 ms before `seconds`, and then the reply that accepts it.
    pub fn accepted(&mut self, seconds: f64, ask: &Ask) -> u64 {
        self.ask(seconds - 0.02, ask);
        self.answer(seconds, &ask.answer(0))
    }

    /// Adds a request 20 ms before `seconds`, and then the reply with this code.
    pub fn answered(&mut self, seconds: f64, ask: &Ask, code: u8) -> u64 {
        self.ask(seconds - 0.02, ask);
        self.answer(seconds, &ask.answer(code))
    }

    /// Adds a message in UDP.
    pub fn message(
        &mut self,
        seconds: f64,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        octets: &[u8],
    ) -> u64 {
        self.packet(seconds, udp(source, destination, octets))
    }

    /// Adds a packet of the correspondent to the node, in IP in IP from the home agent to `far_end`.
    pub fn down(&mut self, seconds: f64, far_end: Ipv4Addr, inner: &Packet) -> u64 {
        self.packet(seconds, ip_in_ip(HOME_AGENT, far_end, &inner.octets()))
    }

    /// Adds a packet of the node to the correspondent, in IP in IP from `far_end` to the home agent.
    pub fn up(&mut self, seconds: f64, far_end: Ipv4Addr, inner: &Packet) -> u64 {
        self.packet(seconds, ip_in_ip(far_end, HOME_AGENT, &inner.octets()))
    }

    /// Adds a packet that is nobody's, to move the clock.
    pub fn tick(&mut self, seconds: f64) -> u64 {
        let nobody = Ipv4Addr::new(172, 16, 0, 1);
        self.packet(seconds, ipv4(nobody, nobody, 6, &[0; 20]))
    }

    /// What an observer believes at the end.
    pub fn observe(&self) -> Observer {
        self.observe_with(Options::default())
    }

    /// What an observer with these options believes at the end.
    pub fn observe_with(&self, options: Options) -> Observer {
        let observe = |attribute| self.feed(Options { attribute, ..options }, self.shots.len()).0;
        let (one_by_one, in_batches) = (observe(true), observe(false));
        assert_eq!(
            everything(&one_by_one),
            everything(&in_batches),
            "packets counted in batches make the same tables"
        );
        one_by_one
    }

    /// What an observer believes just after a frame.
    pub fn observe_until(&self, frame: u64) -> Observer {
        self.feed(Options::default(), usize::try_from(frame).unwrap()).0
    }

    /// A history of operations, and where each one begins.
    pub fn of(operations: &[Operation]) -> (Self, Vec<usize>) {
        let mut history = Self::new();
        let mut time = moment(0.0);
        let starts = operations.iter().map(|operation| {
            let start = history.shots.len();
            time = operation.perform(&mut history, time);
            start
        });
        let starts = starts.collect();
        (history, starts)
    }

    /// The frames as a capture gives them.
    pub fn frames(&self) -> Vec<Frame<'_>> {
        (1..).zip(&self.shots).map(|(number, shot)| shot.frame(number)).collect()
    }

    /// What an observer makes of each frame.
    pub fn attributions(&self) -> Vec<Attribution> {
        self.feed(Options::default(), self.shots.len()).1
    }

    fn feed(&self, options: Options, count: usize) -> (Observer, Vec<Attribution>) {
        let mut trace = Trace::new(&[PORT], Numbers::default(), false);
        let mut observer = Observer::new(options);
        let mut attributions = Vec::new();
        for frame in self.frames().into_iter().take(count) {
            observer.advance(frame.time);
            attributions.push(match trace.take(&frame) {
                Seen::Nothing | Seen::Fragment(_) => Attribution::default(),
                Seen::Tunnelled(tunnel) => observer.tunnel(&tunnel, frame.time),
                Seen::Message(seen) => observer.message(&seen.event(&KeyRing::default())),
            });
        }
        observer.close();
        (observer, attributions)
    }
}

/// All tables of an observer.
fn everything(observer: &Observer) -> String {
    let nodes: Vec<_> = observer
        .nodes()
        .map(|node| (node.home_address, node.bindings(), node.policy(), node.tunnels(), node.prefixes()))
        .collect();
    let exchanges: Vec<_> = observer.exchanges().collect();
    let counts = (observer.tunnelled(), observer.evictions(), observer.agents());
    format!("{nodes:#?} {exchanges:#?} {:#?} {counts:#?}", observer.flows())
}
