//! A mobile node as an observer knows it: its bindings, its policy and its tunnels.

mod inner_side;
mod transitions;

use std::net::Ipv4Addr;

use smallvec::SmallVec;

use super::home_agents::can_be_agent;
use super::tunnel::{self, Tunnel};
use super::{
    Binding, BindingState, Effect, Encapsulation, FarEnd, Interface, Move, Policy, Prefix, Rule, Violations,
};
use crate::time::Timestamp;
use crate::wire::ReplyCode;

pub(super) use transitions::Registration;

/// The most tunnels of a node, ended ones included. None can be replaced, because flows refer to tunnels by index. It
/// is more than a node has that roams for weeks, and few enough for a node that lies.
const TUNNELS: usize = 1 << 10;
/// Whether a node may register several Care-of Addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multipath {
    /// The node was never seen to ask.
    #[default]
    Off,
    /// A registration with Multipath was accepted.
    Enabled,
    /// The Home Agent has answered `MULTIPATH_NOT_ALLOWED` since.
    Refused,
}

impl Multipath {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Enabled => "enabled",
            Self::Refused => "refused",
        }
    }
}

/// A mobile node: `(home agent, home address)`.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its Home Agent.
    pub home_agent: Ipv4Addr,
    /// Its Home Address; `None` while only its NAI is known.
    pub home_address: Option<Ipv4Addr>,
    /// Its NAI, if one was seen; the NAI may name another node by now.
    pub nai: Option<Box<[u8]>>,
    /// Whether it may use Multipath.
    pub multipath: Multipath,
    /// When a reply last decided that.
    pub(super) multipath_time: Timestamp,
    /// The code that denied its last answered request; `None` if that request was accepted.
    pub denied: Option<ReplyCode>,
    bindings: Vec<Binding>,
    policy: Policy,
    tunnels: Vec<Tunnel>,
    rare: Option<Box<Rare>>,
    /// Distinguishes this node from earlier nodes in the same place of the table.
    pub(super) birth: u32,
    /// The number of this node's flows in the table.
    pub(super) flows: u32,
    /// Requests and unsolicited replies that named the node, without requests that proved to be of another node.
    pub(super) mentions: u32,
    /// The number of accepted exchanges, which wraps around.
    pub(super) exchanges: u16,
    /// The number of changes of bindings and policy that can change the way of packets; wraps around.
    pub(super) changes: u32,
    /// Counts those changes, accepted exchanges and all else after which a packet has to be looked at anew.
    pub(super) generation: u32,
    /// Time of the last change counted in `changes`.
    pub(super) last_change: Timestamp,
    /// The earliest expiry of an active binding; [`Timestamp::LAST`] if none expires.
    next_expiry: Timestamp,
}

/// Data that only few nodes have.
#[derive(Clone, Debug, Default)]
struct Rare {
    prefixes: Vec<Prefix>,
    /// Whether a prefix found no room, or had to make room for another node's.
    lacks_prefixes: bool,
    /// Whether the last registration evicted an active binding.
    lost_binding: bool,
    /// Where tunnels ended before a NAT gave them another end.
    former_ends: Vec<FormerEnd>,
    /// Where tunnels end on the inner side of a NAT that the capture shows from both sides.
    inside: Vec<FarEnd>,
    violations: Option<Violations>,
    moves: Vec<Move>,
}

/// Where a tunnel ended before a NAT gave it another end.
#[derive(Clone, Copy, Debug)]
struct FormerEnd {
    far_end: FarEnd,
    /// Index of the tunnel in its node.
    tunnel: u16,
    /// When the tunnel got the other end.
    left: Timestamp,
}

/// The few fields of a node that decide whether a packet of a known flow changes anything. They have a table of their
/// own, which fits into a cache, as nodes do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pulse {
    pub birth: u32,
    pub generation: u32,
    pub exchanges: u16,
    pub next_expiry: Timestamp,
}

