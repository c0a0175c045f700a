//! Judgements that wait: what looks wrong may only look so because the observer saw data and a change of binding
//! or policy in another order than the agents did. A second on either side of a change is not judged **(ours)**.

use std::collections::VecDeque;

use super::Observer;
use super::flow::Marks;
use crate::time::Timestamp;

/// Nanoseconds on either side of a change within which packets are not judged.
pub(super) const GRACE: i64 = 1_000_000_000;

/// Packets that look wrong and wait for their grace to pass, in order of time.
#[derive(Debug, Default)]
pub(super) struct Judge {
    waiting: VecDeque<Suspicion>,
}

/// A packet that looks wrong.
#[derive(Clone, Copy, Debug)]
struct Suspicion {
    time: Timestamp,
    flow: u32,
    birth: u32,
    mark: Marks,
}

/// The most that wait; beyond that the oldest are judged early.
const MOST: usize = 1 << 20;

impl Judge {
    /// Whether the grace of the first one that waits is over at `time`.
    #[inline]
    pub fn has_due(&self, time: Timestamp) -> bool {
        self.waiting.front().is_some_and(|first| time.since(first.time) > GRACE)
    }

    /// Whether nothing changed so shortly before `time` that a packet then cannot be judged.
    pub fn can_judge(last_change: Timestamp, time: Timestamp) -> bool {
        time.since(last_change) > GRACE
    }
}

impl Observer {
    /// Makes a flow suspected of what `mark` stands for, because of a packet at `time`.
    pub(super) fn suspect(&mut self, flow: u32, mark: Marks, time: Timestamp) {
        if self.judge.waiting.len() >= MOST {
            self.judge_first();
        }
        let Some(entry) = self.flows.flow_mut(flow) else { return };
        if entry.marks.has(mark) || entry.marks.has(mark.provisional()) {
            return;
        }
        entry.marks.set(mark.provisional());
        let birth = entry.birth;
        self.judge.waiting.push_back(Suspicion { time, flow, birth, mark });
    }

    /// Judges all whose grace is over at `time`.
    pub(super) fn pass_judgement(&mut self, time: Timestamp) {
        while self.judge.has_due(time) {
            self.judge_first();
        }
    }

    /// A change after the packet acquits it. None within the grace can have been missed: changes are applied in
    /// order of time, and this is called before one that is later.
    fn judge_first(&mut self) {
        let Some(suspicion) = self.judge.waiting.pop_front() else { return };
        let Some(flow) = self.flows.flow_mut(suspicion.flow).filter(|flow| flow.birth == suspicion.birth)
        else {
            return;
        };
        flow.marks.clear(suspicion.mark.provisional());
        // One more nanosecond: a binding expires when the clock is past its expiry.
        let end = Timestamp::from_nanoseconds(suspicion.time.nanoseconds().saturating_add(GRACE + 1));
        self.directory.settle(flow.node, end.min(self.clock));
        let Some(node) = self.directory.nodes.get(flow.node as usize) else { return };
        if node.last_change < suspicion.time {
            flow.marks.set(suspicion.mark);
        }
    }
}
