//! Everything that rules remember: sessions, and the requests of the last reply timeout.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::latest::Latest;
use super::names::Names;
use super::recent::RecentRequests;
use super::tunnel_ends::TunnelEnds;
use super::unread::Unread;
use super::{Answer, Asked, Revocations, Session, T_ACT};
use crate::rules::facts::{Leg, MessageFacts};
use crate::rules::validator::Options;
use crate::state::{Binding, FarEnd, Node, Observer, can_be_agent, prefetch};
use crate::time::Timestamp;
use crate::wire::{MessageType, Numbers, low_half};

/// The most that are remembered of each: ends of tunnels, other names of nodes, and home agents that know Type 154.
const ADDRESSES: usize = 1 << 20;
/// At least so many of the latest reports in all sessions together are not made again.
const ONCE: usize = 1 << 19;
/// At least so many of the latest requests whose node was not captured are remembered, and at most twice as many.
const NAMELESS: usize = 1 << 16;
/// Up to so many alarms are kept without looking for stale ones.
const ALARMS: usize = 1 << 12;

/// Source and destination of a request, and the low half of its Identification.
type Nameless = ((SocketAddrV4, SocketAddrV4), u32);

/// The memory of all rules.
#[derive(Debug)]
pub(in crate::rules) struct World {
    /// What the operator set.
    pub options: Options,
    /// Time of the first packet of the capture.
    pub started: Option<Timestamp>,
    /// Home agents that answered a request with Type 154 with a code of their own, or may have.
    pub knows_family: HashSet<Ipv4Addr, FixedState>,
    /// Messages of which not even the fixed part was captured.
    pub unread: Unread,
    /// The last request whose node was not captured, by its two ends and the low half of its Identification: the group
    /// of the request, which is the frame of its first copy, and when it was seen.
    nameless: Latest<Nameless, (u64, Timestamp)>,
    /// Revocations and their acknowledgements.
    pub revocations: Revocations,
    /// Sessions, by the index of their node.
    sessions: Vec<Option<Box<(u32, Session)>>>,
    /// The requests of the last reply timeout.
    pub recent: RecentRequests,
    /// Nodes with tunnels, by where these end or ended.
    ends: TunnelEnds,
    /// Alarms for expiries: time, node and its birth.
    alarms: BinaryHeap<Reverse<(Timestamp, u32, u32)>>,
    /// How many alarms there may be before stale ones are taken out.
    most_alarms: usize,
    /// Nodes that turned out to be other names of nodes (D7).
    names: Names,
    /// Rules and keys that are not reported again in any session.
    once: Latest<(&'static str, u64), ()>,
    /// How many sessions had a registration that the snapshot length cut.
    obscured: u64,
    /// How many names, requests whose node was not captured and reports made once were forgotten.
    forgotten: u64,
}

impl World {
    pub fn new(options: Options) -> Self {
        let seed = options.seed;
        Self {
            recent: RecentRequests::new(options.reply_timeout, seed),
            options,
            started: None,
            knows_family: HashSet::with_hasher(FixedState::with_seed(seed)),
            revocations: Revocations::new(seed),
            unread: Unread::new(seed),
            nameless: Latest::new(NAMELESS, seed),
            sessions: Vec::new(),
            ends: TunnelEnds::new(ADDRESSES, seed),
            alarms: BinaryHeap::new(),
            most_alarms: ALARMS,
            names: Names::new(ADDRESSES),
            once: Latest::new(ONCE, seed),
            obscured: 0,
            forgotten: 0,
        }
    }

    /// Hints that a message about this node, with this request, will be judged soon.
    pub fn expect(&self, node: Option<u32>, request: Option<u64>) {
        if let Some(node) = node {
            prefetch(self.sessions.get(node as usize).and_then(Option::as_deref));
        }
        if let Some(group) = request {
            self.recent.expect(group);
        }
    }

    /// The session of a node, if anything is remembered of it.
    pub fn session(&self, node: u32, observer: &Observer) -> Option<&Session> {
        let (birth, session) = self.sessions.get(node as usize)?.as_deref()?;
        (*birth == observer.node(node)?.birth()).then_some(session)
    }

    /// Whether the whole binding table of a session is known (D10). Where nothing is remembered of the session, a cold
    /// start alone decides.
    pub fn is_anchored(&self, session: Option<&Session>) -> bool {
        let cold_start = self.options.cold_start;
        session.map_or(cold_start, |session| session.is_anchored(cold_start))
    }

    /// Whether the whole binding table of a session was known before a time.
    pub fn was_anchored(&self, session: Option<&Session>, time: Timestamp) -> bool {
        let cold_start = self.options.cold_start;
        session.map_or(cold_start, |session| session.was_anchored(cold_start, time))
    }