impl Node {
    pub(super) fn new(home_agent: Ipv4Addr, home_address: Option<Ipv4Addr>, nai: Option<Box<[u8]>>) -> Self {
        Self {
            home_agent,
            home_address,
            nai,
            multipath: Multipath::Off,
            multipath_time: Timestamp::FIRST,
            denied: None,
            bindings: Vec::new(),
            policy: Policy::default(),
            tunnels: Vec::new(),
            rare: None,
            birth: 0,
            flows: 0,
            mentions: 0,
            exchanges: 0,
            changes: 0,
            generation: 0,
            last_change: Timestamp::FIRST,
            next_expiry: Timestamp::LAST,
        }
    }

    /// Its bindings, in order of registration, ended ones included.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The moves of its bindings to other Care-of Addresses, in order of time.
    pub fn moves(&self) -> &[Move] {
        self.rare.as_ref().map_or(&[], |rare| &rare.moves)
    }

    /// Its flow policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its tunnels, in order of appearance.
    pub fn tunnels(&self) -> &[Tunnel] {
        &self.tunnels
    }

    /// What was refused to the node for security reasons; `None` if nothing was.
    pub fn violations(&self) -> Option<&Violations> {
        self.rare.as_ref()?.violations.as_ref()
    }

    pub(super) fn violations_mut(&mut self) -> &mut Option<Violations> {
        &mut self.rare.get_or_insert_default().violations
    }

    /// The prefixes that replies acknowledged for it.
    pub fn prefixes(&self) -> &[Prefix] {
        self.rare.as_ref().map_or(&[], |rare| &rare.prefixes)
    }

    pub(super) fn prefixes_mut(&mut self) -> &mut Vec<Prefix> {
        &mut self.rare.get_or_insert_default().prefixes
    }

