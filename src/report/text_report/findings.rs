//! The `findings` section as text: by node, the gravest first, one line each. Many findings of one rule share a line,
//! and a rule that many nodes break has one line for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::Ipv4Addr;

use super::Page;
use crate::counted::{counted, grouped};
use crate::report::Palette;
use crate::rules::{Finding, Findings, Level, Rule};
use crate::state::{Node, Observer};

/// Up to this many findings of one rule and node have a line each.
const FEW: usize = 3;
/// A rule that more nodes than this broke has one line for all of them.
const MANY: usize = 16;

/// Writes all selected findings, and how many there are of each level.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let Some(findings) = page.findings else { return Ok(()) };
    let wanted: Vec<&Finding> =
        findings.kept().iter().filter(|finding| page.selection.has_finding(finding)).collect();
    if wanted.is_empty() && findings.evicted() == 0 {
        page.nothing(out, "no findings")?;
        return write_obscured(out, page, findings);
    }
    let nodes = Nodes::of(page.selection.observer(), &wanted);
    let (common, others) = if page.lists_all { (Vec::new(), wanted.clone()) } else { apart(&wanted, &nodes) };
    for node in by_node(&others, &nodes) {
        write_node(out, page, &node, &nodes)?;
    }
    write_common(out, page, &common, &nodes)?;
    write_counts(out, page, findings, &wanted, !common.is_empty())?;
    write_obscured(out, page, findings)
}

/// Writes for how many nodes rules were not judged because messages were cut.
fn write_obscured(out: &mut dyn Write, page: &Page<'_, '_>, findings: &Findings) -> io::Result<()> {
    let nodes = counted(findings.obscured(), "mobile node");
    if nodes.is_none() || page.selection.is_narrowed() {
        return Ok(());
    }
    let doubtful = page.look.palette.doubtful;
    writeln!(
        out,
        "{doubtful}Registrations of {nodes} were cut by the snapshot length: what rules ask of bindings, policy and \
         grants was not judged from then on{doubtful:#}"
    )
}

/// Finds the node that a finding is about. A finding made before the node had its home address, or before any node had
/// the home address that the finding names, belongs to that node too.
struct Nodes<'t> {
    observer: &'t Observer,
    /// For each home address the place of the only node that has it; `None` where several nodes have it.
    homes: BTreeMap<Ipv4Addr, Option<u32>>,
    /// Home addresses that several nodes with findings have, each at a home agent of its own.
    shared: BTreeSet<Ipv4Addr>,
}

/// The key by which findings are grouped: a node's place, or a home address without a node.
type Whose = (Option<u32>, Option<Ipv4Addr>);

impl<'t> Nodes<'t> {
    fn of(observer: &'t Observer, findings: &[&Finding]) -> Self {
        let mut nodes = Self::by_address(observer, findings);
        let places: BTreeSet<u32> = findings.iter().filter_map(|finding| nodes.whose(finding).0).collect();
        let addresses = places.into_iter().filter_map(|place| observer.node(place)?.home_address);
        let mut addresses: Vec<Ipv4Addr> = addresses.collect();
        addresses.sort_unstable();
        let shared = addresses.chunk_by(PartialEq::eq).filter(|same| same.len() > 1);
        nodes.shared = shared.flatten().copied().collect();
        nodes
    }

    fn by_address(observer: &'t Observer, findings: &[&Finding]) -> Self {
        let mut nodes = Self { observer, homes: BTreeMap::new(), shared: BTreeSet::new() };
        // The index below takes a pass over all nodes, and almost always each finding already names its node.
        if findings.iter().all(|finding| nodes.own(finding).is_some()) {
            return nodes;
        }
        for place in 0..observer.node_places() {
            if let Some(address) = observer.node(place).and_then(|node| node.home_address) {
                nodes.homes.entry(address).and_modify(|only| *only = None).or_insert(Some(place));
            }
        }
        nodes
    }

    /// The node that a finding names, if that node is still in its place.
    fn own(&self, finding: &Finding) -> Option<u32> {
        let is_it =
            |node: &Node| finding.home_address.is_none_or(|address| node.home_address == Some(address));
        finding.node.filter(|place| self.observer.node(*place).is_some_and(is_it))
    }

    fn whose(&self, finding: &Finding) -> Whose {
        let home = || finding.home_address.and_then(|address| *self.homes.get(&address)?);
        match self.own(finding).or_else(home) {
            Some(place) => (Some(place), None),
            None => (None, finding.home_address),
        }
    }

    /// The name of a finding's node in a heading.
    fn name(&self, page: &Page<'_, '_>, finding: &Finding) -> String {
        let (place, address) = self.whose(finding);
        let is_shared = |node: &Node| node.home_address.is_some_and(|address| self.shared.contains(&address));
        let name = |node: &Node| match page.name_of(node) {
            name if is_shared(node) => format!("{name}, home agent {}", node.home_agent),
            name => name,
        };
        let node = place.and_then(|place| self.observer.node(place)).map(name);
        node.or_else(|| address.map(|address| address.to_string())).unwrap_or_else(|| "of no node".to_owned())
    }
}

/// The findings grouped by node. Nodes are in the order of their first finding.
fn by_node<'f>(wanted: &[&'f Finding], nodes: &Nodes<'_>) -> Vec<Vec<&'f Finding>> {
    groups_by(wanted, |finding| nodes.whose(finding))
}

/// The findings of a rule that many nodes broke, and the number of these nodes.
struct Common<'f> {
    findings: Vec<&'f Finding>,
    nodes: usize,
}

