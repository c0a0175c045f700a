//! The observer: takes messages and tunnelled packets with their times, and keeps tables of what they show.

use std::collections::BTreeMap;
use std::mem;
use std::net::{IpAddr, Ipv4Addr};

use super::batch::{BATCH, Sighting};
use super::directory::Directory;
use super::duplicates::Duplicates;
use super::flow_table::FlowTable;
use super::judge::Judge;
use super::pending::{Pending, Request};
use super::records::Records;
use super::revocations::Revocations;
use super::sprays::{Spray, Sprays};
use super::standing::{Standings, Vouching};
use super::tally::Uncounted;
use super::{AgentTraffic, Binding, Exchange, FlowView, Node, Status, Step};
use crate::time::Timestamp;

/// Settings of an observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long after a request a reply can answer it, in nanoseconds.
    pub reply_timeout: i64,
    /// Whether exchanges are kept for [`Observer::exchanges`]; bindings and policy do not need them.
    pub keep_exchanges: bool,
    /// Whether [`Observer::tunnel`] has to tell the node of each packet, and whether the packet is in a known tunnel.
    /// Without this option packets are counted in batches, which is faster, and only their
    /// [`Standing`](super::Standing) is known.
    pub attribute: bool,
    /// Whether [`Observer::before`] and [`Observer::rules_before`] are kept.
    pub keep_before: bool,
    /// The limits for vouching for flows, if they are vouched for.
    pub vouching: Vouching,
    /// Bounds of the tables.
    pub limits: Limits,
    /// Seed of the hash tables. For packets of strangers, give a number that they cannot know, so that they cannot make
    /// the tables slow. Results do not depend on the seed.
    pub seed: u64,
}

/// Bounds of the tables. Rows that are evicted, or find no room, are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Mobile nodes.
    pub nodes: usize,
    /// Rules in the policies of all nodes.
    pub rules: usize,
    /// Requests that wait for a reply, or for late copies.
    pub pending: usize,
    /// Exchanges that are kept.
    pub exchanges: usize,
    /// Flows of all nodes.
    pub flows: usize,
    /// Flows of one node.
    pub flows_of_one_node: u32,
    /// Octets of the Flow-Bindings of all waiting requests, and as many again for those of all kept exchanges.
    pub flow_binding_octets: usize,
    /// Unregistered Care-of Addresses of all Home Agents that are counted one by one.
    pub unknown_tunnels: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reply_timeout: 10_000_000_000,
            keep_exchanges: true,
            attribute: true,
            keep_before: false,
            vouching: Vouching::default(),
            limits: Limits::default(),
            seed: 0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 1 << 20,
            rules: 1 << 23,
            pending: 1 << 20,
            exchanges: 1 << 20,
            flows: 1 << 22,
            flows_of_one_node: 1 << 16,
            flow_binding_octets: 256 << 20,
            unknown_tunnels: 1 << 20,
        }
    }
}

/// How much was evicted from the tables or found no room in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions {
    /// Nodes.
    pub nodes: u64,
    /// Exchanges, and waiting requests.
    pub exchanges: u64,
    /// Flows, and packets of flows that found no room.
    pub flows: u64,
    /// Ended bindings, active bindings without a BID, and moves of bindings, where a node had too many of them.
    pub bindings: u64,
    /// Rules that found no room in the policy of their node, or among the rules of all nodes.
    pub rules: u64,
    /// Packets of exchanges beyond the number kept for each exchange.
    pub legs: u64,
    /// Everything else: prefixes, Home Agents, far ends, waiting revocations, and packets in more tunnels than a node
    /// can have.
    pub others: u64,
}

/// Infers the state of mobile nodes and Home Agents from what they sent, as docs/what-is-inferred.md describes.
///
/// The observer's only clock is the time of the packets; [`Observer::advance`] moves it. There is one table each for
/// nodes (with their bindings, policy and tunnels), exchanges, flows and Home Agents.
#[derive(Clone, Debug)]
pub struct Observer {
    pub(super) options: Options,
    pub(super) clock: Timestamp,
    pub(super) directory: Directory,
    pub(super) pending: Pending,
    pub(super) records: Records,
    pub(super) flows: FlowTable,
    pub(super) judge: Judge,
    pub(super) duplicates: Duplicates,
    pub(super) revocations: Revocations,
    pub(super) evicted_requests: u64,
    pub(super) evicted_flows: u64,
    pub(super) homeless_flows: u64,
    /// Packets that wait to be counted together.
    pub(super) sightings: Vec<Sighting>,
    /// Counters of flows that are no longer in the table, or never were.
    pub(super) uncounted: Uncounted,
    pub(super) evicted_bindings: u64,
    pub(super) evicted_rules: u64,
    pub(super) evicted_others: u64,
    /// The number of unregistered Care-of Addresses that are counted one by one.
    pub(super) unknown_tunnels: usize,
    pub(super) tunnelled: u64,
    pub(super) of_no_agent: u64,
    /// Bindings of a node as they were before the last accepted reply.
    pub(super) before: Vec<Binding>,
    /// How many rules that node had then.
    pub(super) rules_before: usize,
    /// The number of tunnelled packets taken so far, which numbers them.
    pub(super) taken: u64,
    /// NAIs in waiting requests that named another node than the request's, or differ from that node's NAI, by the
    /// request's first frame: an accepting reply makes such a NAI a name of the request's node.
    pub(super) claims: BTreeMap<u64, Box<[u8]>>,
    pub(super) sprays: Sprays,
    pub(super) standings: Standings,
    /// A buffer that is reused for reading messages.
    pub(super) room: Vec<u8>,
}

