//! What is wrong: by rule and node, by node, or in order of time or gravity.

use std::net::Ipv4Addr;

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use super::Pane;
use super::tunnels::count;
use crate::report::Clock;
use crate::tui::app::App;
use crate::tui::facts::{Facts, NodeRef};
use crate::tui::filter::{Sieve, finding_text};
use crate::tui::finding::{Finding, Level, RuleText};
use crate::tui::layout::Areas;
use crate::tui::list::List;
use crate::tui::text::Row as Cells;
use crate::tui::theme::Theme;

/// How findings are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Below their rule, and there below their node.
    #[default]
    Rule,
    /// Below their node.
    Node,
    /// One after the other.
    Time,
    /// The gravest first.
    Level,
}

const ORDERS: [(Order, &str); 4] = [
    (Order::Rule, "by rule and node"),
    (Order::Node, "by node"),
    (Order::Time, "by time"),
    (Order::Level, "by level"),
];

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A rule, by its name.
    Rule(&'static str),
    /// A node, below a rule or alone.
    Node(Option<&'static str>, Option<Ipv4Addr>),
    /// A finding, by its place among all.
    Finding(usize),
}

/// Rows and their order.
#[derive(Debug, Default)]
pub struct Findings {
    /// The tree.
    pub list: List<Row>,
    /// How it is put together.
    pub order: Order,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// Rows that the user folded.
    folded: Vec<Row>,
    shown: usize,
}

impl Findings {
    /// Makes the rows anew.
    pub fn refresh(&mut self, facts: Facts<'_>, sieve: &Sieve<'_>, follow: bool) {
        let findings = facts.findings;
        let mut places: Vec<usize> = (0..findings.len()).collect();
        if !sieve.is_open() {
            places.retain(|place| findings.get(*place).is_some_and(|finding| sieve.finding(finding)));
        }
        self.shown = places.len();
        let at = |place: &usize| findings.get(*place);
        let rule = |place: &usize| at(place).map(|finding| (finding.level, finding.rule.id));
        let node = |place: &usize| at(place).and_then(|finding| finding.home_address);
        match self.order {
            Order::Rule => places.sort_by_key(|place| (rule(place), node(place), *place)),
            Order::Node => places.sort_by_key(|place| (node(place), *place)),
            Order::Time => {}
            Order::Level => places.sort_by_key(|place| (at(place).map(|finding| finding.level), *place)),
        }
        if self.reversed {
            places.reverse();
        }
        let mut rows = Vec::new();
        let mut above: [Option<Row>; 2] = [None; 2];
        for place in places {
            let Some(finding) = findings.get(place) else { continue };
            let heads = match self.order {
                Order::Rule => [
                    Some(Row::Rule(finding.rule.id)),
                    Some(Row::Node(Some(finding.rule.id), finding.home_address)),
                ],
                Order::Node => [Some(Row::Node(None, finding.home_address)), None],
                Order::Time | Order::Level => [None; 2],
            };
            let mut is_open = true;
            for (head, before) in heads.iter().zip(&above) {
                if head != before && is_open {
                    rows.extend(*head);
                }
                is_open &= head.is_none_or(|head| !self.folded.contains(&head));
            }
            above = heads;
            if is_open {
                rows.push(Row::Finding(place));
            }
        }
        self.list.replace(rows, follow);
    }

    /// Puts them together otherwise.
    pub fn sort(&mut self, by: isize) {
        let here = ORDERS.iter().position(|(order, _)| *order == self.order).unwrap_or_default();
        let there = (here + ORDERS.len()).saturating_add_signed(by) % ORDERS.len();
        self.order = ORDERS.get(there).map(|(order, _)| *order).unwrap_or_default();
    }

    /// Unfolds or folds the row under the cursor; says whether that changed anything.
    pub fn fold(&mut self, open: bool) -> bool {
        let Some(row) = self.list.selected().filter(|row| !matches!(row, Row::Finding(_))) else {
            return false;
        };
        let known = self.folded.iter().position(|folded| *folded == row);
        match (known, open) {
            (Some(place), true) => drop(self.folded.remove(place)),
            (None, false) => self.folded.push(row),
            _ => return false,
        }
        true
    }

    /// The finding under the cursor.
    pub fn selected<'t>(&self, facts: Facts<'t>) -> Option<&'t Finding> {
        match self.list.selected()? {
            Row::Finding(place) => facts.findings.get(place),
            Row::Rule(_) | Row::Node(..) => None,
        }
    }

    /// The rule of the row under the cursor.
    pub fn selected_rule(&self, facts: Facts<'_>) -> Option<&'static RuleText> {
        match self.list.selected()? {
            Row::Finding(place) => facts.findings.get(place).map(|finding| finding.rule),
            Row::Rule(id) | Row::Node(Some(id), _) => rule(facts, id),
            Row::Node(None, _) => None,
        }
    }

    /// The node of the row under the cursor.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        let address = match self.list.selected()? {
            Row::Finding(place) => facts.findings.get(place)?.home_address?,
            Row::Node(_, address) => address?,
            Row::Rule(_) => return None,
        };
        facts
            .nodes()
            .into_iter()
            .find(|node| facts.node(*node).is_some_and(|known| known.home_address == Some(address)))
    }

    /// What a search looks through.
    pub fn search_text(&self, facts: Facts<'_>, place: usize) -> String {
        match self.list.rows().get(place) {
            Some(Row::Finding(place)) => facts.findings.get(*place).map(finding_text).unwrap_or_default(),
            Some(Row::Rule(id)) => id.to_lowercase(),
            Some(Row::Node(_, address)) => address.map(|address| address.to_string()).unwrap_or_default(),
            None => String::new(),
        }
    }
}

