//! The thread that captures or reads, and the bounded way from it to whoever looks at the frames.

#![allow(clippy::disallowed_methods, reason = "live frames come by the wall clock")]

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::replay::Due;
use super::{Batch, CaptureCounters, Replay};
use crate::capture::{
    self, Frame, InputError, LinkType, Live, LiveError, LiveNotice, LiveOptions, Next, Timeline,
};
use crate::time::Timestamp;
use crate::wall_clock;

/// Where frames come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// These interfaces, as frames pass on them.
    Interfaces(Vec<String>, LiveOptions),
    /// A capture file, as fast as it can be read, or at the pace of its recording times this.
    File(OsString, Option<f64>),
    /// Standard input (`-`) or a named pipe, as it comes, or at the pace of its recording times this. Its thread waits
    /// for who writes to it.
    Pipe(OsString, Option<f64>),
}

/// What comes from a [`Feed`].
#[derive(Debug)]
pub enum Event {
    /// Frames, in order. [`Feed::recycle`] takes the batch back.
    Frames(Batch),
    /// Something happened to an interface.
    Notice(LiveNotice),
    /// There is nothing more. Says what could not be read, and what the inputs declared.
    End(End),
}

/// How an input ended.
#[derive(Debug, Default)]
pub struct End {
    /// What could not be read.
    pub errors: Vec<InputError>,
    /// Link types that inputs declared, in the order they appeared.
    pub link_types: Vec<LinkType>,
    /// The thread ended by a defect, and not by itself.
    pub is_broken: bool,
}

/// Frames from a source, on their way from a thread of their own.
///
/// A live source never waits for who takes the frames: what does not fit on the way is given up and counted. Files and
/// standard input wait.
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

/// Batches that may be on their way: at 256 KiB each, what a moment's delay may take of memory.
const ON_THE_WAY: usize = 64;
/// The longest a thread sleeps before it looks whether it has to end.
const NAP: Duration = Duration::from_millis(100);

impl Feed {
    /// Opens the source. Nothing is captured on, read or waited for before [`Feed::start`], but for the head of a file.
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

    /// What comes next; `None` when nothing came in time. After [`Event::End`] there is nothing more.
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

    /// Takes a batch back, for its memory.
    pub fn recycle(&self, mut batch: Batch) {
        batch.clear();
        // When there are enough, it is let go.
        let _ = self.empty.try_send(batch);
    }

    /// Takes a batch back that nobody looked at, and counts its frames as skipped.
    pub(super) fn skip(&self, batch: Batch) {
        self.shared.skipped.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.recycle(batch);
    }

    /// Lets the thread end. What is on its way can still be taken.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(replay) = &self.replay {
            replay.stop();
        }
    }

    /// Waits until the thread of a live source has counted to the end, for two seconds at most. What is still on its
    /// way is let go.
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

    /// The time where the frames come from: now when live, the player's clock for a replay; `None` for what is only
    /// read.
    ///
    /// A little less than now: frames take a moment to come, and none should be from the past.
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

    /// Link types of interfaces; of files they are told in the end.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    /// The controls of a capture that is played.
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

/// Nanoseconds after which a frame of any interface has come, if it comes: the kernel holds frames back for ten
/// milliseconds, and the rest is for a busy machine.
const LATE: i64 = 60_000_000;

/// The thread's end of the way.
struct Road {
    events: SyncSender<Event>,
    emptied: Receiver<Batch>,
    shared: Arc<Shared>,
    batch: Batch,
}

