//! Messages of which not even the fixed part was captured.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::latest::Latest;
use crate::time::Timestamp;

/// At least so many of each kind are remembered, and at most twice as many.
const MOST: usize = 1 << 16;
/// Stands for a group of agents as destination.
const ANY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

/// What is remembered of messages of which not even the fixed part was captured.
#[derive(Debug)]
pub(in crate::rules) struct Unread {
    /// When such a message last went from one end to another.
    between: Latest<(SocketAddrV4, SocketAddrV4), Timestamp>,
    /// When such a request was last seen, by its Home Address, if that was captured, and by whether it may have gone
    /// elsewhere than to its home agent.
    requests: Latest<(Option<Ipv4Addr>, bool), Timestamp>,
    /// Both ends of each message, and the Home Address of messages of no known node, if that was captured.
    addresses: Latest<Ipv4Addr, ()>,
    /// Whether the Home Address of a message of no known node was not captured, or an address was forgotten.
    of_anybody: bool,
    /// How many entries were forgotten.
    forgotten: u64,
}

impl Unread {
    /// None yet; `seed` is the hash's.
    pub fn new(seed: u64) -> Self {
        Self {
            between: Latest::new(MOST, seed),
            requests: Latest::new(MOST, seed),
            addresses: Latest::new(MOST, seed),
            of_anybody: false,
            forgotten: 0,
        }
    }

    /// How many entries were forgotten that a rule could have asked for.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Notes a message between two ends.
    pub fn note_between(&mut self, (source, destination): (SocketAddrV4, SocketAddrV4), time: Timestamp) {
        // A message to a group may be answered by any agent.
        let is_group = destination.ip().is_multicast() || destination.ip().is_broadcast();
        let to = if is_group { ANY } else { destination };
        let forgotten = self.between.insert((source, to), time);
        self.note_forgotten(forgotten);
    }

    /// Notes a request, which may have gone elsewhere than to its home agent or surely went there.
    pub fn note_request(&mut self, home_address: Option<Ipv4Addr>, elsewhere: bool, time: Timestamp) {
        let forgotten = self.requests.insert((home_address, elsewhere), time);
        self.note_forgotten(forgotten);
    }

    /// Notes the ends of a message.
    pub fn note_ends(&mut self, ends: [Ipv4Addr; 2]) {
        for end in ends {
            self.note_address(end);
        }
    }

    /// Notes a message of no known node.
    pub fn note_stranger(&mut self, home_address: Option<Ipv4Addr>) {
        self.of_anybody |= home_address.is_none();
        if let Some(home_address) = home_address {
            self.note_address(home_address);
        }
    }

    fn note_address(&mut self, address: Ipv4Addr) {
        let forgotten = self.addresses.insert(address, ());
        self.of_anybody |= forgotten > 0;
        self.note_forgotten(forgotten);
    }

    /// Whether a message went from one end to another, or to a group, within `span` nanoseconds before `time`.
    pub fn saw_between(
        &self,
        (source, destination): (SocketAddrV4, SocketAddrV4),
        time: Timestamp,
        span: i64,
    ) -> bool {
        let is_recent = |seen: &Timestamp| (0..=span).contains(&time.since(*seen));
        [destination, ANY].iter().any(|to| self.between.get(&(source, *to)).is_some_and(is_recent))
    }

    /// Whether a request that may be of the node with this Home Address was seen within `span` nanoseconds before
    /// `time`, wherever it went.
    pub fn saw_request_of(&self, home_address: Ipv4Addr, time: Timestamp, span: i64) -> bool {
        // A request without a home address may be of any node with a NAI.
        [Some(home_address), Some(Ipv4Addr::UNSPECIFIED), None]
            .iter()
            .any(|of| self.saw_request(*of, false, time, span) || self.saw_request(*of, true, time, span))
    }

    /// Whether a request that may be of this node, and may have gone elsewhere than to its home agent, was seen within
    /// `span` nanoseconds before `time`.
    pub fn saw_elsewhere(&self, home_address: Ipv4Addr, time: Timestamp, span: i64) -> bool {
        [Some(home_address), None].iter().any(|of| self.saw_request(*of, true, time, span))
    }

    /// Whether a message of no known node may have been of a node with this home address, or of one with none.
    pub fn may_be_of(&self, home_address: Option<Ipv4Addr>) -> bool {
        self.of_anybody || self.names(home_address.unwrap_or(Ipv4Addr::UNSPECIFIED))
    }

    /// Whether a message came from this address or went there, or is of no known node and has it as Home Address.
    pub fn names(&self, address: Ipv4Addr) -> bool {
        self.addresses.get(&address).is_some()
    }

    fn saw_request(&self, of: Option<Ipv4Addr>, elsewhere: bool, time: Timestamp, span: i64) -> bool {
        let seen = self.requests.get(&(of, elsewhere));
        seen.is_some_and(|seen| (0..=span).contains(&time.since(*seen)))
    }

    fn note_forgotten(&mut self, count: usize) {
        self.forgotten = self.forgotten.saturating_add(count as u64);
    }
}
