//! What is remembered of one session (D7), beside what the observer believes of its node.

mod remember;

use std::collections::{BTreeSet, VecDeque};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::num::NonZeroU64;

use super::{Asked, Exhausted, GRACE, PassedBy, RefusedNetworks, Registered, Rejected, T_ACT, Told, Track};
use crate::rules::facts::{Leg, OctetSet};
use crate::rules::memory::traffic::TrafficMemory;
use crate::state::Binding;
use crate::time::Timestamp;
use crate::wire::ReplyCode;

/// The most rules and keys of one session that are remembered as reported: more than there are pairs of BIDs (MP-016).
const ONCE: usize = 1 << 16;
/// The most prefixes of one kind that are remembered.
const PREFIXES: usize = 256;

/// The memory of one session.
#[derive(Debug, Default)]
pub(in crate::rules) struct Session {
    /// Since when the whole binding table is known although the capture began in the middle (D10).
    anchored: Option<Timestamp>,
    /// Whether the node may have been known before and was dropped from the table, or an active binding of it was: the
    /// session is then treated as if the capture had begun in its middle.
    lacks_beginning: bool,
    /// Whether a registration was accepted that the snapshot length cut: bindings, policy and grants may then differ
    /// from those believed, until an exchange ends all of them.
    obscured: bool,
    /// Whether `obscured` was ever set.
    was_obscured: bool,
    /// The requests for each binding and leg.
    pub tracks: Vec<Track>,
    /// The last request on the home agent's leg and on the foreign agent's: Identification and fingerprint.
    last: [Option<(u64, Option<NonZeroU64>)>; 2],
    /// Identifications of the latest requests on the foreign agent's leg.
    relayed: VecDeque<u64>,
    /// The reply with code 133 that no request has followed yet.
    pub rejected: Option<Box<Rejected>>,
    /// When code 152 was last sent to the node.
    pub last_refused: Option<Timestamp>,
    /// When code 152 was first sent since a request with Multipath was last accepted.
    pub forbidden: Option<Timestamp>,
    /// When a request with Multipath was last accepted.
    allowed: Option<Timestamp>,
    /// Time, home agent and code of the last reply to a request with Multipath.
    pub last_multipath_reply: Option<(Timestamp, Ipv4Addr, ReplyCode)>,
    /// When code 153 was sent to the node, and the BIDs of the refused request's FORWARD lists.
    refused_flows: Vec<(Timestamp, OctetSet)>,
    /// Messages of the last two reply timeouts.
    pub passed: PassedBy,
    /// Refusals of mobile networks, which few sessions have.
    pub refused_networks: Option<Box<RefusedNetworks>>,
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
    /// Whether a registration was seen that may have had more of either in what was not captured.
    hides_prefixes: bool,
    /// When an exchange was last accepted, or a binding last removed or expired.
    pub disturbed: Option<Timestamp>,
    /// How often `disturbed` was set.
    pub disturbances: u32,
    /// What is remembered of data packets.
    pub traffic: TrafficMemory,
    /// Rules and keys that are not reported again.
    once: Told,
    /// When the next expiry of a binding is judged.
    pub(super) alarm: Option<Timestamp>,
}

impl Session {
    /// The session of a node that seems to be new; `lacks_beginning` says that the node may have been known before.
    pub fn new(lacks_beginning: bool) -> Self {
        Self { lacks_beginning, ..Self::default() }
    }

    /// Whether a registration was accepted that the snapshot length cut, and not all bindings ended since.
    pub fn is_cut(&self) -> bool {
        self.obscured
    }

    /// Whether bindings, policy and grants may differ from those believed: a registration was accepted that was not
    /// seen in full, or something was dropped from the tables.
    pub fn is_obscured(&self) -> bool {
        self.obscured || self.lacks_beginning && self.anchored.is_none()
    }

    /// Whether the node may have been known before, so that grants of that time are forgotten, even those that a
    /// registration that replaces all bindings does not end.
    pub fn lacks_beginning(&self) -> bool {
        self.lacks_beginning
    }

