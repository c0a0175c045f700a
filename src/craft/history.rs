//! The transmissions of a run, by which a reply is recognised as awaited, late, duplicate or matching no request.

use std::collections::VecDeque;
use std::net::SocketAddrV4;

/// How many transmissions are remembered at most; replies to older ones match no request.
const MOST: usize = 4096;

/// The transmissions of a run, the latest last.
#[derive(Debug, Default)]
pub(super) struct History {
    sent: VecDeque<Transmission>,
    steps: u64,
}

#[derive(Debug)]
struct Transmission {
    channel: usize,
    destination: SocketAddrV4,
    /// The low half of its Identification; `None` for octets that have none.
    low: Option<u32>,
    /// The number of the step it belongs to.
    step: u64,
    /// Whether the step was answered.
    answered: bool,
}

/// How a reply relates to what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// It answers the latest transmission, which is waiting for it.
    Awaited,
    /// It answers a request that was already answered.
    Answered,
    /// It answers an earlier transmission that was not answered.
    Earlier,
    /// It answers no transmission.
    None,
}

impl History {
    /// Begins a new step.
    pub(super) fn begin_step(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// Records a transmission of the current step.
    pub(super) fn sent(&mut self, channel: usize, destination: SocketAddrV4, low: Option<u32>) {
        if self.sent.len() >= MOST {
            self.sent.pop_front();
        }
        self.sent.push_back(Transmission { channel, destination, low, step: self.steps, answered: false });
    }

    /// Records that the current step was answered.
    pub(super) fn answered(&mut self) {
        let current = self.sent.iter_mut().rev().take_while(|transmission| transmission.step == self.steps);
        current.for_each(|transmission| transmission.answered = true);
    }

    /// How a reply that came on that channel relates to what was sent; `low` is the low half of its Identification.
    pub(super) fn relation(&self, channel: usize, low: u32) -> Relation {
        let fits =
            |transmission: &Transmission| transmission.channel == channel && transmission.low == Some(low);
        match self.sent.iter().enumerate().rev().find(|(_, transmission)| fits(transmission)) {
            // Octets without an Identification are answered by any reply that matches no other request.
            None if self.is_waiting(channel) && self.sent.back().is_some_and(|last| last.low.is_none()) => {
                Relation::Awaited
            }
            None => Relation::None,
            Some((_, transmission)) if transmission.answered => Relation::Answered,
            Some((index, _)) if index.saturating_add(1) == self.sent.len() && self.is_waiting(channel) => {
                Relation::Awaited
            }
            Some(_) => Relation::Earlier,
        }
    }

    /// Whether the latest transmission belongs to the current step and still waits on that channel.
    pub(super) fn is_waiting(&self, channel: usize) -> bool {
        self.sent
            .back()
            .is_some_and(|last| last.step == self.steps && !last.answered && last.channel == channel)
    }

    /// Whether anything was sent on that channel to that destination.
    pub(super) fn knows(&self, channel: usize, destination: SocketAddrV4) -> bool {
        self.sent
            .iter()
            .rev()
            .any(|transmission| transmission.channel == channel && transmission.destination == destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_of_the_latest_transmission_or_of_none() {
        let agent = "198.51.100.1:434".parse().unwrap();
        let mut history = History::default();
        assert_eq!(history.relation(0, 1), Relation::None);
        history.begin_step();
        history.sent(0, agent, Some(1));
        history.sent(0, agent, Some(2));
        assert_eq!(history.relation(0, 1), Relation::Earlier);
        assert_eq!(history.relation(0, 2), Relation::Awaited);
        assert_eq!(history.relation(1, 2), Relation::None);
        history.answered();
        assert_eq!(history.relation(0, 1), Relation::Answered);
        assert_eq!(history.relation(0, 2), Relation::Answered);
        history.begin_step();
        history.sent(0, agent, Some(3));
        history.begin_step();
        assert_eq!(history.relation(0, 3), Relation::Earlier);
        assert!(!history.is_waiting(0));
    }

    #[test]
    fn octets_without_an_identification_take_what_comes_while_they_wait() {
        let agent = "198.51.100.1:434".parse().unwrap();
        let mut history = History::default();
        history.begin_step();
        history.sent(0, agent, Some(5));
        history.answered();
        history.begin_step();
        history.sent(0, agent, Some(6));
        history.begin_step();
        history.sent(0, agent, None);
        assert_eq!(history.relation(0, 7), Relation::Awaited);
        assert_eq!(history.relation(0, 5), Relation::Answered, "once more");
        assert_eq!(history.relation(0, 6), Relation::Earlier);
        assert_eq!(history.relation(1, 7), Relation::None, "by another socket");
        history.begin_step();
        history.sent(0, agent, Some(1));
        assert_eq!(history.relation(0, 7), Relation::None);
    }

    #[test]
    fn what_was_sent_too_long_ago_is_forgotten() {
        let agent = "198.51.100.1:434".parse().unwrap();
        let mut history = History::default();
        history.begin_step();
        let last = u32::try_from(MOST).unwrap();
        (0..=last).for_each(|low| history.sent(0, agent, Some(low)));
        assert_eq!(history.relation(0, 0), Relation::None);
        assert_eq!(history.relation(0, 1), Relation::Earlier);
        assert_eq!(history.relation(0, last), Relation::Awaited);
    }
}
