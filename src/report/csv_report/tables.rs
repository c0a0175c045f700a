//! The inferred tables as CSV. Columns have the names of the JSON fields; the values of a list are separated by blanks.

use std::io::{self, Write};

use super::{or_empty, write_row};
use crate::report::printable::cell;
use crate::report::selection::Selection;
use crate::report::{Clock, Summary};
use crate::rules::Findings;
use crate::state::{Bid, Binding, Exchange, FlowView, Kind, Node, PathView, Traffic, Tunnel};
use crate::time::{Precision, Timestamp};

pub(super) const EXCHANGE_COLUMNS: [&str; 16] = [
    "time",
    "home_address",
    "nai",
    "home_agent",
    "identification",
    "kind",
    "status",
    "request_frames",
    "reply_frames",
    "code",
    "bid",
    "care_of_address",
    "lifetime_asked",
    "lifetime_granted",
    "round_trip_ms",
    "retransmissions",
];

pub(super) const NODE_COLUMNS: [&str; 24] = [
    "home_address",
    "nai",
    "home_agent",
    "multipath",
    "prefixes",
    "bid",
    "care_of_address",
    "mode",
    "state",
    "if_att",
    "if_att_name",
    "if_label",
    "encapsulation",
    "flags",
    "registered",
    "refreshed",
    "expires",
    "lifetime",
    "ended",
    "frame",
    "downlink_packets",
    "downlink_bytes",
    "uplink_packets",
    "uplink_bytes",
];

pub(super) const FLOW_COLUMNS: [&str; 17] = [
    "home_address",
    "source",
    "destination",
    "protocol",
    "source_port",
    "destination_port",
    "fid",
    "expected_bid",
    "verdict",
    "bid",
    "care_of_address",
    "downlink_packets",
    "downlink_bytes",
    "uplink_packets",
    "uplink_bytes",
    "first",
    "last",
];

pub(super) const TRAFFIC_COLUMNS: [&str; 11] = [
    "home_agent",
    "register",
    "refresh",
    "deregister",
    "accepted",
    "denied",
    "denied_by_code",
    "unanswered",
    "unsolicited",
    "retransmitted",
    "unknown_tunnel_packets",
];

pub(super) const FINDING_COLUMNS: [&str; 8] =
    ["rule", "level", "frame", "time", "subject", "home_address", "message", "source"];

pub(super) const VIOLATION_COLUMNS: [&str; 8] = [
    "home_address",
    "nai",
    "home_agent",
    "failed_authentication",
    "bad_identification",
    "unknown_spi",
    "last_time",
    "last_code",
];

pub(super) fn write_exchanges<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    for exchange in Selection::new(summary).exchanges() {
        let first = exchange.legs.first();
        let time = first.map(|leg| clock.rfc3339(leg.time, leg.precision).to_owned());
        write_row(out, exchange_row(exchange, time))?;
    }
    Ok(())
}

fn exchange_row(exchange: &Exchange, time: Option<String>) -> [String; EXCHANGE_COLUMNS.len()] {
    [
        time.unwrap_or_default(),
        exchange.home_address.to_string(),
        nai(exchange.nai.as_deref()),
        exchange.home_agent.to_string(),
        format!("0x{:016x}", exchange.identification),
        exchange.kind.map(Kind::name).unwrap_or_default().to_owned(),
        exchange.status.name().to_owned(),
        list(exchange.request_frames()),
        list(exchange.reply_frames()),
        or_empty(exchange.code.map(|code| code.0)),
        or_empty(exchange.bid.map(Bid::octet)),
        or_empty(exchange.care_of_address),
        or_empty(exchange.requested),
        or_empty(exchange.granted),
        exchange.round_trip.map(milliseconds).unwrap_or_default(),
        exchange.retransmissions.to_string(),
    ]
}

pub(super) fn write_nodes<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    let precision = summary.counts.precision;
    for node in Selection::new(summary).nodes() {
        let of_node = node_cells(node);
        let mut row = |cells: [String; 19]| write_row(out, of_node.iter().chain(&cells));
        if node.bindings().is_empty() && node.tunnels().is_empty() {
            row(std::array::from_fn(|_| String::new()))?;
        }
        for (place, binding) in node.bindings().iter().enumerate() {
            let tunnel = node.tunnel_of(place).and_then(|place| node.tunnels().get(place));
            row(binding_cells(binding, tunnel, clock, precision))?;
        }
        for tunnel in node.tunnels_without_binding() {
            row(tunnel_cells(tunnel))?;
        }
    }
    Ok(())
}

fn node_cells(node: &Node) -> [String; 5] {
    [
        or_empty(node.home_address),
        nai(node.nai.as_deref()),
        node.home_agent.to_string(),
        node.multipath.name().to_owned(),
        list(node.prefixes().iter()),
    ]
}

fn binding_cells(
    binding: &Binding,
    tunnel: Option<&Tunnel>,
    clock: &mut Clock,
    precision: Precision,
) -> [String; 19] {
    let mut time = |time: Timestamp| clock.rfc3339(time, precision).to_owned();
    let interface = binding.interface;
    let [downlink, uplink] =
        tunnel.map(|tunnel| [tunnel.downlink(), tunnel.uplink()].map(counters)).unwrap_or_default();
    let [downlink_packets, downlink_bytes] = downlink;
    let [uplink_packets, uplink_bytes] = uplink;
    [
        or_empty(binding.bid().map(Bid::octet)),
        binding.care_of_address.to_string(),
        if binding.flags.co_located() { "co-located" } else { "foreign-agent" }.to_owned(),
        binding.state.name().to_owned(),
        or_empty(interface.map(|interface| interface.access_technology.0)),
        or_empty(interface.and_then(|interface| interface.access_technology.name())),
        or_empty(interface.map(|interface| interface.label)),
        binding.encapsulation().name().to_owned(),
        binding.flags.letters().collect(),
        time(binding.registered),
        time(binding.refreshed),
        binding.expires.map(&mut time).unwrap_or_default(),
        binding.lifetime.to_string(),
        binding.ended.map(&mut time).unwrap_or_default(),
        binding.frame.to_string(),
        downlink_packets,
        downlink_bytes,
        uplink_packets,
        uplink_bytes,
    ]
}