/// Separates the findings that are written once for many nodes from the rest.
fn apart<'f>(wanted: &[&'f Finding], nodes: &Nodes<'_>) -> (Vec<Common<'f>>, Vec<&'f Finding>) {
    let of_rule = |findings: Vec<&'f Finding>| {
        let mut whose: Vec<Whose> = findings.iter().map(|finding| nodes.whose(finding)).collect();
        whose.sort_unstable();
        whose.dedup();
        Common { findings, nodes: whose.len() }
    };
    let common: Vec<Common<'_>> =
        by_rule(wanted).into_iter().map(of_rule).filter(|rule| rule.nodes > MANY).collect();
    let told: BTreeSet<&str> =
        common.iter().filter_map(|rule| rule.findings.first()).map(|first| first.rule.id).collect();
    let others = wanted.iter().copied().filter(|finding| !told.contains(finding.rule.id)).collect();
    (common, others)
}

/// Groups findings by key. Groups are in the order of their first finding.
fn groups_by<'f, K: Ord>(findings: &[&'f Finding], key: impl Fn(&Finding) -> K) -> Vec<Vec<&'f Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in findings {
        let place = *places.entry(key(finding)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// The findings grouped by rule: the gravest level first, then the rule that was broken first.
fn by_rule<'f>(node: &[&'f Finding]) -> Vec<Vec<&'f Finding>> {
    let mut rules = groups_by(node, |finding| finding.rule.id);
    rules.sort_by_key(|rule| rule.first().map(|first| (first.level, first.place.frame)));
    rules
}

fn write_node(
    out: &mut dyn Write,
    page: &mut Page<'_, '_>,
    node: &[&Finding],
    nodes: &Nodes<'_>,
) -> io::Result<()> {
    let Palette { heading, .. } = page.look.palette;
    let name = node.first().map_or_else(String::new, |first| nodes.name(page, first));
    writeln!(out, "{heading}{name}{heading:#}")?;
    let times = page.look.glyphs.times;
    let lines: Vec<Line<'_>> = by_rule(node)
        .iter()
        .flat_map(|rule| {
            let few = rule.len() <= FEW;
            let shown = if few { rule.len() } else { 1 };
            rule.iter().take(shown).map(move |finding| {
                let frame = finding.place.frame;
                let place = if few {
                    format!("#{frame}")
                } else {
                    format!("{times}{}, first at #{frame}", grouped(rule.len() as u64))
                };
                Line { finding, place, whose: None }
            })
        })
        .collect();
    write_lines(out, page, &lines)
}

/// Writes the findings that many nodes have in common, one line for each rule.
fn write_common(
    out: &mut dyn Write,
    page: &mut Page<'_, '_>,
    common: &[Common<'_>],
    names: &Nodes<'_>,
) -> io::Result<()> {
    if common.is_empty() {
        return Ok(());
    }
    let Palette { heading, .. } = page.look.palette;
    writeln!(out, "{heading}many nodes{heading:#}")?;
    let times = page.look.glyphs.times;
    let lines: Vec<Line<'_>> = common
        .iter()
        .filter_map(|Common { findings, nodes }| {
            let finding = findings.first()?;
            let frame = finding.place.frame;
            let count = grouped(findings.len() as u64);
            let place = format!("{times}{count} at {:#}, first at #{frame}", counted(*nodes, "node"));
            Some(Line { finding, place, whose: Some(names.name(page, finding)) })
        })
        .collect();
    write_lines(out, page, &lines)
}

/// A line about a finding, or about the first of several.
struct Line<'f> {
    finding: &'f Finding,
    /// The frame of the finding, and how many there are if the line stands for several.
    place: String,
    /// The node of the finding, if the heading does not name it.
    whose: Option<String>,
}

fn write_lines(out: &mut dyn Write, page: &mut Page<'_, '_>, lines: &[Line<'_>]) -> io::Result<()> {
    let Palette { quiet, .. } = page.look.palette;
    let width = lines.iter().map(|line| line.place.chars().count()).max().unwrap_or(0);
    let times: Vec<String> = lines.iter().map(|line| page.moment(line.finding.place.time)).collect();
    let time_width = times.iter().map(String::len).max().unwrap_or(0);
    for (Line { finding, place, whose }, time) in lines.iter().zip(times) {
        let style = page.look.palette.level(finding.level);
        let Finding { rule: Rule { id, .. }, level, subject, message, .. } = finding;
        let message = page.look.glyphs.wording(message);
        let whose = whose.as_ref().map(|whose| format!("{whose}: ")).unwrap_or_default();
        let padding = " ".repeat(width.saturating_sub(place.chars().count()));
        writeln!(
            out,
            "  {style}{:<6}{style:#}  {id:<8}  {place}{padding}  {quiet}{time:>time_width$}{quiet:#}  {:<4}  {whose}{message}",
            level.name(),
            subject.short()
        )?;
    }
    Ok(())
}

fn write_counts(
    out: &mut dyn Write,
    page: &Page<'_, '_>,
    findings: &Findings,
    wanted: &[&Finding],
    is_short: bool,
) -> io::Result<()> {
    let count = |level: Level| {
        if page.selection.is_narrowed() {
            wanted.iter().filter(|finding| finding.level == level).count() as u64
        } else {
            findings.of_level(level)
        }
    };
    let counts: Vec<String> = Level::ALL
        .into_iter()
        .map(|level| {
            let style = if count(level) > 0 { page.look.palette.level(level) } else { anstyle::Style::new() };
            format!("{style}{} {}{style:#}", grouped(count(level)), level.name())
        })
        .collect();
    write!(out, "{}", counts.join(", "))?;
    if findings.evicted() > 0 {
        let whose = if page.selection.is_narrowed() { "all nodes'" } else { "them" };
        write!(out, "; {} of {whose} found no room and are only counted", grouped(findings.evicted()))?;
    }
    let each = if is_short { "; --show findings -v lists each" } else { "" };
    writeln!(out, ". mipflow explain RULE says what a rule means{each}")
}
