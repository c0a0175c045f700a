//! Requests and replies as they are remembered.

use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::num::NonZeroU64;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::net::Checksum;
use crate::rules::Place;
use crate::rules::facts::{FlowBindingFacts, Leg, MessageFacts, OctetSet, Traits};
use crate::state::NormalSelector;
use crate::wire::{
    Action, Content, DualStack, Extension, ExtensionType, MobileNetwork, Multipath, RegistrationReply,
    RegistrationRequest, ReplyCode, UdpTunnelRequest,
};

/// A Registration Request that was seen.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Asked {
    /// The packet.
    pub place: Place,
    /// Where it came from.
    pub source: SocketAddrV4,
    /// Where it went.
    pub destination: SocketAddrV4,
    /// The leg of its path (D5).
    pub leg: Leg,
    /// Its fixed part.
    pub request: RegistrationRequest,
    /// What its extensions said.
    pub said: Said,
    /// Index and birth of the node it names.
    pub node: Option<(u32, u32)>,
    /// Frame of the first copy of the same request: relay legs and retransmissions share it.
    pub group: u64,
    /// Whether its Identification is a timestamp (D16).
    pub is_timestamp: bool,
    /// The verdict on its UDP checksum.
    pub checksum: Checksum,
    /// The rules that fired on it and whose breach makes it malformed.
    pub faults: Faults,
    /// Whether it is only the copy, on the other side of a NAT, of a request that was seen before.
    pub is_translated: bool,
}

/// A Registration Reply that was seen.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Answer {
    /// The packet.
    pub place: Place,
    /// The leg of its path (D5).
    pub leg: Leg,
    /// Its fixed part.
    pub reply: RegistrationReply,
    /// What its extensions said.
    pub said: Said,
}

/// What the extensions of a registration said, as far as later messages are compared with it.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Said {
    /// The usable Multipath extension of a request (D6).
    pub usable: Option<Multipath>,
    /// The BID of its first Multipath extension of Length 4, usable or not.
    pub bid: Option<u8>,
    /// Whether it has Type 154 Sub-Type 1, in any form.
    pub has_multipath: bool,
    /// Whether it has Type 154 Sub-Type 2, in any form.
    pub has_flow_binding: bool,
    /// Whether it has Type 154 at all.
    pub has_family: bool,
    /// Whether it has Type 131.
    pub has_nai: bool,
    /// Whether it has Type 139.
    pub has_dynamic_home_agent: bool,
    /// Whether it has Type 144.
    pub asks_udp_tunnel: bool,
    /// Whether it has Type 148 Sub-Type 0, sound or not.
    pub asks_network: bool,
    /// Whether it has Type 152 Sub-Type 1, sound or not.
    pub asks_prefix: bool,
    /// Whether it has an authorization-enabling extension (D4).
    pub is_authorized: bool,
    /// Whether the walk over its extensions reached the end.
    pub is_whole: bool,
    /// Whether something that the message said of bindings, policy or grants may not have been captured.
    pub hides_something: bool,
    /// Whether it has an extension of an unknown type that a receiver may not skip.
    pub has_unknown_critical: bool,
    /// Its Flow-Bindings, including malformed ones.
    pub flow_rules: Box<[FlowRule]>,
    /// What only few registrations say.
    seldom: Option<Box<Seldom>>,
    /// Fingerprint of the UDP payload; `None` where not all of it was captured.
    pub payload: Option<NonZeroU64>,
    /// Fingerprint of its octets up to the end of the first Type 32.
    pub protected: Option<NonZeroU64>,
}

/// What the extensions of only few registrations say; the other registrations need no room for it.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Seldom {
    /// Mobile networks asked for (Type 148 Sub-Type 0).
    pub networks_asked: Vec<(Ipv4Addr, u8)>,
    /// Mobile network acknowledgements (Type 148 Sub-Type 1 and 2).
    pub networks_answered: Vec<MobileNetwork>,
    /// IPv6 prefixes asked for (Type 152 Sub-Type 1).
    pub prefixes_asked: Vec<(Ipv6Addr, u8)>,
    /// IPv6 prefix replies (Type 152 Sub-Type 2).
    pub prefixes_answered: Vec<DualStack>,
    /// Whether an IPv6 tunneling mode is asked for (Type 152 Sub-Type 3).
    pub has_tunneling_mode: bool,
    /// UDP Tunnel Request (Type 144).
    pub udp_request: Option<UdpTunnelRequest>,
}

