//! The `nodes` section as text: what a home agent's `show ip mobile binding` and `show ip mobile tunnel` tell of a
//! node, and its flow policy as RFC 7629 Figure 2 draws one.

use std::io::{self, Write};

use anstyle::Style;

use super::Page;
use crate::report::ladder::encapsulation_title;
use crate::report::look::painted;
use crate::report::text_table::{Group, TextTable};
use crate::state::{Bid, Binding, Effect, Multipath, Node, Origin, Rule, RuleAction, Traffic, Tunnel};
use crate::time::Timestamp;

const BINDINGS: [Group; 8] = [
    Group::apart(&["BID"]).right().whole(),
    Group::apart(&["Care-of address"]).whole(),
    Group::joined(&["Access", "label"], " "),
    Group::joined(&["Tunnel", "mode", "flags"], ", "),
    Group::apart(&["Lifetime", "left"]).right().whole(),
    Group::joined(&["State", "since"], " "),
    Group::joined(&["Down", "bytes"], " / ").right().whole(),
    Group::joined(&["Up", "bytes"], " / ").right().whole(),
];

const POLICY: [Group; 5] = [
    Group::apart(&["FID"]).right().whole(),
    Group::apart(&["Selector"]),
    Group::apart(&["Access network preferences"]),
    Group::apart(&["Packets", "bytes"]).right().whole(),
    Group::joined(&["Set by", "frame"], " "),
];

/// Writes all nodes that are wanted.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let nodes = page.selection.nodes();
    let mut first = true;
    for node in nodes {
        if !first {
            writeln!(out)?;
        }
        first = false;
        write_node(out, page, node)?;
    }
    if !first {
        return Ok(());
    }
    let quiet = page.look.palette.quiet;
    let nothing =
        if page.selection.is_narrowed() { "no mobile node of this name" } else { "no mobile nodes" };
    writeln!(out, "{quiet}{nothing}{quiet:#}")
}

fn write_node(out: &mut dyn Write, page: &mut Page<'_, '_>, node: &Node) -> io::Result<()> {
    let heading = page.look.palette.heading;
    writeln!(out, "{heading}{}{heading:#}", page.name_of(node))?;
    writeln!(out, "  {}", facts(page, node))?;
    write_bindings(out, page, node)?;
    write_policy(out, page, node)
}

/// What is to say of the node itself.
fn facts(page: &Page<'_, '_>, node: &Node) -> String {
    let Page { look, .. } = page;
    let multipath = match node.multipath {
        Multipath::Enabled => painted(look.palette.good, "multipath enabled"),
        Multipath::Refused => painted(look.palette.doubtful, "multipath refused"),
        Multipath::Off => "multipath off".to_owned(),
    };
    let mut facts = vec![format!("home agent {}", node.home_agent), multipath];
    if !node.prefixes.is_empty() {
        let prefixes: Vec<String> = node.prefixes.iter().map(ToString::to_string).collect();
        facts.push(format!("prefixes {}", prefixes.join(" ")));
    }
    let flows = node.flow_count();
    if flows > 0 {
        facts.push(format!("{flows} {}", if flows == 1 { "flow" } else { "flows" }));
    }
    facts.join(&format!(" {} ", look.glyphs.between))
}

fn write_bindings(out: &mut dyn Write, page: &mut Page<'_, '_>, node: &Node) -> io::Result<()> {
    if node.bindings().is_empty() && node.tunnels().is_empty() {
        return writeln!(out, "  no bindings");
    }
    let quiet = page.look.palette.quiet;
    let mut table = TextTable::new(&page.look, 2, &BINDINGS);
    let mut told = vec![false; node.tunnels().len()];
    for (index, binding) in node.bindings().iter().enumerate() {
        let place = node.tunnel_of(index);
        if let Some(told) = place.and_then(|place| told.get_mut(place)) {
            *told = true;
        }
        let tunnel = place.and_then(|place| node.tunnels().get(place));
        let style = if binding.is_active() { Style::new() } else { quiet };
        table.row(out, style, binding_row(page, binding, tunnel))?;
    }
    for (tunnel, _) in node.tunnels().iter().zip(told).filter(|(_, told)| !told) {
        table.row(out, quiet, tunnel_row(tunnel))?;
    }
    table.write(out)
}

fn binding_row(page: &mut Page<'_, '_>, binding: &Binding, tunnel: Option<&Tunnel>) -> Vec<Vec<String>> {
    let (access, label) = binding.interface.map_or_else(Default::default, |interface| {
        let technology = interface.access_technology;
        let access = technology.name().map_or_else(|| technology.0.to_string(), str::to_owned);
        (access, interface.label.to_string())
    });
    let flags: String = binding.flags.letters().collect();
    let mode = if binding.flags.co_located() { "co-located" } else { "via FA" };
    let since = binding.ended.unwrap_or(binding.registered);
    let [downlink, uplink] =
        tunnel.map(|tunnel| [tunnel.downlink, tunnel.uplink].map(counters)).unwrap_or_default();
    let behind_nat = tunnel.and_then(far_end);
    let care_of_address = binding.care_of_address.to_string();
    vec![
        vec![bid(binding.bid())],
        vec![[Some(care_of_address), behind_nat].into_iter().flatten().collect::<Vec<_>>().join("\n")],
        vec![access, label],
        vec![encapsulation_title(binding.encapsulation()).to_owned(), mode.to_owned(), flags],
        vec![lifetime(binding.lifetime), left(binding, page.selection.observer().clock())],
        vec![binding.state.name().to_owned(), page.moment(since)],
        downlink,
        uplink,
    ]
}

