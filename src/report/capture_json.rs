//! The capture as JSON: the `capture` object of the contract.

use serde::Serialize;

use super::{Clock, Summary};
use crate::rules::Findings;

/// The `capture` object.
#[derive(Serialize)]
pub(super) struct CaptureJson<'a> {
    files: &'a [String],
    link_types: Vec<String>,
    packets: u64,
    bytes: u64,
    first: Option<String>,
    last: Option<String>,
    registrations: u64,
    tunnelled: u64,
    fragments: u64,
    undecodable: u64,
    truncated: u64,
    evicted: Evicted,
    dropped: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
    clock_backwards: u64,
}

/// How many entries each bounded table has dropped to make room.
#[derive(Serialize)]
struct Evicted {
    nodes: u64,
    exchanges: u64,
    flows: u64,
    findings: u64,
    fragments: u64,
    bindings: u64,
    rules: u64,
    legs: u64,
    others: u64,
}

impl<'a> CaptureJson<'a> {
    /// The object for `summary`.
    pub(super) fn new(summary: &Summary<'a>, clock: &mut Clock) -> Self {
        let counts = summary.counts;
        let evictions = summary.observer.evictions();
        let mut text = |time| clock.rfc3339(time, counts.precision).to_owned();
        Self {
            files: summary.files,
            link_types: summary.link_type_names(),
            packets: counts.packets,
            bytes: counts.bytes,
            first: counts.first.map(&mut text),
            last: counts.last.map(&mut text),
            registrations: counts.registrations(),
            tunnelled: summary.observer.tunnelled(),
            fragments: summary.network.fragments,
            undecodable: summary.network.undecodable,
            truncated: counts.truncated,
            evicted: Evicted {
                nodes: evictions.nodes,
                exchanges: evictions.exchanges,
                flows: evictions.flows,
                findings: summary.findings.map_or(0, Findings::evicted),
                fragments: summary.lost_fragments(),
                bindings: evictions.bindings,
                rules: evictions.rules,
                legs: evictions.legs,
                others: evictions.others.saturating_add(summary.findings.map_or(0, Findings::forgotten)),
            },
            dropped: summary.lost.map(|lost| lost.dropped),
            skipped: summary.lost.map(|lost| lost.skipped),
            clock_backwards: summary.clock_backwards,
        }
    }
}
