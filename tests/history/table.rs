//! What an observer believes, as lines short enough to be written down by hand.

use std::fmt::Display;
use std::net::Ipv4Addr;

use mipflow::state::{Bid, Effect, Exchange, FlowView, Node, Observer, Rule, RuleAction, Traffic, Tunnel};
use mipflow::time::Timestamp;

use super::EPOCH;

/// The only node with this home address.
pub fn node(observer: &Observer, home_address: Ipv4Addr) -> &Node {
    let mut nodes = observer.nodes().filter(|node| node.home_address == Some(home_address));
    let node = nodes.next().expect("the node is listed");
    assert!(nodes.next().is_none(), "{home_address} is listed once");
    node
}

/// All nodes: `home agent, home address, NAI, multipath`.
pub fn nodes(observer: &Observer) -> Vec<String> {
    observer
        .nodes()
        .map(|node| {
            let nai = node.nai.as_deref().map(|nai| String::from_utf8_lossy(nai).into_owned());
            let [home, nai] = [shown(node.home_address), shown(nai)];
            format!("{} {home} {nai} {}", node.home_agent, node.multipath.name())
        })
        .collect()
}

/// Bindings of a node: `BID care-of-address state`.
pub fn states(observer: &Observer, home_address: Ipv4Addr) -> Vec<String> {
    let line = |binding: &mipflow::state::Binding| {
        format!("{} {} {}", bid(binding.bid()), binding.care_of_address, binding.state.name())
    };
    node(observer, home_address).bindings().iter().map(line).collect()
}

/// Bindings of a node: `BID state registered refreshed +lifetime expires ended #frame`.
pub fn times(observer: &Observer, home_address: Ipv4Addr) -> Vec<String> {
    let line = |binding: &mipflow::state::Binding| {
        format!(
            "{} {} {} {} +{} {} {} #{}",
            bid(binding.bid()),
            binding.state.name(),
            seconds(binding.registered),
            seconds(binding.refreshed),
            binding.lifetime,
            shown(binding.expires.map(seconds)),
            shown(binding.ended.map(seconds)),
            binding.frame
        )
    };
    node(observer, home_address).bindings().iter().map(line).collect()
}

/// Policy of a node: `FID action BIDs > effect | selector`.
pub fn policy(observer: &Observer, home_address: Ipv4Addr) -> Vec<String> {
    let node = node(observer, home_address);
    let line = |(index, rule): (usize, &Rule)| {
        let action = match rule.action {
            RuleAction::Drop { .. } => "drop",
            RuleAction::Forward(_) => "forward",
        };
        let effect = match node.effect_of(rule) {
            Effect::Forward(bid) => bid.to_string(),
            Effect::Drop => "drop".to_owned(),
            Effect::Exhausted => "exhausted".to_owned(),
        };
        let bids: Vec<String> = rule.bids().iter().map(u8::to_string).collect();
        let selector = rule
            .selector
            .selector()
            .map_or_else(|| format!("format {}", rule.selector.ts_format()), |selector| selector.to_string());
        format!("{} {action} {} > {effect} | {selector}", index + 1, bids.join(","))
    };
    node.policy().rules().iter().enumerate().map(line).collect()
}

/// Counters of the rules of a node: `packets/bytes`.
pub fn rule_counts(observer: &Observer, home_address: Ipv4Addr) -> Vec<String> {
    let rules = node(observer, home_address).policy().rules().iter();
    rules.map(|rule| format!("{}/{}", rule.packets, rule.bytes)).collect()
}

/// Tunnels of a node: `BID care-of-address encapsulation down up flows`.
pub fn tunnels(observer: &Observer, home_address: Ipv4Addr) -> Vec<String> {
    let line = |tunnel: &Tunnel| {
        format!(
            "{} {} {} {} {} flows {}",
            bid(tunnel.bid),
            tunnel.care_of_address,
            tunnel.encapsulation.name(),
            traffic(tunnel.downlink()),
            traffic(tunnel.uplink()),
            tunnel.flows()
        )
    };
    node(observer, home_address).tunnels().iter().map(line).collect()
}

/// All flows: `fid expected-bid verdict [path: BID down up]...`.
pub fn flows(observer: &Observer) -> Vec<String> {
    observer.flows().iter().map(flow).collect()
}

fn flow(flow: &FlowView) -> String {
    let paths = flow
        .paths
        .iter()
        .map(|path| format!(" [{} {} {}]", bid(path.bid), traffic(path.downlink), traffic(path.uplink)));
    let paths: Vec<String> = paths.collect();
    format!("{} {} {}{}", shown(flow.fid), shown(flow.expected_bid), flow.verdict.name(), paths.concat())
}

/// The verdict on each flow.
pub fn verdicts(observer: &Observer) -> Vec<&'static str> {
    observer.flows().iter().map(|flow| flow.verdict.name()).collect()
}

/// The only verdict.
pub fn verdict(observer: &Observer) -> &'static str {
    let verdicts = verdicts(observer);
    assert_eq!(verdicts.len(), 1, "one flow");
    verdicts[0]
}

/// Who each flow is between: `source:port destination:port protocol`.
pub fn ends(observer: &Observer) -> Vec<String> {
    let line = |flow: FlowView| {
        format!(
            "{}:{} {}:{} {}",
            flow.source,
            shown(flow.source_port),
            flow.destination,
            shown(flow.destination_port),
            flow.protocol
        )
    };
    observer.flows().into_iter().map(line).collect()
}

/// All exchanges: `kind status code bid requests < replies`.
pub fn exchanges(observer: &Observer) -> Vec<String> {
    let line = |exchange: &Exchange| {
        let frames = |frames: Vec<u64>| {
            let frames: Vec<String> = frames.iter().map(u64::to_string).collect();
            if frames.is_empty() { "-".to_owned() } else { frames.join(",") }
        };
        format!(
            "{} {} {} {} {} < {}",
            shown(exchange.kind.map(mipflow::state::Kind::name)),
            exchange.status.name(),
            shown(exchange.code.map(|code| code.0)),
            bid(exchange.bid),
            frames(exchange.request_frames().collect()),
            frames(exchange.reply_frames().collect())
        )
    };
    observer.exchanges().map(line).collect()
}

fn traffic(traffic: Traffic) -> String {
    format!("{}/{}", traffic.packets, traffic.bytes)
}

fn bid(bid: Option<Bid>) -> String {
    shown(bid.map(Bid::octet))
}

fn shown(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Seconds after the epoch of the histories; exact, as nanoseconds fit into the fraction.
#[allow(clippy::cast_precision_loss)]
fn seconds(time: Timestamp) -> f64 {
    time.since(Timestamp::new(EPOCH, 0)) as f64 / 1e9
}
