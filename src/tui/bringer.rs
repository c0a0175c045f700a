//! The thread that brings frames into the engine, and what it shares with the screen.

// This thread does I/O and so may wait by the wall clock.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use super::facts::{Facts, Input, InputKind};
use super::finding_log::FindingLog;
use super::terminal::Happening;
use super::turnstile::{Turn, Turnstile};
use crate::capture::LiveNotice;
use crate::report::Target;
use crate::rules::Finding;
use crate::state::{Attribution, Observer};
use crate::trace::SeenMessage;
use crate::watch::{Audience, DriveError, Driver, Engine, Progress, Replay};
use crate::wire::KeyRing;

/// The wait of the thread while the tables are copied.
const MOMENT: Duration = Duration::from_millis(1);
/// The longest wait of the thread before it checks whether it has to stop.
const NAP: Duration = Duration::from_millis(50);

/// What the screen and the thread that brings frames share.
pub(super) struct World {
    pub engine: Engine,
    pub notices: Notices,
    pub input: Input,
    /// Whether the screen copies the tables, and so nothing may change.
    pub is_held: bool,
}

impl World {
    pub fn facts(&self) -> Facts<'_> {
        Facts::of(&self.engine, &self.notices.findings, &self.input)
    }
}

/// What kind of input it is right now.
pub(super) fn kind_of(is_live: bool, replay: Option<&Replay>) -> InputKind {
    match replay {
        _ if is_live => InputKind::Live,
        Some(replay) => InputKind::Replay { speed: replay.speed(), held: replay.is_paused() },
        None => InputKind::File,
    }
}

/// The thread that brings frames into the engine.
pub(super) struct Bringer {
    pub world: Arc<Turnstile<World>>,
    pub stop: Arc<AtomicBool>,
    /// Whether the screen was told of something new that it has not taken up yet.
    pub fresh: Arc<AtomicBool>,
    pub sender: SyncSender<Happening>,
    pub replay: Option<Replay>,
}

/// What interfaces and rules tell, on its way to the screen.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// What is wrong with the interfaces; empty when all is well again, `None` while there is nothing new.
    pub trouble: Option<String>,
    /// The interfaces that are not captured from, and why those are not waited for that are not.
    pub absent: BTreeMap<String, Option<String>>,
    pub findings: FindingLog,
    pub target: Option<Target>,
}

impl Notices {
    fn is_of(&self, attribution: Attribution, observer: &Observer) -> bool {
        let node = attribution.node.and_then(|node| observer.node(node));
        self.target.as_ref().is_none_or(|target| node.is_some_and(|node| target.is_node(node)))
    }
}

impl Audience for Notices {
    fn message(
        &mut self,
        seen: &SeenMessage<'_>,
        _keys: &KeyRing,
        attribution: Attribution,
        observer: &Observer,
    ) -> io::Result<bool> {
        let is_named = || self.target.as_ref().is_some_and(|target| target.is_named_in(&seen.message));
        Ok(self.is_of(attribution, observer) || is_named())
    }

    fn takes_findings(&self) -> bool {
        true
    }

    fn found(&mut self, findings: Vec<Finding>, engine: &Engine) -> io::Result<()> {
        self.findings.take(findings, engine);
        Ok(())
    }

    fn is_choosy(&self) -> bool {
        self.target.is_some()
    }

    fn wants(&self, attribution: Attribution, observer: &Observer) -> bool {
        attribution.tunnelled && self.is_of(attribution, observer)
    }

    fn noticed(&mut self, notice: &LiveNotice) {
        match notice {
            LiveNotice::Gone { name, .. } => self.absent.insert(name.clone(), None),
            LiveNotice::Back { name } => self.absent.remove(name),
            LiveNotice::Lost { name, error } => self.absent.insert(name.clone(), Some(error.to_string())),
        };
        self.trouble = Some(trouble_of(&self.absent));
    }
}

/// What is wrong with the interfaces, in a line; empty when nothing is.
fn trouble_of(absent: &BTreeMap<String, Option<String>>) -> String {
    let gone: Vec<&str> =
        absent.iter().filter(|(_, error)| error.is_none()).map(|(name, _)| name.as_str()).collect();
    let waiting = match gone.as_slice() {
        [] => None,
        [name] => Some(format!("{name} has gone away, waiting for it")),
        names => Some(format!("{} have gone away, waiting for them", names.join(", "))),
    };
    let lost = absent.iter().filter_map(|(name, error)| Some(format!("{name}: {}", error.as_ref()?)));
    waiting.into_iter().chain(lost).collect::<Vec<_>>().join("; ")
}

impl Bringer {
    /// Brings frames until there are no more, or it is to stop.
    pub fn bring(self, mut driver: Driver) -> Result<Driver, DriveError> {
        let brought = self.bring_all(&mut driver);
        if let Err(error) = &brought {
            let mut turn = self.take_turn();
            let World { engine, notices, input, .. } = &mut *turn.held;
            // What came is brought to its end. What went wrong first is what is told.
            let _ = driver.finish(engine, notices);
            input.ended = true;
            input.trouble = Some(error.to_string());
            drop(turn);
            self.tell();
        }
        brought.map(|()| driver)
    }

    fn bring_all(&self, driver: &mut Driver) -> Result<(), DriveError> {
        let mut revision = None;
        while !self.stop.load(Ordering::Relaxed) {
            let event = driver.wait(NAP);
            let came = event.is_some();
            let mut turn = self.take_turn();
            let World { engine, notices, input, .. } = &mut *turn.held;
            let progress = driver.take(event, engine, notices)?;
            if let Some(trouble) = notices.trouble.take() {
                input.trouble = Some(trouble).filter(|trouble| !trouble.is_empty());
            }
            input.kind = kind_of(driver.feed().is_live(), self.replay.as_ref());
            let is_over = progress == Progress::Ended;
            if is_over {
                driver.finish(engine, notices)?;
                input.ended = true;
                input.trouble = driver.errors().first().map(ToString::to_string);
            }
            let now = Some(engine.revision());
            drop(turn);
            if came || is_over || now != revision {
                revision = now;
                self.tell();
            }
            if is_over {
                return Ok(());
            }
        }
        let mut turn = self.world.take_turn();
        let World { engine, notices, .. } = &mut *turn.held;
        driver.finish(engine, notices)
    }

    /// Takes the world when nobody needs it to stay as it is.
    fn take_turn(&self) -> Turn<'_, World> {
        loop {
            let turn = self.world.take_turn();
            if !turn.held.is_held || self.stop.load(Ordering::Relaxed) {
                return turn;
            }
            drop(turn);
            thread::sleep(MOMENT);
        }
    }

    /// Tells the screen once, until it has looked.
    fn tell(&self) {
        if !self.fresh.swap(true, Ordering::AcqRel) {
            // If the channel is full, the screen is busy anyway and is told the next time.
            if self.sender.try_send(Happening::Fresh).is_err() {
                self.fresh.store(false, Ordering::Release);
            }
        }
    }
}
