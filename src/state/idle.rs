//! Which nodes are forgotten first when there is no more room.

use std::collections::VecDeque;

/// Places of nodes without an active binding, in the order in which they came to have none. A place stays until it is
/// asked for, whatever becomes of its node meanwhile, so that to keep the list costs nothing while there is room.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle {
    queue: VecDeque<u32>,
    /// For each place, whether it is in the queue.
    queued: Vec<bool>,
}

impl Idle {
    /// Whether this place is on the list.
    #[inline]
    pub fn has(&self, slot: u32) -> bool {
        self.queued.get(slot as usize).copied().unwrap_or_default()
    }

    /// Puts a place on the list, once.
    pub fn put(&mut self, slot: u32) {
        if self.has(slot) {
            return;
        }
        let place = slot as usize;
        if self.queued.len() <= place {
            self.queued.resize(place.saturating_add(1), false);
        }
        if let Some(queued) = self.queued.get_mut(place) {
            *queued = true;
            self.queue.push_back(slot);
        }
    }

    /// Takes the first place whose node is still without an active binding, as `is_idle` has it; those before it leave
    /// the list, too.
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
