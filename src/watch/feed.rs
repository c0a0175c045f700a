//! The bounded way from the thread that captures or reads to whoever looks at the frames.

#![allow(clippy::disallowed_methods, reason = "live frames come by the wall clock")]

mod road;

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Batch, CaptureCounters, Replay};
use crate::capture::{self, InputError, LinkType, Live, LiveError, LiveNotice, LiveOptions, Timeline};
use crate::time::Timestamp;
use crate::wall_clock;
use road::{Road, capture, play};

/// Where frames come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// These interfaces, as frames pass on them.
    Interfaces(Vec<String>, LiveOptions),
    /// A capture file, as fast as it can be read, or at its recorded pace times this number.
    File(OsString, Option<f64>),
    /// Standard input (`-`) or a named pipe, as it comes, or at its recorded pace times this number. The thread of the
    /// feed waits for its writer.
    Pipe(OsString, Option<f64>),
}

/// What comes from a [`Feed`].
#[derive(Debug)]
pub enum Event {
    /// Frames, in order. [`Feed::recycle`] takes the batch back.
    Frames(Batch),
    /// Something happened to an interface.
    Notice(LiveNotice),
    /// The end, with what could not be read and what the inputs declared.
    End(End),
}

/// How an input ended.
#[derive(Debug, Default)]
pub struct End {
    /// What could not be read.
    pub errors: Vec<InputError>,
    /// Link types that inputs declared, in the order they appeared.
    pub link_types: Vec<LinkType>,
    /// The thread failed, by a defect of mipflow.
    pub is_broken: bool,
}

/// Brings frames from a source, which is read by a thread of its own.
///
/// A live source never waits for the receiver: frames that find no room are dropped and counted. Files
/// and standard input wait.
pub struct Feed {
    events: Receiver<Event>,
    empty: SyncSender<Batch>,
    shared: Arc<Shared>,
    names: Vec<String>,
    files: Vec<OsString>,
    link_types: Vec<LinkType>,
    replay: Option<Replay>,
    is_live: bool,
    is_file: bool,
    thread: Option<Box<dyn FnOnce() + Send>>,
    running: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    received: AtomicU64,
    dropped_by_kernel: AtomicU64,
    dropped_by_interface: AtomicU64,
    skipped: AtomicU64,
}

/// The most batches on their way; a batch is full with 256 KiB or 1,024 frames.
const ON_THE_WAY: usize = 64;
/// The longest a thread sleeps before it looks whether it has to end.
const NAP: Duration = Duration::from_millis(100);
/// Nanoseconds by which a frame may arrive late from any interface: the kernel holds frames back for ten milliseconds,
/// and the rest allows for a busy machine.
const LATE: i64 = 60_000_000;

impl Feed {
    /// Opens the source. Before [`Feed::start`] nothing is captured, read or waited for, except the beginning of a file.
    pub fn open(source: Source) -> Result<Self, LiveError> {
        let (sender, events) = sync_channel(ON_THE_WAY);
        let (empty, emptied) = sync_channel(ON_THE_WAY);
        let shared = Arc::new(Shared::default());
        let road = Road { events: sender, emptied, shared: Arc::clone(&shared), batch: Batch::default() };
        let mut feed = Self {
            events,
            empty,
            shared,
            names: Vec::new(),
            files: Vec::new(),
            link_types: Vec::new(),
            replay: None,
            is_live: false,
            is_file: false,
            thread: None,
            running: None,
        };
        feed.thread = Some(match source {
            Source::Interfaces(names, options) => {
                let live = Live::open(&names, options)?;
                feed.names = names;
                feed.is_live = true;
                for link_type in live.link_types() {
                    if !feed.link_types.contains(&link_type) {
                        feed.link_types.push(link_type);
                    }
                }
                Box::new(move || capture(live, road))
            }
            Source::File(name, speed) => {
                feed.take_file(&name);
                feed.is_file = true;
                feed.replay = speed.map(Replay::new);
                let replay = feed.replay.clone();
                let timeline = Timeline::open(&[name]);
                Box::new(move || play(timeline, replay.as_ref(), road))
            }
            Source::Pipe(name, speed) => {
                feed.take_file(&name);
                feed.replay = speed.map(Replay::new);
                let replay = feed.replay.clone();
                let opened = capture::Source::open_pipe(&name);
                Box::new(move || {
                    let timeline = match opened {
                        Some(source) => Timeline::from_sources(vec![source]),
                        None => Timeline::open(&[name]),
                    };
                    play(timeline, replay.as_ref(), road);
                })
            }
        });
        Ok(feed)
    }

