//! Everything that rules remember: sessions, and the requests of the last reply timeout.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use smallvec::SmallVec;

use super::{Answer, Asked, Revocations, Session};
use crate::rules::facts::{Leg, live};
use crate::rules::validator::Options;
use crate::state::{Binding, FarEnd, Node, Observer};
use crate::time::Timestamp;
use crate::wire::{DualStack, Numbers, ReplyCode};

/// The most requests of the last reply timeout that are remembered. Those that find no room are not judged.
const RECENT: usize = 1 << 19;
/// How many of the latest requests between two endpoints, or copies of one request, are looked at.
const LOOK: usize = 1 << 12;
/// The most replies to one request that are remembered.
const REPLIES: usize = 64;
/// The most addresses at which tunnels ended that are remembered, and of senders and agents.
const ADDRESSES: usize = 1 << 20;
/// The most nodes remembered for one address at which tunnels end. Where more have one at the same time, rules that ask
/// for all of them say nothing.
const NODES_AT_ONE: usize = 1 << 10;
/// So many alarms are never too many.
const ALARMS: usize = 1 << 12;

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
    recent: VecDeque<Recent>,
    /// Number of the first of them.
    first: u64,
    /// Copies of one request, and its replies.
    groups: HashMap<u64, Group, FixedState>,
    /// Number of the latest request by where it came from and went.
    by_endpoints: HashMap<(SocketAddrV4, SocketAddrV4), u64, FixedState>,
    /// Nodes with tunnels that end or ended at an address.
    ends: HashMap<Ipv4Addr, NodesAt, FixedState>,
    /// Alarms for expiries: time, node and its birth.
    alarms: BinaryHeap<Reverse<(Timestamp, u32, u32)>>,
    /// How many of them there may be until those that mean nothing any more are taken out.
    most_alarms: usize,
    /// Rules and keys that are not reported again in any session.
    once: HashSet<(&'static str, u64), FixedState>,
}

/// The nodes with tunnels that end or ended at an address.
#[derive(Debug, Default)]
struct NodesAt {
    nodes: SmallVec<[u32; 2]>,
    /// Whether there were more than are remembered.
    is_cut: bool,
}

/// A request of the last reply timeout, and the numbers of those before it that it is looked for with.
#[derive(Debug)]
struct Recent {
    asked: Arc<Asked>,
    /// The one before it between the same two.
    between: Option<u64>,
    /// The copy before it.
    copy: Option<u64>,
}

/// The copies of one request: relay legs and retransmissions.
#[derive(Debug)]
struct Group {
    /// Number of the latest copy.
    latest: u64,
    /// Its replies: the leg they were seen on, their code, and when.
    replies: SmallVec<[(Leg, ReplyCode, Timestamp); 1]>,
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
            most_alarms: ALARMS,
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

    /// The requests seen between these two within the last reply timeout, the latest first.
    pub fn between(
        &self,
        source: SocketAddrV4,
        destination: SocketAddrV4,
    ) -> impl Iterator<Item = &Arc<Asked>> {
        let latest = self.by_endpoints.get(&(source, destination)).copied();
        self.chain(latest, |recent| recent.between)
    }

    /// The copies of a request within the last reply timeout, the latest first.
    pub fn copies(&self, group: u64) -> impl Iterator<Item = &Arc<Asked>> {
        let latest = self.groups.get(&group).map(|group| group.latest);
        self.chain(latest, |recent| recent.copy)
    }

    /// The replies that a request got: the leg they were seen on, their code, and when.
    pub fn replies(&self, asked: &Asked) -> impl Iterator<Item = &(Leg, ReplyCode, Timestamp)> {
        let all = self.groups.get(&asked.group).map(|group| group.replies.as_slice()).unwrap_or_default();
        // What answered an earlier copy did not answer this one.
        all.iter().filter(|(.., time)| *time >= asked.place.time)
    }

    /// Whether a request got a reply.
    pub fn is_answered(&self, asked: &Asked) -> bool {
        self.replies(asked).next().is_some()
    }

