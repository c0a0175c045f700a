//! Exchanges, nodes, flows and the two summaries as JSON: the objects of the contract.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;

use super::{Clock, Selection, Summary};
use crate::state::{
    AgentTraffic, Binding, Effect, Exchange, FlowView, Node, Observer, Origin, PathView, Rule, RuleAction,
    Traffic, Tunnel,
};
use crate::time::{Precision, Timestamp};
use crate::wire::TrafficSelector;

/// Makes the objects of one run. All times have the capture's precision.
pub(super) struct Tables<'t> {
    pub clock: &'t mut Clock,
    pub precision: Precision,
    pub selection: Selection<'t>,
}

/// An `exchange` object.
#[derive(Serialize)]
pub(super) struct ExchangeJson {
    home_address: Ipv4Addr,
    nai: Option<String>,
    identification: String,
    kind: Option<&'static str>,
    status: &'static str,
    request_frames: Vec<u64>,
    reply_frames: Vec<u64>,
    code: Option<u8>,
    bid: Option<u8>,
    care_of_address: Option<Ipv4Addr>,
    round_trip_ms: Option<f64>,
    retransmissions: u32,
}

/// A `node` object.
#[derive(Serialize)]
pub(super) struct NodeJson {
    home_address: Option<Ipv4Addr>,
    nai: Option<String>,
    home_agent: Ipv4Addr,
    multipath: &'static str,
    prefixes: Vec<String>,
    bindings: Vec<BindingJson>,
    policy: Vec<RuleJson>,
    tunnels: Vec<TunnelJson>,
}

#[derive(Serialize)]
struct BindingJson {
    bid: Option<u8>,
    care_of_address: Ipv4Addr,
    mode: &'static str,
    state: &'static str,
    if_att: Option<u8>,
    if_att_name: Option<&'static str>,
    if_label: Option<u8>,
    encapsulation: &'static str,
    reverse_tunnel: bool,
    registered: String,
    refreshed: String,
    expires: Option<String>,
    lifetime: u16,
    ended: Option<String>,
    frame: u64,
}

#[derive(Serialize)]
struct RuleJson {
    fid: usize,
    action: &'static str,
    bids: Vec<u8>,
    active_bid: Option<u8>,
    effect: &'static str,
    ts_format: u8,
    selector: Option<SelectorJson>,
    selector_text: Option<String>,
    origin: &'static str,
    frame: u64,
    packets: u64,
    bytes: u64,
}

/// A selector: each field `null`, or its first and last value.
#[derive(Serialize)]
struct SelectorJson {
    source_address: Option<(IpAddr, IpAddr)>,
    destination_address: Option<(IpAddr, IpAddr)>,
    spi: Option<(u32, u32)>,
    flow_label: Option<(u32, u32)>,
    source_port: Option<(u16, u16)>,
    destination_port: Option<(u16, u16)>,
    ds: Option<(u8, u8)>,
    protocol: Option<(u8, u8)>,
}

impl From<TrafficSelector> for SelectorJson {
    fn from(selector: TrafficSelector) -> Self {
        Self {
            source_address: selector.source_address.range_or_single(),
            destination_address: selector.destination_address.range_or_single(),
            spi: selector.spi.range_or_single(),
            flow_label: selector.flow_label_bits().range_or_single(),
            source_port: selector.source_port.range_or_single(),
            destination_port: selector.destination_port.range_or_single(),
            ds: selector.ds_bits().range_or_single(),
            protocol: selector.protocol.range_or_single(),
        }
    }
}

#[derive(Serialize)]
struct TunnelJson {
    bid: Option<u8>,
    home_agent: Ipv4Addr,
    care_of_address: Ipv4Addr,
    encapsulation: &'static str,
    downlink: TrafficJson,
    uplink: TrafficJson,
    flows: u32,
}

#[derive(Serialize)]
struct TrafficJson {
    packets: u64,
    bytes: u64,
}

/// A `flow` object.
#[derive(Serialize)]
pub(super) struct FlowJson {
    home_address: Option<Ipv4Addr>,
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    fid: Option<u16>,
    expected_bid: Option<u8>,
    verdict: &'static str,
    paths: Vec<PathJson>,
}

#[derive(Serialize)]
struct PathJson {
    bid: Option<u8>,
    downlink: TrafficJson,
    uplink: TrafficJson,
    first: String,
    last: String,
}

/// The `traffic` object: what each home agent did.
#[derive(Serialize)]
pub(super) struct AgentsJson {
    home_agents: Vec<AgentJson>,
}

