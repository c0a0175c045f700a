//! The `flows` section as text: a row a flow and a further row for each further tunnel it took.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use anstyle::Style;

use super::Page;
use super::nodes::counters;
use crate::report::look::painted;
use crate::report::text_table::{Group, TextTable};
use crate::state::{Bid, FlowView, PathView, Verdict};
use crate::wire::IpProtocol;

const FLOWS: [Group; 7] = [
    Group::apart(&["Home address", "protocol"]).whole(),
    Group::apart(&["Source", "destination"]),
    Group::apart(&["FID"]).right().whole(),
    Group::apart(&["Verdict", "expected"]).whole(),
    Group::apart(&["Tunnel", "care-of address"]).whole(),
    Group::joined(&["Down", "bytes"], " / ").right().whole(),
    Group::joined(&["Up", "bytes"], " / ").right().whole(),
];

/// Writes all flows that are wanted.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let mut table = TextTable::new(&page.look, 0, &FLOWS);
    for flow in page.selection.flows() {
        add(out, &mut table, page, &flow)?;
    }
    if table.is_empty() { page.nothing(out, "no flows in tunnels") } else { table.write(out) }
}

fn add(out: &mut dyn Write, table: &mut TextTable, page: &Page<'_, '_>, flow: &FlowView) -> io::Result<()> {
    let protocol = IpProtocol(flow.protocol);
    let expected = match (flow.fid, flow.expected_bid) {
        (_, Some(bid)) => format!("BID {bid}"),
        (Some(_), None) => "drop".to_owned(),
        (None, None) => String::new(),
    };
    let verdict = painted(style_of(page, flow.verdict), flow.verdict.name());
    let mut left = vec![
        vec![
            flow.home_address.map(|address| address.to_string()).unwrap_or_default(),
            protocol.name().map_or_else(|| format!("protocol {}", protocol.0), str::to_owned),
        ],
        vec![
            endpoint(flow.source, flow.source_port),
            format!("{} {}", page.look.glyphs.arrow, endpoint(flow.destination, flow.destination_port)),
        ],
        vec![flow.fid.map(|fid| fid.to_string()).unwrap_or_default()],
        vec![verdict, expected],
    ];
    for path in &flow.paths {
        let mut row = std::mem::take(&mut left);
        if row.is_empty() {
            row = vec![
                vec![String::new(); 2],
                vec![String::new(); 2],
                vec![String::new()],
                vec![String::new(); 2],
            ];
        }
        row.extend([tunnel(page, flow, path), counters(path.downlink), counters(path.uplink)]);
        table.row(out, Style::new(), row)?;
    }
    Ok(())
}

/// Binding and care-of address of a path.
fn tunnel(page: &Page<'_, '_>, flow: &FlowView, path: &PathView) -> Vec<String> {
    let node = page.selection.observer().node(flow.node);
    let tunnel = node.and_then(|node| node.tunnels().get(path.tunnel));
    let name = path.bid.map_or_else(|| "no BID".to_owned(), |bid| format!("BID {}", Bid::octet(bid)));
    vec![name, tunnel.map(|tunnel| tunnel.care_of_address.to_string()).unwrap_or_default()]
}

fn endpoint(address: IpAddr, port: Option<u16>) -> String {
    port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string())
}

fn style_of(page: &Page<'_, '_>, verdict: Verdict) -> Style {
    let palette = &page.look.palette;
    match verdict {
        Verdict::Leaks | Verdict::Strays => palette.bad,
        Verdict::Exhausted | Verdict::PerPacket => palette.doubtful,
        Verdict::Conforms => palette.good,
        Verdict::Moved | Verdict::PerFlow => Style::new(),
    }
}
