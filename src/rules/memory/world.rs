//! Everything that rules remember: sessions, and the requests of the last reply timeout.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Answer, Asked, Revocations, Session};
use crate::rules::facts::Leg;
use crate::rules::validator::Options;
use crate::state::{Node, Observer};
use crate::time::Timestamp;
use crate::wire::{Numbers, ReplyCode};

/// The most requests of the last reply timeout that are remembered. Those that find no room are not judged.
const RECENT: usize = 1 << 19;
/// The most addresses at which tunnels ended that are remembered, and of senders and agents.
const ADDRESSES: usize = 1 << 20;
/// The most nodes remembered for one address at which tunnels end.
const NODES_AT_ONE: usize = 1 << 10;

/// The memory of all rules.
#[derive(Debug)]
pub(in crate::rules) struct World {
    /// What the operator set.
    pub options: Options,
    /// Time of the first packet of the capture.
    pub started: Option<Timestamp>,
    /// Home agents that answered a request with Type 154 with a code of their own.
    pub knows_family: HashSet<Ipv4Addr, FixedState>,
    /// Revocations and their acknowledgements.
    pub revocations: Revocations,
    /// Sessions, by the index of their node.
    sessions: Vec<Option<Box<(u32, Session)>>>,
    /// The requests of the last reply timeout, in order of time.
    recent: VecDeque<Asked>,
    /// Number of the first of them.
    first: u64,
    /// Copies of one request, and its replies.
    groups: HashMap<u64, Group, FixedState>,
    /// Requests by where they came from and went.
    by_endpoints: HashMap<(SocketAddrV4, SocketAddrV4), SmallVec<[u64; 2]>, FixedState>,
    /// Nodes with tunnels that end or ended at an address.
    ends: HashMap<Ipv4Addr, SmallVec<[u32; 2]>, FixedState>,
    /// Alarms for expiries: time, node and its birth.
    alarms: BinaryHeap<Reverse<(Timestamp, u32, u32)>>,
    /// Rules and keys that are not reported again in any session.
    once: HashSet<(&'static str, u64), FixedState>,
}

/// The copies of one request: relay legs and retransmissions.
#[derive(Debug, Default)]
pub(in crate::rules) struct Group {
    /// Numbers of the copies.
    copies: SmallVec<[u64; 2]>,
    /// Its replies: the leg they were seen on, their code, and when.
    pub replies: SmallVec<[(Leg, ReplyCode, Timestamp); 2]>,
}

impl World {
    pub fn new(options: Options) -> Self {
        let seed = options.seed;
        let hasher = || FixedState::with_seed(seed);
        Self {
            options,
            started: None,
            knows_family: HashSet::with_hasher(hasher()),
            revocations: Revocations::default(),
            sessions: Vec::new(),
            recent: VecDeque::new(),
            first: 0,
            groups: HashMap::with_hasher(hasher()),
            by_endpoints: HashMap::with_hasher(hasher()),
            ends: HashMap::with_hasher(hasher()),
            alarms: BinaryHeap::new(),
            once: HashSet::with_hasher(hasher()),
        }
    }

    /// The session of a node, if anything is remembered of it.
    pub fn session(&self, node: u32, observer: &Observer) -> Option<&Session> {
        let (birth, session) = self.sessions.get(node as usize)?.as_deref()?;
        (*birth == observer.node(node)?.birth()).then_some(session)
    }

    /// The session of a node, made if there is none.
    pub fn session_mut(&mut self, node: u32, observer: &Observer) -> Option<&mut Session> {
        let birth = observer.node(node)?.birth();
        let index = node as usize;
        if self.sessions.len() <= index {
            self.sessions.resize_with(index.saturating_add(1), || None);
        }
        let place = self.sessions.get_mut(index)?;
        if place.as_deref().is_none_or(|(before, _)| *before != birth) {
            *place = Some(Box::new((birth, Session::default())));
        }
        place.as_deref_mut().map(|(_, session)| session)
    }

    /// Gives the memory of a node that turned out to be another name of `to` to that one.
    pub fn rename(&mut self, from: u32, to: u32, observer: &Observer) {
        if from == to || self.session(to, observer).is_some() {
            return;
        }
        let Some((_, session)) =
            self.sessions.get_mut(from as usize).and_then(Option::take).map(|session| *session)
        else {
            return;
        };
        if let Some(place) = self.session_mut(to, observer) {
            *place = session;
        }
    }

    /// The requests seen between these two within the last reply timeout, in order.
    pub fn between(
        &self,
        source: SocketAddrV4,
        destination: SocketAddrV4,
    ) -> impl DoubleEndedIterator<Item = &Asked> {
        let numbers =
            self.by_endpoints.get(&(source, destination)).map(SmallVec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.request(*number))
    }

    /// The copies of a request within the last reply timeout, in order.
    pub fn copies(&self, group: u64) -> impl DoubleEndedIterator<Item = &Asked> {
        let numbers = self.groups.get(&group).map(|group| group.copies.as_slice()).unwrap_or_default();
        numbers.iter().filter_map(|number| self.request(*number))
    }

    /// The replies that a request got.
    pub fn replies(&self, group: u64) -> &[(Leg, ReplyCode, Timestamp)] {
        self.groups.get(&group).map(|group| group.replies.as_slice()).unwrap_or_default()
    }

    /// Indices of nodes with a tunnel that ends or ended at this address.
    pub fn nodes_at(&self, address: Ipv4Addr) -> &[u32] {
        self.ends.get(&address).map(SmallVec::as_slice).unwrap_or_default()
    }

