//! The `flows` section as text: one row for each flow, and one more for each further tunnel it took.

use std::io::{self, Write};

use anstyle::Style;

use super::Page;
use super::nodes::counters;
use crate::counted::counted;
use crate::dotted::dotted;
use crate::net::FlowEnd;
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

/// Writes all selected flows.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let mut table = TextTable::new(&page.look, 0, &FLOWS);
    for flow in page.selection.flows() {
        add(out, &mut table, page, &flow)?;
    }
    if table.is_empty() {
        return page.nothing(out, "no flows in tunnels");
    }
    table.write(out)?;
    page.forgotten(out, &[counted(page.selection.observer().evictions().flows, "flow")])?;
    let doubtful = page.look.palette.doubtful;
    let [messages, packets] = page.cut;
    let (messages, packets) = (counted(messages, "message"), counted(packets, "tunnelled packet"));
    for (cut, ports) in [(messages, ""), (packets, packets.verb(" before its ports", " before their ports"))]
    {
        if !cut.is_none() {
            let was = cut.verb("was", "were");
            writeln!(
                out,
                "{doubtful}{cut} {was} cut{ports} by the snapshot length; what is missing can change \
                 verdicts{doubtful:#}"
            )?;
        }
    }
    Ok(())
}

fn add(out: &mut dyn Write, table: &mut TextTable, page: &Page<'_, '_>, flow: &FlowView) -> io::Result<()> {
    for (index, path) in flow.paths.iter().enumerate() {
        table.row(out, Style::new())?;
        if index == 0 {
            identify(table, page, flow);
        } else {
            table.nothing(IDENTITY);
        }
        fill(table, page, flow, path);
    }
    Ok(())
}

/// How many texts of a row identify the flow and give its verdict.
const IDENTITY: usize = 7;

/// Adds the texts that identify the flow and give its verdict.
fn identify(table: &mut TextTable, page: &Page<'_, '_>, flow: &FlowView) {
    let protocol = IpProtocol(flow.protocol);
    table.maybe(flow.home_address.map(dotted));
    match protocol.name() {
        Some(name) => table.text(name),
        None => table.text(format_args!("protocol {}", protocol.0)),
    }
    table.text(FlowEnd::new(flow.source, flow.source_port));
    let destination = FlowEnd::new(flow.destination, flow.destination_port);
    table.text(format_args!("{} {destination}", page.look.glyphs.arrow));
    table.maybe(flow.fid);
    table.text(painted(style_of(page, flow.verdict), flow.verdict.name()));
    match (flow.fid, flow.expected_bid) {
        (_, Some(bid)) => table.text(format_args!("BID {bid}")),
        (Some(_), None) => table.text("drop"),
        (None, None) => table.nothing(1),
    }
}

/// Adds the texts of a path: binding, care-of address and counters.
fn fill(table: &mut TextTable, page: &Page<'_, '_>, flow: &FlowView, path: &PathView) {
    let node = page.selection.observer().node(flow.node);
    let tunnel = node.and_then(|node| node.tunnels().get(path.tunnel));
    match path.bid {
        Some(bid) => table.text(format_args!("BID {}", Bid::octet(bid))),
        None if path.is_inner => table.text("inside NAT"),
        None => table.text("no BID"),
    }
    table.maybe(tunnel.map(|tunnel| dotted(tunnel.care_of_address)));
    counters(table, path.downlink);
    counters(table, path.uplink);
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