/// The value for registrations without any of these extensions.
static NOTHING_SELDOM: Seldom = Seldom::nothing();

impl Seldom {
    /// The given value, or one that says nothing.
    pub fn or_nothing(seldom: Option<&Self>) -> &Self {
        seldom.unwrap_or(&NOTHING_SELDOM)
    }

    const fn nothing() -> Self {
        Self {
            networks_asked: Vec::new(),
            networks_answered: Vec::new(),
            prefixes_asked: Vec::new(),
            prefixes_answered: Vec::new(),
            has_tunneling_mode: false,
            udp_request: None,
        }
    }

    fn take(&mut self, content: Content<'_>) {
        match content {
            Content::MobileNetwork(MobileNetwork::Request { prefix_length, prefix }) => {
                self.networks_asked.push((prefix, prefix_length));
            }
            Content::MobileNetwork(answer) => self.networks_answered.push(answer),
            Content::DualStack(DualStack::PrefixRequest { prefix_length, prefix }) => {
                self.prefixes_asked.push((prefix, prefix_length));
            }
            Content::DualStack(answer @ DualStack::PrefixReply { .. }) => self.prefixes_answered.push(answer),
            Content::DualStack(DualStack::TunnelingMode { .. }) => self.has_tunneling_mode = true,
            Content::UdpTunnelRequest(request) => {
                self.udp_request.get_or_insert(request);
            }
            _ => {}
        }
    }
}

/// A Flow-Binding as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct FlowRule {
    /// TS Format and normalised selector: what makes it the same rule as another (D11). `None` where they are cut
    /// short.
    pub identity: Option<NormalSelector>,
    /// What is to be done with the flow.
    pub action: Action,
    /// The BIDs.
    pub bids: SmallVec<[u8; 8]>,
    /// Whether it is a FORWARD whose list can be used (D6).
    pub is_forward_list: bool,
    /// Whether it updates the policy (D11).
    pub sets_policy: bool,
    /// Whether it breaks FB-001.
    pub overruns: bool,
    /// TS Format.
    pub ts_format: u8,
}

impl FlowRule {
    fn of(facts: &FlowBindingFacts<'_>) -> Self {
        Self {
            identity: facts.identity(),
            action: facts.action(),
            bids: SmallVec::from_slice(facts.bids()),
            is_forward_list: facts.is_forward_list(),
            sets_policy: facts.sets_policy(),
            overruns: facts.overruns,
            ts_format: facts.flow_binding.ts_format,
        }
    }

    /// What is to be done, and with which BIDs.
    pub fn says(&self) -> (Action, &[u8]) {
        (self.action, &self.bids)
    }
}

/// Must-level rules whose breach makes a request malformed (EXCH-010).
const FAULTS: [&str; 22] = [
    "MP-001", "MP-002", "MP-003", "MP-005", "MP-007", "MP-008", "MP-009", "MP-010", "MP-011", "MP-012",
    "FB-001", "FB-002", "FB-003", "FB-004", "FB-005", "FB-006", "FB-008", "TS-001", "TS-002", "TS-004",
    "TS-005", "TS-007",
];

/// The rules of `FAULTS` that fired on a request, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct Faults(u32);

impl Faults {
    /// Adds a rule, if it is one of `FAULTS`.
    pub fn add(&mut self, rule: &str) {
        let fault = FAULTS.iter().zip(0..).find(|(fault, _)| **fault == rule);
        self.0 |= fault.map_or(0, |(_, bit)| 1 << bit);
    }

    /// Whether none fired.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The identifiers of the rules that fired.
    pub fn rules(self) -> impl Iterator<Item = &'static str> {
        FAULTS.into_iter().zip(0..).filter(move |(_, bit)| self.0 & 1 << *bit != 0).map(|(rule, _)| rule)
    }
}

