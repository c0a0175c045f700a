//! What is inferred from messages and packets, and what was counted.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::forms::{ANY_ADDRESS, Address, IDENTIFICATION, OrNull, TIME, Text};

/// A request with its replies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Exchange {
    pub home_address: Address,
    pub nai: OrNull<String>,
    pub identification: Text<IDENTIFICATION>,
    pub kind: OrNull<Kind>,
    pub status: Status,
    pub request_frames: Vec<u64>,
    pub reply_frames: Vec<u64>,
    pub code: OrNull<u8>,
    pub bid: OrNull<u8>,
    pub care_of_address: OrNull<Address>,
    pub round_trip_ms: OrNull<f64>,
    pub retransmissions: u32,
}

/// What a request asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Register,
    Refresh,
    Update,
    Overwrite,
    BulkRefresh,
    Deregister,
    BulkDeregister,
}

/// What became of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Accepted,
    Denied,
    Unanswered,
    Unsolicited,
}

/// A mobile node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Node {
    pub home_address: OrNull<Address>,
    pub nai: OrNull<String>,
    pub home_agent: Address,
    pub multipath: Multipath,
    pub prefixes: Vec<String>,
    pub bindings: Vec<Binding>,
    pub policy: Vec<PolicyRule>,
    pub tunnels: Vec<Tunnel>,
}

/// Whether a node may have several bindings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Multipath {
    Enabled,
    Refused,
    Off,
}

/// A care-of address of a node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Binding {
    pub bid: OrNull<u8>,
    pub care_of_address: Address,
    pub mode: Mode,
    pub state: State,
    pub if_att: OrNull<u8>,
    pub if_att_name: OrNull<String>,
    pub if_label: OrNull<u8>,
    pub encapsulation: Encapsulation,
    pub reverse_tunnel: bool,
    pub registered: Text<TIME>,
    pub refreshed: Text<TIME>,
    pub expires: OrNull<Text<TIME>>,
    pub lifetime: u16,
    pub ended: OrNull<Text<TIME>>,
    pub frame: u64,
}

/// Whose address a care-of address is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    CoLocated,
    ForeignAgent,
}

/// What a binding has become.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Active,
    Expired,
    Deregistered,
    Replaced,
    Revoked,
}

/// How packets are tunnelled.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encapsulation {
    Ipip,
    Minimal,
    Gre,
    Udp,
}

/// A rule of a node's flow policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct PolicyRule {
    pub fid: u32,
    pub action: Action,
    pub bids: Vec<u8>,
    pub active_bid: OrNull<u8>,
    pub effect: Effect,
    pub ts_format: u8,
    pub selector: OrNull<Selector>,
    pub selector_text: OrNull<String>,
    pub origin: Origin,
    pub frame: u64,
    pub packets: u64,
    pub bytes: u64,
}

/// What a rule does with its flows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Forward,
    Drop,
}

/// What a rule comes to at present.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Forward,
    Drop,
    Exhausted,
}

/// Which message set a rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Rrq,
    Rrp,
}

/// Which flows a rule is for: ranges, both ends included.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Selector {
    pub source_address: OrNull<[Text<ANY_ADDRESS>; 2]>,
    pub destination_address: OrNull<[Text<ANY_ADDRESS>; 2]>,
    pub spi: OrNull<[u32; 2]>,
    pub flow_label: OrNull<[u32; 2]>,
    pub source_port: OrNull<[u16; 2]>,
    pub destination_port: OrNull<[u16; 2]>,
    pub ds: OrNull<[u8; 2]>,
    pub protocol: OrNull<[u8; 2]>,
}

/// A tunnel of a node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Tunnel {
    pub bid: OrNull<u8>,
    pub home_agent: Address,
    pub care_of_address: Address,
    pub encapsulation: Encapsulation,
    pub downlink: Counts,
    pub uplink: Counts,
    pub flows: u32,
}

/// What passed one way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Counts {
    pub packets: u64,
    pub bytes: u64,
}

/// A flow within tunnels.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Flow {
    pub home_address: OrNull<Address>,
    pub source: Text<ANY_ADDRESS>,
    pub destination: Text<ANY_ADDRESS>,
    pub protocol: u8,
    pub source_port: OrNull<u16>,
    pub destination_port: OrNull<u16>,
    pub fid: OrNull<u16>,
    pub expected_bid: OrNull<u8>,
    pub verdict: FlowVerdict,
    pub paths: Vec<Path>,
}

/// How a flow kept to its rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowVerdict {
    Conforms,
    Strays,
    Leaks,
    Exhausted,
    PerFlow,
    Moved,
    PerPacket,
}

/// What of a flow took one tunnel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Path {
    pub bid: OrNull<u8>,
    pub downlink: Counts,
    pub uplink: Counts,
    pub first: Text<TIME>,
    pub last: Text<TIME>,
}

/// What a rule found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Finding {
    pub rule: String,
    pub level: Level,
    pub frame: u64,
    pub time: Text<TIME>,
    pub subject: Subject,
    pub home_address: OrNull<Address>,
    pub message: String,
    pub source: String,
}

/// How grave a finding is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Must,
    Should,
    Note,
}

/// Who is at fault.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Mn,
    Ha,
    Fa,
    Any,
}

/// What the home agents did.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Traffic {
    pub home_agents: Vec<HomeAgent>,
}

/// What one home agent did.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct HomeAgent {
    pub home_agent: Address,
    pub register: u64,
    pub refresh: u64,
    pub deregister: u64,
    pub accepted: u64,
    pub denied: BTreeMap<u8, u64>,
    pub unanswered: u64,
    pub unsolicited: u64,
    pub retransmitted: u64,
    pub unknown_tunnels: Vec<UnknownTunnel>,
    pub other_unknown: u64,
}

/// A tunnel that was never registered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct UnknownTunnel {
    pub care_of_address: Address,
    pub packets: u64,
}

/// What was refused for reasons of security.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Violations {
    pub nodes: Vec<Violator>,
}

/// What was refused to one node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Violator {
    pub home_address: OrNull<Address>,
    pub nai: OrNull<String>,
    pub home_agent: Address,
    pub failed_authentication: u64,
    pub bad_identification: u64,
    pub unknown_spi: u64,
    pub last_time: OrNull<Text<TIME>>,
    pub last_code: OrNull<u8>,
}

/// What was read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Capture {
    pub files: Vec<String>,
    pub link_types: Vec<String>,
    pub packets: u64,
    pub bytes: u64,
    pub first: OrNull<Text<TIME>>,
    pub last: OrNull<Text<TIME>>,
    pub registrations: u64,
    pub tunnelled: u64,
    pub fragments: u64,
    pub undecodable: u64,
    pub truncated: u64,
    pub evicted: Evicted,
    pub dropped: OrNull<u64>,
    pub clock_backwards: u64,
}

/// What fell out of bounded tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Evicted {
    pub nodes: u64,
    pub exchanges: u64,
    pub flows: u64,
    pub findings: u64,
    pub fragments: u64,
    pub bindings: u64,
    pub rules: u64,
    pub legs: u64,
    pub others: u64,
}