    /// Whether a prefix that was acknowledged for the node found no room, or lost its room later: packets that seem to
    /// belong to no node may be this node's.
    pub fn lacks_prefixes(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.lacks_prefixes)
    }

    pub(super) fn note_lacking_prefix(&mut self) {
        self.rare.get_or_insert_default().lacks_prefixes = true;
    }

    /// Whether the last registration evicted an active binding for lack of room: it may still be in force.
    pub fn lost_binding(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.lost_binding)
    }

    /// The index of the tunnel of the binding at index `place`. If several bindings had the same tunnel one after the
    /// other, only the last binding has it.
    pub fn tunnel_of(&self, place: usize) -> Option<usize> {
        let key = |binding: &Binding| (binding.bid(), binding.care_of_address, binding.encapsulation());
        let wanted = key(self.bindings.get(place)?);
        let mut later = self.bindings.iter().skip(place.saturating_add(1));
        if later.any(|later| key(later) == wanted) {
            return None;
        }
        let is_it = |tunnel: &Tunnel| (tunnel.bid, tunnel.care_of_address, tunnel.encapsulation) == wanted;
        self.tunnels.iter().position(is_it)
    }

    /// The tunnels without a binding: either packets were seen there that no binding explains, or the binding is gone.
    pub fn tunnels_without_binding(&self) -> impl Iterator<Item = &Tunnel> {
        let mut is_had = vec![false; self.tunnels.len()];
        for place in (0..self.bindings.len()).filter_map(|place| self.tunnel_of(place)) {
            if let Some(is_had) = is_had.get_mut(place) {
                *is_had = true;
            }
        }
        self.tunnels.iter().zip(is_had).filter(|(_, is_had)| !is_had).map(|(tunnel, _)| tunnel)
    }

    /// A number that distinguishes the node from nodes that had its index before.
    pub fn birth(&self) -> u32 {
        self.birth
    }

    /// How many flows of the node are kept.
    pub fn flow_count(&self) -> u32 {
        self.flows
    }

    /// Its active bindings.
    pub fn active(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.is_active())
    }

    /// The active binding with this Care-of Address, if there is exactly one.
    pub(super) fn only_one_at(&self, care_of_address: Ipv4Addr) -> Option<&Binding> {
        let mut here = self.active().filter(|binding| binding.care_of_address == care_of_address);
        here.next().filter(|_| here.next().is_none())
    }

    /// The binding that a rule means by this BID: the active one, or otherwise the last one that had this BID.
    pub fn latest_of(&self, bid: u8) -> Option<&Binding> {
        let has_it = |binding: &&Binding| binding.has_bid(bid);
        self.active().find(has_it).or_else(|| self.bindings.iter().rev().find(has_it))
    }

    /// What a rule does, given the bindings that are active now.
    pub fn effect_of(&self, rule: &Rule) -> Effect {
        rule.effect(|bid| self.active().any(|binding| binding.has_bid(bid)))
    }

    /// Whether nothing is known of the node but its name and what was wrong with its messages. The latter goes to the
    /// node whose name it turns out to be.
    pub(super) fn is_blank(&self) -> bool {
        self.bindings.is_empty() && self.multipath == Multipath::Off && self.flows == 0
    }

    /// Whether the node looks for a Home Agent: its requests name none in particular (RFC 5944 §3.6.1.2).
    pub fn seeks_home_agent(&self) -> bool {
        !can_be_agent(self.home_agent)
    }

    /// Whether the node is known by a NAI alone, until a reply gives it a Home Address.
    pub(super) fn is_provisional(&self) -> bool {
        self.home_address.is_none() && self.bindings.is_empty()
    }

    /// Whether several messages named the node and this very Home Agent; a request for any Home Agent names none.
    pub(super) fn has_other_mentions(&self) -> bool {
        !self.seeks_home_agent() && self.mentions > 1
    }

    pub(super) fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }

    pub(super) fn tunnels_mut(&mut self) -> &mut [Tunnel] {
        &mut self.tunnels
    }

    /// Lets the bindings expire whose expiry `clock` has passed. A policy ends with the last binding **(ours)**.
    #[inline]
    pub(super) fn settle(&mut self, clock: Timestamp) {
        if clock > self.next_expiry {
            self.expire(clock);
        }
    }

    fn expire(&mut self, clock: Timestamp) {
        let mut last = Timestamp::FIRST;
        for binding in self.bindings.iter_mut().filter(|binding| binding.is_due(clock)) {
            if let Some(expires) = binding.expires {
                binding.state = BindingState::Expired;
                binding.ended = Some(expires);
                last = last.max(expires);
            }
        }
        self.changed(last);
        self.after_change(clock);
    }

    /// The fields of this node that every packet needs.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse {
            birth: self.birth,
            generation: self.generation,
            exchanges: self.exchanges,
            next_expiry: self.next_expiry,
        }
    }

    /// Notes a change in the way of packets at `time`.
    pub(super) fn changed(&mut self, time: Timestamp) {
        self.last_change = time;
        self.changes = self.changes.wrapping_add(1);
        self.generation = self.generation.wrapping_add(1);
    }

    /// Notes that packets which were the node's own may now be another node's.
    pub(super) fn disturb(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// When the first of its active bindings expires; `None` when none of them ever expires, or none is left.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        Some(self.next_expiry).filter(|expiry| *expiry != Timestamp::LAST)
    }

    /// The active binding that a registration of this interface and Care-of Address would renew.
    pub(super) fn renewed_by(
        &self,
        interface: Option<Interface>,
        care_of_address: Ipv4Addr,
    ) -> Option<&Binding> {
        self.bindings.iter().find(|binding| is_the_one(binding, interface, care_of_address))
    }

    /// The index of the tunnel of a packet to this end at `time`: one that ends here, or did before a NAT gave it
    /// another end; of several the one that [suits](Tunnel::suits) best. Another UDP port is another end (RFC 3519
    /// §4.6).
    pub(super) fn tunnel_to(
        &self,
        far_end: FarEnd,
        encapsulation: Encapsulation,
        time: Timestamp,
    ) -> Option<usize> {
        let packet = (far_end, encapsulation);
        let now =
            self.tunnels.iter().enumerate().map(|(index, tunnel)| (index, tunnel, tunnel.far_end, None));
        let former = self.rare.iter().flat_map(|rare| &rare.former_ends).filter_map(|former| {
            let index = usize::from(former.tunnel);
            Some((index, self.tunnels.get(index)?, former.far_end, Some(former.left)))
        });
        now.chain(former)
            .filter(|(_, _, end, _)| end.is_near(far_end))
            .max_by_key(|(index, tunnel, end, left)| (tunnel.suits((*end, *left), packet, time), *index))
            .map(|(index, ..)| index)
    }

    /// Whether two tunnels have the same far end and encapsulation: a packet to one of them goes to the other, too.
    pub(super) fn are_one_way(&self, one: usize, other: usize) -> bool {
        let way =
            |tunnel: usize| self.tunnels.get(tunnel).map(|tunnel| (tunnel.far_end, tunnel.encapsulation));
        way(one) == way(other)
    }

    /// Whether packets to this tunnel's end in another encapsulation can be in another tunnel of the node.
    pub(super) fn shares_end(&self, tunnel: usize) -> bool {
        self.tunnels.get(tunnel).is_some_and(|one| {
            let is_other = |other: &Tunnel| {
                other.encapsulation != one.encapsulation && other.far_end.is_near(one.far_end)
            };
            self.tunnels.iter().any(is_other)
        })
    }

    /// Whether `far_end` is in UDP, and the node has or had a tunnel in UDP to its address.
    pub(super) fn is_behind_nat(&self, far_end: FarEnd) -> bool {
        let in_udp = |tunnel: &Tunnel| tunnel.far_end.port.is_some();
        far_end.port.is_some()
            && self.tunnels.iter().any(|tunnel| in_udp(tunnel) && tunnel.far_end.address == far_end.address)
    }

    /// Adds a tunnel and returns its index; `None` when the node has too many.
    pub(super) fn push_tunnel(&mut self, tunnel: Tunnel) -> Option<usize> {
        if self.tunnels.len() >= TUNNELS {
            return None;
        }
        self.tunnels.reserve_exact(room_for_more(self.tunnels.len(), tunnel.bid.is_some()));
        self.tunnels.push(tunnel);
        Some(self.tunnels.len().saturating_sub(1))
    }

    /// Updates what depends on the bindings as they are at `time`: which tunnels are alive, the next expiry, and the
    /// end of a policy whose last binding has ended **(ours)**.
    fn after_change(&mut self, time: Timestamp) {
        let active = self.bindings.iter().filter(|binding| binding.is_active());
        // By the names of their tunnels: a node can have had a thousand tunnels, and have hundreds of bindings.
        let mut live: SmallVec<[(u64, Timestamp); 4]> = active
            .map(|binding| {
                let name = tunnel::name(binding.bid(), binding.care_of_address, binding.encapsulation());
                (name, binding.expires.unwrap_or(Timestamp::LAST))
            })
            .collect();
        live.sort_unstable_by_key(|(name, _)| *name);
        for tunnel in &mut self.tunnels {
            let binding = live.binary_search_by_key(&tunnel.name(), |(name, _)| *name).ok();
            match binding.and_then(|place| live.get(place)) {
                Some((_, expires)) => tunnel.live_until(*expires),
                None => tunnel.end(time),
            }
        }
        self.next_expiry = live.iter().map(|(_, expires)| *expires).min().unwrap_or(Timestamp::LAST);
        if live.is_empty() {
            self.policy.clear();
        }
    }
}

/// How much room a node gets for more bindings or tunnels. Most nodes have one; a node with two will have a third, and
/// so will a node that registers with Multipath.
const fn room_for_more(count: usize, multipath: bool) -> usize {
    match count {
        0 if multipath => 3,
        1 => 2,
        _ => 1,
    }
}

/// Whether a registration of this interface and Care-of Address renews this binding. The BID decides, or if there is
/// none, the Care-of Address **(ours)**.
fn is_the_one(binding: &Binding, interface: Option<Interface>, care_of_address: Ipv4Addr) -> bool {
    binding.is_active()
        && match interface {
            Some(interface) => binding.bid() == Some(interface.bid),
            None => binding.interface.is_none() && binding.care_of_address == care_of_address,
        }
}
