//! Requests that wait for their reply, and the matching of replies to them.
//!
//! A request stays for the reply timeout after its last copy, answered or not, so that late legs and second replies
//! still find it.

mod request;

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use foldhash::fast::FixedState;

pub(super) use self::request::{Identity, Request, RequestLeg};
use super::Step;
use super::index::{Entry, Index, tag};
use crate::time::Timestamp;
use crate::wire::low_half;

/// The most waiting requests with the same identity and low half of the Identification, and the most without a Home
/// Address that are looked up between two endpoints. Honest nodes have one or two, and each message visits all of them.
const ALIKE: usize = 256;

/// The most requests that are searched for the one that a reply answers which names no node.
const LOOKED_THROUGH: usize = 1 << 12;

/// The most endpoint pairs that are remembered of a request; a path has as many as it has relays.
const LEGS: usize = 16;

/// The table of requests.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    slots: Vec<Option<Request>>,
    free: Vec<u32>,
    /// Requests by identity and low half of the Identification.
    by_identity: Index,
    /// Requests without a Home Address by endpoint pair and low half: one entry for each leg.
    by_endpoints: Index,
    /// Requests in the order in which they were inserted, with the end of their time as it was then.
    queue: VecDeque<(Timestamp, Entry)>,
    /// Requests that had been seen again when their first time was over, by the new end of their time; the number
    /// distinguishes requests with the same end.
    again: BTreeMap<(Timestamp, u64), Entry>,
    renewals: u64,
    /// When the first request's time ends; the end of all time when no request waits. It is read for each frame.
    due: Timestamp,
    timeout: i64,
    most: usize,
    /// Octets of the Flow-Bindings of all requests, and the most that there may be.
    octets: usize,
    most_octets: usize,
    hasher: FixedState,
}

