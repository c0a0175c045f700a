//! The `nodes` section as text: what a home agent's `show ip mobile binding` and `show ip mobile tunnel` show of a
//! node, and its flow policy in the form of RFC 7629 Figure 2.

use std::fmt::{self, Display, Formatter, Write as _};
use std::io::{self, Write};

use anstyle::Style;

use super::Page;
use crate::counted::counted;
use crate::dotted::dotted;
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

/// Writes all selected nodes.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let nodes = page.selection.nodes();
    // One table of each kind serves all nodes: there may be thousands, and each can reuse the memory of the one before.
    let mut bindings = TextTable::new(&page.look, 2, &BINDINGS);
    let mut policy = TextTable::new(&page.look, 2, &POLICY);
    let mut first = true;
    for node in nodes {
        if !first {
            writeln!(out)?;
        }
        first = false;
        let heading = page.look.palette.heading;
        writeln!(out, "{heading}{}{heading:#}", page.name_of(node))?;
        writeln!(out, "  {}", facts(page, node))?;
        write_bindings(out, &mut bindings, page, node)?;
        write_policy(out, &mut policy, page, node)?;
    }
    if !first {
        let forgotten = page.selection.observer().evictions();
        let counts = [
            counted(forgotten.nodes, "mobile node"),
            counted(forgotten.bindings, "ended binding"),
            counted(forgotten.rules, "rule"),
        ];
        return page.forgotten(out, &counts);
    }
    let quiet = page.look.palette.quiet;
    let nothing =
        if page.selection.is_narrowed() { "no mobile node of this name" } else { "no mobile nodes" };
    writeln!(out, "{quiet}{nothing}{quiet:#}")
}

/// The line of facts about the node itself.
fn facts(page: &Page<'_, '_>, node: &Node) -> String {
    let Page { look, .. } = page;
    let multipath = match node.multipath {
        Multipath::Enabled => painted(look.palette.good, "multipath enabled"),
        Multipath::Refused => painted(look.palette.doubtful, "multipath refused"),
        Multipath::Off => "multipath off".to_owned(),
    };
    let mut facts = vec![format!("home agent {}", node.home_agent), multipath];
    if !node.prefixes().is_empty() {
        let prefixes: Vec<String> = node.prefixes().iter().map(ToString::to_string).collect();
        facts.push(format!("prefixes {}", prefixes.join(" ")));
    }
    let flows = node.flow_count();
    if flows > 0 {
        facts.push(counted(flows, "flow").to_string());
    }
    facts.join(&format!(" {} ", look.glyphs.between))
}

fn write_bindings(
    out: &mut dyn Write,
    table: &mut TextTable,
    page: &mut Page<'_, '_>,
    node: &Node,
) -> io::Result<()> {
    if node.bindings().is_empty() && node.tunnels().is_empty() {
        return writeln!(out, "  no bindings");
    }
    let quiet = page.look.palette.quiet;
    for (index, binding) in node.bindings().iter().enumerate() {
        let tunnel = node.tunnel_of(index).and_then(|place| node.tunnels().get(place));
        let style = if binding.is_active() { Style::new() } else { quiet };
        table.row(out, style)?;
        fill_binding(table, page, binding, tunnel);
    }
    for tunnel in node.tunnels_without_binding() {
        table.row(out, quiet)?;
        fill_tunnel(table, tunnel, node.is_inner(tunnel));
    }
    table.write(out)
}

fn fill_binding(table: &mut TextTable, page: &mut Page<'_, '_>, binding: &Binding, tunnel: Option<&Tunnel>) {
    table.text(Identifier(binding.bid()));
    match tunnel.and_then(far_end) {
        Some(behind_nat) => table.text(format_args!("{}\n{behind_nat}", binding.care_of_address)),
        None => table.text(dotted(binding.care_of_address)),
    }
    match binding.interface {
        Some(interface) => {
            let technology = interface.access_technology;
            match technology.name() {
                Some(name) => table.text(name),
                None => table.text(technology.0),
            }
            table.text(interface.label);
        }
        None => table.nothing(2),
    }
    table.text(binding.encapsulation().title());
    table.text(if binding.flags.co_located() { "co-located" } else { "via FA" });
    table.compose(|text| text.extend(binding.flags.letters()));
    table.text(lifetime(binding.lifetime));
    table.text(left(binding, page.selection.observer().clock()));
    table.text(binding.state.name());
    table.text(page.moment(binding.ended.unwrap_or(binding.registered)));
    match tunnel {
        Some(tunnel) => {
            counters(table, tunnel.downlink());
            counters(table, tunnel.uplink());
        }
        None => table.nothing(4),
    }
}

