//! The line at the bottom that the user types into.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What the line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something to look for.
    Search,
    /// A filter.
    Filter,
    /// The name of a file.
    Save,
}

/// A line of text with a cursor.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What the line is for.
    pub purpose: Purpose,
    /// What was typed.
    pub text: String,
    /// Characters before the cursor.
    pub cursor: usize,
    /// What is wrong with the text.
    pub error: Option<String>,
}

/// What a key did to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text has changed.
    Changed,
    /// The text is the same; the cursor may have moved.
    Same,
    /// Enter: the line is complete.
    Done,
    /// Esc, or backspace in an empty line: the line is given up.
    GivenUp,
    /// Tab: the next choice of what the line is about, such as what is saved.
    Next,
}

impl Prompt {
    /// A line that holds `text`.
    pub fn new(purpose: Purpose, text: String) -> Self {
        let cursor = text.chars().count();
        Self { purpose, text, cursor, error: None }
    }

    /// Handles a key; the editing keys are those of a shell.
    pub fn key(&mut self, event: KeyEvent) -> Typed {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Enter => Typed::Done,
            KeyCode::Esc => Typed::GivenUp,
            KeyCode::Tab => Typed::Next,
            KeyCode::Char('u') if control => self.cut(0..self.cursor),
            KeyCode::Char('k') if control => self.cut(self.cursor..usize::MAX),
            KeyCode::Char('w') if control => {
                let before: Vec<char> = self.text.chars().take(self.cursor).collect();
                let kept = before.iter().rposition(|character| *character != ' ').map_or(0, |word| {
                    before
                        .iter()
                        .take(word)
                        .rposition(|character| *character == ' ')
                        .map_or(0, |blank| blank + 1)
                });
                self.cut(kept..self.cursor)
            }
            KeyCode::Home => self.go(0),
            KeyCode::Char('a') if control => self.go(0),
            KeyCode::End => self.go(usize::MAX),
            KeyCode::Char('e') if control => self.go(usize::MAX),
            KeyCode::Left => self.go(self.cursor.saturating_sub(1)),
            KeyCode::Right => self.go(self.cursor.saturating_add(1)),
            // As in `less`, backspace in an empty line leaves the prompt.
            KeyCode::Backspace if self.text.is_empty() => Typed::GivenUp,
            KeyCode::Backspace if self.cursor > 0 => self.cut(self.cursor - 1..self.cursor),
            KeyCode::Delete => self.cut(self.cursor..self.cursor.saturating_add(1)),
            KeyCode::Char(character) if !control => {
                self.insert(&character.to_string());
                Typed::Changed
            }
            _ => Typed::Same,
        }
    }

    /// Inserts text at the cursor, without its control characters.
    pub fn insert(&mut self, text: &str) {
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        let tail: String = self.text.chars().skip(self.cursor).collect();
        self.text = self.text.chars().take(self.cursor).chain(text.chars()).collect();
        self.text.push_str(&tail);
        self.cursor += text.chars().count();
    }

    fn cut(&mut self, range: std::ops::Range<usize>) -> Typed {
        let before = self.text.chars().count();
        let kept = self.text.chars().enumerate().filter(|(place, _)| !range.contains(place));
        self.text = kept.map(|(_, character)| character).collect();
        self.cursor = range.start.min(self.text.chars().count());
        if before == self.text.chars().count() { Typed::Same } else { Typed::Changed }
    }

    fn go(&mut self, place: usize) -> Typed {
        self.cursor = place.min(self.text.chars().count());
        Typed::Same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(prompt: &mut Prompt, text: &str) {
        for character in text.chars() {
            prompt.key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE));
        }
    }

    #[test]
    fn lines_are_edited_as_in_a_shell() {
        let control = |character| KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL);
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let mut prompt = Prompt::new(Purpose::Filter, String::new());
        typed(&mut prompt, "state:active ünd");
        assert_eq!(prompt.key(control('w')), Typed::Changed);
        assert_eq!(prompt.text, "state:active ");
        prompt.key(control('a'));
        prompt.key(plain(KeyCode::Delete));
        typed(&mut prompt, "S");
        assert_eq!((prompt.text.as_str(), prompt.cursor), ("State:active ", 1));
        prompt.key(control('k'));
        assert_eq!(prompt.text, "S");
        prompt.insert("\u{1b}[2Jü");
        assert_eq!(prompt.text, "S[2Jü");
        prompt.key(control('u'));
        assert_eq!(prompt.key(plain(KeyCode::Backspace)), Typed::GivenUp);
    }
}
