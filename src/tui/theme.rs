//! Colours and characters of the screen. Meaning is never carried by colour alone.

use anstyle::{Ansi256Color, AnsiColor, Style as AnsiStyle};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::report::{Glyphs, Look, Palette};
use crate::rules::Level;

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// For terminals with a dark background.
    #[default]
    Dark,
    /// For terminals with a light background.
    Light,
    /// No colours: bold, dim and reversed text only.
    Mono,
}

impl ThemeName {
    /// The theme that comes next when the user changes it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Mono,
            Self::Mono => Self::Dark,
        }
    }

    /// Its name, as the user reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }
}

/// How the screen is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Which theme it is.
    pub name: ThemeName,
    /// Titles.
    pub heading: Style,
    /// Text that is seldom read.
    pub quiet: Style,
    /// Addresses.
    pub address: Style,
    /// What is well.
    pub good: Style,
    /// What deserves a look.
    pub doubtful: Style,
    /// What is wrong.
    pub bad: Style,
    /// The row under the cursor, in the pane that has the keys.
    pub selected: Style,
    /// The row under the cursor, in another pane.
    pub resting: Style,
    /// What a search found, and the octets of a field.
    pub found: Style,
    /// The characters that text is drawn with.
    pub glyphs: Glyphs,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
}

/// The characters of folds, marks, bars and arrows.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// Before a row that is unfolded.
    pub open: &'static str,
    /// Before a row that is folded.
    pub folded: &'static str,
    /// Before a row that the user selected.
    pub marked: &'static str,
    /// The part of a bar that is left.
    pub full: &'static str,
    /// The part of a bar that is gone.
    pub empty: &'static str,
    /// Towards the node.
    pub down: &'static str,
    /// From the node.
    pub up: &'static str,
    /// The steps of a sparkline, the lowest first.
    pub steps: [&'static str; 8],
}

impl Theme {
    /// The theme of this name; with `ascii` only ASCII characters are drawn.
    pub fn new(name: ThemeName, ascii: bool) -> Self {
        let colour = |dark: Color, light: u8| match name {
            ThemeName::Dark => Style::new().fg(dark),
            ThemeName::Light => Style::new().fg(Color::Indexed(light)),
            ThemeName::Mono => Style::new(),
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        Self {
            name,
            heading: bold,
            quiet: Style::new().add_modifier(Modifier::DIM),
            address: colour(Color::Cyan, 25),
            good: colour(Color::Green, 22),
            doubtful: colour(Color::Yellow, 94),
            bad: colour(Color::LightRed, 124).patch(bold),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            resting: Style::new().add_modifier(Modifier::UNDERLINED),
            found: bold.add_modifier(Modifier::REVERSED),
            glyphs: if ascii { Glyphs::ASCII } else { Glyphs::UNICODE },
            ascii,
        }
    }

    /// The same colours for what the report writes.
    pub fn palette(&self) -> Palette {
        let colour = |dark: AnsiColor, light: u8| match self.name {
            ThemeName::Dark => AnsiStyle::new().fg_color(Some(dark.into())),
            ThemeName::Light => AnsiStyle::new().fg_color(Some(Ansi256Color(light).into())),
            ThemeName::Mono => AnsiStyle::new(),
        };
        Palette {
            heading: AnsiStyle::new().bold(),
            quiet: AnsiStyle::new().dimmed(),
            address: colour(AnsiColor::Cyan, 25),
            good: colour(AnsiColor::Green, 22),
            doubtful: colour(AnsiColor::Yellow, 94),
            bad: colour(AnsiColor::BrightRed, 124).bold(),
        }
    }

    /// How the report's lines are drawn here.
    pub fn look(&self, width: u16) -> Look {
        Look { palette: self.palette(), glyphs: self.glyphs, width }
    }

    /// How a level is drawn.
    pub const fn level(&self, level: Level) -> Style {
        match level {
            Level::Must => self.bad,
            Level::Should => self.doubtful,
            Level::Note => self.quiet,
        }
    }

    /// The marks in the characters of this theme.
    pub fn marks(&self) -> Marks {
        if self.ascii {
            Marks {
                open: "-",
                folded: "+",
                marked: "*",
                full: "#",
                empty: ".",
                down: "v",
                up: "^",
                steps: ["_", ".", "-", "~", "=", "+", "*", "#"],
            }
        } else {
            Marks {
                open: "▾",
                folded: "▸",
                marked: "●",
                full: "█",
                empty: "░",
                down: "↓",
                up: "↑",
                steps: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            }
        }
    }

    /// Lines between panes.
    pub fn border(&self) -> border::Set<'static> {
        if self.ascii {
            border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            }
        } else {
            border::PLAIN
        }
    }

    /// As [`Theme::border`], for the pane that has the keys when there are several.
    pub fn border_of_focus(&self) -> border::Set<'static> {
        let (top_left, horizontal_top) = if self.ascii { ("+", "=") } else { ("╒", "═") };
        border::Set { top_left, horizontal_top, ..self.border() }
    }
}