impl Road {
    fn is_over(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// The batch that was gathered, with another one in its place.
    fn gathered(&mut self) -> Batch {
        std::mem::replace(&mut self.batch, self.emptied.try_recv().unwrap_or_default())
    }

    /// Gathers a frame, without ever waiting.
    fn push(&mut self, frame: &Frame<'_>) {
        if self.batch.is_full() {
            self.offer();
        }
        self.batch.push(frame);
    }

    /// Hands on what was gathered, or gives it up and counts it when there is no room.
    fn offer(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = self.gathered();
        if let Err(TrySendError::Full(Event::Frames(mut batch))) = self.events.try_send(Event::Frames(batch))
        {
            self.shared.skipped.fetch_add(batch.len() as u64, Ordering::Relaxed);
            batch.clear();
            self.batch = batch;
        }
    }

    /// Hands on notices, as far as there is room.
    fn tell(&mut self, notices: &mut VecDeque<LiveNotice>) {
        /// Of many notices that nobody takes, the later ones say nothing new.
        const KEPT: usize = 64;
        while let Some(notice) = notices.pop_front() {
            if let Err(TrySendError::Full(Event::Notice(notice))) =
                self.events.try_send(Event::Notice(notice))
            {
                notices.push_front(notice);
                notices.truncate(KEPT);
                return;
            }
        }
    }

    /// Hands on what was gathered and waits for room; false when nobody takes it any more.
    fn send(&mut self) -> bool {
        if self.batch.is_empty() {
            return !self.is_over();
        }
        let batch = self.gathered();
        self.events.send(Event::Frames(batch)).is_ok() && !self.is_over()
    }
}

/// Captures until it is over.
fn capture(mut live: Live, mut road: Road) {
    const COUNT: Duration = Duration::from_millis(250);
    let merges = live.count() > 1;
    let mut held = Held::default();
    let mut notices = VecDeque::new();
    let mut counted = Instant::now();
    while !road.is_over() {
        let notice = |notice| notices.push_back(notice);
        let any = if merges {
            let any = live.read(|frame| held.push(frame), notice);
            held.release(wall_clock::now().before(LATE), &mut road);
            any
        } else {
            live.read(|frame| road.push(frame), notice)
        };
        road.offer();
        road.tell(&mut notices);
        if counted.elapsed() >= COUNT {
            counted = Instant::now();
            count(&mut live, &road.shared);
            live.look_after(|notice| notices.push_back(notice));
        }
        if !any {
            // Where frames are held back, they are looked after in time.
            live.wait(if held.is_empty() { NAP } else { NAP / 10 });
        }
    }
    read_rest(&mut live, &mut held, &mut road);
    count(&mut live, &road.shared);
    // Without room for it, the end is told by there being nobody to send.
    let _ = road.events.try_send(Event::End(End::default()));
}

/// Reads what had come when it was told to end, of which the kernel may have a lot.
fn read_rest(live: &mut Live, held: &mut Held, road: &mut Road) {
    /// The kernel hands over the last frames after ten milliseconds.
    const HELD_BACK: Duration = Duration::from_millis(20);
    /// Where frames come faster than they are read, it does not go on for ever.
    const LONGEST: Duration = Duration::from_secs(1);
    let over = wall_clock::now();
    let begun = Instant::now();
    let merges = live.count() > 1;
    loop {
        let mut is_early = false;
        let any = live.read(
            |frame| {
                is_early |= frame.time <= over;
                if merges { held.push(frame) } else { road.push(frame) }
            },
            |_| {},
        );
        let elapsed = begun.elapsed();
        if (any && !is_early) || elapsed >= LONGEST || (!any && elapsed >= HELD_BACK) {
            break;
        }
        if !any {
            live.wait(HELD_BACK);
        }
    }
    held.release(Timestamp::LAST, road);
    road.offer();
}

fn count(live: &mut Live, shared: &Shared) {
    let counters = live.counters();
    shared.received.store(counters.received, Ordering::Relaxed);
    shared.dropped_by_kernel.store(counters.dropped, Ordering::Relaxed);
    shared.dropped_by_interface.store(counters.dropped_by_interface, Ordering::Relaxed);
}

/// Frames of several interfaces that wait for each other: a request on one must not come after its reply on another.
#[derive(Default)]
struct Held(Batch);

impl Held {
    /// The most octets that wait; beyond that they go on in the order there is.
    const MOST: usize = 32 << 20;

    fn push(&mut self, frame: &Frame<'_>) {
        self.0.push(frame);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands on, in order of time, what is older than `horizon`.
    fn release(&mut self, horizon: Timestamp, road: &mut Road) {
        if self.0.is_empty() {
            return;
        }
        let horizon = if self.0.octets() > Self::MOST { Timestamp::LAST } else { horizon };
        self.0.sort();
        while self.0.move_before(horizon, &mut road.batch) {
            road.offer();
        }
    }
}

/// Reads inputs to their end, at their pace when there is a player.
fn play(mut timeline: Timeline, replay: Option<&Replay>, mut road: Road) {
    let mut last = None;
    loop {
        match timeline.next() {
            Next::Frame(frame) => {
                if let Some(replay) = replay {
                    let due = replay.due(frame.time);
                    // Nobody may have to wait for frames that have come, while the next one waits.
                    let over = due == Due::Later && !road.send();
                    if over || !replay.wait(frame.time) {
                        return;
                    }
                    last = Some(frame.time);
                }
                road.batch.push(&frame);
                if road.batch.is_full() && !road.send() {
                    return;
                }
            }
            Next::Pause => {
                if !road.send() {
                    return;
                }
            }
            Next::End => break,
        }
    }
    let _ = road.send();
    if let Some((replay, last)) = replay.zip(last) {
        replay.end(last);
    }
    let end =
        End { errors: timeline.take_errors(), link_types: timeline.link_types().to_vec(), is_broken: false };
    // When nobody waits for it any more, nobody misses it.
    let _ = road.events.send(Event::End(end));
}
