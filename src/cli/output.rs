//! Standard output: buffered, coloured when a person looks.

use std::io::{self, BufWriter, IsTerminal, StdoutLock};

use clap::ValueEnum;

use crate::report::Palette;

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
    pub(super) fn palette(self) -> Palette {
        let wanted = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
                    || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                io::stdout().is_terminal() && !refused
            }
        };
        if wanted { Palette::coloured() } else { Palette::default() }
    }
}

/// Standard output in large pieces; the caller flushes when it is about to wait.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(128 << 10, io::stdout().lock())
}