/// Adds the row of a tunnel without a known binding: its binding moved, it never had one, or it is another tunnel as
/// seen inside a NAT.
fn fill_tunnel(table: &mut TextTable, tunnel: &Tunnel, is_inner: bool) {
    table.text(Identifier(tunnel.bid));
    match tunnel.far_end.port {
        Some(port) => table.text(format_args!("{}:{port}", tunnel.far_end.address)),
        None => table.text(dotted(tunnel.care_of_address)),
    }
    table.nothing(2);
    table.text(tunnel.encapsulation.title());
    table.nothing(4);
    table.text(if is_inner { "inside NAT" } else { "no binding" });
    table.nothing(1);
    counters(table, tunnel.downlink());
    counters(table, tunnel.uplink());
}

/// The far end of a tunnel, address and port, if a NAT stands before the care-of address.
fn far_end(tunnel: &Tunnel) -> Option<String> {
    let end = tunnel.far_end;
    let port = end.port.filter(|_| end.address != tunnel.care_of_address)?;
    Some(format!("{}:{port}", end.address))
}

fn write_policy(
    out: &mut dyn Write,
    table: &mut TextTable,
    page: &mut Page<'_, '_>,
    node: &Node,
) -> io::Result<()> {
    if node.policy().rules().is_empty() {
        return match node.multipath {
            Multipath::Enabled => writeln!(out, "  no flow policy"),
            Multipath::Refused | Multipath::Off => Ok(()),
        };
    }
    writeln!(out)?;
    for (fid, rule) in (1u32..).zip(node.policy().rules()) {
        let origin = match rule.origin {
            Origin::Request => "request",
            Origin::Reply => "reply",
        };
        table.row(out, Style::new())?;
        table.text(fid);
        match rule.selector.selector() {
            Some(selector) => table.text(selector),
            None => table.text(format_args!("of format {}", rule.selector.ts_format())),
        }
        table.compose(|text| preferences(text, page, node, rule));
        table.text(rule.packets);
        table.text(rule.bytes);
        table.text(origin);
        table.text(format_args!("#{}", rule.frame));
    }
    table.write(out)
}

/// Adds the bindings of a rule in order of preference, as a list that ends in a drop. The entry in force is marked.
fn preferences(text: &mut String, page: &Page<'_, '_>, node: &Node, rule: &Rule) {
    let Page { look, .. } = page;
    let effect = node.effect_of(rule);
    let mark = look.glyphs.active;
    let blank = mark.chars().count();
    let line = |text: &mut String, is_active: bool, style: Style, preference: &dyn Display| {
        // Writing to a String cannot fail.
        let _ = if is_active {
            write!(text, "{style}{mark} {preference}{style:#}")
        } else {
            write!(text, "{:blank$} {preference}", "")
        };
    };
    if let RuleAction::Forward(list) = &rule.action {
        // A list may name a BID twice: only the first place is marked.
        let active = list.bids().iter().position(|bid| effect == Effect::Forward(*bid));
        for (place, bid) in list.bids().iter().enumerate() {
            line(text, active == Some(place), look.palette.good, &Preference { node, octet: *bid });
            text.push('\n');
        }
    }
    let style = if effect == Effect::Exhausted { look.palette.bad } else { look.palette.doubtful };
    line(text, matches!(effect, Effect::Drop | Effect::Exhausted), style, &"<DROP>");
}

/// A binding in a list of preferences: its BID, and its care-of address if that is known.
struct Preference<'n> {
    node: &'n Node,
    octet: u8,
}

impl Display for Preference<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { node, octet } = *self;
        write!(formatter, "BID {octet} ")?;
        match node.latest_of(octet) {
            None => formatter.write_str("never registered"),
            Some(binding) if binding.is_active() => write!(formatter, "{}", dotted(binding.care_of_address)),
            Some(binding) => {
                write!(formatter, "{} {}", dotted(binding.care_of_address), binding.state.name())
            }
        }
    }
}

/// A Binding Identifier, or a dash if there is none.
struct Identifier(Option<Bid>);

impl Display for Identifier {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bid) => write!(formatter, "{}", bid.octet()),
            None => formatter.write_str("-"),
        }
    }
}

/// A lifetime in seconds; 65535 never ends (RFC 5944 §3.3).
pub(super) fn lifetime(seconds: u16) -> String {
    if seconds == u16::MAX { "infinite".to_owned() } else { format!("{seconds} s") }
}

/// Whole seconds until an active binding expires, as text.
fn left(binding: &Binding, clock: Timestamp) -> String {
    if !binding.is_active() {
        return "-".to_owned();
    }
    match binding.expires {
        None => "infinite".to_owned(),
        Some(expires) => format!("{} s", expires.since(clock).max(0) / 1_000_000_000),
    }
}

/// Adds the texts for packets and octets.
pub(super) fn counters(table: &mut TextTable, traffic: Traffic) {
    table.text(traffic.packets);
    table.text(traffic.bytes);
}