fn rule(facts: Facts<'_>, id: &str) -> Option<&'static RuleText> {
    facts.findings.iter().map(|finding| finding.rule).find(|rule| rule.id == id)
}

fn level_style(theme: &Theme, level: Level) -> Style {
    match level {
        Level::Must => theme.bad,
        Level::Should => theme.doubtful,
        Level::Note => theme.quiet,
    }
}

/// Draws the tree.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    let [area, ..] = areas.panes;
    let pane = Pane::new(app, 0, area);
    if pane.is_hidden() {
        return;
    }
    let findings = &app.findings;
    let shown = count(findings.shown, facts.findings.len(), "finding", app.filter.is_empty());
    let order = ORDERS.iter().find(|(order, _)| *order == findings.order).map_or("", |(_, name)| *name);
    pane.title(frame, &format!("Findings: {shown}"), order);
    if findings.list.rows().is_empty() {
        let words = match (facts.findings.is_empty(), facts.messages.total()) {
            (true, 0) => super::tunnels::awaited(app, facts),
            (true, _) => "nothing to complain of so far".to_owned(),
            (false, _) => {
                format!("nothing that the filter `{}` lets through (f changes it)", app.filter.text)
            }
        };
        return pane.empty(frame, &words);
    }
    let mut clock = app.clock(facts);
    let rows = findings.list.visible().map(|(place, row)| {
        let marked = findings.list.marked().contains(&row);
        (place, marked, line(app, facts, row, &mut clock))
    });
    pane.rows(frame, Some(findings.list.at()), rows);
}

fn line(app: &App, facts: Facts<'_>, row: Row, clock: &mut Clock) -> Line<'static> {
    let theme = &app.theme;
    let marks = theme.marks();
    let findings = &app.findings;
    let mut cells = Cells::default();
    let fold = if findings.folded.contains(&row) { marks.folded } else { marks.open };
    match row {
        Row::Rule(id) => {
            let of_it = facts.findings.iter().filter(|finding| finding.rule.id == id);
            let level = of_it.clone().map(|finding| finding.level).min().unwrap_or(Level::Note);
            cells.plain(format!("{fold} "));
            cells.push(format!("{:<6} ", level.name()), level_style(theme, level));
            cells.push(format!("{id} "), theme.heading);
            cells.plain(rule(facts, id).map_or("", |rule| rule.title));
            cells.push(format!("  ({})", of_it.count()), theme.quiet);
        }
        Row::Node(of, address) => {
            let of_it = facts.findings.iter().filter(|finding| {
                finding.home_address == address && of.is_none_or(|id| finding.rule.id == id)
            });
            cells.plain(format!("{}{fold} ", if of.is_some() { "  " } else { "" }));
            let name = address.map_or_else(|| "no node".to_owned(), |address| address.to_string());
            cells.push(name, theme.address);
            cells.push(format!("  ({})", of_it.count()), theme.quiet);
        }
        Row::Finding(place) => {
            let Some(finding) = facts.findings.get(place) else { return Line::raw("forgotten") };
            let indent = match findings.order {
                Order::Rule => "      ",
                Order::Node => "    ",
                Order::Time | Order::Level => "",
            };
            cells.plain(indent);
            let frame = finding.frame.map(|frame| format!("#{frame}")).unwrap_or_default();
            let time = clock.moment(finding.time, facts.precision());
            cells.push(format!("{frame:>6} {time}  "), theme.quiet);
            if findings.order != Order::Rule {
                cells.push(format!("{:<6} ", finding.level.name()), level_style(theme, finding.level));
                cells.push(format!("{} ", finding.rule.id), theme.heading);
            }
            cells.plain(finding.message.clone());
        }
    }
    cells.line()
}