    /// Whether the whole binding table was known from the beginning, and not only since a registration replaced or
    /// ended all bindings.
    pub fn is_known_from_start(&self, session: &Session) -> bool {
        session.is_known_from_start(self.options.cold_start)
    }

    /// The session of a node, which is made if there is none; `None` if there is no such node.
    pub fn session_mut(&mut self, node: u32, observer: &Observer) -> Option<&mut Session> {
        let index = node as usize;
        let node = observer.node(node)?;
        let birth = node.birth();
        if self.sessions.len() <= index {
            self.sessions.resize_with(index.saturating_add(1), || None);
        }
        let place = self.sessions.get_mut(index)?;
        if place.as_deref().is_none_or(|(before, _)| *before != birth) {
            let may_be_back = match node.home_address {
                Some(home_address) => observer.lacks_node_of(home_address),
                None => observer.lacks_nodes(),
            };
            let memory = place.insert(Box::new((birth, Session::new(may_be_back))));
            if self.unread.may_be_of(node.home_address) {
                memory.1.obscure();
                self.obscured = self.obscured.saturating_add(1);
            }
        }
        place.as_deref_mut().map(|(_, session)| session)
    }

    /// Notes a registration or revocation of which not even the fixed part was captured: its effect on its node is
    /// unknown.
    #[cold]
    pub(in crate::rules) fn note_unread(&mut self, message: &MessageFacts<'_, '_>, observer: &Observer) {
        let (source, destination) = (message.source, message.destination);
        let octets = message.message.octets;
        let address_at = |place: usize| Some(Ipv4Addr::from(*octets.get(place..)?.first_chunk::<4>()?));
        let home_address = address_at(4);
        let of_agent = |agent: SocketAddrV4| observer.owner_of(*agent.ip(), IpAddr::V4(home_address?));
        let asked = || self.asker(self.recent.between(destination, source).next()?, observer);
        let node = of_agent(source).or_else(|| of_agent(destination)).or_else(asked);
        // A message without a captured Home Address may belong to any node that has a tunnel at one of its ends.
        let here = |end: SocketAddrV4| {
            let ends = [None, Some(end.port())].map(|port| FarEnd { address: *end.ip(), port });
            ends.into_iter().flat_map(|end| self.nodes_at(end).iter().copied())
        };
        let nodes: Vec<u32> = match (node, home_address) {
            (Some(node), _) => vec![node],
            (None, Some(_)) => Vec::new(),
            (None, None) => here(source).chain(here(destination)).collect(),
        };
        for node in nodes {
            self.obscure(node, observer);
            if let Some(session) = self.session_mut(node, observer) {
                session.disturb(message.place.time);
            }
        }
        self.unread.note_ends([*source.ip(), *destination.ip()]);
        if node.is_none() {
            self.unread.note_stranger(home_address);
        }
        // A message of which not even the type was captured may be of either type.
        let may_be = |kind: MessageType| octets.first().is_none_or(|octet| *octet == kind.0);
        if may_be(MessageType::REGISTRATION_REPLY) {
            self.note_that_it_may_know_multipath(*source.ip());
        }
        self.unread.note_between((source, destination), message.place.time);
        if may_be(MessageType::REGISTRATION_REQUEST) {
            let elsewhere = address_at(8) != Some(*destination.ip());
            self.unread.note_request(home_address, elsewhere, message.place.time);
        }
    }

    /// Notes that an agent answered a request that had Type 154, or may have had it. An address that stands for any
    /// agent is not noted.
    pub(in crate::rules) fn note_that_it_may_know_multipath(&mut self, home_agent: Ipv4Addr) {
        if can_be_agent(home_agent) && self.knows_family.len() < ADDRESSES {
            self.knows_family.insert(home_agent);
        }
    }

    /// Notes that a registration of a node was accepted of which not all was seen.
    pub(in crate::rules) fn obscure(&mut self, node: u32, observer: &Observer) {
        let is_first = self.session_mut(node, observer).is_some_and(Session::obscure);
        self.obscured = self.obscured.saturating_add(u64::from(is_first));
    }

    /// How many sessions had such a registration.
    pub fn obscured(&self) -> u64 {
        self.obscured
    }

    /// Whether a request may have reached a foreign agent before, as a request of which not even the fixed part, or not
    /// its node, was captured.
    pub fn may_be_relayed(&self, asked: &Asked) -> bool {
        let timeout = self.options.reply_timeout;
        self.unread.saw_elsewhere(asked.request.home_address, asked.place.time, timeout)
    }

