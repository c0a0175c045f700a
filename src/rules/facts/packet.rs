//! A data packet (D13), decapsulated, and the node that it belongs to.

use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::live;
use crate::counted::counted;
use crate::net::{FlowFacts, IpPacket, Ipv4Packet, Peeled, UdpTunnel};
use crate::rules::finder::{Finder, NodeKeys};
use crate::rules::memory::traffic::GreUse;
use crate::rules::memory::{GRACE, Session, World, grace_after};
use crate::rules::{Place, Subject};
use crate::state::{Binding, BindingState, Direction, Effect, FarEnd, Node, Observer, Rule};
use crate::time::Timestamp;

/// A packet between a home agent and the far end of a tunnel.
#[derive(Debug)]
pub(in crate::rules) struct Carried<'c, 'a> {
    /// The packet.
    pub place: Place,
    /// Which way it runs.
    pub direction: Direction,
    /// The home agent's address in the outer header.
    pub home_agent: Ipv4Addr,
    /// The other outer address, with its port when the tunnel is one in UDP.
    pub far_end: FarEnd,
    /// The outer packet.
    pub outer: &'c Ipv4Packet<'a>,
    /// Whether the outer packet was put together from fragments, each of which was shown before.
    pub reassembled: bool,
    /// The Tunnel Data message around it, when the tunnel is one in UDP.
    pub udp: Option<&'c UdpTunnel<'a>>,
    /// The packet with its encapsulation taken off.
    pub peeled: &'c Peeled<'a>,
    /// The packet after one decapsulation.
    pub inner: Option<IpPacket<'a>>,
    /// The facts of the payload: the packet inside a tunnel between home agent and home address that was itself
    /// tunnelled, else `inner`.
    pub facts: Option<FlowFacts>,
    /// The node it belongs to: index and node.
    pub node: Option<(u32, &'c Node)>,
    /// Nodes of the home agent with a live binding at the far end, looked for only when the packet belongs to no node.
    /// Empty also when there are more than a few.
    pub others: SmallVec<[(u32, &'c Node); 1]>,
    /// What is remembered of the node's session.
    pub session: Option<&'c Session>,
    /// The live bindings that concern the packet.
    pub bindings: Bindings<'c>,
    /// The policy rule that decides the payload, if that is known (D12) and a binding is live (D11): its position among
    /// the rules, from 1, the rule itself, and what it does now.
    pub effect: Option<(usize, &'c Rule, Effect)>,
    /// Whether nothing in the session changed within the grace before the packet (the first half of D14).
    pub quiet: bool,
    /// Whether the whole binding table is known (D10).
    pub anchored: bool,
    /// The end of the tunnel through which the same packet was sent a moment before (TUN-025).
    pub copied: Option<FarEnd>,
    /// Home Address of the Registration Request or Reply that `inner` is, when the tunnel is one in UDP.
    pub registration: Option<Ipv4Addr>,
    /// What is remembered of everything else.
    pub world: &'c World,
    /// Who knows all nodes.
    pub observer: &'c Observer,
}

/// Bindings for which a rule is yet to be reported.
#[derive(Debug)]
pub(in crate::rules) struct Untold<'c> {
    /// The bindings.
    pub bindings: SmallVec<[&'c Binding; 2]>,
    /// The nodes of these bindings, each with the key by which the rule is later known to have been reported.
    pub keys: NodeKeys,
}

/// The live bindings that concern a packet.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Bindings<'c> {
    /// The live bindings of the node.
    pub live: SmallVec<[&'c Binding; 4]>,
    /// "The binding" of the packet (D13): those of the node whose tunnel ends at the far end (D9), or when it belongs
    /// to no session, those of others there. A binding whose tunnel is one in UDP ends at address and port; another at
    /// its care-of address.
    pub here: SmallVec<[&'c Binding; 2]>,
    /// The same, but compared by address alone: a tunnel in UDP and one that is not in UDP can end at the same address.
    pub at_address: SmallVec<[&'c Binding; 2]>,
}

impl<'c> Bindings<'c> {
    /// The bindings that are live at a time and concern a packet with this far end: those of its node, or those of
    /// `others` where it has none.
    pub fn of(
        node: Option<(u32, &'c Node)>,
        others: &[(u32, &'c Node)],
        far_end: FarEnd,
        time: Timestamp,
    ) -> Self {
        let mut bindings = Self::default();
        let mut sort = |binding: &'c Binding| {
            if binding.far_end.address == far_end.address {
                bindings.at_address.push(binding);
                if binding.far_end == far_end {
                    bindings.here.push(binding);
                }
            }
        };
        for (_, node) in others {
            live(node.bindings(), time).for_each(&mut sort);
        }
        if let Some((_, node)) = node {
            for binding in live(node.bindings(), time) {
                sort(binding);
                bindings.live.push(binding);
            }
        }
        bindings
    }
}

impl<'c> Carried<'c, '_> {
    /// The nodes that the packet may belong to, each with its birth: its own node, and those that share the prefix from
    /// or to which the packet goes (D13).
    pub fn owners(&self) -> SmallVec<[(u32, u32); 1]> {
        let sharers = self
            .local_address()
            .map(|local| self.observer.sharers(self.home_agent, local))
            .unwrap_or_default();
        let own = self.node.map(|(slot, _)| slot);
        let sharers = if own.is_some_and(|own| sharers.contains(&own)) { sharers } else { &[] };
        let others = sharers.iter().copied().filter(|slot| own != Some(*slot));
        let birth = |slot| Some((slot, self.observer.node(slot)?.birth()));
        own.into_iter().chain(others).filter_map(birth).collect()
    }

    /// The address of the payload on the side of the mobile node.
    fn local_address(&self) -> Option<IpAddr> {
        self.facts.map(|facts| match self.direction {
            Direction::Downlink => facts.key.destination,
            Direction::Uplink => facts.key.source,
        })
    }

    /// Whether the packet may belong to another node with the same prefix: it belongs to its node by a prefix only, and
    /// another one has or had its tunnel at the far end and had, or may have had, a cut registration accepted.
    pub fn may_be_of_another(&self) -> bool {
        let Some((own, node)) = self.node else { return false };
        let is_at_home = self.local_address() == node.home_address.map(IpAddr::V4);
        let is_obscured =
            |slot: &u32| self.world.session(*slot, self.observer).is_some_and(Session::is_obscured);
        !is_at_home
            && (self.world.unread.names(self.far_end.address)
                || self.world.nodes_at(self.far_end).iter().any(|slot| *slot != own && is_obscured(slot)))
    }

    /// The time of the packet.
    pub fn time(&self) -> Timestamp {
        self.place.time
    }

    /// Whether the packet runs from the home agent to the far end.
    pub fn is_downlink(&self) -> bool {
        self.direction == Direction::Downlink
    }

    /// The protocol number of the encapsulation: the outer header's, or Next Header of a tunnel in UDP.
    pub fn protocol(&self) -> u8 {
        self.udp.map_or(self.outer.header.protocol, |udp| udp.next_header)
    }

    /// The protocol number of the outer header, when the tunnel is not one in UDP.
    pub fn outer_protocol(&self) -> Option<u8> {
        self.udp.is_none().then_some(self.outer.header.protocol)
    }

    /// Whether the whole binding table was known when the grace before the packet began: a binding that has ended since
    /// may have been live within it.
    pub fn was_anchored(&self) -> bool {
        self.anchored && self.world.was_anchored(self.session, self.time().before(GRACE))
    }

    /// Whether something that was not seen was accepted in the packet's session, or in one that it may belong to:
    /// bindings, policy and grants may then differ from those believed.
    pub fn is_obscured(&self) -> bool {
        let of_others = self.others.iter().filter_map(|(slot, _)| self.world.session(*slot, self.observer));
        self.session.into_iter().chain(of_others).any(Session::is_obscured)
    }

    /// The live bindings of the node.
    pub fn live(&self) -> impl Iterator<Item = &'c Binding> {
        self.bindings.live.iter().copied()
    }

    /// The live bindings of the node whose tunnel ends at the far end.
    pub fn live_here(&self) -> &[&'c Binding] {
        if self.node.is_some() { &self.bindings.here } else { &[] }
    }

    /// Whether a binding's tunnel ends at the far end.
    pub fn is_at(&self, binding: &Binding) -> bool {
        binding.far_end == self.far_end
    }

    /// The nodes to whose sessions the packet may belong: its own node, or else the others at the far end.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &'c Node)> {
        self.node.into_iter().chain(self.others.iter().copied())
    }

    /// What is remembered of the session that a binding belongs to.
    pub fn session_of(&self, binding: &Binding) -> Option<&'c Session> {
        let (slot, _) = self.nodes().find(|(_, node)| node.bindings().contains(binding))?;
        self.world.session(slot, self.observer)
    }

    /// Whether the payload can belong only to the sessions with a binding here: the packet belongs to one of them
    /// (D13), or it belongs to none and each care-of address is a mobile node's own. Behind a foreign agent there may
    /// be nodes that registered before the capture began.
    pub fn is_surely_theirs(&self) -> bool {
        let bindings = &self.bindings.here;
        self.node.is_some()
            || (!bindings.is_empty() && bindings.iter().all(|binding| binding.flags.co_located()))
    }

    /// Whether any of the sessions with a binding at the far end was given an IPv6 prefix, or may have been.
    pub fn has_ipv6_prefix(&self) -> bool {
        let is_here = |node: &Node| {
            self.node.is_some() || self.bindings.here.iter().any(|binding| node.bindings().contains(binding))
        };
        let has_one = |node: &Node| node.prefixes().iter().any(|prefix| prefix.address.is_ipv6());
        self.nodes().any(|(_, node)| (node.lacks_prefixes() || has_one(node)) && is_here(node))
    }

    /// Whether any of the sessions was given an IPv6 prefix whose packets go to the care-of address (RFC 5454 §2.2), or
    /// may have been given one before the session was forgotten.
    pub fn has_direct_ipv6_prefix(&self) -> bool {
        self.nodes().any(|(slot, _)| {
            self.world
                .session(slot, self.observer)
                .is_some_and(|session| session.traffic.direct_ipv6 || session.lacks_beginning())
        })
    }

    /// The binding of the node at the far end that ended last, with how and when it ended; `None` when one at that
    /// address is live. Where none ended at the far end itself, one that ended near it counts: a binding in UDP may
    /// have been one without UDP, or the other way round.
    pub fn ended(&self) -> Option<(&'c Binding, BindingState, Timestamp)> {
        // While a binding is live there, packets wrongly in UDP are reported by the rules about tunnels in UDP.
        let is_near = |binding: &&Binding| binding.far_end.is_near(self.far_end);
        if self.live().any(|binding| is_near(&binding)) {
            return None;
        }
        let (_, node) = self.node?;
        let ended = node.bindings().iter().filter(is_near).filter_map(|binding| {
            match (binding.state, binding.ended, binding.expires) {
                (BindingState::Active, _, Some(expires)) => {
                    Some((binding, BindingState::Expired, expires)).filter(|_| expires < self.time())
                }
                (state, Some(ended), _) => Some((binding, state, ended)),
                _ => None,
            }
        });
        ended.max_by_key(|(binding, _, time)| (self.is_at(binding), *time))
    }

    /// Whether the packet goes as the policy says, or the policy says nothing of it.
    pub fn conforms(&self) -> bool {
        match self.effect {
            None => true,
            Some((_, _, Effect::Forward(bid))) => self.live_here().iter().any(|binding| binding.has_bid(bid)),
            Some((_, _, Effect::Drop | Effect::Exhausted)) => false,
        }
    }

    /// Gives a test, to be run after the grace, whether the packet was settled (D14): nothing in the session changed.
    pub fn stays_settled(&self) -> impl FnOnce(&World, &Observer) -> bool + Send + 'static {
        let node = self.node.map(|(slot, node)| (slot, node.birth()));
        let disturbances = self.session.map_or(0, |session| session.disturbances);
        let (time, until) = (self.time(), grace_after(self.time()));
        move |world, observer| {
            let Some((slot, birth)) = node else { return false };
            let Some(node) = observer.node(slot).filter(|node| node.birth() == birth) else { return false };
            let mut lapses = node.bindings().iter().filter_map(Binding::lapse);
            world.session(slot, observer).map_or(0, |session| session.disturbances) == disturbances
                && !lapses.any(|lapse| time < lapse && lapse <= until)
        }
    }

    /// The GRE key, or its absence, that the packet shows for each of its bindings (TUN-022).
    pub fn gre_uses(&self) -> SmallVec<[GreUse; 1]> {
        let Some((gre, session)) = self.peeled.gre.filter(|gre| gre.version() == 0).zip(self.session) else {
            return SmallVec::new();
        };
        let seen = |binding: &&Binding| GreUse {
            binding: binding_key(binding),
            direction: self.direction,
            key: gre.key,
            accepted: session.registered(binding).map(|registered| registered.accepted.frame),
        };
        self.live_here().iter().copied().map(|binding| seen(&binding)).collect()
    }

    /// Who sent the packet, as far as the flags of its bindings say: the home agent, the mobile node, or the foreign
    /// agent that tunnels for it.
    pub fn sender(&self) -> Subject {
        match self.direction {
            Direction::Downlink => Subject::HomeAgent,
            Direction::Uplink => {
                let bindings = &self.bindings.at_address;
                let foreign =
                    !bindings.is_empty() && bindings.iter().all(|binding| !binding.flags.co_located());
                if foreign { Subject::ForeignAgent } else { Subject::MobileNode }
            }
        }
    }

    /// The bindings, of those given, for which the rule at work was not yet reported; it is reported once for each
    /// `kind`. `None` when there are none.
    pub fn untold(&self, bindings: &[&'c Binding], kind: u64, finder: &Finder<'_>) -> Option<Untold<'c>> {
        let mut untold = Untold { bindings: SmallVec::new(), keys: SmallVec::new() };
        for binding in bindings {
            let owner = self.nodes().find(|(_, node)| node.bindings().contains(binding));
            let Some((slot, _)) = owner else { continue };
            let key = FixedState::default().hash_one((kind, binding_key(binding)));
            let session = self.world.session(slot, self.observer);
            if !session.is_some_and(|session| finder.has_told_in(session, key)) {
                untold.bindings.push(binding);
                untold.keys.push((slot, key));
            }
        }
        (!untold.keys.is_empty()).then_some(untold)
    }

    /// A key for what is reported once for each home agent, far end and `kind`.
    pub fn far_end_key(&self, kind: u64) -> u64 {
        FixedState::default().hash_one((kind, self.home_agent, self.far_end))
    }

    /// A key for the flow of one direction (TUN-024) that the payload belongs to.
    pub fn flow_key(&self) -> u64 {
        let Some(facts) = &self.facts else { return 0 };
        flow_key(self.direction, &facts.key)
    }

    /// The flow of the payload in words, as the packet runs.
    pub fn flow(&self) -> String {
        self.facts.as_ref().map_or_else(String::new, |facts| flow_name(&facts.key))
    }

    /// "to" or "from" the far end, in words.
    pub fn way(&self) -> String {
        let end = end_name(self.far_end);
        if self.is_downlink() { format!("to {end}") } else { format!("from {end}") }
    }
}

fn octet_of(binding: &Binding) -> Option<u8> {
    binding.bid().map(crate::state::Bid::octet)
}

/// A key that tells a binding from others of the same node, for as long as it lives.
pub(in crate::rules) fn binding_key(binding: &Binding) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    match octet_of(binding) {
        Some(bid) => hasher.write_u64(bid.into()),
        None => hasher.write_u64(1 << 32 | u64::from(u32::from(binding.care_of_address))),
    }
    hasher.write_i64(binding.registered.nanoseconds());
    hasher.finish()
}

/// A key for one direction of a flow.
pub(in crate::rules) fn flow_key(direction: Direction, key: &crate::net::FlowKey) -> u64 {
    FixedState::default().hash_one((direction, key))
}

/// Bindings in words: `BID 1`, or the care-of address of one without.
pub(in crate::rules) fn names(bindings: &[&Binding]) -> String {
    let name = |binding: &&Binding| match octet_of(binding) {
        Some(bid) => format!("BID {bid}"),
        None => format!("the binding of {}", binding.care_of_address),
    };
    bindings.iter().map(name).collect::<Vec<_>>().join(" and ")
}

/// The same, followed by `was` or `were`.
pub(in crate::rules) fn names_were(bindings: &[&Binding]) -> String {
    format!("{} {}", names(bindings), counted(bindings.len(), "binding").verb("was", "were"))
}

/// The end of a tunnel in words.
pub(in crate::rules) fn end_name(far_end: FarEnd) -> String {
    match far_end.port {
        Some(port) => format!("{}:{port}", far_end.address),
        None => far_end.address.to_string(),
    }
}

/// A flow in words.
pub(in crate::rules) fn flow_name(key: &crate::net::FlowKey) -> String {
    let protocol = crate::wire::IpProtocol(key.protocol);
    let protocol = protocol.name().map_or_else(|| format!("protocol {}", key.protocol), str::to_owned);
    format!("{protocol} from {} to {}", key.source_end(), key.destination_end())
}

/// One direction of a flow without a rule that switched tunnels too often (TUN-024).
#[derive(Debug)]
pub(in crate::rules) struct Sprayed {
    /// The flow, as its packets run.
    pub key: crate::net::FlowKey,
    /// The end of the tunnel that the packet took.
    pub far_end: FarEnd,
}
