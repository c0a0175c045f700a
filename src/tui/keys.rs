//! The one table of keys: it handles them, and help, footer and docs/watch.md are made from it.

use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use super::view::View;

/// A line of the table.
#[derive(Debug)]
pub struct Binding {
    /// The keys, any of which asks for the action.
    strokes: &'static [Stroke],
    /// The keys as people write them, separated by blanks.
    pub label: &'static str,
    /// What they ask for.
    pub action: Action,
    /// The views in which the keys work; all views if empty.
    views: &'static [View],
    /// What they do.
    pub help: &'static str,
    /// The word in the footer, for those that stand there.
    pub footer: Option<&'static str>,
    /// The word in the footer while an overlay covers the view.
    pub footer_over: Option<&'static str>,
}

/// A key as the terminal tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    code: KeyCode,
    control: bool,
}

const fn key(character: char) -> Stroke {
    Stroke { code: KeyCode::Char(character), control: false }
}

const fn control(character: char) -> Stroke {
    Stroke { code: KeyCode::Char(character), control: true }
}

const fn named(code: KeyCode) -> Stroke {
    Stroke { code, control: false }
}

const fn everywhere(
    strokes: &'static [Stroke],
    label: &'static str,
    action: Action,
    help: &'static str,
) -> Binding {
    Binding { strokes, label, action, views: &[], help, footer: None, footer_over: None }
}

impl Binding {
    const fn only_in(self, views: &'static [View]) -> Self {
        Self { views, ..self }
    }

    const fn footer(self, word: &'static str) -> Self {
        Self { footer: Some(word), ..self }
    }

    const fn over(self, word: &'static str) -> Self {
        Self { footer_over: Some(word), ..self }
    }

    /// Whether these keys do something in a view.
    pub fn is_for(&self, view: View) -> bool {
        self.views.is_empty() || self.views.contains(&view)
    }

    /// The keys.
    pub fn strokes(&self) -> &'static [Stroke] {
        self.strokes
    }
}

impl Stroke {
    /// The key of a terminal event. Shift is already part of the character.
    pub fn of(event: KeyEvent) -> Self {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(character) if control => KeyCode::Char(character.to_ascii_lowercase()),
            code => code,
        };
        Self { code, control }
    }

    /// What the terminal tells when this key is pressed.
    pub fn event(self) -> KeyEvent {
        let modifiers = if self.control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        KeyEvent::new(self.code, modifiers)
    }
}

const TABLES: &[View] = &[View::Flows, View::Findings];
/// Views whose rows can be filtered and selected. A ladder always shows all of one node.
const ROWS: &[View] = &[View::Tunnels, View::Messages, View::Flows, View::Findings];
/// Views whose rows can be opened, and to which new rows are added.
const LISTS: &[View] = &[View::Tunnels, View::Ladder, View::Messages, View::Flows, View::Findings];
/// All but the ladder itself.
const ELSEWHERE: &[View] = &[View::Tunnels, View::Messages, View::Flows, View::Findings, View::Statistics];

