//! A watch on the screen.

use clap::ValueEnum;

use super::Prepared;
use super::headless::summary;
use crate::cli::decode::{Unread, write_failure};
use crate::cli::output::{self, Colour};
use crate::cli::{Exit, Failure};
use crate::report::{Glyphs, Target};
use crate::rules::Level;
use crate::tui::{self, Filter, RunError, Settings, ThemeName, Watched};
use crate::watch::DriveError;

/// Colours of the screen (`--theme`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Theme {
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// No colours, as with `NO_COLOR`
    Mono,
}

impl From<Theme> for ThemeName {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self::Dark,
            Theme::Light => Self::Light,
            Theme::Mono => Self::Mono,
        }
    }
}

/// Shows what comes until the user ends it, then says what could not be read.
pub(super) fn run(prepared: Prepared, theme: Option<Theme>, ascii: bool) -> Result<Exit, Failure> {
    let Prepared { driver, engine, target, fail_on } = prepared;
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let settings = Settings {
        theme: if no_colour { ThemeName::Mono } else { theme.map_or_else(default_theme, ThemeName::from) },
        ascii: output::look(Colour::Never, ascii).glyphs == Glyphs::ASCII,
        filter: filter(target.as_ref())?,
    };
    let Watched { driver, engine, findings } =
        tui::run(driver, engine, settings, target.clone()).map_err(failure)?;
    let summary = summary(&engine, driver.feed().names(), target.as_ref());
    let is_wanted = summary.wanted_findings();
    let is_whole = findings.total() == findings.len() as u64;
    let mut exit = fail_on.exit(if target.is_some() && is_whole {
        findings.iter().filter(|(_, found)| is_wanted(found)).map(|(_, found)| found.level).min()
    } else {
        // All of them count, kept or not.
        Level::ALL.into_iter().find(|level| findings.levels().of(*level) > 0)
    });
    for error in driver.errors() {
        exit = Failure::io(error.to_string(), error.help()).tell();
    }
    let unread = Unread::of(summary.link_types, summary.files, engine.trace());
    Ok(unread.and_then(Unread::tell).unwrap_or(exit))
}

/// The theme for this terminal. Terminals called `vt` and a number have no colours, and some of them take a request for
/// a colour for a request to blink.
fn default_theme() -> ThemeName {
    let term = std::env::var("TERM").unwrap_or_default();
    let is_vt =
        term.strip_prefix("vt").is_some_and(|model| model.starts_with(|first: char| first.is_ascii_digit()));
    if is_vt { ThemeName::Mono } else { ThemeName::Dark }
}

/// The filter that `--node` sets from the beginning.
fn filter(target: Option<&Target>) -> Result<Filter, Failure> {
    let filter = match target {
        Some(Target::HomeAddress(address)) => Filter::parse(&format!("node:{address}")),
        Some(Target::Nai(nai)) => Filter::of_nai(nai),
        Some(Target::Any(..)) | None => Ok(Filter::default()),
    };
    filter.map_err(|error| Failure::usage(format!("--node: {error}"), None))
}

fn failure(error: RunError) -> Failure {
    match error {
        RunError::Drive(DriveError::Write(error)) => write_failure(&error),
        RunError::Drive(DriveError::Filter(error)) => Failure::usage(error.to_string(), Some(error.help())),
        RunError::Drive(DriveError::Audience(error)) => Failure::output(&error),
        RunError::Terminal(_) => Failure::io(
            error.to_string(),
            Some("--headless prints records instead of showing a screen".into()),
        ),
        RunError::Drive(DriveError::Broken) | RunError::Defect => Failure::io(error.to_string(), None),
    }
}
