//! The `traffic` section as text: what `show ip mobile traffic` shows of a home agent.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use super::Page;
use super::exchanges::named;
use crate::counted::grouped;
use crate::state::AgentTraffic;
use crate::wire::ReplyCode;

/// Writes all home agents.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let agents = page.selection.observer().agents();
    if agents.is_empty() {
        return page.nothing(out, "no home agents");
    }
    if page.selection.is_narrowed() {
        let quiet = page.look.palette.quiet;
        writeln!(out, "{quiet}with all nodes: --node does not narrow this section{quiet:#}")?;
    }
    for (index, (agent, traffic)) in agents.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write_agent(out, page, *agent, traffic)?;
    }
    Ok(())
}

fn write_agent(
    out: &mut dyn Write,
    page: &Page<'_, '_>,
    agent: Ipv4Addr,
    traffic: &AgentTraffic,
) -> io::Result<()> {
    let heading = page.look.palette.heading;
    writeln!(out, "{heading}Home agent {agent}{heading:#}")?;
    let denied = traffic.denied.values().sum();
    for [left, right] in [
        [("register", traffic.register), ("accepted", traffic.accepted)],
        [("refresh", traffic.refresh), ("denied", denied)],
        [("deregister", traffic.deregister), ("unanswered", traffic.unanswered)],
        [("retransmitted", traffic.retransmitted), ("unsolicited", traffic.unsolicited)],
    ] {
        let (first, second) = (grouped(left.1), grouped(right.1));
        writeln!(out, "  {:<16}{first:>10}    {:<16}{second:>10}", left.0, right.0)?;
    }
    if !traffic.denied.is_empty() {
        writeln!(out, "  denied by code")?;
    }
    for (code, count) in &traffic.denied {
        writeln!(out, "    {:>10}  {}", grouped(*count), named(ReplyCode(*code), page.numbers))?;
    }
    if !traffic.unknown_tunnels.is_empty() {
        writeln!(out, "  packets of unknown tunnels, by care-of address")?;
    }
    for (address, seen) in &traffic.unknown_tunnels {
        writeln!(out, "    {:>10}  {address}", grouped(seen.packets))?;
    }
    if traffic.other_unknown > 0 {
        writeln!(out, "    {:>10}  further addresses", grouped(traffic.other_unknown))?;
    }
    Ok(())
}
