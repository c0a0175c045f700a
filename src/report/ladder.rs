//! Call flows: who sent what to whom, as RFC 7629 Figure 3 draws it. This module gathers the events; [`text`] and
//! [`mermaid`] draw them.

pub(super) mod mermaid;
mod participants;
pub(super) mod text;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use participants::{End, Participants};

use super::message_line::{FlowRule, Seconds};
use super::selection::Selection;
use crate::state::{
    Bid, Binding, BindingState, Exchange, FlowBindings, Kind, Leg, Move, Node, Observer, ReplyOrder, Status,
    Step,
};
use crate::time::Timestamp;
use crate::wire::{FlowBinding, Numbers, ReplyCode};

/// How ladders are written (`--ladder-format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LadderFormat {
    /// Drawn with characters.
    #[default]
    Text,
    /// A Mermaid `sequenceDiagram`.
    Mermaid,
}

/// The exchanges of one node.
#[derive(Debug)]
pub(super) struct CallFlow<'t> {
    /// The node, unless the observer has forgotten it.
    node: Option<&'t Node>,
    /// Its home address; 0.0.0.0 while there is none.
    pub home_address: Ipv4Addr,
    /// Its NAI, if it has one.
    pub nai: Option<&'t [u8]>,
    exchanges: Vec<&'t Exchange>,
}

/// The events between a node and its agents.
#[derive(Debug)]
pub(super) struct Ladder<'t> {
    node: Option<&'t Node>,
    /// The participants, one column each.
    pub participants: Participants,
    /// What happened, in order of time.
    pub events: Vec<Event>,
}

/// Something that happened between two participants. `from` and `to` are their places in the list, from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub time: Timestamp,
    pub from: usize,
    pub to: usize,
    /// The main line of text.
    pub label: String,
    /// Further lines of text.
    pub notes: Vec<String>,
    pub what: What,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A message: its frame number and its tone.
    Message(u64, Tone),
    /// A tunnel ends.
    TunnelDown,
    /// A tunnel comes up.
    TunnelUp,
}

/// How a message is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    /// A request.
    Plain,
    /// A retransmitted request.
    Copy,
    /// A reply that accepts.
    Good,
    /// A reply that denies.
    Bad,
}

/// The call flows of all selected nodes, in the order of the nodes. Those of exchanges whose node was forgotten come
/// last.
pub(super) fn call_flows<'t>(selection: &Selection<'t>) -> Vec<CallFlow<'t>> {
    let mut flows: Vec<CallFlow<'_>> = selection.nodes().map(CallFlow::of).collect();
    let mut by_address = BTreeMap::new();
    let mut by_nai = BTreeMap::new();
    for (place, node) in selection.nodes().enumerate() {
        if let Some(address) = node.home_address {
            by_address.entry((address, Some(node.home_agent))).or_insert(place);
            by_address.entry((address, None)).or_insert(place);
        }
        if let Some(nai) = node.nai.as_deref() {
            by_nai.entry((nai, Some(node.home_agent))).or_insert(place);
            by_nai.entry((nai, None)).or_insert(place);
        }
    }
    let mut others: BTreeMap<(Ipv4Addr, Option<&[u8]>), Vec<&Exchange>> = BTreeMap::new();
    for exchange in selection.exchanges() {
        let (home_address, nai) = (exchange.home_address, exchange.nai.as_deref());
        let place = if home_address.is_unspecified() {
            let exact = nai.and_then(|nai| by_nai.get(&(nai, Some(exchange.home_agent))));
            exact.or_else(|| by_nai.get(&(nai?, None)))
        } else {
            let exact = by_address.get(&(home_address, Some(exchange.home_agent)));
            exact.or_else(|| by_address.get(&(home_address, None)))
        };
        match place.and_then(|place| flows.get_mut(*place)) {
            Some(flow) => flow.exchanges.push(exchange),
            None => others.entry((home_address, nai)).or_default().push(exchange),
        }
    }
    flows.retain(|flow| !flow.exchanges.is_empty());
    flows.extend(others.into_iter().map(|((home_address, nai), exchanges)| CallFlow {
        node: None,
        home_address,
        nai,
        exchanges,
    }));
    flows
}

impl<'t> CallFlow<'t> {
    /// The call flow of `node` with these exchanges.
    pub fn with(node: &'t Node, exchanges: Vec<&'t Exchange>) -> Self {
        Self { exchanges, ..Self::of(node) }
    }

