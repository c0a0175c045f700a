//! What is remembered of one session (D7), beside what the observer believes of its node.

use std::collections::{BTreeSet, VecDeque};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::num::NonZeroU64;

use super::{
    Answer, Asked, Exhausted, GRACE, Passed, PassedBy, Registered, Rejected, T_ACT, Told, Track, push_snugly,
};
use crate::rules::facts::{Leg, LiveBids, OctetSet};
use crate::rules::memory::traffic::TrafficMemory;
use crate::state::{Binding, Node};
use crate::time::Timestamp;
use crate::wire::{Decision, MobileNetwork, Numbers, ReplyCode};

/// The most tracks of one session: as many as there are BIDs, on both legs.
const TRACKS: usize = 512;
/// The most accepted exchanges of one session that are remembered beside those of live bindings.
const REGISTERED: usize = 64;
/// The most rules and keys of one session that are reported once: more than there are pairs of BIDs (MP-016).
const ONCE: usize = 1 << 16;
/// The most requests on the foreign agent's leg whose Identifications are remembered.
const RELAYED: usize = 64;
/// The most prefixes of one kind that are remembered.
const PREFIXES: usize = 256;
/// The most unanswered requests that are remembered, of refused policies and of refused prefixes.
const REFUSALS: usize = 32;

/// The memory of one session.
#[derive(Debug, Default)]
pub(in crate::rules) struct Session {
    /// Since when the binding table is whole although the capture began in the middle (D10).
    anchored: Option<Timestamp>,
    /// Whether it may have been known before, and fell out of the table, or a binding of it that was active did: then it
    /// is as if the capture had begun in its middle.
    lacks_beginning: bool,
    /// Whether a registration was accepted that the snapshot length cut: then bindings, policy and grants may be others
    /// than those believed, until an exchange ends all of them.
    obscured: bool,
    /// Whether that ever was so.
    was_obscured: bool,
    /// The requests for each binding and leg.
    pub tracks: Vec<Track>,
    /// The last request on the home agent's leg and on the foreign agent's: Identification and fingerprint.
    last: [Option<(u64, Option<NonZeroU64>)>; 2],
    /// Identifications of the latest requests on the foreign agent's leg.
    relayed: VecDeque<u64>,
    /// The reply with code 133 that no request has followed yet.
    pub rejected: Option<Box<Rejected>>,
    /// When code 152 was last sent to it.
    pub last_refused: Option<Timestamp>,
    /// When it was first sent, after the last time that a request with Multipath was accepted.
    pub forbidden: Option<Timestamp>,
    /// Home agent and code of the last reply to a request with Multipath.
    pub last_multipath_reply: Option<(Ipv4Addr, ReplyCode)>,
    /// When code 153 was sent to it, and the BIDs of the refused request's FORWARD lists.
    refused_flows: Vec<(Timestamp, OctetSet)>,
    /// Messages of the last reply timeout.
    pub passed: PassedBy,
    /// When code 148 was first sent to it, unless mobile networks were accepted since.
    pub networks_forbidden: Option<Timestamp>,
    /// Prefixes refused with code 147, unless mobile networks were accepted since.
    pub networks_refused: Vec<(Timestamp, Ipv4Addr, u8)>,
    /// The last accepted exchange of each binding that lives, and of some that ended.
    pub registered: Vec<Registered>,
    /// How often accepted exchanges changed the policy.
    pub policy_changes: u64,
    /// The BID of the request whose exchange last changed the policy.
    pub policy_by: Option<u8>,
    /// Rules that were reported as exhausted and still are.
    pub exhausted: Exhausted,
    /// Unanswered requests with Type 154: when, and their Identification.
    unanswered_family: Vec<(Timestamp, u64)>,
    /// Prefixes of all Type 148 extensions seen.
    pub networks_seen: Vec<(Ipv4Addr, u8)>,
    /// Prefixes of all Type 152 extensions seen.
    pub prefixes_seen: Vec<(Ipv6Addr, u8)>,
    /// When an exchange was last accepted, or a binding last removed or expired.
    pub disturbed: Option<Timestamp>,
    /// How often that happened.
    pub disturbances: u32,
    /// What is remembered of data packets.
    pub traffic: TrafficMemory,
    /// Rules and keys that are not reported again.
    once: Told,
    /// When the next expiry is looked at.
    pub(super) alarm: Option<Timestamp>,
}

