//! The policy of a node, drawn as RFC 7629 Figure 2 draws one: which tunnels each flow prefers, in order, and a drop
//! at the end. The choice in force is marked.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use super::Pane;
use crate::counted::counted;
use crate::report::selector_text;
use crate::state::{Effect, Multipath, Node, Rule, RuleAction};
use crate::tui::app::App;
use crate::tui::facts::Facts;
use crate::tui::over::wrapped;
use crate::tui::text::{self, Row};
use crate::tui::theme::Theme;

/// From this width on, the description stands beside the preferences; else above them.
const BESIDE: usize = 72;
/// The width of the preferences when the description stands beside them.
const PREFERENCES: usize = 40;

/// Shown for a node without rules.
const NO_POLICY: &str = "no flow policy: any tunnel may carry any flow";

/// Draws the policy of the selected node.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, pane: &Pane<'_>) {
    let selected = app.tunnels.selected_node();
    let node = selected.and_then(|selected| app.tunnels.node(facts, selected));
    let Some(node) = node else {
        pane.title(frame, "Policy", "");
        return pane.empty(frame, "of the selected node");
    };
    let name = match (node.home_address, &node.nai) {
        (Some(address), _) => address.to_string(),
        (None, Some(nai)) => app.theme.glyphs.short_nai(nai, 30),
        (None, None) => String::new(),
    };
    let multipath = match node.multipath {
        Multipath::Enabled => "multipath enabled",
        Multipath::Refused => "multipath refused",
        Multipath::Off => "multipath off",
    };
    let rules = node.policy().rules().len();
    // The count also tells of rules that are below the pane.
    let right = match rules {
        0 => multipath.to_owned(),
        rules => format!("{:#}, {multipath}", counted(rules, "rule")),
    };
    pane.title(frame, &format!("Policy of {name}"), &right);
    if rules == 0 && node.prefixes().is_empty() {
        return pane.empty(frame, NO_POLICY);
    }
    let lines = lines(app, node, pane.width());
    let top = app.tunnels.policy_top.min(lines.len().saturating_sub(app.tunnels.policy_page()));
    let found = app.tunnels.policy_found.filter(|_| pane.is_focused());
    let rows = lines.into_iter().enumerate().skip(top);
    pane.rows(frame, found, rows.map(|(place, line)| (place, false, pane.fit(line))));
}

/// The lines of a policy; above it the mobile networks of the node, whose packets make up its flows as its own do.
pub fn lines(app: &App, node: &Node, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if !node.prefixes().is_empty() {
        let prefixes: Vec<String> = node.prefixes().iter().map(ToString::to_string).collect();
        let text = format!("prefixes {}", prefixes.join(" "));
        lines.extend(wrapped(&text, width).map(|line| Line::styled(line, app.theme.address)));
    }
    if !node.policy().rules().is_empty() {
        lines.extend(table(app, node, width));
    } else if !lines.is_empty() {
        lines.extend(wrapped(NO_POLICY, width).map(|line| Line::styled(line, app.theme.quiet)));
    }
    lines
}

