//! Flows that no rule decides and that are spread over several tunnels, reported as they are found.

use std::collections::VecDeque;

use super::{Direction, Downlink, FarEnd};

/// One direction of a flow without a rule, at the packet with which its switches of tunnels became too many.
#[derive(Clone, Copy, Debug)]
pub struct Spray {
    /// The packet's number, as [`super::Observer::taken`] counts.
    pub number: u64,
    /// Index of the flow's node.
    pub node: u32,
    /// The direction of the packet.
    pub direction: Direction,
    /// The packet, in downlink orientation.
    pub packet: Downlink,
    /// The far end of the tunnel that the packet took.
    pub far_end: FarEnd,
}

/// The sprays found last. Packets are counted in batches, so several sprays can be found at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Sprays {
    last: VecDeque<Spray>,
    count: u64,
}

/// The most sprays that are kept: twice the packets of a batch.
const MOST: usize = 2 * super::batch::BATCH;

impl Sprays {
    pub fn add(&mut self, spray: Spray) {
        if self.last.len() >= MOST {
            self.last.pop_front();
        }
        self.last.push_back(spray);
        self.count = self.count.saturating_add(1);
    }

    /// How many sprays were found in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sprays after the first `known` of all, as far as they are kept.
    pub fn after(&self, known: u64) -> impl Iterator<Item = &Spray> {
        let new = usize::try_from(self.count.saturating_sub(known)).unwrap_or(usize::MAX);
        self.last.iter().skip(self.last.len().saturating_sub(new))
    }
}