    fn chain(
        &self,
        latest: Option<u64>,
        before: impl Fn(&Recent) -> Option<u64>,
    ) -> impl Iterator<Item = &Arc<Asked>> {
        let recent = latest.and_then(|number| self.recent(number));
        std::iter::successors(recent, move |recent| self.recent(before(recent)?))
            .take(LOOK)
            .map(|recent| &recent.asked)
    }

    /// Indices of nodes with a tunnel that ends or ended at this address.
    pub fn nodes_at(&self, address: Ipv4Addr) -> &[u32] {
        self.ends.get(&address).map(|at| at.nodes.as_slice()).unwrap_or_default()
    }

    /// The same, where they are all that have one there now.
    pub fn all_nodes_at(&self, address: Ipv4Addr) -> Option<&[u32]> {
        self.ends.get(&address).filter(|at| !at.is_cut).map(|at| at.nodes.as_slice())
    }

    /// Whether a rule may be reported for this key in all sessions together: the first time only.
    pub fn first_time(&mut self, rule: &'static str, key: u64) -> bool {
        self.once.len() < ADDRESSES && self.once.insert((rule, key))
    }

    /// Remembers a request.
    pub(in crate::rules) fn remember_request(&mut self, asked: Arc<Asked>, observer: &Observer) {
        let timeout = self.options.reply_timeout;
        if let Some(session) = asked.node.and_then(|node| self.session_mut(node, observer)) {
            session.remember_request(&asked, timeout);
        }
        if self.recent.len() >= RECENT {
            self.forget_oldest();
        }
        let number = self.first.saturating_add(self.recent.len() as u64);
        let between = self.by_endpoints.insert((asked.source, asked.destination), number);
        let copy = match self.groups.entry(asked.group) {
            Entry::Occupied(mut group) => Some(std::mem::replace(&mut group.get_mut().latest, number)),
            Entry::Vacant(place) => {
                place.insert(Group { latest: number, replies: SmallVec::new() });
                None
            }
        };
        self.recent.push_back(Recent { asked, between, copy });
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
            if let Some(group) = self.groups.get_mut(&asked.group)
                && group.replies.len() < REPLIES
            {
                group.replies.push((answer.leg, answer.reply.code, answer.place.time));
            }
            if let Some(session) = asked.node.and_then(|node| self.session_mut(node, observer)) {
                session.remember_answered(asked, answer);
            }
            let is_own = matches!(answer.reply.code.0, 0 | 1 | 128..=192);
            if asked.said.has_family && is_own && self.knows_family.len() < ADDRESSES {
                self.knows_family.insert(asked.request.home_agent);
                self.knows_family.insert(answer.reply.home_agent);
            }
        }
        let Some(node) = node else { return };
        let timeout = self.options.reply_timeout;
        if let Some(session) = self.session_mut(node, observer) {
            session.remember_reply(answer, asked, decides, numbers, timeout);
        }
        if decides && answer.reply.code.is_accepted() {
            self.note_ends(answer, node, observer);
            self.note_bindings(node, observer);
        }
    }

    /// Notes where the tunnels of a node end after an accepted exchange, and what it says of IPv6 tunnels.
    fn note_ends(&mut self, answer: &Answer, slot: u32, observer: &Observer) {
        let time = answer.place.time;
        let direct =
            |prefix: &DualStack| matches!(prefix, DualStack::PrefixReply { code, .. } if code.0 == 1);
        let Some(node) = observer.node(slot) else { return };
        let before: Vec<FarEnd> = live(observer.before(), time).map(|binding| binding.far_end).collect();
        let Some(session) = self.session_mut(slot, observer) else { return };
        session.traffic.note_ends(before.into_iter(), node.active().map(|binding| binding.far_end), time);
        session.traffic.direct_ipv6 |= answer.said.seldom().prefixes_answered.iter().any(direct);
    }

    /// Brings up to date what follows from the bindings of a node: ends of tunnels, and the next alarm.
    pub(in crate::rules) fn note_bindings(&mut self, slot: u32, observer: &Observer) {
        let Some(node) = observer.node(slot) else { return };
        for address in node.active().map(|binding| binding.far_end.address) {
            self.note_end(slot, address, observer);
        }
        self.set_alarm(slot, node, observer);
    }

    /// Notes that a tunnel of a node ends at an address.
    fn note_end(&mut self, slot: u32, address: Ipv4Addr, observer: &Observer) {
        let has_room = self.ends.len() < ADDRESSES;
        let at = match self.ends.entry(address) {
            Entry::Occupied(at) => at.into_mut(),
            Entry::Vacant(place) if has_room => place.insert(NodesAt::default()),
            Entry::Vacant(_) => return,
        };
        if at.is_cut || at.nodes.contains(&slot) {
            return;
        }
        if at.nodes.len() >= NODES_AT_ONE {
            // Those that went make room.
            let is_here = |binding: &Binding| binding.far_end.address == address;
            at.nodes.retain(|slot| {
                let node = observer.node(*slot);
                node.is_some_and(|node| live(node.bindings(), observer.clock()).any(is_here))
            });
            at.is_cut = at.nodes.len() >= NODES_AT_ONE;
        }
        if !at.is_cut {
            at.nodes.push(slot);
        }
    }

    fn set_alarm(&mut self, slot: u32, node: &Node, observer: &Observer) {
        let next = node.active().filter_map(|binding| binding.expires).min();
        self.set_alarm_at(next, slot, node, observer);
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
        let lapse = self.next_lapse().map(|lapse| (lapse, Due::Lapse));
        let alarm = self.alarms.peek().map(|Reverse((time, ..))| (*time, Due::Alarm));
        match (lapse, alarm) {
            (Some(lapse), Some(alarm)) => Some(if alarm.0 <= lapse.0 { alarm } else { lapse }),
            (lapse, alarm) => lapse.or(alarm),
        }
    }

    /// When the reply timeout of the oldest request is over.
    pub(in crate::rules) fn next_lapse(&self) -> Option<Timestamp> {
        self.recent.front().map(|recent| self.lapse_of(&recent.asked))
    }

    /// Forgets the oldest request, if it got a reply; says whether it did.
    pub(in crate::rules) fn forget_answered(&mut self) -> bool {
        let is_answered = self.recent.front().is_some_and(|recent| self.is_answered(&recent.asked));
        is_answered && self.forget_oldest().is_some()
    }

    /// Takes out the oldest request, if it stayed without a reply.
    pub(in crate::rules) fn take_lapsed(&mut self) -> Option<Arc<Asked>> {
        let is_answered = self.is_answered(&self.recent.front()?.asked);
        self.forget_oldest().filter(|_| !is_answered)
    }

    /// Takes out the next alarm: the node, if it is still the same.
    pub(in crate::rules) fn take_alarm(&mut self, observer: &Observer) -> Option<(Timestamp, u32)> {
        let Reverse((time, slot, birth)) = self.alarms.pop()?;
        // It may have been set again after an earlier one of the same node: what expires is judged once.
        while self.alarms.peek() == Some(&Reverse((time, slot, birth))) {
            self.alarms.pop();
        }
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
        self.set_alarm_at(later.filter(|expires| *expires > time).min(), slot, node, observer);
        Some((time, slot))
    }

    fn lapse_of(&self, asked: &Asked) -> Timestamp {
        Timestamp::from_nanoseconds(asked.place.time.nanoseconds().saturating_add(self.options.reply_timeout))
    }

    fn forget_oldest(&mut self) -> Option<Arc<Asked>> {
        let Recent { asked, .. } = self.recent.pop_front()?;
        let number = self.first;
        self.first = self.first.saturating_add(1);
        // What points at it from a later one leads nowhere now; where there is no later one, nothing is left.
        if self.groups.get(&asked.group).is_some_and(|group| group.latest == number) {
            self.groups.remove(&asked.group);
        }
        let ends = (asked.source, asked.destination);
        if self.by_endpoints.get(&ends) == Some(&number) {
            self.by_endpoints.remove(&ends);
        }
        Some(asked)
    }

    fn recent(&self, number: u64) -> Option<&Recent> {
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