    /// Whether a request whose node was not captured, other than that of `group` if one is given, had these ends and
    /// this low half of the Identification within the reply timeout before `time`.
    pub(in crate::rules) fn saw_nameless(&self, key: Nameless, group: Option<u64>, time: Timestamp) -> bool {
        let is_recent = |seen: Timestamp| (0..=self.options.reply_timeout).contains(&time.since(seen));
        self.nameless.get(&key).is_some_and(|(other, seen)| Some(*other) != group && is_recent(*seen))
    }

    /// Moves the memory of a node that turned out at `time` to be another name of `to` to that node (D7).
    pub fn merge(&mut self, name: u32, to: u32, time: Timestamp, observer: &Observer) {
        self.names.insert(name, to, time);
        // Another node may have this index by now, and the memory may already be that node's.
        let birth = observer.node(name).map(Node::birth);
        let place = self.sessions.get_mut(name as usize);
        let Some(memory) = place.and_then(|place| place.take_if(|memory| Some(memory.0) != birth)) else {
            return;
        };
        if let Some(session) = self.session_mut(to, observer) {
            session.absorb(memory.1);
        }
    }

    /// The node that a packet of this time is about: the one that had this index then, or the one whose other name it
    /// turned out to be.
    pub fn node_of(&self, node: u32, time: Timestamp) -> u32 {
        self.names.node_of(node, time)
    }

    /// The node that one of an earlier time is now, given its index and birth; `None` if it fell out of the table, so that
    /// another node may have its index.
    pub fn now(&self, (node, birth): (u32, u32), time: Timestamp, observer: &Observer) -> Option<u32> {
        let now = self.node_of(node, time);
        let is_there = || observer.node(node).is_some_and(|node| node.birth() == birth);
        (now != node || is_there()).then_some(now)
    }

    /// The node of a request, as [`Self::now`] gives it.
    pub fn asker(&self, asked: &Asked, observer: &Observer) -> Option<u32> {
        self.now(asked.node?, asked.place.time, observer)
    }

    /// Whether names have to be forgotten; findings about them are given to their nodes before that.
    pub fn has_many_names(&self) -> bool {
        self.names.is_full()
    }

    /// Forgets the names about which nothing more can be decided at a time.
    pub fn forget_names(&mut self, time: Timestamp) {
        let span = self.options.reply_timeout.saturating_add(T_ACT);
        let since = time.before(span);
        let forgotten = self.names.forget_before(since);
        self.note_forgotten(forgotten);
    }

    /// How many things were forgotten that a rule could have asked for.
    pub fn forgotten(&self) -> u64 {
        self.forgotten.saturating_add(self.ends.forgotten()).saturating_add(self.unread.forgotten())
    }

    fn note_forgotten(&mut self, count: usize) {
        self.forgotten = self.forgotten.saturating_add(count as u64);
    }

    /// Indices of nodes with a tunnel that ends or ended at a far end.
    pub fn nodes_at(&self, far_end: FarEnd) -> &[u32] {
        self.ends.nodes(far_end)
    }

    /// The same, if these are all nodes with a tunnel there now; `None` if there may be more, or the end is not known.
    pub fn all_nodes_at(&self, far_end: FarEnd) -> Option<&[u32]> {
        self.ends.all_nodes(far_end)
    }

    /// Hints that a tunnel to this address may be noted soon.
    pub fn expect_end(&self, address: Ipv4Addr) {
        self.ends.expect(FarEnd { address, port: None });
    }

    /// Whether a rule may be reported for this key in the session of a node: the first time only. A node that looks for
    /// its home agent gets another session each time until it is answered (D7), but counts as the same node here.
    pub fn first_time_of(&mut self, slot: u32, rule: &'static str, key: u64, observer: &Observer) -> bool {
        let is_first = self.session_mut(slot, observer).is_none_or(|session| session.first_time(rule, key));
        let Some(node) = observer.node(slot).filter(|node| is_first && node.seeks_home_agent()) else {
            return is_first;
        };
        let name = (node.home_address, node.nai.as_ref().filter(|_| node.home_address.is_none()));
        self.first_time(rule, FixedState::default().hash_one((key, name)))
    }

    /// Whether a rule may be reported for this key in all sessions together: the first time only.
    pub fn first_time(&mut self, rule: &'static str, key: u64) -> bool {
        if self.once.get(&(rule, key)).is_some() {
            return false;
        }
        let forgotten = self.once.insert((rule, key), ());
        self.note_forgotten(forgotten);
        true
    }

    /// Remembers a request.
    pub(in crate::rules) fn remember_request(&mut self, asked: Arc<Asked>, observer: &Observer) {
        let timeout = self.options.reply_timeout;
        if let Some(session) = asked.node.and_then(|(node, _)| self.session_mut(node, observer)) {
            session.remember_request(&asked, timeout);
        }
        if asked.is_nameless() {
            let key = ((asked.source, asked.destination), low_half(asked.request.identification));
            let forgotten = self.nameless.insert(key, (asked.group, asked.place.time));
            self.note_forgotten(forgotten);
            if asked.leg == Leg::ForeignAgent {
                self.unread.note_request(Some(asked.request.home_address), true, asked.place.time);
            }
        }
        self.recent.remember(asked);
    }

