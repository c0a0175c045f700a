//! The participants of a call flow, in the order of the columns.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::state::{Binding, Exchange, Leg, Node, Step};

/// How many home agents, and how many other participants, have a column of their own at most. All further participants
/// share one column.
const MOST: usize = 24;

/// One participant of a call flow.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::report) struct Participant {
    /// Its address, or `no address`.
    pub name: String,
    /// Its role in a few words, such as `home agent`.
    pub role: String,
    rank: Rank,
}

/// The participants of a ladder in this order: those that sent requests, those that relayed them, those that answered.
#[derive(Debug)]
pub(in crate::report) struct Participants {
    list: Vec<Participant>,
    places: BTreeMap<End, usize>,
}

/// One end of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// The node under its home address, or before it has one.
    Node,
    /// Any other participant, by address.
    At(IpAddr),
}

/// What a participant does, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Sender,
    Translator,
    Relay,
    Asked,
    Answerer,
    Agent,
}

impl Participant {
    /// Whether it is the home agent.
    pub fn is_home_agent(&self) -> bool {
        self.rank == Rank::Agent
    }
}

impl End {
    /// The end that has this address.
    pub fn of(address: IpAddr, exchange: &Exchange) -> Self {
        let is_node = address.is_unspecified() || address == IpAddr::V4(exchange.home_address);
        if is_node { Self::Node } else { Self::At(address) }
    }

    /// The sender of a leg.
    pub fn source(leg: &Leg, exchange: &Exchange) -> Self {
        Self::of(leg.source.ip(), exchange)
    }

    /// The receiver of a leg. A foreign agent broadcasts the reply to a node that has no address yet.
    pub fn destination(leg: &Leg, exchange: &Exchange) -> Self {
        let address = leg.destination.ip();
        let is_reply = matches!(leg.step, Step::Reply(_));
        if is_reply && address == IpAddr::V4(Ipv4Addr::BROADCAST) {
            Self::Node
        } else {
            Self::of(address, exchange)
        }
    }
}

impl Participants {
    /// The participants of these exchanges of the node with this home address.
    pub(super) fn of(node: Option<&Node>, home_address: Ipv4Addr, exchanges: &[&Exchange]) -> Self {
        let (agents, others): (Vec<_>, Vec<_>) =
            in_order(exchanges).into_iter().partition(|(rank, _)| *rank == Rank::Agent);
        let further = others.len().saturating_sub(MOST) + agents.len().saturating_sub(MOST);
        let mut made = Self { list: Vec::new(), places: BTreeMap::new() };
        for (rank, end) in others.iter().take(MOST) {
            made.push(node, home_address, *rank, *end);
        }
        if further > 0 {
            for (_, end) in others.iter().skip(MOST).chain(agents.iter().skip(MOST)) {
                made.places.insert(*end, made.list.len());
            }
            let (name, role) = (format!("{further} more"), "any of them".to_owned());
            made.list.push(Participant { name, role, rank: Rank::Answerer });
        }
        for (rank, end) in agents.iter().take(MOST) {
            made.push(node, home_address, *rank, *end);
        }
        made
    }

    /// All participants, in the order of the columns.
    pub fn list(&self) -> &[Participant] {
        &self.list
    }

    /// The index of an end's participant in the list.
    pub(super) fn place(&self, end: End) -> Option<usize> {
        self.places.get(&end).copied()
    }

    fn push(&mut self, node: Option<&Node>, home_address: Ipv4Addr, rank: Rank, end: End) {
        self.places.insert(end, self.list.len());
        let name = match end {
            End::At(address) => address.to_string(),
            End::Node if home_address.is_unspecified() => "no address".to_owned(),
            End::Node => home_address.to_string(),
        };
        self.list.push(Participant { name, role: role(node, rank, end), rank });
    }
}

/// Each end of any leg with the first of its ranks, sorted by rank, then in order of appearance.
fn in_order(exchanges: &[&Exchange]) -> Vec<(Rank, End)> {
    let mut legs: Vec<(&Exchange, usize, &Leg)> = Vec::new();
    for exchange in exchanges {
        legs.extend(exchange.legs.iter().enumerate().map(|(index, leg)| (*exchange, index, leg)));
    }
    legs.sort_by_key(|(_, _, leg)| (leg.time, leg.frame));
    let mut found: BTreeMap<End, (Rank, usize)> = BTreeMap::new();
    let mut note = |rank: Rank, end: End| {
        let order = found.len();
        let known = found.entry(end).or_insert((rank, order));
        known.0 = known.0.min(rank);
    };
    for (exchange, index, leg) in legs {
        let (source, destination) = (End::source(leg, exchange), End::destination(leg, exchange));
        let agent = End::At(exchange.home_agent.into());
        let answers = |end: End| if end == agent { Rank::Agent } else { Rank::Answerer };
        match leg.step {
            Step::Reply(_) => {
                note(answers(source), source);
                note(Rank::Asked, destination);
            }
            Step::Request | Step::Retransmission => {
                let rank = match beyond_nat(leg, exchange) {
                    Some(true) => Rank::Translator,
                    Some(false) => Rank::Sender,
                    None if index == 0 => Rank::Sender,
                    None => Rank::Relay,
                };
                note(rank, source);
                note(answers(destination), destination);
            }
        }
    }
    let mut order: Vec<(Rank, usize, End)> =
        found.into_iter().map(|(end, (rank, order))| (rank, order, end)).collect();
    order.sort_unstable();
    order.into_iter().map(|(rank, _, end)| (rank, end)).collect()
}

/// Whether a leg is from the outer side of a NAT. `None` unless the request was seen on both sides: on its way to the
/// home agent both from its care-of address and from another address.
fn beyond_nat(leg: &Leg, exchange: &Exchange) -> Option<bool> {
    let is_own = |leg: &Leg| exchange.care_of_address.is_some_and(|own| leg.source.ip() == IpAddr::V4(own));
    let asks_agent = |leg: &&Leg| {
        !matches!(leg.step, Step::Reply(_)) && leg.destination.ip() == IpAddr::V4(exchange.home_agent)
    };
    let is_other_side = |other: &Leg| is_own(other) != is_own(leg);
    let has_both = asks_agent(&leg) && exchange.legs.iter().filter(asks_agent).any(is_other_side);
    has_both.then(|| !is_own(leg))
}

fn role(node: Option<&Node>, rank: Rank, end: End) -> String {
    match (rank, end) {
        (_, End::Node) | (Rank::Sender | Rank::Asked, _) => {}
        (Rank::Translator, _) => return "NAT".to_owned(),
        (Rank::Relay, _) => return "foreign agent".to_owned(),
        (Rank::Agent, _) => return "home agent".to_owned(),
        (Rank::Answerer, _) => return "agent".to_owned(),
    }
    let here =
        |binding: &&Binding| binding.flags.co_located() && end == End::At(binding.care_of_address.into());
    let bindings = node.into_iter().flat_map(|node| node.bindings().iter().rev());
    let left = node.into_iter().flat_map(|node| node.moves().iter().rev()).map(|moved| &moved.left);
    let interface = bindings.chain(left).find(here).and_then(|binding| binding.interface);
    interface
        .and_then(|interface| interface.access_technology.name())
        .map_or_else(|| "mobile node".to_owned(), |name| format!("MN {name}"))
}
