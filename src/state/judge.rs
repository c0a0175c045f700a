//! Judgements that wait: what looks wrong may only look so because the observer saw data and a change of binding
//! or policy in another order than the agents did. A second on either side of a change is not judged **(ours)**.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::Observer;
use super::flow::{Key, Marks};
use crate::time::Timestamp;

/// Nanoseconds on either side of a change within which packets are not judged.
const GRACE: u64 = 1_000_000_000;

/// Packets that look wrong and wait for their grace to pass, in order of time.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    waiting: VecDeque<Suspicion>,
    /// From when to when the first one that waits is within its grace; all time when none waits. Each frame asks for it.
    grace: RangeInclusive<Timestamp>,
}

/// All time there is.
const ALWAYS: RangeInclusive<Timestamp> = Timestamp::FIRST..=Timestamp::LAST;

impl Default for Judge {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), grace: ALWAYS }
    }
}

/// A packet that looks wrong.
#[derive(Clone, Copy, Debug)]
struct Suspicion {
    time: Timestamp,
    flow: u32,
    /// Whose flow was there, as places are used again.
    key: Key,
    birth: u32,
    /// How often the way of packets had changed.
    changes: u32,
    charge: Charge,
}

/// What a packet is suspected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// What this mark stands for, unless the way of packets changes within the grace.
    Against(Marks),
    /// To have left this tunnel, the index of one, because it ends within the grace.
    Left(u16),
}

impl Charge {
    const fn mark(self) -> Marks {
        match self {
            Self::Against(mark) => mark,
            Self::Left(_) => Marks::MOVED,
        }
    }
}

/// The most that wait; beyond that the oldest are judged early.
const MOST: usize = 1 << 20;

impl Judge {
    /// Whether the grace of the first one that waits is over at `time`.
    #[inline]
    pub fn has_due(&self, time: Timestamp) -> bool {
        !self.grace.contains(&time)
    }

    fn push(&mut self, suspicion: Suspicion) {
        self.waiting.push_back(suspicion);
        self.note_grace();
    }

    fn pop(&mut self) -> Option<Suspicion> {
        let first = self.waiting.pop_front();
        self.note_grace();
        first
    }

    fn note_grace(&mut self) {
        self.grace = self.waiting.front().map_or(ALWAYS, |first| {
            let time = first.time.nanoseconds();
            let moment = Timestamp::from_nanoseconds;
            moment(time.saturating_sub_unsigned(GRACE))..=moment(time.saturating_add_unsigned(GRACE))
        });
    }

    /// Whether a clock that goes from `clock` to `time` is set back by more than a grace.
    #[inline]
    pub fn is_set_back(clock: Timestamp, time: Timestamp) -> bool {
        clock.since(time) > GRACE.cast_signed()
    }

    /// Whether nothing changed so shortly before `time` that a packet then cannot be judged.
    pub fn can_judge(last_change: Timestamp, time: Timestamp) -> bool {
        time.since(last_change).unsigned_abs() > GRACE
    }
}

impl Observer {
    /// Makes a flow suspected because of a packet at `time`.
    pub(super) fn suspect(&mut self, flow: u32, charge: Charge, time: Timestamp) {
        if self.judge.waiting.len() >= MOST {
            self.judge_first(self.clock);
        }
        let mark = charge.mark();
        let Some(entry) = self.flows.flow_mut(flow) else { return };
        let is_waiting = match charge {
            Charge::Against(_) => entry.marks.has(mark.provisional()),
            // Each is about a tunnel of its own; of what is spread nobody asks whether it moved.
            Charge::Left(_) => entry.marks.has(Marks::PER_PACKET),
        };
        if entry.marks.has(mark) || is_waiting {
            return;
        }
        entry.marks.set(mark.provisional());
        let (key, birth) = (entry.key, entry.birth.get());
        let changes = self.directory.nodes.get(entry.node as usize).map_or(0, |node| node.changes);
        self.judge.push(Suspicion { time, flow, key, birth, changes, charge });
    }

    /// Judges all whose grace is over at `time`.
    pub(super) fn pass_judgement(&mut self, time: Timestamp) {
        while self.judge.has_due(time) {
            self.judge_first(time);
        }
    }

    /// Judges all that wait: nothing more will be seen.
    pub(super) fn judge_all(&mut self) {
        while !self.judge.waiting.is_empty() {
            self.judge_first(self.clock);
        }
    }

    /// A change after the packet acquits it. None within the grace can have been missed, and none beyond it been
    /// seen: changes are applied in order of time, and this is called before one that is later. `now` is the time at which
    /// it is judged; where a batch is counted after the clock was set back, that is not the observer's clock.
    fn judge_first(&mut self, now: Timestamp) {
        let Some(suspicion) = self.judge.pop() else { return };
        let (key, birth) = (suspicion.key, suspicion.birth);
        let flow = self.flows.flow_mut(suspicion.flow);
        let Some(flow) = flow.filter(|flow| flow.key == key && flow.birth.get() == birth) else { return };
        flow.marks.clear(suspicion.charge.mark().provisional());
        // One more nanosecond: a binding expires when the clock is past its expiry.
        let grace = i64::try_from(GRACE).unwrap_or(i64::MAX).saturating_add(1);
        let end = suspicion.time.after(grace);
        let end = end.min(now);
        let Some(node) = self.directory.nodes.get(flow.node as usize) else { return };
        // Expiry is looked up and not settled: with it a policy can end that others still ask for by an earlier moment.
        let has_changed =
            node.changes != suspicion.changes || node.next_expiry().is_some_and(|expiry| expiry < end);
        let holds = match suspicion.charge {
            Charge::Against(_) => !has_changed,
            Charge::Left(tunnel) => {
                node.tunnels().get(usize::from(tunnel)).is_some_and(|tunnel| !tunnel.is_alive(end))
            }
        };
        if holds {
            flow.marks.set(suspicion.charge.mark());
        }
    }
}
