//! Judgements that wait. A packet may look wrong only because the observer saw data and a change of binding or policy
//! in another order than the agents did. Packets within a second before or after a change are not judged **(ours)**.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::Observer;
use super::flow::{Key, Marks};
use crate::time::Timestamp;

/// Nanoseconds before and after a change within which packets are not judged.
const GRACE: u64 = 1_000_000_000;

/// Packets that look wrong and wait for their grace to pass, in order of time.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    waiting: VecDeque<Suspicion>,
    /// From when to when the first waiting packet's grace lasts; all time when none waits. Read for each frame.
    grace: RangeInclusive<Timestamp>,
}

/// All of time.
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
    /// The key and birth number of the flow that was in this place, as places are reused.
    key: Key,
    birth: u32,
    /// How often the way of the node's packets had changed.
    changes: u32,
    charge: Charge,
}

/// What a packet is suspected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// The offence that this mark stands for, unless the way of packets changes within the grace.
    Against(Marks),
    /// Having moved away from the tunnel with this index, if that tunnel ends within the grace.
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

/// The most packets that wait; beyond that the oldest are judged early.
const MOST: usize = 1 << 20;

impl Judge {
    /// Whether the grace of the first waiting packet is over at `time`.
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

    /// Whether a clock that moves from `clock` to `time` is set back by more than a grace.
    #[inline]
    pub fn is_set_back(clock: Timestamp, time: Timestamp) -> bool {
        clock.since(time) > GRACE.cast_signed()
    }

    /// Whether a packet at `time` can be judged: the last change was not within the grace.
    pub fn can_judge(last_change: Timestamp, time: Timestamp) -> bool {
        time.since(last_change).unsigned_abs() > GRACE
    }
}

impl Observer {
    /// Notes a suspicion against a flow because of a packet at `time`.
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

    /// Judges all packets whose grace is over at `time`.
    pub(super) fn pass_judgement(&mut self, time: Timestamp) {
        while self.judge.has_due(time) {
            self.judge_first(time);
        }
    }

    /// Judges all waiting packets, because no more packets will be seen.
    pub(super) fn judge_all(&mut self) {
        while !self.judge.waiting.is_empty() {
            self.judge_first(self.clock);
        }
    }

    /// Judges the first waiting packet. A change after the packet acquits it. All changes within the grace are known by
    /// now, and none after it: changes come in order of time, and this is called before a later one. `now` is the time
    /// of judgement, not the observer's clock if a batch is counted after the clock was set back.
    fn judge_first(&mut self, now: Timestamp) {
        let Some(suspicion) = self.judge.pop() else { return };
        let (key, birth) = (suspicion.key, suspicion.birth);
        let flow = self.flows.flow_mut(suspicion.flow);
        let Some(flow) = flow.filter(|flow| flow.key == key && flow.birth.get() == birth) else { return };
        flow.marks.clear(suspicion.charge.mark().provisional());
        // Plus one nanosecond: a binding expires when the clock is past its expiry.
        let grace = i64::try_from(GRACE).unwrap_or(i64::MAX).saturating_add(1);
        let end = suspicion.time.after(grace);
        let end = end.min(now);
        let Some(node) = self.directory.nodes.get(flow.node as usize) else { return };
        // Expiry is looked up but not applied: it can end a policy that packets of an earlier moment still need.
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
