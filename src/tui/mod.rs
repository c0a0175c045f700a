//! The screen of `mipflow watch`.
//!
//! ```text
//!  keys, mouse, signals ─► Message ─► App::update ─► App ─► draw ─► terminal
//!  frames ─► Engine ─────► Facts ───────┴──────────────────┘
//! ```
//!
//! [`App`] is what the screen knows of itself; [`App::update`] changes it and does no I/O; drawing looks at it and at
//! [`Facts`] and changes nothing. One table, [`KEYS`], handles the keys and generates help, footer and the list in
//! docs/watch.md.

mod action;
mod ansi;
mod app;
mod bringer;
mod draw;
mod export;
mod facts;
mod filter;
mod finding_log;
mod keys;
mod layout;
mod levels;
mod list;
mod message;
mod mouse;
mod navigate;
mod over;
mod pace;
mod past;
mod picture;
mod prompt;
mod rates;
mod run;
mod save;
mod saved_file;
mod search;
mod terminal;
mod text;
mod theme;
mod turnstile;
mod typing;
mod update;
mod view;
mod views;
mod whose;

pub use action::Action;
pub use app::{App, Extent, Settings};
pub use draw::draw;
pub use facts::{Facts, Input, InputKind, NodeRef};
pub use filter::Filter;
pub use finding_log::FindingLog;
pub use keys::{Binding, KEYS, Stroke, markdown};
pub use message::{Effect, Message, ReplayOrder, SaveError, SaveFormat, SaveOrder};
pub use picture::Picture;
pub use run::{RunError, Watched, run};
pub use terminal::Screen;
pub use theme::{Theme, ThemeName};
pub use view::View;