    fn of(node: &'t Node) -> Self {
        let home_address = node.home_address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        Self { node: Some(node), home_address, nai: node.nai.as_deref(), exchanges: Vec::new() }
    }
}

impl<'t> Ladder<'t> {
    /// The ladder of a call flow that `observer` saw.
    pub fn of(flow: &CallFlow<'t>, observer: &Observer, numbers: Numbers) -> Self {
        let participants = Participants::of(flow.node, flow.home_address, &flow.exchanges);
        let mut ladder = Self { node: flow.node, participants, events: Vec::new() };
        for exchange in &flow.exchanges {
            ladder.messages(exchange, observer, numbers);
            ladder.tunnel_up(exchange);
        }
        for binding in flow.node.into_iter().flat_map(Node::bindings) {
            ladder.tunnel_down(binding, &flow.exchanges);
        }
        for moved in flow.node.into_iter().flat_map(Node::moves) {
            ladder.tunnel_moved(moved, &flow.exchanges);
        }
        ladder.events.sort_by_key(|event| (event.time, event.what));
        ladder
    }

    fn place(&self, end: End) -> Option<usize> {
        self.participants.place(end)
    }

    /// Adds an event for each leg of an exchange.
    fn messages(&mut self, exchange: &Exchange, observer: &Observer, numbers: Numbers) {
        let last_request = exchange.legs.iter().rposition(|leg| !matches!(leg.step, Step::Reply(_)));
        let mut replies = exchange.replies();
        for (index, leg) in exchange.legs.iter().enumerate() {
            let order = if let Step::Reply(_) = leg.step { replies.next() } else { None };
            let order = order.map_or(ReplyOrder::First, |(_, _, order)| order);
            let ends = (self.place(End::source(leg, exchange)), self.place(End::destination(leg, exchange)));
            let (Some(from), Some(to)) = ends else { continue };
            let (label, flows, tone) = match leg.step {
                Step::Request | Step::Retransmission => {
                    let mut label = request_label(exchange, leg, index);
                    if exchange.status == Status::Unanswered && Some(index) == last_request {
                        let waits = observer.may_be_answered(exchange);
                        label.push_str(if waits { " (no reply yet)" } else { " (never answered)" });
                    }
                    let flows = Some(&exchange.asked_flows).filter(|_| index == 0);
                    let tone = if leg.step == Step::Retransmission { Tone::Copy } else { Tone::Plain };
                    (label, flows, tone)
                }
                Step::Reply(code) => {
                    let label = reply_label(exchange, code, numbers, order);
                    let flows = Some(&exchange.answered_flows).filter(|_| order == ReplyOrder::First);
                    (label, flows, if code.is_accepted() { Tone::Good } else { Tone::Bad })
                }
            };
            let notes = flows.into_iter().flat_map(FlowBindings::iter).filter_map(FlowBinding::from_octets);
            self.events.push(Event {
                time: leg.time,
                from,
                to,
                label,
                notes: notes.map(|flow| FlowRule(&flow).to_string()).collect(),
                what: What::Message(leg.frame, tone),
            });
        }
    }

    /// Adds the tunnel that an accepted request opens. The binding begins with the reply that decided the exchange.
    fn tunnel_up(&mut self, exchange: &Exchange) {
        let Some(reply) = deciding(exchange).filter(|_| exchange.status == Status::Accepted) else { return };
        let opens = match exchange.kind {
            Some(Kind::Register | Kind::Update | Kind::Overwrite) => true,
            // The refreshed binding may not have existed before: then it begins with this reply.
            Some(Kind::Refresh | Kind::BulkRefresh) => self.node.is_some_and(|node| {
                node.bindings()
                    .iter()
                    .any(|binding| binding.registered == reply.time && binding.bid() == exchange.bid)
            }),
            Some(Kind::Deregister | Kind::BulkDeregister) | None => false,
        };
        let Some(care_of_address) = exchange.care_of_address.filter(|_| opens && exchange.granted > Some(0))
        else {
            return;
        };
        let Some((from, to)) = self.ends(care_of_address, exchange) else { return };
        let encapsulation = self.node.and_then(|node| {
            let is_it = |tunnel: &&crate::state::Tunnel| {
                tunnel.bid == exchange.bid && tunnel.care_of_address == care_of_address
            };
            node.tunnels().iter().rev().find(is_it).map(|tunnel| tunnel.encapsulation)
        });
        let encapsulation = encapsulation.map(|kind| format!("{} ", kind.title())).unwrap_or_default();
        let label = format!("{}{encapsulation}tunnel up", bid_prefix(exchange.bid));
        self.events.push(Event {
            time: reply.time,
            from,
            to,
            label,
            notes: Vec::new(),
            what: What::TunnelUp,
        });
    }