    /// Whether a rule may be reported for this key in all sessions together: the first time only.
    pub fn first_time(&mut self, rule: &'static str, key: u64) -> bool {
        self.once.len() < ADDRESSES && self.once.insert((rule, key))
    }

    /// Remembers a request.
    pub(in crate::rules) fn remember_request(&mut self, asked: Asked, observer: &Observer) {
        if let Some(node) = asked.node {
            let before = self.session(node, observer).and_then(|session| session.track(&asked));
            let answered = before.is_some_and(|track| !self.replies(track.group).is_empty());
            if let Some(session) = self.session_mut(node, observer) {
                session.remember_request(&asked, answered);
            }
        }
        if self.recent.len() >= RECENT {
            self.forget_oldest();
        }
        let number = self.first.saturating_add(self.recent.len() as u64);
        self.groups.entry(asked.group).or_default().copies.push(number);
        self.by_endpoints.entry((asked.source, asked.destination)).or_default().push(number);
        self.recent.push_back(asked);
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
            if let Some(group) = self.groups.get_mut(&asked.group) {
                group.replies.push((answer.leg, answer.reply.code, answer.place.time));
            }
            let is_own = matches!(answer.reply.code.0, 0 | 1 | 128..=192);
            if asked.said.has_family && is_own && self.knows_family.len() < ADDRESSES {
                self.knows_family.insert(asked.request.home_agent);
                self.knows_family.insert(answer.reply.home_agent);
            }
        }
        let Some(node) = node else { return };
        if let Some(session) = self.session_mut(node, observer) {
            session.remember_reply(answer, asked, decides, numbers);
        }
        if decides && answer.reply.code.is_accepted() {
            self.note_bindings(node, observer);
        }
    }

    /// Brings up to date what follows from the bindings of a node: ends of tunnels, and the next alarm.
    pub(in crate::rules) fn note_bindings(&mut self, slot: u32, observer: &Observer) {
        let Some(node) = observer.node(slot) else { return };
        for binding in node.active() {
            if self.ends.len() < ADDRESSES {
                let nodes = self.ends.entry(binding.far_end.address).or_default();
                if nodes.len() < NODES_AT_ONE && !nodes.contains(&slot) {
                    nodes.push(slot);
                }
            }
        }
        self.set_alarm(slot, node, observer);
    }

    fn set_alarm(&mut self, slot: u32, node: &Node, observer: &Observer) {
        let Some(next) = node.active().filter_map(|binding| binding.expires).min() else { return };
        let birth = node.birth();
        let Some(session) = self.session_mut(slot, observer) else { return };
        if session.alarm.is_none_or(|alarm| next < alarm) {
            session.alarm = Some(next);
            self.alarms.push(Reverse((next, slot, birth)));
        }
    }

    /// When the next thing is due: the end of a request's reply timeout, or an expiry.
    pub(in crate::rules) fn next_due(&self) -> Option<(Timestamp, Due)> {
        let lapse = self.recent.front().map(|asked| (self.lapse_of(asked), Due::Lapse));
        let alarm = self.alarms.peek().map(|Reverse((time, ..))| (*time, Due::Alarm));
        match (lapse, alarm) {
            (Some(lapse), Some(alarm)) => Some(if alarm.0 <= lapse.0 { alarm } else { lapse }),
            (lapse, alarm) => lapse.or(alarm),
        }
    }

    /// Takes out the oldest request, if it and all its copies stayed without a reply.
    pub(in crate::rules) fn take_lapsed(&mut self) -> Option<Asked> {
        let asked = self.recent.front()?.clone();
        let unanswered = self.replies(asked.group).is_empty();
        self.forget_oldest();
        unanswered.then_some(asked)
    }

    /// Takes out the next alarm: the node, if it is still the same.
    pub(in crate::rules) fn take_alarm(&mut self, observer: &Observer) -> Option<(Timestamp, u32)> {
        let Reverse((time, slot, birth)) = self.alarms.pop()?;
        let node = observer.node(slot).filter(|node| node.birth() == birth)?;
        if let Some(session) = self.session_mut(slot, observer)
            && session.alarm == Some(time)
        {
            session.alarm = None;
        }
        // What expires later than this needs another alarm.
        let later = node
            .bindings()
            .iter()
            .filter(|binding| binding.is_active())
            .filter_map(|binding| binding.expires);
        if let Some(next) = later.filter(|expires| *expires > time).min()
            && let Some(session) = self.session_mut(slot, observer)
            && session.alarm.is_none_or(|alarm| next < alarm)
        {
            session.alarm = Some(next);
            self.alarms.push(Reverse((next, slot, birth)));
        }
        Some((time, slot))
    }

    fn lapse_of(&self, asked: &Asked) -> Timestamp {
        Timestamp::from_nanoseconds(asked.place.time.nanoseconds().saturating_add(self.options.reply_timeout))
    }

    fn forget_oldest(&mut self) {
        let Some(asked) = self.recent.pop_front() else { return };
        let number = self.first;
        self.first = self.first.saturating_add(1);
        if let Some(group) = self.groups.get_mut(&asked.group) {
            group.copies.retain(|other| *other != number);
            if group.copies.is_empty() {
                self.groups.remove(&asked.group);
            }
        }
        let ends = (asked.source, asked.destination);
        if let Some(numbers) = self.by_endpoints.get_mut(&ends) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_endpoints.remove(&ends);
            }
        }
    }

    fn request(&self, number: u64) -> Option<&Asked> {
        self.recent.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Due {
    /// The reply timeout of a request is over.
    Lapse,
    /// A binding may expire.
    Alarm,
}