    /// Starts the thread. It has the capabilities that the calling thread has now.
    pub fn start(&mut self) -> io::Result<()> {
        if let Some(work) = self.thread.take() {
            self.running = Some(thread::Builder::new().name("capture".to_owned()).spawn(work)?);
        }
        Ok(())
    }

    /// What comes next; `None` if nothing came in time. [`Event::End`] is the last.
    pub fn next(&mut self, timeout: Duration) -> Option<Event> {
        match self.events.recv_timeout(timeout) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let is_broken = self.running.take().is_some_and(|thread| thread.join().is_err());
                Some(Event::End(End { is_broken, ..End::default() }))
            }
        }
    }

    /// Takes a batch back, to reuse its memory.
    pub fn recycle(&self, mut batch: Batch) {
        batch.clear();
        // If enough empty batches are waiting, this one is freed.
        let _ = self.empty.try_send(batch);
    }

    /// Takes a batch back that nobody looked at, and counts its frames as skipped.
    pub(super) fn skip(&self, batch: Batch) {
        self.shared.skipped.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.recycle(batch);
    }

    /// Tells the thread to end. What is on its way can still be taken.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(replay) = &self.replay {
            replay.stop();
        }
    }

    /// Waits until the counters of a live source are final, for a few seconds at most. What is still on its way is
    /// dropped.
    pub(super) fn settle(&mut self) {
        const LONGEST: Duration = Duration::from_secs(2);
        let begun = Instant::now();
        while self.is_live && begun.elapsed() < LONGEST {
            match self.next(LONGEST) {
                None | Some(Event::End(_)) => break,
                Some(Event::Frames(_) | Event::Notice(_)) => {}
            }
        }
    }

    /// What a live source counted; all 0 for others.
    pub fn counters(&self) -> CaptureCounters {
        let Shared { received, dropped_by_kernel, dropped_by_interface, skipped, .. } = &*self.shared;
        CaptureCounters {
            received: received.load(Ordering::Relaxed),
            dropped_by_kernel: dropped_by_kernel.load(Ordering::Relaxed),
            dropped_by_interface: dropped_by_interface.load(Ordering::Relaxed),
            skipped: skipped.load(Ordering::Relaxed),
        }
    }

    /// The time at the source: the present when live, the player's clock for a replay; `None` for a file that is only
    /// read.
    ///
    /// When live it is a little in the past: frames take a moment to come, and none should be older than this.
    pub fn now(&self) -> Option<Timestamp> {
        if let Some(replay) = &self.replay {
            return replay.position();
        }
        if !self.is_live {
            return None;
        }
        Some(wall_clock::now().before(LATE))
    }

    fn take_file(&mut self, name: &OsStr) {
        self.names = vec![name.to_string_lossy().into_owned()];
        self.files = vec![name.to_owned()];
    }

    /// Names of the inputs as they are shown: interfaces, a file, `-`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The file, or `-`, by the octets of its name, which may be no text; none for interfaces.
    pub fn files(&self) -> &[OsString] {
        &self.files
    }

    /// Link types of interfaces; of files they are told at the end.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    /// The controls of the replay, if the capture is played.
    pub fn replay(&self) -> Option<&Replay> {
        self.replay.as_ref()
    }

    /// Whether frames come from interfaces.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Whether frames come from standard input or a named pipe, as they come.
    pub fn is_pipe(&self) -> bool {
        !self.is_live && !self.is_file && self.replay.is_none()
    }

    /// Whether a file is read as fast as it can be.
    pub fn is_loaded(&self) -> bool {
        self.is_file && self.replay.is_none()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop();
        // A thread that waits for standard input cannot be woken; it ends with the program.
        if self.is_live
            && let Some(thread) = self.running.take()
        {
            while self.events.recv_timeout(NAP).is_ok() {}
            let _ = thread.join();
        }
    }
}