/// The binding cells of a row for a tunnel without a binding: only what is known of the tunnel is filled in.
fn tunnel_cells(tunnel: &Tunnel) -> [String; 19] {
    let empty = String::new;
    let [[downlink_packets, downlink_bytes], [uplink_packets, uplink_bytes]] =
        [tunnel.downlink(), tunnel.uplink()].map(counters);
    [
        or_empty(tunnel.bid.map(Bid::octet)),
        tunnel.care_of_address.to_string(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        tunnel.encapsulation.name().to_owned(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        downlink_packets,
        downlink_bytes,
        uplink_packets,
        uplink_bytes,
    ]
}

pub(super) fn write_flows<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    let selection = Selection::new(summary);
    for flow in selection.flows() {
        let node = selection.observer().node(flow.node);
        for path in &flow.paths {
            let tunnel = node.and_then(|node| node.tunnels().get(path.tunnel));
            write_row(out, path_row(&flow, path, tunnel, clock, summary.counts.precision))?;
        }
    }
    Ok(())
}

fn path_row(
    flow: &FlowView,
    path: &PathView,
    tunnel: Option<&Tunnel>,
    clock: &mut Clock,
    precision: Precision,
) -> [String; FLOW_COLUMNS.len()] {
    let [downlink_packets, downlink_bytes] = counters(path.downlink);
    let [uplink_packets, uplink_bytes] = counters(path.uplink);
    [
        or_empty(flow.home_address),
        flow.source.to_string(),
        flow.destination.to_string(),
        flow.protocol.to_string(),
        or_empty(flow.source_port),
        or_empty(flow.destination_port),
        or_empty(flow.fid),
        or_empty(flow.expected_bid),
        flow.verdict.name().to_owned(),
        or_empty(path.bid.map(Bid::octet)),
        or_empty(tunnel.map(|tunnel| tunnel.care_of_address)),
        downlink_packets,
        downlink_bytes,
        uplink_packets,
        uplink_bytes,
        clock.rfc3339(path.first, precision).to_owned(),
        clock.rfc3339(path.last, precision).to_owned(),
    ]
}

pub(super) fn write_traffic<W: Write>(out: &mut csv::Writer<W>, summary: &Summary<'_>) -> io::Result<()> {
    for (agent, traffic) in summary.observer.agents() {
        let denied: u64 = traffic.denied.values().sum();
        let unknown: u64 = traffic.unknown_tunnels.values().map(|seen| seen.packets).sum();
        let cells = [
            agent.to_string(),
            traffic.register.to_string(),
            traffic.refresh.to_string(),
            traffic.deregister.to_string(),
            traffic.accepted.to_string(),
            denied.to_string(),
            list(traffic.denied.iter().map(|(code, count)| format!("{code}={count}"))),
            traffic.unanswered.to_string(),
            traffic.unsolicited.to_string(),
            traffic.retransmitted.to_string(),
            unknown.saturating_add(traffic.other_unknown).to_string(),
        ];
        write_row(out, cells)?;
    }
    Ok(())
}

pub(super) fn write_violations<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    for node in Selection::new(summary).nodes() {
        let Some(violations) = node.violations() else { continue };
        let time = violations.precision.map(|precision| clock.rfc3339(violations.last, precision).to_owned());
        let cells = [
            or_empty(node.home_address),
            nai(node.nai.as_deref()),
            node.home_agent.to_string(),
            violations.failed_authentication.to_string(),
            violations.bad_identification.to_string(),
            violations.unknown_spi.to_string(),
            time.unwrap_or_default(),
            or_empty(violations.last_code.map(|code| code.0)),
        ];
        write_row(out, cells)?;
    }
    Ok(())
}

/// Writes one line for each finding.
pub(super) fn write_findings<W: Write>(
    out: &mut csv::Writer<W>,
    clock: &mut Clock,
    summary: &Summary<'_>,
) -> io::Result<()> {
    let selection = Selection::new(summary);
    let kept = summary.findings.map(Findings::kept).unwrap_or_default();
    let mut frame = itoa::Buffer::new();
    for finding in kept.iter().filter(|finding| selection.has_finding(finding)) {
        let place = finding.place;
        let home_address = or_empty(finding.home_address);
        let cells = [
            finding.rule.id,
            finding.level.name(),
            frame.format(place.frame),
            clock.rfc3339(place.time, place.precision),
            finding.subject.name(),
            &home_address,
            &finding.message.text(),
            finding.rule.source,
        ];
        write_row(out, cells)?;
    }
    Ok(())
}

/// A NAI made safe to look at on a terminal and in a spreadsheet.
fn nai(octets: Option<&[u8]>) -> String {
    octets.map(cell).unwrap_or_default()
}

fn list(values: impl Iterator<Item = impl ToString>) -> String {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    values.join(" ")
}

fn counters(traffic: Traffic) -> [String; 2] {
    [traffic.packets.to_string(), traffic.bytes.to_string()]
}

/// Nanoseconds as milliseconds, with as many decimals as are needed.
fn milliseconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let digits = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}
