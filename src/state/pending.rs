//! Requests that wait for their reply, and the matching of replies to them.
//!
//! A request stays for the reply timeout after its last copy, answered or not: late legs and second replies
//! still find it.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, SocketAddr};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::node::Registration;
use crate::time::Timestamp;
use crate::wire::ReplyCode;

/// Who a message is about: the home address, or while there is none the NAI (RFC 2794 §2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    Address(Ipv4Addr),
    Nai(Box<[u8]>),
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Request {
    pub identity: Identity,
    pub identification: u64,
    /// Its home agent field.
    pub home_agent: Ipv4Addr,
    /// Index of its node.
    pub node: u32,
    pub interface: Option<super::Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    pub flags: crate::wire::RequestFlags,
    pub care_of_address: Ipv4Addr,
    pub lifetime: u16,
    /// What it was for when it came; `None` stands for a reply nobody asked for.
    pub kind: Option<super::Kind>,
    /// Whether it asked for UDP tunnelling.
    pub udp_tunnel: bool,
    /// Data of its Flow-Binding extensions that could be read, in wire order.
    pub flow_bindings: Vec<Box<[u8]>>,
    /// Endpoint pairs it was seen between, with the time it was last seen there; the last is the nearest to the
    /// home agent.
    pub legs: Vec<(SocketAddr, SocketAddr, Timestamp)>,
    /// The answer, once there is one.
    pub answer: Option<ReplyCode>,
    pub retransmissions: u32,
    /// Frame in which it was first seen.
    pub frame: u64,
    /// Its record among the exchanges, if records are kept.
    pub record: Option<u64>,
    deadline: Timestamp,
}

impl Request {
    /// Whether another request is this one again: the same in everything that a foreign agent may not change.
    pub fn is_same(&self, other: &Self) -> bool {
        self.identity == other.identity
            && self.identification == other.identification
            && self.care_of_address == other.care_of_address
            && self.lifetime == other.lifetime
            && self.flags == other.flags
    }
}

/// The table of requests.
#[derive(Debug)]
pub(super) struct Pending {
    slots: Vec<Option<Request>>,
    free: Vec<u32>,
    /// Slots by identity and low half of the Identification.
    by_identity: HashTable<u32>,
    /// Slots in the order of their deadlines, as they were when they were put in.
    queue: VecDeque<(Timestamp, u32)>,
    timeout: i64,
    most: usize,
    hasher: FixedState,
}

