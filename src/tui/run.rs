//! The loop: takes happenings, asks the state which effects follow, and draws. All I/O of the screen is here and in
//! [`super::terminal`].

// This module is at the edge of the program: it reads a clock to limit how often it draws.
#![allow(clippy::disallowed_methods)]

use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use thiserror::Error;

use super::app::{App, Settings};
use super::bringer::{Bringer, Notices, World, kind_of};
use super::draw::draw;
use super::facts::{Input, InputKind};
use super::finding_log::FindingLog;
use super::message::{Effect, Message, ReplayOrder, SaveError, SaveOrder};
use super::pace::Pace;
use super::picture::Picture;
use super::save::save;
use super::terminal::{self, Happening, Screen};
use super::turnstile::Turnstile;
use crate::capture::{Next, Timeline};
use crate::report::Target;
use crate::watch::{DriveError, Driver, Engine, RecentMessage, Replay};

/// An error that ended the screen.
#[derive(Debug, Error)]
pub enum RunError {
    /// The terminal cannot be used.
    #[error("the terminal cannot be used: {0}")]
    Terminal(io::Error),
    /// The driver, which brings the frames, has failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// A defect of mipflow: a thread has ended unexpectedly.
    #[error("the thread that reads packets has ended unexpectedly; this is a defect of mipflow")]
    Defect,
}

/// What is left when the screen is gone.
pub struct Watched {
    /// The driver that brought the frames.
    pub driver: Driver,
    /// The engine with its tables.
    pub engine: Engine,
    /// The findings.
    pub findings: FindingLog,
}

/// The most happenings that are queued; with more, their senders wait for the screen.
const WAITING: usize = 256;

/// Shows what the driver brings into the engine until the user, a signal or the loss of the terminal ends it.
///
/// Returns the driver, the engine and the findings; the observation is closed then, and the recording complete.
///
/// The driver has to be started already. With a `target` only the packets of that node are recorded.
pub fn run(
    driver: Driver,
    engine: Engine,
    settings: Settings,
    target: Option<Target>,
) -> Result<Watched, RunError> {
    let replay = driver.feed().replay().cloned();
    let input = Input {
        names: driver.feed().names().to_vec(),
        files: driver.feed().files().to_vec(),
        kind: kind_of(driver.feed().is_live(), replay.as_ref()),
        ended: false,
        trouble: None,
        options: engine.observer().options(),
    };
    let world = Arc::new(Turnstile::new(World {
        engine,
        notices: Notices { target, ..Notices::default() },
        input,
        is_held: false,
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, happenings) = sync_channel(WAITING);
    // Signals first: no signal may end the program at once while the terminal is taken.
    terminal::listen_to_signals(&sender).map_err(RunError::Terminal)?;
    let mut screen = Screen::take().map_err(RunError::Terminal)?;
    terminal::listen(&sender).map_err(RunError::Terminal)?;
    let screen_sender = sender.clone();
    let fresh = Arc::new(AtomicBool::new(false));
    let bringer = {
        let bringer = Bringer {
            world: Arc::clone(&world),
            stop: Arc::clone(&stop),
            fresh: Arc::clone(&fresh),
            sender,
            replay: replay.clone(),
        };
        let thread = thread::Builder::new().name("engine".to_owned());
        thread.spawn(move || bringer.bring(driver)).map_err(RunError::Terminal)?
    };
    let size = screen.size().map_err(RunError::Terminal)?;
    let mut shown = Shown {
        app: App::new(settings, size),
        world: &world,
        replay,
        pace: Pace::default(),
        started: Instant::now(),
        sender: screen_sender,
        fresh,
        saves: Vec::new(),
        seen: None,
        is_busy: false,
    };
    shown.pace.changed();
    shown.pace.data_came();
    let ended = shown.show(&mut screen, &happenings);
    drop(screen);
    // A file that the user asked for is still written.
    shown.finish_saving();
    stop.store(true, Ordering::Relaxed);
    drop(happenings);
    for save in shown.saves {
        save.join().map_err(|_| RunError::Defect)?;
    }
    let driver = bringer.join().map_err(|_| RunError::Defect)?;
    ended?;
    let driver = driver?;
    let world = Arc::try_unwrap(world).map_err(|_| RunError::Defect)?.into_inner();
    Ok(Watched { driver, engine: world.engine, findings: world.notices.findings })
}

/// The state of the screen, and the parts of the world that it needs.
struct Shown<'w> {
    app: App,
    world: &'w Turnstile<World>,
    replay: Option<Replay>,
    pace: Pace,
    started: Instant,
    /// For threads that fetch a frame or write a file: takes their results as happenings.
    sender: SyncSender<Happening>,
    /// Whether [`Happening::Fresh`] is on its way.
    fresh: Arc<AtomicBool>,
    /// Threads that write files.
    saves: Vec<JoinHandle<()>>,
    /// What the rows were last made from.
    seen: Option<Seen>,
    is_busy: bool,
}

/// Everything that can change the screen while the user does nothing.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    packets: u64,
    lost: u64,
    second: i64,
    /// [`Engine::revision`]: the counters of tunnels change only when the tables are brought up to date, after the
    /// packets.
    revision: u64,
    findings: u64,
    input: Input,
}