impl Session {
    /// The session of a node that seems to be new.
    pub fn new(lacks_beginning: bool) -> Self {
        Self { lacks_beginning, ..Self::default() }
    }

    /// Whether a registration was accepted that the snapshot length cut, and not all bindings ended since.
    pub fn is_cut(&self) -> bool {
        self.obscured
    }

    /// Whether bindings, policy and grants may be others than those believed: something was accepted that was not seen, or
    /// fell out of the tables.
    pub fn is_obscured(&self) -> bool {
        self.obscured || self.lacks_beginning && self.anchored.is_none()
    }

    /// Whether it may have been known before, so that what was granted then is forgotten: also what a registration that
    /// replaces all bindings does not end.
    pub fn lacks_beginning(&self) -> bool {
        self.lacks_beginning
    }

    /// Whether the whole binding table is known (D10); `cold_start` says that nothing was registered before the capture
    /// began.
    pub fn is_anchored(&self, cold_start: bool) -> bool {
        self.is_known_from_start(cold_start) || !self.obscured && self.anchored.is_some()
    }

    /// Whether it was known at a time before now.
    pub fn was_anchored(&self, cold_start: bool, time: Timestamp) -> bool {
        let since = self.anchored.filter(|_| !self.obscured);
        self.is_known_from_start(cold_start) || since.is_some_and(|since| since < time)
    }

    /// Whether it was known from the beginning, and not only since a registration replaced or ended all bindings.
    pub fn is_known_from_start(&self, cold_start: bool) -> bool {
        cold_start && !self.lacks_beginning && !self.obscured
    }

    /// Notes that something was accepted of which not all was seen; says whether that is so for the first time.
    pub(in crate::rules) fn obscure(&mut self) -> bool {
        (self.obscured, self.anchored) = (true, None);
        // It may have been granted what was refused before.
        (self.forbidden, self.last_multipath_reply) = (None, None);
        self.networks_forbidden = None;
        self.networks_refused.clear();
        self.rejected = None;
        !std::mem::replace(&mut self.was_obscured, true)
    }

    /// Notes that an active binding fell out of the table of its node, and may live on.
    pub(in crate::rules) fn lose_binding(&mut self) {
        (self.anchored, self.lacks_beginning) = (None, true);
    }

    /// Notes that the whole binding table is known by an exchange accepted at `time`, whatever was before.
    pub(in crate::rules) fn anchor(&mut self, time: Timestamp) {
        (self.obscured, self.anchored) = (false, self.anchored.or(Some(time)));
    }

    /// The last accepted exchange of a binding.
    pub fn registered(&self, binding: &Binding) -> Option<&Registered> {
        let bid = binding.bid().map(crate::state::Bid::octet);
        self.registered.iter().rev().find(|registered| registered.is_of(bid, binding.care_of_address))
    }

    /// Whether a binding lives at `time` only because a bulk renewal gave it more time.
    pub fn is_bulk_only(&self, binding: &Binding, time: Timestamp) -> bool {
        self.registered(binding).and_then(Registered::own_expiry).is_some_and(|expiry| expiry < time)
    }

    /// Whether the latest request for a binding, on either leg, came from here.
    pub fn last_asked_from(&self, binding: &Binding, source: SocketAddrV4) -> bool {
        let bid = binding.bid().map(crate::state::Bid::octet);
        let is_its = |track: &&Track| match bid {
            Some(_) => track.bid == bid,
            None => track.bid.is_none() && track.care_of_address == binding.care_of_address,
        };
        let mut latest: Vec<&Track> = self.tracks.iter().filter(is_its).collect();
        latest.sort_by_key(|track| std::cmp::Reverse(track.last.place.time));
        latest.first().is_some_and(|track| track.source == source)
            || self.tracks.iter().any(|track| track.hides_bid && track.source == source)
    }

    /// Whether the latest request for a binding with none of these BIDs came from here.
    pub fn was_asked_from(&self, source: SocketAddrV4, bids: &[Option<u8>]) -> bool {
        self.tracks.iter().any(|track| track.source == source && !bids.contains(&track.bid))
    }

    /// The track that a request belongs to, as it was before it.
    pub fn track(&self, asked: &Asked) -> Option<&Track> {
        self.tracks.iter().find(|track| track.is_of(asked))
    }