impl Pending {
    /// A table whose requests stay for `timeout` nanoseconds, and that holds at most `most`; `seed`
    /// scatters its index.
    pub fn new(timeout: i64, most: usize, seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_identity: HashTable::new(),
            queue: VecDeque::new(),
            timeout,
            most,
            hasher: FixedState::with_seed(seed),
        }
    }

    /// Puts a request in; `None` and the oldest request when the table was full.
    pub fn insert(&mut self, mut request: Request, now: Timestamp) -> Option<Request> {
        let evicted = if self.queue.len() >= self.most { self.take_oldest() } else { None };
        request.deadline = self.deadline(now);
        let hash = self.hash(&request.identity, request.identification);
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        self.queue.push_back((request.deadline, slot));
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(request);
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.by_identity.insert_unique(hash, slot, |slot| rehash(slots, hasher, *slot));
        evicted
    }

    /// The latest request with this identity and low half that `fits`.
    pub fn find(
        &mut self,
        identity: &Identity,
        identification: u64,
        fits: impl Fn(&Request) -> bool,
    ) -> Option<&mut Request> {
        let hash = self.hash(identity, identification);
        let slots = &self.slots;
        let candidate = |slot: &u32| slots.get(*slot as usize).and_then(Option::as_ref);
        let found = self
            .by_identity
            .iter_hash(hash)
            .filter(|slot| {
                candidate(slot).is_some_and(|request| {
                    request.identity == *identity
                        && low(request.identification) == low(identification)
                        && fits(request)
                })
            })
            .max_by_key(|slot| candidate(slot).map(|request| request.deadline))
            .copied()?;
        self.slots.get_mut(found as usize)?.as_mut()
    }

    /// The latest request without a home address between these endpoints, seen from the reply, with this low half.
    // Only for replies that name nobody known; such requests are few, and wait in the last seconds of the queue.
    pub fn find_by_endpoints(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        identification: u64,
    ) -> Option<&mut Request> {
        let slots = &self.slots;
        let slot = self.queue.iter().rev().take(4096).map(|(_, slot)| *slot).find(|slot| {
            slots.get(*slot as usize).and_then(Option::as_ref).is_some_and(|request| {
                matches!(request.identity, Identity::Nai(_))
                    && low(request.identification) == low(identification)
                    && request.legs.iter().any(|leg| leg.0 == destination && leg.1 == source)
            })
        })?;
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// Keeps a request for another timeout from `now` on.
    pub fn keep(request: &mut Request, timeout: i64, now: Timestamp) {
        request.deadline = Timestamp::from_nanoseconds(now.nanoseconds().saturating_add(timeout));
    }

    /// Takes out the next request whose time is over.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Request> {
        loop {
            let (deadline, slot) = *self.queue.front()?;
            if deadline >= now {
                return None;
            }
            self.queue.pop_front();
            let current = self.slots.get(slot as usize).and_then(Option::as_ref)?.deadline;
            if current >= now {
                // It was seen again since; its place is further back.
                let place = self.queue.partition_point(|(other, _)| *other <= current);
                self.queue.insert(place, (current, slot));
                continue;
            }
            return self.remove(slot);
        }
    }

    /// Takes out the oldest request, whether or not its time is over.
    pub fn take_oldest(&mut self) -> Option<Request> {
        let (_, slot) = self.queue.pop_front()?;
        self.remove(slot)
    }

    /// Whether the next request's time is over; cheap enough to ask for each frame.
    #[inline]
    pub fn has_due(&self, now: Timestamp) -> bool {
        self.queue.front().is_some_and(|(deadline, _)| *deadline < now)
    }

    /// The reply timeout in nanoseconds.
    pub fn timeout(&self) -> i64 {
        self.timeout
    }

    fn deadline(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_nanoseconds(now.nanoseconds().saturating_add(self.timeout))
    }

    fn remove(&mut self, slot: u32) -> Option<Request> {
        let request = self.slots.get_mut(slot as usize)?.take()?;
        let hash = self.hash(&request.identity, request.identification);
        if let Ok(entry) = self.by_identity.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
        self.free.push(slot);
        Some(request)
    }

    fn hash(&self, identity: &Identity, identification: u64) -> u64 {
        self.hasher.hash_one((identity, low(identification)))
    }
}

fn rehash(slots: &[Option<Request>], hasher: &FixedState, slot: u32) -> u64 {
    slots
        .get(slot as usize)
        .and_then(Option::as_ref)
        .map_or(0, |request| hasher.hash_one((&request.identity, low(request.identification))))
}

/// The low half of an Identification, which a reply copies (RFC 5944 §5.7).
// The cut is what is wanted.
#[allow(clippy::cast_possible_truncation)]
pub(super) const fn low(identification: u64) -> u32 {
    identification as u32
}

impl Request {
    /// What its acceptance does to bindings.
    pub fn registration(&self, reply: &super::observer::ReplyFacts, udp_granted: bool) -> Registration {
        let udp = self.udp_tunnel && udp_granted;
        let source = self.legs.last().map(|leg| leg.0);
        let far_end = match source {
            Some(SocketAddr::V4(source)) if udp => {
                super::FarEnd { address: *source.ip(), port: Some(source.port()) }
            }
            _ => super::FarEnd { address: self.care_of_address, port: None },
        };
        Registration {
            interface: self.interface,
            bulk: self.bulk,
            overwrite: self.overwrite,
            flags: self.flags,
            care_of_address: self.care_of_address,
            home_address: reply.home_address,
            udp,
            far_end,
            lifetime: self.lifetime.min(reply.lifetime),
            simultaneous: self.flags.simultaneous_bindings() && reply.code == ReplyCode::ACCEPTED,
            time: reply.time,
            frame: reply.frame,
        }
    }

    /// A request that has not been put in a table yet.
    pub fn new(identity: Identity, header: &crate::wire::RegistrationRequest, node: u32) -> Self {
        Self {
            identity,
            identification: header.identification,
            home_agent: header.home_agent,
            node,
            interface: None,
            bulk: false,
            overwrite: false,
            flags: header.flags,
            care_of_address: header.care_of_address,
            lifetime: header.lifetime,
            kind: None,
            udp_tunnel: false,
            flow_bindings: Vec::new(),
            legs: Vec::new(),
            answer: None,
            retransmissions: 0,
            frame: 0,
            record: None,
            deadline: Timestamp::from_nanoseconds(i64::MAX),
        }
    }
}
