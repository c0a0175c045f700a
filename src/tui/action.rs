//! What a key or the mouse can ask for.

/// One thing the user wants; the table [`KEYS`](super::KEYS) says which keys ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave this screen; at the top, the program.
    Back,
    /// Leave this screen, never the program.
    Escape,
    /// Leave the program.
    Quit,
    /// Go deeper into what is selected.
    Enter,
    /// Keys of this screen.
    Help,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Fold, or scroll to the left.
    Left,
    /// Unfold, or scroll to the right.
    Right,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// To the next pane.
    NextPane,
    /// To the pane before.
    PreviousPane,
    /// To one of the views, counted from 1.
    View(u8),
    /// Type a search.
    Search,
    /// To the next match.
    NextMatch,
    /// To the match before.
    PreviousMatch,
    /// Type a filter.
    Filter,
    /// The ladder of the selected node.
    Ladder,
    /// Sort by the column to the left.
    SortLeft,
    /// Sort by the column to the right.
    SortRight,
    /// Turn the order round.
    SortReverse,
    /// Hold the screen still, or let it go on.
    Pause,
    /// Stay at the newest row, or not.
    Follow,
    /// Select a row, or not.
    Mark,
    /// Save to a file.
    Save,
    /// Copy to the clipboard.
    Copy,
    /// The next way to write times.
    TimeFormat,
    /// The next theme.
    Theme,
    /// The time cursor to the exchange before.
    Earlier,
    /// The time cursor to the next exchange.
    Later,
    /// Make this pane larger.
    Grow,
    /// Make this pane smaller.
    Shrink,
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell for a while.
    Suspend,
    /// What the rule of a finding means.
    Explain,
    /// Hold a replay, or let it go on.
    ReplayPause,
    /// Let one frame of a held replay through.
    ReplayStep,
    /// Replay at half the speed.
    ReplaySlower,
    /// Replay at twice the speed.
    ReplayFaster,
}

impl Action {
    /// Whether it moves through rows or lines.
    pub const fn scrolls(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::First
                | Self::Last
                | Self::PageUp
                | Self::PageDown
                | Self::HalfUp
                | Self::HalfDown
        )
    }
}