    /// Adds the end of a binding's tunnel.
    fn tunnel_down(&mut self, binding: &Binding, exchanges: &[&Exchange]) {
        let Some(time) = binding.ended else { return };
        let how = match binding.state {
            BindingState::Active => return,
            ended => ended.name(),
        };
        self.tunnel_of_binding_down(binding, time, how, exchanges);
    }

    /// Adds the end of the tunnel of a binding that lives on at another care-of address.
    fn tunnel_moved(&mut self, moved: &Move, exchanges: &[&Exchange]) {
        let how = format!("moved to {}", moved.to);
        self.tunnel_of_binding_down(&moved.left, moved.time, &how, exchanges);
    }

    fn tunnel_of_binding_down(
        &mut self,
        binding: &Binding,
        time: Timestamp,
        how: &str,
        exchanges: &[&Exchange],
    ) {
        let latest = exchanges.iter().rev().find(|exchange| {
            exchange.care_of_address == Some(binding.care_of_address) && exchange.status == Status::Accepted
        });
        let Some((from, to)) = latest.and_then(|exchange| self.ends(binding.care_of_address, exchange))
        else {
            return;
        };
        let label = format!("{}tunnel down: {how}", bid_prefix(binding.bid()));
        self.events.push(Event { time, from, to, label, notes: Vec::new(), what: What::TunnelDown });
    }

    /// The places of the two ends of the tunnel to a care-of address. Behind a NAT the node's end is the address that
    /// the request came from.
    fn ends(&self, care_of_address: Ipv4Addr, exchange: &Exchange) -> Option<(usize, usize)> {
        let requests = exchange.legs.iter().rev();
        let request = requests.clone().find(|leg| !matches!(leg.step, Step::Reply(_)))?;
        let from = self
            .place(End::of(care_of_address.into(), exchange))
            .or_else(|| self.place(End::source(request, exchange)))?;
        let agent = self.place(End::At(exchange.home_agent.into()));
        let to = agent.or_else(|| self.place(End::source(deciding(exchange)?, exchange)))?;
        (from != to).then_some((from, to))
    }
}

/// The reply that decided the exchange: the first one.
fn deciding(exchange: &Exchange) -> Option<&Leg> {
    exchange.legs.iter().find(|leg| matches!(leg.step, Step::Reply(_)))
}

fn request_label(exchange: &Exchange, leg: &Leg, index: usize) -> String {
    let mut words = vec![match (leg.step, index) {
        (Step::Retransmission, _) => "RRQ again:".to_owned(),
        (_, 0) => "RRQ".to_owned(),
        _ => "RRQ relayed:".to_owned(),
    }];
    words.extend(exchange.kind.map(|kind| kind.name().to_owned()));
    words.extend(exchange.bid.map(|bid| format!("BID {}", bid.octet())));
    if index == 0 {
        let elsewhere = exchange.care_of_address.filter(|address| leg.source.ip() != IpAddr::V4(*address));
        words.extend(elsewhere.map(|address| format!("at {address}")));
        let lifetime = exchange.requested.filter(|lifetime| *lifetime > 0);
        words.extend(lifetime.map(|lifetime| format!("for {}", Seconds(lifetime))));
    }
    words.join(" ")
}

fn reply_label(exchange: &Exchange, code: ReplyCode, numbers: Numbers, order: ReplyOrder) -> String {
    let which = match order {
        ReplyOrder::First => "RRP",
        ReplyOrder::Relayed => "RRP relayed:",
        ReplyOrder::Again => "RRP again:",
        ReplyOrder::Other => "RRP with another code:",
    };
    let mut words = vec![which.to_owned(), format!("{} {}", code.0, code.name(numbers))];
    let lifetime =
        exchange.granted.filter(|lifetime| order == ReplyOrder::First && code.is_accepted() && *lifetime > 0);
    words.extend(lifetime.map(|lifetime| format!("for {}", Seconds(lifetime))));
    if exchange.status == Status::Unsolicited {
        words.push("(nobody asked)".to_owned());
    }
    words.join(" ")
}

fn bid_prefix(bid: Option<Bid>) -> String {
    bid.map(|bid| format!("BID {} ", bid.octet())).unwrap_or_default()
}
