//! The `findings` section as text: by node, the gravest first, a line each; many of one rule share a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Page;
use crate::report::Palette;
use crate::rules::{Finding, Findings, Level, Rule, Subject};

/// Findings of one rule and node that are still told one by one.
const FEW: usize = 3;

/// Writes all findings that are wanted, and how many there are of each level.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let Some(findings) = page.findings else { return Ok(()) };
    let wanted: Vec<&Finding> =
        findings.kept().iter().filter(|finding| page.selection.has_finding(finding)).collect();
    if wanted.is_empty() && findings.evicted() == 0 {
        return page.nothing(out, "no findings");
    }
    for node in by_node(&wanted) {
        write_node(out, page, &node)?;
    }
    write_counts(out, page, findings, &wanted)
}

/// The findings by node, nodes in order of their first finding, each by rule: the gravest first, then the earliest.
fn by_node<'f>(wanted: &[&'f Finding]) -> Vec<Vec<&'f Finding>> {
    grouped(wanted, |finding| (finding.node, finding.home_address))
}

/// Findings that have the same key together, in order of the first of each.
fn grouped<'f, K: Ord>(findings: &[&'f Finding], key: impl Fn(&Finding) -> K) -> Vec<Vec<&'f Finding>> {
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

/// The findings of a node by rule: the gravest level first, then the rule that was broken first.
fn by_rule<'f>(node: &[&'f Finding]) -> Vec<Vec<&'f Finding>> {
    let mut rules = grouped(node, |finding| finding.rule.id);
    rules.sort_by_key(|rule| rule.first().map(|first| (first.level, first.place.frame)));
    rules
}

fn write_node(out: &mut dyn Write, page: &mut Page<'_, '_>, node: &[&Finding]) -> io::Result<()> {
    let Palette { heading, quiet, .. } = page.look.palette;
    let named =
        node.first().and_then(|first| first.node).and_then(|node| page.selection.observer().node(node));
    let name = match (named, node.first().and_then(|first| first.home_address)) {
        (Some(node), _) => page.name_of(node),
        (None, Some(address)) => address.to_string(),
        (None, None) => "of no node".to_owned(),
    };
    writeln!(out, "{heading}{name}{heading:#}")?;
    let rules = by_rule(node);
    let lines: Vec<(&Finding, usize)> = rules
        .iter()
        .flat_map(|rule| {
            let few = rule.len() <= FEW;
            let shown = if few { rule.len() } else { 1 };
            rule.iter().take(shown).map(move |finding| (*finding, if few { 1 } else { rule.len() }))
        })
        .collect();
    let wheres: Vec<String> = lines
        .iter()
        .map(|(finding, count)| {
            let frame = finding.place.frame;
            let times = page.look.glyphs.times;
            if *count > 1 { format!("{times}{count}, first at #{frame}") } else { format!("#{frame}") }
        })
        .collect();
    let width = wheres.iter().map(|place| place.chars().count()).max().unwrap_or(0);
    for ((finding, _), place) in lines.iter().zip(&wheres) {
        let style = level_style(&page.look.palette, finding.level);
        let time = page.moment(finding.place.time);
        let Finding { rule: Rule { id, .. }, level, subject, message, .. } = finding;
        let message = page.look.glyphs.words(message);
        let padding = " ".repeat(width.saturating_sub(place.chars().count()));
        writeln!(
            out,
            "  {style}{:<6}{style:#}  {id:<8}  {place}{padding}  {quiet}{time}{quiet:#}  {:<4}  {message}",
            level.name(),
            short_subject(*subject)
        )?;
    }
    Ok(())
}

/// How grave a level looks.
pub(in crate::report) fn level_style(palette: &Palette, level: Level) -> anstyle::Style {
    match level {
        Level::Must => palette.bad,
        Level::Should => palette.doubtful,
        Level::Note => palette.quiet,
    }
}

/// Who is at fault, as short as in the documents.
pub(in crate::report) fn short_subject(subject: Subject) -> &'static str {
    match subject {
        Subject::MobileNode => "MN",
        Subject::HomeAgent => "HA",
        Subject::ForeignAgent => "FA",
        Subject::Any => "?",
    }
}

fn write_counts(
    out: &mut dyn Write,
    page: &Page<'_, '_>,
    findings: &Findings,
    wanted: &[&Finding],
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
            let style =
                if count(level) > 0 { level_style(&page.look.palette, level) } else { anstyle::Style::new() };
            format!("{style}{} {}{style:#}", count(level), level.name())
        })
        .collect();
    write!(out, "{}", counts.join(", "))?;
    if findings.evicted() > 0 {
        let whose = if page.selection.is_narrowed() { "all nodes'" } else { "them" };
        write!(out, "; {} of {whose} found no room and are only counted", findings.evicted())?;
    }
    writeln!(out, ". mipflow explain RULE says what a rule means")
}
