//! The requests of the last reply timeout, and the replies to them.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::iter;
use std::net::SocketAddrV4;
use std::sync::Arc;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::Asked;
use crate::rules::facts::{Leg, MessageFacts};
use crate::state::{COPY_WINDOW, Entry, Index, tag};
use crate::time::Timestamp;
use crate::wire::{Header, ReplyCode};

/// The most requests that are remembered; beyond that the oldest is forgotten and not judged for want of a reply.
const MOST: usize = 1 << 19;
/// How many of the latest requests between two endpoints, or copies of one request, are looked at.
const LOOK: usize = 1 << 12;
/// The most replies to one request that are remembered.
const REPLIES: usize = 64;
/// Requests are numbered modulo this power of two, which is more than are ever remembered at once.
const NUMBERS: u32 = 1 << 31;

/// A reply: the leg it was seen on, its code, and when.
pub(in crate::rules) type Replied = (Leg, ReplyCode, Timestamp);

/// The requests of the last reply timeout, in order of time.
#[derive(Debug)]
pub(in crate::rules) struct RecentRequests {
    requests: VecDeque<Recent>,
    /// Number of the first request.
    first: u32,
    /// Number of the latest copy of each request.
    by_group: Index,
    /// Number of the latest request between two endpoints.
    by_endpoints: Index,
    hasher: FixedState,
    /// Nanoseconds that a request is remembered.
    timeout: i64,
}

/// A request, and the numbers of earlier requests by which it is linked with them.
#[derive(Debug)]
struct Recent {
    asked: Arc<Asked>,
    /// The request before it between the same two endpoints.
    between: Option<u32>,
    /// The copy before it.
    copy: Option<u32>,
    /// The replies to all copies, kept with the latest copy.
    replies: SmallVec<[Replied; 1]>,
}

impl RecentRequests {
    /// No requests yet; each will be remembered for `timeout` nanoseconds. `seed` is the hash's.
    pub fn new(timeout: i64, seed: u64) -> Self {
        Self {
            requests: VecDeque::new(),
            first: 0,
            by_group: Index::default(),
            by_endpoints: Index::default(),
            hasher: FixedState::with_seed(seed),
            timeout,
        }
    }

    /// Hints that copies of this request will be looked for soon.
    pub fn expect(&self, group: u64) {
        self.by_group.expect(self.group_tag(group));
    }

    /// Hints that requests between the ends of this message will be looked for soon: those before a request, or those
    /// that a reply may answer.
    pub fn expect_between(&self, message: &MessageFacts<'_, '_>) {
        let tag = match &message.message.header {
            Header::Request(_) => self.endpoints_tag(message.source, message.destination),
            _ => self.endpoints_tag(message.destination, message.source),
        };
        self.by_endpoints.expect(tag);
    }

    /// The requests seen between these two endpoints, the latest first.
    pub fn between(
        &self,
        source: SocketAddrV4,
        destination: SocketAddrV4,
    ) -> impl Iterator<Item = &Arc<Asked>> {
        self.chain(self.latest_between(source, destination), |recent| recent.between)
    }

    /// The copies of a request, the latest first.
    pub fn copies(&self, group: u64) -> impl Iterator<Item = &Arc<Asked>> {
        self.chain(self.latest_copy(group), |recent| recent.copy)
    }

    /// The only recent copy of a request, if that was seen on the other side of a NAT a moment ago. A copy on the same
    /// side would be a request that was sent again.
    pub fn across_nat(&self, asked: &Asked) -> Option<&Arc<Asked>> {
        if !asked.said.may_ask_udp_tunnel() {
            return None;
        }
        let is_recent =
            |copy: &&Arc<Asked>| asked.place.time.since(copy.place.time).unsigned_abs() < COPY_WINDOW;
        let mut copies = self.copies(asked.group).filter(is_recent);
        let last = copies.next().filter(|copy| asked.is_across_nat(copy))?;
        copies.next().is_none().then_some(last)
    }

    /// The replies that a request got.
    pub fn replies(&self, asked: &Asked) -> impl Iterator<Item = &Replied> {
        let latest = self.latest_copy(asked.group).and_then(|number| self.get(number));
        let all = latest.map(|latest| latest.replies.as_slice()).unwrap_or_default();
        // A reply that came before this copy did not answer it.
        all.iter().filter(|(.., time)| *time >= asked.place.time)
    }

    /// When the first reply to any copy of a request was seen.
    pub fn first_answered(&self, group: u64) -> Option<Timestamp> {
        let (.., time) = self.latest_copy(group).and_then(|number| self.get(number))?.replies.first()?;
        Some(*time)
    }

    /// Whether a request got a reply.
    pub fn is_answered(&self, asked: &Asked) -> bool {
        self.replies(asked).next().is_some()
    }