impl Pending {
    /// A table whose requests stay for `timeout` nanoseconds. It holds at most `most` requests with `most_octets`
    /// octets of Flow-Bindings, but always one request; `seed` scatters its index.
    pub fn new(timeout: i64, (most, most_octets): (usize, usize), seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_identity: Index::default(),
            by_endpoints: Index::default(),
            queue: VecDeque::new(),
            again: BTreeMap::new(),
            renewals: 0,
            due: Timestamp::LAST,
            timeout,
            most: most.max(1),
            octets: 0,
            most_octets,
            hasher: FixedState::with_seed(seed),
        }
    }

    /// Inserts a request that was seen at `now`. Returns the request when too many others wait that a reply could
    /// answer just as well.
    pub fn insert(&mut self, mut request: Request, now: Timestamp) -> Option<Request> {
        let tag = self.tag(&request.identity, request.identification);
        if self.by_identity.has_many(tag, ALIKE) {
            return Some(request);
        }
        request.seen = now;
        self.octets = self.octets.saturating_add(request.flow_bindings.size());
        let slot = match self.free.last() {
            Some(slot) => *slot,
            None => u32::try_from(self.slots.len()).unwrap_or(u32::MAX),
        };
        let entry = Entry { tag, slot };
        self.queue.push_back((self.end(now), entry));
        self.note_due();
        if let Identity::Nai(_) = request.identity {
            for leg in &request.legs {
                self.index_leg(slot, leg, request.identification);
            }
        }
        match self.free.pop().and_then(|slot| self.slots.get_mut(slot as usize)) {
            Some(place) => *place = Some(request),
            None => self.slots.push(Some(request)),
        }
        self.by_identity.insert(entry);
        None
    }

    /// Removes the oldest request, answered or not, when there are too many.
    pub fn take_excess(&mut self) -> Option<Request> {
        let waiting = self.queue.len().saturating_add(self.again.len());
        if waiting <= self.most && (self.octets <= self.most_octets || waiting <= 1) {
            return None;
        }
        let entry = self.take_first()?;
        self.note_due();
        self.remove(entry)
    }

    /// Replaces the contents of the request in a slot by those of another copy.
    pub fn take_on(&mut self, slot: u32, copy: Request) -> Option<&mut Request> {
        let request = self.slots.get_mut(slot as usize)?.as_mut()?;
        self.octets = self.octets.saturating_sub(request.flow_bindings.size());
        request.take_on(copy);
        self.octets = self.octets.saturating_add(request.flow_bindings.size());
        Some(request)
    }

    /// Prefetches the index place of a request with this Home Address and low half, which will be looked up soon.
    pub fn expect(&self, home_address: Ipv4Addr, identification: u64) {
        self.by_identity.expect(self.tag(&Identity::Address(home_address), identification));
    }

    /// The slot of the latest request with this identity and low half that `fits`, at an age (nanoseconds) in `ages`.
    pub fn find(
        &self,
        identity: &Identity,
        identification: u64,
        now: Timestamp,
        ages: &RangeInclusive<i64>,
        fits: impl Fn(&Request) -> bool,
    ) -> Option<u32> {
        let tag = self.tag(identity, identification);
        self.latest(self.by_identity.slots(tag), |request| {
            request.identity == *identity
                && low_half(request.identification) == low_half(identification)
                && request.is_aged(now, ages)
                && fits(request)
        })
    }

    /// The slot of the latest request that a reply between these endpoints answers: a request without a Home Address,
    /// or if there is none and the reply names no node, any request. No index leads to the latter, for such replies
    /// should not exist: the latest requests are searched.
    pub fn find_by_endpoints(
        &self,
        (source, destination): (SocketAddrV4, SocketAddrV4),
        identification: u64,
        now: Timestamp,
        names_nobody: bool,
    ) -> Option<u32> {
        let is_it = |request: &Request| {
            low_half(request.identification) == low_half(identification)
                && request.is_aged(now, &(0..=self.timeout))
                && request.legs.iter().any(|leg| leg.is_reverse_of(source, destination))
        };
        let tag = tag(self.hasher.hash_one((destination, source, low_half(identification))));
        self.latest(self.by_endpoints.slots(tag), is_it).or_else(|| {
            let entries = self.queue.iter().map(|(_, entry)| entry).rev().take(LOOKED_THROUGH);
            let entries = entries.chain(self.again.values().rev().take(LOOKED_THROUGH));
            names_nobody.then(|| self.latest(entries.map(|entry| entry.slot), is_it)).flatten()
        })
    }

    /// Of some slots, the one whose request was seen last; of several seen at the same time, the one that came last. A
    /// request of higher preference goes before others.
    pub fn latest_of<P: Ord>(
        &self,
        slots: impl IntoIterator<Item = u32>,
        preference: impl Fn(&Request) -> P,
    ) -> Option<u32> {
        let requests = slots.into_iter().filter_map(|slot| Some((slot, self.request(slot)?)));
        requests
            .max_by_key(|(_, request)| (preference(request), request.seen, request.frame))
            .map(|(slot, _)| slot)
    }

    /// The request in a slot.
    pub fn request(&self, slot: u32) -> Option<&Request> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// The request in a slot, to change it.
    pub fn request_mut(&mut self, slot: u32) -> Option<&mut Request> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// Notes that a request was seen again: between the same two endpoints this is a retransmission, otherwise a relay
    /// leg. The request waits for another timeout from `now` on.
    pub fn see_again(
        &mut self,
        slot: u32,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        now: Timestamp,
    ) -> Option<Step> {
        let request = self.slots.get_mut(slot as usize)?.as_mut()?;
        request.seen = now;
        let known =
            request.legs.iter_mut().find(|leg| (leg.source, leg.destination) == (source, destination));
        if let Some(leg) = known {
            leg.seen = now;
            request.retransmissions = request.retransmissions.saturating_add(1);
            return Some(Step::Retransmission);
        }
        if request.legs.len() < LEGS {
            let leg = RequestLeg { source, destination, seen: now };
            request.legs.push(leg);
            if let Identity::Nai(_) = request.identity {
                let identification = request.identification;
                self.index_leg(slot, &leg, identification);
            }
        }
        Some(Step::Request)
    }

    /// Removes the next request whose time is over.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Request> {
        let due = self.next_due(now);
        self.note_due();
        due
    }

    fn next_due(&mut self, now: Timestamp) -> Option<Request> {
        loop {
            if self.first_end()? >= now {
                return None;
            }
            let entry = self.take_first()?;
            let current = self.end(self.slots.get(entry.slot as usize).and_then(Option::as_ref)?.seen);
            if current >= now {
                self.renewals = self.renewals.wrapping_add(1);
                self.again.insert((current, self.renewals), entry);
                continue;
            }
            return self.remove(entry);
        }
    }

    fn note_due(&mut self) {
        self.due = self.first_end().unwrap_or(Timestamp::LAST);
    }

    /// The earliest end of a request's time.
    fn first_end(&self) -> Option<Timestamp> {
        let queued = self.queue.front().map(|(end, _)| *end);
        let again = self.again.first_key_value().map(|((end, _), _)| *end);
        [queued, again].into_iter().flatten().min()
    }

    /// Removes from the order the request whose time ends first.
    fn take_first(&mut self) -> Option<Entry> {
        let end = self.first_end()?;
        if self.queue.front().is_some_and(|(queued, _)| *queued == end) {
            return self.queue.pop_front().map(|(_, entry)| entry);
        }
        self.again.pop_first().map(|(_, entry)| entry)
    }

    /// Gives up all requests that wait for an answer, in the order in which their time ends. All stay in the table: to
    /// remove each would take a visit to main memory.
    pub fn give_up_all(&mut self, mut given_up: impl FnMut(&Request)) {
        let Self { slots, queue, again, .. } = self;
        let mut give_up = |entry: &Entry| {
            let request = slots.get_mut(entry.slot as usize).and_then(Option::as_mut);
            if let Some(request) = request.filter(|request| request.is_open) {
                given_up(request);
                request.is_open = false;
            }
        };
        let mut again = again.iter().peekable();
        for (end, entry) in queue.iter() {
            while let Some((_, entry)) = again.next_if(|((other, _), _)| other < end) {
                give_up(entry);
            }
            give_up(entry);
        }
        again.for_each(|(_, entry)| give_up(entry));
    }

    /// Whether the next request's time is over; cheap enough to be called for each frame.
    #[inline]
    pub fn has_due(&self, now: Timestamp) -> bool {
        self.due < now
    }

    /// The reply timeout in nanoseconds.
    pub fn timeout(&self) -> i64 {
        self.timeout
    }

    fn end(&self, seen: Timestamp) -> Timestamp {
        seen.after(self.timeout)
    }

    /// The latest of these slots whose request is wanted.
    fn latest(&self, slots: impl Iterator<Item = u32>, is_wanted: impl Fn(&Request) -> bool) -> Option<u32> {
        self.latest_of(slots.filter(|slot| self.request(*slot).is_some_and(&is_wanted)), |_| ())
    }

    fn index_leg(&mut self, slot: u32, leg: &RequestLeg, identification: u64) {
        let tag = self.leg_tag(leg, identification);
        if !self.by_endpoints.has_many(tag, ALIKE) {
            self.by_endpoints.insert(Entry { tag, slot });
        }
    }

    /// Removes a request, named by its entry in the index by identity.
    fn remove(&mut self, entry: Entry) -> Option<Request> {
        let Entry { slot, .. } = entry;
        self.by_identity.remove(entry);
        let request = self.slots.get_mut(slot as usize)?.take()?;
        self.octets = self.octets.saturating_sub(request.flow_bindings.size());
        if let Identity::Nai(_) = request.identity {
            for leg in &request.legs {
                self.by_endpoints.remove(Entry { tag: self.leg_tag(leg, request.identification), slot });
            }
        }
        self.free.push(slot);
        Some(request)
    }

    fn tag(&self, identity: &Identity, identification: u64) -> u32 {
        let low = low_half(identification);
        tag(match identity {
            Identity::Address(address) => {
                self.hasher.hash_one(u64::from(address.to_bits()) << 32 | u64::from(low))
            }
            Identity::Nai(nai) => self.hasher.hash_one((nai, low)),
        })
    }

    fn leg_tag(&self, leg: &RequestLeg, identification: u64) -> u32 {
        tag(self.hasher.hash_one((leg.source, leg.destination, low_half(identification))))
    }
}