/// A tunnel without a binding that is still known: its binding moved, or it never had one.
fn tunnel_row(tunnel: &Tunnel) -> Vec<Vec<String>> {
    vec![
        vec![bid(tunnel.bid)],
        vec![tunnel.care_of_address.to_string()],
        vec![String::new(); 2],
        vec![encapsulation_title(tunnel.encapsulation).to_owned(), String::new(), String::new()],
        vec![String::new(); 2],
        vec!["no binding".to_owned(), String::new()],
        counters(tunnel.downlink),
        counters(tunnel.uplink),
    ]
}

/// Where the tunnel ends when a NAT stands before the care-of address.
fn far_end(tunnel: &Tunnel) -> Option<String> {
    let end = tunnel.far_end;
    let port = end.port.filter(|_| end.address != tunnel.care_of_address)?;
    Some(format!("{}:{port}", end.address))
}

fn write_policy(out: &mut dyn Write, page: &mut Page<'_, '_>, node: &Node) -> io::Result<()> {
    if node.policy().rules().is_empty() {
        return match node.multipath {
            Multipath::Enabled => writeln!(out, "  no flow policy"),
            Multipath::Refused | Multipath::Off => Ok(()),
        };
    }
    writeln!(out)?;
    let mut table = TextTable::new(&page.look, 2, &POLICY);
    for (fid, rule) in (1u32..).zip(node.policy().rules()) {
        let selector = match rule.selector.selector() {
            Some(selector) => selector.to_string(),
            None => format!("of format {}", rule.selector.ts_format()),
        };
        let origin = match rule.origin {
            Origin::Request => "request",
            Origin::Reply => "reply",
        };
        let row = vec![
            vec![fid.to_string()],
            vec![selector],
            vec![preferences(page, node, rule).join("\n")],
            vec![rule.packets.to_string(), rule.bytes.to_string()],
            vec![origin.to_owned(), format!("#{}", rule.frame)],
        ];
        table.row(out, Style::new(), row)?;
    }
    table.write(out)
}

/// The bindings of a rule in order of preference, as a list that ends in a drop; the one in force is marked.
fn preferences(page: &Page<'_, '_>, node: &Node, rule: &Rule) -> Vec<String> {
    let Page { look, .. } = page;
    let effect = rule.effect(|bid| node.is_active(bid));
    let mark = look.glyphs.active;
    let blank = " ".repeat(mark.chars().count());
    let line = |is_active: bool, style: Style, text: &str| {
        if is_active { painted(style, format_args!("{mark} {text}")) } else { format!("{blank} {text}") }
    };
    let mut lines = Vec::new();
    if let RuleAction::Forward(list) = &rule.action {
        for bid in list.bids() {
            let is_active = effect == Effect::Forward(*bid);
            lines.push(line(is_active, look.palette.good, &preference(node, *bid)));
        }
    }
    let style = if effect == Effect::Exhausted { look.palette.bad } else { look.palette.doubtful };
    lines.push(line(matches!(effect, Effect::Drop | Effect::Exhausted), style, "<DROP>"));
    lines
}

/// A binding in a list of preferences: its identifier, and where it leads as far as that is known.
fn preference(node: &Node, octet: u8) -> String {
    let of_it = |binding: &&Binding| binding.bid().map(Bid::octet) == Some(octet);
    let bindings = node.bindings();
    let known = node.active().find(of_it).or_else(|| bindings.iter().rev().find(of_it));
    match known {
        None => format!("BID {octet} never registered"),
        Some(binding) if binding.is_active() => format!("BID {octet} {}", binding.care_of_address),
        Some(binding) => format!("BID {octet} {} {}", binding.care_of_address, binding.state.name()),
    }
}

fn bid(bid: Option<Bid>) -> String {
    bid.map_or_else(|| "-".to_owned(), |bid| bid.octet().to_string())
}

/// A lifetime in seconds; 65535 never ends (RFC 5944 §3.3).
pub(super) fn lifetime(seconds: u16) -> String {
    if seconds == u16::MAX { "infinite".to_owned() } else { format!("{seconds} s") }
}

/// Whole seconds until a binding expires.
fn left(binding: &Binding, clock: Timestamp) -> String {
    if !binding.is_active() {
        return "-".to_owned();
    }
    match binding.expires {
        None => "infinite".to_owned(),
        Some(expires) => format!("{} s", expires.since(clock).max(0) / 1_000_000_000),
    }
}

/// Packets and octets.
pub(super) fn counters(traffic: Traffic) -> Vec<String> {
    vec![traffic.packets.to_string(), traffic.bytes.to_string()]
}