impl Observer {
    /// An observer that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        let Options { limits, seed, .. } = options;
        Self {
            options,
            clock: Timestamp::FIRST,
            directory: Directory::new(limits.nodes, seed),
            pending: Pending::new(options.reply_timeout, (limits.pending, limits.flow_binding_octets), seed),
            records: Records::new(
                if options.keep_exchanges { limits.exchanges } else { 0 },
                limits.flow_binding_octets,
            ),
            flows: FlowTable::new(limits.flows, seed),
            judge: Judge::default(),
            duplicates: Duplicates::new(seed),
            revocations: Revocations::new(seed),
            evicted_requests: 0,
            evicted_flows: 0,
            homeless_flows: 0,
            sightings: Vec::with_capacity(BATCH),
            uncounted: Uncounted::default(),
            evicted_bindings: 0,
            evicted_rules: 0,
            evicted_others: 0,
            unknown_tunnels: 0,
            tunnelled: 0,
            of_no_agent: 0,
            before: Vec::new(),
            rules_before: 0,
            taken: 0,
            claims: BTreeMap::new(),
            sprays: Sprays::default(),
            standings: Standings::default(),
            room: Vec::new(),
        }
    }

    /// Moves the clock to the time of a packet of any kind. The time may be earlier than the clock: what has ended
    /// stays ended.
    #[inline]
    pub fn advance(&mut self, time: Timestamp) {
        self.advance_after(time, |_| ());
    }

    /// As [`Observer::advance`], but if more than the clock is going to change (requests are given up, flows are
    /// judged, or the clock goes back while packets wait), calls `first` before that.
    // Inlined into its callers: each frame comes through here, and for nearly all of them nothing is due.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn advance_after(&mut self, time: Timestamp, first: impl FnOnce(&mut Self)) {
        if time == self.clock {
            return;
        }
        let changes = self.pending.has_due(time) || self.judge.has_due(time);
        if changes || (Judge::is_set_back(self.clock, time) && !self.sightings.is_empty()) {
            first(self);
            self.change_by(time);
        } else {
            self.clock = time;
        }
    }

    /// Does what is due by `time`, and moves the clock.
    #[inline(never)]
    fn change_by(&mut self, time: Timestamp) {
        let gives_up = self.pending.has_due(time);
        // Waiting packets are counted and judged by the clock at which they were seen.
        self.flush();
        self.pass_judgement(self.clock);
        let judges = self.judge.has_due(time);
        self.clock = time;
        if gives_up {
            self.give_up();
        }
        if judges {
            self.pass_judgement(time);
        }
    }

    /// Brings the tables up to date with the clock: expires bindings, and updates the counters of tunnels and rules.
    /// Visits every node and flow.
    pub fn refresh(&mut self) {
        self.flush();
        for slot in 0..self.node_places() {
            self.directory.settle(slot, self.clock);
        }
        self.tally();
    }

    /// Ends the observation: requests without a reply are unanswered, and bindings expire up to the clock.
    pub fn close(&mut self) {
        self.flush();
        let Options { reply_timeout, limits, seed, .. } = self.options;
        let empty = Pending::new(reply_timeout, (limits.pending, limits.flow_binding_octets), seed);
        let mut pending = mem::replace(&mut self.pending, empty);
        pending.give_up_all(|request| self.conclude(request));
        self.pending = pending;
        self.judge_all();
        for slot in 0..self.node_places() {
            self.directory.settle(slot, self.clock);
        }
        self.tally();
    }

    /// Counts the packets that still wait to be counted in a batch, so that [`Observer::sprays`] is complete.
    pub fn catch_up(&mut self) {
        self.flush();
    }

    /// The nodes that the latest message showed to be another name of a node: their index, and the index of that node.
    pub fn absorbed(&self) -> &[(u32, u32)] {
        &self.directory.absorbed
    }

    /// How many tunnelled packets were taken, the last one included.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many directions of flows were found to be spread over several tunnels.
    #[inline]
    pub fn spray_count(&self) -> u64 {
        self.sprays.count()
    }

    /// The flows that were found to be spread over several tunnels, after the first `known` of them. Only the latest
    /// are kept: a caller that asks after each packet misses none.
    pub fn sprays(&self, known: u64) -> impl Iterator<Item = &Spray> {
        self.sprays.after(known)
    }

    /// A number that changes whenever something of the node with this index is accepted, removed or expires, when one
    /// of its addresses becomes another node's, or when another node gets the index. An expiry shows when a packet of
    /// the node is next looked at.
    #[inline]
    pub fn generation(&self, node: u32) -> Option<u64> {
        let pulse = self.directory.pulse(node)?;
        Some(u64::from(pulse.birth) << 32 | u64::from(pulse.generation))
    }

    /// A number that changes whenever an address may have got an owner because of a new Home Agent or prefix. If the
    /// address belonged to another node before, [`Observer::generation`] of that node changes, too.
    #[inline]
    pub fn layout(&self) -> u64 {
        (self.directory.agents.all().len() as u64) << 32 ^ self.directory.prefix_changes
    }

    /// Time of the latest packet.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// All nodes, in order of appearance. Bindings whose expiry the clock has passed are marked as expired only after
    /// [`Observer::refresh`] or [`Observer::close`].
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        let named = |node: &&Node| node.home_address.is_some() || node.nai.is_some();
        let mut nodes: Vec<&Node> = self.directory.nodes.iter().filter(named).collect();
        nodes.sort_by_key(|node| node.birth);
        nodes.into_iter()
    }

    /// The node with this index, as [`Attribution`](super::Attribution) and flows name it.
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.directory.nodes.get(index as usize)
    }

    /// Whether evicted nodes may still be registered: a node that seems new may be one of them.
    pub fn lacks_nodes(&self) -> bool {
        self.directory.forgotten.may_be_registered(self.clock)
    }

    /// Whether an evicted node that may still be registered may have this Home Address, or a tunnel that ends here: a
    /// packet that seems to belong to no node may be that node's.
    pub fn lacks_node_of(&self, address: Ipv4Addr) -> bool {
        self.directory.forgotten.may_have(address, self.clock)
    }

    /// The bindings that the node of the last accepting reply had just before it, with expiry applied. Empty unless
    /// [`Options::keep_before`] is set.
    pub fn before(&self) -> &[Binding] {
        &self.before
    }

    /// How many rules that node had just before the last accepting reply: they are the first rules of the policy after
    /// it. Kept with [`Observer::before`].
    pub fn rules_before(&self) -> usize {
        self.rules_before
    }

    /// Whether an address is that of a Home Agent that took part in a registration.
    pub fn is_home_agent(&self, address: Ipv4Addr) -> bool {
        self.directory.agents.has(address)
    }

    /// Whether an exchange without a reply can still get one: the reply timeout of its last request is not over.
    pub fn may_be_answered(&self, exchange: &Exchange) -> bool {
        let mut requests = exchange.legs.iter().filter(|leg| !matches!(leg.step, Step::Reply(_)));
        let last = requests.next_back().map(|leg| leg.time);
        exchange.status == Status::Unanswered
            && last.is_some_and(|last| self.clock.since(last) <= self.options.reply_timeout)
    }

    /// The exchanges that were kept, in order of their first packet.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.records.iter()
    }

    /// All flows, in order of their first packet.
    pub fn flows(&self) -> Vec<FlowView> {
        self.flows_among(self.flows.slots())
    }

    /// The flows in these places ([`Observer::flow`]), in order of their first packet.
    pub fn flows_among(&self, places: impl Iterator<Item = u32>) -> Vec<FlowView> {
        self.flows.views(places, &self.directory.nodes)
    }

    /// Counters of what each Home Agent did.
    pub fn agents(&self) -> &[(Ipv4Addr, AgentTraffic)] {
        self.directory.agents.all()
    }

    /// The number of packets between a Home Agent and a Care-of Address that was registered with it.
    pub fn tunnelled(&self) -> u64 {
        self.tunnelled
    }

    /// Tunnelled packets with neither end known as a Home Agent: no registration with it had been seen yet.
    pub fn of_no_agent(&self) -> u64 {
        self.of_no_agent
    }

    /// How much was evicted from the tables or found no room in them.
    pub fn evictions(&self) -> Evictions {
        Evictions {
            nodes: self.directory.evicted,
            exchanges: self.records.forgotten().saturating_add(self.evicted_requests),
            flows: self
                .evicted_flows
                .saturating_add(self.directory.evicted_flows)
                .saturating_add(self.homeless_flows),
            bindings: self.evicted_bindings,
            rules: self.evicted_rules,
            legs: self.records.forgotten_legs(),
            others: self.directory.no_room().saturating_add(self.evicted_others),
        }
    }

    /// Gives up the requests whose time is over.
    fn give_up(&mut self) {
        while let Some(request) = self.pending.take_due(self.clock) {
            self.conclude(&request);
        }
    }

    /// Counts a request that got no answer, if it still waits for one.
    pub(super) fn conclude(&mut self, request: &Request) {
        if !request.is_open {
            return;
        }
        self.claims.remove(&request.frame);
        self.records.decide(request.record);
        if let Some(traffic) = self.directory.agents.traffic_mut(request.home_agent) {
            traffic.count(request.kind, Status::Unanswered, None);
        }
    }
}

/// The IPv4 address in an address of either family.
pub(super) fn ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
