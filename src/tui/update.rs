//! What a message such as a key does: state and message go in, new state and effects come out. No I/O, no clock.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::Action;
use super::app::App;
use super::facts::{Facts, NodeRef};
use super::filter::Sieve;
use super::keys;
use super::message::{Effect, Message, ReplayOrder, SaveError};
use super::over::Over;
use super::prompt::{Prompt, Purpose};
use super::theme::Theme;
use super::view::View;
use crate::counted::counted;
use crate::report::TimeStyle;

impl App {
    /// Handles a message; returns the effects to be carried out. `facts` are those that are true now.
    pub fn update(&mut self, facts: Facts<'_>, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) if key.kind == KeyEventKind::Release => {}
            // A terminal sends Alt with a key as Esc and that key, so Esc with a key right after it arrives as Alt,
            // too.
            Message::Key(key) if key.modifiers.contains(KeyModifiers::ALT) => {
                self.key(facts, KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE), &mut effects);
                let modifiers = key.modifiers.difference(KeyModifiers::ALT);
                self.key(facts, KeyEvent { modifiers, ..key }, &mut effects);
            }
            Message::Key(key) => self.key(facts, key, &mut effects),
            Message::Mouse(mouse) => self.mouse(facts, mouse),
            Message::Paste(text) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.insert(&text);
                    self.typed(facts);
                }
            }
            Message::Resize(width, height) => {
                self.size = (width, height);
                self.lay_out();
                self.refresh(facts);
                self.lay_out();
                self.make_overlay_anew(facts);
            }
            Message::Data => self.refresh(facts),
            Message::Continue => {
                if self.saving.is_some() {
                    self.go_on_saving(facts, &mut effects);
                } else if self.is_freezing() {
                    self.go_on_freezing(facts);
                    if !self.is_freezing() {
                        self.refresh(facts);
                    }
                } else if self.search.is_busy() {
                    self.go_on_searching(facts);
                } else {
                    self.refresh(facts);
                }
            }
            Message::Saved(Ok(text)) | Message::Told(text) => self.say(text),
            Message::Fetched(_, Some(packet)) => {
                // A user who went elsewhere meanwhile is not disturbed.
                if self.view() == View::Findings && self.prompt.is_none() {
                    self.notice = None;
                    self.show_packet(facts, &packet);
                }
            }
            Message::Fetched(frame, None) => self.complain(format!("frame {frame} cannot be read again")),
            Message::Saved(Err(SaveError::Exists(path))) => {
                let mut prompt = Prompt::new(Purpose::Save, path.clone());
                prompt.error = Some("exists: Enter again overwrites".to_owned());
                self.prompt = Some(prompt);
                self.overwrite = Some(path);
            }
            Message::Saved(Err(SaveError::Failed(text))) => self.complain(text),
        }
        effects.extend(self.fetching.take().map(Effect::Fetch));
        if !self.thawed.is_empty() {
            effects.push(Effect::Forget(std::mem::take(&mut self.thawed)));
        }
        effects
    }

    /// Makes the rows of the open view anew.
    pub fn refresh(&mut self, facts: Facts<'_>) {
        // Frozen facts and filter are taken out, to be borrowed while the rows are made, and are put back below.
        let frozen = self.frozen.take();
        let filter = std::mem::take(&mut self.filter);
        let shown = match &frozen {
            None => facts,
            Some(frozen) => super::past::facts_of(frozen, facts),
        };
        let places = 0..shown.observer.node_places();
        self.nodes = places.filter(|place| shown.node_ref(*place).is_some()).count();
        let sieve = match self.view() {
            View::Flows => Sieve::of_flows(&filter, shown),
            _ => Sieve::new(&filter, shown),
        };
        let follow = self.follow;
        let theme = self.theme;
        let mut clock = self.clock(shown);
        match self.view() {
            View::Tunnels => self.tunnels.refresh(shown, &sieve, follow),
            View::Ladder => {
                let is_shown =
                    |node: &NodeRef| shown.node(*node).is_some_and(|known| sieve.node(node.place, known));
                if self.ladder.node().is_none()
                    && let Some(node) = self
                        .tunnels
                        .selected_node()
                        .or_else(|| shown.nodes().into_iter().find(|node| sieve.is_open() || is_shown(node)))
                {
                    self.ladder.show(node);
                }
                let look = theme.look(self.ladder.width());
                self.ladder.refresh(shown, &look, &mut clock, follow);
            }
            View::Messages => {
                let look = theme.look(self.size.0);
                self.messages.refresh(shown, &sieve, &filter.text, follow);
                self.messages.open(shown, &look, &mut clock, false);
            }
            View::Flows => self.flows.refresh(shown, &sieve, &filter.text, follow),
            View::Findings => self.findings.refresh(shown, &sieve, follow),
            View::Statistics => {
                let look = theme.look(self.statistics.width());
                self.statistics.refresh(shown, &look, self.time_style);
            }
        }
        drop(sieve);
        if self.view() != View::Tunnels && frozen.is_none() {
            self.tunnels.watch(facts);
        }
        self.filter = filter;
        self.frozen = frozen;
    }

    fn key(&mut self, facts: Facts<'_>, key: KeyEvent, effects: &mut Vec<Effect>) {
        // Quit works everywhere, also while something is typed.
        if keys::action(key, self.view()) == Some(Action::Quit) {
            effects.push(Effect::Quit);
            return;
        }
        self.notice = None;
        if self.prompt.is_some() {
            self.prompt_key(facts, key, effects);
            return;
        }
        let is_over = self.overlay.is_some();
        let action = if is_over { keys::action_over(key) } else { keys::action(key, self.view()) };
        let Some(action) = action else { return };
        if is_over && self.overlay_key(action) {
            return;
        }
        self.act(facts, action, effects);
    }

    /// Does what a key asks for.
    pub fn act(&mut self, facts: Facts<'_>, action: Action, effects: &mut Vec<Effect>) {
        match action {
            // While a copy for a file is made, the facts that are shown must not change.
            Action::Pause | Action::Earlier | Action::Later if self.saving.is_some() => {
                self.complain("still copying what is to be saved");
            }
            Action::Quit => effects.push(Effect::Quit),
            Action::Back => {
                if !self.back(facts) {
                    effects.push(Effect::Quit);
                }
            }
            Action::Escape => {
                self.back(facts);
            }
            Action::Help => self.put_over(Over::Help),
            Action::Enter => self.enter(facts),
            Action::Up => self.step(facts, -1),
            Action::Down => self.step(facts, 1),
            Action::PageUp => self.pages(facts, -2),
            Action::PageDown => self.pages(facts, 2),
            Action::HalfUp => self.pages(facts, -1),
            Action::HalfDown => self.pages(facts, 1),
            Action::First => self.step(facts, isize::MIN),
            Action::Last => self.step(facts, isize::MAX),
            Action::Left => self.sideways(facts, false),
            Action::Right => self.sideways(facts, true),
            Action::NextPane => self.walk_panes(facts, 1),
            Action::PreviousPane => self.walk_panes(facts, -1),
            Action::View(number) => {
                if let Some(view) = View::numbered(number) {
                    self.open_view(facts, view, true);
                }
            }
            Action::Ladder => self.open_view(facts, View::Ladder, false),
            Action::Search => {
                self.search.origin = self.place();
                self.prompt = Some(Prompt::new(Purpose::Search, String::new()));
            }
            Action::NextMatch => self.search_again(facts, true),
            Action::PreviousMatch => self.search_again(facts, false),
            Action::Filter => {
                self.prompt = Some(Prompt::new(Purpose::Filter, self.filter.text.clone()));
            }
            Action::SortLeft => self.sort(facts, -1),
            Action::SortRight => self.sort(facts, 1),
            Action::SortReverse => {
                match self.view() {
                    View::Findings => self.findings.reversed = !self.findings.reversed,
                    _ => self.flows.reversed = !self.flows.reversed,
                }
                self.refresh(facts);
            }
            Action::Pause => {
                self.pause(facts);
                self.refresh(facts);
            }
            Action::Follow => {
                self.follow = !self.follow;
                self.refresh(facts);
            }
            Action::Mark => self.mark(facts),
            Action::Save => self.ask_for_file(self.marks(self.shown(facts))),
            Action::Copy => {
                let text = self.copied(self.shown(facts));
                if text.is_empty() {
                    self.complain("nothing to copy here");
                } else {
                    self.say(format!("copied {:#}", counted(text.lines().count(), "line")));
                    effects.push(Effect::Copy(text));
                }
            }
            Action::TimeFormat => {
                self.time_style = next_time(self.time_style);
                self.say(format!("times {}", time_name(self.time_style, self.view())));
                self.draw_anew(facts);
            }
            Action::Theme => {
                self.theme = Theme::new(self.theme.name.next(), self.theme.ascii);
                self.say(format!("theme {}", self.theme.name.name()));
                self.draw_anew(facts);
            }
            Action::Earlier => self.move_cursor(facts, false),
            Action::Later => self.move_cursor(facts, true),
            Action::Grow => self.resize(1),
            Action::Shrink => self.resize(-1),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Explain => self.explain(facts),
            Action::ReplayPause => effects.push(Effect::Replay(ReplayOrder::Pause)),
            Action::ReplayStep => effects.push(Effect::Replay(ReplayOrder::Step)),
            Action::ReplaySlower => effects.push(Effect::Replay(ReplayOrder::Slower)),
            Action::ReplayFaster => effects.push(Effect::Replay(ReplayOrder::Faster)),
        }
    }

    fn explain(&mut self, facts: Facts<'_>) {
        let shown = self.shown(facts);
        let found = self.findings.selected(shown).map(Arc::clone);
        match self.findings.selected_rule(shown) {
            Some(rule) => self.put_over(Over::Rule(found, rule)),
            None => self.complain("no rule here"),
        }
    }

    fn sort(&mut self, facts: Facts<'_>, by: isize) {
        match self.view() {
            View::Findings => self.findings.sort(by),
            _ => self.flows.sort(by),
        }
        self.refresh(facts);
    }

    fn mark(&mut self, facts: Facts<'_>) {
        match self.view() {
            View::Tunnels => self.tunnels.list.mark(),
            View::Messages if self.pane() == 0 => self.messages.list.mark(),
            View::Flows => self.flows.list.mark(),
            View::Findings => self.findings.list.mark(),
            View::Messages | View::Ladder | View::Statistics => {
                self.complain("nothing to select here");
            }
        }
        self.after_move(facts);
    }
}

/// The time format that comes next.
const fn next_time(style: TimeStyle) -> TimeStyle {
    match style {
        TimeStyle::Utc => TimeStyle::Local,
        TimeStyle::Local => TimeStyle::Relative,
        TimeStyle::Relative => TimeStyle::Delta,
        TimeStyle::Delta => TimeStyle::Epoch,
        TimeStyle::Epoch => TimeStyle::Utc,
    }
}

/// The name of a time format, as the rows of a view show it.
const fn time_name(style: TimeStyle, view: View) -> &'static str {
    match style {
        TimeStyle::Utc => "of day, UTC",
        TimeStyle::Local => "of day, local",
        TimeStyle::Relative => "in seconds since the first frame",
        TimeStyle::Delta => match view {
            // The rows there do not follow each other in time.
            View::Tunnels | View::Statistics => "in seconds since the row before, here since the first frame",
            _ => "in seconds since the row before",
        },
        TimeStyle::Epoch => "in seconds since 1970",
    }
}
