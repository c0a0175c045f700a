//! A still picture of the tables, copied piece by piece: a copy of hundreds of thousands of rows takes a while, and the
//! user who looks at them should not have to wait for it.

use super::Observer;

/// A copy of the tables that is not complete yet. Nothing in the observer may change while the copy is made.
#[derive(Debug)]
pub struct Still {
    picture: Box<Observer>,
}

impl Still {
    /// Nodes, and exchanges, that are copied in one piece, which takes a few milliseconds.
    const NODES: usize = 2_000;
    /// Flows that are copied in one piece.
    const FLOWS: usize = 50_000;

    /// Begins a copy.
    pub fn begin(observer: &Observer) -> Self {
        let mut picture = Box::new(Observer::new(observer.options));
        picture.clock = observer.clock;
        picture.directory = observer.directory.outline();
        picture.flows = observer.flows.outline();
        picture.records = observer.records.outline();
        picture.evicted_requests = observer.evicted_requests;
        picture.evicted_flows = observer.evicted_flows;
        picture.homeless_flows = observer.homeless_flows;
        picture.evicted_bindings = observer.evicted_bindings;
        picture.evicted_rules = observer.evicted_rules;
        picture.evicted_others = observer.evicted_others;
        picture.tunnelled = observer.tunnelled;
        picture.of_no_agent = observer.of_no_agent;
        Self { picture }
    }

    /// Copies some more rows; returns whether the copy is complete.
    pub fn go_on(&mut self, observer: &Observer) -> bool {
        let picture = &mut *self.picture;
        copy(&observer.directory.nodes, &mut picture.directory.nodes, Self::NODES)
            && picture.records.copy(&observer.records, Self::NODES)
            && picture.flows.copy(&observer.flows, Self::FLOWS)
    }

    /// The picture: an observer to look at. It finds no node by address, and must not be given further packets.
    pub fn finish(self) -> Box<Observer> {
        self.picture
    }
}

/// Copies at most `most` of the rows that are still missing; returns whether all are there.
pub(super) fn copy<T: Clone>(from: &[T], to: &mut Vec<T>, most: usize) -> bool {
    let missing = from.get(to.len()..).unwrap_or_default();
    to.extend_from_slice(missing.get(..most).unwrap_or(missing));
    missing.len() <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_whole() {
        let rows = [1, 2, 3, 4, 5];
        let mut copied = Vec::new();
        assert!(!copy(&rows, &mut copied, 2));
        assert!(!copy(&rows, &mut copied, 2));
        assert!(copy(&rows, &mut copied, 2));
        assert_eq!(copied, rows);
        assert!(copy(&rows, &mut copied, 2));
        assert_eq!(copied, rows);
    }
}
