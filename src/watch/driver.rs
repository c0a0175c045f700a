//! From a feed to an engine: what happens to each frame on the way, and when a watch ends.

#![allow(clippy::disallowed_methods, reason = "ticks and stop conditions go by the clock")]

use std::io;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::{Engine, Event, Feed, Taken};
use crate::capture::{FilterError, Frame, FrameFilter, InputError, LiveNotice, Recorder, WriteError};
use crate::rules::Finding;
use crate::state::{Attribution, Observer};
use crate::trace::SeenMessage;
use crate::wire::KeyRing;

/// When a watch ends by itself: as soon as one of these is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopAfter {
    /// After this many frames.
    pub packets: Option<u64>,
    /// With the frame that makes this many octets on the link.
    pub bytes: Option<u64>,
    /// After this time.
    pub time: Option<Duration>,
}

/// Is told about messages, findings and ticks, and may choose which packets are recorded. The default methods do nothing
/// and choose everything.
pub trait Audience {
    /// A message, and what the observer made of it. Says whether it is wanted.
    fn message(
        &mut self,
        _seen: &SeenMessage<'_>,
        _keys: &KeyRing,
        _attribution: Attribution,
        _observer: &Observer,
    ) -> io::Result<bool> {
        Ok(true)
    }

    /// The observer has taken a message.
    fn settled(&mut self, _attribution: Attribution, _engine: &mut Engine) -> io::Result<()> {
        Ok(())
    }

    /// Whether findings are passed to [`Audience::found`] as they come. Otherwise they stay in the engine.
    fn takes_findings(&self) -> bool {
        false
    }

    /// Something was found.
    fn found(&mut self, _findings: Vec<Finding>, _engine: &Engine) -> io::Result<()> {
        Ok(())
    }

    /// Whether only some packets are wanted: those that [`Audience::wants`].
    fn is_choosy(&self) -> bool {
        false
    }

    /// Whether a tunnelled packet is wanted.
    fn wants(&self, _attribution: Attribution, _observer: &Observer) -> bool {
        true
    }

    /// The tables were brought up to date.
    fn ticked(&mut self, _engine: &mut Engine) -> io::Result<()> {
        Ok(())
    }

    /// Something happened to an interface.
    fn noticed(&mut self, _notice: &LiveNotice) {}

    /// There is time between frames.
    fn paused(&mut self, _engine: &mut Engine) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the watch continues.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// There may be more.
    GoesOn,
    /// The input has ended, or the end of the watch is reached.
    Ended,
}

/// What ends a watch early.
#[derive(Debug, Error)]
pub enum DriveError {
    /// A capture could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The filter cannot be applied to what was captured.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The thread that brings the frames failed, by a defect of mipflow.
    #[error("the thread that captures has ended unexpectedly; this is a defect of mipflow")]
    Broken,
    /// The audience failed.
    #[error(transparent)]
    Audience(#[from] io::Error),
}

/// Takes what comes from a feed to an engine, and to a file if one is given.
///
/// The engine is not part of it, so that it can be behind a lock that nobody holds while the driver waits.
pub struct Driver {
    feed: Feed,
    filter: Option<FrameFilter>,
    recorder: Option<Recorder>,
    stop_after: StopAfter,
    /// Time between bringing the tables up to date; `None` for never.
    tick: Option<Duration>,
    ticked: Instant,
    /// How long the last tick took.
    cost: Duration,
    started: Instant,
    frames: u64,
    bytes: u64,
    errors: Vec<InputError>,
}

impl Driver {
    /// A driver of a feed that was started, or is about to be. `filter` is for frames that libpcap has not filtered.
    pub fn new(
        feed: Feed,
        filter: Option<FrameFilter>,
        recorder: Option<Recorder>,
        stop_after: StopAfter,
        tick: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        Self {
            feed,
            filter,
            recorder,
            stop_after,
            tick,
            ticked: now,
            cost: Duration::ZERO,
            started: now,
            frames: 0,
            bytes: 0,
            errors: Vec::new(),
        }
    }

    /// The feed that brings the frames.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Starts the thread of the feed, see [`Feed::start`], and the time of [`StopAfter`].
    pub fn start(&mut self) -> io::Result<()> {
        self.started = Instant::now();
        self.feed.start()
    }

    /// Waits for what comes next, at most until the next tick.
    pub fn wait(&mut self, longest: Duration) -> Option<Event> {
        let mut wait = longest.min(self.tick.unwrap_or(longest));
        if let Some(time) = self.stop_after.time {
            wait = wait.min(time.saturating_sub(self.started.elapsed()));
        }
        self.feed.next(wait)
    }

    /// Takes what came to the engine; `None` if nothing did. Once writing the capture has failed, it is not written any
    /// further.
    pub fn take(
        &mut self,
        event: Option<Event>,
        engine: &mut Engine,
        audience: &mut impl Audience,
    ) -> Result<Progress, DriveError> {
        let taken = self.advance(event, engine, audience);
        if matches!(taken, Err(DriveError::Write(_)))
            && let Some(recorder) = self.recorder.take()
        {
            recorder.give_up();
        }
        taken
    }