    /// Remembers a request.
    pub fn remember(&mut self, asked: Arc<Asked>) {
        if self.requests.len() >= MOST {
            self.forget_oldest();
        }
        // There are no more than `MOST`, so that the length fits in 32 bits.
        let number = self.numbered(u32::try_from(self.requests.len()).unwrap_or_default());
        let group_tag = self.group_tag(asked.group);
        let copy = self.latest_copy(asked.group);
        if let Some(slot) = copy {
            self.by_group.remove(Entry { tag: group_tag, slot });
        }
        self.by_group.insert(Entry { tag: group_tag, slot: number });
        let replies = copy.and_then(|copy| self.get_mut(copy)).map(|copy| std::mem::take(&mut copy.replies));
        let endpoints_tag = self.endpoints_tag(asked.source, asked.destination);
        let between = self.latest_between(asked.source, asked.destination);
        if let Some(slot) = between {
            self.by_endpoints.remove(Entry { tag: endpoints_tag, slot });
        }
        self.by_endpoints.insert(Entry { tag: endpoints_tag, slot: number });
        self.requests.push_back(Recent { asked, between, copy, replies: replies.unwrap_or_default() });
    }

    /// Remembers a reply to a request.
    pub fn remember_reply(&mut self, group: u64, reply: Replied) {
        let latest = self.latest_copy(group).and_then(|number| self.get_mut(number));
        if let Some(latest) = latest
            && latest.replies.len() < REPLIES
        {
            latest.replies.push(reply);
        }
    }

    /// When the reply timeout of the oldest request is over.
    pub fn next_lapse(&self) -> Option<Timestamp> {
        Some(self.requests.front()?.asked.place.time.after(self.timeout))
    }

    /// Forgets the oldest request, if it got a reply; says whether it did.
    pub fn forget_answered(&mut self) -> bool {
        let is_answered = self.requests.front().is_some_and(|recent| self.is_answered(&recent.asked));
        is_answered && self.forget_oldest().is_some()
    }

    /// Takes out the oldest request; gives it if it got no reply.
    pub fn take_lapsed(&mut self) -> Option<Arc<Asked>> {
        let is_answered = self.is_answered(&self.requests.front()?.asked);
        self.forget_oldest().filter(|_| !is_answered)
    }

    fn forget_oldest(&mut self) -> Option<Arc<Asked>> {
        let Recent { asked, .. } = self.requests.pop_front()?;
        let slot = self.first;
        self.first = self.numbered(1);
        // Links from later requests to this one lead nowhere now; without a later one, its index entries end here.
        self.by_group.remove(Entry { tag: self.group_tag(asked.group), slot });
        self.by_endpoints.remove(Entry { tag: self.endpoints_tag(asked.source, asked.destination), slot });
        Some(asked)
    }

    /// Number of the latest copy of a request.
    fn latest_copy(&self, group: u64) -> Option<u32> {
        let is_it = |number: &u32| self.get(*number).is_some_and(|recent| recent.asked.group == group);
        self.by_group.slots(self.group_tag(group)).find(is_it)
    }

    /// Number of the latest request between these two endpoints.
    fn latest_between(&self, source: SocketAddrV4, destination: SocketAddrV4) -> Option<u32> {
        let is_it = |number: &u32| {
            let asked = self.get(*number).map(|recent| &recent.asked);
            asked.is_some_and(|asked| (asked.source, asked.destination) == (source, destination))
        };
        self.by_endpoints.slots(self.endpoints_tag(source, destination)).find(is_it)
    }

    fn chain(
        &self,
        latest: Option<u32>,
        before: impl Fn(&Recent) -> Option<u32>,
    ) -> impl Iterator<Item = &Arc<Asked>> {
        let recent = latest.and_then(|number| self.get(number));
        iter::successors(recent, move |recent| self.get(before(recent)?))
            .take(LOOK)
            .map(|recent| &recent.asked)
    }

    /// The number of the request that comes `after` places after the first.
    fn numbered(&self, after: u32) -> u32 {
        self.first.wrapping_add(after) % NUMBERS
    }

    /// How many requests come before the one with this number; more than there are, if that one is forgotten.
    fn place(&self, number: u32) -> usize {
        (number.wrapping_sub(self.first) % NUMBERS) as usize
    }

    fn get(&self, number: u32) -> Option<&Recent> {
        self.requests.get(self.place(number))
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Recent> {
        let place = self.place(number);
        self.requests.get_mut(place)
    }

    fn group_tag(&self, group: u64) -> u32 {
        tag(self.hasher.hash_one(group))
    }

    fn endpoints_tag(&self, source: SocketAddrV4, destination: SocketAddrV4) -> u32 {
        let address = |end: SocketAddrV4| u64::from(end.ip().to_bits());
        let addresses = address(source) << 32 | address(destination);
        let ports = u32::from(source.port()) << 16 | u32::from(destination.port());
        tag(self.hasher.hash_one((addresses, ports)))
    }
}