impl Asked {
    /// The BID that the request registers, refreshes or ends with a usable Multipath extension.
    pub fn usable_bid(&self) -> Option<u8> {
        self.said.usable.map(|multipath| multipath.bid)
    }

    /// Whether B is set in a usable Multipath extension.
    pub fn is_bulk(&self) -> bool {
        self.said.usable.is_some_and(|multipath| multipath.bulk)
    }

    /// Whether O is set in a usable Multipath extension.
    pub fn is_overwrite(&self) -> bool {
        self.said.usable.is_some_and(|multipath| multipath.overwrite)
    }

    /// Whether the request, accepted with a lifetime and this code, replaces all bindings (D9): it has O, or it has no
    /// usable Multipath extension, and no S that was granted.
    pub fn replaces_all(&self, code: ReplyCode) -> bool {
        let keeps_others = self.request.flags.simultaneous_bindings() && code == ReplyCode::ACCEPTED;
        self.is_overwrite() || self.said.usable.is_none() && !keeps_others
    }

    /// Whether a foreign agent with its care-of address relayed it: D is 0, and it goes to the home agent.
    pub fn is_relayed(&self) -> bool {
        self.leg == Leg::HomeAgent && !self.request.flags.co_located()
    }

    /// Whether the node of the request is unknown because its NAI was not captured.
    pub fn is_nameless(&self) -> bool {
        self.node.is_none() && self.said.is_cut()
    }

    /// The same request with what another copy of it says; hidden is then only what a foreign agent may add or remove.
    pub fn with_said_of(&self, copy: &Self) -> Self {
        let Said { payload, protected, .. } = self.said;
        Self { said: Said { is_whole: false, payload, protected, ..copy.said.clone() }, ..self.clone() }
    }

    /// What is remembered of a request. `node` are index and birth of the node that it names, if any; `group` is the
    /// frame of its first copy.
    pub fn of(
        message: &MessageFacts<'_, '_>,
        request: &RegistrationRequest,
        node: Option<(u32, u32)>,
        group: u64,
    ) -> Self {
        Self {
            place: message.place,
            source: message.source,
            destination: message.destination,
            leg: message.leg,
            request: *request,
            said: Said::of(message),
            node,
            group,
            is_timestamp: message.is_timestamp(request.identification),
            checksum: message.datagram.checksum(),
            faults: Faults::default(),
            is_translated: false,
        }
    }

    /// Whether another copy is the same packet on the other side of a NAT: for a tunnel in UDP the same octets go to
    /// the home agent, on one side from the care-of address and on the other from another address **(ours)**. Octets
    /// that were not captured may be the same.
    pub fn is_across_nat(&self, copy: &Self) -> bool {
        let is_inside = |asked: &Self| *asked.source.ip() == asked.request.care_of_address;
        self.said.may_ask_udp_tunnel()
            && [self.leg, copy.leg] == [Leg::HomeAgent; 2]
            && is_inside(self) != is_inside(copy)
            && (self.said.is_cut() || copy.said.is_cut() || self.said.payload == copy.said.payload)
    }
}

impl Answer {
    pub fn of(message: &MessageFacts<'_, '_>, reply: &RegistrationReply) -> Self {
        Self { place: message.place, leg: message.leg, reply: *reply, said: Said::of(message) }
    }
}

impl Said {
    /// What only few registrations say.
    pub fn seldom(&self) -> &Seldom {
        Seldom::or_nothing(self.seldom.as_deref())
    }

    /// The same; `None` when the registration says nothing of this.
    pub fn seldom_said(&self) -> Option<&Seldom> {
        self.seldom.as_deref()
    }

    /// Whether not all of the message was captured: what seems absent may have been there.
    pub fn is_cut(&self) -> bool {
        self.payload.is_none()
    }

    /// Whether it asks for a tunnel in UDP, or may do so in what was not captured.
    pub fn may_ask_udp_tunnel(&self) -> bool {
        self.asks_udp_tunnel || self.is_cut()
    }

    /// Whether the part that no agent on the way may change was not captured in full.
    pub fn hides_protected(&self) -> bool {
        self.is_cut() && self.protected.is_none()
    }

