//! How text output looks: colours, characters, width.

use std::fmt::Display;

use anstyle::Style;

use super::{Glyphs, Palette};

/// What text output is drawn with.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub palette: Palette,
    /// Characters.
    pub glyphs: Glyphs,
    /// Columns that tables and ladders may take.
    pub width: u16,
}

impl Look {
    /// Columns that output has which goes to no terminal.
    pub const WIDTH: u16 = 120;
}

impl Default for Look {
    /// No colours, drawn characters, the width of files.
    fn default() -> Self {
        Self { palette: Palette::default(), glyphs: Glyphs::UNICODE, width: Self::WIDTH }
    }
}

/// Text in a style.
pub(super) fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