    /// Whether a request with this Identification was seen on a foreign agent's leg.
    pub fn was_at_foreign_agent(&self, identification: u64) -> bool {
        self.relayed.contains(&identification)
    }

    /// Identification and fingerprint of the request before, on the same leg.
    pub fn last_on(&self, leg: Leg) -> Option<(u64, Option<NonZeroU64>)> {
        let [home, foreign] = self.last;
        if leg == Leg::HomeAgent { home } else { foreign }
    }

    /// When a policy with exactly these BIDs was refused with code 153 within the last [`T_ACT`].
    pub fn refusal_of(&self, bids: &OctetSet, time: Timestamp) -> Option<Timestamp> {
        let is_it = |(refused, of): &&(Timestamp, OctetSet)| {
            of == bids && (0..=T_ACT).contains(&time.since(*refused))
        };
        self.refused_flows.iter().rev().find(is_it).map(|(refused, _)| *refused)
    }

    /// When code 152 was sent to it, if that is more than the grace ago and it never got leave again.
    pub fn forbidden_since(&self, time: Timestamp) -> Option<Timestamp> {
        self.forbidden.filter(|forbidden| time.since(*forbidden) > GRACE)
    }

    /// How many requests with Type 154 and different Identifications stayed unanswered in the last `span` nanoseconds.
    pub fn unanswered_family_within(&self, time: Timestamp, span: i64) -> usize {
        let recent = self.unanswered_family.iter().filter(|(seen, _)| time.since(*seen) <= span);
        recent.map(|(_, identification)| identification).collect::<BTreeSet<_>>().len()
    }

    /// The greatest Identification of the requests of a care-of address on a leg.
    pub fn highest(&self, leg: Leg, care_of_address: Ipv4Addr) -> Option<u64> {
        self.tracks
            .iter()
            .filter(|track| track.leg == leg && track.care_of_address == care_of_address)
            .map(|track| track.highest)
            .max()
    }

    /// Whether a request for the same binding came after this one.
    pub fn is_followed(&self, asked: &Asked) -> bool {
        self.tracks.iter().any(|track| track.may_be_for(asked) && track.last.place.frame > asked.place.frame)
    }

    /// The exchange whose reply had this frame, if it is the last one of its binding.
    pub fn registered_at(&self, frame: u64) -> Option<&Registered> {
        self.registered.iter().find(|registered| registered.accepted.frame == frame)
    }

    /// Whether a rule may be reported for this key: the first time only.
    pub fn first_time(&mut self, rule: &'static str, key: u64) -> bool {
        // What finds no room was reported often enough.
        self.once.len() < ONCE && self.once.insert(rule, key)
    }

    /// Whether it was.
    pub fn has_told(&self, rule: &'static str, key: u64) -> bool {
        self.once.has(rule, key)
    }

    /// Notes that the way of packets may have changed (D14).
    pub fn disturb(&mut self, time: Timestamp) {
        self.disturbed = Some(self.disturbed.map_or(time, |before| before.max(time)));
        self.disturbances = self.disturbances.wrapping_add(1);
    }