#[derive(Serialize)]
struct AgentJson {
    home_agent: Ipv4Addr,
    register: u64,
    refresh: u64,
    deregister: u64,
    accepted: u64,
    denied: BTreeMap<u8, u64>,
    unanswered: u64,
    unsolicited: u64,
    retransmitted: u64,
    unknown_tunnels: Vec<UnknownTunnelJson>,
    other_unknown: u64,
}

#[derive(Serialize)]
struct UnknownTunnelJson {
    care_of_address: Ipv4Addr,
    packets: u64,
}

/// The `violations` object: what was refused for reasons of security.
#[derive(Serialize)]
pub(super) struct ViolationsJson {
    nodes: Vec<ViolatorJson>,
}

#[derive(Serialize)]
struct ViolatorJson {
    home_address: Option<Ipv4Addr>,
    nai: Option<String>,
    home_agent: Ipv4Addr,
    failed_authentication: u64,
    bad_identification: u64,
    unknown_spi: u64,
    last_time: Option<String>,
    last_code: Option<u8>,
}

impl<'t> Tables<'t> {
    /// All tables of `observer`, with times of this precision.
    pub fn of(observer: &'t Observer, precision: Precision, clock: &'t mut Clock) -> Self {
        Self { clock, precision, selection: Selection::everything(observer) }
    }

    /// The tables of a run, narrowed as `summary` asks, with times written by `clock`.
    pub fn new(summary: &Summary<'t>, clock: &'t mut Clock) -> Self {
        let precision = summary.counts.precision;
        Self { clock, precision, selection: Selection::new(summary) }
    }

    pub fn exchanges(&self) -> impl Iterator<Item = ExchangeJson> + use<'t, '_> {
        self.selection.exchanges().map(exchange_json)
    }

    pub fn nodes(&self) -> impl Iterator<Item = &'t Node> + use<'t> {
        self.selection.nodes()
    }

    pub fn flows(&self) -> impl Iterator<Item = FlowView> + use<'t> {
        self.selection.flows()
    }

    pub fn node(&mut self, node: &Node) -> NodeJson {
        NodeJson {
            home_address: node.home_address,
            nai: nai(node.nai.as_deref()),
            home_agent: node.home_agent,
            multipath: node.multipath.name(),
            prefixes: node.prefixes().iter().map(ToString::to_string).collect(),
            bindings: node.bindings().iter().map(|binding| self.binding(binding)).collect(),
            policy: (1..).zip(node.policy().rules()).map(|(fid, rule)| rule_json(fid, rule, node)).collect(),
            tunnels: node.tunnels().iter().map(|tunnel| tunnel_json(tunnel, node.home_agent)).collect(),
        }
    }

    fn binding(&mut self, binding: &Binding) -> BindingJson {
        let interface = binding.interface;
        BindingJson {
            bid: interface.map(|interface| interface.bid.octet()),
            care_of_address: binding.care_of_address,
            mode: if binding.flags.co_located() { "co-located" } else { "foreign-agent" },
            state: binding.state.name(),
            if_att: interface.map(|interface| interface.access_technology.0),
            if_att_name: interface.and_then(|interface| interface.access_technology.name()),
            if_label: interface.map(|interface| interface.label),
            encapsulation: binding.encapsulation().name(),
            reverse_tunnel: binding.flags.reverse_tunnel(),
            registered: self.time(binding.registered),
            refreshed: self.time(binding.refreshed),
            expires: binding.expires.map(|time| self.time(time)),
            lifetime: binding.lifetime,
            ended: binding.ended.map(|time| self.time(time)),
            frame: binding.frame,
        }
    }

    pub fn flow(&mut self, flow: &FlowView) -> FlowJson {
        FlowJson {
            home_address: flow.home_address,
            source: flow.source,
            destination: flow.destination,
            protocol: flow.protocol,
            source_port: flow.source_port,
            destination_port: flow.destination_port,
            fid: flow.fid,
            expected_bid: flow.expected_bid,
            verdict: flow.verdict.name(),
            paths: flow.paths.iter().map(|path| self.path(path)).collect(),
        }
    }

    fn path(&mut self, path: &PathView) -> PathJson {
        PathJson {
            bid: path.bid.map(crate::state::Bid::octet),
            downlink: path.downlink.into(),
            uplink: path.uplink.into(),
            first: self.time(path.first),
            last: self.time(path.last),
        }
    }

    pub fn traffic(&self) -> AgentsJson {
        let home_agents =
            self.selection.observer().agents().iter().map(|(agent, traffic)| agent_json(*agent, traffic));
        AgentsJson { home_agents: home_agents.collect() }
    }

    pub fn violations(&mut self) -> ViolationsJson {
        let nodes: Vec<&Node> = self.nodes().collect();
        let nodes = nodes
            .into_iter()
            .filter_map(|node| {
                let violations = node.violations()?;
                Some(ViolatorJson {
                    home_address: node.home_address,
                    nai: nai(node.nai.as_deref()),
                    home_agent: node.home_agent,
                    failed_authentication: violations.failed_authentication,
                    bad_identification: violations.bad_identification,
                    unknown_spi: violations.unknown_spi,
                    last_time: violations
                        .precision
                        .map(|precision| self.clock.rfc3339(violations.last, precision).to_owned()),
                    last_code: violations.last_code.map(|code| code.0),
                })
            })
            .collect();
        ViolationsJson { nodes }
    }

    fn time(&mut self, time: Timestamp) -> String {
        self.clock.rfc3339(time, self.precision).to_owned()
    }
}

