//! The messages seen last, with the octets of their frames, so that any of them can be shown in full.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::capture::{Frame, KeptFrame};
use crate::trace::{Seen, SeenMessage, Trace};
use crate::wire::Numbers;

/// The messages seen last, oldest first. What falls out is counted; an [`Arc`] of a message outlives that.
#[derive(Clone, Debug)]
pub struct RecentMessages {
    messages: VecDeque<Arc<RecentMessage>>,
    most: usize,
    most_octets: usize,
    octets: usize,
    forgotten: u64,
}

/// A message with the frames that brought it.
#[derive(Debug)]
pub struct RecentMessage {
    /// Its number among all messages that were kept, from 0.
    pub number: u64,
    /// Index of its node in the observer, if it is about one.
    pub node: Option<u32>,
    /// The frame that brought it; of fragments, the one that completed it.
    last: KeptFrame,
    /// The fragments before that one, in order of their frames.
    fragments: Box<[KeptFrame]>,
}

impl RecentMessage {
    pub(super) fn new<'f>(
        frame: &Frame<'_>,
        fragments: impl Iterator<Item = Frame<'f>>,
        node: Option<u32>,
    ) -> Self {
        let fragments = fragments
            .filter(|fragment| fragment.number != frame.number)
            .map(|fragment| KeptFrame::of(&fragment));
        Self { number: 0, node, last: KeptFrame::of(frame), fragments: fragments.collect() }
    }

    /// A message whose frame was read again; its node is not known.
    pub fn of(frame: &Frame<'_>) -> Self {
        Self::new(frame, std::iter::empty(), None)
    }

    /// The frame that brought it; of fragments, the one that completed it.
    pub fn frame(&self) -> Frame<'_> {
        self.last.frame()
    }

    /// All frames that brought it, the completing one last.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.fragments.iter().chain(Some(&self.last)).map(KeptFrame::frame)
    }

    /// Decodes the message again, as when it came, and shows it to `look`; `None` if it is not a message on these ports.
    pub fn read<T>(
        &self,
        ports: &[u16],
        numbers: Numbers,
        look: impl FnOnce(&SeenMessage<'_>) -> T,
    ) -> Option<T> {
        let mut trace = Trace::new(ports, numbers, false);
        for fragment in &self.fragments {
            let _ = trace.take(&fragment.frame());
        }
        match trace.take(&self.last.frame()) {
            Seen::Message(seen) => Some(look(&seen)),
            Seen::Tunnelled(_) | Seen::Fragment(_) | Seen::Nothing => None,
        }
    }

    /// Roughly how many octets of memory it takes.
    fn octets(&self) -> usize {
        self.fragments
            .iter()
            .chain(Some(&self.last))
            .fold(size_of::<Self>(), |sum, kept| sum.saturating_add(kept.octets()))
    }
}

/// All frames that brought these messages, in the order of their numbers: fragments come among other frames.
pub fn frames_of(messages: &[Arc<RecentMessage>]) -> Vec<Frame<'_>> {
    let mut frames: Vec<_> = messages.iter().flat_map(|message| message.frames()).collect();
    frames.sort_by_key(|frame| frame.number);
    frames
}

impl RecentMessages {
    /// Room for `most` messages, and for `most_octets` of memory.
    pub(super) fn new(most: usize, most_octets: usize) -> Self {
        Self { messages: VecDeque::new(), most: most.max(1), most_octets, octets: 0, forgotten: 0 }
    }

    /// Takes the next message, which has its number.
    pub(super) fn push(&mut self, message: RecentMessage) {
        self.octets = self.octets.saturating_add(message.octets());
        self.messages.push_back(Arc::new(message));
        while self.messages.len() > self.most || (self.octets > self.most_octets && self.messages.len() > 1) {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.octets = self.octets.saturating_sub(oldest.octets());
            self.forgotten = self.forgotten.saturating_add(1);
        }
    }

    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message is kept.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The message with this number, while it is there.
    pub fn by_number(&self, number: u64) -> Option<&Arc<RecentMessage>> {
        let place = self.messages.binary_search_by_key(&number, |message| message.number).ok()?;
        self.get(place)
    }

    /// The message of this frame, while it is there.
    pub fn by_frame(&self, frame: u64) -> Option<&Arc<RecentMessage>> {
        let place = self.messages.binary_search_by_key(&frame, |message| message.last.number).ok()?;
        self.get(place)
    }

    /// The message at this place, 0 being the oldest that is still there.
    pub fn get(&self, place: usize) -> Option<&Arc<RecentMessage>> {
        self.messages.get(place)
    }

    /// The messages of frames up to this one, as if no later frame had come.
    #[must_use]
    pub fn until(&self, frame: u64) -> Self {
        let count = self.messages.partition_point(|message| message.last.number <= frame);
        let messages: VecDeque<_> = self.messages.iter().take(count).cloned().collect();
        let octets = messages.iter().fold(0, |sum: usize, message| sum.saturating_add(message.octets()));
        Self { messages, octets, ..*self }
    }

    /// The newest message.
    pub fn last(&self) -> Option<&Arc<RecentMessage>> {
        self.messages.back()
    }

    /// The messages from this number on, oldest first.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &Arc<RecentMessage>> {
        let first = self.messages.partition_point(|message| message.number < number);
        self.messages.range(first..)
    }

    /// All messages, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<RecentMessage>> + ExactSizeIterator {
        self.messages.iter()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::time::{Precision, Timestamp};

    /// A frame with nothing in it.
    pub fn frame(number: u64) -> Frame<'static> {
        Frame {
            number,
            file: 0,
            time: Timestamp::default(),
            precision: Precision::MICROSECONDS,
            link_type: LinkType::RAW,
            data: &[],
            original_length: 0,
        }
    }

    #[test]
    fn fragments_stand_among_the_frames_they_came_among() {
        let message = |last, fragments: &[u64]| {
            let fragments = fragments.iter().map(|number| frame(*number));
            Arc::new(RecentMessage::new(&frame(last), fragments, None))
        };
        let messages = [message(2, &[]), message(5, &[1, 5]), message(6, &[]), message(7, &[3, 4, 7])];
        let numbers: Vec<u64> = frames_of(&messages).iter().map(|frame| frame.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn the_last_messages_stay_and_the_others_are_counted() {
        // Numbers from 0, of every tenth frame.
        let message = |number| RecentMessage { number, ..RecentMessage::of(&frame(10 * number)) };
        let one = message(0).octets();
        for (most, most_octets) in [(2, usize::MAX), (9, 2 * one), (9, 3 * one - 1)] {
            let mut recent = RecentMessages::new(most, most_octets);
            (0..5).for_each(|number| recent.push(message(number)));
            let numbers: Vec<u64> = recent.iter().map(|message| message.number).collect();
            assert_eq!((numbers, recent.octets, recent.forgotten()), (vec![3, 4], 2 * one, 3));
            assert_eq!(recent.last().map(|message| message.number), Some(4));
            assert!(recent.by_number(2).is_none() && recent.by_frame(20).is_none());
            assert_eq!(recent.by_number(3).map(|message| message.last.number), Some(30));
            assert_eq!(recent.by_frame(40).map(|message| message.number), Some(4));
            let (until, before) = (recent.until(30), recent.until(29));
            assert_eq!((until.len(), until.octets, until.forgotten()), (1, one, 3));
            assert!(before.is_empty());
        }
        // The newest is there to be shown, however large it is.
        let mut tight = RecentMessages::new(9, 0);
        (0..2).for_each(|number| tight.push(message(number)));
        assert_eq!((tight.len(), tight.last().map(|message| message.number)), (1, Some(1)));
    }
}
