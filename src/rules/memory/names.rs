//! Nodes that turned out to be other names of nodes (D7).

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// The nodes that others turned out to be names of.
#[derive(Debug)]
pub(super) struct Names {
    /// By index of the name's node and the time when it turned out.
    of: BTreeMap<(u32, Timestamp), u32>,
    /// The most names that are remembered.
    most: usize,
}

impl Names {
    /// No names yet, and at most `most`.
    pub fn new(most: usize) -> Self {
        Self { of: BTreeMap::new(), most }
    }

    /// Whether some names have to be forgotten before more are noted.
    pub fn is_full(&self) -> bool {
        self.of.len() >= self.most
    }

    /// Notes that a node turned out to be another name of `to`.
    pub fn insert(&mut self, name: u32, to: u32, time: Timestamp) {
        if !self.is_full() {
            self.of.insert((name, time), to);
        }
    }

    /// The node that a packet of this time is about: the one that had this index then, or the one whose other name it
    /// turned out to be.
    pub fn node_of(&self, node: u32, time: Timestamp) -> u32 {
        /// The most steps from name to name: a name of a name of a name is rare.
        const MOST: usize = 8;
        // The index of the node that it turned out to be may have been that of a third node before.
        let next = |(node, time): &(u32, Timestamp)| {
            let ((name, turned_out), to) = self.of.range((*node, *time)..).next()?;
            (name == node).then_some((*to, *turned_out))
        };
        std::iter::successors(Some((node, time)), next).take(MOST).last().map_or(node, |(node, _)| node)
    }

    /// Forgets the names that turned out before a time, and if too many are left, all others; gives how many of those
    /// others were forgotten.
    pub fn forget_before(&mut self, time: Timestamp) -> usize {
        self.of.retain(|(_, turned_out), _| *turned_out >= time);
        if self.of.len() > self.most / 2 { std::mem::take(&mut self.of).len() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_forgotten_before_new_ones() {
        let at = |seconds: i64| Timestamp::new(seconds, 0);
        let mut names = Names::new(4);
        for (name, to, time) in [(1, 10, 1), (2, 20, 2), (3, 30, 3), (10, 40, 4), (5, 50, 5)] {
            names.insert(name, to, at(time));
        }
        // The fifth found no room; 1 was a name of 10, which became one of 40 later.
        assert!(names.is_full());
        assert_eq!([1, 2, 5].map(|node| names.node_of(node, at(0))), [40, 20, 5]);
        assert_eq!(names.node_of(1, at(2)), 1);
        assert_eq!(names.forget_before(at(3)), 0);
        assert_eq!([2, 3, 10].map(|node| names.node_of(node, at(0))), [2, 30, 40]);
        names.insert(5, 50, at(5));
        assert_eq!(names.forget_before(at(3)), 3);
        assert!(names.of.is_empty());
    }
}
