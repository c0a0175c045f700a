//! All messages seen last. Tunnel data has room of its own, so that a flood of it leaves room for registrations.

use std::sync::Arc;

use super::{RecentMessage, RecentMessages};

/// The messages seen last, those of tunnel data in the order of their frames among the others.
#[derive(Clone, Debug)]
pub struct AllMessages {
    signalling: RecentMessages,
    tunnel_data: RecentMessages,
    /// The number that the next message will get.
    next: u64,
}

impl AllMessages {
    /// Room for `most` messages, and for `most_octets` of memory, and as much for tunnel data.
    pub(super) fn new(most: usize, most_octets: usize) -> Self {
        let ring = RecentMessages::new(most, most_octets);
        Self { signalling: ring.clone(), tunnel_data: ring, next: 0 }
    }

    pub(super) fn push(&mut self, mut message: RecentMessage, is_data: bool) {
        message.number = self.next;
        self.next = self.next.saturating_add(1);
        if is_data {
            self.tunnel_data.push(message);
        } else {
            self.signalling.push(message);
        }
    }

    /// All messages but Tunnel Data.
    pub fn signalling(&self) -> &RecentMessages {
        &self.signalling
    }

    /// The Tunnel Data messages (RFC 3519).
    pub fn tunnel_data(&self) -> &RecentMessages {
        &self.tunnel_data
    }

    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.signalling.len().saturating_add(self.tunnel_data.len())
    }

    /// Whether no message is kept.
    pub fn is_empty(&self) -> bool {
        self.signalling.is_empty() && self.tunnel_data.is_empty()
    }

    /// How many messages there ever were, which is the number of the next one.
    pub fn total(&self) -> u64 {
        self.next
    }

    /// How many were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.next.saturating_sub(self.len() as u64)
    }

    /// The message with this number, while it is there.
    pub fn by_number(&self, number: u64) -> Option<&Arc<RecentMessage>> {
        self.signalling.by_number(number).or_else(|| self.tunnel_data.by_number(number))
    }

    /// The message of this frame, while it is there.
    pub fn by_frame(&self, frame: u64) -> Option<&Arc<RecentMessage>> {
        self.signalling.by_frame(frame).or_else(|| self.tunnel_data.by_frame(frame))
    }

    /// All messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RecentMessage>> {
        self.since(0)
    }

    /// The messages from this number on, oldest first.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &Arc<RecentMessage>> {
        let mut signalling = self.signalling.since(number).peekable();
        let mut tunnel_data = self.tunnel_data.since(number).peekable();
        std::iter::from_fn(move || match (signalling.peek(), tunnel_data.peek()) {
            (Some(message), Some(data)) if message.number < data.number => signalling.next(),
            (Some(_), None) => signalling.next(),
            (_, Some(_)) => tunnel_data.next(),
            (None, None) => None,
        })
    }

    /// The messages of frames up to this one, as if no later frame had come.
    #[must_use]
    pub fn until(&self, frame: u64) -> Self {
        let (signalling, tunnel_data) = (self.signalling.until(frame), self.tunnel_data.until(frame));
        let last =
            signalling.last().into_iter().chain(tunnel_data.last()).map(|message| message.number).max();
        let next = last.map_or(0, |last| last.saturating_add(1));
        Self { signalling, tunnel_data, next }
    }
}

#[cfg(test)]
mod tests {
    use super::super::recent::tests::frame;
    use super::*;

    #[test]
    fn both_kinds_have_room_of_their_own_and_one_order() {
        let mut all = AllMessages::new(3, usize::MAX);
        assert!(all.is_empty());
        // Frame 1 is a registration, all after it but frame 5 are tunnel data.
        (1..=7).for_each(|number| all.push(RecentMessage::of(&frame(number)), ![1, 5].contains(&number)));
        let frames = |all: &AllMessages| all.iter().map(|message| message.frame().number).collect::<Vec<_>>();
        assert_eq!(frames(&all), [1, 4, 5, 6, 7]);
        assert_eq!((all.len(), all.total(), all.forgotten(), all.is_empty()), (5, 7, 2, false));
        // Numbers begin at 0.
        assert_eq!(all.by_number(4).map(|message| message.frame().number), Some(5));
        assert_eq!(all.by_frame(6).map(|message| message.number), Some(5));
        assert!(all.by_number(1).is_none());
        assert_eq!(all.since(5).map(|message| message.number).collect::<Vec<_>>(), [5, 6]);
        let until = all.until(5);
        assert_eq!((frames(&until), until.total(), until.forgotten()), (vec![1, 4, 5], 5, 2));
        assert_eq!(all.until(0).total(), 0);
    }
}
