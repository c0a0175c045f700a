//! How the memory of a session is filled: by requests, replies, missing replies, and the memory of another name of its
//! node.

use super::{PREFIXES, Session};
use crate::rules::facts::{Leg, LiveBids};
use crate::rules::memory::{
    Answer, Asked, Passed, RefusedNetworks, Registered, Rejected, Said, Track, push_snugly,
};
use crate::state::Node;
use crate::time::Timestamp;
use crate::wire::{Decision, Numbers, ReplyCode};

/// The most tracks of one session: as many as there are BIDs, on both legs.
const TRACKS: usize = 512;
/// The most accepted exchanges of one session that are remembered beside those of live bindings.
const REGISTERED: usize = 64;
/// The most requests on the foreign agent's leg whose Identifications are remembered.
const RELAYED: usize = 64;
/// The most that are remembered of each: unanswered requests and refused policies.
const REFUSALS: usize = 32;

impl Session {
    /// Takes over what is remembered of a session that turned out to be another name of this one (D7): requests and
    /// refusals. The other session had no binding.
    pub(in crate::rules::memory) fn absorb(&mut self, mut other: Self) {
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
        self.allowed = self.allowed.max(other.allowed);
        // What a refusal under one name forbade, an acceptance under the other allowed again.
        let stands = |refused: &Timestamp| self.allowed.is_none_or(|allowed| *refused > allowed);
        let refusals = [
            self.forbidden,
            self.forbidden.and(self.last_refused),
            other.forbidden,
            other.forbidden.and(other.last_refused),
        ];
        self.forbidden = refusals.into_iter().flatten().filter(stands).min();
        self.last_refused = self.last_refused.max(other.last_refused);
        self.last_multipath_reply = self.last_multipath_reply.max(other.last_multipath_reply);
        self.passed.absorb(other.passed);
        if let Some(refused) = other.refused_networks {
            self.refused_networks.get_or_insert_default().absorb(*refused);
        }
        self.refused_flows.extend(other.refused_flows);
        self.refused_flows.truncate(REFUSALS);
        self.unanswered_family.extend(other.unanswered_family);
        self.unanswered_family.truncate(REFUSALS);
        if other.obscured || self.obscured {
            self.obscure();
        }
        self.networks_seen.extend(other.networks_seen);
        self.networks_seen.truncate(PREFIXES);
        self.prefixes_seen.extend(other.prefixes_seen);
        self.prefixes_seen.truncate(PREFIXES);
        self.hides_prefixes |= other.hides_prefixes;
        for (rule, key) in other.once.all() {
            self.first_time(rule, key);
        }
    }

    /// When the latest request on a leg was seen.
    fn latest_on(&self, leg: Leg) -> Option<Timestamp> {
        self.tracks.iter().filter(|track| track.leg == leg).map(|track| track.last.place.time).max()
    }

    /// The latest refusal with code 133 under either name that no request under the other name has followed.
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
        // A refusal is compared with requests captured well after the reply (REG-014).
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
        let accepts = decides && asked.is_some() && code.is_accepted();
        if self.refused_networks.is_some() || RefusedNetworks::are_told_of(answer) {
            self.refused_networks.get_or_insert_default().note(answer, accepts);
        }
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
        // A reply that a foreign agent makes on its own is no verdict of the home agent (EXCH-002).
        if code.decision() != Decision::DeniedByForeignAgent {
            if asked.said.has_multipath {
                self.last_multipath_reply = Some((time, answer.reply.home_agent, code));
            } else if asked.said.hides_something {
                // The request may have had Multipath.
                self.last_multipath_reply = None;
            }
        }
        if !decides || !code.is_accepted() {
            return;
        }
        if asked.said.has_multipath {
            (self.forbidden, self.allowed) = (None, Some(time));
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

    fn remember_prefixes(&mut self, said: &Said) {
        self.hides_prefixes |= said.hides_something;
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
