//! Chooses which nodes are forgotten first when there is no more room.

use std::collections::VecDeque;

/// Places of nodes without an active binding, in the order in which they lost their last one. A place stays until it is
/// asked for, whatever becomes of its node. Nothing is kept as long as there is room for more nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle {
    queue: VecDeque<u32>,
    /// For each place, whether it is in the queue; empty while no list is kept.
    queued: Vec<bool>,
}

impl Idle {
    /// Keeps the list from now on for this many places, if it was not kept before. It begins with the places whose node
    /// has no active binding now, as `is_idle` tells.
    pub fn keep(&mut self, places: usize, is_idle: impl Fn(u32) -> bool) {
        if !self.queued.is_empty() {
            return;
        }
        self.queued = vec![false; places];
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        (0..places).filter(|slot| is_idle(*slot)).for_each(|slot| self.put(slot));
    }

    /// Whether the list is kept and this place is not on it.
    #[inline]
    pub fn misses(&self, slot: u32) -> bool {
        self.queued.get(slot as usize) == Some(&false)
    }

    /// Puts a place on the list, unless it is there already.
    pub fn put(&mut self, slot: u32) {
        if let Some(queued) = self.queued.get_mut(slot as usize).filter(|queued| !**queued) {
            *queued = true;
            self.queue.push_back(slot);
        }
    }

    /// Takes the first place whose node still has no active binding, as `is_idle` tells; the places before it leave the
    /// list, too.
    pub fn take(&mut self, is_idle: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(slot) = self.queue.pop_front() {
            if let Some(queued) = self.queued.get_mut(slot as usize) {
                *queued = false;
            }
            if is_idle(slot) {
                return Some(slot);
            }
        }
        None
    }
}
