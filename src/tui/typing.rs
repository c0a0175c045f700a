//! What is typed into the last line: searches, filters, names of files.

use crossterm::event::KeyEvent;

use super::app::App;
use super::facts::Facts;
use super::filter::Filter;
use super::message::Effect;
use super::prompt::{Prompt, Purpose, Typed};
use super::view::View;

/// Rows that a search looks at in one go, before keys are answered again: each row is drawn as text for that.
const SEARCH_PIECE: usize = 2_000;
/// The same for messages, which have to be decoded again.
const MESSAGE_PIECE: usize = 1_000;

impl App {
    pub(super) fn search_again(&mut self, facts: Facts<'_>, forward: bool) {
        if self.search.text.is_empty() {
            self.complain("nothing was searched for yet: press /");
            return;
        }
        self.search.begin(self.place(), self.rows(facts), forward, false);
        self.go_on_searching(facts);
    }

    pub(super) fn go_on_searching(&mut self, facts: Facts<'_>) {
        let rows = self.rows(facts);
        let piece = if self.view() == View::Messages { MESSAGE_PIECE } else { SEARCH_PIECE };
        let mut search = std::mem::take(&mut self.search);
        let shown = self.shown(facts);
        let policy = if self.is_in_policy() { self.policy(shown) } else { Vec::new() };
        let found = search.go_on(rows, piece, |place| match (self.view(), self.pane()) {
            (View::Tunnels, 1) => policy.get(place).map(ToString::to_string).unwrap_or_default(),
            (View::Messages, 1..) => self.messages.tree_text(place),
            _ => super::views::row_text(self, shown, place),
        });
        self.search = search;
        match found {
            Some(place) => {
                self.follow = false;
                self.go(facts, place);
            }
            None if self.search.failed && self.prompt.is_none() => {
                self.complain(format!("`{}` is not found here", self.search.text));
            }
            None => {}
        }
    }

    pub(super) fn prompt_key(&mut self, facts: Facts<'_>, key: KeyEvent, effects: &mut Vec<Effect>) {
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
                    self.tunnels.policy_found = None;
                }
            }
            Typed::Next => {
                if prompt.purpose == Purpose::Save {
                    self.next_extent(self.marks(self.shown(facts)));
                }
            }
            Typed::Done => self.prompt_done(facts, effects),
        }
    }

    /// Checks what is being typed, and searches for it at once.
    pub(super) fn typed(&mut self, facts: Facts<'_>) {
        self.overwrite = None;
        let Some(prompt) = &mut self.prompt else { return };
        match prompt.purpose {
            Purpose::Search => {
                self.search.text.clone_from(&prompt.text);
                let origin = self.search.origin;
                let rows = self.rows(facts);
                self.search.begin(origin, rows, true, true);
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
                    self.complain(format!("`{}` is not found here", prompt.text));
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
                        self.save(facts, order, effects);
                    }
                    Err(error) => self.prompt = Some(Prompt { error: Some(error), ..prompt }),
                }
            }
        }
    }
}
