//! What reaches the screen, and what it asks for in return.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::app::{Extent, Frozen};
use super::picture::Picture;
use super::view::View;
use crate::report::Target;
use crate::rules::Findings;
use crate::watch::RecentMessage;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// There may be something new to show.
    Data,
    /// Go on with what was put off.
    Continue,
    /// A file was saved, or why it was not.
    Saved(Result<String, SaveError>),
    /// What became of a request to the replay, or to the clipboard.
    Told(String),
    /// The packet of this frame, or that it could not be read again.
    Fetched(u64, Option<Arc<RecentMessage>>),
}

/// Why a file was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveError {
    /// There is one of this name already.
    Exists(String),
    /// What the system said, or what cannot be saved so.
    Failed(String),
}

/// Something to be done outside the screen.
#[derive(Debug)]
pub enum Effect {
    /// End.
    Quit,
    /// Give the terminal to the shell until it comes back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Hand this to the clipboard of the terminal.
    Copy(String),
    /// Write a file of what is in the picture.
    Save(Box<SaveOrder>, Box<Picture>),
    /// Change the pace of a replay.
    Replay(ReplayOrder),
    /// Read this frame of the input again.
    Fetch(u64),
    /// Free these tables on a thread nobody waits for.
    Forget(Vec<Frozen>),
}

/// A change of pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayOrder {
    /// Hold it, or let it go on.
    Pause,
    /// One frame.
    Step,
    /// Half the speed.
    Slower,
    /// Twice the speed.
    Faster,
}

/// What is to be written.
#[derive(Debug)]
pub struct SaveOrder {
    /// The file.
    pub path: String,
    /// The file format.
    pub format: SaveFormat,
    /// Whether a file of this name may be written over.
    pub overwrite: bool,
    /// The view that is saved.
    pub view: View,
    /// Which part of it.
    pub extent: Extent,
    /// The messages.
    pub messages: Vec<Arc<RecentMessage>>,
    /// The nodes that tables are narrowed to; `None` for all.
    pub target: Option<Target>,
    /// The flows that their table is narrowed to, by their places; `None` for all of these nodes.
    pub flows: Option<BTreeSet<u32>>,
    /// The findings.
    pub findings: Findings,
}

/// The formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveFormat {
    /// The frames of messages.
    Capture,
    /// One table.
    Csv,
    /// One document.
    Json,
    /// Ladders.
    Ladder,
}

impl SaveFormat {
    /// The format that the name of a file asks for.
    pub fn of(path: &str) -> Result<Self, String> {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("pcap" | "pcapng" | "cap") => Ok(Self::Capture),
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("txt") => Ok(Self::Ladder),
            _ => Err("the name ends in .pcap, .pcapng, .csv, .json, or .txt (ladder)".to_owned()),
        }
    }
}