impl Seen {
    fn of(world: &World) -> Self {
        let facts = world.facts();
        Self {
            packets: facts.counters.packets,
            lost: facts.counters.capture.lost(),
            second: facts.now().seconds(),
            revision: world.engine.revision(),
            findings: facts.findings.total(),
            input: facts.input.clone(),
        }
    }
}

impl Shown<'_> {
    /// Takes what happens and draws, until the user, a signal or the loss of the terminal ends it.
    fn show(&mut self, screen: &mut Screen, happenings: &Receiver<Happening>) -> Result<(), RunError> {
        loop {
            let happening = self.next(happenings);
            if !terminal::is_taken() {
                return Err(RunError::Defect);
            }
            let going_on = match happening {
                Ok(happening) => self.happened(screen, happening),
                Err(RecvTimeoutError::Timeout) => Ok(true),
                Err(RecvTimeoutError::Disconnected) => return Err(RunError::Defect),
            };
            match going_on.and_then(|going_on| self.keep_up(screen).map(|()| going_on)) {
                Ok(true) => {}
                // Nobody looks at a terminal that cannot be written to, so this is no error.
                Ok(false) | Err(_) => return Ok(()),
            }
        }
    }

    /// Waits for the next happening, but not beyond the time when the screen needs something done.
    fn next(&self, happenings: &Receiver<Happening>) -> Result<Happening, RecvTimeoutError> {
        if self.is_busy {
            return happenings.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            });
        }
        match self.pace.wait(self.started.elapsed()) {
            Some(wait) => happenings.recv_timeout(wait),
            None => happenings.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Handles a happening; returns whether the run continues.
    fn happened(&mut self, screen: &mut Screen, happening: Happening) -> io::Result<bool> {
        let message = match happening {
            Happening::Message(message) => message,
            Happening::Fresh => {
                self.fresh.store(false, Ordering::Release);
                self.pace.data_came();
                return Ok(true);
            }
            Happening::Terminate | Happening::Lost => return Ok(false),
            Happening::Suspend => {
                screen.suspend()?;
                return self.resized(screen);
            }
            Happening::Resumed => {
                screen.resume()?;
                return self.resized(screen);
            }
        };
        let effects = {
            let mut world = self.world.take_first();
            let effects = self.app.update(world.facts(), message);
            world.is_held = self.app.is_freezing();
            effects
        };
        self.pace.answered();
        for effect in effects {
            if !self.carry_out(screen, effect)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn resized(&mut self, screen: &Screen) -> io::Result<bool> {
        let (width, height) = screen.size()?;
        let world = self.world.take_first();
        self.app.update(world.facts(), Message::Resize(width, height));
        self.pace.changed();
        Ok(true)
    }

    fn carry_out(&mut self, screen: &mut Screen, effect: Effect) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(false),
            Effect::Suspend => {
                screen.suspend()?;
                return self.resized(screen);
            }
            Effect::Fetch(frame) => {
                let (files, sender) = (self.world.take_first().input.files.clone(), self.sender.clone());
                let fetch = move || {
                    let packet = fetch(&files, frame);
                    // This fails only when the screen has ended; nobody needs the result then.
                    let _ = sender.send(Happening::Message(Message::Fetched(frame, packet)));
                };
                if thread::Builder::new().name("fetch".to_owned()).spawn(fetch).is_err() {
                    let world = self.world.take_first();
                    self.app.update(world.facts(), Message::Fetched(frame, None));
                }
            }
            Effect::Forget(thawed) => {
                // The tables may be large. If no thread can be started, they are dropped here, which takes a moment.
                drop(thread::Builder::new().name("forget".to_owned()).spawn(move || drop(thawed)));
            }
            Effect::Redraw => screen.forget()?,
            Effect::Copy(text) => screen.copy(&text)?,
            Effect::Save(order, picture) => self.save(order, picture),
            Effect::Replay(order) => {
                let mut world = self.world.take_first();
                let told = match &self.replay {
                    // No frames are left that could be held or come faster.
                    Some(_) if world.input.ended => "the replay has ended".to_owned(),
                    Some(replay) => change(replay, order),
                    None => "nothing is replayed (mipflow watch --replay FILE)".to_owned(),
                };
                world.input.kind = match world.input.kind {
                    InputKind::Live => InputKind::Live,
                    _ => kind_of(false, self.replay.as_ref()),
                };
                self.app.update(world.facts(), Message::Told(told));
            }
        }
        Ok(true)
    }

    /// Starts a thread that writes a file.
    fn save(&mut self, order: Box<SaveOrder>, picture: Box<Picture>) {
        let sender = self.sender.clone();
        let write = move || {
            let saved = save(picture.facts(), &order);
            // This fails only when the screen has ended; nobody needs the result then.
            let _ = sender.send(Happening::Message(Message::Saved(saved)));
        };
        match thread::Builder::new().name("save".to_owned()).spawn(write) {
            Ok(thread) => self.saves.push(thread),
            Err(error) => {
                let failed = Message::Saved(Err(SaveError::Failed(error.to_string())));
                let world = self.world.take_first();
                self.app.update(world.facts(), failed);
            }
        }
    }

    /// Completes the copy of a file that is being saved, and starts to write it.
    fn finish_saving(&mut self) {
        while self.app.saving.is_some() {
            let effects = {
                let world = self.world.take_first();
                self.app.update(world.facts(), Message::Continue)
            };
            for effect in effects {
                if let Effect::Save(order, picture) = effect {
                    self.save(order, picture);
                }
            }
        }
    }

    /// Looks at the tables and draws, each when it is due.
    fn keep_up(&mut self, screen: &mut Screen) -> io::Result<()> {
        let now = self.started.elapsed();
        let goes_on = self.is_busy;
        // Work that goes on in pieces is finished before the tables are looked at again.
        let looks = !goes_on && self.pace.looks(now);
        let mut effects = Vec::new();
        if looks || goes_on {
            let mut world = self.world.take_first();
            let seen = Some(Seen::of(&world));
            let facts = world.facts();
            if seen != self.seen || goes_on {
                self.seen = seen;
                let message = if goes_on { Message::Continue } else { Message::Data };
                effects = self.app.update(facts, message);
                self.pace.changed();
            }
            world.is_held = self.app.is_freezing();
            let cost = self.started.elapsed().saturating_sub(now);
            if looks {
                self.pace.looked(cost);
            } else {
                self.pace.went_on(cost);
            }
        }
        for effect in effects {
            self.carry_out(screen, effect)?;
        }
        let world = self.world.take_first();
        let facts = world.facts();
        self.is_busy = self.app.is_busy(facts);
        if self.pace.draws(self.started.elapsed()) {
            screen.draw(|frame| draw(frame, &self.app, facts))?;
        }
        drop(world);
        screen.show()
    }
}

/// Changes the pace of a replay; returns the new pace in words for the user.
fn change(replay: &Replay, order: ReplayOrder) -> String {
    match order {
        ReplayOrder::Pause => replay.set_paused(!replay.is_paused()),
        ReplayOrder::Step => {
            if !replay.is_paused() {
                replay.set_paused(true);
            }
            replay.step();
        }
        ReplayOrder::Slower => replay.set_speed(replay.speed() / 2.0),
        ReplayOrder::Faster => replay.set_speed(replay.speed() * 2.0),
    }
    let held = if replay.is_paused() { ", held: P goes on, . lets one frame pass" } else { "" };
    format!("replay x{}{held}", replay.speed())
}

/// Reads the frame with this number from the files again; `None` if they do not hold it.
fn fetch(files: &[OsString], number: u64) -> Option<Arc<RecentMessage>> {
    let mut timeline = Timeline::open(files);
    loop {
        match timeline.next() {
            Next::Frame(frame) if frame.number == number => return Some(Arc::new(RecentMessage::of(&frame))),
            Next::Frame(_) | Next::Pause => {}
            Next::End => return None,
        }
    }
}