    /// Remembers a reply and what it changed.
    pub(in crate::rules) fn remember_reply(
        &mut self,
        answer: &Answer,
        asked: Option<&Asked>,
        decides: bool,
        node: Option<u32>,
        numbers: Numbers,
        observer: &Observer,
    ) {
        if let Some(asked) = asked {
            self.recent.remember_reply(asked.group, (answer.leg, answer.reply.code, answer.place.time));
            let node = self.asker(asked, observer);
            if let Some(session) = node.and_then(|node| self.session_mut(node, observer)) {
                session.remember_answered(asked, answer);
            }
            let is_own = answer.reply.code.is_of_home_agent();
            // A request that was cut may have had Type 154.
            let may_have_family = asked.said.has_family || asked.said.hides_something;
            if may_have_family && is_own {
                self.note_that_it_may_know_multipath(asked.request.home_agent);
                self.note_that_it_may_know_multipath(answer.reply.home_agent);
            }
        }
        let Some(slot) = node else { return };
        let timeout = self.options.reply_timeout;
        let Some(session) = self.session_mut(slot, observer) else { return };
        session.remember_reply(answer, asked, decides, numbers, timeout);
        let Some(node) = observer.node(slot) else { return };
        session.forget_ended(node);
        if decides && answer.reply.code.is_accepted() {
            if node.lost_binding() {
                session.lose_binding();
            }
            let new = session.traffic.note_exchange(answer, node, observer.before());
            for far_end in new {
                self.ends.note(slot, far_end, self.sessions.len(), observer);
            }
            let next = node.active().filter_map(|binding| binding.expires).min();
            self.set_alarm_at(next, slot, node, observer);
        }
    }

    /// Sets the alarm of a node, if it has none that is earlier.
    fn set_alarm_at(&mut self, next: Option<Timestamp>, slot: u32, node: &Node, observer: &Observer) {
        let Some(next) = next else { return };
        let Some(session) = self.session_mut(slot, observer) else { return };
        if session.alarm.is_some_and(|alarm| alarm <= next) {
            return;
        }
        session.alarm = Some(next);
        if self.alarms.len() >= self.most_alarms {
            let mut alarms = std::mem::take(&mut self.alarms);
            alarms.retain(|Reverse((time, slot, birth))| {
                let is_its = observer.node(*slot).is_some_and(|node| node.birth() == *birth);
                is_its && self.session(*slot, observer).is_some_and(|session| session.alarm == Some(*time))
            });
            self.most_alarms = alarms.len().saturating_mul(2).max(ALARMS);
            self.alarms = alarms;
        }
        self.alarms.push(Reverse((next, slot, node.birth())));
    }

    /// When the next thing is due: the end of a request's reply timeout, or an expiry.
    pub(in crate::rules) fn next_due(&self) -> Option<(Timestamp, Due)> {
        let lapse = self.recent.next_lapse().map(|lapse| (lapse, Due::Lapse));
        let alarm = self.alarms.peek().map(|Reverse((time, ..))| (*time, Due::Alarm));
        match (lapse, alarm) {
            (Some(lapse), Some(alarm)) => Some(if alarm.0 <= lapse.0 { alarm } else { lapse }),
            (lapse, alarm) => lapse.or(alarm),
        }
    }

    /// Takes out the next alarm: its time and node, if the node is still the same.
    pub(in crate::rules) fn take_alarm(&mut self, observer: &Observer) -> Option<(Timestamp, u32)> {
        let Reverse((time, slot, birth)) = self.alarms.pop()?;
        // The same alarm may have been set twice, around an earlier one of the same node: what expires is judged once.
        while self.alarms.peek() == Some(&Reverse((time, slot, birth))) {
            self.alarms.pop();
        }
        let node = observer.node(slot).filter(|node| node.birth() == birth)?;
        if let Some(session) = self.session_mut(slot, observer)
            && session.alarm == Some(time)
        {
            session.alarm = None;
        }
        // Bindings that expire later need another alarm, even those that the observer has already seen expire.
        let later = node.bindings().iter().filter_map(Binding::lapse).filter(|lapse| *lapse > time);
        self.set_alarm_at(later.min(), slot, node, observer);
        Some((time, slot))
    }
}

/// What is due at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Due {
    /// The reply timeout of a request is over.
    Lapse,
    /// A binding may expire.
    Alarm,
}