    fn advance(
        &mut self,
        event: Option<Event>,
        engine: &mut Engine,
        audience: &mut impl Audience,
    ) -> Result<Progress, DriveError> {
        let nothing_came = event.is_none();
        let mut ended = false;
        match event {
            Some(Event::Frames(batch)) => {
                for frame in batch.frames() {
                    ended = self.is_enough();
                    if ended {
                        break;
                    }
                    // Frames that were skipped have no number.
                    self.frames = self.frames.saturating_add(1);
                    self.bytes = self.bytes.saturating_add(frame.original_length.into());
                    self.frame(&Frame { number: self.frames, ..frame }, engine, audience)?;
                }
                self.feed.recycle(batch);
                if !self.feed.is_loaded() {
                    audience.paused(engine)?;
                }
            }
            Some(Event::Notice(notice)) => audience.noticed(&notice),
            Some(Event::End(end)) => {
                if end.is_broken {
                    return Err(DriveError::Broken);
                }
                self.errors.extend(end.errors);
                end.link_types.into_iter().for_each(|link_type| engine.declare(link_type));
                ended = true;
            }
            None => {}
        }
        let ended = ended || self.is_enough();
        let interval = self.tick.map(|tick| tick.max(self.cost.saturating_mul(20)));
        if interval.is_some_and(|interval| self.ticked.elapsed() >= interval) && !ended {
            self.tick(engine, audience)?;
        } else if nothing_came {
            audience.paused(engine)?;
        }
        Ok(if ended { Progress::Ended } else { Progress::GoesOn })
    }

    /// Ends the thread of a live source, and takes what is still on its way for about two seconds; what is left then
    /// counts as skipped. A pipe gets half a second to end, since its writer may have been interrupted as well and still
    /// write what it has. What is missing after that is not reported.
    pub fn drain(&mut self, engine: &mut Engine, audience: &mut impl Audience) -> Result<(), DriveError> {
        const LONGEST: Duration = Duration::from_secs(2);
        const OF_A_PIPE: Duration = Duration::from_millis(500);
        let begun = Instant::now();
        while self.feed.is_pipe() && begun.elapsed() < OF_A_PIPE {
            match self.feed.next(OF_A_PIPE.saturating_sub(begun.elapsed())) {
                None => break,
                event => {
                    if self.take(event, engine, audience)? == Progress::Ended {
                        self.errors.clear();
                        break;
                    }
                }
            }
        }
        self.feed.stop();
        let begun = Instant::now();
        while self.feed.is_live() {
            match self.feed.next(LONGEST) {
                None => break,
                Some(Event::Frames(batch)) if begun.elapsed() >= LONGEST => self.feed.skip(batch),
                event => {
                    if self.take(event, engine, audience)? == Progress::Ended {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the observation and the thread, and completes the file. What is still on its way is ignored.
    pub fn finish(&mut self, engine: &mut Engine, audience: &mut impl Audience) -> Result<(), DriveError> {
        self.feed.stop();
        self.feed.settle();
        engine.set_capture_counters(self.feed.counters());
        if let Some(now) = self.feed.now() {
            engine.tick(Some(now));
        }
        engine.close();
        tell_findings(engine, audience)?;
        if let Some(recorder) = self.recorder.take() {
            recorder.finish()?;
        }
        Ok(())
    }

    /// What could not be read.
    pub fn errors(&self) -> &[InputError] {
        &self.errors
    }

    fn is_enough(&self) -> bool {
        let StopAfter { packets, bytes, time } = self.stop_after;
        packets.is_some_and(|most| self.frames >= most)
            || bytes.is_some_and(|most| self.bytes >= most)
            || time.is_some_and(|most| self.started.elapsed() >= most)
    }

    fn tick(&mut self, engine: &mut Engine, audience: &mut impl Audience) -> Result<(), DriveError> {
        self.ticked = Instant::now();
        engine.set_capture_counters(self.feed.counters());
        engine.tick(self.feed.now());
        tell_findings(engine, audience)?;
        audience.ticked(engine)?;
        audience.paused(engine)?;
        if let Some(recorder) = &mut self.recorder {
            recorder.flush()?;
        }
        self.cost = self.ticked.elapsed();
        Ok(())
    }

    #[inline]
    fn frame(
        &mut self,
        frame: &Frame<'_>,
        engine: &mut Engine,
        audience: &mut impl Audience,
    ) -> Result<(), DriveError> {
        if let Some(filter) = &mut self.filter
            && !filter.matches(frame)?
        {
            engine.pass_over(frame);
            return Ok(());
        }
        let mut told = Ok(true);
        let taken = engine.take_and(frame, |seen, keys, (attribution, observer)| {
            told = audience.message(seen, keys, attribution, observer);
        });
        let mut wanted = told?;
        match taken {
            Taken::Message(attribution) => audience.settled(attribution, engine)?,
            Taken::Tunnelled(attribution) if self.recorder.is_some() => {
                wanted = audience.wants(attribution, engine.observer());
            }
            Taken::Tunnelled(_) => {}
            Taken::Nothing => wanted = false,
        }
        tell_findings(engine, audience)?;
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        if !audience.is_choosy() {
            recorder.write(frame)?;
        } else if wanted {
            let mut fragments = engine.trace().fragment_frames().peekable();
            if fragments.peek().is_none() {
                recorder.write(frame)?;
            }
            fragments.try_for_each(|fragment| recorder.write(&fragment))?;
        }
        Ok(())
    }
}

/// Hands new findings to the audience.
#[inline]
fn tell_findings(engine: &mut Engine, audience: &mut impl Audience) -> io::Result<()> {
    if audience.takes_findings() && engine.findings().is_some_and(|findings| !findings.kept().is_empty()) {
        let findings = engine.take_findings();
        audience.found(findings, engine)?;
    }
    Ok(())
}
