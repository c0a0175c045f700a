//! What the screen knows of itself: which view is open, what is selected, filtered, paused. No I/O, no clock.

use super::facts::{Facts, NodeRef};
use super::filter::Filter;
use super::finding_log::FindingLog;
use super::message::SaveOrder;
use super::over::Overlay;
use super::prompt::Prompt;
use super::search::Search;
use super::theme::{Theme, ThemeName};
use super::view::View;
use super::views::{Findings, Flows, LadderView, Messages, Statistics, Tunnels};
use crate::net;
use crate::report::{Clock, TimeStyle};
use crate::state::{Observer, Still};
use crate::time::Timestamp;
use crate::trace::Counts;
use crate::watch::{AllMessages, Counters};

/// What a user can choose beforehand.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Colours; none with `NO_COLOR`.
    pub theme: ThemeName,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// A filter that holds from the beginning, as `--node` sets one.
    pub filter: Filter,
}

/// The state of the screen.
#[derive(Debug)]
pub struct App {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The views the user went through; the last one is open.
    pub stack: Vec<View>,
    /// What lies over the view.
    pub overlay: Option<Overlay>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// How it is drawn.
    pub theme: Theme,
    /// How times are written.
    pub time_style: TimeStyle,
    /// Which rows are shown.
    pub filter: Filter,
    /// What is looked for.
    pub search: Search,
    /// Whether the newest row is kept selected.
    pub follow: bool,
    /// Older tables that are shown in place of the current ones.
    pub frozen: Option<Box<Frozen>>,
    /// The tables being copied to become [`App::frozen`].
    pub(super) freezing: Option<Freezing>,
    /// Frozen tables no longer shown, to be freed elsewhere: freeing large tables takes a while, too.
    pub(super) thawed: Vec<Frozen>,
    /// The number of a frame that is to be read again.
    pub(super) fetching: Option<u64>,
    /// What is to be saved, and the tables to be saved when they are copied.
    pub(super) saving: Option<(Box<SaveOrder>, Still)>,
    /// The message about the last key, if any.
    pub notice: Option<Notice>,
    /// The pane that has the keys, by view.
    pub focus: [usize; View::ALL.len()],
    /// How many rows larger the user made a pane, by view.
    pub split: [i16; View::ALL.len()],
    /// Which rows the next save writes.
    pub extent: Extent,
    /// The file that a save may write over, when it is asked for once more.
    pub overwrite: Option<String>,
    /// How many nodes there are in the tables that are shown.
    pub nodes: usize,
    /// The first view.
    pub tunnels: Tunnels,
    /// The second.
    pub ladder: LadderView,
    /// The third.
    pub messages: Messages,
    /// The fourth.
    pub flows: Flows,
    /// The fifth.
    pub findings: Findings,
    /// The sixth.
    pub statistics: Statistics,
}

/// What to say in the last line until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The text.
    pub text: String,
    /// Whether something failed.
    pub is_bad: bool,
}

/// Which rows are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Everything there is.
    #[default]
    All,
    /// What the filter shows.
    Filtered,
    /// What was selected with the space bar.
    Selected,
}

/// The tables as they stood.
#[derive(Debug)]
pub struct Frozen {
    /// What was believed.
    pub observer: Box<Observer>,
    /// The messages there were.
    pub messages: AllMessages,
    /// Packets there were.
    pub packets: u64,
    /// What was counted.
    pub counted: Counted,
    /// Findings there were.
    pub findings: FindingLog,
    /// Why the screen shows them.
    pub why: Why,
}

/// Tables that are being copied, a piece at a time.
#[derive(Debug)]
pub struct Freezing {
    pub(super) still: Still,
    pub(super) messages: AllMessages,
    pub(super) packets: u64,
    pub(super) counted: Counted,
    pub(super) findings: FindingLog,
}

/// What was counted up to a moment.
#[derive(Clone, Debug)]
pub struct Counted {
    pub(super) counts: Counts,
    pub(super) counters: Counters,
    pub(super) network: net::Counters,
    pub(super) clock_backwards: u64,
}

/// Why the screen does not show what is true now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is paused.
    Paused,
    /// The time cursor is set to this moment.
    Cursor(Moment),
}

/// A moment of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The last frame that counts.
    pub frame: u64,
    /// Its time.
    pub time: Timestamp,
}

impl App {
    /// A screen that has shown nothing yet.
    pub fn new(settings: Settings, size: (u16, u16)) -> Self {
        let mut app = Self {
            size,
            stack: vec![View::Tunnels],
            overlay: None,
            prompt: None,
            theme: Theme::new(settings.theme, settings.ascii),
            time_style: TimeStyle::Utc,
            filter: settings.filter,
            search: Search::default(),
            follow: false,
            frozen: None,
            freezing: None,
            thawed: Vec::new(),
            fetching: None,
            saving: None,
            notice: None,
            focus: [0; View::ALL.len()],
            split: [0; View::ALL.len()],
            extent: Extent::All,
            overwrite: None,
            nodes: 0,
            tunnels: Tunnels::default(),
            ladder: LadderView::default(),
            messages: Messages::default(),
            flows: Flows::default(),
            findings: Findings::default(),
            statistics: Statistics::default(),
        };
        app.lay_out();
        app
    }

    /// The view that is open.
    pub fn view(&self) -> View {
        self.stack.last().copied().unwrap_or(View::Tunnels)
    }

    /// The pane of the open view that has the keys.
    pub fn pane(&self) -> usize {
        self.focus.get(self.view() as usize).copied().unwrap_or_default()
    }

    /// The time cursor, when it is set.
    pub fn cursor(&self) -> Option<Moment> {
        match self.frozen.as_ref()?.why {
            Why::Cursor(moment) => Some(moment),
            Why::Paused => None,
        }
    }

    /// Whether the screen is paused.
    pub fn is_paused(&self) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.why == Why::Paused)
    }

    /// The node that the open view is about, if it is about one.
    pub fn selected_node(&self, facts: Facts<'_>) -> Option<NodeRef> {
        match self.view() {
            View::Tunnels => self.tunnels.selected_node(),
            View::Ladder => self.ladder.node(),
            View::Messages => self.messages.selected_node(facts),
            View::Flows => self.flows.selected_node(facts),
            View::Findings => self.findings.selected_node(facts),
            View::Statistics => None,
        }
        .or_else(|| self.tunnels.selected_node())
    }

    /// A clock in the style that was chosen.
    pub fn clock(&self, facts: Facts<'_>) -> Clock {
        let mut clock = Clock::new(self.time_style);
        if let Some(first) = facts.counts.first {
            clock.start(first);
        }
        clock
    }

    /// Whether there is more to do that was put off so as not to keep the user waiting.
    pub fn is_busy(&self, facts: Facts<'_>) -> bool {
        let is_behind = match self.view() {
            View::Messages => self.messages.is_behind(self.shown(facts)),
            View::Flows => self.flows.is_behind(),
            _ => false,
        };
        is_behind || self.search.is_busy() || self.is_freezing()
    }

    /// Whether tables are being copied: until [`App::is_busy`] says that it is done, the facts have to stay as they are.
    pub fn is_freezing(&self) -> bool {
        self.freezing.is_some() || self.saving.is_some()
    }

    /// Says something in the last line.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_bad: false });
    }

    /// Says in the last line that something failed.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_bad: true });
    }
}
