//! Findings: by rule and node, by node, as found, or by level.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ratatui::Frame;
use ratatui::text::Line;

use super::Pane;
use super::tunnels::count;
use crate::counted::grouped;
use crate::report::Clock;
use crate::rules::{CATALOGUE, Finding, Level, Rule};
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::Sieve;
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::text::{self, Row as Cells};
use crate::tui::whose::{About, Names, Whose};

/// How findings are ordered and grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Below their rule, and there below their node.
    #[default]
    Rule,
    /// Below their node.
    Node,
    /// In the order in which they were found: a finding that only time brings, such as a request without a reply,
    /// stands below those of later frames.
    Time,
    /// The gravest first.
    Level,
}

/// The most characters of a NAI in a heading.
const NAI: usize = 64;

const ORDERS: [(Order, &str); 4] = [
    (Order::Rule, "by rule and node"),
    (Order::Node, "by node"),
    (Order::Time, "as found"),
    (Order::Level, "by level"),
];

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A rule, by its id.
    Rule(&'static str),
    /// A node, below a rule or alone.
    Node(Option<&'static str>, Whose),
    /// A finding, by its number.
    Finding(u64),
}

/// A heading: how many findings stand below it, and the gravest level of them.
#[derive(Clone, Copy, Debug)]
struct Head {
    count: u64,
    gravest: Level,
}

/// Rows and their order.
#[derive(Debug, Default)]
pub struct Findings {
    /// The tree.
    pub list: List<Row>,
    /// How the findings are ordered and grouped.
    pub order: Order,
    /// Whether the order is reversed.
    pub reversed: bool,
    /// Rows that the user folded.
    folded: BTreeSet<Row>,
    /// Numbers of the findings that the filter lets through, in the order of the rows.
    shown: Vec<u64>,
    heads: BTreeMap<Row, Head>,
    /// The finding under the cursor as it was last seen, in case it is forgotten.
    pinned: Option<(u64, Arc<Finding>, About)>,
    /// What the rows were made from; `None` makes the next refresh make them anew.
    made: Option<Made>,
    /// The nodes that findings are about.
    names: Names,
}

/// What the rows depend on while no filter is set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    total: u64,
    kept: usize,
    order: Order,
    reversed: bool,
    follow: bool,
    names: Names,
}

impl Findings {
    /// Makes the rows anew.
    pub fn refresh(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>, follow: bool) {
        let log = facts.findings;
        let (order, reversed) = (self.order, self.reversed);
        self.names = Names::of(facts);
        let names = self.names.clone();
        let made = Made { total: log.total(), kept: log.len(), order, reversed, follow, names };
        // What a filter lets through may change without a new finding.
        let made = Some(made).filter(|_| sieve.is_open());
        if made.is_some() && made == self.made {
            return;
        }
        self.made = made;
        self.pin(facts);
        let pinned = self.pinned.clone();
        let pinned = pinned.iter().filter(|(number, ..)| log.get(*number).is_none());
        let findings: Vec<(u64, &Arc<Finding>)> = pinned
            .map(|(number, finding, _)| (*number, finding))
            .chain(log.iter())
            .filter(|(number, finding)| {
                sieve.is_open()
                    || self.about(facts, *number).is_some_and(|about| sieve.finding(about, finding))
            })
            .collect();
        self.put_together(facts, findings, follow);
        self.pin(facts);
    }

    /// Forgets the finding under the cursor: at another time it may not be known.
    pub fn forget_pinned(&mut self) {
        self.pinned = None;
        self.made = None;
    }