/// All keys, in the order in which help and footer tell of them: where the footer has no room, those that come late are
/// left out, as is the ladder, to which a tab leads, too.
pub const KEYS: &[Binding] = &[
    everywhere(&[key('q')], "q", Action::Back, "back; at the top, quit").footer("quit").over("close"),
    everywhere(&[named(KeyCode::Esc)], "Esc", Action::Escape, "back; never quits"),
    everywhere(&[control('c')], "Ctrl-C", Action::Quit, "quit, from anywhere"),
    everywhere(&[named(KeyCode::Enter)], "Enter", Action::Enter, "deeper: unfold, open, go to the packet")
        .only_in(LISTS)
        .footer("open"),
    everywhere(&[key('?'), named(KeyCode::F(1))], "? F1", Action::Help, "keys of this screen").footer("help"),
    everywhere(&[key('k'), named(KeyCode::Up)], "k Up", Action::Up, "one row up").over("up"),
    everywhere(&[key('j'), named(KeyCode::Down)], "j Down", Action::Down, "one row down").over("down"),
    everywhere(&[key('h'), named(KeyCode::Left)], "h Left", Action::Left, "fold, or scroll left"),
    everywhere(&[key('l'), named(KeyCode::Right)], "l Right", Action::Right, "unfold, or scroll right"),
    everywhere(&[key('g'), named(KeyCode::Home)], "g Home", Action::First, "first row").over("first"),
    everywhere(&[key('G'), named(KeyCode::End)], "G End", Action::Last, "last row").over("last"),
    everywhere(&[control('b'), named(KeyCode::PageUp)], "Ctrl-B PgUp", Action::PageUp, "a page up")
        .over("page up"),
    everywhere(&[control('f'), named(KeyCode::PageDown)], "Ctrl-F PgDn", Action::PageDown, "a page down")
        .over("page down"),
    everywhere(&[control('u')], "Ctrl-U", Action::HalfUp, "half a page up"),
    everywhere(&[control('d')], "Ctrl-D", Action::HalfDown, "half a page down"),
    everywhere(&[named(KeyCode::Tab)], "Tab", Action::NextPane, "next pane"),
    everywhere(&[named(KeyCode::BackTab)], "Shift-Tab", Action::PreviousPane, "pane before"),
    everywhere(&[key('1')], "1", Action::View(1), "tunnels"),
    everywhere(&[key('2')], "2", Action::View(2), "ladder of the selected node"),
    everywhere(&[key('3')], "3", Action::View(3), "messages"),
    everywhere(&[key('4')], "4", Action::View(4), "flows"),
    everywhere(&[key('5')], "5", Action::View(5), "findings"),
    everywhere(&[key('6')], "6", Action::View(6), "statistics"),
    everywhere(&[key('/')], "/", Action::Search, "search, as it is typed").footer("search"),
    everywhere(&[key('n')], "n", Action::NextMatch, "next match"),
    everywhere(&[key('N')], "N", Action::PreviousMatch, "match before"),
    everywhere(
        &[key('f'), named(KeyCode::F(7))],
        "f F7",
        Action::Filter,
        "filter by node, state, verdict or finding; checked as it is typed",
    )
    .only_in(ROWS)
    .footer("filter"),
    everywhere(
        &[key('s'), named(KeyCode::F(2))],
        "s F2",
        Action::Save,
        "save all, selected or filtered: pcap, csv, json, or ladder as text",
    )
    .footer("save"),
    everywhere(&[key('<')], "<", Action::SortLeft, "sort by the column to the left").only_in(TABLES),
    everywhere(&[key('>')], ">", Action::SortRight, "sort by the column to the right")
        .only_in(TABLES)
        .footer("sort"),
    everywhere(&[key('z')], "z", Action::SortReverse, "turn the order round").only_in(TABLES),
    everywhere(&[key('e')], "e", Action::Explain, "what the rule means")
        .only_in(&[View::Findings])
        .footer("explain"),
    everywhere(&[key('p')], "p", Action::Pause, "hold the screen still; what arrives is counted")
        .footer("pause"),
    everywhere(&[key('A')], "A", Action::Follow, "follow the newest row").only_in(LISTS).footer("follow"),
    everywhere(&[key(' ')], "Space", Action::Mark, "select the row, in Messages one of the list")
        .only_in(ROWS),
    everywhere(&[key('x')], "x", Action::Ladder, "ladder of the selected node")
        .only_in(ELSEWHERE)
        .footer("ladder"),
    everywhere(&[key('y')], "y", Action::Copy, "copy to the clipboard of the terminal (OSC 52)"),
    everywhere(
        &[key('w')],
        "w",
        Action::TimeFormat,
        "time: of day UTC, local, relative, since the row before, epoch",
    ),
    everywhere(&[key('T')], "T", Action::Theme, "theme: dark, light, mono").over("theme"),
    everywhere(
        &[key('[')],
        "[",
        Action::Earlier,
        "time cursor to the exchange before: tables as they stood then",
    ),
    everywhere(
        &[key(']')],
        "]",
        Action::Later,
        "time cursor to the next exchange; after the last, back to now",
    ),
    everywhere(&[key('+'), key('=')], "+", Action::Grow, "larger pane"),
    everywhere(&[key('-')], "-", Action::Shrink, "smaller pane"),
    everywhere(&[key('P')], "P", Action::ReplayPause, "replay: hold it, or let it go on"),
    everywhere(&[key('.')], ".", Action::ReplayStep, "replay: one frame"),
    everywhere(&[key('(')], "(", Action::ReplaySlower, "replay: half the speed"),
    everywhere(&[key(')')], ")", Action::ReplayFaster, "replay: twice the speed"),
    everywhere(&[control('l')], "Ctrl-L", Action::Redraw, "draw the screen anew"),
    everywhere(&[control('z')], "Ctrl-Z", Action::Suspend, "give the terminal to the shell; fg comes back"),
];

/// What a key asks for in a view.
pub fn action(event: KeyEvent, view: View) -> Option<Action> {
    let stroke = Stroke::of(event);
    let asked = KEYS.iter().find(|binding| binding.strokes.contains(&stroke) && binding.is_for(view));
    asked.map(|binding| binding.action)
}

/// What a key asks for while something lies over the view, whichever view that is.
pub fn action_over(event: KeyEvent) -> Option<Action> {
    let stroke = Stroke::of(event);
    KEYS.iter().find(|binding| binding.strokes.contains(&stroke)).map(|binding| binding.action)
}

/// The keys of a view.
pub fn of(view: View) -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(move |binding| binding.is_for(view))
}

/// The table as Markdown, as docs/watch.md has it.
pub fn markdown() -> String {
    let mut text = String::from("| keys | what they do | where |\n|:--|:--|:--|\n");
    for binding in KEYS {
        let keys: Vec<String> = binding.label.split(' ').map(|key| format!("`{key}`")).collect();
        let place = place_of(binding);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} | {place} |", keys.join(" "), binding.help);
    }
    text
}

/// Where the keys do something, in the fewest words.
fn place_of(binding: &Binding) -> String {
    let titles =
        |views: &mut dyn Iterator<Item = View>| views.map(View::title).collect::<Vec<_>>().join(", ");
    let mut others = View::ALL.into_iter().filter(|view| !binding.is_for(*view));
    match others.clone().count() {
        0 => "everywhere".to_owned(),
        1 => format!("everywhere but in {}", titles(&mut others)),
        _ => titles(&mut binding.views.iter().copied()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_asks_for_two_things() {
        for view in View::ALL {
            let mut known = BTreeSet::new();
            for stroke in of(view).flat_map(|binding| binding.strokes) {
                assert!(known.insert(format!("{stroke:?}")), "{view:?}: {stroke:?}");
            }
        }
    }

    #[test]
    fn what_the_terminal_tells_of_a_key_is_that_key() {
        for binding in KEYS {
            for stroke in binding.strokes {
                assert_eq!(Stroke::of(stroke.event()), *stroke, "{}", binding.label);
            }
        }
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(shifted, View::Flows), Some(Action::Last));
        assert_eq!(action(KeyEvent::new(KeyCode::Char('e'), KeyModifiers::NONE), View::Tunnels), None);
    }
}
