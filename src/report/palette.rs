//! Colours, or none.

use anstyle::{AnsiColor, Style};

use crate::rules::Level;

/// The styles of reports, named by what they mark. All are empty where colour is not wanted; meaning is never carried
/// by colour alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    /// Headings.
    pub heading: Style,
    /// Text that is on every line and seldom read: frame numbers, times, offsets.
    pub quiet: Style,
    /// Addresses.
    pub address: Style,
    /// What went well.
    pub good: Style,
    /// What deserves a look.
    pub doubtful: Style,
    /// What is wrong.
    pub bad: Style,
}

impl Palette {
    /// The style for a level of findings.
    pub const fn level(&self, level: Level) -> Style {
        match level {
            Level::Must => self.bad,
            Level::Should => self.doubtful,
            Level::Note => self.quiet,
        }
    }

    /// Colours for a terminal.
    pub fn coloured() -> Self {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        Self {
            heading: Style::new().bold(),
            quiet: Style::new().dimmed(),
            address: colour(AnsiColor::Cyan),
            good: colour(AnsiColor::Green),
            doubtful: colour(AnsiColor::Yellow),
            bad: colour(AnsiColor::Red).bold(),
        }
    }
}