    fn put_together(&mut self, facts: Facts<'_>, mut findings: Vec<(u64, &Arc<Finding>)>, follow: bool) {
        // Every finding has an entry in `all`, so the default is never used.
        let all: BTreeMap<u64, Whose> =
            findings.iter().map(|(number, _)| (*number, self.whose(facts, *number))).collect();
        let whose = |number: u64| all.get(&number).copied().unwrap_or(Whose::Nobody);
        match self.order {
            Order::Rule => findings.sort_by_cached_key(|(number, finding)| {
                (finding.level, finding.rule.id, whose(*number), *number)
            }),
            Order::Node => {
                findings.sort_by_cached_key(|(number, _)| (whose(*number), *number));
            }
            Order::Time => {}
            Order::Level => findings.sort_by_cached_key(|(number, finding)| (finding.level, *number)),
        }
        if self.reversed {
            findings.reverse();
        }
        let mut rows = Vec::new();
        let mut above: [Option<Row>; 2] = [None; 2];
        self.heads.clear();
        for (number, finding) in &findings {
            let id = finding.rule.id;
            let heads = match self.order {
                Order::Rule => [Some(Row::Rule(id)), Some(Row::Node(Some(id), whose(*number)))],
                Order::Node => [Some(Row::Node(None, whose(*number))), None],
                Order::Time | Order::Level => [None; 2],
            };
            let mut is_open = true;
            for (head, before) in heads.iter().zip(&above) {
                let Some(row) = head else { continue };
                if head != before && is_open {
                    rows.push(*row);
                }
                let head = self.heads.entry(*row).or_insert(Head { count: 0, gravest: finding.level });
                head.count += 1;
                head.gravest = head.gravest.min(finding.level);
                is_open &= !self.folded.contains(row);
            }
            above = heads;
            if is_open {
                rows.push(Row::Finding(*number));
            }
        }
        self.shown = findings.into_iter().map(|(number, _)| number).collect();
        self.list.replace(rows, follow);
    }

    /// Keeps the finding under the cursor, in case the log forgets it.
    fn pin(&mut self, facts: Facts<'_>) {
        let Some(Row::Finding(number)) = self.list.selected() else {
            self.pinned = None;
            return;
        };
        match facts.findings.get(number).zip(facts.findings.about(number)) {
            Some((finding, about)) => self.pinned = Some((number, Arc::clone(finding), about.clone())),
            None => self.pinned = self.pinned.take().filter(|(pinned, ..)| *pinned == number),
        }
    }

    /// A finding of the log, or the one under the cursor that the log has forgotten.
    fn finding<'t>(&'t self, facts: Facts<'t>, number: u64) -> Option<&'t Arc<Finding>> {
        let pinned = || self.pinned.as_ref().filter(|(pinned, ..)| *pinned == number);
        facts.findings.get(number).or_else(|| pinned().map(|(_, finding, _)| finding))
    }

    /// What a finding was about when it was found, also for the one that the log has forgotten.
    fn about<'t>(&'t self, facts: Facts<'t>, number: u64) -> Option<&'t About> {
        let pinned = || self.pinned.as_ref().filter(|(pinned, ..)| *pinned == number);
        facts.findings.about(number).or_else(|| pinned().map(|(.., about)| about))
    }

    /// Numbers of the findings that the filter lets through, folded or not.
    pub fn shown(&self) -> &[u64] {
        &self.shown
    }

    /// Numbers of the findings that the user selected, each by itself or by a heading above it.
    pub fn selected_numbers(&self, facts: Facts<'_>) -> Vec<u64> {
        let marked = self.list.marked();
        let is_below = |number: u64| {
            let Some(finding) = self.finding(facts, number) else { return false };
            let (id, whose) = (finding.rule.id, self.whose(facts, number));
            let heads = [Row::Rule(id), Row::Node(Some(id), whose), Row::Node(None, whose)];
            heads.iter().any(|head| marked.contains(head))
        };
        let below = self.shown.iter().copied().filter(|number| is_below(*number));
        let alone = marked.iter().filter_map(|row| match row {
            Row::Finding(number) => Some(*number),
            Row::Rule(_) | Row::Node(..) => None,
        });
        below.chain(alone).collect::<BTreeSet<u64>>().into_iter().collect()
    }

    /// Takes the order that is `by` places further on, round and round.
    pub fn sort(&mut self, by: isize) {
        let here = ORDERS.iter().position(|(order, _)| *order == self.order).unwrap_or_default();
        let there = (here + ORDERS.len()).saturating_add_signed(by) % ORDERS.len();
        self.order = ORDERS.get(there).map(|(order, _)| *order).unwrap_or_default();
    }

