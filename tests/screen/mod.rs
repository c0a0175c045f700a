//! The screen without a terminal: a capture file, keys, and what is drawn.

// Each test file uses what it needs.
#![allow(dead_code)]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::ffi::OsString;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mipflow::capture::{Next, Timeline};
use mipflow::state::Options;
use mipflow::tui::{App, Effect, Facts, FindingLog, Input, InputKind, Message, Settings, draw};
use mipflow::watch::{Engine, EngineOptions};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;

/// A screen, and what it looks at.
pub struct Bench {
    pub engine: Engine,
    pub app: App,
    pub findings: FindingLog,
    pub input: Input,
    timeline: Option<Timeline>,
}

impl Bench {
    /// A screen of this size before the first frame of a capture.
    pub fn before(file: &str, size: (u16, u16)) -> Self {
        Self::with(file, size, EngineOptions::default(), Settings::default())
    }

    /// The same with other bounds and settings.
    pub fn with(file: &str, size: (u16, u16), options: EngineOptions, settings: Settings) -> Self {
        let input = Input {
            names: vec![file.to_owned()],
            files: vec![OsString::from(file)],
            kind: InputKind::File,
            ended: false,
            trouble: None,
            options: Options::default(),
        };
        let timeline = (!file.is_empty()).then(|| Timeline::open(&[OsString::from(file)]));
        let app = App::new(settings, size);
        Self { engine: Engine::new(options), app, findings: FindingLog::default(), input, timeline }
    }

    /// A screen of this size after a capture was read to its end.
    pub fn after(file: &str, size: (u16, u16)) -> Self {
        let mut bench = Self::before(file, size);
        bench.read(u64::MAX);
        bench
    }

    /// Reads frames up to this one; closes the observation when there are no more.
    pub fn read(&mut self, until: u64) {
        let mut timeline = self.timeline.take().expect("the capture has not ended");
        loop {
            match timeline.next() {
                Next::Frame(frame) => {
                    let number = frame.number;
                    self.engine.take(&frame);
                    self.gather();
                    if number >= until {
                        self.timeline = Some(timeline);
                        break;
                    }
                }
                Next::Pause => {}
                Next::End => {
                    self.engine.close();
                    self.input.ended = true;
                    break;
                }
            }
        }
        self.engine.tick(None);
        self.gather();
        self.send(Message::Data);
    }

    /// Takes up what was found.
    fn gather(&mut self) {
        let findings = self.engine.take_findings();
        self.findings.take(findings, &self.engine);
    }

    /// Hands over a message; says what is to be done.
    pub fn send(&mut self, message: Message) -> Vec<Effect> {
        let facts = Facts::of(&self.engine, &self.findings, &self.input);
        let mut effects = self.app.update(facts, message);
        while self.app.is_busy(facts) {
            effects.extend(self.app.update(facts, Message::Continue));
        }
        effects
    }

    /// Presses a key.
    pub fn press(&mut self, code: KeyCode) -> Vec<Effect> {
        self.send(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Presses a key while Ctrl is held.
    pub fn control(&mut self, character: char) -> Vec<Effect> {
        self.send(Message::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL)))
    }

    /// Types text, a key at a time; a line feed is Enter.
    pub fn keys(&mut self, text: &str) -> Vec<Effect> {
        let code = |character| match character {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            character => KeyCode::Char(character),
        };
        text.chars().flat_map(|character| self.press(code(character))).collect()
    }

    /// Clicks.
    pub fn click(&mut self, column: u16, row: u16) {
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// What the terminal shows: a line a row, without blanks at the ends.
    pub fn text(&self) -> String {
        let terminal = self.terminal();
        let buffer = terminal.backend().buffer();
        let width = usize::from(buffer.area.width.max(1));
        let mut text = String::new();
        for row in buffer.content.chunks(width) {
            let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The text that stands out because a search found it, a field is there, or a cursor is on it.
    pub fn reversed(&self) -> String {
        let terminal = self.terminal();
        let cells = terminal.backend().buffer().content.iter();
        cells
            .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    /// The cells of the screen.
    pub fn cells(&self) -> Vec<ratatui::buffer::Cell> {
        self.terminal().backend().buffer().content.clone()
    }

    fn terminal(&self) -> Terminal<TestBackend> {
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let facts = Facts::of(&self.engine, &self.findings, &self.input);
        terminal.draw(|frame| draw(frame, &self.app, facts)).unwrap();
        terminal
    }

    /// The line that has this text.
    pub fn line(&self, wanted: &str) -> String {
        let text = self.text();
        let found = text.lines().find(|line| line.contains(wanted));
        found.unwrap_or_else(|| panic!("`{wanted}` is not on the screen:\n{text}")).to_owned()
    }

    /// Whether this text is on the screen.
    pub fn shows(&self, wanted: &str) -> bool {
        self.text().contains(wanted)
    }

    /// The row under the cursor of the pane that has the keys: the first reversed line below the tabs.
    pub fn cursor(&self) -> String {
        let text = self.text();
        let found = text.lines().skip(1).find(|line| line.starts_with('▶'));
        found.unwrap_or_default().trim_start_matches('▶').trim().to_owned()
    }
}
