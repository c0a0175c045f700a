//! Standard output: buffered, coloured when a person looks.

use std::io::{self, BufWriter, IsTerminal, StdoutLock};

use clap::ValueEnum;

use crate::report::{Glyphs, Look, Palette};

/// When to use colour (`--color`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// The styles to write with.
    fn palette(self) -> Palette {
        let wanted = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                is_screen() && !refused
            }
        };
        if wanted { Palette::coloured() } else { Palette::default() }
    }
}

/// Whether standard output is a terminal that can do more than print lines.
pub(super) fn is_screen() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// How text is to look here: in these colours; in ASCII when that is asked for or nothing else can be shown; as wide
/// as `COLUMNS` says, else as the terminal is, else as files are.
pub(super) fn look(colour: Colour, ascii: bool) -> Look {
    let glyphs = glyphs(ascii, io::stdout().is_terminal());
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let width = columns.filter(|columns| *columns > 0).or_else(|| comfy_table::Table::new().width());
    Look { palette: colour.palette(), glyphs, width: width.unwrap_or(Look::WIDTH).max(NARROWEST) }
}

/// Nothing is laid out for less.
const NARROWEST: u16 = 80;

/// The characters for what is or is not written to a terminal.
pub(super) fn glyphs(ascii: bool, is_terminal: bool) -> Glyphs {
    if ascii || !locale_has_unicode(is_terminal) { Glyphs::ASCII } else { Glyphs::UNICODE }
}

/// Whether the locale's character set is UTF-8. Without any locale a terminal gets ASCII, and a file or a pipe the
/// same as anywhere else.
fn locale_has_unicode(is_terminal: bool) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => !is_terminal,
    }
}

/// Standard output in large pieces; the caller flushes when it is about to wait.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(128 << 10, io::stdout().lock())
}