    /// Unfolds or folds the row under the cursor; returns whether that changed anything.
    pub fn fold(&mut self, open: bool) -> bool {
        let Some(row) = self.list.selected().filter(|row| !matches!(row, Row::Finding(_))) else {
            return false;
        };
        let has_changed = if open { self.folded.remove(&row) } else { self.folded.insert(row) };
        if has_changed {
            self.made = None;
        }
        has_changed
    }

    /// Brings the rows below the heading under the cursor into sight, as far as there is room.
    pub fn reveal(&mut self) {
        let is_below = |row: &&Row| match self.list.selected() {
            Some(Row::Rule(_)) => !matches!(row, Row::Rule(_)),
            Some(Row::Node(..)) => matches!(row, Row::Finding(_)),
            Some(Row::Finding(_)) | None => false,
        };
        let count = self.list.rows().iter().skip(self.list.at() + 1).take_while(is_below).count();
        self.list.reveal(count);
    }

    /// The finding under the cursor.
    pub fn selected<'t>(&'t self, facts: Facts<'t>) -> Option<&'t Arc<Finding>> {
        match self.list.selected()? {
            Row::Finding(number) => self.finding(facts, number),
            Row::Rule(_) | Row::Node(..) => None,
        }
    }

    /// The rule of the row under the cursor.
    pub fn selected_rule(&self, facts: Facts<'_>) -> Option<&'static Rule> {
        match self.list.selected()? {
            Row::Finding(number) => self.finding(facts, number).map(|finding| finding.rule),
            Row::Rule(id) | Row::Node(Some(id), _) => rule(id),
            Row::Node(None, _) => None,
        }
    }

    /// The node of the row under the cursor.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        match self.list.selected()? {
            Row::Finding(number) => self.finding(facts, number)?.node.and_then(|place| facts.node_ref(place)),
            Row::Node(_, Whose::Home(_, node)) => node,
            Row::Node(_, Whose::Named(node)) => Some(node),
            Row::Node(_, Whose::Nobody) | Row::Rule(_) => None,
        }
    }

    /// The node that a finding is about.
    fn whose(&self, facts: Facts<'_>, number: u64) -> Whose {
        self.about(facts, number).map_or(Whose::Nobody, |about| self.names.whose(about))
    }

    /// The time of a finding's packet as its row shows it; empty for headings.
    fn time(&self, facts: Facts<'_>, place: usize, clock: &mut Clock) -> String {
        let time = |row: &Row| match row {
            Row::Finding(number) => self.finding(facts, *number).map(|finding| finding.place.time),
            Row::Rule(_) | Row::Node(..) => None,
        };
        let rows = self.list.rows();
        let Some(here) = rows.get(place).and_then(time) else { return String::new() };
        clock.count_from(rows.iter().take(place).rev().find_map(time));
        clock.row(here, facts.precision())
    }
}

/// The text of a row that a search looks through: the row as it is drawn, and the node of a finding, which may stand
/// above it.
pub fn text_of_row(app: &App, facts: Facts<'_>, place: usize) -> String {
    let findings = &app.findings;
    let Some(row) = findings.list.rows().get(place) else { return String::new() };
    let time = findings.time(facts, place, &mut app.clock(facts));
    let drawn = line(app, facts, *row, &time).to_string();
    match row {
        Row::Finding(number) => match findings.whose(facts, *number) {
            Whose::Nobody => drawn,
            whose => format!("{drawn} {}", name_of(app, facts, whose)),
        },
        Row::Rule(_) | Row::Node(..) => drawn,
    }
}

