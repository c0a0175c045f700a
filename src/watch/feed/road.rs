//! The thread that captures or reads.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use super::super::replay::Due;
use super::super::{Batch, Replay};
use super::{End, Event, LATE, NAP, Shared};
use crate::capture::{Frame, Live, LiveNotice, Next, Timeline};
use crate::time::Timestamp;
use crate::wall_clock;

/// The thread's end of the channel.
pub(super) struct Road {
    pub events: SyncSender<Event>,
    pub emptied: Receiver<Batch>,
    pub shared: Arc<Shared>,
    pub batch: Batch,
}

impl Road {
    fn is_over(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Takes the batch that was gathered and puts an empty one in its place.
    fn gathered(&mut self) -> Batch {
        mem::replace(&mut self.batch, self.emptied.try_recv().unwrap_or_default())
    }

    /// Gathers a frame, without ever waiting.
    fn push(&mut self, frame: &Frame<'_>) {
        if self.batch.is_full() {
            self.offer();
        }
        self.batch.push(frame);
    }

    /// Hands on the batch that was gathered; without room, drops it and counts its frames.
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

    /// Hands on notices about interfaces, as far as there is room.
    fn tell(&mut self, notices: &mut VecDeque<LiveNotice>) {
        /// The most notices that are held back; later ones say nothing new.
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

    /// Hands on the batch that was gathered and waits for room; false if the receiver is gone.
    fn send(&mut self) -> bool {
        if self.batch.is_empty() {
            return !self.is_over();
        }
        let batch = self.gathered();
        self.events.send(Event::Frames(batch)).is_ok() && !self.is_over()
    }
}

/// Captures until the feed is stopped.
pub(super) fn capture(mut live: Live, mut road: Road) {
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
            // Held frames have to be handed on in time, also if no further frame comes.
            live.wait(if held.is_empty() { NAP } else { NAP / 10 });
        }
    }
    read_rest(&mut live, &mut held, &mut road);
    count(&mut live, &road.shared);
    // If the channel is full, the receiver learns of the end when this sender is dropped.
    let _ = road.events.try_send(Event::End(End::default()));
}

/// Reads what had come when it was told to end, of which the kernel may have a lot.
fn read_rest(live: &mut Live, held: &mut Held, road: &mut Road) {
    /// The kernel hands over the last frames after ten milliseconds.
    const HELD_BACK: Duration = Duration::from_millis(20);
    /// Reading ends even if frames come faster than they are read.
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
    /// The most octets that are held back; beyond that, all held frames are handed on at once.
    const MOST: usize = 32 << 20;

    fn push(&mut self, frame: &Frame<'_>) {
        self.0.push(frame);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands on the frames from before `horizon`, in order of time.
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
pub(super) fn play(mut timeline: Timeline, replay: Option<&Replay>, mut road: Road) {
    let mut last = None;
    loop {
        match timeline.next() {
            Next::Frame(frame) => {
                if let Some(replay) = replay {
                    let due = replay.due(frame.time);
                    // Frames that have come are handed on before the thread waits for the time of the next one.
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
    // If the receiver is gone, nobody needs the end.
    let _ = road.events.send(Event::End(end));
}