    /// Whether the whole binding table is known (D10); `cold_start` says that nothing was registered before the capture
    /// began.
    pub fn is_anchored(&self, cold_start: bool) -> bool {
        self.is_known_from_start(cold_start) || !self.obscured && self.anchored.is_some()
    }

    /// Whether the whole binding table was known at an earlier time.
    pub fn was_anchored(&self, cold_start: bool, time: Timestamp) -> bool {
        let since = self.anchored.filter(|_| !self.obscured);
        self.is_known_from_start(cold_start) || since.is_some_and(|since| since < time)
    }

    /// Whether the whole binding table was known from the beginning, and not only since a registration replaced or
    /// ended all bindings.
    pub fn is_known_from_start(&self, cold_start: bool) -> bool {
        cold_start && !self.lacks_beginning && !self.was_obscured
    }

    /// Notes that a registration was accepted of which not all was seen; gives whether this is the first time.
    pub(in crate::rules) fn obscure(&mut self) -> bool {
        (self.obscured, self.anchored) = (true, None);
        // The node may have been granted what was refused before.
        (self.forbidden, self.last_multipath_reply) = (None, None);
        self.refused_networks = None;
        self.rejected = None;
        !std::mem::replace(&mut self.was_obscured, true)
    }

    /// Notes that an active binding was dropped from the table of its node, and may live on.
    pub(in crate::rules) fn lose_binding(&mut self) {
        (self.anchored, self.lacks_beginning) = (None, true);
    }

    /// Notes that the whole binding table is known from an exchange accepted at `time`, whatever was before.
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

    /// Whether the latest request for a binding, on either leg, or one whose BID was not captured came from `source`.
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

    /// Whether the latest request for some binding with none of these BIDs came from `source`.
    pub fn was_asked_from(&self, source: SocketAddrV4, bids: &[Option<u8>]) -> bool {
        self.tracks.iter().any(|track| track.source == source && !bids.contains(&track.bid))
    }

    /// The track that a request belongs to, as it was before the request.
    pub fn track(&self, asked: &Asked) -> Option<&Track> {
        self.tracks.iter().find(|track| track.is_of(asked))
    }

    /// Whether a request with this Identification was seen on a foreign agent's leg.
    pub fn was_at_foreign_agent(&self, identification: u64) -> bool {
        self.relayed.contains(&identification)
    }

    /// Identification and fingerprint of the last request on a leg.
    pub fn last_on(&self, leg: Leg) -> Option<(u64, Option<NonZeroU64>)> {
        let [home, foreign] = self.last;
        if leg == Leg::HomeAgent { home } else { foreign }
    }

    /// When a policy with exactly these BIDs was last refused with code 153 within the last [`T_ACT`].
    pub fn refusal_of(&self, bids: &OctetSet, time: Timestamp) -> Option<Timestamp> {
        let is_it = |(refused, of): &&(Timestamp, OctetSet)| {
            of == bids && (0..=T_ACT).contains(&time.since(*refused))
        };
        // Refusals under two names of a node do not stand in order of time.
        self.refused_flows.iter().filter(is_it).map(|(refused, _)| *refused).max()
    }

    /// When code 152 was sent to the node, if more than the grace ago and multipath was not allowed since.
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
        // When there is no more room, the rules were reported often enough.
        self.once.len() < ONCE && self.once.insert(rule, key)
    }

    /// Whether a rule was already reported for this key.
    pub fn has_told(&self, rule: &'static str, key: u64) -> bool {
        self.once.has(rule, key)
    }

    /// Notes that the way of packets may have changed (D14).
    pub fn disturb(&mut self, time: Timestamp) {
        self.disturbed = Some(self.disturbed.map_or(time, |before| before.max(time)));
        self.disturbances = self.disturbances.wrapping_add(1);
    }

    /// Whether all prefixes of its registrations were captured and are remembered.
    pub fn knows_all_prefixes(&self) -> bool {
        let has_room = self.networks_seen.len().max(self.prefixes_seen.len()) < PREFIXES;
        has_room && !(self.hides_prefixes || self.obscured || self.lacks_beginning)
    }
}