/// The rules, each with what it prefers.
fn table(app: &App, node: &Node, width: usize) -> Vec<Line<'static>> {
    let theme = &app.theme;
    let bar = theme.border().vertical_left;
    let rule = theme.border().horizontal_top;
    let cross = if theme.ascii { "+" } else { "┼" };
    let beside = width >= BESIDE;
    let mut lines = Vec::new();
    let mut head = Row::default();
    head.push(" FID ", theme.heading).push(bar, theme.quiet);
    if beside {
        head.push(text::left(" Access network preferences", PREFERENCES, ""), theme.heading);
        head.push(bar, theme.quiet).push(" Description", theme.heading);
    } else {
        head.push(" Access network preferences", theme.heading);
    }
    lines.push(head.line());
    let parting = || {
        let mut text = rule.repeat(5) + cross;
        if beside {
            text += &(rule.repeat(PREFERENCES) + cross + &rule.repeat(width.saturating_sub(PREFERENCES + 7)));
        } else {
            text += &rule.repeat(width.saturating_sub(6));
        }
        Line::styled(text, theme.quiet)
    };
    for (fid, rule) in (1u32..).zip(node.policy().rules()) {
        lines.push(parting());
        let preferences = preferences(theme, node, rule);
        let mut described = description(app, node, rule);
        let number = |line: usize| if line == 0 { format!(" {fid:>3} ") } else { "     ".to_owned() };
        if !beside {
            described.retain(|(text, _)| !text.is_empty());
            for (line, (text, style)) in described.into_iter().chain(preferences).enumerate() {
                let text = text::cut(&text, width.saturating_sub(7), theme.glyphs.ellipsis);
                let mut row = Row::default();
                row.push(number(line), theme.heading).push(bar, theme.quiet).push(format!(" {text}"), style);
                lines.push(row.line());
            }
            continue;
        }
        for line in 0..preferences.len().max(described.len()) {
            let mut row = Row::default();
            row.push(number(line), theme.heading).push(bar, theme.quiet);
            let (text, style) = preferences.get(line).cloned().unwrap_or_default();
            let (more, more_style) = described.get(line).cloned().unwrap_or_default();
            row.push(format!(" {}", text::left(&text, PREFERENCES - 1, theme.glyphs.ellipsis)), style);
            row.push(bar, theme.quiet).push(format!(" {more}"), more_style);
            lines.push(row.line());
        }
    }
    lines
}

/// The bindings of a rule in order of preference, and the drop at the end; the choice in force is marked.
fn preferences(theme: &Theme, node: &Node, rule: &Rule) -> Vec<(String, Style)> {
    let effect = node.effect_of(rule);
    let mark = |is_active: bool| if is_active { theme.glyphs.active } else { " " };
    let mut lines = Vec::new();
    if let RuleAction::Forward(list) = &rule.action {
        // A list may name a BID twice; only the first place is marked.
        let active = list.bids().iter().position(|bid| effect == Effect::Forward(*bid));
        for (place, bid) in list.bids().iter().enumerate() {
            let is_active = active == Some(place);
            let style = if is_active { theme.good } else { Style::new() };
            lines.push((format!("{} {}", mark(is_active), preference(node, *bid)), style));
        }
    }
    let is_dropped = matches!(effect, Effect::Drop | Effect::Exhausted);
    let style = match effect {
        Effect::Exhausted => theme.bad,
        Effect::Drop => theme.doubtful,
        Effect::Forward(_) => theme.quiet,
    };
    lines.push((format!("{} <DROP>", mark(is_dropped)), style));
    lines
}

/// A binding in a list of preferences.
fn preference(node: &Node, octet: u8) -> String {
    match node.latest_of(octet) {
        None => format!("BID {octet} never registered"),
        Some(binding) => {
            let access = binding.interface.and_then(|interface| interface.access_technology.name());
            let access = access.map(|name| format!(" {name}")).unwrap_or_default();
            let state = if binding.is_active() { "" } else { binding.state.name() };
            format!("BID {octet} {}{access} {state}", binding.care_of_address).trim_end().to_owned()
        }
    }
}

/// What the rule selects, how much traffic it decided on, and whether its first choice is not in force.
fn description(app: &App, node: &Node, rule: &Rule) -> Vec<(String, Style)> {
    let theme = &app.theme;
    let counted = if app.cursor().is_some() {
        // At the time cursor, tunnelled packets are not counted.
        String::new()
    } else {
        format!("{:#}, {:#}", counted(rule.packets, "packet"), counted(rule.bytes, "octet"))
    };
    let state = match node.effect_of(rule) {
        Effect::Forward(bid) if rule.bids().first() != Some(&bid) => ("FAILOVER".to_owned(), theme.doubtful),
        Effect::Exhausted => ("EXHAUSTED: no binding is active".to_owned(), theme.bad),
        Effect::Drop => ("dropped".to_owned(), theme.doubtful),
        Effect::Forward(_) => (String::new(), Style::new()),
    };
    vec![(selector_text(rule), Style::new()), (counted, theme.quiet), state]
}