    /// Whether its BID, or the fact that it has none, is in what was not captured.
    pub fn hides_its_bid(&self) -> bool {
        self.is_cut() && self.bid.is_none()
    }

    /// Its Flow-Bindings, if they can be judged together. A cut message gives none: it may have had more of them, and a
    /// Multipath extension with its BID.
    pub fn whole_policy(&self) -> &[FlowRule] {
        if self.is_cut() { &[] } else { &self.flow_rules }
    }

    /// The BIDs of all FORWARD lists (D6) of that policy.
    pub fn forward_bids(&self) -> OctetSet {
        let lists = self.whole_policy().iter().filter(|rule| rule.is_forward_list);
        lists.flat_map(|rule| rule.bids.iter().copied()).collect()
    }

    /// The prefixes of all its Type 148 extensions.
    pub fn networks(&self) -> impl Iterator<Item = (Ipv4Addr, u8)> {
        let answered = self.seldom().networks_answered.iter().filter_map(|network| match network {
            MobileNetwork::Acknowledgement { prefix, prefix_length, .. } => Some((*prefix, *prefix_length)),
            MobileNetwork::Request { .. } => None,
        });
        self.seldom().networks_asked.iter().copied().chain(answered)
    }

    /// The prefixes of all its Type 152 extensions.
    pub fn prefixes(&self) -> impl Iterator<Item = (Ipv6Addr, u8)> {
        let answered = self.seldom().prefixes_answered.iter().filter_map(|prefix| match prefix {
            DualStack::PrefixReply { prefix, prefix_length, .. } => Some((*prefix, *prefix_length)),
            _ => None,
        });
        self.seldom().prefixes_asked.iter().copied().chain(answered)
    }

    fn of(message: &MessageFacts<'_, '_>) -> Self {
        let mut said = Self {
            usable: message.usable,
            bid: message.sound_multipaths().next().map(|(_, multipath)| multipath.bid),
            has_multipath: message.has_multipath(),
            has_flow_binding: message.traits.have(Traits::FLOW_BINDING),
            has_family: message.traits.have(Traits::FAMILY),
            has_nai: message.types.has(ExtensionType::NAI),
            has_dynamic_home_agent: message.types.has(ExtensionType::DYNAMIC_HOME_AGENT),
            asks_udp_tunnel: message.types.has(ExtensionType::UDP_TUNNEL_REQUEST),
            is_authorized: !message.traits.have(Traits::UNAUTHORIZED),
            is_whole: message.is_whole(),
            hides_something: message.hides_something(),
            has_unknown_critical: message.traits.have(Traits::UNASSIGNED)
                && message.extensions.iter().any(|extension| {
                    !extension.is_family() && !extension.kind.is_skippable() && !extension.kind.is_assigned()
                }),
            payload: Some(fingerprint(message.message.octets)).filter(|_| !message.is_cut),
            protected: message.protected().map(fingerprint),
            flow_rules: message.flow_bindings.iter().map(FlowRule::of).collect(),
            ..Self::default()
        };
        if message.traits.have_any(Traits::SELDOM) {
            said.take_seldom(message);
        }
        said
    }

    fn take_seldom(&mut self, message: &MessageFacts<'_, '_>) {
        let has = |kind, subtype| message.of_subtype(kind, subtype).next().is_some();
        self.asks_network = has(ExtensionType::MOBILE_NETWORK, MobileNetwork::REQUEST);
        self.asks_prefix = has(ExtensionType::DUAL_STACK, DualStack::PREFIX_REQUEST);
        let seldom = |extension: &&Extension<'_>| Traits::of_extension(extension).have_any(Traits::SELDOM);
        for extension in message.extensions.iter().filter(seldom) {
            if let Ok(content) = extension.content() {
                self.seldom.get_or_insert_with(|| Box::new(Seldom::nothing())).take(content);
            }
        }
    }
}

/// A fingerprint of octets; two different payloads have the same with a probability of about 1 in 2^64.
fn fingerprint(octets: &[u8]) -> NonZeroU64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(octets);
    NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MAX)
}
