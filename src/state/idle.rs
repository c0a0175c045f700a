//! Chooses which nodes are forgotten first when there is no more room.

use std::collections::VecDeque;

/// Places of nodes without an active binding, in the order in which they came to have none. Nothing is kept as long as
/// there is room for more nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle {
    /// Places with their turns. An entry is void once its place has another turn.
    queue: VecDeque<(u32, u32)>,
    /// The turn of each place, 0 where its node has an active binding; empty while nothing is kept.
    turns: Vec<u32>,
    /// The turn that was given last, from 1.
    last_turn: u32,
}

impl Idle {
    /// Keeps the list from now on for this many places, if it was not kept before. It begins with the places whose node
    /// has no active binding now, as `is_idle` tells.
    pub fn keep(&mut self, places: usize, is_idle: impl Fn(u32) -> bool) {
        if !self.turns.is_empty() {
            return;
        }
        self.turns = vec![0; places];
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        (0..places).filter(|slot| is_idle(*slot)).for_each(|slot| self.note(slot, true));
    }

    /// Whether the list is kept.
    #[inline]
    pub fn is_kept(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Notes whether the node in a place is without an active binding; one that was so already keeps its turn.
    pub fn note(&mut self, slot: u32, is_idle: bool) {
        let Some(turn) = self.turns.get_mut(slot as usize).filter(|turn| (**turn == 0) == is_idle) else {
            return;
        };
        *turn = 0;
        if is_idle {
            self.last_turn = self.last_turn.wrapping_add(1).max(1);
            *turn = self.last_turn;
            self.queue.push_back((slot, self.last_turn));
        }
        if self.queue.len() > self.turns.len().saturating_mul(2) {
            let turns = &self.turns;
            self.queue.retain(|(slot, turn)| turns.get(*slot as usize) == Some(turn));
        }
    }

    /// Takes the place whose node has been without an active binding longest.
    pub fn take(&mut self) -> Option<u32> {
        while let Some((slot, turn)) = self.queue.pop_front() {
            if let Some(current) = self.turns.get_mut(slot as usize).filter(|current| **current == turn) {
                *current = 0;
                return Some(slot);
            }
        }
        None
    }
}