    /// Takes what is remembered of a session that turned out to be another name of this one (D7): requests and refusals.
    /// It had no binding.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.rejected = self.latest_rejected(&mut other);
        let legs = [Leg::HomeAgent, Leg::ForeignAgent];
        let is_later = legs.map(|leg| other.latest_on(leg) > self.latest_on(leg));
        for track in other.tracks {
            let has_room = self.tracks.len() < TRACKS;
            match self.tracks.iter_mut().find(|own| own.is_like(&track)) {
                Some(own) => own.absorb(track),
                None if has_room => push_snugly(&mut self.tracks, track),
                None => {}
            }
        }
        for ((own, of_other), is_later) in self.last.iter_mut().zip(other.last).zip(is_later) {
            *own = if is_later { of_other } else { *own };
        }
        self.relayed.extend(other.relayed);
        let excess = self.relayed.len().saturating_sub(RELAYED);
        self.relayed.drain(..excess);
        self.last_refused = self.last_refused.max(other.last_refused);
        self.forbidden = earliest(self.forbidden, other.forbidden);
        self.last_multipath_reply = other.last_multipath_reply.or(self.last_multipath_reply);
        self.passed.absorb(other.passed);
        self.networks_forbidden = earliest(self.networks_forbidden, other.networks_forbidden);
        self.refused_flows.extend(other.refused_flows);
        self.refused_flows.truncate(REFUSALS);
        self.networks_refused.extend(other.networks_refused);
        self.networks_refused.truncate(REFUSALS);
        self.unanswered_family.extend(other.unanswered_family);
        self.unanswered_family.truncate(REFUSALS);
        if other.obscured {
            self.obscure();
        }
        self.networks_seen.extend(other.networks_seen);
        self.networks_seen.truncate(PREFIXES);
        self.prefixes_seen.extend(other.prefixes_seen);
        self.prefixes_seen.truncate(PREFIXES);
        for (rule, key) in other.once.all() {
            self.first_time(rule, key);
        }
    }

    /// When the latest request on a leg was seen.
    fn latest_on(&self, leg: Leg) -> Option<Timestamp> {
        self.tracks.iter().filter(|track| track.leg == leg).map(|track| track.last.place.time).max()
    }

    /// The refusal with code 133 under either name, the latest one, that no request under the other name has followed.
    fn latest_rejected(&mut self, other: &mut Self) -> Option<Box<Rejected>> {
        let not_followed = |session: &mut Self, other: &Self| {
            let rejected = session.rejected.take()?;
            let is_later = |track: &Track| track.last.place.time > rejected.answer.place.time;
            (!other.tracks.iter().any(is_later)).then_some(rejected)
        };
        let rejected = [not_followed(self, other), not_followed(other, self)];
        rejected.into_iter().flatten().max_by_key(|rejected| rejected.answer.place.time)
    }

    /// Remembers a request; messages of the last `timeout` nanoseconds are compared with each other.
    pub(in crate::rules) fn remember_request(&mut self, asked: &Asked, timeout: i64) {
        self.passed.note(Passed::request(asked), timeout);
        match self.tracks.iter_mut().find(|track| track.is_of(asked)) {
            Some(track) => track.note(asked),
            None => {
                if self.tracks.len() >= TRACKS {
                    self.tracks.remove(0);
                }
                push_snugly(&mut self.tracks, Track::new(asked));
            }
        }
        if asked.leg == Leg::ForeignAgent && !self.was_at_foreign_agent(asked.request.identification) {
            if self.relayed.len() >= RELAYED {
                self.relayed.pop_front();
            }
            self.relayed.push_back(asked.request.identification);
        }
        let last = Some((asked.request.identification, asked.said.payload));
        let [home, foreign] = &mut self.last;
        *(if asked.leg == Leg::HomeAgent { home } else { foreign }) = last;
        // What was refused is compared with requests captured well after the reply (REG-014).
        self.rejected = self.rejected.take().filter(|rejected| rejected.is_passed_over(asked));
        self.remember_prefixes(&asked.said);
    }

    /// Remembers that a request of this session was answered; the reply may be another session's, when the request
    /// did not know its home agent.
    pub(in crate::rules) fn remember_answered(&mut self, asked: &Asked, answer: &Answer) {
        let time = answer.place.time;
        for track in self.tracks.iter_mut().filter(|track| track.may_be_for(asked)) {
            track.note_reply(asked.group, time);
        }
        if answer.reply.code.is_accepted() {
            self.passed.note_acceptance(asked, time);
        }
    }

    /// Remembers a reply and the request it answers; `decides` says whether it is the first. Messages of the last
    /// `timeout` nanoseconds are compared with each other.
    pub(in crate::rules) fn remember_reply(
        &mut self,
        answer: &Answer,
        asked: Option<&Asked>,
        decides: bool,
        numbers: Numbers,
        timeout: i64,
    ) {
        let time = answer.place.time;
        let code = answer.reply.code;
        self.passed.note(Passed::reply(answer), timeout);
        self.remember_prefixes(&answer.said);
        if code.0 == numbers.multipath_not_allowed {
            self.last_refused = Some(time);
            self.forbidden.get_or_insert(time);
        }
        self.remember_networks(answer, asked.is_some());
        let Some(asked) = asked else { return };
        if code == ReplyCode::IDENTIFICATION_MISMATCH {
            let Asked { is_timestamp: was_timestamp, group, leg, .. } = *asked;
            let rejected = Rejected { answer: answer.clone(), was_timestamp, group, leg };
            self.rejected = Some(Box::new(rejected));
        }
        let refused = (code.0 == numbers.invalid_fb_identifier).then(|| asked.said.forward_bids());
        if let Some(listed) = refused.filter(|listed| !listed.is_empty()) {
            if self.refused_flows.len() >= REFUSALS {
                self.refused_flows.remove(0);
            }
            self.refused_flows.push((time, listed));
        }
        // What a foreign agent answers on its own is no verdict of the home agent (EXCH-002).
        if asked.said.has_multipath && code.decision() != Decision::DeniedByForeignAgent {
            self.last_multipath_reply = Some((answer.reply.home_agent, code));
        }
        if !decides || !code.is_accepted() {
            return;
        }
        if asked.said.has_multipath {
            self.forbidden = None;
        }
        self.disturb(time);
        if asked.request.lifetime > 0 && answer.reply.lifetime > 0 {
            let bid = asked.usable_bid();
            self.registered.retain(|registered| !registered.is_of(bid, asked.request.care_of_address));
            push_snugly(&mut self.registered, Registered::of(asked, answer));
        }
    }

    /// Forgets the oldest exchanges whose bindings have ended, where there are many.
    pub(in crate::rules) fn forget_ended(&mut self, node: &Node) {
        let mut excess = self.registered.len().saturating_sub(REGISTERED);
        if excess == 0 {
            return;
        }
        let live = LiveBids::of(node.active());
        let without_bid = || node.active().filter(|binding| binding.bid().is_none());
        let lives = |registered: &Registered| match registered.usable_bid() {
            Some(bid) => live.has(bid),
            None => without_bid().any(|binding| registered.is_of(None, binding.care_of_address)),
        };
        self.registered.retain(|registered| {
            let stays = excess == 0 || lives(registered);
            excess = excess.saturating_sub(usize::from(!stays));
            stays
        });
    }

    /// Remembers a request with Type 154 that stayed unanswered.
    pub(in crate::rules) fn remember_unanswered(&mut self, asked: &Asked) {
        if asked.said.has_family && self.unanswered_family.len() < REFUSALS {
            self.unanswered_family.push((asked.place.time, asked.request.identification));
        } else if asked.said.has_family {
            self.unanswered_family.rotate_left(1);
            if let Some(last) = self.unanswered_family.last_mut() {
                *last = (asked.place.time, asked.request.identification);
            }
        }
    }

    /// What a reply says of mobile networks; the earliest refusal of each counts. Only the reply to a request that was
    /// seen ends refusals.
    fn remember_networks(&mut self, answer: &Answer, is_exchange: bool) {
        let time = answer.place.time;
        if answer.reply.code == ReplyCode::MOBILE_NETWORK_DISALLOWED {
            self.networks_forbidden.get_or_insert(time);
        }
        // What was not captured of an acceptance may have accepted them.
        if answer.said.hides_something && answer.reply.code.is_accepted() && is_exchange {
            self.networks_forbidden = None;
            self.networks_refused.clear();
        }
        for network in &answer.said.seldom().networks_answered {
            let MobileNetwork::Acknowledgement { explicit: true, code, prefix, prefix_length, .. } = network
            else {
                continue;
            };
            if code.is_success() && answer.reply.code.is_accepted() && is_exchange {
                self.networks_forbidden = None;
                self.networks_refused.clear();
            } else if !code.is_success()
                && answer.reply.code == ReplyCode::MOBILE_NETWORK_ERROR
                && self.networks_refused.len() < REFUSALS
                && !self.networks_refused.iter().any(|(_, of, its)| (of, its) == (prefix, prefix_length))
            {
                self.networks_refused.push((time, *prefix, *prefix_length));
            }
        }
    }

    /// Whether all prefixes that were seen are remembered.
    pub fn knows_all_prefixes(&self) -> bool {
        self.networks_seen.len().max(self.prefixes_seen.len()) < PREFIXES
    }

    fn remember_prefixes(&mut self, said: &super::Said) {
        if said.seldom_said().is_none() {
            return;
        }
        for network in said.networks() {
            if self.networks_seen.len() < PREFIXES && !self.networks_seen.contains(&network) {
                self.networks_seen.push(network);
            }
        }
        for prefix in said.prefixes() {
            if self.prefixes_seen.len() < PREFIXES && !self.prefixes_seen.contains(&prefix) {
                self.prefixes_seen.push(prefix);
            }
        }
    }
}

/// The earlier of two times, if there is any.
fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
