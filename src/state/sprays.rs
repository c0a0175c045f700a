//! Flows that no rule decides and that are spread over several tunnels, told as they are found out.

use std::collections::VecDeque;

use super::{Direction, Downlink, FarEnd};

/// One direction of a flow without a rule, at the packet that made its switches of tunnels too many.
#[derive(Clone, Copy, Debug)]
pub struct Spray {
    /// Which packet it was, as [`super::Observer::taken`] counts them.
    pub number: u64,
    /// Index of its node.
    pub node: u32,
    /// Which way the packet ran.
    pub direction: Direction,
    /// The packet, in downlink orientation.
    pub packet: Downlink,
    /// The end of the tunnel it took.
    pub far_end: FarEnd,
}

/// Those found last. Packets are counted some at a time, so that several can come at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Sprays {
    last: VecDeque<Spray>,
    count: u64,
}

/// The most that are kept: as many as packets can be counted together, twice.
const MOST: usize = 2 * super::batch::BATCH;

impl Sprays {
    pub fn add(&mut self, spray: Spray) {
        if self.last.len() >= MOST {
            self.last.pop_front();
        }
        self.last.push_back(spray);
        self.count = self.count.saturating_add(1);
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Those after the first `known`, as far as they are kept.
    pub fn after(&self, known: u64) -> impl Iterator<Item = &Spray> {
        let new = usize::try_from(self.count.saturating_sub(known)).unwrap_or(usize::MAX);
        self.last.iter().skip(self.last.len().saturating_sub(new))
    }
}
