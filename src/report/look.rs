//! How text output looks: colours, characters, width.

use std::fmt::Display;

use anstyle::Style;

use super::{Glyphs, Palette};

/// The colours, characters and width of text output.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub palette: Palette,
    /// Characters.
    pub glyphs: Glyphs,
    /// The most columns that tables and ladders may take.
    pub width: u16,
}

impl Look {
    /// The width of output that does not go to a terminal, in columns.
    pub const WIDTH: u16 = 120;
}

impl Default for Look {
    /// No colours, Unicode characters, and [`Look::WIDTH`].
    fn default() -> Self {
        Self { palette: Palette::default(), glyphs: Glyphs::UNICODE, width: Self::WIDTH }
    }
}

/// Text in a style.
pub(super) fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