/// A node as a heading names it.
fn name_of(app: &App, facts: Facts<'_>, whose: Whose) -> String {
    let nai = |node| facts.node(node).and_then(|node| node.nai.as_deref());
    match whose {
        Whose::Home(address, node) => {
            let node =
                node.filter(|_| app.findings.names.is_shared(address)).and_then(|node| facts.node(node));
            node.map_or_else(|| address.to_string(), |node| format!("{address}  HA {}", node.home_agent))
        }
        Whose::Named(node) => {
            nai(node).map_or_else(|| "forgotten".to_owned(), |nai| app.theme.glyphs.short_nai(nai, NAI))
        }
        Whose::Nobody => "of no node".to_owned(),
    }
}

fn rule(id: &str) -> Option<&'static Rule> {
    CATALOGUE.into_iter().find(|rule| rule.id == id)
}

/// Draws the tree.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [area, ..] = areas.panes;
    let pane = Pane::new(app, 0, area);
    if pane.is_hidden() {
        return;
    }
    let findings = &app.findings;
    let shown = count(findings.shown.len(), facts.findings.len(), "finding", app.filter.is_empty());
    let order = ORDERS.iter().find(|(order, _)| *order == findings.order).map_or("", |(_, name)| *name);
    let round = if findings.reversed { ", turned round" } else { "" };
    let forgotten = match facts.findings.forgotten() {
        0 => String::new(),
        forgotten => format!("{} older ones forgotten, ", grouped(forgotten)),
    };
    let aside = format!("{forgotten}{order}{round}");
    pane.title(frame, &format!("Findings: {shown}"), &aside);
    if findings.list.rows().is_empty() {
        let words = match (facts.findings.is_empty(), facts.messages.total()) {
            (true, 0) => super::tunnels::awaited(app, facts),
            (true, _) => "no findings so far".to_owned(),
            (false, _) => super::tunnels::nothing_through(app),
        };
        return pane.empty(frame, &words);
    }
    let mut clock = app.clock(facts);
    let times: Vec<String> =
        findings.list.visible().map(|(place, _)| findings.time(facts, place, &mut clock)).collect();
    let width = text::time_width(facts, times.iter());
    let rows = findings.list.visible().zip(&times).map(|((place, row), time)| {
        let marked = findings.list.marked().contains(&row);
        (place, marked, pane.fit(line(app, facts, row, &format!("{time:>width$}"))))
    });
    pane.rows(frame, Some(findings.list.at()), rows);
}

fn line(app: &App, facts: Facts<'_>, row: Row, time: &str) -> Line<'static> {
    let theme = &app.theme;
    let marks = theme.marks();
    let findings = &app.findings;
    let mut cells = Cells::default();
    let head = findings.heads.get(&row);
    let count = grouped(head.map_or(0, |head| head.count));
    let fold = if findings.folded.contains(&row) { marks.folded } else { marks.open };
    match row {
        Row::Rule(id) => {
            let gravest = head.map_or(Level::Note, |head| head.gravest);
            cells.plain(format!("{fold} "));
            cells.push(format!("{:<6} ", gravest.name()), theme.level(gravest));
            cells.push(format!("{id} "), theme.heading);
            cells.plain(theme.glyphs.words(rule(id).map_or("", |rule| rule.title)));
            cells.push(format!("  ({count})"), theme.quiet);
        }
        Row::Node(of, whose) => {
            cells.plain(format!("{}{fold} ", if of.is_some() { "  " } else { "" }));
            cells.push(name_of(app, facts, whose), theme.address);
            cells.push(format!("  ({count})"), theme.quiet);
        }
        Row::Finding(number) => {
            let Some(finding) = findings.finding(facts, number) else { return Line::raw("forgotten") };
            let indent = match findings.order {
                Order::Rule => "      ",
                Order::Node => "    ",
                Order::Time | Order::Level => "",
            };
            cells.plain(indent);
            let frame = format!("#{}", finding.place.frame);
            cells.push(format!("{frame:>6} {time}  "), theme.quiet);
            if findings.order != Order::Rule {
                cells.push(format!("{:<6} ", finding.level.name()), theme.level(finding.level));
                cells.push(format!("{} ", finding.rule.id), theme.heading);
            }
            cells.plain(theme.glyphs.wording(&finding.message));
        }
    }
    cells.line()
}