/// The `exchange` object of an exchange.
pub(super) fn exchange_json(exchange: &Exchange) -> ExchangeJson {
    ExchangeJson {
        home_address: exchange.home_address,
        nai: nai(exchange.nai.as_deref()),
        identification: format!("0x{:016x}", exchange.identification),
        kind: exchange.kind.map(crate::state::Kind::name),
        status: exchange.status.name(),
        request_frames: exchange.request_frames().collect(),
        reply_frames: exchange.reply_frames().collect(),
        code: exchange.code.map(|code| code.0),
        bid: exchange.bid.map(crate::state::Bid::octet),
        care_of_address: exchange.care_of_address,
        round_trip_ms: exchange.round_trip.map(milliseconds),
        retransmissions: exchange.retransmissions,
    }
}

fn rule_json(fid: usize, rule: &Rule, node: &Node) -> RuleJson {
    let effect = node.effect_of(rule);
    let selector = rule.selector.selector();
    RuleJson {
        fid,
        action: match rule.action {
            RuleAction::Drop { .. } => "drop",
            RuleAction::Forward(_) => "forward",
        },
        bids: rule.bids().to_vec(),
        active_bid: if let Effect::Forward(bid) = effect { Some(bid) } else { None },
        effect: match effect {
            Effect::Forward(_) => "forward",
            Effect::Drop => "drop",
            Effect::Exhausted => "exhausted",
        },
        ts_format: rule.selector.ts_format(),
        selector: selector.map(SelectorJson::from),
        selector_text: selector.map(|selector| selector.to_string()),
        origin: match rule.origin {
            Origin::Request => "rrq",
            Origin::Reply => "rrp",
        },
        frame: rule.frame,
        packets: rule.packets,
        bytes: rule.bytes,
    }
}

fn tunnel_json(tunnel: &Tunnel, home_agent: Ipv4Addr) -> TunnelJson {
    TunnelJson {
        bid: tunnel.bid.map(crate::state::Bid::octet),
        home_agent,
        care_of_address: tunnel.care_of_address,
        encapsulation: tunnel.encapsulation.name(),
        downlink: tunnel.downlink().into(),
        uplink: tunnel.uplink().into(),
        flows: tunnel.flows(),
    }
}

fn agent_json(home_agent: Ipv4Addr, traffic: &AgentTraffic) -> AgentJson {
    AgentJson {
        home_agent,
        register: traffic.register,
        refresh: traffic.refresh,
        deregister: traffic.deregister,
        accepted: traffic.accepted,
        denied: traffic.denied.clone(),
        unanswered: traffic.unanswered,
        unsolicited: traffic.unsolicited,
        retransmitted: traffic.retransmitted,
        unknown_tunnels: traffic
            .unknown_tunnels
            .iter()
            .map(|(address, seen)| UnknownTunnelJson { care_of_address: *address, packets: seen.packets })
            .collect(),
        other_unknown: traffic.other_unknown,
    }
}

impl From<Traffic> for TrafficJson {
    fn from(traffic: Traffic) -> Self {
        Self { packets: traffic.packets, bytes: traffic.bytes }
    }
}

fn nai(octets: Option<&[u8]>) -> Option<String> {
    octets.map(|octets| String::from_utf8_lossy(octets).into_owned())
}

/// Nanoseconds as milliseconds. Only a round trip of days would lose its last digits, which does not matter.
#[allow(clippy::cast_precision_loss)]
fn milliseconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1_000_000.0
}
