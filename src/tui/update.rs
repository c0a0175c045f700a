//! What happens on a key: state and a message go in, state and what is to be done come out. No I/O, no clock.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

use super::action::Action;
use super::app::{App, Overlay};
use super::facts::Facts;
use super::filter::{Filter, Sieve};
use super::keys;
use super::layout::inner;
use super::message::{Effect, Message, ReplayOrder, SaveError};
use super::prompt::{Prompt, Purpose, Typed};
use super::theme::Theme;
use super::view::View;
use crate::report::TimeStyle;

/// Rows that a search looks at before it lets a key through.
const SEARCH_PIECE: usize = 5_000;
/// The same for messages, which have to be read again.
const MESSAGE_PIECE: usize = 1_000;
/// Rows that a turn of the mouse wheel goes.
const WHEEL: isize = 3;
/// Columns that left and right go.
const SIDEWAYS: usize = 8;

impl App {
    /// Takes a message. `facts` are those that are true now.
    pub fn update(&mut self, facts: Facts<'_>, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) if key.kind == KeyEventKind::Release => {}
            // A terminal tells of Alt as of an Esc before the key, and of an Esc with a key right after it as of Alt.
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
            }
            Message::Data => self.refresh(facts),
            Message::Continue => {
                if self.search.is_busy() {
                    self.go_on_searching(facts);
                } else {
                    self.refresh(facts);
                }
            }
            Message::Saved(Ok(text)) | Message::Told(text) => self.say(text),
            Message::Saved(Err(SaveError::Exists(path))) => {
                let mut prompt = Prompt::new(Purpose::Save, path.clone());
                prompt.error = Some("exists: Enter again overwrites".to_owned());
                self.prompt = Some(prompt);
                self.overwrite = Some(path);
            }
            Message::Saved(Err(SaveError::Failed(text))) => self.complain(text),
        }
        effects
    }

    /// Makes the rows of the open view anew.
    pub fn refresh(&mut self, facts: Facts<'_>) {
        // What is shown is borrowed while the rows are made; it goes back where it came from.
        let frozen = self.frozen.take();
        let filter = std::mem::take(&mut self.filter);
        let shown = match &frozen {
            None => facts,
            Some(frozen) => super::past::facts_of(frozen, facts),
        };
        let places = 0..shown.observer.node_places();
        self.nodes = places.filter(|place| shown.node_ref(*place).is_some()).count();
        let sieve = Sieve::new(&filter, shown);
        let follow = self.follow;
        let theme = self.theme;
        let mut clock = self.clock(shown);
        match self.view() {
            View::Tunnels => self.tunnels.refresh(shown, &sieve, follow),
            View::Ladder => {
                if self.ladder.node().is_none()
                    && let Some(node) =
                        self.tunnels.selected_node().or_else(|| shown.nodes().first().copied())
                {
                    self.ladder.show(node);
                }
                let look = theme.look(self.ladder.width());
                let past = frozen.is_some();
                self.ladder.refresh(shown, &look, &mut clock, follow, past);
            }
            View::Messages => {
                let look = theme.look(self.size.0);
                self.messages.refresh(shown, &sieve, &filter.text, follow);
                self.messages.open(shown, &look, &mut clock, false);
            }
            View::Flows => self.flows.refresh(shown, &sieve, follow),
            View::Findings => self.findings.refresh(shown, &sieve, follow),
            View::Statistics => {
                let look = theme.look(self.statistics.width());
                self.statistics.refresh(shown, &look, self.time_style);
            }
        }
        drop(sieve);
        self.filter = filter;
        self.frozen = frozen;
    }

    fn key(&mut self, facts: Facts<'_>, key: KeyEvent, effects: &mut Vec<Effect>) {
        // From anywhere, also while something is typed.
        if keys::action(key, self.view()) == Some(Action::Quit) {
            effects.push(Effect::Quit);
            return;
        }
        self.notice = None;
        if self.prompt.is_some() {
            self.prompt_key(facts, key, effects);
            return;
        }
        let Some(action) = keys::action(key, self.view()) else { return };
        if self.overlay.is_some() && self.overlay_key(action) {
            return;
        }
        self.act(facts, action, effects);
    }

    /// Keys while something lies over the view; says whether that was all.
    fn overlay_key(&mut self, action: Action) -> bool {
        let page = usize::from(self.size.1.saturating_sub(6)).max(1);
        let Some(Overlay::Help(top) | Overlay::Rule(_, top)) = &mut self.overlay else { return false };
        match action {
            Action::Back | Action::Escape | Action::Help | Action::Enter | Action::Explain => {
                self.overlay = None;
            }
            Action::Up => *top = top.saturating_sub(1),
            Action::Down => *top = top.saturating_add(1),
            Action::PageUp | Action::HalfUp => *top = top.saturating_sub(page),
            Action::PageDown | Action::HalfDown => *top = top.saturating_add(page),
            Action::First => *top = 0,
            Action::Last => *top = usize::MAX / 2,
            // Other views and the like are one key away; what lies above goes.
            Action::View(_) | Action::Ladder => {
                self.overlay = None;
                return false;
            }
            Action::Redraw | Action::Suspend | Action::Theme => return false,
            _ => {}
        }
        true
    }

    /// Does what a key asks for.
    pub fn act(&mut self, facts: Facts<'_>, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Back => {
                if !self.back(facts) {
                    effects.push(Effect::Quit);
                }
            }
            Action::Escape => {
                self.back(facts);
            }
            Action::Help => self.overlay = Some(Overlay::Help(0)),
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
            Action::Mark => self.mark(),
            Action::Save => self.ask_for_file(),
            Action::Copy => {
                let text = self.copied(self.shown(facts));
                if text.is_empty() {
                    self.complain("nothing to copy here");
                } else {
                    let lines = text.lines().count();
                    let plural = if lines == 1 { "" } else { "s" };
                    self.say(format!("copied {lines} line{plural}"));
                    effects.push(Effect::Copy(text));
                }
            }
            Action::TimeFormat => {
                self.time_style = next_time(self.time_style);
                self.say(format!("times {}", time_name(self.time_style)));
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
            Action::Explain => match self.findings.selected_rule(self.shown(facts)) {
                Some(rule) => self.overlay = Some(Overlay::Rule(rule, 0)),
                None => self.complain("no rule here"),
            },
            Action::ReplayPause => effects.push(Effect::Replay(ReplayOrder::Pause)),
            Action::ReplayStep => effects.push(Effect::Replay(ReplayOrder::Step)),
            Action::ReplaySlower => effects.push(Effect::Replay(ReplayOrder::Slower)),
            Action::ReplayFaster => effects.push(Effect::Replay(ReplayOrder::Faster)),
        }
    }

    /// One screen back; false when this is the first.
    fn back(&mut self, facts: Facts<'_>) -> bool {
        if self.overlay.take().is_some() {
            return true;
        }
        if self.stack.len() < 2 {
            return false;
        }
        self.stack.pop();
        self.lay_out();
        self.refresh(facts);
        true
    }

    /// Opens a view: alone, or above the one that is open.
    pub(super) fn open_view(&mut self, facts: Facts<'_>, view: View, alone: bool) {
        let node = self.selected_node(self.shown(facts));
        if alone {
            self.stack.clear();
        } else if self.view() == view {
            self.stack.pop();
        }
        self.stack.push(view);
        if view == View::Ladder
            && let Some(node) = node
        {
            self.ladder.show(node);
        }
        self.search.failed = false;
        self.lay_out();
        self.refresh(facts);
        self.lay_out();
    }

    /// Deeper into what is selected.
    fn enter(&mut self, facts: Facts<'_>) {
        use super::views::{FindingRow, TunnelRow};

        let shown = self.shown(facts);
        match self.view() {
            View::Tunnels => match self.tunnels.list.selected() {
                Some(TunnelRow::Node(_)) if self.tunnels.fold(true) => self.refresh(facts),
                Some(TunnelRow::Node(_) | TunnelRow::Tunnel(..)) => {
                    self.open_view(facts, View::Ladder, false);
                }
                Some(TunnelRow::Flow(_, _, flow)) => {
                    self.open_view(facts, View::Flows, false);
                    self.flows.list.select(flow);
                }
                None => {}
            },
            View::Ladder => match self.ladder.selected_frame() {
                Some(frame) => self.go_to_frame(facts, frame),
                None => self.complain("a tunnel is no packet; the message before it is"),
            },
            View::Messages => self.walk_panes(facts, 1),
            View::Flows => {
                if let Some(node) = self.flows.selected_node(shown) {
                    self.open_view(facts, View::Tunnels, false);
                    self.tunnels.list.select(TunnelRow::Node(node));
                    self.tunnels.fold(true);
                    self.refresh(facts);
                }
            }
            View::Findings => match self.findings.selected(shown).map(|finding| finding.frame) {
                Some(Some(frame)) => self.go_to_frame(facts, frame),
                Some(None) => self.complain("this finding is about no single packet"),
                None => {
                    let row = self.findings.list.selected();
                    let is_open = !self.findings.fold(true);
                    if is_open && matches!(row, Some(FindingRow::Rule(_) | FindingRow::Node(..))) {
                        self.findings.list.step(1);
                    }
                    self.refresh(facts);
                }
            },
            View::Statistics => {}
        }
    }

    /// Opens a message in the messages view.
    fn go_to_frame(&mut self, facts: Facts<'_>, frame: u64) {
        let Some(number) = self.shown(facts).messages.by_frame(frame).map(|message| message.number) else {
            self.complain(format!("frame {frame} is not among the messages that are kept"));
            return;
        };
        self.follow = false;
        self.open_view(facts, View::Messages, false);
        if self.messages.list.select(number) {
            self.focus_pane(0);
            self.after_move(facts);
        } else {
            self.complain(format!("the filter `{}` hides frame {frame}", self.filter.text));
        }
    }

    /// Moves the cursor of the pane that has the keys.
    fn step(&mut self, facts: Facts<'_>, rows: isize) {
        match (self.view(), self.pane()) {
            (View::Tunnels, 0) => {
                self.tunnels.list.step(rows);
                self.tunnels.policy_top = 0;
            }
            (View::Tunnels, _) => self.scroll_policy(facts, rows),
            (View::Ladder, _) => match rows {
                isize::MIN | isize::MAX => self.ladder.list.step(rows),
                _ => self.ladder.step(rows),
            },
            (View::Messages, 0) => self.messages.list.step(rows),
            (View::Messages, 1) => {
                self.messages.tree.step(rows);
                self.messages.follow_tree();
            }
            (View::Messages, _) => {
                let octets = isize::try_from(self.messages.octets_a_line).unwrap_or(1);
                self.messages.move_octet(rows.saturating_mul(octets));
            }
            (View::Flows, _) => self.flows.list.step(rows),
            (View::Findings, _) => self.findings.list.step(rows),
            (View::Statistics, _) => self.statistics.list.step(rows),
        }
        if rows < 0 {
            // Whoever goes up wants to read, not to follow.
            self.follow = false;
        }
        self.after_move(facts);
    }

    /// Moves by half pages.
    fn pages(&mut self, facts: Facts<'_>, halves: isize) {
        let page = match (self.view(), self.pane()) {
            (View::Tunnels, 0) => self.tunnels.list.page(),
            (View::Tunnels, _) => self.tunnels.policy_page(),
            (View::Ladder, _) => {
                let rows = isize::try_from(self.ladder.list.page()).unwrap_or(2) / 2;
                self.ladder.list.step(rows.saturating_mul(halves));
                self.follow &= halves > 0;
                return;
            }
            (View::Messages, 0) => self.messages.list.page(),
            (View::Messages, 1) => self.messages.tree.page(),
            (View::Messages, _) => self.messages.hex_page(),
            (View::Flows, _) => self.flows.list.page(),
            (View::Findings, _) => self.findings.list.page(),
            (View::Statistics, _) => self.statistics.list.page(),
        };
        let half = isize::try_from(page).unwrap_or(2).max(2) / 2;
        self.step(facts, half.saturating_mul(halves));
    }

    /// What follows from the cursor being elsewhere.
    fn after_move(&mut self, facts: Facts<'_>) {
        if self.view() == View::Messages && self.pane() == 0 {
            self.open_message(facts, false);
        }
    }

    fn open_message(&mut self, facts: Facts<'_>, anew: bool) {
        let frozen = self.frozen.take();
        let shown = frozen.as_ref().map_or(facts, |frozen| super::past::facts_of(frozen, facts));
        let look = self.theme.look(self.size.0);
        let mut clock = self.clock(shown);
        self.messages.open(shown, &look, &mut clock, anew);
        self.frozen = frozen;
    }

    /// Draws texts anew that were made in another look or time format.
    fn draw_anew(&mut self, facts: Facts<'_>) {
        self.refresh(facts);
        self.open_message(facts, true);
    }

    fn scroll_policy(&mut self, facts: Facts<'_>, rows: isize) {
        let shown = self.shown(facts);
        let node = self.tunnels.selected_node().and_then(|node| self.tunnels.node(shown, node));
        let [_, pane, _] = self.areas().panes;
        let width = usize::from(inner(pane).width).saturating_sub(1);
        let lines = node.map_or(0, |node| super::views::policy_lines(self, node, width).len());
        let most = lines.saturating_sub(self.tunnels.policy_page());
        self.tunnels.policy_top = self.tunnels.policy_top.saturating_add_signed(rows).min(most);
    }

    fn sideways(&mut self, facts: Facts<'_>, right: bool) {
        let scrolled = |columns: usize| {
            if right { columns.saturating_add(SIDEWAYS) } else { columns.saturating_sub(SIDEWAYS) }
        };
        match (self.view(), self.pane()) {
            (View::Tunnels, 0) => {
                if self.tunnels.fold(right) {
                    self.refresh(facts);
                }
            }
            (View::Findings, _) => {
                if self.findings.fold(right) {
                    self.refresh(facts);
                }
            }
            (View::Ladder, _) => self.ladder.scrolled = scrolled(self.ladder.scrolled),
            (View::Messages, 2) => self.messages.move_octet(if right { 1 } else { -1 }),
            (View::Messages, _) => self.messages.scrolled = scrolled(self.messages.scrolled),
            (View::Statistics, _) => self.statistics.scrolled = scrolled(self.statistics.scrolled),
            (View::Tunnels | View::Flows, _) => {}
        }
    }

    fn walk_panes(&mut self, facts: Facts<'_>, by: isize) {
        let panes = self.view().panes();
        let pane = (self.pane() + panes).saturating_add_signed(by) % panes;
        self.focus_pane(pane);
        self.after_move(facts);
    }

    pub(super) fn focus_pane(&mut self, pane: usize) {
        let view = self.view();
        if let Some(focus) = self.focus.get_mut(view as usize) {
            *focus = pane.min(view.panes().saturating_sub(1));
        }
        self.lay_out();
    }

    /// Makes the pane that has the keys larger or smaller.
    fn resize(&mut self, by: i16) {
        let (view, pane) = (self.view(), self.pane());
        let by = if view == View::Tunnels && pane == 0 { -by } else { by };
        let by = if view == View::Messages && pane == 1 { -by } else { by };
        if let Some(split) = self.split.get_mut(view as usize) {
            *split = split.saturating_add(by).clamp(-60, 60);
        }
        self.lay_out();
    }

    fn sort(&mut self, facts: Facts<'_>, by: isize) {
        match self.view() {
            View::Findings => self.findings.sort(by),
            _ => self.flows.sort(by),
        }
        self.refresh(facts);
    }

    fn mark(&mut self) {
        match self.view() {
            View::Tunnels => self.tunnels.list.mark(),
            View::Messages if self.pane() == 0 => self.messages.list.mark(),
            View::Flows => self.flows.list.mark(),
            View::Findings => self.findings.list.mark(),
            View::Messages | View::Ladder | View::Statistics => {
                self.complain("nothing to select here");
            }
        }
    }

    /// The place of the cursor in the list that is searched.
    fn place(&self) -> usize {
        match (self.view(), self.pane()) {
            (View::Tunnels, _) => self.tunnels.list.at(),
            (View::Ladder, _) => self.ladder.list.at(),
            (View::Messages, 0) => self.messages.list.at(),
            (View::Messages, _) => self.messages.tree.at(),
            (View::Flows, _) => self.flows.list.at(),
            (View::Findings, _) => self.findings.list.at(),
            (View::Statistics, _) => self.statistics.list.at(),
        }
    }

    fn go(&mut self, facts: Facts<'_>, place: usize) {
        match (self.view(), self.pane()) {
            (View::Tunnels, _) => self.tunnels.list.go(place),
            (View::Ladder, _) => self.ladder.list.go(place),
            (View::Messages, 0) => self.messages.list.go(place),
            (View::Messages, _) => {
                self.messages.tree.go(place);
                self.messages.follow_tree();
            }
            (View::Flows, _) => self.flows.list.go(place),
            (View::Findings, _) => self.findings.list.go(place),
            (View::Statistics, _) => self.statistics.list.go(place),
        }
        self.after_move(facts);
    }

    /// Rows of the list that is searched.
    fn rows(&self) -> usize {
        match (self.view(), self.pane()) {
            (View::Tunnels, _) => self.tunnels.list.rows().len(),
            (View::Ladder, _) => self.ladder.list.rows().len(),
            (View::Messages, 0) => self.messages.list.rows().len(),
            (View::Messages, _) => self.messages.tree.rows().len(),
            (View::Flows, _) => self.flows.list.rows().len(),
            (View::Findings, _) => self.findings.list.rows().len(),
            (View::Statistics, _) => self.statistics.list.rows().len(),
        }
    }

    fn search_again(&mut self, facts: Facts<'_>, forward: bool) {
        if self.search.text.is_empty() {
            self.complain("nothing was searched for yet: / does");
            return;
        }
        self.search.begin(self.place(), self.rows(), forward, false);
        self.go_on_searching(facts);
    }

    fn go_on_searching(&mut self, facts: Facts<'_>) {
        let rows = self.rows();
        let piece = if self.view() == View::Messages { MESSAGE_PIECE } else { SEARCH_PIECE };
        let mut search = std::mem::take(&mut self.search);
        let shown = self.shown(facts);
        let found = search.go_on(rows, piece, |place| match (self.view(), self.pane()) {
            (View::Tunnels, _) => self.tunnels.search_text(shown, place),
            (View::Ladder, _) => self.ladder.search_text(place),
            (View::Messages, 0) => self.messages.search_text(shown, place),
            (View::Messages, _) => self.messages.tree_text(place),
            (View::Flows, _) => self.flows.search_text(shown, place),
            (View::Findings, _) => self.findings.search_text(shown, place),
            (View::Statistics, _) => self.statistics.search_text(place),
        });
        self.search = search;
        match found {
            Some(place) => {
                self.follow = false;
                self.go(facts, place);
            }
            None if self.search.failed && self.prompt.is_none() => {
                self.complain(format!("`{}` is nowhere here", self.search.text));
            }
            None => {}
        }
    }

    fn prompt_key(&mut self, facts: Facts<'_>, key: KeyEvent, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else { return };
        match prompt.key(key) {
            Typed::Changed => self.typed(facts),
            Typed::Same => {}
            Typed::GivenUp => {
                let purpose = prompt.purpose;
                self.prompt = None;
                self.overwrite = None;
                if purpose == Purpose::Search {
                    self.search.text.clear();
                    self.search.begin(0, 0, true, true);
                    let origin = self.search.origin;
                    self.go(facts, origin);
                }
            }
            Typed::Next => {
                if prompt.purpose == Purpose::Save {
                    self.next_extent();
                }
            }
            Typed::Done => self.prompt_done(facts, effects),
        }
    }

    /// Checks what is being typed, and searches for it at once.
    fn typed(&mut self, facts: Facts<'_>) {
        self.overwrite = None;
        let Some(prompt) = &mut self.prompt else { return };
        match prompt.purpose {
            Purpose::Search => {
                self.search.text = prompt.text.to_lowercase();
                let origin = self.search.origin;
                self.search.begin(origin, self.rows(), true, true);
                self.go_on_searching(facts);
            }
            Purpose::Filter => prompt.error = Filter::parse(&prompt.text).err(),
            Purpose::Save => {
                prompt.error = super::message::SaveFormat::of(&prompt.text).err();
            }
        }
    }

    fn prompt_done(&mut self, facts: Facts<'_>, effects: &mut Vec<Effect>) {
        let Some(prompt) = self.prompt.take() else { return };
        match prompt.purpose {
            Purpose::Search => {
                if self.search.failed {
                    self.complain(format!("`{}` is nowhere here", prompt.text));
                }
            }
            Purpose::Filter => match Filter::parse(&prompt.text) {
                Ok(filter) => {
                    self.filter = filter;
                    self.refresh(facts);
                }
                Err(error) => self.prompt = Some(Prompt { error: Some(error), ..prompt }),
            },
            Purpose::Save => {
                let path = prompt.text.trim().to_owned();
                match self.save_order(self.shown(facts), path) {
                    Ok(order) => {
                        self.overwrite = None;
                        effects.push(Effect::Save(Box::new(order)));
                    }
                    Err(error) => self.prompt = Some(Prompt { error: Some(error), ..prompt }),
                }
            }
        }
    }

    fn mouse(&mut self, facts: Facts<'_>, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let rows = if mouse.kind == MouseEventKind::ScrollDown { WHEEL } else { -WHEEL };
                if let Some(Overlay::Help(top) | Overlay::Rule(_, top)) = &mut self.overlay {
                    *top = top.saturating_add_signed(rows);
                    return;
                }
                if let Some(pane) = self.pane_at(mouse) {
                    self.focus_pane(pane);
                }
                self.step(facts, rows);
            }
            MouseEventKind::Down(MouseButton::Left) => self.click(facts, mouse),
            _ => {}
        }
    }

    fn pane_at(&self, mouse: MouseEvent) -> Option<usize> {
        let position = Position::new(mouse.column, mouse.row);
        self.areas().panes.iter().position(|pane| pane.contains(position))
    }

    fn click(&mut self, facts: Facts<'_>, mouse: MouseEvent) {
        if self.overlay.take().is_some() {
            return;
        }
        let position = Position::new(mouse.column, mouse.row);
        let areas = self.areas();
        if areas.tabs.contains(position) {
            if let Some(view) = super::draw::tab_at(self, mouse.column) {
                self.open_view(facts, view, true);
            }
            return;
        }
        let Some(pane) = self.pane_at(mouse) else { return };
        self.focus_pane(pane);
        let Some(area) = self.areas().panes.get(pane).map(|pane| inner(*pane)) else { return };
        let Some(line) = mouse.row.checked_sub(area.y).map(usize::from) else { return };
        self.follow = false;
        match (self.view(), pane) {
            (View::Tunnels, 0) => {
                use super::views::TunnelRow;

                let before = self.tunnels.list.at();
                if self.tunnels.list.point(line) && before == self.tunnels.list.at() {
                    // A second click on a node folds or unfolds it.
                    if let Some(TunnelRow::Node(node)) = self.tunnels.list.selected() {
                        let open = !self.tunnels.is_open(node);
                        self.tunnels.fold(open);
                        self.refresh(facts);
                    }
                }
            }
            (View::Messages, 0) => {
                self.messages.list.point(line);
            }
            (View::Messages, 1) => {
                self.messages.tree.point(line);
                self.messages.follow_tree();
            }
            (View::Messages, 2) => {
                let column = mouse.column.saturating_sub(area.x);
                self.messages.point_octet(line, usize::from(column));
            }
            (View::Flows, 0) => {
                let _ = line.checked_sub(1).map(|line| self.flows.list.point(line));
            }
            (View::Findings, 0) => {
                self.findings.list.point(line);
            }
            (View::Ladder, 0) => {
                let heads = usize::from(area.height).saturating_sub(self.ladder.list.page());
                {
                    let _ = line.checked_sub(heads).map(|line| self.ladder.list.point(line));
                }
            }
            (View::Statistics, 0) => {
                self.statistics.list.point(line);
            }
            _ => {}
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

/// What a time format is called.
pub const fn time_name(style: TimeStyle) -> &'static str {
    match style {
        TimeStyle::Utc => "of day, UTC",
        TimeStyle::Local => "of day, local",
        TimeStyle::Relative => "in seconds since the first frame",
        TimeStyle::Delta => "in seconds since the row before",
        TimeStyle::Epoch => "in seconds since 1970",
    }
}
